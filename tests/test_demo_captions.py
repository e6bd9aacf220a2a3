"""What the demo painter painted, and which words it did not know, reaches whoever looks, wherever they look."""

from __future__ import annotations

import json

import pytest

from jupyter_imagegen.cli import main

PROMPT = "a fox and a hedgehog at night"
TOLD = "Painted: fox, night. Not known: hedgehog."


@pytest.fixture
def painted(session):
    return session.generate(PROMPT, size="816x816", provider="demo")


def test_a_result_its_caption_and_its_json_say_it(painted):
    assert TOLD in painted.notes
    assert TOLD in painted._repr_mimebundle_()[0]["text/html"]
    assert TOLD in painted._repr_mimebundle_()[0]["text/plain"]
    assert TOLD in painted.to_dict()["notes"]


def test_stored_pictures_say_it_again_and_several_say_it_once(session, painted):
    again = session.generate(PROMPT, size="816x816", n=2, provider="demo")
    assert [image.origin for image in again.images] == ["store", "provider"]
    assert again.notes == painted.notes


def test_an_edit_says_what_it_changed(session, painted):
    assert "Changed: snow. Not known: giraffe." in painted.edit("add snow and a giraffe").notes


def test_a_recorded_picture_says_it_in_replay(session, painted, tmp_path):
    session.cassettes.use(str(tmp_path / "a.cassette"), mode="record")
    session.generate(PROMPT, size="816x816", provider="demo")
    session.cassettes.use(str(tmp_path / "a.cassette"), mode="replay")
    recorded = session.generate(PROMPT, size="816x816")
    assert recorded.recorded
    assert TOLD in recorded.notes


def test_the_shell_says_it_for_people_and_for_programs(capsys, tmp_path):
    words = ["generate", PROMPT, "-s", "816x816", "--provider", "demo"]
    assert main([*words, "--json"]) == 0
    assert TOLD in json.loads(capsys.readouterr().out)["notes"]
    assert main([*words, "-o", str(tmp_path / "fox.png")]) == 0
    said = capsys.readouterr()
    assert TOLD in said.out + said.err
