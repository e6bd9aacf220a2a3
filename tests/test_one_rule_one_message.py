"""A rule is said in the same words wherever it is broken: Python, cell, command line, before or after the store."""

from __future__ import annotations

import json

import pytest

import jupyter_imagegen as imagegen
from jupyter_imagegen.cli import main
from jupyter_imagegen.errors import RequestError

RULE = "n must be a whole number from 1 to 10, not {}"


@pytest.mark.parametrize("n", [0, -1, 11, 1000, "two", 1.5, True])
def test_how_many_pictures_is_one_rule(n):
    for ask in (imagegen.generate, imagegen.estimate):
        with pytest.raises(RequestError) as refused:
            ask("a boat", provider="demo", n=n)
        assert refused.value.message == RULE.format(repr(n))


@pytest.mark.parametrize("n", ["0", "11"])
def test_the_command_line_says_the_same(capsys, n):
    assert main(["generate", "a boat", "--provider", "demo", "-n", n, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["message"] == RULE.format(n)
