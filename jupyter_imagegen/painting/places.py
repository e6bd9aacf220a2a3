"""Which painter sets the scene for which place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.painting import land

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.painting.scene import Scene
    from jupyter_imagegen.painting.sheet import Sheet
    from jupyter_imagegen.painting.stage import Stage

PAINTERS: dict[str, Callable[[Sheet, Scene], Stage]] = {
    "sea": land.sea, "mountains": land.mountains, "meadow": land.meadow, "forest": land.forest, "desert": land.desert,
}  # fmt: skip


def paint(sheet: Sheet, scene: Scene) -> Stage:
    """Set the scene, and say where things can stand in it."""
    return PAINTERS.get(scene.place, land.meadow)(sheet, scene)
