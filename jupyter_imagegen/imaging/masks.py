"""What a mask means, and holding an edit to it exactly.

The images API reads a mask as guidance and changes pixels outside it too; here the original is put back
there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from jupyter_imagegen.core.sizes import same_shape
from jupyter_imagegen.imaging.inspection import checked_header, decoded
from jupyter_imagegen.imaging.previews import png_bytes, still

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

#: Alpha below this is "change here": soft brushes leave a rim of half-transparent pixels.
CHANGE_BELOW = 128


@dataclass(frozen=True, kw_only=True)
class Mask:
    """Where a picture may change: a PNG whose alpha is 0 there; what `mask=` and `--mask NAME` take.

    Attributes
    ----------
    data : bytes
        The PNG, as it is sent.
    width, height : int
        Pixels, those of the picture it belongs to.
    painted : float
        The share of its pixels that may change, from 0.0 to 1.0.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> editor = imagegen.mask_editor(r)
    >>> editor.mask
    Mask(width=1024, height=1024, painted=0.0)
    """

    data: bytes = field(repr=False)
    width: int
    height: int
    painted: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def pil(self) -> Image:
        """The mask, decoded by Pillow: mode RGBA."""
        return _first_frame(self.data).convert("RGBA")

    def save(self, path: str | Path) -> Path:
        """Write the PNG to a new file.

        Raises
        ------
        FileExistsError
            If the file is there already.
        """
        from pathlib import Path

        target = Path(path)
        with target.open("xb") as file:
            file.write(self.data)
        return target

    def _repr_png_(self) -> bytes:
        return self.data


def painted(mask: bytes) -> float:
    """Return the share of pixels that a mask lets change, from 0.0 to 1.0.

    Parameters
    ----------
    mask
        A picture whose alpha is under 128 where pixels may change; without alpha, nothing may.

    Raises
    ------
    ImageRejected
        If the bytes are not a picture.

    Examples
    --------
    >>> from PIL import Image
    >>> out = BytesIO()
    >>> Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "PNG")
    >>> painted(out.getvalue())
    1.0
    """
    with _first_frame(mask) as picture:
        return share_to_change(change_here(alpha_of(picture)))


def keep_outside(original: bytes, edited: bytes, mask: bytes, *, feather: int = 0) -> bytes:
    r"""Put the original back outside the mask, where every pixel equals the original.

    Parameters
    ----------
    original
        The picture that went into the edit, as it was sent.
    edited
        What came back; scaled evenly into the original's size where it differs. Where it has another shape,
        the original stays on the two sides that it does not reach.
    mask
        The mask that was sent: alpha under 128 means "change here".
    feather
        Pixels, inside the mask, over which the edit fades in from its border; 0 for a hard border.

    Returns
    -------
    bytes
        A PNG of the original's size, in the original's colour space.

    Raises
    ------
    ImageRejected
        If one of the three is not a picture.
    ValueError
        If the mask has another size than the original, or `feather` is negative.

    Examples
    --------
    >>> import jupyter_imagegen as imagegen
    >>> from PIL import Image
    >>> r = imagegen.generate("a lighthouse at dusk", provider="demo")
    >>> out = BytesIO()
    >>> Image.new("RGBA", (1024, 1024)).save(out, "PNG")
    >>> changed = keep_outside(r.images[0].bytes, r.edit("make it winter").images[0].bytes, out.getvalue())
    >>> changed[:4]
    b'\x89PNG'
    """
    from PIL import Image, ImageChops

    if feather < 0:
        raise ValueError(f"feather {feather} is not possible: it is a number of pixels, 0 or more")
    with _first_frame(original) as before, _first_frame(edited) as after, _first_frame(mask) as stencil:
        if stencil.size != before.size:
            raise ValueError(
                f"the mask is {stencil.width}x{stencil.height} and the original is"
                f" {before.width}x{before.height}: they must be the same"
            )
        clear = before.has_transparency_data or after.has_transparency_data
        mode = "RGBA" if clear else "RGB"
        profile = before.info.get("icc_profile")
        kept = before.convert(mode)
        new = _in_colours_of(after.convert(mode), after.info.get("icc_profile"), profile)
        weight = _weight(change_here(alpha_of(stencil)), feather)
        if new.size != kept.size:
            new, reached = _fitted(new, kept.size)
            weight = ImageChops.multiply(weight, reached)
        return png_bytes(Image.composite(new, kept, weight), icc_profile=profile)


def _fitted(picture: Image, size: tuple[int, int]) -> tuple[Image, Image]:
    """A picture scaled evenly into the middle of this size, and 255 where it reaches."""
    from PIL import Image

    if same_shape(picture.size, size):
        return picture.resize(size, Image.Resampling.LANCZOS), Image.new("L", size, 255)
    scale = min(size[0] / picture.width, size[1] / picture.height)
    inner = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    corner = ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
    whole, reached = Image.new(picture.mode, size), Image.new("L", size)
    whole.paste(picture.resize(inner, Image.Resampling.LANCZOS), corner)
    reached.paste(255, (*corner, corner[0] + inner[0], corner[1] + inner[1]))
    return whole, reached


def change_here(alpha: Image) -> Image:
    """255 where a mask's alpha lets pixels change, else 0."""
    return alpha.point(lambda value: 255 if value < CHANGE_BELOW else 0)


def share_to_change(changing: Image) -> float:
    """The share of pixels that are 255."""
    return changing.histogram()[255] / (changing.width * changing.height)


def _first_frame(data: bytes) -> Image:
    header = checked_header(data)
    return decoded(data, still(header), flaws=[])


def alpha_of(picture: Image) -> Image:
    """How opaque each pixel is, from 0 to 255."""
    return picture.convert("RGBA").getchannel("A")


def _weight(changing: Image, feather: int) -> Image:
    """How much of the edit each pixel takes: rising from the border inwards, never anything outside."""
    from PIL import ImageFilter

    if not feather:
        return changing
    weight = changing.point(lambda value: round(value / (feather + 1)))
    core = changing
    for step in range(2, feather + 2):
        core = core.filter(ImageFilter.MinFilter(3))
        weight.paste(round(255 * step / (feather + 1)), mask=core)
    return weight


def _in_colours_of(picture: Image, profile: bytes | None, wanted: bytes | None) -> Image:
    """The edit's colours in the original's space: sRGB where a file does not say."""
    if profile == wanted:
        return picture
    from PIL import ImageCms

    try:
        srgb = ImageCms.createProfile("sRGB")
        source = ImageCms.ImageCmsProfile(BytesIO(profile)) if profile else srgb
        target = ImageCms.ImageCmsProfile(BytesIO(wanted)) if wanted else srgb
        changed = ImageCms.profileToProfile(picture, source, target, outputMode=picture.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return picture if changed is None else changed
