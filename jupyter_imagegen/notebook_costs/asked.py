"""What the cells of a notebook ask for, in order: values where they can be known, and reasons where not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.errors import ImagegenError


@dataclass(frozen=True, kw_only=True)
class Given:
    """A picture that goes into an edit.

    Attributes
    ----------
    written : str
        How the notebook names it.
    moment : int
        The same words mean the same picture as long as no other code ran between.
    source : str
        A path or a key, where it is written out.
    step, sample : int or None, and int
        Which earlier step draws it, and which of its pictures it is; -1 where that is not known.
    """

    written: str
    moment: int
    source: str = ""
    step: int | None = None
    sample: int = 0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A call for pictures.

    Attributes
    ----------
    cell : int
        The cell's number.
    prompt : str
        The prompt, what is not known in it as it is written.
    depends : tuple of str
        What the prompt depends on that is not known.
    options : mapping
        By the names of `PictureOptions`.
    unknown : mapping of str to str
        Options that are set to what is not known, and what that is; `*` for any of them.
    pictures : mapping of str to tuple of Given
        What goes in, by `image`, `mask` and `markup`.
    inherits : int or None
        For `r.edit`, the step whose model, size, quality and provider hold where the call names none.
    often : str
        Why it is not known how often it is made; empty for once.
    lost : str
        Why nothing at all can be said of it; empty where something can.
    error : ImagegenError or None
        What the cell would answer.
    """

    cell: int
    prompt: Any = ""
    depends: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    inherits: int | None = None
    often: str = ""
    lost: str = ""
    error: ImagegenError | None = None


@dataclass(frozen=True, kw_only=True)
class Configured:
    """Settings that a cell changes for those after it.

    Attributes
    ----------
    cell : int
        The cell's number.
    values : mapping
        Those that are known.
    unknown : mapping of str to str
        Those that are not, and why; `*` for every one.
    """

    cell: int
    values: Mapping[str, object] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A notebook's steps, and what else in it may cost something, such as a panel."""

    steps: tuple[Asked | Configured, ...]
    notes: tuple[str, ...] = ()
