"""Writes what a notebook costs into it: a table in its metadata, a line at its top, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.notebook_costs.notebook import COST_CELL, METADATA, is_cost_cell

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.notebook_costs.plans import Plan

#: The first minor version of the format whose cells have ids.
_WITH_IDS = 5


def with_cost_cell(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a notebook with a cell for its cost: where it is already, else at the top."""
    document = deepcopy(document)
    found = [cell for cell in document["cells"] if is_cost_cell(cell)]
    if not found:
        cell: dict[str, Any] = {"cell_type": "markdown", "metadata": {}, "source": []}
        if document.get("nbformat_minor", 0) >= _WITH_IDS:
            cell = {"cell_type": "markdown", "id": COST_CELL, "metadata": {}, "source": []}
        else:
            cell["metadata"] = {METADATA: "cost"}
        document["cells"].insert(0, cell)
    # One that was copied and pasted would say two things.
    copies = {id(cell) for cell in found[1:]}
    document["cells"] = [cell for cell in document["cells"] if id(cell) not in copies]
    return document


def write_costs(path: Path, before: bytes, document: dict[str, Any], plan: Plan) -> None:
    """Write a plan into the notebook that it was made for; a file that says so already is left alone.

    Parameters
    ----------
    path
        The file.
    before
        Its bytes.
    document
        What `with_cost_cell` gave.
    plan
        The plan of that.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    document = deepcopy(document)
    for cell in document["cells"]:
        if is_cost_cell(cell):
            cell["source"] = [cost_line(plan)]
    held = document["metadata"].get(METADATA)
    document["metadata"][METADATA] = {**(held if isinstance(held, dict) else {}), "cost": cost_table(plan)}
    after = _as_before(before, document)
    if after == before:
        return
    # A link stays a link: what it leads to is written.
    _replace(path.resolve(), after)


def cost_line(plan: Plan) -> str:
    """The line at the top, as Markdown.

    It says what holds for every reader, and so nothing of what this machine has stored.
    """
    total = plan.from_nothing
    count = count_of(plan.pictures, "picture")
    most = "" if total.ceiling == total.usd else f", at most {_money(total.ceiling)}"
    price = f"about {_money(total.usd)}{most}, for {count} by a real model when none is stored"
    words = [f"**What this notebook costs:** {price}; what is stored costs nothing."]
    if total.unknown:
        calls = count_of(total.unknown, "call")
        words.append(f"The price of {calls} more cannot be known before.")
    if plan.refused:
        words.append(f"{len(plan.refused)} would be refused.")
    return " ".join(words)


def cost_table(plan: Plan) -> dict[str, Any]:
    """The table in the metadata: no date, and nothing that differs from machine to machine."""
    total = plan.from_nothing
    return {
        "calls": [
            {
                "cell": row.cell,
                "model": row.model,
                "n": row.n,
                "quality": row.quality,
                "size": row.size,
                "usd": _exact(row.price.usd),
            }
            for row in plan.rows
        ],
        "ceiling_usd": _exact(total.ceiling),
        "pictures": plan.pictures,
        "unknown": total.unknown,
        "usd": _exact(total.usd),
    }


def _money(usd: Decimal) -> str:
    # Two bare dollar signs in a line would be mathematics to Jupyter and GitHub.
    return format_usd(usd).replace("$", "\\$")


def _exact(usd: Decimal | None) -> str | None:
    return None if usd is None else format(usd.normalize(), "f")


def _as_before(before: bytes, document: dict[str, Any]) -> bytes:
    """The document written as its file was: order, indentation, line ends, escapes, end of file."""
    text = before.decode("utf-8-sig")
    original = json.loads(text)
    margin = re.match(r"\{\r?\n([ \t]+)", text)
    # As Jupyter writes it, where the file has no style of its own.
    indent: str | int | None = margin[1] if margin else (1 if "\n" in text.strip() else None)
    style: dict[str, Any] = {"indent": indent, "ensure_ascii": text.isascii()}
    if list(original) == sorted(original):
        # Jupyter sorts names, and would move ours when it saves the notebook next.
        sorted_style = {**style, "sort_keys": True}
        if json.dumps(original, **sorted_style) == json.dumps(original, **style):
            style = sorted_style
    if style["ensure_ascii"] and "\\u" not in text:
        style["ensure_ascii"] = False
    written = json.dumps(document, **style)
    if "\r\n" in text:
        written = written.replace("\n", "\r\n")
    written += text[len(text.rstrip()) :]
    try:
        encoded = written.encode("utf-8")
    except UnicodeEncodeError:
        # Half of a pair, as some front ends leave it in outputs, can only stand as an escape.
        encoded = json.dumps(document, **{**style, "ensure_ascii": True}).encode()
    return (b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b"") + encoded


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that it is never half written."""
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except OSError as exc:
        if name:
            Path(name).unlink(missing_ok=True)
        raise StoreError(f"{str(path)!r} cannot be written: {exc.strerror or exc}") from exc
