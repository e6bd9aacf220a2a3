"""Homes on real network mounts, each used by two machines: exact where locks exclude, refused where they do not.

A User-Mode Linux guest has the servers, the machines and the image server; see `uml.py`. What happens there is in
`two_machines.py`, what came of it is judged here.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path

import pytest
from mounts import uml

pytestmark = pytest.mark.long
SCENARIOS = str(Path(__file__).with_name("two_machines.py"))


@functools.cache
def outcome(mount, *scenario, seconds=600):
    """What two machines with a home on such a mount did; one guest for all the tests that ask for it."""
    if lack := uml.lacking(mount):
        pytest.skip(lack)
    ended = uml.run(mount, [sys.executable, SCENARIOS, *scenario], seconds=seconds)
    assert ended.status == 0, f"{ended.status}: {ended.output[-4000:]}\n{ended.console[-2000:]}"
    return json.loads(ended.output[ended.output.index("{\n") :])


def assert_exact(told):
    """20 pictures under a budget of 20, each paid for once, all of them in the index, nothing torn."""
    assert told["twice"] == []
    assert told["calls"] == told["made"] == 19, "one of the twenty had been bought before it was moved"
    assert set(told["errors"]) == {"BudgetExceededError"}
    assert told["lost"] == told["notes"] == []
    assert float(told["seen"]["usd"]) == pytest.approx(20 * 0.00594)
    assert told["index"] == "delete ok"
    assert told["verify"].startswith("0 20 pictures checked, 20 as they were paid for")
    assert told["slowest"] < 120


def assert_refused(told, mount):
    """Nothing was sent; what was stored is shown; the message names the kind of mount and a way on."""
    assert told["calls"] == told["made"] == 0
    assert told["hits"] == 1
    assert set(told["errors"]) == {"StoreError"}
    assert told["messages"]
    for message in told["messages"]:
        assert "no paid call is made" in message
        assert f"on {mount}" in message
        assert "IMAGEGEN_HOME=" in message
    assert told["seen"]["usd"] == "0.00594"
    assert told["index"].endswith(" ok")
    assert told["slowest"] < 120


SCENARIO = pytest.mark.parametrize("scenario", ["turns", "at_once"])


@SCENARIO
def test_on_nfs_4_two_machines_lose_nothing_and_keep_the_budget_exactly(scenario):
    """With a write-ahead log the index was malformed and lost, and its budget with it."""
    assert_exact(outcome("nfs4.2", "prices")[scenario])


@SCENARIO
@pytest.mark.parametrize(
    ("mount", "name"), [("nfs3-nolock", "nfs"), ("cifs-nobrl", "cifs"), ("sshfs", "fuse.sshfs")]
)
def test_where_locks_hold_on_one_machine_only_no_call_is_paid_and_stored_pictures_are_shown(
    mount, name, scenario
):
    assert_refused(outcome(mount, "prices")[scenario], name)


@SCENARIO
@pytest.mark.parametrize(("mount", "name"), [("nfs3", "nfs"), ("cifs", "cifs")])
def test_where_locks_are_known_once_they_are_tried_it_is_exact_or_refused(mount, name, scenario):
    told = outcome(mount, "prices")[scenario]
    if told["calls"]:
        assert_exact(told)
    else:
        assert_refused(told, name)


def test_two_hundred_kills_on_two_machines_lose_nothing_and_never_pass_the_budget():
    told = outcome("nfs4.2", "kills", "200", "20261129", seconds=3600)
    assert told["wrong"] == []
    assert told["calls"] <= told["stored"] + told["held"]
    assert told["ends"]["Sent"] > 20, "the moments were not in the middle of a purchase"
    assert told["index"] == "delete ok"
    assert told["verify"].startswith(f"0 {told['stored']} pictures checked, {told['stored']} as they were")


def test_what_the_server_or_another_machine_takes_from_under_a_kernel_is_said_and_nothing_is_paid_meanwhile():
    told = outcome("nfs4.2", "faults")
    for name, of in told.items():
        for line in of["told"]:
            assert line.startswith(("made", "StoreError", "BudgetsUnknownError")), f"{name}: {line}"
            assert float(line.split()[1]) < 90, f"{name}: {line}"
        worked = name in {"incoming/ is deleted", "the server restarts"}
        assert of["sent in between"] == worked, name
        assert len(of["stored"]) == sum(line.startswith("made") for line in of["told"]) or "home" in name, (
            name
        )
    for name in ("the home is deleted", "the index is replaced by its copy"):
        assert "was deleted, moved or replaced" in told[name]["told"][1]
    assert "locked by another process for" in told["the other machine keeps the index locked"]["told"][1]
