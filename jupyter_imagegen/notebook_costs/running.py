"""Prices a notebook by running it with providers that only estimate: loops, branches, functions and all."""

from __future__ import annotations

import json
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.notebook_costs.notebook import read_document
from jupyter_imagegen.notebook_costs.plans import Plan, Price, Row
from jupyter_imagegen.providers.estimating import ESTIMATES

if TYPE_CHECKING:
    from jupyter_imagegen.session import Session

#: Seconds for one cell.
_LONGEST_CELL = 600


def run_notebook(session: Session, path: str | Path) -> Plan:
    """What a notebook costs from nothing, by running all of its code; nothing is bought and nothing stored.

    Its code does run, with everything else that it does. Keys are taken out of its environment, so that it
    cannot buy in another way either.

    Raises
    ------
    RequestError
        If the file is not there, is no notebook, or nbclient is not installed.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError as exc:
        raise RequestError("plan --run needs nbclient", hint="pip install nbclient") from exc
    place = Path(path).expanduser().absolute()
    data, _ = read_document(place)
    notebook: Any = nbformat.reads(data.decode("utf-8-sig"), 4)  # type: ignore[no-untyped-call]  # it has no types
    rows, notes = list[Row](), ["its code was run; nothing was bought"]
    with tempfile.TemporaryDirectory(prefix="imagegen-plan-") as folder:
        calls, seen = Path(folder) / "calls", 0

        def take(cell: Any = None, cell_index: int = 0, **_: Any) -> None:
            """Read what the cell that just ended has asked for."""
            nonlocal seen
            del cell
            lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
            rows.extend(_row(cell_index + 1, json.loads(line)) for line in lines[seen:])
            seen = len(lines)

        keys = [name for name in session.workshop.environ if name.endswith(("_KEY", "_TOKEN"))]
        environ = {name: value for name, value in os.environ.items() if name not in keys}
        client = NotebookClient(
            notebook,
            timeout=_LONGEST_CELL,
            resources={"metadata": {"path": str(place.parent)}},
            on_cell_executed=take,
        )
        try:
            client.execute(env={**environ, ESTIMATES: str(calls), "JPY_SESSION_NAME": str(place)})
        except CellExecutionError as exc:
            number = sum(cell.get("execution_count") is not None for cell in notebook.cells)
            notes.append(f"it stopped with {exc.ename}: {exc.evalue} (code cell {number})")
        except Exception as exc:  # noqa: BLE001 - a kernel that is missing, dies or hangs is this notebook's answer
            notes.append(f"it stopped: {type(exc).__name__}: {exc}")
    return Plan(notebook=str(path), rows=tuple(rows), notes=tuple(notes))


def _row(cell: int, call: dict[str, Any]) -> Row:
    asked = call["request"]
    usd, ceiling = (None if call[name] is None else Decimal(call[name]) for name in ("usd", "ceiling"))
    price = Price(usd=usd, ceiling=ceiling, kind=call["kind"])
    return Row(
        cell=cell,
        prompt=str(asked.get("prompt", "")),
        model=str(asked.get("model", "")),
        size=str(asked.get("size", "")),
        quality=str(asked.get("quality", "")),
        n=call["n"],
        bought=call["n"],
        price=price,
        now=price,
        maker=call["provider"],
        unknown=() if ceiling is not None else (call["note"],),
    )
