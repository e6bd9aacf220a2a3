from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_imagegen.core.keys import request_key
from jupyter_imagegen.core.request import CallOptions, EditRequest, GenerateRequest, InputImage
from jupyter_imagegen.core.sizes import parse_size
from jupyter_imagegen.errors import RequestError, RetiredModelError, UnknownModelError
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.validation import validate

CATALOG = Catalog.load()
TODAY = dt.date(2026, 11, 22)


def generate(model="gpt-image-2.5-flare", prompt="a lighthouse", size="1024x1024", quality="low", **more):
    return GenerateRequest(model=model, prompt=prompt, size=size, quality=quality, **more)


def picture(width=64, height=48, mime="image/png", data=b"x", name=""):
    return InputImage(
        data=data, digest=sha256(data).hexdigest(), mime=mime, width=width, height=height, name=name
    )


def edit(model="gpt-image-2.5-flare", **more):
    return EditRequest(
        model=model,
        prompt="make it winter",
        size="1024x1024",
        quality="low",
        **({"images": (picture(),)} | more),
    )


def check(request, *, today=TODAY, official=True, catalog=CATALOG, **options):
    return validate(request, CallOptions(**options), catalog=catalog, today=today, official=official)


def refused(request, *, error=RequestError, **how):
    with pytest.raises(error) as caught:
        check(request, **how)
    return str(caught.value)


# --- what is right ---


@pytest.mark.parametrize("name", [m.name for m in CATALOG.models.values() if m.status(TODAY) == "live"])
def test_a_plain_request_passes_without_a_word(name):
    assert check(generate(model=name)) == []
    assert check(edit(model=name)) == []


@pytest.mark.parametrize("name", [m.name for m in CATALOG.models.values() if m.status(TODAY) != "retired"])
def test_every_value_the_catalog_names_is_accepted(name):
    model = CATALOG.models[name]
    base = generate(model=name)
    for field, values in (
        ("quality", model.qualities),
        ("size", model.sizes.values),
        ("background", model.backgrounds),
        ("output_format", model.output_formats),
        ("complexity", model.complexity),
        ("moderation", ("auto", "low")),
    ):
        for value in values:
            check(replace(base, **{field: value}))
    for value in model.input_fidelity:
        check(edit(model=name, input_fidelity=value))


def test_limits_themselves_are_allowed():
    check(generate(prompt="x" * 32_000), n=10, partial_images=3, timeout=0.5, safety_identifier="a1b2")
    check(generate(output_format="webp", output_compression=0))
    check(generate(output_format="jpeg", output_compression=100))
    check(generate(output_compression=100))
    check(edit(images=tuple(picture() for _ in range(16))))


# --- the model ---


def test_an_unknown_model_is_answered_with_close_names():
    message = refused(generate(model="gpt-image-2.5-flair"), error=UnknownModelError)
    assert "'gpt-image-2.5-flair'" in message
    assert "Did you mean gpt-image-2.5-flare" in message
    assert " or " in message


def test_a_model_from_elsewhere_is_answered_with_the_default():
    message = refused(generate(model="stable-diffusion-xl"), error=UnknownModelError)
    assert "Use gpt-image-2.5-flare." in message


@pytest.mark.parametrize(
    ("name", "day", "instead"),
    [
        ("gpt-image-1", "2026-10-23", "gpt-image-2.5-flare"),
        ("dall-e-3", "2026-05-12", "gpt-image-2.5-flare"),
        ("dall-e-2", "2026-05-12", "gpt-image-2.5-flare"),
    ],
)
def test_a_retired_model_is_refused_with_its_replacement(name, day, instead):
    message = refused(generate(model=name), error=RetiredModelError)
    assert f"{name} was shut down on {day}" in message
    assert f"Use {instead}" in message
    assert "your store are still shown" in message


def test_a_closing_model_says_until_when_and_what_then():
    assert check(generate(model="gpt-image-1.5-2025-12-16")) == [
        "gpt-image-1.5-2025-12-16 will be shut down on 2026-12-01; gpt-image-2.6-flare replaces it."
    ]
    assert check(generate(model="gpt-image-1.5"), today=dt.date(2026, 10, 31)) == []
    refused(generate(model="gpt-image-1.5"), today=dt.date(2026, 12, 1), error=RetiredModelError)


@pytest.mark.parametrize("name", ["my-deployment", "gpt-image-1", "dall-e-3", "flux"])
def test_another_endpoint_may_have_any_model(name):
    assert check(generate(model=name, quality="hd", size="1000x1000"), official=False) == []
    assert check(edit(model=name, input_fidelity="high", markup=picture()), official=False) == []


def test_another_endpoint_is_still_held_to_what_holds_everywhere():
    for request in (
        generate(model="flux", prompt=""),
        generate(model="flux", size="big"),
        generate(model="flux", quality=" "),
        generate(model="flux", background="transparent", output_format="jpeg"),
        generate(model="flux", background="pink"),
        generate(model="flux", output_format="tiff"),
        generate(model="flux", output_compression=101, output_format="webp"),
        edit(model="flux", images=()),
        edit(model="flux", input_fidelity="medium"),
    ):
        refused(request, official=False)
    refused(generate(model="flux"), official=False, n=11)
    refused(generate(model="gpt-image-2", quality="max"), official=False)


def test_an_empty_model_is_refused_everywhere():
    assert "Use gpt-image-2.5-flare" in refused(generate(model=" "), official=False)


# --- types, for values come from notebooks ---


@pytest.mark.parametrize(
    "name",
    ["model", "prompt", "size", "quality", "background", "complexity", "output_format", "moderation"],
)
@pytest.mark.parametrize("value", [1024, 1.5, True, b"low", ["low"]])
def test_a_value_that_is_no_text_is_told_by_its_type(name, value):
    message = refused(replace(generate(), **{name: value}))
    assert f"{name} must be text, not {value!r} ({type(value).__name__})" in message


@pytest.mark.parametrize("name", ["output_compression", "frame_count", "frame_duration_ms"])
@pytest.mark.parametrize("value", ["80", 80.0, True])
def test_a_value_that_is_no_whole_number_is_told_by_its_type(name, value):
    assert f"{name} must be a whole number" in refused(replace(generate(), **{name: value}))


@pytest.mark.parametrize("options", [{"n": "2"}, {"n": 2.0}, {"n": True}, {"partial_images": None}])
def test_options_are_whole_numbers(options):
    assert "must be a whole number" in refused(generate(), **options)


# --- the prompt ---


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("x" * 32_001, "32,001 characters and may have at most 32,000"),
        ("ab\ud800c", "position 2 \\(a lone surrogate\\)".replace("\\", "")),
        ("a\x00\x00", "NUL character at position 1"),
    ],
)
def test_a_prompt_that_cannot_be_sent_is_refused(prompt, says):
    assert says in refused(generate(prompt=prompt))


# --- size and quality ---


@pytest.mark.parametrize(
    ("model", "size", "why"),
    [
        ("gpt-image-2.5-flare", "1000x1000", "both sides must be multiples of 16. Nearest: 1008x1008."),
        ("gpt-image-2", "512x512", "it has 262,144 pixels and must have at least 655,360. Nearest: 816x816."),
        ("gpt-image-1.5", "1792x1024", "it makes 1024x1024, 1536x1024 and 1024x1536. Nearest: 1536x1024."),
    ],
)
def test_a_size_is_answered_with_the_rule_and_the_nearest(model, size, why):
    assert refused(generate(model=model, size=size)) == f"size '{size}' is not possible with {model}: {why}"


@pytest.mark.parametrize(
    ("size", "suggestion"), [("1024 x 1000", "Nearest: 1024x1008."), ("square", "Such as: 1024x1024.")]
)
def test_what_is_no_size_is_answered_with_how_to_write_one(size, suggestion):
    assert refused(generate(size=size)) == f"size '{size}' must be WIDTHxHEIGHT in pixels. {suggestion}"


@pytest.mark.parametrize(
    ("size", "suggestion"), [("1536 x 1024", "Nearest: 1536x1024."), ("square", "Such as: 1024x1024.")]
)
def test_a_model_that_nobody_knows_here_is_told_the_size_as_it_was_meant(size, suggestion):
    assert refused(generate("flux", size=size), official=False).endswith(suggestion)


@given(st.integers(1, 9999), st.integers(1, 9999), st.sampled_from(["gpt-image-2", "gpt-image-1.5", "gpt-image-2.6-flare"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_size_that_is_suggested_is_accepted(width, height, name):
    nearest = CATALOG.models[name].sizes.nearest(width, height)
    check(generate(model=name, size=nearest))
    try:
        check(generate(model=name, size=f"{width}x{height}"))
    except RequestError as exc:
        assert str(exc).endswith(f"Nearest: {nearest}.")  # noqa: PT017  either outcome is right
    else:
        assert parse_size(nearest) == (width, height)


def test_a_size_above_2560x1440_is_called_experimental():
    assert check(generate(size="2560x1440")) == []
    assert "experimental" in check(generate(size="2576x1440"))[0]


def test_auto_is_allowed_and_says_what_it_costs_to_know():
    notes = check(generate(size="auto", quality="auto"))
    assert len(notes) == 2
    assert all("price unknown until afterwards" in note and "key" in note for note in notes)


@pytest.mark.parametrize(
    ("model", "quality", "ends"),
    [
        ("gpt-image-2", "hgih", "it can be low, medium or high. Nearest: high."),
        ("gpt-image-2", "max", "it can be low, medium or high. Nearest: high."),
        ("gpt-image-2", "standard", "Nearest: medium."),
        ("gpt-image-1.5", "xhigh", "Nearest: high."),
        ("gpt-image-2.5-flare", "LOW", "Nearest: low."),
        ("gpt-image-2.5-flare", "ultra", "low, medium, high, xhigh or max."),
    ],
)
def test_a_quality_is_answered_with_those_there_are(model, quality, ends):
    message = refused(generate(model=model, quality=quality))
    assert f"quality '{quality}' is not possible with {model}" in message
    assert message.endswith(ends)


# --- the other parameters ---


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (generate(model="gpt-image-2", background="transparent"), "it can be auto or opaque"),
        (generate(background="transparent", output_format="jpeg"), "needs png or webp. Nearest: webp."),
        (generate("gpt-image-2.6-flare", background="transparent", output_format="gif"), "needs png or webp"),
        (
            generate(background="transparant"),
            "with gpt-image-2.5-flare: it can be auto, opaque or transparent",
        ),
        (generate(background="transparant"), "Nearest: transparent."),
        (generate(output_format="jpg"), "Nearest: jpeg."),
        (generate("gpt-image-2.6-flare", output_format="jpg"), "Nearest: jpeg."),
        (generate(output_format="gif"), "with gpt-image-2.5-flare: it can be png, jpeg or webp"),
        (generate(moderation="off"), "it can be auto or low"),
        (generate(complexity="low"), "complexity is not possible with gpt-image-2.5-flare. Leave it out."),
        (generate("gpt-image-2.6-flare", complexity="max"), "it can be low, medium or high"),
        (generate(output_compression=50), "only with jpeg and webp"),
        (generate(output_format="png", output_compression=99), "only with jpeg and webp"),
        (generate(output_format="webp", output_compression=101), "from 0 to 100, not 101. Nearest: 100."),
        (generate(output_format="webp", output_compression=-1), "Nearest: 0."),
        (generate(frame_count=4), "frame_count is only for GIFs"),
        (generate(frame_duration_ms=100), "frame_duration_ms is only for GIFs"),
        (generate(svg={"model": "m"}), "svg is only for SVGs"),
        (edit("gpt-image-2", input_fidelity="high"), "input_fidelity is not possible with gpt-image-2"),
        (edit("gpt-image-2.5-flare", input_fidelity="high"), "is not possible with gpt-image-2.5-flare"),
        (edit("gpt-image-1-mini", input_fidelity="high"), "it can be low"),
        (edit("gpt-image-1.5", input_fidelity="medium"), "it can be low or high"),
    ],
)
def test_a_parameter_is_answered_with_its_rule(request_, says):
    assert says in refused(request_)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n": 0}, "n must be a whole number from 1 to 10, not 0. Nearest: 1."),
        ({"n": 11}, "Nearest: 10."),
        ({"partial_images": 4}, "Nearest: 3."),
        ({"partial_images": -1}, "Nearest: 0."),
        ({"timeout": 0}, "seconds above 0"),
        ({"timeout": -1.0}, "seconds above 0"),
        ({"timeout": float("nan")}, "seconds above 0"),
        ({"timeout": float("inf")}, "seconds above 0"),
        ({"timeout": "300"}, "seconds above 0"),
        ({"timeout": True}, "seconds above 0"),
        ({"safety_identifier": ""}, "safety_identifier is empty"),
        ({"safety_identifier": 7}, "must be text"),
        ({"safety_identifier": "a\x00"}, "NUL"),
    ],
)
def test_how_it_is_sent_is_checked_too(options, says):
    assert says in refused(generate(), **options)


# --- GIF and SVG ---

GIF = generate("gpt-image-2.6-flare", size="512x512", output_format="gif")
SVG = generate("gpt-image-2.6-flare", output_format="svg")


def test_a_gif_needs_access_and_says_so():
    assert check(replace(GIF, frame_count=2)) == [
        "GIF is a preview: the account needs access to it, and its price is known only afterwards."
    ]
    assert check(replace(GIF, frame_count=16, frame_duration_ms=105))[1].startswith(
        "frame_duration_ms is rounded"
    )
    assert "All 9 frames share 8,294,400 pixels" in check(replace(GIF, size="1024x1024"))[1]


@pytest.mark.parametrize(("milliseconds", "rounded"), [(150, False), (110, False), (155, True), (99, True)])
def test_a_frame_s_time_is_rounded_only_where_it_is_no_multiple_of_ten(milliseconds, rounded):
    notes = check(replace(GIF, frame_duration_ms=milliseconds))
    assert any("rounded" in note for note in notes) is rounded


@pytest.mark.parametrize(
    ("size", "noted"), [("1280x720", False), ("720x1280", False), ("1296x720", True), ("720x1296", True)]
)
def test_frames_that_fill_the_shared_pixels_to_the_last_are_no_reason_for_a_note(size, noted):
    # Nine frames of 1280x720 are exactly the 8,294,400 pixels.
    notes = check(replace(GIF, size=size))
    assert any("share" in note for note in notes) is noted


def test_a_model_of_fixed_sizes_has_no_pixels_to_share(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        '[models.mine]\nlike = "gpt-image-1.5"\noutput_formats = ["gif"]\nqualities = ["low"]\n',
        encoding="utf-8",
    )
    mine = Catalog.load(file)
    assert len(check(generate("mine", output_format="gif"), catalog=mine)) == 1
    # What a quality was called before is only suggested where the model has it.
    assert "Nearest" not in refused(generate("mine", quality="hd"), catalog=mine)


@pytest.mark.parametrize(
    ("request_", "options", "says"),
    [
        (replace(GIF, frame_count=1), {}, "from 2 to 16, not 1. Nearest: 2."),
        (replace(GIF, frame_count=17), {}, "Nearest: 16."),
        (replace(GIF, frame_duration_ms=0), {}, "from 10 to 655,350"),
        (replace(GIF, size="500x500"), {}, "multiples of 16"),
        (replace(GIF, output_compression=80), {}, "only with jpeg and webp"),
        (GIF, {"partial_images": 1}, "partial_images is not possible with a GIF"),
        (
            edit("gpt-image-2.6-flare", output_format="gif", mask=picture()),
            {},
            "mask is not possible with a GIF",
        ),
    ],
)
def test_a_gif_takes_no_more_than_it_can(request_, options, says):
    assert says in refused(request_, **options)


def test_an_svg_may_name_its_author():
    assert check(SVG) == []
    assert check(replace(SVG, svg={"model": "gpt-5.6-terra", "reasoning": {"effort": "xhigh"}})) == []
    assert check(replace(SVG, svg={"model": "gpt-5.6-terra", "reasoning": None})) == []


@pytest.mark.parametrize(
    ("request_", "options", "says"),
    [
        (SVG, {"n": 2}, "n = 2 is not possible with an SVG"),
        (SVG, {"partial_images": 1}, "partial_images is not possible with an SVG"),
        (replace(SVG, output_compression=80), {}, "only with jpeg and webp"),
        (replace(SVG, svg="gpt-5.6-terra"), {}, "svg must be a table"),
        (replace(SVG, svg={}), {}, "needs the model"),
        (replace(SVG, svg={"model": 5}), {}, "needs the model"),
        (replace(SVG, svg={"model": "m", "colour": 1}), {}, "svg cannot hold 'colour'"),
        (replace(SVG, svg={"model": "m", "reasoning": "low"}), {}, "svg reasoning must be"),
        (replace(SVG, svg={"model": "m", "reasoning": {"speed": 1}}), {}, "svg reasoning must be"),
        (replace(SVG, svg={"model": "m", "reasoning": {"effort": "hgih"}}), {}, "Nearest: high"),
        (replace(SVG, svg={"model": "m", "reasoning": {"effort": 3}}), {}, "effort must be text"),
    ],
)
def test_an_svg_takes_no_more_than_it_can(request_, options, says):
    assert says in refused(request_, **options)


# --- whatever comes ---

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3), st.just({}),
    st.sampled_from(["auto", "low", "png", "webp", "gif", "svg", "1024x1024", "transparent", "gpt-image-2"]),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from([f.name for f in fields(GenerateRequest)]), ANYTHING),
    st.dictionaries(st.sampled_from([f.name for f in fields(CallOptions)]), ANYTHING),
    st.booleans(),
)
@settings(deadline=None)
def test_whatever_comes_is_accepted_or_refused_in_our_words(values, options, official):
    request = replace(generate(), **values)
    try:
        check(request, official=official, **options)
    except RequestError:
        return
    assert len(request_key(request)) == 64


def test_a_note_about_the_model_stays_beside_one_about_the_edit():
    heavy = edit("gpt-image-1.5", mask=picture(data=bytes(4_100_000)))
    closing, weight = check(heavy)
    assert "will be shut down" in closing
    assert "4.1 MB" in weight
    assert len(check(edit("gpt-image-1.5"))) == 1


def test_a_model_without_partial_images_says_so(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[models.mine]\nlike = "gpt-image-2"\nstreams = false\nauto = false\n', encoding="utf-8")
    mine = Catalog.load(file)
    assert "leave it out" in refused(generate("mine"), catalog=mine, partial_images=1)
    assert "Use 1024x1024" in refused(generate("mine", size="auto"), catalog=mine)
    assert "Nearest: low" in refused(generate("mine", quality="auto"), catalog=mine)
    assert check(generate("mine"), catalog=mine) == []
