"""What the tests of the promises share: workers that can be killed, the loopback server's own book, a small disk."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

WORKERS = Path(__file__).with_name("workers.py")
#: US dollars for a million tokens of gpt-image-2.5-flare; not read from the package, whose sums are in question.
TEXT_IN, PICTURE_OUT = Decimal(5), Decimal(30)
TOKENS_OF_A_PICTURE = 196


class Worker:
    """A child that works: what it said, and how it ends."""

    def __init__(self, pid, file):
        self.pid = pid
        self._file = file

    @property
    def said(self):
        text = self._file.read_text() if self._file.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def told(self, name, seconds=30):
        """Wait until it has said a thing; gives what."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.said:
                if name in line:
                    return line
            time.sleep(0.005)
        raise AssertionError(f"it never said {name}: {self._file.read_text()[-2000:]}")

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.ended:
                return
            time.sleep(0.002)
        raise AssertionError("it did not end")

    @property
    def ended(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False


@pytest.fixture(scope="module")
def starter(tmp_path_factory):
    """The process that has imported everything and forks the workers."""
    if not hasattr(os, "fork"):
        pytest.skip("the workers are forked")
    errors = tmp_path_factory.mktemp("workers") / "errors.txt"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(WORKERS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
        assert process.stdout.readline() == "imported\n", errors.read_text()
        yield process
        process.kill()
        process.communicate()


@pytest.fixture
def work(starter, tmp_path):
    """Start workers in the test's environment: `work("buy_for_ever", name="a")`; none outlives the test."""
    started, numbers = [], itertools.count()

    def start(name, /, environ=None, **told):
        file = tmp_path / f"said-{next(numbers)}.txt"
        place = {"environ": {**os.environ, **(environ or {})}, "folder": str(tmp_path)}
        starter.stdin.write(json.dumps({"work": name, "say": str(file), **place, **told}) + "\n")
        starter.stdin.flush()
        started.append(Worker(int(starter.stdout.readline()), file))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def billed():
    """What the server's own book says that every picture it was asked for costs, in US dollars."""

    def add_up(server):
        total = Decimal(0)
        for request in server.requests:
            n = int(request.fields.get("n") or 1)
            words = 6 + 2 * len(str(request.fields["prompt"]).split())
            total += (words * TEXT_IN + n * TOKENS_OF_A_PICTURE * PICTURE_OUT) / 1_000_000
        return total

    return add_up


@pytest.fixture
def charges(home):
    """The ledger's rows as another program sees them."""

    def read():
        with contextlib.closing(
            sqlite3.connect(f"file:{home}/imagegen.sqlite3?mode=ro", uri=True)
        ) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM charges ORDER BY reserved_at, id")]

    return read


@pytest.fixture
def small_disk(tmp_path):
    """A real disk of 24 megabytes that can be filled; gives its folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(folder)]
    if (
        not sys.platform.startswith("linux")
        or os.getuid()
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("a disk of one's own needs root on Linux; the file-size limit stands in for it")
    yield folder
    # A thread that has just let go of a file may keep the disk busy for a moment.
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def until():
    """Wait for a condition, ten seconds at most."""

    def wait(condition):
        for _ in range(2000):
            if condition():
                return
            threading.Event().wait(0.005)
        raise AssertionError("it did not happen")

    return wait
