"""Which names of a notebook keep one value from their one assignment on."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from jupyter_imagegen.planning.constants import PURE_FUNCTIONS, QUIET_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Functions that change nothing of what they are given.
_HARMLESS = PURE_FUNCTIONS | {"print", "display", "repr", "type", "isinstance", "all", "any", "set"}


def steady_names(trees: Iterable[ast.AST], bound_by_magics: Iterable[str]) -> frozenset[str]:
    """The names that are assigned exactly once in a notebook, and whose value nothing changes afterwards.

    Parameters
    ----------
    trees
        Every code cell.
    bound_by_magics
        Names that `-o` binds.
    """
    stores: Counter[str] = Counter(bound_by_magics)
    risky: set[str] = set()
    for tree in trees:
        for name in stored_names(tree):
            stores[name] += 1
        risky |= _may_change(tree)
    return frozenset(name for name, times in stores.items() if times == 1 and name not in risky)


def stored_names(tree: ast.AST) -> list[str]:
    """Every name that code binds or deletes anywhere in it, once for each time."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.append(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.arg):
            found.append(node.arg)
        elif isinstance(node, ast.alias):
            found.append(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.append(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found += node.names
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            # It reads what it binds: never the one assignment of a name.
            found.append(node.target.id)
    return found


def _may_change(tree: ast.AST) -> set[str]:
    """Names whose list or table may be changed in place: by a method, an item, or whoever it is handed to."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _only_reads(node, parents)
    }


def _only_reads(node: ast.Name, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents.get(node)
    above = parents.get(parent) if parent is not None else None
    if isinstance(parent, ast.Attribute):
        # Texts and numbers have no method that changes them; a list's own are known by name.
        called = isinstance(above, ast.Call) and above.func is parent
        return called and (parent.attr in QUIET_METHODS or hasattr(str, parent.attr))
    if isinstance(parent, ast.Subscript):
        return parent.slice is node or isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Call):
        return parent.func is node or _harmless_call(parent)
    if isinstance(parent, ast.keyword):
        return isinstance(above, ast.Call) and _harmless_call(above)
    # `b = a` gives a list a second name, by which it can be changed.
    holders = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.AugAssign | ast.Return | ast.Yield
    holders |= ast.List | ast.Tuple | ast.Dict | ast.Set | ast.Starred
    return not isinstance(parent, holders)


def _harmless_call(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _HARMLESS
    # A method of a text, such as `", ".join(boats)`, and pictures asked for.
    quiet = {
        "generate",
        "agenerate",
        "edit",
        "aedit",
        "configure",
        "estimate",
        "run_line_magic",
        "run_cell_magic",
    }
    return isinstance(call.func, ast.Attribute) and (call.func.attr in quiet or hasattr(str, call.func.attr))
