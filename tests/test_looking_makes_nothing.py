"""Commands that only look create nothing on disk, and a store that exists is left as it is."""

from __future__ import annotations

import json

import nbformat
import pytest
from children import command, output


def tree(folder):
    return {
        path.relative_to(folder): path.lstat().st_mtime_ns for path in folder.rglob("*") if not path.is_dir()
    } | {path.relative_to(folder): 0 for path in folder.rglob("*") if path.is_dir()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a notebook and a cassette, and the temporary files of child processes beside it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%imagegen\na fox")]), "lesson.ipynb"
    )
    return tmp_path


COMMANDS = [
    ["costs"],
    ["costs", "--json"],
    ["plan", "lesson.ipynb"],
    ["doctor"],
    ["generate", "a fox", "--dry-run"],
    ["generate", "a fox", "--dry-run", "--provider", "demo"],
    ["estimate", "a fox"],
    ["history"],
    ["config"],
    ["models"],
    ["styles"],
    ["budget"],
    ["cassette"],
    ["cassette", "list"],
    ["cassette", "verify", "gone.cassette"],
    ["store", "verify"],
    ["store", "gc"],
    ["generate", "a fox", "--size", "1000x1000"],
    ["generate", "a fox"],  # no key: refused
]

RUN_ALL = """
import contextlib, io, json, os, sys
from pathlib import Path
from jupyter_imagegen.cli import main

def tree():
    return sorted(str(path) for path in Path(sys.argv[1]).rglob("*"))

before, told = tree(), []
for words in json.loads(sys.argv[2]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    new = sorted(set(tree()) - set(before))
    told.append([words, code, out.getvalue(), err.getvalue(), new])
print(json.dumps(told))
"""


def run_all(folder, commands, **environ):
    return json.loads(output(RUN_ALL, str(folder), json.dumps(commands), timeout=120, **environ))


@pytest.mark.parametrize("home", ["absent", "below/absent", "empty", "default"])
def test_no_command_that_looks_makes_a_home_an_index_a_lock_or_a_price_list(folder, home):
    environ = {"IMAGEGEN_HOME": str(folder / home)} if home != "default" else {"IMAGEGEN_HOME": ""}
    if home == "empty":
        (folder / home).mkdir()
    before = tree(folder)
    for words, code, out, err, new in run_all(folder, COMMANDS, **environ):
        assert new == [], words
        assert "Traceback" not in err, words
        if words[0] in {"costs", "plan", "history", "config", "models", "estimate", "budget"}:
            assert code == 0, (words, err)
        if words == ["costs"]:
            assert "$0.00" in out
    assert tree(folder) == before


def test_a_fresh_process_of_its_own_leaves_nothing_either(folder):
    before = tree(folder)
    for words in (["plan", "lesson.ipynb"], ["doctor"]):
        assert "Traceback" not in command(*words, fresh=True).stderr
        assert tree(folder) == before, words


def test_a_store_that_is_there_gains_no_file_by_being_looked_at(folder, home):
    made = command("generate", "a fox", "--provider", "demo")
    assert made.returncode == 0, made.stderr
    names = {path for path in home.rglob("*") if path.suffix not in {".sqlite3-wal", ".sqlite3-shm"}}
    for words, *_ in run_all(folder, COMMANDS):
        now = {path for path in home.rglob("*") if path.suffix not in {".sqlite3-wal", ".sqlite3-shm"}}
        assert now <= names, words


def test_a_session_that_only_looked_makes_its_store_with_the_first_picture(session, home):
    assert session.accounts.costs().spending.total.calls == 0
    assert session.accounts.history() == []
    assert session.preflight("a fox").stored == 0
    assert not home.exists()
    made = session.generate("a fox")
    assert made.images[0].path.is_relative_to(home)
    assert [entry.prompt for entry in session.accounts.history()] == ["a fox"]
    assert session.accounts.costs().spending.total.calls == 1
    assert session.preflight("a fox").stored == 1


def test_what_another_process_makes_meanwhile_is_seen(new_session, server):
    looking, buying = new_session(), new_session()
    assert looking.accounts.costs().spending.total.calls == 0
    buying.generate("a fox")
    assert looking.accounts.costs().spending.total.calls == 1
    assert looking.preflight("a fox").stored == 1


def test_a_folder_of_others_is_still_refused_when_it_is_only_looked_at(folder, monkeypatch):
    (folder / "project").mkdir()
    (folder / "project" / "thesis.txt").write_text("mine")
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder / "project"))
    run = command("costs")
    assert run.returncode != 0
    assert "thesis.txt" in run.stderr
    assert [path.name for path in (folder / "project").iterdir()] == ["thesis.txt"]


def test_a_budget_that_is_set_makes_the_store_that_holds_it(new_session, home):
    new_session().accounts.budget(5)
    assert [str(budget) for budget in new_session().accounts.budget()] == ["$5.00/day"]
