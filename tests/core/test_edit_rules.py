from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from jupyter_imagegen.core.request import EditRequest, InputImage
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.edit_rules import check_edit

MODELS = Catalog.load().models
FLARE = MODELS["gpt-image-2.5-flare"]


def picture(width=64, height=48, mime="image/png", data=b"x", name=""):
    return InputImage(
        data=data, digest=sha256(data).hexdigest(), mime=mime, width=width, height=height, name=name
    )


EDIT = EditRequest(
    model=FLARE.name, prompt="make it winter", size="1024x1024", quality="low", images=(picture(),)
)


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/webp"])
def test_a_picture_may_be_png_jpeg_or_webp(mime):
    assert check_edit(replace(EDIT, images=(picture(mime=mime),)), FLARE) == []


def test_a_mask_and_a_markup_of_the_first_picture_s_size_pass():
    two = (picture(), picture(10, 10))
    assert check_edit(replace(EDIT, images=two, mask=picture()), FLARE) == []
    assert check_edit(replace(EDIT, images=two, markup=picture()), FLARE) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"images": ()}, "1 to 16 pictures, not 0"),
        ({"images": (picture(),) * 17}, "1 to 16 pictures, not 17"),
        ({"images": [picture()]}, "must be a tuple"),
        ({"images": ("cat.png",)}, "picture 1 of the edit must be an InputImage, not str"),
        ({"images": (picture(), picture(mime="image/gif", name="cat.gif"))}, "picture 2 of the edit (cat.gif) is image/gif"),
        ({"images": (picture(data=b""),)}, "is empty"),
        ({"images": (picture(data=bytes(50_000_000)),)}, "has 50.0 MB: it must have less than 50 MB"),
        ({"images": (picture(0, 48),)}, "has no size: 0x48"),
        ({"images": (picture(64, 0),)}, "has no size: 64x0"),
        ({"mask": b"mask"}, "the mask must be an InputImage, not bytes"),
        ({"mask": picture(mime="image/webp")}, "the mask is image/webp: it must be PNG"),
        ({"mask": picture(48, 64)}, "the mask is 48x64 and the first picture 64x48"),
        ({"mask": picture(data=b"")}, "the mask is empty"),
        ({"markup": picture(48, 64)}, "the markup is 48x64"),
        ({"mask": picture(), "markup": picture()}, "cannot be used together"),
    ],
)  # fmt: skip
def test_what_cannot_go_into_an_edit_is_refused(change, says):
    with pytest.raises(RequestError) as caught:
        check_edit(replace(EDIT, **change), FLARE)
    assert says in str(caught.value)


@pytest.mark.parametrize(("size", "notes"), [(4_000_000, 0), (4_100_000, 1)])
def test_a_heavy_mask_is_sent_with_a_warning(size, notes):
    found = check_edit(replace(EDIT, mask=picture(data=bytes(size))), FLARE)
    assert len(found) == notes
    assert all("4.1 MB" in note for note in found)


@pytest.mark.parametrize("name", ["gpt-image-2", "gpt-image-1.5"])
def test_markup_is_only_for_models_that_read_it(name):
    with pytest.raises(RequestError, match=f"markup is not possible with {name}"):
        check_edit(replace(EDIT, markup=picture()), MODELS[name])
    assert check_edit(replace(EDIT, markup=picture()), None) == []


def test_a_model_that_makes_no_edits_says_so():
    with pytest.raises(RequestError, match="dall-e-3 makes no edits"):
        check_edit(EDIT, MODELS["dall-e-3"])


def test_a_picture_of_one_pixel_can_be_sent():
    one = picture(1, 1)
    assert check_edit(replace(EDIT, images=(one,), mask=one), FLARE) == []
