"""What a result hands on to the session that made it, and what it says of itself."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image as Pillow

from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.core.results import SESSIONS, Cost, Image, Result
from jupyter_imagegen.imaging import ImageRejected


class Face:
    """Remembers what it was asked to save and to edit."""

    def __init__(self):
        self.saved, self.edited = [], []

    def save(self, image, path, *, overwrite, number=None):
        path = Path(path)
        path = path if number is None else path.with_stem(f"{path.stem}-{number}")
        self.saved.append((image.sample, path, overwrite))
        return path

    def edit_result(self, result, prompt, **options):
        self.edited.append((result, prompt, options))
        return "edited"

    def mimebundle(self, result):
        return {"text/plain": str(len(result.images))}, {"of": result.key}


@pytest.fixture
def face(monkeypatch):
    made = Face()
    monkeypatch.setitem(SESSIONS, "of a test", made)
    return made


def png(side=64):
    buffer = io.BytesIO()
    Pillow.effect_noise((side, side), 90).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def drawn(face):
    def make(sample=0, origin="provider", data=b""):
        return Image(
            sample=sample,
            digest="0" * 64,
            mime="image/png",
            width=64,
            height=64,
            size_bytes=len(data),
            origin=origin,
            cost_usd=None,
            made_at=datetime(2026, 1, 1, tzinfo=UTC),
            seconds=0.0,
            path=None,
            load=lambda: data,
            load_preview=lambda: "a small copy",
        )

    return make


@pytest.fixture
def came(face, drawn):
    """A result whose pictures came from these places."""

    def make(*origins):
        return Result(
            request=GenerateRequest(model="gpt-image-2", prompt="a fox", size="1024x1024", quality="low"),
            key="a" * 64,
            provider="openai",
            images=tuple(drawn(i, origin) for i, origin in enumerate(origins)),
            cost=Cost(usd=Decimal(0), saved_usd=Decimal(0)),
            usage=None,
            seconds=1.0,
            session_id="of a test",
        )

    return make


@pytest.mark.parametrize("asked", [{}, {"overwrite": False}, {"overwrite": True}])
def test_a_copy_goes_over_a_file_only_where_that_is_asked(came, drawn, face, asked):
    over = asked.get("overwrite", False)
    assert came("store").save("fox.png", **asked) == [Path("fox.png")]
    assert came("store", "provider").save("art/fox.png", **asked) == [
        Path("art/fox-1.png"),
        Path("art/fox-2.png"),
    ]
    assert face.saved == [
        (0, Path("fox.png"), over),
        (0, Path("art/fox-1.png"), over),
        (1, Path("art/fox-2.png"), over),
    ]


@pytest.mark.parametrize(
    ("origins", "cached", "recorded"),
    [
        ((), True, False),
        (("provider",), False, False),
        (("store",), True, False),
        (("cassette",), True, True),
        (("cassette", "store"), True, False),
        (("cassette", "provider"), False, False),
    ],
)
def test_a_result_says_whether_all_of_it_was_there_already(came, origins, cached, recorded):
    assert (came(*origins).cached, came(*origins).recorded) == (cached, recorded)


def test_a_picture_is_kept_under_its_requests_key_or_its_own(came):
    assert came("store", "store").picture_keys == ("a" * 64, "a" * 64)
    assert replace(came("store"), composites=("c" * 64,)).picture_keys == ("c" * 64,)


def test_an_edit_and_the_forms_for_a_notebook_are_the_sessions_to_make(came, face):
    result = came("store")
    assert result.edit("make it winter", size="1536x1024") == "edited"
    assert face.edited == [(result, "make it winter", {"size": "1536x1024"})]
    assert result._repr_mimebundle_(include=None) == ({"text/plain": "1"}, {"of": "a" * 64})


def test_what_is_given_to_pillow_was_decoded_as_far_as_it_goes(drawn):
    data = png()
    picture = drawn(data=data)
    assert (picture.pil.size, picture.bytes, picture.preview) == ((64, 64), data, "a small copy")
    assert drawn(data=data[:-1000]).pil.size == (64, 64)
    with pytest.raises(ImageRejected, match="cut off"):
        _ = drawn(data=data[: len(data) // 2]).pil
