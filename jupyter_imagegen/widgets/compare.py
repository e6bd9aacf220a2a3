"""`compare(a, b, …)`: two pictures under a slider, more in a grid, each with what it took to make it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypedDict

import traitlets

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.results import Image, Preview, Result
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render import alt_text, style
from jupyter_imagegen.render.captions import ALT_CHARACTERS, Tag, duration, pixels, short_model
from jupyter_imagegen.render.escaping import inline, one_line
from jupyter_imagegen.render.pictures import img
from jupyter_imagegen.widgets.base import Panel, module, stylesheet
from jupyter_imagegen.widgets.messages import ALONE, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from jupyter_imagegen.session import Session

#: Under the slider the originals lie, so that 100 % is 100 %; heavier ones are sent as copies. A page asks
#: for them: what is in the state, nbconvert saves with the notebook.
_HEAVIEST_ORIGINAL = 8_000_000
_COPY_SIDE, _COPY_BYTES = 1536, 500_000
_GRID_SIDE, _GRID_BYTES = 512, 60_000
#: What browsers draw by themselves.
_DRAWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml"})
#: The static form stays in the saved notebook: so many pictures, so many bytes for all of them.
_STATIC_PICTURES, _STATIC_BYTES = 12, 48_000
_DEMO = "demo picture, not a model's"


class PictureState(TypedDict):
    """What the page says of one picture."""

    letter: str
    alt: str
    mime: str
    width: int
    height: int
    #: Model, size, quality, time; joined by middle dots.
    facts: str
    #: What it cost when it was made; empty for a picture that was not bought here.
    price: str
    #: That it is a demo picture; else empty.
    tag: str


class CompareState(TypedDict):
    """Everything that the page shows, except the pictures' bytes."""

    mode: Literal["slider", "grid"]
    #: Pixels of the box that holds each picture whole.
    width: int
    height: int
    pictures: list[PictureState]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One picture to look at, and what is known of how it was made."""

    data: bytes = field(repr=False)
    mime: str
    width: int
    height: int
    alt: str
    model: str = ""
    quality: str = ""
    seconds: float | None = None
    cost_usd: Decimal | None = None
    bought: bool = False
    demo: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """What stands before the price, in the captions' order."""
        words = (
            short_model(one_line(self.model, 60)),
            pixels(f"{self.width}x{self.height}"),
            one_line(self.quality, 20),
            "" if self.seconds is None else duration(self.seconds),
        )
        return tuple(word for word in words if word)

    @property
    def price(self) -> str:
        """What it cost when it was made."""
        if not self.bought:
            return ""
        return "cost unknown" if self.cost_usd is None else format_usd(self.cost_usd)


class Compare(Panel):
    """Pictures beside each other.

    Attributes
    ----------
    state : dict
        A `CompareState`.
    shown : list of bytes
        Small copies of the pictures, in the state's order.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo", n=2)
    >>> imagegen.compare(r).state["mode"]
    'slider'
    """

    _esm = module("compare")
    _css = stylesheet("compare")

    state = traitlets.Dict().tag(sync=True)
    shown = traitlets.List(traitlets.CBytes()).tag(sync=True)

    actions: ClassVar[Mapping[str, Shape]] = {"whole": ALONE}

    def __init__(self, session: Session, pictures: Sequence[Compared]) -> None:
        self._pictures = tuple(pictures)
        two = len(self._pictures) == 2  # noqa: PLR2004 - what a slider divides
        seen = [_copy(one, _GRID_SIDE, _GRID_BYTES) for one in self._pictures]
        state = CompareState(
            mode="slider" if two else "grid",
            width=max(one.width for one in self._pictures),
            height=max(one.height for one in self._pictures),
            pictures=[
                PictureState(
                    letter=letter(i),
                    alt=one.alt,
                    mime=mime,
                    width=one.width,
                    height=one.height,
                    facts=" · ".join(one.facts),
                    price=one.price,
                    tag=_DEMO if one.demo else "",
                )
                for i, (one, (_, mime)) in enumerate(zip(self._pictures, seen, strict=True))
            ],
        )
        super().__init__(session, state=dict(state), shown=[data for data, _ in seen])

    def on_whole(self, _message: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Send what lies under the slider, as it was received."""
        if self.state["mode"] == "slider":
            whole = [_original(one) for one in self._pictures]
            mimes = [mime for _, mime in whole]
            self.send({"kind": "whole", "mimes": mimes}, buffers=[data for data, _ in whole])

    def static(self) -> dict[str, Any]:
        """The pictures side by side, small, each with its letter and its words."""
        from jupyter_imagegen import imaging

        first = self._pictures[:_STATIC_PICTURES]
        side = 256 if len(first) <= 4 else 160  # noqa: PLR2004 - a row of four is as wide as a cell
        small = [_preview(one, side, _STATIC_BYTES // len(first)) for one in first]
        figures, lines = [], []
        for i, (one, preview) in enumerate(zip(first, small, strict=True)):
            facts = " · ".join(filter(None, (*one.facts, one.price)))
            tag = Tag(text=_DEMO, kind="warn").html if one.demo else ""
            words = f"<b>{letter(i)}</b> {inline(facts)} {tag}"
            figures.append(
                f'<figure style="max-width:{side}px">{img(preview, f"{letter(i)}: {one.alt}")}'
                f"<figcaption>{words}</figcaption></figure>"
            )
            lines.append(f"{letter(i)}: {one.alt}\n   {facts}{f' · {_DEMO}' if one.demo else ''}")
        more = len(self._pictures) - len(first)
        rest = f"and {more} more" if more else ""
        sheet = imaging.contact_sheet([preview.data for preview in small])
        if len(sheet.data) > _STATIC_BYTES // 2:
            sheet = imaging.preview(sheet.data, max_side=384, max_bytes=_STATIC_BYTES // 2)
        grid = f'<div class="grid">{"".join(figures)}</div>{rest}'
        return {
            "text/html": f"{style.PICTURES}{style.OPEN}{grid}</div>",
            "text/plain": "\n".join(filter(None, (*lines, rest))),
            sheet.mime: b64encode(sheet.data).decode("ascii"),
        }


def compare(*pictures: object, session: Session) -> Compare:
    """Pictures beside each other: two under a slider, more in a grid, with price and time under each.

    Parameters
    ----------
    *pictures
        Two or more: results (each gives all of its pictures), their images, and whatever `edit` takes as an
        image: paths, keys, "last", PIL images, NumPy arrays, Matplotlib figures, bytes. What the store knows
        of a picture stands under it, wherever it came from.

    Returns
    -------
    Compare
        A widget; show it as a cell's last value.

    Raises
    ------
    RequestError
        If there are fewer than two pictures.
    SourceError
        If one of them cannot be found or used.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> a = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> imagegen.compare(a, a.edit("make it winter"))
    """
    found = [one for picture in pictures for one in _found(picture, session)]
    if len(found) < 2:  # noqa: PLR2004 - fewer are nothing to compare
        raise RequestError(
            f"compare() needs two pictures or more and got {len(found) or 'none'}",
            hint="Give results, images, paths or keys: imagegen.compare(a, b).",
        )
    return Compare(session, found)


def letter(index: int) -> str:
    """Return a letter for a number from 0, as spreadsheets name their columns.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _found(picture: object, session: Session) -> Iterator[Compared]:
    """The pictures that one argument means."""
    if isinstance(picture, Result):
        for i, image in enumerate(picture.images):
            asked = picture.request
            yield _bought(
                image, asked.model, asked.quality, alt_text(picture, i), demo=is_placeholder(picture.provider)
            )
    elif isinstance(picture, list | tuple):
        for one in picture:
            yield from _found(one, session)
    elif isinstance(picture, Image):
        yield _image(picture, session)
    else:
        yield _foreign(picture, session)


def _bought(image: Image, model: str, quality: str, alt: str, *, demo: bool) -> Compared:
    return Compared(
        data=image.bytes,
        mime=image.mime,
        width=image.width,
        height=image.height,
        alt=alt,
        model=model,
        quality=quality,
        seconds=image.seconds,
        cost_usd=image.cost_usd,
        bought=True,
        demo=demo,
    )


def _image(image: Image, session: Session) -> Compared:
    """A picture without its result: the store knows what it was drawn for, unless it could not be kept."""
    entry = session.workshop.storage_to_read.pictures.drawn_for(image.digest)
    if entry is None:
        return _bought(image, "", "", "a generated picture", demo=False)
    alt = one_line(entry.alt or entry.prompt, ALT_CHARACTERS)
    quality = str(entry.parameters.get("quality") or "")
    return _bought(image, entry.model, quality, alt, demo=is_placeholder(entry.provider))


def _foreign(picture: object, session: Session) -> Compared:
    """Whatever else is a picture; its bytes may still be ones that the store knows."""
    found = session.workshop.sources(lambda: session.last).image(picture)
    entry = session.workshop.storage_to_read.pictures.drawn_for(found.digest)
    if entry is not None:
        for image in entry.images:
            if image.digest == found.digest:
                return _image(image, session)
    return Compared(
        data=found.data,
        mime=found.mime,
        width=found.width,
        height=found.height,
        alt=one_line(found.name, ALT_CHARACTERS) or "a picture",
    )


def _original(one: Compared) -> tuple[bytes, str]:
    if one.mime in _DRAWN and len(one.data) <= _HEAVIEST_ORIGINAL:
        return one.data, one.mime
    return _copy(one, _COPY_SIDE, _COPY_BYTES)


def _copy(one: Compared, side: int, most: int) -> tuple[bytes, str]:
    if one.mime == "image/svg+xml" and len(one.data) <= most:
        # Nothing in Python draws SVG; the browser does.
        return one.data, one.mime
    small = _preview(one, side, most)
    return small.data, small.mime


def _preview(one: Compared, side: int, most: int) -> Preview:
    from jupyter_imagegen import imaging

    return imaging.preview(one.data, max_side=side, max_bytes=most)
