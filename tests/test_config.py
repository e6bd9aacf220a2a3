from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_imagegen import config
from jupyter_imagegen.config import load_settings, notebook_folder, unknown_variables, user_file
from jupyter_imagegen.errors import ConfigError


@pytest.fixture
def notebook_dir(tmp_path):
    folder = tmp_path / "lesson"
    folder.mkdir()
    return folder


def personal(text):
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text, encoding="utf-8")


def beside(folder, text):
    (folder / "imagegen.toml").write_text(text, encoding="utf-8")


def load(environ=None, notebook_dir=None, **layers):
    return load_settings(environ=environ or {}, notebook_dir=notebook_dir, **layers)


def budgets(settings):
    return [str(budget) for budget in settings.budgets]


def test_without_any_layer_the_defaults_hold_and_say_so():
    settings = load()
    assert (settings.size, settings.quality, settings.timeout, settings.preview) == (
        "1024x1024",
        "low",
        300.0,
        512,
    )
    assert settings.provider is settings.model is settings.background is None
    assert settings.budgets == settings.allowed_urls == ()
    assert set(settings.sources.values()) == {"default"}


def test_each_layer_goes_over_the_one_before_it(notebook_dir):
    layers = {"environ": {}, "notebook_dir": notebook_dir}
    personal('model = "from-user"\nquality = "high"')
    assert load(**layers).model == "from-user"
    beside(notebook_dir, 'model = "from-lesson"')
    assert load(**layers).model == "from-lesson"
    layers["environ"] = {"IMAGEGEN_MODEL": "from-environment"}
    assert load(**layers).model == "from-environment"
    layers["overrides"] = {"model": "from-session"}
    settings = load(**layers)
    assert settings.model == "from-session"
    assert settings.sources["model"] == "%config"
    assert settings.quality == "high"
    assert settings.sources["quality"] == f"user file {user_file()}"


def test_the_environment_is_only_what_is_passed_in(monkeypatch):
    monkeypatch.setenv("IMAGEGEN_MODEL", "from-the-process")
    assert load().model is None


def test_an_empty_variable_is_no_setting():
    assert load({"IMAGEGEN_PROVIDER": "  ", "IMAGEGEN_BUDGET": ""}).provider is None


def test_none_goes_back_to_the_default(tmp_path):
    settings = load({"IMAGEGEN_MODEL": "x", "IMAGEGEN_HOME": str(tmp_path)})
    back = settings.with_values({"model": None, "quality": None, "home": None}, "%config")
    assert (back.model, back.quality, back.home) == (None, "low", config.default_home())


def test_budgets_of_all_layers_hold_at_once_so_a_lesson_cannot_loosen_one(notebook_dir):
    personal('budget = "5/day, 50/month"')
    beside(notebook_dir, 'budget = ["100/day", "20/month", "1/session"]')
    settings = load({"IMAGEGEN_BUDGET": "80 total"}, notebook_dir, overrides={"budget": "7/day"})
    assert budgets(settings) == ["$1.00/session", "$5.00/day", "$20.00/month", "$80.00/total"]
    assert settings.sources["budgets"] == "environment IMAGEGEN_BUDGET"
    assert budgets(settings.with_values({"budget": None}, "call")) == budgets(settings)


def test_a_budget_can_be_a_table():
    personal("[budget]\nday = 5\nmonth = 12.5")
    assert budgets(load()) == ["$5.00/day", "$12.50/month"]


def test_paths_are_relative_to_the_file_that_names_them(notebook_dir, tmp_path):
    personal('home = "pictures"\ncatalog = "prices.toml"')
    settings = load(notebook_dir=notebook_dir)
    assert settings.home == user_file().parent / "pictures"
    assert settings.catalog == user_file().parent / "prices.toml"
    assert load({"IMAGEGEN_HOME": "elsewhere"}, notebook_dir).home == tmp_path / "elsewhere"
    assert load({"IMAGEGEN_HOME": "~/pictures"}).home == Path("~/pictures").expanduser()


def test_style_tables_are_left_to_the_styles(notebook_dir):
    beside(notebook_dir, '[styles.ink]\nprompt = "$prompt, in ink"')
    assert load(notebook_dir=notebook_dir).style_files == (user_file(), notebook_dir / "imagegen.toml")
    assert load().style_files == (user_file(),)


def test_a_misspelt_setting_is_answered_with_file_line_and_the_nearest(notebook_dir):
    beside(notebook_dir, '# lesson\nsize = "1024x1024"\nqualty = "low"\n')
    with pytest.raises(
        ConfigError, match=r"'qualty' from imagegen\.toml .*, line 3 .*Did you mean quality\?"
    ):
        load(notebook_dir=notebook_dir)
    with pytest.raises(ConfigError, match=r"'zzz' from %config is not a setting. Available: allowed_urls"):
        load(overrides={"zzz": 1})


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ("model = 5", "model must be text"),
        ('size = ""', "size must be text"),
        ("timeout = 0", "timeout must be seconds, from 1 to 3600"),
        ("timeout = nan", "timeout must be seconds"),
        ("timeout = true", "timeout must be seconds"),
        ("preview = 20", "preview must be a whole number from 64 to 2048 pixels"),
        ("preview = 512.0", "preview must be a whole number"),
        ("output_compression = 101", "output_compression must be a whole number from 0 to 100"),
        ("home = 1", "home must be a path"),
        ('allowed_urls = "https://example.org/"', "allowed_urls must be a list of URL prefixes"),
        ('allowed_urls = ["https://example.org"]', "each with a host and a slash after it"),
        ('allowed_urls = ["file:///etc/"]', "each with a host"),
        ('budget = "-5"', "line 2: budget '-5' is not an amount"),
        ("budget = [1, [2]]", "is not an amount"),
        ("model = \nsize=1", "is not TOML.*line 2"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_where_it_stands(toml, reason):
    personal(f"# mine\n{toml}")
    with pytest.raises(ConfigError, match=f"(?s){reason}") as caught:
        load()
    assert "config.toml" in str(caught.value)


@pytest.mark.parametrize(
    "toml",
    [
        'api_key = "whatever"',
        'OPENAI_API_KEY = "whatever"',
        '[openai]\napi-key = "whatever"',
        'token = "whatever"',
        'model = "sk-whatever1234"',
    ],
)
def test_a_key_in_a_file_is_refused_and_not_repeated(toml):
    personal(toml)
    with pytest.raises(
        ConfigError, match=r"keys do not belong in files.*OPENAI_API_KEY in the environment"
    ) as caught:
        load()
    assert "whatever" not in str(caught.value)


def test_a_record_mode_that_there_is_not_stops_everything():
    with pytest.raises(ConfigError, match=r"IMAGEGEN_RECORD_MODE.*one of live, replay, record"):
        load_settings(environ={"IMAGEGEN_RECORD_MODE": "rekord"}, notebook_dir=None)


def test_a_cassette_in_a_file_lies_beside_it_and_none_takes_it_back(tmp_path):
    (tmp_path / "imagegen.toml").write_text('cassette = "lesson.cassette"', encoding="utf-8")
    assert load_settings(environ={}, notebook_dir=tmp_path).cassette == tmp_path / "lesson.cassette"
    environ = {"IMAGEGEN_CASSETTE": "none"}
    assert load_settings(environ=environ, notebook_dir=tmp_path).cassette is None


def test_recorded_settings_go_over_defaults_and_in_replay_over_the_readers_own():
    settings = load_settings(environ={"IMAGEGEN_MODEL": "gpt-image-2"}, notebook_dir=None)
    settings = settings.with_values({"size": "1536x1024"}, "%config")
    recorded = {"model": "gpt-image-1", "quality": "high", "size": "1024x1536"}
    live = settings.with_recorded(recorded, replays=False)
    assert (live.model, live.quality, live.size) == ("gpt-image-2", "high", "1536x1024")
    replayed = settings.with_recorded(recorded, replays=True)
    assert (replayed.model, replayed.quality, replayed.size) == ("gpt-image-1", "high", "1536x1024")


def test_a_file_that_cannot_be_read_is_an_error_and_one_that_is_absent_is_not(notebook_dir):
    (notebook_dir / "imagegen.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"imagegen\.toml cannot be read|imagegen\.toml .* cannot be read"):
        load(notebook_dir=notebook_dir)
    assert load(notebook_dir=notebook_dir / "absent").model is None


def test_the_notebook_is_where_the_server_or_the_front_end_says(notebook_dir, tmp_path):
    assert notebook_folder({"JPY_SESSION_NAME": str(notebook_dir / "a.ipynb")}) == notebook_dir
    assert notebook_folder({"JPY_SESSION_NAME": "lesson/a.ipynb"}) == notebook_dir
    assert notebook_folder({}, notebook=str(notebook_dir / "a.ipynb")) == notebook_dir
    assert notebook_folder({"JPY_SESSION_NAME": "no/such/folder/a.ipynb"}) == tmp_path
    assert notebook_folder({}) == tmp_path


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let the current folder go")
def test_a_current_folder_that_is_gone_is_named_with_what_to_do(tmp_path, monkeypatch):
    gone = tmp_path / "checked out anew"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigError, match="is gone") as caught:
        notebook_folder({})
    assert "cd ~" in caught.value.hint


def test_a_misspelt_variable_is_seen():
    found = unknown_variables(
        {"IMAGEGEN_MODLE": "x", "IMAGEGEN_MODEL": "x", "IMAGEGEN_XYZZY": "", "PATH": ""}
    )
    assert found["IMAGEGEN_MODLE"] == "IMAGEGEN_MODEL"
    assert set(found) == {"IMAGEGEN_MODLE", "IMAGEGEN_XYZZY"}


def test_importing_it_reads_neither_environment_nor_platformdirs():
    code = "import sys, jupyter_imagegen.config; print([m for m in ('platformdirs', 'openai', 'PIL') if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "IMAGEGEN_RECORD_MODE": "replay"},
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
