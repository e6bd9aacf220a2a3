"""What can be asked of a provider: its models, each with the values that its parameters take."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from jupyter_imagegen.core.sizes import USUAL_SIZES, SizeRule, spoken
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

Status = Literal["live", "closing", "retired"]
#: From how many days before its shutdown a model is called closing.
CLOSING_DAYS = 30
_USUAL = SizeRule(kind="fixed", values=USUAL_SIZES)
_TRUE, _FALSE = frozenset(("true", "yes", "on", "1")), frozenset(("false", "no", "off", "0"))


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter that a model has and OpenAI's API does not, such as a seed.

    It is given as `seed=7` in Python and as `--seed 7` in a cell and in the shell, is part of the request's
    key, and reaches the provider in `request.extra`.

    Attributes
    ----------
    name : str
        A Python name.
    kind : {"integer", "number", "text", "boolean"}
        The type of its values.
    choices : tuple
        All values there are; empty for any of the kind.
    low, high : float or None
        The limits of a number, both included.
    help : str
        What it does, in half a sentence.

    Examples
    --------
    >>> Parameter(name="seed", kind="integer", low=0).read("7")
    7
    """

    name: str
    kind: Literal["integer", "number", "text", "boolean"] = "text"
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    help: str = ""

    def read(self, value: object) -> object:
        """A value as the provider gets it, read from text where it is text.

        Raises
        ------
        RequestError
            If it is none of this parameter's values.
        """
        found = self._of_kind(value)
        if found is None or (self.choices and found not in self.choices):
            wanted = (
                f"one of {spoken([str(one) for one in self.choices], 'or')}"
                if self.choices
                else self._kind_words
            )
            raise RequestError(f"{self.name} must be {wanted}, not {shown(value)}")
        if isinstance(found, int | float) and not isinstance(found, bool):
            if self.low is not None and found < self.low:
                raise RequestError(f"{self.name} must be at least {self.low:g}, not {shown(value)}")
            if self.high is not None and found > self.high:
                raise RequestError(f"{self.name} may be at most {self.high:g}, not {shown(value)}")
        return found

    @property
    def _kind_words(self) -> str:
        return {
            "integer": "a whole number",
            "number": "a number",
            "text": "text",
            "boolean": "true or false",
        }[self.kind]

    def _of_kind(self, value: object) -> object:
        if self.kind == "text":
            return value if isinstance(value, str) else None
        if self.kind == "boolean":
            told = str(value).lower()
            return True if told in _TRUE else False if told in _FALSE else None
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        if number != number or number in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN differs from itself
            return None
        if self.kind == "number":
            return number
        return int(value) if number.is_integer() else None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One image model.

    Attributes
    ----------
    name : str
        Its name, as requests have it.
    aliases : tuple of str
        Dated snapshots and other names of the same model.
    released, shutdown : datetime.date or None
        When it came and when it goes, by the date in UTC, where that is known.
    replacements : tuple of str
        What its maker names instead, the first being the one to suggest.
    qualities : tuple of str
        From the lowest to the highest, `auto` left out; empty where the model takes no quality.
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
    most_pictures : int
        How many pictures one call can make.
    parameters : tuple of Parameter
        Parameters that OpenAI's API does not have.
    preference : int
        Among equally new models the higher one is the default.
    note : str
        What a user should know about the model, in one sentence.
    sources : mapping of fact to str
        Where each fact comes from, and when.

    Examples
    --------
    >>> import datetime
    >>> Model(name="acme-1").status(datetime.date(2026, 11, 29))
    'live'
    """

    name: str
    aliases: tuple[str, ...] = ()
    released: dt.date | None = None
    shutdown: dt.date | None = None
    replacements: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    sizes: SizeRule = _USUAL
    auto: bool = False
    backgrounds: tuple[str, ...] = ()
    output_formats: tuple[str, ...] = ()
    input_fidelity: tuple[str, ...] = ()
    complexity: tuple[str, ...] = ()
    markup: bool = False
    edits: bool = False
    streams: bool = False
    most_pictures: int = 10
    parameters: tuple[Parameter, ...] = ()
    preference: int = 0
    note: str = ""
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

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
class Models:
    """All models of one provider.

    Attributes
    ----------
    models : mapping of str to Model
        By name, the one to take first.

    Examples
    --------
    >>> import datetime
    >>> Models.of([Model(name="acme-1"), Model(name="acme-2")]).default(datetime.date(2026, 11, 29)).name
    'acme-1'
    """

    models: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    _by_alias: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def of(cls, models: Iterable[Model]) -> Models:
        """Models in the order in which they are taken."""
        known = {model.name: model for model in models}
        aliases = {alias: model.name for model in known.values() for alias in model.aliases}
        return Models(models=MappingProxyType(known), _by_alias=MappingProxyType(aliases))

    def get(self, name: str) -> Any:
        """The model of this name, alias or dated snapshot; None for a name that is not known."""
        if not isinstance(name, str):
            return None  # a notebook may give anything; validation says what belongs there
        return self.models.get(name) or self.models.get(self._by_alias.get(name, ""))

    def names(self) -> list[str]:
        """Every name that `get` knows."""
        return [*self.models, *self._by_alias]

    def default(self, today: dt.date) -> Any:
        """The model that is taken where none is named: the first that is not shut down.

        Raises
        ------
        RequestError
            If there is no model at all.
        """
        if not self.models:
            raise RequestError(
                "no model is named, and this provider lists none", hint="Name one with -m, or model=…."
            )
        living = [model for model in self.models.values() if model.status(today) != "retired"]
        return (living or list(self.models.values()))[0]

    def successor(self, model: Model, today: dt.date) -> Any:
        """What to use instead of a model that is going or gone: what its maker names, else the default."""
        for name in model.replacements:
            found = self.get(name)
            if found is not None and found.status(today) != "retired":
                return found
        return self.default(today)

    def suggest(self, name: str) -> list[str]:
        """Known names close to a misspelt one, at most three, the closest first."""
        return get_close_matches(name.strip().lower(), self.names(), n=3, cutoff=0.75)
