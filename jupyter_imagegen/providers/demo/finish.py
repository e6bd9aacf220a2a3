# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""The looks that a prompt can ask for, and the order in which they are given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import strokes
from jupyter_imagegen.providers.demo.strokes import brushed
from jupyter_imagegen.providers.demo.texture import (
    bloomed,
    curved,
    graded,
    grained,
    noise,
    papered,
    saturated,
    unit_of,
    vignetted,
    wobbled,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from PIL.Image import Image

    from jupyter_imagegen.providers.demo.palette import Colour
    from jupyter_imagegen.providers.demo.raster import Manner
    from jupyter_imagegen.providers.demo.scene import Scene

    Pass = Callable[[Image, random.Random, float], Image]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a picture is drawn, what is done to its pixels afterwards, and the colour of its contours."""

    manner: Manner = "soft"
    passes: tuple[Pass, ...] = ()
    ink: Colour | None = None


def _anime(picture: Image, rng: random.Random, _detail: float) -> Image:
    from jupyter_imagegen.providers.demo.texture import saturated

    return bloomed(grained(saturated(picture, 1.2), rng, 1.5), 0.32, 26, 188)


def _flat(picture: Image, rng: random.Random, _detail: float) -> Image:
    return grained(picture, rng, 2)


def finished(picture: Image, look: Look, *, rng: random.Random, detail: float) -> Image:
    """The picture with its look; a cutout keeps its alpha."""
    alpha = None
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB")
    for step in look.passes:
        picture = step(picture, rng, detail)
    if not look.passes and alpha is None:
        picture = grained(bloomed(vignetted(picture, 0.16), 0.16, 24, 190), rng, 2.2)
    if alpha is not None:
        picture.putalpha(alpha)
    return picture


def enlarged(picture: Image, *, rng: random.Random) -> Image:
    """What a picture needs after it was enlarged: crisper edges and a grain of its own size."""
    from PIL import ImageFilter

    return grained(picture.filter(ImageFilter.UnsharpMask(2, 70, 2)), rng, 2)


def pixel(picture: Image, _rng: random.Random, detail: float) -> Image:
    """Square pixels and few colours."""
    from PIL import Image

    short = round(84 + 44 * min(1.6, detail))
    scale = short / min(picture.size)
    small = saturated(picture, 1.35).resize((max(1, round(picture.width * scale)),
        max(1, round(picture.height * scale))), Image.Resampling.BOX)
    few = small.quantize(round(24 + 12 * detail), method=Image.Quantize.MEDIANCUT,
        dither=Image.Dither.NONE).convert("RGB")
    return few.resize(picture.size, Image.Resampling.NEAREST)


def photo(picture: Image, rng: random.Random, detail: float) -> Image:
    """A shallow depth of field, a contrasty curve, grain and a vignette."""
    from PIL import Image, ImageFilter

    u = unit_of(picture)
    soft = picture.filter(ImageFilter.GaussianBlur(max(0.8, 4.2 * u)))
    w, h = picture.size
    column = bytes(
        round(255 * max(0.0, min(1.0, abs((y / h) - 0.62) * 2.6 - 0.62))) for y in range(h)
    )  # the plane of focus lies where subjects stand
    blur = Image.frombytes("L", (1, h), column).resize((w, h), Image.Resampling.BILINEAR)
    out = Image.composite(soft, picture, blur)
    out = bloomed(out, 0.4, 20, 176)
    out = curved(out, ((0, 0.0), (0.22, 0.17), (0.5, 0.51), (0.8, 0.86), (1, 1)))
    relief = noise(rng, picture.size, max(1, 5 * u)).point([round(128 + (v - 128) * 0.035)
        for v in range(256)])
    from PIL import ImageChops

    out = ImageChops.add(out, Image.merge("RGB", [relief] * 3), 1, -128)
    return vignetted(grained(out, rng, 5 + detail), 0.42)


def cinematic(picture: Image, rng: random.Random, detail: float) -> Image:
    """A photograph graded to teal and orange, between black bars."""
    out = graded(photo(picture, rng, detail), (8, 34, 46), (255, 214, 168), 0.3)
    w, h = out.size
    bar = round(h * (0.1 if w >= h else 0.06))
    out.paste((0, 0, 0), (0, 0, w, bar))
    out.paste((0, 0, 0), (0, h - bar, w, h))
    return out


def neon(picture: Image, rng: random.Random, detail: float) -> Image:
    """Glowing lights, violet darks, the lens's colour fringes."""
    from PIL import Image, ImageChops

    u = unit_of(picture)
    out = graded(saturated(picture, 1.35), (14, 6, 44), (255, 150, 236), 0.2)
    out = bloomed(bloomed(out, 0.75, 34, 120), 0.5, 9, 160)
    shift = max(1, round(1.6 * u))
    r, g, b = out.split()
    out = Image.merge("RGB", [ImageChops.offset(r, shift, 0), g, ImageChops.offset(b, -shift, 0)])
    return vignetted(grained(out, rng, 6 + detail), 0.5, (6, 2, 20))


def baroque(picture: Image, rng: random.Random, detail: float) -> Image:
    """A pool of warm light in the dark, oil paint, and the fine cracks of age."""
    from PIL import Image, ImageChops, ImageFilter

    u = unit_of(picture)
    w, h = picture.size
    warm = ImageChops.multiply(graded(picture, (16, 8, 6), (255, 220, 166), 0.34),
        Image.new("RGB", (w, h), (255, 236, 206)))
    dark = curved(warm, ((0, 0.0), (0.2, 0.2), (0.5, 0.62), (0.8, 0.92), (1, 1)))
    out = vignetted(dark, 0.86, (12, 7, 6), power=2.6)
    out = brushed(out, rng, detail + 0.05, size=0.8, lift=0.6, lively=5, keep=0.62)
    cracks = noise(rng, (w, h), max(2, 9 * u)).filter(ImageFilter.FIND_EDGES)
    fine = noise(rng, (w, h), max(1, 20 * u)).point([0 if abs(v - 128) > 3 else 40 for v in range(256)])
    aged = ImageChops.subtract(out, Image.merge("RGB", [ImageChops.darker(fine, cracks)] * 3), 1, 0)
    return bloomed(aged, 0.28, 22, 150)


def _inked(picture: Image, colours: int) -> Image:
    """The picture in few flat inks."""
    from PIL import Image

    return picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")


def woodcut(picture: Image, rng: random.Random, detail: float) -> Image:
    """A colour woodcut: few inks graded by hand, the grain of the block, warm paper, a margin and a seal."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    u = unit_of(picture)
    muted = curved(saturated(picture, 1.5), ((0, 0.02), (0.35, 0.38), (0.7, 0.76), (1, 1)))
    flat = Image.blend(_inked(muted.filter(ImageFilter.SMOOTH), round(16 + 8 * detail)), muted, 0.42)
    grain = noise(rng, picture.size, max(1, 2.2 * u), stretch=26)
    rings = noise(rng, picture.size, max(2, 13 * u), stretch=16)
    wood = ImageChops.add(grain, rings, 2).point([round(min(255, 222 + v * 0.26)) for v in range(256)])
    printed = ImageChops.multiply(wobbled(flat, rng, 1.2, 30), Image.merge("RGB", [wood] * 3))
    printed = ImageChops.multiply(printed, Image.new("RGB", picture.size, (252, 240, 212)))
    w, h = picture.size
    margin = round(34 * u)
    page = Image.new("RGB", picture.size, (240, 228, 200))
    page.paste(printed.crop((margin, margin, w - margin, h - margin)), (margin, margin))
    pen = ImageDraw.Draw(page)
    pen.rectangle((margin, margin, w - margin - 1, h - margin - 1), outline=(44, 40, 48),
        width=max(1, round(3 * u)))
    side, x, y = 44 * u, margin + 26 * u, h - margin - 112 * u
    stamp = ImageDraw.Draw(page)
    stamp.rounded_rectangle((x, y, x + side, y + side * 1.7), radius=5 * u, fill=(186, 52, 40))
    for i in range(3):
        cy = y + side * (0.3 + 0.53 * i)
        for k in range(3):
            dx = side * (0.2 + 0.2 * k)
            stamp.line((x + dx, cy - side * rng.uniform(0.05, 0.2), x + side - dx * rng.uniform(0.6, 1.4),
                cy + side * rng.uniform(0, 0.18)), fill=(248, 232, 214), width=max(1, round(4 * u)))
    return papered(page, rng, 0.04, tooth=1.6)


def art_deco(picture: Image, rng: random.Random, detail: float) -> Image:
    """Gold, ink and cream, rays, and a stepped gold frame."""
    from PIL import Image, ImageChops, ImageDraw, ImageOps

    u = unit_of(picture)
    w, h = picture.size
    inks = ImageOps.colorize(picture.convert("L"), (14, 24, 44), (246, 232, 196), mid=(178, 132, 62))
    out = Image.blend(_inked(saturated(picture, 1.15), round(14 + 8 * detail)), inks, 0.38)
    rays = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(rays)
    cx, cy, reach = w / 2, h * 0.6, math.hypot(w, h)
    for i in range(0, 48, 2):
        a, b = (math.tau * k / 48 for k in (i, i + 1))
        pen.polygon([(cx, cy), (cx + reach * math.cos(a), cy + reach * math.sin(a)),
            (cx + reach * math.cos(b), cy + reach * math.sin(b))], fill=26)
    rays.paste(0, (0, round(cy), w, h))
    out = ImageChops.screen(out, Image.merge("RGB", [rays.point([round(v * c) for v in range(256)])
        for c in (1.0, 0.84, 0.5)]))
    frame = ImageDraw.Draw(out)
    frame.rectangle((0, 0, w - 1, h - 1), outline=(14, 22, 40), width=max(2, round(26 * u)))
    gold = (214, 172, 84)
    for inset, width in ((26, 5), (38, 2)):
        frame.rectangle((inset * u, inset * u, w - inset * u, h - inset * u), outline=gold,
            width=max(1, round(width * u)))
    for fx, fy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        for k in range(4):
            side = (30 + 20 * k) * u
            x0, y0 = (26 * u if fx == 0 else w - 26 * u - side), (26 * u if fy == 0 else h - 26 * u - side)
            frame.rectangle((x0, y0, x0 + side, y0 + side), outline=gold, width=max(1, round(2.4 * u)))
    return grained(out, rng, 4)


_PAPER = (250, 246, 236)


def watercolour(picture: Image, rng: random.Random, detail: float) -> Image:
    """Washes with darker wet edges and blooms, on rough paper with a ragged white margin."""
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    u = unit_of(picture)
    half = picture.resize((max(8, picture.width // 2), max(8, picture.height // 2)), Image.Resampling.BOX)
    washed = half.filter(ImageFilter.MedianFilter(3 if detail > 0.6 else 5))
    washed = wobbled(washed.resize(picture.size, Image.Resampling.BICUBIC), rng, 3.4, 40)
    soft = washed.filter(ImageFilter.GaussianBlur(max(1.0, 5 * u)))
    rim = ImageOps.autocontrast(ImageChops.difference(washed, soft).convert("L"), cutoff=(0, 2))
    rim = rim.filter(ImageFilter.GaussianBlur(max(0.4, 0.7 * u)))
    # Water carries pigment to the edge of a wash, and there it dries darker.
    pigment = rim.point([round(255 - v * 0.42) for v in range(256)])
    out = ImageChops.multiply(washed, Image.merge("RGB", [pigment] * 3))
    out = curved(saturated(out, 1.24), ((0, 0.16), (0.35, 0.5), (0.7, 0.83), (1, 1)))
    blooms = noise(rng, picture.size, max(2, 120 * u)).filter(ImageFilter.GaussianBlur(max(1, 6 * u)))
    fine = noise(rng, picture.size, max(1, 34 * u))
    wet = ImageChops.add(blooms, fine, 2).point([round((v - 128) * 0.17 + 128) for v in range(256)])
    out = ImageChops.add(out, Image.merge("RGB", [wet] * 3), 1, -126)
    granules = noise(rng, picture.size, max(1, 1.6 * u)).point([255 if v > 60 else round(232 + v * 0.3)
        for v in range(256)])
    out = ImageChops.multiply(out, Image.merge("RGB", [granules] * 3))
    page = Image.new("RGB", picture.size, _PAPER)
    mask, edge = _ragged(picture.size, rng, u)
    page.paste(out, (0, 0), mask)
    page = ImageChops.multiply(page, Image.merge("RGB", [edge] * 3))
    return papered(page, rng, 0.07, tooth=1.6)


def gouache(picture: Image, rng: random.Random, _detail: float) -> Image:
    """Soft opaque colour with wobbly edges on paper, as in a picture book."""
    return papered(curved(wobbled(saturated(picture, 0.9), rng, 2.6, 34), ((0, 0.14), (0.5, 0.6), (1, 1))),
        rng, 0.2)


def _ragged(size: tuple[int, int], rng: random.Random, u: float) -> tuple[Image, Image]:
    """The painted part of a page with an uneven rim, and the darker line where the wash ended."""
    from PIL import Image, ImageChops, ImageFilter

    w, h = size
    margin = 30 * u
    inside = Image.new("L", size, 0)
    inside.paste(255, (round(margin), round(margin), round(w - margin), round(h - margin)))
    inside = inside.filter(ImageFilter.GaussianBlur(max(1, 13 * u)))
    rough = ImageChops.add(noise(rng, size, max(2, 46 * u)), noise(rng, size, max(1, 9 * u)), 2)
    level = ImageChops.add(inside, rough, 1, -128)
    mask = level.point([max(0, min(255, (v - 112) * 9)) for v in range(256)])
    line = level.point([round(255 - 66 * math.exp(-(((v - 134) / 15) ** 2))) for v in range(256)])
    return mask, line


LOOKS: dict[str, Look] = {"oil": Look(passes=(strokes.oil,)), "watercolour": Look(passes=(watercolour,)),
    "gouache": Look(manner="flat", passes=(gouache,)), "anime": Look(manner="cel", passes=(_anime,)),
    "cyberpunk": Look(passes=(neon,)), "pixel": Look(passes=(pixel,)),
    "woodcut": Look(manner="cel", passes=(woodcut,), ink=(46, 46, 66)), "photo": Look(passes=(photo,)),
    "cinematic": Look(passes=(cinematic,)), "flat": Look(manner="flat", passes=(_flat,)),
    "poster art": Look(manner="flat", passes=(art_deco,)), "baroque": Look(passes=(baroque,))}

#: Where two looks say the same, the stronger one has it: a Baroque oil painting is brushed once.
_CONTAINED = {"oil": ("baroque",), "photo": ("cinematic",)}


def look_for(scene: Scene) -> Look:
    """The look of a scene: its styles joined, the first that says how shapes are drawn deciding that."""
    names = [s for s in scene.styles if s in LOOKS and not any(o in scene.styles
        for o in _CONTAINED.get(s, ()))]
    if not names:
        return Look()
    looks = [LOOKS[name] for name in names[:3]]
    drawn = next((look for look in looks if look.manner != "soft"), looks[0])
    passes = tuple(p for look in looks for p in look.passes)
    return Look(manner=drawn.manner, passes=passes, ink=drawn.ink)
