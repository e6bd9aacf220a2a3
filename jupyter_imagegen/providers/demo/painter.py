# ruff: noqa: PLR2004 - a drawing is its coordinates, in their order
"""From a request and a sample number to a picture's bytes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.core.sizes import meant_size
from jupyter_imagegen.providers.demo import cards, cast, compose, encoding, finish
from jupyter_imagegen.providers.demo.palette import luminance
from jupyter_imagegen.providers.demo.raster import Raster
from jupyter_imagegen.providers.demo.scene import Scene, read, seed_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from jupyter_imagegen.core.request import GenerateRequest

#: How rich a picture is, by the request's quality, and canvas pixels for one of its pixels along a side.
DETAIL: dict[str, float] = {
    "low": 0.5, "medium": 0.8, "auto": 0.8, "standard": 0.8, "high": 1.15, "hd": 1.15, "xhigh": 1.4,
    "max": 1.7,
}  # fmt: skip
OVERSAMPLE: dict[str, float] = {
    "low": 1.35, "medium": 1.6, "auto": 1.6, "standard": 1.6, "high": 2.0, "hd": 2.0, "xhigh": 2.0,
    "max": 2.2,
}  # fmt: skip
#: Larger pictures are painted at this many pixels and enlarged.
WORKING_PIXELS = 1_500_000
#: The longest side that is painted, so that a panorama's canvas stays small.
WORKING_SIDE = 2400
DEFAULT_SIZE = (1024, 1024)
DEFAULT_FRAMES = 9
DEFAULT_FRAME_MS = 200
#: Under this sky a card is light letters on a dark ground.
_DARK = 0.3


class StoppedError(Exception):
    """The caller no longer wants the picture."""


@dataclass(frozen=True, kw_only=True)
class Painting:
    """A painted picture, still in pixels."""

    picture: Image = field(repr=False)  # RGB, or RGBA for a transparent background
    output_format: str
    compression: int | None
    note: str = ""  # what was painted, and which words were not
    frames: int = DEFAULT_FRAMES
    frame_ms: int = DEFAULT_FRAME_MS

    def finished(self) -> bytes:
        """The picture's file."""
        if self.output_format == "gif":
            return encoding.animated(self.picture, self.frames, self.frame_ms)
        return encoding.encoded(self.picture, self.output_format, self.compression)

    def unfinished(self, index: int, of: int) -> bytes:
        """The picture at the `index`-th of `of` stages: first coarse patches of colour, then ever clearer."""
        from PIL import Image, ImageFilter

        done = (index + 1) / (of + 1)
        width, height = self.picture.size
        cell = max(2, round(max(width, height) * (0.05 - 0.042 * done)))
        small = self.picture.resize((max(1, width // cell), max(1, height // cell)), Image.Resampling.BOX)
        coarse = small.resize(
            (width, height), Image.Resampling.BICUBIC if done > 0.4 else Image.Resampling.NEAREST
        )
        coarse = coarse.filter(ImageFilter.GaussianBlur(cell * 0.35))
        known = self.output_format if self.output_format in ("jpeg", "webp") else "png"
        return encoding.encoded(coarse, known, self.compression)


def size_of(request: GenerateRequest) -> tuple[int, int]:
    """The picture's size in pixels; an edit that leaves it open keeps its picture's."""
    size = meant_size(request.size)
    if size is not None:
        return size
    if isinstance(request, EditRequest) and request.images:
        return request.images[0].width, request.images[0].height
    return DEFAULT_SIZE


def paint(
    request: GenerateRequest, *, sample: int = 0, stopped: Callable[[], bool] = lambda: False
) -> Painting:
    """Paint what a request asks for.

    Samples differ in composition and chance. `stopped` is asked between steps; when it says True the work
    ends with `StoppedError`.

    Examples
    --------
    >>> from jupyter_imagegen.core.request import GenerateRequest
    >>> request = GenerateRequest(model="m", prompt="a lighthouse at dusk", size="64x64", quality="low")
    >>> paint(request).finished() == paint(request).finished()
    True
    """
    size = size_of(request)
    output_format = request.output_format or "png"
    scene = read(request.prompt, edit=isinstance(request, EditRequest))
    if isinstance(request, EditRequest):
        from jupyter_imagegen.providers.demo import retouch

        picture, note = retouch.edited(request, scene, size, sample=sample, stopped=stopped)
    else:
        picture, note = draw(scene, request, size, sample=sample, stopped=stopped), scene.told()
        picture = encoding.marked(picture)
    return Painting(
        picture=picture, output_format=output_format, compression=request.output_compression, note=note,
        frames=request.frame_count or DEFAULT_FRAMES, frame_ms=request.frame_duration_ms or DEFAULT_FRAME_MS
    )  # fmt: skip


def _cutout(request: GenerateRequest, scene: Scene) -> bool:
    """Whether the background is to be clear and there is a subject to cut out of it."""
    return request.background == "transparent" and bool(cast.shown(scene))


def _die_cut(picture: Image) -> Image:
    """A cutout with the white rim of a sticker."""
    from PIL import Image, ImageFilter

    reach = 0.014 * min(picture.size)
    rim = picture.getchannel("A").filter(ImageFilter.GaussianBlur(reach))
    rim = rim.point([min(255, max(0, v - 14) * 14) for v in range(256)])
    out = Image.new("RGB", picture.size, (255, 255, 255))
    out.paste(picture.convert("RGB"), (0, 0), picture.getchannel("A"))
    out.putalpha(rim)
    return out


def draw(
    scene: Scene,
    request: GenerateRequest,
    size: tuple[int, int],
    *,
    sample: int = 0,
    stopped: Callable[[], bool] = lambda: False,
) -> Image:
    """The scene as pixels with its finish, without the demo mark; a card's words are set last."""
    from PIL import Image

    detail = DETAIL.get(request.quality, DETAIL["medium"])
    shrink = min(1.0, (WORKING_PIXELS / (size[0] * size[1])) ** 0.5, WORKING_SIDE / max(size))
    working = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    over = OVERSAMPLE.get(request.quality, OVERSAMPLE["medium"])
    look = finish.look_for(scene)
    cutout = _cutout(request, scene)
    sheet = compose.composed(scene, working, sample=sample, detail=detail, cutout=cutout)
    raster = Raster(sheet, working, oversample=over, manner=look.manner, ink=look.ink, cutout=cutout)
    for start in range(0, len(sheet.ops), 40):
        if stopped():
            raise StoppedError
        raster.paint(sheet.ops[start : start + 40])
    picture = raster.finished()
    if stopped():
        raise StoppedError
    if cutout and scene.place == "sticker":
        picture = _die_cut(picture)
    rng = random.Random(seed_of(scene.seed, sample, "finish"))  # noqa: S311 - brush strokes, not secrets
    picture = finish.finished(picture, look, rng=rng, detail=detail)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
        if picture.mode != "RGBA":
            picture = finish.enlarged(picture, rng=rng)
    if scene.place == "card" or (request.background == "transparent" and not cutout):
        if request.background == "transparent":
            picture = picture.convert("RGBA")
        dark = luminance(sheet.light.sky[1]) < _DARK
        picture = cards.lettered(picture, scene, request, sample=sample, dark=dark)
    return picture
