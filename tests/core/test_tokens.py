from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_imagegen.core.sizes import SizeRule
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.tokens import Span, TokenRule, formula_tokens

SIZES = (
    *("1024x1024", "1024x1536", "1536x1024", "1536x864", "1792x1024", "1920x1088"),
    *("2048x1152", "2048x2048", "2560x1440", "3840x2160", "2160x3840"),
)
# OpenAI's calculator for each of SIZES (models.json of 2026-11-22, checked there against list prices).
LOW = (196, 158, 158, 120, 139, 148, 157, 397, 205, 371, 371)
MEDIUM_25 = (439, 343, 343, 280, 323, 344, 367, 892, 478, 865, 865)
MIDDLE = (1756, 1372, 1372, 1078, 1243, 1325, 1413, 3568, 1843, 3336, 3336)
XHIGH = (3122, 2459, 2459, 1917, 2271, 2356, 2511, 6343, 3276, 5930, 5930)
MOST = (7024, 5488, 5488, 4312, 5063, 5300, 5650, 14272, 7370, 13342, 13342)
GOLDEN = {
    "gpt-image-2": {"low": LOW, "medium": MIDDLE, "high": MOST},
    "gpt-image-2.5-flare": {"low": LOW, "medium": MEDIUM_25, "high": MIDDLE, "xhigh": XHIGH, "max": MOST},
    "gpt-image-2.5-sunburst": {"low": LOW, "medium": MEDIUM_25, "high": MIDDLE, "xhigh": XHIGH, "max": MOST},
}
# OpenAI's table of the models before (guide of 2026-07-27): 1024x1024, 1024x1536, 1536x1024.
TABLE = {"low": (272, 408, 400), "medium": (1056, 1584, 1568), "high": (4160, 6240, 6208)}

grid = st.integers(1, 240).map(lambda n: n * 16)


def output(name, size, quality):
    model = Catalog.load().models[name]
    return model.tokens.output(size, quality, model.sizes)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_calculator_gives_openai_s_table_to_the_token(name):
    for quality, row in GOLDEN[name].items():
        for size, tokens in zip(SIZES, row, strict=True):
            span = output(name, size, quality)
            assert (span.likely, span.most) == (tokens, tokens), (size, quality)


@pytest.mark.parametrize("name", ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"])
def test_the_models_before_have_openai_s_token_table(name):
    for quality, row in TABLE.items():
        for size, tokens in zip(("1024x1024", "1024x1536", "1536x1024"), row, strict=True):
            assert output(name, size, quality).likely == tokens


@given(st.sampled_from([16, 24, 48, 64, 96]), grid, grid)
def test_integers_and_decimals_agree_about_the_formula(factor, width, height):
    short, long = sorted((width, height))
    share = Fraction(factor * short, long)
    whole = int((Decimal(share.numerator) / share.denominator).to_integral_value(ROUND_HALF_EVEN))
    if share - int(share) == Fraction(1, 2):
        whole = int(share) + int(share) % 2
    exact = Fraction(factor * whole * (2_000_000 + width * height), 4_000_000)
    ceiling = (Decimal(exact.numerator) / exact.denominator).to_integral_value(ROUND_CEILING)
    assert formula_tokens(factor, width, height) == int(ceiling)
    assert formula_tokens(factor, width, height) == formula_tokens(factor, height, width)


@pytest.mark.parametrize(
    ("factor", "width", "height", "share"),
    # 24 * 1/16 = 1.5 and 16 * 5/32 = 2.5: both go to the even 2, where rounding half up gives 2 and 3.
    [(24, 1600, 100, 2), (16, 3200, 500, 2), (16, 1600, 350, 4)],
)
def test_a_half_goes_to_the_even_neighbour(factor, width, height, share):
    expected = -(-factor * share * (2_000_000 + width * height) // 4_000_000)
    assert formula_tokens(factor, width, height) == expected


@pytest.mark.parametrize("name", ["gpt-image-2.6-flare", "gpt-image-2.6-sunburst"])
@pytest.mark.parametrize(
    ("size", "quality", "measured"),
    [
        ("1536x1024", "low", 664),
        ("1536x1024", "high", 1353),
        ("3840x2160", "high", 3337),
        ("1024x1024", "low", 4 * 196),
        ("1024x1024", "medium", 4 * 439),
        ("1024x1024", "high", 1756),
        ("1024x1024", "xhigh", 3122),
        ("1024x1024", "max", 7024),
        ("1024x1024", "auto", 5800),
    ],
)
def test_the_bound_for_26_holds_every_measurement(name, size, quality, measured):
    assert output(name, size, quality).most >= measured


@given(grid, grid, st.sampled_from(["low", "medium", "high", "xhigh", "max"]))
@settings(deadline=None)
def test_auto_takes_at_least_what_any_choice_takes(width, height, quality):
    for name in ("gpt-image-2.5-flare", "gpt-image-2.6-flare"):
        model = Catalog.load().models[name]
        if model.sizes.broken(width, height):
            continue
        size = f"{width}x{height}"
        one = output(name, size, quality)
        assert one.likely <= one.most
        assert one.most <= output(name, "auto", quality).most
        assert one.most <= output(name, size, "auto").most
        assert one.most <= output(name, "auto", "auto").most


def test_auto_is_the_largest_square_at_the_best_quality():
    assert output("gpt-image-2.5-flare", "auto", "auto").most == formula_tokens(96, 2880, 2880)
    assert output("gpt-image-1.5", "auto", "auto").most == 6240
    assert output("gpt-image-1.5", "1024x1024", "auto").most == 4160


def test_a_calculator_over_fixed_sizes_takes_the_largest_of_them_for_auto():
    fixed = SizeRule(kind="fixed", values=("1024x1024", "1536x1024"))
    rule = TokenRule(kind="formula", factors={"low": 16})
    assert rule.output("auto", "low", fixed).most == -(-256 * (2_000_000 + 1536 * 1024) // 4_000_000)


def test_what_no_rule_covers_is_unknown():
    assert output("gpt-image-2.5-flare", "1024x1024", "ultra") is None
    assert output("gpt-image-2.5-flare", "big", "low") is None
    assert output("gpt-image-1.5", "1008x1008", "low") is None
    assert output("gpt-image-1.5", "auto", "ultra") is None
    assert output("dall-e-3", "1024x1024", "hd") is None


def test_mini_s_ceiling_holds_its_published_prices():
    published = {"low": (0.005, 0.006, 0.006), "medium": (0.011, 0.015, 0.015), "high": (0.036, 0.052, 0.052)}
    for quality, prices in published.items():
        for size, usd in zip(("1024x1024", "1024x1536", "1536x1024"), prices, strict=True):
            assert Decimal(output("gpt-image-1-mini", size, quality).most) * 8 / 1_000_000 >= Decimal(
                str(usd)
            )


@pytest.mark.parametrize(
    ("size", "likely"),
    [
        ((1024, 1024), 1024),
        ((512, 512), 1024),
        ((256, 256), 256),
        ((3840, 2160), 1538),
        ((832, 1024), 832),
        ((3072, 1024), 1538),
        ((1536, 512), 768),
        ((9000, 10), 2),  # no wider than 3:1 is counted
        ((1, 1), 1),
    ],
)
def test_an_input_picture_is_counted_in_patches(size, likely):
    rule = Catalog.load().models["gpt-image-2"].tokens
    span = rule.input_image(*size)
    assert span.most == 1538
    assert span.likely == likely


def test_an_input_picture_of_the_models_before_is_counted_in_tiles():
    rule = Catalog.load().models["gpt-image-1.5"].tokens
    assert rule.input_image(1024, 1024).likely == 194
    assert rule.input_image(1536, 1024).likely == 65 + 2 * 129
    assert rule.input_image(1024, 1024, high_fidelity=True).likely == 194 + 4160
    assert rule.input_image(1024, 1024, high_fidelity=True).most == 194 + 6240
    assert rule.input_image(1536, 1024, high_fidelity=True).likely == 65 + 2 * 129 + 6240


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.booleans())
def test_an_input_picture_s_ceiling_is_never_below_the_likely_number(width, height, high):
    for model in Catalog.load().models.values():
        span = model.tokens.input_image(width, height, high_fidelity=high)
        if span is not None:
            assert 0 < span.likely <= span.most


def test_a_model_without_a_rule_for_pictures_says_so():
    assert TokenRule(kind="none").input_image(10, 10) is None


@pytest.mark.parametrize(
    ("factor", "width", "height", "tokens"),
    # The first comes out whole, the second an eight-thousandth of a token above.
    [(16, 2000, 2000, 384), (48, 2608, 2544, 4871)],
)
def test_the_calculator_rounds_up_only_what_is_no_whole_token(factor, width, height, tokens):
    assert formula_tokens(factor, width, height) == tokens


@pytest.mark.parametrize(("pixels", "tokens"), [(2_000_000, 256), (2_000_001, 257)])
def test_auto_rounds_up_only_what_is_no_whole_token(pixels, tokens):
    free = SizeRule(kind="free", values=("1024x1024",), max_pixels=pixels)
    span = TokenRule(kind="formula", factors={"low": 16}).output("auto", "low", free)
    assert (span.likely, span.most, type(span.most)) == (tokens, tokens, int)


def test_a_bound_s_likely_tokens_and_its_ceiling_are_each_rounded_up():
    fixed = SizeRule(kind="fixed", values=("1024x1024",))
    rule = TokenRule(
        kind="bound", factors={"low": 16}, likely_percent={"low": 151}, most_percent={"low": 333}
    )
    # 196 * 1.51 = 295.96 and 196 * 3.33 = 652.68
    assert rule.output("1024x1024", "low", fixed) == Span(likely=296, most=653)
    auto = rule.output("auto", "low", fixed)
    assert (auto.likely, auto.most) == (653, 653)


def test_a_table_s_margin_is_in_the_ceiling_for_auto_too():
    rule = TokenRule(kind="table", table={"low": {"1024x1024": 272, "1536x1024": 400}}, margin=413)
    fixed = SizeRule(kind="fixed", values=("1024x1024", "1536x1024"))
    assert rule.output("auto", "low", fixed) == Span(likely=813, most=813)


@pytest.mark.parametrize(
    ("rule", "exact"),
    [
        (TokenRule(kind="formula"), True),
        (TokenRule(kind="table"), True),
        (TokenRule(kind="table", margin=1), False),
        (TokenRule(kind="table", text_output=1), False),
        (TokenRule(kind="bound"), False),
        (TokenRule(kind="none"), False),
    ],
)
def test_a_rule_is_exact_where_nothing_is_billed_on_top(rule, exact):
    assert rule.exact is exact
