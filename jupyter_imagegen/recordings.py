"""Recorded pictures that a call would pass over: said before it is paid for."""

from __future__ import annotations

import os
import shlex
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.errors import ImagegenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.providers.base import Provider
    from jupyter_imagegen.purchase import Order
    from jupyter_imagegen.storage import Cassette, Deck

#: Under a recorded demo picture where a key is set.
RECORDED_DEMO = (
    "This demo picture is recorded in the cassette, so nothing was bought although a key is set. "
    "For a real one: "
    "--fresh, or `%imagegen cassette use none`."
)
#: Entries of a folder that are looked at for cassettes, cassettes that are looked into, and for how many
#: seconds: one of a lesson takes milliseconds, a hostile one a second.
_MOST_ENTRIES, _MOST_CASSETTES, _MOST_SECONDS = 2000, 20, 2.0
_SUFFIX = ".cassette"


def recorded(cassette: Cassette, request: GenerateRequest, providers: Iterable[Provider]) -> list[Provider]:
    """Whose pictures of a request a cassette holds."""
    from jupyter_imagegen.core.keys import request_key

    return [one for one in providers if cassette.find(request_key(request, namespace=one.namespace), 1)]


def passed_over(order: Order, *, named: str | None, free: Iterable[Provider]) -> tuple[str, ...]:
    """Say that the cassette in use has demo pictures of what is about to be bought, and why one is not taken.

    Parameters
    ----------
    order
        What is about to be bought.
    named
        The provider that the call or the settings name.
    free
        The providers whose pictures cost nothing.
    """
    cassette = order.deck.cassette
    if cassette is None or not recorded(cassette, order.request, free):
        return ()
    if named:
        why = f"the provider {named} was asked for"
    elif order.fresh:
        why = "--fresh asks for a new one"
    elif order.deck.mode == "record":
        why = "record mode takes real ones where a key is set"
    else:
        why = f"fewer than {order.options.n} are recorded"
    return (
        f"{cassette.path.name} has a recorded demo picture of this; a real one is bought, because {why}.",
    )


def not_in_use(
    settings: Settings,
    request_in: Callable[[Deck], GenerateRequest],
    providers: Iterable[Provider],
    opened: Callable[[Path], Cassette],
    *,
    told: bool,
) -> tuple[str, ...]:
    """Say which cassettes lie in the folder and are not in use, where a call would cost.

    nbconvert, papermill and a shell do not tell the notebook's name, so that `lesson.cassette` beside
    `lesson.ipynb` is not found by itself there.

    Parameters
    ----------
    settings
        Whose folders are looked at; nothing is said where a cassette, or none, was asked for.
    request_in
        Gives the request as it is with a cassette in use, whose author's settings count.
    providers
        Every provider whose pictures can be recorded.
    opened
        Gives the cassette in a file.
    told
        Whether the front end tells the notebook's name: then a cassette of another name is another
        notebook's, and is named only where it holds the picture, and not a demo one: whoever set a key there
        wants real ones.
    """
    from jupyter_imagegen.storage import Deck

    if settings.cassette is not None or settings.sources.get("cassette", "default") != "default":
        return ()
    notes, files, providers = [], _beside(settings), list(providers)
    until = time.monotonic() + _MOST_SECONDS
    for path in files[:_MOST_CASSETTES]:
        if time.monotonic() > until:
            break
        try:
            cassette = opened(path)
            holds = recorded(cassette, request_in(Deck(cassette=cassette)), providers)
        except ImagegenError:
            # Somebody else's file; whoever takes it into use is told what is wrong with it.
            holds = []
        use = shlex.quote(path.name)
        how = f"IMAGEGEN_CASSETTE={use}, or `%imagegen cassette use {use}` in a notebook"
        real = any(one.paid for one in holds)
        if real or (holds and not told):
            what = "this picture" if real else "a demo picture of this"
            notes.append(
                f"{path.name} in this folder has {what} and is not in use. To use it for free: {how}."
            )
        elif len(files) == 1 and not told:
            notes.append(f"{path.name} is in this folder and is not in use. To use it: {how}.")
    return tuple(notes)


def _beside(settings: Settings) -> list[Path]:
    """The cassettes in the notebook's folder and the current one; nothing is opened."""
    found: dict[Path, None] = {}
    for folder in dict.fromkeys((settings.notebook_dir or Path(), Path())):
        try:
            with os.scandir(folder) as entries:
                names = sorted(
                    entry.name
                    for entry in islice(entries, _MOST_ENTRIES)
                    # A name that moves the terminal is nobody's lesson.
                    if entry.name.endswith(_SUFFIX) and entry.name.isprintable() and entry.is_file()
                )
        except OSError:
            continue
        for name in names:
            found[(folder / name).absolute()] = None
    return list(found)
