from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from jupyter_imagegen.core import rates as core_rates
from jupyter_imagegen.core.catalog import Catalog
from jupyter_imagegen.core.rates import Rates, rates
from jupyter_imagegen.storage.price_memory import PriceMemory

RATES = Rates(
    text_input=Decimal(5),
    text_input_cached=Decimal("1.25"),
    image_input=Decimal("8.000001"),
    image_input_cached=Decimal(0),
    image_output=Decimal(30),
    text_output=None,
    source="genai-prices 0.0.72",
    date=dt.date(2026, 11, 1),
)
#: Asks for a price in a process of its own, and says whether the price table was imported for it.
ASK = """
import json, sys
import jupyter_imagegen as imagegen
imagegen.default_session().workshop.storage  # whoever buys keeps what was asked
told = imagegen.estimate("a lighthouse", model="gpt-image-2", size="1024x1024", quality="low", provider="openai")
print(json.dumps([str(told.usd), told.source, "genai_prices" in sys.modules]))
"""


@pytest.fixture
def memory(tmp_path):
    return PriceMemory(tmp_path / "rates.toml")


def asked(home):
    environ = {**os.environ, "IMAGEGEN_HOME": str(home)}
    told = subprocess.run(
        [sys.executable, "-c", ASK], env=environ, capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)


def test_what_was_learned_is_recalled_to_the_last_decimal(memory):
    other = "gpt-image-2-2026-04-21"
    memory.learn("gpt-image-2", "0.0.72", RATES)
    memory.learn(other, "0.0.72", RATES)
    assert memory.recall("gpt-image-2", "0.0.72") == memory.recall(other, "0.0.72") == RATES
    assert memory.recall("gpt-image-1", "0.0.72") is None


def test_what_an_older_version_said_is_forgotten(memory):
    memory.learn("gpt-image-2", "0.0.72", RATES)
    assert memory.recall("gpt-image-2", "0.0.73") is None
    memory.learn("gpt-image-1", "0.0.73", RATES)
    assert memory.recall("gpt-image-2", "0.0.72") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:-30],
        lambda text: text.replace("text_input = 5", "text_input = -5"),
        lambda text: text.replace("text_input = 5", "text_input = nan"),
        lambda text: text.replace("text_input = 5", "text_input = '5'"),
        lambda text: text.replace("text_input = 5", "text_input = true"),
        lambda text: text.replace("image_output = 30", ""),
        lambda text: text.replace("image_output", "image_outputs"),
        lambda text: "gpt-image-2 = 3",
        lambda text: "a = " + "[" * 100_000,
        lambda text: "\0",
        lambda text: "\udcff",
    ],
)
def test_a_file_that_says_what_cannot_be_says_nothing(memory, tmp_path, damage):
    memory.learn("gpt-image-2", "0.0.72", RATES)
    file = tmp_path / "rates.toml"
    file.write_text(damage(file.read_text()), errors="surrogateescape")
    assert memory.recall("gpt-image-2", "0.0.72") is None
    memory.learn("gpt-image-2", "0.0.72", RATES)
    assert memory.recall("gpt-image-2", "0.0.72") == RATES


@pytest.mark.parametrize("name", ['a"b', "a\nb]", "\\", "\u00fcber", 'gpt-image-2-20"]\ntext_input = 0'])
def test_a_models_name_says_nothing_but_its_name(memory, name):
    memory.learn(name, "0.0.72", RATES)
    assert memory.recall(name, "0.0.72") == RATES


def test_a_disk_that_refuses_costs_the_memory_only(tmp_path):
    memory = PriceMemory(tmp_path)
    memory.learn("gpt-image-2", "0.0.72", RATES)
    assert memory.recall("gpt-image-2", "0.0.72") is None
    assert list(tmp_path.iterdir()) == []


def test_the_price_table_is_imported_once_for_a_store(home):
    first, again = asked(home), asked(home)
    assert first[2]
    assert not again[2]
    assert first[:2] == again[:2]
    assert first[0] == str(Decimal(first[0]))
    (home / "rates.toml").write_text("nothing of use")
    assert asked(home) == first


def test_a_process_that_has_the_price_table_asks_it(memory, monkeypatch):
    import genai_prices

    memory.learn("gpt-image-2", genai_prices.__version__, RATES)
    monkeypatch.setattr(core_rates, "_memory", memory)
    assert rates("gpt-image-2", Catalog.load()) != RATES
    monkeypatch.delitem(sys.modules, "genai_prices")
    assert rates("gpt-image-2", Catalog.load()) == RATES
