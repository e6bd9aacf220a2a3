"""The recipe of a picture: everything about it that the index knows, as JSON beside its bytes.

A lost index is built again from recipes. Nothing secret is in them: no key, no input picture, only digests.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.storage import files
from jupyter_imagegen.storage.files import is_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.imaging import Inspected

#: The form of the JSON. A reader takes every form up to its own.
RECIPE_VERSION = 1
#: Bytes. A prompt has at most 32,000 characters.
LARGEST_RECIPE = 10_000_000
#: Why a recipe cannot be read: it is no recipe (any more), only a newer version knows its form, or the disk
#: does not give it at this moment.
Unreadable = Literal["garbled", "newer", "hidden"]
#: What bytes are called of which nobody knows yet what they are.
UNKNOWN_MIME = "application/octet-stream"

#: The largest whole number that SQLite takes.
_LARGEST = 2**63 - 1
#: US dollars; what costs more is no picture's price, and too many nano-dollars for the index.
_DEAREST = 10**9


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One sample: what was asked, what came, what it cost.

    Attributes
    ----------
    id : str
        Unlike any other recipe's, so that one enters the index once only.
    key, sample, digest
        The request, the number of the drawing, the bytes.
    inputs : dict
        Digests of what went into an edit: `images` in order, `mask`, `markup`.
    usage : str or None
        Tokens of the whole call that drew it, as `usage_to_json` writes them.
    charge_id, session, day : str or None
        The call in the ledger, so that spending can be found again too.
    favourite : bool
        Whether its owner marked it.
    """

    id: str
    key: str
    sample: int
    digest: str
    mime: str
    width: int
    height: int
    size_bytes: int
    has_alpha: bool
    frames: int
    namespace: str | None
    provider: str
    operation: str
    model: str
    prompt: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    made_at: str
    seconds: float
    cost_usd: str | None
    usage: str | None
    revised_prompt: str | None
    request_id: str | None
    notebook: str | None
    alt: str
    charge_id: str | None
    session: str | None
    day: str | None
    favourite: bool = False

    def to_bytes(self) -> bytes:
        """UTF-8 JSON, readable by people too."""
        text = json.dumps({"recipe": RECIPE_VERSION, **asdict(self)}, ensure_ascii=False, indent=1)
        return text.encode("utf-8", "backslashreplace")

    def of_picture(self, inspected: Inspected) -> Recipe:
        """The same recipe, with what decoding told of the bytes."""
        return replace(
            self,
            mime=inspected.mime,
            width=inspected.width,
            height=inspected.height,
            has_alpha=inspected.has_alpha,
            frames=inspected.frames,
        )

    @property
    def wants_svg(self) -> bool:
        """Whether an SVG was asked for, which is let in only then."""
        return self.mime == "image/svg+xml" or self.parameters.get("output_format") == "svg"

    @property
    def cost(self) -> Decimal | None:
        """US dollars; None for unknown."""
        return None if self.cost_usd is None else Decimal(self.cost_usd)


def recipe_from_bytes(data: bytes) -> Recipe | None:
    """Read a recipe; None where it is cut, foreign, or of a form that only a newer version knows."""
    try:
        values = json.loads(data)
        if not isinstance(values, dict) or not 1 <= int(values["recipe"]) <= RECIPE_VERSION:
            return None
        # Recipes written before there were favourites do not say.
        values.setdefault("favourite", False)
        recipe = Recipe(**{f.name: values[f.name] for f in fields(Recipe)})
        datetime.fromisoformat(recipe.made_at)
        sound = (
            re.fullmatch(r"[0-9a-f]{16}", recipe.id) is not None
            and is_digest(recipe.digest)
            and is_digest(recipe.key)
            and all(_fits(values[f.name], str(f.type)) for f in fields(Recipe))
            and (recipe.cost is None or 0 <= recipe.cost < _DEAREST)
        )
    except (ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        return None
    return recipe if sound else None


def read_recipe(path: Path) -> Recipe | Unreadable:
    """A recipe of the store, or why it cannot be read.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """
    try:
        data = files.read(path) if files.regular(path).st_size <= LARGEST_RECIPE else b""
    except FileNotFoundError:
        raise
    except (OSError, StoreError):
        return "hidden"
    return recipe_from_bytes(data) or ("newer" if _is_newer(data) else "garbled")


def _is_newer(data: bytes) -> bool:
    try:
        form = json.loads(data)["recipe"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return type(form) is int and form > RECIPE_VERSION


def _fits(value: object, wanted: str) -> bool:
    """Whether a value is of the type that a field is written with, and one that the index takes."""
    if value is None:
        return wanted.endswith("| None")
    match wanted.removesuffix(" | None"):
        case "str":
            return isinstance(value, str) and value == storable(value)
        case "int":
            return type(value) is int and 0 <= value <= _LARGEST
        case "float":
            return type(value) in {int, float} and isfinite(value)  # type: ignore[arg-type]  # a number by then
        case "bool":
            return isinstance(value, bool)
        case _:
            return isinstance(value, dict)


def request_parameters(request: GenerateRequest) -> dict[str, Any]:
    """Every set parameter except the model and the prompt, which have places of their own."""
    named = request.parameters().items()
    return {
        name: dict(value) if name == "svg" else value  # type: ignore[call-overload]
        for name, value in named
        if name not in {"model", "prompt"}
    }


def utc_text(moment: datetime) -> str:
    """A moment as the store writes it: UTC, microseconds, always as wide, so that it sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def storable(text: str) -> str:
    """Text that any file and database takes: a lone surrogate becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
