"""Pictures for these tests, built byte by byte where a well-behaved encoder would not make them."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _raw_png(width, height, *, bits=8, colour=2, pixels=b"", extra=b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _encode(picture: Image.Image, kind="PNG", **options) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _noise(width, height, mode="RGB", seed=1) -> Image.Image:
    length = len(Image.new(mode, (width, height)).tobytes())
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(length))


def _gradient(width, height) -> Image.Image:
    across = Image.linear_gradient("L").resize((width, height))
    return Image.merge(
        "RGB",
        (across, across.rotate(180), across.transpose(Image.Transpose.ROTATE_90).resize((width, height))),
    )


@pytest.fixture(scope="session")
def chunk():
    return _chunk


@pytest.fixture(scope="session")
def raw_png():
    return _raw_png


@pytest.fixture(scope="session")
def encode():
    return _encode


@pytest.fixture(scope="session")
def noise():
    return _noise


@pytest.fixture(scope="session")
def gradient():
    return _gradient


@pytest.fixture(scope="session")
def swapped_profile() -> bytes:
    """SRGB with red and green swapped: a profile whose effect cannot be missed."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = struct.unpack_from(">I", plain, 128)[0]
    tags = {plain[at : at + 4]: at for at in range(132, 132 + 12 * count, 12)}
    swapped = bytearray(plain)
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped[red + 4 : red + 12], swapped[green + 4 : green + 12] = (
        plain[green + 4 : green + 12],
        plain[red + 4 : red + 12],
    )
    return bytes(swapped)


@pytest.fixture(scope="session")
def opened():
    """Decode bytes into a PIL picture that needs no file any more."""

    def opened(data: bytes) -> Image.Image:
        with Image.open(BytesIO(data)) as picture:
            picture.load()
            return picture.copy()

    return opened
