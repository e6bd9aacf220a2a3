"""A cassette's contents by themselves: what may be left out, each number's limits, and how a refusal names its place."""

from __future__ import annotations

import json

import pytest
from tapes import GONE, Tape, recording, sha256

from jupyter_imagegen.storage.manifest import ManifestError, checked_recording, manifest_from_bytes

DIGESTS = [sha256(bytes([number])) for number in range(3)]


def read(*changes):
    tape = Tape()
    for place, value in changes:
        tape.put(place, value)
    return manifest_from_bytes(tape.contents)


def picture(*place):
    return ("pictures", next(iter(Tape().document["pictures"])), *place)


@pytest.mark.parametrize(
    ("place", "values"),
    [
        (("preview_side",), (16, 65_535)),
        (("recordings", 0, "sample"), (0, 1_000_000)),
        (picture("width"), (1, 65_535)),
        (picture("height"), (1, 65_535)),
        (picture("size_bytes"), (1, 128 * 1024 * 1024)),
        (picture("preview", "width"), (1, 65_535)),
        (picture("preview", "height"), (1, 65_535)),
        (("settings", "output_compression"), (0, 100)),
    ],
)
def test_a_number_may_be_its_least_and_its_most_and_nothing_beyond(place, values):
    for value in values:
        read((place, value))
    for value in (values[0] - 1, values[1] + 1):
        with pytest.raises(ManifestError, match=f"from {values[0]:,} to {values[1]:,}"):
            read((place, value))


def test_settings_and_styles_may_be_left_out_and_what_every_cassette_has_may_not():
    manifest = read((("settings",), GONE), (("styles",), GONE))
    assert (manifest.settings, manifest.styles) == ({}, {})
    for name in ("pictures", "recordings"):
        with pytest.raises(ManifestError, match=name):
            read(((name,), GONE))


def test_a_setting_that_is_left_to_the_api_hides_none_after_it():
    settings = {"moderation": None, "background": None, "size": "1024x1024"}
    assert read((("settings",), settings)).settings == settings
    for wrong in ({"background": None, "output_compression": 101}, {"moderation": None, "quality": ""}):
        with pytest.raises(ManifestError, match="settings: "):
            read((("settings",), wrong))


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"images": []},
        {"images": DIGESTS[:2]},
        {"images": DIGESTS[:1], "mask": DIGESTS[1]},
        {"images": DIGESTS[:1], "markup": DIGESTS[2]},
    ],
)
def test_inputs_are_digests_by_their_names(inputs):
    assert checked_recording(recording("a", DIGESTS[0], operation="edit", inputs=inputs)).inputs == inputs


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"images": [DIGESTS[0], "cat.png"]}, "inputs must be a SHA-256"),
        ({"images": DIGESTS[0]}, "inputs must be a list"),
        ({"images": DIGESTS[:1], "mask": "mask.png"}, "inputs must be a SHA-256"),
        ({"images": DIGESTS[:1], "markup": None}, "inputs must be a SHA-256"),
        ({"images": DIGESTS[:1], "photo": DIGESTS[1]}, "inputs hold 'photo'"),
    ],
)
def test_inputs_that_are_anything_else_are_refused_even_with_a_true_key(inputs, words):
    one = recording("a", DIGESTS[0], operation="edit", inputs=inputs)
    with pytest.raises(ManifestError, match=f"^recording {one['key'][:12]}: {words}$"):
        checked_recording(one)


def test_a_field_too_many_and_one_too_few_are_named():
    one = recording("a", DIGESTS[0])
    with pytest.raises(ManifestError, match=f"^recording {one['key'][:12]} has a field 'request_id'$"):
        checked_recording({**one, "request_id": "x"})
    del one["usage"]
    with pytest.raises(ManifestError, match=f"^recording {one['key'][:12]} has no field 'usage'$"):
        checked_recording(one)


def test_a_picture_that_is_wrong_is_named_by_the_first_twelve_digits():
    name = picture()[1]
    with pytest.raises(ManifestError, match=f"^picture {name[:12]}: mime must be one of"):
        read((picture("mime"), "text/html"))
    with pytest.raises(ManifestError, match=f"^picture {name[:12]}: preview must be a table$"):
        read((picture("preview"), GONE))


def test_a_sample_that_is_there_twice_and_a_picture_that_is_not_there_are_named():
    tape = Tape()
    tape.document["recordings"].append(json.loads(json.dumps(tape.document["recordings"][0])))
    with pytest.raises(ManifestError, match=f"^sample 0 of {tape.key[:12]} is in it twice$"):
        manifest_from_bytes(tape.contents)
    with pytest.raises(ManifestError, match=f"^the picture of {tape.key[:12]} is not described$"):
        read((("recordings", 0, "digest"), DIGESTS[0]))
    with pytest.raises(ManifestError, match=r"^it describes a picture that no recording names$"):
        read((("pictures", DIGESTS[0]), Tape().document["pictures"][picture()[1]]))


RECORDING = f"recording {Tape().key[:12]}"
PICTURE = f"picture {picture()[1][:12]}"


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("pictures", "cat"), {}, "a picture must be a SHA-256"),
        (("recordings", 0), 3, "a recording must be a table"),
        (("recordings", 0, "key"), "cat", "a recording's key must be a SHA-256"),
        (("recordings", 0, "sample"), "0", f"{RECORDING}: sample must be a whole number"),
        (("recordings", 0, "digest"), "cat", f"{RECORDING}: digest must be a SHA-256"),
        (("recordings", 0, "seconds"), "1", f"{RECORDING}: seconds must be a number"),
        (("recordings", 0, "parameters"), [], f"{RECORDING}: parameters must be a table"),
        (("recordings", 0, "parameters", "size"), 1.5, f"{RECORDING}: 'size' is neither text nor"),
        (("recordings", 0, "inputs"), [], f"{RECORDING}: inputs must be a table"),
        (("recordings", 0, "inputs"), {"b": "", "a": ""}, f"{RECORDING}: inputs hold 'a'$"),
        (("recordings", 0, "revised_prompt"), 3, f"{RECORDING}: revised_prompt must be"),
        (("recordings", 0, "usage"), 3, f"{RECORDING}: usage must be"),
        (("recordings", 0, "cost_usd"), 3, f"{RECORDING}: cost_usd must be"),
        (("recordings", 0, "made_at"), 3, f"{RECORDING}: made_at must be"),
        (picture(), 3, f"{PICTURE} must be a table"),
        (picture("width"), "8", f"{PICTURE}: width must be"),
        (picture("height"), "8", f"{PICTURE}: height must be"),
        (picture("size_bytes"), "8", f"{PICTURE}: size_bytes must be"),
        (picture("preview", "digest"), "8", f"{PICTURE}: preview must be a SHA-256"),
        (picture("preview", "mime"), "8", f"{PICTURE}: preview must be one of"),
        (picture("preview", "width"), "8", f"{PICTURE}: preview must be a whole"),
        (picture("preview", "height"), "8", f"{PICTURE}: preview must be a whole"),
        (("settings",), [], "settings must be a table"),
        (("settings",), {"b": 1, "a": 1}, "its settings hold 'a', which a request does not have$"),
        (("styles",), [], "styles must be a table"),
        (("styles", "x" * 300_000), "$prompt", "a style's name must be"),
        (("cassette",), 2, "it is of version 2, written by a newer jupyter_imagegen$"),
    ],
)
def test_a_refusal_begins_with_its_place(place, value, words):
    with pytest.raises(ManifestError, match=f"^{words}"):
        read((place, value))


@pytest.mark.parametrize(
    "contents", [b"{", b'{"cassette": NaN}', b'{"cassette": 1, "keys": -Infinity}', b"\xff"]
)
def test_what_is_not_json_is_called_that(contents):
    with pytest.raises(ManifestError, match=r"^its table of contents is not JSON$"):
        manifest_from_bytes(contents)
    with pytest.raises(ManifestError, match=r"^its table of contents must be a table$"):
        manifest_from_bytes(b"[]")
