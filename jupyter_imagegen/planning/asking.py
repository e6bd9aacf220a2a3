"""What the cells of a notebook ask for, in order: values where they can be known, and reasons where not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.errors import ImagegenError


@dataclass(frozen=True, kw_only=True)
class Times:
    """How often a call is made.

    Attributes
    ----------
    count : int or None
        At most so often; None where nobody can say.
    sure : bool
        Whether it is made at all, and as often as that, whatever else happens.
    reason : str
        Why that is not known.
    """

    count: int | None = 1
    sure: bool = True
    reason: str = ""

    def within(self, outer: Times) -> Times:
        """How often it is made where what is around it runs as often as `outer` says."""
        if outer.sure or self.sure:
            return self if outer.sure else outer
        known = self.count is not None and outer.count is not None
        return Times(
            count=(self.count or 0) * (outer.count or 0) if known else None,
            sure=False,
            reason="; ".join(dict.fromkeys((outer.reason, self.reason))),
        )


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A picture that an earlier step of the notebook draws.

    Attributes
    ----------
    step : int
        Which step, from 0.
    sample : int or None
        Which of its pictures; None for one that only running would tell.
    """

    step: int
    sample: int | None = 0


@dataclass(frozen=True, kw_only=True)
class Given:
    """A picture that goes into an edit.

    Attributes
    ----------
    written : str
        How the notebook names it.
    drawn : Drawn or None
        The earlier picture of the notebook that it is.
    source : str
        A path or a key, where it is written out.
    moment : int
        Two givens written alike mean the same picture if no other code runs between them.
    """

    written: str
    drawn: Drawn | None = None
    source: str = ""
    moment: int


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
        Options that are set to what is not known, and what that is.
    images, mask, markup : Given
        The pictures that go in.
    inherits : Drawn or None
        For `r.edit`, whose model, size, quality and provider hold where the call names none.
    times : Times
        How often.
    lost : str
        Why nothing at all can be said of it; empty where something can.
    error : ImagegenError or None
        What the cell would answer.
    """

    cell: int
    prompt: str = ""
    depends: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    images: tuple[Given, ...] = ()
    mask: Given | None = None
    markup: Given | None = None
    inherits: Drawn | None = None
    times: Times = field(default_factory=Times)
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


Step = Asked | Configured


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A notebook's steps, and what a plan cannot see of it.

    Attributes
    ----------
    steps : tuple of Step
        In order.
    notes : tuple of str
        What else may cost something, such as a panel.
    """

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
