"""What is spent, held and unknown is said in one way, wherever it is said; what is held can be settled by hand."""

from __future__ import annotations

import base64
import json
import threading

import pytest
from imageserver import Reply, paint, rows
from kernels import Kernel

from jupyter_imagegen import session as session_module
from jupyter_imagegen.cli import main
from jupyter_imagegen.cli.outcomes import WRONG_REQUEST
from jupyter_imagegen.render import caption
from jupyter_imagegen.session import Session
from jupyter_imagegen.storage.database import Database, migrations


@pytest.fixture
def shell(server, capsys, monkeypatch):
    """Run one command of the shell; its exit code, and what it wrote. Its connections are closed, as by exit."""

    def run(*words):
        made = []
        with monkeypatch.context() as patch:
            patch.setattr(
                session_module, "Session", lambda **kinds: made.append(Session(**kinds)) or made[-1]
            )
            code = main(words)
        for one in made:
            one.close()
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def without_usage():
    """A good answer that does not say what it cost."""
    return rows({"b64_json": base64.b64encode(paint("1024x1024")).decode()})


@pytest.fixture
def lost(session, server):
    """One call whose answer was lost; its charge as `costs held --json` tells it."""
    server.script(Reply(hang_up=True, headers={"x-request-id": "req_1"}))
    with pytest.raises(Exception, match="possibly billed"):
        session.generate("a lighthouse")
    (held,) = session.accounts.costs().held
    return held


def today(text):
    return next(line for line in text.splitlines() if line.startswith("today"))


# unknown is never nothing


def test_a_caption_says_a_held_call_once_and_never_as_nothing(session, server):
    server.script(without_usage())
    result = session.generate("a lighthouse")
    words = caption(result).text
    assert "cost unknown" in words
    assert words.count(" held") == words.count("$0.00") == words.count("$0.0061") == 1
    assert "session up to $0.0061 held for 1 call" in words
    session.accounts.budget(5, per="day")
    assert caption(session.generate("a boat")).text.count(" held") == 1


def test_the_shell_says_what_is_held_today_and_what_is_left(shell, server):
    server.script(without_usage())
    shell("budget", "5")
    _, said, _ = shell("generate", "a lighthouse", "-o", "a.png")
    assert "today up to $0.0061 held for 1 call · $4.99 of $5.00 left today" in said
    _, said, _ = shell("generate", "a boat", "-o", "b.png")
    assert "today $0.0059 spent, up to $0.0061 more held for 1 call" in said
    _, said, _ = shell("generate", "a boat", "-o", "b.png", "--json")
    document = json.loads(said)
    assert document["today"] == "$0.0059 spent, up to $0.0061 more held for 1 call"
    assert (document["held_today_calls"], document["unknown_today_calls"]) == (1, 0)


def test_a_call_without_a_ceiling_is_said_wherever_sums_are(shell, server, session):
    server.script(without_usage())
    _, said, _ = shell("generate", "a lighthouse", "-m", "house-model", "-o", "a.png")
    assert "today 1 call of unknown cost" in said
    assert "today $0.00" not in said
    _, said, _ = shell("costs")
    assert "1 unknown" in today(said)
    assert "$0.00" not in today(said).split("1 unknown")[0]
    assert "jupyter-imagegen costs held" in said
    _, said, _ = shell("costs", "held")
    assert "1 call of unknown cost" in said
    _, said, _ = shell("costs", "--json")
    assert json.loads(said)["spending"]["day"]["unbounded"] == 1


def test_a_store_of_an_older_version_knows_how_many_calls_are_held(home, new_session):
    home.mkdir(mode=0o700)
    old = Database(home / "imagegen.sqlite3", steps=migrations()[:3])
    old.open()
    call = {"day": "2026-01-01", "session": "s", "provider": "openai", "model": "gpt-image-2"}
    for number, (state, ceiling, cost) in enumerate(
        [("possibly_billed", 6, None), ("settled", None, None), ("settled", 6, 5), ("released", 6, None)]
    ):
        old.all(
            "INSERT INTO charges (id, key, endpoint, n, reserved_at, state, ceiling_nano, cost_nano, day, session,"
            " provider, model) VALUES (:id, 'k', 'e', 1, '2026-01-01T00:00:00.000000+00:00', :state, :ceiling,"
            " :cost, :day, :session, :provider, :model)",
            id=str(number), state=state, ceiling=ceiling, cost=cost, **call,
        )  # fmt: skip
    old.all(
        "INSERT INTO spending (cost_nano, held_nano, unpriced, calls, day, session, provider, model)"
        " VALUES (5, 6, 2, 3, :day, :session, :provider, :model)",
        **call,
    )
    old.close()
    costs = new_session().accounts.costs()
    assert (costs.spending.total.held_calls, costs.spending.total.unbounded) == (1, 1)
    assert [one.id for one in costs.held] == ["0", "1"]


# what is held, and how it is settled by hand


def test_what_is_held_is_listed_with_why_and_what_to_do(shell, lost):
    code, said, _ = shell("costs", "held")
    assert code == 0
    for wanted in (lost.id, "2.5-flare", "$0.0061", "possibly billed", "costs settle ID 0.04"):
        assert wanted in said
    _, said, _ = shell("costs", "held", "--json")
    (document,) = json.loads(said)["held"]
    assert (document["id"], document["ceiling_usd"], document["n"]) == (lost.id, str(lost.ceiling_usd), 1)
    assert document["under_way"] is False
    assert document["reason"].startswith("possibly billed")


def test_nothing_held_says_so(shell):
    assert "Nothing is held" in shell("costs", "held")[1]


@pytest.mark.parametrize(
    ("amount", "spent"), [("0.004", "0.004"), ("$0.004", "0.004"), ("unbilled", "0"), ("0", "0")]
)
def test_a_held_call_is_settled_by_the_first_digits_of_its_id(shell, session, lost, amount, spent):
    session.accounts.budget(5, per="day")
    code, said, _ = shell("costs", "settle", lost.id[:6], amount)
    assert code == 0
    assert "up to $0.0061 held became $0.00" in said
    day = session.accounts.costs().spending.day
    assert (str(day.usd), day.held_usd, day.held_calls, day.unpriced) == (spent, 0, 0, 0)
    assert session.accounts.costs().held == ()
    # Once: the second time its cost is known.
    code, _, said = shell("costs", "settle", lost.id, "1")
    assert code == WRONG_REQUEST
    assert "is settled at $0.00" in said


def test_pictures_of_a_settled_call_show_what_they_cost(shell, session, server):
    server.script(without_usage())
    session.generate("two boats", n=1)
    (held,) = session.accounts.costs().held
    assert session.accounts.history()[0].cost_usd is None
    _, said, _ = shell("costs", "settle", held.id, "0.005", "--json")
    assert json.loads(said)["cost_usd"] == "0.005"
    assert str(session.accounts.history()[0].cost_usd) == "0.005"
    assert str(session.generate("two boats").cost.saved_usd) == "0.005"


@pytest.mark.parametrize(
    "amount", ["-1", "nan", "inf", "1e3", "0,04", "", "free", "0.0000000001", "9999999", "0x10", "1 2", "½"]
)
def test_what_is_no_amount_changes_nothing(shell, session, lost, amount):
    code, _, said = shell("costs", "settle", lost.id, amount)
    assert code == WRONG_REQUEST
    assert "Traceback" not in said
    assert session.accounts.costs().held == (lost,)


@pytest.mark.parametrize("id_", ["", "%", "zz", "last", "0" * 40, "ä"])
def test_an_id_that_names_nothing_changes_nothing(shell, session, lost, id_):
    code, _, said = shell("costs", "settle", id_, "1")
    assert code == WRONG_REQUEST
    assert "costs held" in said
    assert session.accounts.costs().held == (lost,)


def test_an_id_that_names_two_calls_is_refused(shell, session, server):
    for name in "abcdefghijklmnopq":  # of seventeen, two begin with the same of sixteen digits
        server.script(without_usage())
        session.generate(f"boat {name}", model="house-model")
    firsts = [one.id[0] for one in session.accounts.costs().held]
    twice = next(digit for digit in firsts if firsts.count(digit) > 1)
    code, _, said = shell("costs", "settle", twice, "1")
    assert (code, "more than one call" in said) == (WRONG_REQUEST, True)


def test_an_amount_far_above_what_was_held_needs_to_be_meant(shell, session, lost):
    code, _, said = shell("costs", "settle", lost.id, "4")
    assert code == WRONG_REQUEST
    assert "--force" in said
    assert session.accounts.costs().held == (lost,)
    assert shell("costs", "settle", lost.id, "4", "--force")[0] == 0
    assert session.accounts.costs().spending.day.usd == 4


def test_a_call_under_way_is_listed_and_not_settled(shell, session, server):
    gate = threading.Event()
    server.script(Reply(gate=gate, hang_up=True))
    job = session.submit("a lighthouse")
    assert server.arrived.wait(10)
    (held,) = session.accounts.costs().held
    assert held.under_way
    code, _, said = shell("costs", "settle", held.id, "unbilled")
    assert (code, "under way" in said) == (WRONG_REQUEST, True)
    gate.set()
    assert job.future.exception(10)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold",), "Did you mean"),
        (("settle",), "needs the id"),
        (("settle", "ab"), "needs the id"),
        (("held", "x"), "unexpected"),
        (("--force",), "unexpected"),
    ],
)
def test_slips_are_answered_with_the_line_that_was_meant(shell, words, said):
    code, _, told = shell("costs", *words)
    assert code == WRONG_REQUEST
    assert said in told
    assert "jupyter-imagegen costs" in told


def test_a_notebook_lists_and_settles_them_too(tmp_path, server):
    kernel = Kernel(tmp_path, **server.env())
    try:
        kernel.run("%load_ext jupyter_imagegen")
        server.script(Reply(hang_up=True))
        kernel.run("%%imagegen\na lighthouse")
        (shown,) = kernel.run("%imagegen costs held")
        assert "possibly billed" in shown["data"]["text/plain"]
        line = "%imagegen costs settle "
        offered = kernel.client.complete(line, len(line), reply=True)["content"]["matches"]
        assert len(offered) == 1
        (shown,) = kernel.run(f"%imagegen costs settle {offered[0]} unbilled")
        assert "up to $0.0061 held became $0.00" in shown["data"]["text/plain"]
        (shown,) = kernel.run("%imagegen costs held")
        assert "Nothing is held" in shown["data"]["text/plain"]
        (failed,) = kernel.run("%imagegen costs settle zz 1")
        assert failed["ename"] == "RequestError"
        line = "%imagegen costs "
        offered = kernel.client.complete(line, len(line), reply=True)["content"]["matches"]
        assert {"held", "settle"} <= set(offered)
    finally:
        kernel.close()
