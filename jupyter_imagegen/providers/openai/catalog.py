"""What each model accepts, what it takes, and until when: read from `catalog.toml`.

The file says for every fact where it comes from and when. A file of the user's own is laid on top: other
rates, names of deployments, models that came after this version.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from jupyter_imagegen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_imagegen.core.sizes import SizeRule
    from jupyter_imagegen.providers.openai.rates import Rates
    from jupyter_imagegen.providers.openai.tokens import TokenRule

Status = Literal["live", "closing", "retired"]
#: From how many days before its shutdown a model is called closing.
CLOSING_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Model:
    """One image model.

    Attributes
    ----------
    name : str
        Its name on OpenAI's endpoint.
    aliases : tuple of str
        Dated snapshots and other names of the same model.
    released, shutdown : datetime.date or None
        When it came and when it goes, by the date in UTC, where that is known.
    replacements : tuple of str
        What its maker names instead, the first being the one to suggest.
    qualities : tuple of str
        From the lowest to the highest, `auto` left out.
    sizes : SizeRule
        Its sizes, `auto` left out.
    auto : bool
        Whether size and quality may be `auto`.
    backgrounds, output_formats, input_fidelity, complexity : tuple of str
        The values of those parameters; empty where the model does not take the parameter.
    markup : bool
        Whether an edit takes drawn instructions.
    edits : bool
        Whether there are edits at all.
    streams : bool
        Whether partial images can be asked for.
    tokens : TokenRule
        How many tokens a picture takes.
    rates : Rates or None
        The row of this file, for models that genai-prices lacks.
    rates_are_users : bool
        Whether that row is from the user's own file, so that it goes before genai-prices.
    priced_as : str
        By which name genai-prices is asked.
    preference : int
        Among equally new models the higher one is the default.
    note : str
        What a user should know about the model, in one sentence.
    sources : mapping of fact to str
        Where each fact comes from, and when.

    Examples
    --------
    >>> model = Catalog.load().get("gpt-image-2.5-flare-2026-09-08")
    >>> model.name, model.qualities
    ('gpt-image-2.5-flare', ('low', 'medium', 'high', 'xhigh', 'max'))
    """

    name: str
    aliases: tuple[str, ...]
    released: dt.date | None
    shutdown: dt.date | None
    replacements: tuple[str, ...]
    qualities: tuple[str, ...]
    sizes: SizeRule
    auto: bool
    backgrounds: tuple[str, ...]
    output_formats: tuple[str, ...]
    input_fidelity: tuple[str, ...]
    complexity: tuple[str, ...]
    markup: bool
    edits: bool
    streams: bool
    tokens: TokenRule
    rates: Rates | None
    rates_are_users: bool
    priced_as: str
    preference: int
    note: str
    sources: Mapping[str, str] = field(repr=False)

    @property
    def replacement(self) -> str | None:
        """The model to use instead, where its maker names one."""
        return self.replacements[0] if self.replacements else None

    def status(self, today: dt.date) -> Status:
        """Whether it can be used: "closing" from 30 days before its shutdown, "retired" from that day.

        Parameters
        ----------
        today
            The date in UTC, by which a shutdown is announced.
        """
        if self.shutdown is None:
            return "live"
        left = (self.shutdown - today).days
        if left <= 0:
            return "retired"
        return "closing" if left <= CLOSING_DAYS else "live"


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All models that are known.

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

    models: Mapping[str, Model]
    at: dt.datetime | None = None
    _by_alias: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

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
                f"the catalog file {where} cannot be read: there is none",
                hint="Correct the path, or take the setting away.",
            )
        return _overridden(text, where)

    def as_of(self, moment: dt.datetime) -> Catalog:
        """The same, with the prices of a moment, which has a time zone."""
        return replace(self, at=moment.astimezone(dt.UTC))

    def get(self, name: str) -> Model | None:
        """The model of this name, alias or dated snapshot; None for a name that is not known."""
        return self.models.get(name) or self.models.get(self._by_alias.get(name, ""))

    def names(self) -> list[str]:
        """Every name that `get` knows."""
        return [*self.models, *self._by_alias]

    def default(self, today: dt.date) -> Model:
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

    def successor(self, model: Model, today: dt.date) -> Model:
        """What to use instead of a model that is going or gone: what its maker names, else the default."""
        for name in model.replacements:
            found = self.get(name)
            if found is not None and found.status(today) != "retired":
                return found
        return self.default(today)

    def suggest(self, name: str) -> list[str]:
        """Known names close to a misspelt one, at most three, the closest first."""
        lowered = name.strip().lower()
        full = [n for n in self.names() if n.removeprefix("gpt-image-") == lowered]
        return full or get_close_matches(lowered, self.names(), n=3, cutoff=0.75)


@cache
def _shipped() -> Catalog:
    from jupyter_imagegen.providers.openai.catalog_reader import read_shipped

    return read_shipped()


@lru_cache(maxsize=8)
def _overridden(text: str, where: str) -> Catalog:
    from jupyter_imagegen.providers.openai.catalog_reader import read_override

    return read_override(text, where)
