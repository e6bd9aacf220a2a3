from __future__ import annotations

import ast
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.planning.constants import CannotKnowError, evaluated

NAMES = {"boats": ["red", "white"], "n": 3, "w": "fox", "table": {"a": 1}}


def value(text):
    return evaluated(ast.parse(text, mode="eval").body, NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "'a' + 'b' * 3", "n * 2 - 1", "7 // 2", "7 % 4", "-n", "not n", "n > 2 and w or 'none'", "boats[0]", "boats[-1:]",
        "table['a']", "table.get('b', 4)", "len(boats)", "', '.join(boats)", "', '.join(sorted(boats)).upper()",
        "f'{w:>6} and {n:03d} and {w!r}'", "'{} and {w}'.format(n, w=w)", "w.replace('o', '0')", "1 if n in [3] else 2",
        "list(range(3))", "dict(zip(boats, [1, 2]))" , "sum([1, 2])", "max(3, 4)", "str(round(2.345, 1))", "w.split('o')",
        "'x' in w", "[*enumerate(boats)] if 0 else enumerate(boats)", "{'a': n}['a']", "b'a'", "None", "1 < n < 5",
    ],
)  # fmt: skip
def test_pure_words_and_numbers_are_what_python_says(text):
    expected = eval(text, dict(NAMES))
    found = value(text)
    assert found == (list(expected) if isinstance(expected, enumerate) else expected)


@pytest.mark.parametrize(
    "text",
    [
        "season", "open('x')", "__import__('os')", "w.__class__", "(lambda: 1)()", "[x for x in boats]", "boats.append('x')",
        "print(1)", "eval('1')", "'{0.__class__}'.format(w)", "'{:{}}'.format(w, 9)", "f'{w:99999999}'", "'%99999999d' % 1",
        "'x' * 10**9", "9 ** 9 ** 9", "2 << 99999", "range(10**9)", "list(range(10**9))", "[w * 9999] * 39999",
        "w.replace('', 'x' * 39999).replace('', 'x' * 39999)", "('x' * 39999).join(['a'] * 39999)", "boats[5]", "1 / 0",
        "w + 1", "len(5)", "table.pop('a')", "(x := 1)", "await w", "{1, 2}", "1j", "w.format_map(table)",
        "w.ljust(10**9)", "w.zfill(10**9)", "'a'.expandtabs(10**9)", "int('9' * 5000)", "str(10**5000)", "dict(**table)",
        "+".join(["1"] * 2000), "(" * 60 + "n" + ",)" * 60 + "[0]" * 300,
    ],
)  # fmt: skip
def test_everything_else_cannot_be_known_and_is_not_tried(text):
    tree = ast.parse(text, mode="eval").body
    tracemalloc.start()
    try:
        with pytest.raises(CannotKnowError):
            evaluated(tree, NAMES)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_name_of_python_that_the_notebook_binds_is_not_pythons():
    with pytest.raises(CannotKnowError):
        evaluated(ast.parse("len(boats)", mode="eval").body, {**NAMES, "len": object()})


@given(st.recursive(
    st.one_of(st.sampled_from(["n", "w", "boats", "1", "'a'", "-1", "2.5", "None"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "-", "//", "%", "<", "in", "and"]), inner).map(" ".join).map("({})".format),
        inner.map("[{}]".format), inner.map("len({})".format), inner.map("str({})".format),
        st.tuples(inner, inner).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
    ),
    max_leaves=8,
))  # fmt: skip
def test_a_value_is_pythons_own_or_none_is_given(text):
    try:
        found = value(text)
    except CannotKnowError:
        return
    import warnings

    with warnings.catch_warnings(action="ignore"):
        assert found == eval(text, dict(NAMES))
