"""Processes on one machine that buy and are killed: each forked from one that has imported everything.

The first reads lines of JSON: `{"work": "buy", "say": "/a/file", …}` is answered by the process id of the child
that does it, `{"kill": 12}` kills that child. A child writes what it does into its file, one line of JSON each.
Only the public API and the command line are used.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import jupyter_imagegen as imagegen
from jupyter_imagegen.errors import ImagegenError


def say(**words):
    # In one piece: whoever is killed while writing has said a whole line or nothing.
    os.write(1, f"{json.dumps(words)}\n".encode())


def fate(prompt):
    """Ask for a picture; what became of it, and after how many seconds."""
    began = time.monotonic()
    told = {"prompt": prompt, "error": None, "message": ""}
    try:
        result = imagegen.generate(prompt)
    except ImagegenError as exc:
        told.update(error=type(exc).__name__, message=str(exc))
    except Exception as exc:
        told.update(error=f"not ours: {type(exc).__name__}", message=str(exc))
    else:
        told.update(cached=result.cached, digest=result.images[0].digest, notes=list(result.notes))
    told["seconds"] = time.monotonic() - began
    return told


def wait_for(file):
    while not Path(file).exists():
        time.sleep(0.005)


def buy(groups, go=None):
    """Ask for each group's prompts one after the other, the groups at once, as soon as there is the file `go`."""
    imagegen.costs()
    say(ready=True)
    if go:
        wait_for(go)

    def ask(prompts):
        for prompt in prompts:
            say(**fate(prompt))

    threads = [threading.Thread(target=ask, args=(prompts,)) for prompts in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say(done=True)


def take_turns(prompts, go):
    """Live as a kernel does: ask for the n-th prompt when there is the file `go` with n at its end."""
    say(ready=True)
    for number, prompt in enumerate(prompts):
        wait_for(f"{go}{number}")
        say(**fate(prompt))
    say(done=True)


def buy_for_ever(name):
    """Buy picture after picture until the budget is used up, or this process is killed."""
    say(ready=True)
    for number in itertools.count():
        try:
            for event in imagegen.default_session().submit(f"picture {name} {number}").events():
                if event is not None:
                    say(event=type(event).__name__)
        except ImagegenError as exc:
            say(event=type(exc).__name__, message=str(exc))
            return


def set_budget(usd):
    """A budget for all time."""
    try:
        imagegen.budget(usd, per="total")
    except ImagegenError as exc:
        say(error=type(exc).__name__, message=str(exc))
    say(done=True)


def look():
    """Say what the store and the ledger know."""
    try:
        entries = imagegen.history(limit=100_000)
        spent = imagegen.costs().spending.total
        say(
            stored={entry.prompt: [image.digest for image in entry.images] for entry in entries},
            usd=str(spent.usd),
            held_usd=str(spent.held_usd),
            held_calls=spent.held_calls,
        )
    except ImagegenError as exc:
        say(error=type(exc).__name__, message=str(exc))
    say(done=True)


WORK = {work.__name__: work for work in (buy, take_turns, buy_for_ever, set_budget, look)}


def needed():
    """The modules of a process that has bought a picture, so that a child has them at once: a child finds out."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "names"
        if not (pid := os.fork()):
            os.environ["IMAGEGEN_HOME"] = folder
            imagegen.generate("a first picture")
            names.write_text(json.dumps(list(sys.modules)))
            os._exit(0)
        os.waitpid(pid, 0)
        return json.loads(names.read_text())


def main():
    for name in needed():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that the dead are really gone
    print("imported", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        if "kill" in told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(told["kill"], signal.SIGKILL)
            continue
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(told.pop("say"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
            os.environ.update(told.pop("environ"))
            WORK[told.pop("work")](**told)
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
