"""Runs that go on by themselves, and those who watch them."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import threading
from types import SimpleNamespace

import pytest
from children import output

from jupyter_imagegen.core.events import Done, Noted, PartialShown
from jupyter_imagegen.errors import AbandonedError, RequestError
from jupyter_imagegen.runner import Job, Runner

RESULT = SimpleNamespace(images=())


@pytest.fixture
def runner():
    runner = Runner("imagegen-test")
    yield runner
    runner.close()


class Course:
    """A run whose next event comes when the test says so."""

    def __init__(self):
        self.closed = threading.Event()
        self._steps = asyncio.Queue()
        self._loop = None
        self._begun = threading.Event()

    async def events(self):
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        try:
            while True:
                event = await self._steps.get()
                if isinstance(event, Exception):
                    raise event
                yield event
                if isinstance(event, Done):
                    return
        finally:
            self.closed.set()

    def tell(self, event):
        assert self._begun.wait(10)
        self._loop.call_soon_threadsafe(self._steps.put_nowait, event)

    def end(self):
        self.tell(Done(result=RESULT))


async def notes(count):
    for i in range(count):
        yield Noted(text=str(i))
        if i % 7 == 0:
            await asyncio.sleep(0)
    yield Done(result=RESULT)


def texts(events):
    return [event.text for event in events if isinstance(event, Noted)]


def test_a_late_reader_reads_everything_from_the_first_event_on(runner):
    job = runner.submit(notes(5))
    assert job.result(10) is RESULT
    assert texts(job.events()) == texts(job.events()) == ["0", "1", "2", "3", "4"]


def test_a_reader_of_a_quiet_run_hears_none_now_and_then(runner):
    course = Course()
    job = runner.submit(course.events())
    reader = job.events(tick=0.01)
    assert next(reader) is None
    course.end()
    assert [type(event) for event in reader if event is not None] == [Done]


def test_only_the_newest_unfinished_picture_is_kept(runner):
    course = Course()
    job = runner.submit(course.events())
    reader = job.events(tick=10)
    for i in range(3):
        course.tell(PartialShown(index=i, data=bytes(1)))
        assert next(reader).index == i
    course.end()
    job.result(10)
    assert [event.index for event in job.events() if isinstance(event, PartialShown)] == [2]


def test_readers_get_what_ended_the_run_after_its_last_event(runner):
    course = Course()
    job = runner.submit(course.events())
    course.tell(Noted(text="before"))
    course.tell(RequestError("no such size"))
    reader = job.events(tick=10)
    assert next(reader).text == "before"
    with pytest.raises(RequestError, match="no such size"):
        next(reader)


def test_a_run_that_ends_without_a_result_ends_its_readers_too(runner):
    async def nothing():
        if False:
            yield None

    with pytest.raises(RuntimeError, match="without a result"):
        runner.submit(nothing()).result(10)


def test_a_failing_listener_is_logged_and_the_run_and_the_other_listeners_go_on(runner, caplog):
    course = Course()
    job = runner.submit(course.events())
    heard = []

    def broken(event):
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        job.subscribe(broken)
        job.subscribe(heard.append)
        course.tell(Noted(text="a"))
        course.end()
        job.result(10)
        runner.call(_nothing())
    assert texts(heard) == ["a"]
    assert "a listener of an image run failed" in caplog.text


async def _nothing():
    return None


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_listener_hears_the_end_exactly_once_as_none(runner, moment):
    course = Course()
    job = runner.submit(course.events())
    heard = []
    if moment == "before":
        job.subscribe(heard.append)
    course.tell(Noted(text="a"))
    course.end()
    job.result(10)
    if moment == "after":
        job.subscribe(heard.append)
    runner.call(_nothing())
    assert [type(event) for event in heard] == [Noted, Done, type(None)]


def test_listeners_that_subscribe_while_events_come_hear_all_of_them_once_and_in_order(runner):
    # Bounded stress: the subscription races with the events and with the end.
    expected = [*(str(i) for i in range(60)), "end"]
    for _ in range(60):
        job = runner.submit(notes(60))
        listeners = [_Listener() for _ in range(4)]
        threads = [threading.Thread(target=job.subscribe, args=(listener,)) for listener in listeners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert all(listener.ended.wait(10) for listener in listeners)
        assert [listener.heard for listener in listeners] == [expected] * len(listeners)


class _Listener:
    def __init__(self):
        self.heard = []
        self.ended = threading.Event()

    def __call__(self, event):
        if event is None:
            self.heard.append("end")
            self.ended.set()
        elif isinstance(event, Noted):
            self.heard.append(event.text)


def test_a_listener_is_never_told_two_things_at_once(runner):
    course = Course()
    job = runner.submit(course.events())
    course.tell(Noted(text="past"))
    next(job.events(tick=10))
    entered, leave, heard, ended = threading.Event(), threading.Event(), [], threading.Event()

    def slow(event):
        if event is None:
            ended.set()
        elif not heard:
            entered.set()
            leave.wait(10)
        heard.append(event)

    subscriber = threading.Thread(target=job.subscribe, args=(slow,))
    subscriber.start()
    assert entered.wait(10)
    course.tell(Noted(text="new"))
    course.end()
    job.result(10)
    runner.call(_nothing())
    leave.set()
    subscriber.join(10)
    assert ended.wait(10)
    assert texts(heard) == ["past", "new"]
    assert heard[-1] is None


def test_a_listener_may_wait_for_the_run_while_it_is_told_the_past(runner):
    course = Course()
    job = runner.submit(course.events())
    course.tell(Noted(text="a"))
    next(job.events(tick=10))
    seen = []

    def waits(event):
        if isinstance(event, Noted):
            course.end()
            seen.append(job.result(10))

    job.subscribe(waits)
    assert seen == [RESULT]


def test_a_listener_may_subscribe_another_one(runner):
    job = runner.submit(notes(2))
    heard = []
    job.result(10)
    job.subscribe(lambda event: job.subscribe(heard.append) if event is None else None)
    assert heard[-1] is None
    assert texts(heard) == ["0", "1"]


def test_run_and_listeners_see_the_context_of_whoever_asked(runner):
    variable = contextvars.ContextVar("variable", default="nobody")
    seen = []

    async def says():
        yield Noted(text=variable.get())
        yield Done(result=RESULT)

    variable.set("asker")
    job = runner.submit(says())
    variable.set("listener")
    job.subscribe(lambda event: seen.append(variable.get()))
    variable.set("somebody else")
    job.result(10)
    runner.call(_nothing())
    assert texts(job.events()) == ["asker"]
    assert set(seen) == {"listener"}


def test_cancelling_closes_the_run_and_says_that_it_was_abandoned(runner):
    course = Course()
    job = runner.submit(course.events())
    course.tell(Noted(text="a"))
    next(job.events(tick=10))
    job.cancel()
    with pytest.raises(AbandonedError):
        job.result(10)
    assert course.closed.is_set()
    job.cancel()
    assert runner.call(_others()) == []


async def _others():
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def test_a_run_that_is_cancelled_before_it_begins_does_not_begin(runner):
    begun = []

    async def begins():
        begun.append(True)
        yield Done(result=RESULT)

    block, blocked = threading.Event(), threading.Event()

    async def blocks():
        blocked.set()
        block.wait(10)
        yield Done(result=RESULT)

    first = runner.submit(blocks())
    assert blocked.wait(10)
    job = runner.submit(begins())
    job.cancel()
    block.set()
    first.result(10)
    with pytest.raises(AbandonedError):
        job.result(10)
    assert not begun


def test_the_future_cannot_be_cancelled_in_place_of_the_run(runner):
    course = Course()
    job = runner.submit(course.events())
    assert not job.future.cancel()
    course.end()
    assert job.result(10) is RESULT


async def test_cancelling_whoever_awaits_a_run_leaves_the_run_alone(runner):
    course = Course()
    job = runner.submit(course.events())
    waiting = asyncio.ensure_future(asyncio.wrap_future(job.future))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    course.end()
    assert await asyncio.to_thread(job.result, 10) is RESULT


def test_many_threads_submit_to_one_loop(runner):
    jobs = []

    def submit():
        jobs.extend(runner.submit(notes(3)) for _ in range(20))

    threads = [threading.Thread(target=submit) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(jobs) == 200
    assert all(job.result(10) is RESULT for job in jobs)
    named = [thread for thread in threading.enumerate() if thread.name == "imagegen-test"]
    assert len(named) == 1


def test_runs_that_nobody_holds_are_not_collected(runner):
    begun, closed = threading.Event(), threading.Event()

    async def waits():
        try:
            begun.set()
            # Nothing but the run itself refers to what it waits for.
            await asyncio.get_running_loop().create_future()
            yield Done(result=RESULT)
        finally:
            closed.set()

    runner.submit(waits())
    assert begun.wait(10)
    runner.call(_nothing())
    gc.collect()
    runner.call(_nothing())
    assert not closed.is_set()
    for task in runner.call(_others()):
        task.get_loop().call_soon_threadsafe(task.cancel)
    assert closed.wait(10)


def test_a_closed_runner_starts_again_with_the_next_job(runner):
    runner.submit(notes(1)).result(10)
    runner.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "imagegen-test"]
    assert runner.submit(notes(1)).result(10) is RESULT


def test_a_job_that_nobody_runs_can_be_waited_for_with_a_limit():
    with pytest.raises(TimeoutError):
        Job().result(0.01)


def test_a_forked_child_has_a_loop_of_its_own():
    said = output("""
        import os, sys
        if not hasattr(os, "fork"):
            print("child parent"); sys.exit()
        from types import SimpleNamespace
        from jupyter_imagegen.core.events import Done
        from jupyter_imagegen.runner import Runner
        async def run():
            yield Done(result=SimpleNamespace(pid=os.getpid()))
        runner = Runner()
        assert runner.submit(run()).result(10).pid == os.getpid()
        pid = os.fork()
        if not pid:
            assert runner.submit(run()).result(10).pid == os.getpid()
            print("child", end=" ", flush=True)
            sys.exit(0)
        os.waitpid(pid, 0)
        assert runner.submit(run()).result(10).pid == os.getpid()
        print("parent")
    """)
    assert said.split() == ["child", "parent"]


def test_a_script_that_ends_with_a_detached_run_exits_at_once_and_silently():
    said = output(
        """
        import asyncio, sys
        from jupyter_imagegen.core.events import Noted
        from jupyter_imagegen.runner import Runner
        async def forever():
            yield Noted(text="sent")
            await asyncio.to_thread(lambda: None)
            await asyncio.Event().wait()
        job = Runner().submit(forever())
        next(job.events())
        print("end")
        """,
        timeout=20,
    )
    assert said == "end\n"
