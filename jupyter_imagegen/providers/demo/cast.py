# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
# Coordinates are read together, not one to a line.
# fmt: off
"""How large each thing is, where it stands, and how it is put there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.providers.demo import art, land, plants
from jupyter_imagegen.providers.demo.geometry import rounded
from jupyter_imagegen.providers.demo.palette import NAMED
from jupyter_imagegen.providers.demo.sheet import Spot, Stage, extent

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.sheet import Sheet

Where = Literal["ground", "water", "sky", "back"]


@dataclass(frozen=True)
class Part:
    """How a kind of thing appears: its size (1 is the stage's scale), where it is, and how wide."""

    size: float
    where: Where = "ground"
    wide: float = 0.8


PARTS: dict[str, Part] = {
    "lighthouse": Part(1.55, "back", 0.7), "house": Part(1.0, "back", 1.1), "tree": Part(1.3, "back"),
    "pine": Part(1.3, "back", 0.5), "sailboat": Part(1.0, "water", 0.72), "whale": Part(0.95, "water", 1.7),
    "balloon": Part(0.6, "sky", 0.5), "kite": Part(0.6, "sky", 0.6), "train": Part(0.75, wide=1.3),
    "robot": Part(1.1, wide=0.85), "fox": Part(0.95, wide=1.1), "cat": Part(0.72, wide=0.75),
    "owl": Part(0.95), "apple": Part(0.5, wide=0.95), "pear": Part(0.6, wide=0.7),
    "vase": Part(1.15, wide=0.75), "jar": Part(1.15), "book": Part(0.75, wide=1.3),
}  # fmt: skip


def put(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """Put one thing in its spot."""
    winter = scene.season == "winter"
    match subject.kind:
        case "tree":
            plants.tree(sheet, spot.x, spot.y, spot.scale, scene)
            return
        case "pine":
            plants.pine(sheet, spot.x, spot.y, spot.scale, snow=winter)
            return
        case "lighthouse" if sheet.layer == "back":
            land.rocks(sheet, spot.x + 0.05 * spot.scale, spot.y + 0.02 * spot.scale, spot.scale * 0.92,
                spot.scale * 0.17)
    flags = ("snow" if winter else "bare", "reading" if scene.subject("book") else "idle")
    # A red fox is as red as foxes are.
    own = None if (subject.kind, subject.colour) == ("fox", NAMED["red"]) else subject.colour
    art.paint(sheet, subject.kind, spot, own, *flags)
    if subject.kind == "jar":
        _label(sheet, scene, spot)


def _label(sheet: Sheet, scene: Scene, spot: Spot) -> None:
    """The words on a jar, the first of them large."""
    s, lines = spot.scale, scene.lettering or ("Honey",)
    y = spot.y - s * (0.4 if len(lines) < 2 else 0.45)
    sheet.words(lines[0], spot.x, y, s * 0.48, s * 0.19, (74, 40, 22), gap=0.03)
    high = min(0.07, 0.2 / max(1, len(lines) - 1))
    for k, more in enumerate(lines[1:]):
        sheet.words(more, spot.x, y + s * (0.13 + (high + 0.01) * k), s * 0.44, s * high, (96, 58, 30),
            gap=0.08)


#: Units left free around things on a transparent picture; a sticker's white rim goes there.
_RIM = 36.0
#: Places that are frames rather than landscapes: nothing floats in their sky.
_FRAMED = ("page", "table")


def enter(sheet: Sheet, scene: Scene, stage: Stage) -> None:
    """Put the scene's subjects on the stage, what is large and far first."""
    order = {"back": 0, "sky": 1, "water": 2, "ground": 3}
    for subject in sorted(shown(scene), key=lambda s: order[PARTS[s.kind].where]):
        for i, spot in enumerate(spots(sheet, scene, stage, subject)):
            own = replace(subject, colour=subject.colours[i]) if i < len(subject.colours) else subject
            put(sheet, own, scene, spot)


def shown(scene: Scene) -> tuple[Subject, ...]:
    """The subjects that get a place of their own: not those that another one holds or carries."""
    held: set[str] = set()
    if scene.subject("robot") is not None or scene.place == "library":
        held.add("book")
    return tuple(s for s in scene.subjects if s.kind in PARTS and s.kind not in held)


def spots(sheet: Sheet, scene: Scene, stage: Stage, subject: Subject) -> list[Spot]:
    """Where the things of one kind stand: the first kind in the middle, others beside it; many in depth."""
    part = PARTS[subject.kind]
    rng, n = sheet.rng, subject.count
    standing = [s for s in shown(scene) if PARTS[s.kind].where == part.where]
    place, of = (standing.index(subject), len(standing)) if subject in standing else (0, 1)
    span = stage.x1 - stage.x0
    size = stage.scale * part.size * (1.0 if of == 1 else 0.86)
    out = []
    for i in range(n):
        if of == 1:
            u = 0.5 if n == 1 else (i + 0.5) / n
        else:
            u = (place + 0.5) / of + ((i + 0.5) / n - 0.5) / of * 0.8
        if n == 1 and of == 1:
            u += rng.uniform(-0.06, 0.06)
        depth = 0.0 if n == 1 else ((i * 2 + 1) % n) / n
        scale = size * (1 - 0.42 * depth) * (1.0 if n < 3 else 0.82 if n < 5 else 0.6)
        framed = scene.place in _FRAMED
        if framed:
            scale = max(scale, stage.scale * 0.8 / max(1.0, n * 0.8))
        match part.where:
            case "sky" if framed:
                y = stage.ground
            case "sky":
                y = max(scale + 30, stage.horizon * (0.92 - 0.3 * depth) - rng.uniform(0, 30))
            case "water":
                water = stage.water if stage.water is not None else stage.ground
                y = water + (stage.ground - water) * 0.62 * (1 - depth) * (1.0 if n > 1 else 0.75)
            case "back":
                y = stage.ground - (stage.ground - stage.horizon) * 0.12 * (1 + depth)
            case _:
                y = stage.ground - (stage.ground - stage.horizon) * 0.45 * depth
        flip = rng.random() < 0.4 if of == 1 else u > 0.6
        out.append(Spot(stage.x0 + span * u, y, scale, flip))
    return sorted(out, key=lambda s: s.y)


def alone(sheet: Sheet, scene: Scene) -> None:
    """The subjects large on nothing."""
    named = shown(scene)
    total = sum(s.count for s in named) or 1
    lines = [] if scene.subject("jar") is not None else list(scene.lettering)
    high = sheet.height * (0.8 if lines else 1.0)
    for k, text in enumerate(lines):
        tall = sheet.height * 0.15 / len(lines)
        y = sheet.height * 0.8 + tall * (k + 0.5)
        sheet.fill(rounded(sheet.width * 0.1, y - tall * 0.5, sheet.width * 0.9, y + tall * 0.5, 20),
            (255, 252, 244))
        sheet.words(text, sheet.width / 2, y, sheet.width * 0.72, tall * 0.74, (54, 40, 46))
    step = sheet.width / total
    i = 0
    for subject in named:
        part = PARTS[subject.kind]
        for _ in range(subject.count):
            size = min(high * 0.82, step * 0.94 / part.wide)
            spot = Spot((i + 0.5) * step, high / 2 + size / 2, size)
            _whole(sheet, replace(subject, count=1), scene, spot, high)
            i += 1


def _whole(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot, high: float) -> None:
    """One thing, smaller and further in where a tail or a branch would leave the picture."""
    begun = len(sheet.ops)
    put(sheet, subject, scene, spot)
    left, top, right, bottom = extent(sheet.ops[begun:])
    if min(left, top, sheet.width - right, high - bottom) >= _RIM:
        return
    shrink = min(1.0, (sheet.width - 2 * _RIM) / (right - left), (high - 2 * _RIM) / (bottom - top))
    x = _within(spot.x, left, right, sheet.width, shrink)
    y = _within(spot.y, top, bottom, high, shrink)
    del sheet.ops[begun:]
    put(sheet, subject, scene, Spot(x, y, spot.scale * shrink, spot.flip))


def _within(place: float, low: float, high: float, room: float, shrink: float) -> float:
    """Where a thing is put that reached from `low` to `high`, so that it lies between the rims of a room."""
    low, high = (place + (reach - place) * shrink for reach in (low, high))
    return place + max(0.0, _RIM - low) - max(0.0, high - (room - _RIM))
