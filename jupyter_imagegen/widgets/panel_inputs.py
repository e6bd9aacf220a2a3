"""Pictures that go into a panel's request: the one to change first, then those to take from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.core.results import Preview
    from jupyter_imagegen.session import Session

#: Pixels and bytes of the small picture on a chip.
_CHIP_SIDE, _CHIP_BYTES = 64, 4_000

Role = Literal["edit", "reference"]


class InputState(TypedDict):
    """One picture that goes in, as the browser draws its chip."""

    id: str
    role: Role
    label: str


@dataclass(frozen=True, kw_only=True)
class Input:
    """A picture that goes in.

    Attributes
    ----------
    role : {"edit", "reference"}
        The picture to change, or one to take from.
    picture : InputImage
        Read once, so that what is priced is what is sent.
    label : str
        What its chip says.
    name : str
        What a cell calls it: a key or a path; a file's bare name where it came through the browser.
    """

    id: str
    role: Role
    picture: InputImage
    label: str
    name: str
    small: Preview


class Tray:
    """What goes in, in order.

    Parameters
    ----------
    session
        Finds pictures.

    Examples
    --------
    >>> tray = Tray(session)
    >>> tray.add("reference", picture_bytes, label="my cat", name="cat.png")
    >>> [chip["label"] for chip in tray.states()]
    ['my cat']
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._numbers = itertools.count(1)
        self.inputs: tuple[Input, ...] = ()

    @property
    def base(self) -> Input | None:
        """The picture to change; None where pictures only go in as references."""
        return next((one for one in self.inputs if one.role == "edit"), None)

    def add(self, role: Role, source: object, *, label: str, name: str) -> None:
        """Put a picture in; one to change takes the place of the one before, and stands first.

        Raises
        ------
        SourceError
            If it is no picture, or cannot be used.
        """
        from jupyter_imagegen import imaging

        session = self._session
        picture = session.workshop.sources(lambda: session.last).image(source)
        added = Input(
            id=f"i{next(self._numbers)}",
            role=role,
            picture=picture,
            label=label or picture.name,
            name=name,
            small=imaging.preview(picture.data, max_side=_CHIP_SIDE, max_bytes=_CHIP_BYTES),
        )
        if role == "edit":
            self.inputs = (added, *(one for one in self.inputs if one.role != "edit"))
        else:
            self.inputs = (*self.inputs, added)

    def drop(self, wanted: object) -> Input | None:
        """Take one out by its id, and give it back; None where it is gone already."""
        gone = next((one for one in self.inputs if one.id == wanted), None)
        self.inputs = tuple(one for one in self.inputs if one is not gone)
        return gone

    def states(self) -> list[dict[str, Any]]:
        """As the browser draws them."""
        return [dict(InputState(id=one.id, role=one.role, label=one.label)) for one in self.inputs]

    def small(self, wanted: str) -> bytes:
        """The picture on a chip; empty for none of that id."""
        return next((one.small.data for one in self.inputs if one.id == wanted), b"")
