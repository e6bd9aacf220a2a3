"""One picture of a result: it shows itself, says what it shows, and goes into the folder that was named."""

from __future__ import annotations

import base64
import copy
import pickle
from io import BytesIO

import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image as Pillow

import jupyter_imagegen as imagegen


@pytest.fixture
def boats(server, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return imagegen.generate("two <b>boats</b>", n=2, size="1024x1024", quality="low")


def test_it_shows_itself_with_its_words_and_is_small(boats):
    data, metadata = DisplayFormatter().format(boats.images[0])
    assert {"text/html", "image/jpeg", "text/plain"} <= set(data)
    assert Pillow.open(BytesIO(base64.b64decode(data["image/jpeg"]))).width <= 512
    assert metadata["image/jpeg"]["alt"] == "two <b>boats</b>"
    assert 'alt="two &lt;b&gt;boats&lt;/b&gt;"' in data["text/html"]
    assert data["text/plain"].startswith("Picture: two <b>boats</b>\n1024×1024 PNG")
    assert sum(map(len, data.values())) < 120_000


def test_an_own_alternative_text_is_its_own(server):
    image = imagegen.generate("a boat", alt="a small grey boat", size="1024x1024", quality="low").images[0]
    assert image.alt == "a small grey boat"


def test_a_copy_and_a_pickled_one_show_the_same(boats):
    image = boats.images[1]
    for other in (copy.deepcopy(image), pickle.loads(pickle.dumps(image))):
        assert other._repr_mimebundle_() == image._repr_mimebundle_()
        assert other == image


@pytest.mark.parametrize("folder", ["figures", "figures/", "new/", "deep/er/"])
def test_a_folder_takes_a_file_named_after_the_picture(boats, tmp_path, folder):
    (tmp_path / "work" / "figures").mkdir()
    saved = boats.save(folder)
    assert [path.name for path in saved] == ["two-b-boats-b-1.png", "two-b-boats-b-2.png"]
    assert {path.parent.relative_to(tmp_path / "work").as_posix() for path in saved} == {folder.rstrip("/")}
    one = boats.images[0].save(folder)
    assert (one.name, one.read_bytes()) == ("two-b-boats-b.png", boats.images[0].bytes)


def test_an_absolute_folder_takes_it_too(boats, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert boats.images[0].save(tmp_path / "elsewhere").parent == tmp_path / "elsewhere"


def test_the_home_folder_takes_it_too(boats, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert boats.images[0].save("~/").parent == tmp_path / "user"


def test_names_are_numbered_as_before(boats):
    assert [path.name for path in boats.save("boats.png")] == ["boats-1.png", "boats-2.png"]
