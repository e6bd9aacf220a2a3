"""Forgetting: every word of a picture leaves the home, while another kernel has it open; what it cost stays."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from imageserver import error, html

import jupyter_imagegen as imagegen
from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import ImagegenError, ProviderError, RequestError, StoreError
from jupyter_imagegen.storage.entering import searchable

SECRET = 'A letter to "Dr. MÜLLER"\nabout the Straße where nobody lives'
PUBLIC = "a lighthouse at dusk"
#: A process with the store open, as another notebook's kernel has it, in which a picture was looked at.
OTHER_KERNEL = """
import sys
import jupyter_imagegen as imagegen
[image.bytes for entry in imagegen.history() for image in entry.images]
print("open", flush=True)
sys.stdin.read()
"""


def forms(text):
    return {
        form.encode()
        for each in (text, searchable(text))
        for form in (
            each,
            json.dumps(each)[1:-1],
            json.dumps(each, ensure_ascii=False)[1:-1],
            each[9:30],
            each[-25:],
        )
    }


def places_of(text, folder):
    """Every file in which a text is in any form, or part of it: a database cuts long texts."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms(text))
    )


@pytest.fixture
def store(session):
    return session.workshop.storage


@pytest.fixture
def clock():
    class Clock:
        moment = datetime(2026, 11, 22, 12, tzinfo=UTC)

        def __call__(self):
            return self.moment

    return Clock()


@pytest.fixture
def session(server, new_session, clock):
    return new_session(now=clock)


@pytest.fixture
def other_kernel(session, server):
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER_KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "open\n"
        return process

    yield start
    for process in started:
        process.communicate("")
        assert process.returncode == 0


def leave_it_everywhere(session, server, home, *, failures=True):
    """The words in every place that a store has for them, also those of other requests that failed."""
    other = session.generate(PUBLIC)
    # As a version did that did not write over what it deleted.
    with sqlite3.connect(home / "imagegen.sqlite3") as old:
        old.execute("PRAGMA secure_delete = OFF")
        old.executemany("INSERT INTO ledger_state VALUES (?, ?)", [(str(n), SECRET * 20) for n in range(50)])
    with old:
        old.execute("DELETE FROM ledger_state WHERE value LIKE '%nobody lives%'")
    old.close()
    session.generate(SECRET, alt=f"Shown: {SECRET}")
    damaged = session.generate(SECRET, size="1536x1024")
    damaged.images[0].path.write_bytes(b"no picture")
    if failures:
        server.script(html())
        with pytest.raises(ProviderError):
            session.generate(SECRET, quality="medium")
        server.script(error(400, f"Your prompt {SECRET!r} is against our rules"))
        with pytest.raises(ProviderError):
            session.generate(SECRET, quality="high")
    (home / "imagegen.sqlite3.damaged-20260101-000000-1").write_bytes(SECRET.encode())
    recipe = next(path for path in home.glob("pictures/*/*.json") if places_of(SECRET, path.parent))
    left = home / "incoming" / "elsewhere-1-00aa00aa00aa00aa"
    left.with_suffix(".json").write_bytes(recipe.read_bytes())
    left.with_suffix(".part").write_bytes(b"half a picture")
    garbled = home / "quarantine" / f"20260101-000000-abcd-{'ab' * 32}.bin"
    garbled.write_bytes(recipe.read_bytes()[:-20])
    os.utime(garbled, (0, 0))
    return other


@pytest.mark.parametrize("way", ["prompt", "before", "magic"])
def test_after_forgetting_no_byte_of_the_home_has_the_words_and_the_costs_are_as_before(
    session, server, store, home, other_kernel, clock, way, ip
):
    other = leave_it_everywhere(session, server, home)
    other_kernel()
    assert len(places_of(SECRET, home)) >= 6
    before = session.accounts.costs()
    if way == "before":
        other = None
        clock.moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
        report = session.accounts.forget(before="2026-11-23")
        assert report.pictures == 3
    elif way == "prompt":
        report = session.accounts.forget(prompt="dr. müller")
        assert report.pictures == 2
    else:
        told = ip(session, '%imagegen forget --prompt "nobody lives"')
        assert "2 pictures of 2 requests and" in told
        assert "stays in the costs, without the prompts" in told
        assert "makes and pays for a new picture" in told
        assert "cassettes, saved notebooks" in told
    assert places_of(SECRET, home) == []
    assert not list(home.glob("*.damaged-*"))
    assert not [path for name in ("unread", "quarantine", "incoming") for path in (home / name).iterdir()]
    after = session.accounts.costs()
    assert (after.spending.total, after.by_model) == (before.spending.total, before.by_model)
    assert len(after.held) == len(before.held) == 1
    assert store.pictures.verify().sound
    if other is not None:
        assert session.generate(PUBLIC).cached


@pytest.fixture
def ip(monkeypatch):
    """Run a line of a cell in this process, and give what it shows as text."""

    def run(session, line):
        from jupyter_imagegen.magics.commands import run_command
        from jupyter_imagegen.options import split_line

        name, *words = split_line(line.removeprefix("%imagegen "))
        return run_command(session, name, words, {}).text

    return run


def test_forgetting_a_request_takes_all_its_drawings_and_the_same_request_is_paid_anew(session, server, home):
    made = session.generate(SECRET, n=2)
    kept = session.generate(PUBLIC)
    edited = session.edit("make it winter", image=made.images[0])
    calls = server.calls if hasattr(server, "calls") else None
    report = session.accounts.forget(made.key[:12])
    assert report.samples == ((made.key, 0), (made.key, 1))
    assert report.cost_usd == made.cost.usd
    assert places_of(SECRET, home) == []
    assert not list(home.rglob(f"{made.images[0].digest}*"))
    # What was made of it knows it by its digest.
    assert session.accounts.entry(edited.key).inputs["images"] == [made.images[0].digest]
    assert session.generate(PUBLIC).cached
    assert kept.images[0].bytes
    again = session.generate(SECRET)
    assert not again.cached
    assert again.cost.usd > 0
    assert calls is None or server.calls == calls + 1


def test_deleting_the_last_picture_of_a_request_in_the_gallery_leaves_no_word_of_it(
    session, server, home, other_kernel
):
    from jupyter_imagegen.widgets.gallery import Gallery

    leave_it_everywhere(session, server, home, failures=False)
    other_kernel()
    key = next(entry.key for entry in session.accounts.history("müller") if entry.images)
    damaged = [entry.key for entry in session.accounts.history("müller") if entry.key != key]
    for one in damaged:
        session.accounts.forget(one)
    gallery = Gallery(session)
    gallery._received(gallery, {"kind": "delete", "key": key, "sample": 0}, [])
    assert gallery.problem == ""
    assert places_of(SECRET, home) == []


def test_a_composite_goes_with_the_request_that_it_was_made_of(session, home):
    from PIL import Image

    mask = Image.new("L", (1024, 1024), 0)
    mask.paste(255, (0, 0, 512, 512))
    photo = session.generate(PUBLIC)
    made = session.edit(SECRET, image=photo, mask=mask, keep_outside=True)
    assert made.images[0].digest
    assert session.accounts.forget(made.key).pictures == 2
    assert places_of(SECRET, home) == []
    assert session.generate(PUBLIC).cached


def test_a_forgetting_that_was_cut_short_is_finished_by_the_next(session, server, home, monkeypatch):
    session.generate(SECRET)
    database = session.workshop.storage.pictures.database

    class Cut(BaseException):
        pass

    for step in ("remove", "erase"):
        session.generate(SECRET)
        with monkeypatch.context() as patch:

            def cut(*_more, **_options):
                raise Cut

            from jupyter_imagegen.storage import removing

            patch.setattr(*((removing, "remove") if step == "remove" else (type(database), "erase")), cut)
            with pytest.raises(Cut):
                session.accounts.forget(prompt="müller")
        assert places_of(SECRET, home)
        try:
            session.accounts.forget(prompt="müller")
        except StoreError as exc:
            assert "no picture whose words contain 'müller'" in str(exc)  # noqa: PT017 - either may be
        assert places_of(SECRET, home) == []
        assert not list(home.rglob("*.png"))


def test_a_dry_run_says_what_would_go_and_changes_nothing(session, home):
    made = session.generate(SECRET)
    report = session.accounts.forget(prompt="straße", dry_run=True)
    assert (report.pictures, report.dry_run, report.cost_usd) == (1, True, made.cost.usd)
    assert report.freed_bytes >= len(made.images[0].bytes)
    assert session.generate(SECRET).cached


NOTHING = [
    ({}, RequestError, "named in one way"),
    ({"key": "ab", "prompt": "cat"}, RequestError, "named in one way"),
    ({"prompt": "  "}, RequestError, "an empty text is in every prompt"),
    ({"before": "yesterday"}, RequestError, "'yesterday' is not a date"),
    ({"before": "2026-02-30"}, RequestError, "is not a date"),
    ({"key": "xyz"}, StoreError, "is not a key"),
    ({"key": "%"}, StoreError, "is not a key"),
    ({"key": ""}, StoreError, "is not a key"),
    ({"prompt": "%"}, StoreError, "no picture whose words contain '%'"),
    ({"before": "0001-01-02"}, StoreError, "no picture from before 0001-01-02"),
]


def test_what_names_nothing_forgets_nothing(session):
    session.generate(PUBLIC)
    for asked, kind, why in NOTHING:
        with pytest.raises(kind, match=why):
            session.accounts.forget(**asked)
    assert session.generate(PUBLIC).cached


def test_the_beginning_of_several_keys_is_refused_with_them(session):
    prompts = {}
    for number in range(17):
        prompt = f"{PUBLIC} {number}"
        prompts.setdefault(session.preflight(prompt).key[0], []).append(prompt)
    first, (one, other, *_) = next(found for found in prompts.items() if len(found[1]) > 1)
    session.generate(one)
    session.generate(other)
    with pytest.raises(StoreError, match=f"the key '{first}' is the beginning of '{first}.*' and '{first}"):
        session.accounts.forget(first)
    assert len(session.accounts.history()) == 2


def test_a_date_is_a_day_of_the_ledgers_zone(server, new_session, clock):
    session = new_session(now=clock)
    session.configure(timezone="Asia/Tokyo")
    clock.moment = datetime(2026, 11, 23, 14, 59, tzinfo=UTC)  # a minute before midnight in Tokyo
    early = session.generate(SECRET)
    clock.moment = datetime(2026, 11, 23, 15, 1, tzinfo=UTC)
    late = session.generate(PUBLIC)
    report = session.accounts.forget(before="2026-11-24")
    assert report.samples == ((early.key, 0),)
    assert session.accounts.entry(late.key).images


def test_a_picture_that_is_being_made_is_left_and_named(session, home):
    made = session.generate(SECRET)
    with session.workshop.storage.lock(made.key):
        report = session.accounts.forget(made.key)
    assert report.pictures == 0
    assert "another one of its request is being made" in report.left[0]
    assert session.generate(SECRET).cached


def test_a_picture_that_another_kernel_receives_at_this_moment_is_left_to_it(session, home):
    from jupyter_imagegen.imaging import inspect

    made = session.generate(SECRET)
    pictures, data = session.workshop.storage.pictures, made.images[0].bytes
    request = session.preflight(SECRET).order.request
    received = pictures.receive(key=made.key, namespace=None, request=request, provider="openai", data=data)
    report = session.accounts.forget(prompt="müller")
    assert report.pictures == 1
    assert any("in use" in reason for reason in report.left)
    pictures.enter(received, inspect(data), None)
    assert session.accounts.forget(prompt="müller").left == ()
    assert places_of(SECRET, home) == []


def test_deleting_from_a_large_index_says_what_may_still_be_in_it(session, monkeypatch):
    from jupyter_imagegen.storage import forgetting

    monkeypatch.setattr(forgetting, "_QUICK", 0)
    made = session.generate(SECRET)
    (still,) = session.workshop.storage.pictures.delete(made.key, 0).left
    assert f"until `%imagegen forget {made.key[:12]}` runs" in still
    assert session.accounts.forget(made.key[:12]).left == ()


def test_forget_is_public(session, monkeypatch):
    monkeypatch.setattr(imagegen, "_session", session)
    session.generate(SECRET)
    assert imagegen.forget(prompt="müller").cost_usd > Decimal(0)
    with pytest.raises(ImagegenError, match="no picture"):
        imagegen.forget(prompt="müller")


def test_the_shell_asks_before_words_or_dates_delete_and_says_when_nothing_is_there(session, capfd, home):
    made = session.generate(SECRET)
    assert main(["forget", "--prompt", "müller"]) == 2
    assert "Use --yes to delete them" in capfd.readouterr().err
    parent, child = pty.openpty()
    command = [sys.executable, "-c", "import sys; from jupyter_imagegen.cli import main; sys.exit(main())"]
    asking = subprocess.Popen(
        [*command, "forget", "--prompt", "müller"],
        stdin=child,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.write(parent, b"n\n")
    _, told = asking.communicate()
    assert b"1 picture would be forgotten" in told
    assert b"Delete them? [y/N]" in told
    assert asking.returncode == 1
    os.close(parent)
    os.close(child)
    assert session.accounts.entry(made.key).images
    assert main(["forget", "--prompt", "müller", "--dry-run", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["samples"] == [[made.key, 0]]
    assert main(["forget", made.key[:12]]) == 0
    told = capfd.readouterr().out
    assert "1 picture forgotten" in told
    assert places_of(SECRET, home) == []
    assert main(["forget", made.key[:12]]) == 8
    assert "no picture whose key begins with" in capfd.readouterr().err
    assert main(["forget", "--prompt", "müller", "--yes"]) == 8


def test_a_snapshot_that_a_killed_process_left_goes_too(session, home, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    left = tmp_path / "temporary" / "imagegen-abcd"
    left.mkdir(parents=True)
    (left / "imagegen-home.txt").write_text("jupyter_imagegen home 1\n")
    session.generate(SECRET)
    (left / "imagegen.sqlite3").write_text(SECRET)
    (left / "imagegen.sqlite3-wal").write_text("of this minute")
    os.utime(left / "imagegen.sqlite3", (0, 0))
    session.accounts.forget(prompt="müller")
    assert [path.name for path in Path(left).glob("*sqlite3*")] == ["imagegen.sqlite3-wal"]


def test_an_index_from_before_the_forgetting_does_not_bring_the_words_back(session, home, new_session):
    session.generate(PUBLIC)
    session.generate(SECRET)
    session.close()
    old = (home / "imagegen.sqlite3").read_bytes()
    forgetful = new_session()
    spent = forgetful.accounts.costs().spending.total
    forgetful.accounts.forget(prompt=SECRET)
    forgetful.close()
    (home / "imagegen.sqlite3").write_bytes(old)
    later = new_session()
    assert [entry.prompt for entry in later.accounts.history()] == [PUBLIC]
    assert later.accounts.costs().spending.total == spent
    # The old index was put aside whole; it goes with the next forgetting.
    later.accounts.forget(prompt=SECRET)
    assert places_of(SECRET, home) == []
