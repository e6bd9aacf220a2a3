"""A pytest plugin for nbval: each lesson has a home and a store of its own, as when a reader opens only that one."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

# As in conftest.py: 2.6 seconds of grammars that no notebook needs.
sys.modules.setdefault("rfc3987_syntax", None)

from lessons import environment  # noqa: E402 - it imports what would build them

_homes = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Before nbval starts the kernel, which takes this process's environment."""
    if item.path not in _homes:
        _homes[item.path] = Path(tempfile.mkdtemp(dir=item.path.parent))
    told = {
        name.removeprefix("LESSON_"): value
        for name, value in os.environ.items()
        if name.startswith("LESSON_")
    }
    os.environ.update(environment(_homes[item.path], **told))
