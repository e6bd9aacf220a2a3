"""Paint where a picture may change; the mask comes back at the picture's own size.

A copy small enough to paint on travels to the browser, and only the finished mask comes back: a PNG of the
picture's own size whose alpha is 0 where something was painted. Python looks at it before it counts.
"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

import traitlets

from jupyter_imagegen import imaging
from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging import Mask
from jupyter_imagegen.render import style
from jupyter_imagegen.render.escaping import inline
from jupyter_imagegen.render.pictures import img
from jupyter_imagegen.widgets import base, messages
from jupyter_imagegen.widgets.messages import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL.Image import Image as PILImage

    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.widgets.messages import Check

#: Pixels of the long side of the copy that is painted on, and the bytes to aim for.
PAINTING_SIDE = 1600
_PAINTING_BYTES = 600_000
#: What stands for the panel where no kernel is.
_STATIC_SIDE = 512
_STATIC_BYTES = 40_000
#: The accent in the light theme, and how much of the picture it leaves to be seen.
_VEIL = (31, 95, 208)
_VEIL_SHARE = 0.5
#: The widest soft edge, in pixels.
MOST_FEATHER = 200
_PNG = b"\x89PNG\r\n\x1a\n"


class LoadMessage(TypedDict):
    """A mask file that somebody chose in the browser; its bytes are the message's only buffer."""

    kind: Literal["load"]
    name: str


class MaskEditor(base.Panel):
    """A picture to paint on; `editor.mask` is what `mask=` and `--mask` take.

    Parameters
    ----------
    session
        Finds the picture.
    picture
        A result, a path, an allowed URL, "last", a key, a PIL image, an array: whatever `image=` takes.
    mask
        A mask to begin with, made elsewhere; nothing is painted unless given.
    **traits
        Of the panel, such as `feather`.

    Raises
    ------
    SourceError
        If the picture or the mask cannot be found or used.

    Attributes
    ----------
    share : float
        How much of the picture will change, from 0.0 to 1.0.
    feather : int
        Pixels over which the mask's edge fades out, outside what was painted.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> editor = imagegen.mask_editor(r)
    >>> editor.mask.size
    (1024, 1024)
    """

    _esm = base.module("mask_painting") + base.asset("mask_editor.js")
    _css = base.stylesheet("mask_editor")

    actions: ClassVar[Mapping[str, Shape]] = {"load": Shape({"name": messages.text}, buffers=1)}
    settable: ClassVar[Mapping[str, Check]] = {
        "drawn": messages.data,
        "feather": messages.whole,
        "problem": messages.text,
    }

    width = traitlets.Int(1).tag(sync=True)
    height = traitlets.Int(1).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    #: The copy that is painted on.
    picture = traitlets.CBytes(b"").tag(sync=True)
    picture_mime = traitlets.Unicode("image/jpeg").tag(sync=True)
    #: The mask as the browser has it; not echoed back, for it may be large. Empty for nothing painted.
    drawn = traitlets.CBytes(b"").tag(sync=True, echo_update=False)
    feather = traitlets.Int(0, min=0, max=MOST_FEATHER).tag(sync=True)
    share = traitlets.Float(0.0).tag(sync=True)

    def __init__(self, session: Session, picture: object, *, mask: object = None, **traits: Any) -> None:
        sources = session.workshop.sources(lambda: session.last)
        self.image: InputImage = sources.image(picture)
        size = (self.image.width, self.image.height)
        self._preview = imaging.preview(self.image.data, max_side=PAINTING_SIDE, max_bytes=_PAINTING_BYTES)
        self._mask = _nothing_painted(size)
        super().__init__(
            session,
            width=size[0],
            height=size[1],
            title=self.image.name or "the picture",
            picture=self._preview.data,
            picture_mime=self._preview.mime,
            **traits,
        )
        if mask is not None:
            self._take(sources.mask(mask, size, may_be_empty=True))

    @property
    def mask(self) -> Mask:
        """What is painted now, at the picture's own size."""
        return self._mask

    @traitlets.observe("drawn")
    def _on_drawn(self, change: Any) -> None:
        data = bytes(change["new"])
        if data != (self._mask.data if self._mask.painted else b""):
            self.guarded(self._check, data)

    def _check(self, data: bytes) -> None:
        """Take what the browser painted, or show again what counted before."""
        if not data:
            self._mask, self.share = _nothing_painted(self._mask.size), 0.0
            return
        try:
            self._take(_painted_png(data, self._mask.size))
        except SourceError:
            self.drawn = self._mask.data if self._mask.painted else b""
            raise

    def _take(self, prepared: InputImage) -> None:
        share = imaging.painted(prepared.data)
        self._mask = Mask(data=prepared.data, width=prepared.width, height=prepared.height, painted=share)
        self.share = share
        self.drawn = prepared.data if share else b""

    def on_load(self, message: LoadMessage, buffers: Sequence[memoryview]) -> None:
        """A mask file from the browser: alpha 0, or white on black, is what changes."""
        if not buffers:
            raise SourceError("the mask file did not arrive", hint="Choose it once more.")
        name = str(message.get("name", ""))
        size = (self.width, self.height)
        self._take(imaging.prepare_mask(bytes(buffers[0]), size=size, name=name, may_be_empty=True))

    def static(self) -> dict[str, Any]:
        """The picture with the veil over what was painted."""
        veiled = _veiled(self._preview, self._mask)
        size = f"{self.width}\N{MULTIPLICATION SIGN}{self.height}"
        changes = f"{share_words(self._mask.painted)} will change"
        words = f"Mask editor · {self.title} · {size} · {changes}"
        alt = f"{self.title}, with a veil over what will change"
        figure = f"<figure>{img(veiled, alt)}<figcaption>{inline(words)}</figcaption></figure>"
        return {
            "text/html": f"{style.PICTURES}{style.OPEN}{figure}</div>",
            "text/plain": words,
            veiled.mime: b64encode(veiled.data).decode("ascii"),
        }


def mask_editor(picture: object, *, session: Session, mask: object = None, feather: int = 0) -> MaskEditor:
    """Paint on a picture what an edit may change.

    Parameters
    ----------
    picture
        A result, a path, an allowed URL, "last", a key, a PIL image, an array: whatever `image=` takes.
    session
        Whose store and settings; `imagegen.mask_editor` gives the process's own.
    mask
        A mask to begin with: alpha 0, or white in a black-and-white picture, is what changes.
    feather
        Pixels over which the mask's edge fades out, outside what was painted; 0 to 200.

    Returns
    -------
    MaskEditor
        `.mask` is what `mask=` takes, and `--mask` by its name.

    Raises
    ------
    SourceError
        If the picture or the mask cannot be found or used.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> editor = imagegen.mask_editor(r)
    >>> editor.mask.painted
    0.0
    """
    return MaskEditor(session, picture, mask=mask, feather=feather)


def share_words(share: float) -> str:
    """A share as the panel says it.

    Examples
    --------
    >>> share_words(0.0), share_words(0.004), share_words(0.18)
    ('nothing', 'under 1 %', '18 %')
    """
    if not share:
        return "nothing"
    return "under 1 %" if share < 0.01 else f"{min(round(share * 100), 100)} %"  # noqa: PLR2004 - one percent


def _nothing_painted(size: tuple[int, int]) -> Mask:
    from PIL import Image

    out = BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 255)).save(out, "PNG")
    return Mask(data=out.getvalue(), width=size[0], height=size[1], painted=0.0)


def _painted_png(data: bytes, size: tuple[int, int]) -> InputImage:
    """What the browser painted; it sends nothing but PNG."""
    if not data.startswith(_PNG):
        raise SourceError("what was painted did not arrive as a PNG", hint="Paint once more.")
    return imaging.prepare_mask(data, size=size, name="painted", may_be_empty=True)


def _veiled(picture: Preview, mask: Mask) -> Preview:
    """A small copy of the picture with the accent over what will change."""
    from PIL import Image

    with Image.open(BytesIO(picture.data)) as opened:
        shown: PILImage = opened.convert("RGBA" if picture.mime == "image/png" else "RGB")
    if mask.painted:
        alpha = mask.pil.getchannel("A").resize(shown.size)
        veil = alpha.point(lambda value: round((255 - value) * _VEIL_SHARE))
        shown.paste(_VEIL, mask=veil)
    out = BytesIO()
    shown.save(out, "PNG")
    return imaging.preview(out.getvalue(), max_side=_STATIC_SIDE, max_bytes=_STATIC_BYTES)
