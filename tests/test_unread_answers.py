"""Answers that were paid for and cannot be read: kept whole and private, named, and read again for nothing."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from types import SimpleNamespace

import pytest
from imageserver import Reply, html, paint, rows

from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import ProviderError

USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}
PICTURE = paint("64x64")


def row(data):
    return {"b64_json": base64.b64encode(data).decode()}


@pytest.fixture
def store(session):
    return session.workshop.storage


@pytest.fixture
def cli(capfd):
    """Runs `jupyter imagegen store …`."""

    def run(*arguments):
        capfd.readouterr()
        code = main(["store", *arguments])
        told = capfd.readouterr()
        return SimpleNamespace(returncode=code, stdout=told.out, stderr=told.err)

    return run


def charge(store):
    (found,) = store.pictures.database.all("SELECT * FROM charges")
    return found


def fail(session, server, reply, **options):
    server.script(reply)
    with pytest.raises(ProviderError) as told:
        session.generate("a lighthouse", **options)
    return told.value


@pytest.mark.parametrize(
    "reply",
    [
        html(),
        Reply(b'{"pictures": "soon"}', billed=True),
        Reply(b"", billed=True),
        Reply(b'{"data": [{"b64_json": "iVBOR', length=500, billed=True),
        rows({"b64_json": "#" * 100}),
    ],
    ids=["a web page", "another shape", "nothing", "cut", "no base64"],
)
def test_an_answer_that_cannot_be_read_is_kept_whole_and_private_with_its_place_in_the_error(
    session, server, store, reply
):
    error = fail(session, server, reply)
    kept = store.unread.all()
    if not reply.body:
        assert kept == []
        return
    (answer,) = kept
    assert answer.path.read_bytes() == reply.body
    assert answer.path.parent == store.home / "unread"
    assert str(answer.path) in str(error)
    assert "jupyter imagegen store reread" in str(error)
    assert answer.recipe.key == charge(store)["key"]
    assert answer.recipe.charge_id == charge(store)["id"]
    assert answer.endpoint == charge(store)["endpoint"]
    assert answer.reason
    assert "unread answer is kept" in charge(store)["reason"]
    if sys.platform != "win32":
        for path in (answer.path, answer.path.with_suffix(".json")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(answer.path.parent.stat().st_mode) == 0o700
    assert server.key not in answer.path.with_suffix(".json").read_text()


def test_what_only_names_an_address_keeps_the_address_and_fetches_nothing(session, server, store):
    error = fail(session, server, rows({"url": "https://pictures.example/abc.png?sig=secret"}, usage=USAGE))
    (answer,) = store.unread.all()
    assert "https://pictures.example/abc.png" in str(error)
    (address,) = answer.addresses
    assert address.startswith("https://pictures.example/abc.png")
    assert "secret" not in answer.path.with_suffix(".json").read_text()


def test_nothing_is_kept_of_what_was_never_paid(session, server, store):
    fail(session, server, Reply(b'{"error": {"message": "no"}}', status=400))
    fail(session, server, Reply(b"<html>busy", status=502, kind="text/html"))
    assert [answer.path.read_bytes()[:5] for answer in store.unread.all()] in ([], [b"<html"])


def damage(store, data):
    """Make an unread answer readable, as an update of the reader would."""
    (answer,) = store.unread.all()
    answer.path.write_bytes(data)
    return answer


def test_what_can_be_read_later_is_found_by_the_same_cell_and_costs_what_it_told(
    session, server, store, cli, new_session
):
    fail(session, server, rows({"b64_json": "#" * 100}))
    answer = damage(store, rows(row(PICTURE), usage=USAGE).body)
    assert charge(store)["state"] == "possibly_billed"
    told = json.loads(cli("reread", "--json").stdout)
    assert (told["read"], told["left"]) == (1, 0)
    assert told["answers"][0]["samples"] == [0]
    assert not answer.path.exists()
    assert store.unread.all() == []
    calls = server.calls
    result = new_session().generate("a lighthouse")
    assert [image.bytes for image in result.images] == [PICTURE]
    assert server.calls == calls
    assert (charge(store)["state"], charge(store)["cost_nano"], charge(store)["pictures"]) == (
        "settled",
        5_930_000,
        1,
    )
    assert result.images[0].cost_usd == result.cost.saved_usd > 0


def test_what_still_cannot_be_read_stays_with_the_reason(session, server, store, cli):
    fail(session, server, html())
    (answer,) = store.unread.all()
    ran = cli("reread", answer.path.name)
    assert ran.returncode == 1
    assert answer.path.name in ran.stdout
    assert "stays" in ran.stdout
    assert answer.path.exists()
    assert [left.path for left in store.unread.all()] == [answer.path]
    assert server.calls == 1


def test_a_picture_among_others_that_was_put_aside_comes_back_beside_them(session, server, store, cli):
    good = [paint("64x64", seed=seed) for seed in (1, 2)]
    server.script(rows(row(good[0]), row(PICTURE[:60]), row(good[1]), usage=USAGE))
    assert len(session.generate("a lighthouse", n=3).images) == 2
    answer = damage(store, PICTURE)
    assert cli("reread", "--all").returncode == 0
    assert not answer.path.exists()
    images = session.generate("a lighthouse", n=3).images
    assert {image.bytes for image in images} == {*good, PICTURE}
    assert server.calls == 1
    assert sum(image.cost_usd for image in images) * 10**9 == charge(store)["cost_nano"]


def test_of_an_answer_that_is_read_in_part_the_rest_stays_and_nothing_comes_twice(
    session, server, store, cli
):
    fail(session, server, html(), n=2)
    damage(store, rows(row(PICTURE), row(PICTURE[:60])).body)
    for _ in range(2):
        assert cli("reread").returncode == 1
        assert len(store.unread.all()) == 1
        assert len(store.pictures.find(charge(store)["key"])) == 1


def test_nothing_waits_and_nothing_is_done(session, cli):
    session.generate("a lighthouse")
    ran = cli("reread")
    assert (ran.returncode, ran.stdout.strip()) == (0, "0 of 0 answers read, 0 pictures; nothing was sent")
    assert "no unread answer" in cli("reread", "nothing").stderr


def test_verify_and_doctor_say_how_many_wait_and_gc_never_takes_them(session, server, store, cli):
    fail(session, server, html())
    (answer,) = store.unread.all()
    for path in (answer.path, answer.path.with_suffix(".json")):
        os.utime(path, (0, 0))
    store.pictures.gc()
    assert answer.path.exists()
    ran = cli("verify")
    assert ran.returncode == 0
    assert "1 paid answer waits" in ran.stdout
    from jupyter_imagegen.doctor import checks

    (found,) = (check for check in checks(session, online=False) if check.name == "store")
    assert "1 paid answer waits" in found.hint


def test_a_disk_that_takes_no_answer_says_so_in_the_error(session, server, store):
    store.unread._shelf.unread.rmdir()
    (store.home / "unread").write_text("a file in the way")
    error = fail(session, server, html())
    assert "could not be kept" in str(error)
    assert (store.home / "unread").read_text() == "a file in the way"


@pytest.mark.parametrize("reply", [html(), rows(row(b"no picture" * 9))], ids=["an answer", "a picture"])
def test_a_folder_that_is_gone_is_made_again_for_an_answer(session, server, store, reply):
    (store.home / "unread").rmdir()
    fail(session, server, reply)
    (kept,) = store.unread.all()
    assert kept.path.read_bytes()
    assert stat.S_IMODE((store.home / "unread").stat().st_mode) == 0o700


def test_a_note_that_does_not_say_which_call_it_was_is_told_as_damaged(session, server, store, cli):
    fail(session, server, html())
    (note,) = (store.home / "unread").glob("*.json")
    note.write_text(json.dumps({**json.loads(note.read_text()), "recipe": {"key": "../../evil"}}))
    assert "the note beside it is missing or damaged" in cli("reread").stdout


def test_notes_that_are_damaged_or_gone_lose_no_answer(session, server, store, cli):
    for number in range(3):
        server.script(html())
        with pytest.raises(ProviderError):
            session.generate(f"a lighthouse {number}")
    notes = [answer.path.with_suffix(".json") for answer in store.unread.all()]
    notes[0].unlink()
    notes[1].write_text("{" * 100_000)
    notes[2].write_text(json.dumps({"unread": 99}))
    ran = cli("reread")
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert len(store.unread.all()) == 3
    assert all(answer.path.exists() for answer in store.unread.all())


def test_two_who_read_one_answer_at_once_make_one_picture_of_it(session, server, store):
    fail(session, server, html())
    damage(store, rows(row(PICTURE), usage=USAGE).body)
    code = "import sys; from jupyter_imagegen.cli import main; sys.exit(main(['store', 'reread']))"
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for one in both:
        one.communicate()
    assert len(store.pictures.find(charge(store)["key"])) == 1
    assert store.unread.all() == []
