"""What is said in words: one is not many, nothing found is said, and a budget's line can be pasted."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.magics.commands import run_command
from jupyter_imagegen.widgets.gallery import Gallery

#: "1 pictures", and what is as wrong the other way; `1 of 3 pictures` is right.
WRONG = re.compile(r"\b1 (?:[a-z]+ )?(?:pictures|calls|samples|charges|files|recipes|answers|seconds|lines|requests"
                   r"|frames|prompts|cells|copies|others|models|notebooks|days|budgets|have|are)\b"
                   r"|\b(?:0|[2-9]|\d\d+) (?:[a-z]+ )?(?:picture|call|sample|charge|file|recipe|answer|request)\b(?! files)")  # fmt: skip


def magic(session, line):
    words = line.split()
    return run_command(session, words[0], words[1:], {}).text


@pytest.fixture
def shell(capsys):
    def run(line):
        code = main(shlex.split(line))
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


# one is not many


@pytest.mark.parametrize("pictures", [1, 2])
def test_every_command_counts_in_the_right_number(session, shell, tmp_path, server, pictures):
    lesson = tmp_path / "lesson.cassette"
    session.cassettes.use(str(lesson), mode="record")
    for number in range(pictures):
        session.generate(f"a fox {number}")
    session.accounts.budget(5)
    cell = {"cell_type": "code", "source": '%imagegen "a hare"', "metadata": {}, "outputs": []}
    notebook = {"cells": [{**cell, "execution_count": None}] * pictures, "metadata": {}}
    (tmp_path / "plan.ipynb").write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 4}))
    said = {
        line: magic(session, line) for line in ("costs", "budget", "history", "cassette list", "cassette")
    }
    said |= {
        line: magic(session, line) for line in (f"estimate a fox 0 -n {pictures}", "doctor", "costs held")
    }
    lines = ["store verify", "store gc", "store reread", "doctor", "plan plan.ipynb", "history", "costs held",
             f"cassette list {lesson}", f"cassette verify {lesson}", f"store export {tmp_path}/x.zip",
             f"generate 'a fox 0' -n {pictures} --dry-run", f"estimate 'a fox 0' -n {pictures}"]  # fmt: skip
    said |= {line: shell(line)[1] for line in lines}
    session.cassettes.use("none")
    gallery = Gallery(session)
    said["gallery"] = gallery.static()["text/plain"]
    gallery.close()
    assert {line: WRONG.search(text)[0] for line, text in said.items() if WRONG.search(text)} == {}
    count = "1 picture" if pictures == 1 else "2 pictures"
    for line in ("store verify", "doctor", "cassette", "gallery", f"store export {tmp_path}/x.zip"):
        assert re.search(rf"\b{count}\b", said[line]), said[line]


def test_damage_to_one_picture_and_to_two_is_counted_in_the_right_number(session, shell, home):
    for number in range(2):
        session.generate(f"a fox {number}")
    session.close()
    originals = [path for path in (home / "pictures").rglob("*.png") if ".preview." not in path.name]
    for path in originals:
        path.write_bytes(b"no picture")
        for recipe in path.parent.glob(f"{path.stem}.*.json"):
            recipe.unlink()
        for line in ("store verify", "doctor", "store gc"):
            assert WRONG.search(shell(line)[1]) is None, shell(line)


# nothing found


def test_a_search_without_a_hit_says_so_and_how_to_see_all(session, shell):
    session.generate("a fox")
    assert "No prompt contains “heron”. `%imagegen history` lists all" in magic(session, "history heron")
    code, out = shell("history heron")
    assert (code, "No prompt contains “heron”. `jupyter-imagegen history` lists all" in out) == (0, True)
    assert json.loads(shell("history heron --json")[1]) == {"entries": []}
    assert session.accounts.history("heron") == []
    assert "a fox" in magic(session, "history FOX")


def test_an_empty_store_says_that_there_is_nothing_yet(new_session, shell):
    session = new_session()
    assert "Nothing yet" in magic(session, "history")
    assert "Nothing yet" in shell("history")[1]
    assert "Nothing is held" in magic(session, "costs held")
    assert "0 pictures checked" in shell("store verify")[1]
    gallery = Gallery(session)
    assert gallery.static()["text/plain"] == "Gallery: no pictures yet."
    gallery.close()


# a budget's line


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("5 per day", "5 --per day"),
        ("5 a day", "5 --per day"),
        ("5 day", "5 --per day"),
        ("5 --per-day", "5 --per day"),
        ("5 -per day", "5 --per day"),
        ("$5 per day", "5 --per day"),
        ("0.50 USD per month", "0.50 --per month"),
        ("5 dollars a month", "5 --per month"),
        ("per day 5", "5 --per day"),
        ("none per day", "none --per day"),
        ("off --per-month", "none --per month"),
        ("5 daily", "5 --per day"),
        ("20 in total", "20 --per total"),
        ("5 / day", "5 --per day"),
        ("5 --day", "5 --per day"),
    ],
)
def test_a_budget_in_other_words_is_answered_with_the_line_to_paste(session, shell, said, meant):
    with pytest.raises(RequestError) as caught:
        magic(session, f"budget {said}")
    line = re.search(r"`%imagegen (budget [^`]+)`$", str(caught.value))[1]
    assert line == f"budget {meant}"
    magic(session, line)
    code, told = shell(f"budget {shlex.join(said.split())}")
    assert (code, f"`jupyter-imagegen budget {meant}`" in told) == (2, True)
    assert shell(f"budget {meant}")[0] == 0


@pytest.mark.parametrize("said", ["5 per week", "5 6 per day", "fox per day", "5 per day month", "--frob"])
def test_words_that_mean_no_budget_are_answered_with_the_help(session, said):
    with pytest.raises(RequestError, match=r"--help|a budget per|invalid choice|not an amount|must be"):
        magic(session, f"budget {said}")


@pytest.mark.parametrize("said", ["5/day", "$5/day", "5 --per day", "none --per day", "5"])
def test_a_budgets_own_ways_of_writing_it_go_on(session, said):
    assert magic(session, f"budget {said}")
