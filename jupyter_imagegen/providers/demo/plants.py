# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Trees, grass and flowers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import limb, ribbon, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled, turned

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet

LEAVES: dict[str, tuple[Colour, ...]] = {"": ((82, 124, 58), (70, 112, 62), (98, 134, 60)),
    "summer": ((78, 130, 56), (66, 118, 60), (100, 142, 58)), "spring": ((136, 172, 84), (232, 170, 186),
    (158, 184, 96)), "autumn": ((206, 116, 44), (222, 158, 54), (176, 72, 40)),
    "winter": ((208, 218, 228), (190, 204, 218), (226, 232, 238))}
PETALS: tuple[Colour, ...] = ((236, 92, 84), (248, 206, 92), (246, 240, 232), (198, 120, 196),
    (242, 150, 176))
GRASS: dict[str, Colour] = {"": (112, 146, 66), "summer": (110, 158, 66), "spring": (132, 170, 78),
    "autumn": (172, 150, 74), "winter": (232, 238, 244)}


def tree(sheet: Sheet, x: float, y: float, height: float, scene: Scene, *, distance: float = 0.0) -> None:
    """A broad tree whose foot is at (x, y), seen through `distance` of air."""
    rng, light = sheet.rng, sheet.light
    leaf = rng.choice(LEAVES[scene.season])
    bark: Colour = (92, 68, 52)

    def air(colour: Colour) -> Colour:
        return mix(colour, light.haze, distance)

    crown = height * 0.36
    cy = y - height * 0.64
    if height > 60:
        sheet.ground_shadow(x, y, crown * 1.2, opacity=0.3)
    trunk = smooth([(x, y), (x + height * 0.012, y - height * 0.25), (x, y - height * 0.6)], closed=False)
    sheet.fill(ribbon(trunk, (height * 0.085, height * 0.045, height * 0.03)), air(light.lit(bark)),
        air(light.shaded(bark)), angle=0 if light.side < 0 else 180)
    for side in (-1, 1):
        sheet.fill(ribbon([(x, y - height * 0.38), (x + side * crown * 0.3, y - height * 0.54),
            (x + side * crown * 0.5, y - height * 0.64)], (height * 0.03, height * 0.01)),
            air(light.shaded(bark)), edge=False)
    lobes = []
    for i in range(9):
        a = i * math.tau / 9 + rng.uniform(-0.2, 0.2)
        d = crown * rng.uniform(0.38, 0.62)
        lobes.append((x + math.cos(a) * d * 1.15, cy + math.sin(a) * d * 0.8,
            crown * rng.uniform(0.36, 0.52)))
    lobes.append((x, cy, crown * 0.62))
    dark = air(light.shaded(scaled(leaf, 0.86)))
    middle, bright = air(light.on(leaf)), air(light.lit(turned(leaf, value=1.1)))
    sheet.puffs(lobes, mix(middle, dark, 0.35), dark, blur=max(0.6, height * 0.006))
    dabs: list[tuple[float, float, float, float, Colour]] = []
    grain = max(1.6, height * 0.018)
    count = sheet.many(min(420, 60 + height * 1.1))
    for i in range(count):
        lx, ly, lr = rng.choice(lobes)
        a, d = rng.uniform(0, math.tau), lr * math.sqrt(rng.random()) * 1.06
        px, py = lx + math.cos(a) * d, ly + math.sin(a) * d * 0.92
        # Leaves towards the light catch it; those below and behind stay dark.
        towards = (light.side * (px - x) * 0.75 - (py - cy)) / crown * 0.6 + (
            light.side * (px - lx) - (py - ly)
        ) / lr * 0.3
        t = max(0.0, min(1.0, 0.5 + towards * 0.7 + rng.gauss(0, 0.14)))
        colour = mix(dark, middle, t * 2) if t < 0.5 else mix(middle, bright, t * 2 - 1)
        size = grain * rng.uniform(0.6, 1.25)
        dabs.append((px, py, size * 1.15, size * 0.85, colour))
        if i % 3 == 0 and t < 0.2:
            dabs[-1] = (px, py, size, size, scaled(dark, 0.92))
    sheet.dabs(dabs)


def bare_tree(sheet: Sheet, x: float, y: float, height: float, *, distance: float = 0.0,
    snow: bool = False) -> None:
    """A tree without leaves."""
    rng, light = sheet.rng, sheet.light
    colour = mix(light.shaded((84, 66, 58)), light.haze, distance)
    items: list[tuple[list[tuple[float, float]], float, Colour]] = []

    def grow(px: float, py: float, angle: float, length: float, width: float, depth: int) -> None:
        ex, ey = px + math.cos(angle) * length, py + math.sin(angle) * length
        items.append(([(px, py), (ex, ey)], width, colour))
        if snow and depth < 4 and abs(math.cos(angle)) > 0.45:
            items.append(([(px, py - width * 0.5), (ex, ey - width * 0.5)], width * 0.5, (240, 244, 250)))
        if depth > 1:
            for turn in (-0.45, 0.1, 0.5):
                if rng.random() < 0.86:
                    grow(ex, ey, angle + turn + rng.uniform(-0.16, 0.16), length * rng.uniform(0.62, 0.76),
                        width * 0.62, depth - 1)

    grow(x, y, -math.pi / 2 + rng.uniform(-0.06, 0.06), height * 0.3, height * 0.045, 5
        if sheet.detail > 0.6 else 4)
    sheet.lines(items)


def pine(sheet: Sheet, x: float, y: float, height: float, *, distance: float = 0.0, snow: bool = False,
    colour: Colour = (46, 84, 66)) -> None:
    """A fir whose foot is at (x, y)."""
    rng, light = sheet.rng, sheet.light
    dark = mix(light.shaded(colour), light.haze, distance)
    lit = mix(light.lit(turned(colour, value=1.12)), light.haze, distance)
    if height > 90:
        sheet.ground_shadow(x, y, height * 0.26, opacity=0.3)
    sheet.fill(limb((x, y), (x, y - height * 0.3), height * 0.02, height * 0.014), dark, edge=False)
    tiers = 4 if height < 60 else 7
    for i in range(tiers):
        t = i / tiers
        foot = y - height * (0.1 + 0.76 * t)
        top = foot - height * (0.34 - 0.1 * t)
        half = height * 0.21 * (1 - t) ** 0.85 + height * 0.035
        teeth = 5
        low = []
        for k in range(2 * teeth + 1):
            u = k / teeth - 1
            drop = height * (0.028 if k % 2 == 0 else -0.006) - abs(u) * height * 0.012
            low.append((x + u * half * rng.uniform(0.92, 1.06), foot + drop))
        outline = [(x, top), *reversed(low)]
        a, b = (lit, dark) if light.side < 0 else (dark, lit)
        sheet.fill(outline, mix(a, b, 0.15), b, angle=12, edge=tiers > 4)
        if snow:
            cap = [(x, top), (x + half * 0.62, foot - height * 0.05), (x + half * 0.2,
                foot - height * 0.035), (x - half * 0.14, foot - height * 0.055),
                (x - half * 0.6, foot - height * 0.03)]
            sheet.fill(cap, light.lit((246, 250, 255)), mix(light.on((226, 234, 246)), dark, 0.3),
                angle=20, edge=False)


def grass(sheet: Sheet, top: float, bottom: float, colour: Colour, count: float, *,
    tall: float = 26.0) -> None:
    """Blades over a slope, short in the distance and tall in front."""
    rng, light = sheet.rng, sheet.light
    items = []
    for _ in range(sheet.many(count * sheet.width / 1000)):
        t = rng.random() ** 0.7
        y = top + (bottom - top) * t
        x = rng.uniform(-10, sheet.width + 10)
        h = tall * (0.2 + 0.8 * t) * rng.uniform(0.5, 1.2)
        lean = h * rng.uniform(-0.35, 0.4)
        base = mix(light.shaded(colour), light.lit(turned(colour, value=1.12)), rng.random())
        items.append((((x, y), (x + lean * 0.35, y - h * 0.6), (x + lean, y - h)), max(1.0, 2.6 * t), base))
    sheet.lines(sorted(items, key=lambda item: item[0][0][1]))


def flowers(sheet: Sheet, top: float, bottom: float, count: float,
    colours: tuple[Colour, ...] = PETALS) -> None:
    """Meadow flowers: dots far away, blossoms in front."""
    rng, light = sheet.rng, sheet.light
    dots: list[tuple[float, float, float, float, Colour]] = []
    for _ in range(sheet.many(count * sheet.width / 1000)):
        t = rng.random() ** 0.8
        x, y = rng.uniform(0, sheet.width), top + (bottom - top) * t
        r = 1.4 + 6.2 * t * t * rng.uniform(0.7, 1.2)
        petal = rng.choice(colours)
        if r < 3.4:
            dots.append((x, y, r, r * 0.8, light.lit(petal)))
            continue
        for i in range(5):
            a = i * math.tau / 5 + rng.uniform(-0.2, 0.2)
            tone = light.lit(petal) if math.sin(a) < 0.3 else light.on(petal)
            dots.append((x + math.cos(a) * r * 0.8, y + math.sin(a) * r * 0.52, r * 0.62, r * 0.5, tone))
        dots.append((x, y, r * 0.4, r * 0.32, light.on((244, 196, 70))))
    sheet.dabs(sorted(dots, key=lambda d: d[1]))
