"""Processes are killed at every step and at random moments; the store opens, complete, the ledger true."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

forks = pytest.mark.skipif(sys.platform == "win32", reason="kills the children of a fork")


def spoken(file):
    return [line.split() for line in file.read_text().splitlines()]


def all_have_begun(outputs):
    return all(output.exists() and output.stat().st_size for output in outputs)


def all_have_kept_one(outputs):
    return all(output.exists() and "did keep" in output.read_text() for output in outputs)


def all_are_gone(pids):
    return not any(is_running(pid) for pid in pids)


def until(condition, about):
    """Wait, a minute at most."""
    for _ in range(12_000):
        if condition(about):
            return
        time.sleep(0.005)
    raise AssertionError("it did not happen")


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_whole(store):
    """Everything the index knows is on disk and right, and nothing on disk is unknown or half done."""
    report = store.pictures.verify()
    assert report.sound
    assert report.unknown == ()
    assert list((store.home / "incoming").iterdir()) == []
    assert not store._database.all("SELECT id FROM charges WHERE state IN ('reserved', 'sent')")


def assert_as_promised(lines, store, charges):
    """What a dead process had said it did is there, and its charge is closed as it must be."""
    kept = {line[2]: line[3] for line in lines if line[:2] == ["did", "keep"]}
    for digest, key in kept.items():
        assert digest in {image.digest for image in store.pictures.find(key)}
    states = {charge_id: charge["state"] for charge_id, charge in charges(store).items()}
    ids = {
        verb: {line[2] for line in lines if line[:2] == verb.split()}
        for verb in ("did reserve", "begin send", "did send", "did settle")
    }
    for charge_id in ids["did settle"]:
        assert states[charge_id] == "settled"
    for charge_id in ids["did send"] - ids["did settle"]:
        assert states[charge_id] in {"possibly_billed", "settled"}
    for charge_id in ids["did reserve"] - ids["begin send"]:
        assert states[charge_id] == "released"


def without_index(home):
    """A copy of a home that has lost its index."""
    return Path(
        shutil.copytree(
            home, home.with_name(f"{home.name}-lost"), ignore=shutil.ignore_patterns("*.sqlite3*")
        )
    )


@forks
def test_a_process_killed_before_any_step_leaves_a_store_that_opens_and_is_complete(
    child, opened, tmp_path, charges, assert_sums_are_true, long
):
    every = 1 if long else 3
    process = child("die-at-each", tmp_path, every)
    process.communicate()
    assert process.returncode == 0
    pictures = []
    for number in itertools.count(1, every):
        if not (said := tmp_path / f"{number}.txt").exists():
            break
        lines = spoken(said)
        assert lines[-1][:2] == ["dies", "before"]
        homes = [tmp_path / str(number)]
        if lines[-1][2] == "COMMIT":
            homes.append(without_index(homes[0]))
        told = []
        for folder in homes:
            store = opened(folder=folder)
            assert_whole(store)
            assert_as_promised(lines, store, charges)
            assert_sums_are_true(store)
            assert store.ledger.refusal() is None
            checked = store.pictures.verify().checked
            told.append((checked, [{**row, "closed_at": None} for row in charges(store).values()]))
            store.close()
            # Picture and charge know each other.
            assert sum(row["pictures"] for row in told[-1][1]) == checked
        assert [row for row in told[-1][1] if row["state"] != "released"] == [
            row for row in told[0][1] if row["state"] != "released"
        ]
        pictures.append(checked)
    assert len(pictures) > 20
    # Once it is there, no later death loses it.
    assert pictures == sorted(pictures)
    assert pictures[0] == 0
    assert pictures[-1] == 1


@forks
def test_two_writers_killed_at_random_moments_lose_nothing_they_said_they_had_kept(
    child, opened, home, tmp_path, charges, assert_sums_are_true, long
):
    rng = random.Random(20261122)
    starter = child("writers", home)
    kept = 0
    rounds = 200 if long else 10
    for number in range(rounds):
        outputs = [tmp_path / f"{number}-{i}.txt" for i in range(2)]
        pids = []
        for i, output in enumerate(outputs):
            starter.stdin.write(f"{number}{i} {output}\n")
            starter.stdin.flush()
            pids.append(int(starter.stdout.readline()))
        # Half of them die anywhere in their first purchase, the others later, however fast this machine is.
        until(all_have_kept_one if number % 2 else all_have_begun, outputs)
        time.sleep(rng.uniform(0, 0.08))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(all_are_gone, pids)
        store = opened()
        assert_whole(store)
        for output in outputs:
            lines = spoken(output)
            assert_as_promised(lines, store, charges)
            kept += sum(line[:2] == ["did", "keep"] for line in lines)
        assert_sums_are_true(store)
        store.close()
    assert kept >= rounds


def test_a_waiter_finds_the_picture_of_a_writer_that_died_before_naming_it(child, opened, home, draw):
    waiting = opened()
    drawing = draw(waiting, "a lighthouse")
    assert waiting.pictures.find(drawing.key) == []
    child("die", home, "replace:2").communicate()
    (found,) = waiting.pictures.find(drawing.key)
    assert b"the only one" in found.bytes
    assert list((home / "incoming").iterdir()) == []


@pytest.mark.parametrize("damage", [lambda png: png[:45], lambda png: b"GIF89a" + png[6:], lambda png: b""])
def test_bytes_that_their_dead_writer_had_not_decoded_are_decoded_before_they_enter(
    child, opened, home, draw, png, damage
):
    child("die", home, "replace:2", (damage(png()) or b"\0").hex()).communicate()
    (left,) = home.glob("incoming/*.part")
    store = opened()
    assert not left.exists()
    assert store.pictures.find(draw(store, "a lighthouse").key) == []
    assert list(home.glob("incoming/*")) + list(home.glob("pictures/*/*")) == []
    # They may be what was paid for, in a form that is not known yet.
    (kept,) = store.unread.all()
    assert kept.path.read_bytes() == (damage(png()) or b"\0")
    assert kept.recipe.key == draw(store, "a lighthouse").key


@pytest.mark.parametrize("limit", [0, 10, 5_000, 60_000, 99_999])
def test_a_full_disk_is_an_error_and_leaves_no_half_entry(child, opened, home, limit):
    pytest.importorskip("resource", reason="file-size limits are POSIX's")
    process = child("full", home, limit, 100_000)
    lines = [line.split() for line in process.communicate()[0].splitlines()]
    assert process.returncode == 0
    assert lines[0][0] == "error", lines
    assert "could not be written" in " ".join(lines[0]) or "answered" in " ".join(lines[0])
    assert lines[-1] == ["found", "0"]
    store = opened()
    report = store.pictures.verify()
    assert report.sound
    assert report.checked == 0
    assert report.unknown == ()
    assert list((home / "incoming").iterdir()) == []


def test_a_picture_that_the_index_could_not_take_is_an_error_and_found_later(child, opened, home, draw):
    pytest.importorskip("resource", reason="file-size limits are POSIX's")
    process = child("full", home, "log", 100)
    lines = [line.split() for line in process.communicate()[0].splitlines()]
    assert lines[0][0] == "error"
    assert lines[-1] == ["found", "1"]
    store = opened()
    assert store.pictures.count(draw(store, "too large").key) == 1
    assert_whole(store)


def test_the_sweep_releases_what_was_not_sent_and_counts_what_was(opened, draw, charges):
    first = opened("one")
    unsent = draw(first, "one").reserve("0.05").id
    sent = draw(first, "two").reserve("0.07").id
    first.ledger.mark_sent(sent)
    first.close()
    second = opened("two")
    found = charges(second)
    assert found[unsent]["state"] == "released"
    assert found[sent]["state"] == "possibly_billed"
    assert str(second.ledger.spending().total.held_usd) == "0.07"
    assert second.ledger.spending().total.unpriced == 1
