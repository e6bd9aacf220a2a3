"""Never pay twice: what is there is never bought, and what may have been billed is never sent again.

========================================================  ==================================================
fault                                                     test
========================================================  ==================================================
429/503 with Retry-After of every kind                    providers/test_openai_retries.py: the_wait_is_at_…,
                                                          a_wait_that_is_not_worth_it_…, rate_limits_end_…
429 insufficient_quota                                    providers/test_openai_retries.py: what_waiting_…
answer lost: body cut, timeout, late 5xx                  providers/test_openai_retries.py: a_lost_answer_…,
                                                          a_5xx_that_comes_late_…, a_failed_server_is_…
any course of such faults                                 here: no_course_of_faults_sends_again_…
every attempt is in the ledger                            test_purchase.py: every_attempt_is_in_the_ledger_…
the same request again: any words, any options            here: whatever_is_asked_the_second_time_…
two to eight processes, one key, one moment               test_engine.py: eight_processes_asking_at_…
the first dies holding the claim                          test_engine.py: waiters_take_over_from_a_process_…
waiters do not repeat what may have been billed           test_engine.py: those_who_wait_in_other_processes_…
-n 4 after -n 1                                           test_engine.py: four_after_one_buys_three
across machines: a cassette, no key, no network           here: on_another_machine_a_cassette_…
replay, with a key and a server there                     here: in_replay_nobody_is_called_…
========================================================  ==================================================

What goes red without each guard is in `guards.py`; `python -m tests.promises` takes them out, one at a time.
"""

from __future__ import annotations

import json
import shutil

import pytest
from children import output
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from imageserver import ImageServer, Reply, html, no_quota, rate_limited, server_error, wrong_key

from jupyter_imagegen.errors import ImagegenError, NotRecordedError, RequestError
from jupyter_imagegen.session import Session

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

#: What cannot have been billed, and may be sent again; and what ends the call at once.
SAFE = {
    "rate limit": lambda: rate_limited(retry_after_ms="1"),
    "busy": lambda: server_error(503, retry_after_ms="1"),
    "asks again": lambda: server_error(500, x_should_retry="true", retry_after_ms="1"),
}
FINAL = {
    "late 503": lambda: server_error(503, after=2.1, retry_after_ms="1"),
    "500": lambda: server_error(500),
    "502": lambda: server_error(502),
    "504": lambda: server_error(504),
    "hangs up": lambda: Reply(hang_up=True, billed=True),
    "cut": lambda: Reply(b'{"data": [', length=5000, billed=True),
    "html": html,
    "nothing": lambda: Reply(b"", billed=True),
    "no data": lambda: Reply(b"{}", billed=True),
    "no quota": no_quota,
    "wrong key": wrong_key,
    "says no": lambda: server_error(503, x_should_retry="false"),
}
MOST_ATTEMPTS = 3


@pytest.mark.parametrize("final", [None, *sorted(set(FINAL) - {"late 503"})])
@settings(max_examples=2, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(safe=st.lists(st.sampled_from(sorted(SAFE)), max_size=2))
def test_no_course_of_faults_sends_again_what_may_be_billed(tmp_path, monkeypatch, safe, final):
    """Without `x-should-retry`, `QUICK` or the list of what cannot have been billed in openai/errors.py, or
    with the SDK's own retries, the server was asked again after an answer that may have cost money.
    """
    _no_second_bill(tmp_path, monkeypatch, safe, final)


@pytest.mark.parametrize("safe", [[], ["busy"]])
def test_a_server_that_says_busy_after_the_work_is_not_asked_again(tmp_path, monkeypatch, safe):
    """Without `about.seconds < QUICK` in openai/errors.py the second call was billed too."""
    _no_second_bill(tmp_path, monkeypatch, safe, "late 503")


def _no_second_bill(tmp_path, monkeypatch, safe, final):
    home = tmp_path / "any"
    shutil.rmtree(home, ignore_errors=True)
    monkeypatch.setenv("IMAGEGEN_HOME", str(home))
    with ImageServer() as server:
        for name, value in server.env().items():
            monkeypatch.setenv(name, value)
        server.script(*(SAFE[name]() for name in safe), *([FINAL[final]()] if final else []))
        session = Session()
        try:
            session.generate("a lighthouse")
        except ImagegenError:
            assert final is not None
        else:
            assert final is None
        finally:
            session.close()
        assert server.calls == len(safe) + 1 <= MOST_ATTEMPTS
        assert server.billed <= 1


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """One server and one store for many examples."""
    environ = {"IMAGEGEN_HOME": str(tmp_path_factory.mktemp("shop"))}
    with ImageServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in {**server.env(), **environ}.items():
            patch.setenv(name, value)
        yield server, environ


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(
    prompt=st.text(min_size=1, max_size=60).filter(str.strip),
    size=st.sampled_from(["1024x1024", "816x816"]),
    options=st.fixed_dictionaries(
        {},
        optional={
            "n": st.integers(1, 2),
            "quality": st.sampled_from(["low", "medium"]),
            "output_format": st.sampled_from(["png", "jpeg"]),
            "moderation": st.sampled_from(["auto", "low"]),
        },
    ),
)
def test_whatever_is_asked_the_second_time_costs_nothing_and_is_the_same_to_the_byte(
    shop, monkeypatch, prompt, size, options
):
    """Without the look into the store in engine.py, or with a key that another process computes otherwise,
    the second session bought again.
    """
    server, environ = shop
    for name, value in {**server.env(), **environ}.items():
        monkeypatch.setenv(name, value)
    sessions = [Session(), Session()]
    try:
        try:
            first = sessions[0].generate(prompt, size=size, **options)
        except RequestError:
            reject()  # half of a surrogate pair and the like cannot be asked for at all
        calls = server.calls
        second = sessions[1].generate(prompt, size=size, **options)
        assert second.cached
        assert [image.bytes for image in second.images] == [image.bytes for image in first.images]
        assert server.calls == calls
    finally:
        for session in sessions:
            session.close()


#: Said first by a child that must not reach anything: whoever tries is told, and the test sees it.
NO_NETWORK = """
    import sys

    def refuse(event, args):
        if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            print("reached out:", event, args[1:], flush=True)
            raise OSError("there is no network")

    sys.addaudithook(refuse)
"""


@pytest.fixture
def cassette(session, server, tmp_path):
    """A lesson's cassette, recorded with real calls, and what it holds by prompt."""
    session.cassettes.use(str(tmp_path / "lesson.cassette"), mode="record")
    found = {
        prompt: [image.digest for image in session.generate(prompt, n=n, fresh=fresh).images]
        for prompt, n, fresh in (("a lighthouse", 2, False), ("a harbour", 1, False))
    }
    return tmp_path / "lesson.cassette", found


def test_on_another_machine_a_cassette_shows_the_same_pictures_without_key_network_or_bill(
    cassette, server, tmp_path
):
    """Without the look into the cassette in deck.py the reader was asked for a key."""
    file, recorded = cassette
    calls = server.calls
    elsewhere = tmp_path / "another machine"
    elsewhere.mkdir()
    there = elsewhere / "lesson.cassette"
    shutil.copyfile(file, there)
    there.chmod(0o400)
    said = output(
        NO_NETWORK
        + f"""
    import json
    import jupyter_imagegen as imagegen
    session = imagegen.default_session()
    session.cassettes.use({str(there)!r}, mode="replay")
    shown = {{}}
    for prompt, n in (("a lighthouse", 2), ("a harbour", 1)):
        r = imagegen.generate(prompt, n=n)
        assert r.cost.usd == 0 and r.cached
        shown[prompt] = [image.digest for image in r.images]
        assert all(image.bytes and image.preview.data for image in r.images)
    print(json.dumps(shown))
    """,
        IMAGEGEN_HOME=str(elsewhere / "store"),
        OPENAI_API_KEY="",
        OPENAI_BASE_URL="",
    )
    assert json.loads(said) == recorded
    assert server.calls == calls


def test_in_replay_nobody_is_called_although_a_key_and_a_server_are_there(cassette, server, new_session):
    """Without `_refuse_replay` in engine.py the missing picture was bought."""
    file, _ = cassette
    calls = server.calls
    session = new_session()
    session.cassettes.use(str(file), mode="replay")
    for prompt, options in (
        ("another lighthouse", {}),
        ("a lighthouse", {"n": 3}),
        ("a harbour", {"fresh": True, "n": 2}),
        ("a lighthouse", {"quality": "high"}),
    ):
        with pytest.raises(NotRecordedError):
            session.generate(prompt, **options)
    assert server.calls == calls
