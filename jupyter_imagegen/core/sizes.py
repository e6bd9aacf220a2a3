"""Which picture sizes a model can make, and the nearest one where it cannot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil, floor, log
from typing import Literal

_EXACT = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})", re.ASCII)
# What people write when they mean a size; used only to suggest the right spelling.
_MEANT = re.compile(r"\s*([0-9]{1,6})\s*[xX*\u00d7,]\s*([0-9]{1,6})\s*", re.ASCII)


#: The side of the square that every GPT image model makes, and that a square picture is asked for in.
SQUARE = 1024
#: For a model that the catalog does not know: the sizes that all of them have.
USUAL_SIZES = ("1024x1024", "1536x1024", "1024x1536")


def parse_size(size: str) -> tuple[int, int] | None:
    """Width and height in pixels of an exact `WIDTHxHEIGHT`, or None.

    Examples
    --------
    >>> parse_size("1536x1024"), parse_size("1536 X 1024"), parse_size("auto")
    ((1536, 1024), None, None)
    """
    match = _EXACT.fullmatch(size)
    return (int(match[1]), int(match[2])) if match else None


def meant_size(size: str) -> tuple[int, int] | None:
    """Width and height that a loosely written size seems to mean, or None.

    Examples
    --------
    >>> meant_size(" 1024 X 768 "), meant_size("big")
    ((1024, 768), None)
    """
    match = _MEANT.fullmatch(size)
    return (max(int(match[1]), 1), max(int(match[2]), 1)) if match else None


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes differ in shape by no more than the smaller one's pixels can tell.

    Examples
    --------
    >>> same_shape((1536, 1024), (64, 43)), same_shape((1536, 1024), (1024, 1024))
    (True, False)
    """
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)


@dataclass(frozen=True, kw_only=True)
class SizeRule:
    """The sizes of one model.

    Attributes
    ----------
    kind : {"free", "fixed"}
        Any size within the limits below, or only `values`.
    values : tuple of str
        For "fixed" all sizes there are; for "free" the usual ones.
    multiple_of : int
        Both sides are multiples of this.
    max_edge : int
        The longest side, in pixels.
    min_pixels, max_pixels : int
        Width times height.
    max_aspect : int
        The long side is at most this many times the short one.
    experimental_above : int
        Pixels above which the API calls its own result experimental.

    Examples
    --------
    >>> rule = SizeRule(kind="fixed", values=("1024x1024", "1536x1024"))
    >>> rule.nearest(1600, 900)
    '1536x1024'
    """

    kind: Literal["free", "fixed"]
    values: tuple[str, ...]
    multiple_of: int = 1
    max_edge: int = 0
    min_pixels: int = 0
    max_pixels: int = 0
    max_aspect: int = 1
    experimental_above: int = 0

    def broken(self, width: int, height: int, *, small: bool = False) -> str:
        """The rule that a size breaks, as half a sentence; empty where it breaks none.

        Parameters
        ----------
        width, height
            Pixels.
        small
            Whether the lower limit is waived, as it is for the frames of a GIF.
        """
        if self.kind == "fixed":
            ok = f"{width}x{height}" in self.values
            return "" if ok else f"it makes {spoken(self.values)}"
        short, long = sorted((width, height))
        step, pixels = self.multiple_of, width * height
        if width % step or height % step:
            return f"both sides must be multiples of {step}"
        if long > self.max_edge:
            return f"no side may be longer than {self.max_edge} pixels"
        if long > self.max_aspect * short:
            return f"the long side may be at most {self.max_aspect} times the short one"
        if pixels < self.min_pixels and not small:
            return f"it has {pixels:,} pixels and must have at least {self.min_pixels:,}"
        if pixels > self.max_pixels:
            return f"it has {pixels:,} pixels and may have at most {self.max_pixels:,}"
        return ""

    def nearest(self, width: int, height: int) -> str:
        """The possible size nearest to a wished one; of two equally near ones the larger."""
        if self.kind == "fixed":
            sizes = [found for value in self.values if (found := parse_size(value))]
        else:
            sizes = self._best_heights(height)
        best = min(
            sizes, key=lambda wh: ((wh[0] - width) ** 2 + (wh[1] - height) ** 2, -wh[0] * wh[1], -wh[0])
        )
        return f"{best[0]}x{best[1]}"

    def in_shape_of(self, width: int, height: int) -> str:
        """The possible size that is nearest to a picture's in shape, and then in pixels; square is 1024x1024.

        Examples
        --------
        >>> rule = SizeRule(kind="fixed", values=("1024x1024", "1536x1024", "1024x1536"))
        >>> rule.in_shape_of(4032, 3024), rule.in_shape_of(600, 800), rule.in_shape_of(2000, 2000)
        ('1536x1024', '1024x1536', '1024x1024')
        """
        if self.kind == "fixed":
            sizes = [found for value in self.values if (found := parse_size(value))]
        elif not self.broken(width, height):
            sizes = [(width, height)]
        else:
            sizes = self._of_shape(width, height)
        sizes = [(SQUARE, SQUARE) if w == h and not self.broken(SQUARE, SQUARE) else (w, h) for w, h in sizes]
        best = min(sizes, key=lambda size: self._apart(size, (width, height)))
        return f"{best[0]}x{best[1]}"

    def _apart(self, size: tuple[int, int], wished: tuple[int, int]) -> float:
        """How different two sizes look: shape counts eight times as much as the count of pixels."""
        shape = log(size[0] / size[1]) - log(wished[0] / wished[1])
        return 8 * abs(shape) + abs(log(size[0] * size[1] / (wished[0] * wished[1]))) / 2

    def _of_shape(self, width: int, height: int) -> list[tuple[int, int]]:
        """Possible sizes of about this shape: for each possible long side the fitting short one."""
        long, short = max(width, height), min(width, height)
        ratio = min(long / short, self.max_aspect)
        step = self.multiple_of
        pairs = [
            (w, side(w / ratio / step) * step)
            for w in range(step, self.max_edge + 1, step)
            for side in (floor, ceil)
        ]
        found = [(w, h) if width >= height else (h, w) for w, h in pairs if h and not self.broken(w, h)]
        return found or [parse_size(self.nearest(width, height)) or (SQUARE, SQUARE)]

    def largest_pixels(self) -> int:
        """The most pixels a picture of this model can have."""
        if self.kind == "free":
            return self.max_pixels
        return max(w * h for value in self.values if (wh := parse_size(value)) for w, h in [wh])

    def _best_heights(self, height: int) -> list[tuple[int, int]]:
        """For each possible width the possible height nearest to `height`."""
        step, found = self.multiple_of, []
        for w in range(step, self.max_edge + 1, step):
            least = max(-(-w // self.max_aspect), -(-self.min_pixels // w), 1)
            most = min(w * self.max_aspect, self.max_pixels // w, self.max_edge)
            low, high = -(-least // step) * step, most // step * step
            if low > high:
                continue
            # Half a step rounds up, so that of two equally near sizes the larger one wins.
            rounded = (height + step // 2) // step * step
            found.append((w, min(max(rounded, low), high)))
        return found


def spoken(words: tuple[str, ...] | list[str], last: str = "and") -> str:
    """Words as they are said: `low, medium and high`."""
    if len(words) < 2:  # noqa: PLR2004  one word needs no joining
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
