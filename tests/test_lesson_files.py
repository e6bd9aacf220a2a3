"""A file that came with a notebook chooses looks and a replay; it cannot loosen, spend, redirect, write or hang."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from children import command

from jupyter_imagegen.config import load_settings, user_file
from jupyter_imagegen.errors import BudgetExceededError, ConfigError

SECRET = "sk-test-0000111122223333"


@pytest.fixture
def lesson(tmp_path):
    folder = tmp_path / "lesson"
    folder.mkdir()
    return folder


def says(folder, text):
    (folder / "imagegen.toml").write_text(text, encoding="utf-8")


def personal(text):
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(text, encoding="utf-8")


def load(folder, **environ):
    return load_settings(environ=environ, notebook_dir=folder)


def test_a_lesson_chooses_looks_a_replay_and_a_tighter_budget(lesson):
    personal('budget = "5/day"')
    says(
        lesson,
        'model = "gpt-image-2"\nsize = "1536x1024"\nquality = "high"\nbackground = "opaque"\n'
        'output_format = "webp"\noutput_compression = 80\nmoderation = "auto"\npreview = 360\ntimeout = 60\n'
        'cassette = "sub/a.cassette"\nrecord_mode = "replay"\nbudget = ["3/day", "9/month"]\n',
    )
    found = load(lesson)
    assert (found.model, found.size, found.quality) == ("gpt-image-2", "1536x1024", "high")
    assert (found.output_format, found.output_compression, found.preview) == ("webp", 80, 360)
    assert (found.background, found.moderation, found.timeout) == ("opaque", "auto", 60.0)
    assert (found.cassette, found.record_mode) == (lesson / "sub" / "a.cassette", "replay")
    assert [str(budget) for budget in found.budgets] == ["$3.00/day", "$9.00/month"]


@pytest.mark.parametrize(
    "line",
    [
        'home = "/tmp/elsewhere"',
        'home = "."',
        "home = 5",
        'catalog = "prices.toml"',
        'allowed_urls = ["http://169.254.169.254/"]',
        "allowed_urls = []",
        "cassette_preview = 64",
        'timezone = "Pacific/Kiritimati"',
        'record_mode = "record"',
        'record_mode = " RECORD "',
        "timeout = 301",
        "timeout = 3600",
        'moderation = "low"',
        'moderation = "LOW"',
        'cassette = "/tmp/elsewhere.cassette"',
        'cassette = "../elsewhere.cassette"',
        'cassette = "sub/../../elsewhere.cassette"',
        'cassette = "~/elsewhere.cassette"',
        'cassette = "link.cassette"',
        'cassette = "folder/elsewhere.cassette"',
        'cassette = "round.cassette"',
    ],
)
def test_what_is_the_readers_to_decide_is_refused_with_file_line_and_what_to_do(lesson, tmp_path, line):
    (lesson / "link.cassette").symlink_to(tmp_path / "elsewhere.cassette")
    (lesson / "folder").symlink_to(tmp_path)
    (lesson / "round.cassette").symlink_to("round.cassette")
    says(lesson, f"# a lesson\n{line}\n")
    name = line.partition(" ")[0]
    with pytest.raises(ConfigError, match=rf"{name}.* line 2") as caught:
        load(lesson)
    assert str(lesson / "imagegen.toml") in str(caught.value)
    if line != "home = 5":
        assert str(user_file()) in caught.value.hint
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        'home = "pictures"',
        'catalog = "prices.toml"',
        'allowed_urls = ["https://example.org/"]',
        "cassette_preview = 64",
        'timezone = "Asia/Tokyo"',
        'record_mode = "record"',
        "timeout = 3600",
        'moderation = "low"',
        'cassette = "../elsewhere.cassette"',
    ],
)
def test_the_readers_own_file_may_say_all_of_it(lesson, line):
    personal(line)
    name = line.partition(" ")[0]
    assert load(lesson).sources[name] == f"user file {user_file()}"


@pytest.mark.parametrize(
    ("mine", "theirs", "name", "holds"),
    [
        ('provider = "demo"', 'provider = "openai"', "provider", "demo"),
        ('record_mode = "replay"', 'record_mode = "live"', "record_mode", "replay"),
        ('record_mode = "record"', 'record_mode = "replay"', "record_mode", "replay"),
        ('provider = "openai"', 'provider = "demo"', "provider", "demo"),
        ('timeout = 20\nbudget = "1/day"', 'budget = "100/day"', "timeout", 20.0),
    ],
)
def test_a_lesson_takes_back_no_choice_that_keeps_the_reader_from_paying(lesson, mine, theirs, name, holds):
    personal(mine)
    says(lesson, theirs)
    assert getattr(load(lesson), name) == holds


def test_a_lesson_cannot_put_the_readers_own_cassette_away(lesson):
    personal('cassette = "mine.cassette"')
    says(lesson, 'cassette = "none"')
    assert load(lesson).cassette == user_file().parent / "mine.cassette"


def test_what_a_cassette_says_loosens_nothing_either_where_a_call_may_follow():
    settings = load_settings(environ={}, notebook_dir=None)
    told = {"moderation": "low", "quality": "high"}
    live = settings.with_recorded(told, replays=False)
    assert (live.moderation, live.quality) == (None, "high")
    # In replay it is only a part of the request's key.
    assert settings.with_recorded(told, replays=True).moderation == "low"


NUL, BOM = "\0", "\ufeff"
HOSTILE = {
    "deep lists": "a = " + "[" * 100_000,
    "deep lists that end": "a = " + "[" * 400 + "]" * 400,
    "deep tables": "a = " + "{a=" * 50_000,
    "many parts": ".".join("a" * 100_000) + " = 1",
    "many parts in quotes": '"a".' * 60_000 + "a = 1",
    "many parts in a header": f"[{'.'.join('a' * 100_000)}]",
    "many parts within a table": f"model = {{ x = '''a'\"'''', {'.'.join('k' * 50_000)} = 1, z = '''\"''' }}",
    "5,000 digits": "timeout = " + "9" * 5_000,
    "many bits": "preview = 0x" + "f" * 200_000,
    "a budget of many bits": "budget = 0x" + "f" * 200_000,
    "a budget of many spaces": f'budget = "5{" " * 200_000}!"',
    "infinity": "timeout = inf",
    "not a number": "budget = nan",
    "a day": "size = 1979-05-27",
    "a moment": "quality = 1979-05-27T07:32:00Z",
    "NUL": f'model = "a{NUL}b"',
    "escaped NUL": 'cassette = "a\\u0000b"',
    "an unknown home": 'cassette = "~nosuchuser/a.cassette"',
    "a long file name": f'cassette = "{"a" * 3_000}"',
    "a longer file name": f'cassette = "{"a" * 300}"',
    "a long path": f'cassette = "{"a/" * 2_000}b"',
    "long text": f'model = "{"m" * 200_000}"',
    "long name": f"{'n' * 200_000} = 1",
    "long line of spaces": f"qualty = 1\n{' ' * 200_000}x = 1\n",
    "too large": "#" * 300_000,
    "many budgets": "budget = [" + "[1]," * 50_000 + "]",
    "a table for text": "model = { a = 1 }",
    "terminal": 'model = "a\\u001b[31mb"',
    "half": "model = ",
    "a long style": f'[styles.a]\nprompt = "$prompt {"x" * 200_000}"',
    "a style's braces": f'[styles.a]\nprompt = "$prompt ${{{"}" * 200_000}"',
    "a style's deep table": "[styles]\na = " + "{a=" * 900 + "1" + "}" * 900,
}

READ = """
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
from jupyter_imagegen.session import Session
import os

found, session = {}, Session(environ={})
for folder in sorted(Path(sys.argv[1]).iterdir()):
    os.chdir(folder)
    # Of the processor: how busy the machine is does not count.
    began, told = time.process_time(), "nothing"
    try:
        session.workshop.settings(), session.workshop.styles()
    except Exception as exc:
        told = f"{type(exc).__name__}: {exc}"
    found[folder.name] = (told, time.process_time() - began)
    print(json.dumps(found[folder.name] + (folder.name,)), flush=True)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What one fresh process says of every hostile file, in a bounded time and memory."""
    root = tmp_path_factory.mktemp("hostile")
    for name, text in HOSTILE.items():
        (root / name).mkdir()
        (root / name / "imagegen.toml").write_bytes(text.encode())
    special = {
        "utf16": lambda path: path.write_bytes("size = 1".encode("utf-16")),
        "latin1": lambda path: path.write_bytes(b'model = "caf\xe9"'),
        "pipe": os.mkfifo,
        "zero": lambda path: path.symlink_to("/dev/zero"),
        "folder": Path.mkdir,
        "round": lambda path: path.symlink_to(path.name),
    }
    for name, make in special.items():
        (root / name).mkdir()
        make(root / name / "imagegen.toml")
    (root / "socket").mkdir()
    here = Path.cwd()
    os.chdir(root / "socket")  # the whole path is too long for a socket's name
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("imagegen.toml")
    os.chdir(here)
    home = tmp_path_factory.mktemp("user")
    environ = {**os.environ, **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home))}
    run = subprocess.run(
        [sys.executable, "-c", READ, str(root)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    return {name: (told, took) for told, took, name in map(json.loads, run.stdout.splitlines())}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes and sockets among files")
@pytest.mark.parametrize("name", [*HOSTILE, "utf16", "latin1", "pipe", "zero", "folder", "round", "socket"])
def test_a_hostile_file_is_one_line_that_names_it_in_no_time(answers, name):
    told, took = answers[name]
    assert told.startswith("ConfigError: ")
    assert f"{name}/imagegen.toml" in told
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) < 900
    assert took < 2


def test_a_byte_order_mark_and_windows_lines_are_read(lesson):
    (lesson / "imagegen.toml").write_bytes(f'{BOM}quality = "high"\r\npreview = 400\r\n'.encode())
    found = load(lesson)
    assert (found.quality, found.preview) == ("high", 400)


def test_a_style_may_be_called_after_a_key(lesson):
    says(lesson, '[styles.low-key]\nprompt = "$prompt, low-key lighting"')
    assert load(lesson).size == "1024x1024"


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("user", "pipe"), ("user", "many parts"), ("lesson", "deep lists"), ("catalog", "pipe"),
        ("catalog", "deep lists"), ("catalog", "too large"),
    ],
)  # fmt: skip
def test_the_shell_answers_a_hostile_file_with_one_line(tmp_path, lesson, place, kind):
    files = {"user": user_file(), "lesson": lesson / "imagegen.toml", "catalog": tmp_path / "prices.toml"}
    file = files[place]
    file.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.write_text(HOSTILE[kind])
    if place == "catalog":
        personal(f'catalog = "{file}"')
    run = command("models", timeout=30, cwd=lesson)
    assert run.returncode not in (0, -9)
    assert run.stdout == ""
    assert str(file) in run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"api_key": "anything-at-all"},
        {"model": SECRET},
        {"home": f"/tmp/{SECRET}"},
        {"OPENAI_API_KEY": SECRET},
        {"timeout": SECRET},
        {"preview": "0123456789abcdef0123456789abcdef"},
        {"budget": "8f14e45fceea167a5a36dedd4bea2543"},
        {"allowed_urls": [SECRET]},
        {"password": 12345678},
        {"sise": SECRET},
    ],
)
def test_a_refused_setting_does_not_repeat_a_key(new_session, values):
    with pytest.raises(ConfigError) as caught:
        new_session().configure(**values)
    for value in values.values():
        assert str(value) not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "environ",
    [
        {"IMAGEGEN_MODEL": SECRET},
        {"IMAGEGEN_BUDGET": SECRET},
        {"IMAGEGEN_RECORD_MODE": "0123456789abcdef0123456789abcdef"},
        {"IMAGEGEN_TIMEZONE": SECRET},
        {"IMAGEGEN_HOME": SECRET},
    ],
)
def test_a_refused_variable_does_not_repeat_a_key(environ):
    (name, value) = next(iter(environ.items()))
    with pytest.raises(ConfigError, match=name) as caught:
        load_settings(environ=environ, notebook_dir=None)
    assert value not in str(caught.value)


def test_a_long_value_is_not_repeated_whole(new_session):
    with pytest.raises(ConfigError) as caught:
        new_session().configure(record_mode="replay please " * 1_000)
    assert len(str(caught.value)) < 300


def test_a_lesson_that_spends_redirects_and_writes_changes_no_file_and_calls_no_one(lesson, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "keep").write_text("mine")
    says(lesson, f'home = "{elsewhere}"\nprovider = "openai"\n')
    run = command("costs", cwd=lesson)
    assert run.returncode != 0
    assert "line 1" in run.stderr
    assert sorted(path.name for path in elsewhere.iterdir()) == ["keep"]
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "sources = 5",
        "like = ['gpt-image-2']",
        "like = { a = 1 }",
        "released = 2026-01-01T00:00:00",
        "preference = 0x" + "f" * 200_000,
        "rates = { text_input = 0x" + "f" * 200_000 + ", image_input = 1, image_output = 1 }",
        "rates = { text_input = 1e999999999, image_input = 1, image_output = 1 }",
        "rates = { text_input = nan, image_input = 1, image_output = 1 }",
        "sizes = { kind = 'free', values = ['" + "9" * 4_000 + "x1'], multiple_of = 1 }",
        "like = 'a1'\n" + "".join(f"[models.a{i}]\nlike = 'a{i + 1}'\n" for i in range(1, 3_000)),
        "tokens = { kind = 'formula', factors = { low = 0x" + "f" * 100_000 + " } }",
        "output = '\\u001b[31m'",
    ],
    ids=lambda text: text[:24],
)
def test_a_price_file_with_odd_values_is_one_line_that_names_it(new_session, tmp_path, text):
    file = tmp_path / "prices.toml"
    like = "" if text.startswith("like") else "like = 'gpt-image-2'\n"
    file.write_text(f"[models.x]\n{like}{text}")
    began = time.process_time()
    with pytest.raises(ConfigError, match=r"prices\.toml") as caught:
        new_session().configure(catalog=file)
    assert time.process_time() - began < 3
    assert len(str(caught.value)) < 900
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("file", ["lesson", "personal"])
def test_a_budget_that_a_file_set_is_not_said_to_be_raised_by_the_command(session, tmp_path, file):
    if file == "personal":
        personal('budget = "0.001/day"')
    else:
        says(tmp_path, 'budget = "0.001/day"')
    with pytest.raises(BudgetExceededError, match=r"where it is set, which `%imagegen config` shows"):
        session.generate("a boat")
    source = session.workshop.settings().sources["budgets"]
    assert source.startswith("user file" if file == "personal" else "imagegen.toml")


def test_a_budget_of_the_ledger_is_raised_by_the_command_that_its_error_names(session):
    session.accounts.budget("0.001", per="day")
    with pytest.raises(BudgetExceededError, match="%imagegen budget 1 --per day"):
        session.generate("a boat")
    session.accounts.budget(1, per="day")
    assert session.generate("a boat").images
