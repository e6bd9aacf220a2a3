"""Whether settings that a session is given can be used: asked when they are set, not when a picture is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import CassetteError, ConfigError, ImagegenError, RetiredModelError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.storage import Deck

#: The settings that a request is made of, and what decides what it may hold.
_OF_A_REQUEST = {
    *("model", "size", "quality", "background", "output_format", "output_compression", "moderation"),
    *("provider", "catalog"),
}


def refuse_unusable(
    new: Settings,
    old: Settings,
    changed: Collection[str],
    *,
    today: dt.date,
    official: bool,
    deck: Callable[[Settings], Deck],
) -> None:
    """Refuse what the next cell would be refused for, where the change is the reason.

    Parameters
    ----------
    new, old
        All settings, as they would be and as they are.
    changed
        The names of those that are given.
    today
        For models that are going or gone.
    official
        Whether OpenAI's own rules hold; another endpoint may have models that the catalog does not know.
    deck
        Gives the cassette that some settings put into use.

    Raises
    ------
    ConfigError
        If a value cannot be used.
    """
    looks: list[tuple[set[str], Callable[[Settings], None]]] = [
        ({"provider"}, _look_at_provider),
        ({"catalog"}, _look_at_catalog),
        (_OF_A_REQUEST, lambda settings: _look_at_request(settings, today, official=official)),
        ({"cassette", "record_mode"}, lambda settings: _look_at_cassette(deck(settings))),
    ]
    for names, look in looks:
        if given := [name for name in changed if name in names]:
            problem = _problem(look, new)
            # What was wrong before is no reason to refuse something else.
            if problem is not None and str(problem) != str(_problem(look, old)):
                told = ", ".join(f"{name} = {shown(getattr(new, name), name)}" for name in given)
                raise ConfigError(f"{told} cannot be used: {problem.message}", hint=problem.hint) from problem


def _problem(look: Callable[[Settings], None], settings: Settings) -> ImagegenError | None:
    try:
        look(settings)
    except ImagegenError as exc:
        return exc
    return None


def _look_at_provider(settings: Settings) -> None:
    from jupyter_imagegen.providers import load_provider

    if settings.provider is not None:
        load_provider(settings.provider)


def _look_at_catalog(settings: Settings) -> None:
    from jupyter_imagegen.providers.openai.catalog import Catalog

    Catalog.load(settings.catalog)


def _look_at_request(settings: Settings, today: dt.date, *, official: bool) -> None:
    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.providers.openai.catalog import Catalog
    from jupyter_imagegen.providers.openai.validation import validate

    if settings.record_mode == "replay":
        # Nothing is sent, and what was recorded once may be sent no more.
        return
    catalog = Catalog.load(settings.catalog)
    request = GenerateRequest(
        prompt="a lighthouse",
        model=settings.model or catalog.default(today).name,
        size=settings.size,
        quality=settings.quality,
        background=settings.background,
        output_format=settings.output_format,
        output_compression=settings.output_compression,
        moderation=settings.moderation,
    )
    try:
        validate(request, CallOptions(), catalog=catalog, today=today, official=official)
    except RetiredModelError:
        # The pictures that it made still show.
        return


def _look_at_cassette(deck: Deck) -> None:
    from jupyter_imagegen.storage.taping import check_name

    cassette = deck.cassette
    if cassette is None:
        return
    if deck.mode == "record":
        check_name(cassette.path)
        if not cassette.path.parent.is_dir():
            raise CassetteError(
                f"there is no folder {cassette.path.parent} to record into", hint="Make it first."
            )
    # Read whole, and refused where it is not what it says.
    _ = cassette.manifest
