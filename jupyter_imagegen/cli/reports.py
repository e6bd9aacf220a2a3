"""The commands that look and do not paint: costs, history, models, styles, budget, config, doctor."""

from __future__ import annotations

import shutil
from datetime import UTC
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.cli.outcomes import FAILED, OK, in_shell
from jupyter_imagegen.cli.output import say, to_json
from jupyter_imagegen.core.budgets import parse_budget
from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import SCOPE_WORDS, spent_words
from jupyter_imagegen.core.text import clean
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options.costs import check_costs_arguments
from jupyter_imagegen.render import table, views
from jupyter_imagegen.render.cassettes import in_use_line
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.held import held_view, settled_view
from jupyter_imagegen.render.history import history_view

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from datetime import datetime

    from jupyter_imagegen.core.models import Model
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.render import View
    from jupyter_imagegen.session import Session


def costs(arguments: Namespace, session: Session) -> int:
    """Say what was spent, and what may still be; list the calls of unknown cost, or settle one."""
    check_costs_arguments(arguments)
    if arguments.what == "settle":
        return _settle(arguments, session)
    found = session.accounts.costs()
    if arguments.what == "held":
        zone = session.workshop.local_time().tzinfo
        view = held_view(found.held, stopped=found.stopped, known=found.known, zone=zone)
        return _tell(arguments, {"held": found.held if found.known else None}, view)
    ledger = session.workshop.storage_to_read.ledger
    left = ledger.left(session.workshop.settings().budgets) if found.known else None
    document = {
        "spending": {
            scope: getattr(found.spending, scope) if found.known or scope == "session" else None
            for scope in SCOPE_WORDS
        },
        "by_model": found.by_model if found.known else None,
        "budgets": found.budgets,
        "left_usd": left,
        "timezone": str(session.accounts.zone()),
        "paid_calls_stopped": in_shell(found.stopped) or None,
        "known": found.known,
    }
    used = session.cassettes.in_use()
    view = views.costs_view(
        found.spending,
        found.by_model,
        found.budgets,
        cassette=in_use_line(used.path, used.manifest),
        zone=session.accounts.other_zone(),
        stopped=found.stopped,
        known=found.known,
    )
    return _tell(arguments, document, view)


def _settle(arguments: Namespace, session: Session) -> int:
    held, cost = session.accounts.settle(arguments.charge, arguments.usd, force=arguments.force)
    day = session.accounts.costs().spending.day
    document = {"settled": held, "cost_usd": cost, "spending": {"day": day}}
    return _tell(arguments, document, settled_view(held, format_usd(cost), spent_words(day)))


def history(arguments: Namespace, session: Session) -> int:
    """List what was made, newest first."""
    if arguments.limit < 1:
        raise RequestError(f"--limit {arguments.limit} is not possible: it must be 1 or more")
    entries = session.accounts.history(arguments.text, limit=arguments.limit)
    zone = session.workshop.local_time().tzinfo
    view = history_view(entries, text=arguments.text, origins=session.accounts.origins, zone=zone)
    return _tell(arguments, {"entries": entries}, view)


def models(arguments: Namespace, session: Session) -> int:
    """List the models, or say all about one."""
    workshop = session.workshop
    moment, makers = workshop.now(), [one for one in workshop.providers() if not one.placeholder]
    if not arguments.name:
        default = workshop.models().default(workshop.utc_date).name
        listed = [(maker, model) for maker in makers for model in maker.models().models.values()]
        documents = [_facts(maker, model, moment) for maker, model in listed]
        view = views.models_view(makers, moment=moment, default=default)
        return _tell(arguments, {"default": default, "models": documents}, view)
    maker, model = workshop.model_named(arguments.name)
    document = {**_facts(maker, model, moment), "sources": model.sources}
    return _tell(arguments, document, views.model_view(maker, model, moment=moment))


def _facts(maker: Provider, model: Model, moment: datetime) -> dict[str, Any]:
    today = moment.astimezone(UTC).date()
    return {
        "provider": maker.name,
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
        "parameters": model.parameters,
        **maker.price_facts(model.name, moment=moment),
    }


def styles(arguments: Namespace, session: Session) -> int:
    """List the styles, or show one whole."""
    from jupyter_imagegen.core.prompts import find_style

    found = session.workshop.styles()
    if not arguments.name:
        # Without the templates, which fill a terminal: `styles NAME` shows one.
        rows = [[style.name, style.source, style.description] for style in found.values()]
        foot = ["--style NAME puts one around the prompt"]
        return _tell(arguments, {"styles": list(found.values())}, table("Styles", [""] * 3, rows, foot=foot))
    style = find_style(arguments.name, found)
    if arguments.json:
        say(to_json(style))
    else:
        say(f"{style.name} ({style.source}): {style.description}", "", style.template)
    return OK


def budget(arguments: Namespace, session: Session) -> int:
    """Show the budgets, or set one."""
    if arguments.usd is not None and arguments.usd.lower() != "none":
        parse_budget(arguments.usd, scope=arguments.per)
    budgets = session.accounts.budget(arguments.usd, per=arguments.per)
    ledger = session.workshop.storage_to_read.ledger
    stopped = session.workshop.paid_calls_stopped()
    document = {
        "budgets": budgets,
        "left_usd": ledger.left(session.workshop.settings().budgets) if ledger.knows_costs else None,
        "paid_calls_stopped": in_shell(stopped) or None,
    }
    view = views.budget_view(budgets, ledger.spending(), stopped=stopped, known=ledger.knows_costs)
    return _tell(arguments, document, view)


def config(arguments: Namespace, session: Session) -> int:
    """Show every setting and where it comes from; the ledger's time zone can be changed."""
    from jupyter_imagegen.config import NOTEBOOK_FILE, user_file
    from jupyter_imagegen.options.assignments import read_assignments

    values = read_assignments(arguments.assignments, prog="jupyter imagegen config")
    if others := sorted(set(values) - {"timezone"}):
        # A misspelt name, or a key, does not belong into the file either.
        session.workshop.settings().with_values({others[0]: values[others[0]]}, "the command line")
        raise RequestError(
            f"{clean(others[0])} cannot be set for one command",
            hint=f"Write it into {user_file()}; `timezone` is kept by the ledger, and can be set here.",
        )
    if values:
        session.configure(**values)
        # It is the ledger that keeps it.
        _ = session.workshop.storage

    settings, stopped = session.workshop.settings(), session.workshop.paid_calls_stopped()
    document = {
        "settings": {
            name: {"value": getattr(settings, name), "source": source}
            for name, source in settings.sources.items()
        },
        "files": settings.style_files,
        "ledger_timezone": session.accounts.zone_words(),
        "place": (place := session.workshop.storage_to_read.place),
        "paid_calls_stopped": in_shell(stopped) or None,
    }
    view = views.settings_view(settings, zone=session.accounts.zone_words(), stopped=stopped, place=place)
    _tell(arguments, document, view)
    if not arguments.json:
        say("", f"Your own file is {user_file()}; {NOTEBOOK_FILE} beside a notebook goes over it.")
    return OK


def doctor(arguments: Namespace, session: Session) -> int:
    """Look at everything that a picture needs; fails where something is wrong."""
    from jupyter_imagegen.doctor import checks

    found = checks(session)
    well = all(check.ok is not False for check in found)
    if arguments.json:
        say(to_json({"ok": well, "checks": found}))
        return OK if well else FAILED
    marks = {True: "OK", False: "problem", None: "note"}
    for check in found:
        # Not the notebook's table: on a terminal a long answer must not be cut.
        say(f"{marks[check.ok]:<7}  {check.name:<9}  {one_line(check.text)}")
        if check.hint:
            say(f"{'':20}{one_line(in_shell(check.hint))}")
    return OK if well else FAILED


def manual(arguments: Namespace, session: Session) -> int:
    """Show a page of the manual, or the help of a command."""
    del session
    from jupyter_imagegen import help as pages
    from jupyter_imagegen.cli.parsing import command_names, read_arguments

    names = command_names()
    if arguments.topic in names and not pages.find(arguments.topic):
        read_arguments([arguments.topic, "--help"])
    page = pages.page(arguments.topic, others=names)
    if arguments.json:
        document = {"topic": page.topic, "title": page.title, "markdown": page.source}
        say(to_json({**document, "topics": pages.TOPICS}))
        return OK
    width = shutil.get_terminal_size().columns - 1
    say(page.text("jupyter imagegen help", width=width).rstrip())
    return OK


def _tell(arguments: Namespace, document: Mapping[str, Any], view: View) -> int:
    say(to_json(document) if arguments.json else in_shell(view.text))
    return OK
