"""What moves on water, road, rail and in the air."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.painting.geometry import Point, arc, box, oval, ribbon, rounded, smooth
from jupyter_imagegen.painting.palette import Colour, from_hue, mix, scaled, turned
from jupyter_imagegen.painting.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.painting.scene import Scene, Subject
    from jupyter_imagegen.painting.stage import Spot


def _afloat(sheet: Sheet, spot: Spot, width: float) -> Pen:
    """A pen for something on water: it bobs, and its reflection and bow wave lie under it."""
    y = spot.y + sheet.wave(1, spot.x / 400) * spot.scale * 0.012
    if sheet.layer == "back":
        w = width * spot.scale
        sheet.shadow(oval(spot.x, y + w * 0.06, w * 0.52, w * 0.09), opacity=0.42, blur=w * 0.03)
    return Pen(sheet, spot.x, y, spot.scale, flip=spot.flip)


def _ripples(pen: Pen, width: float) -> None:
    rng, light = pen.sheet.rng, pen.sheet.light
    if pen.sheet.layer != "back":
        return
    foam = mix(light.haze, (246, 250, 252), 0.55)
    pen.sheet.dabs(
        (*pen.at(rng.uniform(-0.6, 0.6) * width, 0.012 + abs(rng.gauss(0, 0.012))),
         pen.size * width * rng.uniform(0.02, 0.1), pen.size * 0.005, mix(foam, light.haze, rng.random() * 0.6))
        for _ in range(22)
    )  # fmt: skip


def sailboat(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A sloop with mainsail and jib, and their reflection."""
    pen = _afloat(sheet, spot, 0.62)
    light = sheet.light
    hull = subject.colour if subject.colour is not None and sum(subject.colour) < 560 else (150, 66, 48)
    sail = subject.colour or (246, 240, 228)
    if sheet.layer == "back":
        for y0, y1, half, tone in ((0.03, 0.1, 0.25, hull), (0.1, 0.42, 0.13, sail)):
            pen.sheet.fill(pen.all([(-half, y0), (half, y0), (half * 0.4, y1), (-half * 0.5, y1)]), light.on(tone), opacity=0.3,
                           blur=spot.scale * 0.018, edge=False)  # fmt: skip
    pen.line([(0, -0.05), (0.012, -1.0)], 0.014, light.on((120, 88, 62)))
    main = [
        (-0.012, -0.97),
        *smooth([(-0.015, -0.97), (-0.12, -0.55), (-0.3, -0.17)], closed=False),
        (-0.012, -0.145),
    ]
    jib = [(0.02, -0.86), *smooth([(0.02, -0.86), (0.17, -0.5), (0.31, -0.14)], closed=False), (0.035, -0.17)]
    pen.form(main, sail)
    pen.form(jib, scaled(sail, 0.95))
    for t in (0.3, 0.52, 0.74):
        y = -0.97 + 0.82 * t
        pen.line([(-0.012, y + 0.02), (-0.03 - 0.26 * t**1.25, y)], 0.005, light.shaded(sail))
    pen.line([(-0.32, -0.16), (0.01, -0.14)], 0.014, light.on((120, 88, 62)))
    pen.form([(-0.33, -0.1), (0.36, -0.115), *smooth([(0.36, -0.115), (0.27, -0.01), (0.16, 0.03)], closed=False),
              (-0.22, 0.03), (-0.31, -0.02)], hull)  # fmt: skip
    pen.line([(-0.33, -0.1), (0.36, -0.115)], 0.016, light.lit((240, 232, 214)))
    pen.form([(-0.16, -0.1), (-0.14, -0.145), (0.1, -0.145), (0.14, -0.108)], (222, 206, 180))
    flutter = 0.012 * sheet.wave(3)
    pen.flat([(0.012, -1.0), (-0.09, -0.985 + flutter), (0.012, -0.965)], light.on((200, 60, 52)))
    _ripples(pen, 0.66)


def ship(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A three-masted ship under full sail."""
    pen = _afloat(sheet, spot, 0.95)
    light = sheet.light
    hull = subject.colour or (110, 70, 48)
    sail: Colour = (240, 230, 208)
    wood = light.on((92, 64, 46))
    pen.line([(0.4, -0.17), (0.64, -0.3)], 0.016, wood)
    for x, top, width in ((-0.26, 0.72, 0.24), (0.02, 0.92, 0.3), (0.28, 0.76, 0.25)):
        pen.line([(x, -0.1), (x, -top)], 0.016, wood)
        rows = 3
        for row in range(rows):
            y1 = -0.2 - (top - 0.24) * row / rows
            y0 = y1 - (top - 0.24) / rows * 0.86
            w0, w1 = width * (0.42 - 0.07 * (row + 1)), width * (0.48 - 0.07 * row)
            belly = smooth([(x - w0, y0), (x + w0, y0), (x + w0 + 0.02, (y0 + y1) / 2), (x + w1 + 0.015, y1), (x, y1 - 0.03),
                            (x - w1 + 0.015, y1), (x - w0 + 0.035, (y0 + y1) / 2)], steps=4)  # fmt: skip
            pen.form(belly, scaled(sail, 1 - 0.03 * row))
            pen.line([(x - w0 - 0.02, y0), (x + w0 + 0.02, y0)], 0.01, wood)
        pen.flat(
            [(x, -top - 0.035), (x - 0.1, -top - 0.02 + 0.01 * sheet.wave(3)), (x, -top)],
            light.on((190, 50, 46)),
        )
    pen.form([(0.32, -0.2), (0.6, -0.285), (0.33, -0.62)], scaled(sail, 0.94))
    for a, b in (
        ((0.28, -0.76), (0.62, -0.29)),
        ((0.02, -0.92), (0.28, -0.2)),
        ((-0.26, -0.72), (-0.46, -0.26)),
    ):
        pen.line([a, b], 0.004, wood)
    body = [(-0.5, -0.26), (-0.36, -0.22), (-0.32, -0.15), (0.3, -0.14), (0.44, -0.2), *smooth(
        [(0.44, -0.2), (0.38, -0.05), (0.28, 0.03)], closed=False), (-0.36, 0.03), (-0.45, -0.04)]  # fmt: skip
    pen.form(body, hull)
    pen.line([(-0.46, -0.11), (-0.2, -0.085), (0.2, -0.08), (0.39, -0.11)], 0.02, light.lit((214, 164, 80)))
    for i in range(9):
        pen.flat(box(-0.36 + i * 0.08, -0.065, -0.33 + i * 0.08, -0.035), light.shaded((40, 28, 24)))
    for i in range(3):
        pen.flat(
            box(-0.475 + i * 0.035, -0.22, -0.455 + i * 0.035, -0.17),
            (255, 210, 120) if light.lamps else light.on((60, 70, 90)),
        )
    _ripples(pen, 1.0)


def steamer(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A steamship with two funnels and rows of portholes."""
    pen = _afloat(sheet, spot, 1.1)
    light = sheet.light
    hull = subject.colour or (42, 52, 72)
    for i in range(9):
        x, y = -0.06 - 0.09 * i, -0.52 - 0.025 * i - 0.01 * sheet.wave(1, i * 0.3)
        sheet.puffs([(*pen.at(x, y), spot.scale * (0.03 + 0.012 * i))], light.shaded((150, 146, 150)), blur=spot.scale * 0.02,
                    opacity=0.5 - 0.04 * i)  # fmt: skip
    for x in (-0.08, 0.12):
        pen.form([(x - 0.045, -0.26), (x - 0.06, -0.5), (x + 0.03, -0.5), (x + 0.045, -0.26)], (190, 66, 48))
        pen.flat(
            [(x - 0.056, -0.44), (x - 0.06, -0.5), (x + 0.03, -0.5), (x + 0.033, -0.44)],
            light.shaded((40, 38, 42)),
        )
    pen.form(box(-0.36, -0.2, 0.34, -0.12), (240, 236, 226))
    pen.form(box(-0.28, -0.28, 0.26, -0.2), (236, 230, 218))
    lit: Colour = (255, 214, 130) if light.lamps else light.shaded((70, 90, 116))
    for i in range(14):
        pen.flat(oval(-0.33 + i * 0.05, -0.16, 0.011, steps=10), lit)
    for i in range(10):
        pen.flat(oval(-0.25 + i * 0.053, -0.24, 0.011, steps=10), lit)
    pen.form(
        [
            (-0.52, -0.14),
            (0.56, -0.17),
            *smooth([(0.56, -0.17), (0.48, -0.03), (0.42, 0.03)], closed=False),
            (-0.44, 0.03),
        ],
        hull,
    )
    pen.line([(-0.47, -0.01), (0.44, -0.01)], 0.024, light.on((170, 48, 44)))
    for x in (-0.42, 0.44):
        pen.line([(x, -0.14), (x, -0.46)], 0.01, light.on((110, 90, 70)))
    _ripples(pen, 1.2)


def train(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A steam locomotive with coaches; its wheels stand at the spot's height."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light, rng = sheet.light, sheet.rng
    paint = subject.colour or (38, 74, 62)
    brass = light.lit((212, 164, 80))
    iron: Colour = (48, 48, 54)
    white = mix(light.lit((244, 242, 240)), light.haze, 0.12)
    # Steam streams back from the chimney, over the coaches.
    for i in range(13):
        t = i / 13 + sheet.phase / 13
        x = 0.36 - 1.7 * t
        y = -0.54 - 0.34 * t**0.7
        r = 0.035 + 0.15 * t
        circles = [(*pen.at(x + rng.gauss(0, r * 0.5), y + rng.gauss(0, r * 0.4)), r * spot.scale * rng.uniform(0.5, 0.9))
                   for _ in range(5)]  # fmt: skip
        sheet.puffs(circles, white, mix(white, light.shaded((150, 148, 160)), 0.75), blur=spot.scale * (0.012 + 0.03 * t),
                    opacity=0.8 - 0.6 * t)  # fmt: skip
    coach: Colour = (132, 44, 44) if subject.colour is None else scaled(subject.colour, 0.85)
    for k in range(4):
        x1 = -0.62 - k * 0.84
        x0 = x1 - 0.78
        pen.form(rounded(x0, -0.4, x1, -0.07, 0.02), coach)
        pen.flat(box(x0 + 0.01, -0.32, x1 - 0.01, -0.175), light.lit((236, 218, 184)))
        pen.form(
            [(x0 - 0.01, -0.39), *arc((x0 + x1) / 2, 0.62, 1.1, 250, 290, steps=10), (x1 + 0.01, -0.39)],
            (70, 68, 74),
        )
        for i in range(6):
            wx = x0 + 0.06 + i * 0.118
            glass = (255, 216, 132) if light.lamps else mix(light.sky[-1], light.shaded((52, 62, 84)), 0.55)
            pen.flat(rounded(wx, -0.305, wx + 0.082, -0.195, 0.015), glass)
        for wx in (x0 + 0.12, x0 + 0.24, x1 - 0.24, x1 - 0.12):
            pen.ball(oval(wx, -0.045, 0.05), iron)
            pen.flat(oval(wx, -0.045, 0.02, steps=12), light.on((140, 134, 128)))
        pen.line([(x0, -0.065), (x1 + 0.08, -0.065)], 0.018, light.shaded(iron))
    # Tender and cab.
    pen.form(box(-0.58, -0.29, -0.3, -0.07), paint)
    pen.form(
        smooth([(-0.57, -0.28), (-0.5, -0.34), (-0.44, -0.33), (-0.36, -0.35), (-0.31, -0.28)], steps=4),
        (40, 38, 42),
    )
    pen.form(box(-0.27, -0.44, -0.03, -0.07), paint)
    pen.form([(-0.3, -0.43), (-0.28, -0.47), (-0.02, -0.47), (0.0, -0.43)], scaled(iron, 0.9))
    pen.flat(
        rounded(-0.22, -0.39, -0.1, -0.27, 0.02),
        (255, 190, 96) if light.lamps else light.shaded((60, 66, 80)),
    )
    # Boiler: a cylinder has its light along its top.
    b0, b1 = pen.at(-0.04, -0.37), pen.at(0.45, -0.13)
    tube = box(min(b0[0], b1[0]), b0[1], max(b0[0], b1[0]), b1[1])
    sheet.fill(tube, light.lit(paint), light.shaded(scaled(paint, 0.75)), angle=90)
    gleam = box(min(b0[0], b1[0]), b0[1] + spot.scale * 0.03, max(b0[0], b1[0]), b0[1] + spot.scale * 0.05)
    sheet.fill(gleam, mix(light.lit(paint), light.sun, 0.6), opacity=0.6, blur=spot.scale * 0.01, edge=False)
    for x in (0.06, 0.19, 0.32):
        pen.line([(x, -0.37), (x, -0.13)], 0.012, brass)
    pen.form(rounded(0.43, -0.385, 0.52, -0.12, 0.02), iron)
    pen.ball(oval(0.505, -0.25, 0.05, 0.09), scaled(iron, 0.9))
    pen.form(
        [(0.34, -0.37), (0.345, -0.47), (0.325, -0.53), (0.435, -0.53), (0.415, -0.47), (0.42, -0.37)], iron
    )
    pen.line([(0.32, -0.53), (0.44, -0.53)], 0.018, brass)
    pen.form([(0.12, -0.365), *arc(0.17, -0.4, 0.045, 180, 360, steps=10), (0.22, -0.365)], (200, 150, 70))
    pen.form([(-0.01, -0.365), *arc(0.03, -0.385, 0.03, 180, 360, steps=10), (0.07, -0.365)], (200, 150, 70))
    pen.form(box(-0.3, -0.14, 0.55, -0.085), (150, 44, 40))
    pen.form([(0.52, -0.1), (0.64, -0.005), (0.5, -0.005)], iron)
    turn = math.tau * sheet.phase
    for x, r in ((-0.16, 0.1), (0.06, 0.1), (0.27, 0.1), (0.44, 0.06)):
        pen.ball(oval(x, -r, r), (124, 36, 34))
        pen.flat(oval(x, -r, r * 0.74), light.shaded((70, 30, 30)))
        for k in range(8):
            a = turn + k * math.tau / 8
            pen.line(
                [(x, -r), (x + math.cos(a) * r * 0.86, -r + math.sin(a) * r * 0.86)],
                0.009,
                light.on((160, 60, 54)),
            )
        pen.ball(oval(x, -r, r * 0.22), (190, 180, 170))
    lift = 0.05 * math.sin(turn)
    pen.line([(-0.16, -0.1 + lift), (0.27, -0.1 + lift)], 0.022, light.lit((190, 192, 198)))
    pen.ball(oval(0.535, -0.4, 0.03), (236, 214, 150))
    if light.lamps or scene.weather in ("fog", "rain"):
        pen.glow(0.55, -0.4, 0.4, (255, 226, 160), 0.8)
    puffs = [
        (
            *pen.at(0.5 + rng.uniform(-0.1, 0.2), -0.02 - rng.random() * 0.05),
            spot.scale * rng.uniform(0.02, 0.05),
        )
        for _ in range(7)
    ]
    sheet.puffs(puffs, white, blur=spot.scale * 0.02, opacity=0.5)


def car(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A rounded small car with its lamps lit at night."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = subject.colour or (190, 62, 48)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.0, opacity=0.5)
    body = smooth([(-0.5, -0.1), (-0.5, -0.22), (-0.4, -0.29), (-0.28, -0.31), (-0.16, -0.46), (0.08, -0.47), (0.22, -0.32),
                   (0.42, -0.27), (0.5, -0.2), (0.51, -0.1), (0.4, -0.06), (-0.42, -0.06)])  # fmt: skip
    pen.form(body, paint)
    glass = mix(light.sky[-1], light.shaded((56, 70, 90)), 0.5)
    pen.flat(smooth([(-0.235, -0.31), (-0.14, -0.43), (-0.035, -0.435), (-0.035, -0.31)], steps=4), glass)
    pen.flat(smooth([(-0.005, -0.31), (-0.005, -0.435), (0.065, -0.43), (0.16, -0.315)], steps=4), glass)
    pen.line([(-0.48, -0.2), (0.48, -0.19)], 0.01, light.lit(turned(paint, value=1.3)))
    pen.line([(-0.02, -0.3), (-0.02, -0.09)], 0.006, light.shaded(paint))
    pen.line([(-0.13, -0.25), (-0.07, -0.25)], 0.014, light.lit((220, 220, 220)))
    for x in (-0.29, 0.31):
        pen.flat(oval(x, -0.085, 0.115), light.shaded(scaled(paint, 0.4)))
        pen.ball(oval(x, -0.085, 0.095), (44, 44, 50))
        pen.ball(oval(x, -0.085, 0.05), (196, 200, 206))
        pen.flat(oval(x, -0.085, 0.015, steps=10), light.shaded((80, 80, 86)))
    pen.ball(oval(0.475, -0.195, 0.035, 0.04), (255, 240, 200))
    pen.flat(oval(-0.495, -0.2, 0.016, 0.03), (220, 60, 46))
    pen.line([(-0.53, -0.08), (0.53, -0.08)], 0.024, light.on((180, 184, 190)))
    if light.lamps:
        x, y = pen.at(0.5, -0.19)
        reach = pen.sign * spot.scale
        sheet.fill([(x, y - 8), (x + reach * 0.9, y - spot.scale * 0.1), (x + reach * 0.9, y + spot.scale * 0.2), (x, y + 8)],
                   (255, 238, 190), opacity=0.3, blur=spot.scale * 0.03, edge=False)  # fmt: skip
        sheet.glow(x, y, spot.scale * 0.25, (255, 230, 170), 0.9)
        sheet.glow(*pen.at(-0.5, -0.2), spot.scale * 0.14, (255, 60, 40), 0.8)


def bus(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A tram: long, with many windows."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = subject.colour or (206, 76, 52)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 1.2, opacity=0.5)
    pen.form(rounded(-0.62, -0.52, 0.62, -0.06, 0.06), paint)
    pen.form(rounded(-0.62, -0.52, 0.62, -0.3, 0.06), (240, 228, 200))
    for i in range(7):
        x = -0.56 + i * 0.163
        glass = (255, 220, 140) if light.lamps else mix(light.sky[-1], light.shaded((52, 66, 90)), 0.5)
        pen.flat(rounded(x, -0.47, x + 0.135, -0.31, 0.02), glass)
    pen.form(box(-0.6, -0.545, 0.6, -0.51), (90, 90, 96))
    for x in (-0.4, -0.22, 0.22, 0.4):
        pen.ball(oval(x, -0.065, 0.065), (46, 46, 52))
    pen.ball(oval(0.6, -0.17, 0.03), (255, 240, 200))
    if light.lamps:
        pen.glow(0.62, -0.17, 0.3, (255, 230, 170), 0.9)


def bicycle(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A bicycle with thin spokes and a basket."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    paint = light.lit(subject.colour or (40, 122, 126))
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.9, opacity=0.3)
    dark = light.on((44, 42, 46))
    for x in (-0.31, 0.31):
        ring = oval(x, -0.21, 0.2, steps=48)
        pen.line([*ring, ring[0]], 0.022, dark)
        for k in range(14):
            a = k * math.tau / 14 + math.tau * sheet.phase / 14
            pen.line(
                [(x, -0.21), (x + math.cos(a) * 0.19, -0.21 + math.sin(a) * 0.19)],
                0.004,
                light.on((170, 172, 176)),
            )
    hub, crank, seat, head = (-0.31, -0.21), (-0.04, -0.2), (-0.12, -0.5), (0.22, -0.5)
    for a, b in (
        (hub, crank),
        (hub, seat),
        (crank, seat),
        (crank, head),
        (seat, head),
        (head, (0.31, -0.21)),
    ):
        pen.line([a, b], 0.026, paint)
    pen.line([seat, (-0.135, -0.57)], 0.02, light.on((180, 182, 186)))
    pen.form(smooth([(-0.23, -0.585), (-0.1, -0.6), (-0.03, -0.57), (-0.12, -0.56)]), (96, 60, 42))
    pen.line([head, (0.2, -0.6), (0.28, -0.64), (0.2, -0.66)], 0.02, light.on((180, 182, 186)))
    pen.form([(0.27, -0.6), (0.45, -0.6), (0.42, -0.46), (0.3, -0.46)], (190, 146, 92))
    pen.ball(oval(*crank, 0.045), (120, 120, 126))
    pen.line([crank, (0.03, -0.11)], 0.014, dark)
    pen.line([(0.0, -0.11), (0.06, -0.11)], 0.02, dark)


def balloon(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A toy balloon on a string; the spot is the end of the string."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (206, 48, 44)
    sway = 0.03 * sheet.wave(1, spot.x / 300)
    pen.line(smooth([(sway, -0.5), (0.03, -0.34), (-0.03, -0.18), (0.01, 0)], closed=False), 0.008,
             sheet.light.on((236, 232, 224)))  # fmt: skip
    pen.form([(sway, -0.52), (sway - 0.03, -0.485), (sway + 0.03, -0.485)], scaled(colour, 0.85))
    skin = smooth([(sway, -0.51), (sway - 0.15, -0.64), (sway - 0.2, -0.8), (sway - 0.14, -0.95), (sway, -1.0),
                   (sway + 0.14, -0.95), (sway + 0.2, -0.8), (sway + 0.15, -0.64)])  # fmt: skip
    pen.ball(skin, colour)
    side = sheet.light.side * pen.sign
    pen.flat(
        oval(sway + side * 0.085, -0.88, 0.03, 0.055, turn=24 * side), (255, 255, 255), opacity=0.6, blur=0.01
    )


def hot_air_balloon(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A striped hot-air balloon with its basket."""
    pen = Pen(sheet, spot.x, spot.y + sheet.wave(1, spot.x / 200) * 6, spot.scale)
    light = sheet.light
    base = subject.colour or from_hue(sheet.rng.random(), 0.7, 0.85)
    other: Colour = (244, 226, 188)
    for x in (-0.05, 0.05):
        pen.line([(x * 1.8, -0.27), (x, -0.1)], 0.006, light.on((90, 70, 60)))
    pen.form(rounded(-0.06, -0.1, 0.06, 0, 0.02), (150, 104, 64))
    stripes = 7

    def across(u: float) -> list[Point]:
        out = []
        for i in range(17):
            a = math.pi * (0.02 + 0.86 * i / 16)
            out.append((u * 0.36 * math.sin(a) ** 0.9, -0.64 - 0.36 * math.cos(a)))
        return out

    outline = [*across(-1), *reversed(across(1))]
    pen.ball(outline, base)
    for i in range(stripes):
        if i % 2 == 0:
            continue
        u0, u1 = (math.sin((j / stripes - 0.5) * math.pi) for j in (i, i + 1))
        t = (u0 + u1) / 2 * light.side
        tone = mix(light.shaded(other), light.lit(other), 0.5 + t * 0.5)
        pen.flat([*across(u0), *reversed(across(u1))], tone)
    pen.flat(
        oval(0.12 * light.side, -0.78, 0.09, 0.14, turn=20 * light.side),
        (255, 255, 255),
        opacity=0.18,
        blur=0.03,
    )
    pen.flat(
        oval(-0.2 * light.side, -0.6, 0.12, 0.3, turn=-10 * light.side), light.shadow, opacity=0.3, blur=0.06
    )
    if light.lamps:
        pen.glow(0, -0.34, 0.3, (255, 190, 90), 0.9)


def rocket(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A rocket on its flame."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    light = sheet.light
    colour = subject.colour or (206, 60, 48)
    white: Colour = (238, 236, 230)
    flare = 1 + 0.18 * sheet.wave(3)
    pen.glow(0, -0.05, 0.42, (255, 160, 60), 0.9)
    for w, h, tone in (
        (0.1, 0.34, (255, 128, 40)),
        (0.065, 0.24, (255, 200, 80)),
        (0.035, 0.14, (255, 250, 220)),
    ):
        pen.flat(
            smooth(
                [
                    (-w, -0.16),
                    (0, -0.18),
                    (w, -0.16),
                    (w * 0.6, -0.16 + h * 0.5),
                    (0, -0.16 + h * flare),
                    (-w * 0.6, -0.16 + h * 0.5),
                ]
            ),
            tone,
        )
    for side in (-1, 1):
        pen.form(
            smooth(
                [(side * 0.11, -0.42), (side * 0.25, -0.24), (side * 0.24, -0.1), (side * 0.1, -0.2)], steps=4
            ),
            colour,
        )
    hull = smooth(
        [
            (0, -1.0),
            (-0.1, -0.84),
            (-0.15, -0.6),
            (-0.14, -0.36),
            (-0.09, -0.18),
            (0.09, -0.18),
            (0.14, -0.36),
            (0.15, -0.6),
            (0.1, -0.84),
        ]
    )
    pen.form(hull, white)
    pen.form(
        smooth(
            [(0, -1.0), (-0.06, -0.92), (-0.105, -0.83), (0, -0.81), (0.105, -0.83), (0.06, -0.92)], steps=4
        ),
        colour,
    )
    pen.form([(-0.1, -0.19), (-0.07, -0.14), (0.07, -0.14), (0.1, -0.19)], (90, 92, 100))
    pen.ball(oval(0, -0.62, 0.075), (180, 150, 90))
    pen.ball(oval(0, -0.62, 0.056), (70, 150, 200))
    pen.ball(oval(0, -0.42, 0.034), (70, 150, 200))
    pen.form(ribbon([(0, -0.36), (0, -0.12)], (0.035, 0.03)), colour)
    pen.flat(oval(-0.02, -0.64, 0.018, steps=12), (255, 255, 255), opacity=0.8)
    pen.line([(-0.14, -0.33), (0.14, -0.33)], 0.018, light.on(colour))


def umbrella(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """An open umbrella."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale)
    colour = subject.colour or (196, 54, 62)
    pen.line(
        [(0, -0.95), (0, -0.12), *arc(0.06, -0.1, 0.06, 180, 20, steps=8)],
        0.022,
        sheet.light.on((110, 76, 52)),
    )
    pen.ball([*arc(0, -0.5, 0.46, 180, 360, steps=30),
              *[(0.46 - 0.0115 * i, -0.5 - 0.06 * abs(math.sin(i / 80 * math.pi * 5))) for i in range(81)]], colour)  # fmt: skip
    for u in (-0.5, 0.0, 0.5):
        pen.line([(0, -0.96), (u * 0.3, -0.82), (u * 0.75, -0.52)], 0.006, sheet.light.shaded(colour))
    pen.line([(0, -0.95), (0, -1.0)], 0.014, sheet.light.on((110, 76, 52)))


def kite(sheet: Sheet, subject: Subject, _scene: Scene, spot: Spot) -> None:
    """A diamond kite with a bowed tail."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    colour = subject.colour or (226, 84, 60)
    tilt = 0.03 * sheet.wave(1)
    pen.line(
        smooth([(0, -0.4), (-0.08, -0.24), (0.06, -0.12), (-0.02, 0.06)], closed=False),
        0.008,
        sheet.light.on((230, 226, 216)),
    )
    pen.form([(tilt, -1.0), (-0.26, -0.74), (0, -0.4)], colour)
    pen.form([(tilt, -1.0), (0.26, -0.74), (0, -0.4)], turned(colour, hue=0.1, value=1.1))
    pen.line([(-0.26, -0.74), (0.26, -0.74)], 0.01, sheet.light.on((120, 90, 64)))
    for x, y in ((-0.045, -0.28), (0.015, -0.17), (0.03, -0.08)):
        pen.flat([(x, y), (x - 0.05, y - 0.03), (x - 0.05, y + 0.03)], sheet.light.on(colour))
        pen.flat([(x, y), (x + 0.05, y - 0.03), (x + 0.05, y + 0.03)], sheet.light.on(colour))
