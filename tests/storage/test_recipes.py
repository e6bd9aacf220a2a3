"""The recipe beside a picture: it comes back as it was written, and what is none is not believed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest

from jupyter_imagegen.core.request import GenerateRequest
from jupyter_imagegen.storage.recipes import (
    RECIPE_VERSION,
    Recipe,
    recipe_from_bytes,
    request_parameters,
    storable,
    utc_text,
)

RECIPE = Recipe(
    id="0123456789abcdef", key="0a" * 32, sample=1, digest="0b" * 32, mime="image/png", width=8, height=8,
    size_bytes=80, has_alpha=False, frames=1, namespace=None, provider="openai", operation="generate",
    model="gpt-image-2", prompt="ein Leuchtturm, 灯台", parameters={"size": "1024x1024"}, inputs={},
    made_at="2026-11-22T12:00:00.000000+00:00", seconds=1.5, cost_usd="0.01", usage=None, revised_prompt=None,
    request_id=None, notebook=None, alt="", charge_id=None, session="s", day="2026-11-22", favourite=True,
)  # fmt: skip


def changed(**changes):
    document = {"recipe": RECIPE_VERSION, **asdict(RECIPE), **changes}
    return json.dumps({name: value for name, value in document.items() if value != "GONE"}).encode()


def test_a_recipe_comes_back_as_it_was_and_a_person_can_read_it():
    data = RECIPE.to_bytes()
    assert recipe_from_bytes(data) == RECIPE
    lines = data.decode("utf-8").splitlines()
    assert ' "prompt": "ein Leuchtturm, 灯台",' in lines
    assert f' "recipe": {RECIPE_VERSION},' in lines
    assert RECIPE.cost == Decimal("0.01")


def test_half_a_character_in_a_recipe_does_not_keep_it_from_being_written():
    assert b'"a\\udfff"' in replace(RECIPE, alt="a\udfff").to_bytes()
    assert storable("a\udfff") == "a\\udfff"


def test_a_recipe_from_before_there_were_favourites_is_of_none():
    assert recipe_from_bytes(changed(favourite="GONE")).favourite is False
    assert recipe_from_bytes(changed(cost_usd=None)).cost is None


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": 0},
        {"recipe": RECIPE_VERSION + 1},
        {"recipe": "one"},
        {"recipe": "GONE"},
        {"digest": "0b" * 31},
        {"key": "0A" * 32},
        {"key": None},
        {"made_at": "yesterday"},
        {"made_at": None},
        {"sample": "1"},
        {"id": 7},
        {"prompt": None},
        {"favourite": 1},
        {"cost_usd": "NaN"},
        {"cost_usd": "a cent"},
        {"alt": "GONE"},
    ],
)
def test_what_is_no_recipe_in_one_place_is_none_at_all(changes):
    assert recipe_from_bytes(changed()) is not None
    assert recipe_from_bytes(changed(**changes)) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'"recipe"', b"\xff"])
def test_what_is_no_table_is_no_recipe(data):
    assert recipe_from_bytes(data) is None


def test_the_parameters_of_a_request_are_plain_values_without_what_has_a_place_of_its_own():
    asked = GenerateRequest(
        model="m",
        prompt="p",
        size="1024x1024",
        quality="low",
        output_format="svg",
        svg=MappingProxyType({"model": "gpt-5.6-terra"}),
    )
    found = request_parameters(asked)
    assert found == {
        "size": "1024x1024",
        "quality": "low",
        "output_format": "svg",
        "svg": {"model": "gpt-5.6-terra"},
    }
    assert type(found["svg"]) is dict


def test_moments_sort_as_text_whatever_zone_they_were_in():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert utc_text(noon) == "2026-11-22T12:00:00.000000+00:00"
    assert utc_text(noon.astimezone(timezone(timedelta(hours=14)))) == utc_text(noon)
