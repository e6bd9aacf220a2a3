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


def key_of(one):
    """A recording's key as messages tell it."""
    return f"({one.key[:12]})"


def differences(recordings, request):
    """What a miss says that differs, without what to do."""
    error = not_recorded(Recorded(recordings), request, request_key(request), 1)
    return error.message.partition(" differs: ")[2]


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


def test_the_nearest_of_long_prompts_is_the_most_alike_although_every_word_is_frequent():
    scene = "a wide harbour with fishing boats and gulls in the low light of an autumn evening " * 20
    other = "the narrow street of an old town where lanterns hang over the wet stones after rain " * 20
    recordings = [recorded(f"In chalk, {other} {i}") for i in range(3)] + [recorded(f"Oil: {scene}")]
    told = said(recordings, ask(f"In chalk, {scene}", quality="high"))
    assert recordings[3].key[:12] in told


@pytest.mark.parametrize(
    ("others", "near"),
    [
        # Another prompt is worse than two other parameters, and better than three.
        ({"quality": "high", "size": "1536x1024"}, "a lighthouse at dusk"),
        ({"quality": "high", "size": "1536x1024", "background": "opaque"}, "a lighthouse at dawn"),
    ],
)
def test_a_prompt_weighs_more_than_two_parameters_and_less_than_three(others, near):
    recordings = [recorded("a lighthouse at dusk", parameters=others), recorded("a lighthouse at dawn")]
    told = said(recordings, ask("a lighthouse at dusk"))
    assert key_of(next(one for one in recordings if one.prompt == near)) in told


@pytest.mark.parametrize("turned", [False, True])
def test_the_fewest_parameters_differ_in_the_nearest(turned):
    recordings = [
        recorded("a lighthouse", parameters={"quality": "low", "size": "1536x1024"}),
        recorded("a lighthouse", parameters={"size": "1536x1024", "background": "opaque"}),
    ]
    told = differences(recordings[::-1] if turned else recordings, ask("a lighthouse"))
    assert told == "size: '1024x1024' here, '1536x1024' recorded"


@pytest.mark.parametrize(
    ("asked", "far", "near"),
    [
        ("red fox, blue hen", "blue hen, red fox", "red fox, blue hens"),
        ("lighthouse", "sun", "lighthause"),
    ],
)
def test_the_nearest_prompt_shares_most_letters_in_their_order(asked, far, near):
    recordings = [recorded(far), recorded(near)]
    for order in (recordings, recordings[::-1]):
        assert key_of(recordings[1]) in said(order, ask(asked))


def test_a_mask_is_told_by_its_name_and_the_prompt_comes_first():
    image = InputImage(data=b"", digest="b" * 64, mime="image/png", width=8, height=8)
    asked = EditRequest(
        prompt="a heron",
        model="gpt-image-2.5-flare",
        size="1024x1024",
        quality="low",
        images=(image, image),
        mask=image,
    )
    told = differences([recorded("a lighthouse")], asked).split("; ")
    assert [one.partition(":")[0] for one in told] == [
        "prompt",
        "mask",
        "operation",
        "picture 1",
        "picture 2",
    ]
    assert told[1] == "mask: 'picture bbbbbbbbbbbb' here, not set recorded"


LETTERS = "abcdefghij" * 12


@pytest.mark.parametrize(
    ("length", "differs", "shown"),
    [
        (60, 59, slice(0, 60)),
        (61, 40, slice(0, 60)),
        (120, 48, slice(0, 60)),
        (120, 49, slice(37, 97)),
        (120, 71, slice(59, 119)),
        (120, 72, slice(60, 120)),
        (120, 119, slice(107, 120)),
    ],
)
def test_the_shown_piece_of_a_long_prompt_holds_where_it_differs(length, differs, shown):
    there = LETTERS[:length]
    here = f"{there[:differs]}X{there[differs + 1 :]}"
    before, after = "…" * (shown.start > 0), "…" * (shown.stop < length)
    told = differences([recorded(there)], ask(here))
    assert told == f"prompt: {before}{here[shown]!r}{after} here, {before}{there[shown]!r}{after} recorded"


def test_of_a_prompt_that_goes_on_where_the_recorded_one_ends_the_end_is_shown():
    told = differences([recorded(LETTERS)], ask(f"{LETTERS}, in oil"))
    assert told == "prompt: …'ijabcdefghij, in oil' here, …'ijabcdefghij' recorded"


@pytest.mark.parametrize(
    ("recordings", "n"), [([], 1), ([recorded("a lighthouse")], 4), ([recorded("a heron")], 1)]
)
def test_every_miss_says_what_to_do(recordings, n):
    request = ask("a lighthouse")
    error = not_recorded(Recorded(recordings), request, request_key(request), n)
    assert error.message.startswith("lesson.cassette ")
    assert error.hint == (
        "Change the cell back, or `%imagegen cassette use none` to make it; the lesson's author can record "
        "it with `%imagegen cassette use lesson.cassette --mode record`."
    )


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
