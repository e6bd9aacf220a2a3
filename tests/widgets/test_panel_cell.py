"""Copied from a panel and pasted into a notebook, a cell asks for exactly the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_imagegen.magics.variables import filled, filled_words
from jupyter_imagegen.options import given as given_options
from jupyter_imagegen.options import magic_parser, split_line
from jupyter_imagegen.widgets.panel_cell import cell_text, quoted_word

words = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("$'\"{}\\`#%- "), min_size=1
)


def read_cell(text):
    """What `%%imagegen` makes of a cell: its prompt and its options."""
    first, _, body = text.partition("\n")
    parts = filled_words(split_line(first.removeprefix("%%imagegen")), {})
    return filled(body.strip(), {}), given_options(magic_parser().read(parts), "request", "call")


@given(words.filter(lambda text: text.strip() == text and not text.startswith("-")))
def test_any_word_comes_back_as_it_was(word):
    assert filled_words(split_line(quoted_word(word)), {}) == [word]


@given(words, st.lists(words.filter(lambda name: not name.startswith("-")), max_size=3))
@settings(deadline=None)
def test_prompt_and_pictures_come_back_as_they_were(prompt, pictures):
    text = cell_text(prompt, {"model": "gpt-image-2", "n": 2, "image": pictures})
    expected = {"model": "gpt-image-2", "n": 2, **({"image": pictures} if pictures else {})}
    assert read_cell(text) == (prompt.strip(), expected)


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse",
        ">>> not a session",
        "a sign\n>>> that way\n... or not",
        "... then a cat",
        "In [1]: a door",
        "two\n\n  lines",
        "%%time\na clock",
        "!ls",
        "what is it?",
        "   indented",
    ],
)
def test_ipython_gives_the_magic_every_word_of_the_cell(prompt):
    text = cell_text(prompt, {"n": 1})
    ran = []
    code = TransformerManager().transform_cell(text)
    shell = type("Shell", (), {"run_cell_magic": lambda _self, *told: ran.append(told)})
    exec(code, {"get_ipython": shell})
    name, line, body = ran[0]
    assert (name, line.strip(), filled(body.strip(), {})) == ("imagegen", "-n 1", prompt.strip())


def test_every_option_of_a_panel_has_its_flag():
    asked = {
        "model": "gpt-image-2.5-flare", "n": 3, "size": "1536x1024", "quality": "low", "background": "transparent",
        "output_format": "webp", "output_compression": 0, "moderation": "low", "partial_images": 2,
        "style": "pixel-art", "provider": "demo", "keep_outside": True, "complexity": "high", "input_fidelity": "high",
        "image": ["last"], "mask": "mask",
    }  # fmt: skip
    _, options = read_cell(cell_text("a cat", asked))
    assert options == {**asked, "style": ["pixel-art"]}


def test_prices_in_a_prompt_stay_readable():
    assert cell_text("a $5 note", {}) == "%%imagegen\na $5 note"
    assert cell_text("a $tree", {}) == "%%imagegen\na $$tree"
