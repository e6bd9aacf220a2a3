"""What a command writes on stdout: lines for people, or one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.cli.outcomes import in_shell
from jupyter_imagegen.core.money import spent_words
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.escaping import plain as plain_text

if TYPE_CHECKING:
    from jupyter_imagegen.core.budgets import Scope
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.desk import Preflight
    from jupyter_imagegen.storage import Spent


def say(*lines: object) -> None:
    """Write lines for people, or a document; on the way to a terminal nothing in them can move it."""
    sys.stdout.write("".join(f"{plain_text(str(line))}\n" for line in lines))


def warn(text: str) -> None:
    """Write one line beside the results."""
    sys.stderr.write(f"{one_line(text)}\n")
    sys.stderr.flush()


def to_json(value: object) -> str:
    """One JSON document. Plain ASCII, because a pipe's encoding is anyone's guess."""
    return json.dumps(plain(value), indent=2)


def plain(value: object) -> Any:
    """Turn a value into what JSON has; money becomes text, so that nothing is rounded on the way.

    Fields that a repr leaves out (bytes, callables) are left out here too.

    Examples
    --------
    >>> from jupyter_imagegen.core.budgets import Budget
    >>> plain(Budget(scope="day", usd=Decimal("5.00")))
    {'scope': 'day', 'usd': '5.00'}
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def result_document(
    result: Result, saved: list[Path], today: Spent | None, left: Mapping[Scope, Decimal]
) -> dict[str, Any]:
    """A finished run: where each picture is, what it cost, and what is left to spend.

    Parameters
    ----------
    today
        What was spent today; None where the ledger cannot be read.
    """
    return {
        "key": result.key,
        "provider": result.provider,
        "model": result.request.model,
        "prompt": result.request.prompt,
        "cached": result.cached,
        "cost_usd": result.cost.usd,
        "saved_usd": result.cost.saved_usd,
        "ceiling_usd": result.cost.ceiling_usd,
        "recorded": result.recorded,
        "author_usd": result.cost.author_usd,
        "usage": result.usage,
        "seconds": round(result.seconds, 3),
        "images": [_image(image, path) for image, path in zip(result.images, saved, strict=True)],
        "notes": list(result.notes),
        "spent_today_usd": today and today.usd,
        "held_today_usd": today and today.held_usd,
        "held_today_calls": today and today.held_calls,
        "unknown_today_calls": today and today.unbounded,
        "today": spent_words(today) if today else "not known",
        "budget_left_usd": left,
    }


def preflight_document(preflight: Preflight) -> dict[str, Any]:
    """What a run would do: the exact request, its key, what is stored and what the rest would cost."""
    order, request = preflight.order, preflight.order.request
    named = {"images": getattr(request, "images", ()), "mask": getattr(request, "mask", None)}
    named["markup"] = getattr(request, "markup", None)
    return {
        "operation": request.operation,
        "provider": order.provider.name,
        "endpoint": order.provider.endpoint,
        "request": request.parameters(),
        "inputs": {name: value for name, value in named.items() if value},
        "n": order.options.n,
        "key": preflight.key,
        "stored": preflight.stored,
        "recorded": preflight.recorded,
        "author_usd": preflight.author_usd,
        "to_buy": 0 if preflight.stored and preflight.stopped else order.options.n - preflight.stored,
        "estimate": preflight.estimate,
        "notes": [in_shell(note) for note in preflight.told],
    }


def _image(image: Image, path: Path) -> dict[str, Any]:
    document: dict[str, Any] = plain(image)
    document["stored"] = document.pop("path")
    return {"path": str(path), **document}
