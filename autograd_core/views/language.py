"""Expressions as text: parsed with :mod:`ast`, applied to the table, never evaluated as Python."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple, NoReturn

from .. import functions as primitives
from ..number import FAMILIES, TABLE, real
from ..value import Value

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.FloorDiv: "//"}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_SEQUENCES = ("dot", "logsumexp", "softmax", "log_softmax", "prod")  # called with lists
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(primitives, name, row) for name, row in TABLE.items() if name.isidentifier() and not row.internal
}
_FUNCTIONS |= {name: getattr(primitives, name) for name in _SEQUENCES}
_FUNCTIONS |= {"ln": TABLE["log"]}
_FUNCTIONS |= {"max": lambda x, *more: reduce(TABLE["maximum"], more, x), "min": lambda x, *more: reduce(TABLE["minimum"], more, x)}


class ExpressionError(ValueError):
    """What is wrong with an expression, and where: printing it shows the line with the place marked."""

    def __init__(self, message: str, text: str = "", line: int = 1, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.text, self.line, self.column = message, text, line, column

    def __str__(self) -> str:
        lines = self.text.split("\n")
        if not self.text or not 0 < self.line <= len(lines):
            return self.message
        line = lines[self.line - 1]
        margin = "".join("\t" if character == "\t" else " " for character in line[: self.column])
        return f"{self.message}\n  {line}\n  {margin}^"


class Parsed(NamedTuple):
    """A parsed text: its assignments in order, the last of which is the output, and the names it needs values for."""

    text: str
    statements: list[tuple[str | None, ast.expr]]
    inputs: list[str]

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The output, as a graph if ``values`` are Values; the nodes carry the names of the assignments.

        Raises :class:`ExpressionError` with the place of an operation that is not defined.
        """
        known = {name: values[name] for name in self.inputs if name in values}
        result: Any = None
        for name, node in self.statements:
            result = self._apply(node, known)
            if name is not None:
                if isinstance(result, Value) and result.name is None:
                    result.name = name
                known[name] = result
        if isinstance(result, list):
            self._fail("this is a list of results: take one, as in softmax([x, y])[0]", self.statements[-1][1])
        return result

    def _apply(self, node: ast.expr, known: Mapping[str, Any]) -> Any:
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return known[node.id] if node.id in known else _CONSTANTS[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            return [self._apply(part, known) for part in node.elts]
        if isinstance(node, ast.Subscript):
            return self._element(node, known)
        if isinstance(node, ast.UnaryOp):
            operand = self._apply(node.operand, known)
            return -operand if isinstance(node.op, ast.USub) else operand
        if isinstance(node, ast.BinOp):
            return self._apply_chain(node, known)
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return self._call(_FUNCTIONS[node.func.id], [self._apply(argument, known) for argument in node.args], node)

    def _apply_chain(self, node: ast.BinOp, known: Mapping[str, Any]) -> Any:
        """A chain of operators from the left, such as a long sum, in a loop."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        result = self._apply(chain[-1].left, known)
        for link in reversed(chain):
            function = primitives.pow if isinstance(link.op, ast.Pow) else TABLE[_OPERATORS[type(link.op)]]
            result = self._call(function, [result, self._apply(link.right, known)], link)
        return result

    def _element(self, node: ast.Subscript, known: Mapping[str, Any]) -> Any:
        results, place = self._apply(node.value, known), int(self._apply(node.slice, known))
        if not isinstance(results, list) or not -len(results) <= place < len(results):
            self._fail(f"[{place}] takes one of several results, and here are {len(results) if isinstance(results, list) else 1}", node)
        return results[place]

    def _call(self, function: Callable[..., Any], operands: list[Any], node: ast.expr) -> Any:
        try:
            return function(*operands)
        except (TypeError, ValueError, ArithmeticError) as error:
            self._fail(str(error), node)

    def _fail(self, message: str, node: ast.expr | ast.stmt) -> NoReturn:
        raise _error(message, self.text, node.lineno, node.col_offset)


def parse(text: str) -> Parsed:
    """Parse assignments and a last expression, separated by semicolons or new lines.

    Allowed are numbers, names, ``+ - * / // % **``, brackets, the functions of the table, ``ln``, ``max`` and ``min`` of any
    number of operands, lists in ``dot``, ``logsumexp``, ``prod`` and ``softmax``, and an index: ``softmax([x, y])[0]``.
    Raises :class:`ExpressionError` for anything else.

    >>> program = parse("a = x * z; exp(a)")
    >>> program.inputs
    ['x', 'z']
    >>> program.evaluate({"x": 0.0, "z": 3.0})
    1.0
    """
    if not text.strip():
        raise ExpressionError("the expression is empty: write one such as exp(x*z) + x")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ExpressionError(error.msg.replace("invalid syntax. ", ""), text, error.lineno or 1, max((error.offset or 1) - 1, 0)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply: name its parts with assignments (a = ...; b = ...)") from None
    except ValueError as error:
        raise ExpressionError(str(error)) from None
    program = Parsed(text, [], [])
    assigned: set[str] = set()
    for statement in tree.body:
        name = None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
        elif not isinstance(statement, ast.Expr):
            program._fail("only expressions and assignments (name = expression) are understood", statement)
        elif statement is not tree.body[-1]:
            program._fail("only the last part may be a bare expression: assign this one to a name", statement)
        _check(statement.value, program, assigned)
        program.statements.append((name, statement.value))
        if name is not None:
            if name in program.inputs:
                program._fail(f"{name} is used before it is assigned: choose another name for the result", statement)
            assigned.add(name)
    return program


def _check(node: ast.expr, program: Parsed, assigned: set[str]) -> None:
    """Refuse what is not arithmetic, and collect the names that need values."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            real(node.value)
        except OverflowError as error:
            program._fail(str(error), node)
        return
    if isinstance(node, ast.Name):
        if node.id not in assigned and node.id not in program.inputs:
            program.inputs.append(node.id)
        return
    if isinstance(node, ast.BinOp) and (type(node.op) in _OPERATORS or isinstance(node.op, ast.Pow)):
        parts: list[ast.expr] = []
        link: ast.expr = node
        while isinstance(link, ast.BinOp) and (type(link.op) in _OPERATORS or isinstance(link.op, ast.Pow)):
            parts.insert(0, link.right)  # a long sum nests to the left: a loop instead of recursion
            link = link.left
        parts.insert(0, link)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        parts = [node.operand]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        parts = list(node.args)
        if node.func.id not in _FUNCTIONS:
            import difflib  # for the message only

            close = difflib.get_close_matches(node.func.id, _FUNCTIONS, 1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(_FUNCTIONS))}"
            program._fail(f"unknown function {node.func.id}: {hint}", node)
        arity = TABLE[node.func.id].arity if node.func.id in TABLE else 1 if node.func.id == "ln" else None
        optional = node.func.id == "clip" or node.func.id in FAMILIES
        if arity is not None and len(parts) != arity and not (optional and len(parts) == 2):
            program._fail(f"{node.func.id} takes {arity} operand{'s' if arity > 1 else ''}, not {len(parts)}", node)
        if node.func.id in _SEQUENCES:
            parts = [part for argument in parts for part in (argument.elts if isinstance(argument, ast.List) else [argument])]
    elif isinstance(node, ast.Subscript) and _is_place(node.slice) and _may_be_list(node.value, assigned):
        parts = [node.value]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        program._fail("^ is not a power here: write x ** 2", node)
    else:
        program._fail(f"{ast.unparse(node)} is not understood: use numbers, names, + - * / // % ** and functions of the table", node)
    for part in parts:
        _check(part, program, assigned)


def bind(program: Parsed, assignments: Mapping[str, float]) -> dict[str, float]:
    """The value of each input of ``program``; raises :class:`ExpressionError` for one that is missing or not used."""
    values = {}
    for name in program.inputs:
        if name in assignments:
            values[name] = assignments[name]
        elif name not in _CONSTANTS:
            line, column = next((n.lineno, n.col_offset) for _, s in program.statements for n in ast.walk(s) if _is_name(n, name))  # type: ignore[attr-defined]
            hint = f"{name} is a function: write {name}(...)" if name in _FUNCTIONS else f"add {name}=... after the expression"
            raise _error(f"no value for {name}: {hint}", program.text, line, column)
    for name in assignments:
        if name not in program.inputs:
            used = ", ".join(program.inputs) or "no names"
            raise ExpressionError(f"{name} is given a value, but the expression does not use it (it uses {used})")
    return values


def _may_be_list(node: ast.expr, assigned: set[str]) -> bool:
    """Whether it is a call that gives a list of results, or the name of a result."""
    call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("softmax", "log_softmax")
    return call or (isinstance(node, ast.Name) and node.id in assigned)


def _is_place(node: ast.expr) -> bool:
    """Whether it is a whole number, such as the index of a result."""
    number = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(number, ast.Constant) and type(number.value) is int


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _error(message: str, text: str, line: int, byte: int) -> ExpressionError:
    """:mod:`ast` counts columns in bytes, a reader in characters."""
    lines = text.split("\n")
    column = len(lines[line - 1].encode()[:byte].decode(errors="ignore")) if line <= len(lines) else 0
    return ExpressionError(message, text, line, column)
