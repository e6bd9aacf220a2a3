"""Which painter sets the scene for which place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import (
    abstract,
    cosmos,
    diorama,
    halls,
    interiors,
    land,
    library,
    pages,
    tables,
    urban,
    woods,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet
    from jupyter_imagegen.providers.demo.stage import Stage

PAINTERS: dict[str, Callable[[Sheet, Scene], Stage]] = {
    "sea": land.sea,
    "mountains": land.mountains,
    "meadow": land.meadow,
    "forest": woods.forest,
    "desert": woods.desert,
    "valley": urban.valley,
    "city": urban.city,
    "street": urban.street,
    "space": cosmos.space,
    "moon": cosmos.moon,
    "underwater": cosmos.underwater,
    "library": library.library,
    "hall": halls.hall,
    "room": interiors.room,
    "table": tables.table,
    "studio": tables.studio,
    "page": pages.page,
    "chart": pages.chart,
    "abstract": abstract.abstract,
}


def paint(sheet: Sheet, scene: Scene) -> Stage:
    """Set the scene, and say where things can stand in it."""
    if "isometric" in scene.styles and scene.place not in ("page", "chart", "abstract"):
        return diorama.slab(sheet, scene)
    return PAINTERS[scene.place](sheet, scene)
