"""Forest and desert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import oval
from jupyter_imagegen.providers.demo.palette import Colour, mix

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.sheet import Sheet


def drifts(sheet: Sheet, top: float, bottom: float, white: Colour) -> None:
    """Blue hollows and bright crests in snow."""
    rng, light = sheet.rng, sheet.light
    for _ in range(sheet.many(16)):
        t = rng.random()
        y = top + (bottom - top) * (0.1 + 0.9 * t)
        x, w = rng.uniform(0, sheet.width), rng.uniform(90, 260) * (0.5 + t)
        sheet.fill(
            oval(x, y, w, 5 + 13 * t),
            mix(light.shaded(white), light.haze, 0.55),
            blur=9,
            opacity=0.42,
            edge=False,
        )
        sheet.fill(
            oval(x + light.side * w * 0.2, y - 6 - 9 * t, w * 0.8, 3 + 5 * t),
            light.lit((250, 252, 255)),
            blur=6,
            opacity=0.6,
            edge=False,
        )
