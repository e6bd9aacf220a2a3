"""A clock that tests turn, stores that are closed, pictures without Pillow, and children that die."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.imaging import Inspected
from jupyter_imagegen.storage import open_storage

CHILD = Path(__file__).with_name("child.py")


class Clock:
    def __init__(self, moment):
        self.moment = moment

    def __call__(self):
        return self.moment

    def turn(self, **by):
        self.moment += timedelta(**by)


class Drawing:
    """One request and the pictures drawn for it."""

    def __init__(self, storage, prompt):
        self.request = GenerateRequest(
            model="gpt-image-2.5-flare", prompt=prompt, size="1024x1024", quality="low"
        )
        self.key = request_key(self.request)
        self.inspected = Inspected(mime="image/png", width=8, height=8, has_alpha=False)
        self.storage = storage

    def keep(self, data, **more):
        return self.storage.pictures.keep(
            key=self.key,
            namespace=None,
            request=self.request,
            provider="openai",
            data=data,
            inspected=self.inspected,
            **more,
        )

    def reserve(self, ceiling="0.05", **more):
        return self.storage.ledger.reserve(
            key=self.key,
            provider="openai",
            model=self.request.model,
            endpoint="https://api.example.test",
            n=1,
            ceiling=None if ceiling is None else Decimal(ceiling),
            **more,
        )


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
def opened(home, clock):
    """Open stores of the test's home; all are closed at its end."""
    stores = []

    def open_again(session="session-1", folder=home):
        stores.append(open_storage(folder, now=clock, session=session))
        return stores[-1]

    yield open_again
    for store in stores:
        store.close()


@pytest.fixture
def storage(opened):
    return opened()


@pytest.fixture
def drawing(storage):
    return Drawing(storage, "a lighthouse at dusk")


@pytest.fixture
def draw():
    return Drawing


@pytest.fixture
def png():
    """A real picture of 8 by 8 pixels, different for every number."""

    def make(number=0):
        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        rows = b"".join(b"\0" + bytes((number % 256, number // 256 % 256, y * 8) * 8) for y in range(8))
        header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b"")
        )

    return make


@pytest.fixture
def child():
    """Start real processes that work on a store; those still alive are ended with the test."""
    started = []

    def start(*arguments, **more):
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, str(CHILD), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            **more,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def charges():
    """Every charge of a store, by id."""

    def read(storage):
        return {row["id"]: dict(row) for row in storage._database.all("SELECT * FROM charges")}

    return read


@pytest.fixture
def assert_sums_are_true():
    """The kept sums are what adding up the charges gives, by a second way of adding up."""

    def check(storage):
        expected = {}
        for row in storage._database.all("SELECT * FROM charges"):
            place = (row["day"], row["session"], row["provider"], row["model"])
            sums = expected.setdefault(place, [0, 0, 0, 0, 0])
            unknown = row["state"] == "possibly_billed" or (
                row["state"] == "settled" and row["cost_nano"] is None
            )
            if row["state"] == "settled" and not unknown:
                sums[0] += row["cost_nano"]
            if row["state"] in {"reserved", "sent"} or unknown:
                sums[1] += row["ceiling_nano"] or 0
            sums[2] += unknown
            sums[3] += row["state"] in {"sent", "settled", "possibly_billed"}
            if row["state"] in {"settled", "possibly_billed"}:
                sums[4] += row["pictures"]
        kept = {
            (row["day"], row["session"], row["provider"], row["model"]): [
                row[name] for name in ("cost_nano", "held_nano", "unpriced", "calls", "pictures")
            ]
            for row in storage._database.all("SELECT * FROM spending")
        }
        nothing = [0, 0, 0, 0, 0]
        for place in expected.keys() | kept.keys():
            assert kept.get(place, nothing) == expected.get(place, nothing), place

    return check
