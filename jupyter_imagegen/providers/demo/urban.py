# ruff: noqa: C901, PLR0912, PLR0915, PLR2004 - a drawing is its coordinates, in their order
"""Cities: a skyline over water, a street in perspective, wet and neon where the prompt wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import land, peaks, plants, skies
from jupyter_imagegen.providers.demo.geometry import box, rounded, smooth
from jupyter_imagegen.providers.demo.palette import Colour, from_hue, mix, scaled, turned
from jupyter_imagegen.providers.demo.stage import Stage

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet

NEON: tuple[Colour, ...] = ((255, 60, 172), (44, 226, 255), (160, 90, 255), (255, 170, 60), (70, 255, 170))
_WALLS: tuple[Colour, ...] = (
    (178, 116, 92),
    (206, 176, 138),
    (148, 152, 162),
    (190, 140, 110),
    (122, 126, 140),
    (214, 196, 168),
)


def city(sheet: Sheet, scene: Scene) -> Stage:
    """A skyline in layers of haze, mirrored in a river."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    horizon = h * 0.68
    neon = "cyberpunk" in scene.styles
    sun = skies.paint(sheet, scene, horizon)
    for depth in range(3):
        distance = (0.68, 0.4, 0.1)[depth]
        x = -30.0
        while x < w + 20:
            bw = rng.uniform(44, 110) * (0.8 + 0.2 * depth)
            centre = 1 - abs((x + bw / 2) / w - 0.5) * 1.3
            bh = h * rng.uniform(0.1, 0.26) * (0.7 + 0.8 * max(0.0, centre)) * (1.5, 1.25, 0.85)[depth]
            tone = scene.place_colour or mix(rng.choice(_WALLS), (92, 104, 126), 0.55)
            if neon:
                tone = (52, 44, 84)
            a, b = mix(light.lit(tone), light.haze, distance), mix(light.shaded(tone), light.haze, distance)
            left, right = (a, b) if light.side < 0 else (b, a)
            top = horizon - bh
            sheet.fill(box(x, top, x + bw, horizon + 4), mix(left, right, 0.2), right, angle=12)
            crown = rng.random()
            if crown < 0.3:
                sheet.fill(box(x + bw * 0.2, top - bh * 0.1, x + bw * 0.8, top + 1), left, right, angle=0)
            elif crown < 0.45:
                sheet.fill(
                    [(x + bw * 0.1, top + 1), (x + bw / 2, top - bh * 0.22), (x + bw * 0.9, top + 1)],
                    left,
                    right,
                    angle=0,
                )
            if crown > 0.6:
                sheet.line([(x + bw / 2, top), (x + bw / 2, top - bh * 0.16)], 2.5, right)
            _panes(sheet, x, top, bw, bh, distance, neon=neon)
            if neon and depth and rng.random() < 0.5:
                colour = rng.choice(NEON)
                sx = x + bw * rng.uniform(0.1, 0.6)
                sheet.fill(
                    rounded(sx, top + bh * 0.2, sx + bw * 0.2, top + bh * 0.6, 4),
                    mix(colour, (255, 255, 255), 0.25),
                )
                sheet.glow(sx + bw * 0.1, top + bh * 0.4, bw * 0.9, colour, 0.6)
            x += bw + rng.uniform(-4, 10)
        if depth < 2:
            skies.veil(sheet, horizon - h * 0.02, h * 0.12, 0.3)
    water = mix(light.on((64, 96, 120)), light.sky[-1], 0.25)
    sheet.fill(
        box(-5, horizon, w + 5, h + 5),
        mix(water, light.haze, 0.3),
        scaled(water, 0.55),
        edge=False,
        banded=False,
    )
    sheet.mirror(horizon, h, opacity=0.75, ripple=8, tint=water)
    if scene.weather in ("", "clouds"):
        land.glitter(sheet, sun[0], horizon, h, 70)
    sheet.fill(box(-5, horizon - 5, w + 5, horizon + 3), light.shaded((90, 90, 98)), edge=False)
    return Stage(x0=w * 0.15, x1=w * 0.85, ground=h * 0.92, horizon=horizon, scale=330, water=h * 0.82)


def _panes(sheet: Sheet, x: float, top: float, bw: float, bh: float, distance: float, *, neon: bool) -> None:
    """A façade's windows, some of them lit after dark."""
    light, rng = sheet.light, sheet.rng
    step = 11 if sheet.detail > 0.6 else 16
    columns, rows = int(bw / step), int(bh / (step * 1.25))
    dots = []
    for i in range(columns):
        for j in range(rows):
            if light.lamps:
                if rng.random() > 0.42:
                    continue
                warm = (
                    rng.choice(NEON)
                    if neon and rng.random() < 0.5
                    else rng.choice(((255, 214, 130), (255, 232, 180), (255, 190, 100)))
                )
                colour = mix(warm, light.haze, distance * 0.8)
            else:
                colour = mix(mix(light.shaded((70, 86, 110)), light.sky[1], 0.3), light.haze, distance)
            dots.append(
                (x + step * (i + 0.7), top + step * 1.25 * (j + 0.8), step * 0.24, step * 0.36, colour)
            )
    sheet.dabs(dots)


def street(sheet: Sheet, scene: Scene) -> Stage:
    """A street running to its vanishing point between façades, with lamps, signs and people."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    vx, vy = w * (0.5 + rng.uniform(-0.05, 0.05)), h * 0.52
    neon = "cyberpunk" in scene.styles or scene.has("neon")
    wet = scene.weather in ("rain", "storm") or neon
    skies.gradient(sheet, vy + 20)
    if neon:
        sheet.glow(vx, vy, h * 0.5, (255, 70, 170), 0.6)
        sheet.glow(vx, vy - h * 0.1, h * 0.3, (60, 200, 255), 0.45)
    else:
        sheet.glow(vx, vy - 30, h * 0.4, light.sun, 0.5)
        if scene.weather in ("", "clouds") and scene.time == "day":
            skies.cumuli(sheet, vy, 4)
    _distant(sheet, vx, vy, neon=neon)
    road: Colour = (58, 58, 74) if neon else (112, 108, 108)
    sheet.fill(
        [(vx - 8, vy), (vx + 8, vy), (w * 1.1, h + 5), (-w * 0.1, h + 5)],
        mix(light.on(road), light.haze, 0.4),
        light.on(road),
        edge=False,
    )
    for side in (-1, 1):
        walk = [
            (vx + side * 8, vy),
            (vx + side * 40, vy),
            (vx + side * w * 1.5, h + 5),
            (vx + side * w * 0.52, h + 5),
        ]
        sheet.fill(
            walk, mix(light.on(scaled(road, 1.4)), light.haze, 0.35), light.on(scaled(road, 1.35)), edge=False
        )
    signs = []
    depths = (0.14, 0.2, 0.29, 0.42, 0.62, 0.95)
    for side in (-1, 1):
        for k in range(len(depths) - 1):
            signs += _facade(sheet, vx, vy, side, depths[k], depths[k + 1], neon=neon)
    if wet:
        sheet.mirror(vy + 4, h, opacity=0.72 if neon else 0.5, ripple=5, tint=light.on((40, 44, 70)))
        puddles = []
        for _ in range(sheet.many(60)):
            t = rng.random() ** 0.8
            y = vy + (h - vy) * (0.15 + 0.85 * t)
            colour = rng.choice(NEON) if neon else light.sky[-1]
            puddles.append(
                (
                    rng.uniform(0, w),
                    y,
                    6 + 34 * t,
                    0.6 + 1.6 * t,
                    mix(colour, light.on(road), rng.uniform(0.3, 0.75)),
                )
            )
        sheet.dabs(puddles)
    else:
        dashes = []
        for t in (0.1, 0.19, 0.32, 0.5, 0.74):
            y0, y1 = vy + (h - vy) * t, vy + (h - vy) * t * 1.24
            dashes.append(([(vx, y0), (vx, y1)], 3 + 13 * t, light.on((236, 228, 200))))
        sheet.lines(dashes)
    for x, y, r, colour in signs:
        sheet.glow(x, y, r, colour, 0.55)
    for side in (-1, 1):
        for t in (0.2, 0.38, 0.72):
            _lamp(sheet, vx + side * w * 0.4 * t * 1.2, vy + (h - vy) * t, h * 0.62 * t)
    from jupyter_imagegen.providers.demo import people
    from jupyter_imagegen.providers.demo.scene import Subject
    from jupyter_imagegen.providers.demo.stage import Spot

    for _ in range(sheet.many(4)):
        t, side = rng.uniform(0.2, 0.42), rng.choice((-1, 1))
        x, y = vx + side * w * (0.36 + 0.1 * rng.random()) * t * 1.5, vy + (h - vy) * t
        tone = mix(rng.choice(people.CLOTHES), light.shadow, 0.4)
        people.person(
            sheet,
            Subject(kind="person", word=rng.choice(("man", "woman")), colour=tone),
            scene,
            Spot(x, y, h * 0.34 * t + 14),
        )
    if scene.lettering:
        x, y = w * 0.5, h * 0.3
        wide, high = w * 0.62, h * 0.16
        sheet.lines(
            ([(x + k * wide * 0.4, -5), (x + k * wide * 0.4, y - high / 2)], 5, light.on((60, 56, 60)))
            for k in (-1, 1)
        )
        sheet.shadow(
            rounded(x - wide / 2, y - high / 2 + 10, x + wide / 2, y + high / 2 + 14, 16),
            opacity=0.5,
            blur=10,
        )
        sheet.form(
            rounded(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, 16),
            (36, 26, 52) if light.lamps else (46, 66, 62),
        )
        rim = rounded(x - wide / 2 + 12, y - high / 2 + 12, x + wide / 2 - 12, y + high / 2 - 12, 10)
        colour = NEON[scene.seed % len(NEON)] if light.lamps else (236, 204, 130)
        sheet.line([*rim, rim[0]], 4, colour)
        sheet.words(
            scene.lettering[0],
            x,
            y,
            wide * 0.82,
            high * 0.5,
            mix(colour, (255, 255, 255), 0.55),
            glow=colour if light.lamps else None,
        )
    return Stage(x0=w * 0.22, x1=w * 0.78, ground=h * 0.9, horizon=vy, scale=h * 0.42)


def _distant(sheet: Sheet, vx: float, vy: float, *, neon: bool) -> None:
    light, rng = sheet.light, sheet.rng
    for i in range(13):
        x = vx + (i - 6) * 34 + rng.uniform(-10, 10)
        bh = rng.uniform(60, 230) * (1.25 - abs(i - 6) / 9)
        tone = mix(light.shaded((60, 56, 92) if neon else (110, 116, 132)), light.haze, 0.6)
        sheet.fill(box(x - 21, vy - bh, x + 21, vy + 2), tone, mix(tone, light.haze, 0.5))
        _panes(sheet, x - 21, vy - bh, 42, bh, 0.5, neon=neon)


def _facade(
    sheet: Sheet, vx: float, vy: float, side: int, near: float, far: float, *, neon: bool
) -> list[tuple[float, float, float, Colour]]:
    """One house between two depths (0 far, 1 at the picture's edge); returns the lights of its signs."""
    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    tall = rng.uniform(0.62, 1.15)
    wall: Colour = rng.choice(((58, 50, 92), (48, 56, 92), (70, 46, 88))) if neon else rng.choice(_WALLS)
    x0, x1 = vx + side * w * 0.56 * near, vx + side * w * 0.56 * far

    def at(u: float, v: float) -> tuple[float, float]:
        """A place on the wall: u from far to near, v from the ground up."""
        s = near + (far - near) * u
        return (x0 + (x1 - x0) * u, vy + (h - vy) * 0.86 * s - v * h * 1.02 * tall * s)

    haze = max(0.0, 0.5 - far * 0.6)
    towards = side == -light.side
    base = light.lit(wall) if towards else light.shaded(wall)
    sheet.fill(
        [at(0, 0), at(0, 1), at(1, 1), at(1, 0)],
        mix(base, light.haze, haze + 0.12),
        mix(base, light.haze, haze),
        angle=0 if side > 0 else 180,
    )
    sheet.fill(
        [at(0, 1), at(0, 1.03), at(1, 1.03), at(1, 1)], mix(light.shaded(scaled(wall, 0.7)), light.haze, haze)
    )
    rows, columns = 5, 3
    for j in range(1, rows):
        for i in range(columns):
            u0, u1 = (i + 0.22) / columns, (i + 0.74) / columns
            v0, v1 = (j + 0.1) / rows, (j + 0.68) / rows
            lit = light.lamps and rng.random() < 0.55
            glass = (
                rng.choice(((255, 206, 120), (255, 226, 170), (120, 220, 255) if neon else (255, 214, 140)))
                if lit
                else mix(light.shaded((52, 60, 84)), light.sky[-1], 0.25)
            )
            sheet.fill(
                [at(u0, v0), at(u0, v1), at(u1, v1), at(u1, v0)], mix(glass, light.haze, haze), edge=far > 0.4
            )
            if not neon and far > 0.3:
                sheet.line(
                    [at(u0 - 0.02, v0), at(u1 + 0.02, v0)], 3 * far + 1, light.lit(turned(wall, value=1.2))
                )
    shop = mix((255, 214, 140) if light.lamps else light.shaded((64, 74, 92)), light.haze, haze)
    sheet.fill([at(0.1, 0.02), at(0.1, 0.15), at(0.9, 0.15), at(0.9, 0.02)], shop)
    found: list[tuple[float, float, float, Colour]] = []
    if neon:
        for _ in range(2):
            colour = rng.choice(NEON)
            u, v = rng.uniform(0.2, 0.8), rng.uniform(0.24, 0.78)
            tallish = rng.random() < 0.6
            du, dv = (0.07, 0.13) if tallish else (0.26, 0.045)
            sheet.fill(
                [at(u - du, v - dv), at(u - du, v + dv), at(u + du, v + dv), at(u + du, v - dv)],
                scaled(colour, 0.32),
            )
            marks = 4
            for k in range(marks):
                t = (k + 0.5) / marks * 2 - 1
                a, b = (
                    ((u - du * 0.6, v + dv * (t - 0.12)), (u + du * 0.6, v + dv * (t + 0.1)))
                    if tallish
                    else ((u + du * (t - 0.14), v - dv * 0.5), (u + du * (t + 0.14), v + dv * 0.5))
                )
                sheet.line([at(*a), at(a[0], b[1]), at(*b)], 2 + 5 * far, mix(colour, (255, 255, 255), 0.45))
            x, y = at(u, v)
            found.append((x, y, 60 + 240 * far, colour))
        edge = rng.choice(NEON)
        sheet.line([at(0, 0.17), at(1, 0.17)], 2 + 4 * far, mix(edge, (255, 255, 255), 0.3))
        found.append((*at(0.5, 0.17), 50 + 190 * far, edge))
    else:
        awning = from_hue(rng.random(), 0.5, 0.72)
        (ax, ay), (bx, by) = at(0.06, 0.19), at(0.94, 0.19)
        (cx, cy), (dx, dy) = at(0.06, 0.145), at(0.94, 0.145)
        reach = -side * 70 * far
        sheet.form([(ax, ay), (bx, by), (dx + reach, dy), (cx + reach * near / far, cy)], awning)
    return found


def _lamp(sheet: Sheet, x: float, y: float, size: float) -> None:
    light = sheet.light
    iron = light.on((44, 46, 54))
    sheet.lines(
        (
            ([(x, y), (x, y - size * 0.8)], max(1.5, size * 0.022), iron),
            ([(x - size * 0.05, y), (x + size * 0.05, y)], max(2, size * 0.03), iron),
        )
    )
    glass: Colour = (255, 232, 176) if light.lamps else light.lit((226, 232, 232))
    sheet.fill(
        [
            (x - size * 0.045, y - size * 0.92),
            (x + size * 0.045, y - size * 0.92),
            (x + size * 0.03, y - size * 0.8),
            (x - size * 0.03, y - size * 0.8),
        ],
        glass,
    )
    sheet.fill(
        [(x - size * 0.06, y - size * 0.915), (x, y - size * 0.98), (x + size * 0.06, y - size * 0.915)], iron
    )
    if light.lamps:
        sheet.glow(x, y - size * 0.86, size * 0.42, (255, 206, 130), 0.75)
        sheet.glow(x, y, size * 0.34, (255, 206, 130), 0.3, squash=0.3)


def valley(sheet: Sheet, scene: Scene) -> Stage:
    """A wooded valley with a stone viaduct across it."""
    from jupyter_imagegen.providers.demo import buildings
    from jupyter_imagegen.providers.demo.scene import Subject
    from jupyter_imagegen.providers.demo.stage import Spot

    light, rng = sheet.light, sheet.rng
    w, h = sheet.width, sheet.height
    horizon = h * 0.58
    skies.paint(sheet, scene, horizon)
    winter = scene.season == "winter" or scene.weather == "snow"
    green = plants.GRASS["winter" if winter else scene.season]
    peaks.range_of(sheet, horizon + 10, h * 0.34, (98, 108, 132), 0.62, snow=0.5)
    skies.veil(sheet, horizon - 20, h * 0.12, 0.5)
    for i, y in enumerate((0.56, 0.63)):
        line = peaks.hill(sheet, h * y, h * 0.07, offset=i * 2.2)
        sheet.fill(
            peaks.down(sheet, line, h + 5),
            light.far(turned(green, value=0.8), 0.5 - 0.2 * i),
            light.far(green, 0.3 - 0.2 * i),
        )
        for _ in range(sheet.many(34)):
            x = rng.uniform(0, w)
            y0 = line[min(48, int(x / w * 48))][1] + rng.uniform(4, 40)
            plants.pine(sheet, x, y0, h * rng.uniform(0.045, 0.08), distance=0.46 - 0.2 * i, snow=winter)
    river = mix(light.on((72, 116, 132)), light.sky[-1], 0.35)
    bend = smooth(
        [
            (w * 0.52, h * 0.7),
            (w * 0.56, h * 0.7),
            (w * 0.5, h * 0.78),
            (w * 0.66, h * 0.88),
            (w * 0.74, h * 1.02),
            (w * 0.3, h * 1.02),
            (w * 0.4, h * 0.88),
            (w * 0.42, h * 0.78),
        ]
    )
    front = peaks.hill(sheet, h * 0.72, h * 0.05, offset=3.0)
    sheet.fill(
        peaks.down(sheet, front, h + 5),
        light.lit(turned(green, value=0.9)),
        light.shaded(scaled(green, 0.75)),
    )
    sheet.fill(bend, mix(river, light.haze, 0.3), scaled(river, 0.7), edge=False)
    deck = h * 0.55
    bridged = scene.subject("bridge")
    buildings.bridge(
        sheet, bridged or Subject(kind="bridge", word="bridge"), scene, Spot(w / 2, deck, h * 0.5)
    )
    for _ in range(sheet.many(26)):
        x = rng.choice((rng.uniform(0, 0.34), rng.uniform(0.66, 1))) * w
        plants.pine(sheet, x, h * rng.uniform(0.84, 0.98), h * rng.uniform(0.12, 0.26), snow=winter)
    plants.grass(sheet, h * 0.88, h * 1.03, green, 160, tall=30)
    return Stage(x0=w * 0.36, x1=w * 0.86, ground=deck - h * 0.036, horizon=horizon, scale=h * 0.36)
