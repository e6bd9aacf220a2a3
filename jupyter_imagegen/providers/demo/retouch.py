# ruff: noqa: C901, PLR2004 - a drawing is its coordinates, in their order
"""Edits: the change that the prompt asks for, made to the given picture, and only where it may be made."""

from __future__ import annotations

import random
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import cards, cast, encoding, finish, lettering, vocabulary
from jupyter_imagegen.providers.demo.palette import LIGHTS, Colour, luminance, mix
from jupyter_imagegen.providers.demo.raster import Raster
from jupyter_imagegen.providers.demo.scene import Scene, seed_of
from jupyter_imagegen.providers.demo.sheet import Sheet, Spot
from jupyter_imagegen.providers.demo.texture import unit_of
from jupyter_imagegen.providers.demo.weathering import moonlit, relit, weathered

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from jupyter_imagegen.core.request import EditRequest

    Step = Callable[[Image, random.Random], Image]

Box = tuple[int, int, int, int]

_REMOVE = ("remove", "erase", "delete", "clear", "hide")


def edited(
    request: EditRequest,
    scene: Scene,
    size: tuple[int, int],
    *,
    sample: int = 0,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Image, str]:
    """The request's first picture, changed as its prompt says, and what the caption says of it.

    Where the mask is opaque nothing changes, to the last bit. The picture is fitted and cropped to `size`
    where it differs.
    """
    from jupyter_imagegen.providers.demo.painter import StoppedError

    base = _fitted(_opened(request.images[0].data), size)
    rng = random.Random(seed_of(scene.seed, sample, "edit"))  # noqa: S311 - a painter's hand, not secrets
    region = _region(request, size)
    changed = base.convert("RGB")
    bounds = (region.getbbox() if region is not None else None) or (0, 0, *size)
    steps = _steps(request, scene, bounds, sample=sample, masked=region is not None)
    for step in steps or [lambda p, _r: _as_card(p, scene, request, bounds, sample)]:
        if stopped():
            raise StoppedError
        changed = step(changed, rng)
    if base.mode == "RGBA":
        changed.putalpha(base.getchannel("A"))
    if steps and not (region is not None and not cast.shown(scene)):
        away = tuple(word for word in scene.known if word in vocabulary.PLACES)
        known = tuple(word for word in scene.known if word not in away)
        scene = replace(scene, known=known, unknown=(*scene.unknown, *away))
    note = replace(scene, place="edit" if steps else "card").told()
    if region is None:
        return encoding.marked(changed), note
    return _inside(base, changed, region, bounds), note


def _steps(request: EditRequest, scene: Scene, bounds: Box, *, sample: int, masked: bool) -> list[Step]:
    """What has to be done, in order; nothing where the prompt names no change that is known."""
    from jupyter_imagegen.providers.demo.painter import DETAIL, draw

    detail = DETAIL.get(request.quality, DETAIL["medium"])
    steps: list[Step] = []
    if scene.has(*_REMOVE):
        steps.append(lambda p, _r: _filled(p, bounds))
        scene = replace(scene, subjects=())
    colour = scene.place_colour or next(iter(scene.colours), None)
    if colour is not None:
        steps.append(lambda p, _r: _tinted(p, colour))
    if scene.time:
        steps.append(lambda p, r: relit(p, scene.time, r))
    if scene.season or scene.weather:
        steps.append(lambda p, r: weathered(p, scene, r))
    if scene.has("moon"):
        steps.append(lambda p, _r: moonlit(p, bounds))
    if cast.shown(scene):
        steps.append(lambda p, _r: _with_subjects(p, scene, bounds, detail=detail, masked=masked))
    elif masked and not steps and scene.place not in ("card", "sticker"):
        w, h = max(16, bounds[2] - bounds[0]), max(16, bounds[3] - bounds[1])
        plain = replace(request, background=None)
        steps.append(lambda p, _r: _pasted(p, draw(scene, plain, (w, h), sample=sample), bounds))
    if scene.lettering:
        steps.append(lambda p, _r: _with_words(p, scene.lettering, bounds))
    if scene.styles:
        look = finish.look_for(scene)
        steps.append(lambda p, r: _styled(p, look, r, detail=detail))
    if len(request.images) > 1:
        others = request.images[1:4]
        steps.append(lambda p, _r: _in_palette_of(p, [_opened(i.data).convert("RGB") for i in others]))
    return steps


def _pasted(picture: Image, part: Image, bounds: Box) -> Image:
    out = picture.copy()
    out.paste(part.convert("RGB"), bounds[:2])
    return out


def _as_card(picture: Image, scene: Scene, request: EditRequest, bounds: Box, sample: int) -> Image:
    """A change that is not known is written on the picture, and not made."""
    left, top, right, bottom = bounds
    part = picture.crop((left, top, max(right, left + 16), max(bottom, top + 16)))
    dark = luminance(_mean(part)) < 0.4
    return _pasted(picture, cards.lettered(part, scene, request, sample=sample, dark=dark), bounds)


def _mean(picture: Image) -> Colour:
    from PIL import Image

    r, g, b = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).tobytes()
    return r, g, b


def _styled(picture: Image, look: finish.Look, rng: random.Random, *, detail: float) -> Image:
    """The picture with a look; a very large one is painted smaller and enlarged, as new pictures are."""
    from PIL import Image

    from jupyter_imagegen.providers.demo.painter import WORKING_PIXELS

    w, h = picture.size
    shrink = (WORKING_PIXELS / (w * h)) ** 0.5
    if shrink >= 1:
        return finish.finished(picture, look, rng=rng, detail=detail)
    small = picture.resize((max(1, round(w * shrink)), max(1, round(h * shrink))), Image.Resampling.BOX)
    styled = finish.finished(small, look, rng=rng, detail=detail)
    return finish.enlarged(styled.resize((w, h), Image.Resampling.LANCZOS), rng=rng)


def _opened(data: bytes) -> Image:
    from PIL import Image

    with Image.open(BytesIO(data)) as picture:
        clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        return picture.convert("RGBA" if clear else "RGB")


def _fitted(picture: Image, size: tuple[int, int]) -> Image:
    """The picture at this size, its middle kept where the proportions differ."""
    from PIL import Image, ImageOps

    if picture.size == size:
        return picture
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _region(request: EditRequest, size: tuple[int, int]) -> Image | None:
    """Where something may change: white there; None for everywhere."""
    from PIL import Image, ImageOps

    if request.mask is None:
        return None
    with Image.open(BytesIO(request.mask.data)) as mask:
        alpha = mask.convert("RGBA").getchannel("A")
    if alpha.size != size:
        alpha = ImageOps.fit(alpha, size, Image.Resampling.NEAREST)
    return alpha.point([255] * 128 + [0] * 128)


def _inside(base: Image, changed: Image, region: Image, bounds: Box) -> Image:
    """The change inside the region, with a soft rim that also lies inside; outside, the base's own pixels."""
    from PIL import ImageChops, ImageFilter

    soft = region.filter(ImageFilter.GaussianBlur(max(1.0, 3 * unit_of(base))))
    rim = soft.point([max(0, min(255, (v - 128) * 2)) for v in range(256)])
    weight = ImageChops.darker(rim, region)
    if weight.getbbox() is None:
        weight = region
    box = _room_for_mark(region, bounds)
    if box is not None:
        changed = encoding.marked(changed, box)
    out = base.copy()
    if changed.mode != base.mode:
        changed = changed.convert(base.mode)
    out.paste(changed, (0, 0), weight)
    return out


def _room_for_mark(region: Image, bounds: Box) -> Box | None:
    """Where the demo mark fits wholly into the region, the lower right first; None where it does not."""
    full = encoding.mark_box(region.size)
    width, height = full[2] - full[0], full[3] - full[1]
    for row in range(12):
        bottom = bounds[3] - height // 3 - round((bounds[3] - bounds[1]) * row / 12)
        for column in range(12):
            right = bounds[2] - height // 3 - round((bounds[2] - bounds[0]) * column / 12)
            box = (right - width, bottom - height, right, bottom)
            if box[0] < bounds[0] or box[1] < bounds[1]:
                continue
            if region.crop(box).getextrema() == (255, 255):
                return box
    return None


def _tinted(picture: Image, colour: Colour) -> Image:
    """The picture in this colour, its light and shade kept."""
    from PIL import Image, ImageOps

    tone = ImageOps.colorize(
        ImageOps.autocontrast(picture.convert("L"), cutoff=1),
        mix(colour, (0, 0, 0), 0.82),
        mix(colour, (255, 255, 255), 0.82),
        mid=colour,
    )
    return Image.blend(picture, tone, 0.72)


def _filled(picture: Image, bounds: Box) -> Image:
    """The region filled from its surroundings, as if what stood there were gone."""
    from PIL import Image, ImageFilter

    left, top, right, bottom = bounds
    w, h = picture.size
    if (right - left) * (bottom - top) > 0.8 * w * h:
        return picture.filter(ImageFilter.GaussianBlur(10 * unit_of(picture)))
    bw, bh = right - left, bottom - top
    near = max(2, round(8 * unit_of(picture)))
    strips = []
    # Each row goes on from what stands left of the hole to what stands right of it: skies stay whole.
    for x0, x1 in ((left - near, left), (right, right + near)):
        inside = (max(0, x0), top, min(w, x1), bottom)
        if inside[2] > inside[0]:
            strips.append(picture.crop(inside).resize((1, bh), Image.Resampling.BOX).resize((bw, bh)))
    if not strips:
        return picture.filter(ImageFilter.GaussianBlur(10 * unit_of(picture)))
    across = Image.linear_gradient("L").rotate(90).resize((bw, bh))
    fill = Image.composite(strips[-1], strips[0], across)
    out = picture.copy()
    out.paste(fill.filter(ImageFilter.GaussianBlur(max(1, 2 * unit_of(picture)))), (left, top))
    return out


def _with_subjects(picture: Image, scene: Scene, bounds: Box, *, detail: float, masked: bool) -> Image:
    """The picture with the scene's things painted into the bounds, in a light like the picture's own."""
    w, h = picture.size
    left, top, right, bottom = bounds if masked else _room_for(picture, scene)
    tone = _mean(picture)
    bright = luminance(tone)
    light = LIGHTS[
        "day" if bright > 0.5 else "golden" if bright > 0.34 else "dusk" if bright > 0.2 else "night"
    ]
    light = replace(light, haze=mix(light.haze, tone, 0.6), exposure=max(0.55, light.exposure))
    short = min(w, h)
    sheet = Sheet(
        width=w * 1000 / short,
        height=h * 1000 / short,
        light=light,
        detail=detail,
        rng=random.Random(scene.seed),  # noqa: S311 - a painter's hand, not secrets
    )
    sheet.layer = "subject"
    unit = 1000 / short
    count = sum(s.count for s in cast.shown(scene))
    x, step = left * unit, (right - left) * unit / max(1, count)
    high = (bottom - top) * unit
    for subject in cast.shown(scene):
        part = cast.PARTS[subject.kind]
        for i in range(subject.count):
            size = min(high * 0.92, step * 0.94 / part.wide)
            middle = (
                (top + bottom) / 2 * unit if part.where == "sky" else bottom * unit - high * 0.04 - size / 2
            )
            cast.put(
                sheet, replace(subject, count=1), scene, Spot(x + step * (i + 0.5), middle + size / 2, size)
            )
        x += step * subject.count
    over = 2.0 if short < 1400 else 1.0
    raster = Raster(sheet, (w, h), oversample=over, cutout=True)
    raster.paint(sheet.ops)
    thing = raster.finished()
    out = picture.copy()
    out.paste(thing.convert("RGB"), (0, 0), thing.getchannel("A"))
    return out


def _room_for(picture: Image, scene: Scene) -> Box:
    """Where a thing fits when no mask says so: the emptiest place of the sky or of the ground."""
    from PIL import Image, ImageFilter

    w, h = picture.size
    subjects = cast.shown(scene)
    sky = cast.PARTS[subjects[0].kind].where == "sky" or scene.has("sky", "above", "air")
    count = sum(s.count for s in subjects)
    bw, bh = min(0.9, 0.3 + 0.12 * (count - 1)), 0.34 if sky else 0.42
    busy = picture.convert("L").resize((40, 40), Image.Resampling.BOX).filter(ImageFilter.FIND_EDGES)
    y = 0.04 if sky else 0.54
    best: tuple[float, float] = (1e9, 0.5)
    for k in range(9):
        x = 0.03 + (0.94 - bw) * k / 8
        part = busy.crop((round(x * 40), round(y * 40), round((x + bw) * 40), round((y + bh) * 40)))
        mess = sum(part.tobytes()) / max(1, part.width * part.height)
        best = min(best, (mess, x))
    return round(best[1] * w), round(y * h), round((best[1] + bw) * w), round((y + bh) * h)


def _with_words(picture: Image, lines: tuple[str, ...], bounds: Box) -> Image:
    """The quoted words on a plain plate in the bounds."""
    from PIL import Image, ImageDraw, ImageFilter

    w, h = picture.size
    left, top, right, bottom = bounds
    if (right - left) * (bottom - top) > 0.7 * w * h:
        left, right, top, bottom = round(w * 0.16), round(w * 0.84), round(h * 0.08), round(h * 0.26)
    u = unit_of(picture)
    out = picture.copy()
    plate = Image.new("L", (w, h), 0)
    ImageDraw.Draw(plate).rounded_rectangle(
        (left + 6 * u, top + 6 * u, right - 6 * u, bottom - 6 * u), radius=14 * u, fill=255
    )
    out.paste(
        (14, 12, 18),
        (0, round(6 * u)),
        plate.filter(ImageFilter.GaussianBlur(max(1, 9 * u))).point([round(v * 0.5) for v in range(256)]),
    )
    out.paste((246, 238, 220), (0, 0), plate)
    high = (bottom - top) / len(lines)
    for i, text in enumerate(lines):
        mask, corner = lettering.set_line(
            text, (left + right) / 2, top + high * (i + 0.5), (right - left) * 0.84, high * 0.6
        )
        out.paste((44, 32, 36), corner, mask)
    return out


def _in_palette_of(picture: Image, others: list[Image]) -> Image:
    """The picture leaning towards the colours of the reference pictures."""
    from PIL import Image

    strip = Image.new("RGB", (64 * len(others), 64))
    for i, other in enumerate(others):
        strip.paste(other.resize((64, 64), Image.Resampling.BOX), (64 * i, 0))
    few = strip.quantize(24, method=Image.Quantize.MEDIANCUT)
    matched = picture.quantize(palette=few, dither=Image.Dither.NONE).convert("RGB")
    return Image.blend(picture, matched, 0.55)
