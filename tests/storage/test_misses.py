"""What replay says of a request that was not recorded: the nearest recording, and every field that differs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tapes import Tape, recording, sha256

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.errors import NotRecordedError
from jupyter_imagegen.storage import Cassette
from jupyter_imagegen.storage.manifest import Manifest, Recording
from jupyter_imagegen.storage.misses import not_recorded

PICTURE = "0" * 64


@dataclass
class Recorded:
    """A cassette's recordings without a file."""

    recordings: list
    path: Path = Path("lesson.cassette")

    @property
    def manifest(self):
        return Manifest(recordings={(one.key, one.sample): one for one in self.recordings})

    def find(self, key):
        return [one for one in self.recordings if one.key == key and one.namespace != "composite"]


def recorded(prompt, **changes):
    return Recording(**recording(prompt, PICTURE, **changes))


def ask(prompt="a lighthouse", **changes):
    asked = {"model": "gpt-image-2.5-flare", "size": "1024x1024", "quality": "low", **changes}
    return GenerateRequest(prompt=prompt, **asked)


def said(recordings, request, n=1):
    error = not_recorded(Recorded(recordings), request, request_key(request), n)
    assert isinstance(error, NotRecordedError)
    return str(error)


def test_a_real_cassette_tells_the_same(tmp_path):
    tape = Tape().write(tmp_path / "lesson.cassette")
    error = not_recorded(Cassette(tape), ask("a lighthouse 0", quality="high"), "f" * 64, 1)
    assert "quality: 'high' here, 'low' recorded" in str(error)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quality": "high"}, "quality: 'high' here, 'low' recorded"),
        ({"model": "gpt-image-2"}, "model: 'gpt-image-2' here, 'gpt-image-2.5-flare' recorded"),
        ({"background": "transparent"}, "background: 'transparent' here, not set recorded"),
        ({"output_compression": 50}, "output_compression: '50' here, not set recorded"),
    ],
)
def test_each_field_that_differs_is_named_with_both_values(changes, words):
    told = said([recorded("a lighthouse")], ask(**changes))
    assert words in told
    assert told.count(" here, ") == 1


def test_what_is_only_recorded_is_named_too():
    one = recorded("a lighthouse", parameters={"quality": "low", "size": "1024x1024", "background": "opaque"})
    assert "background: not set here, 'opaque' recorded" in said([one], ask())


def test_an_edit_is_told_from_a_picture_of_words_alone():
    image = InputImage(data=b"", digest="b" * 64, mime="image/png", width=8, height=8)
    told = said(
        [recorded("a lighthouse")],
        EditRequest(
            prompt="a lighthouse",
            model="gpt-image-2.5-flare",
            size="1024x1024",
            quality="low",
            images=(image,),
        ),
    )
    assert "operation: 'edit' here, 'generate' recorded" in told
    assert "picture 1: 'picture bbbbbbbbbbbb' here, not set recorded" in told


def test_the_same_prompt_with_another_size_is_nearer_than_another_prompt():
    others = [
        recorded("a lighthouse", parameters={"quality": "high", "size": "1536x1024"}),
        recorded("a heron"),
    ]
    told = said(others, ask("a lighthouse"))
    assert "prompt:" not in told
    assert "size: '1024x1024' here, '1536x1024' recorded" in told


def test_a_composite_is_no_recording_to_compare_with():
    assert "is empty" in said([recorded("a lighthouse", namespace="composite")], ask(quality="high"))


def test_too_few_samples_are_counted():
    assert "n: 4 here, 1 recorded" in said([recorded("a lighthouse")], ask(), n=4)


def test_the_first_difference_of_two_long_prompts_is_shown():
    same = "a harbour with many boats, " * 40
    told = said([recorded(f"{same}at dusk, in oil")], ask(f"{same}at dawn, in oil"))
    assert "at dawn" in told
    assert "at dusk" in told
    assert len(told) < 700


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=12))
def test_any_two_prompts_can_be_told_apart(here, there, quality):
    told = said([recorded(there)], ask(here, quality=quality or "high"))
    assert ("prompt:" in told) == (here != there)
    told.encode("utf-8", "surrogatepass")


def test_the_nearest_of_long_prompts_is_the_most_alike_although_every_letter_is_frequent():
    scene = "a wide harbour with fishing boats and gulls in the low light of an autumn evening " * 12
    other = "the narrow street of an old town where lanterns hang over the wet stones after rain " * 12
    recordings = [recorded(f"In chalk, {other} {i}") for i in range(3)] + [recorded(f"Oil: {scene}")]
    told = said(recordings, ask(f"In chalk, {scene}", quality="high"))
    assert recordings[3].key[:12] in told


def test_a_large_cassette_answers_at_once():
    """Four thousand long prompts that are much alike: a miss is an error message, not a computation."""
    words = "a harbour with boats and gulls in the light of the evening, wide, calm, in oil on canvas, "
    recordings = [recorded(f"{sha256(str(i).encode())} {words * 18}{i}") for i in range(4_000)]
    asked = ask(f"{recordings[1234].prompt} again")
    began = time.process_time()
    told = said(recordings, asked)
    # Each of them in full, letter by letter, would take minutes.
    assert time.process_time() - began < 20
    assert recordings[1234].key[:12] in told
