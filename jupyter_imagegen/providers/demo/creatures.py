"""Four-legged animals, standing or sitting, each in its own proportions and coat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.coats import Build, coated
from jupyter_imagegen.providers.demo.geometry import oval, ribbon, smooth
from jupyter_imagegen.providers.demo.heads import head_of
from jupyter_imagegen.providers.demo.palette import scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet
from jupyter_imagegen.providers.demo.sitting import sitting

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def standing(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """An animal standing in profile."""
    kind = subject.kind
    calm = kind in ("dog", "fox", "wolf", "rabbit", "bear") and not scene.has(
        "running", "standing", "walking", "hunting", "leaping"
    )
    if kind == "cat" or calm:
        sitting(sheet, subject, scene, spot)
        return
    b = coated(kind, subject)
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
    body = [
        (rump - 0.02, mid + d * 0.1),
        (rump + 0.03, mid - d * 0.78),
        (rump + b.length * 0.3, mid - d * 0.86),
        (0.02, mid - d * 0.78),
        (chest - 0.1, mid - d * 0.9 - breathe),
        (chest, mid - d * 0.62),
        (chest + 0.045, mid + d * 0.15),
        (chest - 0.05, mid + d * 0.95),
        (0.0, mid + d * 0.84),
        (rump + b.length * 0.3, mid + d * 0.6),
        (rump + 0.06, mid + d * 0.84),
    ]
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
        pen.sheet.fill(
            pen.all(
                smooth(
                    [
                        (chest + 0.03, mid + d * 0.1),
                        (chest - 0.05, mid + d * 0.92),
                        (0.0, mid + d * 0.82),
                        (0.0, mid + d * 0.6),
                        (chest - 0.1, mid + d * 0.3),
                    ]
                )
            ),
            sheet.light.on(b.belly),
            opacity=0.85,
            blur=spot.scale * 0.008,
            edge=False,
        )
    _coat_marks(pen, b, rump, chest, mid)
    for x, bend in ((rump + 0.055, -0.03), (chest - 0.075, 0.0)):
        _leg(pen, b, x, bend, far=False)
    # A sheen along the back joins legs and body.
    sheet.fill(
        pen.all(
            smooth(
                [
                    (rump + 0.04, mid - d * 0.66),
                    (0, mid - d * 0.7),
                    (chest - 0.06, mid - d * 0.74),
                    (0, mid - d * 0.4),
                ]
            )
        ),
        sheet.light.lit(b.coat),
        opacity=0.4,
        blur=spot.scale * 0.018,
        edge=False,
    )
    head_of(pen, b, head)


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
            pen.form(
                smooth(
                    [
                        (rump + 0.05, y),
                        (rump - 0.12, y + 0.02),
                        (rump - 0.3, y + 0.16 + sway),
                        (rump - 0.44, y + 0.24 + sway),
                        (rump - 0.34, y + 0.33 + sway),
                        (rump - 0.16, y + 0.26),
                        (rump, y + 0.12),
                    ]
                ),
                b.coat,
            )
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
            pen.flat(
                smooth(
                    [
                        (x - w, mid - d * 0.7),
                        (x + w, mid - d * 0.7),
                        (x + 0.03, mid - d * 0.1),
                        (x + 0.012, mid + d * 0.24),
                        (x, mid - d * 0.1),
                    ],
                    steps=4,
                ),
                light.shaded((44, 30, 26)),
                opacity=0.92,
            )
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
