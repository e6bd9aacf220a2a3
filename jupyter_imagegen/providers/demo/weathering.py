# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""Another light, season or weather for a picture that is already there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.palette import LIGHTS, Colour, mix
from jupyter_imagegen.providers.demo.texture import (
    bloomed,
    curved,
    graded,
    noise,
    pixels_of,
    saturated,
    unit_of,
)

if TYPE_CHECKING:
    import random

    from PIL.Image import Image

    from jupyter_imagegen.providers.demo.scene import Scene


def relit(picture: Image, time: str, rng: random.Random) -> Image:
    """The picture in the light of another time of day."""
    from PIL import Image, ImageChops, ImageDraw

    u = unit_of(picture)
    w, h = picture.size
    light = LIGHTS[time]
    if time == "day":
        return saturated(curved(picture, ((0, 0), (0.4, 0.52), (1, 1))), 1.1)
    toned = graded(picture, light.shadow, light.sun, 0.3)
    sky = Image.new("RGB", (1, 64))
    for y in range(64):
        t = y / 63 * (len(light.sky) - 1)
        i = min(int(t), len(light.sky) - 2)
        sky.putpixel((0, y), mix(light.sky[i], light.sky[i + 1], t - i))
    wash = sky.resize((w, round(h * 0.75)), Image.Resampling.BICUBIC)
    veil = Image.new("RGB", (w, h), light.haze)
    veil.paste(wash, (0, 0))
    if time in ("night", "dusk", "candle"):
        dark = ImageChops.multiply(toned, veil.point([min(255, round(v * 1.9 + 60)) for v in range(256)] * 3))
        out = curved(dark, ((0, 0), (0.5, 0.44 if time == "dusk" else 0.36), (1, 1)))
        # Lamps and windows were the brightest places: at night they glow.
        out = bloomed(ImageChops.screen(out, picture.point([round(max(0, v - 226) * 3.0)
            for v in range(256)] * 3)), 0.6, 26, 150)
    else:
        out = Image.blend(toned, ImageChops.screen(toned, veil.point([round(v * 0.42)
            for v in range(256)] * 3)), 0.8)
        out = saturated(ImageChops.multiply(out, Image.new("RGB", (w, h),
            mix(light.sun, (255, 255, 255), 0.35))), 1.12)
    if time in ("night", "dusk"):
        stars = Image.new("RGB", (w, h), (0, 0, 0))
        pen = ImageDraw.Draw(stars)
        seen = pixels_of(picture.convert("L"))
        for _ in range(140 if time == "night" else 46):
            x, y = rng.randrange(w), int(rng.random() ** 1.6 * h * 0.42)
            if seen[x, y] < 96:
                continue
            r = rng.choice((0.8, 1.0, 1.6)) * u
            bright = rng.randint(150, 255)
            pen.ellipse((x - r, y - r, x + r, y + r), fill=(bright, bright, min(255, bright + 10)))
        out = ImageChops.screen(out, stars)
    return out


def weathered(picture: Image, scene: Scene, rng: random.Random) -> Image:
    """The picture under another season or weather."""
    if scene.season == "winter" or scene.weather == "snow":
        return _snowed(picture, rng)
    if scene.weather in ("rain", "storm"):
        return _rained(picture, rng, heavy=scene.weather == "storm")
    if scene.weather == "fog":
        return _fogged(picture, rng)
    tints: dict[str, tuple[Colour, Colour, float]] = {"autumn": ((92, 40, 22), (255, 196, 96), 0.4),
        "spring": ((40, 74, 48), (255, 226, 232), 0.3), "summer": ((26, 60, 70), (255, 244, 196), 0.3)}
    dark, bright, amount = tints.get(scene.season, ((70, 78, 90), (214, 220, 226), 0.4))
    return saturated(graded(_greens_turned(picture, scene.season), dark, bright, amount * 0.6), 1.1)


def _greens_turned(picture: Image, season: str) -> Image:
    """Leaves in the season's colour: greens turned to reds and golds in autumn, fresher in spring."""
    from PIL import Image

    turn = {"autumn": -34, "spring": -6, "summer": 4}.get(season, 0)
    h, s, v = picture.convert("HSV").split()
    # 40 to 120 of 255 is yellow-green to green.
    turned = h.point([max(8, k + turn) if 38 < k < 122 else k for k in range(256)])
    return Image.merge("HSV", (turned, s, v)).convert("RGB")


def _snowed(picture: Image, rng: random.Random) -> Image:
    """Cold light, snow on all that faces up, flakes in the air."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    w, h = picture.size
    cold = graded(saturated(picture, 0.5), (42, 58, 92), (236, 242, 252), 0.34)
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(max(0.8, 2.2 * u)))
    # A place lies under the sky where it is darker than what is just above it.
    above = ImageChops.offset(grey, 0, max(1, round(7 * u)))
    above.paste(grey.crop((0, 0, w, max(1, round(7 * u)))), (0, 0))
    tops = ImageChops.subtract(above, grey).point([min(255, round(max(0, v - 7) * 5)) for v in range(256)])
    hsv = picture.convert("HSV").split()
    green = hsv[0].point([255 if 34 < k < 126 else 0 for k in range(256)])
    green = ImageChops.multiply(green, hsv[1].point([min(255, round(max(0, v - 40) * 3))
        for v in range(256)]))
    ground = (Image.linear_gradient("L") .resize((w, h)) .point([round(255 * max(0.0,
        min(1.0, (v / 255 - 0.46) * 4))) for v in range(256)]))
    lying = ImageChops.lighter(tops, ImageChops.multiply(green, ground.point([max(70, v)
        for v in range(256)])))
    lying = lying.filter(ImageFilter.GaussianBlur(max(0.6, 1.4 * u))).point([round(v * 0.86)
        for v in range(256)])
    shade = ImageChops.add(grey, noise(rng, (w, h), max(2, 60 * u)).point([round(v * 0.12)
        for v in range(256)]), 1, 0)
    white = Image.merge("RGB", [shade.point([min(255, round(low + v * 0.3)) for v in range(256)])
        for low in (196, 206, 222)])
    out = Image.composite(white, cold, lying)
    flakes = Image.new("L", (w, h), 0)
    pen = ImageDraw.Draw(flakes)
    for _ in range(300):
        x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.choice((1.3, 1.9, 2.6, 4.4)) * u
        pen.ellipse((x - r, y - r, x + r, y + r), fill=rng.randint(130, 240))
    out.paste((250, 252, 255), (0, 0), flakes.filter(ImageFilter.GaussianBlur(max(0.5, 0.9 * u))))
    return out


def _rained(picture: Image, rng: random.Random, *, heavy: bool) -> Image:
    """Grey light and streaks of rain."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    w, h = picture.size
    grey = graded(saturated(picture, 0.55), (24, 32, 44), (196, 208, 220), 0.34)
    grey = curved(grey, ((0, 0.02), (0.5, 0.34 if heavy else 0.42), (1, 0.86)))
    streaks = Image.new("L", (w, h), 0)
    pen = ImageDraw.Draw(streaks)
    for _ in range(420 if heavy else 260):
        x, y, length = rng.uniform(-40 * u, w), rng.uniform(-60 * u, h), rng.uniform(24, 70) * u
        pen.line((x, y, x - length * 0.18, y + length), fill=rng.randint(60, 150),
            width=max(1, round(1.4 * u)))
    rain = streaks.filter(ImageFilter.GaussianBlur(max(0.4, 0.6 * u)))
    return ImageChops.screen(grey, Image.merge("RGB", [rain.point([round(v * 0.62)
        for v in range(256)])] * 3))


def _fogged(picture: Image, rng: random.Random) -> Image:
    """Mist that thickens towards the distance."""
    from PIL import Image, ImageChops

    w, h = picture.size
    depth = (Image.linear_gradient("L") .resize((w, h)) .point([round(226 - abs(v - 110) * 0.75)
        for v in range(256)]))
    banks = noise(rng, (w, h), max(2, 130 * unit_of(picture)), stretch=2.4).point([round(150 + v * 0.4)
        for v in range(256)])
    out = picture.copy()
    out.paste((222, 226, 228), (0, 0), ImageChops.multiply(depth, banks))
    return out


def moonlit(picture: Image, bounds: tuple[int, int, int, int]) -> Image:
    """A full moon in the calmest blue within the bounds, which is the sky or a window."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    left, top, right, bottom = bounds
    small = picture.crop(bounds).resize((32, 32), Image.Resampling.BOX)
    places = []
    for x in range(2, 28, 2):
        for y in range(2, 17, 2):
            patch = small.crop((x - 2, y - 2, x + 3, y + 3))
            r, _, b = patch.resize((1, 1), Image.Resampling.BOX).tobytes()
            low, high = patch.convert("L").getextrema()
            places.append((high - low - 1.5 * (b - r) + abs(x - 22), x, y))  # type: ignore[operator]
    _, px, py = min(places)
    radius = 0.034 * min(*picture.size, 1.6 * (bottom - top))
    cx, cy = left + (px + 0.5) / 32 * (right - left), top + (py + 0.5) / 32 * (bottom - top)
    disc = Image.new("L", picture.size, 0)
    ImageDraw.Draw(disc).ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=255)
    halo = disc.filter(ImageFilter.GaussianBlur(radius * 1.6)).point([min(255, v * 2) for v in range(256)])
    out = ImageChops.screen(picture, Image.merge("RGB", [halo.point([v * c // 255 for v in range(256)])
        for c in (120, 140, 190)]))
    out.paste((248, 246, 232), (0, 0), disc.filter(ImageFilter.GaussianBlur(max(0.6, radius * 0.03))))
    return out
