"""Edits with the original put back outside the mask, exactly.

The API takes a mask as guidance and may change what lies outside it. A composite is a copy made here: the
model's own picture stays in the store as it came.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_imagegen.core.request import EditRequest
from jupyter_imagegen.errors import RequestError

if TYPE_CHECKING:
    from jupyter_imagegen.core.results import Image, Result
    from jupyter_imagegen.storage import Storage


def kept_outside(result: Result, storage: Storage) -> Result:
    """A result whose pictures equal the first input picture wherever the mask does not say "here".

    Parameters
    ----------
    result
        Of an edit with a mask.
    storage
        Where the composites are kept, under a key of their own made from the result's.

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
    request = result.request
    if not isinstance(request, EditRequest) or request.mask is None:
        raise RequestError("keep_outside needs a mask", hint="Add one with --mask, or mask=…")
    key = hashlib.sha256(f"keep_outside {result.key}".encode()).hexdigest()
    ready = {image.sample: image for image in storage.pictures.find(key)}
    images = tuple(
        ready.get(image.sample) or _composite(image, request, key, result, storage) for image in result.images
    )
    note = "outside the mask every pixel is the original; the model painted the rest."
    return replace(result, images=images, notes=(*result.notes, note))


def _composite(image: Image, request: EditRequest, key: str, result: Result, storage: Storage) -> Image:
    from jupyter_imagegen.imaging import examine, keep_outside

    if request.mask is None:
        raise RequestError("keep_outside needs a mask")
    data = keep_outside(request.images[0].data, image.bytes, request.mask.data)
    inspected, preview = examine(data)
    return storage.pictures.keep(
        key=key,
        namespace="composite",
        request=request,
        provider=result.provider,
        data=data,
        inspected=inspected,
        preview=preview,
        sample=image.sample,
        seconds=image.seconds,
        revised_prompt=image.revised_prompt,
        charge_id="",
        notebook="",
        alt=result.alt,
    )
