"""Four-legged animals, standing or sitting, each in its own proportions and coat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.painting.geometry import Point, limb, oval, ribbon, smooth
from jupyter_imagegen.painting.palette import Colour, mix, scaled
from jupyter_imagegen.painting.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.painting.scene import Scene, Subject
    from jupyter_imagegen.painting.stage import Spot


@dataclass(frozen=True, kw_only=True)
class Build:
    """An animal's proportions, its height being 1, and its coat."""

    coat: Colour
    belly: Colour
    legs: Colour
    length: float = 0.62
    back: float = 0.58
    deep: float = 0.14
    leg: float = 0.045
    neck: float = 0.12
    head: float = 0.13
    muzzle: float = 0.14
    snout: float = 0.05
    ears: str = "point"
    tail: str = "thin"
    extra: str = ""


BUILDS: dict[str, Build] = {
    "fox": Build(coat=(206, 98, 40), belly=(246, 238, 226), legs=(70, 44, 36), length=0.72, back=0.47, deep=0.15, leg=0.046,
                 neck=0.2, head=0.15, muzzle=0.15, snout=0.04, ears="tall", tail="brush"),
    "wolf": Build(coat=(122, 122, 130), belly=(214, 212, 208), legs=(98, 96, 102), length=0.64, back=0.58, deep=0.14, leg=0.042,
                  neck=0.17, head=0.13, muzzle=0.15, snout=0.045, ears="tall", tail="brush"),
    "dog": Build(coat=(196, 142, 84), belly=(240, 224, 198), legs=(186, 132, 78), length=0.6, back=0.56, deep=0.14, leg=0.05,
                 neck=0.13, head=0.145, muzzle=0.12, snout=0.062, ears="floppy", tail="up"),
    "horse": Build(coat=(134, 82, 50), belly=(150, 96, 62), legs=(92, 56, 38), length=0.56, back=0.6, deep=0.14, leg=0.034,
                   neck=0.15, head=0.085, muzzle=0.17, snout=0.056, ears="small", tail="hair", extra="mane"),
    "bear": Build(coat=(112, 76, 52), belly=(130, 92, 64), legs=(92, 62, 44), length=0.74, back=0.66, deep=0.24, leg=0.09,
                  neck=0.2, head=0.17, muzzle=0.12, snout=0.07, ears="round", tail="stub"),
    "rabbit": Build(coat=(182, 160, 136), belly=(244, 238, 228), legs=(172, 150, 128), length=0.5, back=0.4, deep=0.2, leg=0.055,
                    neck=0.12, head=0.16, muzzle=0.06, snout=0.06, ears="long", tail="ball"),
    "deer": Build(coat=(172, 116, 70), belly=(236, 218, 190), legs=(146, 98, 62), length=0.5, back=0.56, deep=0.115, leg=0.026,
                  neck=0.09, head=0.078, muzzle=0.115, snout=0.034, ears="leaf", tail="stub", extra="antlers"),
    "cow": Build(coat=(242, 238, 230), belly=(248, 226, 216), legs=(228, 222, 212), length=0.78, back=0.66, deep=0.2, leg=0.052,
                 neck=0.17, head=0.115, muzzle=0.13, snout=0.075, ears="leaf", tail="thin", extra="patches"),
    "sheep": Build(coat=(242, 238, 228), belly=(232, 226, 214), legs=(62, 54, 52), length=0.66, back=0.62, deep=0.2, leg=0.036,
                   neck=0.14, head=0.1, muzzle=0.1, snout=0.055, ears="leaf", tail="stub", extra="wool"),
    "lion": Build(coat=(212, 162, 92), belly=(234, 204, 154), legs=(202, 152, 86), length=0.7, back=0.6, deep=0.15, leg=0.058,
                  neck=0.18, head=0.145, muzzle=0.1, snout=0.066, ears="round", tail="tuft", extra="lion"),
    "tiger": Build(coat=(224, 138, 58), belly=(248, 240, 226), legs=(214, 128, 56), length=0.76, back=0.58, deep=0.15, leg=0.058,
                   neck=0.16, head=0.145, muzzle=0.09, snout=0.064, ears="round", tail="thin", extra="stripes"),
    "elephant": Build(coat=(138, 136, 144), belly=(126, 124, 132), legs=(124, 122, 130), length=0.72, back=0.72, deep=0.26,
                      leg=0.088, neck=0.2, head=0.19, muzzle=0.06, snout=0.07, ears="sail", tail="thin", extra="trunk"),
    "cat": Build(coat=(214, 142, 70), belly=(248, 238, 222), legs=(206, 134, 66), length=0.58, back=0.5, deep=0.12, leg=0.042,
                 neck=0.12, head=0.15, muzzle=0.05, snout=0.056, ears="point", tail="curl", extra="tabby"),
}  # fmt: skip


def _coated(kind: str, subject: Subject) -> Build:
    """The build of a kind, in the colour that the prompt gives it."""
    build = BUILDS[kind]
    if subject.word == "unicorn":
        build = Build(
            **{
                **build.__dict__,
                "coat": (244, 240, 244),
                "belly": (250, 246, 250),
                "legs": (230, 224, 234),
                "extra": "horn",
            }
        )
    if subject.word in ("panda",):
        build = Build(
            **{**build.__dict__, "coat": (244, 242, 238), "legs": (40, 38, 42), "belly": (244, 242, 238)}
        )
    if subject.colour is None:
        return build
    colour = subject.colour
    if kind == "fox" and colour[0] > 170 and colour[1] < 70:
        # A "red" fox is the usual one: foxes are called red and are orange.
        return build
    return Build(
        **{
            **build.__dict__,
            "coat": colour,
            "legs": scaled(colour, 0.72),
            "belly": mix(colour, (252, 248, 240), 0.66),
        }
    )


def standing(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """An animal standing in profile."""
    kind = subject.kind
    calm = kind in ("dog", "fox", "wolf", "rabbit", "bear") and not scene.has("running", "standing", "walking", "hunting", "leaping")
    if kind == "cat" or calm:
        sitting(sheet, subject, scene, spot)
        return
    b = _coated(kind, subject)
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    sheet.ground_shadow(spot.x, spot.y, spot.scale * b.length * 1.1)
    rump, chest = -b.length / 2, b.length / 2
    mid = -b.back
    breathe = 0.006 * sheet.wave(1)
    _tail(pen, b, rump, mid)
    # Far legs first, darker.
    for x, bend in ((rump + 0.11, -0.02), (chest - 0.03, 0.015)):
        _leg(pen, b, x, bend, far=True)
    head = (chest + b.neck * 1.1, -1 + b.head * 1.15)
    if b.ears == "long":
        head = (chest + 0.02, -0.62)
    # Body: hips, belly and chest in one outline.
    d = b.deep
    body = [(rump - 0.02, mid + d * 0.1), (rump + 0.03, mid - d * 0.78), (rump + b.length * 0.3, mid - d * 0.86),
            (0.02, mid - d * 0.78), (chest - 0.1, mid - d * 0.9 - breathe), (chest, mid - d * 0.62), (chest + 0.045, mid + d * 0.15),
            (chest - 0.05, mid + d * 0.95), (0.0, mid + d * 0.84), (rump + b.length * 0.3, mid + d * 0.6), (rump + 0.06, mid + d * 0.84)]  # fmt: skip
    if b.extra == "wool":
        lumps = [
            (*pen.at(x * 1.02 + math.sin(i * 7) * 0.01, mid + (y - mid) * 1.05), spot.scale * 0.07)
            for i, (x, y) in enumerate(smooth(body, steps=3))
        ]
        sheet.puffs(lumps, sheet.light.lit(b.coat), sheet.light.shaded(b.coat), blur=spot.scale * 0.008)
    neck = [(chest - 0.13, mid - d * 0.5), (chest - 0.02, (mid + head[1]) / 2 - 0.02), head]
    wide = (d * 1.7, b.neck * 1.12, b.head * 1.1)
    pen.form(ribbon(smooth(neck, closed=False), wide), b.coat)
    pen.form(smooth(body), b.coat)
    if b.belly != b.coat:
        pen.sheet.fill(pen.all(smooth([(chest + 0.03, mid + d * 0.1), (chest - 0.05, mid + d * 0.92), (0.0, mid + d * 0.82),
                                       (0.0, mid + d * 0.6), (chest - 0.1, mid + d * 0.3)])), sheet.light.on(b.belly),
                       opacity=0.85, blur=spot.scale * 0.008, edge=False)  # fmt: skip
    _coat_marks(pen, b, rump, chest, mid)
    for x, bend in ((rump + 0.055, -0.03), (chest - 0.075, 0.0)):
        _leg(pen, b, x, bend, far=False)
    # A sheen along the back joins legs and body.
    sheet.fill(pen.all(smooth([(rump + 0.04, mid - d * 0.66), (0, mid - d * 0.7), (chest - 0.06, mid - d * 0.74), (0, mid - d * 0.4)])),
               sheet.light.lit(b.coat), opacity=0.4, blur=spot.scale * 0.018, edge=False)  # fmt: skip
    _head(pen, b, head)


def _leg(pen: Pen, b: Build, x: float, bend: float, *, far: bool) -> None:
    hip = -b.back + b.deep * 0.35
    knee = (x + bend, hip * 0.5)
    colour = scaled(b.legs, 0.74) if far else b.legs
    upper = scaled(b.coat, 0.74) if far else b.coat
    w = b.leg
    outline = ribbon([(x + 0.01, hip), knee, (x + bend * 0.4, -0.03)], (w * 2.5, w * 1.25, w * 0.95))
    light = pen.sheet.light
    pen.sheet.fill(
        pen.all(outline), light.lit(upper) if not far else light.on(upper), light.shaded(colour), angle=74
    )
    paw = smooth(
        [
            (x + bend * 0.4 - w * 0.6, -0.005),
            (x + bend * 0.4 - w * 0.5, -0.05),
            (x + bend * 0.4 + w * 0.7, -0.045),
            (x + bend * 0.4 + w * 1.25, -0.005),
        ]
    )
    pen.form(paw, scaled(colour, 0.82))


def _tail(pen: Pen, b: Build, rump: float, mid: float) -> None:
    y = mid - b.deep * 0.5
    sway = 0.03 * pen.sheet.wave(1)
    match b.tail:
        case "brush":
            pen.form(smooth([(rump + 0.05, y), (rump - 0.12, y + 0.02), (rump - 0.3, y + 0.16 + sway), (rump - 0.44, y + 0.24 + sway),
                             (rump - 0.34, y + 0.33 + sway), (rump - 0.16, y + 0.26), (rump, y + 0.12)]), b.coat)  # fmt: skip
            pen.form(
                smooth(
                    [
                        (rump - 0.32, y + 0.17 + sway),
                        (rump - 0.45, y + 0.24 + sway),
                        (rump - 0.34, y + 0.33 + sway),
                        (rump - 0.27, y + 0.27 + sway),
                    ]
                ),
                b.belly,
            )
        case "up":
            pen.form(
                ribbon(
                    smooth(
                        [(rump + 0.04, y + 0.05), (rump - 0.08, y - 0.06), (rump - 0.1 + sway, y - 0.22)],
                        closed=False,
                    ),
                    (0.08, 0.06, 0.02),
                ),
                b.coat,
            )
        case "hair":
            pen.form(
                smooth(
                    [
                        (rump + 0.02, y - 0.02),
                        (rump - 0.1, y + 0.02),
                        (rump - 0.14 + sway, y + 0.2),
                        (rump - 0.1 + sway, y + 0.42),
                        (rump - 0.05, y + 0.2),
                        (rump, y + 0.1),
                    ]
                ),
                scaled(b.coat, 0.45),
            )
        case "curl":
            pen.form(
                ribbon(
                    smooth(
                        [
                            (rump + 0.03, y + 0.04),
                            (rump - 0.14, y),
                            (rump - 0.2, y - 0.18),
                            (rump - 0.12 + sway, y - 0.3),
                        ],
                        closed=False,
                    ),
                    (0.06, 0.055, 0.05, 0.03),
                ),
                b.coat,
            )
        case "thin" | "tuft":
            end = (rump - 0.12 + sway, y + 0.34)
            pen.form(
                ribbon(
                    smooth([(rump + 0.02, y + 0.02), (rump - 0.08, y + 0.1), end], closed=False),
                    (0.045, 0.025, 0.018),
                ),
                b.coat,
            )
            if b.tail == "tuft" or b.extra in ("patches", "trunk"):
                pen.form(oval(*end, 0.03, 0.05), scaled(b.coat, 0.5))
        case _:
            pen.form(
                oval(rump - 0.02, y + 0.03, 0.055 if b.tail == "ball" else 0.035, 0.05),
                b.belly if b.tail == "ball" else b.coat,
            )


def _coat_marks(pen: Pen, b: Build, rump: float, chest: float, mid: float) -> None:
    light, rng = pen.sheet.light, pen.sheet.rng
    d = b.deep
    if b.extra == "stripes":
        for i in range(9):
            x = rump + 0.04 + i * (chest - rump - 0.08) / 8
            w = 0.016
            pen.flat(smooth([(x - w, mid - d * 0.84), (x + w, mid - d * 0.84), (x + 0.03, mid - d * 0.1), (x + 0.012, mid + d * 0.24), (x, mid - d * 0.1)], steps=4),
                     light.shaded((44, 30, 26)), opacity=0.92)  # fmt: skip
    elif b.extra == "patches":
        for x, y, rx, ry in (
            (-0.2, -0.06, 0.13, 0.1),
            (0.08, 0.02, 0.09, 0.11),
            (0.26, -0.1, 0.07, 0.06),
            (-0.02, -0.13, 0.06, 0.04),
        ):
            points = [
                (
                    x + math.cos(a) * rx * rng.uniform(0.75, 1.1),
                    mid + y + math.sin(a) * ry * rng.uniform(0.75, 1.1),
                )
                for a in (k * math.tau / 9 for k in range(9))
            ]
            pen.form(smooth(points), (48, 42, 44))
    elif b.extra == "mane":
        pass


def _head(pen: Pen, b: Build, head: Point) -> None:
    light = pen.sheet.light
    x, y = head
    r = b.head
    if b.extra == "lion":
        for ring, tone in ((1.75, (122, 70, 38)), (1.42, (158, 96, 48))):
            points = [(x - 0.02 + math.cos(a) * r * ring * (1 + 0.07 * math.sin(k * 2.4)), y + 0.02 + math.sin(a) * r * ring * (1 + 0.07 * math.cos(k * 3.1)))
                      for k, a in enumerate(i * math.tau / 26 for i in range(26))]  # fmt: skip
            pen.form(smooth(points, steps=3), tone)
    if b.extra in ("mane", "horn"):
        hair = scaled(b.coat, 0.42) if b.extra == "mane" else (206, 170, 214)
        chest = b.length / 2
        pen.form(
            smooth(
                [
                    (x - r * 0.2, y - r * 0.9),
                    (x - r * 0.9, y - r * 0.2),
                    (chest - 0.1, -b.back - b.deep * 0.95),
                    (chest - 0.02, -b.back - b.deep * 0.5),
                    (x - r * 0.5, y + r * 0.4),
                    (x, y - r * 0.4),
                ]
            ),
            hair,
        )
    _ear(pen, b, x - r * 0.1, y - r * 0.7, far=True)
    slant = 0.26 if b.extra in ("mane", "horn", "antlers", "patches", "wool") else 0.1
    mx, my = x + b.muzzle + r * 0.35, y + r * 0.3 + b.muzzle * slant * 2
    coat = (62, 54, 52) if b.extra == "wool" else b.coat
    skull = smooth([(x - r * 0.82, y + r * 0.1), (x - r * 0.55, y - r * 0.72), (x + r * 0.15, y - r * 0.85), (x + r * 0.72, y - r * 0.3),
                    (mx, my - b.snout * 0.8), (mx + b.snout * 0.5, my), (mx - b.snout * 0.1, my + b.snout * 0.75),
                    (x + r * 0.45, y + r * 0.76), (x - r * 0.3, y + r * 0.8)])  # fmt: skip
    if b.extra == "trunk":
        sway = 0.03 * pen.sheet.wave(1)
        pen.form(
            ribbon(
                smooth(
                    [
                        (x + r * 0.5, y),
                        (x + r * 1.2, y + r * 0.8),
                        (x + r * 1.25, y + r * 2.2),
                        (x + r * 1.5 + sway, y + r * 3.2),
                    ],
                    closed=False,
                ),
                (r * 0.9, r * 0.6, r * 0.4, r * 0.25),
            ),
            coat,
        )
        pen.form(
            smooth(
                [
                    (x + r * 0.5, y + r * 0.6),
                    (x + r * 1.1, y + r * 1.2),
                    (x + r * 1.9, y + r * 1.1),
                    (x + r * 1.1, y + r * 1.0),
                ]
            ),
            (246, 238, 220),
        )
    pen.form(skull, coat)
    if b.belly != b.coat and b.extra not in ("wool", "patches"):
        # The pale cheek and jaw.
        pen.flat(
            smooth(
                [
                    (x + r * 0.35, y + r * 0.2),
                    (mx - b.snout * 0.3, my + b.snout * 0.05),
                    (mx - b.snout * 0.2, my + b.snout * 0.6),
                    (x + r * 0.4, y + r * 0.72),
                    (x - r * 0.25, y + r * 0.74),
                    (x - r * 0.1, y + r * 0.3),
                ]
            ),
            light.on(b.belly),
        )
    if b.extra == "patches":
        pen.form(oval(mx - 0.015, my + 0.005, b.snout * 0.75, b.snout * 0.7), (236, 180, 170))
    if b.extra == "stripes":
        for k in range(3):
            pen.line(
                [(x - r * 0.3 + k * r * 0.25, y - r * 0.78), (x - r * 0.25 + k * r * 0.25, y - r * 0.45)],
                0.014,
                light.shaded((44, 30, 26)),
            )
    nose = (mx + b.snout * 0.28, my - b.snout * 0.28)
    pen.flat(oval(*nose, b.snout * 0.36, b.snout * 0.3), (34, 26, 28))
    pen.flat(oval(nose[0] - 0.004, nose[1] - 0.006, b.snout * 0.1, steps=8), (150, 140, 140))
    pen.line(
        smooth(
            [
                (nose[0] - b.snout * 0.1, my + b.snout * 0.25),
                (mx - b.snout * 0.6, my + b.snout * 0.4),
                (mx - b.muzzle * 0.6, my + b.snout * 0.2),
            ],
            closed=False,
        ),
        0.008,
        light.shaded(scaled(coat, 0.4)),
    )
    pen.eye(x + r * 0.36, y - r * 0.16, r * 0.125)
    _ear(pen, b, x - r * 0.22, y - r * 0.62, far=False)
    if b.extra == "antlers":
        bone = light.on((196, 166, 124))
        for side in (-0.05, 0.02):
            main = smooth(
                [(x + side, y - r * 0.8), (x - 0.06 + side, y - 0.2), (x - 0.02 + side * 2, y - 0.36)],
                closed=False,
            )
            pen.line(main, 0.02, bone)
            for px, py, dx in ((-0.045, -0.18, 0.08), (-0.05, -0.25, 0.1), (-0.035, -0.3, -0.07)):
                pen.line([(x + px + side, y + py), (x + px + dx + side, y + py - 0.07)], 0.014, bone)
    if b.extra == "horn":
        pen.form(
            [(x + r * 0.1, y - r * 0.75), (x + r * 0.5, y - r * 0.62), (x + r * 0.9, y - r * 2.7)],
            (236, 204, 120),
        )


def _ear(pen: Pen, b: Build, x: float, y: float, *, far: bool) -> None:
    coat = scaled(b.coat, 0.78) if far else b.coat
    if b.extra == "wool":
        coat = (62, 54, 52)
    inner = mix(b.coat, (232, 170, 160), 0.6)
    r = b.head
    shift = 0.07 if far else 0.0
    x += shift
    match b.ears:
        case "tall" | "point":
            high = r * (1.15 if b.ears == "tall" else 0.9)
            pen.form(
                [(x - r * 0.42, y + r * 0.2), (x - r * 0.22, y - high), (x + r * 0.34, y + r * 0.02)], coat
            )
            if not far:
                pen.flat(
                    [
                        (x - r * 0.26, y + r * 0.06),
                        (x - r * 0.18, y - high * 0.7),
                        (x + r * 0.14, y + r * 0.0),
                    ],
                    pen.sheet.light.shaded(scaled(inner, 0.7)),
                )
                if b.ears == "tall":
                    pen.flat(
                        [
                            (x - r * 0.295, y - high * 0.62),
                            (x - r * 0.22, y - high),
                            (x - r * 0.03, y - high * 0.6),
                        ],
                        pen.sheet.light.shaded((44, 32, 30)),
                    )
        case "floppy":
            if not far:
                pen.form(
                    smooth(
                        [
                            (x - r * 0.1, y + r * 0.05),
                            (x - r * 0.6, y + r * 0.3),
                            (x - r * 0.62, y + r * 1.1),
                            (x - r * 0.2, y + r * 1.2),
                            (x + r * 0.1, y + r * 0.5),
                        ]
                    ),
                    scaled(b.coat, 0.66),
                )
        case "long":
            pen.form(
                smooth(
                    [
                        (x - r * 0.25, y + r * 0.3),
                        (x - r * 0.62, y - r * 0.9),
                        (x - r * 0.5, y - r * 2.0),
                        (x - r * 0.16, y - r * 1.1),
                        (x + r * 0.1, y + r * 0.2),
                    ]
                ),
                coat,
            )
            if not far:
                pen.flat(
                    smooth(
                        [
                            (x - r * 0.24, y),
                            (x - r * 0.46, y - r * 0.9),
                            (x - r * 0.42, y - r * 1.6),
                            (x - r * 0.22, y - r * 0.9),
                        ]
                    ),
                    pen.sheet.light.on(inner),
                    opacity=0.95,
                )
        case "leaf":
            pen.form(
                smooth(
                    [
                        (x, y + r * 0.2),
                        (x - r * 0.7, y - r * 0.25),
                        (x - r * 1.1, y - r * 0.05),
                        (x - r * 0.6, y + r * 0.32),
                    ]
                ),
                coat,
            )
        case "sail":
            if not far:
                pen.form(
                    smooth(
                        [
                            (x + r * 0.3, y + r * 0.3),
                            (x - r * 0.5, y - r * 0.4),
                            (x - r * 1.5, y),
                            (x - r * 1.6, y + r * 1.1),
                            (x - r * 0.8, y + r * 1.9),
                            (x, y + r * 1.4),
                        ]
                    ),
                    scaled(b.coat, 0.9),
                )
        case _:
            pen.form(oval(x, y - r * 0.05, r * 0.3, r * 0.34), coat)
            if not far:
                pen.flat(oval(x + r * 0.02, y - r * 0.02, r * 0.16, r * 0.2), pen.sheet.light.shaded(inner))


def sitting(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """An animal sitting, its face turned to the viewer."""
    b = _coated(subject.kind, subject)
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    sheet.ground_shadow(spot.x, spot.y, spot.scale * 0.6)
    sway = 0.05 * sheet.wave(1)
    if b.tail == "brush":
        pen.form(
            smooth(
                [
                    (-0.2, -0.06),
                    (-0.42, -0.1),
                    (-0.56, -0.26 + sway),
                    (-0.6, -0.42 + sway),
                    (-0.46, -0.36 + sway),
                    (-0.36, -0.2),
                    (-0.12, -0.02),
                ]
            ),
            b.coat,
        )
        pen.form(smooth([(-0.53, -0.28 + sway), (-0.6, -0.42 + sway), (-0.47, -0.36 + sway)]), b.belly)
    else:
        pen.form(
            ribbon(
                smooth([(-0.16, -0.05), (-0.38, -0.04), (-0.44, -0.2), (-0.34, -0.32 + sway)], closed=False),
                (0.08, 0.07, 0.06, 0.035),
            ),
            b.coat,
        )
    pen.form(
        smooth(
            [
                (-0.25, 0.0),
                (-0.3, -0.16),
                (-0.23, -0.36),
                (-0.14, -0.58),
                (0.0, -0.64),
                (0.14, -0.58),
                (0.22, -0.36),
                (0.29, -0.16),
                (0.24, 0.0),
                (0.0, 0.012),
            ]
        ),
        b.coat,
    )
    pen.sheet.fill(
        pen.all(
            smooth([(-0.1, -0.5), (0.1, -0.5), (0.12, -0.3), (0.07, -0.1), (-0.07, -0.1), (-0.12, -0.3)])
        ),
        light.on(b.belly),
        opacity=0.92,
        blur=spot.scale * 0.014,
        edge=False,
    )
    for side in (-1, 1):
        pen.form(
            smooth(
                [
                    (side * 0.12, -0.03),
                    (side * 0.16, -0.19),
                    (side * 0.27, -0.2),
                    (side * 0.31, -0.07),
                    (side * 0.26, 0.0),
                ]
            ),
            b.coat,
        )
        pen.form(limb((side * 0.075, -0.34), (side * 0.085, -0.04), 0.05, 0.045), b.coat)
        pen.form(oval(side * 0.095, -0.02, 0.062, 0.036), mix(b.legs, b.belly, 0.45))
        for k in (-1, 1):
            pen.line(
                [(side * 0.095 + k * 0.02, -0.005), (side * 0.095 + k * 0.018, -0.032)],
                0.006,
                light.shaded(scaled(b.coat, 0.6)),
            )
    y, r = -0.73, 0.19
    for side in (-1, 1):
        if b.ears == "floppy":
            continue
        tall = {"tall": 0.2, "point": 0.15, "long": 0.4}.get(b.ears, 0.08)
        if b.ears == "long":
            pen.form(
                smooth(
                    [
                        (side * 0.04, y - r * 0.7),
                        (side * 0.05, y - r - 0.2),
                        (side * 0.1, y - r - tall + 0.08),
                        (side * 0.14, y - r - 0.18),
                        (side * 0.13, y - r * 0.6),
                    ]
                ),
                b.coat,
            )
            continue
        if b.ears == "round":
            pen.form(oval(side * 0.15, y - r * 0.74, 0.065), b.coat)
            continue
        pen.form(
            [(side * 0.055, y - r * 0.82), (side * 0.165, y - r - tall + 0.06), (side * 0.185, y - r * 0.2)],
            b.coat,
        )
        pen.flat(
            [(side * 0.085, y - r * 0.75), (side * 0.155, y - r - tall + 0.1), (side * 0.168, y - r * 0.38)],
            light.on(mix(b.coat, (232, 160, 150), 0.7)),
        )
    pen.ball(
        smooth(
            [
                (0, y - r * 0.86),
                (-0.13, y - r * 0.74),
                (-0.2, y - r * 0.1),
                (-0.17, y + r * 0.5),
                (0, y + r * 0.86),
                (0.17, y + r * 0.5),
                (0.2, y - r * 0.1),
                (0.13, y - r * 0.74),
            ]
        ),
        b.coat,
    )
    if b.extra in ("tabby", "stripes"):
        dark = light.shaded(scaled(b.coat, 0.6))
        for k in (-1, 0, 1):
            pen.line([(k * 0.045, y - r * 0.82), (k * 0.035, y - r * 0.44)], 0.018, dark)
        for side in (-1, 1):
            for k in range(3):
                pen.line(
                    smooth(
                        [
                            (side * 0.24, -0.33 + k * 0.075),
                            (side * 0.17, -0.31 + k * 0.07),
                            (side * 0.12, -0.3 + k * 0.07),
                        ],
                        closed=False,
                    ),
                    0.016,
                    dark,
                )
    for side in (-1, 1):
        pen.flat(oval(side * 0.055, y + 0.075, 0.068, 0.06), light.on(b.belly))
    if b.tail == "brush":
        for side in (-1, 1):
            pen.form(
                smooth(
                    [
                        (side * 0.06, y + 0.04),
                        (side * 0.21, y + 0.02),
                        (side * 0.16, y + 0.12),
                        (side * 0.04, y + 0.15),
                    ]
                ),
                b.belly,
            )
    if b.ears == "floppy":
        for side in (-1, 1):
            pen.form(
                smooth(
                    [
                        (side * 0.11, y - r * 0.7),
                        (side * 0.22, y - r * 0.5),
                        (side * 0.27, y + 0.06),
                        (side * 0.2, y + 0.13),
                        (side * 0.15, y - 0.02),
                    ]
                ),
                scaled(b.coat, 0.66),
            )
    blink = "sleeping" in scene.traits
    iris: Colour = (92, 140, 70) if subject.kind == "cat" else (96, 62, 36)
    for side in (-1, 1):
        if blink:
            pen.line(
                smooth([(side * 0.045, y), (side * 0.08, y + 0.016), (side * 0.115, y)], closed=False),
                0.012,
                (40, 30, 30),
            )
            continue
        pen.flat(oval(side * 0.082, y - 0.01, 0.04, 0.042), (30, 24, 24))
        pen.flat(oval(side * 0.082, y - 0.01, 0.034, 0.036), iris)
        pen.flat(
            oval(
                side * 0.082,
                y - 0.01,
                0.013 if subject.kind == "cat" else 0.021,
                0.03 if subject.kind == "cat" else 0.022,
            ),
            (18, 14, 16),
        )
        pen.flat(oval(side * 0.082 - 0.013, y - 0.024, 0.009, steps=10), (255, 255, 255))
    pen.flat(
        smooth([(-0.028, y + 0.045), (0.028, y + 0.045), (0, y + 0.072)], steps=4),
        (206, 116, 112) if subject.kind in ("cat", "rabbit") else (36, 28, 30),
    )
    for side in (-1, 1):
        pen.line(
            smooth([(0, y + 0.072), (side * 0.014, y + 0.1), (side * 0.05, y + 0.1)], closed=False),
            0.008,
            light.shaded((96, 56, 50)),
        )
        if subject.kind in ("cat", "fox", "tiger", "rabbit"):
            for k in range(3):
                pen.line(
                    [(side * 0.07, y + 0.07 + k * 0.014), (side * 0.24, y + 0.045 + k * 0.035)],
                    0.004,
                    light.lit((248, 246, 240)),
                )
