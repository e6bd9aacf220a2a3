"""What a user may name as a picture, and what becomes of everything that is none."""

from __future__ import annotations

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import SimpleNamespace

import pytest
from imageserver import paint
from PIL import Image as Pillow

from jupyter_imagegen.core.media import MOST_INPUT_BYTES
from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.sources import Sources
from jupyter_imagegen.storage import Deck

SIZE = (64, 48)


def png(colour="red", size=SIZE):
    out = BytesIO()
    Pillow.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def colour_of(image):
    """The colour of an input picture's first pixel."""
    with Pillow.open(BytesIO(image.data)) as picture:
        return picture.convert("RGB").getpixel((0, 0))


@pytest.fixture
def sources(session):
    return session.workshop.sources(lambda: session.last)


@pytest.fixture
def red(tmp_path):
    (tmp_path / "red.png").write_bytes(png())
    return "red.png"


# names


def test_a_path_in_the_current_folder(sources, red):
    assert sources.image(red).data == png()


def test_a_path_from_the_home_folder(sources, tmp_path):
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "red.png").write_bytes(png())
    assert sources.image("~/red.png").data == png()


def test_a_path_object(sources, tmp_path, red):
    assert sources.image(tmp_path / red).data == png()


def test_last_is_the_sessions_last_result(session, sources):
    result = session.generate("a lighthouse")
    assert sources.image("last").digest == result.images[0].digest


def test_last_after_a_restart_is_the_newest_stored_one(session, server, new_session):
    result = session.generate("a lighthouse")
    fresh = new_session()
    assert fresh.workshop.sources(lambda: fresh.last).image("last").digest == result.images[0].digest


def test_last_where_nothing_was_made_yet(sources):
    with pytest.raises(SourceError, match="nothing was made yet"):
        sources.image("last")


def test_the_beginning_of_a_key(session):
    result = session.generate("a lighthouse")
    sources = session.workshop.sources(lambda: session.last)
    assert sources.image(result.key[:8]).digest == result.images[0].digest


def test_a_key_that_no_picture_has(sources):
    with pytest.raises(SourceError, match="begins with 'abcdef12'"):
        sources.image("abcdef12")


def test_a_key_whose_picture_is_gone(session):
    result = session.generate("a lighthouse")
    sources = session.workshop.sources(lambda: session.last)
    result.images[0].path.unlink()
    with pytest.raises(SourceError, match="damaged or gone"):
        sources.image(result.key)


def test_a_name_of_the_notebook_wins_over_a_file(sources, red):
    assert colour_of(sources.image("red", {"red": png("blue")})) == (0, 0, 255)


def test_a_name_that_holds_a_path_is_read_as_the_path(sources, red):
    assert sources.image("which", {"which": red}).data == png()


@pytest.mark.parametrize(
    ("wrong", "near"), [("pictur", "picture"), ("rde.png", "red.png"), ("nothing like it", None)]
)
def test_a_misspelt_name_is_answered_with_the_nearest(sources, red, wrong, near):
    hint = f"Did you mean {near}" if near else "Give a path"
    with pytest.raises(SourceError, match=hint):
        sources.image(wrong, {"picture": png(), "_hidden": 1})


@pytest.mark.parametrize(
    "name", ["~nobody-has-this-name/x.png", "x" * 5000, "a\0b.png", "", "\udcff.png", "C:\\x.png"]
)
def test_names_that_no_file_can_have_are_told_and_never_a_traceback(sources, name):
    with pytest.raises(SourceError, match="there is no picture called"):
        sources.image(name)


# files


def test_a_directory_is_not_a_picture(sources, tmp_path):
    with pytest.raises(SourceError, match="not a regular file"):
        sources.image(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_refused_without_waiting_for_its_writer(sources, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SourceError, match="not a regular file"):
        sources.image("pipe.png")


def test_a_file_of_more_than_50_mb_is_refused_before_it_is_decoded(sources, tmp_path):
    with (tmp_path / "big.png").open("wb") as file:
        file.write(png())
        file.truncate(MOST_INPUT_BYTES + 1)
    with pytest.raises(SourceError, match="larger than 50 MB"):
        sources.image("big.png")


@pytest.mark.parametrize("data", [b"", b"not a picture", png()[:60]])
def test_bytes_that_are_no_whole_picture(sources, data):
    with pytest.raises(SourceError, match="cannot be used"):
        sources.image(data)


def test_a_file_is_read_once_so_what_is_hashed_is_what_is_sent(session, server, tmp_path, red):
    job = session.submit("make it winter", image=red)
    (tmp_path / "red.png").write_bytes(png("blue"))
    result = job.result(30)
    (upload,) = server.last.files
    assert upload.data == png("red") == result.request.images[0].data


# objects


def test_a_result_and_its_image(session, sources):
    result = session.generate("a lighthouse")
    assert sources.image(result).data == sources.image(result.images[0]).data == result.images[0].bytes


def test_a_result_without_pictures(sources, session):
    from dataclasses import replace

    empty = replace(session.generate("a lighthouse"), images=())
    with pytest.raises(SourceError, match="without a picture"):
        sources.image(empty)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind(sources, kind):
    assert sources.image(kind(png())).data == png()


@pytest.mark.parametrize(
    "mode",
    ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"],
)
def test_pil_images_of_every_mode(sources, mode):
    assert sources.image(Pillow.new(mode, SIZE)).mime == "image/png"


@pytest.mark.parametrize("mode", ["P", "CMYK", "YCbCr", "HSV", "RGBA"])
def test_a_pil_image_keeps_its_colours_whatever_its_mode(sources, mode):
    picture = Pillow.new("RGB", SIZE, (250, 10, 20)).convert(mode)
    seen = colour_of(sources.image(picture))
    assert max(abs(a - b) for a, b in zip(seen, (250, 10, 20), strict=True)) < 25


def test_a_pil_image_that_was_closed(sources, red):
    picture = Pillow.open(red)
    picture.close()
    with pytest.raises(SourceError, match="could not be turned into a picture"):
        sources.image(picture)


class Figure:
    """What of a Matplotlib figure is used."""

    def savefig(self, out, *, format):  # noqa: A002 - Matplotlib's own name
        out.write(paint("64x64", format))


def test_anything_with_savefig_as_a_matplotlib_figure_has(sources):
    assert sources.image(Figure()).width == 64


def test_a_real_matplotlib_figure(sources):
    figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 2])
    assert (sources.image(figure).width, sources.image(figure).height) == (100, 50)


@pytest.mark.parametrize(
    "shown",
    [png(), base64.b64encode(png()).decode(), (png(), {"width": 64})],
    ids=["bytes", "base64", "metadata"],
)
def test_anything_that_shows_itself_as_png(sources, shown):
    assert sources.image(SimpleNamespace(_repr_png_=lambda: shown)).data == png()


def test_an_object_whose_own_drawing_fails(sources):
    def fails():
        raise ZeroDivisionError("boom")

    with pytest.raises(
        SourceError, match=r"'chart' \(SimpleNamespace\) could not be turned into a picture: boom"
    ):
        sources.image("chart", {"chart": SimpleNamespace(_repr_png_=fails)})


@pytest.mark.parametrize("value", [3, object(), {"a": 1}, Figure, SimpleNamespace(_repr_png_=lambda: None)])
def test_what_is_no_picture_is_told_by_its_type(sources, value):
    with pytest.raises(SourceError, match=r"is not a picture|could not be turned into a picture"):
        sources.image("thing", {"thing": value})


def test_an_object_that_draws_more_than_50_mb(sources):
    with pytest.raises(SourceError, match="larger than 50 MB"):
        sources.image(SimpleNamespace(_repr_png_=lambda: bytes(MOST_INPUT_BYTES + 1)))


# arrays


def test_arrays_of_uint8_floats_and_bools_mean_the_same(sources):
    numpy = pytest.importorskip("numpy")
    whole = numpy.zeros((48, 64, 3), "uint8")
    whole[..., 0] = 255
    assert colour_of(sources.image(whole)) == (255, 0, 0)
    for kind in ("float16", "float32", ">f8"):
        assert sources.image((whole / 255).astype(kind)).data == sources.image(whole).data
    mask = numpy.zeros((48, 64), bool)
    mask[0, 0] = True
    assert colour_of(sources.image(mask)) == (255, 255, 255)
    assert sources.image(whole[..., :1]).width == 64
    assert sources.image(numpy.asfortranarray(whole)[::-1]).height == 48


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda numpy: numpy.zeros((8, 8), "int64"), "is an array of int64"),
        (lambda numpy: numpy.zeros((8, 8), "complex64"), "is an array of complex64"),
        (lambda numpy: numpy.zeros(8, "uint8"), r"has the shape \(8,\)"),
        (lambda numpy: numpy.zeros((2, 8, 8, 3), "uint8"), "has the shape"),
        (lambda numpy: numpy.zeros((8, 8, 7), "uint8"), "has the shape"),
        (lambda numpy: numpy.zeros((0, 8, 3), "uint8"), r"has the shape|could not|cannot"),
        (lambda numpy: numpy.full((8, 8), 200.0), "floats from 200 to 200"),
        (lambda numpy: numpy.full((8, 8), float("nan")), "floats from nan"),
    ],
)
def test_arrays_that_are_no_pictures_say_what_one_is(sources, make, message):
    numpy = pytest.importorskip("numpy")
    with pytest.raises(SourceError, match=message):
        sources.image(make(numpy))


# addresses


@pytest.fixture
def web():
    """A web server with a picture, a redirect, an error and a cut answer; notes what it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path.endswith("/moved"):
                self.send_response(302)
                self.send_header("Location", "/elsewhere/red.png")
                self.end_headers()
            elif self.path.endswith("/cut"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(png()[:20])
            elif self.path.endswith("/missing"):
                self.send_error(404)
            elif self.path.endswith("/nonsense"):
                self.wfile.write(b"what?\r\n\r\n")
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(png())

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_address[1]}", asked=asked)
        server.shutdown()
        thread.join()


def fetching(session, *allowed):
    return Sources(storage=session.workshop.storage, allowed_urls=allowed, last=lambda: None, deck=Deck())


def test_an_allowed_address_is_fetched(session, web):
    assert fetching(session, f"{web.url}/pictures/").image(f"{web.url}/pictures/red.png").data == png()


@pytest.mark.parametrize(
    "path", ["/elsewhere/red.png", "/pictures/../elsewhere/red.png", "/pictures/%2e%2e/red.png"]
)
def test_an_address_that_is_not_allowed_is_not_asked_for(session, web, path):
    with pytest.raises(SourceError, match="not among the allowed"):
        fetching(session, f"{web.url}/pictures/").image(web.url + path)
    assert web.asked == []


def test_no_address_is_allowed_unless_somebody_says_so(sources, web):
    with pytest.raises(SourceError, match="allowed_urls"):
        sources.image(f"{web.url}/pictures/red.png")


@pytest.mark.parametrize("path", ["moved", "cut", "missing", "nonsense", "with space"])
def test_a_redirect_or_broken_answer_is_an_error_and_never_followed(session, web, path):
    with pytest.raises(SourceError, match=r"could not be fetched|cannot be used"):
        fetching(session, f"{web.url}/pictures/").image(f"{web.url}/pictures/{path}")
    assert "/elsewhere/red.png" not in web.asked


# masks


def test_a_mask_of_another_size_is_refused_before_anything_is_paid(session, server):
    mask = Pillow.new("1", (10, 10))
    with pytest.raises(SourceError, match="10x10"):
        session.edit("make it winter", image=png(), mask=mask)
    assert server.calls == 0


def test_a_black_and_white_mask_becomes_alpha(sources):
    mask = Pillow.new("L", SIZE, 0)
    mask.paste(255, (0, 0, 10, 10))
    ready = sources.mask(mask, SIZE)
    with Pillow.open(BytesIO(ready.data)) as picture:
        assert picture.getpixel((0, 0))[3] == 0
        assert picture.getpixel((40, 40))[3] == 255


# what they are called


def test_a_picture_without_a_name_goes_by_its_words(session, sources):
    result = session.generate("a lighthouse at dusk, painted in oil on a very large canvas")
    assert sources.image(result).name == "a lighthouse at dusk, painted in oil on a very…"
    assert sources.image(result.images[0]).name == f"picture {result.images[0].digest[:12]}"
    assert sources.image("r", {"r": result}).name == "r"


def test_an_object_that_has_a_mask_of_another_kind_is_read_as_a_picture(sources):
    shown = SimpleNamespace(_repr_png_=lambda: png("white"), mask="not ours")
    assert sources.mask(shown, SIZE).mime == "image/png"


def test_markup_goes_through_to_the_request(session, server):
    drawn = Pillow.new("RGBA", SIZE)
    drawn.paste((255, 0, 0, 255), (0, 0, 9, 9))
    result = session.edit("make it winter", image=png(), markup=drawn)
    assert "markup" in {upload.field for upload in server.last.files}
    assert result.request.markup.width == SIZE[0]
    with pytest.raises(SourceError, match="would cover"):
        session.edit("make it winter", image=png(), markup=png())
