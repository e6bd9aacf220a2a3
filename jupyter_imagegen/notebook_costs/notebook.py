"""A notebook's file as it lies there: read with care, because it may come from anybody."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes; a notebook with hundreds of pictures in it stays far below.
MAX_NOTEBOOK_BYTES = 50_000_000
_FORMAT = 4
#: A cell of this id, or in older formats with this in its metadata, is the line that `--write` keeps.
COST_CELL = "imagegen-cost"
METADATA = "jupyter_imagegen"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell, as far as a plan looks at it.

    Attributes
    ----------
    number : int
        From 1, over all cells.
    kind : str
        `code`, `markdown` or `raw`.
    source : str
        What stands in it.
    tags : frozenset of str
        Its tags, such as `raises-exception`.
    """

    number: int
    kind: str
    source: str
    tags: frozenset[str] = frozenset()


def read_document(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Read a notebook's file: its bytes, and what they say.

    Raises
    ------
    RequestError
        If it is not there, too large, or not a notebook of format 4.
    """
    called = f"notebook {str(path)!r}"
    try:
        if not path.is_file():
            raise RequestError(f"{called} does not exist", hint="Give the path of an .ipynb file.")
        with path.open("rb") as file:
            data = file.read(MAX_NOTEBOOK_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise RequestError(f"{called} cannot be read: {getattr(exc, 'strerror', '') or exc}") from exc
    if len(data) > MAX_NOTEBOOK_BYTES:
        raise RequestError(
            f"{called} has more than {MAX_NOTEBOOK_BYTES // 1_000_000} MB, the most that is read",
            hint="Clear its outputs first.",
        )
    return data, _parsed(data, called)


def _parsed(data: bytes, called: str) -> dict[str, Any]:
    try:
        document: object = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise RequestError(f"{called} is damaged, or not a notebook: {exc}") from exc
    if not _is_table(document) or not isinstance(document.get("nbformat"), int):
        raise RequestError(f"{called} is JSON but not a notebook: it has no nbformat")
    if document["nbformat"] != _FORMAT:
        raise RequestError(
            f"{called} is of notebook format {document['nbformat']}, and {_FORMAT} is read here",
            hint="Open it in Jupyter and save it.",
        )
    listed = document.get("cells")
    if not isinstance(listed, list) or not all(_is_table(cell) for cell in listed):
        raise RequestError(f"{called} is damaged: its cells are not a list of cells")
    if not _is_table(document.setdefault("metadata", {})):
        raise RequestError(f"{called} is damaged: its metadata is not a table")
    return document


def cells(document: dict[str, Any]) -> list[Cell]:
    """The cells of a document that `read_document` gave; what is odd in one counts as empty."""
    return [_cell(number, cell) for number, cell in enumerate(document["cells"], 1)]


def is_cost_cell(cell: dict[str, Any]) -> bool:
    """Whether it is the line that `--write` keeps."""
    metadata = cell.get("metadata")
    return cell.get("id") == COST_CELL or (_is_table(metadata) and metadata.get(METADATA) == "cost")


def _cell(number: int, cell: dict[str, Any]) -> Cell:
    source, metadata = cell.get("source"), cell.get("metadata")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    tags = metadata.get("tags") if _is_table(metadata) else None
    return Cell(
        number=number,
        kind=str(cell.get("cell_type")),
        source=source if isinstance(source, str) else "",
        tags=frozenset(tag for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else frozenset(),
    )


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
