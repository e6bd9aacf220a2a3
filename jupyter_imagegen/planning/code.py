"""A cell's code as a tree, its magics turned into the calls that they are."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import pairwise

from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.options import split_line

#: What a cell answers whose `%%imagegen` has something above it.
LATE_MAGIC = RequestError("%%imagegen is not the first line of its cell", hint="Nothing may stand above it.")
_LATE = re.compile(r"^\s*%%imagegen\b", re.MULTILINE)
_RUN = frozenset(("run_line_magic", "run_cell_magic"))


def parsed(source: str) -> ast.Module | RequestError:
    """A cell as Python, its magics turned into calls; the error that its run would end with."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError as exc:
        if _LATE.search(source):
            return LATE_MAGIC
        return RequestError(f"this cell is not Python: {exc.msg}")
    except (ValueError, IndexError, MemoryError, RecursionError) as exc:
        return RequestError(f"this cell cannot be read: {exc}")


def outs(tree: ast.AST) -> list[str]:
    """The names that `-o` binds in a cell."""
    found = []
    for node in ast.walk(tree):
        magic = magic_of(node)
        if magic is not None and magic[0] == "imagegen":
            try:
                words = split_line(magic[1])
            except RequestError:
                continue
            found += [word for flag, word in pairwise(words) if flag in {"-o", "--out"}]
    return found


def magic_of(node: ast.AST) -> tuple[str, str, str | None] | None:
    """The name, line and cell of a magic."""
    if (
        not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr not in _RUN
    ):
        return None
    words = [each.value for each in node.args if isinstance(each, ast.Constant)]
    if len(words) != len(node.args) or not all(isinstance(word, str) for word in words) or len(words) < 2:  # noqa: PLR2004 - name and line
        return None
    return str(words[0]), str(words[1]), str(words[2]) if len(words) > 2 else None  # noqa: PLR2004 - and cell


def is_ours(statement: ast.stmt) -> bool:
    """Whether a statement is only a line or cell of ours, which changes no picture of the notebook."""
    if not isinstance(statement, ast.Expr | ast.Assign) or statement.value is None:
        return False
    magic = magic_of(statement.value)
    return magic is not None and magic[0] == "imagegen"
