"""Whatever was chosen for one model, the panel never offers or sends what another does not take."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.config import load_settings
from jupyter_imagegen.core.request import CallOptions, GenerateRequest
from jupyter_imagegen.providers.openai.catalog import Catalog
from jupyter_imagegen.providers.openai.validation import validate
from jupyter_imagegen.widgets.panel_controls import (
    Choices,
    controls_for,
    first_choices,
    fitted,
    picture_options,
)

CATALOG = Catalog.load()
TODAY = dt.date(2026, 11, 22)
LIVE = [model.name for model in CATALOG.models.values() if model.status(TODAY) != "retired"]
SETTINGS = load_settings(environ={"IMAGEGEN_HOME": "home"}, notebook_dir=None)

choices = st.fixed_dictionaries(
    {
        "model": st.sampled_from(LIVE),
        "size": st.sampled_from(["1024x1024", "1536x1024", "1024x1536", "2048x2048", "1440x2560", "256x256"]),
        "quality": st.sampled_from(["low", "medium", "high", "xhigh", "max", "hd", "none"]),
        "n": st.integers(-3, 40),
        "style": st.sampled_from(["", "anime", "gone"]),
        "background": st.sampled_from(["", "auto", "opaque", "transparent", "pink"]),
        "output_format": st.sampled_from(["", "png", "jpeg", "webp", "gif", "svg", "bmp"]),
        "output_compression": st.none() | st.integers(-5, 200),
        "complexity": st.sampled_from(["", "low", "high", "x"]),
        "moderation": st.sampled_from(["", "auto", "low", "x"]),
        "partial_images": st.integers(-1, 9),
        "input_fidelity": st.sampled_from(["", "low", "high"]),
        "provider": st.sampled_from(["", "openai", "demo", "x"]),
        "keep_outside": st.booleans(),
    }
)


PROVIDERS = {"openai": "OpenAI", "demo": "demo"}


def fit(chosen, *, editing=False):
    return fitted(
        Choices(**chosen),
        catalog=CATALOG,
        styles={"anime"},
        providers=PROVIDERS,
        editing=editing,
        masked=False,
    )


@given(choices, st.booleans())
def test_what_is_chosen_is_among_what_is_offered(chosen, editing):
    mended = fit(chosen, editing=editing)
    controls = controls_for(
        mended, catalog=CATALOG, settings=SETTINGS, styles={"anime": None}, providers=PROVIDERS, today=TODAY, editing=editing, masked=False
    )  # fmt: skip
    offered = {one["name"]: one for one in controls}
    for name, value in mended.items():
        if name not in offered:
            assert value in {"", None, 0}, name
        elif offered[name]["kind"] == "select" and not offered[name]["free"]:
            assert str(value) in [one["value"] for one in offered[name]["options"]], name
        elif offered[name]["kind"] == "number" and value is not None:
            assert offered[name]["least"] <= value <= offered[name]["most"]
    assert fit(mended, editing=editing) == mended


@given(choices)
def test_what_is_offered_can_be_sent(chosen):
    mended = fit(chosen)
    wanted = picture_options(mended)
    # Values that exclude each other are the price line's to explain.
    if mended["background"] == "transparent":
        wanted.pop("output_format", None)
        wanted.pop("output_compression", None)
    if wanted.get("output_format") == "svg":
        wanted["n"] = 1
    options = CallOptions(n=wanted.pop("n"), partial_images=wanted.pop("partial_images", 0))
    for name in ("style", "provider"):
        wanted.pop(name, None)
    if mended["size"] == "256x256":
        wanted["size"] = "1024x1024"
    request = GenerateRequest(prompt="a cat", **wanted)
    validate(request, options, catalog=CATALOG, today=TODAY, official=True)


@pytest.mark.parametrize(
    ("size", "nearest"), [("2048x2048", "1024x1024"), ("1440x2560", "1024x1536"), ("2560x1440", "1536x1024")]
)
def test_a_size_that_a_model_lacks_keeps_its_shape(size, nearest):
    chosen = {**first_choices(SETTINGS, "gpt-image-1.5"), "size": size}
    assert fit(chosen)["size"] == nearest
