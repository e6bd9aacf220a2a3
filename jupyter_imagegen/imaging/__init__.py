"""Pictures as bytes: what they are, small copies of them, and what an edit takes in and gives back.

Pillow is imported inside the functions: importing this package must stay cheap. Originals are
never changed; whatever comes out of here is a copy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.imaging.headers import ImageRejected
from jupyter_imagegen.imaging.inspection import (
    MAX_BYTES,
    MAX_PIXELS,
    Inspected,
    checked_header,
    inspect,
    opened,
)
from jupyter_imagegen.imaging.previews import (
    PREVIEW_BYTES,
    PREVIEW_SIDE,
    contact_sheet,
    examine,
    preview,
)

if TYPE_CHECKING:
    from jupyter_imagegen.imaging.inputs import prepare_input, prepare_markup, prepare_mask, stand_in
    from jupyter_imagegen.imaging.masks import Mask, keep_outside, painted

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "PREVIEW_BYTES",
    "PREVIEW_SIDE",
    "ImageRejected",
    "Inspected",
    "Mask",
    "checked_header",
    "contact_sheet",
    "examine",
    "inspect",
    "keep_outside",
    "opened",
    "painted",
    "prepare_input",
    "prepare_markup",
    "prepare_mask",
    "preview",
    "stand_in",
]

#: What a new picture does without: imported when it is first asked for.
_LATER = {
    "Mask": "masks",
    "keep_outside": "masks",
    "painted": "masks",
    "prepare_input": "inputs",
    "prepare_markup": "inputs",
    "prepare_mask": "inputs",
    "stand_in": "inputs",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
