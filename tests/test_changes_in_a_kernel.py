"""What is changed while a kernel runs counts at once: a price file, the store's home, the personal file."""

from __future__ import annotations

import os
import sqlite3

import pytest

from jupyter_imagegen.config import user_file
from jupyter_imagegen.errors import ConfigError, ImagegenError

RATES = """
[models."gpt-image-2.5-flare".rates]
text_input = 5
image_input = 10
image_output = {output}
"""


def prices(path, output):
    path.write_text(RATES.format(output=output))


@pytest.fixture
def catalog(tmp_path):
    path = tmp_path / "prices.toml"
    prices(path, 30)
    return path


def test_an_edited_price_counts_at_once_in_estimate_reservation_and_charge(session, home, catalog):
    session.configure(catalog=catalog)
    before = session.estimate("a fox")
    first = session.generate("a fox")
    prices(catalog, 300)
    after = session.estimate("a fox")
    assert after.usd > 5 * before.usd
    second = session.generate("a heron")
    assert second.cost.usd > 5 * first.cost.usd
    assert second.cost.ceiling_usd == session.estimate("a heron").ceiling
    with sqlite3.connect(home / "imagegen.sqlite3") as database:
        rows = dict(database.execute("SELECT ceiling_nano, cost_nano FROM charges"))
    database.close()
    assert len(rows) == 2
    (low, paid), (high, more) = sorted(rows.items())
    assert high > 5 * low
    assert more > 5 * paid


def test_a_budget_refuses_by_the_edited_price(session, server, catalog):
    session.configure(catalog=catalog, budget="0.02/day")
    session.generate("a fox")
    prices(catalog, 30_000)
    with pytest.raises(ImagegenError, match="left"):
        session.generate("a heron")
    assert server.calls == 1


def test_an_edit_of_the_same_length_at_the_same_moment_counts_too(session, catalog):
    session.configure(catalog=catalog)
    before = session.estimate("a fox").usd
    stat = catalog.stat()
    prices(catalog, 90)
    os.utime(catalog, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert catalog.stat().st_size == stat.st_size
    assert session.estimate("a fox").usd > 2 * before


@pytest.mark.parametrize("broken", ["[models", "", None, "[models.x]\nlike = 'nothing'"])
def test_a_price_file_that_breaks_stops_paid_calls_and_never_means_the_old_prices(
    session, server, catalog, broken
):
    session.configure(catalog=catalog)
    session.generate("a fox")
    if broken is None:
        catalog.unlink()
    else:
        catalog.write_text(broken)
    if broken == "":
        # Nothing is said, so what the package says holds.
        assert session.estimate("a heron").usd
        return
    with pytest.raises(ConfigError, match=r"prices\.toml"):
        session.generate("a heron")
    assert server.calls == 1
    prices(catalog, 30)
    assert session.generate("a heron").cost.usd


def test_a_price_file_named_anew_in_the_personal_file_counts_at_once(session, catalog, tmp_path):
    before = session.estimate("a fox").usd
    prices(catalog, 300)
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(f'catalog = "{catalog}"\n')
    assert session.estimate("a fox").usd > 5 * before
    assert session.generate("a fox").cost.usd > 5 * before


def test_a_home_changed_in_the_environment_is_where_pictures_go_and_what_is_shown(
    session, server, tmp_path, monkeypatch, home
):
    first = session.generate("a fox")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "other"))
    assert session.workshop.settings().home == tmp_path / "other"
    assert session.accounts.history() == []
    second = session.generate("a fox")
    assert second.images[0].path.is_relative_to(tmp_path / "other")
    assert server.calls == 2
    assert session.accounts.costs().spending.total.calls == 1
    monkeypatch.setenv("IMAGEGEN_HOME", str(home))
    assert session.generate("a fox").images[0].digest == first.images[0].digest
    assert server.calls == 2


def test_so_is_one_changed_in_the_personal_file(session, tmp_path, monkeypatch):
    monkeypatch.delenv("IMAGEGEN_HOME")
    user_file().parent.mkdir(parents=True, exist_ok=True)
    user_file().write_text(f'home = "{tmp_path / "one"}"\n')
    assert session.generate("a fox").images[0].path.is_relative_to(tmp_path / "one")
    user_file().write_text(f'home = "{tmp_path / "two"}"\n')
    assert session.generate("a fox").images[0].path.is_relative_to(tmp_path / "two")


def test_the_budgets_of_the_new_home_hold(session, server, tmp_path, monkeypatch, new_session):
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "tight"))
    new_session().accounts.budget("0.000001", per="day")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "wide"))
    session.generate("a fox")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "tight"))
    assert [str(budget) for budget in session.accounts.budget()] == ["$0.000001/day"]
    with pytest.raises(ImagegenError, match="left"):
        session.generate("a heron")
    assert server.calls == 1


def test_a_run_under_way_ends_in_the_home_it_began_with_and_its_caption_tells_of_that_one(
    session, server, tmp_path, monkeypatch, home
):
    session.generate("a first fox")
    server.latency = 0.3
    job = session.submit("a fox")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "other"))
    assert session.accounts.costs().spending.total.calls == 0
    result = job.result(30)
    assert result.images[0].path.is_relative_to(home)
    assert not (tmp_path / "other").exists()
    spent = 2 * result.cost.usd
    assert f"{spent:.4f}" in result.ledger_line or f"{spent:.3f}" in result.ledger_line


def test_one_answer_serves_all_who_ask_while_the_price_file_changes(session, server, catalog):
    """Whoever waits for a picture goes on waiting for it."""
    session.configure(catalog=catalog)
    server.latency = 0.2
    jobs = [session.submit("a fox")]
    prices(catalog, 40)
    jobs.append(session.submit("a fox"))
    assert len({job.result(30).images[0].digest for job in jobs}) == 1
    assert server.calls == 1


def test_a_recording_under_way_takes_its_picture_from_the_home_it_began_with(
    session, server, tmp_path, monkeypatch
):
    session.cassettes.use("lesson.cassette", mode="record")
    server.latency = 0.3
    job = session.submit("a fox")
    monkeypatch.setenv("IMAGEGEN_HOME", str(tmp_path / "other"))
    assert not any("Not recorded" in note for note in job.result(30).notes)
    assert len(session.cassettes.read("lesson.cassette")[1].recordings) == 1
