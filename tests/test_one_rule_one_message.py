"""A rule is said in the same words wherever it is broken, and what a model has no use for is left out and said."""

from __future__ import annotations

import json

import pytest
from imageserver import paint

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


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(paint("1024x1024"))
    return str(path)


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst"])
def test_input_fidelity_is_left_out_where_the_model_has_none(server, photo, model):
    options = {"image": photo, "model": model, "size": "1024x1024", "quality": "low"}
    result = imagegen.edit("make it blue", **options, input_fidelity="high")
    assert "input_fidelity" not in server.last.fields
    (note,) = [note for note in result.notes if "input_fidelity" in note]
    assert model in note
    again = imagegen.edit("make it blue", **options)
    assert (again.cached, again.key) == (True, result.key)
    assert not [note for note in again.notes if "input_fidelity" in note]


def test_a_dry_run_says_it_before_anything_is_paid(server, photo, capsys):
    words = [
        "edit",
        "make it blue",
        "-i",
        photo,
        "-m",
        "gpt-image-2",
        "-q",
        "low",
        "--input-fidelity",
        "high",
    ]
    assert main([*words, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert any("input_fidelity was left out" in note for note in told["notes"])
    assert server.calls == 0


def test_a_model_that_has_it_gets_it(server, photo):
    imagegen.edit("make it blue", image=photo, model="gpt-image-1.5", size="1024x1024", input_fidelity="high")
    assert server.last.fields["input_fidelity"] == "high"
