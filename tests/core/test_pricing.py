from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_imagegen.core.dollars import dollars_to_nano, format_usd, nano_to_dollars
from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.core.usage import Usage, usage_from_api
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.pricing import estimate
from jupyter_imagegen.providers.openai.rates import Rates, _from_genai_prices, cost, rates

CATALOG = Catalog.load()
MODELS = [name for name in CATALOG.models if not name.startswith("dall-e")]


def generate(model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low", **more):
    return GenerateRequest(model=model, prompt=prompt, size=size, quality=quality, **more)


def picture(width=1024, height=1024):
    return InputImage(data=b"x", digest="0" * 64, mime="image/png", width=width, height=height)


def edit(model="gpt-image-2", prompt="make it winter", size="1024x1024", quality="low", **more):
    return EditRequest(
        model=model, prompt=prompt, size=size, quality=quality, **({"images": (picture(),)} | more)
    )


def priced(request, **options):
    return estimate(request, CallOptions(**options), catalog=CATALOG)


# --- what a call did cost ---


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("gpt-image-1", Usage(text_input=266, image_output=4160), "0.16773"),
        ("gpt-image-1", Usage(text_input=266, image_input=266, image_output=4160), "0.17039"),
        ("gpt-image-2", Usage(text_input=13, image_output=196), "0.005945"),
        ("gpt-image-2.5-flare", Usage(text_input=14, image_output=196), "0.00595"),
        ("gpt-image-2.5-sunburst-2026-09-08", Usage(text_input=14, image_output=196), "0.00595"),
        ("gpt-image-2", Usage(text_input=27, image_input=1024, image_output=196), "0.014207"),
        ("gpt-image-2", Usage(text_input=81, image_output=1756), "0.053085"),
        ("gpt-image-2", Usage(text_input=228, image_input=1450, image_output=13342), "0.413"),
        ("gpt-image-1", Usage(text_input=25, image_input=194, image_output=272), "0.012945"),
        ("gpt-image-2.6-flare", Usage(text_input=59, image_output=555), "0.016945"),
        ("gpt-image-1.5", Usage(text_input=100, text_output=50, image_output=1056), "0.034792"),
        ("gpt-image-1-mini", Usage(text_input=10, image_output=272), "0.002196"),
        ("gpt-image-2", Usage(image_input=1000, image_input_cached=400, image_output=1), "0.00563"),
        ("gpt-image-2", Usage(text_input=1000, text_input_cached=400, image_output=1), "0.00353"),
        ("gpt-image-2", Usage(), "0"),
    ],
)
def test_a_call_s_tokens_cost_this_to_the_last_digit(model, usage, usd):
    assert cost(usage, rates(model, CATALOG)) == Decimal(usd)


def test_a_real_answer_of_gpt_image_2_costs_what_it_did():
    answer = {
        "input_tokens": 13,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 13},
        "output_tokens": 196,
        "output_tokens_details": {"image_tokens": 196, "text_tokens": 0},
        "total_tokens": 209,
    }
    assert cost(usage_from_api(answer), rates("gpt-image-2", CATALOG)) == Decimal("0.005945")


def test_an_amount_is_written_without_zeros_at_its_end():
    found = rates("gpt-image-2", CATALOG)
    assert str(cost(Usage(text_input=13, image_output=196), found)) == "0.005945"
    assert str(cost(Usage(text_input=20_000_000), found)) == "100"
    assert str(cost(Usage(), found)) == "0"


def test_words_without_a_rate_of_their_own_are_charged_as_picture_and_never_as_nothing():
    assert cost(Usage(text_output=1000), rates("gpt-image-2", CATALOG)) == Decimal("0.03")


def test_rates_say_who_says_so_and_when():
    found = rates("gpt-image-2.5-flare", CATALOG)
    assert found.source.startswith("genai-prices ")
    assert found.date is not None
    assert found.text_output is None
    assert rates("gpt-image-1.5", CATALOG).text_output == 10


@pytest.mark.parametrize(
    ("model", "text", "image", "out"),
    [
        ("gpt-image-2.6-flare", 5, 8, 30),
        ("gpt-image-2.6-sunburst", 5, 8, 30),
        ("gpt-image-2.5-flare", 5, 8, 30),
        ("gpt-image-2.5-sunburst", 5, 8, 30),
        ("gpt-image-2", 5, 8, 30),
        ("gpt-image-1.5", 5, 8, 32),
        ("chatgpt-image-latest", 5, 8, 32),
        ("gpt-image-1-mini", 2, Decimal("2.5"), 8),
        ("gpt-image-1", 5, 10, 40),
    ],
)
def test_the_rates_are_those_of_november_2026(model, text, image, out):
    found = rates(model, CATALOG)
    assert (found.text_input, found.image_input, found.image_output) == (text, image, out)
    assert found.text_input_cached < found.text_input
    assert found.image_input_cached < found.image_input


@pytest.mark.parametrize(
    "name", ["gpt-4o", "gpt-4o-image-vip", "GPT-Image-2", "dall-e-3", "my-deployment", ""]
)
def test_only_a_picture_model_by_its_exact_name_has_rates(name):
    assert rates(name, CATALOG) is None


@pytest.fixture
def listed(monkeypatch):
    """What is read of a row of genai-prices that says this."""
    import genai_prices

    def read(name="gpt-image-9", row="gpt-image-9", comments=None, **price):
        named = ("input_mtok", "input_image_mtok", "output_mtok", "output_image_mtok", "cache_read_mtok", "cache_image_read_mtok")  # fmt: skip
        found = SimpleNamespace(
            model_price=SimpleNamespace(**{each: price.get(each) for each in named}),
            model=SimpleNamespace(id=row, price_comments=comments),
        )
        monkeypatch.setattr(genai_prices, "calc_price", lambda *_, **__: found)
        return _from_genai_prices(name, None)

    return read


ROW = {"input_mtok": Decimal(5), "input_image_mtok": Decimal(8), "output_mtok": Decimal(30)}


def test_a_row_without_cached_rates_gives_no_discount_and_one_output_rate_is_for_pictures(listed):
    found = listed(**ROW)
    assert (found.text_input_cached, found.image_input_cached) == (5, 8)
    assert (found.image_output, found.text_output, found.date) == (30, None, None)
    cached = listed(**ROW, cache_read_mtok=Decimal(1), cache_image_read_mtok=Decimal(2))
    assert (cached.text_input_cached, cached.image_input_cached) == (1, 2)
    words = listed(**ROW | {"output_mtok": Decimal(10)}, output_image_mtok=Decimal(32))
    assert (words.image_output, words.text_output) == (32, 10)


def test_a_row_is_of_the_last_day_that_its_comments_name(listed):
    assert (
        str(listed(**ROW, comments="seen 2026-09-08, again 2026-11-04, first 2026-04-21").date)
        == "2026-11-04"
    )
    assert listed(**ROW, comments="seen in 2026").date is None


@pytest.mark.parametrize("missing", ROW)
def test_a_row_that_lacks_a_rate_or_has_it_in_tiers_is_not_believed(listed, missing):
    assert listed(**{name: usd for name, usd in ROW.items() if name != missing}) is None
    assert listed(**ROW | {missing: SimpleNamespace(base=5, tiers=[])}) is None


def test_a_row_counts_for_its_own_name_and_its_dated_snapshots_only(listed):
    assert listed("gpt-image-9-2027-01-05", **ROW) is not None
    assert listed("gpt-image-9-vip", **ROW) is None
    assert listed("gpt-image-99", **ROW) is None


money = st.decimals(0, 1000, allow_nan=False, allow_infinity=False, places=6)
tokens = st.integers(0, 50_000_000)


@given(
    st.builds(
        Rates,
        text_input=money,
        text_input_cached=money,
        image_input=money,
        image_input_cached=money,
        image_output=money,
        text_output=money,
        source=st.just("here"),
        date=st.none(),
    ),
    st.tuples(tokens, tokens, tokens, tokens),
)
def test_a_cost_is_exact_and_adds_up(found, parts):
    text, image, words, out = parts
    usage = Usage(text_input=text, image_input=image, text_output=words, image_output=out)
    # In integers of a millionth of a millionth of a dollar.
    exact = sum(
        n * int(rate * 1_000_000)
        for n, rate in zip(
            parts, (found.text_input, found.image_input, found.text_output, found.image_output), strict=True
        )
    )
    assert cost(usage, found) * 10**12 == exact
    assert cost(usage + usage, found) == 2 * cost(usage, found)


# --- what a call will cost ---


@pytest.mark.parametrize(
    ("size", "quality", "output"),
    [("1024x1024", "low", 196), ("3840x2160", "high", 3336), ("1024x1024", "medium", 439)],
)
def test_25_is_estimated_by_openai_s_calculator(size, quality, output):
    found = priced(generate(size=size, quality=quality))
    assert found.tokens.image_output == output
    assert found.kind == "exact"
    assert found.usd == cost(found.tokens, rates("gpt-image-2.5-flare", CATALOG))
    assert found.source.startswith("genai-prices")


def test_the_prompt_is_counted_as_a_quarter_of_its_bytes_and_at_most_as_all_of_them():
    found = priced(generate(prompt="灯台" * 100))
    assert found.tokens.text_input == 150 + 6
    output = cost(Usage(image_output=196), rates("gpt-image-2.5-flare", CATALOG))
    assert found.ceiling == output + (600 + 32) * Decimal("0.000005")


@pytest.mark.parametrize("model", ["gpt-image-2.6-flare", "gpt-image-2.6-sunburst"])
def test_26_is_a_marked_upper_bound(model):
    found = priced(generate(model=model))
    assert found.kind == "bound"
    assert found.usd < found.ceiling
    assert "upper bound" in found.note


@pytest.mark.parametrize(("size", "quality"), [("auto", "low"), ("1024x1024", "auto"), ("auto", "auto")])
@pytest.mark.parametrize("model", ["gpt-image-2.5-flare", "gpt-image-1.5", "gpt-image-2.6-flare"])
def test_auto_is_bounded_by_the_most_it_can_choose(model, size, quality):
    found = priced(generate(model=model, size=size, quality=quality))
    assert found.kind == "bound"
    assert "auto" in found.note
    assert found.ceiling >= priced(generate(model=model, size="1024x1024", quality="low")).ceiling


@pytest.mark.parametrize(
    "request_",
    [
        generate(model="gpt-image-9"),
        generate(model="dall-e-3", quality="hd"),
        generate(model="gpt-image-2.6-flare", output_format="gif"),
        generate(model="gpt-image-2.6-flare", output_format="svg"),
        generate(model="gpt-image-1.5", size="1008x1008"),
        generate(quality="ultra"),
    ],
)
def test_what_nobody_knows_is_unknown_and_never_nothing(request_):
    found = priced(request_)
    assert (found.usd, found.ceiling, found.tokens, found.kind) == (None, None, None, "unknown")
    assert found.note


def test_a_model_without_rates_is_unknown(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[models.mine]\nlike = "gpt-image-2.5-flare"\n[models.bare]\nqualities = ["low"]\n'
        'sizes = {kind = "fixed", values = ["1024x1024"]}\n',
        encoding="utf-8",
    )
    mine = Catalog.load(file)
    assert estimate(generate(model="mine"), CallOptions(), catalog=mine).kind == "exact"
    assert estimate(generate(model="bare"), CallOptions(), catalog=mine).kind == "unknown"


def test_an_input_picture_without_a_rule_makes_the_price_unknown(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[models.mine]\nlike = "gpt-image-2"\ntokens = {kind = "formula", factors = {low = 16}}\n',
        encoding="utf-8",
    )
    mine = Catalog.load(file)
    assert estimate(generate(model="mine"), CallOptions(), catalog=mine).kind == "exact"
    assert estimate(edit(model="mine"), CallOptions(), catalog=mine).kind == "unknown"


@pytest.mark.parametrize("partials", [1, 2, 3])
def test_each_partial_image_is_a_hundred_tokens(partials):
    plain, found = priced(generate()), priced(generate(), partial_images=partials)
    extra = partials * 100 * Decimal("0.00003")
    assert found.tokens.image_output == 196 + 100 * partials
    assert (found.usd - plain.usd, found.ceiling - plain.ceiling) == (extra, extra)


@pytest.mark.parametrize("request_", [generate(), edit(), edit(model="gpt-image-1.5", input_fidelity="high")])
def test_n_pictures_cost_n_times_one(request_):
    one, four = priced(request_, partial_images=1), priced(request_, n=4, partial_images=1)
    assert four.usd == 4 * one.usd
    assert four.ceiling == 4 * one.ceiling
    assert four.tokens == one.tokens + one.tokens + one.tokens + one.tokens


def test_input_pictures_are_in_the_price_and_a_mask_adds_nothing():
    one = priced(edit())
    assert one.tokens.image_input == 1024
    assert priced(edit(mask=picture())) == one
    two = priced(edit(images=(picture(), picture(3840, 2160))))
    assert two.tokens.image_input == 1024 + 1538
    assert two.ceiling > one.ceiling + 1538 * Decimal("0.000008")


def test_a_markup_is_one_more_picture():
    marked = edit(model="gpt-image-2.5-flare", markup=picture())
    assert priced(marked).tokens.image_input == 2048


def test_high_input_fidelity_costs_more():
    plain, high = edit(model="gpt-image-1.5"), edit(model="gpt-image-1.5", input_fidelity="high")
    assert priced(high).tokens.image_input == priced(plain).tokens.image_input + 4160


def test_the_words_a_model_bills_are_in_the_ceiling_of_each_picture():
    request = generate(model="gpt-image-1.5")
    most = CATALOG.models["gpt-image-1.5"].tokens
    words = cost(Usage(text_output=most.text_output), rates("gpt-image-1.5", CATALOG))
    assert words > 0
    without = replace(CATALOG.models["gpt-image-1.5"], tokens=replace(most, text_output=0))
    silent = replace(CATALOG, models={**CATALOG.models, "gpt-image-1.5": without})
    for n in (1, 3):
        spared = estimate(request, CallOptions(n=n), catalog=silent)
        assert priced(request, n=n).ceiling == spared.ceiling + n * words
        assert priced(request, n=n).usd == spared.usd


def test_a_part_of_a_token_in_the_prompt_is_a_whole_one():
    # Five bytes are a token and a quarter; six tokens come on top of every prompt.
    assert priced(generate(prompt="abcde")).tokens.text_input == 2 + 6


def test_an_estimate_says_whose_rates_it_has_and_of_which_day(tmp_path):
    shipped = rates("gpt-image-2.5-flare", CATALOG)
    assert priced(generate()).source == f"{shipped.source}, {shipped.date}"
    file = tmp_path / "mine.toml"
    file.write_text(
        '[models."gpt-image-2.5-flare".rates]\ntext_input = 5\nimage_input = 8\nimage_output = 30\n',
        encoding="utf-8",
    )
    found = estimate(generate(), CallOptions(), catalog=Catalog.load(file))
    assert found.source == "your catalog file"


@pytest.mark.parametrize(
    ("model", "note"),
    [
        ("gpt-image-2.5-flare", "by OpenAI's published calculator"),
        ("gpt-image-1", "by OpenAI's published token table"),
        ("gpt-image-1.5", "by OpenAI's token table for gpt-image-1.5, which may bill some tokens more"),
    ],
)
def test_an_estimate_says_by_what_it_was_reckoned(model, note):
    assert priced(generate(model=model)).note == note


def test_a_row_of_ours_stands_back_where_everybody_s_table_has_the_model():
    known = rates("gpt-image-2", CATALOG)
    ours = replace(known, text_input=Decimal(99), source="here")
    for users, expected in ((False, known), (True, ours)):
        model = replace(CATALOG.models["gpt-image-2"], rates=ours, rates_are_users=users)
        assert rates("gpt-image-2", replace(CATALOG, models={"gpt-image-2": model})) == expected


@pytest.mark.parametrize(
    ("request_", "used"),
    [
        (generate(model="gpt-image-2", prompt="A red apple"), Usage(text_input=13, image_output=196)),
        (generate(prompt="A small red"), Usage(text_input=14, image_output=196)),
        (
            edit(prompt="Replace the masked area with", mask=picture()),
            Usage(text_input=27, image_input=1024, image_output=196),
        ),
        (
            generate(model="gpt-image-2", quality="medium", prompt="w " * 75),
            Usage(text_input=81, image_output=1756),
        ),
        (
            edit(prompt="w " * 200, size="3840x2160", quality="high", images=(picture(3840, 2160),)),
            Usage(text_input=228, image_input=1450, image_output=13342),
        ),
        (
            edit(model="gpt-image-1", prompt="x", images=(picture(512, 512),)),
            Usage(text_input=25, image_input=194, image_output=272),
        ),
        (generate(model="gpt-image-2.6-flare", size="1536x1024"), Usage(text_input=9, image_output=664)),
        (
            generate(model="gpt-image-2.6-sunburst", size="3840x2160", quality="high"),
            Usage(text_input=9, image_output=3337),
        ),
    ],
)
def test_the_ceiling_holds_every_real_call_we_know(request_, used):
    assert priced(request_).ceiling >= cost(used, rates(request_.model, CATALOG))


requests = st.builds(
    lambda model, prompt, size, quality, pictures, high: (
        EditRequest(
            model=model,
            prompt=prompt,
            size=size,
            quality=quality,
            images=tuple(picture(*p) for p in pictures),
            input_fidelity="high" if high else None,
        )
        if pictures
        else generate(model, prompt, size, quality)
    ),
    st.sampled_from(MODELS),
    st.text(max_size=200),
    st.sampled_from(["1024x1024", "1536x1024", "1024x1536", "auto", "3840x2160"]),
    st.sampled_from(["low", "medium", "high", "xhigh", "auto"]),
    st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 9000)), max_size=3),
    st.booleans(),
)


@given(requests, st.integers(1, 9), st.integers(0, 3))
@settings(deadline=None)
def test_the_ceiling_is_never_below_the_price_and_more_pictures_cost_more(request_, n, partials):
    found, more = (priced(request_, n=k, partial_images=partials) for k in (n, n + 1))
    if found.kind == "unknown":
        return
    assert 0 < found.usd <= found.ceiling
    assert found.usd < more.usd
    assert found.ceiling < more.ceiling


def test_a_prompt_with_half_a_character_can_still_be_priced():
    assert priced(replace(generate(), prompt="\ud800")).kind == "exact"


# --- dollars ---


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, "unknown"),
        ("NaN", "unknown"),
        ("0", "$0.00"),
        ("0.00", "$0.00"),
        ("0.005945", "$0.0059"),
        ("0.01317", "$0.0132"),
        ("0.016773", "$0.0168"),
        ("0.05", "$0.05"),
        ("0.041", "$0.041"),
        ("0.09996", "$0.10"),
        ("0.1", "$0.10"),
        ("0.21072", "$0.21"),
        ("5", "$5.00"),
        ("1234.5", "$1,234.50"),
        ("0.00065", "$0.00065"),
        ("0.000999", "$0.001"),
        ("0.000000001", "$0.000000001"),
        ("-0.21", "-$0.21"),
        ("1E+2", "$100.00"),
        ("123456789012345678901234567890.129", "$123,456,789,012,345,678,901,234,567,890.13"),
    ],
)
def test_an_amount_shows_digits_enough_to_be_true(usd, text):
    assert format_usd(None if usd is None else Decimal(usd)) == text


@given(st.decimals(min_value=Decimal("1e-9"), max_value=10**9, allow_nan=False, places=9))
def test_what_is_shown_is_within_five_per_cent_and_never_zero(usd):
    shown = Decimal(format_usd(usd).replace("$", "").replace(",", ""))
    assert shown > 0
    assert abs(shown - usd) <= usd / 20


@pytest.mark.parametrize(
    ("usd", "nano"),
    [("0.005945", 5_945_000), ("0", 0), ("0.0000000001", 1), ("1000000000", 10**18), ("0.0000000010000000000000000000000000001", 2)],
)  # fmt: skip
def test_nano_dollars_round_up(usd, nano):
    assert dollars_to_nano(Decimal(usd)) == nano


@given(st.integers(-(10**20), 10**20))
def test_nano_dollars_come_back_as_they_went(nano):
    assert dollars_to_nano(nano_to_dollars(nano)) == nano


@pytest.mark.parametrize("usd", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_refused(usd):
    with pytest.raises(ValueError, match="not an amount"):
        dollars_to_nano(Decimal(usd))


def test_a_hundred_dollars_is_written_plainly():
    assert str(nano_to_dollars(100 * 10**9)) == "100"
    assert str(nano_to_dollars(0)) == "0"


@pytest.mark.parametrize(("usd", "text"), [("0.125", "$0.13"), ("0.00125", "$0.0013"), ("-2.345", "-$2.35")])
def test_a_half_is_shown_as_the_larger_amount(usd, text):
    assert format_usd(Decimal(usd)) == text
