"""Stored pictures: a list of them, and how one was made and from what."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import StoreError
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render import style
from jupyter_imagegen.render.captions import ALT_CHARACTERS, short_model
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.pictures import img, small_preview
from jupyter_imagegen.render.tables import Mark, Thumbnail, View, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from jupyter_imagegen.render.tables import Cell
    from jupyter_imagegen.storage import HistoryEntry
    from jupyter_imagegen.storage.forgetting import Forgotten
    from jupyter_imagegen.storage.lineage import Ancestor

#: What no store can reach.
_ELSEWHERE = (
    "Not deleted: copies in cassettes, saved notebooks, exports, backups, stores of others "
    "and running kernels."
)
_THUMBNAIL_SIDE = 72
_THUMBNAIL_BYTES = 4_000
#: How much of a key is enough to name it.
_KEY_DIGITS = 12


def history_view(
    entries: Sequence[HistoryEntry],
    *,
    text: str = "",
    origins: Callable[[HistoryEntry], Sequence[Ancestor]] = lambda _: (),
    zone: tzinfo | None = None,
) -> View:
    """Return stored pictures, the newest first, each with its key for `%imagegen show`.

    Parameters
    ----------
    entries
        What to show.
    text
        What was searched for.
    origins
        What an edit was made from.
    zone
        Whose time is told: the ledger's; None for that of this process.
    """
    title = f"History of “{one_line(text, 60)}”" if text else "History"
    if not entries:
        nothing = f"No prompt contains “{one_line(text, 60)}”. `%imagegen history` lists all that was made."
        return paragraphs(title, [nothing if text else "Nothing yet."])
    rows: list[list[Cell]] = [
        [
            _thumbnail(entry),
            " ".join(filter(None, (one_line(entry.alt or entry.prompt, 160), _chain(origins(entry))))),
            entry.provider if is_placeholder(entry.provider) else short_model(entry.model),
            str(len(entry.images)),
            format_usd(entry.cost_usd),
            _when(entry.last_made, zone),
            entry.key[:_KEY_DIGITS],
        ]
        for entry in entries
    ]
    head = ["", "prompt", "model", "pictures", "cost", "made", "key"]
    return table(title, head, rows, numbers={3, 4}, loose=1)


def forgotten_view(report: Forgotten) -> View:
    """Return what was forgotten, or would be."""
    number, requests = report.pictures, len({key for key, _ in report.samples})
    pictures = count_of(number, "picture")
    of = f" of {requests:,} requests" if requests > 1 else ""
    others = f" and {count_of(report.files, 'other file')} with words of them" if report.files else ""
    done = "would be forgotten" if report.dry_run else "forgotten"
    lines = [f"{pictures}{of}{others} {done}: {report.freed_bytes / 1e6:,.1f} MB."]
    if number:
        unknown = f", and an unknown cost of {report.unknown:,}" if report.unknown else ""
        cost = (
            f"What {'it' if number == 1 else 'they'} cost, {format_usd(report.cost_usd)}{unknown}, "
            "stays in the costs, without the prompts."
        )
        lines += [cost, "The same cell makes and pays for a new picture."]
    lines += [f"Not deleted: {reason}" for reason in report.left]
    return paragraphs("Forget", [*lines, _ELSEWHERE])


def _thumbnail(entry: HistoryEntry) -> Cell:
    from jupyter_imagegen import imaging

    if not entry.images:
        return "gone"
    try:
        kept = entry.images[0].load_preview()
        small = imaging.preview(kept.data, max_side=_THUMBNAIL_SIDE, max_bytes=_THUMBNAIL_BYTES)
    except (StoreError, imaging.ImageRejected):
        return "gone"
    return Thumbnail(preview=small, alt=one_line(entry.alt or entry.prompt, ALT_CHARACTERS))


def _chain(origins: Sequence[Ancestor]) -> str:
    """The words for what an edit was made from, and that from: `(from A, from B)`."""
    words, line = [], origins
    while line:
        words.append(", ".join(_ancestor(one) for one in line))
        # One line of descent is told: that of the picture which was changed.
        line = line[0].before
    return f"({', '.join(f'from {one}' for one in words)})" if words else ""


def _ancestor(one: Ancestor) -> str:
    return f"“{one_line(one.prompt, 60)}”" if one.prompt else f"picture {one.digest[:_KEY_DIGITS]}"


def _origin_rows(entry: HistoryEntry, origins: Sequence[Ancestor]) -> list[list[Cell]]:
    """What went in: a stored picture by its prompt and key, anything else by its digest."""
    rows: list[list[Cell]] = []
    for name, value in entry.inputs.items():
        if name == "images" and origins:
            line = origins
            while line:
                told = [
                    f"{_ancestor(one)}, key {one.key[:_KEY_DIGITS]}" if one.key else _ancestor(one)
                    for one in line
                ]
                rows.append(["made from" if line is origins else "that from", "; ".join(told)])
                line = line[0].before
        elif value:
            rows.append([name, _digests(value)])
    return rows


def recipe_view(entry: HistoryEntry, *, origins: Sequence[Ancestor] = (), zone: tzinfo | None = None) -> View:
    """Return how a stored picture was made: every word and parameter, what it was made from, what it cost."""
    made: dict[str, Any] = {"model": entry.model, **entry.parameters}
    rows: list[list[Cell]] = [["prompt", entry.prompt]]
    rows += [[name, str(value)] for name, value in made.items()]
    rows += _origin_rows(entry, origins)
    rows += [
        ["made", _when(entry.last_made, zone)],
        ["made by", entry.provider],
        ["cost", format_usd(entry.cost_usd)],
        ["pictures", str(len(entry.images))],
        ["key", entry.key],
    ]
    if entry.lost:
        rows.append(["lost", Mark(text=f"{entry.lost} damaged or missing", kind="warn")])
    if entry.notebook:
        rows.append(["notebook", entry.notebook])
    # Inside the store's folder: an output is shared, and whose machine it was is nobody's business.
    rows += [["file", "/".join(image.path.parts[-3:])] for image in entry.images if image.path is not None]
    words = table("Recipe", ["", ""], rows)
    return View(html=_figures(entry) + words.html, text=words.text)


def _figures(entry: HistoryEntry) -> str:
    """The pictures above their recipe; one that is damaged is left out here and counted below."""
    alt, shown = one_line(entry.alt or entry.prompt, ALT_CHARACTERS), []
    for number, image in enumerate(entry.images, 1):
        with contextlib.suppress(StoreError):
            words = alt if len(entry.images) == 1 else f"{alt} ({number} of {len(entry.images)})"
            shown.append(f"<figure>{img(small_preview(image), words)}</figure>")
    grid = f'<div class="grid">{"".join(shown)}</div>'
    return f"{style.PICTURES}{style.OPEN}{grid}</div>" if shown else ""


def _digests(value: object) -> str:
    several = value if isinstance(value, list | tuple) else [value]
    return ", ".join(str(digest)[:_KEY_DIGITS] for digest in several)


def _when(moment: datetime, zone: tzinfo | None) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
