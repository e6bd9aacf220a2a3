from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_imagegen.core.prompts import escape_prompt, fill_prompt
from jupyter_imagegen.errors import PromptError


def fill(template, **names):
    def lookup(expression):
        return eval(expression, {}, names)

    return fill_prompt(template, lookup, names=names)


def refuse(expression):
    raise AssertionError(f"{expression} was looked up")


@given(st.text().filter(lambda text: "$" not in text))
def test_a_template_without_a_dollar_is_unchanged(text):
    assert fill_prompt(text, refuse) == text


@given(st.text(alphabet=st.sampled_from("$ab1{}\"' \né")))
def test_an_escaped_text_comes_back_as_it_was(text):
    assert fill_prompt(escape_prompt(text), refuse) == text


@given(st.text(), st.text())
def test_a_value_is_never_filled_in_a_second_time(value, other):
    assert fill(f"{escape_prompt(other)}$value", value=value) == other + value


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a $animal.", "a heron."),
        ("a ${animal}s nest", "a herons nest"),
        ("$animal$count", "heron3"),
        ("for $$5 and $5 and 5$ and $ 5", "for $5 and $5 and 5$ and $ 5"),
        ("$$animal $$$animal", "$animal $heron"),
        ('{a} {{b}} {"json": 1} \\frac{1}{2}', '{a} {{b}} {"json": 1} \\frac{1}{2}'),
        ('${d["a"]}', "one"),
        ("${d['}']}", "brace"),
        ("${d['}']} {x}", "brace {x}"),
        ("${ {1: 2}}", "{1: 2}"),
        ("${ {1: 2}[1] }", "2"),
        ("${f'{count:03d} {animal!r}'}", "003 'heron'"),
        ("${[c.upper() for c in animal][0]} {x}", "H {x}"),
        ("${(\n  count +  # three\n  1\n)}", "4"),
        ("${count +\n1  # four\n}", "4"),
        ("$café $n²", "crème 7²"),
        ("$n2 and ${n2}s", "nine and nines"),
        ("$", "$"),
        ("", ""),
    ],
)
def test_places_are_filled_in_by_pythons_own_grammar(template, expected):
    values = {
        "animal": "heron",
        "count": 3,
        "d": {"a": "one", "}": "brace"},
        "café": "crème",
        "n": 7,
        "n2": "nine",
    }
    assert fill(template, **values) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\nb", "a\nb"),
        (3, "3"),
        (0.1, "0.1"),
        (Decimal("1.50"), "1.50"),
        (True, "True"),
        (["a", 1], "['a', 1]"),
        (math.pi, "3.141592653589793"),
    ],
)
def test_a_value_stands_as_str_writes_it(value, expected):
    assert fill("$value", value=value) == expected


def test_all_missing_variables_are_named_in_one_error():
    with pytest.raises(PromptError, match=r"\$subjet \(did you mean \$subject\?\), \$colour.*\$\$") as caught:
        fill("a $subjet in $colour, again $colour", subject="heron")
    assert str(caught.value).count("$colour") == 1
    assert isinstance(caught.value.__cause__, NameError)


def test_a_name_missing_inside_an_expression_is_the_one_that_is_named():
    with pytest.raises(PromptError, match=r"not defined in the notebook: \$y in `\$\{x \+ y\}`"):
        fill("${x + y}", x=1)


def test_a_word_of_python_is_a_missing_variable():
    with pytest.raises(PromptError, match=r"not defined in the notebook: \$in\b"):
        fill("paid $in cash")


def test_a_mapping_as_lookup_reports_its_missing_names():
    with pytest.raises(PromptError, match=r"not defined in the notebook: \$sea"):
        fill_prompt("the $sea", {"land": 1}.__getitem__)


def test_an_expression_that_fails_is_named_with_its_error():
    with pytest.raises(
        PromptError, match=r"`\$\{1/0\}` failed: ZeroDivisionError: division by zero"
    ) as caught:
        fill("${1/0} of a pie")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_key_error_of_an_expression_is_not_taken_for_a_missing_name():
    with pytest.raises(PromptError, match=r"failed: KeyError: 'b'"):
        fill("${d['b']}", d={})


def test_an_unclosed_brace_says_where():
    with pytest.raises(
        PromptError, match=r"`\$\{d\[` \(line 2, column 6 of the prompt\) has no closing brace"
    ):
        fill("first\nthen ${d[", d={})


@pytest.mark.parametrize(
    ("prompt", "where"),
    [
        ("\na\nthen ${d[\nmore\nlines", r"line 3, column 6"),
        ("\n${d[", r"line 2, column 1"),
        ("${d[\n", r"line 1, column 1"),
    ],
)
def test_lines_and_columns_are_counted_to_the_dollar_and_only_its_line_is_shown(prompt, where):
    with pytest.raises(
        PromptError, match=rf"^`\$\{{d\[` \({where} of the prompt\) has no closing brace\.? "
    ) as caught:
        fill(prompt)
    assert "within" not in str(caught.value)


def test_a_long_place_is_shown_by_its_beginning():
    with pytest.raises(PromptError) as caught:
        fill("${" + "x" * 38)
    assert f"`${{{'x' * 38}` " in str(caught.value)
    with pytest.raises(PromptError) as caught:
        fill("${" + "x" * 39)
    assert f"`${{{'x' * 37}…` " in str(caught.value)
    with pytest.raises(PromptError) as caught:
        fill("${" + "x " * 60 + "} b")
    shown = str(caught.value).split("`")[1]
    assert len(shown) == 80
    assert shown.endswith("…")


@pytest.mark.parametrize("text", ["x = 1", "x)(y", "import math", "x; y"])
def test_a_statement_and_what_only_brackets_would_make_whole_are_no_expressions(text):
    with pytest.raises(PromptError, match=r"is not a Python expression"):
        fill("a ${" + text + "} b", x=str, y=1)


def test_what_is_not_an_expression_says_so_and_how_formats_are_written():
    with pytest.raises(PromptError, match=r"`\$\{x:.2f\}`.*not a Python expression.*f-string"):
        fill("${x:.2f}", x=1)
    with pytest.raises(PromptError, match=r"^`\$\{\}` .*not a Python expression"):
        fill("${}and {}")


def test_the_end_of_an_expression_is_not_looked_for_in_the_whole_prompt():
    # Each brace is a try at parsing: without an end to it a long prompt takes minutes.
    with pytest.raises(PromptError, match="no closing brace within 4,000 characters"):
        fill("${'" + "x" * 5_000 + "'}")
    with pytest.raises(PromptError, match="not a Python expression"):
        fill("${[" + "'}'," * 8_000)


class Picture:
    def _repr_png_(self):
        return b""


class Frame:
    ndim = 2
    columns = ("a",)

    def __str__(self):
        return "a\n1"


class Pixels:
    ndim = 3


class Row(Pixels):
    ndim = 1

    def __str__(self):
        return "[1 2]"


class Grey:
    ndim = 2


class Mute:
    __slots__ = ()

    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "is None"),
        (Picture(), "is a picture .Picture., not words.*-i"),
        (Pixels(), "is a picture"),
        (Grey(), "is a picture"),
        (b"\x89PNG", "is bytes"),
        (math, "is a module"),
        (math.sin, "is a builtin_function_or_method"),
        (int, "is a type"),
        ({"a", "b"}, "is a set"),
        (object(), "is a object, whose text changes from run to run"),
        (iter([]), "is a list_iterator, whose text changes"),
        (list(range(1000)), r"is a list of 4,890 characters, and 2,000 is the limit"),
        (Mute(), "failed: RuntimeError: no words"),
    ],
)
def test_a_value_that_is_not_words_is_refused(value, reason):
    with pytest.raises(PromptError, match=rf"`\$value` {reason}"):
        fill("$value", value=value)


def test_our_own_result_is_a_picture_and_a_data_frame_is_words():
    from jupyter_imagegen.core.results import Cost, Result

    result = Result(
        request=None, key="", provider="demo", images=(), usage=None, seconds=0.0,
        cost=Cost(usd=Decimal(0), saved_usd=Decimal(0)),
    )  # fmt: skip
    with pytest.raises(PromptError, match="is a picture"):
        fill("$r", r=result)
    assert fill("$frame", frame=Frame()) == "a\n1"
    assert fill("$row", row=Row()) == "[1 2]"


def test_the_longest_value_that_is_no_string_still_stands():
    value = [10**1_997]
    assert len(str(value)) == 2_000
    assert fill("$value", value=value) == str(value)


def test_an_interrupt_inside_an_expression_is_not_swallowed():
    def interrupted(expression):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_prompt("$x", interrupted)
