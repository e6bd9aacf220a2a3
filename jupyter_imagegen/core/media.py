"""The endings of picture files."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: By media type, the usual one first.
ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "image/png": (".png",),
        "image/jpeg": (".jpg", ".jpeg"),
        "image/webp": (".webp",),
        "image/gif": (".gif",),
        "image/svg+xml": (".svg",),
        "image/avif": (".avif",),
        "image/bmp": (".bmp",),
        "image/tiff": (".tiff", ".tif"),
        "image/jp2": (".jp2", ".j2k"),
        "image/heic": (".heic", ".heif"),
        "image/jxl": (".jxl",),
        "image/x-portable-anymap": (".pnm", ".ppm", ".pgm", ".pbm"),
        "image/qoi": (".qoi",),
        "image/x-icon": (".ico",),
        "image/x-dds": (".dds",),
        "image/x-sgi": (".sgi", ".rgb"),
        "image/x-pcx": (".pcx",),
        "image/x-tga": (".tga",),
    }
)

#: Bytes; what OpenAI's API takes for one input picture (openai-python 3.54.0, `types/image_edit_params.py`),
#: and the most that is read of any.
MOST_INPUT_BYTES = 50_000_000
