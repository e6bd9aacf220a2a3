"""Birds, fish, whales, butterflies and dragons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo.geometry import smooth
from jupyter_imagegen.providers.demo.palette import mix, scaled
from jupyter_imagegen.providers.demo.sheet import Pen, Sheet

if TYPE_CHECKING:
    from jupyter_imagegen.providers.demo.scene import Scene, Subject
    from jupyter_imagegen.providers.demo.stage import Spot


def whale(sheet: Sheet, subject: Subject, scene: Scene, spot: Spot) -> None:
    """A whale breaking the surface, with its spout."""
    pen = Pen(sheet, spot.x, spot.y, spot.scale, flip=spot.flip)
    light = sheet.light
    coat = subject.colour or (66, 92, 128)
    under = scene.place == "underwater"
    pen.form(
        smooth(
            [
                (-0.62, -0.16),
                (-0.76, -0.36),
                (-0.96, -0.42),
                (-0.86, -0.28),
                (-0.98, -0.12),
                (-0.76, -0.16),
                (-0.58, -0.02),
            ]
        ),
        coat,
    )
    pen.ball(
        smooth(
            [
                (-0.66, -0.1),
                (-0.4, -0.3),
                (0.0, -0.46),
                (0.4, -0.42),
                (0.6, -0.22),
                (0.58, -0.04),
                (0.3, 0.04),
                (-0.3, 0.02),
            ]
        ),
        coat,
    )
    pen.form(
        smooth([(0.6, -0.14), (0.5, -0.08), (0.2, -0.07), (0.0, 0.03), (0.3, 0.045), (0.55, 0.0)]),
        mix(coat, (240, 242, 240), 0.75),
    )
    for k in range(5):
        pen.line(
            smooth(
                [(0.54 - 0.05 * k, -0.06 + 0.012 * k), (0.36 - 0.04 * k, 0.02), (0.2 - 0.03 * k, 0.03)],
                closed=False,
            ),
            0.007,
            light.shaded(mix(coat, (240, 242, 240), 0.5)),
        )
    pen.form(smooth([(0.12, -0.06), (0.0, 0.1), (-0.12, 0.12), (-0.02, -0.02)]), scaled(coat, 0.8))
    pen.eye(0.4, -0.16, 0.022)
    if under:
        return
    white = mix(light.lit((250, 252, 254)), light.haze, 0.1)
    spray = [
        (
            *pen.at(0.26 + s * t * t * 0.24, -0.48 - 0.42 * t + 0.3 * t * t * t),
            spot.scale * (0.014 + 0.03 * t),
        )
        for s in (-1, 1)
        for t in (i / 9 for i in range(10))
    ]
    sheet.puffs(spray, white, blur=spot.scale * 0.012, opacity=0.85)
    rng = sheet.rng
    sheet.dabs(
        (
            *pen.at(rng.uniform(-0.7, 0.66), 0.03 + rng.gauss(0, 0.014)),
            spot.scale * rng.uniform(0.02, 0.08),
            spot.scale * 0.008,
            mix(white, light.haze, rng.random() * 0.5),
        )
        for _ in range(34)
    )
