"""A run under its cell, with a real runner and a real shell: no flicker, no lost picture, from any thread."""

import asyncio
import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image as Pillow
from traitlets.config import Config

from jupyter_imagegen import imaging
from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.events import Done, Kept, PartialShown, Planned, Sent, Waiting
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.core.results import Cost, Image, Result
from jupyter_imagegen.display import LiveDisplay, watch
from jupyter_imagegen.errors import AbandonedError, DetachedError, ModerationError
from jupyter_imagegen.runner import Runner

REQUEST = GenerateRequest(
    model="gpt-image-2.5-flare", prompt="a lighthouse at dusk", size="1024x1024", quality="low"
)
ESTIMATE = Estimate(
    usd=Decimal("0.0059"), ceiling=Decimal("0.006"), tokens=None, kind="exact", note="", source=""
)


def png(colour="navy", size=(128, 128)):
    buffer = BytesIO()
    Pillow.new("RGB", size, colour).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def image(data, sample=0):
    return Image(
        sample=sample,
        digest=hashlib.sha256(data).hexdigest(),
        mime="image/png",
        width=1024,
        height=1024,
        size_bytes=len(data),
        origin="provider",
        cost_usd=Decimal("0.0059"),
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
        seconds=1.0,
        path=None,
        load=lambda: data,
        load_preview=lambda: imaging.preview(data),
    )


def finished(n=1):
    return Result(
        request=REQUEST,
        key="ab" * 32,
        provider="openai",
        images=tuple(image(png(), i) for i in range(n)),
        cost=Cost(usd=Decimal("0.0059"), saved_usd=Decimal(0)),
        usage=None,
        seconds=1.0,
    )


def planned(n=1):
    return Planned(request=REQUEST, key="ab" * 32, provider="openai", stored=0, missing=n, estimate=ESTIMATE)


async def script(*steps):
    """Yield events; wait at each threading.Event, raise each exception."""
    for step in steps:
        if isinstance(step, threading.Event):
            while not step.is_set():
                await asyncio.sleep(0.005)
        elif isinstance(step, BaseException):
            raise step
        else:
            yield step


class Clock:
    """Time that goes on by `step` seconds at every look, and does something when it is late enough."""

    def __init__(self, step, then=lambda: None, *, late=2.5):
        self.now, self.step, self.then, self.late = 0.0, step, then, late

    def __call__(self):
        self.now += self.step
        if self.now >= self.late:
            self.then()
        return self.now


@pytest.fixture(scope="module")
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(shell, monkeypatch):
    """A shell that says it is a kernel's: there, outputs can change after they were shown."""
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    return shell


@pytest.fixture
def submit():
    runner = Runner()
    return lambda *steps: runner.submit(script(*steps))


def texts(captured):
    return [output.data.get("text/plain", "") for output in captured.outputs]


def test_a_stored_picture_is_one_single_output(notebook, submit):
    job = submit(planned(), Done(result=finished()))
    job.result(5)
    with capture_output() as captured:
        LiveDisplay(job).wait()
    assert [output.update for output in captured.outputs] == [False]
    assert "image/jpeg" in captured.outputs[0].data


def test_a_run_shows_progress_and_then_the_picture_in_the_same_place(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), Sent(attempt=1), gate, Done(result=finished()))
    with capture_output() as captured:
        shown = LiveDisplay(job, monotonic=Clock(0.2, gate.set)).wait()
    assert shown is job.result()
    places = {output.transient["display_id"] for output in captured.outputs}
    assert len(places) == 1
    assert [output.update for output in captured.outputs][:2] == [False, True]
    *moments, last = texts(captured)
    assert moments[-1].startswith("sent · ")
    assert moments[-1].endswith(" s · 2.5-flare · 1024×1024 · low · about $0.0059")
    assert last.startswith("Picture: a lighthouse at dusk\n")
    assert 'role="progressbar"' not in captured.outputs[-1].data["text/html"]


def test_updates_come_at_most_four_times_a_second(notebook, submit):
    gate = threading.Event()
    events = [Waiting(wait=i, reason="busy", attempt=1) for i in range(200)]
    clock = Clock(0.05, gate.set)
    job = submit(planned(), *events, gate, Done(result=finished()))
    with capture_output() as captured:
        LiveDisplay(job, monotonic=clock).wait()
    assert 1 < len(captured.outputs) <= clock.now / 0.25 + 2


def test_a_partial_picture_is_shown_in_the_place_of_the_finished_one(notebook, submit):
    gate = threading.Event()
    job = submit(
        planned(), Sent(attempt=1), PartialShown(index=0, data=png("red")), gate, Done(result=finished())
    )
    with capture_output() as captured:
        LiveDisplay(job, monotonic=Clock(0.3, gate.set)).wait()
    partial = next(
        o.data["text/html"] for o in captured.outputs if "unfinished picture 1" in o.data["text/html"]
    )
    assert 'style="width:512px;height:512px"><img' in partial


def test_bytes_that_are_no_picture_do_not_stop_a_run(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), PartialShown(index=0, data=b"not a picture"), gate, Done(result=finished()))
    with capture_output():
        assert LiveDisplay(job, monotonic=Clock(0.3, gate.set)).wait().images


def test_finished_ones_of_several_appear_as_they_come(notebook, submit):
    gate = threading.Event()
    job = submit(planned(4), Kept(image=image(png())), gate, Done(result=finished(4)))
    with capture_output() as captured:
        LiveDisplay(job, monotonic=Clock(0.3, gate.set)).wait()
    assert any("1 of 4" in text for text in texts(captured))


def test_an_error_leaves_no_progress_behind_and_goes_on(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), gate, ModerationError("refused"))
    with capture_output() as captured, pytest.raises(ModerationError, match="refused"):
        LiveDisplay(job, monotonic=Clock(0.3, gate.set)).wait()
    assert captured.outputs[-1].data == {"text/html": "", "text/plain": ""}


def test_an_error_before_anything_was_shown_shows_nothing(notebook, submit):
    job = submit(ModerationError("refused"))
    with capture_output() as captured, pytest.raises(ModerationError):
        LiveDisplay(job).wait()
    assert captured.outputs == []


def test_watching_leaves_the_picture_to_whoever_has_the_value(notebook, submit):
    job = submit(planned(), Done(result=finished()))
    with capture_output() as captured:
        assert watch(job) is job.result()
    assert captured.outputs == []


def press_stop():
    raise KeyboardInterrupt


def test_an_interrupt_detaches_and_the_picture_comes_to_its_place_later(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), Sent(attempt=1), gate, Done(result=finished()))
    with capture_output() as captured:
        with pytest.raises(DetachedError, match="still being made"):
            LiveDisplay(job, monotonic=Clock(0.3, press_stop)).wait()
        assert texts(captured)[-1].startswith("detached; the picture will appear here")
        ended = threading.Event()
        job.subscribe(lambda event: ended.set() if event is None else None)
        gate.set()
        assert ended.wait(5)
    assert texts(captured)[-1].startswith("Picture: a lighthouse")
    assert len({output.transient["display_id"] for output in captured.outputs}) == 1


def test_an_interrupt_that_comes_with_the_first_output_does_not_begin_another(notebook, submit, monkeypatch):
    gate = threading.Event()
    job = submit(planned(), Sent(attempt=1), gate, Done(result=finished()))
    with capture_output() as captured:
        publish = notebook.display_pub.publish

        def publish_and_stop(*args, **kwargs):
            publish(*args, **kwargs)
            if len(captured.outputs) == 1:
                press_stop()

        monkeypatch.setattr(notebook.display_pub, "publish", publish_and_stop)
        with pytest.raises(DetachedError):
            LiveDisplay(job, monotonic=Clock(0.3)).wait()
        ended = threading.Event()
        job.subscribe(lambda event: ended.set() if event is None else None)
        gate.set()
        assert ended.wait(5)
    assert texts(captured)[-1].startswith("Picture: a lighthouse")
    assert len({output.transient["display_id"] for output in captured.outputs}) == 1


def test_a_detached_run_that_fails_says_so_where_the_picture_would_be(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), gate, ModerationError("refused for <violence>"))
    with capture_output() as captured:
        LiveDisplay(job).follow()
        ended = threading.Event()
        job.subscribe(lambda event: ended.set() if event is None else None)
        gate.set()
        assert ended.wait(5)
    assert texts(captured)[-1] == "not made: refused for <violence>"
    assert "&lt;violence&gt;" in captured.outputs[-1].data["text/html"]


def test_following_says_at_once_that_it_goes_on_and_without_a_clock(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), gate, Done(result=finished()))
    with capture_output() as captured:
        LiveDisplay(job).follow()
        assert texts(captured) == ["being made; the picture will appear here"]
        ended = threading.Event()
        job.subscribe(lambda event: ended.set() if event is None else None)
        gate.set()
        assert ended.wait(5)


def test_an_abandoned_run_ends_with_one_line(notebook, submit):
    gate = threading.Event()
    job = submit(planned(), gate)
    with capture_output(), pytest.raises(AbandonedError):
        LiveDisplay(job, monotonic=Clock(0.5, job.cancel)).wait()


def test_a_terminal_gets_the_words_once_and_no_progress(shell, submit):
    gate = threading.Event()
    job = submit(planned(), Sent(attempt=1), gate, Done(result=finished()))
    opening = threading.Timer(0.4, gate.set)  # longer than a kernel would wait before it shows progress
    opening.start()
    with capture_output() as captured:
        LiveDisplay(job).wait()
    opening.join()
    assert len(captured.outputs) == 1


def test_a_result_can_be_given_another_size_to_show_itself_in():
    data, _ = replace(finished(), preview_side=128)._repr_mimebundle_()
    assert 'width="128"' in data["text/html"]
