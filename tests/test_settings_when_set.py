"""A setting that cannot be used is refused when it is set, in every face, and the old one stays."""

from __future__ import annotations

import os

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import jupyter_imagegen
from jupyter_imagegen.errors import ConfigError, ImagegenError
from jupyter_imagegen.magics.cell import Imagegen
from jupyter_imagegen.notebook_costs import plan_notebook

SECRET = "sk-test-0000111122223333"


@pytest.fixture
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


@pytest.fixture
def magics(monkeypatch, new_session, shell):
    monkeypatch.setattr(jupyter_imagegen, "_session", new_session())
    return Imagegen(shell)


BAD = [
    ({"model": "gpt-imge-2"}, "gpt-image-2"),
    ({"model": "dall-e-9"}, "dall-e-9"),
    ({"size": "1000x1000"}, "1008x1008"),
    ({"size": "big"}, "'big'"),
    ({"size": "1x1"}, "'1x1'"),
    ({"quality": "hihg"}, "'hihg'"),
    ({"quality": "max", "model": "gpt-image-2"}, "'max'"),
    ({"background": "see-through"}, "'see-through'"),
    ({"output_format": "tiff"}, "'tiff'"),
    ({"output_format": "png", "output_compression": 50}, "output_compression"),
    ({"moderation": "off"}, "'off'"),
    ({"timeout": -1}, "-1"),
    ({"timeout": float("nan")}, "nan"),
    ({"preview": 1}, "1"),
    ({"provider": "opneai"}, "openai"),
    ({"budget": "lots"}, "'lots'"),
    ({"record_mode": "replay"}, "cassette"),
    ({"record_mode": "rekord"}, "'rekord'"),
    ({"cassette": "gone.cassette"}, "gone.cassette"),
    ({"cassette": "nowhere/new.cassette", "record_mode": "record"}, "nowhere"),
    ({"cassette": "notes.txt", "record_mode": "record"}, "notes.txt"),
    ({"cassette": "damaged.cassette"}, "damaged.cassette"),
    ({"catalog": "gone.toml"}, "gone.toml"),
    ({"catalog": "broken.toml"}, "broken.toml"),
    ({"catalog": "wrong.toml"}, "modles"),
    ({"home": "notes.txt"}, "notes.txt"),
    ({"home": "notes.txt/below"}, "notes.txt"),
    ({"home": "project"}, "project"),
    ({"home": "a\0b"}, "home"),
    ({"home": "a" * 300}, "255"),
    ({"catalog": "\ud800"}, "catalog"),
    ({"allowed_urls": "https://example.org/"}, "allowed_urls"),
    ({"timezone": "Europe/Berln"}, "'Europe/Berln'"),
    ({"model": "m" * 5_000}, "model"),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "broken.toml").write_text("[models")
    (tmp_path / "wrong.toml").write_text("modles = 1")
    (tmp_path / "damaged.cassette").write_bytes(b"PK no cassette")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "thesis.docx").write_text("mine")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("values", "named"), BAD, ids=lambda each: str(each)[:50])
def test_a_value_that_cannot_be_used_is_refused_by_its_name_and_the_old_one_stays(new_session, values, named):
    session = new_session()
    session.configure(quality="medium")
    before = session.workshop.settings()
    with pytest.raises(ConfigError) as caught:
        session.configure(**values)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 900
    assert session.workshop.settings() == before


def test_a_refused_home_is_left_as_it_was(new_session, folder):
    with pytest.raises(ConfigError):
        new_session().configure(home="project")
    assert [path.name for path in (folder / "project").iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(
    "values",
    [
        {"model": "gpt-image-2", "quality": "high", "size": "1536x1024"},
        {"output_format": "webp", "output_compression": 50},
        {"model": "gpt-image-1"},
        {"provider": "demo"},
        {"cassette": "new.cassette", "record_mode": "record"},
        {"home": "store"},
        {"home": "a/b/c/store"},
        {"timezone": "Asia/Kolkata"},
        {"cassette": "none"},
    ],
)
def test_what_can_be_used_is_taken_also_a_model_whose_pictures_are_only_shown(new_session, values):
    settings = new_session().configure(**values)
    for name, value in values.items():
        assert str(value) in {str(getattr(settings, name)), "none"} or name in {"home", "cassette"}


def test_another_endpoint_may_have_models_that_are_not_known_here(session):
    assert session.configure(model="my-deployment").model == "my-deployment"


def test_what_was_wrong_before_is_no_reason_to_refuse_something_else(new_session, monkeypatch):
    monkeypatch.setenv("IMAGEGEN_MODEL", "no-such-model")
    assert new_session().configure(quality="high", timeout=60).quality == "high"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("model", "gpt-imge-2", "gpt-image-2"),
        ("size", "1000x1000", "1008x1008"),
        ("timeout", -5.0, "-5"),
        ("timeout", "soon", "'soon'"),
        ("quality", 3, "3"),
        ("output_compression", "much", "'much'"),
        ("provider", "opneai", "openai"),
        ("timezone", "Mars/Olympus", "Mars/Olympus"),
        ("budget", [["x"]], "a list"),
    ],
)
def test_config_refuses_it_too_and_the_old_value_stays(magics, name, value, told):
    good = {"model": "gpt-image-2", "size": "1536x1024", "timeout": 60.0, "quality": "high", "provider": "demo",
            "output_compression": None, "timezone": "Asia/Tokyo", "budget": "5/day"}[name]  # fmt: skip
    setattr(magics, name, good)
    with pytest.raises(ConfigError) as caught:
        setattr(magics, name, value)
    assert told in str(caught.value)
    assert getattr(magics, name) == good


@pytest.mark.parametrize(
    "name", ["model", "size", "timeout", "preview", "output_compression", "budget", "provider", "timezone"]
)
@pytest.mark.parametrize("value", [SECRET, "0123456789abcdef0123456789abcdef"])
def test_config_repeats_no_key(magics, name, value):
    with pytest.raises(ConfigError) as caught:
        setattr(magics, name, value)
    assert value not in str(caught.value)
    assert getattr(magics, name) is None


def test_a_configuration_file_may_give_values_that_are_usable_only_together(monkeypatch, new_session, shell):
    monkeypatch.setattr(jupyter_imagegen, "_session", new_session())
    config = Config()
    config.Imagegen.output_compression = 80
    config.Imagegen.quality = "max"
    config.Imagegen.output_format = "webp"
    magics = Imagegen(shell, config=config)
    settings = jupyter_imagegen.default_session().workshop.settings()
    assert (settings.output_compression, settings.output_format, settings.quality) == (80, "webp", "max")
    assert magics.quality == "max"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_may_not_be_written_is_refused(new_session, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="locked"):
        new_session().configure(home="locked/store")


def test_a_line_of_the_magic_sets_settings_too_and_refuses_what_cannot_be_used(magics):
    view = magics.imagegen("config quality=high preview=400 timezone=Asia/Tokyo")
    assert "Asia/Tokyo" in view.text
    settings = jupyter_imagegen.default_session().workshop.settings()
    assert (settings.quality, settings.preview, settings.timezone) == ("high", 400, "Asia/Tokyo")
    for words in ("quality=hihg", "qualty=high", "size=1000x1000", "timeout=-3", "preview=many", "quality"):
        with pytest.raises(ImagegenError):
            magics.imagegen(f"config {words}")
    assert jupyter_imagegen.default_session().workshop.settings() == settings
    magics.imagegen("config quality=none")
    assert jupyter_imagegen.default_session().workshop.settings().quality == "low"


@pytest.mark.parametrize(
    ("cell", "quality"),
    [
        ("%imagegen config quality=high", "high"),
        ("%imagegen config quality=high timezone=Asia/Tokyo", "high"),
        ("%config Imagegen.timezone = 'Asia/Tokyo'", "low"),
        ("%imagegen config", "low"),
    ],
)
def test_a_plan_follows_it_and_writes_nothing_of_it_into_the_ledger(new_session, tmp_path, cell, quality):
    cells = [nbformat.v4.new_code_cell(source) for source in (cell, "%%imagegen\na fox")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    session = new_session()
    session.generate("a fox", provider="demo")
    before = session.accounts.zone()
    rows = plan_notebook(new_session(), tmp_path / "lesson.ipynb").rows
    assert [row.quality for row in rows] == [quality]
    assert new_session().accounts.zone() == before
