from __future__ import annotations

import pytest

from jupyter_imagegen.notebook_costs.values import CannotKnowError, expression, value_of

KNOWN = {"boats": ["red", "white"], "n": 3, "table": {"a": 1, "b": 2}, "long": "x" * 30_000}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'a fox'", "a fox"),
        ("-n", -3),
        ("n + 1", 4),
        ("f'{boats[0]} and {boats[-1]}, {n}'", "red and white, 3"),
        ("', '.join(boats)", "red, white"),
        ("len(boats)", 2),
        ("range(1, n)", [1, 2]),
        ("list_of", CannotKnowError),
        ("[(i, b) for i, b in boats]", CannotKnowError),
        ("enumerate(boats)", [(0, "red"), (1, "white")]),
        ("zip(boats, (1, 2))", [("red", 1), ("white", 2)]),
        ("table.items()", [("a", 1), ("b", 2)]),
        ("{'size': '1024x1024', 'n': n}", {"size": "1024x1024", "n": 3}),
        ("table['c']", CannotKnowError),
        ("boats[n]", CannotKnowError),
        ("open('x').read()", CannotKnowError),
        ("__import__('os')", CannotKnowError),
        ("'x'.format(n)", CannotKnowError),
        ("long + long", CannotKnowError),
        ("range(10 ** 9)", CannotKnowError),
        ("range(1000000000)", CannotKnowError),
        ("(" * 300 + ")" * 300, CannotKnowError),
        ("n.__class__", CannotKnowError),
        ("boats.append('x')", CannotKnowError),
    ],
)
def test_a_value_is_known_where_it_is_written_out_and_nowhere_else(written, value):
    if value is CannotKnowError:
        with pytest.raises(CannotKnowError):
            value_of(expression(written), KNOWN)
    else:
        assert value_of(expression(written), KNOWN) == value
    assert len(KNOWN["boats"]) == 2


def test_texts_that_are_made_of_each_other_do_not_grow_without_end():
    names = {"a": "x" * 30_000}
    with pytest.raises(CannotKnowError, match="too long"):
        value_of(expression("f'{a}{a}'"), names)
