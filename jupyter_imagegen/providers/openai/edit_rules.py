"""What the pictures that go into an edit must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_imagegen.core.media import MOST_INPUT_BYTES
from jupyter_imagegen.core.request import InputImage
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import EditRequest
    from jupyter_imagegen.providers.openai.catalog import OpenAIModel

MOST_IMAGES = 16
INPUT_FORMATS = ("image/png", "image/jpeg", "image/webp")
#: OpenAI's SDK says under 4 MB for a mask, its guide under 50 MB; above the smaller one we say so.
NOTED_MASK_BYTES = 4_000_000


def check_edit(request: EditRequest, model: OpenAIModel | None) -> list[str]:
    """Check the pictures of an edit; None for the model checks what holds for every model.

    Returns
    -------
    list of str
        What the user should know, one sentence each.

    Raises
    ------
    RequestError
        If the model makes no edits, or a picture cannot be sent.
    """
    if model is not None and not model.edits:
        raise RequestError(f"{model.name} makes no edits", hint="Use a GPT image model.")
    images: object = request.images
    if not isinstance(images, tuple):
        raise RequestError(f"images must be a tuple of InputImage, not {type(images).__name__}")
    count = len(images)
    if not 1 <= count <= MOST_IMAGES:
        raise RequestError(
            f"an edit takes 1 to {MOST_IMAGES} pictures, not {count}", hint="Change -i / image=."
        )
    for i, image in enumerate(images, 1):
        _check_picture(image, f"picture {i} of the edit")
    first = request.images[0]
    if request.mask is not None and request.markup is not None:
        raise RequestError("mask and markup cannot be used together", hint="Leave one of them out.")
    notes = []
    if request.mask is not None:
        _check_overlay(request.mask, first, "the mask")
        if len(request.mask.data) > NOTED_MASK_BYTES:
            size = len(request.mask.data) / 1_000_000
            notes.append(f"The mask has {size:.1f} MB; OpenAI asks for less than 4 MB and may refuse it.")
    if request.markup is not None:
        if model is not None and not model.markup:
            raise RequestError(
                f"markup is not possible with {model.name}", hint="Leave it out, or use a mask."
            )
        _check_overlay(request.markup, first, "the markup")
    return notes


def _check_picture(image: object, what: str) -> InputImage:
    if not isinstance(image, InputImage):
        raise RequestError(f"{what} must be an InputImage, not {type(image).__name__}")
    called = f"{what} ({image.name})" if image.name else what
    if image.mime not in INPUT_FORMATS:
        raise RequestError(f"{called} is {image.mime}: it must be PNG, JPEG or WebP", hint="Convert it.")
    if not image.data:
        raise RequestError(f"{called} is empty")
    if len(image.data) >= MOST_INPUT_BYTES:
        size = len(image.data) / 1_000_000
        raise RequestError(
            f"{called} has {size:.1f} MB: it must have less than 50 MB", hint="Make it smaller."
        )
    if image.width < 1 or image.height < 1:
        raise RequestError(f"{called} has no size: {image.width}x{image.height}")
    return image


def _check_overlay(image: object, first: InputImage, what: str) -> None:
    """A mask or a markup lies on the first picture, pixel for pixel, and only PNG is taken."""
    overlay = _check_picture(image, what)
    if overlay.mime != "image/png":
        raise RequestError(
            f"{what} is {overlay.mime}: it must be PNG with transparency", hint="Save it as PNG."
        )
    if (overlay.width, overlay.height) != (first.width, first.height):
        raise RequestError(
            f"{what} is {overlay.width}x{overlay.height} and the first picture {first.width}x{first.height}: "
            "they must be the same size",
            hint=f"Make {what} {first.width}x{first.height}.",
        )
