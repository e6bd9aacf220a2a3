"""Processes that buy, are interrupted and are killed: each forked from one that has imported everything.

The first reads lines of JSON, `{"work": "buy_for_ever", "say": "/a/file", …}`, and answers each with the process
id of the child that does it. A child writes what it does into its file, one line of JSON each.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from jupyter_imagegen.cli.outcomes import error_document, exit_code
from jupyter_imagegen.errors import BudgetError, DetachedError, ImagegenError
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.rates import rates
from jupyter_imagegen.session import Session

#: Imported before anything is forked, so that a child is ready at once.
HEAVY = (
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "genai_prices",
    "jupyter_imagegen.engine",
    "jupyter_imagegen.imaging.previews",
    "jupyter_imagegen.providers.openai",
    "openai.resources.images",
)


def say(**words):
    # In one piece: whoever is killed while writing has said a whole line or nothing.
    os.write(1, f"{json.dumps(words)}\n".encode())


def buy_for_ever(name):
    """Buy picture after picture until somebody kills this process."""
    session = Session()
    say(ready=True)
    for number in itertools.count():
        prompt = f"picture {name} {number}"
        for event in session.submit(prompt).events():
            if event is not None:
                say(prompt=prompt, event=type(event).__name__)


def buy_at_once(threads, prompts):
    """Ask for so many pictures in as many threads as soon as the file `go` is there; say how each fared."""
    session = Session()
    storage = session.workshop.storage
    say(ready=storage.persistent)
    while not Path("go").exists():
        time.sleep(0.005)
    fates = []

    def buy(prompt):
        try:
            session.generate(prompt)
        except BudgetError:
            fates.append("refused")
        except ImagegenError as exc:
            fates.append(type(exc).__name__)
        else:
            fates.append("made")

    asking = [threading.Thread(target=buy, args=(f"{prompts} {i:02}",)) for i in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    say(fates=fates)


def be_interrupted(prompt, then, options):
    """Ask for a picture and be interrupted; then wait for it, or give it up; say what is left of the run."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session = Session()
    session.workshop.storage  # noqa: B018 - opened before the clock runs
    say(ready=True)
    detached_at = None
    try:
        try:
            session.generate(prompt, **options)
        finally:
            # From here on an interrupt is too late, and not what is looked at.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except DetachedError:
        detached_at = time.time()
    except KeyboardInterrupt:
        pass
    say(detached_at=detached_at)
    if then == "cancel":
        session.cancel()
    else:
        session.wait(30)
    session.close()
    say(threads=[thread.name for thread in threading.enumerate()])


def wait_with_others(prompt, options):
    """Ask for a picture and say what becomes of it; how the command line would end, too."""
    session = Session()
    job = session.submit(prompt, **options)
    try:
        for event in job.events():
            if type(event).__name__ in {"Joined", "Sent"}:
                say(**{type(event).__name__.lower(): True})
        say(end=len(job.result().images))
    except ImagegenError as exc:
        say(end=error_document(exc, exit_code(exc)))


def full(prompt, limit):
    """Buy a picture where no file may grow beyond a limit; say what came of it."""
    import resource

    session = Session()
    session.workshop.storage  # noqa: B018 - opened while the disk has room
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        result = session.generate(prompt)
    except ImagegenError as exc:
        told = {"error": type(exc).__name__}
    else:
        image = result.images[0]
        told = {"digest": image.digest, "bytes": len(image.bytes), "notes": list(result.notes)}
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    say(**told)


WORK = {work.__name__: work for work in (buy_for_ever, buy_at_once, be_interrupted, wait_with_others, full)}


def main():
    for name in HEAVY:
        importlib.import_module(name)
    rates("gpt-image-2.5-flare", Catalog.load())  # reads both price lists once for all children
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that the dead are really gone
    print("imported", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(told.pop("say"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
            os.environ.clear()
            os.environ.update(told.pop("environ"))
            os.chdir(told.pop("folder"))
            WORK[told.pop("work")](**told)
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
