"""What a notebook costs, cell by cell, without running anything."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import BudgetExceededError, RequestError, UnknownPriceError
from jupyter_imagegen.notebook_costs.notebook import cells, read_document
from jupyter_imagegen.notebook_costs.plans import Plan, Plans, Total
from jupyter_imagegen.notebook_costs.pricing import Pricing
from jupyter_imagegen.notebook_costs.reading import read
from jupyter_imagegen.notebook_costs.running import run_notebook
from jupyter_imagegen.notebook_costs.views import plans_view
from jupyter_imagegen.notebook_costs.writing import with_cost_cell, write_costs
from jupyter_imagegen.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from jupyter_imagegen.notebook_costs.plans import Row
    from jupyter_imagegen.notebook_costs.pricing import Held
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage.manifest import Recording

__all__ = [
    "Plan",
    "Plans",
    "check_limit",
    "could_ask_for",
    "plan_notebook",
    "plan_notebooks",
    "plans_view",
    "this_notebook",
]


def plan_notebook(session: Session, path: str | Path, *, write: bool = False) -> Plan:
    """What a notebook costs; runs nothing, calls no API and spends nothing.

    Parameters
    ----------
    session
        Whose environment and clock hold. Its own settings do not: a notebook runs in a kernel of its own.
    path
        An `.ipynb` file of format 4.
    write
        Whether to write the result into the notebook: a table into its metadata, a line at its top.

    Raises
    ------
    RequestError
        If the file is not there or is no notebook.
    ConfigError
        If a settings file or variable holds what cannot be used.

    Examples
    --------
    >>> plan_notebook(session, "notebooks/01_quickstart.ipynb").pictures
    8
    """
    return plan_notebooks(session, [path], write=write).notebooks[0]


def plan_notebooks(
    session: Session, paths: Sequence[str | Path], *, write: bool = False, run: bool = False
) -> Plans:
    """What several notebooks cost: each alone, and all together.

    Takes and raises what `plan_notebook` does; with `run` each is run with providers that only estimate, and
    what two of them share is counted in both.
    """
    if run:
        ran = [run_notebook(session, path) for path in paths]
        rows = [row for plan in ran for row in plan.rows]
        return Plans(
            notebooks=tuple(ran),
            from_nothing=Total.of(row.price for row in rows),
            now=Total.of(row.now for row in rows),
        )
    plans, together, shared = list[Plan](), list[Plan](), (Counter[str](), Counter[str]())
    for path in paths:
        data, document = read_document(Path(path).expanduser())
        if write:
            # Before its cells are counted: the line at the top is one of them.
            document = with_cost_cell(document)
        plans.append(_plan(session, path, document, (Counter(), Counter())))
        together.append(_plan(session, path, document, shared) if len(paths) > 1 else plans[-1])
        if write:
            write_costs(Path(path).expanduser(), data, document, plans[-1])
    return Plans(
        notebooks=tuple(plans),
        from_nothing=Total.of(row.price for plan in together for row in plan.rows if not row.error),
        now=Total.of(row.now for plan in together for row in plan.wanted),
    )


def _plan(session: Session, path: str | Path, document: dict[str, Any], held: Held) -> Plan:
    reading = read(cells(document))
    # Its settings begin where a new kernel's would, and end with the notebook.
    workshop = Workshop(environ=session.workshop.environ, demo_fallback=True, now=session.workshop.now)
    place = Path(path).expanduser().absolute()
    workshop.notebook = str(place)
    try:
        settings = workshop.settings()
        rows = Pricing(workshop, place.parent, held).rows(reading.steps)
        paid = any(row.now.usd != 0 and not row.error for row in rows)
        stopped = workshop.paid_calls_stopped() if paid else ""
    finally:
        workshop.close()
    notes = list(reading.notes)
    if settings.cassette is not None and settings.sources["cassette"] == "default":
        name = settings.cassette.name
        how = f"for nbconvert and papermill set IMAGEGEN_CASSETTE={shlex.quote(name)}"
        notes.append(f"{name} is found by its name in Jupyter; {how}")
    if stopped:
        notes.append(f"what is not stored would be refused now: {stopped}")
    return Plan(notebook=str(path), rows=tuple(rows), notes=tuple(notes))


def check_limit(plans: Plans, usd: Decimal) -> None:
    """Refuse notebooks that could cost more than a limit when nothing is stored.

    Raises
    ------
    BudgetExceededError
        If what can be known passes the limit already.
    UnknownPriceError
        If a price is not known: that is never nothing.
    """
    total = plans.from_nothing
    if total.ceiling > usd:
        raise BudgetExceededError(
            f"this could cost up to {format_usd(total.ceiling)}, more than --max-usd {format_usd(usd)}",
            hint="Raise --max-usd, or choose lower qualities, smaller sizes or fewer pictures.",
        )
    if total.unknown:
        calls = count_of(total.unknown, "call")
        raise UnknownPriceError(
            f"the price of {calls} is not known, and --max-usd {format_usd(usd)} needs it",
            hint="The plan says which and why: write out sizes, qualities and counts.",
        )


def this_notebook(session: Session) -> str:
    """The path of the notebook that asks, as it was last saved.

    Raises
    ------
    RequestError
        If no front end says which it is.
    """
    told = session.workshop.notebook or session.workshop.environ.get("JPY_SESSION_NAME", "")
    if not told.endswith(".ipynb"):
        raise RequestError(
            "cannot tell which notebook this is", hint="Name it: `%imagegen plan lesson.ipynb`."
        )
    return told


def could_ask_for(session: Session, notebooks: Sequence[str]) -> Callable[[Recording], bool]:
    """Whether a recording has the words of some cell; where they are not known, any words do.

    A picture may be drawn in a loop, or never shown; a plan knows its words and not always its key. So more
    is taken for needed than is, and never less.

    Raises
    ------
    RequestError
        If a notebook is not there or is none.
    """
    plans = plan_notebooks(session, notebooks)
    patterns = [_pattern(row) for plan in plans.notebooks for row in plan.rows]

    def asked(one: Recording) -> bool:
        return any(pattern.search(one.prompt) or pattern.fullmatch(one.alt) for pattern in patterns)

    return asked


def _pattern(row: Row) -> re.Pattern[str]:
    known = [row.prompt.strip()]
    for each in row.depends:
        # As a prompt has it, and as Python's own templates do.
        written = re.compile("|".join(map(re.escape, (f"${{{each}}}", f"${each}", f"{{{each}}}"))))
        if not any(written.search(piece) for piece in known):
            known = [""]
        known = [part for piece in known for part in written.split(piece)]
    # Of a call without a model nothing at all is known.
    return re.compile(".*".join(map(re.escape, known)) if row.model else "", re.DOTALL)
