"""What goes into an edit: pictures and masks as the images API takes them, converted only where they must be.

The API takes PNG, WebP and JPEG under 50 MB; a mask is a PNG with alpha of the first picture's size, where
alpha 0 means "change here". Source: openai-python 3.54.0, `types/image_edit_params.py`.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.core.media import MOST_INPUT_BYTES
from jupyter_imagegen.core.request import InputImage
from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging.foreign import FORMAT_NAMES, ORIENTATION, Opened, foreign
from jupyter_imagegen.imaging.headers import ImageRejected, quietly
from jupyter_imagegen.imaging.inspection import checked_header, decoded
from jupyter_imagegen.imaging.masks import alpha_of, change_here, share_to_change
from jupyter_imagegen.imaging.metadata import without_metadata
from jupyter_imagegen.imaging.previews import plain, png_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

    from jupyter_imagegen.core.results import Image as Shown
    from jupyter_imagegen.imaging.headers import Header

#: "Each image should be a png, webp, or jpg file less than 50MB."
_SENT_AS_IT_IS = {"RGB", "RGBA", "L"}
_SENT_FORMATS = frozenset(("image/png", "image/jpeg", "image/webp"))
#: JPEG rounds white and black to their neighbours, so greys are not told apart more finely than this.
_GREY_TOLERANCE = 16
#: A picture of which more is black or white is black and white; the rest are soft edges.
_TWO_SHADES_SHARE = 0.9
#: Of what a mask marks, the share that must be fully transparent, so that its alpha is sent as it is.
_CLEAR_SHARE = 0.1


def prepare_input(data: bytes, *, name: str = "", as_it_is: bool = False) -> InputImage:
    """Make a picture ready for an edit; bytes that can be sent as they are stay as they are.

    Metadata (place, time, camera, comments) is cut out, and no pixel changes by that. An EXIF orientation is
    applied, so that size and mask mean what the user sees. Other formats and modes (TIFF, GIF, CMYK, palette,
    16 bits, 1 bit, grey with alpha) become PNG in sRGB, an animation its first frame.

    Parameters
    ----------
    data
        The picture's bytes.
    name
        What the user called it, for messages.
    as_it_is
        Whether it is a picture out of our store, whose metadata says only what made it.

    Returns
    -------
    InputImage
        With the digest of the file as it was given, where its own pixels are sent, and a `note` that says
        what was changed.

    Raises
    ------
    SourceError
        If it is not a picture, or too large.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> prepare_input(r.images[0].bytes, name="last").note
    ''
    """
    called = _called("picture", name)
    flaws: list[str] = []
    header, picture, turned = _opened(data, called, flaws)
    with picture:
        done = [flaw.rstrip(".") for flaw in flaws] + _reasons(picture, header, turned=turned)
        if not done:
            sent, gone = (data, []) if as_it_is else without_metadata(data)
            _refuse_large(sent, called)
            note = f"{called}: metadata removed ({', '.join(gone)})" if gone else ""
            return _input(sent, header.mime, picture.size, name, note, given=data)
        upright = _upright(picture)
        if picture.info.get("icc_profile"):
            done.append("colours converted to sRGB")
        sent, mime = _encoded(plain(upright))
    _refuse_large(sent, called)
    kind = "PNG" if mime == "image/png" else "JPEG"
    return _input(sent, mime, upright.size, name, f"{called}: {', '.join(done)}; sent as {kind}")


def stand_in(image: Shown, name: str) -> InputImage:
    """A small copy out of a cassette, under the original's digest: it finds what was recorded from that.

    Parameters
    ----------
    image
        A picture of ours of which only a small copy is at hand.
    name
        What the user called it.
    """
    return InputImage(
        data=image.bytes,
        digest=image.digest,
        mime=image.mime,
        width=image.width,
        height=image.height,
        name=name,
        reduced=True,
    )


def prepare_mask(
    data: bytes, *, size: tuple[int, int], name: str = "", may_be_empty: bool = False
) -> InputImage:
    """Make a mask ready for an edit: a PNG whose alpha is 0 where the picture may change.

    A PNG with fully transparent pixels is passed on as it is. A mask without becomes one: white means "change
    here", black means "keep"; greys go to the nearer of the two. One that holds only 0 and 1, as a
    segmentation does, means 1.

    Parameters
    ----------
    data
        The mask's bytes.
    size
        Width and height in pixels of the first picture, as `prepare_input` gave it.
    name
        What the user called it, for messages.
    may_be_empty
        Whether it may mark nothing, because somebody is still painting it.

    Raises
    ------
    SourceError
        If it is not a picture, has another size, marks nothing, or has neither transparency nor only black,
        white and grey.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> from PIL import Image
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> out = BytesIO()
    >>> mask = Image.new("1", (1024, 1024))
    >>> mask.paste(1, (0, 0, 1024, 300))
    >>> mask.save(out, "PNG")
    >>> prepare_mask(out.getvalue(), size=(1024, 1024), name="mask").mime
    'image/png'
    """
    called = _called("mask", name)
    header, picture, turned = _opened(data, called)
    with picture:
        done = _reasons(picture, header, turned=turned)
        upright = _upright(picture) if done else picture
        _refuse_size(upright.size, size, called)
        alpha, given = _marking_alpha(upright), None
        if alpha is None:
            painted = _painted_grey(upright, called, exact=header.mime != "image/jpeg")
            share = share_to_change(painted)
            sent = _mask_png(painted.point(lambda value: 255 - value))
            notes = [f"{called}: white is what changes, black is kept (made into transparency)"]
        else:
            share = share_to_change(change_here(alpha))
            if _vague(alpha, share) or alpha.getextrema() != alpha_of(upright).getextrema():
                # The API takes only alpha 0 for "change here"; a brush or a filter left it just above.
                sent = _mask_png(change_here(alpha).point(lambda value: 255 - value))
                notes = [f"{called}: what is transparent is what changes (made fully transparent)"]
            elif header.mime == "image/png" and upright.mode == "RGBA" and not done:
                sent, notes, given = without_metadata(data)[0], [], data
            else:
                sent = png_bytes(upright.convert("RGBA"))
                notes = [f"{called}: {', '.join(done) or 'converted'}; sent as PNG with transparency"]
    _refuse_large(sent, called)
    if share == 0 and not may_be_empty:
        raise SourceError(
            f"{called} marks nothing, so nothing would change",
            hint="Make what should change fully transparent, or paint it white on black; or leave the mask "
            "out to change the whole picture.",
        )
    if share == 1:
        notes.append(f"{called}: everything is marked to change, as without a mask")
    return _input(sent, "image/png", size, name, "; ".join(notes), given=given)


def prepare_markup(data: bytes, *, size: tuple[int, int], name: str = "") -> InputImage:
    """Make instructions drawn over a picture ready for an edit: a PNG, transparent where nothing is drawn.

    Parameters
    ----------
    data
        The markup's bytes.
    size
        Width and height in pixels of the first picture, as `prepare_input` gave it.
    name
        What the user called it, for messages.

    Raises
    ------
    SourceError
        If it is not a picture, has another size, or covers the whole picture.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> arrow = Image.new("RGBA", (1024, 1024))
    >>> ImageDraw.Draw(arrow).line((100, 100, 500, 500), fill="red", width=12)
    >>> out = BytesIO()
    >>> arrow.save(out, "PNG")
    >>> prepare_markup(out.getvalue(), size=(1024, 1024)).note
    ''
    """
    called = _called("markup", name)
    header, picture, turned = _opened(data, called)
    with picture:
        done = _reasons(picture, header, turned=turned)
        upright = _upright(picture) if done else picture
        _refuse_size(upright.size, size, called)
        if _alpha(upright) is None:
            raise SourceError(
                f"{called} has no transparent parts: it would cover the picture",
                hint="Draw on a transparent picture of the same size.",
            )
        note, sent, given = "", without_metadata(data)[0], data
        if header.mime != "image/png" or done:
            sent = given = png_bytes(upright.convert("RGBA"))
            note = f"{called}: {', '.join(done) or 'converted'}; sent as PNG with transparency"
    _refuse_large(sent, called)
    return _input(sent, "image/png", size, name, note, given=given)


def _called(what: str, name: str) -> str:
    return f"{what} {name!r}" if name else f"the {what}"


def _opened(data: bytes, called: str, flaws: list[str] | None = None) -> Opened:
    """A picture, decoded; small damage goes into `flaws`, or is refused where that is None."""
    if found := foreign(data, called):
        return found
    try:
        header = checked_header(data)
        return Opened(header, decoded(data, header, flaws=flaws))
    except ImageRejected as exc:
        raise SourceError(
            f"{called} cannot be used: {exc}",
            hint="Give a whole picture file: PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF.",
        ) from exc


def _reasons(picture: Image, header: Header, *, turned: bool) -> list[str]:
    """Why the bytes cannot be sent as they are: empty where they can."""
    done = []
    if turned or _orientation(picture) != 1:
        done.append("turned upright as its EXIF says")
    if header.frames > 1:
        done.append(f"the first of {header.frames} frames taken")
    if header.bits == 16:  # noqa: PLR2004 - PNG's deep samples
        done.append("16 bits made 8")
    elif header.mime not in _SENT_FORMATS:
        done.append(f"converted from {FORMAT_NAMES[header.mime]}")
    elif picture.mode not in _SENT_AS_IT_IS or "transparency" in picture.info:
        done.append(f"converted from {_mode_name(picture.mode)}")
    return done


def _mode_name(mode: str) -> str:
    names = {"P": "palette", "1": "1 bit", "LA": "grey with alpha", "L": "grey", "I;16": "16 bits"}
    return names.get(mode, mode)


def _orientation(picture: Image) -> int:
    try:
        with quietly():
            value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - EXIF is not the picture: damaged EXIF means no orientation
        return 1
    return value if value in range(1, 9) else 1


def _upright(picture: Image) -> Image:
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(_orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def _encoded(picture: Image) -> tuple[bytes, str]:
    """PNG, or JPEG where a large photograph would pass the API's limit as PNG."""
    data = png_bytes(picture, compress_level=3)
    if len(data) < MOST_INPUT_BYTES or picture.mode == "RGBA":
        return data, "image/png"
    out = BytesIO()
    picture.save(out, "JPEG", quality=95)
    return out.getvalue(), "image/jpeg"


def _refuse_large(data: bytes, called: str) -> None:
    if len(data) >= MOST_INPUT_BYTES:
        raise SourceError(
            f"{called} is {len(data) / 1e6:.1f} MB, and the API takes pictures under 50 MB",
            hint="Make it smaller first; the largest picture a model draws is 3840x2160.",
        )


def _refuse_size(found: tuple[int, int], wanted: tuple[int, int], called: str) -> None:
    if found == wanted:
        return
    hint = "Paint the mask on the picture itself, or resize it to that size."
    if found == wanted[::-1]:
        hint = "Its orientation is swapped: turn it by 90 degrees."
    raise SourceError(
        f"{called} is {found[0]}x{found[1]} and the picture it belongs to is {wanted[0]}x{wanted[1]}:"
        " they must be the same",
        hint=hint,
    )


def _alpha(picture: Image) -> Image | None:
    """A picture's alpha, where something in it is transparent."""
    if not picture.has_transparency_data:
        return None
    alpha = alpha_of(picture)
    opaque = alpha.histogram()[255] == alpha.width * alpha.height
    return None if opaque else alpha


def _vague(alpha: Image, share: float) -> bool:
    """Whether little of what an alpha marks is really transparent."""
    return alpha.histogram()[0] < _CLEAR_SHARE * share * alpha.width * alpha.height


def _marking_alpha(picture: Image) -> Image | None:
    """A mask's alpha, where that is what marks; None where it is paint, or nothing.

    Painting programs and resizing leave alpha a little under 255, so alpha marks only where something is
    fully transparent, or where what is nearly so is all there is to tell by.
    """
    alpha = _alpha(picture)
    if alpha is None:
        return None
    if alpha.getextrema() == (0, 1):
        alpha = alpha.point(lambda value: 255 * value)
    if alpha.histogram()[0]:
        return alpha
    marked = share_to_change(change_here(alpha))
    return alpha if 0 < marked < 1 and _two_shades(picture) is None else None


def _two_shades(picture: Image) -> Image | None:
    """The greys of a picture that is black and white, with both in it; None for any other picture."""
    grey = _grey(_opaque(picture))
    if grey is None:
        return None
    counts = grey.histogram()
    black, white = sum(counts[: _GREY_TOLERANCE + 1]), sum(counts[-_GREY_TOLERANCE - 1 :])
    most = (black + white) / (grey.width * grey.height) > _TWO_SHADES_SHARE
    return grey if black and white and most else None


def _grey(picture: Image) -> Image | None:
    """The greys of an opaque picture; None for one with colours."""
    from PIL import ImageChops

    red, green, blue = plain(picture).split()
    for one, other in ((red, green), (green, blue), (red, blue)):
        if ImageChops.difference(one, other).getextrema()[1] > _GREY_TOLERANCE:  # type: ignore[operator]
            return None
    return green


def _opaque(picture: Image) -> Image:
    """The colours under whatever transparency there is."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode in {"RGBA", "LA", "PA", "P"} else picture


def _painted_grey(picture: Image, called: str, *, exact: bool) -> Image:
    """255 where a mask without transparency is nearer to white, else 0.

    `exact` for a format that changes no value: then 0 and 1 alone are a segmentation's, not two blacks.
    """
    picture = _opaque(picture)
    if exact and picture.mode != "1" and _largest(picture) == 1:
        labels = _bands(picture)[0]
        return labels.convert("I").point(lambda value: value * 255).convert("L")
    grey = _grey(picture)
    if grey is None:
        raise SourceError(
            f"{called} has neither transparent parts nor only black, white and grey,"
            " so it does not say what should change",
            hint="Make what should change transparent, or paint it white on black.",
        )
    return grey.point(lambda value: 255 if value >= 128 else 0)  # noqa: PLR2004 - the middle of 8 bits


def _largest(picture: Image) -> int:
    """The largest value of any channel."""
    return max(int(band.getextrema()[1]) for band in _bands(picture))  # type: ignore[arg-type]  # two numbers each


def _bands(picture: Image) -> list[Image]:
    # Pillow splits no picture of one band with 16 bits.
    bands = picture.getbands()
    return [picture] if len(bands) == 1 else list(picture.split())


def _mask_png(alpha: Image) -> bytes:
    from PIL import Image

    black = Image.new("L", alpha.size)
    return png_bytes(Image.merge("RGBA", (black, black, black, alpha)))


def _input(
    data: bytes, mime: str, size: tuple[int, int], name: str, note: str, *, given: bytes | None = None
) -> InputImage:
    """What is sent; where it is a file `given` less its metadata, that file counts for the key.

    So an edit that was stored before metadata was cut out is found again.
    """
    digest = hashlib.sha256(data if given is None else given).hexdigest()
    return InputImage(
        data=data, digest=digest, mime=mime, width=size[0], height=size[1], name=name, note=note
    )
