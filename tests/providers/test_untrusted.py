"""A server's text is shown without control characters and without credentials, whatever it holds."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.providers.untrusted import ID_LIMIT, TEXT_LIMIT, Redactor

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=60)


@given(st.text(), KEYS, st.text())
def test_no_text_shows_a_key_or_a_control_character(before, key, after):
    redactor = Redactor(secrets=(key,))
    shown = redactor.clean(before + key + after)
    assert key not in shown.replace("[key removed]", "")
    assert all(character.isprintable() for character in shown)
    assert len(shown) <= TEXT_LIMIT


@given(st.text(), KEYS)
def test_no_request_id_shows_a_key(text, key):
    shown = Redactor(secrets=(key,)).clean_id(text + key) or ""
    assert key not in shown.replace("[key removed]", "")
    assert shown.isascii()
    assert len(shown) <= ID_LIMIT


@pytest.mark.parametrize(
    "form",
    [lambda key: key, lambda key: quote(key, safe=""), lambda key: base64.b64encode(key.encode()).decode()],
)
def test_a_key_is_found_in_each_of_its_forms(form):
    key = "p4ss/w0rd+&="
    assert Redactor(secrets=(key,)).clean(f"got {form(key)} here").startswith("got [key removed]")


@pytest.mark.parametrize(
    "text", ["sk-abc***xyz", "sk-proj-A1b2C3d4", "(sk-12345678)", "Bearer sk-live_abcdef."]
)
def test_what_looks_like_a_key_is_removed_even_if_it_is_not_ours(text):
    assert "sk-" not in Redactor().clean(text)


@pytest.mark.parametrize("text", ["a desk-lamp-shade", "task-management", "ask sk-8 how"])
def test_words_that_only_contain_the_letters_stay(text):
    assert Redactor().clean(text) == text


def test_escape_sequences_go_whole_and_line_breaks_become_spaces():
    text = (
        "\x1b]8;;http://evil\x07link\x1b]8;;\x07 \x1b[1;31mred\x1b[0m\r\nnext\u2028line\u202e\u2066\x00\x7f"
    )
    assert Redactor().clean(text) == "link red next line"


@pytest.mark.parametrize("value", [None, 7, b"bytes", ["x"], {"a": 1}])
def test_what_is_not_text_is_empty(value):
    assert Redactor().clean(value) == ""
    assert Redactor().clean_lines(value, limit=10) == ""
    assert Redactor().clean_id(value) is None


def test_the_secrets_are_not_in_the_repr():
    assert "hunter" not in repr(Redactor(secrets=("hunter22",)))
