"""Edits with the original put back outside the mask, exactly.

The API takes a mask as guidance and may change what lies outside it. A composite is a copy made here: the
model's own picture stays in the store as it came.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.core.text import count_of
from jupyter_imagegen.errors import RequestError, StoreError
from jupyter_imagegen.purchase import NOT_STORED

if TYPE_CHECKING:
    from jupyter_imagegen.core.request import InputImage
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.storage import Deck, Storage


def kept_outside(result: Result, storage: Storage, *, deck: Deck, feather: int = 0) -> Result:
    """A result whose pictures equal the first input picture wherever the mask does not say "here".

    Parameters
    ----------
    result
        Of an edit with a mask.
    storage
        Where the composites are kept, each under a key of its own: two pictures of one request may both be
        the first drawing, where one is recorded and the other stored.
    deck
        The cassette in use, which may hold them.
    feather
        Pixels inside the mask over which the edit fades in from its border; 0 for a hard border.

    Raises
    ------
    RequestError
        If there was no mask.

    Examples
    --------
    >>> r = imagegen.edit("make it winter", image=photo, mask=mask, keep_outside=True, provider="demo")
    >>> r.notes
    ('outside the mask every pixel is the original; the model painted the rest.',)
    """
    from jupyter_imagegen.imaging import keep_outside

    request = result.request
    if not isinstance(request, EditRequest) or request.mask is None:
        raise RequestError("keep_outside needs a mask", hint="Add one with --mask, or mask=…")
    how = f"keep_outside feather={feather}" if feather else "keep_outside"
    faded = f", fading in over {count_of(feather, 'pixel')} inside its border" if feather else ""
    notes = [
        *result.notes,
        f"outside the mask every pixel is the original; the model painted the rest{faded}.",
    ]
    images, keys = [], []
    for image in result.images:
        fitted = _fitted(image, request.images[0])
        notes += [fitted] if fitted else []
        # One that was stretched, as they once were, is put together anew.
        made_how = f"{how} fitted" if fitted else how
        key = hashlib.sha256(f"{made_how} {result.key} {image.digest}".encode()).hexdigest()
        made = next(iter(deck.find(storage.pictures, key, 1, composites=True)), None)
        if made is None and (image.reduced or request.images[0].reduced):
            notes.append("only a small copy is in the cassette: the model's picture is shown as it is.")
            made, key = image, result.key
        elif made is None:
            data = keep_outside(request.images[0].data, image.bytes, request.mask.data, feather=feather)
            made, trouble = _kept(data, image, key, result, storage)
            notes += trouble
        # Where it came from and what it cost is what the model's picture did.
        images.append(replace(made, origin=image.origin, cost_usd=image.cost_usd))
        keys.append(key)
    notes = list(dict.fromkeys(notes))
    return replace(result, images=tuple(images), notes=tuple(notes), composites=tuple(keys))


def _fitted(image: Image, original: InputImage) -> str:
    """What is said of a picture of another shape than the original; empty where it has the same."""
    from jupyter_imagegen.core.sizes import same_shape

    if same_shape((image.width, image.height), (original.width, original.height)):
        return ""
    wider = image.width * original.height > image.height * original.width
    sides = "top and bottom" if wider else "left and right"
    return (
        f"the model's picture is {image.width}x{image.height} and the original "
        f"{original.width}x{original.height}: it was scaled evenly, and the original stays at the {sides}, "
        "which it does not reach."
    )


def _kept(data: bytes, image: Image, key: str, result: Result, storage: Storage) -> tuple[Image, list[str]]:
    """A composite in the store, or in hand where the disk does not take it, and what the user should know."""
    from jupyter_imagegen.imaging import examine

    inspected, preview = examine(data)
    facts: dict[str, Any] = {
        "data": data,
        "inspected": inspected,
        "preview": preview,
        "sample": 0,
        "seconds": image.seconds,
        "revised_prompt": image.revised_prompt,
    }
    try:
        kept = storage.pictures.keep(
            key=key,
            namespace="composite",
            request=result.request,
            provider=result.provider,
            alt=result.alt,
            # What the model's picture cost stands with that; this one was made here.
            cost_usd=Decimal(0),
            **facts,
        )
    except StoreError as exc:
        note = f"{exc} {NOT_STORED}"
        return storage.pictures.unkept(**facts), [note]
    return kept, []
