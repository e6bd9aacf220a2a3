"""What is recorded is not bought again without a word: with a key, and where a cassette lies unused."""

from __future__ import annotations

import json
import os
import sys

import nbformat
import pytest
from imageserver import ImageServer
from nbclient import NotebookClient

from jupyter_imagegen import session as session_module
from jupyter_imagegen.cli import main
from jupyter_imagegen.notebook_costs import plan_notebook
from jupyter_imagegen.render import caption
from jupyter_imagegen.session import Session
from jupyter_imagegen.widgets.panel import PicturePanel

PROMPT = "a harbour"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with `lesson.cassette`: a demo picture of a harbour, a demo and a real one of a boat."""
    folder = tmp_path_factory.mktemp("course")
    with ImageServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in {**server.env(), "IMAGEGEN_HOME": str(folder / "home")}.items():
            patch.setenv(name, value)
        session = Session(demo_fallback=True)
        session.cassettes.use(str(folder / "lesson.cassette"), mode="record")
        session.generate(PROMPT, provider="demo")
        session.generate("a boat", provider="demo")
        session.generate("a boat")
        session.close()
    return folder


@pytest.fixture
def lesson(course, tmp_path, monkeypatch):
    """The current folder, with a copy of the cassette."""
    path = tmp_path / "lesson.cassette"
    path.write_bytes((course / "lesson.cassette").read_bytes())
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def reader(session, lesson):
    """A session with a key that has the cassette in use."""
    session.cassettes.use(str(lesson), mode="live")
    return session


@pytest.fixture
def shell(server, capsys, monkeypatch):
    """Run one command of the shell; its exit code, and what it wrote. Its connections are closed, as by exit."""

    def run(*words):
        made = []
        with monkeypatch.context() as patch:
            patch.setattr(
                session_module, "Session", lambda **kinds: made.append(Session(**kinds)) or made[-1]
            )
            code = main(words)
        for one in made:
            one.close()
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def quote(session, **choices):
    """What stands beside the panel's button."""
    shown = PicturePanel(session, PROMPT, later=lambda action: action)
    try:
        shown.choices = {**shown.choices, **choices}
        return shown.quote
    finally:
        shown.close()


# recorded demo pictures where a key is set


def test_a_key_does_not_hide_recorded_demo_pictures(reader, server):
    result = reader.generate(PROMPT)
    assert (result.provider, result.recorded, server.calls) == ("demo", True, 0)
    words = caption(result).text
    assert "recorded" in words
    assert "demo picture, not a model's" in words
    assert "--fresh, or `%imagegen cassette use none`" in words


def test_every_face_says_that_it_costs_nothing(reader, server, lesson, shell, monkeypatch, tmp_path):
    plan = reader.preflight(PROMPT)
    assert (plan.order.provider.name, plan.stored, plan.recorded, plan.estimate.usd) == ("demo", 1, 1, 0)
    assert "nothing was bought although a key is set" in " ".join(plan.notes)
    beside = quote(reader)
    assert (beside["price"], beside["words"]) == ("$0.00", "recorded")
    assert "--fresh" in " ".join(beside["notes"])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"%%imagegen\n{PROMPT}")])
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    (row,) = plan_notebook(reader, tmp_path / "lesson.ipynb").rows
    assert (row.recorded, row.now.ceiling, row.maker) == (1, 0, "")
    assert "--fresh" in " ".join(row.notes)
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
    for command in ("estimate", "generate"):
        extra = ("--dry-run",) if command == "generate" else ()
        _, said, _ = shell(command, PROMPT, *extra)
        assert "recorded" in said
        assert "although a key is set" in said
    code, said, _ = shell("generate", PROMPT, "-o", "a.png", "--json")
    assert (code, json.loads(said)["provider"], json.loads(said)["cost_usd"]) == (0, "demo", "0")
    assert server.calls == 0


def test_without_a_key_a_shell_shows_them_too(lesson, shell, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
    code, said, _ = shell("generate", PROMPT, "-o", "a.png")
    assert (code, "demo picture, not a model's" in said) == (0, True)
    assert "key is set" not in said


def test_a_recorded_real_picture_comes_before_a_recorded_demo_picture(reader, server):
    result = reader.generate("a boat")
    assert (result.provider, result.recorded, server.calls) == ("openai", True, 0)


def test_a_stored_real_picture_comes_before_a_recorded_demo_picture(session, server, lesson):
    session.generate(PROMPT)
    session.cassettes.use(str(lesson), mode="live")
    assert session.generate(PROMPT).provider == "openai"
    assert server.calls == 1


def test_a_demo_picture_in_the_store_alone_does_not_stand_in_for_a_real_one(session, server):
    session.generate(PROMPT, provider="demo")
    assert session.generate(PROMPT).provider == "openai"
    assert server.calls == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"provider": "openai"}, "the provider openai was asked for"),
        ({"fresh": True}, "--fresh asks for a new one"),
        ({"n": 2}, "fewer than 2 are recorded"),
    ],
)
def test_what_is_bought_all_the_same_is_said_before_it_is_paid(reader, server, options, why):
    assert why in " ".join(reader.preflight(PROMPT, **options).notes)
    assert server.calls == 0
    job = reader.submit(PROMPT, **options)
    before = [getattr(event, "text", type(event).__name__) for event in job.events()]
    said = next(text for text in before if why in text)
    assert before.index(said) < before.index("Sent")
    assert said in caption(job.result()).text
    assert job.result().provider == "openai"


def test_so_it_is_where_the_settings_name_the_provider_or_the_mode_is_record(reader, server, lesson):
    reader.configure(provider="openai")
    assert "the provider openai was asked for" in " ".join(reader.preflight(PROMPT).notes)
    assert "openai was asked for" in " ".join(quote(reader)["notes"])
    reader.configure(provider=None)
    reader.cassettes.use(str(lesson), mode="record")
    assert "record mode takes real ones" in " ".join(reader.preflight(PROMPT).notes)
    assert reader.generate(PROMPT).provider == "openai"


def test_the_cassette_says_how_many_are_demo_pictures_and_how_to_get_real_ones(shell, lesson, monkeypatch):
    _, said, _ = shell("cassette", "list", str(lesson))
    assert "3 pictures, 2 of them demo" in said
    assert "--fresh" in said
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(lesson))
    assert "--fresh" in shell("cassette")[1]
    monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")
    assert "--fresh" not in shell("cassette")[1]


# a cassette that lies beside and is not in use

HOLDS = "lesson.cassette in this folder has"


def test_a_shell_says_before_paying_that_the_cassette_beside_holds_the_picture(shell, server, lesson):
    _, said, _ = shell("generate", "a boat", "--dry-run")
    assert f"{HOLDS} this picture and is not in use" in said
    assert "IMAGEGEN_CASSETTE=lesson.cassette" in said
    _, said, _ = shell("estimate", PROMPT)
    assert f"{HOLDS} a demo picture of this" in said
    assert server.calls == 0
    code, said, told = shell("generate", "a boat", "-o", "a.png")
    assert code == 0
    assert HOLDS in said
    assert HOLDS in told
    # What is stored by now costs nothing, and nothing is said.
    _, said, told = shell("generate", "a boat", "-o", "a.png")
    assert HOLDS not in said + told
    assert server.calls == 1


def test_the_authors_settings_in_it_count(new_session, server, tmp_path, shell, monkeypatch):
    author = new_session(
        environ={**os.environ, "IMAGEGEN_MODEL": "gpt-image-2", "IMAGEGEN_HOME": str(tmp_path / "h")}
    )
    author.cassettes.use(str(tmp_path / "lesson.cassette"), mode="record")
    author.generate("a boat")
    _, said, _ = shell("generate", "a boat", "--dry-run")
    assert HOLDS in said


@pytest.mark.parametrize(
    ("variable", "value"), [("IMAGEGEN_CASSETTE", "none"), ("IMAGEGEN_CASSETTE", "lesson.cassette")]
)
def test_nothing_is_said_where_it_is_in_use_or_was_said_not_to_be(
    shell, lesson, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    _, said, _ = shell("generate", "a house", "--dry-run")
    assert "is not in use" not in said


def test_one_that_does_not_hold_it_is_named_where_it_is_the_only_one(shell, lesson, tmp_path):
    _, said, _ = shell("generate", "a house", "--dry-run")
    assert "lesson.cassette is in this folder and is not in use" in said
    (tmp_path / "other.cassette").write_bytes(lesson.read_bytes())
    _, said, _ = shell("generate", "a house", "--dry-run")
    assert "is not in use" not in said


def test_in_a_notebook_whose_name_is_told_it_is_another_notebooks_unless_it_holds_the_picture(
    shell, lesson, monkeypatch
):
    monkeypatch.setenv("JPY_SESSION_NAME", "other.ipynb")
    _, said, _ = shell("generate", "a house", "--dry-run")
    assert "is not in use" not in said
    _, said, _ = shell("generate", "a boat", "--dry-run")
    assert HOLDS in said


def test_hostile_files_of_that_name_are_looked_at_and_not_waited_for(shell, server, tmp_path):
    (tmp_path / "junk.cassette").write_bytes(b"PK\x03\x04" + b"\0" * 1000)
    (tmp_path / "folder.cassette").mkdir()
    (tmp_path / "\x1b[2Jmoves.cassette").write_bytes(b"")
    (tmp_path / "my lesson's.cassette").write_bytes(b"")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.cassette")
        (tmp_path / "zero.cassette").symlink_to("/dev/zero")
        (tmp_path / "loop.cassette").symlink_to("loop.cassette")
    code, said, told = shell("generate", "a boat", "-o", "a.png")
    assert (code, server.calls) == (0, 1)
    assert "is not in use" not in said + told
    assert "\x1b" not in said + told


def test_nbconvert_and_papermill_say_it_in_the_notebook(server, lesson, tmp_path):
    """Both run a notebook by nbclient, in its folder, and do not tell its name."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JPY_")}
    cells = ["%load_ext jupyter_imagegen", "%%imagegen\na boat", "%imagegen --dry-run 'a boat' --fresh"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environ, cwd=str(tmp_path))
    said = [json.dumps(cell.outputs) for cell in notebook.cells]
    assert HOLDS in said[1]
    assert "%imagegen cassette use lesson.cassette" in said[1]
    assert HOLDS in said[2]


def test_a_plan_says_that_only_jupyter_finds_it_by_its_name(session, lesson, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%imagegen\na boat")])
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    plan = plan_notebook(session, tmp_path / "lesson.ipynb")
    assert plan.rows[0].recorded == 1
    assert "set IMAGEGEN_CASSETTE=lesson.cassette" in " ".join(plan.notes)
    nbformat.write(notebook, tmp_path / "other.ipynb")
    (row,) = plan_notebook(session, tmp_path / "other.ipynb").rows
    assert HOLDS in " ".join(row.notes)
