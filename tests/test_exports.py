"""Copies where the user wants them: inside their folder, whole, never over a file."""

from __future__ import annotations

import contextlib
import os
import threading
import unicodedata
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imageserver import paint
from PIL import Image as Pillow

from jupyter_imagegen.core.results import Image
from jupyter_imagegen.errors import ImagegenError, RequestError, StoreError
from jupyter_imagegen.exports import file_name, save_copy, unused

DATA = paint("64x48")


def picture(data=DATA, mime="image/png"):
    return Image(
        sample=0,
        digest="0" * 64,
        mime=mime,
        width=64,
        height=48,
        size_bytes=len(data),
        origin="store",
        cost_usd=None,
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0.0,
        path=None,
        load=lambda: data,
        load_preview=lambda: None,
    )


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "folder"
    inside.mkdir()
    return inside


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def everything(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_the_copy_is_the_original_byte_for_byte_and_nothing_is_left_beside_it(folder):
    target = save_copy(picture(), "a.png", folder=folder)
    assert target.read_bytes() == DATA
    assert names_in(folder) == ["a.png"]


def test_a_name_without_ending_gets_the_pictures_own(folder):
    assert save_copy(picture(), "a", folder=folder).name == "a.png"
    assert save_copy(picture(mime="image/jpeg"), "a", folder=folder).name == "a.jpg"
    assert save_copy(picture(), ".hidden", folder=folder).name == ".hidden.png"


def test_folders_on_the_way_are_made(folder):
    assert save_copy(picture(), "x/y/a.png", folder=folder).is_file()


@pytest.mark.parametrize("name", ["../../x", "../x.png", "a/../../x.png", "x/../../../y", "..", "../"])
def test_a_relative_path_stays_in_the_folder(folder, tmp_path, name):
    before = everything(tmp_path)
    with pytest.raises(RequestError):
        save_copy(picture(), name, folder=folder)
    assert everything(tmp_path) == before


def test_going_up_and_coming_back_is_staying(folder):
    (folder / "x").mkdir()
    assert save_copy(picture(), "x/../a.png", folder=folder).resolve() == (folder / "a.png").resolve()


def test_an_absolute_path_goes_where_it_says(folder, tmp_path):
    assert save_copy(picture(), tmp_path / "else" / "a.png", folder=folder) == tmp_path / "else" / "a.png"


def test_the_home_folder_is_absolute_too(folder, tmp_path):
    assert save_copy(picture(), "~/a.png", folder=folder) == tmp_path / "user" / "a.png"


@pytest.mark.parametrize(
    "name",
    [
        "~", "", "a.", "a ", "a.png ", "C:\\x", "C:x.png", "..\\..\\x.png", "a\\b.png", "con", "CON.png",
        "nul.tar.png", "Com1.png", "lpt9", "aux .png", "conin$", "com¹.png", "x/prn/a.png", "a\0.png",
        "a\n.png", "a\x1b[31m.png", "a:b.png", "a?.png", "a|b.png", "a<b>.png", 'a".png', "a*.png", "\udcff.png",
        "x" * 300, "x" * 300 + ".png", "é" * 61 + ".png",
    ],
)  # fmt: skip
def test_names_that_not_every_system_can_keep_are_refused(folder, tmp_path, name):
    with pytest.raises(RequestError):
        save_copy(picture(), name, folder=folder)
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["~backup.png", "a~.png", "con-fetti.png", "..a.png", "été.png", "console.png", "$x.png"]
)
def test_names_that_only_look_like_those_are_taken(folder, name):
    assert save_copy(picture(), name, folder=folder).name == name


def test_a_file_is_never_replaced_unless_told(folder):
    (folder / "a.png").write_bytes(b"precious")
    with pytest.raises(RequestError, match="overwrite=True"):
        save_copy(picture(), "a.png", folder=folder)
    assert (folder / "a.png").read_bytes() == b"precious"
    save_copy(picture(), "a.png", folder=folder, overwrite=True)
    assert (folder / "a.png").read_bytes() == DATA
    assert names_in(folder) == ["a.png"]


def test_names_that_are_the_same_to_the_file_system_do_not_replace_each_other(folder):
    composed, decomposed = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    (folder / composed).write_bytes(b"precious")
    with contextlib.suppress(RequestError):  # macOS: one name
        save_copy(picture(), decomposed, folder=folder)
    assert (folder / composed).read_bytes() == b"precious"


def _linked(link, to, **how):
    try:
        link.symlink_to(to, **how)
    except OSError:
        pytest.skip("this system lets nobody make links")


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "outside").mkdir()
    _linked(folder / "way-out", tmp_path / "outside", target_is_directory=True)
    _linked(folder / "a.png", tmp_path / "outside" / "b.png")
    for name in ("way-out/a.png", "a.png"):
        with pytest.raises(RequestError, match="leads out of"):
            save_copy(picture(), name, folder=folder, overwrite=True)
    assert everything(tmp_path / "outside") == []


def test_a_link_inside_is_replaced_when_told_and_never_written_through(folder):
    (folder / "b.png").write_bytes(b"precious")
    _linked(folder / "a.png", folder / "b.png")
    with pytest.raises(RequestError, match="already exists"):
        save_copy(picture(), "a.png", folder=folder)
    save_copy(picture(), "a.png", folder=folder, overwrite=True)
    assert (folder / "b.png").read_bytes() == b"precious"
    assert (folder / "a.png").read_bytes() == DATA


def test_links_in_a_circle_are_an_error_and_not_a_traceback(folder):
    _linked(folder / "a", folder / "b")
    _linked(folder / "b", folder / "a")
    with pytest.raises(ImagegenError):
        save_copy(picture(), "a/x.png", folder=folder)


def test_a_folder_takes_the_picture_and_is_not_replaced_by_it(folder):
    (folder / "a.png").mkdir()
    for overwrite in (False, True):
        save_copy(picture(), "a.png", folder=folder, overwrite=overwrite)
    assert (names_in(folder), names_in(folder / "a.png")) == (["a.png"], ["picture.png"])


def test_a_file_where_a_folder_is_needed_is_an_error_of_ours(folder):
    (folder / "x").write_bytes(b"")
    with pytest.raises((StoreError, RequestError)):
        save_copy(picture(), "x/a.png", folder=folder)


def test_of_many_threads_with_one_name_exactly_one_writes_it_whole(folder):
    barrier = threading.Barrier(12)
    outcomes = []
    pictures = [DATA + bytes([number]) for number in range(12)]

    def save(data):
        barrier.wait()
        try:
            outcomes.append(save_copy(picture(data), "a.png", folder=folder))
        except RequestError:
            outcomes.append(None)

    threads = [threading.Thread(target=save, args=(data,)) for data in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([target for target in outcomes if target is not None]) == 1
    assert len(outcomes) == 12
    assert names_in(folder) == ["a.png"]
    assert (folder / "a.png").read_bytes() in pictures


def test_saving_what_is_there_already_is_no_mistake(folder):
    first = save_copy(picture(), "a.png", folder=folder)
    assert save_copy(picture(), "a.png", folder=folder) == first
    assert names_in(folder) == ["a.png"]


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_an_error_of_ours(folder):
    folder.chmod(0o500)
    with pytest.raises(StoreError, match="could not be written"):
        save_copy(picture(), "a.png", folder=folder)


# endings


@pytest.mark.parametrize(
    ("ending", "kind"), [("jpg", "JPEG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("PNG", "PNG")]
)
def test_another_ending_converts(folder, ending, kind):
    with Pillow.open(save_copy(picture(), f"a.{ending}", folder=folder)) as saved:
        assert (saved.format, saved.size) == (kind, (64, 48))


def test_transparency_becomes_white_paper_where_there_is_none(folder):
    out = BytesIO()
    Pillow.new("RGBA", (8, 8), (200, 0, 0, 0)).save(out, "PNG")
    with Pillow.open(save_copy(picture(out.getvalue()), "a.jpg", folder=folder)) as saved:
        assert min(saved.getpixel((4, 4))) > 250


@pytest.mark.parametrize("ending", ["txt", "exe", "svg", "png.html", "gif"])
def test_an_ending_that_no_picture_has_is_refused(folder, ending):
    with pytest.raises(RequestError, match="try:"):
        save_copy(picture(), f"a.{ending}", folder=folder)
    assert names_in(folder) == []


def test_a_drawing_stays_a_drawing(folder):
    drawing = picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    assert save_copy(drawing, "a", folder=folder).name == "a.svg"
    with pytest.raises(RequestError):
        save_copy(drawing, "a.png", folder=folder)


# names from prompts


@settings(max_examples=200, deadline=None)
@given(prompt=st.text())
def test_any_prompt_gives_a_name_that_can_be_saved(prompt):
    name = file_name(prompt)
    assert name.endswith(".png")
    assert len(name) <= 80
    assert name.isascii()
    assert "/" not in name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(alphabet=st.characters(), max_size=20) | st.text(alphabet="./\\~ab: ", max_size=12))
def test_no_relative_name_writes_outside_the_folder(tmp_path, name):
    inside = tmp_path / "inside"
    inside.mkdir(exist_ok=True)
    before = [path for path in everything(tmp_path) if not path.startswith("inside")]
    if not PurePath(name).is_absolute() and not name.startswith("~"):
        with contextlib.suppress(ImagegenError):
            save_copy(picture(), name, folder=inside, overwrite=True)
    assert [path for path in everything(tmp_path) if not path.startswith("inside")] == before


@pytest.mark.parametrize("prompt", ["con", "NUL", "", "???", "日本"])
def test_prompts_that_make_no_name_get_one(prompt, folder):
    assert save_copy(picture(), file_name(prompt), folder=folder).is_file()


def test_an_unused_name_is_the_first_that_nothing_has(folder):
    assert unused(folder / "a.png") == folder / "a.png"
    (folder / "a.png").touch()
    (folder / "a-2.png").mkdir()
    assert unused(folder / "a.png") == folder / "a-3.png"


# through a result


def test_several_pictures_are_numbered_and_one_is_not(session, tmp_path):
    two = session.generate("a lighthouse", n=2)
    assert [path.name for path in two.save("a.png")] == ["a-1.png", "a-2.png"]
    one = session.generate("a lighthouse")
    assert [path.name for path in one.save("a.png")] == ["a.png"]
    assert (tmp_path / "a-2.png").read_bytes() == two.images[1].bytes


def test_a_numbered_copy_does_not_replace_a_file_either(session, tmp_path):
    two = session.generate("a lighthouse", n=2)
    (tmp_path / "a-2.png").write_bytes(b"precious")
    with pytest.raises(RequestError, match="already exists"):
        two.save("a.png")
    assert (tmp_path / "a-2.png").read_bytes() == b"precious"


def test_a_picture_saves_itself_where_the_notebook_is(session, tmp_path):
    image = session.generate("a lighthouse").images[0]
    assert image.save("own.png") == tmp_path / "own.png"
    assert session.accounts.history()[0].images[0].save("old.png").read_bytes() == image.bytes
