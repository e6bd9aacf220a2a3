"""From what a user names to the picture it means: a path, an allowed URL, `last`, a key, a notebook object.

Bytes are read once, so that what is hashed is what is sent.
"""

from __future__ import annotations

import contextlib
import re
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.results import Image, Result
from jupyter_imagegen.errors import ImagegenError, SourceError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.storage import Deck, Storage

#: Bytes; what the API takes for one input picture (openai-python 3.54.0, `types/image_edit_params.py`).
MAX_SOURCE_BYTES = 50_000_000

_KEY = re.compile(r"[0-9a-f]{6,64}")
#: Pillow's modes that a PNG keeps, and what others with transparency become.
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
_MODES = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
#: Characters of a name that a message repeats.
_LONGEST_SHOWN = 200
#: Characters of a prompt that stand for a picture without a name, and digits of a digest.
_LONGEST_NAME = 48
_DIGEST_DIGITS = 12
#: How far floats may run over 0 and 1: resampling does that, wrong units do more.
_OVERSHOOT = 0.5
#: Dimensions of an array that has channels.
_CHANNELLED = 3


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
    """

    def __init__(
        self,
        *,
        storage: Storage,
        allowed_urls: Sequence[str],
        last: Callable[[], Result | None],
        deck: Deck,
    ) -> None:
        self._storage = storage
        self._deck = deck
        self._allowed_urls = tuple(allowed_urls)
        self._last = last

    def image(self, source: object, names: Mapping[str, Any] | None = None) -> InputImage:
        """An input picture, turned the right way up and in a format that the API takes.

        Parameters
        ----------
        source
            A path, an allowed URL, `last`, a key of at least 6 digits, the name of a notebook object, or an
            object: a result of ours, a PIL image, a NumPy array, a Matplotlib figure, bytes, anything with
            `_repr_png_` or `_repr_jpeg_`.
        names
            The notebook's names.

        Raises
        ------
        SourceError
            If there is no such picture, or it cannot be used.
        """
        from jupyter_imagegen.imaging import prepare_input, stand_in

        ours = self._ours(source, names or {})
        if ours is not None and ours.reduced:
            return stand_in(ours, source if isinstance(source, str) else _object_name(source))
        name, data = self._read(source, names or {})
        return prepare_input(data, name=name)

    def mask(
        self, source: object, size: tuple[int, int], names: Mapping[str, Any] | None = None
    ) -> InputImage:
        """A mask of `size` (width, height in pixels); a black-and-white one is turned into alpha.

        Raises
        ------
        SourceError
            If there is no such picture, it has another size, or nothing is painted in a mask of ours.
        """
        from jupyter_imagegen.imaging import Mask, prepare_mask

        value = _meant(source, names or {})
        # A mask editor stands for the mask that was painted in it.
        painted = value if isinstance(value, Mask) else getattr(value, "mask", None)
        if isinstance(painted, Mask):
            name, data = source if isinstance(source, str) else "", painted.data
            if not painted.painted:
                raise SourceError(
                    "nothing is painted in the mask, so nothing would change",
                    hint="Paint in the mask editor what should change, or leave the mask out.",
                )
        else:
            name, data = self._read(source, names or {})
        return prepare_mask(data, size=size, name=name)

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

        name, data = self._read(source, names or {})
        return prepare_markup(data, size=size, name=name)

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

    def _read(self, source: object, names: Mapping[str, Any]) -> tuple[str, bytes]:
        if not isinstance(source, str):
            return _object_name(source), _object_bytes(source, _object_name(source))
        if source == "last":
            return source, self._last_bytes()
        value = _meant(source, names)
        if not isinstance(value, str):
            return source, _object_bytes(value, source)
        source = value
        if re.match(r"https?://", source):
            return source, self._fetch(source)
        path = _existing(source)
        if path is not None:
            return path.name, _file_bytes(path)
        if _KEY.fullmatch(source):
            return source, self._stored_bytes(source)
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
        raise SourceError(f"the pictures of {key!r} are damaged or gone", hint="Make them anew.")

    def _fetch(self, url: str) -> bytes:
        from urllib.parse import unquote, urlsplit

        # `..` could lead out of the allowed folder on the other side.
        leads_out = ".." in unquote(urlsplit(url).path).split("/")
        if leads_out or not any(url.startswith(prefix) for prefix in self._allowed_urls):
            raise SourceError(
                f"{url!r} is not fetched: its address is not among the allowed ones",
                hint='Allow it with `allowed_urls = ["https://…/"]` in imagegen.toml, or give a file.',
            )
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import HTTPRedirectHandler, build_opener

        class NoRedirect(HTTPRedirectHandler):
            """An allowed address must not lead on to one that is not."""

            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            with build_opener(NoRedirect).open(url, timeout=30) as answer:
                data: bytes = answer.read(MAX_SOURCE_BYTES + 1)
        except (OSError, HTTPException, ValueError) as exc:
            if isinstance(exc, HTTPError):
                exc.close()
            raise SourceError(f"{url!r} could not be fetched: {exc}") from exc
        return _checked_length(data, url)


def _meant(source: object, names: Mapping[str, Any]) -> object:
    """The notebook's object of that name; else what was given."""
    if isinstance(source, str) and source != "last" and source.isidentifier():
        return names.get(source, source)
    return source


def _object_name(value: object) -> str:
    """What captions and messages call an object that was given without a name."""
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Result):
        words = " ".join((value.alt or value.request.prompt).split())
        return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1].rstrip()}…"
    if isinstance(value, Image):
        return f"picture {value.digest[:_DIGEST_DIGITS]}"
    home = type(value).__module__.partition(".")[0]
    return type(value).__name__ if home == "builtins" else f"{home} {type(value).__name__}"


def _file_bytes(path: Path) -> bytes:
    """A regular file's bytes; a pipe or a device would never end."""
    if not path.is_file():
        raise SourceError(f"{str(path)!r} is not a regular file", hint="Give a picture file.")
    try:
        with path.open("rb") as file:
            return _checked_length(file.read(MAX_SOURCE_BYTES + 1), path.name)
    except OSError as exc:
        raise SourceError(f"{path.name!r} cannot be read: {exc.strerror or exc}") from exc


def _checked_length(data: bytes, name: str) -> bytes:
    if len(data) > MAX_SOURCE_BYTES:
        raise SourceError(
            f"{name!r} is larger than {MAX_SOURCE_BYTES // 1_000_000} MB, the most that the API takes",
            hint="Save a smaller copy and use that.",
        )
    return data


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
    return repr(source if len(source) <= _LONGEST_SHOWN else f"{source[:_LONGEST_SHOWN]}…")


def _object_bytes(value: object, name: str) -> bytes:
    """Any picture object as the bytes of a picture file."""
    if isinstance(value, Result):
        if not value.images:
            raise SourceError(f"{name!r} is a result without a picture")
        return value.images[0].bytes
    if isinstance(value, Image):
        return value.bytes
    if isinstance(value, bytes | bytearray | memoryview):
        return _checked_length(bytes(value), name)
    if isinstance(value, Path):
        return _file_bytes(value)
    try:
        data = _drawn_bytes(value, name)
    except ImagegenError:
        raise
    except Exception as exc:
        # Whatever a foreign object's own drawing raises, it is this object that cannot be used.
        raise SourceError(
            f"{name!r} ({type(value).__name__}) could not be turned into a picture: {exc}"
        ) from exc
    if data is None:
        raise SourceError(
            f"{name!r} of type {type(value).__name__} is not a picture",
            hint="Give a result of imagegen, a PIL image, a NumPy array, a Matplotlib figure or bytes.",
        )
    return _checked_length(data, name)


def _drawn_bytes(value: Any, name: str) -> bytes | None:
    if hasattr(value, "savefig"):
        return _written(lambda buffer: value.savefig(buffer, format="png"))
    # Before arrays: a PIL image shows itself as one too, without its palette and colour space.
    if hasattr(value, "save") and hasattr(value, "getbands"):
        return _pil_bytes(value)
    if hasattr(value, "__array_interface__"):
        return _array_bytes(value, name)
    return _shown_bytes(value)


def _shown_bytes(value: object) -> bytes | None:
    """What an object shows of itself in a notebook, as IPython's formatters would ask for it."""
    for method in ("_repr_png_", "_repr_jpeg_"):
        show = getattr(value, method, None)
        data = show() if callable(show) else None
        if isinstance(data, tuple):
            data = data[0]
        if isinstance(data, str):
            import base64

            data = base64.b64decode(data)
        if isinstance(data, bytes) and data:
            return data
    return None


def _pil_bytes(picture: Any) -> bytes:
    mode = _MODES.get(picture.mode, picture.mode if picture.mode in _PNG_MODES else "RGB")
    return _written(lambda buffer: picture.convert(mode).save(buffer, format="PNG"))


def _array_bytes(value: Any, name: str) -> bytes:
    from PIL import Image as PILImage

    kind = value.__array_interface__["typestr"][1:]
    array = value
    if kind in {"f2", "f4", "f8"}:
        array = _unit_floats(value, name)
    elif kind == "b1":
        array = value.astype("uint8") * 255
    elif kind != "u1":
        raise SourceError(
            f"{name!r} is an array of {value.dtype}; pictures are uint8, bool, or floats from 0 to 1",
            hint=f"Convert it: `{name}.astype('uint8')`.",
        )
    if len(value.shape) == _CHANNELLED and value.shape[2] == 1:
        array = array[:, :, 0]
    try:
        if len(array.shape) not in {2, _CHANNELLED}:
            raise ValueError("not rows and columns")  # noqa: TRY301 - one message for every wrong shape
        return _pil_bytes(PILImage.fromarray(array))
    except (TypeError, ValueError, KeyError, SystemError) as exc:
        raise SourceError(
            f"{name!r} has the shape {tuple(value.shape)}; pictures are (height, width), "
            "or (height, width, channels) with 1 to 4 channels"
        ) from exc


def _unit_floats(value: Any, name: str) -> Any:
    """Floats from 0 to 1, as Matplotlib and scikit-image mean them, as uint8."""
    if value.size:
        low, high = float(value.min()), float(value.max())
        # NaN compares false. Filters overshoot a little; 0 to 255 is a mistake, and would be all white.
        if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):
            raise SourceError(
                f"{name!r} holds floats from {low:g} to {high:g}; pictures of floats run from 0 to 1",
                hint=f"Scale it, such as `{name} / 255`, or convert it: `{name}.astype('uint8')`.",
            )
    return (value.clip(0, 1) * 255).round().astype("uint8")


def _written(write: Callable[[BytesIO], object]) -> bytes:
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()
