"""Pictures are taken out of an answer before it is read as JSON, and nothing else about it changes."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.errors import BadAnswerError
from jupyter_imagegen.providers.openai_answers import picture_bytes, read_json

BYTES = bytes(range(256)) * 100
PICTURE = base64.b64encode(BYTES).decode()


def pictures(body):
    return [picture_bytes(row.get("b64_json")) for row in body["data"]]


def test_large_pictures_come_out_as_they_went_in_and_are_never_text():
    body = read_json(
        json.dumps({"created": 1, "data": [{"b64_json": PICTURE}] * 3, "usage": {"a": 1}}).encode()
    )
    assert pictures(body) == [BYTES] * 3
    assert all(isinstance(row["b64_json"], memoryview) for row in body["data"])
    assert (body["created"], body["usage"]) == (1, {"a": 1})


@pytest.mark.parametrize("indent", [None, 4])
def test_a_servers_own_spacing_does_not_matter(indent):
    text = json.dumps({"data": [{"b64_json": PICTURE, "revised_prompt": "a"}]}, indent=indent)
    for spaced in (text, text.replace(": ", " \r\n\t: "), text.replace(": ", ":")):
        assert pictures(read_json(spaced.encode())) == [BYTES]


def test_a_server_that_escapes_slashes_is_understood_too():
    text = json.dumps({"data": [{"b64_json": PICTURE}]}).replace("/", "\\/")
    assert "\\/" in text
    assert pictures(read_json(text.encode())) == [BYTES]


def test_utf_16_is_read_as_json_reads_it():
    assert pictures(read_json(json.dumps({"data": [{"b64_json": PICTURE}]}).encode("utf-16"))) == [BYTES]


def test_a_picture_that_was_cut_off_is_no_json():
    with pytest.raises(BadAnswerError, match="not JSON"):
        read_json(json.dumps({"data": [{"b64_json": PICTURE}]}).encode()[:20_000])


def test_what_is_no_base64_is_no_picture():
    for wrong in (PICTURE[:-1], PICTURE[:5000] + "é" + PICTURE[5000:], PICTURE[:5000] + "-" + PICTURE[5001:]):
        text = json.dumps({"data": [{"b64_json": wrong}]}, ensure_ascii=False)
        assert pictures(read_json(text.encode())) == [None]


def test_a_word_that_only_ends_like_the_name_brings_no_picture():
    text = json.dumps({"data": [{'x"b64_json': PICTURE, "b64_json": "aGk="}], "b64_json": PICTURE})
    assert pictures(read_json(text.encode())) == [b"hi"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(PICTURE) | st.just('"b64_json": "'),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["b64_json", 'a"b64_json', "data", "url"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.sampled_from(["b64_json", "url", "revised_prompt"]), values), max_size=3))
def test_every_answer_says_the_same_pictures_as_read_by_json_alone(rows):
    text = json.dumps({"data": rows})
    assert pictures(read_json(text.encode())) == pictures(json.loads(text))
