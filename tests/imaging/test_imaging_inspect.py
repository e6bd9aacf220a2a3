"""What is let in, what is refused, and that nothing hostile costs memory, time or a warning."""

from __future__ import annotations

import base64
import re
import struct
import subprocess
import sys
import threading
import tracemalloc
import warnings
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageFile, features

from jupyter_imagegen.imaging import ImageRejected, Inspected, examine, inspect
from jupyter_imagegen.imaging.headers import quietly


def test_importing_the_package_does_not_import_pillow():
    code = "import sys, jupyter_imagegen.imaging; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_each_format_is_known_by_its_bytes(encode, gradient, kind, mime):
    found = inspect(encode(gradient(40, 30), kind))
    assert found == Inspected(mime=mime, width=40, height=30, has_alpha=False, frames=1)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_kind_of_webp_says_its_size(encode, noise, lossless, mode):
    found = inspect(encode(noise(33, 21, mode), "WEBP", lossless=lossless))
    assert (found.width, found.height, found.has_alpha) == (33, 21, mode == "RGBA")


def test_a_progressive_jpeg_with_restart_markers_and_a_film_behind_it_is_a_jpeg(encode, noise):
    data = encode(noise(64, 48), "JPEG", progressive=True, restart_marker_blocks=1)
    found = inspect(data + b"ftypmp42\xff\xda\x00" * 1000)
    assert (found.mime, found.width, found.height) == ("image/jpeg", 64, 48)


@pytest.mark.parametrize(
    ("mode", "has_alpha"),
    [("1", False), ("L", False), ("LA", True), ("P", False), ("RGB", False), ("RGBA", True), ("I;16", False)],
)
def test_every_mode_of_png_is_read(encode, mode, has_alpha):
    assert inspect(encode(Image.new(mode, (9, 7)))).has_alpha is has_alpha


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize(
    ("container", "options"),
    [
        ("PNG", {}),
        ("PNG", {"transparency": 0}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 50}),
        ("WEBP", {"quality": 50, "icc_profile": b"a profile makes a header of its own"}),
        ("GIF", {}),
        ("GIF", {"transparency": 0}),
        ("JPEG", {}),
    ],
)
def test_the_header_tells_of_transparency_what_pillow_finds_after_decoding(mode, container, options):
    if mode == "RGBA" and (container == "JPEG" or "transparency" in options):
        pytest.skip("there is no such picture")
    picture = Image.new(mode, (9, 7), 1 if mode == "P" else (1, 2, 3, 4)[: len(mode)])
    if mode == "RGB" and "transparency" in options:
        options = {"transparency": (0, 0, 0) if container == "PNG" else 0}
    out = BytesIO()
    (picture.convert("RGB") if container == "JPEG" else picture).save(out, container, **options)
    with Image.open(BytesIO(out.getvalue())) as found:
        found.load()
        assert inspect(out.getvalue()).has_alpha is found.has_transparency_data


def test_a_palette_with_trns_has_alpha(encode):
    assert inspect(encode(Image.new("P", (9, 7)), transparency=0)).has_alpha


def test_a_cmyk_jpeg_is_a_picture(encode):
    assert inspect(encode(Image.new("CMYK", (9, 7)), "JPEG")).mime == "image/jpeg"


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_frames_of_an_animation_are_counted(encode, noise, kind):
    frames = [noise(20, 10, seed=seed) for seed in range(5)]
    found = inspect(encode(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert (found.frames, found.width, found.height) == (5, 20, 10)


def test_a_900_megapixel_header_is_refused_without_decoding(raw_png):
    data = raw_png(30_000, 30_000, pixels=zlib.compress(bytes(1000)))
    tracemalloc.start()
    try:
        with pytest.raises(ImageRejected, match=r"30000x30000.*900,000,000 pixels; at most 64,000,000"):
            inspect(data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [(9500, 9500), (14_000, 14_000)])
def test_pillows_own_bomb_warning_and_error_never_show(raw_png, recwarn, size):
    data = raw_png(*size, bits=1, colour=0, pixels=zlib.compress(bytes(100)))
    with pytest.raises(ImageRejected):
        inspect(data, max_pixels=10**9)
    assert not recwarn.list


def test_a_picture_at_the_cap_is_let_in_and_one_pixel_more_is_not(encode):
    data = encode(Image.new("L", (100, 10)))
    assert inspect(data, max_pixels=1000).width == 100
    with pytest.raises(ImageRejected, match="1,000 pixels; at most 999"):
        inspect(data, max_pixels=999)


def test_all_frames_of_a_gif_count_against_the_cap(encode, noise):
    frames = [noise(20, 10, seed=seed) for seed in range(5)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageRejected, match="20x10 times 5 frames, 1,000 pixels"):
        inspect(data, max_pixels=999)


def test_a_gif_frame_that_sticks_out_of_its_canvas_counts_with_its_real_size(encode):
    data = bytearray(encode(Image.new("L", (10, 10)), "GIF"))
    at = data.rindex(b"\x2c\x00\x00\x00\x00\x0a\x00\x0a\x00")
    data[at + 1 : at + 5] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(ImageRejected, match="60010x60010"):
        inspect(bytes(data))


def test_a_million_tiny_frames_are_refused():
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    data = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame * 100_000 + b";"
    with pytest.raises(ImageRejected, match="100,000 frames; at most 1,000"):
        inspect(data)


def test_a_text_chunk_that_unpacks_to_a_gigabyte_is_left_packed(raw_png, chunk):
    squeezer = zlib.compressobj(9)
    bomb = b"".join(squeezer.compress(bytes(2**20)) for _ in range(256)) + squeezer.flush()
    data = raw_png(1, 1, pixels=zlib.compress(bytes(4)), extra=chunk(b"zTXt", b"Comment\0\0" + bomb))
    tracemalloc.start()
    try:
        assert inspect(data).width == 1
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_pixel_data_that_unpacks_to_far_more_than_the_picture_stops_at_the_picture(raw_png):
    squeezer = zlib.compressobj(9)
    bomb = b"".join(squeezer.compress(bytes(2**20)) for _ in range(256)) + squeezer.flush()
    tracemalloc.start()
    try:
        assert inspect(raw_png(2, 2, pixels=bomb)).width == 2
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_a_jpeg_of_nothing_but_scans_is_refused(encode, gradient):
    data = encode(gradient(16, 16), "JPEG", progressive=True)
    at = data.index(b"\xff\xda")
    stop = data.index(b"\xff", at + 2)
    with pytest.raises(ImageRejected, match="500 scans"):
        inspect(data[:at] + data[at:stop] * 600 + data[at:])


def test_what_would_keep_a_decoder_busy_is_refused_by_its_header_in_words(encode, gradient, raw_png, chunk):
    rows = zlib.compress(bytes(4 * 70_000))
    progressive = encode(gradient(16, 16), "JPEG", progressive=True)
    sized = progressive.index(b"\xff\xc2") + 5
    wide = progressive[:sized] + struct.pack(">HH", 7000, 9000) + progressive[sized + 4 :]
    at = wide.rindex(b"\xff\xda")
    empty = b'<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="1">%s</svg>'
    strips = struct.pack("<HHII", 273, 4, 60_000, 26)
    packed = struct.pack("<IiiHHIIiiII", 40, 9, 9, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(2**21)
    for data, words in (
        (raw_png(1, 70_000, pixels=rows), "1x70000; sides of at most 65,500"),
        (raw_png(8, 8, pixels=rows, extra=chunk(b"tEXt", b"a\0") * 60_000), "more than 50,000 chunks"),
        (wide[:at] + wide[at:-2] * 20 + wide[at:], r"\d+ scans over 9000x7000 pixels"),
        (empty % (b"1", b"<g/>" * 250_000), "more than 200,000 elements"),
        (empty % (b"9" * 400, b""), "its size is endless"),
        (empty % (b"70000", b""), "70000x1; sides of at most"),
        (b"II*\0\x08\0\0\0\x01\0" + strips, "60,000 parts"),
        (b"BM" + bytes(12) + packed, "packed by run length"),
    ):
        with pytest.raises(ImageRejected, match=words):
            inspect(data, allow_svg=True)
    if features.check("jpg_2000"):
        tiled = bytearray(encode(gradient(16, 16), "JPEG2000"))
        size = tiled.index(b"\xff\x4f\xff\x51") + 8
        tiled[size : size + 24] = struct.pack(">6I", 7000, 7000, 0, 0, 1, 1)
        with pytest.raises(ImageRejected, match="49,000,000 parts"):
            inspect(bytes(tiled))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_picture_of_which_half_is_missing_is_refused(encode, noise, kind, share):
    data = encode(noise(100, 100), kind)
    with pytest.raises(ImageRejected):
        inspect(data[: int(len(data) * share)])
    with pytest.raises(ImageRejected):
        examine(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("cut", [1, 2, 5, 13, 100])
def test_a_picture_without_its_last_bytes_is_let_in_and_said_to_be_damaged(encode, noise, kind, cut):
    data = encode(noise(100, 100), kind)
    found, small = examine(data[:-cut])
    assert (found.width, found.height) == (100, 100)
    assert re.search(r"cut off|damaged", found.flaws[0])
    assert inspect(data[:-cut]) == found
    assert (small.width, small.height) == (100, 100)


def test_what_is_there_of_a_cut_picture_is_shown_and_the_rest_is_left_white(encode, opened, raw_png):
    blue = zlib.compress(b"".join(b"\0" + bytes((0, 0, 255)) * 80 for _ in range(80)), 0)
    found, small = examine(raw_png(80, 80, pixels=blue[: len(blue) * 9 // 10]))
    (flaw,) = found.flaws
    assert re.search(r"1\d\.\d% of it is missing, and left white", flaw)
    shown = opened(small.data)
    red, _, blue = shown.getpixel((40, 5))
    assert blue - red > 150
    assert min(shown.getpixel((40, 78))) > 200


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_cut_at_any_byte_is_refused_or_said_to_be_cut(encode, noise, kind):
    data = encode(noise(8, 8), kind)
    for length in range(len(data)):
        try:
            found = inspect(data[:length])
        except ImageRejected:
            continue
        assert found.flaws, length
        assert length > len(data) * 0.7


def test_an_animation_whose_last_frame_is_damaged_shows_its_first_and_says_so(encode, noise, chunk):
    frames = [noise(40, 40, seed=seed) for seed in range(3)]
    data = encode(frames[0], save_all=True, append_images=frames[1:])
    at = data.rindex(b"fdAT") - 4
    (length,) = struct.unpack_from(">I", data, at)
    damaged = chunk(b"fdAT", data[at + 8 : at + 12] + b"x" * (length - 4))
    assert inspect(data).flaws == ()
    (flaw,) = inspect(data[:at] + damaged + data[at + 12 + length :]).flaws
    assert "not all of its frames" in flaw


def test_every_flipped_bit_of_a_png_is_refused_or_said(encode, noise):
    data = encode(noise(8, 8))
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 0x10
        try:
            found = inspect(bytes(flipped))
        except ImageRejected:
            continue
        assert (found.width, found.height) == (8, 8)
        assert found.flaws, position


def test_packed_pixels_that_are_cut_under_a_right_checksum_are_found(raw_png, noise):
    packed = zlib.compress(b"".join(b"\0" + noise(100, 1, seed=row).tobytes() for row in range(100)))
    assert inspect(raw_png(100, 100, pixels=packed)).flaws == ()
    with pytest.raises(ImageRejected, match="50% of it is missing"):
        inspect(raw_png(100, 100, pixels=packed[: len(packed) // 2]))
    (flaw,) = inspect(raw_png(100, 100, pixels=packed[:-4] + b"abcd")).flaws
    assert "wrong checksum" in flaw


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the data is empty"),
        (b"<!doctype html><html><body>502</body></html>", "HTML or XML text"),
        (b"\xef\xbb\xbf  <html>", "HTML or XML text"),
        (b"BM" + bytes(100), "not a PNG, JPEG, WebP, GIF"),
        (b"\x89PNG\r\n\x1a\n", "holds no pixels"),
        (b"\xff\xd8\xff", "cut off or holds no pixels"),
        (b"GIF89a", "cut off"),
        (b"RIFF\x04\x00\x00\x00WEBP", "holds no pixels"),
        (b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b";", "holds no pixels"),
    ],
)
def test_what_is_not_a_picture_is_refused_with_a_reason(data, reason):
    with pytest.raises(ImageRejected, match=reason):
        inspect(data)


def test_a_picture_without_area_is_refused(raw_png):
    with pytest.raises(ImageRejected, match="no area"):
        inspect(raw_png(0, 5, pixels=zlib.compress(b"")))


def test_a_file_over_the_byte_cap_is_refused_unread(encode):
    data = encode(Image.new("L", (5, 5)))
    with pytest.raises(ImageRejected, match=f"at most {len(data) - 1} are accepted"):
        inspect(data, max_bytes=len(data) - 1)


def test_damaged_exif_leaks_no_warning(encode, gradient, recwarn):
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\x00\xff\xff\xff\xff" * 3
    assert inspect(encode(gradient(9, 9), "JPEG", exif=exif)).width == 9
    assert not recwarn.list


def test_threads_that_inspect_at_once_leave_the_warning_filters_as_they_were():
    before = list(warnings.filters)
    entered, leave = threading.Event(), threading.Event()

    def other():
        with quietly():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with quietly():
        thread.start()
        # Were it let in now, it would leave later with what it found: our filters.
        assert not entered.wait(0.1)
    leave.set()
    thread.join(10)
    assert entered.is_set()
    assert warnings.filters == before


def test_pillows_global_switch_for_cut_files_is_left_alone(encode, noise):
    with pytest.raises(ImageRejected):
        inspect(encode(noise(50, 50), "JPEG")[:1000])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="24" height="12">{}</svg>'
PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()


def test_an_svg_is_refused_unless_it_was_asked_for():
    data = SVG.format("<path d='M0 0'/>").encode()
    with pytest.raises(ImageRejected, match="SVG"):
        inspect(data)
    assert inspect(data, allow_svg=True) == Inspected(
        mime="image/svg+xml", width=24, height=12, has_alpha=True
    )


@pytest.mark.parametrize(
    "body",
    [
        '<defs><linearGradient id="a"><stop offset="0" stop-color="red"/></linearGradient></defs><rect fill="url(#a)"/>',
        '<style>.a { fill: url("#a"); stroke: #fff }</style><path class="a" d="M0 0"/>',
        '<use xlink:href="#a"/><use href="#a"/>',
        f'<image href="{PIXEL}"/>',
        '<metadata><c2pa:manifest xmlns:c2pa="http://c2pa.org/manifest">AAAA</c2pa:manifest></metadata>',
        '<circle r="1"><animate attributeName="r" to="2"/></circle>',
        "<text>on &lt;script&gt; http://example.org url(x)</text>",
    ],
)
def test_a_drawing_is_let_in(body):
    assert inspect(SVG.format(body).encode(), allow_svg=True).mime == "image/svg+xml"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>', "another language"),
        ('<path onclick="alert(1)"/>', "event handler"),
        ('<path OnLoad="alert(1)"/>', "event handler"),
        ("<foreignObject/>", "foreignObject"),
        ("<a href='#x'/>", "<a>"),
        ('<use href="https://example.org/a.svg#b"/>', "outside itself"),
        ('<use xlink:href="java&#x73;cript:alert(1)"/>', "outside itself"),
        ('<use href="data:image/svg+xml;base64,AAAA"/>', "outside itself"),
        ('<image href="file:///etc/passwd"/>', "outside itself"),
        ('<image href="data:image/svg+xml;base64,AAAA"/>', "outside itself"),
        ('<g xml:base="https://example.org/"/>', "outside itself"),
        ('<path fill="url(https://example.org/#a)"/>', "outside itself"),
        ("<path fill=\"URL( '//example.org')\"/>", "outside itself"),
        ('<path style="fill: u\\72l(https://example.org)"/>', "can load something"),
        ("<style>@import 'x.css';</style>", "can load something"),
        ("<style>@im<![CDATA[port 'x.css';]]></style>", "can load something"),
        ("<style>a { background: image-set('https://example.org') }</style>", "can load something"),
        ('<set attributeName="href" to="javascript:alert(1)"/>', "animates href"),
        ('<animate attributeName="xlink:href" values="javascript:alert(1)"/>', "animates xlink:href"),
        ('<set attributeName="onclick" to="alert(1)"/>', "animates onclick"),
        ("<?xml-stylesheet href='x.css'?>", "xml-stylesheet"),
        ("<g>" * 300 + "</g>" * 300, "nested"),
        ("<g>", "well-formed"),
    ],
)
def test_an_svg_that_runs_or_loads_something_is_refused(body, reason):
    with pytest.raises(ImageRejected, match=re.escape(reason)):
        inspect(SVG.format(body).encode(), allow_svg=True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "DOCTYPE"),
        (
            b'<?xml version="1.0" encoding="UTF-7"?><svg xmlns="http://www.w3.org/2000/svg"/>',
            "encoding is UTF-7",
        ),
        (b"<svg/>", "not an SVG picture"),
        (
            b'<html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></html>',
            "<html>",
        ),
        (b'<svg xmlns="http://www.w3.org/2000/svg">\xff</svg>', "not UTF-8"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">' + b" " * (4 * 1024 * 1024), "at most 4,194,304"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>', "at most 64,000,000"),
    ],
)
def test_a_whole_svg_file_is_refused_with_a_reason(data, reason):
    with pytest.raises(ImageRejected, match=reason):
        inspect(data, allow_svg=True)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="30px" height="20.2"', (30, 21)),
        ('viewBox="0 0 64 32"', (64, 32)),
        ('viewBox="0 0 64 32" width="128"', (128, 64)),
        ('viewBox="0 0 64 32" height="64" width="100%"', (128, 64)),
        ('width="1e999" height="nan" viewBox="0 0 0 0"', (300, 150)),
    ],
)
def test_an_svg_says_its_size_in_any_of_the_ways_it_may(attributes, size):
    found = inspect(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}/>'.encode(), allow_svg=True)
    assert (found.width, found.height) == size
