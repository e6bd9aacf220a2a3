"""From a prompt and options to an order: what wins, what is refused, what changes the key."""

from __future__ import annotations

from decimal import Decimal

import pytest
from imageserver import paint

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.errors import RequestError, SourceError

PNG = paint("64x64")


@pytest.fixture
def order(session):
    """The order that a run would have; nothing is called."""
    return lambda prompt="a lighthouse", **options: session.preflight(prompt, **options).order


def test_the_call_wins_over_the_settings_and_the_settings_over_the_defaults(session, order):
    assert order().request.quality == "low"
    session.configure(quality="medium", output_format="webp")
    assert (order().request.quality, order().request.output_format) == ("medium", "webp")
    assert order(quality="high").request.quality == "high"


def test_what_is_not_set_is_not_in_the_request(order):
    assert sorted(order().request.parameters()) == ["model", "prompt", "quality", "size"]


@pytest.mark.parametrize(
    "options",
    [
        {"n": 3},
        {"partial_images": 2},
        {"timeout": 9},
        {"alt": "x"},
        {"fresh": True},
        {"max_cost": 1},
        {"safety_identifier": "x"},
    ],
)
def test_how_a_request_is_sent_does_not_change_its_key(order, options):
    assert request_key(order(**options).request) == request_key(order().request)


@pytest.mark.parametrize(
    "options",
    [
        {"size": "1536x1024"},
        {"quality": "high"},
        {"background": "opaque"},
        {"output_format": "webp"},
        {"moderation": "low"},
        {"model": "gpt-image-2"},
        {"style": "photo"},
        {"image": PNG},
    ],
)
def test_what_changes_the_picture_changes_the_key(order, options):
    assert request_key(order(**options).request) != request_key(order().request)


def test_styles_are_put_around_the_prompt_and_the_alt_text_stays_what_was_written(order):
    styled = order(style=["photo", "flat"])
    assert "a lighthouse" in styled.request.prompt
    assert len(styled.request.prompt) > len(order(style="photo").request.prompt)
    assert styled.alt == "a lighthouse"


@pytest.mark.parametrize(
    ("given", "dollars"), [("$0.05", "0.05"), (0.1, "0.1"), (1, "1"), (Decimal("0.0001"), "0.0001"), (0, "0")]
)
def test_max_cost_is_read_as_it_is_written(order, given, dollars):
    assert order(max_cost=given).max_cost == Decimal(dollars)


@pytest.mark.parametrize("given", ["", "five", "-1", float("nan"), "inf", "1e", []])
def test_max_cost_that_is_no_amount_is_refused(order, given):
    with pytest.raises(RequestError, match="not an amount"):
        order(max_cost=given)


@pytest.mark.parametrize(
    ("wrong", "right"), [("sise", "size"), ("partial_image", "partial_images"), ("zzz", "Available")]
)
def test_an_unknown_option_is_answered_with_the_nearest(order, wrong, right):
    with pytest.raises(RequestError, match=right):
        order(**{wrong: 1})


def test_an_edit_holds_its_pictures_in_order_and_its_mask(order):
    second = paint("64x64", seed=1)
    request = order(image=[PNG, second], mask=paint("64x64", transparent=True)).request
    assert [image.data for image in request.images] == [PNG, second]
    assert request.mask.width == 64


@pytest.mark.parametrize("options", [{"mask": PNG}, {"markup": PNG}])
def test_a_mask_without_a_picture_is_refused(order, options):
    with pytest.raises(SourceError, match="no picture was given"):
        order(**options)


@pytest.mark.parametrize("options", [{"input_fidelity": "high"}, {"keep_outside": True}])
def test_an_option_of_edits_without_a_picture_is_refused(order, options):
    with pytest.raises(RequestError, match="for changing a picture"):
        order(**options)


def test_names_of_the_notebook_are_pictures_too(order):
    assert order(image="photo", names={"photo": PNG}).request.images[0].data == PNG
