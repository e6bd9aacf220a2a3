"""Which painter sets the scene for which place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import cards, interiors, land, library, pages, tables, urban

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_imagegen.providers.demo.scene import Scene
    from jupyter_imagegen.providers.demo.sheet import Sheet
    from jupyter_imagegen.providers.demo.stage import Stage

PAINTERS: dict[str, Callable[[Sheet, Scene], Stage]] = {
    "sea": land.sea,
    "mountains": land.mountains,
    "meadow": land.meadow,
    "valley": urban.valley,
    "library": library.library,
    "hall": interiors.hall,
    "room": interiors.room,
    "table": tables.table,
    "page": pages.poster,
    "card": cards.ground,
}
