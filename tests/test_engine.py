"""The order of the engine: stored, joined, reserved, called, kept, settled."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from children import go, joined, making, output, python, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imageserver import ImageServer, Reply, error, no_quota, rows, server_error, wrong_key

from jupyter_imagegen.errors import (
    AuthenticationError,
    BadAnswerError,
    BudgetExceededError,
    PossiblyBilledError,
    RetiredModelError,
    UnknownPriceError,
)
from jupyter_imagegen.session import Session


def charges(home):
    """The ledger's rows as another program sees them."""
    with contextlib.closing(sqlite3.connect(f"file:{home}/imagegen.sqlite3?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM charges ORDER BY reserved_at, id")]


def states(home):
    return [charge["state"] for charge in charges(home)]


def together(count, work):
    """Run `work(i)` in so many threads at one moment; what each returned or raised."""
    barrier = threading.Barrier(count)
    outcomes = [None] * count

    def run(i):
        barrier.wait()
        try:
            outcomes[i] = work(i)
        except Exception as exc:
            outcomes[i] = exc

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return outcomes


# never pay twice


def test_the_same_request_calls_once_and_gives_the_same_bytes(session, server):
    first, second = session.generate("a lighthouse"), session.generate("a lighthouse")
    assert server.calls == 1
    assert second.cached
    assert second.cost.usd == 0
    assert second.cost.saved_usd == first.cost.usd > 0
    assert second.images[0].bytes == first.images[0].bytes == server.pictures[0]


def test_another_session_on_the_same_home_finds_the_picture(session, server, new_session):
    first = session.generate("a lighthouse")
    assert new_session().generate("a lighthouse").images[0].bytes == first.images[0].bytes
    assert server.calls == 1


def test_another_process_finds_the_picture_with_no_key_and_no_server(session, server):
    first = session.generate("a lighthouse")
    with making(environ={"OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}) as child:
        go(child)
        assert told(child)["digests"] == [first.images[0].digest]
    assert server.calls == 1


def test_four_after_one_buys_three(session, server):
    one = session.generate("a lighthouse")
    four = session.generate("a lighthouse", n=4)
    assert [request.fields["n"] for request in server.requests] == [1, 3]
    assert [image.sample for image in four.images] == [0, 1, 2, 3]
    assert four.images[0].bytes == one.images[0].bytes
    assert len({image.digest for image in four.images}) == 4


def test_fresh_buys_the_next_sample_and_keeps_the_old(session, server):
    first = session.generate("a lighthouse")
    again = session.generate("a lighthouse", fresh=True)
    assert again.images[0].sample == 1
    assert again.images[0].digest != first.images[0].digest
    both = session.generate("a lighthouse", n=2)
    assert [image.digest for image in both.images] == [first.images[0].digest, again.images[0].digest]
    assert server.calls == 2


def test_a_hit_imports_neither_the_sdk_nor_pillow(session, server):
    session.generate("a lighthouse")
    said = output(
        """
        import sys, jupyter_imagegen as imagegen
        assert imagegen.generate("a lighthouse").cached
        heavy = {"openai", "PIL", "genai_prices", "IPython", "ipywidgets", "httpx", "numpy"}
        print(sorted(heavy & set(sys.modules)))
    """,
        fresh=True,
    )
    assert said.strip() == "[]"


def test_twenty_threads_asking_at_once_make_one_call(session, server):
    server.latency = 0.2
    results = together(20, lambda i: session.generate("a lighthouse"))
    assert server.calls == 1
    assert {result.images[0].digest for result in results} == {results[0].images[0].digest}


async def test_twenty_tasks_asking_at_once_make_one_call(session, server):
    import asyncio

    server.latency = 0.1
    results = await asyncio.gather(*(session.agenerate("a lighthouse") for _ in range(20)))
    assert server.calls == 1
    assert sum(not result.cached for result in results) == 1


def test_eight_processes_asking_at_one_moment_make_one_call(server, home):
    server.latency = 0.5
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(making()) for _ in range(8)]
        go(*children)
        answers = [told(child) for child in children]
    assert server.calls == 1
    assert {tuple(answer["digests"]) for answer in answers} == {tuple(answers[0]["digests"])}
    assert sum(not answer["cached"] for answer in answers) == 1
    assert states(home) == ["settled"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_waiters_take_over_from_a_process_that_is_killed_in_mid_call(server, home, new_session):
    server.script(Reply(gate=threading.Event()))
    with making() as holder, making() as waiter, making() as other:
        go(holder)
        assert server.arrived.wait(30)
        server.arrived.clear()
        go(waiter, other)
        joined(waiter, other)
        killed_at = time.monotonic()
        holder.kill()
        answers = [told(waiter), told(other)]
        assert time.monotonic() - killed_at < 10
    assert answers[0]["digests"] == answers[1]["digests"]
    assert server.calls == 2
    assert sorted(states(home)) == ["possibly_billed", "settled"]
    lost = next(charge for charge in charges(home) if charge["state"] == "possibly_billed")
    spent = new_session().accounts.costs().spending.total
    assert spent.held_usd == Decimal(lost["ceiling_nano"]) / 10**9 > 0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(wrong_key, AuthenticationError), (lambda: Reply(hang_up=True), PossiblyBilledError)],
)
def test_those_who_wait_share_a_failure_instead_of_calling_again(session, server, reply, expected):
    gate = threading.Event()
    refused = reply()
    refused.gate = gate
    server.script(refused)
    jobs = [session.submit("a lighthouse") for _ in range(10)]
    for job in jobs:
        # Joined or Sent: everyone has asked before the answer comes.
        events = job.events()
        while type(next(events)).__name__ not in {"Joined", "Sent"}:
            pass
    gate.set()
    errors = [job.future.exception(30) for job in jobs]
    assert {type(exc) for exc in errors} == {expected}
    assert len({id(exc) for exc in errors}) == 10, (
        "one exception raised in many threads mixes their tracebacks"
    )
    assert server.calls == 1


def test_those_who_wait_in_other_processes_do_not_repeat_what_may_be_billed(server, home):
    gate = threading.Event()
    server.script(Reply(hang_up=True, gate=gate))
    stay = "sys.stdin.readline()"
    with making(after=stay) as first, making(after=stay) as second, making(after=stay) as third:
        go(first)
        assert server.arrived.wait(30)
        go(second, third)
        joined(second, third)
        gate.set()
        # The second keeps living with its exception, and must not keep the lock from the third.
        answers = [told(first), told(second), told(third)]
    assert [answer.get("error") for answer in answers] == ["PossiblyBilledError"] * 3
    assert server.calls == 1
    assert states(home) == ["possibly_billed"]


def test_a_run_that_joined_one_that_was_cancelled_does_not_buy_again_on_its_own(session, server, home):
    server.script(Reply(gate=threading.Event()))
    first = session.submit("a lighthouse")
    assert server.arrived.wait(30)
    second = session.submit("a lighthouse")
    next(event for event in second.events() if type(event).__name__ == "Joined")
    first.cancel()
    with pytest.raises(PossiblyBilledError, match="Run the cell again"):
        second.result(30)
    assert server.calls == 1
    assert session.generate("a lighthouse").images
    assert states(home) == ["possibly_billed", "settled"]


def test_a_fresh_run_that_waited_for_a_cancelled_one_buys_its_own(session, server, home):
    server.script(Reply(gate=threading.Event()))
    first = session.submit("a lighthouse")
    assert server.arrived.wait(30)
    second = session.submit("a lighthouse", fresh=True)
    next(event for event in second.events() if type(event).__name__ == "Joined")
    first.cancel()
    assert second.result(30).images
    assert states(home) == ["possibly_billed", "settled"]


def test_fresh_runs_buy_one_each_although_they_queue(session, server):
    results = together(4, lambda i: session.generate("a lighthouse", fresh=True))
    assert server.calls == 4
    assert sorted(result.images[0].sample for result in results) == [0, 1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_does_not_wait_for_a_turn_that_its_parent_holds(server):
    server.latency = 1.5
    child = python("""
        import os, sys, threading
        import jupyter_imagegen as imagegen
        session = imagegen.default_session()
        job = session.submit("a lighthouse")
        next(event for event in job.events() if type(event).__name__ == "Sent")
        # Until the request has left: a thread that is at work could hold any lock of the system's.
        sys.stdin.readline()
        pid = os.fork()
        if not pid:
            result = imagegen.generate("a lighthouse")
            print("child", result.images[0].digest, flush=True)
            os._exit(0)
        print("parent", job.result().images[0].digest, flush=True)
        os.waitpid(pid, 0)
    """)
    assert server.arrived.wait(30)
    said, _ = child.communicate("\n", timeout=60)
    digests = dict(line.split() for line in said.splitlines())
    assert digests["child"] == digests["parent"]
    assert server.calls == 1


# never pay unknowingly


def test_the_reservation_is_on_disk_before_the_server_has_the_request(session, server, home):
    gate = threading.Event()
    server.script(Reply(gate=gate, hang_up=True))
    job = session.submit("a lighthouse")
    assert server.arrived.wait(30)
    (charge,) = charges(home)
    gate.set()
    assert charge["state"] == "sent"
    assert charge["ceiling_nano"] > 0
    with pytest.raises(PossiblyBilledError):
        job.result(30)


def test_the_cost_is_exact_from_the_usage(session, server, home):
    result = session.generate("a lighthouse")
    usage = result.usage
    # The published rates of gpt-image-2.5-flare: 5 and 30 dollars for a million tokens.
    expected = (usage.text_input * Decimal(5) + usage.image_output * Decimal(30)) / 1_000_000
    assert result.cost.usd == expected
    assert result.images[0].cost_usd == expected
    assert charges(home)[0]["cost_nano"] == expected * 10**9


@pytest.mark.parametrize(
    "usage", [None, {"output_tokens": "NaN"}, {"input_tokens": -1, "output_tokens": 1}, "?"]
)
def test_without_usage_the_cost_is_unknown_and_held_at_the_ceiling(session, server, home, usage):
    import base64

    from imageserver import paint

    server.script(rows({"b64_json": base64.b64encode(paint("1024x1024")).decode()}, usage=usage))
    result = session.generate("a lighthouse")
    assert result.cost.usd is None
    assert result.cost.ceiling_usd > 0
    (charge,) = charges(home)
    assert (charge["state"], charge["cost_nano"]) == ("settled", None)
    spent = session.accounts.costs().spending.session
    assert (spent.usd, spent.held_usd) == (0, result.cost.ceiling_usd)


@pytest.mark.parametrize(
    "reply",
    [wrong_key(), error(400, "no", code="bad"), no_quota(), error(404, "no model", code="model_not_found")],
)
def test_what_was_refused_is_released(session, server, home, reply):
    server.script(reply)
    with pytest.raises(Exception, match=r"."):
        session.generate("a lighthouse")
    assert states(home) == ["released"]
    assert session.accounts.costs().spending.total.held_usd == 0


@pytest.mark.parametrize(
    "reply",
    [
        Reply(hang_up=True),
        Reply(b'{"data": [', length=500, billed=True),
        Reply(b"<html>", kind="text/html"),
        rows({"b64_json": "bm90IGEgcGljdHVyZQ=="}),
    ],
)
def test_an_answer_that_was_lost_is_possibly_billed_and_its_ceiling_held(session, server, home, reply):
    server.script(reply)
    with pytest.raises((PossiblyBilledError, BadAnswerError)):
        session.generate("a lighthouse")
    (charge,) = charges(home)
    assert charge["state"] in {"possibly_billed", "settled"}
    assert charge["cost_nano"] is None
    assert session.accounts.costs().spending.total.held_usd == Decimal(charge["ceiling_nano"]) / 10**9
    assert server.calls == 1


def test_a_timeout_is_possibly_billed(session, server, home):
    server.script(Reply(gate=threading.Event()))
    with pytest.raises(PossiblyBilledError):
        session.generate("a lighthouse", timeout=0.3)
    assert states(home) == ["possibly_billed"]


def test_a_budget_in_the_ledger_stops_the_call_before_it_is_made(session, server, home):
    session.accounts.budget("0.01", per="day")
    session.generate("a lighthouse")
    with pytest.raises(BudgetExceededError, match="left"):
        session.generate("another lighthouse")
    assert session.generate("a lighthouse").cached
    assert server.calls == 1


def test_a_budget_from_the_settings_counts_what_earlier_sessions_spent(
    session, server, new_session, monkeypatch
):
    session.generate("a lighthouse")
    monkeypatch.setenv("IMAGEGEN_BUDGET", "0.01/total")
    with pytest.raises(BudgetExceededError):
        new_session().generate("another lighthouse")
    assert server.calls == 1


def test_max_cost_counts_only_what_is_missing(session, server):
    with pytest.raises(BudgetExceededError, match="max-cost"):
        session.generate("a lighthouse", n=3, max_cost="0.01")
    session.generate("a lighthouse", n=2)
    assert len(session.generate("a lighthouse", n=3, max_cost="0.01").images) == 3
    assert server.calls == 2


def test_an_unknown_price_is_refused_under_a_budget_and_unknown_without_one(session, server, home):
    session.accounts.budget(5)
    with pytest.raises(UnknownPriceError):
        session.generate("a lighthouse", model="house-model")
    with pytest.raises(UnknownPriceError):
        session.generate("a lighthouse", model="house-model", max_cost=3)
    assert server.calls == 0
    session.accounts.budget("off")
    import base64

    from imageserver import paint

    usage = {"input_tokens": 1, "output_tokens": 5, "total_tokens": 6}
    server.script(rows({"b64_json": base64.b64encode(paint("1024x1024")).decode()}, usage=usage))
    result = session.generate("a lighthouse", model="house-model")
    assert (result.cost.usd, result.cost.ceiling_usd) == (None, None)
    assert session.accounts.costs().spending.session.unpriced == 1


def test_a_call_that_failed_before_it_was_billed_is_released_when_cancelled_while_it_waits(
    session, server, home
):
    server.script(server_error(503, retry_after="60"))
    job = session.submit("a lighthouse")
    next(event for event in job.events() if type(event).__name__ == "Waiting")
    job.cancel()
    assert job.future.exception(30) is not None
    assert states(home) == ["released"]


# retired models


def test_a_retired_model_is_refused_by_its_maker_with_the_replacement_named(new_session, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    later = new_session(now=lambda: datetime(2031, 1, 1, tzinfo=UTC))
    with pytest.raises(RetiredModelError, match="gpt-image-2"):
        later.generate("a lighthouse", model="gpt-image-1.5")


def test_a_retired_model_is_asked_for_elsewhere_and_its_pictures_come_back_without_key(
    server, new_session, monkeypatch
):
    later = new_session(now=lambda: datetime(2031, 1, 1, tzinfo=UTC))
    made = later.generate("a lighthouse", model="gpt-image-1.5")
    assert server.calls == 1
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    again = new_session(now=lambda: datetime(2031, 1, 1, tzinfo=UTC)).generate(
        "a lighthouse", model="gpt-image-1.5"
    )
    assert again.cached
    assert again.images[0].bytes == made.images[0].bytes


# a ledger that cannot count


def test_a_hit_comes_back_although_the_index_can_no_longer_be_written(session, server, home):
    session.generate("a lighthouse")
    database = session.workshop.storage._database
    database.all("PRAGMA query_only = ON")
    try:
        assert session.generate("a lighthouse").cached
    finally:
        database.all("PRAGMA query_only = OFF")


# an invariant over any course of runs


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    runs=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.booleans()), min_size=1, max_size=5),
)
def test_whatever_is_asked_the_pictures_bought_are_those_wanted_and_the_ledger_is_their_sum(
    tmp_path, monkeypatch, runs
):
    folder = tmp_path / "any"
    shutil.rmtree(folder, ignore_errors=True)
    monkeypatch.setenv("IMAGEGEN_HOME", str(folder))
    with ImageServer() as server:
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)
        session = Session()
        have = {"a": 0, "b": 0}
        total = Decimal(0)
        try:
            for prompt, n, fresh in runs:
                result = session.generate(prompt, n=n, fresh=fresh, size="1024x1024")
                have[prompt] = have[prompt] + n if fresh else max(have[prompt], n)
                total += result.cost.usd
                assert len(result.images) == n
                assert server.billed == sum(have.values())
            spent = session.accounts.costs().spending.total
            assert (spent.usd, spent.held_usd, spent.pictures) == (total, 0, sum(have.values()))
        finally:
            session.close()
