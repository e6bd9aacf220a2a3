"""What the gallery says: of each picture in its grid, of the one that is chosen, and of what is asked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypedDict

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.errors import RequestError, StoreError
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render.captions import ALT_CHARACTERS, duration, pixels, short_model
from jupyter_imagegen.render.escaping import one_line, plain
from jupyter_imagegen.storage import Narrowed
from jupyter_imagegen.widgets.panel_cell import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.storage import StoredPicture
    from jupyter_imagegen.storage.images import Pictures

#: Characters of a prompt that two lines of a caption may hold; the style cuts the rest.
_CAPTION = 160
#: Bytes of a kept preview above which the grid gets a smaller one; they come from PNGs with transparency.
_HEAVY = 60_000
_LIGHT_SIDE, _LIGHT_BYTES = 256, 24_000
#: A week: its days are told by their names.
_NAMED_DAYS = 7


class EntryState(TypedDict):
    """One picture of the grid; its bytes come in a buffer of the same message, empty where they are gone."""

    key: str
    sample: int
    alt: str
    prompt: str
    price: str
    day: str
    demo: bool
    favourite: bool
    mime: str
    width: int
    height: int


class DetailState(TypedDict):
    """Everything about the one picture that is chosen."""

    key: str
    sample: int
    #: The whole prompt, with its lines.
    prompt: str
    #: `(name, value)`; parameters by OpenAI's names.
    facts: list[tuple[str, str]]
    price: str
    demo: bool
    favourite: bool
    #: A cell that asks for the same picture.
    cell: str
    #: What stands against using the cell as it is; empty for nothing.
    note: str
    #: What is asked before it is deleted.
    question: str


def entry_state(picture: StoredPicture, small: Preview | None, now: datetime) -> EntryState:
    """What the grid says of a picture."""
    image = picture.image
    return EntryState(
        key=picture.key,
        sample=image.sample,
        alt=one_line(picture.alt or picture.prompt, ALT_CHARACTERS) or "a generated picture",
        prompt=one_line(picture.prompt, _CAPTION),
        price=price_words(picture),
        day=day_words(image.made_at, now),
        demo=is_placeholder(picture.provider),
        favourite=picture.favourite,
        mime="" if small is None else small.mime,
        width=image.width if small is None else small.width,
        height=image.height if small is None else small.height,
    )


def light_preview(picture: StoredPicture) -> Preview | None:
    """The kept preview as it is, a smaller one where that is heavy; None where the picture's file is gone."""
    from jupyter_imagegen import imaging

    try:
        kept = picture.image.preview
        if len(kept.data) > _HEAVY:
            return imaging.preview(kept.data, max_side=_LIGHT_SIDE, max_bytes=_LIGHT_BYTES)
    except (StoreError, ValueError):
        return None
    return kept


def detail_state(picture: StoredPicture, pictures: Pictures, now: datetime) -> DetailState:
    """Everything about one picture."""
    image = picture.image
    made = image.made_at.astimezone(now.tzinfo)
    size = f"{image.width}x{image.height}"
    inputs, missing = _sources(picture, pictures)
    free = is_placeholder(picture.provider)
    facts = [
        ("model", one_line(picture.model, 60)),
        *((name, one_line(str(value), 80)) for name, value in picture.parameters.items()),
        ("pixels", "" if picture.parameters.get("size") == size else pixels(size)),
        *((name, ", ".join(keys)) for name, keys in inputs.items()),
        ("cost", price_words(picture)),
        ("time", duration(image.seconds)),
        ("made", f"{made:%Y-%m-%d %H:%M}"),
        ("notebook", one_line(picture.notebook or "", 80)),
        ("tokens", "" if picture.usage is None else f"{picture.usage.total:,} for its call"),
        ("drawing", f"{image.sample + 1} of its request" if image.sample else ""),
        (picture.provider if free else "rewritten as", one_line(image.revised_prompt or "", 400)),
        ("key", picture.key[:12]),
    ]
    return DetailState(
        key=picture.key,
        sample=image.sample,
        prompt=plain(picture.prompt),
        facts=[fact for fact in facts if fact[1]],
        price=price_words(picture),
        demo=is_placeholder(picture.provider),
        favourite=picture.favourite,
        cell=cell_text(picture.prompt, request_options(picture, inputs)),
        note="A picture that went in is not in the store: add it to the cell with -i." if missing else "",
        question=deletion_question(picture),
    )


def request_options(picture: StoredPicture, inputs: Mapping[str, list[str]]) -> dict[str, Any]:
    """What asks for the same picture, by the names that `Session.submit` takes."""
    options: dict[str, Any] = {"model": picture.model, **picture.parameters, **inputs}
    if is_placeholder(picture.provider):
        options["provider"] = picture.provider
    return options


def picture_sources(picture: StoredPicture, pictures: Pictures) -> dict[str, list[str]]:
    """The keys of the pictures that went in, as far as the store has them: `image`, `mask`, `markup`."""
    return _sources(picture, pictures)[0]


def deletion_question(picture: StoredPicture) -> str:
    """What is asked before a picture is deleted: its price is the reason to think twice.

    Examples
    --------
    `Delete this picture? It cost $0.0132, and making it again costs money.`
    """
    usd = picture.image.cost_usd
    if is_placeholder(picture.provider):
        return "Delete this picture? It is a demo picture, and can be made again for free."
    if usd is None:
        return "Delete this picture? What it cost is not known, and making it again costs money."
    return f"Delete this picture? It cost {format_usd(usd)}, and making it again costs money."


def price_words(picture: StoredPicture) -> str:
    """What a picture cost when it was made."""
    usd = picture.image.cost_usd
    return "cost unknown" if usd is None else format_usd(usd)


def day_words(moment: datetime, now: datetime) -> str:
    """The day of a moment, as people say it.

    Examples
    --------
    `today`, `yesterday`, `Fri`, `12 Nov 2026`
    """
    day = moment.astimezone(now.tzinfo).date()
    ago = (now.date() - day).days
    if ago in {0, 1}:
        return "yesterday" if ago else "today"
    return f"{day:%a}" if 1 < ago < _NAMED_DAYS else f"{day.day} {day:%b %Y}"


def narrowed(asked: Mapping[str, Any], now: datetime) -> Narrowed:
    """What the browser asks for, checked.

    Parameters
    ----------
    asked
        `text maker notebook favourite day min_cost`; `day` is empty, a number of days up to today, or a date.

    Raises
    ------
    RequestError
        If a value is not one.
    """
    since, until = _days(str(asked.get("day") or ""), now)
    return Narrowed(
        text=str(asked.get("text") or "").strip(),
        maker=str(asked.get("maker") or "") or None,
        notebook=str(asked.get("notebook") or "") or None,
        favourite=bool(asked.get("favourite")),
        since=since,
        until=until,
        min_cost=_dollars(str(asked.get("min_cost") or "")),
    )


def maker_words(name: str) -> str:
    """A model's name in the choice of models."""
    return f"{name} pictures" if is_placeholder(name) else short_model(one_line(name, 60))


def _days(text: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The moments between which a picture was made, in the user's own days."""
    if not text:
        return None, None
    if text.isdecimal() and len(text) <= 4:  # noqa: PLR2004 - ten thousand days are all of them
        first, last = now.date() - timedelta(days=int(text) - 1), None
    else:
        try:
            first = last = date.fromisoformat(text)
            if not date.min.year < first.year < date.max.year:
                raise ValueError("a day there has no begin or end in UTC")  # noqa: TRY301  # one answer
        except ValueError as exc:
            raise RequestError(f"{text!r} is not a day", hint="Write it as 2026-11-22.") from exc
    since = datetime.combine(first, time(), tzinfo=now.tzinfo)
    return since, None if last is None else since + timedelta(days=1)


def _dollars(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        usd = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        usd = Decimal("NaN")
    # The index counts billionths in 64 bits.
    if not usd.is_finite() or not 0 <= usd < 10**9:
        raise RequestError(f"{text!r} is not a price", hint="Write US dollars, such as 0.05.")
    return usd or None


def _sources(picture: StoredPicture, pictures: Pictures) -> tuple[dict[str, list[str]], bool]:
    """The keys of what went in, and whether something went in that the store does not have."""
    found: dict[str, list[str]] = {}
    missing = False
    for name, digests in (
        ("image", picture.inputs.get("images", ())),
        *((name, (picture.inputs[name],)) for name in ("mask", "markup") if picture.inputs.get(name)),
    ):
        for digest in digests:
            entry = pictures.drawn_for(digest)
            if entry is None:
                missing = True
            else:
                found.setdefault(name, []).append(entry.key[:12])
    return found, missing
