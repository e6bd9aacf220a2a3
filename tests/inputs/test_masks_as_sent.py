"""What a mask means is what arrives: paint or transparency, from every kind of picture, or a refusal before paying."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from jupyter_imagegen.errors import SourceError

SIZE = (120, 80)
BOX = (20, 20, 60, 60)
MARKED = 40 * 40


def flat(value, mode="L"):
    return Image.new(mode, SIZE, value)


def paint(keep=0, change=255, mode="L"):
    picture = flat(keep, mode)
    picture.paste(change, BOX)
    return picture


def rgba(alpha, colours=None):
    grey = colours or paint()
    return Image.merge("RGBA", (grey, grey, grey, alpha))


def specks(value, clear=255):
    """An alpha in which a few pixels are not quite opaque."""
    alpha = flat(clear)
    for x in range(0, SIZE[0], 17):
        alpha.putpixel((x, 3), value)
    return alpha


ones = (np.asarray(paint()) > 0).astype("uint8")
labels = Image.fromarray(ones)
SAYS_WHERE = {
    "opaque paint": rgba(flat(255)),
    "one pixel nearly opaque": rgba(specks(254)),
    "some pixels half transparent": rgba(specks(100)),
    "some pixels of alpha 1": rgba(specks(1)),
    "alpha 254 everywhere": rgba(flat(254)),
    "alpha 128 everywhere": rgba(flat(128)),
    "alpha 1 everywhere": rgba(flat(1)),
    "nearly transparent where to change": rgba(paint(255, 3)),
    "nearly transparent, over one colour": rgba(paint(255, 3), flat(90)),
    "nearly transparent, one pixel fully": rgba(paint(255, 3).copy(), flat(90)),
    "transparent": rgba(paint(255, 0), flat(90)),
    "grey and alpha": Image.merge("LA", (flat(0), paint(255, 0))),
    "grey and alpha, painted": Image.merge("LA", (paint(), flat(254))),
    "mode 1": paint(0, 1, "1"),
    "mode 1 from L": paint().convert("1"),
    "palette": paint().convert("P"),
    "CMYK": paint().convert("RGB").convert("CMYK"),
    "mode I": Image.fromarray(np.asarray(paint()).astype("int32")),
    "mode I of 0 and 1": Image.fromarray(ones.astype("int32")),
    "mode I, 16 bits": Image.fromarray(ones.astype("int32") * 65535),
    "mode I;16": Image.fromarray(ones.astype("uint16") * 65535),
    "mode I;16 of 0 and 1": Image.fromarray(ones.astype("uint16")),
    "mode F": Image.fromarray(ones.astype("float32")),
    "mode L of 0 and 1": labels,
    "mode RGB of 0 and 1": labels.convert("RGB"),
    "array of bool": ones.astype(bool),
    "array of uint8, 0 and 1": ones,
    "array of uint8, 0 and 255": ones * 255,
    "array of int64, 0 and 1": ones.astype("int64"),
    "array of int32, 0 and 255": ones.astype("int32") * 255,
    "array of floats": ones.astype("float64"),
    "array of big-endian floats": ones.astype(">f4"),
    "array of one channel": ones[..., None],
    "array of four channels, 0 and 1": np.dstack([ones, ones, ones, np.ones_like(ones)]),
    "array, transparent where 0": np.dstack([ones * 0, ones * 0, ones * 0, 1 - ones]),
    "read-only array": np.frombuffer(ones.tobytes(), "uint8").reshape(ones.shape),
}
SAYS_WHERE["nearly transparent, one pixel fully"].putpixel((30, 30), (90, 90, 90, 0))


@pytest.fixture
def edits(edit):
    """Makes an edit with a mask, and gives the mask that was sent."""
    photo = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    return lambda mask: edit(photo, mask=mask).mask


@pytest.mark.parametrize("mask", SAYS_WHERE.values(), ids=SAYS_WHERE.keys())
def test_a_mask_that_says_where_is_sent_with_alpha_0_there_and_255_elsewhere(edits, mask):
    alpha = edits(mask).getchannel("A")
    assert alpha.histogram()[0] == MARKED
    assert alpha.histogram()[255] == SIZE[0] * SIZE[1] - MARKED
    assert alpha.point(lambda value: 255 - value).getbbox() == BOX


@pytest.mark.parametrize(
    "mask",
    [
        flat(0),
        flat(0, "1"),
        flat(0.0, "F"),
        flat(0, "I"),
        rgba(flat(255), flat(0)),
        rgba(flat(254), flat(0)),
        Image.merge("LA", (flat(0), flat(200))),
        np.zeros(SIZE[::-1], bool),
        np.zeros(SIZE[::-1], "uint8"),
        np.zeros(SIZE[::-1]),
    ],
)
def test_a_mask_that_marks_nothing_is_refused_before_paying(edits, mask, tmp_path):
    with pytest.raises(SourceError, match="marks nothing"):
        edits(mask)
    if isinstance(mask, Image.Image) and mask.mode not in {"F", "I"}:
        mask.save(tmp_path / "mask.png")
        with pytest.raises(SourceError, match="marks nothing"):
            edits(tmp_path / "mask.png")
        with pytest.raises(SourceError, match="marks nothing"):
            edits(BytesIO((tmp_path / "mask.png").read_bytes()))


def test_soft_edges_of_a_mask_with_transparency_are_sent_as_they_are(edits):
    soft = paint(255, 0)
    for x in range(20, 60):
        soft.putpixel((x, 61), 100)
        soft.putpixel((x, 62), 180)
    assert edits(rgba(soft, flat(0))).getchannel("A").tobytes() == soft.tobytes()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.full(SIZE[::-1], 7.0), "floats from 7 to 7"),
        (np.full(SIZE[::-1], np.nan), "floats from nan"),
        (Image.fromarray(np.full(SIZE[::-1], np.nan, "float32")), "floats from nan"),
        (np.full(SIZE[::-1], -1), "array of int64"),
        (np.full(SIZE[::-1], 300), "array of int64"),
        (Image.new("RGB", SIZE, "red"), "does not say what should change"),
    ],
)
def test_a_mask_that_says_nothing_clear_is_refused_with_what_it_holds(edits, mask, message):
    with pytest.raises(SourceError, match=message):
        edits(mask)
