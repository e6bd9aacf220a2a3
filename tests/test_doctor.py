from __future__ import annotations

import os
import threading
from datetime import UTC, datetime

import pytest
from imageserver import KEY

from jupyter_imagegen import doctor
from jupyter_imagegen.doctor import checks
from jupyter_imagegen.session import Session


@pytest.fixture
def examine(monkeypatch):
    """Look at a session of this environment; the checks by name, and the key in none of them."""
    sessions = []

    def examined(*, demo_fallback=True, online=True, now=None, **environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        clock = {} if now is None else {"now": lambda: now}
        session = Session(environ=os.environ, demo_fallback=demo_fallback, **clock)
        sessions.append(session)
        found = checks(session, online=online)
        assert KEY not in repr(found)
        assert KEY[-4:] not in repr(found)
        assert len({check.name for check in found}) == len(found)
        return {check.name: check for check in found}

    yield examined
    for session in sessions:
        session.workshop.stores.close()


def test_with_nothing_set_a_cell_would_paint_a_demo_picture_and_says_why(examine):
    found = examine()
    assert found["versions"].ok
    assert "openai " in found["versions"].text
    assert found["provider"].text.startswith("demo (no OPENAI_API_KEY is set")
    assert found["cell"].text == "would paint an offline demo picture, because no OPENAI_API_KEY is set"
    assert found["store"].ok
    assert found["budget"].ok is None
    assert "budget 5 --per day" in found["budget"].hint
    assert found["model"].text == "gpt-image-2.5-flare (default), live"
    assert all(check.ok is not False for check in found.values())


def test_where_nobody_watches_a_missing_key_is_wrong(examine):
    found = examine(demo_fallback=False)
    assert found["provider"].ok is False
    assert "--provider demo" in found["provider"].hint
    assert found["cell"].ok is False
    assert found["cell"].text.startswith("would be refused: no OpenAI API key")


def test_with_a_key_the_endpoint_is_asked_and_nothing_is_paid(examine, image_server):
    found = examine(**image_server.env())
    assert found["key"].text == "set"
    assert found["endpoint"].ok
    assert found["endpoint"].text == f"accepted by {image_server.url}"
    assert found["offered"].ok
    assert found["cell"].text == "would call gpt-image-2.5-flare at about $0.0059 for 1024x1024 low"
    # Only OpenAI's own endpoint verifies organisations.
    assert "verified" not in found
    assert image_server.calls == image_server.billed == 0


def test_a_key_that_is_not_accepted_is_said_without_the_key(examine, image_server):
    found = examine(OPENAI_BASE_URL=image_server.url, OPENAI_API_KEY=KEY[::-1])
    assert found["endpoint"].ok is False
    assert KEY[::-1] not in repr(found)
    assert found["offered"].ok is None


def test_a_key_that_no_header_takes_is_said_without_the_key(examine, image_server):
    found = examine(OPENAI_BASE_URL=image_server.url, OPENAI_API_KEY=f"{KEY} ")
    assert found["key"].ok is False
    assert "endpoint" not in found


def test_on_openais_own_endpoint_it_says_what_a_403_would_mean(examine):
    found = examine(OPENAI_API_KEY=KEY)
    assert found["endpoint"].ok is False  # this test must not reach it
    assert found["verified"].ok is None
    assert "403" in found["verified"].hint
    assert "15 minutes" in found["verified"].hint


def test_an_endpoint_that_does_not_answer_is_given_up(examine, image_server, monkeypatch):
    monkeypatch.setattr(doctor, "REACH_SECONDS", 0.2)
    silent = threading.Event()
    answer = image_server._http.RequestHandlerClass._authorised
    monkeypatch.setattr(
        image_server._http.RequestHandlerClass,
        "_authorised",
        lambda handler, recorded: silent.wait(20) and answer(handler, recorded),
    )
    try:
        found = examine(**image_server.env())
    finally:
        silent.set()
    assert found["endpoint"].ok is False
    assert "did not answer" in found["endpoint"].text
    assert found["store"].ok


def test_without_asking_the_endpoint_nothing_leaves(examine, image_server):
    assert examine(online=False, **image_server.env())["endpoint"].ok is None
    assert image_server.requests == []


def test_a_misspelt_variable_and_a_broken_file_are_found(examine, tmp_path):
    found = examine(IMAGEGEN_MODLE="gpt-image-2")
    assert found["settings"].ok is False
    assert "IMAGEGEN_MODLE (did you mean IMAGEGEN_MODEL?)" in found["settings"].text
    (tmp_path / "imagegen.toml").write_text("size = 5", encoding="utf-8")
    found = examine()
    assert list(found) == ["versions", "settings"]
    assert "size must be text" in found["settings"].text


def test_a_setting_says_where_it_comes_from(examine, home):
    found = examine(IMAGEGEN_PROVIDER="demo")
    assert "provider from environment IMAGEGEN_PROVIDER" in found["settings"].text
    assert found["provider"].text == "demo (environment IMAGEGEN_PROVIDER)"
    assert str(home) in found["store"].text


@pytest.mark.parametrize(
    ("model", "ok", "words", "hint"),
    [
        ("gpt-image-1.5", None, "shuts down on 2026-12-01", "Use gpt-image-2"),
        ("gpt-image-1", False, "was shut down on 2026-10-23", "stored pictures are still shown"),
        ("gpt-image-2.5-flair", None, "not in the catalog", "Did you mean gpt-image-2.5-flare?"),
    ],
)
def test_a_model_that_goes_or_is_gone_is_said(examine, model, ok, words, hint):
    found = examine(IMAGEGEN_MODEL=model, now=datetime(2026, 11, 22, tzinfo=UTC))
    assert found["model"].ok is ok
    assert words in found["model"].text
    assert hint in found["model"].hint


def test_a_budget_that_is_used_up_means_a_cell_would_be_refused(examine, image_server):
    found = examine(IMAGEGEN_BUDGET="0.001/day", **image_server.env())
    assert found["budget"].text == "$0.001 of $0.001/day left"
    assert found["cell"].ok is False
    assert found["cell"].text == "would be refused: the budget per day has $0.001 left"


def test_damaged_pictures_are_counted(examine, home, monkeypatch):
    examine(IMAGEGEN_PROVIDER="demo")
    session = Session(environ=os.environ, demo_fallback=True)
    session.generate("a lighthouse", size="1024x1024", provider="demo")
    (picture,) = home.rglob("pictures/*/*.png")
    picture.write_bytes(b"rust")
    session.workshop.storage.pictures.verify()
    session.workshop.storage.close()
    found = examine()
    assert found["store"].ok is False
    assert "1 picture is damaged" in found["store"].hint


def test_a_home_that_cannot_be_used_is_said(examine, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    found = examine(IMAGEGEN_HOME=str(tmp_path / "file"))
    assert found["store"].ok is False
    assert "IMAGEGEN_HOME" in found["store"].hint
