"""How many tokens a picture takes, going in and coming out: integers only, no floats.

Sources: OpenAI's calculator on its image guide for gpt-image-2 and 2.5 (community.openai.com/t/1382699,
checked against 25 list prices and live usage, 2026-11-22); the token table of the same guide for the models
before (2026-07-27); for input pictures measurements only, since OpenAI publishes no rule for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.core.sizes import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.core.sizes import SizeRule

_PATCH = 32
_MAGNIFIED_SIDE = 1024
_SQUARE_ADDER, _OBLONG_ADDER = 4160, 6240


@dataclass(frozen=True, kw_only=True)
class Span:
    """A number that is likely, and one that is not passed."""

    likely: int
    most: int

    def __add__(self, other: Span) -> Span:
        """Both numbers added."""
        return Span(likely=self.likely + other.likely, most=self.most + other.most)

    def __mul__(self, times: int) -> Span:
        """Both numbers multiplied."""
        return Span(likely=self.likely * times, most=self.most * times)


def formula_tokens(factor: int, width: int, height: int) -> int:
    """Output tokens of one picture by the calculator of OpenAI's image guide.

    `ceil(f * s * (2_000_000 + w*h) / 4_000_000)` with `s = round_half_even(f * short / long)`.

    Examples
    --------
    >>> formula_tokens(16, 1024, 1024), formula_tokens(48, 3840, 2160)
    (196, 3336)
    """
    short, long = sorted((width, height))
    whole, rest = divmod(factor * short, long)
    # The page rounds half to even; rounding half up differs for 590 of 233,168 sizes and qualities.
    if 2 * rest > long or (2 * rest == long and whole % 2):
        whole += 1
    return -(-factor * whole * (2_000_000 + width * height) // 4_000_000)


@dataclass(frozen=True, kw_only=True)
class TokenRule:
    """How many tokens one picture of a model takes.

    Attributes
    ----------
    kind : {"formula", "table", "bound", "none"}
        OpenAI's calculator; OpenAI's table; the calculator of the model before, with margins that hold every
        known measurement; nothing known.
    factors : mapping of quality to int
        The calculator's factor ("formula" and "bound").
    table : mapping of quality to size to int
        Output tokens ("table").
    likely_percent, most_percent : mapping of quality to int
        Per cent of the calculator's tokens that are likely, and that are not passed ("bound").
    margin : int
        Output tokens on top of the ceiling ("table"), where published prices pass the table's.
    text_output : int
        Text output tokens on top of the ceiling, for models that bill their own words.
    partial_image : int
        Output tokens of each partial image.
    input_rule : {"patches", "tiles", "none"}
        How input pictures are counted.
    input_most : int
        Tokens of one input picture that are not passed ("patches").
    text_overhead : Span
        Tokens on top of the prompt's.
    edit_overhead : Span
        Tokens on top of that for each input picture of an edit.
    """

    kind: Literal["formula", "table", "bound", "none"]
    factors: Mapping[str, int] = field(default_factory=dict)
    table: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    likely_percent: Mapping[str, int] = field(default_factory=dict)
    most_percent: Mapping[str, int] = field(default_factory=dict)
    margin: int = 0
    text_output: int = 0
    partial_image: int = 0
    input_rule: Literal["patches", "tiles", "none"] = "none"
    input_most: int = 0
    text_overhead: Span = Span(likely=0, most=0)
    edit_overhead: Span = Span(likely=0, most=0)

    @property
    def exact(self) -> bool:
        """Whether the output tokens are published and nothing else is billed on top."""
        return self.kind == "formula" or (self.kind == "table" and not self.margin and not self.text_output)

    def output(self, size: str, quality: str, sizes: SizeRule) -> Span | None:
        """Output tokens of one picture; None where it is unknown.

        `auto` for either is answered with the most that any allowed value takes, as likely and as most,
        because what the model will choose is not known before.
        """
        if self.kind == "none":
            return None
        if quality == "auto":
            spans = [self.output(size, each, sizes) for each in (self.factors or self.table)]
            most = max((span.most for span in spans if span), default=None)
            return None if most is None else Span(likely=most, most=most)
        if self.kind == "table":
            return self._from_table(size, quality)
        return self._from_formula(size, quality, sizes)

    def _from_table(self, size: str, quality: str) -> Span | None:
        row = self.table.get(quality)
        if row is None:
            return None
        if size == "auto":
            most = max(row.values()) + self.margin
            return Span(likely=most, most=most)
        tokens = row.get(size)
        return None if tokens is None else Span(likely=tokens, most=tokens + self.margin)

    def _from_formula(self, size: str, quality: str, sizes: SizeRule) -> Span | None:
        factor = self.factors.get(quality)
        if factor is None:
            return None
        if size == "auto":
            # The short side's share never passes the factor, so a square of the most pixels takes the most.
            tokens = -(-factor * factor * (2_000_000 + sizes.largest_pixels()) // 4_000_000)
        else:
            sides = parse_size(size)
            if sides is None:
                return None
            tokens = formula_tokens(factor, *sides)
        likely = -(-tokens * self.likely_percent.get(quality, 100) // 100)
        most = -(-tokens * self.most_percent.get(quality, 100) // 100)
        return Span(likely=most if size == "auto" else likely, most=most)

    def input_image(self, width: int, height: int, *, high_fidelity: bool = False) -> Span | None:
        """Tokens of one input picture; None where it is unknown.

        Examples
        --------
        >>> TokenRule(kind="none", input_rule="patches", input_most=1538).input_image(1024, 1024)
        Span(likely=1024, most=1538)
        >>> TokenRule(kind="none", input_rule="tiles").input_image(512, 512)
        Span(likely=194, most=194)
        """
        if self.input_rule == "none":
            return None
        short, long = sorted((width, height))
        if self.input_rule == "patches":
            return Span(likely=min(_patches(short, long), self.input_most), most=self.input_most)
        # The shortest side becomes one tile of 512 pixels.
        tokens = 65 + 129 * -(-long // short)
        if not high_fidelity:
            return Span(likely=tokens, most=tokens)
        # The adder for squares was never confirmed, so the ceiling takes the larger one.
        adder = _SQUARE_ADDER if short == long else _OBLONG_ADDER
        return Span(likely=tokens + adder, most=tokens + _OBLONG_ADDER)


def _patches(short: int, long: int) -> int:
    """Patches of 32 pixels; small pictures are magnified up to twice, and 3:1 is the widest."""
    long = min(long, 3 * short)
    if long < _MAGNIFIED_SIDE:
        target = min(_MAGNIFIED_SIDE, 2 * long)
        short, long = -(-short * target // long), target
    return -(-short // _PATCH) * -(-long // _PATCH)
