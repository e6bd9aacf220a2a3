"""Pictures as bytes: what they are, small copies of them, and what an edit takes in and gives back.

Pillow is imported inside the functions: importing this package must stay cheap. Originals are
never changed; whatever comes out of here is a copy.
"""

from jupyter_imagegen.imaging.headers import ImageRejected
from jupyter_imagegen.imaging.inputs import prepare_input, prepare_markup, prepare_mask, stand_in
from jupyter_imagegen.imaging.inspection import (
    MAX_BYTES,
    MAX_PIXELS,
    Inspected,
    checked_header,
    inspect,
    inspected_from,
)
from jupyter_imagegen.imaging.masks import Mask, keep_outside, painted
from jupyter_imagegen.imaging.previews import (
    PREVIEW_BYTES,
    PREVIEW_SIDE,
    believed,
    contact_sheet,
    examine,
    preview,
)
from jupyter_imagegen.imaging.recipes import with_recipe

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "PREVIEW_BYTES",
    "PREVIEW_SIDE",
    "ImageRejected",
    "Inspected",
    "Mask",
    "believed",
    "checked_header",
    "contact_sheet",
    "examine",
    "inspect",
    "inspected_from",
    "keep_outside",
    "painted",
    "prepare_input",
    "prepare_markup",
    "prepare_mask",
    "preview",
    "stand_in",
    "with_recipe",
]
