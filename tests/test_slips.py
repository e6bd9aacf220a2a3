"""What people write by habit or slip, in the cell and in the shell, is answered with what they meant."""

from __future__ import annotations

import gc
import re
import shlex
import warnings

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import ImagegenError

KEY = "sk-test-0000111122223333"


@pytest.fixture(scope="module")
def notebook():
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "jupyter_imagegen")
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def refused(notebook, capsys):
    """The one line with which a cell ends."""

    def run(cell):
        outcome = notebook.run_cell(cell)
        capsys.readouterr()
        return str(outcome.error_in_exec or outcome.error_before_exec or "")

    return run


@pytest.fixture
def shell(capsys):
    """How a command ends: its exit code, and the line on stderr."""

    def run(*words):
        code = main(list(words))
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\u2013q low", "-q"),
        ("\u2014quality low", "--quality"),
        ("\u2212n 2", "-n"),
        ("\u2013n2", "-n2"),
        ("\u2014quality=low", "--quality=low"),
        ("\u2013\u2013quality low", "--quality"),
        ("-quality low", "--quality"),
        ("-size 1024x1024", "--size"),
        ("-size=1024x1024", "--size=1024x1024"),
        ("-style=ink", "--style=ink"),
    ],
)
def test_an_option_with_other_dashes_is_answered_with_the_option(refused, shell, written, meant):
    assert f"Did you mean {meant}?" in refused(f"%%imagegen {written}\na cat")
    assert f"Did you mean {meant}?" in refused(f'%imagegen "a cat" {written}')
    code, said = shell("generate", "a cat", *shlex.split(written))
    assert (code, f"Did you mean {meant}?" in said) == (2, True)


def test_a_dash_within_a_prompt_is_only_a_dash(refused):
    assert refused("%%imagegen --dry-run\n\u2013q and -quality, drawn large") == ""
    assert refused('%imagegen "\u2013q and -quality, drawn large" --dry-run') == ""


@pytest.mark.parametrize("quotes", ["“”", "‘’", "„“", "«»"])
def test_a_prompt_in_typographic_quotes_is_answered_with_straight_ones(refused, shell, quotes):
    prompt = f"{quotes[0]}a cat{quotes[1]}"
    said = refused(f"%imagegen {prompt} -q low")
    assert said.endswith('%imagegen "a cat" -q low')
    assert refused(said[said.rindex("%imagegen") :] + " --dry-run") == ""
    code, said = shell("generate", *prompt.split(), "-q", "low")
    assert (code, "generate 'a cat' -q low" in said) == (2, True)
    assert "straight quotes" in refused(f"%%imagegen --alt {prompt}\na cat")


@pytest.mark.parametrize("words", [["usage"], ["?"], ["man", "budget"]])
def test_words_for_help_name_the_help(refused, shell, notebook, capsys, words):
    (hint,) = re.findall(r"`(%imagegen[^`]*)`", refused(f"%imagegen {' '.join(words)}"))
    notebook.run_cell(hint)
    assert f"%imagegen {words[-1] if words[1:] else ''}".strip() in capsys.readouterr().out
    code, said = shell(*words)
    (hint,) = re.findall(r"`jupyter-imagegen ([^`]*)`", said)
    assert code == 2
    with pytest.raises(SystemExit) as ended:
        main(hint.split())
    assert ended.value.code == 0


@pytest.mark.parametrize(
    "cell", ['%imagegen generate "a cat"', "%imagegen generate a cat", "%imagegen edit a cat"]
)
def test_the_shells_command_for_a_picture_is_answered_with_the_line(refused, cell):
    assert refused(cell).endswith('Write: %imagegen "a cat"')


def test_the_shells_command_for_the_store_is_named_as_the_shells(refused):
    assert "`!jupyter imagegen store verify`" in refused("%imagegen store verify")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["generat", "a cat"], "Did you mean generate?"),
        (["Costs"], "Did you mean costs?"),
        (["--halp"], "Did you mean --help?"),
        (["a", "cat"], "jupyter-imagegen generate 'a cat'"),
        (["a cat", "-q", "low"], "jupyter-imagegen generate 'a cat'"),
    ],
)
def test_a_command_that_is_none_is_answered_with_the_one_meant(shell, words, answer):
    code, said = shell(*words)
    assert (code, answer in said) == (2, True), said


@pytest.mark.parametrize(
    "words",
    [
        [KEY], ["generate", "x", "-n", KEY], ["generate", "x", "--timeout", KEY], ["config", f"api_key={KEY}"],
        ["generate", "x", f"--{KEY}"], ["models", KEY], ["budget", KEY], ["key", KEY],
    ],
)  # fmt: skip
def test_a_key_in_the_wrong_place_is_not_repeated(shell, refused, words):
    code, said = shell(*words)
    assert (code != 0, KEY in said) == (True, False)
    assert KEY not in refused(f"%imagegen {' '.join(words)}")
    assert KEY not in refused(f"%%imagegen {' '.join(words)}\na cat")


@pytest.mark.parametrize("setting", ["qualty=high", f"api_key={KEY}"])
def test_the_shell_does_not_send_what_is_no_setting_to_a_file(shell, setting):
    code, said = shell("config", setting)
    assert (code, "config.toml" in said, KEY in said) == (2, False, False)


@pytest.mark.parametrize(
    "options",
    [
        {"n": KEY}, {"style": KEY}, {"model": KEY}, {"quality": KEY}, {"size": KEY}, {"feather": KEY}, {"max_cost": KEY},
        {"output_compression": KEY}, {"timeout": KEY}, {"provider": KEY}, {"background": KEY}, {"n": 10**5000},
        {"max_cost": 10**5000}, {"timeout": 10**5000}, {"output_compression": 10**5000},
    ],
    ids=lambda options: " ".join(f"{name} {str(value)[:3]}" for name, value in options.items() if value == KEY),
)  # fmt: skip
def test_a_value_that_is_refused_is_neither_a_key_repeated_nor_a_traceback(new_session, options):
    with pytest.raises(ImagegenError) as caught:
        new_session().edit("x", image=b"", **{"provider": "demo", **options})
    assert KEY not in str(caught.value)


def test_a_command_that_python_calls_leaves_no_connection_open(server, capsys):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        assert main(["generate", "a boat"]) == 0
        capsys.readouterr()
        gc.collect()
    assert server.calls == 1
    assert [str(one.message) for one in told] == []
