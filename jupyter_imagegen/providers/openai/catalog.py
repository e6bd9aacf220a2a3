"""What each model accepts, what it takes, and until when: read from `catalog.toml`.

The file says for every fact where it comes from and when. A file of the user's own is laid on top: other
rates, names of deployments, models that came after this version.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from jupyter_imagegen.core.models import Model, Models
from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_imagegen.providers.openai.rates import Rates
    from jupyter_imagegen.providers.openai.tokens import TokenRule


@dataclass(frozen=True, kw_only=True)
class OpenAIModel(Model):
    """One image model of OpenAI's, with what it takes and costs.

    Attributes
    ----------
    tokens : TokenRule
        How many tokens a picture takes.
    rates : Rates or None
        The row of this file, for models that genai-prices lacks.
    rates_are_users : bool
        Whether that row is from the user's own file, so that it goes before genai-prices.
    priced_as : str
        By which name genai-prices is asked.

    Examples
    --------
    >>> model = Catalog.load().get("gpt-image-2.5-flare-2026-09-08")
    >>> model.name, model.qualities
    ('gpt-image-2.5-flare', ('low', 'medium', 'high', 'xhigh', 'max'))
    """

    tokens: TokenRule
    rates: Rates | None
    rates_are_users: bool
    priced_as: str


@dataclass(frozen=True, kw_only=True)
class Catalog(Models):
    """All models of OpenAI's that are known.

    Attributes
    ----------
    models : mapping of str to Model
        By name, newest first as in the file; the user's own come last.
    at : datetime.datetime or None
        The moment whose prices count; None for now, whenever that is.

    Examples
    --------
    >>> import datetime
    >>> Catalog.load().default(datetime.date(2026, 11, 22)).name
    'gpt-image-2.5-flare'
    """

    models: Mapping[str, OpenAIModel]
    at: dt.datetime | None = None

    @classmethod
    def load(cls, override: Path | None = None) -> Catalog:
        """Read the catalog, with a file of the user's own on top.

        Parameters
        ----------
        override
            A TOML file in the form of `catalog.toml`; what it leaves out stays as it is.

        Raises
        ------
        ConfigError
            If the user's file cannot be read, or says something that cannot be.
        """
        if override is None:
            return _shipped()
        from jupyter_imagegen.core.text import clean
        from jupyter_imagegen.core.toml import read_toml_text

        # Read each time, for its price may be another now: two edits may leave one size and one moment.
        text = read_toml_text(override, "the catalog file")
        where = clean(str(override), 300)
        if text is None:
            raise ConfigError(
                f"the catalog file {where} does not exist",
                hint="Correct the path, or take the setting away.",
            )
        return _overridden(text, where)

    def as_of(self, moment: dt.datetime) -> Catalog:
        """The same, with the prices of a moment, which has a time zone."""
        return replace(self, at=moment.astimezone(dt.UTC))

    def get(self, name: str) -> OpenAIModel | None:
        """The model of this name, alias or dated snapshot; None for a name that is not known."""
        found: OpenAIModel | None = super().get(name)
        return found

    def default(self, today: dt.date) -> OpenAIModel:
        """The newest live model with an exact published token formula.

        Its price can be told before the call to the last token. Where no such model is live any more, one
        that is closing is taken, then the newest there is.
        """
        exact = [m for m in self.models.values() if m.tokens.kind == "formula" and m.released]
        for wanted in ("live", "closing", "retired"):
            found = [m for m in exact if m.status(today) == wanted and (m.released or dt.date.min) <= today]
            if found:
                return max(found, key=lambda m: (m.released or dt.date.min, m.preference))
        return max(exact, key=lambda m: (m.released or dt.date.min, m.preference))

    def suggest(self, name: str) -> list[str]:
        """Known names close to a misspelt one, at most three, the closest first."""
        lowered = name.strip().lower()
        full = [n for n in self.names() if n.removeprefix("gpt-image-") == lowered]
        return full or super().suggest(name)


def load_catalog(override: Path | None = None) -> Catalog:
    """The catalog, with a file of the user's own on top; see `Catalog.load`."""
    return Catalog.load(override)


@cache
def _shipped() -> Catalog:
    from jupyter_imagegen.providers.openai.catalog_reader import read_shipped

    return read_shipped()


@lru_cache(maxsize=8)
def _overridden(text: str, where: str) -> Catalog:
    from jupyter_imagegen.providers.openai.catalog_reader import read_override

    return read_override(text, where)
