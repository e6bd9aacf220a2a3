"""What makes pictures: one module for each maker, behind the contract in `base`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from jupyter_imagegen.providers.base import Provider

#: The names that `--provider` takes.
PROVIDERS = ("openai", "demo")


def load_provider(name: str) -> Provider:
    """The provider of a name, one of `PROVIDERS`; its module is imported only now.

    Raises
    ------
    ConfigError
        If there is no such provider.

    Examples
    --------
    >>> load_provider("demo").paid
    False
    """
    if name == "openai":
        from jupyter_imagegen.providers.openai.provider import OpenAIProvider

        return OpenAIProvider()
    if name == "demo":
        from jupyter_imagegen.providers.demo import DemoProvider

        return DemoProvider()
    close = get_close_matches(name, PROVIDERS, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise ConfigError(
        f"there is no provider {shown(name)}.{meant}", hint=f"There are: {', '.join(PROVIDERS)}."
    )
