"""The pause of the garbage collector."""

from __future__ import annotations

import gc

import pytest

from jupyter_imagegen.core.importing import uncollected


@pytest.fixture(autouse=True)
def collecting_again():
    yield
    gc.enable()


def test_nothing_is_collected_within_and_everything_after():
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_leaves_the_collector_on():
    with pytest.raises(ModuleNotFoundError), uncollected():
        raise ModuleNotFoundError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


@pytest.mark.skipif(gc.get_freeze_count() > 0, reason="Python 3.12 begins with frozen objects of its own")
def test_what_was_made_within_is_not_gone_through_at_once():
    collections = []
    gc.collect()
    gc.callbacks.append(lambda phase, _: collections.append(phase))
    try:
        with uncollected():
            made = [[] for _ in range(5_000)]
        made += [[] for _ in range(50)]
    finally:
        gc.callbacks.pop()
    assert collections == []
    assert not gc.get_freeze_count()
    assert made


def test_what_somebody_else_has_frozen_stays_frozen():
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with uncollected():
            pass
        # Some may be freed meanwhile.
        assert gc.get_freeze_count() > frozen / 2
    finally:
        gc.unfreeze()
