"""The list of guards is about code and tests that there are; `python -m tests.promises` takes them out."""

from __future__ import annotations

from pathlib import Path

import pytest
from promises.guards import GUARDS

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS.parent / "jupyter_imagegen"


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.fault)
def test_a_guard_stands_where_the_list_says_and_its_tests_are_there(guard):
    code = (PACKAGE / guard.file).read_text(encoding="utf-8")
    assert code.count(guard.old) == 1, (
        f"where is it now? Say so in guards.py, and run: python -m tests.promises {guard.fault}"
    )
    assert guard.old != guard.new
    for test in guard.tests:
        file, _, name = test.partition("::")
        assert not name or f"def {name}(" in (TESTS / file).read_text(encoding="utf-8"), test
