"""Runs with nothing: no key, no network, no home, no disk to write on, no terminal; and it says what it does.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
no key: the demo paints and says so                       test_session.py: without_a_key_people_at_a_kernel_…;
                                                          here: with_nothing_at_all_a_picture_is_painted_…
no network: nothing is even tried                         here: with_nothing_at_all_…, every_command_of_…
replay without key and network                            never pay twice: on_another_machine_…;
                                                          here: a_lesson_replays_in_a_kernel_without_…
no HOME, no name for the user, no writable folder         here: with_nothing_at_all_a_picture_is_painted_…
read-only or foreign folder                               storage/test_database.py: a_read_only_store_…;
                                                          test_session.py: a_home_that_cannot_be_used_…
older schema: migrated once; newer: untouched             storage/test_database.py: an_old_store_is_…,
                                                          a_newer_store_is_left_as_it_is
two kernels migrating at once                             storage/test_database.py: processes_that_migrate_…
no optional package, nothing heavy at import              test_public_api.py: importing_the_package_…
no demo picture is taken for a model's                    test_session.py: demo_pictures_are_never_taken_…
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from kernels import Kernel

#: Said first by a child: whoever tries to reach anything is told, and the test sees it.
NO_NETWORK = """
import sys

def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        print("reached out:", event, args[1:], flush=True)
        raise OSError("there is no network")

sys.addaudithook(refuse)
"""

PAINT = """
import json
from jupyter_imagegen.session import Session

session = Session(environ=dict(os.environ), demo_fallback=True)
first, second = session.generate("a lighthouse"), session.generate("a lighthouse")
print(json.dumps({
    "provider": first.provider, "cost": str(first.cost.usd), "cached": second.cached,
    "same": first.images[0].bytes == second.images[0].bytes, "notes": " ".join(first.notes),
    "said": session.mimebundle(first)[0]["text/plain"], "costs": str(session.accounts.costs().spending.total.usd),
}))
session.close()
"""

#: Python itself may lie where nobody may read: everything is imported before, by doing it once.
BECOME_NOBODY = """
import os, sys
import jupyter_imagegen.config
from jupyter_imagegen.session import Session

warm = Session(demo_fallback=True)
warm.mimebundle(warm.generate("a boat"))
if {file!r}:
    warm.cassettes.use({file!r}, mode="replay")
    warm.generate("a lighthouse")
warm.close()
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
os.setgroups([])
os.setgid(54321)
os.setuid(54321)
os.environ.clear()
os.chdir("/")
"""

ROOT = hasattr(os, "getuid") and os.getuid() == 0


def said_by(code, **environ):
    """What a child prints, which must end well."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def minimal():
    """An environment of what Python needs alone."""
    wanted = ("PATH", "PYTHONPATH", "SYSTEMROOT")
    return {name: os.environ[name] for name in wanted if name in os.environ}


DEMO = {"provider": "demo", "cost": "0", "cached": True, "same": True, "costs": "0"}


def test_with_nothing_at_all_a_picture_is_painted_and_said_to_be_a_demo(tmp_path):
    """Without the demo in `provider_for` in workshop.py there was a NoKeyError."""
    environ = {**minimal(), "HOME": str(tmp_path / "home"), "USERPROFILE": str(tmp_path / "home")}
    told = json.loads(said_by(NO_NETWORK + "import os" + PAINT, **environ))
    assert told.pop("said").count("demo picture, not a model's") == 1
    assert told.pop("notes") == "Painted: lighthouse."
    assert told == DEMO


@pytest.mark.skipif(not ROOT, reason="only root can become nobody")
def test_a_user_without_name_home_or_a_folder_to_write_in_sees_pictures_too(tmp_path):
    """Nobody: no entry in the password file, an empty environment, the root folder to work in.

    Without `open_temporary_storage` in stores.py there was a StoreError; without the `RuntimeError` of a
    home that cannot be found in config, a traceback.
    """
    before = BECOME_NOBODY.format(file="")
    home = {"HOME": str(tmp_path / "home")}
    told = json.loads(said_by(before + NO_NETWORK + PAINT, **minimal(), **home))
    assert told.pop("said").count("demo picture, not a model's") == 1
    assert "kept only until this kernel ends" in told.pop("notes")
    assert told == DEMO


def test_every_command_of_the_shell_works_without_key_and_network_and_tries_neither():
    """With a key set, `doctor` reaches out, and this test sees it."""
    commands = [
        ["generate", "a boat", "--provider", "demo", "--json"],
        ["estimate", "a boat", "--json"],
        ["costs"],
        ["history"],
        ["models"],
        ["doctor"],
    ]
    run = f"""
from jupyter_imagegen.cli import main
for words in {commands!r}:
    try:
        code = main(words)
    except SystemExit as exc:
        code = exc.code
    print("ended:", words[0], code or 0, flush=True)
"""
    said = said_by(NO_NETWORK + run, **os.environ)
    assert "reached out" not in said
    ended = dict(line.split()[1:] for line in said.splitlines() if line.startswith("ended:"))
    # Nobody watches a shell: that there is no key is what doctor finds wrong there.
    assert ended.pop("doctor") != "0"
    assert set(ended.values()) == {"0"}
    assert len(ended) == 5


@pytest.mark.long
def test_a_lesson_replays_in_a_kernel_without_key_or_server(tmp_path, session, server):
    """Recorded with a key, opened by somebody who has none; the server is gone too.

    Without the look into the cassette in deck.py the reader saw demo pictures.
    """
    cassette = tmp_path / "lesson.cassette"
    session.cassettes.use(str(cassette), mode="record")
    recorded = session.generate("a lighthouse")
    session.edit("make it winter", image=recorded)
    calls = server.calls
    reader = tmp_path / "reader"
    reader.mkdir()
    shutil.copyfile(cassette, reader / "lesson.cassette")
    kernel = Kernel(reader, HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
    try:
        kernel.run("%load_ext jupyter_imagegen")
        kernel.run("%imagegen cassette use lesson.cassette --mode replay")
        (picture,) = kernel.run("%%imagegen -o r\na lighthouse")
        assert "recorded" in picture["data"]["text/plain"]
        assert "demo" not in picture["data"]["text/plain"]
        (winter,) = kernel.run("%%imagegen -i r\nmake it winter")
        assert "recorded" in winter["data"]["text/plain"]
        (digest,) = kernel.run("r.images[0].digest")
        assert digest["data"]["text/plain"] == repr(recorded.images[0].digest)
        (missed,) = kernel.run("%%imagegen\na lighthose")
        assert missed["output_type"] == "error"
        assert "NotRecordedError" in "".join(missed["traceback"])
        (imported,) = kernel.run("import sys; print('openai' in sys.modules)")
        assert imported["text"] == "False\n"
    finally:
        kernel.close()
    assert server.calls == calls


@pytest.mark.long
@pytest.mark.skipif(not ROOT, reason="only root can become nobody")
def test_a_read_only_course_folder_is_enough_for_replay(session, server):
    """The cassette lies where the reader may not write, and the store cannot be made.

    Without `open_temporary_storage` in stores.py there was a StoreError.
    """
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        course.chmod(0o755)
        file = course / "lesson.cassette"
        session.cassettes.use(str(file), mode="record")
        digest = session.generate("a lighthouse").images[0].digest
        calls = server.calls
        file.chmod(0o444)
        said = said_by(
            BECOME_NOBODY.format(file=str(file)) + NO_NETWORK + "session = Session(environ={})\n"
            f"session.cassettes.use({str(file)!r}, mode='replay')\n"
            "print(session.generate('a lighthouse').images[0].digest)\n"
            "session.close()\n",
            **minimal(),
            HOME=folder,
        )
        assert said.split() == [digest]
        assert server.calls == calls
