"""The contract between the engine and whatever makes pictures.

A provider turns one request into a stream of events. It keeps nothing, spends nothing on its own account
and decides nothing about money: it says what happened, and above all whether the call can have been billed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar, Self

from jupyter_imagegen.core.dollars import Estimate
from jupyter_imagegen.core.models import Models
from jupyter_imagegen.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from jupyter_imagegen.core.request import CallOptions, GenerateRequest
    from jupyter_imagegen.core.usage import Usage

#: The paid-request guard. Tests set it to False: then nothing may leave this machine.
PAID_REQUESTS_ALLOWED = True


@dataclass(frozen=True, kw_only=True)
class Sending:
    """The request is about to leave; from here on it can be billed. Comes before every attempt."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """An attempt failed in a way that cannot have been billed; the next follows after `wait` seconds."""

    attempt: int
    wait: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Partial:
    """An unfinished picture: to be shown, never to be kept."""

    index: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A finished picture's bytes, exactly as received and not yet validated.

    `revised_prompt` is what was drawn in place of the prompt, in the maker's words.
    """

    data: bytes = field(repr=False)
    revised_prompt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What a server sent as its answer, paid for perhaps, and cannot be read as a picture.

    Comes before the error or the `Answered` that ends the call, so that it is on disk before anything is
    raised. Never comes for an answer that was refused for its size.

    Attributes
    ----------
    data : bytes
        The whole body as it was received, without its compression; of an answer that was cut, what came.
    media_type : str
        What the server called it, cleaned; may be empty or wrong.
    reason : str
        Why it cannot be read, in a few words.
    addresses : tuple of str
        Addresses in it that may lead to the picture: without user names and queries, and never fetched.
    """

    data: bytes = field(repr=False)
    media_type: str = ""
    reason: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The end of an answer; always last. What the API said about the call as a whole.

    Comes also where no picture could be read but the usage was told: then an error follows, and the usage is
    what will be billed.

    `usage` is None where the server did not report it or reported nonsense. `usd` is the price in US dollars
    where the answer tells it. `size` and `quality` are what
    was really used, where `auto` was asked. `warning` is for the user, in one sentence.
    """

    usage: Usage | None = None
    usd: Decimal | None = None
    request_id: str | None = None
    size: str | None = None
    quality: str | None = None
    svg_usage: dict[str, object] | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One answer of `doctor`: what was looked at and whether it is well; None where it is unknown."""

    name: str
    ok: bool | None
    text: str
    hint: str = ""


ProviderEvent = Sending | Retrying | Partial | Drawn | Unread | Answered


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a provider may know of the session that it is made for.

    Attributes
    ----------
    environ : mapping of str to str
        The environment, read at each use: a key that is set in a cell counts at once.
    setting : callable
        Gives a setting by its name, as it is now.
    """

    environ: Mapping[str, str]
    setting: Callable[[str], Any]


class Provider:
    """What makes pictures. A maker of your own is a class derived from this one.

    It is found by its entry point, a line such as `acme = "acme_pictures:Acme"` in its `pyproject.toml` under
    `[project.entry-points."jupyter_imagegen.providers"]`. Only `name` and `make` have to be there. What is
    not said is unknown: a price that `estimate` does not tell is never taken for nothing, and a cost is what
    the answer told in `Answered.usd`.

    Examples
    --------
    >>> class Acme(Provider):
    ...     name = "acme"
    ...
    ...     async def make(self, request, options):
    ...         yield Sending(attempt=1)
    ...         yield Drawn(data=await fetch(request.prompt, **request.extra or {}))
    ...         yield Answered(usd=Decimal("0.02"))
    """

    #: The name that `--provider` takes.
    name: ClassVar[str]
    #: Whether a call can cost money.
    paid: ClassVar[bool] = True
    #: Whether it may stand in for another provider where nothing is configured, which is then said.
    placeholder: ClassVar[bool] = False

    #: What has to be set for it to be configured, such as the name of an environment variable.
    needs: ClassVar[str] = ""

    @classmethod
    def create(cls, context: Context) -> Self:
        """Make one for a session."""
        del context
        return cls()

    @property
    def namespace(self) -> str | None:
        """Part of every key, so that its pictures are never taken for another maker's; its name."""
        return self.name

    @property
    def label(self) -> str:
        """What a person reads where they choose one."""
        return self.name

    @property
    def endpoint(self) -> str:
        """Where requests go, without credentials: for the ledger and for messages."""
        return self.name

    def configured(self) -> bool:
        """Whether a call could be made now; says nothing about whether it would succeed."""
        return True

    def models(self) -> Models:
        """What can be asked of it; without any, every model's name is passed on unchecked."""
        return Models()

    def validate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> list[str]:
        """Refuse what cannot be sent before any money can move; by `models` unless overridden.

        Returns
        -------
        list of str
            What the user should know, one sentence each.

        Raises
        ------
        RequestError
            If the request cannot be sent.
        """
        from jupyter_imagegen.providers.declared import check

        return check(request, options, models=self.models(), today=moment.astimezone(UTC).date())

    def estimate(self, request: GenerateRequest, options: CallOptions, *, moment: datetime) -> Estimate:
        """What `options.n` pictures will cost, by the prices of a moment; unknown unless overridden."""
        del request, options, moment
        note = f"{self.name} does not say before the call what it costs"
        return Estimate(usd=None, ceiling=None, tokens=None, kind="unknown", note=note, source="")

    def price_facts(self, model: str, *, moment: datetime) -> dict[str, Any]:
        """What `models --json` says of a model's prices, by names of the provider's own."""
        del model, moment
        return {}

    def cost(self, request: GenerateRequest, answer: Answered, *, moment: datetime) -> Decimal | None:
        """US dollars of a call by what its answer told; None where that is not known."""
        del request, moment
        return answer.usd

    def make(self, request: GenerateRequest, options: CallOptions) -> AsyncGenerator[ProviderEvent, None]:
        """Make `options.n` pictures.

        Yields
        ------
        ProviderEvent
            `Sending` before each attempt, then what comes, `Unread` for what cannot be read, then one
            `Answered`.

        Raises
        ------
        ProviderError
            With `billed` saying whether the call can have been charged for.
        """
        raise NotImplementedError

    def require_credentials(self) -> None:
        """Refuse what a call would be refused for at once, without asking anybody.

        Raises
        ------
        NoKeyError, ConfigError
            If a key is missing, or an address cannot be used.
        """

    def credentials(self) -> list[Check]:
        """What `doctor` says of the key and the address, without asking anybody."""
        return []

    async def check(self, model: str) -> list[Check]:
        """What the endpoint says of the key and the model: asked without paying, and without raising."""
        del model
        return []

    async def aclose(self) -> None:
        """Close connections."""


def guard_paid_request(endpoint: str, *, loopback: bool) -> None:
    """Refuse a call that would leave this machine while the guard is set.

    Raises
    ------
    ProviderError
        If `PAID_REQUESTS_ALLOWED` is False and the endpoint is not on loopback.
    """
    if not PAID_REQUESTS_ALLOWED and not loopback:
        raise ProviderError(f"a paid request to {endpoint} was stopped by PAID_REQUESTS_ALLOWED = False")
