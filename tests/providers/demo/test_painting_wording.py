from __future__ import annotations

import pytest

from jupyter_imagegen.core.prompts import apply_styles, load_styles
from jupyter_imagegen.providers.demo.scene import read
from jupyter_imagegen.providers.demo.wording import plain_words

STYLES = load_styles()


@pytest.mark.parametrize("name", sorted(STYLES))
def test_every_style_of_the_package_leaves_the_subject_in_the_picture(name):
    plain = read("a red fox")
    styled = read(apply_styles("a red fox", [STYLES[name]]))
    assert [s.kind for s in styled.subjects] == [s.kind for s in plain.subjects]
    assert styled.styles


def test_styles_around_styles_are_undone_too():
    prompt = apply_styles("a red fox", [STYLES["watercolour"], STYLES["poster"]])
    assert plain_words(prompt) == "a red fox, art deco, watercolour"


def test_what_a_prompt_forbids_is_not_painted():
    assert not read("a meadow without people, no cats").subjects


def test_a_forbidding_word_in_quotes_is_lettering():
    assert read('a sign that says "NO ENTRY"').lettering == ("NO ENTRY",)
