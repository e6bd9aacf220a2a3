"""Values that a notebook writes out, found without running anything."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Characters of a text and members of a list; more is not a value that somebody wrote out.
MAX_LENGTH = 40_000
#: What may be called on known values.
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": len,
    "range": lambda *given: list(range(*given)[: MAX_LENGTH + 1]),
    "enumerate": lambda given: list(enumerate(given)),
    "zip": lambda *given: list(zip(*given, strict=False)),
}
_TABLE_METHODS = frozenset(("keys", "values", "items"))
#: Functions that change nothing of what they are given.
_READERS = frozenset((*_FUNCTIONS, "print", "display", "generate", "agenerate", "edit", "aedit", "configure"))
_READERS |= {"run_line_magic", "run_cell_magic", "estimate"}


class CannotKnowError(Exception):
    """A value depends on something that only running would tell; the message is what it depends on."""


def value_of(node: ast.expr, names: Mapping[str, object]) -> Any:
    """The value of an expression of literals, f-strings and known names.

    Raises
    ------
    CannotKnowError
        If anything in it is not known.

    Examples
    --------
    >>> value_of(ast.parse("f'{boats[0]} boats'", mode="eval").body, {"boats": ["red", "white"]})
    'red boats'
    """
    try:
        found = _value(node, names)
    except (TypeError, ValueError, LookupError, RecursionError) as exc:
        raise CannotKnowError(source_of(node)) from exc
    if isinstance(found, str | list | tuple | dict) and len(found) > MAX_LENGTH:
        raise CannotKnowError(f"{source_of(node)}, which is too long")
    return found


def _value(node: Any, names: Mapping[str, object]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in names:
            return names[node.id]
        case ast.List() | ast.Tuple():
            each = [value_of(element, names) for element in node.elts]
            return tuple(each) if isinstance(node, ast.Tuple) else each
        case ast.Dict() if None not in node.keys:
            pairs = zip(node.keys, node.values, strict=True)
            return {value_of(key, names): value_of(value, names) for key, value in pairs if key is not None}
        case ast.JoinedStr():
            return "".join(str(value_of(part, names)) for part in node.values)
        case ast.FormattedValue(conversion=-1, format_spec=None):
            return value_of(node.value, names)
    return _operation(node, names)


def _operation(node: Any, names: Mapping[str, object]) -> Any:
    """What an operator, an index or a function makes of known values."""
    match node:
        case ast.UnaryOp(op=ast.USub()):
            return -value_of(node.operand, names)
        case ast.BinOp(op=ast.Add()):
            left, right = value_of(node.left, names), value_of(node.right, names)
            return left + right
        case ast.Subscript() if not isinstance(node.slice, ast.Slice):
            return value_of(node.value, names)[value_of(node.slice, names)]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS.keys() - names:
            return _FUNCTIONS[name](*(value_of(given, names) for given in args))
        case ast.Call(func=ast.Attribute(value=text, attr="join"), args=[words], keywords=[]):
            return str.join(value_of(text, names), value_of(words, names))
        case ast.Call(func=ast.Attribute(value=table, attr="keys" | "values" | "items" as method), args=[]):
            return list(getattr(dict, method)(value_of(table, names)))
    raise CannotKnowError(node.id if isinstance(node, ast.Name) else _missing(node, names))


def _missing(node: ast.expr, names: Mapping[str, object]) -> str:
    """The name that an expression waits for, or the expression."""
    loaded = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id not in names]
    return loaded[0] if len(set(loaded)) == 1 and isinstance(node, ast.Subscript) else source_of(node)


def expression(text: str) -> ast.expr:
    """Parse one expression.

    Raises
    ------
    CannotKnowError
        If it is none.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as exc:
        raise CannotKnowError(text.strip()) from exc


def source_of(node: ast.AST) -> str:
    """How an expression is written, in short."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (ValueError, RecursionError):
        return "an expression"
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - a note is one line


def bound_names(tree: ast.AST) -> list[str]:
    """Every name that code binds or deletes anywhere in it, once for each time."""
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Name() if not isinstance(node.ctx, ast.Load):
                found.append(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.append(node.name)
            case ast.arg():
                found.append(node.arg)
            case ast.alias():
                found.append(node.asname or node.name.partition(".")[0])
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
                found.append(node.name)
            case ast.Global() | ast.Nonlocal():
                found += node.names
            case ast.AugAssign(target=ast.Name(id=name)):
                # It reads what it binds: never the one assignment of a name.
                found.append(name)
    return found


def lasting_names(trees: Iterable[ast.AST], others: Iterable[str]) -> frozenset[str]:
    """The names that a notebook binds once, and whose value none of its code could change afterwards.

    Parameters
    ----------
    trees
        Every code cell.
    others
        Names that magics bind.
    """
    times, handed = Counter(others), set()
    for tree in trees:
        times.update(bound_names(tree))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _reads(node, parents):
                handed.add(node.id)
    return frozenset(name for name, count in times.items() if count == 1 and name not in handed)


def _reads(node: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether the place where a name is used leaves its list or table as it is."""
    parent = parents[node]
    call = parents.get(parent) if isinstance(parent, ast.keyword) else parent
    match parent:
        case (
            ast.For() | ast.comprehension() | ast.FormattedValue() | ast.Compare() | ast.BinOp() | ast.Expr()
        ):
            return True
        case ast.Subscript():
            return isinstance(parent.ctx, ast.Load)
        case ast.Attribute():
            return parent.attr in _TABLE_METHODS or hasattr(str, parent.attr)
    if not isinstance(call, ast.Call):
        return False
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return called in _READERS or hasattr(str, called)
