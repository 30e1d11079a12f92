"""All small changes to a file: each one expression, replaced in the text where it stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Div: ast.Mult,
}
_NAMES = {"min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "any": "all", "all": "any"}
_NO_ANSWERS = {"__repr__", "describe"}  # functions that word messages only


@dataclass(frozen=True)
class Mutant:
    """A file with one change: the function it is in, and what changes into what."""

    file: str
    function: str
    start: int
    end: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """Names it in a list that stays right when lines move."""
        return f"{self.file}: {self.function}: {_short(self.before)} -> {_short(self.after)}"

    def applied(self, text: bytes) -> bytes:
        return text[: self.start] + self.after.encode() + text[self.end :]


def _short(text: str) -> str:
    return " ".join(text.split())[:100]


def mutants(root: Path, file: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its text."""
    text = (root / file).read_bytes()
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def visit(node: ast.AST, function: str, inside: bool) -> Iterator[Mutant]:
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            name = node.name if isinstance(node, ast.FunctionDef) else "lambda"
            if name in _NO_ANSWERS:
                return
            function = f"{function}.{name}" if function else name
            inside = True
        if isinstance(node, ast.ClassDef):
            function = f"{function}.{node.name}" if function else node.name
        if isinstance(node, ast.expr) and inside:
            for after in _changes(node):
                start = lines[node.lineno - 1] + node.col_offset
                end = lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
                before = text[start:end].decode()
                yield Mutant(file, function, start, end, before, f"({ast.unparse(after)})")
        for child in _inside(node):
            yield from visit(child, function, inside)

    found = {(m.start, m.end, m.after): m for m in visit(ast.parse(text), "", False)}
    yield from sorted(found.values(), key=lambda m: (m.start, m.end, m.after))


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """What may change in a node: no annotation, no message that is raised, no text."""
    if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        yield from node.args.defaults
        yield from node.body if isinstance(node, ast.FunctionDef) else [node.body]
        return
    if isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield node.value
        return
    yield from ast.iter_child_nodes(node)


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators) if type(op) in _SWAPPED:
            yield ast.Compare(left, [_SWAPPED[type(op)]()], comparators)  # type: ignore[list-item]
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_SWAPPED[type(op)](), values)  # type: ignore[arg-type]
            for k in range(len(values)):
                kept = values[:k] + values[k + 1 :]
                yield kept[0] if len(kept) == 1 else ast.BoolOp(op, kept)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SWAPPED and not _words(node):
            yield ast.BinOp(left, _SWAPPED[type(op)](), right)  # type: ignore[arg-type]
            yield left
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(value=value) if type(value) is int:
            yield ast.Constant(value + 1)
            if value > 0:
                yield ast.Constant(value - 1)
        case ast.Constant(value=value) if type(value) is bool:
            yield ast.Constant(not value)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords) if name in _NAMES:
            yield ast.Call(ast.Name(_NAMES[name]), arguments, keywords)


def _words(node: ast.BinOp) -> bool:
    """Whether it joins texts or lists: those fail in no interesting way."""
    parts = (node.left, node.right)
    return any(
        isinstance(p, (ast.JoinedStr, ast.List, ast.Tuple))
        or (isinstance(p, ast.Constant) and isinstance(p.value, str))
        for p in parts
    )
