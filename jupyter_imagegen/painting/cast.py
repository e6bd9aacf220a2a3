"""Who paints what, how large it is, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.painting import buildings, vessels
from jupyter_imagegen.painting.stage import Spot, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.painting.scene import Scene, Subject
    from jupyter_imagegen.painting.sheet import Sheet

    Painter = Callable[[Sheet, Subject, Scene, Spot], None]

Where = Literal["ground", "water", "sky", "back"]


@dataclass(frozen=True)
class Part:
    """How a kind of thing appears: its painter, its size on a stage (1 is the stage's scale), and where it is."""

    paint: Painter
    size: float
    where: Where = "ground"
    wide: float = 0.8


PARTS: dict[str, Part] = {
    "lighthouse": Part(buildings.lighthouse, 1.55, "back", 0.7),
    "house": Part(buildings.house, 1.0, "back", 1.1),
    "church": Part(buildings.church, 1.3, "back", 0.8),
    "castle": Part(buildings.castle, 1.5, "back", 1.1),
    "tower": Part(buildings.tower, 1.5, "back", 0.4),
    "windmill": Part(buildings.windmill, 1.3, "back", 0.9),
    "bridge": Part(buildings.bridge, 1.0, "back", 1.0),
    "sailboat": Part(vessels.sailboat, 1.0, "water", 0.72),
    "ship": Part(vessels.ship, 1.2, "water", 1.15),
    "steamer": Part(vessels.steamer, 1.0, "water", 1.2),
    "train": Part(vessels.train, 0.75, "ground", 1.3),
    "car": Part(vessels.car, 1.0, "ground", 1.1),
    "bus": Part(vessels.bus, 1.0, "ground", 1.3),
    "bicycle": Part(vessels.bicycle, 0.9, "ground", 1.0),
    "balloon": Part(vessels.balloon, 0.6, "sky", 0.5),
    "hotair": Part(vessels.hot_air_balloon, 0.8, "sky", 0.8),
    "rocket": Part(vessels.rocket, 1.2, "sky", 0.5),
    "umbrella": Part(vessels.umbrella, 0.8, "ground", 0.9),
    "kite": Part(vessels.kite, 0.6, "sky", 0.6),
}


def enter(sheet: Sheet, scene: Scene, stage: Stage) -> None:
    """Put the scene's subjects on the stage, what is large and far first."""
    order = {"back": 0, "sky": 1, "water": 2, "ground": 3}
    named = [s for s in scene.subjects if s.kind in PARTS]
    for subject in sorted(named, key=lambda s: order[PARTS[s.kind].where]):
        for spot in spots(sheet, scene, stage, subject):
            PARTS[subject.kind].paint(sheet, subject, scene, spot)


def spots(sheet: Sheet, scene: Scene, stage: Stage, subject: Subject) -> list[Spot]:
    """Where the things of one kind stand: the first kind in the middle, others beside it; many in depth."""
    part = PARTS[subject.kind]
    rng, n = sheet.rng, subject.count
    standing = [s for s in scene.subjects if s.kind in PARTS and PARTS[s.kind].where == part.where]
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
        match part.where:
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
    named = [s for s in scene.subjects if s.kind in PARTS] or list(scene.subjects)
    total = sum(s.count for s in named if s.kind in PARTS) or 1
    step = sheet.width / total
    i = 0
    for subject in named:
        part = PARTS.get(subject.kind)
        if part is None:
            continue
        for _ in range(subject.count):
            size = min(sheet.height * 0.82, step * 0.94 / part.wide)
            spot = Spot((i + 0.5) * step, sheet.height / 2 + size / 2, size)
            part.paint(sheet, replace(subject, count=1), scene, spot)
            i += 1
