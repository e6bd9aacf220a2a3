"""A recipe goes into a copy: readable there, and the pixels and other metadata as they were."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
from PIL import Image

from jupyter_imagegen.imaging import ImageRejected, inspect, with_recipe

RECIPES = [
    "a lighthouse",
    json.dumps({"prompt": 'Füße & <b>"quotes"</b> \N{OCTOPUS}'}, ensure_ascii=False),
    "x" * 32_000 + "\N{OCTOPUS}" * 32_000,
]


def described(xmp: bytes) -> str:
    root = ET.fromstring(xmp.split(b"?>", 1)[1].rsplit(b"<?xpacket", 1)[0])
    (found,) = root.iter("{http://purl.org/dc/elements/1.1/}description")
    return "".join(found.itertext())


def jpeg_xmp(data: bytes) -> bytes:
    """The packet that a reader of XMP specification part 3 puts together."""
    position, more, packet = 2, {}, b""
    while data[position + 1] != 0xDA:
        length = struct.unpack_from(">H", data, position + 2)[0]
        body = data[position + 4 : position + 2 + length]
        if body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
            packet = body[29:]
        elif body.startswith(b"http://ns.adobe.com/xmp/extension/\0"):
            assert body[35:67] in packet
            total, offset = struct.unpack_from(">II", body, 67)
            more[offset] = body[75:]
        position += 2 + length
    whole = b"".join(more[offset] for offset in sorted(more))
    assert not more or len(whole) == total
    return whole or packet


@pytest.mark.parametrize("recipe", RECIPES, ids=["plain", "awkward", "long"])
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("JPEG", "RGB", {}),
        ("WEBP", "RGB", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGBA", {}),
        ("GIF", "P", {}),
    ],
)
def test_the_recipe_is_in_the_copy_and_the_pixels_are_the_same(
    encode, noise, opened, recipe, kind, mode, options
):
    data = encode(noise(31, 17, mode), kind, **options)
    copy = with_recipe(data, recipe)
    before, after = opened(data), opened(copy)
    assert before.tobytes() == after.tobytes()
    assert before.mode == after.mode
    if kind == "WEBP":
        # Bit 4 of the extended header announces alpha, bit 2 XMP.
        assert copy[12:16] == b"VP8X"
        assert copy[20] & 0x14 == (0x14 if mode == "RGBA" else 0x04)
    assert inspect(copy) == inspect(data)
    with Image.open(BytesIO(copy)) as picture:
        if kind == "PNG":
            assert picture.text["recipe"] == recipe
        elif kind == "GIF":
            assert picture.info["comment"].decode() == recipe
        elif kind == "WEBP":
            assert described(picture.info["xmp"]) == recipe
        else:
            assert described(jpeg_xmp(copy)) == recipe


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_metadata_that_was_there_stays(encode, noise, opened, kind):
    exif = Image.Exif()
    exif[0x010E] = "made by hand"
    xmp = (
        b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        b'"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description about="" trained="AlgorithmicMedia"/>'
        b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    data = encode(noise(9, 9), kind, exif=exif, xmp=xmp, icc_profile=b"profile" * 30)
    copy = with_recipe(data, "a recipe")
    shown = opened(copy)
    assert shown.getexif()[0x010E] == "made by hand"
    assert shown.info["icc_profile"] == b"profile" * 30
    if kind != "PNG":
        assert described(shown.info["xmp"]) == "a recipe"
        assert copy.count(b"AlgorithmicMedia") == 1


def test_an_animated_webp_keeps_its_frames(encode, noise):
    frames = [noise(12, 12, seed=seed) for seed in range(3)]
    data = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert inspect(with_recipe(data, "r")) == inspect(data)


def test_an_svg_gets_metadata():
    data = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
    copy = with_recipe(data, "</metadata><script>\x00")
    assert inspect(copy, allow_svg=True) == inspect(data, allow_svg=True)
    assert (
        ET.fromstring(copy)
        .find("{http://www.w3.org/2000/svg}metadata")
        .text.startswith("</metadata><script>")
    )


def test_a_lone_surrogate_does_not_stop_an_export(encode, noise):
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        data = encode(noise(9, 9), kind)
        assert inspect(with_recipe(data, "a\ud800b\x00\ufffe")) == inspect(data)


def test_what_is_not_a_picture_gets_no_recipe():
    with pytest.raises(ImageRejected):
        with_recipe(b"<html>", "r")
    with pytest.raises(ImageRejected, match="no closing"):
        with_recipe(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "r")


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="another program's opinion, where there is one")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_exiftool_reads_the_recipe(encode, noise, tmp_path, kind):
    path = tmp_path / "a"
    path.write_bytes(with_recipe(encode(noise(9, 9), kind), "a recipe"))
    assert "a recipe" in subprocess.run(["exiftool", path], capture_output=True, text=True, check=True).stdout
