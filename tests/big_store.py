"""Stores with very many pictures, made in seconds: tiny files and rows in bulk, as the store writes them."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from jupyter_imagegen.storage.files import INDEX, Shelf
from jupyter_imagegen.storage.recipes import Recipe

_MADE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_MODEL = "gpt-image-2.5-flare"


def bytes_of(number):
    """What lies in place of a picture: nothing here decodes it."""
    return f"picture {number}".encode()


def recipe_of(number):
    """The recipe of one of the pictures, each of a request of its own."""
    data = bytes_of(number)
    return Recipe(
        id=hashlib.sha256(f"id {number}".encode()).hexdigest()[:16],
        key=hashlib.sha256(f"key {number}".encode()).hexdigest(),
        sample=0,
        digest=hashlib.sha256(data).hexdigest(),
        mime="image/png",
        width=1024,
        height=1024,
        size_bytes=len(data),
        has_alpha=False,
        frames=1,
        namespace=None,
        provider="openai",
        operation="generate",
        model=_MODEL,
        prompt=f"a lighthouse at dusk in the manner of the {number}th painter",
        parameters={"size": "1024x1024", "quality": "low"},
        inputs={},
        made_at=f"{_MADE - timedelta(minutes=number):%Y-%m-%dT%H:%M:%S.000000+00:00}",
        seconds=8.0,
        cost_usd="0.006",
        usage=None,
        revised_prompt=None,
        request_id=None,
        notebook=f"lesson-{number % 40}.ipynb",
        alt="a lighthouse",
        charge_id=f"{number:016x}",
        session=f"session-{number // 100}",
        day=f"{_MADE - timedelta(minutes=number):%Y-%m-%d}",
    )


def fill(home, pictures, *, files=True, rows=True):
    """Put so many pictures into a home whose store was opened once: their files, their rows, or both."""
    shelf = Shelf(home)
    with contextlib.closing(sqlite3.connect(home / INDEX, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for number in range(pictures):
            recipe = recipe_of(number)
            if rows:
                _enter(connection, recipe)
            if files:
                original = shelf.original(recipe.digest, recipe.mime)
                original.parent.mkdir(mode=0o700, exist_ok=True)
                original.write_bytes(bytes_of(number))
                shelf.recipe(recipe.digest, recipe.key, 0).write_bytes(recipe.to_bytes())
        connection.execute("COMMIT")


def _enter(connection, recipe):
    values = asdict(recipe)
    connection.execute(
        "INSERT INTO pictures (digest, mime, width, height, size_bytes, has_alpha, frames)"
        " VALUES (:digest, :mime, :width, :height, :size_bytes, 0, 1)",
        {name: values[name] for name in ("digest", "mime", "width", "height", "size_bytes")},
    )
    connection.execute(
        "INSERT INTO requests VALUES (:key, NULL, :provider, :operation, :model, :prompt, :prompt,"
        """ '{"quality": "low", "size": "1024x1024"}', '{}', :made_at, :made_at)""",
        {name: values[name] for name in ("key", "provider", "operation", "model", "prompt", "made_at")},
    )
    connection.execute(
        "INSERT INTO samples (key, sample, id, digest, made_at, seconds, cost_nano, alt, notebook, charge_id,"
        " maker, searchable) VALUES (:key, 0, :id, :digest, :made_at, 8.0, 6000000, :alt, :notebook,"
        " :charge_id, :model, :prompt)",
        {
            name: values[name]
            for name in ("key", "id", "digest", "made_at", "alt", "notebook", "charge_id", "model", "prompt")
        },
    )
