from __future__ import annotations

import json
from dataclasses import fields, replace
from hashlib import sha256
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.core.keys import KEY_VERSION, canonical_json, input_digests, recorded_key, request_key
from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.errors import RequestError

PLAIN = GenerateRequest(model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low")


def picture(data=b"a", name=""):
    return InputImage(
        data=data, digest=sha256(data).hexdigest(), mime="image/png", width=64, height=48, name=name
    )


EDIT = EditRequest(
    model="gpt-image-2", prompt="make it winter", size="1024x1024", quality="low", images=(picture(),)
)
# A different value for every parameter there is; the test below fails when a new one is forgotten here.
CHANGES = {
    "model": "gpt-image-2",
    "prompt": "a lighthouse ",
    "size": "1024x1536",
    "quality": "high",
    "background": "transparent",
    "complexity": "low",
    "output_format": "webp",
    "output_compression": 80,
    "moderation": "low",
    "frame_count": 2,
    "frame_duration_ms": 100,
    "svg": {"model": "gpt-5.6-terra"},
    "extra": {"seed": 3},
    "input_fidelity": "high",
    "images": (picture(b"b"),),
    "mask": picture(b"m"),
    "markup": picture(b"m"),
}
WORDS = st.text(max_size=30)
REQUESTS = st.builds(
    GenerateRequest,
    model=WORDS,
    prompt=st.text(),
    size=WORDS,
    quality=WORDS,
    background=st.none() | WORDS,
    complexity=st.none() | WORDS,
    output_format=st.none() | WORDS,
    output_compression=st.none() | st.integers(0, 100),
    moderation=st.none() | WORDS,
    frame_count=st.none() | st.integers(2, 16),
    frame_duration_ms=st.none() | st.integers(0, 1000),
)


# Frozen for ever: a change here means that everybody's stored pictures would be bought again.
@pytest.mark.parametrize(
    ("request_", "namespace", "golden"),
    [
        (PLAIN, None, "0df9dba5c048e5ed67ba20f1c35597c85e19c5f63dc586b7c9336c55b745ac23"),
        (PLAIN, "demo", "2bbabbe86ded06b2bb09e635e164d17f3c86689b18d06329a3b3667eb0365038"),
        (
            replace(
                PLAIN,
                prompt="ein Leuchtturm, 灯台, \U0001f5fc\n$5",
                background="transparent",
                output_format="webp",
                output_compression=80,
                moderation="low",
                complexity="high",
            ),
            None,
            "a58a99294f26242cb36581c4e4c45854809b374d76e83dd69a10a20955479484",
        ),
        (
            replace(PLAIN, output_format="gif", frame_count=4, frame_duration_ms=150),
            None,
            "018b03f7deafaae13f09c97467356e4c078c44f0a1c72a6afb9132c81fbcbde0",
        ),
        (
            replace(
                PLAIN, output_format="svg", svg={"model": "gpt-5.6-terra", "reasoning": {"effort": "low"}}
            ),
            None,
            "1828c98aeb04c8b50c47eae1c182c9998d6b52e5ab12b32756bd27c89add3adc",
        ),
        (EDIT, None, "952c127728f65e6bdc8a3b65fb8390cef753e9c34930fdb177fabb5d39c43b1e"),
        (
            replace(EDIT, images=(picture(b"a"), picture(b"b")), mask=picture(b"m"), input_fidelity="high"),
            None,
            "6a74d9547e5842d72cee94a3299427ecf0d41007458b54b3855a2cc98fc08375",
        ),
        (
            replace(EDIT, markup=picture(b"m")),
            "demo",
            "07d17908c97420c46a85848d707c9979e21a1ae55aaf813251dcca8ce39b706e",
        ),
    ],
)
def test_the_golden_keys_never_move(request_, namespace, golden):
    assert request_key(request_, namespace=namespace) == golden


def test_the_key_is_the_digest_of_one_line_of_sorted_ascii():
    text = canonical_json(PLAIN)
    assert text == (
        '{"operation":"generate","parameters":{"model":"gpt-image-2.5-flare","prompt":"a lighthouse",'
        '"quality":"low","size":"1024x1024"},"version":1}'
    )
    assert request_key(PLAIN) == sha256(text.encode()).hexdigest()
    assert json.loads(text)["version"] == KEY_VERSION == 1
    assert canonical_json(replace(PLAIN, prompt="灯台")).isascii()


def test_an_unset_parameter_is_not_in_the_key():
    assert set(json.loads(canonical_json(PLAIN))["parameters"]) == {"model", "prompt", "quality", "size"}
    assert "namespace" not in canonical_json(PLAIN)
    assert "mask" not in canonical_json(EDIT)


@pytest.mark.parametrize("base", [PLAIN, EDIT], ids=["generate", "edit"])
def test_a_change_to_any_parameter_changes_the_key(base):
    keys = {request_key(base)}
    for name in (f.name for f in fields(base)):
        value = CHANGES[name]
        if value == getattr(base, name):
            value = f"{value}-2026"
        keys.add(request_key(replace(base, **{name: value})))
    assert len(keys) == 1 + len(fields(base))


def test_how_a_request_is_sent_is_no_part_of_what_is_asked():
    asked = {f.name for f in fields(EditRequest)}
    assert asked.isdisjoint(f.name for f in fields(CallOptions))


def test_what_a_picture_is_called_is_not_in_the_key():
    named = replace(EDIT, images=(picture(name="lighthouse.png"),))
    assert request_key(named) == request_key(EDIT)


def test_the_order_of_input_pictures_is_in_the_key():
    a, b = picture(b"a"), picture(b"b")
    assert request_key(replace(EDIT, images=(a, b))) != request_key(replace(EDIT, images=(b, a)))


def test_a_mask_is_never_taken_for_a_picture_or_a_markup():
    a, m = picture(b"a"), picture(b"m")
    keys = {
        request_key(replace(EDIT, images=(a, m))),
        request_key(replace(EDIT, images=(a,), mask=m)),
        request_key(replace(EDIT, images=(a,), markup=m)),
    }
    assert len(keys) == 3


def test_an_svg_author_may_be_any_mapping_in_any_order():
    plain = replace(PLAIN, svg={"model": "m", "reasoning": {"effort": "low"}})
    other = replace(
        PLAIN, svg=MappingProxyType({"reasoning": MappingProxyType({"effort": "low"}), "model": "m"})
    )
    assert request_key(plain) == request_key(other)


@pytest.mark.parametrize("value", [object(), float("nan"), b"bytes"])
def test_a_value_that_cannot_be_sent_is_refused(value):
    with pytest.raises(RequestError, match="text, whole numbers and tables"):
        request_key(replace(PLAIN, svg={"model": value}))


@pytest.mark.parametrize("prompt", ["\ud800", "a\udfffb", "\x00", "\u2028"])
def test_no_text_is_too_strange_for_a_key(prompt):
    assert request_key(replace(PLAIN, prompt=prompt)) != request_key(PLAIN)


@given(REQUESTS, REQUESTS)
def test_two_requests_share_a_key_only_when_they_are_the_same(a, b):
    assert (request_key(a) == request_key(b)) == (a == b)


@given(REQUESTS)
def test_a_namespace_is_never_taken_for_none(request_):
    assert request_key(request_) != request_key(request_, namespace="demo")
    assert request_key(request_, namespace="demo") != request_key(request_, namespace="other")


@given(REQUESTS)
def test_a_key_is_the_same_every_time(request_):
    assert request_key(request_) == request_key(replace(request_))
    assert len(request_key(request_)) == 64


@pytest.mark.parametrize("namespace", [None, "demo"])
@pytest.mark.parametrize("request_", [PLAIN, replace(EDIT, mask=picture(b"m"))])
def test_a_request_that_was_written_down_has_the_key_it_had(request_, namespace):
    written = recorded_key(
        operation=request_.operation,
        parameters=json.loads(json.dumps(request_.parameters())),
        inputs=input_digests(request_),
        namespace=namespace,
    )
    assert written == request_key(request_, namespace=namespace)
