"""The words under a picture, once for HTML and once for plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render.escaping import inline, one_line

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Result

#: How long an alternative text may be; screen readers cannot skim.
ALT_CHARACTERS = 300
#: Of a name that a picture goes by in a caption.
_NAME_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A short word in a frame."""

    text: str
    kind: Literal["ok", "warn"]

    @property
    def html(self) -> str:
        """The tag as an element."""
        return f'<span class="tag {self.kind}">{inline(self.text)}</span>'


@dataclass(frozen=True, kw_only=True)
class Caption:
    """The words under a picture.

    Attributes
    ----------
    facts : tuple of str
        Model, size, quality, time; joined by middle dots.
    tags : tuple of Tag
        `cached` or `recorded`, before the price.
    price : str
        What was spent now.
    beside : str
        What belongs to the price: what was saved, what a recording cost its author, what is counted while
        it is unknown.
    banner : Tag or None
        What must not be overlooked, on a line of its own: `demo picture, not a model's`.
    advice : str
        What to do about it.
    lines : tuple of str
        Further lines: the session's total, notes.
    """

    facts: tuple[str, ...]
    tags: tuple[Tag, ...]
    price: str
    beside: str
    banner: Tag | None
    advice: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The caption as plain lines."""
        price = ", ".join(filter(None, (self.price, self.beside)))
        first = " · ".join((*self.facts, *(tag.text for tag in self.tags), price))
        second = [" · ".join(filter(None, (self.banner.text, self.advice)))] if self.banner else []
        return "\n".join((first, *second, *self.lines))

    @property
    def html(self) -> str:
        """The caption as the inside of a `figcaption`."""
        tags = "".join(f"{tag.html} " for tag in self.tags)
        beside = f", {inline(self.beside)}" if self.beside else ""
        facts = " · ".join(inline(fact) for fact in self.facts)
        first = f"{facts} · {tags}<b>{inline(self.price)}</b>{beside}"
        second = []
        if self.banner:
            second = [" · ".join(filter(None, (self.banner.html, inline(self.advice))))]
        return "<br>".join((first, *second, *(inline(line) for line in self.lines)))


def short_model(name: str) -> str:
    """Return a model's name without what all of them share.

    Examples
    --------
    >>> short_model("gpt-image-2.5-flare")
    '2.5-flare'
    """
    return name.removeprefix("gpt-image-")


def pixels(size: str) -> str:
    """Return a size as people read it, with a multiplication sign between the numbers."""
    return size.replace("x", "\u00d7")


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> duration(0.0004), duration(9.84), duration(75)
    ('0.0 s', '9.8 s', '1 min 15 s')
    """
    if seconds < 59.95:  # noqa: PLR2004 -- what would round to 60.0
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def caption(result: Result, *, ledger_line: str | None = None) -> Caption:
    """Return the words under a result.

    Parameters
    ----------
    result
        What came back.
    ledger_line
        `session $0.21 of $5.00`; the result's own, from the time it was made, unless given.
    """
    images = result.images
    origins: list[str] = [image.origin for image in images]
    facts = [short_model(one_line(result.request.model, 60))]
    if images:
        facts.append(pixels(f"{images[0].width}x{images[0].height}"))
    if result.request.quality:
        facts.append(one_line(result.request.quality, 20))
    if len(images) > 1:
        facts.append(f"{len(images)} pictures")
    if not result.cached:
        facts.append(duration(result.seconds))
    tags = []
    for origin, word in (("cassette", "recorded"), ("store", "cached")):
        if there := origins.count(origin):
            all_of_them = there == len(images)
            tags.append(Tag(text=word if all_of_them else f"{there} of {len(images)} {word}", kind="ok"))
    demo = is_placeholder(result.provider)
    line = result.ledger_line if ledger_line is None else ledger_line
    price, beside = _money(result, held_told=bool(line))
    return Caption(
        facts=tuple(facts),
        tags=tuple(tags),
        price=price,
        beside=beside,
        banner=Tag(text="demo picture, not a model's", kind="warn") if demo else None,
        advice="set OPENAI_API_KEY for a real one" if demo and not result.recorded else "",
        lines=tuple(one_line(text) for text in (line, *_origins(result.request), *result.notes) if text),
    )


def _origins(request: GenerateRequest) -> list[str]:
    """What an edit was made from."""
    if not isinstance(request, EditRequest):
        return []
    named = [one_line(image.name, _NAME_CHARACTERS) or "a picture" for image in request.images]
    words = [f"from {', '.join(named)}"]
    overlays = {"mask": request.mask, "markup": request.markup}
    for what, overlay in overlays.items():
        if overlay is not None:
            words.append(f"{what} {one_line(overlay.name, _NAME_CHARACTERS)}".strip())
    return [", ".join(words)]


def _money(result: Result, *, held_told: bool) -> tuple[str, str]:
    """What was spent now, and what belongs to it; what is held for it where no other line says so."""
    cost = result.cost
    if cost.usd is None:
        ceiling = cost.ceiling_usd
        return "cost unknown", "" if ceiling is None or held_told else f"up to {format_usd(ceiling)} held"
    beside = []
    if cost.author_usd is None:
        beside.append("cost its author an unknown amount")
    elif cost.author_usd:
        beside.append(f"cost its author {format_usd(cost.author_usd)}")
    if cost.saved_usd:
        beside.append(f"saved {format_usd(cost.saved_usd)}")
    return format_usd(cost.usd), ", ".join(beside)


def alt_text(result: Result, index: int = 0) -> str:
    """Return what a screen reader says for one picture of a result: the alternative text, or the prompt.

    Examples
    --------
    A second picture of four reads `a lighthouse at dusk (2 of 4)`.
    """
    words = alt_words(result)
    return f"{words} ({index + 1} of {len(result.images)})" if len(result.images) > 1 else words


def alt_words(result: Result) -> str:
    """Return what a screen reader says for any picture of a result."""
    return one_line(result.alt or result.request.prompt, ALT_CHARACTERS) or "a generated picture"
