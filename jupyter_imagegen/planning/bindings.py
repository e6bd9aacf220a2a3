"""What the names of a notebook hold, as its code is walked through: the package, results, constants."""

# ruff: noqa: D102 - ast says what a visitor's methods are called, and they visit what their names say

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jupyter_imagegen.planning.calls import Face, module_face
from jupyter_imagegen.planning.constants import PURE_FUNCTIONS, CannotKnowError, evaluated
from jupyter_imagegen.planning.lines import Scope
from jupyter_imagegen.planning.names import stored_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_imagegen.planning.asking import Drawn


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb of ours, and what it is asked of."""

    face: Face
    verb: str


class Bindings(ast.NodeVisitor):
    """Follows names through the code.

    Parameters
    ----------
    steady
        Names that keep the value of their one assignment.
    bound
        Every name that the notebook binds anywhere.
    """

    def __init__(self, *, steady: frozenset[str], bound: frozenset[str]) -> None:
        self._steady = steady
        self._scope = Scope(bound=bound)
        # Python's own function of that name is not what the notebook's is.
        self._scope.names |= {name: object() for name in PURE_FUNCTIONS & bound}
        self._faces: dict[str, Face | Verb] = {
            name: Face.MODULE for name in ("imagegen", "jupyter_imagegen") if name not in bound
        }
        self._depth = 0
        self._made: dict[int, Drawn] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._forget([name])
            if alias.name == "jupyter_imagegen":
                self._faces[name] = Face.MODULE

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            self._forget([name])
            if (node.module, alias.name) == ("jupyter_imagegen.session", "Session"):
                self._faces[name] = Verb(face=Face.MODULE, verb="default_session")
            if node.module == "jupyter_imagegen":
                verbs = (
                    module_face(Face.MODULE) if alias.name == "*" else {alias.name} & module_face(Face.MODULE)
                )
                for verb in verbs:
                    face = Verb(face=Face.MODULE, verb=verb)
                    self._faces[verb if alias.name == "*" else name] = face

    def visit_Assign(self, node: ast.Assign) -> None:
        # Under another plain name the package is followed; anywhere else it is out of sight.
        if not self._is_ours(node.value) or not all(isinstance(target, ast.Name) for target in node.targets):
            self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            if not self._is_ours(node.value) or not isinstance(node.target, ast.Name):
                self.visit(node.value)
            self._bind(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self._forget(stored_names(node.target))

    def visit_Delete(self, node: ast.Delete) -> None:
        self._forget(stored_names(node))

    def _is_ours(self, value: ast.expr) -> bool:
        """Whether a value is the package or a verb of it, which makes no picture yet."""
        return self._verb(value) is not None or (
            isinstance(value, ast.Name) and self._face(value) is not None
        )

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        many = ast.Tuple | ast.List
        if isinstance(target, many) and isinstance(value, many) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._bind(one, other)
            return
        if not isinstance(target, ast.Name):
            self.visit(target)
            self._forget(stored_names(target))
            return
        name = target.id
        self._forget([name])
        value = value.value if isinstance(value, ast.Await) else value
        if verb := self._verb(value):
            self._faces[name] = verb
        elif face := self._face(value):
            self._faces[name] = face
        elif drawn := self._drawn(value):
            self._scope.drawn[name] = drawn
        elif name in self._steady and not self._depth:
            try:
                self._scope.names[name] = evaluated(value, self._scope.names)
            except CannotKnowError:
                return

    def _forget(self, names: Sequence[str]) -> None:
        """These names hold something else now."""
        for name in names:
            self._faces.pop(name, None)
        self._doubt(names)

    def _doubt(self, names: Sequence[str]) -> None:
        """These names may hold something else now; the package under one is looked for still."""
        for name in names:
            self._scope.drawn.pop(name, None)
            if name not in PURE_FUNCTIONS:
                self._scope.names.pop(name, None)

    def _drawn(self, node: ast.expr) -> Drawn | None:
        """The picture that an expression is: a result, or one of its pictures."""
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self._drawn(node.value)
        if isinstance(node, ast.Name):
            return self._scope.drawn.get(node.id)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
            held = self._drawn(node.value.value) if node.value.attr == "images" else None
            if held is None:
                return None
            index = node.slice.value if isinstance(node.slice, ast.Constant) else None
            return replace(held, sample=index if isinstance(index, int) and held.sample == 0 else None)
        return self._made.get(id(node))

    def _face(self, node: ast.expr) -> Face | None:
        """Whether an expression is the package, a session, or a result."""
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self._face(node.value)
        if isinstance(node, ast.Name) and isinstance(found := self._faces.get(node.id), Face):
            return found
        if isinstance(node, ast.Call):
            verb = self._verb(node.func)
            return Face.SESSION if verb is not None and verb.verb == "default_session" else None
        return None

    def _verb(self, node: ast.expr) -> Verb | None:
        """The verb of ours that an expression names."""
        if isinstance(node, ast.Name):
            found = self._faces.get(node.id)
            return found if isinstance(found, Verb) else None
        if not isinstance(node, ast.Attribute):
            return None
        face = Face.RESULT if self._drawn(node.value) is not None else self._face(node.value)
        if face is not None and node.attr in module_face(face):
            return Verb(face=face, verb=node.attr)
        return None
