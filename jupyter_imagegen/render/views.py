"""What the commands show: costs, history, models, styles, settings, checks, a request before it is sent."""

from __future__ import annotations

import json
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import HELD_NOTE, SCOPE_WORDS, held_words, sum_words, unknown_calls
from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest
from jupyter_imagegen.core.text import count_of, upper_first
from jupyter_imagegen.render.captions import pixels, short_model
from jupyter_imagegen.render.progress import estimate_words
from jupyter_imagegen.render.tables import Mark, View, paragraphs, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.budgets import Budget
    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.models import Model
    from jupyter_imagegen.core.prompts import Style
    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.providers.base import Check, Provider
    from jupyter_imagegen.render.tables import Cell
    from jupyter_imagegen.storage import Spending, Spent

#: In place of an amount.
NOT_KNOWN = "not known"
#: How much of a key is enough to name it.
_KEY_DIGITS = 12


def costs_view(
    spending: Spending,
    by_model: Mapping[str, Spent],
    budgets: Sequence[Budget],
    *,
    cassette: str = "",
    zone: str = "",
    stopped: str = "",
    known: bool = True,
) -> View:
    """Return what was spent, by time and by model, what the store saved, and what budgets leave.

    Parameters
    ----------
    spending
        Sums of each period.
    by_model
        All time, by the model's name.
    budgets
        Every budget in force.
    cassette
        What the cassette in use cost its author; empty for none.
    zone
        Whose days are counted; empty where they are those of the machine.
    stopped
        Why no call is paid now; empty where nothing is in its way.
    known
        Whether the sums are true beyond this session.
    """
    limits: dict[str, Decimal] = {budget.scope: budget.usd for budget in budgets}
    rows = [
        _spent_row(words.name, getattr(spending, scope), limits.get(scope))
        if known or scope == "session"
        else [words.name, NOT_KNOWN, *[""] * 5]
        for scope, words in SCOPE_WORDS.items()
    ]
    rows += [_spent_row(short_model(name), spent, None) for name, spent in sorted(by_model.items())]
    foot = []
    if held_words(spending.total):
        foot.append(HELD_NOTE)
    if cassette:
        foot.append(cassette)
    if zone:
        foot.append(f"Days are those of the ledger's time zone, {zone}.")
    foot += _stopped_lines(stopped)
    head = ["", "spent", "held", "left", "pictures", "from the store", "saved"]
    if not limits:
        left = head.index("left")
        del head[left]
        for row in rows:
            del row[left]
    return table("Costs", head, rows, numbers=set(range(1, len(head))), foot=foot)


def _spent_row(name: str, spent: Spent, limit: Decimal | None) -> list[Cell]:
    left = ""
    if limit is not None:
        left = f"{format_usd(max(limit - spent.counted_usd, Decimal(0)))} of {format_usd(limit)}"
    return [
        name,
        _known_spent(spent),
        sum_words(spent.held_usd, unknown_calls(spent)),
        left,
        str(spent.pictures),
        str(spent.hits),
        format_usd(spent.saved_usd),
    ]


def _known_spent(spent: Spent) -> str:
    held = spent.held_usd or unknown_calls(spent)
    return format_usd(spent.usd) if spent.usd or not held else NOT_KNOWN


def _stopped_lines(stopped: str) -> list[str]:
    return [upper_first(stopped)] if stopped else []


def budget_view(
    budgets: Sequence[Budget], spending: Spending, *, stopped: str = "", known: bool = True
) -> View:
    """Return every budget in force with what it has left, and why no call is paid now; see `costs_view`."""
    rows: list[list[Cell]] = []
    for budget in budgets:
        spent = getattr(spending, budget.scope)
        left = budget.usd - spent.counted_usd
        spent_shown = _known_spent(spent)
        if spent.held_usd or unknown_calls(spent):
            spent_shown += f" + {sum_words(spent.held_usd, unknown_calls(spent))} held"
        shown: Cell = format_usd(left) if left > 0 else Mark(text="nothing", kind="warn")
        if not known and budget.scope != "session":
            spent_shown = shown = NOT_KNOWN
        rows.append([SCOPE_WORDS[budget.scope].name, format_usd(budget.usd), spent_shown, shown])
    if not rows:
        lines = _stopped_lines(stopped) or ["Set one with %imagegen budget 5 --per day."]
        return paragraphs("No budget" if not stopped else "Budgets", lines)
    foot = _stopped_lines(stopped)
    return table("Budgets", ["", "limit", "spent", "left"], rows, numbers={1, 2, 3}, foot=foot)


def models_view(makers: Sequence[Provider], *, moment: datetime, default: str) -> View:
    """Return every model: what it takes, what a square picture costs, and until when it is there."""
    order, today = {"live": 0, "closing": 1, "retired": 2}, moment.astimezone(UTC).date()
    rows: list[list[Cell]] = []
    for maker in makers:
        for model in sorted(maker.models().models.values(), key=lambda model: order[model.status(today)]):
            gone = model.status(today) == "retired"
            price = _instead(model) if gone else _square_prices(model, maker, moment)
            of = "default" if model.name == default else "" if maker is makers[0] else maker.name
            rows.append([model.name, of, _status(model, today), ", ".join(model.output_formats), price])
    return table(
        "Models",
        ["", "", "", "formats", "one 1024x1024"],
        rows,
        foot=["about, where the maker publishes the price; up to, where it does not"],
    )


def _status(model: Model, today: date) -> Cell:
    status = model.status(today)
    if status == "live":
        return Mark(text="live", kind="ok")
    if status == "closing":
        return Mark(text=f"until {model.shutdown}", kind="warn")
    return "retired"


def _instead(model: Model) -> str:
    return f"use {model.replacement}" if model.replacement else ""


def _square_prices(model: Model, maker: Provider, moment: datetime) -> str:
    """What each quality costs; the prompt's own tokens are cents of a cent."""
    words = []
    for quality in model.qualities or ("",):
        request = GenerateRequest(model=model.name, prompt="a", size="1024x1024", quality=quality)
        price = estimate_words(maker.estimate(request, CallOptions(), moment=moment))
        words.append(f"{quality} {price.removeprefix('about ')}".strip())
    return ", ".join(words)


def model_view(maker: Provider, model: Model, *, moment: datetime) -> View:
    """Return everything that is known of one model."""
    today = moment.astimezone(UTC).date()
    rows: list[list[Cell]] = [
        ["status", _status(model, today)],
        ["instead", model.replacement or ""],
        ["also called", ", ".join(model.aliases)],
        ["released", str(model.released or "")],
        ["qualities", ", ".join(model.qualities)],
        ["one 1024x1024", _square_prices(model, maker, moment)],
        ["backgrounds", ", ".join(model.backgrounds)],
        ["formats", ", ".join(model.output_formats)],
        ["complexity", ", ".join(model.complexity)],
        ["input fidelity", ", ".join(model.input_fidelity)],
        ["markup", "yes" if model.markup else "no"],
        ["note", model.note],
    ]
    rows += [[one.name, one.help or one.kind] for one in model.parameters]
    return table(model.name, ["", ""], [row for row in rows if row[1]])


def styles_view(styles: Iterable[Style]) -> View:
    """Return the named styles."""
    rows: list[list[Cell]] = [
        [style.name, style.description, "" if style.source == "package" else style.source] for style in styles
    ]
    foot = ["--style NAME puts one around the prompt; %imagegen styles NAME shows its words"]
    return table("Styles", ["", "", ""], rows, foot=foot)


def style_view(style: Style) -> View:
    """Return one style: the words it puts around a prompt, and where they come from."""
    return paragraphs(f"Style {style.name}", [style.description, f"from {style.source}"], code=style.template)


def settings_view(settings: Settings, *, zone: str = "", stopped: str = "", place: str = "") -> View:
    """Return every setting, its value, and where it comes from.

    Parameters
    ----------
    settings
        All of them.
    zone
        The time zone whose days the ledger counts; empty where that cannot be told.
    stopped
        Why no call is paid now; empty where nothing is in its way.
    place
        Where the store is and how it is kept there; empty where that is not asked.
    """
    rows: list[list[Cell]] = []
    for name, source in settings.sources.items():
        value = getattr(settings, name)
        if name == "timezone" and zone:
            rows.append([name, zone, "the ledger" if value is None else source])
            continue
        rows.append([name, _setting(value), source])
    where = [f"The store is on {place}."] if place else []
    return table("Settings", ["", "", "from"], rows, foot=[*where, *_stopped_lines(stopped)])


def _setting(value: object) -> str:
    if value is None or value == ():
        return "not set"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def checks_view(checks: Iterable[Check]) -> View:
    """Return what `doctor` found."""
    words: dict[bool | None, Cell] = {
        True: Mark(text="OK", kind="ok"),
        False: Mark(text="problem", kind="warn"),
        None: "note",
    }
    rows: list[list[Cell]] = [
        [check.name, words[check.ok], ". ".join(filter(None, (check.text.rstrip("."), check.hint)))]
        for check in checks
    ]
    return table("Doctor", ["", "", ""], rows)


def plan_view(
    request: GenerateRequest,
    *,
    key: str,
    provider: str,
    endpoint: str,
    n: int,
    stored: int,
    price: Estimate,
    listed: Estimate,
    recorded: str = "",
    replays: bool = False,
    stopped: str = "",
    notes: Sequence[str] = (),
) -> View:
    """Return the exact request before it is sent, its key, what is stored, and the price of the rest.

    Parameters
    ----------
    request
        What would be asked, with variables and styles filled in.
    key
        Its SHA-256.
    provider, endpoint
        Who would make it, and where.
    n, stored
        How many are wanted, and how many of them are there already.
    price
        Of those that are missing, now.
    listed
        Of all of them from the model's maker.
    recorded
        What `recorded_words` says of those that are in a cassette.
    replays
        Whether only the cassette is asked.
    stopped
        Why those that are missing would not be made; empty where nothing is in the way.
    notes
        What the user should know.
    """
    missing = n - stored
    lines = ["Nothing was sent and nothing was spent."]
    where = "recorded" if recorded else "stored"
    if missing and stored and stopped:
        lines.append(f"{stored} of {n} {where}: would be shown for $0.00; no API would be called")
    elif missing and replays:
        lines.append(f"{stored} of {n} recorded: replay would stop here; no API would be called")
    elif missing:
        there = f"{stored} of {n} stored, " if stored else ""
        lines.append(f"{there}{missing} to be made by {provider} ({endpoint})")
        lines.append(f"price: {_price_words(price)}")
        if price.usd == 0 and listed.usd:
            lines.append(f"real ones: {_price_words(listed)}")
    else:
        lines.append(f"{where}: would cost $0.00" if n == 1 else f"all {n} {where}: would cost $0.00")
    if recorded:
        lines.append(recorded)
    lines += [f"key {key}", *notes]
    return paragraphs("Dry run", lines, code=json.dumps(_sent(request, n), indent=2, ensure_ascii=False))


def recorded_words(recorded: int, author_usd: Decimal | None) -> str:
    """Say what recorded pictures cost whoever recorded them; empty for none.

    Examples
    --------
    >>> recorded_words(1, Decimal("0.21"))
    'recorded: it cost its author $0.21, and $0.00 here'
    """
    if not recorded:
        return ""
    they = "it cost its author" if recorded == 1 else f"these {recorded} cost their author"
    amount = "an unknown amount" if author_usd is None else format_usd(author_usd)
    return f"recorded: {they} {amount}, and $0.00 here"


def estimate_view(
    listed: Estimate,
    *,
    request: GenerateRequest,
    n: int,
    stored: int,
    price: Estimate,
    recorded: str = "",
    replays: bool = False,
    stopped: str = "",
    notes: Sequence[str] = (),
) -> View:
    """Return a price before it is paid, and how it was estimated.

    Parameters
    ----------
    listed
        Of all pictures from the model's maker.
    request
        What would be asked.
    n, stored
        How many are wanted, and how many of them are there already.
    price
        Of those that are missing, now.
    recorded
        What `recorded_words` says of those that are in a cassette.
    replays
        Whether only the cassette is asked.
    stopped
        Why those that are missing would not be made; empty where nothing is in the way.
    notes
        What else to know of the request, each a line.
    """
    what = " · ".join(filter(None, (short_model(request.model), pixels(request.size), request.quality)))
    count = count_of(n, "picture")
    lines = [f"{estimate_words(listed)} for {count} · {what}"]
    if listed.ceiling is not None and listed.ceiling != listed.usd and listed.kind != "bound":
        lines.append(f"at most {format_usd(listed.ceiling)}, which is what a budget reserves")
    if replays and stored < n:
        lines.append(f"now: nothing, because {stored} of {n} are recorded and replay calls no API")
    elif stored:
        place = "recorded" if recorded else "in the store"
        there = f"it is {place}" if stored == n == 1 else f"{stored} of {n} are {place}"
        there += " and the others cannot be made" if stopped and stored < n else ""
        lines.append(
            f"now: {estimate_words(price)}, because {there}" if stored < n else f"now: $0.00, because {there}"
        )
    elif price.usd == 0 and listed.usd:
        lines.append("now: free, an offline demo picture; set OPENAI_API_KEY for a real one")
    lines.append(recorded)
    lines.append("; ".join(filter(None, (listed.note, listed.source and f"rates: {listed.source}"))))
    lines += notes
    return paragraphs("Estimate", [line for line in lines if line])


def _price_words(price: Estimate) -> str:
    return ", ".join(filter(None, (estimate_words(price), price.note)))


def _sent(request: GenerateRequest, n: int) -> dict[str, Any]:
    """The request as JSON, with input pictures as what they are and not as their bytes."""
    sent: dict[str, Any] = {**request.parameters(), "n": n}
    if isinstance(request, EditRequest):
        named: dict[str, list[InputImage | None]] = {
            "image": list(request.images),
            "mask": [request.mask],
            "markup": [request.markup],
        }
        for name, pictures in named.items():
            told = [
                f"{one.name or 'picture'}, {pixels(f'{one.width}x{one.height}')}, {one.digest[:_KEY_DIGITS]}"
                for one in pictures
                if one is not None
            ]
            if told:
                sent[name] = told
    return sent
