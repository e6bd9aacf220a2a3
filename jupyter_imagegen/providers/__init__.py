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


def load_provider(name: str, settings: object = None) -> Provider:
    """The provider of a name; its module is imported only now.

    Parameters
    ----------
    name
        One of `PROVIDERS`.
    settings
        Where it has `base_url`, `organization` or `project`, they win over the SDK's environment variables.

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
        from jupyter_imagegen.providers.openai import OpenAIProvider

        return OpenAIProvider(
            base_url=getattr(settings, "base_url", None),
            organization=getattr(settings, "organization", None),
            project=getattr(settings, "project", None),
        )
    if name == "demo":
        from jupyter_imagegen.providers.demo import DemoProvider

        return DemoProvider()
    close = get_close_matches(name, PROVIDERS, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    raise ConfigError(
        f"there is no provider {shown(name)}.{meant}", hint=f"There are: {', '.join(PROVIDERS)}."
    )
