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
