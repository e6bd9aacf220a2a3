# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""An isometric slab of the world, on which small things stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import plants
from jupyter_imagegen.providers.demo.geometry import box, oval
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet

_TOPS: dict[str, Colour] = {
    "sea": (56, 142, 178),
    "desert": (230, 190, 128),
    "moon": (176, 174, 172),
    "space": (92, 84, 132),
    "street": (128, 128, 138),
    "city": (128, 128, 138),
    "library": (150, 104, 68),
    "room": (176, 130, 88),
    "hall": (150, 110, 84),
    "table": (160, 112, 74),
    "underwater": (40, 120, 150),
}


def slab(sheet: Sheet, scene: Scene) -> Stage:
    """The slab with its top, two sides, and a few blocks or trees on it."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    top = scene.place_colour or _TOPS.get(scene.place, plants.GRASS[scene.season])
    ground = mix(light.sky[-1], turned(top, saturation=0.4), 0.4)
    sheet.fill(
        box(-5, -5, w + 5, h + 5), mix(ground, (255, 255, 255), 0.25), ground, edge=False, banded=False
    )
    cx, cy, half = w / 2, h * 0.6, min(w, h * 1.1) * 0.44
    thick = half * 0.2
    sheet.shadow(oval(cx, cy + thick + half * 0.36, half, half * 0.3), opacity=0.35, blur=30)

    def at(u: float, v: float) -> tuple[float, float]:
        """A place on the slab: u to the right back, v to the left back, 0 to 1."""
        return (cx + (u - v) * half, cy + half * 0.5 - (u + v) * half * 0.5)

    earth: Colour = (142, 102, 74) if scene.place not in ("sea", "underwater") else scaled(top, 0.7)
    left, front, right, back = at(0, 1), at(0, 0), at(1, 0), at(1, 1)
    sheet.fill(
        [left, front, (front[0], front[1] + thick), (left[0], left[1] + thick)],
        light.lit(earth),
        light.on(earth),
    )
    sheet.fill(
        [front, right, (right[0], right[1] + thick), (front[0], front[1] + thick)],
        light.on(scaled(earth, 0.8)),
        light.shaded(earth),
    )
    sheet.fill([left, back, right, front], light.lit(top), light.on(top), angle=60)
    for k in range(1, 8):
        sheet.lines(
            (
                ([at(k / 8, 0), at(k / 8, 1)], 1.5, light.on(scaled(top, 0.92))),
                ([at(0, k / 8), at(1, k / 8)], 1.5, light.on(scaled(top, 0.92))),
            )
        )
    cells = [
        (i, j)
        for i in range(8)
        for j in range(8)
        if not (1 < i < 6 and 0 <= j < 6) and not (0 <= i < 6 and 1 < j < 6)
    ]
    rng.shuffle(cells)
    for i, j in sorted(cells[: sheet.many(13)], key=lambda c: -(c[0] + c[1])):
        x, y = at((i + 0.5) / 8, (j + 0.5) / 8)
        if scene.place in ("city", "street", "page"):
            _block(
                sheet,
                x,
                y,
                half / 11,
                half * rng.uniform(0.16, 0.5),
                rng.choice(((206, 120, 92), (120, 150, 176), (226, 196, 140), (150, 130, 170))),
            )
        elif scene.place in ("meadow", "forest", "mountains", "valley", "abstract", "studio"):
            (plants.pine if rng.random() < 0.5 else _round_tree)(sheet, x, y, half * rng.uniform(0.2, 0.32))
    return Stage(
        x0=cx - half * 0.34,
        x1=cx + half * 0.34,
        ground=cy + half * 0.1,
        horizon=cy - half * 0.2,
        scale=half * 0.62,
        water=cy,
    )


def _round_tree(sheet: Sheet, x: float, y: float, size: float) -> None:
    sheet.form(box(x - size * 0.05, y - size * 0.4, x + size * 0.05, y), (112, 80, 58))
    sheet.ball(oval(x, y - size * 0.62, size * 0.3), (104, 156, 84))


def _block(sheet: Sheet, x: float, y: float, half: float, high: float, colour: Colour) -> None:
    """A small isometric house."""
    light = sheet.light
    q = half * 0.5
    sheet.fill(
        [(x - half, y), (x, y + q), (x, y + q - high), (x - half, y - high)],
        light.lit(colour),
        light.on(colour),
    )
    sheet.fill(
        [(x, y + q), (x + half, y), (x + half, y - high), (x, y + q - high)],
        light.on(scaled(colour, 0.82)),
        light.shaded(colour),
    )
    sheet.fill(
        [(x - half, y - high), (x, y + q - high), (x + half, y - high), (x, y - q - high)],
        light.lit(turned(colour, value=1.2)),
    )
    rows = max(1, int(high / (half * 0.7)))
    for r in range(rows):
        for k in (0.3, 0.7):
            wy = y - high + q * k + (r + 0.5) * high / rows
            sheet.fill(
                box(
                    x - half * (1 - k) - half * 0.1,
                    wy - half * 0.14,
                    x - half * (1 - k) + half * 0.1,
                    wy + half * 0.14,
                ),
                light.shaded((70, 84, 110)),
            )
