"""Real child processes for the tests: each has an interpreter of its own, and they are interrupted and killed for real."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

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


ENVIRONMENT = {"PYTHONWARNINGS": _FORKS}
#: What the interpreter reads when it begins: no forked child has it.
_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_")


def python(code, *arguments, fresh=False, stderr=subprocess.STDOUT, cwd=".", **environ):
    """A running child; its standard error is part of its output.

    It is forked from a process that has imported everything, unless it is to begin `fresh`, as where what it
    imports is looked at.
    """
    environ = {**os.environ, **ENVIRONMENT, **environ}
    # None takes a variable away.
    code, environ = textwrap.dedent(code), {name: it for name, it in environ.items() if it is not None}
    changed = {name for name in environ if environ[name] != (os.environ | ENVIRONMENT).get(name)}
    if fresh or not hasattr(os, "fork") or any(name.startswith(_AT_THE_START) for name in changed):
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=cwd,
            env=environ,
        )
    task = {"code": code, "arguments": arguments, "environ": environ, "cwd": str(Path(cwd).absolute())}
    return Forked(task, stderr)


COMMAND = "import sys; from jupyter_imagegen.cli import main; sys.exit(main())"


def command(*words, stdin="", timeout=60, **more):
    """A command of the shell in a process of its own, as `subprocess.run` has it."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        child = python(COMMAND, *words, stderr=errors.fileno(), **more)
        try:
            said, _ = child.communicate(stdin, timeout=timeout)
        finally:
            child.kill()
        errors.seek(0)
        return subprocess.CompletedProcess(words, child.returncode, said, errors.read())


class Forked:
    """A child of the zygote; what tests use of `subprocess.Popen`."""

    def __init__(self, task, stderr):
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        read_status, write_status = os.pipe()
        error, self.stderr = write_out if stderr == subprocess.STDOUT else stderr, None
        if stderr == subprocess.PIPE:
            read_error, error = os.pipe()
            self.stderr = os.fdopen(read_error, encoding="utf-8")
        body = json.dumps(task).encode()
        line = _zygote()
        socket.send_fds(line, [len(body).to_bytes(4, "big")], [read_in, write_out, error, write_status])
        line.sendall(body)
        for file in (read_in, write_out, write_status, *([error] if self.stderr else ())):
            os.close(file)
        self.stdin = os.fdopen(write_in, "w", encoding="utf-8")
        self.stdout = os.fdopen(read_out, encoding="utf-8")
        self._status = os.fdopen(read_status, encoding="ascii")
        self.pid, self.returncode = int(self._status.readline()), None

    def poll(self):
        if self.returncode is not None:
            return self.returncode
        return self.wait(0) if select.select([self._status], [], [], 0)[0] else None

    def wait(self, timeout=None):
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("child", timeout)
            self.returncode = int(self._status.readline())
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def _end_all(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def communicate(self, text="", timeout=None):
        """Give it this, and read what it says to its end; when it is late it ends, with what it forked."""
        late = threading.Timer(timeout or 600, self._end_all)
        late.start()
        try:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self.stdin.write(text or "")
                self.stdin.close()
            said = "" if self.stdout.closed else self.stdout.read()
            # A test's child says little there, so neither waits for the other.
            error = "" if self.stderr is None or self.stderr.closed else self.stderr.read()
            self.wait()
        finally:
            late.cancel()
        for file in (self.stdout, self.stderr, self._status):
            if file is not None:
                file.close()
        return said, None if self.stderr is None else error


@functools.cache
def _zygote():
    """The line to this worker's zygote, which ends with it."""
    ours, its = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("zygote.py")), str(its.fileno())],
        pass_fds=[its.fileno()],
        cwd=Path(__file__).parent,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **ENVIRONMENT},
    )
    its.close()

    @atexit.register
    def end():
        ours.close()
        process.wait(30)

    return ours


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


def output(code, *arguments, timeout=60, **more):
    """Everything that a child prints; it must end well."""
    child = python(code, *arguments, **more)
    try:
        said, _ = child.communicate(timeout=timeout)
    finally:
        child.kill()
    assert child.returncode == 0, said
    return said
