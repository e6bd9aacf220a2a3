"""Puts a scene on a sheet: the light, the place, then everything that is to be seen in it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import cards, cast, interiors, land, pages, skies
from jupyter_imagegen.providers.demo.geometry import box
from jupyter_imagegen.providers.demo.palette import LIGHTS, Light, leaning, mix, weathered
from jupyter_imagegen.providers.demo.scene import Scene, seed_of
from jupyter_imagegen.providers.demo.sheet import Sheet, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Stage


#: Places whose light does not come from a sky.
_ROOMS = {"library": "indoors", "room": "indoors", "hall": "candle", "table": "indoors", "page": "studio"}
#: What other samples show where the prompt leaves the time open.
_TIMES = ("day", "golden", "dawn", "dusk")
_SPARE = {"flat": 0.5, "pixel": 0.7}


def light_of(scene: Scene, sample: int) -> Light:
    """The light that the prompt asks for, or that its place has."""
    time = scene.time
    if "cyberpunk" in scene.styles:
        light = LIGHTS["neon"]
    elif "baroque" in scene.styles and scene.place in _ROOMS:
        light = LIGHTS["candle"]
    elif scene.place in _ROOMS:
        light = LIGHTS["candle" if time == "candle" else _ROOMS[scene.place]]
        if time == "day" and scene.place in ("hall", "table"):
            light = LIGHTS["indoors"]
    else:
        open_time = (
            "day" if scene.weather in ("rain", "storm", "fog", "overcast", "clouds") else _TIMES[sample % 4]
        )
        light = weathered(LIGHTS[time if time in LIGHTS else open_time], scene.weather)
    if scene.place_colour is None and scene.colours:
        light = leaning(light, scene.colours[0], 0.3)
    side = -1 if seed_of(scene.seed, sample, "side") % 2 else 1
    return replace(light, side=side)


def composed(
    scene: Scene, size: tuple[int, int], *, sample: int = 0, detail: float = 0.8, cutout: bool = False
) -> Sheet:
    """The scene as shapes for a picture of `size` pixels; a cutout is the subjects alone, on nothing."""
    short = min(size)
    for style in scene.styles:
        detail *= _SPARE.get(style, 1.0)
    rng = random.Random(seed_of(scene.seed, sample))  # noqa: S311 - a painter's hand, not secrets
    time = scene.time if scene.time in LIGHTS else "day"
    sheet = Sheet(
        width=size[0] * 1000 / short,
        height=size[1] * 1000 / short,
        light=light_of(scene, sample),
        rng=rng,
        detail=detail,
    )
    scene = replace(scene, time=time)
    if cutout or scene.place == "sticker":
        sheet.light = replace(LIGHTS["studio"], side=sheet.light.side)
        if not cutout:
            pale = mix(cards.accents(scene)[1], (255, 252, 246), 0.6)
            sheet.fill(box(-5, -5, sheet.width + 5, sheet.height + 5), pale, edge=False)
        sheet.layer = "subject"
        cast.alone(sheet, scene)
        return sheet
    stage = PAINTERS[scene.place](sheet, scene)
    cast.enter(sheet, scene, stage)
    if scene.lettering and scene.place != "card" and not any(isinstance(op, Words) for op in sheet.ops):
        pages.banner(sheet, scene)
    if scene.place not in _ROOMS:
        skies.falling(sheet, scene)
    return sheet


PAINTERS: dict[str, Callable[[Sheet, Scene], Stage]] = {
    "sea": land.sea, "mountains": land.mountains, "meadow": land.meadow, "valley": land.valley,
    "library": interiors.library, "hall": interiors.hall, "room": interiors.room, "table": interiors.table,
    "page": pages.poster, "card": cards.ground,
}  # fmt: skip
