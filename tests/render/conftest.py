"""Results to render: real pictures made with Pillow, no store behind them."""

import hashlib
import random
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image as Pillow

from jupyter_imagegen import imaging
from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.core.results import Cost, Image, Result


def painted(size=(1024, 1024), *, seed=0, mode="RGB"):
    """A picture about as hard to compress as a photograph: soft shapes and a little grain."""
    rng = random.Random(seed)
    small = Pillow.new(mode, (24, 24))
    channels = len(mode)
    small.putdata([tuple(rng.randrange(40, 220) for _ in range(channels)) for _ in range(24 * 24)])
    picture = small.resize(size, Pillow.Resampling.BICUBIC)
    grain = Pillow.effect_noise(size, 24).convert(mode)
    buffer = BytesIO()
    Pillow.blend(picture, grain, 0.12).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def picture_bytes():
    return painted


@pytest.fixture
def make_result():
    """Build a result: `make_result(n=4, origin="store", usd="0.0132")`."""

    def make(
        *,
        n=1,
        origins=None,
        usd="0.01317",
        saved="0",
        ceiling=None,
        prompt="A lighthouse at dusk",
        model="gpt-image-2.5-flare",
        quality="medium",
        size=(1024, 1024),
        mode="RGB",
        **rest,
    ):
        data = [painted(size, seed=i, mode=mode) for i in range(n)]
        images = tuple(
            Image(
                sample=i,
                digest=hashlib.sha256(one).hexdigest(),
                mime="image/png",
                width=size[0],
                height=size[1],
                size_bytes=len(one),
                origin=(origins or ["provider"] * n)[i],
                cost_usd=Decimal("0.01317"),
                made_at=datetime(2026, 11, 22, tzinfo=UTC),
                seconds=9.8,
                path=None,
                load=lambda one=one: one,
                load_preview=lambda one=one: imaging.preview(one),
            )
            for i, one in enumerate(data)
        )
        values = {
            "key": "ab" * 32,
            "provider": "openai",
            "usage": None,
            "seconds": 9.84,
            "ledger_line": "session $0.21 of $5.00",
        } | rest
        return Result(
            request=GenerateRequest(model=model, prompt=prompt, size=f"{size[0]}x{size[1]}", quality=quality),
            images=images,
            cost=Cost(
                usd=None if usd is None else Decimal(usd),
                saved_usd=Decimal(saved),
                ceiling_usd=None if ceiling is None else Decimal(ceiling),
            ),
            **values,
        )

    return make
