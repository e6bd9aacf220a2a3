"""Reads the code of a notebook from top to bottom, and runs none of it.

What is followed: `%%imagegen`, calls whose arguments are written out, names that hold one literal, f-strings,
and loops over literals. Whatever else may buy a picture is a call whose price is unknown, with the reason.
"""

from __future__ import annotations

import ast
import re
import warnings
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import VARIABLES
from jupyter_imagegen.errors import ImagegenError, RequestError
from jupyter_imagegen.notebook_costs.asked import Asked, Configured, Given, Reading
from jupyter_imagegen.notebook_costs.lines import bound_by_line, read_magic, settings_of_line
from jupyter_imagegen.notebook_costs.values import (
    CannotKnowError,
    bound_names,
    expression,
    lasting_names,
    source_of,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_imagegen.notebook_costs.notebook import Cell

#: Rounds of one notebook's loops that are priced one by one.
MAX_ROUNDS = 500
#: A cell that is to fail makes no pictures that anybody waits for.
_FAILS = "raises-exception"
_PACKAGE = "jupyter_imagegen"
_MAKES = frozenset(("generate", "agenerate", "edit", "aedit"))
_FUNCTIONS = _MAKES | {"configure", "panel", "default_session", "Session"}
#: Functions that look at the package and make nothing.
_LOOKS = frozenset(("help", "dir", "vars", "type", "repr", "id", "reload"))
#: Options that change neither the picture nor its price.
_PRICELESS = frozenset(("alt", "timeout", "max_cost", "safety_identifier", "names"))
_PICTURES = ("image", "mask", "markup")
_SHELLS = frozenset(
    ("system", "getoutput", "getoutputs", "run", "call", "check_call", "check_output", "Popen")
)
_COMMAND = re.compile(r"imagegen\s+(generate|edit)\b")
_SHELL = "it runs the command line, which is not read here: `--dry-run` there says the price"
_LATE = re.compile(r"^\s*%%imagegen\b", re.MULTILINE)
_LATE_MAGIC = RequestError("%%imagegen is not the first line of its cell", hint="Nothing may come before it.")
#: Code that runs never, once or often.
_UNSURE = {
    ast.BoolOp: "in an `and` or `or`", ast.Match: "in a `match`",
    ast.While: "in a `while` loop", ast.ExceptHandler: "after an error", ast.Lambda: "in a `lambda`",
    ast.FunctionDef: "in a function", ast.AsyncFunctionDef: "in a function",
}  # fmt: skip
_LOOPS = ast.For | ast.AsyncFor | ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def read(notebook: Sequence[Cell]) -> Reading:
    """What the code cells of a notebook ask for, in order."""
    code = [(cell, _parsed(cell.source)) for cell in notebook if cell.kind == "code"]
    trees = [tree for _, tree in code if isinstance(tree, ast.Module)]
    outs = [name for tree in trees for node in ast.walk(tree) for name in bound_by_line(_our_line(node))]
    walk = _Walk(lasting_names(trees, outs), frozenset(outs).union(*map(bound_names, trees)))
    for cell, tree in code:
        if isinstance(tree, ast.Module):
            walk.cell(cell, tree)
        elif "imagegen" in cell.source and _FAILS not in cell.tags:
            walk.steps.append(Asked(cell=cell.number, prompt=cell.source, error=tree))
    return Reading(steps=tuple(walk.steps), notes=tuple(dict.fromkeys(walk.notes)))


def _parsed(source: str) -> ast.Module | RequestError:
    """A cell as Python, its magics turned into calls; or the error that its run would end with."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError as exc:
        return _LATE_MAGIC if _LATE.search(source) else RequestError(f"this cell is not Python: {exc.msg}")
    except (ValueError, IndexError, MemoryError, RecursionError) as exc:
        return RequestError(f"this cell cannot be read: {exc}")


def _magic(node: ast.AST) -> tuple[str, str, str | None] | None:
    """The name, line and cell of a magic whose words are written out."""
    match node:
        case ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"), args=args):
            words = [
                each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if len(words) == len(args) and len(words) in {2, 3}:
                return words[0], words[1], words[2] if len(words) > 2 else None  # noqa: PLR2004 - the cell
    return None


def _our_line(node: ast.AST) -> str:
    found = _magic(node)
    return found[1] if found is not None and found[0] == "imagegen" else ""


class _Walk(ast.NodeVisitor):
    """Goes through the cells in order and writes down what is asked."""

    def __init__(self, lasting: frozenset[str], bound: frozenset[str]) -> None:
        self.steps: list[Asked | Configured] = []
        self.notes: list[str] = []
        self._lasting, self._bound = lasting, bound
        # Python's own function of a name is not what the notebook's is.
        own = {"len", "range", "enumerate", "zip"} & bound
        self._names: dict[str, object] = {name: object() for name in own}
        self._drawn: dict[str, int] = {}
        #: Names of the package, and of its functions.
        self._ours: dict[str, str] = {name: "" for name in ("imagegen", _PACKAGE) if name not in bound}
        self._made: dict[ast.AST, int] = {}
        self._last: int | None = None
        self._cell = self._rounds = self._moment = 0
        self._often = ""

    def cell(self, cell: Cell, tree: ast.Module) -> None:
        """Walk through one cell."""
        before, self._cell = len(self.steps), cell.number
        try:
            for statement in tree.body:
                self._moment += not isinstance(statement, ast.Expr) or not _our_line(statement.value)
                self.visit(statement)
        except RecursionError:
            error = RequestError("this cell is nested too deeply to be read")
            self.steps.append(Asked(cell=cell.number, prompt=cell.source, error=error))
        if _FAILS in cell.tags:
            del self.steps[before:]
            self._rebind(bound_names(tree))
            self._last = None

    def visit(self, node: ast.AST) -> None:
        """Walk through a piece of code, with what is known of how often it runs."""
        if isinstance(node, _LOOPS):
            self._loop(node)
        elif isinstance(node, ast.If | ast.IfExp):
            self._branch(node)
        elif (why := _UNSURE.get(type(node))) is not None:
            named = f"in `{node.name}`" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else why
            with self._unsure(f"{named}: how often is not known", node):
                self.generic_visit(node)
        else:
            super().visit(node)

    @contextmanager
    def _unsure(self, often: str, node: ast.AST) -> Iterator[None]:
        outer, last = self._often, self._last
        self._often = outer or often
        yield
        if often and self._last != last:
            self._last = None
        if often:
            self._rebind(bound_names(node))
        self._often = outer

    def _branch(self, node: ast.If | ast.IfExp) -> None:
        self.visit(node.test)
        branches: list[Any] = [node.orelse, node.body]
        if isinstance(node.test, ast.Constant):
            branches = [branches[bool(node.test.value)]]
        why = "" if len(branches) == 1 else f"only if `{source_of(node.test)}`"
        for branch in branches:
            code = ast.Module(branch if isinstance(branch, list) else [ast.Expr(branch)], [])
            with self._unsure(why, code):
                self.visit(code)

    def _loop(self, node: Any) -> None:
        """Walk through each round of a loop over literals; once, without a count, through any other."""
        first = node if hasattr(node, "target") else node.generators[0]
        plain = first is node or (len(node.generators) == 1 and not first.ifs)
        body = (
            node.body if first is node else [getattr(node, "elt", None) or ast.Tuple([node.key, node.value])]
        )
        jumps = (ast.Break, ast.Continue, ast.Return)
        plain = plain and not any(isinstance(each, jumps) for part in body for each in ast.walk(part))
        self.visit(first.iter)
        try:
            values = list(value_of(first.iter, self._names)) if plain else None
        except (CannotKnowError, TypeError):
            values = None
        self._rounds += len(values or ())
        if values is None or self._rounds > MAX_ROUNDS:
            most = f"more than {MAX_ROUNDS} rounds: `plan --run` counts them"
            why = f"in a loop over `{source_of(first.iter)}`: how often is not known"
            with self._unsure(why if values is None else most, node):
                self.generic_visit(node)
            return
        for value in values:
            self._rebind(bound_names(first.target))
            _assign(first.target, value, self._names)
            for each in body:
                self._moment += 1
                self.visit(each)
            self._rebind([name for each in body for name in bound_names(each)], surely=False)
        for each in getattr(node, "orelse", ()):
            self.visit(each)

    # What names hold.

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._rebind([name])
            if alias.name == _PACKAGE:
                self._ours[name] = ""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        ours = (node.module or "").partition(".")[0] == _PACKAGE
        for alias in node.names:
            names = _FUNCTIONS if alias.name == "*" else {alias.name} & _FUNCTIONS
            self._rebind([alias.asname or alias.name])
            self._ours |= {alias.asname or name: name for name in names if ours}

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if isinstance(node.value, ast.Name) and self._ours.get(node.value.id) == "" and names:
            self._ours |= dict.fromkeys(names, "")
            return
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.generic_visit(node)
        self._rebind([node.name])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._bind(node.target, node.value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        many = ast.Tuple | ast.List
        if isinstance(target, many) and isinstance(value, many) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._bind(one, other)
            return
        self._rebind(bound_names(target))
        drawn = self._picture(value)
        if not isinstance(target, ast.Name):
            self.visit(target)
        elif isinstance(value, ast.Call) and self._function(value.func) in {"default_session", "Session"}:
            self._ours[target.id] = ""
        elif drawn is not None and drawn.sample == 0 and drawn.step is not None:
            self._drawn[target.id] = drawn.step
        elif target.id in self._lasting and not self._often:
            try:
                self._names[target.id] = value_of(value, self._names)
            except CannotKnowError:
                return

    def _rebind(self, names: Sequence[str], *, surely: bool = True) -> None:
        """These names hold something else now; not surely, and the package is looked for under them still."""
        for name in names:
            self._drawn.pop(name, None)
            self._names.pop(name, None)
            if surely and not self._often:
                self._ours.pop(name, None)

    def _function(self, node: ast.expr) -> str | None:
        """The function of ours that an expression is; empty for the package or a session, else None."""
        if isinstance(node, ast.Name):
            return self._ours.get(node.id)
        if isinstance(node, ast.Attribute):
            held = node.value
            made = self._function(held.func) if isinstance(held, ast.Call) else None
            ours = made in {"default_session", "Session"} or self._function(held) == ""
            return node.attr.replace("submit", "generate") if ours else None
        return None

    def _picture(self, node: ast.expr) -> Given | None:
        """The earlier picture that an expression is: a result, or one of its pictures."""
        if isinstance(node, ast.Await):
            return self._picture(node.value)
        step, sample = self._made.get(node), 0
        if isinstance(node, ast.Name):
            step = self._drawn.get(node.id)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            held = self._picture(node.value.value) if node.value.attr == "images" else None
            index = getattr(node.slice, "value", None)
            step = None if held is None else held.step
            sample = index if isinstance(index, int) else -1
        if step is None:
            return None
        return Given(written=source_of(node), moment=self._moment, step=step, sample=sample)

    # Calls.

    def visit_Call(self, node: ast.Call) -> None:
        if (magic := _magic(node)) is not None:
            self._visit_magic(node, *magic)
            return
        verb, called = self._function(node.func), node.func
        # In `generate(…).edit(…)` the first makes what the second changes.
        if verb is None and not isinstance(called, ast.Name):
            self.visit(called.value if isinstance(called, ast.Attribute) else called)
        looks = isinstance(called, ast.Name) and called.id in _LOOKS
        for each in (*node.args, *node.keywords):
            if not looks or not isinstance(each, ast.Name):
                self.visit(each)
        edits = isinstance(called, ast.Attribute) and called.attr in {"edit", "aedit"}
        receiver = self._picture(called.value) if edits and isinstance(called, ast.Attribute) else None
        if receiver is not None:
            asked = self._arguments(node)
            asked["pictures"]["image"] = (receiver,)
            self._made[node] = self._ask(**asked, inherits=receiver.step)
        elif verb in _MAKES:
            self._made[node] = self._ask(**self._arguments(node))
        elif verb == "configure":
            self._configure([(keyword.arg or "*", keyword.value) for keyword in node.keywords])
        elif verb == "panel":
            self.notes.append("pictures made by hand in a panel are not counted")
        elif verb is None and (lost := self._out_of_sight(node)):
            self._ask(prompt=source_of(node), lost=lost)

    def _out_of_sight(self, node: ast.Call) -> str:
        """Why a call that is none of ours may buy pictures; empty where it does not."""
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        parts = [
            each.value for given in node.args for each in ast.walk(given) if isinstance(each, ast.Constant)
        ]
        if called in {"run_line_magic", "run_cell_magic"}:
            return "its line is put together by code" if parts[:1] == ["imagegen"] else ""
        if called in _SHELLS and _COMMAND.search(" ".join(map(str, parts))):
            return _SHELL
        if called in {"edit", "aedit"} and isinstance(node.func, ast.Attribute) and node.args:
            roots = {each.id for each in ast.walk(node.func.value) if isinstance(each, ast.Name)}
            if self._bound & roots and any(isinstance(step, Asked) for step in self.steps):
                return f"whether `{source_of(node.func.value)}` is a picture is not known"
        return ""

    def visit_Attribute(self, node: ast.Attribute) -> None:
        function = self._function(node)
        if function in _MAKES:
            self._handed_on(node)
        elif function is None:
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._rebind([node.id])
        elif self._ours.get(node.id) in {"", *_MAKES}:
            self._handed_on(node)

    def _handed_on(self, node: ast.expr) -> None:
        lost = f"{source_of(node)} is handed on: how often it is called, and with what, is not known"
        self._ask(prompt=source_of(node), lost=lost)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A setting that code puts into the environment holds, and what it says is not followed here."""
        variable = str(node.value).strip().partition("=")[0].strip()
        if variable in VARIABLES:
            unknown = {VARIABLES[variable]: f"cell {self._cell} names {variable}"}
            self.steps.append(Configured(cell=self._cell, unknown=unknown))

    def _ask(self, **facts: Any) -> int:
        """Write down a call for pictures; its number."""
        self.steps.append(Asked(cell=self._cell, often=self._often, **facts))
        self._last = len(self.steps) - 1
        return self._last

    def _configure(self, settings: Sequence[tuple[str, ast.expr]]) -> None:
        values, unknown = dict[str, object](), dict[str, str]()
        for name, node in settings:
            try:
                values[name] = value_of(node, self._names)
            except CannotKnowError as exc:
                unknown[name] = f"cell {self._cell} sets it to `{exc}`"
        if self._often:
            unknown |= dict.fromkeys(values, f"it is set in cell {self._cell} only if that runs")
            values = {}
        self.steps.append(Configured(cell=self._cell, values=values, unknown=unknown))

    def _arguments(self, node: ast.Call) -> dict[str, Any]:
        """What a call of `generate` or `edit` asks for."""
        options, unknown, depends = dict[str, Any](), dict[str, str](), list[str]()
        given: dict[str, ast.expr] = {"prompt": node.args[0]} if node.args else {}
        for keyword in node.keywords:
            if keyword.arg is not None:
                given[keyword.arg] = keyword.value
                continue
            try:
                options |= value_of(keyword.value, self._names)
            except (CannotKnowError, TypeError, ValueError):
                unknown["*"] = f"`**{source_of(keyword.value)}`"
        prompt = options.pop("prompt", "")
        if "prompt" in given:
            prompt, depends = self._prompt(given.pop("prompt"))
        pictures = {name: self._given(given.pop(name)) for name in _PICTURES if name in given}
        pictures |= {name: (self._word(str(options.pop(name))),) for name in _PICTURES if options.get(name)}
        for name, value in given.items():
            try:
                options[name] = value_of(value, self._names)
            except CannotKnowError as exc:
                if name not in _PRICELESS:
                    unknown[name] = f"`{exc}`"
        options.pop("names", None)
        asked = {"prompt": prompt, "depends": tuple(depends), "options": options, "unknown": unknown}
        return {**asked, "pictures": pictures}

    def _prompt(self, node: ast.expr) -> tuple[Any, list[str]]:
        """The prompt, what is not known in it as it is written; and what that depends on."""
        words, depends = list[Any](), list[str]()
        for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
            try:
                words.append(value_of(part, self._names))
            except CannotKnowError as exc:
                depends.append(str(exc))
                words.append(
                    f"{{{source_of(part.value)}}}"
                    if isinstance(part, ast.FormattedValue)
                    else source_of(part)
                )
        return (words[0] if len(words) == 1 else "".join(map(str, words))), depends

    def _given(self, node: ast.expr) -> tuple[Given, ...]:
        """The pictures that an argument names."""
        if isinstance(node, ast.List | ast.Tuple):
            return tuple(chain.from_iterable(map(self._given, node.elts)))
        if (found := self._picture(node)) is not None:
            return (found,)
        try:
            path = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Path"
            source = value_of(node.args[0] if path and isinstance(node, ast.Call) else node, self._names)
        except (CannotKnowError, IndexError):
            # Between two calls in one cell any code may have changed it.
            self._moment += 1
            return (Given(written=source_of(node), moment=self._moment),)
        sources = source if isinstance(source, list | tuple) else [source]
        return tuple(self._word(str(each)) for each in sources if each is not None)

    def _word(self, word: str) -> Given:
        """The picture that a word means: `last`, a name of the notebook, a path or a key."""
        if word == "last":
            return Given(written=word, moment=self._moment, step=self._last)
        source = self._names.get(word, "" if word in self._bound else word)
        source = source if isinstance(source, str) else ""
        return Given(written=word, moment=self._moment, source=source, step=self._drawn.get(word))

    # Magics.

    def _visit_magic(self, node: ast.Call, name: str, line: str, cell: str | None) -> None:
        if name == "imagegen":
            self._visit_ours(node, line, cell)
        elif name == "%imagegen":
            self._ask(prompt=line, error=_LATE_MAGIC)
        elif name in {"time", "capture", "prun", "timeit"}:
            tree = _parsed(cell if cell is not None else line)
            if isinstance(tree, ast.Module):
                with self._unsure("%timeit runs it as often as it likes" if name == "timeit" else "", tree):
                    self.visit(tree)
        elif name == "config" and (found := re.fullmatch(r"\s*Imagegen\.(\w+)\s*=(.*)", line)):
            try:
                self._configure([(found[1], expression(found[2]))])
            except CannotKnowError:
                return
        elif name in {"env", "set_env"}:
            self.visit(ast.Constant(line.strip().replace(" ", "=", 1)))
        elif name == "run":
            self.notes.append(f"cell {self._cell} runs another file, and what that makes is not counted")
        elif _COMMAND.search(f"{line}\n{cell or ''}"):
            self._ask(prompt=line or name, lost=_SHELL)

    def _visit_ours(self, node: ast.Call, line: str, cell: str | None) -> None:
        if (changed := settings_of_line(line, self._cell, self._names)) is not None:
            self.steps.append(changed)
            return
        try:
            found = read_magic(line, cell, self._names)
        except ImagegenError as exc:
            self._rebind(bound_by_line(line))
            self._ask(prompt=cell or line, error=exc)
            return
        if found is None:
            return
        asked, out = found
        pictures = {name: tuple(map(self._word, words)) for name, words in asked.pop("pictures").items()}
        self._made[node] = step = self._ask(**asked, pictures=pictures)
        if out is not None:
            self._rebind([out])
            self._drawn[out] = step


def _assign(target: ast.expr, value: Any, names: dict[str, object]) -> None:
    """Bind a loop's names for one round."""
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, list | tuple):
        for one, each in zip(target.elts, value, strict=False):
            _assign(one, each, names)
