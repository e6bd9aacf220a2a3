"""What the engine says while it works. Cell, panel, CLI and tests read the same stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_imagegen.core.dollars import Estimate
    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Image, Result


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is about to happen: how many pictures are there already, how many are bought, for what price.

    Comes first, and comes before any money moves.
    """

    request: GenerateRequest
    key: str
    provider: str
    stored: int
    missing: int
    estimate: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Another cell, thread or process is making the same picture; this one waits for it.

    Attributes
    ----------
    holder : str
        Which process, on which machine, and for how long; empty where it is another cell of this one.
    """

    holder: str = ""

    @property
    def told(self) -> str:
        """What is waited for, in plain words."""
        return f"waiting for {self.holder or 'another run that is making it'}"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The call left for the provider."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An attempt failed without being billed; the next follows after `wait` seconds."""

    wait: float
    reason: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class PartialShown:
    """An unfinished picture, to be shown and forgotten."""

    index: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A finished picture, safe on disk."""

    image: Image


@dataclass(frozen=True, kw_only=True)
class Noted:
    """Something the user should know, in one sentence."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """The end of a good run; always last."""

    result: Result


Event = Planned | Joined | Sent | Waiting | PartialShown | Kept | Noted | Done
