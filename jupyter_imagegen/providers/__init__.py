"""What makes pictures: found by their entry points, our own by the same door; the contract is in `base`."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

    from jupyter_imagegen.providers.base import Context, Provider

#: Where a package says that it brings a provider.
GROUP = "jupyter_imagegen.providers"


@cache
def entries() -> Mapping[str, EntryPoint]:
    """Every installed provider by its name; nothing of it is imported yet."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def load_provider(name: str, context: Context | None = None) -> Provider:
    """Make the provider of a name; its module is imported only now.

    Parameters
    ----------
    context
        What it may know of the session; without one, of the process's environment and no setting.

    Raises
    ------
    ConfigError
        If there is no such provider, or what an installed package brings cannot be used.
    """
    known = entries()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise ConfigError(
            f"there is no provider {shown(name)}.{meant}", hint=f"Available: {', '.join(sorted(known))}."
        )
    try:
        return known[name].load().create(context or _outside())  # type: ignore[no-any-return]  # what an entry point names
    except Exception as exc:
        told = f"{type(exc).__name__}: {exc}"
        raise ConfigError(
            f"the provider {name} cannot be used: {told}", hint=f"Its package is {known[name].value}."
        ) from exc


@cache
def is_placeholder(name: str) -> bool:
    """Whether pictures of a provider stand in for another's; False for one that is not installed."""
    entry = entries().get(name)
    with suppress(Exception):
        return entry is not None and bool(entry.load().placeholder)
    return False


def _outside() -> Context:
    import os

    from jupyter_imagegen.providers.base import Context

    return Context(environ=os.environ, setting=lambda _name: None)
