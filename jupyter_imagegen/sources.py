"""From what a user names to the picture it means: a path, an allowed URL, `last`, a key, a notebook object.

Bytes are read once, so that what is hashed is what is sent.
"""

from __future__ import annotations

import contextlib
import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_imagegen.config import user_file
from jupyter_imagegen.core.media import MOST_INPUT_BYTES
from jupyter_imagegen.core.request import InputImage
from jupyter_imagegen.core.results import Image, Result
from jupyter_imagegen.core.text import HIDDEN, is_key
from jupyter_imagegen.errors import SourceError, StoreError
from jupyter_imagegen.imaging.objects import (
    checked_length,
    file_bytes,
    object_bytes,
    object_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from urllib.parse import SplitResult

    from jupyter_imagegen.storage import Deck, Storage

_KEY = re.compile(r"[0-9a-f]{6,64}")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_FILE = re.compile(r"file:", re.IGNORECASE)
_DATA = re.compile(r"data:(?:image/[\w.+-]+)?;base64,(.*)", re.IGNORECASE | re.DOTALL)
#: Characters of a name that a message repeats.
_LONGEST_SHOWN = 200
#: Seconds for one address, from asking to the last byte; less where the `timeout` setting is less.
FETCH_SECONDS = 30.0


class _Found(NamedTuple):
    """A picture's bytes, what to call it, and whether it is out of our store or cassette."""

    name: str
    data: bytes
    ours: bool = False


class Sources:
    """Finds pictures by name, and turns objects into the bytes of a picture.

    Parameters
    ----------
    storage
        Where `last` and keys are looked up.
    allowed_urls
        Prefixes of URLs that may be fetched; none by default.
    last
        Gives the last result of this session, or None.
    deck
        The cassette in use, whose pictures go by their keys too.
    seconds
        For one address, from asking to the last byte.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        allowed_urls: Sequence[str],
        last: Callable[[], Result | None],
        deck: Deck,
        seconds: float = FETCH_SECONDS,
    ) -> None:
        self._storage = storage
        self._deck = deck
        self._allowed_urls = tuple(allowed_urls)
        self._last = last
        self._seconds = min(seconds, FETCH_SECONDS)

    def image(self, source: object, names: Mapping[str, Any] | None = None) -> InputImage:
        """An input picture, turned the right way up and in a format that the API takes.

        Parameters
        ----------
        source
            A path, a `file:` or `data:` address, an allowed URL, `last`, a key of at least 6 digits, the name
            of a notebook object, or an object: a result of ours, an open file, bytes, `(name, contents)` as
            the SDK takes it, a PIL image, a NumPy array, a Matplotlib figure, anything with `_repr_png_` or
            `_repr_jpeg_`. One that was prepared before is taken as it is.
        names
            The notebook's names.

        Raises
        ------
        SourceError
            If there is no such picture, or it cannot be used.
        """
        from jupyter_imagegen.imaging import prepare_input, stand_in

        if isinstance(source, InputImage):
            return source
        ours = self._ours(source, names or {})
        if ours is not None and ours.reduced:
            return stand_in(ours, source if isinstance(source, str) else object_name(source))
        found = self._read(source, names or {})
        return prepare_input(found.data, name=found.name, as_it_is=found.ours)

    def mask(
        self,
        source: object,
        size: tuple[int, int],
        names: Mapping[str, Any] | None = None,
        *,
        may_be_empty: bool = False,
    ) -> InputImage:
        """A mask of `size` (width, height in pixels); a black-and-white one is turned into alpha.

        Raises
        ------
        SourceError
            If there is no such picture, it has another size, or marks nothing and `may_be_empty` is not set.
        """
        from jupyter_imagegen.imaging import Mask, prepare_mask

        value = _meant(source, names or {})
        # A mask editor stands for the mask that was painted in it.
        painted = value if isinstance(value, Mask) else getattr(value, "mask", None)
        if isinstance(painted, Mask):
            found = _Found(source if isinstance(source, str) else "", painted.data)
            if not painted.painted and not may_be_empty:
                raise SourceError(
                    "nothing is painted in the mask, so nothing would change",
                    hint="Paint in the mask editor what should change, or leave the mask out.",
                )
        else:
            found = self._read(source, names or {}, mask=True)
        return prepare_mask(found.data, size=size, name=found.name, may_be_empty=may_be_empty)

    def markup(
        self, source: object, size: tuple[int, int], names: Mapping[str, Any] | None = None
    ) -> InputImage:
        """Instructions drawn over a picture of `size` (width, height in pixels), transparent elsewhere.

        Raises
        ------
        SourceError
            If there is no such picture, it has another size, or covers the whole picture.
        """
        from jupyter_imagegen.imaging import prepare_markup

        found = self._read(source, names or {})
        return prepare_markup(found.data, size=size, name=found.name)

    def _ours(self, source: object, names: Mapping[str, Any]) -> Image | None:
        """The picture of ours that is meant, where it is one."""
        value = _meant(source, names)
        if isinstance(value, str):
            if value == "last":
                value = self._last()
            elif _KEY.fullmatch(value) and _existing(value) is None:
                value = next(iter(self._recorded(value)), None)
        if isinstance(value, Result):
            return value.images[0] if value.images else None
        return value if isinstance(value, Image) else None

    def _recorded(self, key: str) -> list[Image]:
        return [] if self._deck.cassette is None else self._deck.cassette.entry(key)

    def _read(self, source: object, names: Mapping[str, Any], *, mask: bool = False) -> _Found:
        if isinstance(source, str) and source == "last":
            return _Found(source, self._last_bytes(), ours=True)
        value = _meant(source, names)
        if not isinstance(value, str):
            name = source if isinstance(source, str) else object_name(source)
            ours = isinstance(value, Result | Image)
            return _Found(name, object_bytes(value, name, mask=mask), ours=ours)
        source = value
        if _WEB.match(source):
            return _Found(_public(source), self._fetch(source))
        if _DATA.match(source):
            return _Found("data address", _data_bytes(source))
        path = local_path(source) if _FILE.match(source) else _existing(source)
        if path is not None:
            return _Found(path.name, file_bytes(path))
        if _KEY.fullmatch(source):
            return _Found(source, self._stored_bytes(source), ours=True)
        near = _near(source, names)
        raise SourceError(
            f"there is no picture called {_short(source)}: "
            "no name in the notebook, no file, no key in the store",
            hint=f"Did you mean {near}?"
            if near
            else "Give a path, `last`, a key from %imagegen history, or the name of a picture.",
        )

    def _last_bytes(self) -> bytes:
        result = self._last()
        if result is not None and result.images:
            return result.images[0].bytes
        return self._stored_bytes("last")

    def _stored_bytes(self, key: str) -> bytes:
        if recorded := self._recorded(key):
            return recorded[0].bytes
        try:
            images = self._storage.pictures.entry(key).images
            if images:
                return images[0].bytes
        except StoreError as exc:
            raise SourceError(f"{key!r} names no picture: {exc.message}", hint=exc.hint) from exc
        raise SourceError(f"the pictures of {key!r} are damaged or gone", hint="Make them again.")

    def _fetch(self, url: str) -> bytes:
        from urllib.parse import unquote

        parts, public = _split(url), _public(url)
        # `..` could lead out of the allowed folder on the other side.
        if not parts.hostname or ".." in unquote(parts.path).split("/"):
            why = "leads up with `..`" if parts.hostname else "names no host"
            raise SourceError(
                f"{public!r} is not fetched: it {why}, so it is not among the allowed ones",
                hint="Write the whole address, or give a file.",
            )
        if not url.startswith(self._allowed_urls):
            # Where a password is in the address, it would be copied into the file.
            folder = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[0] if parts.path else url
            allow = f"; or allow it with `allowed_urls = [{json.dumps(f'{folder}/')}]` in {user_file()}"
            raise SourceError(
                f"{public!r} is not fetched: its address is not among the allowed ones",
                hint=f"Save the picture and give the file{'' if '@' in parts.netloc else allow}.",
            )
        from jupyter_imagegen.fetching import FetchError, fetched

        try:
            data = fetched(url, most=MOST_INPUT_BYTES + 1, seconds=self._seconds)
        except FetchError as exc:
            raise SourceError(
                f"{public!r} could not be fetched: {exc}",
                hint="Open it in a browser, save the picture, and give the file.",
            ) from exc
        return checked_length(data, public)


def _meant(source: object, names: Mapping[str, Any]) -> object:
    """The notebook's object of that name; else what was given."""
    if isinstance(source, str) and source != "last" and source.isidentifier():
        return names.get(source, source)
    return source


def _existing(source: str) -> Path | None:
    """The path of a file that is there; names that no file can have are no error here."""
    try:
        path = Path(source).expanduser() if source.startswith(("~/", "~\\")) else Path(source)
        return path if source and path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _near(source: str, names: Mapping[str, Any]) -> str:
    """The nearest name of the notebook, or file beside it, that is not private; empty for none."""
    candidates = [name for name in names if not name.startswith("_")]
    folder = _existing(str(Path(source).parent)) if len(source) <= _LONGEST_SHOWN else None
    with contextlib.suppress(OSError):
        candidates += [] if folder is None else [str(path) for path in sorted(folder.iterdir())]
    return next(iter(get_close_matches(source, candidates, n=1)), "")


def _short(source: str) -> str:
    if is_key(source):
        return HIDDEN
    return repr(source if len(source) <= _LONGEST_SHOWN else f"{source[:_LONGEST_SHOWN]}…")


def _public(url: str) -> str:
    """An address without a password or a signature, which captions would show."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _split(address: str) -> SplitResult:
    from urllib.parse import urlsplit

    try:
        return urlsplit(address)
    except ValueError as exc:
        # The address itself may hold a password.
        raise SourceError(
            f"what begins with {address.partition(':')[0]}: is no address: {exc}", hint="Give a file."
        ) from None


def local_path(address: str) -> Path:
    """The path that a `file:` address means.

    Raises
    ------
    SourceError
        If it is on another machine.

    Examples
    --------
    >>> local_path("file:///home/me/my%20cat.png")
    PosixPath('/home/me/my cat.png')
    """
    from urllib.request import url2pathname

    parts = _split(address)
    if parts.netloc.lower() not in {"", "localhost", "127.0.0.1"}:
        raise SourceError(
            f"{_short(address)} is a file of another machine ({parts.netloc})",
            hint="Copy it here and give its path; an address of this machine begins with file:/// .",
        )
    return Path(url2pathname(parts.path))


def _data_bytes(address: str) -> bytes:
    """What a `data:` address holds."""
    import base64
    from urllib.parse import unquote

    found = _DATA.match(address)
    text = unquote(found[1]) if found else ""
    try:
        return checked_length(base64.b64decode("".join(text.split()), validate=True), "data address")
    except ValueError as exc:
        raise SourceError(f"the data address is not base64: {exc}", hint="Give the picture's bytes.") from exc
