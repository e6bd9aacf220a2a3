"""Plans to look at: a table for a notebook, narrow enough for a terminal, and the lines under it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.providers import is_placeholder
from jupyter_imagegen.render import View, table
from jupyter_imagegen.render.captions import pixels, short_model
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.tables import Mark

if TYPE_CHECKING:
    from decimal import Decimal

    from jupyter_imagegen.notebook_costs.plans import Plan, Plans, Price, Row, Total
    from jupyter_imagegen.render.tables import Cell

#: Characters of a prompt in a terminal of 80 columns, and on a page.
_NARROW, _WIDE = 19, 60
_TIMES = "\N{MULTIPLICATION SIGN}"


def plans_view(plans: Plans) -> View:
    """Return a table for each notebook, and under several what they cost together."""
    views = [_plan_view(plan) for plan in plans.notebooks]
    if len(views) > 1:
        rows: list[list[Cell]] = [
            [Path(plan.notebook).name, *_sums(plan.from_nothing, plan.now)] for plan in plans.notebooks
        ]
        rows.append(["together", *_sums(plans.from_nothing, plans.now)])
        foot = ["a picture that several notebooks ask for is paid once"]
        head = ["", "from nothing", "at most", "now", "not known"]
        views.append(table("All notebooks", head, rows, numbers={1, 2, 3, 4}, foot=foot))
    return View(html="".join(view.html for view in views), text="\n\n".join(view.text for view in views))


def total_lines(plan: Plan) -> list[str]:
    """What a notebook costs in all, from nothing and now, and what is not in it."""
    pictures = count_of(plan.pictures, "picture")
    lines = [
        f"from nothing: {_total(plan.from_nothing)} for {pictures} by a real model",
        f"now: {_total(plan.now)}",
    ]
    if all(is_placeholder(row.maker) for row in plan.rows if row.maker) and any(
        row.maker for row in plan.rows
    ):
        lines[1] += ", because the demo provider would paint what is not stored"
    unknown = plan.from_nothing.unknown
    if unknown:
        calls = "the price of 1 call" if unknown == 1 else f"the prices of {unknown} calls"
        lines.append(f"not in it: {calls} that cannot be known before")
    if plan.refused:
        cells = ", ".join(dict.fromkeys(str(row.cell) for row in plan.refused))
        lines.append(f"would be refused: cell {cells}")
    return lines + list(plan.notes)


def _plan_view(plan: Plan) -> View:
    name = f"What {Path(plan.notebook).name} costs"
    if not plan.rows:
        foot = ["no cell makes a picture: $0.00", *plan.notes]
        return table(name, [""], [], foot=foot)
    head = ["cell", "prompt", "what", "from nothing", "now"]
    wide = table(
        name,
        [*head, ""],
        [[*_row(row, _WIDE, " · "), "; ".join(_notes(row))] for row in plan.rows],
        numbers={3, 4},
        foot=total_lines(plan),
    )
    # On a terminal the notes go under the table: beside it they would break every line.
    notes = [f"cell {row.cell}: {note}" for row in plan.rows for note in _notes(row)]
    narrow = table(
        name,
        head,
        [_row(row, _NARROW, " ") for row in plan.rows],
        numbers={3, 4},
        foot=[*total_lines(plan), *dict.fromkeys(notes)],
    )
    return View(html=wide.html, text=narrow.text)


def _row(row: Row, width: int, between: str) -> list[Cell]:
    what = [short_model(row.model), pixels(row.size) if row.size else "", row.quality]
    counts = ["?" if each is None else str(each) for each in (row.n, row.times) if each != 1]
    what += [f"{_TIMES}{count}" for count in counts]
    return [
        str(row.cell),
        one_line(row.prompt, width),
        between.join(filter(None, what)),
        _from_nothing(row),
        _now(row),
    ]


def _from_nothing(row: Row) -> Cell:
    if row.error:
        return Mark(text="refused", kind="warn")
    return _price(row.price, about=row.about)


def _now(row: Row) -> Cell:
    if row.now.ceiling is None:
        return Mark(text="refused" if row.error else "unknown", kind="warn")
    if not row.now.ceiling and row.stored and not row.maker:
        return Mark(text="recorded" if row.recorded == row.stored else "stored", kind="ok")
    return row.maker if is_placeholder(row.maker) else _price(row.now, about=row.about)


def _price(price: Price, *, about: bool) -> Cell:
    if price.usd is None or price.ceiling is None:
        return Mark(text="unknown", kind="warn")
    if price.kind == "bound":
        return f"≤ {format_usd(price.ceiling)}"
    return f"{'~ ' if about else ''}{format_usd(price.usd)}"


def _notes(row: Row) -> list[str]:
    told = (row.error, *row.unknown, *row.notes)
    return list(dict.fromkeys(each.rstrip(".") for each in told if each))


def _total(total: Total) -> str:
    if total.unknown and not total.ceiling:
        return "unknown"
    most = "" if total.ceiling == total.usd else f", at most {format_usd(total.ceiling)}"
    return f"{'about ' if total.usd else ''}{format_usd(total.usd)}{most}"


def _sums(from_nothing: Total, now: Total) -> list[Cell]:
    unknown: Cell = Mark(text=str(from_nothing.unknown), kind="warn") if from_nothing.unknown else ""
    whole, most = (_amount(from_nothing, usd) for usd in (from_nothing.usd, from_nothing.ceiling))
    return [whole, most, _amount(now, now.usd), unknown]


def _amount(total: Total, usd: Decimal) -> str:
    """One of a total's amounts; a sum of unknown prices alone is not nothing."""
    return "unknown" if total.unknown and not total.ceiling else format_usd(usd)
