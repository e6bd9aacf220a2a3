"""`plan`: what notebooks cost."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jupyter_imagegen.cli.outcomes import FAILED, OK, error_line, exit_code, in_shell
from jupyter_imagegen.cli.output import say, to_json
from jupyter_imagegen.errors import BudgetError
from jupyter_imagegen.notebook_costs import check_limit, plan_notebooks, plans_view

if TYPE_CHECKING:
    from argparse import Namespace

    from jupyter_imagegen.session import Session


def plan(arguments: Namespace, session: Session) -> int:
    """Say what notebooks cost; fails where a cell would be refused, or a limit could be passed."""
    plans = plan_notebooks(session, arguments.notebooks, write=arguments.write, run=arguments.run)
    over: BudgetError | None = None
    if arguments.max_usd is not None:
        try:
            check_limit(plans, arguments.max_usd)
        except BudgetError as exc:
            over = exc
    if arguments.json:
        # The plan is in the document also where the limit could be passed: that is when it is wanted.
        document = {"max_usd": arguments.max_usd, "within_max_usd": over is None, "plans": plans}
        say(to_json(document))
    else:
        say(in_shell(plans_view(plans).text))
    if over is not None:
        sys.stderr.write(f"{error_line(over)}\n")
        return exit_code(over)
    return FAILED if any(one.refused for one in plans.notebooks) else OK
