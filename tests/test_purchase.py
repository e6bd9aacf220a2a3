"""A call, from its reservation to its settlement, when things go wrong in between."""

from __future__ import annotations

import base64
import contextlib
import random
import sqlite3
import sys
import threading
from io import BytesIO

import pytest
from children import python
from imageserver import Reply, event_bytes, paint, rows, server_error
from PIL import Image as Pillow

from jupyter_imagegen.core.events import Kept, PartialShown, Planned, Sent, Waiting
from jupyter_imagegen.errors import (
    BadAnswerError,
    BudgetExceededError,
    ImagegenError,
    RequestError,
    StoreError,
)

USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
    "output_tokens": 196,
    "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
    "total_tokens": 206,
}


def row(seed=0, size="1024x1024"):
    return {"b64_json": base64.b64encode(paint(size, seed=seed)).decode()}


def charges(home):
    with contextlib.closing(sqlite3.connect(f"file:{home}/imagegen.sqlite3?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return [dict(charge) for charge in database.execute("SELECT * FROM charges")]


def kinds(job):
    return [type(event) for event in job.events() if event is not None]


def test_the_plan_comes_before_the_call_and_the_picture_before_the_end(session):
    seen = [kind.__name__ for kind in kinds(session.submit("a lighthouse"))]
    assert seen == ["Planned", "Sent", "Kept", "Done"]


def test_the_plan_says_what_is_stored_what_is_missing_and_what_that_costs(session):
    session.generate("a lighthouse")
    one = session.estimate("a lighthouse")
    planned = next(
        event for event in session.submit("a lighthouse", n=3).events() if isinstance(event, Planned)
    )
    assert (planned.stored, planned.missing) == (1, 2)
    assert planned.estimate.usd > one.usd


def test_a_kept_picture_is_whole_on_disk_when_it_is_told(session):
    for event in session.submit("a lighthouse").events():
        if isinstance(event, Kept):
            assert event.image.path.read_bytes() == event.image.bytes


def test_unfinished_pictures_are_shown_and_never_kept(session, server, home):
    job = session.submit("a lighthouse", partial_images=2)
    shown = sum(isinstance(event, PartialShown) for event in job.events())
    assert 1 <= shown <= 2
    assert [image.bytes for image in job.result().images] == server.pictures
    assert len(list(home.glob("pictures/??/*.png"))) == 1


def test_a_stream_that_ends_with_a_partial_keeps_nothing_and_is_possibly_billed(session, server, home):
    partial = {
        "type": "image_generation.partial_image",
        "partial_image_index": 0,
        "background": "opaque",
        "created_at": 1,
        "output_format": "png",
        "quality": "low",
        "size": "1024x1024",
        **row(),
    }
    server.script(Reply(event_bytes(partial), kind="text/event-stream", billed=True))
    with pytest.raises(ImagegenError):
        session.generate("a lighthouse", partial_images=1)
    assert [charge["state"] for charge in charges(home)] == ["possibly_billed"]
    assert session.accounts.history() == []


def test_fewer_pictures_than_asked_are_kept_and_the_rest_is_bought_next_time(session, server, home):
    server.script(rows(row(1), usage=USAGE))
    result = session.generate("a lighthouse", n=2)
    assert len(result.images) == 1
    assert any("1 of 2 pictures" in note for note in result.notes)
    assert len(session.generate("a lighthouse", n=2).images) == 2
    assert server.last.fields["n"] == 1


def test_a_damaged_picture_among_good_ones_is_left_out_with_a_note(session, server):
    server.script(
        rows(row(1), {"b64_json": base64.b64encode(paint("64x64")[:99]).decode()}, row(2), usage=USAGE)
    )
    result = session.generate("a lighthouse", n=3)
    assert [image.sample for image in result.images] == [0, 1]
    assert any("put aside" in note for note in result.notes)
    assert any("2 of 3" in note for note in result.notes)


def test_an_answer_with_no_picture_to_believe_costs_what_its_usage_says(session, server, home):
    server.script(rows({"b64_json": base64.b64encode(b"<svg onload=alert(1)>").decode()}, usage=USAGE))
    with pytest.raises(BadAnswerError, match="contained no valid picture"):
        session.generate("a lighthouse")
    (charge,) = charges(home)
    assert (charge["state"], charge["pictures"]) == ("settled", 0)
    assert charge["cost_nano"] > 0
    assert list(home.glob("pictures/??/*")) == []


def test_every_attempt_is_in_the_ledger_and_shown(session, server, home):
    server.script(server_error(503, retry_after_ms="50"), server_error(503, retry_after_ms="50"))
    seen = kinds(session.submit("a lighthouse"))
    assert seen[:6] == [Planned, Sent, Waiting, Sent, Waiting, Sent]
    (charge,) = charges(home)
    assert (charge["state"], charge["attempts"]) == ("settled", 3)


def test_the_cost_of_several_pictures_is_shared_out_to_the_last_nano_dollar(session):
    result = session.generate("a lighthouse", n=3)
    assert sum(image.cost_usd for image in result.images) == result.cost.usd


@pytest.mark.skipif(sys.platform == "win32", reason="there are no file-size limits")
def test_a_full_disk_still_gives_the_picture_a_note_and_a_settled_charge(server, home):
    noise = BytesIO()
    Pillow.frombytes("RGB", (512, 512), random.Random(0).randbytes(512 * 512 * 3)).save(noise, "PNG")
    answer = rows({"b64_json": base64.b64encode(noise.getvalue()).decode()}, usage=USAGE)
    gate = threading.Event()
    server.script(Reply(answer.body, gate=gate, billed=True))
    child = python("""
        import resource
        import jupyter_imagegen as imagegen
        job = imagegen.default_session().submit("a lighthouse")
        for event in job.events():
            if type(event).__name__ == "Sent":
                # The ledger's small pages fit, the picture no longer does.
                resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
                print("full", flush=True)
        r = job.result()
        image = r.images[0]
        print(len(image.bytes) > 300_000, image.path, "keep it with r.save" in " ".join(r.notes), r.cost.usd > 0)
        print(image.preview.mime)
    """)
    assert child.stdout.readline() == "full\n"
    gate.set()
    said, _ = child.communicate(timeout=60)
    assert said.splitlines() == ["True None True True", "image/jpeg"]
    (charge,) = charges(home)
    assert charge["state"] == "settled"
    assert charge["cost_nano"] > 0
    assert list(home.glob("pictures/??/*")) == []


def test_when_the_ledger_cannot_be_written_nothing_is_called(session, server):
    database = session.workshop.storage._database
    database.all("PRAGMA query_only = ON")
    try:
        with pytest.raises(StoreError):
            session.generate("a lighthouse")
    finally:
        database.all("PRAGMA query_only = OFF")
    assert server.calls == 0


def test_when_the_ledger_fails_after_the_call_the_picture_is_given_and_the_ceiling_stays(
    session, server, home
):
    gate = threading.Event()
    server.script(Reply(rows(row(), usage=USAGE).body, gate=gate, billed=True))
    job = session.submit("a lighthouse")
    assert server.arrived.wait(30)
    database = session.workshop.storage._database
    database.all("PRAGMA query_only = ON")
    gate.set()
    try:
        result = job.result(30)
    finally:
        database.all("PRAGMA query_only = OFF")
    assert result.images[0].bytes == paint("1024x1024", seed=0)
    assert any("stays in the ledger at its maximum" in note for note in result.notes)
    (charge,) = charges(home)
    assert charge["state"] == "sent"
    assert session.accounts.costs().spending.total.held_usd > 0


def test_a_failing_ledger_does_not_hide_why_the_call_failed(session, server):
    gate = threading.Event()
    server.script(Reply(b'{"error": {"message": "no such thing"}}', status=400, gate=gate))
    job = session.submit("a lighthouse")
    assert server.arrived.wait(30)
    database = session.workshop.storage._database
    database.all("PRAGMA query_only = ON")
    gate.set()
    try:
        with pytest.raises(ImagegenError, match="no such thing"):
            job.result(30)
    finally:
        database.all("PRAGMA query_only = OFF")


def test_a_request_that_cannot_be_sent_reserves_nothing(session, server, home):
    with pytest.raises(RequestError):
        session.generate("a lighthouse", size="1000x1000")
    with pytest.raises(BudgetExceededError):
        session.generate("a lighthouse", max_cost=0)
    assert charges(home) == []
    assert server.calls == 0
