"""What people have for a picture goes in, or is named with what to do; numbers and None mean what they say."""

from __future__ import annotations

import base64
import io
import json
import os
import struct
import threading
import time
import zlib
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from jupyter_imagegen.errors import ImagegenError, RequestError, SourceError

SIZE = (64, 48)


def scene(mode="RGB"):
    return Image.new("RGB", SIZE, (200, 40, 10)).convert(mode)


def encoded(kind="PNG", **options):
    out = io.BytesIO()
    scene().save(out, kind, **options)
    return out.getvalue()


PNG = encoded()


class Raw(io.RawIOBase):
    """A raw file that gives a few bytes at a time and cannot go back, as a socket's does."""

    def __init__(self):
        self.left = PNG

    def readable(self):
        return True

    def readinto(self, buffer):
        piece, self.left = self.left[: min(7, len(buffer))], self.left[min(7, len(buffer)) :]
        buffer[: len(piece)] = piece
        return len(piece)


class Tensor:
    """A tensor of another library: it says how an array is made of it."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def read_to_the_end():
    file = io.BytesIO(PNG)
    file.read()
    return file


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my cat #1.png").write_bytes(PNG)
    return tmp_path


GIVEN = {
    "BytesIO": lambda _: io.BytesIO(PNG),
    "BytesIO read to the end": lambda _: read_to_the_end(),
    "open file": lambda folder: (folder / "my cat #1.png").open("rb"),
    "raw file": lambda _: Raw(),
    "buffered pipe": lambda _: io.BufferedReader(Raw()),
    "Path": lambda folder: folder / "my cat #1.png",
    "os.PathLike": lambda folder: SimplePath(folder / "my cat #1.png"),
    "bytearray": lambda _: bytearray(PNG),
    "memoryview": lambda _: memoryview(PNG),
    "name and bytes": lambda _: ("cat.png", PNG),
    "name, bytes, media type": lambda _: ("cat.png", PNG, "image/png"),
    "name, file, media type, headers": lambda _: ("cat.png", io.BytesIO(PNG), "image/png", {}),
    "no name, bytes, media type": lambda _: (None, PNG, "image/png"),
    "file: address": lambda folder: f"file://{quote(str(folder / 'my cat #1.png'))}",
    "file: address, localhost": lambda folder: f"file://localhost{quote(str(folder / 'my cat #1.png'))}",
    "file: address, one slash": lambda folder: f"FILE:{quote(str(folder / 'my cat #1.png'))}",
    "Path.as_uri()": lambda folder: (folder / "my cat #1.png").as_uri(),
    "data: address": lambda _: f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    "data: address in lines": lambda _: "data:image/png;base64," + base64.encodebytes(PNG).decode(),
    "what FileUpload holds": lambda _: {"name": "cat.png", "type": "image/png", "content": memoryview(PNG)},
}


class SimplePath(os.PathLike):
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@contextmanager
def opened(give, folder):
    """Three of a kind; those that are files are closed afterwards."""
    with ExitStack() as stack:
        made = [give(folder) for _ in range(3)]
        for one in made:
            if hasattr(one, "close"):
                stack.callback(one.close)
        yield made


@pytest.mark.parametrize("give", GIVEN.values(), ids=GIVEN)
def test_what_people_have_is_sent_as_it_is(edit, folder, give):
    with opened(give, folder) as (one, two, three):
        assert edit(one).data == PNG
        assert edit([two, three]).data == PNG


def test_a_file_stays_where_it_was_read_to_and_can_be_given_again(edit):
    file = io.BytesIO(PNG)
    file.seek(5)
    edit(file)
    assert file.tell() == 5
    assert not file.closed
    assert edit(file).data == PNG


def test_a_pair_of_paths_is_two_pictures(edit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "b.png"):
        Path(name).write_bytes(PNG)
    assert len(edit(("a.png", "b.png")).result.request.images) == 2
    assert len(edit((PNG, PNG)).result.request.images) == 2


@pytest.mark.parametrize(
    ("give", "words"),
    [
        (lambda folder: (folder / "my cat #1.png").open(encoding="latin-1"), "open as text"),
        (lambda _: io.StringIO("x"), "open as text"),
        (lambda _: io.BytesIO(), "empty"),
        (lambda _: closed(), "closed"),
        (lambda _: "file://elsewhere/a.png", "another machine"),
        (lambda _: "file:///no/such.png", "not a regular file"),
        (lambda folder: folder.as_uri(), "not a regular file"),
        (lambda _: "data:image/png;base64,!!!", "not base64"),
        (lambda _: "data:image/png;base64,QUJD", "not a PNG"),
    ],
)
def test_what_cannot_be_read_says_why(edit, folder, give, words):
    with opened(give, folder) as (one, _, _), pytest.raises(SourceError, match=words):
        edit(one)


def closed():
    file = io.BytesIO(PNG)
    file.close()
    return file


FORMATS = {
    "TIFF": ("TIFF", {}),
    "TIFF, packed": ("TIFF", {"compression": "tiff_lzw"}),
    "BMP": ("BMP", {}),
    "AVIF": ("AVIF", {}),
    "JPEG 2000": ("JPEG2000", {}),
    "PNM": ("PPM", {}),
    "BigTIFF": ("TIFF", {"big_tiff": True}),
    "ICO": ("ICO", {"sizes": [(32, 32)]}),
    "TGA": ("TGA", {}),
    "PCX": ("PCX", {}),
    "SGI": ("SGI", {}),
    "DDS": ("DDS", {}),
    "GIF": ("GIF", {}),
}


@pytest.mark.parametrize(("kind", "options"), FORMATS.values(), ids=FORMATS)
def test_formats_that_the_api_does_not_take_become_png_and_say_so(edit, kind, options):
    sent = edit(encoded(kind, **options))
    assert sent.image.format == "PNG"
    assert all(
        abs(a - b) < 12
        for a, b in zip(sent.image.convert("RGB").getpixel((9, 9)), (200, 40, 10), strict=True)
    )
    assert any("converted from" in note for note in sent.result.notes)


def test_an_icon_that_holds_a_huge_picture_is_refused_before_it_is_decoded(edit):
    with pytest.raises(SourceError, match="the icon is 100,000,000 pixels"):
        edit(icon_of(10_000, 10_000))


def icon_of(width, height):
    """An icon of 16x16, whose picture says another size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + png


def test_a_tiff_of_several_pages_gives_the_first(edit):
    out = io.BytesIO()
    scene().save(out, "TIFF", save_all=True, append_images=[Image.new("RGB", SIZE, "blue")])
    sent = edit(out.getvalue())
    assert sent.image.convert("RGB").getpixel((5, 5)) == (200, 40, 10)
    assert any("the first of 2 frames" in note for note in sent.result.notes)


def test_a_tiff_of_floats_is_scaled_or_refused(edit):
    out = io.BytesIO()
    Image.new("F", SIZE, 0.5).save(out, "TIFF")
    assert edit(out.getvalue()).image.convert("L").getextrema() == (128, 128)
    out = io.BytesIO()
    Image.new("F", SIZE, 500.0).save(out, "TIFF")
    with pytest.raises(SourceError, match="floats from 500 to 500"):
        edit(out.getvalue())


def raw_tiff(tag, value):
    """A TIFF whose first picture says that it is only a camera's preview."""
    from PIL import TiffImagePlugin

    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[tag] = value
    out = io.BytesIO()
    scene().save(out, "TIFF", tiffinfo=tags)
    return out.getvalue()


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


@pytest.mark.parametrize(
    ("data", "what", "do"),
    [
        (b"%PDF-1.7\n" + bytes(50), "a PDF", "Export the page"),
        (b"8BPS\0\1" + bytes(50), "Photoshop", "Export it as PNG"),
        (b"gimp xcf v011" + bytes(50), "GIMP", "Export it as PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript", "Export it as PNG"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(50), "RAW", "Export it as JPEG"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(50), "RAW", "Export it as JPEG"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50), "RAW", "Export it as JPEG"),
        (raw_tiff(0xFE, 1), "RAW", "Export it as JPEG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(50), "a film", "Save one picture"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(50), "a film", "Save one picture"),
        (b"\x1a\x45\xdf\xa3" + bytes(50), "a film", "Save one picture"),
        (b"RIFF\0\1\0\0AVI LIST" + bytes(50), "a film", "Save one picture"),
        (b"\xff\x0a" + bytes(50), "JPEG XL", "Export it"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG", "Export it as PNG"),
        (b"PK\x03\x04" + bytes(50), "zip", "the picture that is in it"),
        (b"\x93NUMPY\1\0" + bytes(50), "NumPy", "numpy.load"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS", "git lfs pull"),
        (b"<!DOCTYPE html><html></html>", "HTML", "picture file"),
        (encoded("TIFF")[:-900], "TIFF", "Export it"),
        (encoded("AVIF")[:-100], "AVIF", "Export it"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(edit, data, what, do):
    with pytest.raises(SourceError) as caught:
        edit(data)
    assert what in caught.value.message
    assert do in caught.value.hint


@pytest.mark.parametrize(
    "brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"heix\0\0\0\0mif1heix"]
)
def test_a_heic_is_read_where_that_can_be_and_else_named(edit, brands):
    data = b"\0\0\0\x18ftyp" + brands + bytes(100)
    with pytest.raises(SourceError) as caught:
        edit(data)
    assert "HEIC" in caught.value.message
    assert "JPEG" in caught.value.hint


def test_a_heic_is_read_without_changing_pillow_for_everybody(edit):
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(scene()).save(out, quality=-1)
    before = dict(Image.OPEN)
    sent = edit(out.getvalue())
    assert sent.image.convert("RGB").size == SIZE
    assert before == Image.OPEN


ramp = np.tile(np.linspace(0, 1, 64, dtype="float32"), (64, 1))


@pytest.mark.parametrize(
    "picture",
    [
        ramp,
        ramp.astype("float64"),
        ramp.astype(">f4"),
        ramp[..., None],
        np.dstack([ramp] * 3),
        (ramp * 255).round().astype("uint8"),
        np.asfortranarray((ramp * 255).round().astype("uint8")),
        np.repeat((ramp * 255).round().astype("uint8"), 2, axis=1)[:, ::2],
        Image.fromarray(ramp),
        Image.fromarray((ramp * 255).round().astype("int32")),
        Image.fromarray((ramp * 65535).astype("int32")),
        Image.fromarray((ramp * 65535).astype("uint16")),
        Tensor(ramp),
    ],
    ids=range(13),
)
def test_a_ramp_of_greys_arrives_as_one_whatever_holds_it(edit, picture):
    greys = np.asarray(edit(picture).image.convert("L"))
    assert (greys.min(), greys.max(), len(np.unique(greys))) == (0, 255, 64)


@pytest.mark.parametrize(
    ("picture", "words", "do"),
    [
        (ramp * 255, "floats from 0 to 255", "/ 255"),
        (Image.fromarray(ramp * 255), "floats from 0 to 255", "/ 255"),
        (np.full((8, 8), np.inf), "floats from inf", "Scale"),
        (Image.fromarray(np.array([[0.0, np.nan]], "float32")), "floats from nan", "Scale"),
        (np.ma.masked_less(np.array([[0.0, 1.0]]), 0.5), "masked values", ".filled(0)"),
        (Image.fromarray(np.array([[0.0, np.inf]], "float32")), "floats", "Scale"),
        (Image.fromarray(np.array([[0, -1]], "int32")), "from -1 to 0", "Scale"),
        (Image.fromarray(np.array([[0, 70_000]], "int32")), "from 0 to 70000", "Scale"),
        ((ramp * 65535).astype("uint16"), "array of uint16", "max() * 255"),
        (np.zeros((8, 8), "int64"), "array of int64", "astype('uint8')"),
        (np.full((8, 8), -4), "array of int64", "-4 to -4"),
        (np.zeros((3, 64, 64), "uint8"), r"the shape (3, 64, 64)", "moveaxis"),
        (Tensor(np.zeros((3, 64, 64), "float32")), r"the shape (3, 64, 64)", "moveaxis"),
        (np.zeros((5, 8, 8, 3), "uint8"), "the shape", "take one"),
        (np.zeros((0, 8, 3), "uint8"), "the shape (0, 8, 3)", ""),
    ],
)
def test_numbers_that_are_no_shades_are_refused_with_what_they_are(edit, picture, words, do):
    with pytest.raises(SourceError) as caught:
        edit(picture)
    assert words in caught.value.message
    assert do in caught.value.hint


def test_two_channels_are_grey_and_alpha_and_nothing_of_an_array_is_written_to(edit):
    pair = np.full((48, 64, 2), 200, "uint8")
    pair.flags.writeable = False
    assert edit(pair).image.getchannel("A").getextrema() == (200, 200)


# options


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float64, np.float32, float, np.array])
def test_numbers_of_numpy_and_whole_floats_are_numbers(edit, kind):
    options = {"n": 2, "partial_images": 0, "timeout": 60, "output_compression": 80, "max_cost": 5}
    given = {name: kind(value) for name, value in options.items()}
    found = edit.session.preflight("a fox", output_format="webp", **given).order
    plain = edit.session.preflight("a fox", output_format="webp", **options).order
    assert (found.options, found.request, found.max_cost) == (plain.options, plain.request, Decimal(5))
    assert json.dumps(found.request.parameters()) == json.dumps(plain.request.parameters())
    settings = edit.session.configure(preview=kind(100), timeout=kind(60))
    assert (settings.preview, settings.timeout) == (100, 60)
    edit.session.configure(preview=None, timeout=None)


def test_words_and_truths_of_numpy_are_words_and_truths(edit):
    found = edit.session.preflight("a fox", size=np.str_("1536x1024"), fresh=np.bool_(True)).order
    assert (type(found.request.size), found.fresh) == (str, True)


@pytest.mark.parametrize("wrong", [np.float64(1.5), 1.5, np.nan, np.bool_(True), np.array([1, 2])])
def test_what_is_no_whole_number_is_refused(edit, wrong):
    with pytest.raises((RequestError, ImagegenError), match="n must be"):
        edit.session.preflight("a fox", n=wrong)


def test_none_is_not_given_for_every_option(edit):
    from jupyter_imagegen.orders import PictureOptions

    nothing = dict.fromkeys(PictureOptions.__annotations__)
    session = edit.session
    assert session.preflight("a fox", **nothing).order.request == session.preflight("a fox").order.request
    assert session.estimate("a fox", image=None, mask=None, **nothing) == session.estimate("a fox")
    sent = edit(PNG, **{name: None for name in nothing if name != "fresh"}, mask=None, markup=None)
    assert "mask" not in sent.files
    again = session.edit("make it winter", image=PNG)
    assert again.cached
    assert (
        again.edit("make it summer", size=None, model=None, provider=None).request.model
        == again.request.model
    )
    with pytest.raises(RequestError, match="not an option"):
        session.preflight("a fox", sise=None)


# addresses


@contextmanager
def slow(*, header, body):
    """A server that sends a byte every tenth of a second: of its header, or of the picture."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            start = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
            whole = start + b"X-Filler: " + b"x" * 900 + b"\r\n\r\n" if header else start + b"\r\n" + PNG * 9
            for at in range(len(whole)):
                if header or (body and at > len(start)):
                    ended.wait(0.1)
                try:
                    self.wfile.write(whole[at : at + 1])
                except OSError:
                    break
            ended.set()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", ended
        finally:
            ended.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("part", ["header", "body"])
def test_an_address_that_drips_is_given_up_in_time_and_the_connection_closed(edit, part):
    with slow(header=part == "header", body=part == "body") as (url, ended):
        edit.session.configure(allowed_urls=[url], timeout=1)
        began = time.monotonic()
        try:
            with pytest.raises(SourceError, match="not there after 1 second"):
                edit(f"{url}a.png")
            assert time.monotonic() - began < 5
            assert ended.wait(5)
        finally:
            edit.session.configure(allowed_urls=None, timeout=None)


def test_what_an_address_hides_is_in_no_caption_and_no_error(edit):
    with slow(header=False, body=False) as (url, _):
        edit.session.configure(allowed_urls=[url])
        sent = edit(f"{url}a.png?signature=SECRET")
        assert sent.result.request.images[0].name == f"{url}a.png"
        edit.session.configure(allowed_urls=None)
    with pytest.raises(SourceError) as caught:
        edit("https://me:SECRET@example.org/a.png?signature=SECRET")
    assert "SECRET" not in str(caught.value)
