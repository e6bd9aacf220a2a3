"""Every lesson, replayed from the cassettes in notebooks/: no store, no key, no network, and nobody paints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lessons import COURSE, PIXELS, all_lessons, captions, cassette_of, outputs, problems, run

from jupyter_imagegen.cassettes import shown_keys
from jupyter_imagegen.storage import Cassette

#: The caption of a cell's pictures; the panels have captions of their own.
_PICTURES = re.compile(r"Picture: |\d+ pictures: ")
REFUSE = Path(__file__).with_name("refuse_network")
#: The lesson that records, and the one that opens a practice store for what goes wrong.
OWN_WAYS = {"08_teaching_and_publishing", "09_when_it_goes_wrong"}


def path_with(folder):
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.mark.parametrize("path", all_lessons(), ids=lambda path: path.stem)
def test_a_lesson_replays_with_the_network_refused_and_no_key(path, tmp_path):
    ran = run(
        path,
        tmp_path,
        IMAGEGEN_CASSETTE=cassette_of(path).name,
        IMAGEGEN_RECORD_MODE="replay",
        PYTHONPATH=path_with(REFUSE),
    )
    # A lesson on limits meets replay's own answer there: its cells fail in another way.
    assert problems(ran) == []
    told = [text for text in captions(ran) if _PICTURES.match(text)]
    assert told or path.stem in OWN_WAYS
    if path.stem not in OWN_WAYS:
        assert all("recorded" in text for text in told)
        assert not list((tmp_path / "user" / "imagegen" / "pictures").glob("??/*"))


def test_the_refusal_of_the_network_refuses(tmp_path):
    code = "import urllib.request; urllib.request.urlopen('http://example.org/', timeout=3)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path_with(REFUSE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the network is refused" in ended.stderr


def test_the_cassettes_hold_what_the_saved_lessons_show_and_say_no_path_and_no_key():
    for cassette in (COURSE, PIXELS):
        held = {key for key, _ in Cassette(cassette).manifest.recordings}
        lessons = [
            path for path in all_lessons() if cassette_of(path) == cassette and path.stem not in OWN_WAYS
        ]
        assert set(shown_keys(map(str, lessons))) <= held
        text = cassette.read_bytes()
        assert not re.search(rb"/(home|root|tmp|Users)/|sk-[A-Za-z0-9_-]{8,}", text)
    assert COURSE.stat().st_size < 2_000_000
    assert PIXELS.stat().st_size < 10_000_000


def test_a_replay_shows_the_very_pictures_that_are_saved(tmp_path):
    path = next(path for path in all_lessons() if path.stem == "04_prompts_and_styles")
    ran = run(path, tmp_path, IMAGEGEN_CASSETTE=COURSE.name, IMAGEGEN_RECORD_MODE="replay")
    keys = [
        output.metadata["jupyter_imagegen"]["keys"]
        for output in outputs(ran)
        if "jupyter_imagegen" in output.get("metadata", {})
    ]
    assert keys
    assert {key for one in keys for key in one} == set(shown_keys([str(path)]))
