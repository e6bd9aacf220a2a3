"""Where some of the wanted pictures are there, they are shown, and why the others are not is said beside them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from decimal import Decimal

import imageserver
import pytest

from jupyter_imagegen.cli import main
from jupyter_imagegen.display import LiveDisplay
from jupyter_imagegen.errors import (
    BudgetExceededError,
    ImagegenError,
    NoKeyError,
    NotRecordedError,
    RetiredModelError,
)
from jupyter_imagegen.magics.commands import dry_run
from jupyter_imagegen.notebook_costs import plan_notebook
from jupyter_imagegen.options import read_cell
from jupyter_imagegen.render import caption
from jupyter_imagegen.session import Session
from jupyter_imagegen.widgets.panel import PicturePanel

GONE = "gpt-image-1"
RELAYED = "a-relays-model"
SHUT_DOWN = f"{GONE} was shut down on 2026-10-23"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ASKED = {"size": "1024x1024", "quality": "low"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with two stored pictures each of a model that OpenAI has shut down, a live one and a relay's."""
    home = tmp_path_factory.mktemp("made") / "home"
    with imageserver.ImageServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(imageserver, "MODELS", {*imageserver.MODELS, GONE, RELAYED})
        for name, value in {**server.env(), "IMAGEGEN_HOME": str(home)}.items():
            patch.setenv(name, value)
        session = Session(now=lambda: NOW)
        for model in (GONE, None, RELAYED):
            session.generate("a fox", model=model, n=2, **ASKED)
        session.close()
    return home


@pytest.fixture
def kept(made, home, server, new_session):
    """A session with these pictures in its store."""
    shutil.copytree(made, home)
    return new_session(now=lambda: NOW)


@pytest.fixture
def official(kept, monkeypatch):
    """The same with OpenAI's own address, where nothing may be called."""
    monkeypatch.delenv("OPENAI_BASE_URL")
    return kept


def told(result, n, why, *, cost="0"):
    """The pictures that are there came back, with why the others did not; what it cost is known."""
    assert len(result.images) == 2
    assert result.cost.usd == Decimal(cost)
    assert result.cost.saved_usd > 0
    assert caption(result).text.count(f"{n - 2} of {n} pictures") == 1
    assert why in caption(result).text
    return result


# each face


def test_of_a_retired_model_what_is_stored_is_shown_and_the_rest_is_said(official, server):
    result = told(official.generate("a fox", model=GONE, n=5, **ASKED), 5, SHUT_DOWN)
    assert f"3 of 5 pictures are missing: {SHUT_DOWN}. Use gpt-image" in result.notes[-1]
    assert "1 of 3 pictures is missing" in official.generate("a fox", model=GONE, n=3, **ASKED).notes[-1]
    assert server.calls == 0
    with pytest.raises(RetiredModelError):
        official.generate("a fox", model=GONE, n=3, fresh=True, **ASKED)
    with pytest.raises(RetiredModelError):
        official.generate("a heron", model=GONE, n=3, **ASKED)


async def test_an_awaited_picture_is_no_exception(official):
    told(await official.agenerate("a fox", model=GONE, n=5, **ASKED), 5, SHUT_DOWN)


def test_a_cell_shows_the_pictures_with_the_words_under_them(official):
    job = official.submit("a fox", model=GONE, n=5, **ASKED)
    told(LiveDisplay(job).wait(), 5, SHUT_DOWN)


def test_the_shell_saves_the_pictures_and_ends_with_the_code_for_fewer_than_asked(official, capsys, tmp_path):
    words = [
        "generate",
        "a fox",
        "-m",
        GONE,
        "-n",
        "5",
        "-s",
        "1024x1024",
        "-q",
        "low",
        "--save",
        f"{tmp_path}/x/",
    ]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert f"3 of 5 pictures are missing: {SHUT_DOWN}" in out
    assert len(list((tmp_path / "x").iterdir())) == 2
    assert main([*words, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (len(document["images"]), document["cost_usd"]) == (2, "0")
    assert SHUT_DOWN in document["notes"][-1]


def test_a_dry_run_and_an_estimate_say_what_would_be_shown_and_what_not(official, capsys):
    words = ["a fox", "-m", GONE, "-n", "5", "-s", "1024x1024", "-q", "low"]
    options, prompt = read_cell(words[1:], "a fox")
    view = dry_run(official, prompt, options, {}).text
    assert main(["generate", *words, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["stored"], document["to_buy"], document["estimate"]["usd"]) == (2, 0, "0")
    assert main(["estimate", *words]) == 0
    for said in (view, " ".join(document["notes"]), capsys.readouterr().out):
        assert f"3 of 5 pictures are missing: {SHUT_DOWN}" in said
    assert "2 of 5 stored: would be shown for $0.00" in view


def test_the_panel_offers_them_for_nothing_and_says_what_is_missing(official):
    shown = PicturePanel(official, "a fox", later=lambda action: action, model=GONE, n=4, **ASKED)
    assert shown.quote["allowed"]
    assert (shown.quote["price"], shown.quote["words"]) == ("$0.00", "2 of 4 in the store")
    assert f"2 of 4 pictures are missing: {SHUT_DOWN}" in " ".join(shown.quote["notes"])
    shown.choices = {**shown.choices, "n": 2}
    assert shown.quote["words"] == "both in the store"
    shown.close()


def plan_of(session, folder, line):
    cell = {"cell_type": "code", "source": line, "metadata": {}, "outputs": [], "execution_count": None}
    path = folder / "plan.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return plan_notebook(session, path)


def test_a_notebooks_plan_counts_nothing_for_them_and_says_it(official, tmp_path):
    plan = plan_of(official, tmp_path, f'%imagegen "a fox" -m {GONE} -n 5 -s 1024x1024 -q low')
    assert (plan.now.usd, plan.refused) == (0, [])
    assert f"3 of 5 pictures are missing: {SHUT_DOWN}" in " ".join(plan.rows[0].notes)


# each reason


def test_over_a_budget(kept, server):
    kept.accounts.budget(Decimal("0.001"), per="session")
    before = server.calls
    told(kept.generate("a fox", n=5, **ASKED), 5, "budget")
    before_it = kept.preflight("a fox", n=5, **ASKED)
    assert before_it.estimate.usd == 0
    assert "3 of 5 pictures are missing: they could cost up to $0.0" in before_it.told[-1]
    assert "with $0.001 left in this session" in before_it.told[-1]
    assert server.calls == before
    with pytest.raises(BudgetExceededError):
        kept.generate("a heron", n=5, **ASKED)


def test_over_max_cost_and_where_a_price_is_not_known(kept, server):
    told(kept.generate("a fox", n=4, max_cost=0.001, **ASKED), 4, "--max-cost")
    assert "--max-cost" in kept.preflight("a fox", n=4, max_cost=0.001, **ASKED).told[-1]
    kept.accounts.budget(5)
    result = kept.generate("a fox", n=4, model=RELAYED, **ASKED)
    assert (len(result.images), server.calls) == (2, 0)
    assert "2 of 4 pictures are missing" in result.notes[-1]
    assert "2 of 4 pictures are missing" in kept.preflight("a fox", n=4, model=RELAYED, **ASKED).told[-1]


def test_without_a_key(kept, monkeypatch, new_session):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    told(kept.generate("a fox", n=4, **ASKED), 4, "OPENAI_API_KEY")
    assert "2 of 4 pictures are missing" in kept.preflight("a fox", n=4, **ASKED).told[-1]
    with pytest.raises(NoKeyError):
        kept.generate("a fox", n=2, fresh=True, **ASKED)


@pytest.fixture
def replayed(kept, tmp_path, monkeypatch):
    """A lesson that has two of the pictures, to be replayed by who has neither store nor key."""
    kept.cassettes.use(str(tmp_path / "lesson.cassette"), mode="record")
    kept.generate("a fox", n=2, **ASKED)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("IMAGEGEN_CASSETTE", str(tmp_path / "lesson.cassette"))
    monkeypatch.setenv("IMAGEGEN_RECORD_MODE", "replay")


def test_a_replay_shows_what_is_recorded_and_stops_the_lesson(replayed, new_session, capsys):
    reader = new_session(demo_fallback=True)
    job = reader.submit("a fox", n=5, **ASKED)
    with pytest.raises(NotRecordedError, match="2 of the 5 pictures"):
        LiveDisplay(job).wait()
    # Outside a shell, IPython prints what a cell would show.
    assert capsys.readouterr().out.count("<img alt=") == 2
    LiveDisplay(reader.submit("a fox", n=4, **ASKED)).follow()
    with pytest.raises(NotRecordedError):
        reader.wait()
    with pytest.raises(NotRecordedError):
        reader.generate("a heron", n=5, **ASKED)
    panel = PicturePanel(reader, "a fox", later=lambda action: action, n=3, **ASKED)
    assert (panel.quote["allowed"], panel.quote["words"]) == (True, "2 of 3 recorded")
    panel.close()


def test_a_replay_in_the_shell_saves_what_is_recorded_and_ends_with_the_errors_code(
    replayed, capsys, tmp_path, monkeypatch
):
    words = ["generate", "a fox", "-n", "5", "-s", "1024x1024", "-q", "low", "--save", f"{tmp_path}/x/"]
    assert main(words) == 2
    assert "2 of the 5 pictures" in capsys.readouterr().err
    assert len(list((tmp_path / "x").iterdir())) == 2
    assert main([*words, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (len(document["images"]), document["error"]["type"]) == (2, "NotRecordedError")


def test_where_the_ledger_cannot_be_used(kept, server, home, new_session):
    kept.accounts.budget(5)
    kept.close()
    shutil.rmtree(home / "locks")
    (home / "locks").touch()
    session, before = new_session(), server.calls
    told(session.generate("a fox", n=5, **ASKED), 5, "")
    assert "3 of 5 pictures are missing" in session.preflight("a fox", n=5, **ASKED).told[-1]
    assert server.calls == before
    with pytest.raises(ImagegenError):
        session.generate("a heron", **ASKED)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (imageserver.wrong_key, "Incorrect API key"),
        (imageserver.moderated, "safety"),
        (imageserver.no_quota, "quota"),
    ],
)
def test_where_the_call_fails(kept, server, reply, words):
    server.script(reply())
    result = told(kept.generate("a fox", n=3, **ASKED), 3, "")
    assert "1 of 3 pictures is missing" in result.notes[-1]
    assert len(kept.generate("a fox", n=3, **ASKED).images) == 3


def test_where_the_call_may_be_billed_what_is_held_is_said(kept, server):
    server.script(imageserver.server_error(500, after=0.01))
    result = kept.generate("a fox", n=3, **ASKED)
    assert len(result.images) == 2
    assert result.cost.usd is None
    assert result.cost.ceiling_usd > 0
    assert "cost unknown" in caption(result).text


def test_where_one_of_the_stored_pictures_cannot_be_read_now(kept, server, tmp_path):
    away, shown = (image.path for image in kept.generate("a fox", n=2, **ASKED).images)
    away.unlink()
    away.mkdir()
    before = server.calls
    for n in (2, 3):
        result = kept.generate("a fox", n=n, **ASKED)
        assert [image.path for image in result.images] == [shown]
        for notes in (result.notes, kept.preflight("a fox", n=n, **ASKED).told):
            assert f"{n - 1} of {n} pictures" in notes[-1]
            assert str(away) in notes[-1]
    (row,) = plan_of(kept, tmp_path, '%imagegen "a fox" -n 3 -s 1024x1024 -q low').rows
    assert (row.now.usd, row.price.usd > 0) == (0, True)
    assert f"2 of 3 pictures are missing: {away}" in " ".join(row.notes)
    away.rmdir()
    assert server.calls == before
