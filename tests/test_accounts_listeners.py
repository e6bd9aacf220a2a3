from __future__ import annotations

import logging
import threading
from decimal import Decimal

import imageserver
import pytest

from jupyter_imagegen.errors import AbandonedError, ProviderError


def heard(session, of):
    """What `of(spending)` is each time that the accounts tell of a change."""
    seen = []
    session.accounts.listen(lambda: seen.append(of(session.accounts.costs().spending.session)))
    return seen


def test_a_listener_sees_the_ceiling_held_and_then_the_cost_before_the_call_returns(session):
    seen = heard(session, lambda spent: (spent.held_usd > 0, spent.usd > 0))
    session.generate("a lighthouse")
    assert seen == [(True, False), (False, True)]


def test_a_listener_hears_of_a_hit_and_of_what_it_saved(session):
    session.generate("a lighthouse")
    seen = heard(session, lambda spent: spent.saved_usd > 0)
    session.generate("a lighthouse")
    assert seen == [True]


def test_a_listener_hears_of_a_call_that_failed(session, server):
    server.script(imageserver.wrong_key())
    seen = heard(session, lambda spent: spent.held_usd > 0)
    with pytest.raises(ProviderError):
        session.generate("a lighthouse")
    assert seen == [True, False]


def test_a_listener_hears_of_an_abandoned_call_when_it_is_counted_as_possibly_billed(session, server):
    server.script(imageserver.Reply(gate=threading.Event()))
    seen = heard(session, lambda spent: spent.unpriced)
    job = session.submit("a lighthouse")
    assert server.arrived.wait(10)
    job.cancel()
    with pytest.raises(AbandonedError):
        job.result(10)
    assert seen[-1] == 1


def test_a_listener_hears_of_budgets_set_taken_away_and_configured_but_not_of_questions(session):
    seen = []
    session.accounts.listen(lambda: seen.append(len(session.accounts.costs().budgets)))
    session.accounts.budget(5, per="day")
    session.accounts.budget("none", per="day")
    session.configure(budget="1/month")
    session.accounts.budget()
    assert seen == [1, 0, 1]


def test_a_listener_that_fails_hurts_neither_the_picture_nor_the_next_listener(session, caplog):
    def broken():
        raise RuntimeError("the page is gone")

    session.accounts.listen(broken)
    seen = heard(session, lambda spent: spent.usd)
    with caplog.at_level(logging.ERROR):
        assert session.generate("a lighthouse").cost.usd > 0
    assert seen[-1] > 0
    assert "the page is gone" in caplog.text


def test_a_listener_that_stopped_hears_nothing_more_and_may_stop_twice(session):
    seen = []

    def listener():
        seen.append(Decimal(0))

    stop, _ = session.accounts.listen(listener), session.accounts.listen(listener)
    stop()
    stop()
    session.accounts.budget(5)
    assert len(seen) == 1
