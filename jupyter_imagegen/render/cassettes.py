"""What the commands on cassettes show."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from jupyter_imagegen.core.money import sum_words
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render.captions import pixels, short_model
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.tables import Mark, View, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_imagegen.render.tables import Cell
    from jupyter_imagegen.storage.manifest import Manifest, Recording
    from jupyter_imagegen.storage.taping import Changed

#: Bytes from which on a cassette is called large. GitHub warns from 50 MiB and refuses from 100 MiB:
#: https://docs.github.com/repositories/working-with-files/managing-large-files (2026-11)
LARGE_BYTES = 50_000_000
_KEY_DIGITS = 12
_PROMPT_CHARACTERS = 48
_MEANINGS = {
    "live": "recorded pictures come first, then the store; what neither has is made",
    "replay": "only recorded pictures are shown, and no API is called",
    "record": "as live, and what is shown is recorded",
}
#: What becomes of recorded demo pictures where a key is set.
_ABOUT_DEMO = (
    "Live mode shows recorded demo pictures also where a key is set, so that nothing is bought. For "
    "real ones: "
    "--fresh, or %imagegen cassette use none."
)


def in_use_view(path: Path | None, mode: str, source: str, manifest: Manifest | None) -> View:
    """Return which cassette is in use, how, and what it holds."""
    if path is None:
        return paragraphs("No cassette", ["Use one with %imagegen cassette use FILE."])
    lines = [f"{path.name}, from {source}", f"{mode}: {_MEANINGS[mode]}"]
    if manifest is None:
        lines.append("It does not exist yet: the first picture creates it.")
    else:
        lines.append(_summary(manifest))
        lines += _large(path)
        if mode == "live" and _demo_pictures(manifest):
            lines.append(_ABOUT_DEMO)
    return paragraphs("Cassette", lines)


def in_use_line(path: Path | None, manifest: Manifest | None) -> str:
    """Say in one line what the cassette in use holds and cost; empty for none."""
    return "" if path is None or manifest is None else f"cassette {path.name}: {_summary(manifest)}"


def listing_view(path: Path, manifest: Manifest) -> View:
    """Return every recorded request: what was asked, how many pictures, what they cost their author."""
    by_key: dict[str, list[Recording]] = {}
    for one in manifest.recordings.values():
        by_key.setdefault(one.key, []).append(one)
    rows: list[list[Cell]] = []
    for key, samples in by_key.items():
        one = samples[0]
        kept = manifest.pictures[one.digest]
        quality = str(one.parameters.get("quality", ""))
        what = (short_model(one.model), pixels(f"{kept.width}x{kept.height}"), quality)
        words = one_line(one.alt or one.prompt, _PROMPT_CHARACTERS)
        cost: Cell = (
            Mark(text=one.provider, kind="warn") if is_placeholder(one.provider) else _dollars(samples)
        )
        rows.append([words, " · ".join(what), str(len(samples)), cost, key[:_KEY_DIGITS]])
    head = ["prompt", "", "pictures", "cost its author", "key"]
    foot = [_summary(manifest), *_large(path)]
    if _demo_pictures(manifest):
        foot.append(_ABOUT_DEMO)
    return table(path.name, head, rows, numbers={2, 3}, loose=0, foot=foot)


def changed_view(changed: Changed) -> View:
    """Return what came of a change to a cassette."""
    told = [
        f"{count} {what}"
        for count, what in ((changed.added, "added"), (changed.removed, "taken out"), (changed.kept, "kept"))
        if count
    ]
    size = size_words(changed.size_bytes) if changed.size_bytes else "not written"
    lines = [f"{changed.path.name}: {', '.join(told) or 'nothing changed'}", f"{size}, {changed.holds}"]
    lines += [f"Left out: {words}" for words in changed.left_out]
    return paragraphs("Cassette", lines)


def verified_view(path: Path, members: int) -> View:
    """Return that every picture of a cassette is what was recorded."""
    return paragraphs(
        "Cassette", [f"{path.name}: {count_of(members, 'picture file')} read, each is what was recorded."]
    )


def _large(path: Path) -> list[str]:
    size = path.stat().st_size
    return [size_words(size)] if size > LARGE_BYTES else []


def size_words(size_bytes: int) -> str:
    """Say how large a cassette is, and what to do about one that a Git host would refuse.

    Examples
    --------
    >>> size_words(1_300_000)
    '1.3 MB'
    """
    size = f"{size_bytes / 1e6:,.1f} MB"
    if size_bytes <= LARGE_BYTES:
        return size
    return (
        f"{size}; GitHub refuses files over 100 MB. Small copies are about 40 kB a picture: "
        "`%imagegen cassette export small.cassette --from-notebook lesson.ipynb --previews 512`"
    )


def _summary(manifest: Manifest) -> str:
    recordings = list(manifest.recordings.values())
    count = count_of(len(recordings), "picture")
    demo = _demo_pictures(manifest)
    if demo:
        count += ", all of them demo pictures" if demo == len(recordings) > 1 else f", {demo} of them demo"
    return f"{count}, {manifest.holds}; cost its author {_dollars(recordings)}, and $0.00 here"


def _demo_pictures(manifest: Manifest) -> int:
    return sum(is_placeholder(one.provider) for one in manifest.recordings.values())


def _dollars(recordings: Iterable[Recording]) -> str:
    """What recordings cost; what is not known is said and not counted as nothing."""
    costs = [one.cost for one in recordings]
    unknown = costs.count(None)
    return sum_words(sum((cost for cost in costs if cost is not None), Decimal(0)), unknown)
