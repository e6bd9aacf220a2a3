"""What a living process writes is left alone, what a dead one left is finished, on any host and by any clock."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest
from children import python

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import StoreError

ROOT = sys.platform.startswith("linux") and os.getuid() == 0
posix = pytest.mark.skipif(sys.platform == "win32", reason="kills and forks")

#: Makes a picture, and waits for a line before its recipe has a picture, and before that has its name.
HELD = """
    import json, os, sys
    FORK = False

    def held(real, at):
        def run(path, *more, **options):
            if at in f"{path} {' '.join(map(str, more))}" and str(path).endswith(".part"):
                forked = FORK and at == "pictures" and not os.fork()
                if forked or not FORK or at != "pictures":
                    print("held", flush=True)
                os.read(0, 1)
                if forked:
                    os._exit(0)
            return real(path, *more, **options)
        return run

    os.open, os.replace = held(os.open, ".part"), held(os.replace, "pictures")
    import jupyter_imagegen as imagegen
    r = imagegen.generate("a lighthouse")
    print(json.dumps([str(r.images[0].path), *r.notes]), flush=True)
"""


def elsewhere(code):
    """A child in a container of its own: with this host's name, and other numbers of processes."""
    apart = (
        ["unshare", "--uts", "--pid", "--fork", "--kill-child"] if ROOT and shutil.which("unshare") else []
    )
    if apart and subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        apart = []
    return subprocess.Popen(
        [*apart, sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def go_on(child):
    child.stdin.write("\n")
    child.stdin.flush()


def said(child):
    return child.stdout.readline().strip()


def look(new_session):
    """Open the store as other processes do, tidy up, and look for the picture."""
    session = new_session()
    session.workshop.storage.pictures.gc()
    assert session.accounts.history() == []
    session.close()


@posix
def test_what_a_living_process_writes_is_left_alone_by_other_hosts_processes_and_clocks(
    server, home, new_session
):
    child = elsewhere(HELD)
    try:
        for _ in range(2):
            assert said(child) == "held"
            before = sorted(path.name for path in (home / "incoming").iterdir())
            assert before
            for path in (home / "incoming").iterdir():
                # By the clock of another machine it was written long ago.
                os.utime(path, (0, 0))
            look(new_session)
            assert sorted(path.name for path in (home / "incoming").iterdir()) == before
            go_on(child)
        path, *notes = json.loads(said(child))
        assert notes == []
    finally:
        child.kill()
        child.communicate()
    assert new_session().generate("a lighthouse").images[0].path == home.joinpath(path)
    assert list((home / "incoming").iterdir()) == []
    assert server.calls == 1


@posix
@pytest.mark.parametrize(("steps", "stored"), [(1, False), (2, True)])
def test_what_a_killed_process_left_is_finished_or_swept_by_the_next_at_once(
    server, home, new_session, steps, stored
):
    child = python(HELD)
    for step in range(steps):
        assert said(child) == "held"
        if step < steps - 1:
            go_on(child)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert list((home / "incoming").iterdir())
    session = new_session()
    assert len(session.accounts.history()) == stored
    assert list((home / "incoming").iterdir()) == []
    assert session.generate("a lighthouse").cached is stored
    assert server.calls == 2 - stored


@posix
def test_a_child_that_was_forked_does_not_keep_a_killed_process_alive(server, home, new_session):
    child = python(HELD.replace("FORK = False", "FORK = True"))
    assert said(child) == "held"
    go_on(child)
    assert said(child) == "held"
    child.send_signal(signal.SIGKILL)
    child.wait()
    try:
        assert len(new_session().accounts.history()) == 1
    finally:
        # The forked one waits for a line.
        child.communicate()


@pytest.fixture
def left(server, home, new_session):
    """A picture as an earlier version leaves it that is killed; gives its files and its key."""
    session = new_session()
    result = session.generate("a lighthouse")
    session.workshop.storage.pictures.delete(result.key, 0)
    data = result.images[0].digest
    session.close()
    session = new_session(environ={**os.environ, "IMAGEGEN_HOME": str(home.with_name("other"))})
    image = session.generate("a lighthouse").images[0]
    assert image.digest != data
    (recipe,) = image.path.parent.glob(f"{image.digest}.*-0.json")
    stem = home / "incoming" / f"{os.uname().nodename[:24]}-{os.getpid()}-0123456789abcdef"
    shutil.copy(recipe, stem.with_suffix(".json"))
    shutil.copy(image.path, stem.with_suffix(".part"))
    return stem, result.key


@posix
def test_what_an_earlier_version_left_is_finished_when_its_key_is_free(left, home, server, new_session):
    from filelock import FileLock

    stem, key = left
    with FileLock(home / "locks" / f"{key}.lock"):
        # Its host and process number say nothing: its key's lock does.
        look(new_session)
        assert stem.with_suffix(".part").exists()
    assert [entry.key for entry in new_session().accounts.history()] == [key]
    assert list((home / "incoming").iterdir()) == []


@posix
def test_a_picture_with_a_recipe_of_a_newer_version_is_kept_and_not_shown(left, home, new_session):
    stem, _ = left
    told = json.loads(stem.with_suffix(".json").read_text())
    data = stem.with_suffix(".part").read_bytes()
    for suffix in (".json", ".part"):
        stem.with_suffix(suffix).rename(home / "incoming" / f"0123456789abcdef{suffix}")
    (home / "incoming" / "0123456789abcdef.json").write_text(json.dumps(told | {"recipe": 99}))
    session = new_session()
    assert session.accounts.history() == []
    (kept,) = session.workshop.storage.unread.all()
    assert kept.path.read_bytes() == data
    assert json.loads(kept.path.with_suffix(".json").read_text())["recipe"] == 99


# what is tried before a call


@pytest.mark.parametrize("name", ["incoming", "locks", "quarantine", "unread"])
def test_a_folder_that_is_taken_away_under_a_running_kernel_is_made_again(session, server, home, name):
    session.generate("a lighthouse")
    shutil.rmtree(home / name)
    result = session.generate("a fox")
    assert result.images[0].path.is_file()
    assert result.notes == ()
    if name in {"incoming", "locks"}:
        assert (home / name).stat().st_mode & 0o777 == 0o700 or sys.platform == "win32"
    session.close()


def in_the_way(folder):
    shutil.rmtree(folder / "incoming")
    (folder / "incoming").touch()


def unmarked(folder):
    shutil.rmtree(folder / "incoming")
    (folder / "imagegen-home.txt").unlink()


@pytest.mark.parametrize("spoil", [in_the_way, unmarked])
def test_where_no_picture_can_be_kept_no_call_is_made(session, server, home, spoil):
    session.generate("a lighthouse")
    spoil(home)
    with pytest.raises(StoreError):
        session.generate("a fox")
    assert server.calls == 1
    assert session.accounts.costs().spending.total.held_usd == 0
    assert session.generate("a lighthouse").cached


@pytest.mark.skipif(not ROOT, reason="mounts a disk")
def test_pictures_on_another_disk_than_what_is_being_written_are_refused_before_a_call(session, server, home):
    session.generate("a lighthouse", provider="demo")
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(home / "pictures")]
    (home / "pictures").rename(home / "pictures.kept")
    (home / "pictures").mkdir()
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        shutil.copytree(home / "pictures.kept", home / "pictures", dirs_exist_ok=True)
        with pytest.raises(StoreError, match="another disk"):
            session.generate("a fox")
    finally:
        subprocess.run(["umount", "-l", str(home / "pictures")], check=True)
    assert server.calls == 0


# a picture that cannot be read now


@pytest.fixture
def refusing(monkeypatch):
    """Let the system refuse to open some files: a shim, in place of a disk that does it."""

    def refuse(number, ending):
        real = os.open

        def shim(path, *more, **options):
            if str(path).endswith(ending):
                raise OSError(number, os.strerror(number), str(path))
            return real(path, *more, **options)

        monkeypatch.setattr(os, "open", shim)

    return refuse


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_picture_that_cannot_be_read_for_a_moment_is_not_bought_again(
    session, server, new_session, refusing, monkeypatch, number
):
    path = session.generate("a lighthouse").images[0].path
    later = new_session()
    with monkeypatch.context():
        refusing(number, path.name)
        with pytest.raises(StoreError) as told:
            later.generate("a lighthouse")
        assert str(path) in told.value.message
        assert os.strerror(number) in told.value.message
        for way in ("Try again", "store verify", "--fresh"):
            assert way in told.value.hint
        assert [entry.prompt for entry in later.accounts.history()] == ["a lighthouse"]
        assert server.calls == 1
        assert not later.generate("a lighthouse", fresh=True).cached
        assert server.calls == 2
    monkeypatch.undo()


def test_a_folder_that_cannot_be_listed_is_counted_as_its_pictures(session, monkeypatch, capsys):
    hidden, _ = (image.path for image in session.generate("a lighthouse", n=2).images)
    session.close()

    def shim(real):
        def asked(path=".", *more, **options):
            if str(hidden.parent) in str(path):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *more, **options)

        return asked

    for name in ("open", "scandir", "listdir"):
        monkeypatch.setattr(os, name, shim(getattr(os, name)))
    assert main(["store", "verify"]) == 8
    assert "2 pictures checked, 1 as they were paid for, 1 not" in capsys.readouterr().out


def test_a_picture_that_can_be_read_again_is_shown(session, server, new_session):
    path = session.generate("a lighthouse").images[0].path
    later = new_session()
    later.accounts.history()
    path.parent.rename(path.parent.with_name("away"))
    path.parent.touch()
    with pytest.raises(StoreError, match="no paid call is made"):
        later.generate("a lighthouse")
    path.parent.unlink()
    path.parent.with_name("away").rename(path.parent)
    assert later.generate("a lighthouse").images[0].path == path
    assert server.calls == 1


def taken_away(pictures):
    pictures.rename(pictures.with_name("elsewhere"))


def not_mounted(pictures):
    taken_away(pictures)
    pictures.mkdir()


@pytest.mark.parametrize("spoil", [taken_away, not_mounted])
@pytest.mark.parametrize("running", [True, False])
def test_a_home_whose_pictures_are_not_mounted_is_not_an_empty_home(
    session, server, home, new_session, spoil, running
):
    kept = session.generate("a lighthouse").images[0]
    index = (home / "imagegen.sqlite3").stat().st_ino
    waiting = home / "incoming" / "0123456789abcdef.part"
    later = new_session()
    if running:
        later.accounts.history()
    spoil(home / "pictures")
    waiting.write_bytes(b"a picture, perhaps")
    for prompt in ("a lighthouse", "a fox"):
        with pytest.raises(StoreError, match="may not be mounted"):
            later.generate(prompt)
    assert later.generate("a boat", provider="demo").images[0].pil
    assert server.calls == 1
    assert waiting.exists()
    assert [path.name for path in home.glob("pictures/*")] == []
    assert (home / "imagegen.sqlite3").stat().st_ino == index
    shutil.rmtree(home / "pictures", ignore_errors=True)
    (home / "elsewhere").rename(home / "pictures")
    again = later.generate("a lighthouse").images[0]
    assert (again.digest, again.path) == (kept.digest, kept.path)
    assert server.calls == 1


@pytest.mark.parametrize("spoil", [taken_away, not_mounted])
@pytest.mark.parametrize("index", [None, b"not a database" * 100])
def test_no_index_is_built_and_nothing_is_tidied_while_pictures_are_not_mounted(
    session, server, home, new_session, spoil, index
):
    session.generate("a lighthouse")
    spoil(home / "pictures")
    for tidy in (session.workshop.storage.pictures.gc, session.workshop.storage.pictures.verify):
        with pytest.raises(StoreError, match="may not be mounted"):
            tidy()
    session.close()
    for path in home.glob("imagegen.sqlite3*"):
        path.unlink()
    if index is not None:
        (home / "imagegen.sqlite3").write_bytes(index)
    later = new_session()
    for prompt in ("a lighthouse", "a fox"):
        with pytest.raises(StoreError, match="may not be mounted"):
            later.generate(prompt)
    shutil.rmtree(home / "pictures", ignore_errors=True)
    (home / "elsewhere").rename(home / "pictures")
    assert later.generate("a lighthouse").cached
    assert server.calls == 1


def test_pictures_that_their_owner_deleted_are_missing_and_bought_again(session, server, home, new_session):
    images = [session.generate(prompt).images[0] for prompt in ("a lighthouse", "a fox")]
    images[0].path.unlink()
    assert not session.generate("a lighthouse").cached
    assert server.calls == 3
    # All of them: the command that the error gives says so.
    shutil.rmtree(home / "pictures")
    with pytest.raises(StoreError) as told:
        session.generate("a fox")
    subprocess.run(told.value.hint.rpartition(": ")[2], shell=True, check=True)
    assert not session.generate("a fox").cached
    assert server.calls == 4
