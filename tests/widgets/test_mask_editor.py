"""The mask editor without a browser: what arrives is checked, and what is held is what `mask=` takes."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from jupyter_imagegen.errors import SourceError
from jupyter_imagegen.imaging import Mask
from jupyter_imagegen.widgets.mask_editor import PAINTING_SIDE, MaskEditor, mask_editor, share_words

SIZE = (96, 64)


def picture(size=SIZE):
    return Pillow.radial_gradient("L").resize(size).convert("RGB")


def png(image):
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def drawn(box=(0, 0, 48, 64), size=SIZE):
    """A mask as the browser sends it: black, transparent where it was painted."""
    mask = Pillow.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), box)
    return png(mask)


@pytest.fixture
def editor(session):
    panel = mask_editor(picture(), session=session)
    yield panel
    panel.close()


def paint(editor, data):
    """As the browser does it: binary arrives as a memoryview."""
    editor.set_state({"drawn": memoryview(data)})


def load(editor, *buffers, name="mask.png"):
    editor._handle_custom_msg({"kind": "load", "name": name}, [memoryview(data) for data in buffers])


def test_before_anything_is_painted_the_mask_keeps_everything(editor):
    assert (editor.mask.size, editor.mask.painted) == (SIZE, 0.0)
    assert editor.mask.pil.getchannel("A").getextrema() == (255, 255)


def test_what_is_painted_is_the_mask_at_the_pictures_size(editor):
    paint(editor, drawn())
    assert (editor.mask.painted, editor.share, editor.problem) == (0.5, 0.5, "")
    assert editor.mask.pil.getpixel((10, 10))[3] == 0
    assert editor.mask.pil.getpixel((90, 10))[3] == 255
    assert editor.mask.data == drawn()


def test_a_mask_is_a_value_that_later_strokes_do_not_change(editor):
    paint(editor, drawn())
    first = editor.mask
    paint(editor, drawn((0, 0, 96, 64)))
    assert (first.painted, editor.mask.painted) == (0.5, 1.0)


def test_everything_taken_back_is_nothing_painted(editor):
    paint(editor, drawn())
    paint(editor, b"")
    assert (editor.mask.painted, editor.share) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (drawn((0, 0, 5, 5), size=(64, 96)), "64x96"),
        (drawn()[:60], "cannot be used"),
        (b"\x89PNG\r\n\x1a\n", "cannot be used"),
        (b"GIF89a and so on", "did not arrive as a PNG"),
    ],
)
def test_what_is_no_mask_is_told_in_the_panel_and_what_was_painted_stays(editor, data, message):
    paint(editor, drawn())
    paint(editor, data)
    assert message in editor.problem
    assert editor.mask.data == editor.drawn == drawn()
    paint(editor, drawn((0, 0, 96, 64)))
    assert (editor.problem, editor.mask.painted) == ("", 1.0)


def test_a_loaded_file_in_black_and_white_is_turned_into_a_mask_and_shown(editor):
    white = Pillow.new("L", SIZE)
    white.paste(255, (0, 0, 96, 16))
    load(editor, png(white))
    assert (editor.mask.painted, editor.problem) == (0.25, "")
    assert editor.drawn == editor.mask.data


@pytest.mark.parametrize(
    ("buffers", "message"),
    [([png(picture((10, 10)))], "10x10"), ([b"words"], "cannot be used"), ([], "did not arrive")],
)
def test_a_file_that_is_no_mask_for_this_picture_is_told_by_its_name(editor, buffers, message):
    load(editor, *buffers, name="holiday.png")
    assert message in editor.problem
    assert "holiday.png" in editor.problem or not buffers
    assert editor.mask.painted == 0


def test_a_mask_to_begin_with(session):
    editor = mask_editor(picture(), session=session, mask=Pillow.open(BytesIO(drawn())))
    assert (editor.mask.painted, editor.share) == (0.5, 0.5)
    assert editor.drawn == editor.mask.data
    editor.close()


def test_a_mask_to_begin_with_must_fit(session):
    with pytest.raises(SourceError, match="must be the same"):
        mask_editor(picture(), session=session, mask=drawn(size=(10, 10)))


def test_a_large_picture_travels_as_a_small_copy_and_its_mask_is_large(session):
    editor = mask_editor(picture((3840, 2160)), session=session)
    with Pillow.open(BytesIO(editor.picture)) as copy:
        assert max(copy.size) == PAINTING_SIDE
    assert len(editor.picture) < 1_000_000
    assert editor.mask.size == (editor.width, editor.height) == (3840, 2160)
    editor.close()


def test_a_photograph_is_painted_on_as_it_is_seen(session, tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    picture((64, 96)).save(tmp_path / "photo.jpg", exif=exif)
    editor = MaskEditor(session, "photo.jpg")
    assert (editor.width, editor.height, editor.title) == (96, 64, "photo.jpg")
    editor.close()


def test_it_takes_what_image_takes(session):
    result = session.generate("a lighthouse")
    for source in (result, "last", result.key, result.images[0]):
        editor = MaskEditor(session, source)
        assert editor.image.digest == result.images[0].digest
        editor.close()
    with pytest.raises(SourceError, match="is not a picture"):
        MaskEditor(session, 3)


def test_the_mask_and_the_editor_are_both_masks_to_an_edit(session, editor, server):
    paint(editor, drawn())
    one = session.edit("make it winter", image=picture(), mask=editor.mask)
    assert one.request.mask.data == editor.mask.data
    assert session.edit("make it winter", image=picture(), mask=editor).cached
    named = session.submit("make it winter", image=picture(), mask="editor", names={"editor": editor}).result(
        30
    )
    assert (named.cached, named.request.mask.name) == (True, "editor")
    assert server.calls == 1


@pytest.mark.parametrize("what", [lambda editor: editor, lambda editor: editor.mask])
def test_an_edit_with_nothing_painted_is_refused_before_it_is_paid(session, editor, server, what):
    with pytest.raises(SourceError, match="nothing is painted"):
        session.edit("make it winter", image=picture(), mask=what(editor))
    assert server.calls == 0


def test_a_mask_shows_itself_and_saves_itself_once(editor, tmp_path):
    paint(editor, drawn())
    assert editor.mask._repr_png_() == editor.mask.data
    assert editor.mask.save(tmp_path / "m.png").read_bytes() == editor.mask.data
    with pytest.raises(FileExistsError):
        editor.mask.save(tmp_path / "m.png")
    assert repr(editor.mask) == "Mask(width=96, height=64, painted=0.5)"
    assert isinstance(editor.mask, Mask)


def test_without_a_kernel_it_is_the_picture_under_a_veil(session):
    editor = mask_editor(
        Pillow.new("RGB", (600, 300), "white"), session=session, mask=drawn((0, 0, 300, 300), (600, 300))
    )
    data, _ = editor._repr_mimebundle_()
    assert "50 % will change" in data["text/plain"]
    assert "50 % will change" in data["text/html"]
    assert 'alt="PIL Image, with a veil' in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert len(json.dumps(data)) < 120_000
    editor.close()


def test_the_veil_lies_where_it_was_painted(session):
    from jupyter_imagegen.widgets.mask_editor import _veiled

    editor = mask_editor(
        Pillow.new("RGB", (600, 300), "white"), session=session, mask=drawn((0, 0, 300, 300), (600, 300))
    )
    with Pillow.open(BytesIO(_veiled(editor._preview, editor.mask).data)) as shown:
        left, right = (shown.convert("RGB").getpixel((x * shown.width // 4, 50)) for x in (1, 3))
    assert left[0] < 200 < right[0]
    editor.close()


def test_a_name_from_outside_does_not_become_markup(session, tmp_path):
    picture().save(tmp_path / "<img src=x>.png")
    editor = MaskEditor(session, "<img src=x>.png")
    assert "<img src=x>" not in editor.static()["text/html"]
    editor.close()


def test_a_transparent_picture_keeps_its_transparency_under_the_veil(session):
    clear = Pillow.new("RGBA", SIZE, (255, 0, 0, 0))
    ImageDraw.Draw(clear).rectangle((0, 0, 20, 20), fill="red")
    editor = mask_editor(clear, session=session)
    assert editor.picture_mime == "image/png"
    assert "image/png" in editor.static()
    editor.close()


def test_shares_are_told_in_whole_percents_and_never_rounded_to_nothing():
    assert [share_words(x) for x in (0, 1e-6, 0.0099, 0.01, 0.184, 0.999, 1)] == [
        "nothing", "under 1 %", "under 1 %", "1 %", "18 %", "100 %", "100 %",
    ]  # fmt: skip
