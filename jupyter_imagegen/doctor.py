"""Is everything in place, and what would a cell do now? Asks without paying, and shows no key."""

from __future__ import annotations

import platform
import shutil
import time
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from jupyter_imagegen.core.dollars import format_usd
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import ImagegenError
from jupyter_imagegen.progress import Progress
from jupyter_imagegen.providers import entries
from jupyter_imagegen.providers.base import Check
from jupyter_imagegen.storage import PlaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Storage
    from jupyter_imagegen.workshop import Workshop

#: Seconds for all questions to the endpoint together.
REACH_SECONDS = 5.0
#: Seconds for reading recipes; `store verify` takes as long as it needs.
_RECIPE_SECONDS = 5.0
#: Free bytes below which a disk is too full for a session's pictures.
_LOW_DISK = 500_000_000
_PROMPT = "a lighthouse at dusk"


def checks(session: Session, *, online: bool = True) -> list[Check]:
    """Look at everything that a picture needs.

    Parameters
    ----------
    session
        Whose settings, store and providers are looked at.
    online
        Whether the endpoint may be asked; it is asked nothing that costs money.

    Returns
    -------
    list of Check
        In the order in which they matter; `ok` is None where that is not known or nothing is wrong yet.

    Examples
    --------
    >>> from jupyter_imagegen.session import Session
    >>> [check.name for check in checks(Session(demo_fallback=True), online=False)][:2]
    ['versions', 'settings']
    """
    found = [_versions()]
    try:
        settings = session.workshop.settings()
    except ImagegenError as exc:
        return [*found, _failed("settings", exc)]
    found += [_settings(session, settings), *_provider(session, settings, online=online)]
    looks = {
        "cassette": _cassette,
        "model": _model,
        "store": _store,
        "place": _place,
        **({"stores": _stores} if settings.stores else {}),
        "budget": _budget,
        "cell": _cell,
    }
    for name, look in looks.items():
        try:
            found.append(look(session, settings))
        except ImagegenError as exc:
            found.append(_failed(name, exc))
    return found


def _versions() -> Check:
    names = ("jupyter-imagegen", "openai", "genai-prices", "pillow", "ipython")
    try:
        told = ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as exc:
        return Check(
            name="versions",
            ok=False,
            text=f"the package {exc.name} is not installed",
            hint="pip install jupyter-imagegen",
        )
    return Check(name="versions", ok=True, text=f"{told}, Python {platform.python_version()}")


def _settings(session: Session, settings: Settings) -> Check:
    from jupyter_imagegen.config import unknown_variables

    strange = unknown_variables(session.workshop.environ)
    told = [f"{name} from {source}" for name, source in settings.sources.items() if source != "default"]
    if strange:
        meant = [f"{name} (did you mean {near}?)" if near else name for name, near in strange.items()]
        return Check(
            name="settings",
            ok=False,
            text=f"unknown environment variable {', '.join(meant)}",
            hint="A misspelt setting has no effect: correct it or unset it.",
        )
    return Check(name="settings", ok=True, text=", ".join(told) or "all are defaults")


def _provider(session: Session, settings: Settings, *, online: bool) -> list[Check]:
    """Who paints and why, whether the key is set, and what the endpoint says."""
    workshop = session.workshop
    try:
        maker, stand_in = workshop.asked(settings.provider), workshop.stand_in()
    except ImagegenError as exc:
        return [_failed("provider", exc)]
    found = _broken(workshop)
    if settings.provider:
        why = settings.sources["provider"]
    elif maker.configured():
        why = "a key or an address for it is set"
    elif workshop.demo_fallback and stand_in is not None:
        why = f"no {maker.needs} is set; stored pictures of {maker.name} are still shown"
        maker = stand_in
    else:
        told, hint = f"none, because no {maker.needs} is set", workshop.how_to_configure(maker)
        return [*found, Check(name="provider", ok=False, text=told, hint=hint)]
    found.append(Check(name="provider", ok=True, text=f"{maker.name} ({why})"))
    found += maker.credentials()
    if all(check.ok for check in found) and maker.paid:
        if online:
            found += _asked(session.workshop.new_provider(maker.name), workshop.default_model)
        else:
            found.append(Check(name="endpoint", ok=None, text=f"{maker.endpoint}, not asked"))
    return found


def _broken(workshop: Workshop) -> list[Check]:
    """Installed providers that cannot be used."""
    found = []
    for name in entries():
        try:
            workshop.provider(name)
        except ImagegenError as exc:
            found.append(_failed("provider", exc))
    return found


def _asked(provider: Provider, model: str) -> list[Check]:
    """What the endpoint says of the key and the model, within `REACH_SECONDS`."""
    from jupyter_imagegen.runner import Runner

    # A provider of its own: the session's may be busy with a picture on another loop.
    endpoint = provider.endpoint

    async def ask() -> list[Check]:
        try:
            return await provider.check(model)
        finally:
            await provider.aclose()

    try:
        answers: list[Check] = Runner("imagegen-doctor").call(ask(), REACH_SECONDS)
    except TimeoutError:
        return [
            Check(
                name="endpoint",
                ok=False,
                text=f"{endpoint} did not answer within {REACH_SECONDS:.0f} seconds",
                hint="Check the network and the proxy; stored and demo pictures work without them.",
            )
        ]
    renamed = {"key": "endpoint", "model": "offered"}
    return [
        Check(name=renamed.get(answer.name, answer.name), ok=answer.ok, text=answer.text, hint=answer.hint)
        for answer in answers
    ]


def _cassette(session: Session, settings: Settings) -> Check:
    deck = session.workshop.deck(settings)
    if deck.cassette is None:
        return Check(name="cassette", ok=None, text="none in use")
    used = session.cassettes.in_use()
    if used.manifest is None:
        return Check(name="cassette", ok=None, text=f"{used.path}, {used.mode}; the first picture creates it")
    pictures = f"{count_of(len(used.manifest.recordings), 'picture')}, {used.manifest.holds}"
    return Check(name="cassette", ok=True, text=f"{used.path}, {used.mode}; {pictures}")


def _model(session: Session, settings: Settings) -> Check:
    workshop = session.workshop
    catalog, today = workshop.models(), workshop.utc_date
    name = settings.model or catalog.default(today).name
    model = catalog.get(name)
    whose = "set" if settings.model else "default"
    if model is None:
        near = catalog.suggest(name)
        hint = f"Did you mean {near[0]}?" if near else "`models` lists those that are known."
        return Check(name="model", ok=None, text=f"{name} ({whose}) is not in the catalog", hint=hint)
    status = model.status(today)
    if status == "live":
        goes = f", shuts down on {model.shutdown}" if model.shutdown else ""
        return Check(name="model", ok=True, text=f"{name} ({whose}), live{goes}")
    instead = catalog.successor(model, today).name
    verb = "was shut down" if status == "retired" else "shuts down"
    return Check(
        name="model",
        ok=False if status == "retired" else None,
        text=f"{name} ({whose}) {verb} on {model.shutdown}",
        hint=f"Use {instead}; stored pictures are still shown.",
    )


def _store(session: Session, settings: Settings) -> Check:
    from jupyter_imagegen.storage import statements

    workshop = session.workshop
    workshop.look_again()
    storage = workshop.storage_to_read
    if not storage.made:
        above = next(folder for folder in settings.home.absolute().parents if folder.is_dir())
        free = shutil.disk_usage(above).free
        told = f"{settings.home}, not created yet; the first picture creates it, {free / 1e9:,.1f} GB free"
        return Check(name="store", ok=True if free > _LOW_DISK else None, text=told)
    if not storage.persistent:
        missing = storage.stands_for
        if missing is not None and missing.held:
            return Check(name="store", ok=False, text=missing.why.message, hint=missing.why.hint)
        return Check(
            name="store",
            ok=False,
            text=workshop.storage_note,
            hint="Set IMAGEGEN_HOME to a folder you may write.",
        )
    database = storage.pictures.database
    counted = database.one(statements.COUNT_PICTURES) or {"pictures": 0, "damaged": 0}
    free = shutil.disk_usage(storage.home).free
    told = f"{settings.home}, {count_of(counted['pictures'], 'picture')}, {free / 1e9:,.1f} GB free"
    problems = list(filter(None, [workshop.stores.note(storage)]))
    if not database.is_sound():
        problems.append(
            "SQLite's check finds the index damaged; opening it again rebuilds it from the pictures."
        )
    if counted["damaged"]:
        problems.append(
            f"{count_of(counted['damaged'], 'picture is', 'pictures are')} damaged and put aside; "
            "`store verify` names them."
        )
    wrong, passed_over = _beside_the_pictures(storage)
    problems += wrong
    told += passed_over
    if unread := len(storage.unread.all()):
        waits = "answers wait" if unread > 1 else "answer waits"
        problems.append(
            f"{unread} paid {waits} to be read: `jupyter imagegen store reread` tries again, at no cost."
        )
    if free < _LOW_DISK:
        problems.append("The disk is nearly full.")
    return Check(name="store", ok=not problems, text=told, hint=" ".join(problems))


def _place(session: Session, settings: Settings) -> Check:
    """Where the store is, and whether two processes or machines are kept apart there."""
    del settings
    storage = session.workshop.storage_to_read
    why = None if storage.stands_for is None else storage.stands_for.why
    wrong = isinstance(why, PlaceError)
    return Check(
        name="place", ok=not wrong, text=storage.place, hint=why.hint if why is not None and wrong else ""
    )


def _beside_the_pictures(storage: Storage) -> tuple[list[str], str]:
    """What is wrong with a store's files, and what was not looked at; no original is read."""
    from jupyter_imagegen.storage.inventory import Survey, folders

    found, pictures = Survey(), storage.pictures
    until = time.monotonic() + _RECIPE_SECONDS
    with Progress("folders looked at") as progress:
        for number, folder in enumerate(folders(pictures.database, pictures.shelf), 1):
            found.look(folder, reads=lambda: time.monotonic() < until)
            progress(number, 256)
    told: dict[tuple[str, str, str], Sequence[str | Path]] = {
        ("picture", "in the index has no file", "in the index have no file"): found.absent,
        ("picture", "is not in the index", "are not in the index"): found.unknown,
        ("recipe", "is damaged", "are damaged"): found.garbled,
        ("recipe", "was written by a newer version", "were written by a newer version"): found.newer,
        ("file", "cannot be read at this moment", "cannot be read at this moment"): found.hidden,
    }
    problems = [
        f"{count_of(len(names), noun)} {several if names[1:] else one} "
        f"({names[0]}{', …' if names[1:] else ''})."
        for (noun, one, several), names in told.items()
        if names
    ]
    if found.without_recipe:
        problems.append(
            f"{count_of(found.without_recipe, 'picture has', 'pictures have')} no recipe, "
            "which is needed to rebuild a lost index."
        )
    if problems:
        problems.append("`jupyter imagegen store verify` names them all.")
    if not found.passed_over:
        return problems, ""
    return problems, f", {found.recipes:,} of {count_of(found.recipes + found.passed_over, 'recipe')} read"


def _stores(session: Session, settings: Settings) -> Check:
    """The stores of others that are looked up after one's own, and whether they can be read."""
    del settings
    layers = session.workshop.storage_to_read.pictures.layers
    troubles = [layer.trouble() for layer in layers]
    told = [
        trouble or f"{layer.home}, {layer.count()} pictures, looked up and never written"
        for layer, trouble in zip(layers, troubles, strict=True)
    ]
    return Check(name="stores", ok=not any(troubles), text="; ".join(told))


def _budget(session: Session, settings: Settings) -> Check:
    refusal = session.workshop.storage_to_read.ledger.refusal(settings.budgets)
    if refusal is not None:
        return Check(name="budget", ok=False, text=refusal.message, hint=refusal.hint)
    budgets = session.workshop.budgets_in_force()
    if not budgets:
        return Check(
            name="budget",
            ok=None,
            text="none is set",
            hint="Set one that no call can pass: budget 5 --per day.",
        )
    left = session.workshop.storage_to_read.ledger.left(settings.budgets)
    told = [f"{format_usd(left[budget.scope])} of {budget} left" for budget in budgets]
    return Check(name="budget", ok=all(left[budget.scope] > 0 for budget in budgets), text=", ".join(told))


def _cell(session: Session, settings: Settings) -> Check:
    """What one picture would do now; a refusal is the answer too."""
    try:
        plan = session.preflight(_PROMPT, fresh=True)
        plan.order.provider.require_credentials()
    except ImagegenError as exc:
        return Check(name="cell", ok=False, text=f"would be refused: {exc.message}", hint=exc.hint)
    order, priced = plan.order, plan.estimate
    if order.deck.replays:
        return Check(name="cell", ok=True, text="would show recorded pictures only, and call no API")
    if not order.provider.paid:
        why = f"no {session.workshop.asked().needs} is set"
        if settings.provider:
            why = f"{settings.sources['provider']} says {settings.provider}"
        return Check(name="cell", ok=True, text=f"would paint an offline demo picture, because {why}")
    if plan.stopped and (refusal := session.workshop.storage_to_read.ledger.refusal(settings.budgets)):
        return Check(name="cell", ok=False, text=f"would be refused: {refusal.message}", hint=refusal.hint)
    request = order.request
    price = (
        "at a price that is not known before the call"
        if priced.usd is None
        else f"at about {format_usd(priced.usd)}"
    )
    told = f"would call {request.model} {price} for {request.size} {request.quality}".rstrip()
    left = session.workshop.storage_to_read.ledger.left(settings.budgets)
    for scope, usd in left.items():
        if priced.ceiling is None or priced.ceiling > usd:
            return Check(
                name="cell",
                ok=False,
                text=f"would be refused: the budget per {scope} has {format_usd(usd)} left",
            )
    return Check(name="cell", ok=True, text=told, hint=" ".join(plan.notes))


def _failed(name: str, exc: ImagegenError) -> Check:
    return Check(name=name, ok=False, text=exc.message, hint=exc.hint)
