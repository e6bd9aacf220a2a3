"""Paid pictures that are not quite as they should be: each is kept and shown as what it is, or kept for later."""

from __future__ import annotations

import base64
import contextlib
import random
import re
import struct
import time
import warnings
import zlib
from io import BytesIO

import pytest
from imageserver import paint, rows
from PIL import Image, ImageFile, features

from jupyter_imagegen.errors import ImagegenError, ProviderError
from jupyter_imagegen.imaging import ImageRejected, examine

USAGE = {"input_tokens": 10, "output_tokens": 196, "total_tokens": 206}


def row(data):
    return {"b64_json": base64.b64encode(data).decode()}


def encode(kind, **options):
    picture = Image.open(BytesIO(paint("64x64"))).convert("RGB")
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(width, height, packed, *, colour=2, bits=8, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def with_wrong_text_checksum():
    data = encode("PNG")
    text = bytearray(chunk(b"tEXt", b"Comment\0made by a gateway"))
    text[-1] ^= 1
    return data[:33] + bytes(text) + data[33:]


def without_last_row():
    lines = b"".join(b"\0" + bytes((y, 2 * y, 90)) * 64 for y in range(63))
    return raw_png(64, 64, zlib.compress(lines))


ODD = {
    "BMP": (lambda: encode("BMP"), "image/bmp", ".bmp", "BMP arrived"),
    "TIFF": (lambda: encode("TIFF"), "image/tiff", ".tiff", "TIFF arrived"),
    "BigTIFF": (lambda: encode("TIFF", big_tiff=True), "image/tiff", ".tiff", "TIFF arrived"),
    "PNM": (lambda: encode("PPM"), "image/x-portable-anymap", ".pnm", "ANYMAP arrived"),
    "QOI": (lambda: encode("QOI"), "image/qoi", ".qoi", "QOI arrived"),
    "ICO": (lambda: encode("ICO", sizes=[(64, 64)]), "image/x-icon", ".ico", "ICON arrived"),
    "DDS": (lambda: encode("DDS"), "image/x-dds", ".dds", "DDS arrived"),
    "SGI": (lambda: encode("SGI"), "image/x-sgi", ".sgi", "SGI arrived"),
    "PCX": (lambda: encode("PCX"), "image/x-pcx", ".pcx", "PCX arrived"),
    "TGA": (lambda: encode("TGA"), "image/x-tga", ".tga", "TGA arrived"),
    "WebP": (lambda: encode("WEBP"), "image/webp", ".webp", "WEBP arrived"),
    "text checksum": (with_wrong_text_checksum, "image/png", ".png", "checksum of its tEXt chunk"),
    "last row": (without_last_row, "image/png", ".png", "1.6% of it is missing"),
    "no end marker": (lambda: encode("PNG")[:-12], "image/png", ".png", "end marker is missing"),
    "end cut": (lambda: encode("PNG")[:-5], "image/png", ".png", "end marker is missing"),
    "trailing bytes": (lambda: encode("PNG") + b"\r\n<!-- cached -->", "image/png", ".png", ""),
    "cut JPEG": (lambda: encode("JPEG")[:-2], "image/jpeg", ".jpg", "cut off"),
    "cut progressive JPEG": (lambda: encode("JPEG", progressive=True)[:-2], "image/jpeg", ".jpg", "cut off"),
    "cut GIF": (lambda: encode("GIF")[:-2], "image/gif", ".gif", "data ends early"),
    "cut WebP": (lambda: encode("WEBP", quality=99)[:-9], "image/webp", ".webp", "is missing"),
    "large text": (
        lambda: (
            encode("PNG")[:33]
            + chunk(b"zTXt", b"workflow\0\0" + zlib.compress(bytes(2**21)))
            + encode("PNG")[33:]
        ),
        "image/png",
        ".png",
        "its metadata is wrong",
    ),
}
if features.check("avif"):
    ODD["AVIF"] = (lambda: encode("AVIF"), "image/avif", ".avif", "AVIF arrived")
if features.check("jpg_2000"):
    ODD["JPEG 2000"] = (lambda: encode("JPEG2000"), "image/jp2", ".jp2", "JP2 arrived")


@pytest.mark.parametrize("name", ODD)
def test_a_picture_that_decodes_is_kept_as_it_came_and_shown_as_what_it_is(
    session, server, new_session, tmp_path, name
):
    make, mime, suffix, said = ODD[name]
    data = make()
    server.script(rows(row(data), usage=USAGE))
    result = session.generate("a lighthouse")
    (image,) = result.images
    assert (image.bytes, image.mime, image.path.suffix) == (data, mime, suffix)
    assert (image.width, image.height, image.pil.size) == (64, 64, (64, 64))
    assert image.preview.mime in {"image/jpeg", "image/png"}
    assert said in " ".join(result.notes)
    assert "64x64 arrived" in " ".join(result.notes)
    assert result.cost.usd > 0
    assert image.save("copy") == tmp_path / f"copy{suffix}"
    assert (tmp_path / f"copy{suffix}").read_bytes() == data
    with Image.open(image.save("copy.jpg" if suffix != ".jpg" else "copy.webp")) as converted:
        assert converted.size == (64, 64)
    # The same cell again, as another kernel has it: no call, the same bytes, and the store is sound.
    other = new_session()
    assert [found.bytes for found in other.generate("a lighthouse").images] == [data]
    assert server.calls == 1
    assert other.workshop.storage.pictures.verify().sound
    assert other.workshop.storage.unread.all() == []
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("name", ["last row", "cut JPEG", "text checksum"])
def test_a_picture_with_small_damage_can_be_edited_and_is_sent_whole(session, server, name):
    server.script(rows(row(ODD[name][0]()), usage=USAGE))
    edited = session.generate("a lighthouse").edit("make it winter")
    (sent,) = server.last.files
    with Image.open(BytesIO(sent.data)) as picture:
        picture.verify()
        assert picture.size == (64, 64)
    assert any("cut off" in note or "damaged" in note for note in edited.notes)


def test_what_is_odd_about_a_picture_is_in_its_caption(session, server):
    server.script(rows(row(without_last_row()), usage=USAGE))
    forms, _ = session.generate("a lighthouse")._repr_mimebundle_()
    for form in ("text/html", "text/plain"):
        assert "cut off" in forms[form]
        assert "64x64 arrived" in forms[form]


def test_odd_pictures_are_recorded_and_replay(session, server, new_session, tmp_path, monkeypatch):
    kinds = [name for name in ("BMP", "TIFF", "AVIF", "last row", "text checksum") if name in ODD]
    pictures = {name: ODD[name][0]() for name in kinds}
    session.cassettes.use("lesson.cassette", mode="record")
    for name, data in pictures.items():
        server.script(rows(row(data), usage=USAGE))
        session.generate(f"a {name}")
    session.cassettes.verify()
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "another"))
    reader = new_session()
    reader.cassettes.use("lesson.cassette", mode="replay")
    for name, data in pictures.items():
        (image,) = reader.generate(f"a {name}").images
        assert (image.bytes, image.origin) == (data, "cassette")
        assert image.preview.mime in {"image/jpeg", "image/png"}
    assert server.calls == len(pictures)


def test_a_store_with_odd_pictures_is_rebuilt_from_its_files(session, server, home, new_session):
    data = {name: ODD[name][0]() for name in ("BMP", "TIFF", "last row")}
    for name, picture in data.items():
        server.script(rows(row(picture), usage=USAGE))
        session.generate(f"a {name}")
    session.close()
    for path in home.glob("imagegen.sqlite3*"):
        path.unlink()
    storage = new_session().workshop.storage
    assert {image.bytes for entry in storage.pictures.history() for image in entry.images} == set(
        data.values()
    )
    assert storage.pictures.verify().sound
    storage.pictures.gc()
    assert len(storage.pictures.verify().unknown) == 0
    assert storage.pictures.verify().checked == 3


HOSTILE = {
    "no palette": raw_png(8, 8, zlib.compress(bytes(72)), colour=3),
    "1x60,000,000": raw_png(1, 60_000_000, zlib.compress(bytes(100))),
    "60,000,000x1": raw_png(60_000_000, 1, zlib.compress(bytes(100))),
    "two megapixels of nothing": raw_png(2000, 1000, zlib.compress(bytes(10))),
    "a million chunks": raw_png(8, 8, zlib.compress(bytes(200)), extra=chunk(b"IDAT", b"") * 1_000_000),
    "half a picture": paint("512x512")[: len(paint("512x512")) // 2],
    "text": b"I cannot draw that.",
    "one byte": b"\x89",
    "BMP of 4 billion": b"BM"
    + bytes(12)
    + struct.pack("<IiiHHI", 40, 2**31 - 1, -(2**31), 1, 24, 0)
    + bytes(20),
    "TIFF of a million strips": b"II*\0\x08\0\0\0\x01\0"
    + struct.pack("<HHII", 273, 4, 4_000_000, 26)
    + bytes(99),
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="10">{1}</svg>'
HOSTILE_SVG = {
    "endless width": SVG.format("9" * 400, ""),
    "endless box": SVG.replace("width", "viewBox").format(f"0 0 {'9' * 400} 1", ""),
    "wide": SVG.format(60_000_000, ""),
    "a million elements": SVG.format(10, "<g/>" * 900_000),
    "a million attributes": SVG.format(10, "<g " + " ".join(f'a{n}=""' for n in range(300_000)) + "/>"),
    "cut": SVG.format(10, "")[:-8],
}


def jpeg_of_scans():
    data = encode("JPEG", progressive=True)
    sized = data.index(b"\xff\xc2") + 5
    data = data[:sized] + struct.pack(">HH", 7000, 9000) + data[sized + 4 :]
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 400 + data[at:]


@pytest.mark.parametrize("name", [*HOSTILE, "scans over 63 million pixels"])
def test_one_odd_picture_of_three_loses_nothing_but_itself(session, server, name):
    bad = HOSTILE.get(name) or jpeg_of_scans()
    good = [paint("64x64", seed=seed) for seed in (1, 2)]
    server.script(rows(row(good[0]), row(bad), row(good[1]), usage=USAGE))
    started = time.monotonic()
    result = session.generate("a lighthouse", n=3)
    assert time.monotonic() - started < 10
    assert [image.bytes for image in result.images] == good
    (kept,) = session.workshop.storage.unread.all()
    assert kept.path.read_bytes() == bad
    notes = " ".join(result.notes)
    assert "2 of 3" in notes
    assert str(kept.path) in notes
    assert result.cost.usd > 0
    server.script(rows(row(paint("64x64", seed=3)), usage=USAGE))
    assert len(session.generate("a lighthouse", n=3).images) == 3


@pytest.mark.parametrize("name", HOSTILE_SVG)
def test_an_svg_that_would_take_for_ever_is_refused_at_once_and_kept_aside(session, server, name):
    bad = HOSTILE_SVG[name].encode()
    server.script(rows(row(bad), usage=USAGE))
    started = time.monotonic()
    with pytest.raises(ImagegenError, match="contained no valid picture"):
        session.generate("a lighthouse", output_format="svg", provider="openai", model="gpt-image-2.6-flare")
    assert time.monotonic() - started < 10
    assert [kept.path.read_bytes() for kept in session.workshop.storage.unread.all()] == [bad]


def seeds():
    still = [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("GIF", {})]
    still += [("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]
    still += [(kind, {}) for kind in ("PPM", "QOI", "ICO", "DDS", "SGI", "PCX", "TGA")]
    still += [("AVIF", {})] if features.check("avif") else []
    found = [encode(kind, **options) for kind, options in still]
    turned = Image.open(BytesIO(paint("64x64"))).convert("RGB").rotate(90)
    found += [encode(kind, save_all=True, append_images=[turned] * 2) for kind in ("PNG", "GIF", "WEBP")]
    drawing = "<style>.a{fill:url(#b)}</style><path class='a' d='M0 0h5'/><use href='#a'/>"
    return [*found, SVG.format(24, drawing).encode()]


def mutated(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(max(1, len(data)))
        number = rng.choice((0, 1, 255, 65_535, 60_000_000, 2**31 - 1, 2**32 - 1))
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 50)]
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
            case 3:
                data[at : at + 4] = struct.pack(rng.choice("<>") + "I", number)
            case 4:
                del data[at:]
    return bytes(data)


def test_whatever_the_bytes_are_they_are_a_picture_or_refused_and_soon():
    rng, pictures = random.Random(20261129), seeds()
    slowest = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(1500):
            data = mutated(rng.choice(pictures), rng)
            started = time.monotonic()
            with contextlib.suppress(ImageRejected):
                found, small = examine(data, allow_svg=True)
                assert small.mime in {"image/jpeg", "image/png"}
                assert max(found.width, found.height) <= 65_500
            slowest = max(slowest, time.monotonic() - started)
    assert slowest < 5


def progressive():
    # Noise, so that each scan has a share of the bytes.
    out = BytesIO()
    Image.effect_noise((64, 64), 90).convert("RGB").save(out, "JPEG", progressive=True, quality=95)
    return out.getvalue()


def test_of_a_cut_progressive_picture_the_scans_that_only_refine_may_be_missing():
    data = progressive()
    starts = [found.start() for found in re.finditer(b"\xff\xda", data)]
    # libjpeg's ten scans: the fifth brings the last coefficients that were missing, the sixth refines.
    for scan in range(1, 10):
        for at in (starts[scan] + 20, starts[scan] - 20):
            kept = scan >= (5 if at > starts[scan] else 6)
            if kept:
                examine(data[:at], allow_svg=False)
            else:
                with pytest.raises(ImageRejected, match="cut off"):
                    examine(data[:at], allow_svg=False)


def test_what_pillow_reads_in_python_is_capped_by_its_header():
    for data in (
        b"qoif" + struct.pack(">IIBB", 3000, 3000, 3, 0) + bytes(20),
        b"P6 3000 3000 1000\n" + bytes(20),
        b"P3 3000 3000 255\n" + bytes(20),
    ):
        with pytest.raises(ImageRejected, match="2,000,000 pixels are accepted"):
            examine(data, allow_svg=False)


@pytest.mark.parametrize(
    ("options", "answer", "said"),
    [
        ({"size": "1024x1024"}, {}, "size 1024x1024 was requested, and 64x64 arrived."),
        ({"output_format": "webp"}, {}, "WEBP was requested and PNG arrived."),
        ({"quality": "high"}, {"quality": "low"}, "quality high was requested, and the picture is low."),
        ({"quality": "high"}, {"quality": "high"}, ""),
    ],
)
def test_an_answer_that_is_not_as_it_was_asked_for_has_a_note(session, server, options, answer, said):
    body = rows(row(paint("64x64")), usage=USAGE)
    if answer:
        body.body = body.body[:-1] + f', "quality": "{answer["quality"]}"}}'.encode()
    server.script(body)
    notes = session.generate("a lighthouse", **options).notes
    assert said in notes if said else not any("quality" in note for note in notes)


def test_a_proper_answer_has_no_notes(session):
    assert session.generate("a lighthouse").notes == ()


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"input_tokens": 10, "output_tokens": 400_000, "total_tokens": 400_010}, "more than the"),
        ({"input_tokens": 10, "output_tokens": 20, "total_tokens": 30}, "less than half of the"),
        (None, ""),
    ],
)
def test_a_cost_that_is_not_what_the_prices_give_has_a_note_and_a_word_in_the_ledger(
    session, server, usage, said
):
    server.script(rows(row(paint("1024x1024")), usage=usage))
    result = session.generate("a lighthouse", size="1024x1024", quality="low")
    odd = [note for note in result.notes if "it cost" in note.lower()]
    database = session.workshop.storage.pictures.database
    (charge,) = database.all("SELECT state, cost_nano, reason FROM charges")
    assert charge["state"] == "settled"
    if said:
        assert said in odd[0]
        assert said in charge["reason"]
    else:
        assert odd == []
        assert charge["reason"] is None


@pytest.mark.parametrize(
    "answer",
    [
        row(b"<html>busy</html>"),
        row(paint("512x512")[:99]),
        {"url": "https://pictures.example/a.png"},
        {"b64_json": "#" * 400},
    ],
    ids=["a page", "a cut picture", "an address", "no base64"],
)
def test_told_usage_is_charged_where_no_picture_came(session, server, answer):
    server.script(rows(answer, usage=USAGE))
    with pytest.raises(ProviderError) as told:
        session.generate("a lighthouse", size="1024x1024", quality="low")
    assert "$0.0059" in str(told.value)
    (charge,) = session.workshop.storage.pictures.database.all("SELECT state, cost_nano, reason FROM charges")
    assert (charge["state"], charge["cost_nano"]) == ("settled", 5_930_000)
    assert "unread answer is kept" in charge["reason"]
    assert len(session.workshop.storage.unread.all()) == 1
