"""The looks that a prompt can ask for, and the order in which they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_imagegen.providers.demo import cells, lens, papers, prints, strokes
from jupyter_imagegen.providers.demo.texture import bloomed, grained, vignetted

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from PIL.Image import Image

    from jupyter_imagegen.providers.demo.palette import Colour
    from jupyter_imagegen.providers.demo.raster import Manner
    from jupyter_imagegen.providers.demo.scene import Scene

    Pass = Callable[[Image, random.Random, float], Image]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a picture is drawn and finished.

    Attributes
    ----------
    manner : Manner
        How the shapes are drawn.
    passes : tuple
        What is done to the pixels afterwards, in order.
    ink : Colour or None
        The colour of contours; a dark tone of each shape where it is None.
    """

    manner: Manner = "soft"
    passes: tuple[Pass, ...] = ()
    ink: Colour | None = None


def _anime(picture: Image, rng: random.Random, _detail: float) -> Image:
    from jupyter_imagegen.providers.demo.texture import saturated

    return bloomed(grained(saturated(picture, 1.2), rng, 1.5), 0.32, 26, 188)


def _flat(picture: Image, rng: random.Random, _detail: float) -> Image:
    return grained(picture, rng, 2)


LOOKS: dict[str, Look] = {
    "oil": Look(passes=(strokes.oil,)),
    "watercolour": Look(passes=(papers.watercolour,)),
    "gouache": Look(manner="flat", passes=(papers.gouache,)),
    "anime": Look(manner="cel", passes=(_anime,)),
    "cyberpunk": Look(passes=(lens.neon,)),
    "pixel": Look(passes=(cells.pixel,)),
    "woodcut": Look(manner="cel", passes=(prints.woodcut,), ink=(46, 46, 66)),
    "photo": Look(passes=(lens.photo,)),
    "cinematic": Look(passes=(lens.cinematic,)),
    "flat": Look(manner="flat", passes=(_flat,)),
    "poster art": Look(manner="flat", passes=(prints.art_deco,)),
    "baroque": Look(passes=(lens.baroque,)),
}

#: Where two looks say the same, the stronger one has it: a Baroque oil painting is brushed once.
_CONTAINED = {"oil": ("baroque",), "photo": ("cinematic",)}


def look_for(scene: Scene) -> Look:
    """The look of a scene: its styles joined, the first that says how shapes are drawn deciding that."""
    names = [
        s for s in scene.styles if s in LOOKS and not any(o in scene.styles for o in _CONTAINED.get(s, ()))
    ]
    if not names:
        return Look()
    looks = [LOOKS[name] for name in names[:3]]
    drawn = next((look for look in looks if look.manner != "soft"), looks[0])
    passes = tuple(p for look in looks for p in look.passes)
    return Look(manner=drawn.manner, passes=passes, ink=drawn.ink)


def finished(picture: Image, look: Look, *, rng: random.Random, detail: float) -> Image:
    """The picture with its look; a cutout keeps its alpha."""
    alpha = None
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB")
    for step in look.passes:
        picture = step(picture, rng, detail)
    if not look.passes and alpha is None:
        picture = grained(bloomed(vignetted(picture, 0.16), 0.16, 24, 190), rng, 2.2)
    if alpha is not None:
        picture.putalpha(alpha)
    return picture


def enlarged(picture: Image, *, rng: random.Random) -> Image:
    """What a picture needs after it was enlarged: crisper edges and a grain of its own size."""
    from PIL import ImageFilter

    return grained(picture.filter(ImageFilter.UnsharpMask(2, 70, 2)), rng, 2)
