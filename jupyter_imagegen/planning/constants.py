"""Values that can be known without running anything: literals, and pure words and numbers made from them.

Nothing of the notebook is evaluated by Python here. An expression is walked node by node; what is not on the
list below cannot be known, and whatever could grow is measured before it is made.
"""

from __future__ import annotations

import ast
import operator
import re
import string
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Characters of a text, and members of a list, that a value may have.
MAX_LENGTH = 40_000
_MAX_BITS = 256
#: Parts of one expression that are looked at.
_MAX_STEPS = 1_000
_FORMAT_SPEC = re.compile(r"[^{}]?[<>=^]?[-+ ]?#?0?\d{0,2}[,_]?(?:\.\d{1,2})?[a-zA-Z%]?")
#: A field of `str.format` that reaches into nothing.
_PLAIN_FIELD = re.compile(r"\w*")

_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": len, "str": str, "int": int, "float": float, "bool": bool, "round": round, "min": min, "max": max,
    "sum": sum, "abs": abs, "sorted": sorted, "list": list, "tuple": tuple, "range": range,
    "enumerate": lambda *given: list(enumerate(*given)),
    "zip": lambda *given: list(zip(*given, strict=False)),
    "reversed": lambda given: list(reversed(given)), "dict": dict,
}  # fmt: skip
#: Names of Python's own that a notebook can hide, and whose results are known.
PURE_FUNCTIONS = frozenset(_FUNCTIONS)
_TEXT_METHODS = frozenset(
    ("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "splitlines",
     "removeprefix", "removesuffix", "startswith", "endswith", "count", "find", "swapcase", "casefold")
)  # fmt: skip
_TABLE_METHODS = frozenset(("get", "keys", "values", "items"))
#: Methods of lists and tables that change nothing.
QUIET_METHODS = _TABLE_METHODS | {"index", "count", "copy"}


class CannotKnowError(Exception):
    """A value depends on something that only running would tell; the message is what it depends on."""


def evaluated(node: ast.expr, names: Mapping[str, object]) -> Any:
    """The value of an expression over known names.

    Parameters
    ----------
    node
        An expression.
    names
        The names whose values are known.

    Raises
    ------
    CannotKnowError
        If anything in it is not known.

    Examples
    --------
    >>> tree = ast.parse("', '.join(boats) + '!'", mode="eval").body
    >>> evaluated(tree, {"boats": ["red", "white"]})
    'red, white!'
    """
    try:
        return _checked(_Evaluator(names).value(node))
    except CannotKnowError:
        raise
    except Exception as exc:
        # A wrong type, a missing index, a recursion too deep: what a run would say is not for a plan to say.
        raise CannotKnowError(source_of(node)) from exc


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


class _Evaluator:
    def __init__(self, names: Mapping[str, object]) -> None:
        self._names = names
        self._steps = 0

    def value(self, node: ast.expr) -> Any:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise CannotKnowError("an expression that is too long")
        found: Any = getattr(self, f"_{type(node).__name__.lower()}", None)
        if found is None:
            raise CannotKnowError(source_of(node))
        return _checked(found(node))

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id not in self._names:
            raise CannotKnowError(node.id)
        return self._names[node.id]

    def _list(self, node: ast.List) -> Any:
        return [self.value(each) for each in node.elts]

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.value(each) for each in node.elts)

    def _dict(self, node: ast.Dict) -> Any:
        if None in node.keys:
            raise CannotKnowError(source_of(node))
        pairs = zip(node.keys, node.values, strict=True)
        return {self.value(key): self.value(value) for key, value in pairs if key is not None}

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        if type(node.op) not in _UNARY:
            raise CannotKnowError(source_of(node))
        return _UNARY[type(node.op)](self.value(node.operand))

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        numbers = _is_number(left) and _is_number(right)
        if isinstance(node.op, ast.Add) and (numbers or type(left) is type(right)):
            _refuse_length(0 if numbers else len(left) + len(right))
            return left + right
        if isinstance(node.op, ast.Mult):
            if not numbers:
                many, times = (left, right) if isinstance(right, int) else (right, left)
                _refuse_length(len(many) * int(times))
            return left * right
        plain: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
            ast.Sub: operator.sub,
            ast.Div: operator.truediv,
            ast.FloorDiv: operator.floordiv,
        }
        # `%` on text is a format whose width nobody has measured.
        plain[ast.Mod] = operator.mod
        if not numbers or type(node.op) not in plain:
            raise CannotKnowError(source_of(node))
        return plain[type(node.op)](left, right)

    def _boolop(self, node: ast.BoolOp) -> Any:
        wanted = isinstance(node.op, ast.Or)
        found = None
        for each in node.values:
            found = self.value(each)
            if bool(found) is wanted:
                break
        return found

    def _compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for op, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _subscript(self, node: ast.Subscript) -> Any:
        return self.value(node.value)[self.value(node.slice)]

    def _slice(self, node: ast.Slice) -> Any:
        return slice(
            *(None if each is None else self.value(each) for each in (node.lower, node.upper, node.step))
        )

    def _joinedstr(self, node: ast.JoinedStr) -> Any:
        return "".join(str(self.value(each)) for each in node.values)

    def _formattedvalue(self, node: ast.FormattedValue) -> Any:
        value = self.value(node.value)
        if node.conversion != -1:
            converters: Mapping[int, Callable[[object], str]] = {115: str, 114: repr, 97: ascii}
            value = converters[node.conversion](value)
        spec = self.value(node.format_spec) if node.format_spec is not None else ""
        _refuse_spec(spec)
        return format(value, spec)

    def _call(self, node: ast.Call) -> Any:
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            named = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
            if not named or any(each.arg is None for each in node.keywords):
                raise CannotKnowError(source_of(node))
        given = [self.value(each) for each in node.args]
        if isinstance(node.func, ast.Name):
            name = node.func.id
            # A name that the notebook binds itself is no longer Python's.
            if name not in _FUNCTIONS or self._names.get(name, name) != name:
                raise CannotKnowError(source_of(node))
            return _FUNCTIONS[name](*given)
        if not isinstance(node.func, ast.Attribute):
            raise CannotKnowError(source_of(node))
        held, method = self.value(node.func.value), node.func.attr
        if isinstance(held, str):
            return self._text_method(held, method, given, node)
        if isinstance(held, dict) and method in _TABLE_METHODS:
            found = getattr(held, method)(*given)
            return found if method == "get" else list(found)
        raise CannotKnowError(source_of(node))

    def _text_method(self, held: str, method: str, given: list[Any], node: ast.Call) -> Any:
        if method == "join":
            _refuse_length(sum(map(len, given[0])) + len(held) * len(given[0]))
            return held.join(given[0])
        if method == "replace":
            _refuse_length(len(held) + (held.count(given[0]) + 1) * len(given[1]))
            return held.replace(*given)
        if method == "format":
            named = {each.arg: self.value(each.value) for each in node.keywords if each.arg is not None}
            for _, name, spec, conversion in string.Formatter().parse(held):
                if name is not None and not _PLAIN_FIELD.fullmatch(name):
                    raise CannotKnowError(source_of(node))
                _refuse_spec(spec or "")
                if conversion:
                    raise CannotKnowError(source_of(node))
            return held.format(*given, **named)
        if method not in _TEXT_METHODS:
            raise CannotKnowError(source_of(node))
        return getattr(held, method)(*given)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _refuse_spec(spec: object) -> None:
    if not isinstance(spec, str) or not _FORMAT_SPEC.fullmatch(spec):
        raise CannotKnowError(f"the format {spec!r}")


def _refuse_length(length: int) -> None:
    if length > MAX_LENGTH:
        raise CannotKnowError("a text that is too long")


def _checked(value: Any) -> Any:
    """Only plain values go on, and none that grows without end."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise CannotKnowError("a number that is too large")
    if isinstance(value, str | list | tuple | dict | range):
        _weighed(value, 0)
    elif value is not None and not isinstance(value, int | float | bytes | slice):
        raise CannotKnowError(f"a {type(value).__name__}")
    return value


def _weighed(value: object, weight: int) -> int:
    """The characters and members in a value, added to `weight`: one long text many times is long."""
    if isinstance(value, str | range):
        weight += len(value)
    elif isinstance(value, list | tuple | dict):
        weight += len(value)
        for each in (*value, *value.values()) if isinstance(value, dict) else value:
            weight = _weighed(each, weight)
    _refuse_length(weight)
    return weight
