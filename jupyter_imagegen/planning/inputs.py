"""The pictures that go into an edit: their sizes, which have a price, and what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.sources import local_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_imagegen.core.request import GenerateRequest
    from jupyter_imagegen.core.results import Image
    from jupyter_imagegen.planning.asking import Asked, Drawn, Given

_KEY = re.compile(r"[0-9a-f]{6,64}")
#: The tag of EXIF that says how the camera was held, and the values that swap width and height.
_ORIENTATION, _LYING = 0x0112, range(5, 9)
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|[/\\]{2}")


@dataclass(frozen=True, kw_only=True)
class Made:
    """What an earlier call makes.

    Attributes
    ----------
    size : tuple of int or None
        Width and height in pixels.
    symbol : str or None
        What its pictures are called, as long as they are not there; None where they cannot be told apart.
    stored : tuple of Image
        Its pictures that are there.
    inherited : mapping
        Options that an edit of it takes over.
    named : bool
        Whether the notebook itself asked for its maker.
    """

    size: tuple[int, int] | None
    symbol: str | None
    stored: tuple[Image, ...]
    inherited: Mapping[str, Any]
    named: bool


@dataclass(kw_only=True)
class InputPictures:
    """Pictures for an order, and what they stand for.

    Attributes
    ----------
    pictures : tuple
        Those to change, the mask and the markup, as an order takes them. One that is not there yet is an
        empty one of its size.
    symbols : list of (str or None)
        For each picture what it is: empty where it is itself, None where nobody can say.
    hidden : dict of str to (str or None)
        The same for a mask or markup that is not there: it costs nothing, so an order does without.
    first_size : tuple of int or None
        Of the first picture.
    reasons : list of str
        Why there is no price.
    """

    pictures: tuple[Any, Any, Any] = (None, None, None)
    symbols: list[str | None] = field(default_factory=list)
    hidden: dict[str, str | None] = field(default_factory=dict)
    first_size: tuple[int, int] | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def real(self) -> bool:
        """Whether every picture is there itself."""
        return not self.hidden and all(symbol == "" for symbol in self.symbols)


class Inputs:
    """Finds the pictures that a notebook's edits begin with.

    Parameters
    ----------
    folder
        Where the notebook is, and its paths begin.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[int, Made] = {}

    def remember(self, step: int, made: Made) -> None:
        """Keep what a step makes, for those after it."""
        self._made[step] = made

    def origin(self, drawn: Drawn) -> Made | None:
        """What an earlier step makes."""
        return self._made.get(drawn.step)

    def given(self, asked: Asked, *, fitted: bool) -> tuple[InputPictures, InputPictures]:
        """The pictures of a call, as they are now and as they are from nothing.

        Parameters
        ----------
        asked
            The call.
        fitted
            Whether a mask must be there, because what it leaves is put back.
        """
        now, nothing = InputPictures(), InputPictures()
        for found, from_nothing in ((now, False), (nothing, True)):
            images = [self._picture(each, found, from_nothing=from_nothing) for each in asked.images]
            mask = self._overlay("mask", asked.mask, found)
            if mask is None and asked.mask is not None and fitted and found.first_size is not None:
                mask = _blank(found.first_size, 255)
            found.pictures = (images or None, mask, self._overlay("markup", asked.markup, found))
        return now, nothing

    def _picture(self, given: Given, found: InputPictures, *, from_nothing: bool) -> Any:
        """One picture: itself, or an empty one of its size."""
        first = not found.symbols
        if given.drawn is not None:
            made, sample = self._made.get(given.drawn.step), given.drawn.sample
            if made is None or made.size is None:
                found.reasons.append(f"the size of `{given.written}` is not known")
                return None
            found.first_size = made.size if first else found.first_size
            if sample is not None and 0 <= sample < len(made.stored) and not from_nothing:
                found.symbols.append("")
                return made.stored[sample]
            symbol = None if made.symbol is None or sample is None else f"{made.symbol}:{sample}"
            found.symbols.append(symbol)
            return _blank(made.size)
        source = self._source(given, found)
        if source is None:
            return None
        found.symbols.append("")
        if first and isinstance(source, Path):
            found.first_size = _size(source)
        return source

    def _overlay(self, name: str, given: Given | None, found: InputPictures) -> Any:
        if given is None:
            return None
        quiet = InputPictures()
        source = None if given.drawn is not None else self._source(given, quiet)
        if source is not None:
            found.symbols.append("")
            return source
        found.hidden[name] = f"{given.written}@{given.moment}" if given.drawn is None else None
        return None

    def _source(self, given: Given, found: InputPictures) -> Path | str | None:
        """A file or a key; what would have to be fetched is not there."""
        source = given.source
        if not source:
            why = "is whatever was made before this notebook" if given.written == "last" else "is not known"
            found.reasons.append(f"`{given.written}` {why}, and with it the size that goes in")
            return None
        if source.lower().startswith("file:"):
            source = str(local_path(source))
        if _ELSEWHERE.match(source):
            found.reasons.append(f"`{given.written}` is not on this machine, so its size is not known")
            return None
        try:
            path = self._folder / Path(source).expanduser()
            if path.is_file():
                return path
        except (OSError, ValueError, RuntimeError):
            pass
        if _KEY.fullmatch(source):
            return source
        found.reasons.append(f"`{given.written}` is not there yet, so its size is not known")
        return None


def symbolic(request: GenerateRequest, inputs: InputPictures) -> GenerateRequest | None:
    """The request with every picture that is not there named by what it is.

    None where two requests that look alike may be of different pictures.
    """
    from dataclasses import replace

    symbols = [*inputs.symbols, *inputs.hidden.values()]
    if None in symbols:
        return None
    waiting = list(inputs.symbols)
    named: dict[str, Any] = {}
    if images := getattr(request, "images", ()):
        named["images"] = tuple(_named(image, waiting.pop(0)) for image in images)
        if inputs.hidden:
            first = named["images"][0]
            extra = _digest(f"{first.digest} {inputs.hidden}")
            named["images"] = (replace(first, digest=extra), *named["images"][1:])
            named |= dict.fromkeys(inputs.hidden)
    return replace(request, **named)


def _named(image: Any, symbol: str | None) -> Any:
    from dataclasses import replace

    return replace(image, digest=_digest(symbol)) if symbol else image


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _size(path: Path) -> tuple[int, int] | None:
    """A picture file's size; None where it is no picture, which the order then says."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(_ORIENTATION, 1) in _LYING
            return picture.size[::-1] if turned else picture.size
    except Exception:  # noqa: BLE001 - Pillow raises what it likes for a file that is none
        return None


def _blank(size: tuple[int, int], grey: int = 0) -> Any:
    """A picture of one grey; as a mask, 255 lets everything change."""
    from PIL import Image

    return Image.new("L", size, grey)
