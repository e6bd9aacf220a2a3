"""The tokens that the API says a call used."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

#: More than any images call can use; a larger number is nonsense.
MOST_TOKENS = 50_000_000
#: How some gateways write a number.
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one call, as `usage` in OpenAI's images answer; the sum over all its pictures.

    Attributes
    ----------
    text_input, image_input, text_output, image_output : int
        Tokens by kind.
    text_input_cached, image_input_cached : int
        The part of the input that was billed at the cached rate, where the API reports it.

    Examples
    --------
    >>> (Usage(text_input=13) + Usage(image_output=196)).total
    209
    """

    text_input: int = 0
    image_input: int = 0
    text_output: int = 0
    image_output: int = 0
    text_input_cached: int = 0
    image_input_cached: int = 0

    @property
    def total(self) -> int:
        """All tokens."""
        return self.text_input + self.image_input + self.text_output + self.image_output

    def __add__(self, other: Usage) -> Usage:
        """The tokens of two calls together."""
        return Usage(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Usage)})


class _NonsenseError(ValueError):
    """A number that cannot be a count of tokens."""


def usage_from_api(value: object) -> Usage | None:
    """Read `usage` of an images answer or of a stream's last event, and keep only what can be true.

    Parameters
    ----------
    value
        A dict, an object of the SDK, or anything a server may have sent instead.

    Returns
    -------
    Usage or None
        None where the server reported nothing, or nothing that can be true: a negative, fractional or
        huge number, parts that are not the sum, a picture without output tokens. An unknown cost is said
        to be unknown, never counted as 0.

    Notes
    -----
    A relay was seen to answer None inside the details; a stream's last event has no output details at all.
    Then what is not told apart counts as text going in, and as picture coming out.

    Examples
    --------
    >>> usage_from_api({"input_tokens": 13, "output_tokens": 196, "total_tokens": 209})
    Usage(text_input=13, image_input=0, text_output=0, image_output=196, ...)
    >>> usage_from_api({"input_tokens": -1, "output_tokens": 196}) is None
    True
    """
    try:
        return _read(value)
    except _NonsenseError:
        return None


def usage_to_json(usage: Usage | None) -> str | None:
    """One line of JSON for the store; zeros are left out.

    Examples
    --------
    >>> usage_to_json(Usage(text_input=13, image_output=196))
    '{"image_output":196,"text_input":13}'
    """
    if usage is None:
        return None
    counts = {f.name: n for f in fields(Usage) if (n := getattr(usage, f.name))}
    return json.dumps(counts, sort_keys=True, separators=(",", ":"))


def usage_from_json(text: str | None) -> Usage | None:
    """Read what `usage_to_json` wrote; None for nothing, and for what cannot be read.

    Names that a newer version wrote are passed over.

    Examples
    --------
    >>> usage_from_json('{"image_output":196,"text_input":13}').total
    209
    """
    if not text:
        return None
    try:
        counts = json.loads(text)
        if not isinstance(counts, dict):
            return None
        return Usage(**{f.name: _count(counts.get(f.name)) or 0 for f in fields(Usage)})
    except ValueError:
        return None


def _read(value: object) -> Usage | None:
    if value is None:
        return None
    details_in, details_out = _get(value, "input_tokens_details"), _get(value, "output_tokens_details")
    text_in, image_in = _split(
        _count(_get(value, "input_tokens")),
        _count(_get(details_in, "text_tokens")),
        _count(_get(details_in, "image_tokens")),
        rest_is_text=True,
    )
    text_out, image_out = _split(
        _count(_get(value, "output_tokens")),
        _count(_get(details_out, "text_tokens")),
        _count(_get(details_out, "image_tokens")),
        rest_is_text=False,
    )
    total = _count(_get(value, "total_tokens"))
    if total is not None and total != text_in + image_in + text_out + image_out:
        raise _NonsenseError
    if not image_out + text_out:
        return None
    text_cached, image_cached = _cached(value, details_in, text_in, image_in)
    return Usage(
        text_input=text_in,
        image_input=image_in,
        text_output=text_out,
        image_output=image_out,
        text_input_cached=text_cached,
        image_input_cached=image_cached,
    )


def _get(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _count(value: object) -> int | None:
    """A plausible number of tokens; None where there is none."""
    if value is None:
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _NonsenseError
    # The range comes first: int() of NaN or infinity raises something else.
    if not 0 <= value <= MOST_TOKENS or value != int(value):
        raise _NonsenseError
    return int(value)


def _split(total: int | None, text: int | None, image: int | None, *, rest_is_text: bool) -> tuple[int, int]:
    """Text and image tokens that add up to the total."""
    if total is None:
        return text or 0, image or 0
    rest = total - (text or 0) - (image or 0)
    if rest < 0:
        raise _NonsenseError
    if not rest:
        return text or 0, image or 0
    # Both parts were told, and they are not the whole.
    if text is not None and image is not None and text + image:
        raise _NonsenseError
    if image and text is None:
        return rest, image
    if text and image is None:
        return text, rest
    return (rest, 0) if rest_is_text else (0, rest)


def _cached(value: object, details: object, text_in: int, image_in: int) -> tuple[int, int]:
    """The cached part of the input, text and image."""
    split = _get(details, "cached_tokens_details") or _get(value, "cached_tokens_details")
    cached = _count(_get(details, "cached_tokens"))
    if cached is None:
        cached = _count(_get(value, "cached_tokens"))
    text, image = _count(_get(split, "text_tokens")), _count(_get(split, "image_tokens"))
    if text is None and image is None:
        # Not told apart: text first, because its discount is the smaller one.
        text = min(cached or 0, text_in)
        image = (cached or 0) - text
    text, image = text or 0, image or 0
    if text > text_in or image > image_in or (cached is not None and text + image > cached):
        raise _NonsenseError
    return text, image
