"""The history of a cassette, as the store tells its own: requests, pictures, and what they came from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.storage.entering import searchable
from jupyter_imagegen.storage.history import HistoryEntry
from jupyter_imagegen.storage.lineage import MOST_GENERATIONS, Ancestor
from jupyter_imagegen.storage.manifest import COMPOSITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_imagegen.storage.cassette import Cassette
    from jupyter_imagegen.storage.manifest import Manifest, Recording


def recorded_history(cassette: Cassette, text: str = "", *, limit: int | None = None) -> list[HistoryEntry]:
    """Recorded requests whose prompt has the text, in any case and any Unicode form; newest first.

    Raises
    ------
    CassetteError
        If the cassette cannot be used.
    """
    sought = searchable(text)
    wanted = [
        samples for samples in _by_key(cassette.manifest).values() if sought in searchable(samples[0].prompt)
    ]
    # Not by the text of it: whoever made the cassette may have written it in any time zone.
    wanted.sort(key=lambda samples: max(map(_made, samples)), reverse=True)
    return [_entry(cassette, samples) for samples in wanted[: None if limit is None else max(0, limit)]]


def recorded_entry(cassette: Cassette, prefix: str) -> HistoryEntry | None:
    """The one recorded request whose key begins so; None where there is none, or more than one."""
    by_key = _by_key(cassette.manifest)
    keys = [key for key in by_key if key.startswith(prefix)]
    return _entry(cassette, by_key[keys[0]]) if len(keys) == 1 else None


def recorded_ancestors(cassette: Cassette, entry: HistoryEntry) -> tuple[Ancestor, ...]:
    """The pictures that went into a request, in order, each with what it was made from."""
    drawn = {one.digest: one for one in cassette.manifest.recordings.values()}
    return _from(drawn, entry.inputs, {entry.key}, MOST_GENERATIONS)


def _from(
    drawn: Mapping[str, Recording], inputs: Mapping[str, Any], seen: set[str], generations: int
) -> tuple[Ancestor, ...]:
    found = []
    for digest in inputs.get("images", []) if generations else []:
        one = drawn.get(digest)
        if one is None or one.key in seen:
            found.append(Ancestor(digest=digest))
            continue
        before = _from(drawn, one.inputs, seen | {one.key}, generations - 1)
        found.append(Ancestor(digest=digest, key=one.key, prompt=one.prompt, before=before))
    return tuple(found)


def _by_key(manifest: Manifest) -> dict[str, list[Recording]]:
    found: dict[str, list[Recording]] = {}
    for one in manifest.recordings.values():
        if one.namespace != COMPOSITE:
            found.setdefault(one.key, []).append(one)
    return found


def _entry(cassette: Cassette, samples: list[Recording]) -> HistoryEntry:
    one = samples[0]
    moments = [_made(sample) for sample in samples]
    return HistoryEntry(
        key=one.key,
        namespace=one.namespace,
        provider=one.provider,
        operation=one.operation,
        model=one.model,
        prompt=one.prompt,
        parameters=one.parameters,
        inputs=one.inputs,
        first_made=min(moments),
        last_made=max(moments),
        images=tuple(cassette.find(one.key)),
        lost=0,
        cost_usd=_sum(sample.cost for sample in samples),
        notebook=None,
        alt=max(samples, key=_made).alt,
    )


def _made(one: Recording) -> datetime:
    return datetime.fromisoformat(one.made_at)


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
