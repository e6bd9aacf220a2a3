"""Writing copies of pictures where the user wants them: atomic, inside their folder, never over a file."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_imagegen.core.media import ENDINGS
from jupyter_imagegen.errors import RequestError, StoreError

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

    from jupyter_imagegen.core.results import Image

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
#: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_WINDOWS_NAMES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³]) *(\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_LONGEST_NAME = 120


def save_copy(
    image: Image, path: str | Path, *, folder: Path, overwrite: bool = False, number: int | None = None
) -> Path:
    """Write a copy of a picture.

    The bytes are the original's, unless the ending asks for another format: then the copy is converted.

    Parameters
    ----------
    image
        What to save.
    path
        Where. Without an ending it gets the picture's own; a relative one stays inside `folder`. A folder, or
        a path that ends in a slash, takes a file named after the picture.
    folder
        What a relative path is relative to.
    overwrite
        Whether a file that is there may be replaced.
    number
        Put at the end of the name; for one of several pictures.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    RequestError
        If the path leaves the folder, names a file that exists, or has an ending no picture has.
    StoreError
        If the disk does not take it.

    Examples
    --------
    >>> r = imagegen.generate("a lighthouse", provider="demo")
    >>> r.images[0].save("lighthouse.png")
    PosixPath('lighthouse.png')
    """
    wanted = Path(path)
    if str(path).endswith(("/", os.sep)) or (str(path) and _is_folder(folder / _within_home(wanted))):
        wanted /= file_name(image.alt, image.mime)
    wanted = _within_home(wanted)
    if number is not None and wanted.name:
        wanted = wanted.with_stem(f"{wanted.stem}-{number}")
    target = _target(wanted, image.mime, folder)
    data = _converted(image, target.suffix.lower())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, data, overwrite=overwrite)
    except FileExistsError as exc:
        # A cell that is run again saves the same copy again.
        if target.is_file() and target.read_bytes() == data:
            return target
        raise RequestError(
            f"{target.name!r} already exists", hint="Choose another name, or say overwrite=True."
        ) from exc
    except OSError as exc:
        raise StoreError(f"{target.name!r} could not be written: {exc.strerror or exc}") from exc
    return target


def file_name(prompt: str, mime: str = "image/png") -> str:
    """A name made from a prompt that every file system takes.

    Examples
    --------
    >>> file_name("A lighthouse at dusk, oil painting")
    'a-lighthouse-at-dusk-oil-painting.png'
    """
    plain = unicodedata.normalize("NFKD", prompt).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-") or "picture"
    if _WINDOWS_NAMES.fullmatch(stem):
        stem = f"picture-{stem}"
    return stem + ENDINGS[mime][0]


def unused(path: Path) -> Path:
    """The path itself, or the first `name-2`, `name-3` … that no file has."""
    candidate, number = path, 1
    while candidate.exists() or candidate.is_symlink():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate


def _within_home(path: Path) -> Path:
    return path.expanduser() if len(path.parts) > 1 and path.parts[0] == "~" else path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        # A name that no file can have; what is wrong with it is said below.
        return False


def _target(path: Path, mime: str, folder: Path) -> Path:
    # An absolute path may lie in any folder there is; what is made in ours must suit every system.
    for name in [path.name] if path.is_absolute() else path.parts or [""]:
        _check_name(name, path)
    if not path.suffix:
        path = path.with_name(path.name + ENDINGS[mime][0])
    if path.is_absolute():
        return path
    inside = folder.resolve()
    target = inside / path
    try:
        stays = target.resolve().is_relative_to(inside)
    except (OSError, RuntimeError) as exc:
        raise RequestError(f"{str(path)!r} is a circle of links") from exc
    if not stays:
        raise RequestError(
            f"{str(path)!r} leads out of {inside.name!r}",
            hint="Write an absolute path if you mean a place elsewhere.",
        )
    return target


def _check_name(name: str, path: Path) -> None:
    if name == ".." and name != path.name:
        return
    bad = not name or name == "~" or name.endswith((".", " ")) or _FORBIDDEN.search(name)
    if bad or _WINDOWS_NAMES.fullmatch(name):
        raise RequestError(f"{str(path)!r} is not a valid file name on every system")
    if len(name.encode()) > _LONGEST_NAME:
        raise RequestError(f"the file name {name[:40]!r}… is longer than {_LONGEST_NAME} bytes")


def _converted(image: Image, ending: str) -> bytes:
    if ending in ENDINGS[image.mime]:
        return image.bytes
    if ending not in _FORMATS or image.mime == "image/svg+xml":
        known = " ".join(sorted({*_FORMATS, *ENDINGS[image.mime]}))
        raise RequestError(f"a picture of type {image.mime} cannot be saved as {ending!r}; try: {known}")
    picture = image.pil
    if _FORMATS[ending] == "JPEG" and picture.mode not in {"RGB", "L"}:
        picture = _on_white(picture.convert("RGBA"))
    buffer = BytesIO()
    picture.save(buffer, format=_FORMATS[ending], quality=95)
    return buffer.getvalue()


def _on_white(picture: PILImage) -> PILImage:
    """JPEG has no transparency; paper is white."""
    from PIL import Image as Pillow

    paper = Pillow.new("RGBA", picture.size, "white")
    return Pillow.alpha_composite(paper, picture).convert("RGB")


def _write(target: Path, data: bytes, *, overwrite: bool) -> None:
    """Whole or not at all; a link is replaced, never followed."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            temporary.replace(target)
        else:
            _place(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _place(temporary: Path, target: Path) -> None:
    """Give a file its name unless the name is taken, in one step where the file system can."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        # FAT, some network shares and some containers have no hard links.
        if target.exists() or target.is_symlink():
            raise FileExistsError(target) from None
        temporary.rename(target)
