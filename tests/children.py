"""Real child processes for the tests: they import the package fresh, and are interrupted and killed for real."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import textwrap

#: A child that makes one picture and says what came of it, as one line of JSON.
MAKE = """
    import json, sys
    import jupyter_imagegen as imagegen
    from jupyter_imagegen.errors import ImagegenError

    print("ready", flush=True)
    sys.stdin.readline()
    try:
        job = imagegen.default_session().submit({prompt!r}, **{options!r})
        for event in job.events():
            if type(event).__name__ == "Joined":
                print("joined", flush=True)
        r = job.result()
        told = {{
            "digests": [image.digest for image in r.images],
            "cached": r.cached,
            "cost": None if r.cost.usd is None else str(r.cost.usd),
            "notes": list(r.notes),
            "sizes": [len(image.bytes) for image in r.images],
        }}
    except ImagegenError as exc:
        told = {{"error": type(exc).__name__, "message": str(exc)}}
    print(json.dumps(told), flush=True)
    {after}
"""


#: From 3.12 on Python warns of every fork beside a thread, and such forks are what some tests are about.
_FORKS = "ignore:This process:DeprecationWarning"


def python(code, **environ):
    """A running child; its standard error is part of its output."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": _FORKS, **environ},
    )


@contextlib.contextmanager
def making(prompt="a lighthouse", *, after="pass", environ=None, **options):
    """A child that makes a picture as soon as it is told to with `go`; it never outlives the test."""
    child = python(MAKE.format(prompt=prompt, options=options, after=after), **(environ or {}))
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def go(*children):
    """Start them at one moment, when all have imported everything."""
    for child in children:
        line = child.stdout.readline()
        assert line == "ready\n", line + child.stdout.read()
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()


def joined(*children):
    """Wait until each waits for another run."""
    for child in children:
        line = child.stdout.readline()
        assert line == "joined\n", line + child.stdout.read()


def told(child):
    """What a child says of its picture."""
    while (line := child.stdout.readline()) == "joined\n":
        pass
    try:
        return json.loads(line)
    except ValueError:
        raise AssertionError(line + child.stdout.read()) from None


def output(code, *, timeout=60, **environ):
    """Everything that a child prints; it must end well."""
    child = python(code, **environ)
    try:
        said, _ = child.communicate(timeout=timeout)
    finally:
        child.kill()
    assert child.returncode == 0, said
    return said
