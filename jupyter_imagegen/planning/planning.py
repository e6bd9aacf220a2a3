"""Plans notebooks: reads each file, prices its calls, and writes the result into it where that is wanted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.core.pricing import format_usd
from jupyter_imagegen.errors import BudgetExceededError, RequestError, UnknownPriceError
from jupyter_imagegen.planning.notebook import cells, read_document
from jupyter_imagegen.planning.plans import Plan, Plans, added
from jupyter_imagegen.planning.pricing import Held, Pricing
from jupyter_imagegen.planning.reading import read
from jupyter_imagegen.planning.writing import with_cost_cell, write_costs
from jupyter_imagegen.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.session import Session


def plan_notebook(session: Session, path: str | Path, *, write: bool = False) -> Plan:
    """What a notebook costs; runs nothing, calls nobody and spends nothing.

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


def plan_notebooks(session: Session, paths: Sequence[str | Path], *, write: bool = False) -> Plans:
    """What several notebooks cost: each alone, and all together.

    Takes and raises what `plan_notebook` does.
    """
    plans, together, shared = [], [], Held()
    for path in paths:
        plan, beside = _plan(session, Path(path), shared, write=write)
        plans.append(plan)
        together.append(beside)
    return Plans(
        notebooks=tuple(plans),
        from_nothing=added([plan.from_nothing for plan in together]),
        now=added([plan.now for plan in together]),
    )


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
        calls = "1 call" if total.unknown == 1 else f"{total.unknown} calls"
        raise UnknownPriceError(
            f"nobody can say what {calls} would cost, and --max-usd is {format_usd(usd)}",
            hint="The plan says which and why: write sizes, qualities and counts out.",
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
            "which notebook this is, nobody says", hint="Name it: `%imagegen plan lesson.ipynb`."
        )
    return told


def _found_by_name(settings: Settings) -> tuple[str, ...]:
    """What holds only where the notebook's name is told."""
    if settings.cassette is None or settings.sources["cassette"] != "default":
        return ()
    name = settings.cassette.name
    how = f"for nbconvert and papermill set IMAGEGEN_CASSETTE={shlex.quote(name)}"
    return (f"{name} is found by its name in Jupyter; {how}",)


def _plan(session: Session, path: Path, shared: Held, *, write: bool) -> tuple[Plan, Plan]:
    """A notebook's plan as if it ran alone, and after those before it."""
    path = path.expanduser()
    data, document = read_document(path)
    if write:
        # Before its cells are counted: the line at the top is one of them.
        document = with_cost_cell(document)
    reading = read(cells(document))
    plans = []
    # The first of several has none before it.
    for held in (Held(), shared) if shared.from_nothing else (shared,):
        # Its settings begin where a new kernel's would, and end with the notebook.
        workshop = Workshop(environ=session.workshop.environ, demo_fallback=True, now=session.workshop.now)
        workshop.notebook = str(path.absolute())
        try:
            found = workshop.settings()
            rows = Pricing(workshop, path.absolute().parent, held).rows(reading.steps)
            paid = any(row.now.usd != 0 and not row.error for row in rows)
            stopped = workshop.paid_calls_stopped() if paid else ""
        finally:
            workshop.close()
        notes = (*reading.notes, *_found_by_name(found))
        if stopped:
            notes = (*notes, f"what is not stored would be refused now: {stopped}")
        plans.append(Plan(notebook=str(path), rows=tuple(rows), notes=notes))
    if write:
        write_costs(path, data, document, plans[0])
    return plans[0], plans[-1]
