"""The manual can be read in a notebook, in a shell and on GitHub, and every command and cell in it works."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from imageserver import ImageServer
from kernels import Kernel
from nbconvert.nbconvertapp import NbConvertApp
from PIL import Image

import jupyter_imagegen
from jupyter_imagegen import errors
from jupyter_imagegen.cli import main
from jupyter_imagegen.cli.outcomes import MEANINGS
from jupyter_imagegen.help import TOPICS, page
from jupyter_imagegen.options import COMMANDS, candidates

ROOT = Path(__file__).parents[1]
PAGES = Path(jupyter_imagegen.__file__).parent / "help"
#: A fenced block: its language, a word for the tests (`key`: with a key for the tests' server), its text.
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
#: What a person does in the mask editor.
PAINT = """
from io import BytesIO
from PIL import Image as _Image
_painted, _file = _Image.new("RGBA", (editor.width, editor.height)), BytesIO()
_painted.save(_file, "png")
editor.drawn = _file.getvalue()
"""


def blocks(topic):
    return BLOCK.findall((PAGES / f"{topic}.md").read_text(encoding="utf-8"))


def headings(markdown):
    """The anchors that GitHub makes of a page's headings."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the files that the pages name."""
    folder = tmp_path_factory.mktemp("manual")
    Image.new("RGB", (1024, 768), "steelblue").save(folder / "photo.jpg")
    (folder / "prompt.txt").write_text("a lighthouse at dusk\n")
    cells = ["%load_ext jupyter_imagegen", "%%imagegen\na lighthouse at dusk"]
    lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(lesson, folder / "lesson.ipynb")
    # The provider that the page on providers writes, installed as far as a package has to be.
    texts = {language: text for language, _, text in blocks("providers")}
    (folder / "tinted.py").write_text(texts["python"])
    info = folder / "tinted-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tinted\nVersion: 1.0\n")
    points = tomllib.loads(texts["toml"])["project"]["entry-points"]
    named = {
        group: "\n".join(f"{name} = {value}" for name, value in each.items())
        for group, each in points.items()
    }
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{lines}\n" for group, lines in named.items()))
    return folder


@pytest.fixture(scope="module")
def kernel(place):
    kernel = Kernel(place)
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def keyed():
    with ImageServer() as server:
        yield server.env()


@pytest.fixture
def shell(place, monkeypatch, capsys):
    """Run a line of a shell; our own commands run in this process, which saves the imports."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def run(line, environ):
        with monkeypatch.context() as patch:
            for name, value in {"IMAGEGEN_HOME": str(place / "store"), **environ}.items():
                patch.setenv(name, value)
            words = shlex.split(line)
            while re.match(r"[A-Z_]+=", words[0]):
                patch.setenv(*words.pop(0).split("=", 1))
            if words[:2] == ["jupyter", "nbconvert"]:
                NbConvertApp.launch_instance(words[2:])
                assert list(place.glob("lesson.md"))
                return 0
            if words[:2] != ["jupyter", "imagegen"] or "|" in words:
                subprocess.run(["bash", "-euc", line], check=True, capture_output=True, timeout=60)
                return 0
            try:
                return main(words[2:])
            except SystemExit as ended:
                return ended.code

    return run


@pytest.mark.parametrize("topic", TOPICS)
def test_every_block_of_a_page_runs(topic, kernel, shell, keyed):
    for language, mark, text in blocks(topic):
        environ = keyed if mark == "key" else {}
        if language == "shell":
            ended = {line: shell(line, environ) for line in text.splitlines()}
            assert set(ended.values()) == {0}, ended
        elif language == "toml":
            tomllib.loads(text)
        else:
            assert language in {"jupyter", "python"}, f"a block of {language} would not be run"
            kernel.run(f"import os; os.environ.update({environ!r})")
            outputs = kernel.run(text)
            errors = [output["evalue"] for output in outputs if output["output_type"] == "error"]
            assert errors == [], text
            if "editor = imagegen.mask_editor" in text:
                kernel.run(PAINT)
            kernel.run(f"[os.environ.pop(name) for name in {list(environ)!r}]")


def test_every_topic_is_a_short_page_with_a_summary():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(TOPICS)
    for topic in TOPICS:
        lines = page(topic).source.splitlines()
        assert (lines[0][:2], lines[1], lines[2][-1:]) == ("# ", "", "."), topic
        assert len(lines) < 100, topic
        assert page(topic).title.lower() == topic


@pytest.mark.parametrize(
    "path", [*sorted(PAGES.glob("*.md")), ROOT / "README.md"], ids=lambda path: path.name
)
def test_every_relative_link_leads_to_what_exists(path):
    links = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in link]
    for link in links:
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in headings(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_a_page_shows_as_markdown_in_a_notebook_and_as_text_elsewhere(kernel, topic):
    kernel.run("%load_ext jupyter_imagegen")
    (output,) = kernel.run(f"%imagegen help {topic}")
    assert set(output["data"]) == {"text/markdown", "text/plain"}
    markdown, text = output["data"]["text/markdown"], output["data"]["text/plain"]
    assert markdown.startswith("# ")
    # Files of other pages are not beside a notebook.
    assert ".md)" not in markdown + text
    assert not re.search(r"^(#|```|\||- \[)|\*\*|\]\(", text, re.MULTILINE), text
    prose = [line for line in text.splitlines() if not line.startswith("    ") and "  " not in line]
    assert max(map(len, prose)) <= 96


@pytest.mark.parametrize(("columns", "longest"), [(20, 72), (60, 72), (300, 100)])
def test_a_page_is_wrapped_to_the_terminal(capsys, monkeypatch, columns, longest):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["help", "budgets"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Budgets\n=======\n")
    assert "settle it (`jupyter imagegen help costs`)" in " ".join(said.split())
    assert longest - 28 < max(map(len, said.splitlines())) <= longest


def test_the_list_and_the_completion_offer_every_topic(capsys):
    assert main(["help"]) == 0
    said = capsys.readouterr().out
    assert [topic for topic in TOPICS if not re.search(rf"^`{topic}`  ", said, re.MULTILINE)] == []
    assert main(["help", "stores", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["topic"], document["topics"]) == ("stores", list(TOPICS))
    assert candidates("%imagegen help c", lambda name: TOPICS if name == "topics" else ()) == [
        "cells",
        "costs",
        "cassettes",
    ]


def test_tab_offers_topics_in_a_notebook(kernel):
    kernel.run("%load_ext jupyter_imagegen")
    answer = kernel.client.complete("%imagegen help tr", reply=True, timeout=30)
    assert answer["content"]["matches"] == ["troubleshooting"]


def test_reading_the_manual_makes_no_store(home, capsys):
    assert main(["help", "start"]) == 0
    assert capsys.readouterr().err == ""
    assert not home.exists()


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("budgts", "Did you mean budgets?"),
        ("histroy", "Did you mean history?"),
        ("xyzzy", "Its topics are: start, cells"),
        ("../../README", "Its topics are"),
    ],
)
def test_an_unknown_topic_is_answered_with_the_nearest_one(kernel, capsys, word, answer):
    kernel.run("%load_ext jupyter_imagegen")
    (output,) = kernel.run(f"%imagegen help {word}")
    assert answer in output["evalue"]
    assert main(["help", word]) == 2
    assert answer in capsys.readouterr().err


def test_the_name_of_a_command_shows_its_help_and_the_singular_its_page(kernel, capsys):
    kernel.run("%load_ext jupyter_imagegen")
    (output,) = kernel.run("%imagegen help history")
    assert "usage: %imagegen history" in output["data"]["text/plain"]
    (output,) = kernel.run("%imagegen help budget")
    assert output["data"]["text/plain"].startswith("Budgets\n")
    with pytest.raises(SystemExit):
        main(["help", "history"])
    assert "usage: jupyter-imagegen history" in capsys.readouterr().out


def test_the_page_on_the_shell_lists_every_exit_code():
    for code, meaning in MEANINGS.items():
        assert f"| {code} | {meaning.partition(', try')[0]} |" in page("shell").source


def test_every_command_that_a_page_names_in_passing_exists(capsys):
    known = {command.name for command in COMMANDS}
    for topic in TOPICS:
        prose = BLOCK.sub("", page(topic).source)
        assert set(re.findall(r"`%imagegen (\w+)", prose)) <= known, topic
        for words in re.findall(r"`jupyter imagegen ((?:store |cassette )?[a-z]+)", prose):
            with pytest.raises(SystemExit) as ended:
                main([*words.split(), "--help"])
            assert ended.value.code == 0
    capsys.readouterr()


def test_every_error_that_the_pages_name_exists():
    named = {name for topic in TOPICS for name in re.findall(r"`(\w+Error)`", page(topic).source)}
    assert named
    assert [name for name in named if not hasattr(errors, name)] == []
