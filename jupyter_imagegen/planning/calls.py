"""The verbs of the Python API in a notebook's code, and what a call of one asks for."""

from __future__ import annotations

import ast
import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.planning.asking import Asked, Configured, Given
from jupyter_imagegen.planning.constants import CannotKnowError, evaluated, expression, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_imagegen.planning.asking import Drawn, Times
    from jupyter_imagegen.planning.lines import Scope


class Face(Enum):
    """What a verb of ours can be asked of."""

    MODULE = "module"
    SESSION = "session"
    RESULT = "result"


_MAKES = frozenset(("generate", "agenerate", "edit", "aedit"))
_VERBS: Mapping[Face, frozenset[str]] = {
    Face.MODULE: _MAKES | {"configure", "panel", "default_session"},
    Face.SESSION: _MAKES | {"submit", "configure"},
    Face.RESULT: frozenset(("edit",)),
}
#: Options that change neither the picture nor its price.
_PRICELESS = frozenset(("alt", "timeout", "max_cost", "safety_identifier", "names"))
_PICTURES = ("image", "mask", "markup")
_SHELLS = frozenset(
    ("system", "getoutput", "getoutputs", "run", "call", "check_call", "check_output", "Popen")
)
_COMMAND = re.compile(r"imagegen\s+(generate|edit)\b")


def module_face(face: Face) -> frozenset[str]:
    """The verbs of a face that cost something, or change what others cost."""
    return _VERBS[face]


def asked_by_call(
    node: ast.Call,
    *,
    scope: Scope,
    times: Times,
    drawn: Callable[[ast.expr], Drawn | None],
    inherits: Drawn | None,
) -> Asked:
    """What a call of `generate`, `edit` or `submit` asks for.

    Parameters
    ----------
    node
        The call.
    scope, times
        What is known there, and how often it runs.
    drawn
        The earlier picture that an expression is, if it is one.
    inherits
        The result whose `edit` it is; None for the package's own verbs.
    """
    given, options, unknown = _arguments(node, scope.names)
    prompt, depends = options.pop("prompt", ""), list[str]()
    if "prompt" in given:
        prompt, depends = _prompt(given.pop("prompt"), scope.names)
    pictures: dict[str, list[Given]] = {
        name: _pictures(given.pop(name), scope, drawn) for name in _PICTURES if name in given
    }
    if inherits is not None and isinstance(node.func, ast.Attribute):
        written = source_of(node.func.value)
        pictures["image"] = [Given(written=written, drawn=inherits, moment=scope.moment)]
    for name, value in given.items():
        try:
            options[name] = evaluated(value, scope.names)
        except CannotKnowError as exc:
            if name not in _PRICELESS:
                unknown[name] = f"`{exc}`"
    for name in ("names", *_PICTURES):
        if (source := options.pop(name, None)) and name in _PICTURES:
            pictures[name] = [_named(str(source), scope)]
    return Asked(
        cell=scope.cell,
        prompt=prompt,
        depends=tuple(depends),
        options=options,
        unknown=unknown,
        images=tuple(pictures.get("image", ())),
        mask=next(iter(pictures.get("mask", ())), None),
        markup=next(iter(pictures.get("markup", ())), None),
        inherits=inherits,
        times=times,
    )


def _arguments(
    node: ast.Call, names: Mapping[str, object]
) -> tuple[dict[str, ast.expr], dict[str, Any], dict[str, str]]:
    """What a call is given: expressions, values out of tables with two stars, and what is not known."""
    given: dict[str, ast.expr] = {}
    options: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    if any(isinstance(each, ast.Starred) for each in node.args):
        unknown["*"] = f"`{source_of(node)}`"
    elif node.args:
        given["prompt"] = node.args[0]
    for keyword in node.keywords:
        if keyword.arg is not None:
            given[keyword.arg] = keyword.value
            continue
        try:
            options |= evaluated(keyword.value, names)
        except (CannotKnowError, TypeError, ValueError):
            unknown["*"] = f"`**{source_of(keyword.value)}`"
    return given, options, unknown


def configured(call: ast.Call | str, scope: Scope) -> Configured:
    """What `imagegen.configure(…)` sets, or the line of `%config Imagegen.…`."""
    values: dict[str, object] = {}
    unknown: dict[str, str] = {}
    for name, value in _settings(call):
        try:
            values[name] = evaluated(value, scope.names)
        except CannotKnowError as exc:
            unknown[name] = f"cell {scope.cell} sets it to `{exc}`"
    return Configured(cell=scope.cell, values=values, unknown=unknown)


def bought_elsewhere(call: ast.Call | str, scope: Scope) -> str:
    """Why something in a cell may buy pictures in a way that is not read here; empty where nothing does."""
    shell = "it runs the command line, which is not read here: `--dry-run` there says the price"
    if isinstance(call, str):
        return shell if _COMMAND.search(call) else ""
    if not isinstance(call.func, ast.Attribute | ast.Name):
        return ""
    verb = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
    if verb in {"run_line_magic", "run_cell_magic"}:
        ours = bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == "imagegen"
        return "its line is put together by code" if ours else ""
    if verb in _SHELLS:
        words = [
            each.value for node in call.args for each in ast.walk(node) if isinstance(each, ast.Constant)
        ]
        return shell if _COMMAND.search(" ".join(map(str, words))) else ""
    if verb not in {"edit", "aedit"} or not isinstance(call.func, ast.Attribute) or not call.args:
        return ""
    root = call.func.value
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    mine = isinstance(root, ast.Name) and root.id in scope.bound and scope.any_asked
    return f"whether `{source_of(call.func.value)}` is a picture is not known" if mine else ""


def _settings(call: ast.Call | str) -> list[tuple[str, ast.expr]]:
    if isinstance(call, ast.Call):
        return [(keyword.arg or "*", keyword.value) for keyword in call.keywords]
    name, equals, value = call.partition("=")
    trait = name.strip().removeprefix("Imagegen.")
    if not equals or trait == name.strip():
        return []
    try:
        return [(trait, expression(value))]
    except CannotKnowError:
        return []


def _prompt(node: ast.expr, names: Mapping[str, object]) -> tuple[Any, list[str]]:
    """The prompt, and what it depends on that is not known; that stands in it as it is written."""
    try:
        return evaluated(node, names), []
    except CannotKnowError as exc:
        depends = [str(exc)]
    if not isinstance(node, ast.JoinedStr):
        return source_of(node), depends
    words, depends = [], []
    for part in node.values:
        try:
            words.append(str(evaluated(part, names)))
        except CannotKnowError as exc:
            depends.append(str(exc))
            words.append(
                f"{{{source_of(part.value)}}}" if isinstance(part, ast.FormattedValue) else source_of(part)
            )
    return "".join(words), depends


def _pictures(node: ast.expr, scope: Scope, drawn: Callable[[ast.expr], Drawn | None]) -> list[Given]:
    if isinstance(node, ast.Constant) and node.value is None:
        return []
    if isinstance(node, ast.List | ast.Tuple):
        return [given for each in node.elts for given in _pictures(each, scope, drawn)]
    found = drawn(node)
    if found is not None:
        return [Given(written=source_of(node), drawn=found, moment=scope.moment)]
    path = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Path"
    try:
        source = evaluated(node.args[0] if path and isinstance(node, ast.Call) else node, scope.names)
    except (CannotKnowError, IndexError):
        source = None
    if isinstance(source, str):
        return [_named(source, scope)]
    if isinstance(source, list | tuple) and all(isinstance(each, str) for each in source):
        return [_named(each, scope) for each in source]
    # Between two calls in one cell any code may have changed it.
    scope.moment += 1
    return [Given(written=source_of(node), moment=scope.moment)]


def _named(source: str, scope: Scope) -> Given:
    if source == "last":
        return Given(written=source, drawn=scope.last, moment=scope.moment)
    return Given(written=source, source=source, moment=scope.moment)
