"""The pictures of a panel: places before they come, cards when they are there, and the static form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.events import Kept, Planned
from jupyter_imagegen.exports import file_name
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render.captions import alt_text, duration, pixels, short_model
from jupyter_imagegen.render.escaping import escaped, inline, one_line
from jupyter_imagegen.render.pictures import img, small_preview
from jupyter_imagegen.render.progress import box_size
from jupyter_imagegen.render.style import OPEN, PICTURES
from jupyter_imagegen.widgets.panel_cell import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_imagegen.core.events import Event
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.runner import Job
    from jupyter_imagegen.widgets.panel_inputs import Input

#: How many pictures a panel keeps; the gallery has all of them.
MOST_CARDS = 24
#: Pixels on the page of a picture's longer side in the strip, and of the picture that came.
STRIP_SIDE = 512
#: How many pictures stand in the static form: it is saved with the notebook.
_STATIC_PICTURES = 3


class Tag(TypedDict):
    """A word in a frame: well ("ok"), or worth a look ("warn")."""

    text: str
    kind: str


class CardState(TypedDict):
    """One picture of the strip as the browser draws it; `pending` while only its place is there."""

    id: str
    pending: bool
    alt: str
    caption: str
    price: str
    tags: list[Tag]
    width: int
    height: int
    favourite: bool
    cell: str
    file: str


class RunState(TypedDict, total=False):
    """A run under way; empty for none."""

    id: str
    total: int
    done: int
    state: str
    elapsed: float
    price: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for: enough to ask for it again.

    Attributes
    ----------
    prompt : str
        The user's own words.
    options : mapping
        By OpenAI's names.
    inputs : tuple of Input
        What goes in, the picture to change first.
    mask : object
        Where to change it; None for no mask.
    """

    prompt: str
    options: Mapping[str, Any]
    inputs: tuple[Input, ...] = ()
    mask: object = None

    @property
    def pictures(self) -> dict[str, Any]:
        """The pictures as `Session.submit` takes them."""
        if not self.inputs:
            return {}
        given: dict[str, Any] = {"image": [one.picture for one in self.inputs]}
        return given if self.mask is None else {**given, "mask": self.mask}

    def cell(self) -> str:
        """The same as the text of a cell."""
        named: dict[str, Any] = {"image": [one.name for one in self.inputs]}
        if self.mask is not None:
            named["mask"] = "mask"
        return cell_text(self.prompt, {**self.options, **named})


@dataclass(frozen=True, kw_only=True)
class Card:
    """A picture that came."""

    id: str
    asked: Asked
    key: str
    image: Image
    alt: str
    provider: str
    settled: bool
    favourite: bool = False

    @property
    def name(self) -> str:
        """What a cell calls it: a key names the first drawing of a request, a file any."""
        first = self.image.sample == 0 or self.image.path is None
        return self.key if first else str(self.image.path)

    @property
    def state(self) -> CardState:
        """As the browser draws it."""
        image, options = self.image, self.asked.options
        bought = image.origin == "provider"
        facts = [short_model(one_line(str(options["model"]), 60)), pixels(f"{image.width}x{image.height}")]
        facts += [str(options["quality"]), *([duration(image.seconds)] if bought else [])]
        tags = [] if bought else [Tag(text="cached", kind="ok")]
        if is_placeholder(self.provider):
            tags.append(Tag(text=self.provider, kind="warn"))
        return CardState(
            id=self.id,
            pending=False,
            alt=self.alt,
            caption=" \u00b7 ".join(facts),
            price=self._price(bought=bought),
            tags=tags,
            width=image.width,
            height=image.height,
            favourite=self.favourite,
            cell=self.asked.cell(),
            file=file_name(self.asked.prompt, image.mime),
        )

    def _price(self, *, bought: bool) -> str:
        cost = self.image.cost_usd
        if bought:
            return (
                format_usd(cost)
                if self.settled and cost is not None
                else "cost unknown"
                if self.settled
                else ""
            )
        return f"$0.00, saved {format_usd(cost)}" if cost else "$0.00"


@dataclass(kw_only=True)
class Run:
    """A run of this panel: its places in the strip, and what has come.

    Attributes
    ----------
    detached : bool
        Whether the panel no longer waits for it.
    """

    id: str
    asked: Asked
    job: Job
    started: float
    total: int
    stored: int = 0
    kept: int = 0
    key: str = ""
    provider: str = ""
    price: str = ""
    state: str = "asking"
    detached: bool = False
    cards: dict[str, Card] = field(default_factory=dict)
    partial: bytes = b""

    def place(self, number: int) -> str:
        """The id of a picture's place."""
        return f"{self.id}-{number}"

    @property
    def next_place(self) -> str:
        """The place of the picture that comes next."""
        return self.place(min(self.stored + self.kept, self.total - 1))

    def take(self, event: Event) -> None:
        """Note what an event says of the strip."""
        if isinstance(event, Planned):
            self.stored, self.key, self.provider = event.stored, event.key, event.provider
            self.total = event.stored + event.missing
        elif isinstance(event, Kept):
            place = self.next_place
            self.kept, self.partial = self.kept + 1, b""
            self.cards[place] = self._card(place, self.key, event.image, alt=self.asked.prompt, settled=False)

    def finish(self, result: Result) -> None:
        """Every picture with its alternative text and its price."""
        self.key, self.provider = result.key, result.provider
        self.cards = {
            self.place(i): self._card(self.place(i), key, image, alt=alt_text(result, i), settled=True)
            for i, (key, image) in enumerate(zip(result.picture_keys, result.images, strict=True))
        }

    def states(self, *, ended: bool) -> list[CardState]:
        """The places in order; those still empty too, unless the run has ended."""
        states = []
        for i in range(max(self.total, len(self.cards))):
            card = self.cards.get(self.place(i))
            if card is not None:
                states.append(card.state)
            elif not ended:
                states.append(self._pending(i))
        return states

    def _card(self, place: str, key: str, image: Image, *, alt: str, settled: bool) -> Card:
        return Card(
            id=place,
            asked=self.asked,
            key=key,
            image=image,
            alt=one_line(alt, 300),
            provider=self.provider,
            settled=settled,
        )

    def _pending(self, number: int) -> CardState:
        width, height = box_size(str(self.asked.options["size"]), STRIP_SIDE)
        return CardState(
            id=self.place(number), pending=True, alt="", caption="in the background" if self.detached else "",
            price="", tags=[], width=width, height=height, favourite=False, cell="", file="",
        )  # fmt: skip


def static_form(prompt: str, cards: Sequence[Card]) -> dict[str, Any]:
    """A panel as a picture and text: the newest pictures it made, with what they cost."""
    shown = list(cards)[:_STATIC_PICTURES]
    words = one_line(prompt, 300)
    first = f"Panel: {words}" if words else "A panel for making pictures."
    lines = [first, *(f"{card.alt}: {_words(card.state)}" for card in shown)]
    lines.append("Run the cell to use it: imagegen.panel()")
    figures: list[str] = []
    plain: dict[str, str] = {}
    for card in shown:
        preview = small_preview(card.image)
        figures.append(
            f"<figure>{img(preview, card.alt)}<figcaption>{inline(_words(card.state))}</figcaption></figure>"
        )
        if not plain and preview.mime in {"image/jpeg", "image/png"}:
            from base64 import b64encode

            plain = {preview.mime: b64encode(preview.data).decode("ascii")}
    html = (
        f'{PICTURES}{OPEN}<div role="region" aria-label="{escaped("Make pictures")}"><p>{inline(first)}</p>'
        f'<div class="grid">{"".join(figures)}</div><p class="soft">{inline(lines[-1])}</p></div></div>'
    )
    return {"text/html": html, "text/plain": "\n".join(lines), **plain}


def _words(state: CardState) -> str:
    return " \u00b7 ".join(
        filter(None, (state["caption"], *(tag["text"] for tag in state["tags"]), state["price"]))
    )
