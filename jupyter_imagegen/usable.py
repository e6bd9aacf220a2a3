"""Whether settings that a session is given can be used: asked when they are set, not when a picture is."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import CassetteError, ConfigError, ImagegenError, RetiredModelError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from jupyter_imagegen.config import Settings
    from jupyter_imagegen.providers.base import Provider
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
    moment: dt.datetime,
    provider: Callable[[Settings], Provider],
    deck: Callable[[Settings], Deck],
) -> None:
    """Refuse what the next cell would be refused for, where the change is the reason.

    Parameters
    ----------
    new, old
        All settings, as they would be and as they are.
    changed
        The names of those that are given.
    moment
        For models that are going or gone.
    provider
        Gives who would be asked under some settings.
    deck
        Gives the cassette that some settings put into use.

    Raises
    ------
    ConfigError
        If a value cannot be used.
    """
    looks: list[tuple[set[str], Callable[[Settings], None]]] = [
        ({"provider"}, lambda settings: _look_at_provider(settings, provider)),
        ({"catalog"}, lambda settings: _look_at_models(settings, provider)),
        (_OF_A_REQUEST, lambda settings: _look_at_request(settings, provider(settings), moment)),
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


def _look_at_provider(settings: Settings, provider: Callable[[Settings], Provider]) -> None:
    if settings.provider is not None:
        provider(settings)


def _look_at_models(settings: Settings, provider: Callable[[Settings], Provider]) -> None:
    provider(settings).models()


def _look_at_request(settings: Settings, provider: Provider, moment: dt.datetime) -> None:
    from jupyter_imagegen.core.request import CallOptions
    from jupyter_imagegen.orders import Inputs, build_request

    if settings.record_mode == "replay":
        # Nothing is sent, and what was recorded once may be sent no more.
        return
    models = provider.models()
    name = settings.model or models.default(moment.astimezone(UTC).date()).name
    request = build_request(
        "a lighthouse", settings=settings, model=name, declared=models.get(name), options={}, inputs=Inputs()
    )
    try:
        provider.validate(request, CallOptions(), moment=moment)
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
