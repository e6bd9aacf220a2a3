from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from children import COMMAND, command, output, python
from imageserver import (
    KEY,
    Reply,
    html,
    moderated,
    no_quota,
    paint,
    rate_limited,
    rows,
    server_error,
    unverified,
    wrong_key,
)

from jupyter_imagegen.cli.outcomes import MEANINGS, exit_code
from jupyter_imagegen.cli.output import plain
from jupyter_imagegen.cli.parsing import read_arguments
from jupyter_imagegen.errors import ImagegenError, RequestError
from jupyter_imagegen.options import OPTIONS

SCRIPT = shutil.which("jupyter-imagegen", path=str(Path(sys.executable).parent))
posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")


class Ended:
    """How a command ended; its JSON, if asked for, is in `.document`. The key is in no output."""

    def __init__(self, words, returncode, stdout, stderr):
        assert KEY not in stdout + stderr
        assert "Traceback" not in stderr, stderr
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr
        self.document = json.loads(stdout) if "--json" in words else None


@pytest.fixture
def environment(image_server):
    return {**os.environ, **image_server.env()}


@pytest.fixture
def script(environment):
    """Run the console script as a shell does."""

    def ran(*words):
        ended = subprocess.run(
            [SCRIPT, *words], env=environment, capture_output=True, timeout=60, check=False
        )
        return Ended(words, ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return ran


@pytest.fixture
def run(environment):
    """Run commands, each in a process of its own that need not import anything."""

    def ran(*words, stdin="", **changed):
        ended = command(*words, stdin=stdin, **(environment | changed))
        return Ended(words, ended.returncode, ended.stdout, ended.stderr)

    return ran


@pytest.fixture
def start(environment):
    """Start a command, and end it with the test."""
    started = []

    def begun(*words, stderr=subprocess.PIPE):
        started.append(python(COMMAND, *words, stderr=stderr, **environment))
        return started[-1]

    yield begun
    for process in started:
        process.kill()
        process.communicate()


def test_a_picture_is_saved_under_a_safe_name_and_comes_back_for_nothing(script, image_server):
    first = script("generate", "a lighthouse: at dusk/../!")
    assert first.returncode == 0, first.stderr
    path, caption, money = first.stdout.splitlines()
    assert path == "a-lighthouse-at-dusk.png"
    assert caption.startswith("2.5-flare · 1024×1024 · low · ")
    assert money == "today $0.006"
    # Nothing is drawn on stderr where it is not a terminal.
    assert first.stderr == ""
    assert Path(path).read_bytes() == image_server.pictures[0]

    again = script("generate", "a lighthouse: at dusk/../!")
    assert again.stdout.splitlines()[0] == path
    assert "cached · $0.00, saved $0.006" in again.stdout
    assert image_server.calls == 1
    assert [file.name for file in Path().glob("*.png")] == [path]


def test_a_file_that_is_there_is_never_overwritten(run):
    Path("out.png").write_bytes(b"mine")
    ended = run("generate", "a lighthouse", "-o", "out.png", "--json")
    assert ended.document["images"][0]["path"] == "out-2.png"
    assert Path("out.png").read_bytes() == b"mine"
    assert Path("out-2.png").read_bytes()[:4] == b"\x89PNG"


def test_pictures_go_into_a_folder_and_only_what_is_missing_is_bought(run, image_server):
    run("generate", "a lighthouse", "-o", "elsewhere/")
    run("budget", "5", "--per", "day")
    ended = run("generate", "a lighthouse", "-n", "2", "-o", "elsewhere/", "--json")
    document = ended.document
    assert [image["path"] for image in document["images"]] == [
        str(Path("elsewhere/a-lighthouse-1.png")),
        str(Path("elsewhere/a-lighthouse-2.png")),
    ]
    assert [image["origin"] for image in document["images"]] == ["store", "provider"]
    assert (document["cost_usd"], document["saved_usd"]) == ("0.00593", "0.00593")
    assert document["spent_today_usd"] == "0.01186"
    assert document["budget_left_usd"] == {"day": "4.98814"}
    assert image_server.billed == 2
    for image in document["images"]:
        assert Path(image["path"]).read_bytes() == Path(image["stored"]).read_bytes()


def test_a_path_outside_the_folder_is_an_ordinary_place_in_a_shell(run, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    ended = run("generate", "a lighthouse", "--save", "../pictures/lighthouse")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "pictures" / "lighthouse.png").is_file()


def test_a_prompt_comes_from_stdin_and_an_edit_takes_a_file_or_the_last_picture(run, image_server):
    assert run("generate", "-", stdin="\ufeffa lighthouse\n").returncode == 0
    assert image_server.last.fields["prompt"] == "a lighthouse"
    assert run("edit", "make it winter", "-i", "a-lighthouse.png", "-o", "winter.png").returncode == 0
    assert image_server.last.path.endswith("/images/edits")
    assert image_server.last.files[0].data == Path("a-lighthouse.png").read_bytes()
    assert run("edit", "now at night", "-i", "last").returncode == 0
    assert image_server.last.files[0].data == Path("winter.png").read_bytes()


def test_a_style_goes_around_the_prompt(run, image_server):
    run("generate", "a heron", "--style", "watercolour")
    assert image_server.last.fields["prompt"].startswith(
        "A watercolour painting of a heron. Transparent washes"
    )


def test_an_estimate_needs_no_key_and_sends_nothing(run, image_server):
    ended = run("estimate", "a lighthouse", "-q", "high", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    assert ended.returncode == 0
    assert ended.stdout.startswith("about $0.0527")
    document = run("estimate", "a lighthouse", "--json", "-n", "2").document
    assert document["estimate"]["tokens"]["image_output"] == 392
    assert document["to_buy"] == 2
    assert image_server.requests == []


def test_a_dry_run_shows_the_exact_request_and_sends_nothing(run, image_server):
    words = ("generate", "a lighthouse", "--background", "transparent", "--dry-run")
    document = run(*words, "--json").document
    assert document["request"] == {
        "model": "gpt-image-2.5-flare",
        "prompt": "a lighthouse",
        "size": "1024x1024",
        "quality": "low",
        "background": "transparent",
    }
    assert (document["stored"], document["to_buy"], len(document["key"])) == (0, 1, 64)
    shown = run(*words).stdout
    assert document["key"] in shown
    assert '"background": "transparent"' in shown
    assert image_server.requests == []
    assert not list(Path().glob("*.png"))


def test_without_a_key_there_is_no_demo_picture_unless_it_is_asked_for(run):
    ended = run("generate", "a lighthouse", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    assert ended.returncode == 4
    assert ended.stdout == ""
    assert "OPENAI_API_KEY" in ended.stderr
    assert "--provider demo" in ended.stderr
    asked = run("generate", "a lighthouse", "--provider", "demo", OPENAI_API_KEY=None, OPENAI_BASE_URL=None)
    assert asked.returncode == 0, asked.stderr
    assert "demo picture, not a model's" in asked.stdout
    assert Path("a-lighthouse.png").is_file()


def test_each_failure_has_its_exit_code_one_line_and_its_document(run, image_server):
    failures = [
        (wrong_key(), 4, "key was not accepted", "no"),
        (unverified(), 4, "verified", "no"),
        (no_quota(), 4, "quota", "no"),
        (moderated(), 5, "violence", "no"),
        (rate_limited(retry_after="300"), 6, "rate limit", "no"),
        (html(200), 7, "", "possibly"),
        (Reply(hang_up=True), 7, "possibly billed", "possibly"),
    ]
    for calls, (reply, code, words, billed) in enumerate(failures, 1):
        image_server.script(reply)
        ended = run("generate", "a lighthouse", "--json", "--timeout", "20")
        assert ended.returncode == code, ended.stderr
        assert ended.document["error"]["exit_code"] == code
        assert ended.document["error"]["billed"] == billed
        assert words in ended.stderr.lower()
        assert ended.stderr.startswith("jupyter-imagegen: ")
        assert ended.stderr.count("\n") == 1
        assert image_server.calls == calls
    assert run("costs", "--json").document["spending"]["total"]["unpriced"] == 2


def test_a_server_that_stays_broken_or_is_not_there_is_the_network_code(run, image_server):
    image_server.script(*[server_error(503, retry_after_ms="10")] * 5)
    assert run("generate", "a lighthouse").returncode == 6
    # A deadline that leaves no time for a second try.
    unreachable = run("generate", "a lighthouse", "--timeout", "1", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert unreachable.returncode == 6
    assert run("costs", "--json").document["spending"]["total"]["held_usd"] == "0"


def test_a_budget_stands_against_a_call_and_the_hint_is_a_command_of_the_shell(run, image_server):
    assert run("budget", "0.001").returncode == 0
    ended = run("generate", "a lighthouse")
    assert ended.returncode == 3
    assert "`jupyter-imagegen budget 1 --per day`" in ended.stderr
    assert "%imagegen" not in ended.stderr
    assert run("generate", "a lighthouse", "--max-cost", "0.001").returncode == 3
    assert image_server.requests == []
    assert run("budget", "none", "--json").document["budgets"] == []
    assert run("generate", "a lighthouse").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["generate", "a lighthouse", "--qualty", "low"], "did you mean --quality"),
        (["generate", "a lighthouse", "--qual", "low"], "no option --qual"),
        (["generate", "a", "lighthouse", "-n", "2"], "generate 'a lighthouse' -n 2"),
        (["show"], "there is no command 'show'"),
        (["history", "a", "lighthouse"], "history 'a lighthouse'"),
        (["doctor", "now"], "unexpected argument 'now'"),
        (["generate", "a lighthouse", "-n", "two"], "'two' is not a whole number"),
        (["generate", "a lighthouse", "-i", "x.png"], "no option -i"),
        (["generate"], "PROMPT"),
        (["paint", "a lighthouse"], "generate 'paint a lighthouse'"),
        (["budget", "5", "--per", "session"], "invalid choice: 'session'"),
    ],
)
def test_wrong_usage_is_answered_with_what_was_meant(words, message):
    with pytest.raises(RequestError, match=r"--help` shows how it is used") as caught:
        read_arguments(words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "   "],
        ["generate", "-"],
        ["generate", "a lighthouse", "-s", "1000x1000"],
        ["generate", "a lighthouse", "-m", "gpt-imagine"],
        ["generate", "a lighthouse", "-m", "dall-e-3"],
        ["generate", "a lighthouse", "-o", "out.txt"],
        ["generate", "a lighthouse", "--style", "watercolor"],
        ["edit", "make it winter"],
        ["edit", "make it winter", "-i", "absent.png"],
        ["budget", "-5"],
        ["models", "nonsense"],
        ["styles", "nonsense"],
        ["history", "--limit", "0"],
    ],
)
def test_a_request_that_cannot_be_sent_ends_with_2_before_anything_is_sent(words, monkeypatch, capsysbinary):
    from jupyter_imagegen import cli

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115, PTH123
    try:
        assert cli.main(words) == 2
    finally:
        sys.stdin.close()
    told = capsysbinary.readouterr()
    assert told.out == b""
    assert told.err.startswith(b"jupyter-imagegen: ")
    assert told.err.count(b"\n") == 1


def test_a_setting_that_cannot_be_used_ends_with_2(run):
    Path("imagegen.toml").write_text('qualty = "low"', encoding="utf-8")
    ended = run("generate", "a lighthouse")
    assert ended.returncode == 2
    assert "Did you mean quality?" in ended.stderr


def test_every_error_of_ours_has_an_exit_code_that_the_help_explains():
    def below(kind):
        return [kind, *(lower for child in kind.__subclasses__() for lower in below(child))]

    for kind in below(ImagegenError):
        made = kind() if kind.__name__ == "DetachedError" else kind("x")
        assert exit_code(made) in MEANINGS


def test_the_help_names_every_command_option_and_exit_code(capsys):
    def shown(*words):
        with pytest.raises(SystemExit) as ended:
            read_arguments([*words, "--help"])
        assert ended.value.code == 0
        return capsys.readouterr().out

    top = shown()
    commands = [
        "generate",
        "edit",
        "estimate",
        "costs",
        "history",
        "models",
        "styles",
        "budget",
        "config",
        "doctor",
        "store",
    ]
    for name in commands:
        assert f"    {name}" in top
    for code, meaning in MEANINGS.items():
        assert f"{code}  {meaning}" in top
    helped = shown("edit")
    for option in OPTIONS:
        if "cli" in option.faces:
            assert all(flag in helped for flag in option.flags_for("cli")), option.name
    for words in [
        *([name] for name in commands),
        ["store", "verify"],
        ["store", "gc"],
        ["store", "export"],
    ]:
        assert "--json" in shown(*words) or words == ["store"]


def test_what_was_made_and_spent_can_be_read_by_people_and_programs(run):
    run("generate", "a lighthouse at dusk")
    run("generate", "a heron")
    entries = run("history", "LIGHTHOUSE", "--json").document["entries"]
    assert [entry["prompt"] for entry in entries] == ["a lighthouse at dusk"]
    assert entries[0]["images"][0]["cost_usd"] == "0.00595"
    assert "a heron" in run("history").stdout
    costs = run("costs", "--json").document
    assert costs["spending"]["day"]["usd"] == "0.01188"
    assert costs["by_model"]["gpt-image-2.5-flare"]["pictures"] == 2
    assert "$0.0119" in run("costs").stdout


def test_models_styles_and_settings_can_be_read_by_people_and_programs(run):
    models = run("models", "--json").document
    assert models["default"] == "gpt-image-2.5-flare"
    assert {"live", "retired"} <= {model["status"] for model in models["models"]}
    one = run("models", "gpt-image-2", "--json").document
    assert one["rates_usd_per_million_tokens"]["image_output"] == "30"
    assert "gpt-image-2.5-flare" in run("models").stdout
    assert "$prompt" in run("styles", "Pixel Art").stdout
    assert len(run("styles", "--json").document["styles"]) >= 12
    settings = run("config", "--json", IMAGEGEN_MODEL="gpt-image-2").document["settings"]
    assert settings["model"] == {"value": "gpt-image-2", "source": "environment IMAGEGEN_MODEL"}
    assert "environment IMAGEGEN_HOME" in run("config").stdout


def test_a_flipped_bit_is_found_and_said(run, home):
    run("generate", "a lighthouse")
    assert run("store", "verify").returncode == 0
    (picture,) = home.rglob("pictures/*/*.png")
    data = bytearray(picture.read_bytes())
    data[-20] ^= 1
    picture.write_bytes(data)
    ended = run("store", "verify")
    assert ended.returncode == 8
    assert f"damaged  {picture.stem}" in ended.stdout
    again = run("store", "verify", "--json")
    assert again.returncode == 8
    assert again.document["sound"] is False
    assert again.document["report"]["damaged"] == [picture.stem]


def test_a_store_is_tidied_and_exported_and_no_key_is_in_it(run, home):
    run("generate", "a lighthouse")
    key = run("history", "--json").document["entries"][0]["key"]
    run("generate", "a heron")
    assert run("store", "gc", "--json").document["removed"] >= 0
    assert run("store", "export", "all.zip", "--json").document["pictures"] == 2
    assert run("store", "export", "one.zip", key[:12]).returncode == 0
    with zipfile.ZipFile("one.zip") as archive:
        assert any(key in name for name in archive.namelist())
    kept = run("store", "export", "all.zip")
    assert kept.returncode == 8
    for file in [*home.rglob("*"), *Path().glob("*.zip")]:
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file


def test_a_store_that_cannot_be_used_is_the_store_code(run, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert run("store", "verify", IMAGEGEN_HOME=str(tmp_path / "file")).returncode == 8


@posix
def test_a_reader_that_leaves_ends_the_command_quietly(start):
    process = start("models", "--json")
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == ""


def a_picture(gate):
    usage = {
        "input_tokens": 10, "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
        "output_tokens": 196, "total_tokens": 206,
    }  # fmt: skip
    reply = rows({"b64_json": base64.b64encode(paint("1024x1024")).decode()}, usage=usage)
    reply.gate = gate
    return reply


@posix
def test_the_first_interrupt_waits_for_the_picture_that_was_sent(start, image_server):
    gate = threading.Event()
    image_server.script(a_picture(gate))
    process = start("generate", "a lighthouse")
    assert image_server.arrived.wait(30)
    process.send_signal(signal.SIGINT)
    assert "billed anyway" in process.stderr.readline()
    gate.set()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.splitlines()[0] == "a-lighthouse.png"
    assert Path("a-lighthouse.png").is_file()


@posix
def test_the_second_interrupt_gives_up_and_the_ledger_says_possibly_billed(start, run, image_server):
    gate = threading.Event()
    image_server.script(a_picture(gate))
    process = start("generate", "a lighthouse")
    assert image_server.arrived.wait(30)
    process.send_signal(signal.SIGINT)
    assert "billed anyway" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "possibly billed" in err
    gate.set()
    day = run("costs", "--json").document["spending"]["day"]
    assert (day["unpriced"], day["usd"]) == (1, "0")
    assert float(day["held_usd"]) > 0


@posix
def test_an_interrupt_while_nothing_is_sent_costs_nothing(start, run, image_server):
    import pty

    image_server.script(rate_limited(retry_after="60"))
    parent, child = pty.openpty()
    process = start("generate", "a lighthouse", stderr=child)
    os.close(child)
    seen = ""
    while "trying again" not in seen:
        seen += os.read(parent, 4096).decode(errors="replace")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    while chunk := _read_to_end(parent):
        seen += chunk
    os.close(parent)
    assert "nothing was billed" in seen
    assert run("costs", "--json").document["spending"]["day"]["held_usd"] == "0"


@posix
def test_a_terminal_shows_one_line_of_progress_and_clears_it(start, image_server):
    import pty

    gate = threading.Event()
    image_server.script(a_picture(gate))
    parent, child = pty.openpty()
    process = start("generate", "a lighthouse", stderr=child)
    os.close(child)
    seen = ""
    while "painting" not in seen:
        seen += os.read(parent, 4096).decode(errors="replace")
    gate.set()
    out, _ = process.communicate(timeout=60)
    while chunk := _read_to_end(parent):
        seen += chunk
    os.close(parent)
    assert "painting · " in seen
    assert "2.5-flare · 1024×1024 · low · about $0.0059" in seen
    assert seen.endswith(" \r")
    assert "\n" not in seen
    assert out.splitlines()[0] == "a-lighthouse.png"


def _read_to_end(descriptor):
    try:
        return os.read(descriptor, 4096).decode(errors="replace")
    except OSError:  # Linux says EIO where the other end is closed
        return ""


def test_jupyter_finds_the_command():
    jupyter = shutil.which("jupyter", path=str(Path(sys.executable).parent))
    if jupyter is None:
        pytest.skip("no jupyter command beside this Python")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [jupyter, "imagegen", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert ended.stdout.startswith("jupyter-imagegen ")


def test_looking_up_a_setting_imports_neither_the_sdk_nor_pillow():
    code = """
        import sys; from jupyter_imagegen.cli import main; main(["config", "--json"])
        print([m for m in ("openai", "PIL", "IPython", "ipywidgets") if m in sys.modules])
    """
    assert output(code, fresh=True).splitlines()[-1] == "[]"


def test_a_value_that_json_does_not_have_is_refused_and_not_guessed():
    with pytest.raises(TypeError, match="object has no form in JSON"):
        plain({"x": object()})
