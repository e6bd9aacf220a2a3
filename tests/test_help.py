"""Help is where people ask for it, every hint that names a help works, and common slips get the line that was meant."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from kernels import Kernel

from jupyter_imagegen.cli import main
from jupyter_imagegen.options import COMMANDS
from jupyter_imagegen.options.cassettes import CASSETTE_COMMANDS

NAMES = [command.name for command in COMMANDS]
ALL = [*NAMES, *(f"cassette {command.name}" for command in CASSETTE_COMMANDS)]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("help"))
    kernel.run("%load_ext jupyter_imagegen")
    yield kernel
    kernel.close()


def shown(kernel, code):
    (output,) = kernel.run(code)
    assert output["output_type"] != "error", output
    return output["data"]["text/plain"]


def refused(kernel, code):
    (output,) = kernel.run(code)
    assert output["output_type"] == "error", output
    return output["evalue"]


@pytest.mark.parametrize(
    "how", ["%imagegen {}?", "%imagegen {} --help", "%imagegen {} -h", "# what?\n%imagegen {} ??\n"]
)
@pytest.mark.parametrize(
    "name", ["show", "estimate", "budget", "history", "cassette", "cassette use", "doctor"]
)
def test_a_command_is_explained_where_it_is_asked_about(kernel, how, name):
    assert f"usage: %imagegen {name}" in shown(kernel, how.format(name))


def test_every_command_has_a_help_that_names_it(kernel):
    texts = {name: shown(kernel, f"%imagegen {name} --help") for name in ALL}
    assert [name for name, text in texts.items() if f"usage: %imagegen {name}" not in text] == []


def test_a_bare_magic_and_its_flags_show_the_whole_help(kernel):
    for line in (
        "%imagegen",
        "%imagegen --help",
        "%imagegen -h",
        "%%imagegen --help\na cat",
        "%%imagegen -h\n",
    ):
        assert "--keep-outside" in shown(kernel, line), line


def test_a_prompt_about_help_is_a_prompt(kernel):
    assert "usage" not in shown(kernel, '%imagegen "a sign that says --help" --dry-run')


def test_a_question_about_python_stays_ipythons(kernel):
    kernel.run("budget = 5")
    message = kernel.client.execute_interactive(
        "budget?", store_history=False, timeout=60, output_hook=lambda _: None
    )
    assert "int" in message["content"]["payload"][0]["data"]["text/plain"]


def test_a_question_within_a_text_is_left_as_it_is(kernel):
    assert shown(kernel, 'text = """\n%imagegen budget?\n"""\ntext') == repr("\n%imagegen budget?\n")


@pytest.mark.parametrize("name", [name for name in ALL if name != "cassette"])
def test_the_help_that_an_error_names_exists(kernel, name):
    said = refused(kernel, f"%imagegen {name} --no-such-flag")
    (hint,) = re.findall(r"`(%%?imagegen[^`]*)`", said)
    assert f"usage: %imagegen {name}" in shown(kernel, hint)


def test_the_help_that_an_error_of_a_cell_names_exists(kernel):
    said = refused(kernel, "%%imagegen --no-such-flag\na cat")
    (hint,) = re.findall(r"`(%%?imagegen[^`]*)`", said)
    assert "--keep-outside" in shown(kernel, hint)


@pytest.mark.parametrize(
    ("slip", "line"),
    [
        ("%%imagegen a cat\n", '%imagegen "a cat"'),
        ("%%imagegen cat\n", '%imagegen "cat"'),
        ("%%imagegen -n 2 a cat in a hat -q low\n", '%imagegen "a cat in a hat" -n 2 -q low'),
        ('%%imagegen "a cat" --alt "a grey cat"\n', '%imagegen "a cat" --alt "a grey cat"'),
        ("%%imagegen 'a \"grey\" cat'\n", "%imagegen 'a \"grey\" cat'"),
        ("%imagegen a cat", '%imagegen "a cat"'),
        ("%imagegen a cat -s 1536x1024", '%imagegen "a cat" -s 1536x1024'),
        ("%imagegen -n 2 a cat", '%imagegen "a cat" -n 2'),
        ("%imagegen -n 2", '%imagegen "a lighthouse at dusk" -n 2'),
    ],
)
def test_a_prompt_in_the_wrong_place_is_answered_with_a_line_that_works(kernel, slip, line):
    said = refused(kernel, slip)
    assert said.endswith(line)
    assert "usage" not in shown(kernel, f"{line} --dry-run")


def test_a_slip_with_a_variable_keeps_the_variable(kernel):
    kernel.run("animal = 'cat'")
    assert refused(kernel, "%imagegen -n 2 a $animal").endswith('%imagegen "a $animal" -n 2')


def test_a_command_with_two_percent_signs_is_answered_with_the_command(kernel):
    said = refused(kernel, "%%imagegen budget 5 --per day\n")
    assert said.endswith("Write: %imagegen budget 5 --per day")


def test_words_beside_a_prompt_under_the_line_are_not_taken_for_the_prompt(kernel):
    said = refused(kernel, "%%imagegen --style oil painting\na cat")
    assert "'painting' on the line of %%imagegen belongs to no option" in said


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["-h"], ["store"], ["store", "--help"], ["cassette", "-h"], ["budget", "-h"]]
)
def test_the_shell_shows_its_help_and_ends_well(capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "usage: jupyter-imagegen" in capsys.readouterr().out


def test_a_bare_command_of_jupyter_shows_help():
    run = subprocess.run(
        [sys.executable, "-m", "jupyter", "imagegen"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, "usage: jupyter-imagegen" in run.stdout) == (0, True)
