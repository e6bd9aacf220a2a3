# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""Great halls by candlelight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import art
from jupyter_imagegen.providers.demo.geometry import box, oval, ribbon, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, mix, scaled
from jupyter_imagegen.providers.demo.stage import Spot, Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet


def hall(sheet: Sheet, scene: Scene) -> Stage:
    """A great hall: columns, drapery, a painting, a chandelier, courtiers in their finery, candles."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    ground = h * 0.66
    sheet.fill(
        box(-5, -5, w + 5, ground + 5),
        light.on((74, 48, 34)),
        light.lit((112, 74, 46)),
        edge=False,
        banded=False,
    )
    # Panelling and a great painting in a gold frame.
    for i in range(6):
        x = w * (0.08 + 0.17 * i)
        panel = rounded(x - w * 0.06, h * 0.12, x + w * 0.06, h * 0.58, 6)
        sheet.line([*panel, panel[0]], 3, light.lit((156, 112, 58)))
    fx0, fx1, fy0, fy1 = w * 0.39, w * 0.61, h * 0.17, h * 0.42
    sheet.form(box(fx0 - 16, fy0 - 16, fx1 + 16, fy1 + 16), (196, 148, 66))
    sheet.fill(box(fx0, fy0, fx1, fy1), light.on((92, 106, 110)), light.on((150, 116, 74)), banded=False)
    sheet.puffs(
        [
            (fx0 + (fx1 - fx0) * rng.random(), fy0 + (fy1 - fy0) * rng.uniform(0.1, 0.5), rng.uniform(12, 30))
            for _ in range(9)
        ],
        light.on((196, 170, 130)),
        blur=8,
        opacity=0.5,
    )
    sheet.puffs(
        [
            (fx0 + 18 + (fx1 - fx0 - 36) * rng.random(), fy1 - rng.uniform(6, 30), rng.uniform(8, 18))
            for _ in range(10)
        ],
        light.on((58, 66, 44)),
        blur=3,
    )
    tiles(sheet, ground)
    for x in (0.14, 0.86):
        cx, half = w * x, w * 0.042
        lit, dark = light.lit((196, 164, 120)), light.shaded((120, 90, 66))
        sheet.fill(
            box(cx - half, h * 0.08, cx + half, ground + h * 0.03),
            lit if x < 0.5 else dark,
            dark if x < 0.5 else lit,
            angle=0,
        )
        for k in range(-2, 3):
            sheet.line([(cx + k * half * 0.36, h * 0.1), (cx + k * half * 0.36, ground)], 2.5, dark)
        sheet.form(
            box(cx - half * 1.5, ground + h * 0.01, cx + half * 1.5, ground + h * 0.045), (180, 148, 104)
        )
        sheet.form(
            [
                (cx - half * 1.1, h * 0.11),
                (cx - half * 1.6, h * 0.07),
                (cx + half * 1.6, h * 0.07),
                (cx + half * 1.1, h * 0.11),
            ],
            (206, 166, 92),
        )
    drapery = scene.colours[0] if scene.colours else None
    hollow = scaled(drapery, 0.6) if drapery else (90, 14, 24)
    ridge = scaled(drapery, 1.3) if drapery else (170, 48, 48)
    for side in (-1, 1):
        edge = w / 2 + side * w * 0.5
        drape = smooth(
            [
                (edge + side * 40, -30),
                (edge - side * w * 0.27, -30),
                (edge - side * w * 0.2, h * 0.13),
                (edge - side * w * 0.07, h * 0.34),
                (edge - side * w * 0.05, h * 0.52),
                (edge - side * w * 0.12, h * 0.88),
                (edge + side * 40, h * 0.92),
            ]
        )
        sheet.form(drape, drapery or (132, 26, 34))
        for k in range(6):
            fold = smooth(
                [
                    (edge - side * w * (0.02 + 0.045 * k), -20),
                    (edge - side * w * (0.015 + 0.028 * k), h * 0.2),
                    (edge - side * w * (0.008 + 0.009 * k), h * 0.44),
                    (edge - side * w * (0.01 + 0.016 * k), h * 0.86),
                ],
                closed=False,
            )
            tone = light.shaded(hollow) if k % 2 else light.lit(ridge)
            sheet.fill(ribbon(fold, (16, 9, 5, 16)), tone, opacity=0.6, blur=4, edge=False)
        sheet.line(
            smooth(
                [
                    (edge - side * w * 0.27, -10),
                    (edge - side * w * 0.2, h * 0.13),
                    (edge - side * w * 0.07, h * 0.34),
                ],
                closed=False,
            ),
            7,
            light.lit((220, 170, 80)),
        )
        sheet.ball(oval(edge - side * w * 0.06, h * 0.43, 13, 20), (214, 164, 76))
    chandelier(sheet, w / 2, h * 0.1, w * 0.15)
    # Courtiers in the half-dark, two by two.
    crowd = (
        (0.27, 0.735, "lady", (92, 50, 60)),
        (0.345, 0.73, "courtier", (46, 58, 74)),
        (0.655, 0.73, "courtier2", (60, 46, 40)),
        (0.73, 0.735, "lady2", (54, 74, 84)),
    )
    for x, y, kind, tone in crowd:
        art.paint(sheet, kind, Spot(w * x, h * y, h * 0.34, x > 0.5), tone)
    for x, y, size, kind, tone in (
        (0.21, 0.9, 0.5, "lady2", (196, 148, 62)),
        (0.795, 0.91, 0.5, "courtier", (38, 52, 86)),
        (0.435, 0.86, 0.46, "queen", (166, 36, 48)),
        (0.57, 0.865, 0.47, "king", (40, 84, 92)),
    ):
        art.paint(sheet, kind, Spot(w * x, h * y, h * size, x > 0.5), tone)
    for x in (0.075, 0.925):
        _stand(sheet, w * x, h * 0.93, h * 0.44)
    sheet.glow(w / 2, h * 0.52, h * 0.52, (255, 180, 96), 0.42)
    return Stage(x0=w * 0.32, x1=w * 0.68, ground=h * 0.93, horizon=ground, scale=h * 0.48)


def tiles(sheet: Sheet, ground: float) -> None:
    """A chequered marble floor in perspective."""
    light, w, h = sheet.light, sheet.width, sheet.height
    sheet.fill(box(-5, ground, w + 5, h + 5), light.on((96, 72, 52)), light.lit((150, 112, 76)), edge=False)
    rows, columns = 7, 16
    for r in range(rows):
        y0, y1 = (ground + (h - ground) * (k / rows) ** 1.7 for k in (r, r + 1))
        for c in range(columns):
            if (r + c) % 2:
                continue
            u0, u1 = ((k / columns - 0.5) for k in (c, c + 1))
            s0, s1 = (1.05 + 2.1 * ((y - ground) / (h - ground)) for y in (y0, y1))
            tone = mix(light.shaded((70, 46, 38)), light.on((84, 54, 40)), r / rows)
            sheet.fill(
                [
                    (w * (0.5 + u0 * s0), y0),
                    (w * (0.5 + u1 * s0), y0),
                    (w * (0.5 + u1 * s1), y1),
                    (w * (0.5 + u0 * s1), y1),
                ],
                tone,
                edge=False,
            )
    sheet.mirror(ground, h, opacity=0.3, ripple=1.0, tint=light.on((120, 84, 54)))


def chandelier(sheet: Sheet, x: float, y: float, half: float) -> None:
    """A brass chandelier with lit candles."""
    light = sheet.light
    brass: Colour = (206, 160, 78)
    sheet.line([(x, -10), (x, y)], 4, light.on(brass))
    sheet.ball(oval(x, y + half * 0.2, half * 0.12, half * 0.22), brass)
    for ring, lift in ((1.0, 0.0), (0.55, -0.16)):
        for k in (-1.0, -0.5, 0.5, 1.0):
            end = (x + k * half * ring, y + half * (0.16 + lift))
            sheet.line(
                smooth(
                    [(x, y + half * 0.3), (x + k * half * ring * 0.55, y + half * (0.5 + lift)), end],
                    closed=False,
                ),
                5,
                light.lit(brass),
            )
            art.paint(sheet, "candle", Spot(end[0], end[1] + 4, half * 0.3))
    sheet.glow(x, y + half * 0.1, half * 2.6, (255, 186, 96), 0.6)


def _stand(sheet: Sheet, x: float, y: float, size: float) -> None:
    light = sheet.light
    brass = light.lit((206, 160, 78))
    sheet.ball(oval(x, y, size * 0.12, size * 0.025), (190, 146, 70))
    sheet.line([(x, y), (x, y - size * 0.72)], size * 0.022, brass)
    for k in (-1, 0, 1):
        top = y - size * (0.74 if k else 0.8)
        if k:
            sheet.line(
                smooth(
                    [(x, y - size * 0.62), (x + k * size * 0.1, y - size * 0.6), (x + k * size * 0.12, top)],
                    closed=False,
                ),
                size * 0.016,
                brass,
            )
        art.paint(sheet, "candle", Spot(x + k * size * 0.12, top + 4, size * 0.22))
