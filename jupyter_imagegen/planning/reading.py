"""Reads the code of a notebook from top to bottom, and runs none of it."""

# ruff: noqa: N802 - ast says what a visitor's methods are called

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_imagegen.config import VARIABLES
from jupyter_imagegen.errors import RequestError
from jupyter_imagegen.planning.asking import Asked, Configured, Drawn, Reading, Times
from jupyter_imagegen.planning.bindings import Bindings, Verb
from jupyter_imagegen.planning.calls import Face, asked_by_call, bought_elsewhere, configured
from jupyter_imagegen.planning.code import LATE_MAGIC, is_ours, magic_of, outs, parsed
from jupyter_imagegen.planning.constants import CannotKnowError, evaluated, source_of
from jupyter_imagegen.planning.lines import asked_by_magic, settings_changed
from jupyter_imagegen.planning.names import steady_names, stored_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_imagegen.planning.asking import Step
    from jupyter_imagegen.planning.notebook import Cell

#: A cell that is to fail makes no pictures that anybody waits for.
_FAILS = "raises-exception"
#: Magics whose line or cell is Python of the notebook, run once; and those that run it as often as they like.
_ONCE = frozenset(("time", "capture", "prun"))
_OFTEN = frozenset(("timeit",))
#: Functions that look at the package and make nothing with it.
_LOOKS = frozenset(("help", "dir", "vars", "type", "repr", "id", "reload"))


def read(notebook: Sequence[Cell]) -> Reading:
    """What the code cells of a notebook ask for.

    Parameters
    ----------
    notebook
        All its cells, in order.
    """
    code = [(cell, parsed(cell.source)) for cell in notebook if cell.kind == "code"]
    trees = [tree for _, tree in code if isinstance(tree, ast.Module)]
    by_magics = [name for tree in trees for name in outs(tree)]
    walk = _Walk(
        steady=steady_names(trees, by_magics),
        bound=frozenset(by_magics).union(*(stored_names(tree) for tree in trees)),
    )
    for cell, tree in code:
        if isinstance(tree, ast.Module):
            walk.cell(cell, tree)
        elif "imagegen" in cell.source and _FAILS not in cell.tags:
            walk.steps.append(Asked(cell=cell.number, prompt=cell.source, error=tree))
    return Reading(steps=tuple(walk.steps), notes=tuple(walk.notes))


class _Walk(Bindings):
    """Goes through the cells in order and writes down what is asked."""

    def __init__(self, *, steady: frozenset[str], bound: frozenset[str]) -> None:
        super().__init__(steady=steady, bound=bound)
        self.steps: list[Step] = []
        self.notes: dict[str, None] = {}
        self._times = Times()
        self._trees: list[ast.AST] = []

    def cell(self, cell: Cell, tree: ast.Module) -> None:
        """Walk through one cell."""
        before = len(self.steps)
        self._scope.cell = cell.number
        if not all(is_ours(statement) for statement in tree.body):
            self._scope.moment += 1
        try:
            self.visit(tree)
        except RecursionError:
            error = RequestError("this cell is nested too deeply to be read")
            self.steps.append(Asked(cell=cell.number, prompt=cell.source, error=error))
        if _FAILS in cell.tags:
            del self.steps[before:]
            self._forget([*stored_names(tree), *outs(tree)])
            self._scope.last = None

    # Calls.

    def visit_Call(self, node: ast.Call) -> None:
        magic = magic_of(node)
        if magic is not None:
            self._visit_magic(node, *magic)
            return
        if isinstance(node.func, ast.Attribute) and self._face(node.func.value) is None:
            # Before its verb is looked up: in `generate(…).edit(…)` the first makes what the second changes.
            self.visit(node.func.value)
        looks = isinstance(node.func, ast.Name) and node.func.id in _LOOKS
        self._all(
            [each for each in (*node.args, *node.keywords) if not (looks and isinstance(each, ast.Name))]
        )
        verb = self._verb(node.func)
        if verb is None:
            if not isinstance(node.func, ast.Attribute | ast.Name):
                self.visit(node.func)
            if elsewhere := bought_elsewhere(node, self._scope):
                self._add(
                    Asked(cell=self._scope.cell, prompt=source_of(node), lost=elsewhere, times=self._times)
                )
            return
        self._visit_verb(node, verb)

    def _visit_verb(self, node: ast.Call, verb: Verb) -> None:
        if verb.verb == "configure":
            self._configure(configured(node, self._scope))
        elif verb.verb == "panel":
            self.notes["pictures made by hand in a panel are not counted"] = None
        elif verb.verb != "default_session":
            receiver = self._drawn(node.func.value) if isinstance(node.func, ast.Attribute) else None
            asked = asked_by_call(
                node, scope=self._scope, times=self._times, drawn=self._drawn,
                inherits=receiver if verb.face is Face.RESULT else None,
            )  # fmt: skip
            self._made[id(node)] = self._add(asked)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._handed_on(node)
        if self._face(node.value) is None:
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._handed_on(node)
        else:
            self._forget([node.id])

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._environment(node.value)

    def _handed_on(self, node: ast.expr) -> None:
        verb = self._verb(node)
        whole = isinstance(node, ast.Name) and self._face(node) is not None
        if whole or (verb is not None and verb.verb not in {"configure", "panel", "default_session"}):
            lost = f"{source_of(node)} is handed on: how often it is called, and with what, is not known"
            self._add(Asked(cell=self._scope.cell, prompt=source_of(node), lost=lost, times=self._times))

    def _add(self, asked: Asked) -> Drawn:
        self.steps.append(asked)
        drawn = Drawn(step=len(self.steps) - 1, sample=0 if asked.times.sure else None)
        self._scope.last, self._scope.any_asked = drawn, True
        return drawn

    def _configure(self, change: Configured) -> None:
        if not self._times.sure:
            names = {**change.unknown, **change.values}
            why = f"it is set in cell {change.cell} only if that runs"
            change = Configured(cell=change.cell, unknown=dict.fromkeys(names, why))
        self.steps.append(change)

    def _environment(self, text: str) -> None:
        """A setting that code puts into the environment holds, and what it says is not followed here."""
        name = VARIABLES.get(text.strip().partition("=")[0].strip())
        if name is not None:
            why = f"cell {self._scope.cell} names {text.strip().partition('=')[0].strip()}"
            self.steps.append(Configured(cell=self._scope.cell, unknown={name: why}))

    def _visit_magic(self, node: ast.Call, name: str, line: str, cell: str | None) -> None:
        scope = self._scope
        if name == "imagegen" and (taken := settings_changed(line, scope)) is not None:
            self._configure(taken)
        elif name == "imagegen":
            asked, out = asked_by_magic(line, cell, scope, self._times)
            if out is not None:
                self._forget([out])
            if asked is not None:
                self._made[id(node)] = drawn = self._add(asked)
                if out is not None:
                    scope.drawn[out] = drawn
        elif name == "%imagegen":
            self._add(Asked(cell=scope.cell, prompt=line, error=LATE_MAGIC))
        elif name in _ONCE | _OFTEN:
            self._python_magic(name, cell if cell is not None else line)
        else:
            self._other_magic(name, line, cell)

    def _python_magic(self, name: str, code: str) -> None:
        """Python of the notebook under a magic that runs it."""
        tree = parsed(code)
        often = Times(count=None, sure=False, reason=f"%{name} runs it as often as it likes")
        if isinstance(tree, ast.Module):
            # Calls are known by their places in memory, which must stay theirs.
            self._trees.append(tree)
            with self._under(often if name in _OFTEN else Times()):
                self.visit(tree)

    def _other_magic(self, name: str, line: str, cell: str | None) -> None:
        scope = self._scope
        if name == "config":
            self._configure(configured(line, scope))
        elif name in {"env", "set_env"}:
            self._environment(line.strip().replace(" ", "=", 1))
        elif name == "run":
            self.notes[f"cell {scope.cell} runs another file, and what that makes is not counted"] = None
        elif elsewhere := bought_elsewhere(f"{line}\n{cell or ''}", scope):
            self._add(Asked(cell=scope.cell, prompt=line or name, lost=elsewhere, times=self._times))

    # How often.

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        names = stored_names(node)
        self._doubt(names)
        with self._under(self._rounds(node.iter)):
            self._all(node.body)
        self._doubt(names)
        self._all(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_While(self, node: ast.While) -> None:
        names = stored_names(node)
        self._doubt(names)
        with self._under(Times(count=None, sure=False, reason="a `while` loop: how often is not known")):
            self.visit(node.test)
            self._all(node.body)
        self._doubt(names)
        self._all(node.orelse)

    def visit_If(self, node: ast.If | ast.IfExp) -> None:
        self.visit(node.test)
        bodies = [each if isinstance(each, list) else [each] for each in (node.body, node.orelse)]
        try:
            bodies = [bodies[0] if evaluated(node.test, self._scope.names) else bodies[1]]
            times = Times()
        except CannotKnowError:
            times = Times(sure=False, reason=f"only if `{source_of(node.test)}`")
        for body in bodies:
            with self._under(times):
                self._all(body)
        if not times.sure:
            self._doubt(stored_names(node))

    visit_IfExp = visit_If  # noqa: N815

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        with self._under(Times(sure=False, reason=f"only if `{source_of(node.values[0])}` does not decide")):
            self._all(node.values[1:])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        with self._under(Times(sure=False, reason="only after an error")):
            self._all(node.body)
        self._doubt(stored_names(node))

    def visit_match_case(self, node: ast.match_case) -> None:
        with self._under(Times(sure=False, reason="only in this case of a `match`")):
            self._all(node.body)
        self._doubt(stored_names(node))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
        names = stored_names(node)
        self._doubt(names)
        with self._under(
            Times(count=None, sure=False, reason=f"in `{node.name}`: how often it is called is not known")
        ):
            self._all(node.body)
        self._doubt(names)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.generic_visit(node)
        self._forget([node.name])

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._doubt(stored_names(node))
        with self._under(
            Times(count=None, sure=False, reason="in a `lambda`: how often it is called is not known")
        ):
            self.visit(node.body)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self._comprehended(node, list(node.generators))

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815

    def _comprehended(self, node: Any, generators: list[ast.comprehension]) -> None:
        if not generators:
            self._all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
            return
        first, *rest = generators
        self.visit(first.iter)
        self._doubt(stored_names(first.target))
        rounds = self._rounds(first.iter)
        with self._under(rounds):
            self._all(first.ifs)
            with self._under(
                Times(sure=not first.ifs, reason="only where its `if` holds" if first.ifs else "")
            ):
                self._comprehended(node, rest)

    def _rounds(self, iterated: ast.expr) -> Times:
        try:
            count = len(evaluated(iterated, self._scope.names))
        except (CannotKnowError, TypeError):
            return Times(
                count=None,
                sure=False,
                reason=f"in a loop over `{source_of(iterated)}`: how often is not known",
            )
        return Times(count=count, sure=False, reason=f"in a loop, at most {count} times")

    @contextmanager
    def _under(self, times: Times) -> Iterator[None]:
        """Walk on with what is known of how often."""
        outer, self._times = self._times, times.within(self._times)
        self._depth += not times.sure
        last = self._scope.last
        try:
            yield
        finally:
            self._depth -= not times.sure
            self._times = outer
            if not times.sure and self._scope.last is not last:
                # Whether that ran at all is not known.
                self._scope.last = None

    def _all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)
