"""Providers are found by name, and a misspelt name is answered with the right one."""

from __future__ import annotations

import pytest

from jupyter_imagegen.errors import ConfigError
from jupyter_imagegen.providers import entries, load_provider


@pytest.mark.parametrize(("name", "paid"), [("openai", True), ("demo", False)])
def test_a_provider_is_found_by_its_name(name, paid):
    provider = load_provider(name)
    assert (provider.name, provider.paid) == (name, paid)


@pytest.mark.parametrize(("name", "meant"), [("opeani", "openai"), ("dmeo", "demo")])
def test_a_misspelt_name_is_answered_with_the_right_one(name, meant):
    with pytest.raises(ConfigError, match=f"there is no provider '{name}'. Did you mean {meant}"):
        load_provider(name)


def test_a_name_like_no_other_is_answered_with_all_names():
    with pytest.raises(ConfigError, match=", ".join(sorted(entries()))):
        load_provider("xyz")
