"""Providers are found by name, and a misspelt name is answered with the right one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_imagegen.errors import ConfigError
from jupyter_imagegen.providers import PROVIDERS, load_provider


def test_openai_is_loaded_with_the_settings_that_have_something_to_say():
    provider = load_provider("openai", SimpleNamespace(base_url="http://127.0.0.1:1/v1"))
    assert (provider.name, provider.endpoint, provider.paid) == ("openai", "http://127.0.0.1:1/v1", True)
    assert load_provider("openai").endpoint == "https://api.openai.com/v1"


@pytest.mark.parametrize(("name", "meant"), [("opeani", "openai"), ("dmeo", "demo")])
def test_a_misspelt_name_is_answered_with_the_right_one(name, meant):
    with pytest.raises(ConfigError, match=f"there is no provider '{name}'. Did you mean {meant}"):
        load_provider(name)


def test_a_name_like_no_other_is_answered_with_all_names():
    with pytest.raises(ConfigError, match=", ".join(PROVIDERS)):
        load_provider("xyz")
