"""The commands that look and do not paint: costs, history, models, styles, budget, config, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_imagegen.cli.outcomes import FAILED, OK
from jupyter_imagegen.cli.output import say, to_json
from jupyter_imagegen.core.budgets import SCOPES, parse_budget
from jupyter_imagegen.core.pricing import format_usd
from jupyter_imagegen.errors import RequestError, UnknownModelError
from jupyter_imagegen.render import Mark, table
from jupyter_imagegen.render.escaping import one_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from datetime import date

    from jupyter_imagegen.core.catalog import Catalog, Model
    from jupyter_imagegen.render import View
    from jupyter_imagegen.render.tables import Cell
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Spent

_HEADS = ("spent", "not settled", "calls", "pictures", "from the store", "saved")
_NAMES = {"session": "This run", "day": "Today", "month": "This month", "total": "In all"}
_PROMPT_WIDTH = 50


def costs(arguments: Namespace, session: Session) -> int:
    """Say what was spent; a command line's session is a run of its own, so its row is left out."""
    found = session.accounts.costs()
    left = session.workshop.storage.ledger.left(session.workshop.settings().budgets)
    periods = {scope: getattr(found.spending, scope) for scope in SCOPES if scope != "session"}
    document = {"spending": periods, "by_model": found.by_model, "budgets": found.budgets, "left_usd": left}
    rows = [[_NAMES[scope], *_spent(spent)] for scope, spent in periods.items()]
    rows += [[model, *_spent(spent)] for model, spent in found.by_model.items()]
    foot = [f"{format_usd(left[budget.scope])} of {budget} left" for budget in found.budgets]
    unpriced = found.spending.total.unpriced
    if unpriced:
        foot.append(f"The cost of {unpriced} calls is not known; budgets count them at their ceiling.")
    return _tell(arguments, document, table("Costs", ["", *_HEADS], rows, numbers=range(1, 7), foot=foot))


def _spent(spent: Spent) -> list[str]:
    return [
        format_usd(spent.usd),
        format_usd(spent.held_usd) if spent.held_usd else "",
        str(spent.calls),
        str(spent.pictures),
        str(spent.hits),
        format_usd(spent.saved_usd),
    ]


def history(arguments: Namespace, session: Session) -> int:
    """List what was made, newest first."""
    if arguments.limit < 1:
        raise RequestError(f"--limit {arguments.limit} is not possible: it must be 1 or more")
    entries = session.accounts.history(arguments.text, limit=arguments.limit)
    rows = [
        [
            entry.key[:12],
            f"{entry.last_made.astimezone():%Y-%m-%d %H:%M}",
            entry.model,
            str(len(entry.images)),
            format_usd(entry.cost_usd),
            one_line(entry.prompt, _PROMPT_WIDTH),
        ]
        for entry in entries
    ]
    heads = ["key", "made", "model", "pictures", "cost", "prompt"]
    foot = [] if rows else ["Nothing was made yet." if not arguments.text else "No prompt contains that."]
    return _tell(arguments, {"entries": entries}, table("History", heads, rows, numbers={3, 4}, foot=foot))


def models(arguments: Namespace, session: Session) -> int:
    """List the models, or say all about one."""
    from jupyter_imagegen.core.rates import rates

    workshop = session.workshop
    catalog, today = workshop.catalog, workshop.now().date()
    if arguments.name:
        return _one_model(arguments, catalog, today)
    default = catalog.default(today)
    documents: list[dict[str, Any]] = []
    rows: list[list[Cell]] = []
    for model in catalog.models.values():
        priced = rates(model.name, catalog)
        documents.append({**_facts(model, today), "default": model is default, "rates": priced})
        status = model.status(today)
        until = f" {model.shutdown}" if model.shutdown else ""
        rows.append(
            [
                model.name + (" (default)" if model is default else ""),
                Mark(text=status + until, kind="ok" if status == "live" else "warn"),
                " ".join(model.qualities),
                "any" if model.sizes.kind == "free" else " ".join(model.sizes.values),
                "unknown" if priced is None else format_usd(priced.image_output),
            ]
        )
    heads = ["model", "status", "qualities", "sizes", "per 1M tokens out"]
    return _tell(arguments, {"models": documents}, table("Models", heads, rows, numbers={4}))


def _one_model(arguments: Namespace, catalog: Catalog, today: date) -> int:
    from jupyter_imagegen.core.rates import rates

    model = catalog.get(arguments.name)
    if model is None:
        near = catalog.suggest(arguments.name)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(catalog.models)}."
        raise UnknownModelError(f"model {arguments.name!r} is not known", hint=hint)
    document = {**_facts(model, today), "rates": rates(model.name, catalog)}
    rows = [[name.replace("_", " "), _words(value)] for name, value in document.items()]
    return _tell(arguments, {**document, "sources": model.sources}, table(model.name, ["", ""], rows))


def _facts(model: Model, today: date) -> dict[str, Any]:
    return {
        "name": model.name,
        "status": model.status(today),
        "released": model.released,
        "shutdown": model.shutdown,
        "replacement": model.replacement,
        "aliases": model.aliases,
        "qualities": model.qualities,
        "sizes": model.sizes.values,
        "any_size": model.sizes.kind == "free",
        "backgrounds": model.backgrounds,
        "output_formats": model.output_formats,
        "input_fidelity": model.input_fidelity,
        "complexity": model.complexity,
        "partial_images": model.streams,
        "edits": model.edits,
        "markup": model.markup,
        "note": model.note,
    }


def _words(value: Any) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if hasattr(value, "image_output"):
        words, pictures = (
            f"text in {format_usd(value.text_input)}",
            f"pictures in {format_usd(value.image_input)}",
        )
        return f"{words}, {pictures}, out {format_usd(value.image_output)} per 1M tokens ({value.source})"
    return str(value)


def styles(arguments: Namespace, session: Session) -> int:
    """List the styles, or show one whole."""
    from jupyter_imagegen.core.prompts import find_style

    found = session.workshop.styles()
    if arguments.name:
        style = find_style(arguments.name, found)
        if arguments.json:
            say(to_json(style))
        else:
            say(f"{style.name} ({style.source}): {style.description}", "", style.template)
        return OK
    rows = [[style.name, style.description, style.source] for style in found.values()]
    return _tell(arguments, {"styles": list(found.values())}, table("Styles", ["name", "", "from"], rows))


def budget(arguments: Namespace, session: Session) -> int:
    """Show the budgets, or set one."""
    if arguments.usd is not None and arguments.usd.lower() != "none":
        parse_budget(arguments.usd, scope=arguments.per)
    budgets = session.accounts.budget(arguments.usd, per=arguments.per)
    left = session.workshop.storage.ledger.left(session.workshop.settings().budgets)
    rows = [[b.scope, format_usd(b.usd), format_usd(left[b.scope])] for b in budgets if b.scope in left]
    foot = [] if rows else ["No budget is set."]
    document = {"budgets": budgets, "left_usd": left}
    return _tell(
        arguments, document, table("Budgets", ["per", "limit", "left"], rows, numbers={1, 2}, foot=foot)
    )


def config(arguments: Namespace, session: Session) -> int:
    """Show every setting and where it comes from."""
    from jupyter_imagegen.config import NOTEBOOK_FILE, user_file

    settings = session.workshop.settings()
    values: Mapping[str, Any] = {name: getattr(settings, name) for name in settings.sources}
    document = {
        "settings": {
            name: {"value": value, "source": settings.sources[name]} for name, value in values.items()
        },
        "files": [user_file(), *(path for path in settings.style_files if path != user_file())],
    }
    rows = [
        [
            name,
            ", ".join(map(str, value)) if isinstance(value, tuple) else _words(value),
            settings.sources[name],
        ]
        for name, value in values.items()
    ]
    foot = [f"Your own file is {user_file()}; {NOTEBOOK_FILE} beside a notebook goes over it."]
    return _tell(arguments, document, table("Settings", ["", "", "from"], rows, foot=foot))


def doctor(arguments: Namespace, session: Session) -> int:
    """Look at everything that a picture needs; fails where something is wrong."""
    from jupyter_imagegen.doctor import checks

    found = checks(session)
    well = all(check.ok is not False for check in found)
    if arguments.json:
        say(to_json({"ok": well, "checks": found}))
    else:
        marks = {True: "ok", False: "WRONG", None: "note"}
        for check in found:
            say(f"{marks[check.ok]:<5}  {check.name:<11}  {one_line(check.text)}")
            if check.hint:
                say(f"{'':20}{one_line(check.hint)}")
    return OK if well else FAILED


def _tell(arguments: Namespace, document: Mapping[str, Any], view: View) -> int:
    say(to_json(document) if arguments.json else view.text)
    return OK
