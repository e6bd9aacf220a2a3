"""Gradients and lights, made small once and enlarged to every shape."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@lru_cache(maxsize=2)
def falloff() -> Image:
    """A round light's brightness, 128 x 128: bright in the middle, 0 at the rim."""
    from PIL import Image

    side = 128
    half = (side - 1) / 2
    values = bytearray()
    for y in range(side):
        for x in range(side):
            d = min(1.0, math.hypot(x - half, y - half) / half)
            values.append(round(255 * (1 - d) ** 2 * (1 - 0.35 * d)))
    return Image.frombytes("L", (side, side), bytes(values))


@lru_cache(maxsize=256)
def ramp_of(kind: str, angle: float, cx: float, cy: float) -> Image:
    """Where a gradient stands (0 to 255) over its box, small: it is enlarged to the shape."""
    from PIL import Image

    side = 24
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    reach = (abs(c) + abs(s)) / 2
    values = bytearray()
    for y in range(side):
        for x in range(side):
            u, v = (x + 0.5) / side, (y + 0.5) / side
            if kind == "radial":
                t = math.hypot(u - cx, v - cy) / 0.82
            else:
                t = ((u - 0.5) * c + (v - 0.5) * s) / (2 * reach) + 0.5
            values.append(round(255 * max(0.0, min(1.0, t))))
    return Image.frombytes("L", (side, side), bytes(values))
