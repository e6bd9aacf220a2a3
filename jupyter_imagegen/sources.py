"""From what a user names to the picture it means: a path, an allowed URL, `last`, a key, a notebook object.

Bytes are read once, so that what is hashed is what is sent.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.results import Image, Result
from jupyter_imagegen.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.storage import Storage

#: Bytes; what the API takes for one input picture (openai-python 3.54.0, `types/image_edit_params.py`).
MAX_SOURCE_BYTES = 50_000_000

_KEY = re.compile(r"[0-9a-f]{6,64}")


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
    """

    def __init__(
        self, *, storage: Storage, allowed_urls: Sequence[str], last: Callable[[], Result | None]
    ) -> None:
        self._storage = storage
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
        from jupyter_imagegen.imaging import prepare_input

        name, data = self._read(source, names or {})
        return prepare_input(data, name=name)

    def mask(
        self, source: object, size: tuple[int, int], names: Mapping[str, Any] | None = None
    ) -> InputImage:
        """A mask of `size` (width, height in pixels); a black-and-white one is turned into alpha.

        Raises
        ------
        SourceError
            If there is no such picture, or it has another size.
        """
        from jupyter_imagegen.imaging import prepare_mask

        name, data = self._read(source, names or {})
        return prepare_mask(data, size=size, name=name)

    def _read(self, source: object, names: Mapping[str, Any]) -> tuple[str, bytes]:
        if not isinstance(source, str):
            return _object_name(source), _object_bytes(source, _object_name(source))
        if source == "last":
            return source, self._last_bytes()
        if source.isidentifier() and source in names:
            value = names[source]
            if not isinstance(value, str):
                return source, _object_bytes(value, source)
            source = value
        if re.match(r"https?://", source):
            return source, self._fetch(source)
        path = Path(source).expanduser()
        if path.exists():
            return path.name, _file_bytes(path)
        if _KEY.fullmatch(source):
            return source, self._storage.pictures.entry(source).images[0].bytes
        raise SourceError(
            f"there is no picture called {source!r}: no name in the notebook, no file, no key in the store",
            hint="Give a path, `last`, a key from %imagegen history, or the name of a picture.",
        )

    def _last_bytes(self) -> bytes:
        result = self._last()
        if result is not None:
            return result.images[0].bytes
        return self._storage.pictures.entry("last").images[0].bytes

    def _fetch(self, url: str) -> bytes:
        if not any(url.startswith(prefix) for prefix in self._allowed_urls):
            raise SourceError(
                f"{url!r} is not fetched: its address is not among the allowed ones",
                hint='Allow it with `allowed_urls = ["https://…/"]` in imagegen.toml, or give a file.',
            )
        from urllib.error import URLError
        from urllib.request import HTTPRedirectHandler, build_opener

        class NoRedirect(HTTPRedirectHandler):
            """An allowed address must not lead on to one that is not."""

            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            with build_opener(NoRedirect).open(url, timeout=30) as answer:
                data: bytes = answer.read(MAX_SOURCE_BYTES + 1)
        except (URLError, OSError, ValueError) as exc:
            raise SourceError(f"{url!r} could not be fetched: {exc}") from exc
        return _checked_length(data, url)


def _object_name(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    return type(value).__name__


def _file_bytes(path: Path) -> bytes:
    """A regular file's bytes; a pipe or a device would never end."""
    if not path.is_file():
        raise SourceError(f"{path.name!r} is not a regular file", hint="Give a picture file.")
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


def _object_bytes(value: object, name: str) -> bytes:
    """Any picture object as the bytes of a picture file."""
    if isinstance(value, Result):
        return value.images[0].bytes
    if isinstance(value, Image):
        return value.bytes
    if isinstance(value, bytes | bytearray | memoryview):
        return _checked_length(bytes(value), name)
    if isinstance(value, Path):
        return _file_bytes(value)
    if hasattr(value, "savefig"):
        return _written(lambda buffer: value.savefig(buffer, format="png"))
    if hasattr(value, "__array_interface__"):
        return _array_bytes(value, name)
    if hasattr(value, "save") and hasattr(value, "getbands"):
        return _pil_bytes(value)
    shown = _shown_bytes(value)
    if shown is None:
        raise SourceError(
            f"{name!r} is a {type(value).__name__}, which is not a picture",
            hint="Give a result of imagegen, a PIL image, a NumPy array, a Matplotlib figure or bytes.",
        )
    return _checked_length(shown, name)


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
    mode = picture.mode if picture.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"} else "RGB"
    return _written(lambda buffer: picture.convert(mode).save(buffer, format="PNG"))


def _array_bytes(value: Any, name: str) -> bytes:
    from PIL import Image as PILImage

    kind = value.__array_interface__["typestr"][1:]
    array = value
    if kind in {"f4", "f8"}:
        # Matplotlib's and scikit-image's convention: floats run from 0 to 1.
        array = (value.clip(0, 1) * 255).round().astype("uint8")
    elif kind == "b1":
        array = value.astype("uint8") * 255
    elif kind != "u1":
        raise SourceError(
            f"{name!r} is an array of {value.dtype}; pictures are uint8, bool, or floats from 0 to 1",
            hint=f"Convert it: `{name}.astype('uint8')`.",
        )
    try:
        return _pil_bytes(PILImage.fromarray(array))
    except (TypeError, ValueError, KeyError) as exc:
        raise SourceError(
            f"{name!r} has the shape {tuple(value.shape)}; pictures are (height, width), "
            "or (height, width, channels) with 3 or 4 channels"
        ) from exc


def _written(write: Callable[[BytesIO], object]) -> bytes:
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()
