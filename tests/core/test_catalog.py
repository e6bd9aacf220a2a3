from __future__ import annotations

import datetime as dt

import pytest

from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.tokens import Span

TODAY = dt.date(2026, 11, 22)
ALL = [
    *("gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst"),
    *("gpt-image-2", "gpt-image-1.5", "chatgpt-image-latest", "gpt-image-1-mini", "gpt-image-1"),
    *("dall-e-3", "dall-e-2"),
]


@pytest.fixture
def catalog():
    return Catalog.load()


def test_every_model_of_openai_s_is_there_those_retired_too(catalog):
    assert list(catalog.models) == ALL


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("gpt-image-2.6-flare", "live"),
        ("gpt-image-2.5-sunburst", "live"),
        ("gpt-image-2", "live"),
        ("gpt-image-1.5", "closing"),
        ("gpt-image-1-mini", "closing"),
        ("chatgpt-image-latest", "closing"),
        ("gpt-image-1", "retired"),
        ("dall-e-2", "retired"),
        ("dall-e-3", "retired"),
    ],
)
def test_the_models_stand_where_they_stood_on_22_november_2026(catalog, name, status):
    assert catalog.models[name].status(TODAY) == status


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (dt.date(2026, 10, 31), "live"),
        (dt.date(2026, 11, 1), "closing"),
        (dt.date(2026, 11, 30), "closing"),
        (dt.date(2026, 12, 1), "retired"),
    ],
)
def test_a_model_is_closing_from_thirty_days_before_and_gone_on_the_day(catalog, day, status):
    assert catalog.models["gpt-image-1.5"].status(day) == status


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("gpt-image-2-2026-04-21", "gpt-image-2"),
        ("gpt-image-2.5-flare-2026-09-08", "gpt-image-2.5-flare"),
        ("gpt-image-2.5-sunburst-2026-09-08", "gpt-image-2.5-sunburst"),
        ("gpt-image-1.5-2025-12-16", "gpt-image-1.5"),
    ],
)
def test_a_dated_snapshot_is_its_model(catalog, alias, name):
    assert catalog.get(alias).name == name
    assert alias in catalog.names()


def test_a_name_that_nobody_knows_is_none(catalog):
    assert catalog.get("gpt-image-9") is None
    assert catalog.get("") is None


def test_the_default_is_the_newest_live_model_with_an_exact_formula_and_the_cheap_one_of_two(catalog):
    assert catalog.default(TODAY).name == "gpt-image-2.5-flare"
    assert catalog.default(dt.date(2026, 9, 7)).name == "gpt-image-2"
    assert catalog.default(dt.date(2026, 9, 8)).name == "gpt-image-2.5-flare"
    assert catalog.default(dt.date(1990, 1, 1)).name == "gpt-image-2.5-flare"


def test_a_newer_model_goes_before_a_preferred_one(tmp_path):
    file = tmp_path / "catalog.toml"
    file.write_text(
        '[models."gpt-image-3"]\nlike = "gpt-image-2.5-flare"\nreleased = 2026-11-01\npreference = 0\n',
        encoding="utf-8",
    )
    for day in (TODAY, dt.date(1990, 1, 1)):
        assert Catalog.load(file).default(day).name == "gpt-image-3"


def test_there_is_a_default_on_every_day(catalog):
    for year in (1990, 2026, 2099):
        assert catalog.default(dt.date(year, 1, 1)).tokens.kind == "formula"


def test_a_closing_default_gives_way_to_a_live_model(tmp_path):
    file = tmp_path / "catalog.toml"
    file.write_text('[models."gpt-image-2.5-flare"]\nshutdown = 2026-12-01\n', encoding="utf-8")
    catalog = Catalog.load(file)
    assert catalog.default(TODAY).name == "gpt-image-2.5-sunburst"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gpt-image-2.5-flair", "gpt-image-2.5-flare"),
        ("2.5-flare", "gpt-image-2.5-flare"),
        ("GPT-Image-2", "gpt-image-2"),
        ("gpt-image2", "gpt-image-2"),
        ("dalle-3", "dall-e-3"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_right_one(catalog, typed, meant):
    assert catalog.suggest(typed)[0] == meant


def test_nothing_is_suggested_for_something_else(catalog):
    assert catalog.suggest("stable-diffusion-xl") == []
    assert catalog.suggest("imagen-2") == []


def test_three_names_are_suggested_at_most(catalog):
    assert len(catalog.suggest("gpt-image-2.5-flar")) == 3


def test_a_model_s_replacement_is_the_first_that_its_maker_names(catalog):
    assert catalog.models["gpt-image-1.5"].replacement == "gpt-image-2.6-flare"
    assert catalog.models["gpt-image-2"].replacement is None


def test_what_replaces_a_model_is_live_itself(catalog):
    for model in catalog.models.values():
        for name in model.replacements:
            assert catalog.models[name].status(TODAY) == "live"
        if model.shutdown:
            assert model.replacement is not None
            assert catalog.successor(model, TODAY).status(TODAY) == "live"
    assert catalog.successor(catalog.models["gpt-image-2"], TODAY).name == "gpt-image-2.5-flare"


def test_a_replacement_that_is_gone_itself_is_passed_over(tmp_path):
    file = tmp_path / "catalog.toml"
    file.write_text('[models."gpt-image-2.6-flare"]\nshutdown = 2026-11-20\n', encoding="utf-8")
    catalog = Catalog.load(file)
    assert catalog.successor(catalog.models["gpt-image-1.5"], TODAY).name == "gpt-image-2.6-sunburst"


def test_parameters_are_what_the_facts_of_november_2026_say(catalog):
    m = catalog.models
    assert m["gpt-image-2"].qualities == ("low", "medium", "high")
    assert m["gpt-image-2"].backgrounds == ("auto", "opaque")
    assert m["gpt-image-2"].input_fidelity == ()
    assert not m["gpt-image-2"].markup
    assert m["gpt-image-2.5-flare"].qualities[-1] == "max"
    assert m["gpt-image-2.5-flare"].markup
    assert m["gpt-image-2.5-flare"].complexity == ()
    assert m["gpt-image-2.6-sunburst"].complexity == ("low", "medium", "high")
    assert m["gpt-image-2.6-sunburst"].output_formats[-2:] == ("gif", "svg")
    assert m["gpt-image-1.5"].input_fidelity == ("low", "high")
    assert m["gpt-image-1-mini"].input_fidelity == ("low",)
    assert m["gpt-image-1.5"].sizes.values == ("1024x1024", "1536x1024", "1024x1536")
    assert not m["dall-e-3"].streams


def test_what_a_picture_takes_is_what_the_facts_of_november_2026_say(catalog):
    m = {name: model.tokens for name, model in catalog.models.items()}
    assert dict(m["gpt-image-2.6-flare"].likely_percent) == {"low": 421, "medium": 400}
    assert m["gpt-image-2.6-flare"].most_percent["low"] == 500
    assert (m["gpt-image-1.5"].text_output, m["gpt-image-1-mini"].margin) == (512, 413)
    assert {rule.partial_image for rule in m.values() if rule.kind != "none"} == {100}
    assert m["gpt-image-2"].edit_overhead == Span(likely=16, most=64)
    assert m["gpt-image-1.5"].edit_overhead == Span(likely=32, most=64)
    assert m["gpt-image-2"].text_overhead == Span(likely=6, most=32)
    assert m["gpt-image-2"].input_most == 1538


def test_a_released_or_closing_day_always_says_where_it_is_from(catalog):
    for model in catalog.models.values():
        for fact in ("released", "shutdown"):
            if getattr(model, fact):
                assert "202" in model.sources[fact] or "snapshot" in model.sources[fact], (model.name, fact)


def test_own_rates_stand_only_where_genai_prices_has_none(catalog):
    from jupyter_imagegen.providers.openai.rates import _from_genai_prices

    for model in catalog.models.values():
        if model.rates is not None:
            assert _from_genai_prices(model.name, None) is None
            assert model.rates.source
            assert model.rates.date


def test_the_catalog_is_read_once():
    assert Catalog.load() is Catalog.load()
