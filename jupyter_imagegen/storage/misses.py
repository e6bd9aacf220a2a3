"""What to say when replay has no picture: how the request differs from the nearest recorded one."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from jupyter_imagegen.core.keys import input_digests
from jupyter_imagegen.errors import NotRecordedError
from jupyter_imagegen.storage.manifest import COMPOSITE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.storage.cassette import Cassette
    from jupyter_imagegen.storage.manifest import Recording

_DIGITS = 12
#: Characters of a value that a message repeats, and of equal text left before the first difference.
_SHOWN = 60
_BEFORE = 12
#: Only so much of two prompts is compared: it is for a message.
_COMPARED = 2_000


def not_recorded(cassette: Cassette, request: GenerateRequest, key: str, n: int) -> NotRecordedError:
    """The error for a request that a cassette lacks, with what differs from the nearest recorded one.

    Parameters
    ----------
    cassette
        What is replayed.
    request, key
        What was asked.
    n
        How many pictures were asked for.
    """
    name = cassette.path.name
    hint = (
        "Change the cell back, or `%imagegen cassette use none` to make it; whoever made the lesson can "
        f"record it with `%imagegen cassette use {name} --mode record`."
    )
    there = len(cassette.find(key))
    if there:
        return NotRecordedError(
            f"{name} has {there} of the {n} pictures of this request, and replay calls nobody: "
            f"n: {n} here, {there} recorded",
            hint=hint,
        )
    asked = _fields({"operation": request.operation, **request.parameters()}, input_digests(request))
    recorded = [one for one in cassette.manifest.recordings.values() if one.namespace != COMPOSITE]
    if not recorded:
        return NotRecordedError(f"{name} is empty, and replay calls nobody", hint=hint)
    nearest = min(recorded, key=lambda one: _distance(asked, _recorded_fields(one)))
    told = "; ".join(_differences(asked, _recorded_fields(nearest)))
    return NotRecordedError(
        f"{name} has no picture for this request, and replay calls nobody. "
        f"The nearest recorded one ({nearest.key[:_DIGITS]}) differs: {told}",
        hint=hint,
    )


def _recorded_fields(one: Recording) -> dict[str, str]:
    return _fields({"operation": one.operation, **one.asked}, one.inputs)


def _fields(asked: Mapping[str, object], inputs: Mapping[str, object]) -> dict[str, str]:
    """Every field of a request as text, by the name that a person knows it by."""
    told = {name: str(value) for name, value in asked.items()}
    for name, value in inputs.items():
        digests = value if isinstance(value, list) else [value]
        for i, digest in enumerate(digests, 1):
            told[f"picture {i}" if name == "images" else name] = f"picture {str(digest)[:_DIGITS]}"
    return told


def _distance(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """How many fields differ; two prompts differ by what they do not share."""
    fields = sum(one.get(name) != other.get(name) for name in {*one, *other} - {"prompt"})
    pair = one["prompt"][:_COMPARED], other["prompt"][:_COMPARED]
    # Another prompt is worse than two other parameters, and the more so the less they share.
    return fields + (0 if pair[0] == pair[1] else 2 + 6 * (1 - SequenceMatcher(None, *pair).ratio()))


def _differences(here: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    told = []
    for name in sorted({*here, *recorded}, key=lambda name: (name != "prompt", name)):
        mine, theirs = here.get(name), recorded.get(name)
        if mine != theirs:
            start = _first_difference(mine or "", theirs or "")
            told.append(f"{name}: {_shown(mine, start)} here, {_shown(theirs, start)} recorded")
    return told


def _first_difference(one: str, other: str) -> int:
    same = (i for i, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs)
    return next(same, min(len(one), len(other)))


def _shown(value: str | None, start: int) -> str:
    if value is None:
        return "not set"
    if len(value) <= _SHOWN:
        return repr(value)
    begin = max(0, start - _BEFORE) if start > _SHOWN - _BEFORE else 0
    part = value[begin : begin + _SHOWN]
    return f"{'…' if begin else ''}{part!r}{'…' if begin + _SHOWN < len(value) else ''}"
