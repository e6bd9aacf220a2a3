"""Stores that have grown: a lookup, the gallery's first page and the costs, against small ones."""

from __future__ import annotations

import contextlib
import hashlib
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.benchmarks.figures import Series, plain, ratio

_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_MODEL = "gpt-image-2.5-flare"
#: Charges a day and sessions a day of a busy class.
_CHARGES, _SESSIONS = 1000, 20


def lookup(lab):
    """A stored request, looked up for the first time in the process, among many and among few."""
    sizes = {"many": lab.some(20_000, 1_000_000), "few": lab.some(500, 1_000)}
    with contextlib.ExitStack() as stack:
        stores, keys = {}, {}
        for name, rows in sizes.items():
            stores[name] = stack.enter_context(_store(lab.new_folder()))
            _grow(stores[name], rows)
            keys[name] = [_kept(stores[name], f"a harbour, {i}", i) for i in range(lab.some(100, 400))]
        times = {"many": [], "few": []}
        for pair in zip(*(keys[name] for name in sizes), strict=True):
            for name, key in zip(sizes, pair, strict=True):
                started = time.perf_counter()
                found = stores[name].pictures.find(key, 1)
                times[name].append(time.perf_counter() - started)
                if len(found) != 1:
                    raise RuntimeError(f"the store with {name} has lost {key}")
    yield ratio(
        f"lookup with {sizes['many']:,} stored requests",
        Series.ms(times["many"]),
        Series.ms(times["few"]),
        limit=1.5,
        beside=f"with {sizes['few']:,}",
    )


def gallery(lab):
    """The first page as the browser asks for it, small copies read, in a store with many pictures and with ten."""
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.widgets.gallery import PAGE, Gallery

    # As many pictures on both pages, or the larger store would be blamed for showing more; and what 24 take.
    sizes = {"many": lab.some(1_000, 10_000), "ten": 10}
    times = {"many": [], "ten": [], "whole": []}
    with contextlib.ExitStack() as stack:
        galleries = {}
        for name, rows in sizes.items():
            session = Session(environ={"IMAGEGEN_HOME": str(lab.new_folder())}, now=lambda: _NOW)
            stack.callback(session.close)
            store = session.workshop.storage
            shown = min(rows, PAGE)
            if rows > shown:
                _grow(store, rows - shown)
            for i in range(shown):
                _kept(store, f"a harbour, {i}", i)
            galleries[name] = Gallery(session)
        for _ in range(lab.some(10, 50)):
            for name, shown in galleries.items():
                with _page_of(10):
                    times[name].append(_asked(shown))
            times["whole"].append(_asked(galleries["many"]))
    yield ratio(
        f"gallery's first page at {sizes['many']:,} pictures",
        Series.ms(times["many"]),
        Series.ms(times["ten"]),
        limit=1.5,
        beside="at 10 pictures, as many shown",
    )
    yield plain(
        f"gallery's first page at {sizes['many']:,}, {PAGE} shown", Series.ms(times["whole"]), limit=None
    )


def costs(lab):
    """Everything that `%imagegen costs` sums up, and the words on money under each picture."""
    from jupyter_imagegen.session import Session

    charges = lab.some(20_000, 1_000_000)
    session = Session(environ={"IMAGEGEN_HOME": str(lab.new_folder())}, now=lambda: _NOW)
    times, words = [], []
    with contextlib.closing(session):
        _spend(session.workshop.storage, charges)
        for _ in range(lab.some(5, 20)):
            started = time.perf_counter()
            told = session.accounts.costs()
            times.append(time.perf_counter() - started)
            if told.spending.total.calls != charges:
                raise RuntimeError(f"{told.spending.total.calls} calls of {charges} are in the sums")
            started = time.perf_counter()
            session.accounts.line()
            words.append(time.perf_counter() - started)
    yield plain(f"costs with {charges:,} charges", Series.ms(times), limit=50)
    yield plain(f"a caption's words on money with {charges:,} charges", Series.ms(words), limit=None)


def _asked(shown):
    started = time.perf_counter()
    shown.on_page({"ask": 1}, [])
    return time.perf_counter() - started


@contextlib.contextmanager
def _page_of(pictures):
    from jupyter_imagegen.widgets import gallery

    before, gallery.PAGE = gallery.PAGE, pictures
    try:
        yield
    finally:
        gallery.PAGE = before


@contextlib.contextmanager
def _store(folder):
    from jupyter_imagegen.storage import open_storage

    store = open_storage(folder, now=lambda: _NOW, session="bench")
    try:
        yield store
    finally:
        store.close()


def _kept(store, prompt, number):
    """A real picture in the store, with its files; gives its key."""
    from jupyter_imagegen.core.keys import request_key
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.imaging import inspect
    from tests.imageserver import paint

    request = GenerateRequest(model=_MODEL, prompt=prompt, size="256x256", quality="low")
    key, data = request_key(request, namespace=None), paint("256x256", seed=number)
    store.pictures.keep(
        key=key,
        namespace=None,
        request=request,
        provider="openai",
        data=data,
        inspected=inspect(data),
        cost_usd=Decimal("0.01"),
        notebook="lesson.ipynb",
    )
    return key


def _grow(store, rows):
    """Rows of pictures made before now, as the store writes them, without their files."""
    # Rows without files: a folder of pictures that has nothing in it would be taken for one that is not mounted.
    (store.pictures.shelf.pictures / "00").mkdir(exist_ok=True)
    keys = sorted(hashlib.sha256(str(i).encode()).hexdigest() for i in range(rows))
    moments = [f"{_NOW - timedelta(minutes=i + 1):%Y-%m-%dT%H:%M:%S.000000Z}" for i in range(rows)]
    prompts = [f"a lighthouse at dusk in the manner of the {i}th painter" for i in range(rows)]
    connection = _connection(store)
    with connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)"
            " VALUES (?, 'image/png', 1024, 1024, 2000000, 0, 1)",
            ((key[::-1],) for key in keys),
        )
        connection.executemany(
            "INSERT INTO requests VALUES (?, NULL, 'openai', 'generate', ?, ?, ?,"
            """ '{"size": "1024x1024", "quality": "low"}', '{}', ?, ?)""",
            ((k, _MODEL, p, p, at, at) for k, p, at in zip(keys, prompts, moments, strict=True)),
        )
        connection.executemany(
            "INSERT INTO samples (key, sample, id, digest, made_at, seconds, cost_nano, alt, notebook, maker,"
            " searchable) VALUES (?, 0, ?, ?, ?, 8.0, 6000000, ?, ?, ?, ?)",
            (
                (k, k[:16], k[::-1], at, p, f"lesson-{i % 40}.ipynb", _MODEL, p)
                for i, (k, p, at) in enumerate(zip(keys, prompts, moments, strict=True))
            ),
        )
    connection.close()


def _spend(store, charges):
    """Settled charges of the past years, and their sums as the ledger keeps them."""
    connection = _connection(store)
    today = _NOW.date()
    with connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO charges (id, key, provider, model, endpoint, session, day, n, state, ceiling_nano,"
            " cost_nano, pictures, attempts, reserved_at, sent_at, closed_at)"
            " VALUES (?, ?, 'openai', ?, 'api.openai.com', ?, ?, 1, 'settled', 7000000, 6000000, 1, 1, ?, ?, ?)",
            (
                (
                    f"{i:016x}",
                    f"{i:064x}",
                    _MODEL,
                    f"s{i // _CHARGES}-{i % _SESSIONS}",
                    str(day),
                    *(3 * [f"{day}T12:00:00.000000Z"]),
                )
                for i in range(charges)
                for day in (today - timedelta(days=i // _CHARGES),)
            ),
        )
        connection.execute(
            "INSERT INTO spending (day, session, provider, model, cost_nano, calls, pictures)"
            " SELECT day, session, provider, model, SUM(cost_nano), COUNT(*), SUM(pictures) FROM charges"
            " GROUP BY day, session, provider, model"
        )
    connection.close()


def _connection(store):
    import sqlite3

    from jupyter_imagegen.storage.store import INDEX

    return sqlite3.connect(store.home / INDEX, isolation_level=None)


MEASUREMENTS = {"lookup": lookup, "gallery": gallery, "costs": costs}
