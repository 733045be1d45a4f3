"""Mutation operators: what can be written instead of an expression, one slip at a time, on Python's syntax tree."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
CONSTANTS: dict[float, tuple[int, ...]] = {0: (1,), 1: (0, 2), 2: (1,)}
METHODS = {"amax": "amin", "amin": "amax", "mean": "sum", "sum": "mean", "max": "min", "min": "max"}
DROPPED = ("detach", "clamp", "clamp_", "relu")


@dataclass(frozen=True)
class Mutation:
    """One changed expression.

    Attributes:
        name: function, what stood there and what stands there now; a number follows where that occurs again.
        text: the whole module with the change.
        definition: the top-level function or class it is in.
        lines: first and last line of the statement it is in, of one with a body those before that; two zeros for what
            runs on import.
    """

    name: str
    text: str
    definition: str
    lines: tuple[int, int] = (0, 0)


def mutations(text: str, functions: Collection[str]) -> Iterator[Mutation]:
    """Every mutation of the named top-level functions and classes of a module."""
    tree = ast.parse(text)
    seen: Counter[str] = Counter()
    for definition in tree.body:
        if not isinstance(definition, ast.FunctionDef | ast.ClassDef) or definition.name not in functions:
            continue
        for where, node, lines in _expressions(definition):
            for changed in _alternatives(node):
                name = f"{where}: {ast.unparse(node)} -> {ast.unparse(changed)}"
                seen[name] += 1
                name += f" ({seen[name]})" if seen[name] > 1 else ""
                _Replace(node, changed).visit(tree)
                yield Mutation(name, ast.unparse(tree), definition.name, lines)
                _Replace(changed, node).visit(tree)


class _Replace(ast.NodeTransformer):
    """Put one node where another one is."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """The new node for the old one, any other with its children visited."""
        replaced: ast.AST = self.new if node is self.old else self.generic_visit(node)
        return replaced


def _expressions(definition: ast.FunctionDef | ast.ClassDef) -> list[tuple[str, ast.expr, tuple[int, int]]]:
    """Expressions of the bodies of functions with the lines of their statements.

    Annotations, decorators and checks of inputs are left out.
    """
    found: list[tuple[str, ast.expr, tuple[int, int]]] = []

    def visit(node: ast.AST, where: str, lines: tuple[int, int], called: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if node.name in ("check", "weight_shape"):
                return
            inner = f"{where}.{node.name}" if where else node.name
            for statement in node.body:
                visit(statement, inner, lines, isinstance(node, ast.FunctionDef))
            return
        if isinstance(node, ast.Raise | ast.Assert | ast.AnnAssign):
            return
        if isinstance(node, ast.stmt) and called:
            body = getattr(node, "body", [])
            lines = (node.lineno, body[0].lineno - 1 if body else node.end_lineno or node.lineno)
        if isinstance(node, ast.expr):
            found.append((where, node, lines))
        for child in ast.iter_child_nodes(node):
            visit(child, where, lines, called)

    visit(definition, "", (0, 0), False)
    return found


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        yield ast.BinOp(node.left, SWAPS[type(node.op)](), node.right)  # type: ignore[arg-type]
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield ast.Compare(node.left, [SWAPS[type(node.ops[0])](), *node.ops[1:]], node.comparators)  # type: ignore[list-item]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        if not isinstance(node.operand, ast.Constant):  # an axis counted from the end is no sign
            yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        for other in CONSTANTS.get(node.value, ()):
            yield ast.Constant(float(other) if isinstance(node.value, float) else other)
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    function = node.func
    if not isinstance(function, ast.Attribute):
        return
    if function.attr in METHODS:
        renamed = ast.Attribute(function.value, METHODS[function.attr], function.ctx)
        yield ast.Call(renamed, node.args, node.keywords)
    if function.attr in DROPPED:
        of_torch = isinstance(function.value, ast.Name) and function.value.id == "torch"
        yield node.args[0] if of_torch else function.value
    if function.attr == "where" and len(node.args) == 3:
        condition, yes, no = node.args
        yield ast.Call(function, [condition, no, yes], node.keywords)
    for place, keyword in enumerate(node.keywords):
        if keyword.arg == "dim":
            first = isinstance(keyword.value, ast.Constant) and keyword.value.value == 0
            other = ast.keyword("dim", ast.Constant(1 if first else 0))
            yield ast.Call(function, node.args, [*node.keywords[:place], other, *node.keywords[place + 1 :]])
