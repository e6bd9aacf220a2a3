"""Never pay unknowingly: no budget is passed at any instant, and what nobody knows is never counted as nothing.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
4 times 25 processes and threads, cap = 10 estimates          here: a_hundred_at_once_never_pass_the_budget_…
50 threads, reservations alone                            storage/test_budget_races.py: fifty_threads_…
kill -9 between reserve, call and record                  storage/test_crashes.py: the_sweep_releases_…;
                                                          never lose: whoever_is_killed_at_any_moment_…
the reservation is on disk before the call                test_engine.py: the_reservation_is_on_disk_…
unknown price, under a budget and without                 test_engine.py: an_unknown_price_is_refused_…
usage missing, NaN, negative, null, huge, anything        here: no_usage_that_a_server_invents_…
an answer that was lost is counted at its ceiling         test_engine.py: an_answer_that_was_lost_…
the price is shown before                                 here: what_is_shown_before_is_never_less_…;
                                                          widgets/test_panel.py: the_price_changes_with_…
too long, or not possible: refused before the call        core/test_validation.py: a_prompt_that_cannot_…;
                                                          test_purchase.py: a_request_that_cannot_be_sent_…
an input picture that cannot be used: before the call     test_sources.py, imaging/test_imaging_inputs.py
the ledger cannot be written: nothing is called           test_purchase.py: when_the_ledger_cannot_…
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import sqlite3
import threading
from collections import Counter
from decimal import Decimal

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from imageserver import ImageServer, Reply, paint, rows

from jupyter_imagegen.core.events import Planned
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.session import Session

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

HELD = """
    SELECT COALESCE(SUM(CASE WHEN state = 'settled' AND cost_nano IS NOT NULL THEN cost_nano
                             WHEN state = 'released' THEN 0 ELSE ceiling_nano END), 0) FROM charges
"""


class Watch:
    """Looks into the ledger as another program would, again and again: what is spent and held at that instant."""

    def __init__(self, home):
        self._file = f"file:{home}/imagegen.sqlite3?mode=ro"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.seen = Counter()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()

    def _look(self):
        with contextlib.closing(sqlite3.connect(self._file, uri=True)) as database:
            while not self._stop.wait(0.001):
                self.seen[database.execute(HELD).fetchone()[0]] += 1


def test_a_hundred_at_once_never_pass_the_budget_at_any_instant(server, home, work, new_session, tmp_path):
    """Four processes with 25 threads each, and room for ten.

    Every answer is lost, so each call that was let in stays at its ceiling for ever: exactly ten are let in.
    Without `IMMEDIATE` in database.py, or without `_check` in ledger.py, more than ten calls were made.
    """
    session = new_session()
    ceiling = session.estimate("a lighthouse 00").ceiling
    budget = ceiling * 10
    session.accounts.budget(budget, per="day")
    server.script(*(Reply(hang_up=True, delay=0.05, billed=True) for _ in range(100)))
    workers = [work("buy_at_once", threads=25, prompts=f"{letter} lighthouse") for letter in "abcd"]
    for worker in workers:
        worker.told("ready")
    with Watch(home) as watch:
        (tmp_path / "go").touch()
        fates = Counter(fate for worker in workers for fate in worker.told("fates", 60)["fates"])
    assert fates == {"PossiblyBilledError": 10, "refused": 90}
    assert server.calls == 10
    assert len(watch.seen) > 1, "nothing was seen between the first and the last"
    assert max(watch.seen) <= budget * 10**9
    spent = session.accounts.costs().spending.total
    assert (spent.usd, spent.held_usd) == (0, budget)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
COUNT = st.one_of(
    st.integers(-5, 300),
    st.just(10**30),
    st.just(-1),
    st.floats(allow_nan=True),
    st.none(),
    st.text(max_size=3),
)
DETAILS = st.one_of(JSON, st.fixed_dictionaries({"image_tokens": COUNT, "text_tokens": COUNT}))
USAGE = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"input_tokens": COUNT, "output_tokens": COUNT},
        optional={"total_tokens": COUNT, "input_tokens_details": DETAILS, "output_tokens_details": DETAILS},
    ),
)
PICTURE = base64.b64encode(paint("64x64")).decode()


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(usages=st.lists(USAGE, min_size=5, max_size=5))
def test_no_usage_that_a_server_invents_makes_a_call_free_or_the_ledger_wrong(session, server, usages):
    """Without the checks of usage.py a NaN or a negative number came into the sums; with 0 for what is unknown
    a call was free.
    """
    for usage in usages:
        before = session.accounts.costs().spending.total
        server.script(rows({"b64_json": PICTURE}, usage=usage))
        result = session.generate("a lighthouse", fresh=True)
        after = session.accounts.costs().spending.total
        spent, held = after.usd - before.usd, after.held_usd - before.held_usd
        if result.cost.usd is None:
            assert (spent, held) == (0, result.cost.ceiling_usd)
            assert held > 0
        else:
            assert isinstance(result.cost.usd, Decimal)
            assert spent == result.cost.usd >= 0
            assert held == 0
            assert result.usage is not None
            tokens = result.usage
            assert spent > 0 or not (tokens.text_input or tokens.image_output or tokens.image_input)


# Each try is a whole purchase: the first that fails says enough.
@settings(max_examples=6, deadline=None, suppress_health_check=SLOW, phases=[Phase.explicit, Phase.generate])
@given(
    prompt=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200
    ).filter(str.strip),
    options=st.fixed_dictionaries(
        {"size": st.sampled_from(["1024x1024", "816x816"])},
        optional={
            "n": st.integers(1, 2),
            "quality": st.sampled_from(["low", "medium", "auto"]),
            "partial_images": st.integers(0, 2),
        },
    ),
)
@example(prompt="a lighthouse", options={"size": "1024x1024", "quality": "low", "partial_images": 2})
@example(prompt="a lighthouse " * 200, options={"size": "1024x1024", "quality": "low"})
@example(prompt="a lighthouse", options={"size": "1024x1024", "quality": "low", "n": 2})
def test_what_is_shown_before_is_never_less_than_what_is_held_and_then_paid(
    tmp_path, monkeypatch, prompt, options
):
    """Without the partial pictures, the prompt or n in pricing.py's ceiling, the bill was higher than was said."""
    home = tmp_path / "any"
    shutil.rmtree(home, ignore_errors=True)
    monkeypatch.setenv("IMAGEGEN_HOME", str(home))
    with ImageServer() as server:
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)
        session = Session()
        try:
            job = session.submit(prompt, **options)
            planned = next(event for event in job.events() if isinstance(event, Planned))
            paid = job.result(30).cost.usd
            assert 0 < paid <= planned.estimate.ceiling
        except ImagegenError:
            assert server.calls == 0
        finally:
            session.close()
