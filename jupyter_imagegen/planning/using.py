"""Which recordings a notebook could ask for: tidying a cassette takes out no picture that a cell needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_imagegen.planning.planning import plan_notebooks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_imagegen.planning.plans import Row
    from jupyter_imagegen.session import Session
    from jupyter_imagegen.storage.manifest import Recording


def could_ask_for(session: Session, notebooks: Sequence[str]) -> Callable[[Recording], bool]:
    """Whether a recording has the words of some cell; where they are not known, any words do.

    A picture may be drawn in a loop, or never shown; a plan knows its words and not always its key. So more
    is taken for needed than is, and never less.

    Raises
    ------
    RequestError
        If a notebook is not there or is none.
    """
    plans = plan_notebooks(session, notebooks)
    rows = [row for plan in plans.notebooks for row in plan.rows]
    patterns = [_pattern(row) for row in rows]

    def asked(one: Recording) -> bool:
        return any(pattern.search(one.prompt) or pattern.fullmatch(one.alt) for pattern in patterns)

    return asked


def _pattern(row: Row) -> re.Pattern[str]:
    anything = re.compile("")
    if not row.model:
        # Nothing at all is known of this call.
        return anything
    known = [row.prompt.strip()]
    for each in row.depends:
        # As a prompt has it, and as Python's own templates do.
        written = re.compile("|".join(map(re.escape, (f"${{{each}}}", f"${each}", f"{{{each}}}"))))
        if not any(written.search(piece) for piece in known):
            return anything
        known = [part for piece in known for part in written.split(piece)]
    return re.compile(".*".join(map(re.escape, known)), re.DOTALL)
