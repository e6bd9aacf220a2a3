"""`generate`, `edit` and `estimate`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.cli.outcomes import (
    FAILED,
    INTERRUPTED,
    OK,
    error_document,
    error_line,
    exit_code,
    in_shell,
)
from jupyter_imagegen.cli.output import preflight_document, result_document, say, to_json, warn
from jupyter_imagegen.cli.watching import InterruptedRunError, Watcher
from jupyter_imagegen.core.media import ENDINGS
from jupyter_imagegen.core.money import left_words
from jupyter_imagegen.core.money import line as money_line
from jupyter_imagegen.errors import ImagegenError, RequestError, StoreError
from jupyter_imagegen.exports import file_name, unused
from jupyter_imagegen.options import given
from jupyter_imagegen.render import caption
from jupyter_imagegen.render.escaping import one_line
from jupyter_imagegen.render.views import estimate_view, plan_view, recorded_words

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from decimal import Decimal

    from jupyter_imagegen.core.budgets import Budget, Scope
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.desk import Preflight
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage import Spent


def make(arguments: Namespace, session: Session) -> int:
    """Make pictures, save a copy of each, and say where they are and what they cost."""
    prompt, options = _asked(arguments)
    if arguments.dry_run:
        return _tell_preflight(arguments, session.preflight(prompt, **options))
    _check_target(arguments.save)
    job = session.submit(prompt, **options)
    watcher = Watcher()
    try:
        result = watcher.watch(job)
    except InterruptedRunError as exc:
        if exc.result is not None:
            _finish(arguments, session, exc.result)
        warn(exc.message)
        return INTERRUPTED
    except ImagegenError as exc:
        if watcher.result is None:
            raise
        code = exit_code(exc)
        _finish(arguments, session, watcher.result, more=error_document(exc, code))
        warn(error_line(exc))
        return code
    wanted = options.get("n", 1)
    return OK if _finish(arguments, session, result) >= wanted else FAILED


def estimate(arguments: Namespace, session: Session) -> int:
    """Say what pictures would cost; a price can be had without a key."""
    prompt, options = _asked(arguments)
    return _tell_preflight(arguments, session.preflight(prompt, **options))


def _asked(arguments: Namespace) -> tuple[str, dict[str, Any]]:
    prompt = arguments.prompt
    if prompt == "-":
        try:
            prompt = sys.stdin.buffer.read().decode("utf-8-sig").strip()
        except UnicodeDecodeError as exc:
            raise RequestError(f"the prompt on stdin is not UTF-8: {exc.reason} at byte {exc.start}") from exc
    if not prompt.strip():
        raise RequestError("the prompt is empty", hint="Say what to draw.")
    if arguments.command == "edit" and not arguments.image:
        raise RequestError("an edit needs a picture", hint="Name it with -i: a path, `last`, or a key.")
    options = given(arguments, "request", "call")
    # Without pictures it is a request from words, even under `edit`'s options.
    return prompt, {name: value for name, value in options.items() if value != []}


def _finish(
    arguments: Namespace, session: Session, result: Result, *, more: Mapping[str, Any] = MappingProxyType({})
) -> int:
    """Save and report, with what else belongs into the document; the number of pictures that came."""
    try:
        saved = _save(session, result, arguments.save)
    except (RequestError, StoreError) as exc:
        kept = "The picture is in the store: the same command with another --save costs nothing."
        exc.hint = f"{exc.hint} {kept}".strip()
        raise
    workshop = session.workshop
    ledger = workshop.storage_to_read.ledger
    today: Spent | None = None
    left: Mapping[Scope, Decimal] = {}
    budgets: tuple[Budget, ...] = ()
    # The picture is there, and perhaps paid for: it is told whatever the ledger says now.
    with suppress(StoreError):
        if ledger.knows_costs:
            today, left = ledger.spending().day, ledger.left(workshop.settings().budgets)
            budgets = workshop.budgets_in_force()
    if arguments.json:
        say(to_json({**result_document(result, saved, today, left), **more}))
    else:
        say(
            *(one_line(str(path)) for path in saved),
            caption(result, ledger_line=spending_line(today, budgets, left)).text,
        )
    return len(result.images)


def spending_line(today: Spent | None, budgets: tuple[Budget, ...], left: Mapping[Scope, Any]) -> str:
    """Say in one line what was spent today, and what each budget has left."""
    if today is None:
        return "what was spent today is not known"
    limits = [
        left_words(left[budget.scope], budget.scope, budget.usd) for budget in budgets if budget.scope in left
    ]
    return " · ".join((money_line({"day": today}, {}), *limits))


def _tell_preflight(arguments: Namespace, preflight: Preflight) -> int:
    order = preflight.order
    if arguments.json:
        say(to_json(preflight_document(preflight)))
    elif arguments.command == "estimate":
        view = estimate_view(
            preflight.listed,
            request=order.request,
            n=order.options.n,
            stored=preflight.stored,
            recorded=recorded_words(preflight.recorded, preflight.author_usd),
            replays=preflight.order.deck.replays,
            stopped=preflight.stopped,
            price=preflight.estimate,
            notes=preflight.told,
        )
        say(*map(in_shell, view.text.splitlines()[1:]))
    else:
        view = plan_view(
            order.request,
            key=preflight.key,
            provider=order.provider.name,
            endpoint=order.provider.endpoint,
            n=order.options.n,
            stored=preflight.stored,
            recorded=recorded_words(preflight.recorded, preflight.author_usd),
            replays=preflight.order.deck.replays,
            stopped=preflight.stopped,
            price=preflight.estimate,
            listed=preflight.listed,
            notes=preflight.told,
        )
        say(in_shell(view.text))
    return OK


def _check_target(save: str | None) -> None:
    """Find what is wrong with `--save` before money moves."""
    if save is None:
        return
    target = Path(save).expanduser()
    endings = {ending for group in ENDINGS.values() for ending in group}
    if not _is_folder(save, target) and target.suffix and target.suffix.lower() not in endings:
        raise RequestError(
            f"--save {save!r}: no picture has the ending {target.suffix!r}",
            hint=f"Available: {' '.join(sorted(endings))}.",
        )


def _is_folder(save: str, target: Path) -> bool:
    return save.endswith(("/", "\\")) or target.is_dir()


def _save(session: Session, result: Result, save: str | None) -> list[Path]:
    """Write a copy of each picture under a name that no other file has."""
    target = Path(save).expanduser() if save else Path()
    if not save or _is_folder(save, target):
        target = target / file_name(result.request.prompt, result.images[0].mime)
    saved = []
    for number, image in enumerate(result.images, 1):
        path = target.with_stem(f"{target.stem}-{number}") if len(result.images) > 1 else target
        if not path.suffix:
            path = path.with_name(path.name + ENDINGS[image.mime][0])
        saved.append(path if _is_there(image, path) else _written(session, image, path))
    return saved


def _is_there(image: Image, path: Path) -> bool:
    """Whether the file is this very picture, so that the same command again does not fill a folder."""
    try:
        return path.stat().st_size == image.size_bytes and path.read_bytes() == image.bytes
    except OSError:
        return False


def _written(session: Session, image: Image, path: Path) -> Path:
    # Absolute: in a shell `../pictures/a.png` is an ordinary place.
    written = session.save(image, unused(Path.cwd() / path))
    return path.with_name(written.name)
