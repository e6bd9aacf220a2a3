"""Recording writes what is new, a reader never sees half of it, and a writer that dies loses nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import zipfile

import pytest
from children import python

import jupyter_imagegen as imagegen
from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import CassetteError

OPTIONS = {"provider": "openai", "size": "1024x1024", "quality": "low"}


@pytest.fixture
def lesson(tmp_path, monkeypatch, server):
    """A cassette that is recorded into, in a folder of its own."""
    folder = tmp_path / "course"
    folder.mkdir()
    monkeypatch.chdir(folder)
    imagegen.default_session().cassettes.use("lesson.cassette", mode="record")
    return folder / "lesson.cassette"


def record(*prompts):
    for prompt in prompts:
        assert not [note for note in imagegen.generate(prompt, **OPTIONS).notes if "recorded" in note]


def replayed(path, *prompts):
    """The digests that a process of its own replays."""
    code = f"""
        import jupyter_imagegen as imagegen
        imagegen.default_session().cassettes.use({str(path)!r}, mode="replay")
        for prompt in {prompts!r}:
            print(imagegen.generate(prompt, size="1024x1024", quality="low").images[0].digest)
    """
    said, _ = python(code).communicate(timeout=60)
    return said.split()


def names(path):
    return sorted(each.name for each in path.parent.iterdir())


def test_a_recording_writes_only_what_is_new(lesson):
    record("a boat", "a lighthouse")
    with lesson.open("rb") as before:
        whole = before.read()
        record("a harbour")
        # The same file, longer: what was there was not written again.
        assert os.fstat(before.fileno()).st_ino == lesson.stat().st_ino
        before.seek(0)
        assert before.read(len(whole)) == whole
    assert names(lesson) == ["lesson.cassette"]
    assert len(set(replayed(lesson, "a boat", "a lighthouse", "a harbour"))) == 3


def test_packed_the_same_content_is_the_same_bytes(lesson, tmp_path, capsys):
    record("a boat", "a lighthouse", "a harbour")
    grown = lesson.read_bytes()
    assert main(["cassette", "pack", str(lesson)]) == 0
    packed = lesson.read_bytes()
    assert len(packed) < len(grown)
    assert main(["cassette", "pack", str(lesson)]) == 0
    assert lesson.read_bytes() == packed
    # In one go, in another order.
    keys = [entry.key for entry in imagegen.history()]
    again = tmp_path / "again.cassette"
    imagegen.default_session().cassettes.add(sorted(keys), to=str(again))
    assert again.read_bytes() == packed
    with zipfile.ZipFile(lesson) as archive:
        assert archive.testzip() is None
    assert "3 kept" in capsys.readouterr().out


@pytest.mark.parametrize("then", [("lesson.cassette", "replay"), ("lesson.cassette", "live"), ("none", None)])
def test_leaving_record_mode_packs(lesson, then):
    record("a boat", "a lighthouse")
    grown = lesson.stat().st_size
    file, mode = then
    imagegen.default_session().cassettes.use(file, mode=mode)
    assert lesson.stat().st_size < grown
    assert len(replayed(lesson, "a boat", "a lighthouse")) == 2


def test_what_nothing_lists_is_never_more_than_half(lesson, monkeypatch):
    """Small copies weigh little, and each recording leaves the old contents behind."""
    cassettes = imagegen.default_session().cassettes
    cassettes.use("small.cassette", mode="record", previews=64)
    small = lesson.with_name("small.cassette")
    for number in range(12):
        record(f"boat {number}")
    grown = small.stat().st_size
    cassettes.pack(str(small))
    assert grown <= 2 * small.stat().st_size + 20_000
    assert len(replayed(small, *(f"boat {number}" for number in range(12)))) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(
    "step", ["fsync:1", "fsync:2", "writestr:1", "writestr:2", "writestr:3", "fsync:3", "unlink:1"]
)
def test_a_writer_that_is_killed_leaves_what_was_recorded(lesson, step):
    record("a boat")
    before = replayed(lesson, "a boat")
    child = python(f"""
        import os, pathlib, signal, zipfile
        import jupyter_imagegen as imagegen
        imagegen.default_session().cassettes.use({str(lesson)!r}, mode="record")
        imagegen.generate("a lighthouse", provider="openai", size="1024x1024", quality="low", fresh=False)  # into the store
        cassettes = imagegen.default_session().cassettes
        name, when = {step!r}.split(":")
        owner = {{"writestr": zipfile.ZipFile, "fsync": os, "unlink": pathlib.Path}}[name]
        done, count = getattr(owner, name), [0]
        imagegen.generate("a harbour", provider="openai", size="1024x1024", quality="low")
        from jupyter_imagegen.storage import appending
        real = appending.append
        def dying(*args):
            def dies(*a, **k):
                count[0] += 1
                if count[0] == int(when):
                    os.kill(os.getpid(), signal.SIGKILL)
                return done(*a, **k)
            setattr(owner, name, dies)
            return real(*args)
        appending.append = dying
        imagegen.generate("an island", provider="openai", size="1024x1024", quality="low")
    """)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL, said
    assert replayed(lesson, "a boat", "a lighthouse", "a harbour")[:1] == before
    # The next one tidies up and goes on.
    record("a mountain")
    assert names(lesson) == ["lesson.cassette"]
    assert len(replayed(lesson, "a boat", "a lighthouse", "a harbour", "a mountain")) == 4


def test_whoever_reads_meanwhile_sees_what_was_there_or_what_is_new(lesson):
    record("a boat")
    stop, seen, errors = threading.Event(), [], []
    (expected,) = replayed(lesson, "a boat")

    def read():
        from jupyter_imagegen.storage import Cassette

        key = imagegen.history("a boat")[0].key
        while not stop.is_set():
            try:
                cassette = Cassette(lesson)
                seen.append((cassette.find(key)[0].digest, len(cassette.manifest.recordings)))
                assert cassette.find(key)[0].bytes
            except (CassetteError, AssertionError, IndexError) as exc:
                errors.append(exc)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    record(*(f"boat {number}" for number in range(8)))
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert {digest for digest, _ in seen} == {expected}
    counts = [count for _, count in seen]
    assert set(counts) <= set(range(1, 10))


def test_a_full_disk_leaves_the_cassette_as_it_was(lesson, monkeypatch):
    record("a boat")
    before = lesson.read_bytes()
    real = os.fsync

    def full(descriptor):
        if os.path.samestat(os.fstat(descriptor), lesson.stat()):
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        result = imagegen.generate("a lighthouse", **OPTIONS)
    assert any("No space left on device" in note for note in result.notes)
    assert lesson.read_bytes() == before
    assert names(lesson) == ["lesson.cassette"]


@pytest.mark.parametrize(
    "note", [b"0\n", b"22\n", b"1000\n", b"99999999999999\n", b"-5\n", b"", b"many\n", b"\xff" * 40]
)
def test_a_note_that_came_with_a_lesson_neither_hides_nor_cuts_anything(lesson, note):
    record("a boat")
    imagegen.default_session().cassettes.use("lesson.cassette", mode="record")
    lesson.with_name(".lesson.cassette.length").write_bytes(note)
    before = replayed(lesson, "a boat")
    record("a lighthouse")
    assert replayed(lesson, "a boat", "a lighthouse")[:1] == before
    assert names(lesson) == ["lesson.cassette"]


def test_a_note_that_is_a_pipe_or_a_link_is_not_waited_for_or_followed(lesson, tmp_path):
    record("a boat")
    note = lesson.with_name(".lesson.cassette.length")
    os.mkfifo(note)
    assert len(replayed(lesson, "a boat")) == 1
    note.unlink()
    other = tmp_path / "other"
    other.write_text("0\n")
    note.symlink_to(other)
    record("a lighthouse")
    assert other.read_text() == "0\n"
    assert len(replayed(lesson, "a boat", "a lighthouse")) == 2


def test_a_cassette_with_a_second_name_is_not_changed_under_it(lesson):
    record("a boat")
    archived = lesson.with_name("archived.cassette")
    os.link(lesson, archived)
    before = archived.read_bytes()
    record("a lighthouse")
    assert archived.read_bytes() == before
    assert len(replayed(lesson, "a boat", "a lighthouse")) == 2


def test_over_fifty_megabytes_the_limit_of_git_hosts_is_said_once(lesson, monkeypatch, capsys):
    record("a lighthouse")
    monkeypatch.setattr("jupyter_imagegen.render.cassettes.LARGE_BYTES", lesson.stat().st_size + 100)
    notes = []
    for number in range(4):
        notes += imagegen.generate(f"boat {number}", **OPTIONS).notes
    (said,) = [note for note in notes if "GitHub" in note]
    assert "--previews 512" in said
    assert main(["cassette", "list", str(lesson)]) == 0
    assert "GitHub refuses" in capsys.readouterr().out
