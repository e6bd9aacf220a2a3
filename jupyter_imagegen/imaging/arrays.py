"""Arrays and Pillow pictures as the bytes of a PNG: scaled as they are meant, or refused."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging.previews import plain

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pillow's modes that a PNG keeps, and what others with transparency become.
_PNG_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})
_MODES = {"PA": "RGBA", "RGBa": "RGBA", "La": "LA"}
#: How far floats may run over 0 and 1: resampling does that, wrong units do more.
_OVERSHOOT = 0.5
#: The largest value of 16 bits.
_DEEPEST = 0xFFFF
#: Dimensions of an array that has channels, and how many channels there can be.
_CHANNELLED = 3
_MOST_CHANNELS = 4


def array_png(value: Any, name: str, *, mask: bool = False) -> bytes:
    """An array as a PNG.

    Parameters
    ----------
    value
        Rows and columns, with 1 to 4 channels or none: uint8, bool, or floats from 0 to 1.
    name
        What the user called it, for messages.
    mask
        Whether it says where to change a picture: then whole numbers of any type do, from 0 to 255.

    Raises
    ------
    SourceError
        If its type, its values or its shape are not those of a picture.
    """
    import numpy as np
    from PIL import Image

    if np.ma.is_masked(value):
        raise SourceError(
            f"{name!r} has masked values, which have no shade",
            hint=f"Fill them, such as `{_variable(name)}.filled(0)`.",
        )
    array = np.asarray(value)
    kind = array.dtype.kind
    if kind == "b":
        array = array.astype("uint8") * 255
    elif kind == "f":
        array = _unit_floats(array, name)
    elif array.dtype != np.uint8:
        if not (mask and kind in "iu" and array.size and array.min() >= 0 and array.max() <= 255):  # noqa: PLR2004
            raise _wrong_type(array, name)
        array = array.astype("uint8")
    if array.ndim == _CHANNELLED and array.shape[2] == 1:
        array = array[:, :, 0]
    if not array.size or not _is_picture_shape(array.shape):
        raise _wrong_shape(array.shape, name)
    return pillow_png(Image.fromarray(np.ascontiguousarray(array)), name)


def pillow_png(picture: Image, name: str) -> bytes:
    """A Pillow picture as a PNG.

    Raises
    ------
    SourceError
        If it holds numbers that are no shades of a picture.
    """
    picture = shades(picture, name)
    mode = _MODES.get(picture.mode, picture.mode)
    if mode in _PNG_MODES:
        picture = picture.convert(mode)
    else:
        # Its profile describes other channels than a PNG has, so the colours are converted with it.
        profile = picture.info.get("icc_profile")
        picture = plain(picture) if profile else picture.convert("RGB")
        picture.info.pop("icc_profile", None)
    out = BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def shades(picture: Image, name: str) -> Image:
    """A picture of floats with 8 bits, one of whole numbers with 8 or 16; any other as it is.

    Raises
    ------
    SourceError
        If it holds numbers that are no shades of a picture.
    """
    if picture.mode == "F":
        return _from_floats(picture, name)
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        return _from_whole(picture, name)
    return picture


def _unit_floats(array: Any, name: str) -> Any:
    """Floats from 0 to 1, as Matplotlib and scikit-image mean them, as uint8."""
    if array.size:
        _check_unit(float(array.min()), float(array.max()), name)
    return (array.clip(0, 1) * 255).round().astype("uint8")


def _check_unit(low: float, high: float, name: str) -> None:
    # NaN compares false. Filters overshoot a little; 0 to 255 is a mistake, and would be all white.
    if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):
        raise SourceError(
            f"{name!r} holds floats from {low:g} to {high:g}; pictures of floats run from 0 to 1",
            hint=f"Scale it, such as `{_variable(name)} / 255`, or convert it: "
            f"`{_variable(name)}.astype('uint8')`.",
        )


def _from_floats(picture: Image, name: str) -> Image:
    """Mode F as the same array of floats would be."""
    from math import nan

    from PIL import ImageMath

    low, high = picture.getextrema()
    # Pillow's extrema pass over NaN. `x - x` is 0 for every number, and NaN for what is none.
    zero = ImageMath.lambda_eval(lambda args: args["x"] - args["x"], x=picture)
    if zero.getcolors(1) != [(picture.width * picture.height, 0.0)]:
        low = high = nan
    try:
        _check_unit(float(low), float(high), name)  # type: ignore[arg-type]  # one band has two numbers
    except SourceError as exc:
        exc.hint = (
            "Scale it to 0 to 1 before it becomes a Pillow picture, such as `Image.fromarray(a / 255)`."
        )
        raise
    # Half a step up, so that it is rounded as the array is and not cut.
    return picture.point(lambda value: value * 255 + 0.5).convert("L")


def _from_whole(picture: Image, name: str) -> Image:
    """Modes I and I;16: 8 bits where the values fit, else 16."""
    low, high = (int(value) for value in picture.getextrema())  # type: ignore[arg-type]
    if low < 0 or high > _DEEPEST:
        raise SourceError(
            f"{name!r} holds whole numbers from {low} to {high}; pictures run from 0 to 255, "
            "or to 65535 with 16 bits",
            hint="Scale it to 0 to 255 first, and make it `uint8`.",
        )
    if picture.mode == "I" and high <= 255 and getattr(picture, "format", None) is None:  # noqa: PLR2004 - 8 bits
        return picture.convert("L")
    # A file in mode I, and every I;16, has 16 bits, however dark it is.
    return picture if picture.mode == "I;16" else picture.convert("I").convert("I;16")


def _is_picture_shape(shape: tuple[int, ...]) -> bool:
    flat = len(shape) == _CHANNELLED - 1
    return flat or (len(shape) == _CHANNELLED and 1 <= shape[2] <= _MOST_CHANNELS)


def _wrong_type(array: Any, name: str) -> SourceError:
    hint = ""
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        called = _variable(name)
        if 0 <= low <= high <= 255:  # noqa: PLR2004 - 8 bits
            hint = f"Convert it: `{called}.astype('uint8')`."
        elif 0 <= low <= high <= _DEEPEST:
            hint = f"Scale it: `({called} / {called}.max() * 255).astype('uint8')`."
        else:
            hint = f"It holds {low} to {high}: scale it to 0 to 255 and convert it with `.astype('uint8')`."
    return SourceError(
        f"{name!r} is an array of {array.dtype}; pictures are uint8, bool, or floats from 0 to 1", hint=hint
    )


def _wrong_shape(shape: tuple[int, ...], name: str) -> SourceError:
    hint, called = "", _variable(name)
    if len(shape) == _CHANNELLED and 1 <= shape[0] <= _MOST_CHANNELS:
        hint = f"Its channels come first: `numpy.moveaxis({called}, 0, -1)` puts them last."
    elif len(shape) == _CHANNELLED + 1:
        hint = f"It holds {count_of(shape[0], 'picture')}: take one, such as `{called}[0]`."
    return SourceError(
        f"{name!r} has the shape {tuple(shape)}; pictures are (height, width), "
        "or (height, width, channels) with 1 to 4 channels",
        hint=hint,
    )


def _variable(name: str) -> str:
    """A name that can be written into code; `array` for what has none."""
    return name if name.isidentifier() else "array"
