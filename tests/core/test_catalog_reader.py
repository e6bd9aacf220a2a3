from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from jupyter_imagegen.errors import ConfigError
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.rates import rates
from jupyter_imagegen.providers.openai.tokens import Span, TokenRule

RATES = "[models.{name}.rates]\ntext_input = {usd}\nimage_input = 8\nimage_output = 30\n"


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return Catalog.load(file)

    return loaded


def test_an_empty_file_changes_nothing(load):
    assert load("").models == Catalog.load().models


def test_the_user_s_rates_go_before_everybody_s(load):
    catalog = load(RATES.format(name='"gpt-image-2.5-flare"', usd="6.1"))
    found = rates("gpt-image-2.5-flare-2026-09-08", catalog)
    assert found.text_input == Decimal("6.1")
    assert found.text_input_cached == Decimal("6.1")
    assert found.text_output is None
    assert found.source == "your catalog file"
    assert catalog.models["gpt-image-2.5-flare"].qualities[-1] == "max"


def test_rates_of_one_model_do_not_reach_those_that_are_like_it(load):
    catalog = load(RATES.format(name='"gpt-image-2.5-flare"', usd=6))
    assert rates("gpt-image-2.5-sunburst", catalog).text_input == 5
    assert rates("gpt-image-2", catalog).text_input == 5


def test_a_deployment_takes_over_its_model_s_rules_and_price(load):
    catalog = load('[models.my-deployment]\nlike = "gpt-image-1.5"\n')
    model = catalog.get("my-deployment")
    assert model.tokens == Catalog.load().models["gpt-image-1.5"].tokens
    assert model.aliases == ()
    assert model.shutdown is None
    assert rates("my-deployment", catalog).image_output == 32


def test_a_deployment_of_a_deployment_has_the_rates_of_the_first(load):
    text = '[models.a]\nlike = "gpt-image-2"\n[models.b]\nlike = "a"\n' + RATES.format(name="a", usd=7)
    assert rates("b", load(text)).text_input == 7


def test_a_deployment_of_26_has_the_catalog_s_own_row(load):
    catalog = load('[models.mine]\nlike = "gpt-image-2.6-flare"\n')
    assert rates("mine", catalog).source.startswith("OpenAI's model page")
    assert not catalog.models["mine"].rates_are_users


def test_a_deployment_of_a_deployment_is_priced_as_the_model_behind_both(load):
    catalog = load('[models.b]\nlike = "a"\n[models.a]\nlike = "gpt-image-2"\n')
    assert catalog.models["b"].priced_as == "gpt-image-2"
    assert rates("b", catalog).image_output == 30


@pytest.mark.parametrize(
    ("usd", "read"),
    [("0", "0"), ("1_000_000", "1000000"), ("0.000000000001", "1e-12")],
)
def test_the_limits_of_a_rate_are_rates(load, usd, read):
    assert rates("gpt-image-2", load(RATES.format(name='"gpt-image-2"', usd=usd))).text_input == Decimal(read)


def test_rates_of_a_model_that_came_later_are_its_user_s(load):
    whole = '[models.new]\nqualities = ["low"]\nsizes = {kind = "fixed", values = ["1024x1024"]}\n'
    model = load(whole + RATES.format(name="new", usd=7)).models["new"]
    assert model.rates_are_users
    assert (model.rates.image_input_cached, model.rates.text_input_cached) == (8, 7)


def test_what_a_model_that_came_later_does_not_say_is_nothing(load):
    model = load(
        '[models.new]\nqualities = ["low"]\nsizes = {kind = "fixed", values = ["1024x1024"]}\n'
        'tokens = {kind = "formula", text_overhead = {likely = 6, most = 6}}\n'
    ).models["new"]
    assert (model.auto, model.markup, model.edits, model.streams, model.preference) == (False,) * 4 + (0,)
    assert model.tokens == TokenRule(kind="formula", text_overhead=Span(likely=6, most=6))


def test_a_model_that_came_later_can_be_added_whole(load):
    catalog = load(
        """
        [models."gpt-image-3"]
        released = 2027-01-05
        aliases = ["gpt-image-3-2027-01-05"]
        qualities = ["low"]
        [models."gpt-image-3".sizes]
        kind = "fixed"
        values = ["1024x1024"]
        """
    )
    model = catalog.get("gpt-image-3-2027-01-05")
    assert model.released == dt.date(2027, 1, 5)
    assert model.tokens.kind == "none"
    assert rates("gpt-image-3", catalog) is None


def test_a_changed_file_is_read_again(load):
    first = load(RATES.format(name='"gpt-image-2"', usd=6))
    assert load(RATES.format(name='"gpt-image-2"', usd="7.25")) is not first


def test_money_in_the_file_is_never_a_float(load):
    found = rates("gpt-image-2", load(RATES.format(name='"gpt-image-2"', usd="0.1")))
    assert found.text_input == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models = 3", "must be tables"),
        ("models.x = 3", "x must be a table"),
        ("[models", "not TOML"),
        ("[modles.x]", "Did you mean models"),
        ('[models."gpt-image-2"]\nqualites = []', "Did you mean qualities"),
        ('[models.x]\nlike = "gpt-image-2.5-flair"', "Did you mean gpt-image-2.5-flare"),
        ('[models.x]\nlike = "x"', "circular"),
        ('[models.x]\nlike = "y"\n[models.y]\nlike = "x"', "circular"),
        ("[models.x]\nlike = 3", "is not a model"),
        ("[models.x]\nnote = 'new'", "qualities is missing"),
        ('[models."gpt-image-2"]\nqualities = "low"', "list of words"),
        ('[models."gpt-image-2"]\nqualities = [5]', "list of words"),
        ('[models."gpt-image-2"]\nqualities = [""]', "list of words"),
        ('[models."gpt-image-2"]\nmarkup = "yes"', "true or false"),
        ('[models."gpt-image-2"]\nshutdown = "2026-12-01"', "without quotes"),
        ('[models."gpt-image-2"]\npreference = -1', "whole number"),
        ('[models."gpt-image-2"]\npreference = true', "whole number"),
        ('[models."gpt-image-2"]\nnote = 3', "must be text"),
        ('[models."gpt-image-2"]\nsizes = 3', "must be a table"),
        ('[models."gpt-image-2"]\nsizes = {kind = "round", values = ["1x1"]}', "one of free, fixed"),
        ('[models."gpt-image-2"]\nsizes = {kind = "fixed", values = ["big"]}', "is not a size"),
        ('[models."gpt-image-2"]\nsizes = {kind = "fixed"}', "at least one size"),
        (
            '[models."gpt-image-2"]\nsizes = {kind = "free", values = ["1000x1000"], multiple_of = 16, max_edge = 3840, max_pixels = 9000000, max_aspect = 3}',
            "does not keep its own limits",
        ),
        (
            '[models."gpt-image-2"]\nsizes = {kind = "fixed", values = ["1x1"], edge = 9}',
            "Did you mean max_edge",
        ),
        ('[models."gpt-image-2"]\ntokens = {kind = "magic"}', "one of formula"),
        ('[models."gpt-image-2"]\ntokens = {kind = "formula", factor = {low = 1}}', "Did you mean factors"),
        ('[models."gpt-image-2"]\nrates = {text_imput = 5}', "Did you mean text_input"),
        ('[models."gpt-image-2"]\ntokens = {factors = {low = 1.5}}', "whole number"),
        (
            '[models."gpt-image-2"]\ntokens = {text_overhead = {likely = 3, most = 2}}',
            "likely not above most",
        ),
        (
            RATES.format(name="gpt-image-2", usd=5).replace("image_output = 30\n", ""),
            "image_output is missing",
        ),
        (RATES.format(name="gpt-image-2", usd=-1), "0 or more"),
        (RATES.format(name="gpt-image-2", usd="nan"), "0 or more"),
        (RATES.format(name="gpt-image-2", usd="inf"), "0 or more"),
        (RATES.format(name="gpt-image-2", usd="true"), "0 or more"),
        (RATES.format(name="gpt-image-2", usd="1e300"), "0 or more"),
        (RATES.format(name="gpt-image-2", usd="1e-300"), "0 or more"),
        (RATES.format(name="gpt-image-2", usd='"5"'), "0 or more"),
        ('[models.x]\nlike = "gpt-image-2"\naliases = ["gpt-image-1"]', "another model's name"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_the_place(load, text, says):
    with pytest.raises(ConfigError, match=says) as caught:
        load(text)
    assert "mine.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        Catalog.load(tmp_path / "gone.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Catalog.load(file)


def test_any_side_may_be_possible(load):
    catalog = load(
        '[models.mine]\nlike = "gpt-image-2"\n[models.mine.sizes]\nkind = "free"\nvalues = ["1001x1003"]\n'
        "multiple_of = 1\nmax_edge = 2000\nmax_pixels = 4000000\nmax_aspect = 3\n"
    )
    assert catalog.models["mine"].sizes.broken(1001, 1003) == ""
