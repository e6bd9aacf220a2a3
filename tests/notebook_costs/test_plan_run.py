"""`plan --run`: a notebook is priced by running it, and nothing is bought or stored."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from jupyter_imagegen.cli import main

CELLS = (
    "%load_ext jupyter_imagegen\nimport os, jupyter_imagegen as imagegen",
    "animals = [name.upper() for name in ('fox', 'owl')]",
    "for animal in animals:\n    if animal != 'OWL':\n        imagegen.generate(f'a {animal}', quality='high', n=2)",
    "%%imagegen -o r\na {{braces}} house",
    "%%imagegen -i r\nmake it winter",
    "%%imagegen\na {{braces}} house",
    "imagegen.generate('a boat', provider='demo')",
    "print(os.environ.get('OPENAI_API_KEY'), imagegen.costs().spending.total.pictures)",
    "imagegen.generate('a cat', size='7x7')",
    "imagegen.generate('never asked for')",
)


@pytest.fixture
def told(written, capsys, server, monkeypatch):
    for name, value in server.env().items():
        monkeypatch.setenv(name, value)
    path = written(*CELLS)
    before = path.read_bytes()
    code = main(["plan", str(path), "--run", "--json"])
    assert path.read_bytes() == before
    return code, json.loads(capsys.readouterr().out)["plans"]["notebooks"][0]


def test_what_code_asks_for_is_priced_and_nothing_is_called_or_stored(told, server, home):
    _, plan = told
    asked = [(row["cell"], row["prompt"], row["n"], row["quality"]) for row in plan["rows"]]
    assert asked == [
        (3, "a FOX", 2, "high"),
        (4, "a {{braces}} house", 1, "low"),
        (5, "make it winter", 1, "low"),
        (7, "a boat", 1, "low"),
    ]
    usd = [Decimal(row["price"]["usd"]) for row in plan["rows"]]
    assert usd[0] > 2 * usd[1] > 0
    assert usd[2] > usd[1]
    assert usd[3] == 0
    assert Decimal(plan["from_nothing"]["usd"]) == sum(usd)
    assert "stopped with RequestError" in " ".join(plan["notes"])
    assert server.requests == []
    assert not home.exists()


def test_the_price_is_the_one_that_the_same_calls_are_told_to_cost(told, new_session):
    _, plan = told
    said = new_session().estimate("a FOX", quality="high", n=2)
    assert Decimal(plan["rows"][0]["price"]["usd"]) == said.usd
