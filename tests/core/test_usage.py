from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.core.usage import MOST_TOKENS, Usage, usage_from_api, usage_from_json, usage_to_json

counts = st.integers(0, 10_000_000)
usages = st.builds(Usage, text_input=counts, image_input=counts, text_output=counts, image_output=counts)


def api(text=13, image=0, out_text=0, out_image=196):
    return {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": out_text + out_image,
        "output_tokens_details": {"text_tokens": out_text, "image_tokens": out_image},
        "total_tokens": text + image + out_text + out_image,
    }


def test_a_whole_answer_is_read_as_it_stands():
    assert usage_from_api(api()) == Usage(text_input=13, image_output=196)
    assert usage_from_api(api(27, 1024)) == Usage(text_input=27, image_input=1024, image_output=196)
    assert usage_from_api(api(10, 0, 5, 100)) == Usage(text_input=10, text_output=5, image_output=100)


@given(usages)
def test_every_consistent_answer_comes_back_whole(usage):
    value = api(usage.text_input, usage.image_input, usage.text_output, usage.image_output)
    expected = usage if usage.text_output + usage.image_output else None
    assert usage_from_api(value) == expected


def test_an_object_of_the_sdk_reads_like_a_dict():
    from openai.types.images_response import Usage as SdkUsage

    assert usage_from_api(SdkUsage.model_validate(api(27, 1024))) == usage_from_api(api(27, 1024))


def test_a_stream_s_last_event_has_no_output_details_and_all_output_is_picture():
    from openai.types.image_gen_completed_event import Usage as StreamUsage

    value = api()
    del value["output_tokens_details"]
    assert usage_from_api(StreamUsage.model_validate(value)) == Usage(text_input=13, image_output=196)


@pytest.mark.parametrize("details", [None, {}, {"text_tokens": None, "image_tokens": None}])
def test_none_inside_the_details_counts_as_text_in_and_picture_out(details):
    value = api() | {"input_tokens_details": details, "output_tokens_details": details}
    assert usage_from_api(value) == Usage(text_input=13, image_output=196)


def test_one_missing_part_is_the_rest_of_its_total():
    value = api() | {
        "input_tokens": 1051,
        "input_tokens_details": {"image_tokens": 1024},
        "total_tokens": 1247,
    }
    assert usage_from_api(value) == Usage(text_input=27, image_input=1024, image_output=196)
    value["input_tokens_details"] = {"text_tokens": 27, "image_tokens": None}
    assert usage_from_api(value) == Usage(text_input=27, image_input=1024, image_output=196)


def test_missing_totals_are_the_sum_of_their_parts():
    value = api(27, 1024)
    del value["input_tokens"], value["output_tokens"], value["total_tokens"]
    assert usage_from_api(value) == Usage(text_input=27, image_input=1024, image_output=196)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        "usage",
        7,
        SimpleNamespace(),
        api(0, 0, 0, 0),
        api() | {"output_tokens": 0, "output_tokens_details": None, "total_tokens": 13},
        {"input_tokens": 13},
    ],
)
def test_no_usage_is_unknown_and_never_nothing(value):
    assert usage_from_api(value) is None


@pytest.mark.parametrize(
    "bad",
    [
        -1,
        True,
        float("nan"),
        float("inf"),
        -float("inf"),
        196.5,
        "196 tokens",
        "-1",
        "1e2",
        "١",
        [196],
        50_000_001,
        Decimal(196),
    ],
)
@pytest.mark.parametrize("field", ["input_tokens", "output_tokens", "total_tokens"])
def test_a_number_that_cannot_be_true_makes_the_whole_unknown(field, bad):
    assert usage_from_api(api() | {field: bad}) is None


@pytest.mark.parametrize("bad", [-1, True, float("nan"), 14, 12])
def test_parts_that_are_not_the_sum_make_the_whole_unknown(bad):
    value = api() | {"input_tokens_details": {"text_tokens": bad, "image_tokens": 0}}
    assert usage_from_api(value) is None


def test_two_parts_that_miss_the_total_make_the_whole_unknown():
    value = api(27, 1024) | {"input_tokens": 1060, "total_tokens": 1256}
    assert usage_from_api(value) is None


def test_parts_are_held_against_their_sum_where_no_total_is_told_too():
    for details in ({"text_tokens": 12, "image_tokens": 0}, {"text_tokens": 5, "image_tokens": 7}):
        value = api() | {"input_tokens_details": details}
        del value["total_tokens"]
        assert usage_from_api(value) is None


@pytest.mark.parametrize(
    ("total", "details"),
    [
        (100, {"image_tokens": 200}),
        (100, {"text_tokens": 200}),
        (100, {"text_tokens": 60, "image_tokens": 60}),
        (100, {"text_tokens": 30, "image_tokens": 30}),
    ],
)
@pytest.mark.parametrize("side", ["input", "output"])
def test_parts_above_or_below_their_sum_make_the_whole_unknown_on_either_side(side, total, details):
    value = api() | {f"{side}_tokens": total, f"{side}_tokens_details": details}
    del value["total_tokens"]
    assert usage_from_api(value) is None


def test_the_most_that_is_believed_is_believed():
    assert usage_from_api({"output_tokens": MOST_TOKENS}) == Usage(image_output=MOST_TOKENS)


def test_a_total_that_is_not_the_sum_makes_the_whole_unknown():
    assert usage_from_api(api() | {"total_tokens": 210}) is None


def test_a_whole_number_written_as_a_float_is_believed():
    assert usage_from_api(api() | {"output_tokens": 196.0}) == Usage(text_input=13, image_output=196)


def test_cached_tokens_are_taken_where_they_are_reported():
    value = api(100, 1000)
    value["input_tokens_details"]["cached_tokens"] = 300
    value["input_tokens_details"]["cached_tokens_details"] = {"text_tokens": 60, "image_tokens": 240}
    found = usage_from_api(value)
    assert (found.text_input_cached, found.image_input_cached) == (60, 240)


def test_cached_tokens_that_are_not_told_apart_take_the_smaller_discount_first():
    value = api(100, 1000)
    value["input_tokens_details"]["cached_tokens"] = 300
    found = usage_from_api(value)
    assert (found.text_input_cached, found.image_input_cached) == (100, 200)


def test_cached_tokens_are_found_beside_the_details_too():
    found = usage_from_api(api(100, 1000) | {"cached_tokens": 300})
    assert (found.text_input_cached, found.image_input_cached) == (100, 200)


@pytest.mark.parametrize(
    ("split", "cached"), [({"text_tokens": 60}, (60, 0)), ({"image_tokens": 240}, (0, 240))]
)
def test_of_one_cached_part_alone_only_that_part_is_believed(split, cached):
    value = api(100, 1000)
    value["input_tokens_details"] |= {"cached_tokens": 300, "cached_tokens_details": split}
    found = usage_from_api(value)
    assert (found.text_input_cached, found.image_input_cached) == cached


@pytest.mark.parametrize(
    "cached",
    [
        {"cached_tokens": 1101},
        {"cached_tokens": -1},
        {"cached_tokens": 10, "cached_tokens_details": {"text_tokens": 10, "image_tokens": 10}},
        {"cached_tokens_details": {"text_tokens": 101, "image_tokens": 0}},
    ],
)
def test_more_cached_than_there_was_makes_the_whole_unknown(cached):
    value = api(100, 1000)
    value["input_tokens_details"] |= cached
    assert usage_from_api(value) is None


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.sampled_from(list(api())), c)))  # fmt: skip
def test_whatever_a_server_sends_is_read_or_unknown(value):
    found = usage_from_api(value)
    assert found is None or found.total > 0


@given(usages, usages)
def test_usage_adds_up_kind_by_kind(a, b):
    assert (a + b).total == a.total + b.total
    assert a.total == a.text_input + a.image_input + a.text_output + a.image_output
    assert a + Usage() == a
    assert a + b == b + a


@given(usages)
def test_usage_survives_the_store(usage):
    assert usage_from_json(usage_to_json(usage)) == usage


@pytest.mark.parametrize(
    "text",
    [None, "", "not json", "[]", '{"text_input": -1}', '{"image_output": "x"}', '{"image_output": true}'],
)
def test_what_cannot_be_read_from_the_store_is_unknown(text):
    assert usage_from_json(text) is None


def test_a_newer_version_s_names_are_passed_over():
    assert usage_from_json('{"audio_output": 3, "image_output": 196}') == Usage(image_output=196)
    assert usage_to_json(None) is None


def test_usage_is_written_in_one_order_and_without_blanks():
    usage = Usage(text_input=13, image_input=1024, image_output=196)
    assert usage_to_json(usage) == '{"image_input":1024,"image_output":196,"text_input":13}'
