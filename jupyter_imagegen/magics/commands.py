"""The commands of `%imagegen`: each asks the session and gives back something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.money import spent_words
from jupyter_imagegen.errors import DetachedError, ImagegenError, RequestError
from jupyter_imagegen.options import COMMANDS, command_help, command_parser, given
from jupyter_imagegen.options.costs import check_costs_arguments
from jupyter_imagegen.options.slips import meant_budget
from jupyter_imagegen.render import View, paragraphs, views
from jupyter_imagegen.render.cassettes import in_use_line
from jupyter_imagegen.render.held import held_view, settled_view
from jupyter_imagegen.render.history import forgotten_view, history_view, recipe_view

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence

    from jupyter_imagegen.session import Session

#: What shows a page of the manual in a notebook.
_HELP = "%imagegen help"


def run_command(session: Session, name: str, words: Sequence[str], names: Mapping[str, Any]) -> View:
    """Run one command.

    Parameters
    ----------
    session
        Whose ledger, store and settings.
    name
        The command's name, as the table of options has it.
    words
        What follows it, with variables filled in.
    names
        The notebook's names, for pictures that an estimate takes in.

    Raises
    ------
    ImagegenError
        What the line or the session has to say.
    """
    if name == "cassette":
        from jupyter_imagegen.magics.tapes import run_cassette_command

        return run_cassette_command(session, words)
    try:
        options = command_parser(name).read(words)
    except RequestError as exc:
        if name == "budget" and (line := meant_budget(words)):
            exc.hint = f"Write: {line}"
        raise
    return _COMMANDS[name](session, options, names)


def help_view(words: Sequence[str]) -> View:
    """Show the help that a line asks for.

    Raises
    ------
    RequestError
        If it names a command that does not exist.
    """
    return paragraphs("Help", [], code=command_help(words))


def dry_run(session: Session, prompt: str, options: Namespace, names: Mapping[str, Any]) -> View:
    """Show what a cell would send and what it would cost; sends nothing."""
    wanted: dict[str, Any] = given(options, "request", "call")
    found = session.preflight(prompt, names=names, **wanted)
    order = found.order
    return views.plan_view(
        order.request,
        key=found.key,
        provider=order.provider.name,
        endpoint=order.provider.endpoint,
        n=order.options.n,
        stored=found.stored,
        recorded=views.recorded_words(found.recorded, found.author_usd),
        replays=found.order.deck.replays,
        stopped=found.stopped,
        price=found.estimate,
        listed=found.listed,
        notes=found.told,
    )


def _costs(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    check_costs_arguments(options)
    if options.what == "settle":
        held, cost = session.accounts.settle(options.charge, options.usd, force=options.force)
        today = spent_words(session.accounts.costs().spending.day)
        return settled_view(held, format_usd(cost), today)
    costs = session.accounts.costs()
    if options.what == "held":
        zone = session.workshop.local_time().tzinfo
        return held_view(costs.held, stopped=costs.stopped, known=costs.known, zone=zone)
    used = session.cassettes.in_use()
    line = in_use_line(used.path, used.manifest)
    return views.costs_view(
        costs.spending,
        costs.by_model,
        costs.budgets,
        cassette=line,
        zone=session.accounts.other_zone(),
        stopped=costs.stopped,
        known=costs.known,
    )


def _estimate(session: Session, options: Namespace, names: Mapping[str, Any]) -> View:
    wanted: dict[str, Any] = given(options, "request", "call")
    found = session.preflight(" ".join(options.words), names=names, **wanted)
    return views.estimate_view(
        found.listed,
        request=found.order.request,
        n=found.order.options.n,
        stored=found.stored,
        recorded=views.recorded_words(found.recorded, found.author_usd),
        replays=found.order.deck.replays,
        stopped=found.stopped,
        price=found.estimate,
        notes=found.told,
    )


def _history(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    text = " ".join(options.text)
    entries = session.accounts.history(text, limit=options.limit)
    zone = session.workshop.local_time().tzinfo
    return history_view(entries, text=text, origins=session.accounts.origins, zone=zone)


def _show(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    entry = session.accounts.entry(options.key)
    zone = session.workshop.local_time().tzinfo
    return recipe_view(entry, origins=session.accounts.origins(entry), zone=zone)


def _forget(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    report = session.accounts.forget(
        options.key, prompt=options.prompt, before=options.before, dry_run=options.dry_run
    )
    return forgotten_view(report)


def _budget(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    budgets = session.accounts.budget(options.usd, per=options.per)
    costs = session.accounts.costs()
    return views.budget_view(budgets, costs.spending, stopped=costs.stopped, known=costs.known)


def _models(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    workshop = session.workshop
    moment, makers = workshop.now(), [one for one in workshop.providers() if not one.placeholder]
    if options.name is None:
        return views.models_view(makers, moment=moment, default=workshop.default_model)
    return views.model_view(*workshop.model_named(options.name), moment=moment)


def _styles(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    from jupyter_imagegen.core.prompts import find_style

    styles = session.workshop.styles()
    if options.name is None:
        return views.styles_view(styles.values())
    return views.style_view(find_style(options.name, styles))


def _config(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    from jupyter_imagegen.options.assignments import read_assignments

    if options.assignments:
        session.configure(**read_assignments(options.assignments, prog="%imagegen config"))
    workshop = session.workshop
    return views.settings_view(
        workshop.settings(),
        zone=session.accounts.zone_words(),
        stopped=workshop.paid_calls_stopped(),
        place=workshop.storage_to_read.place,
    )


def _doctor(session: Session, _options: Namespace, _names: Mapping[str, Any]) -> View:
    from jupyter_imagegen.doctor import checks

    return views.checks_view(checks(session))


def _help(_session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    from jupyter_imagegen import help as manual

    topic, names = options.name or "", [command.name for command in COMMANDS]
    if topic in names and not manual.find(topic):
        return help_view([topic])
    page = manual.page(topic, others=names)
    return View(html="", text=page.text(_HELP), markdown=page.markdown(_HELP))


def _wait(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    try:
        results = session.wait(options.timeout)
    except KeyboardInterrupt:
        raise DetachedError from None
    except TimeoutError as exc:
        raise ImagegenError(
            f"still being made after {options.timeout:g} s",
            hint="It is kept in the store in any case.",
        ) from exc
    pictures = sum(len(result.images) for result in results)
    return paragraphs("Wait", [f"{pictures} made." if results else "Nothing was being made."])


def _cancel(session: Session, _options: Namespace, _names: Mapping[str, Any]) -> View:
    given_up = session.cancel()
    words = f"{given_up} given up; what was sent already may be billed."
    return paragraphs("Cancel", [words if given_up else "Nothing was being made."])


def _plan(session: Session, options: Namespace, _names: Mapping[str, Any]) -> View:
    from jupyter_imagegen.notebook_costs import check_limit, plan_notebooks, plans_view, this_notebook

    plans = plan_notebooks(
        session, [options.notebook or this_notebook(session)], write=options.write, run=options.run
    )
    if options.max_usd is not None:
        check_limit(plans, options.max_usd)
    return plans_view(plans)


_COMMANDS: Mapping[str, Callable[[Session, Namespace, Mapping[str, Any]], View]] = {
    "costs": _costs,
    "estimate": _estimate,
    "plan": _plan,
    "history": _history,
    "show": _show,
    "forget": _forget,
    "budget": _budget,
    "models": _models,
    "styles": _styles,
    "config": _config,
    "doctor": _doctor,
    "help": _help,
    "wait": _wait,
    "cancel": _cancel,
}
