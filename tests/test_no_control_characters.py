"""No word from outside moves a terminal: escape sequences, direction marks, NUL, carriage returns, broken lines."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import unicodedata

import pytest
from imageserver import error, paint, rows

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.session import Session

#: Colours, a link, a bell, a turned line, a second line, C1 controls, DEL; no NUL, which no file name has.
ODD = "boat\x1b[31m\x1b]8;;x\x07link\x1b]8;;\x07\x07\u202etxt\u2066\nFORGED\r\x9b31m\x85\u2028FORGED\x7f"
NAME = "n\x1b[31m\x1b]8;;x\x07\u202e\nFORGED\r\x9b"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A store, a cassette and a notebook whose every word is hostile, in a folder of such a name."""
    from imageserver import ImageServer

    folder = tmp_path_factory.mktemp("hostile") / NAME
    folder.mkdir()
    with ImageServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("JPY_SESSION_NAME", str(folder / f"{NAME}.ipynb"))
        patch.setenv("IMAGEGEN_HOME", str(folder.parent / "home"))
        for name, value in server.env().items():
            patch.setenv(name, value)
        session = Session()
        picture = {"b64_json": base64.b64encode(paint("1024x1024")).decode(), "revised_prompt": ODD + "\x00"}
        server.script(rows(picture, usage={"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}))
        key = session.generate(ODD, alt=ODD).key
        server.script(error(400, ODD + "\x00", code=ODD, headers={"x-request-id": "r\x1b[31m"}))
        with pytest.raises(ImagegenError):
            session.generate(f"second {ODD}")
        session.cassettes.add(["last"], to=str(folder / f"{NAME}.cassette"))
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
        cell["source"] = f"%%imagegen -q low\n{ODD}"
        lesson = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{NAME}.ipynb").write_text(json.dumps(lesson))
        strange = session.workshop.storage.home / "pictures"
        (strange / NAME).write_bytes(b"not ours")
        session.close()
        yield server, folder, key


CASSETTE, NOTEBOOK = f"{NAME}.cassette", f"{NAME}.ipynb"
COMMANDS = [
    ["history"], ["history", ODD], ["costs"], ["costs", "held"], ["models"], ["models", ODD], ["styles"], ["styles", ODD],
    ["budget"], ["budget", ODD], ["config"], ["estimate", ODD], ["generate", ODD, "--dry-run"], ["generate", ODD],
    ["generate", ODD, "-o", f"{NAME}/"], ["generate", ODD, "-o", f"{NAME}.png"], ["generate", "x", "--size", ODD], ["generate", "x", "-m", ODD],
    ["generate", "x", "--style", ODD], ["edit", "x", "-i", f"{NAME}.png"], ["edit", "x", "-i", "last", "--dry-run"],
    ["plan", NOTEBOOK], ["plan", f"no{NAME}"], ["cassette"], ["cassette", "list", CASSETTE], ["cassette", "list", f"no{NAME}"],
    ["cassette", "verify", CASSETTE], ["cassette", "prune", CASSETTE, NOTEBOOK], ["cassette", "merge", f"m{CASSETTE}", CASSETTE],
    ["cassette", "export", f"e{CASSETTE}", NOTEBOOK], ["store", "verify"], ["store", "gc"], ["store", "export", f"{NAME}.zip"],
    ["store", "export", f"{NAME}.zip"], [ODD], ["generate", f"--{ODD}"], ["history", "--limit", ODD],
]  # fmt: skip


def moved_by(text):
    return sorted({f"U+{ord(c):04X}" for c in text if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
                  | {c for c in text if c in "\u202e\u2066"})  # fmt: skip


@pytest.fixture
def run(hostile, monkeypatch, capsys):
    server, folder, _ = hostile
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / NOTEBOOK))
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder.parent / "home"))
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)

    def told(*words):
        with pytest.MonkeyPatch.context():
            try:
                code = main(words)
            except SystemExit as exc:
                code = exc.code
        out, err = capsys.readouterr()
        return code, out, err

    return told


@pytest.mark.parametrize(
    "words",
    COMMANDS,
    ids=lambda words: " ".join(words)[:16].encode("ascii", "ignore").decode().split("\x1b")[0],
)
def test_no_command_writes_what_moves_a_terminal_or_forges_a_line(run, words):
    _, out, err = run(*words)
    assert (moved_by(out), moved_by(err)) == ([], [])
    assert out + err
    assert [line for line in (out + err).splitlines() if line.startswith("FORGED")] == []


@pytest.mark.parametrize(
    "words",
    [words for words in COMMANDS if words[0] in {"history", "config", "cassette", "store", "estimate"}],
    ids=lambda words: " ".join(words)[:16].encode("ascii", "ignore").decode().split("\x1b")[0],
)
def test_json_escapes_them(run, words):
    _, out, err = run(*words, "--json")
    assert out.isascii()
    assert (moved_by(out), moved_by(err)) == ([], [])
    json.loads(out)


def test_in_json_a_prompt_is_whole(run, hostile):
    _, out, _ = run("history", "--json")
    assert ODD in {entry["prompt"] for entry in json.loads(out)["entries"]}


def test_a_terminal_without_the_letters_gets_their_codes(hostile):
    _, folder, _ = hostile
    env = {
        **os.environ,
        "IMAGEGEN_HOME": str(folder.parent / "home"),
        "PYTHONIOENCODING": "ascii",
        "LANG": "C",
    }
    command = "import sys; from jupyter_imagegen.cli import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", command, "history", "\udce4 été"],
        env=env,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in ran.stderr
    assert ran.stdout.isascii()


def test_what_is_said_while_a_picture_is_made_moves_nothing(session, server):
    from jupyter_imagegen.cli.watching import Watcher
    from jupyter_imagegen.core.events import Noted

    stream = io.StringIO()
    watcher = Watcher(stream=stream)
    watcher._note(Noted(text=ODD))
    watcher._show()
    assert moved_by(stream.getvalue()) == []
    assert len(stream.getvalue().splitlines()) == 1
