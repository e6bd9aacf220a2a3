"""What a notebook costs, cell by cell, without running anything."""

from jupyter_imagegen.planning.planning import check_limit, plan_notebook, plan_notebooks, this_notebook
from jupyter_imagegen.planning.plans import Plan, Plans, Row, Total
from jupyter_imagegen.planning.using import could_ask_for
from jupyter_imagegen.planning.views import plans_view

__all__ = [
    "Plan",
    "Plans",
    "Row",
    "Total",
    "check_limit",
    "could_ask_for",
    "plan_notebook",
    "plan_notebooks",
    "plans_view",
    "this_notebook",
]
