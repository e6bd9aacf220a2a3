"""Objects of a notebook as the bytes of a picture file: results, files, arrays, figures and others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.media import MOST_INPUT_BYTES
from jupyter_imagegen.core.results import Image, Result
from jupyter_imagegen.core.text import shown
from jupyter_imagegen.errors import ImagegenError, SourceError
from jupyter_imagegen.imaging.arrays import array_png, pillow_png

if TYPE_CHECKING:
    from collections.abc import Callable

#: Characters of a prompt that stand for a picture without a name, and digits of a digest.
_LONGEST_NAME = 48
_DIGEST_DIGITS = 12
#: What the SDK's upload is: a name, the contents, then perhaps the media type and headers.
_UPLOAD_LENGTHS = range(2, 5)


def is_upload(value: object) -> bool:
    """Whether a value is one picture as OpenAI's SDK takes it: `(name, contents)`, perhaps a media type.

    Examples
    --------
    >>> is_upload(("cat.png", b"...", "image/png")), is_upload(("cat.png", "dog.png"))
    (True, False)
    """
    return (
        isinstance(value, tuple)
        and len(value) in _UPLOAD_LENGTHS
        and (value[0] is None or (isinstance(value[0], str) and value[0] != "last"))
        and (isinstance(value[1], bytes | bytearray | memoryview) or _is_file(value[1]))
        and (len(value) == _UPLOAD_LENGTHS.start or value[2] is None or isinstance(value[2], str))
    )


def object_name(value: object) -> str:
    """What captions and messages call an object that was given without a name."""
    if is_upload(value):
        name, contents = value[:2]  # type: ignore[index]  # it is a tuple
        return Path(name).name if name else object_name(contents)
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return Path(value["name"]).name
    if isinstance(value, os.PathLike):
        return Path(os.fsdecode(value)).name
    if isinstance(value, Result):
        words = " ".join((value.alt or value.request.prompt).split())
        return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1].rstrip()}…"
    if isinstance(value, Image):
        return f"picture {value.digest[:_DIGEST_DIGITS]}"
    if _is_file(value) and isinstance(name := getattr(value, "name", None), str):
        return Path(name).name
    home = type(value).__module__.partition(".")[0]
    return type(value).__name__ if home == "builtins" else f"{home} {type(value).__name__}"


def object_bytes(value: object, name: str, *, mask: bool = False) -> bytes:
    """Any picture object as the bytes of a picture file.

    Parameters
    ----------
    value
        A result, bytes, a path, an open file, an upload as the SDK or ipywidgets has it, a PIL image, an
        array, a Matplotlib figure, anything with `_repr_png_` or `_repr_jpeg_`.
    name
        What the user called it, for messages.
    mask
        Whether it says where to change a picture.

    Raises
    ------
    SourceError
        If it is none of these, or cannot be read.
    """
    if isinstance(value, Result):
        if not value.images:
            raise SourceError(f"{name!r} is a result without a picture")
        return value.images[0].bytes
    if isinstance(value, Image):
        return value.bytes
    if isinstance(value, bytes | bytearray | memoryview):
        return checked_length(bytes(value), name)
    if is_upload(value):
        return object_bytes(value[1], name)  # type: ignore[index]  # it is a tuple
    if isinstance(value, os.PathLike):
        return file_bytes(Path(os.fsdecode(value)))
    try:
        data = _drawn_bytes(value, name, mask=mask)
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
            hint="Give a result of imagegen, a path, an open file, bytes, a PIL image, a NumPy array or a "
            "Matplotlib figure.",
        )
    return checked_length(data, name)


def file_bytes(path: Path) -> bytes:
    """A regular file's bytes; a pipe or a device would never end.

    Raises
    ------
    SourceError
        If it is not a regular file, cannot be read or is too large.
    """
    try:
        path = path.expanduser()
        regular = path.is_file()
    except (OSError, ValueError, RuntimeError):
        regular = False
    if not regular:
        raise SourceError(f"{shown(path)} is not a regular file", hint="Give a picture file.")
    try:
        with path.open("rb") as file:
            return checked_length(file.read(MOST_INPUT_BYTES + 1), path.name)
    except OSError as exc:
        raise SourceError(f"{path.name!r} cannot be read: {exc.strerror or exc}") from exc


def checked_length(data: bytes, name: str) -> bytes:
    """The same bytes.

    Raises
    ------
    SourceError
        If they are more than the API takes.
    """
    if len(data) > MOST_INPUT_BYTES:
        raise SourceError(
            f"{name!r} is larger than {MOST_INPUT_BYTES // 1_000_000} MB, the most that the API takes",
            hint="Save a smaller copy and use that.",
        )
    return data


def _is_file(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "read", None))


def _drawn_bytes(value: Any, name: str, *, mask: bool) -> bytes | None:
    if hasattr(value, "savefig"):
        return _written(lambda buffer: value.savefig(buffer, format="png"))
    # Before arrays: a PIL image shows itself as one too, without its palette and colour space.
    if hasattr(value, "save") and hasattr(value, "getbands"):
        return pillow_png(value, name)
    if hasattr(value, "__array_interface__"):
        return array_png(value, name, mask=mask)
    if (shown := _shown_bytes(value)) is not None:
        return shown
    # Tensors of other libraries say how an array is made of them.
    if hasattr(value, "__array__"):
        return array_png(value, name, mask=mask)
    if _is_file(value):
        return _read_file(value, name)
    # What ipywidgets' FileUpload holds.
    if isinstance(value, Mapping) and isinstance(
        content := value.get("content"), bytes | bytearray | memoryview
    ):
        return bytes(content)
    return None


def _read_file(file: Any, name: str) -> bytes:
    """An open file from its beginning, wherever it was read to; it is left where it was."""
    seekable = getattr(file, "seekable", None)
    before = file.tell() if callable(seekable) and seekable() else None
    if before is not None:
        file.seek(0)
    try:
        pieces, length = [], 0
        # A raw file gives less than it is asked for.
        while length <= MOST_INPUT_BYTES and (piece := file.read(MOST_INPUT_BYTES + 1 - length)):
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise SourceError(
                    f"{name!r} is open as text, and a picture is bytes",
                    hint='Open it with `open(…, "rb")`, or give its path.',
                )
            pieces.append(bytes(piece))
            length += len(piece)
    finally:
        if before is not None:
            file.seek(before)
    return b"".join(pieces)


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


def _written(write: Callable[[BytesIO], object]) -> bytes:
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()
