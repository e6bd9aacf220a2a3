"""What the painter's tests share: small requests, and pictures from them."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from jupyter_imagegen.core.request import EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.providers.demo.painter import paint

MODEL = "gpt-image-2.5-flare"


def _png(picture):
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _input(picture):
    data = _png(picture)
    return InputImage(
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        mime="image/png",
        width=picture.width,
        height=picture.height,
    )


@pytest.fixture
def request_for():
    def make(prompt, *, size="160x160", quality="low", **more):
        return GenerateRequest(model=MODEL, prompt=prompt, size=size, quality=quality, **more)

    return make


@pytest.fixture
def file_of(request_for):
    """The finished file for a prompt."""

    def make(prompt, *, sample=0, **more):
        return paint(request_for(prompt, **more), sample=sample).finished()

    return make


@pytest.fixture
def picture_of(file_of):
    """The decoded picture for a prompt."""

    def make(prompt, **more):
        picture = Image.open(BytesIO(file_of(prompt, **more)))
        picture.load()
        return picture

    return make


@pytest.fixture
def note_of_edit():
    """What the caption says of an edit."""

    def make(base, prompt):
        size = f"{base.width}x{base.height}"
        return paint(
            EditRequest(model=MODEL, prompt=prompt, size=size, quality="low", images=(_input(base),))
        ).note

    return make


@pytest.fixture
def edited():
    """A picture edited: base and result as Pillow pictures, at the base's size unless asked otherwise."""

    def make(base, prompt, *, mask=None, size=None, more=(), sample=0, **options):
        request = EditRequest(
            model=MODEL,
            prompt=prompt,
            size=size or f"{base.width}x{base.height}",
            quality="low",
            images=(_input(base), *(_input(m) for m in more)),
            mask=_input(mask) if mask is not None else None,
            **options,
        )
        out = Image.open(BytesIO(paint(request, sample=sample).finished()))
        out.load()
        return out

    return make
