"""The contract between the engine and whatever makes pictures.

A provider turns one request into a stream of events. It keeps nothing, spends nothing on its own account
and decides nothing about money: it says what happened, and above all whether the call can have been billed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from jupyter_imagegen.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

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

    `usage` is None where the server did not report it or reported nonsense. `size` and `quality` are what
    was really used, where `auto` was asked. `warning` is for the user, in one sentence.
    """

    usage: Usage | None = None
    request_id: str | None = None
    size: str | None = None
    quality: str | None = None
    svg_usage: dict[str, object] | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One answer of `doctor`: what was looked at and whether it is well; None where nobody can say."""

    name: str
    ok: bool | None
    text: str
    hint: str = ""


ProviderEvent = Sending | Retrying | Partial | Drawn | Unread | Answered


class Provider(Protocol):
    """What makes pictures."""

    #: The name that `--provider` takes.
    name: ClassVar[str]
    #: Part of the key where pictures must never be taken for another maker's; None for model pictures.
    namespace: ClassVar[str | None]
    #: Whether a call can cost money.
    paid: ClassVar[bool]

    @property
    def endpoint(self) -> str:
        """Where requests go, without credentials: for the ledger and for messages."""

    @property
    def official(self) -> bool:
        """Whether the endpoint is the model maker's own, so that the catalog's rules hold there."""

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
