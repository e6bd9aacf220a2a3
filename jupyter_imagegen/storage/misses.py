"""What to say when replay has no picture: how the request differs from the nearest recorded one."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from jupyter_imagegen.core.keys import input_digests
from jupyter_imagegen.errors import NotRecordedError
from jupyter_imagegen.storage.manifest import COMPOSITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.storage.cassette import Cassette
    from jupyter_imagegen.storage.manifest import Recording

_DIGITS = 12
#: Characters of a value that a message repeats, and of equal text left before the first difference.
_SHOWN = 60
_BEFORE = 12
#: It is for a message: so many characters of two prompts are compared, and of so many prompts, those whose
#: words are the most alike in any order. From so many characters on, words are compared in place of letters.
_COMPARED = 2_000
_CANDIDATES = 50
_LONG = 200


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
        "Change the cell back, or `%imagegen cassette use none` to make it; the lesson's author can "
        f"record it with `%imagegen cassette use {name} --mode record`."
    )
    there = len(cassette.find(key))
    if there:
        return NotRecordedError(
            f"{name} has {there} of the {n} pictures of this request, and replay calls no API: "
            f"n: {n} here, {there} recorded",
            hint=hint,
        )
    asked = _fields({"operation": request.operation, **request.parameters()}, input_digests(request))
    recorded = [one for one in cassette.manifest.recordings.values() if one.namespace != COMPOSITE]
    if not recorded:
        return NotRecordedError(f"{name} is empty, and replay calls no API", hint=hint)
    nearest = _nearest(asked, recorded)
    told = "; ".join(_differences(asked, _recorded_fields(nearest)))
    return NotRecordedError(
        f"{name} has no picture for this request, and replay calls no API. "
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


def _nearest(asked: Mapping[str, str], recorded: Sequence[Recording]) -> Recording:
    """The recording whose request differs least: another prompt is worse than two other parameters.

    Two prompts differ by what they do not share.
    """
    # No letter or word is too frequent to count: else nothing would in a long prompt.
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_compared(asked["prompt"], asked))
    bounds = []
    for i, one in enumerate(recorded):
        others = _fields_apart(asked, _recorded_fields(one))
        matcher.set_seq1(_compared(one.prompt, asked))
        bounds.append((others + _prompts_apart(asked, one, matcher.quick_ratio()), i, others))
    best, nearest = float("inf"), recorded[0]
    for bound, i, others in sorted(bounds)[:_CANDIDATES]:
        if bound >= best:
            break
        matcher.set_seq1(_compared(recorded[i].prompt, asked))
        distance = others + _prompts_apart(asked, recorded[i], matcher.ratio())
        if distance < best:
            best, nearest = distance, recorded[i]
    return nearest


def _compared(prompt: str, asked: Mapping[str, str]) -> Sequence[str]:
    part = prompt[:_COMPARED]
    return part.split() if len(asked["prompt"]) > _LONG else part


def _fields_apart(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    return sum(one.get(name) != other.get(name) for name in {*one, *other} - {"prompt"})


def _prompts_apart(asked: Mapping[str, str], one: Recording, alike: float) -> float:
    return 0 if asked["prompt"] == one.prompt else 2 + 6 * (1 - alike)


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
    begin = start - _BEFORE if start > _SHOWN - _BEFORE else 0
    part = value[begin : begin + _SHOWN]
    return f"{'…' if begin else ''}{part!r}{'…' if begin + _SHOWN < len(value) else ''}"
