"""Expressions as text: parsed with :mod:`ast`, applied to the table, never evaluated as Python."""

from __future__ import annotations

import ast
import itertools
import math
import re
import warnings
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple, NoReturn

from .. import functions as primitives
from ..number import FAMILIES, TABLE
from ..value import Value
from .language_errors import ExpressionError, did_you_mean, error_at, one_line, syntax_error

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.FloorDiv: "//"}
CONSTANTS = {"pi": math.pi, "e": math.e}
LISTS = ("softmax", "log_softmax")  # give lists
SEQUENCES = (*(name for name, row in TABLE.items() if row.arity is None and not row.internal), *LISTS, "prod")  # called with lists
MODULES = ("math", "np", "numpy", "torch", "jnp", "tf")  # what stands before the same functions in a program
OTHER_NAMES = {"ln": "log", "max": "maximum", "min": "minimum"}  # as one writes them on paper
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(primitives, name, row) for name, row in TABLE.items() if name.isidentifier() and not row.internal
}
FUNCTIONS |= {
    **{name: getattr(primitives, name) for name in SEQUENCES},
    "ln": TABLE["log"],
    "max": lambda *operands: reduce(TABLE["maximum"], operands),
    "min": lambda *operands: reduce(TABLE["minimum"], operands),
}
_NESTED = "the expression is nested too deeply: name its parts with assignments (a = ...; b = ...)"


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
        return self._number(result, self.statements[-1][1])

    def _apply(self, node: ast.expr, known: Mapping[str, Any]) -> Any:
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return known[node.id] if node.id in known else CONSTANTS[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            return [self._apply(part, known) for part in node.elts]
        if isinstance(node, ast.UnaryOp):
            operand = self._number(self._apply(node.operand, known), node)
            return -operand if isinstance(node.op, ast.USub) else operand
        if isinstance(node, ast.BinOp):
            return self._apply_chain(node, known)
        if isinstance(node, ast.Subscript):
            return self._element(self._apply(node.value, known), ast.literal_eval(node.slice), node)
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        operands = [self._apply(argument, known) for argument in node.args]
        if node.func.id not in SEQUENCES:
            operands = [self._number(operand, node) for operand in operands]
        return self._call(FUNCTIONS[node.func.id], operands, node)

    def _apply_chain(self, node: ast.BinOp, known: Mapping[str, Any]) -> Any:
        """A chain of operators from the left, such as a long sum, in a loop."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        result = self._apply(chain[-1].left, known)
        for link in reversed(chain):
            function = primitives.pow if isinstance(link.op, ast.Pow) else TABLE[_OPERATORS[type(link.op)]]
            operands = [self._number(operand, link) for operand in (result, self._apply(link.right, known))]
            result = self._call(function, operands, link)
        return result

    def _number(self, x: Any, node: ast.expr) -> Any:
        """``x``, unless it is a list, which only a few functions take."""
        if isinstance(x, list):
            self._fail(f"a list of {len(x)} numbers stands where a number is needed: take one with [0], or give it to dot", node)
        return x

    def _element(self, numbers: Any, i: int, node: ast.expr) -> Any:
        if not isinstance(numbers, list):
            self._fail(f"{_source(node)} is not understood: only {' and '.join(LISTS)} give lists, from which one takes a number", node)
        if i >= len(numbers):
            self._fail(f"there is no [{i}] in a list of {len(numbers)} numbers, which are counted from 0", node)
        return numbers[i]

    def _call(self, function: Callable[..., Any], operands: list[Any], node: ast.expr) -> Any:
        try:
            return function(*operands)
        except (TypeError, ValueError, ArithmeticError) as error:
            self._fail(str(error), node)

    def _fail(self, message: str, node: ast.expr | ast.stmt) -> NoReturn:
        raise error_at(message, self.text, node.lineno, node.col_offset)


def _source(node: ast.AST) -> str:
    return one_line(ast.unparse(node))


def parse(text: str) -> Parsed:
    """Parse assignments and a last expression, separated by semicolons or new lines.

    Allowed are numbers, names, ``+ - * / // % **``, brackets, the functions of the table (also as ``ln``, ``max``, ``min``),
    lists in ``dot``, ``logsumexp``, ``prod``, ``softmax`` and ``log_softmax``, and one number of a list, such as
    ``softmax([x, y])[0]``. Raises :class:`ExpressionError` for anything else.

    >>> program = parse("a = x * z; exp(a)")
    >>> program.inputs
    ['x', 'z']
    >>> program.evaluate({"x": 0.0, "z": 3.0})
    1.0
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Python reads lines
    try:
        tree = _tree(text)
        if not tree.body:
            raise ExpressionError("the expression is empty: write one such as exp(x*z) + x")
        program = Parsed(text, [], [])
        _read(tree, program)
    except RecursionError:
        raise ExpressionError(_NESTED) from None
    return program


def _tree(text: str) -> ast.Module:
    strange = re.search("[\0\ud800-\udfff]", text)
    if strange:
        what = "null bytes" if strange.group() == "\0" else "halves of characters (is the text in another encoding?)"
        start = text.rfind("\n", 0, strange.start()) + 1
        raise ExpressionError(f"an expression cannot hold {what}", text, text.count("\n", 0, start) + 1, strange.start() - start)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python finds doubtful, such as 2or x, is refused below
            return ast.parse(text)
    except SyntaxError as error:
        raise syntax_error(text, error, FUNCTIONS) from None
    except MemoryError:
        raise ExpressionError(_NESTED) from None
    except ValueError as error:
        raise ExpressionError(str(error)) from None


def _read(tree: ast.Module, program: Parsed) -> None:
    """Collect the statements of a text, and the names that need values."""
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


def _check(node: ast.expr, program: Parsed, assigned: set[str]) -> None:
    """Refuse what is not arithmetic, and collect the names that need values."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            program._fail("the number is too large for a float (1.8e308)", node)
        return
    if isinstance(node, ast.Name):
        if "·" in node.id:  # which Python takes for a letter
            program._fail(f"{node.id} is read as one name: a product is written {node.id.replace('·', '*')}", node)
        if node.id not in assigned and node.id not in program.inputs:
            program.inputs.append(node.id)
        return
    if _is_chain(node):
        parts: list[ast.expr] = []
        link: ast.expr = node
        while isinstance(link, ast.BinOp) and _is_chain(link):
            parts.append(link.right)  # a long sum nests to the left: a loop instead of recursion
            link = link.left
        parts = [link, *reversed(parts)]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        parts = [node.operand]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        parts = _operands(node, node.func.id, program, assigned)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
        parts = [node.value]
    else:
        _refuse(node, program)
    for part in parts:
        _check(part, program, assigned)


def _is_chain(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and (type(node.op) in _OPERATORS or isinstance(node.op, ast.Pow))


def _operands(node: ast.Call, name: str, program: Parsed, assigned: set[str]) -> list[ast.expr]:
    """The operands of a call, if there is such a function and it takes so many."""
    parts = list(node.args)
    if name not in FUNCTIONS:
        if name in assigned or name in program.inputs:
            program._fail(f"unknown function {name}: a product is written with *: {name}*(...)", node)
        close = did_you_mean("sigmoid" if name == "σ" else name, FUNCTIONS)
        program._fail(f"unknown function {name}: {close or 'known are ' + ', '.join(sorted(FUNCTIONS))}", node)
    if name in (*LISTS, "prod"):
        if len(parts) != 1:
            program._fail(f"{name} takes one list, such as {name}([x, y]), not {len(parts)} operands", node)
    else:
        arity = TABLE[OTHER_NAMES.get(name, name)].arity
        more = len(parts) == 2 if name in FAMILIES else len(parts) > 2 and name in ("max", "min")
        if arity is not None and len(parts) != arity and not more:
            program._fail(f"{name} takes {arity} operand{'s' if arity > 1 else ''}, not {len(parts)}", node)
    if name in SEQUENCES:
        parts = [part for argument in parts for part in (argument.elts if isinstance(argument, ast.List) else [argument])]
    return parts


def _refuse(node: ast.expr, program: Parsed) -> NoReturn:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        program._fail("^ is not a power here: write x ** 2", node)
    remedy = "use numbers, names, + - * / ** and functions of the table"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        remedy = "an absolute value is written abs(...)"
    elif isinstance(node, ast.Call) and not isinstance(node.func, ast.Name | ast.Attribute):
        remedy = "a product is written with *, such as 2*(x + 1)"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS:
        operands = [node.func.value, *node.args]
        is_module = isinstance(node.func.value, ast.Name) and node.func.value.id in MODULES
        remedy = f"write {node.func.attr}({', '.join(map(_source, operands[is_module:]))})"
    program._fail(f"{_source(node)} is not understood: {remedy}", node)


def bind(program: Parsed, assignments: Mapping[str, float]) -> dict[str, float]:
    """The value of each input of ``program``; raises :class:`ExpressionError` for one that is missing or not used."""
    values = {}
    for name in program.inputs:
        if name in assignments:
            values[name] = assignments[name]
        elif name not in CONSTANTS:
            line, column = next((n.lineno, n.col_offset) for _, s in program.statements for n in ast.walk(s) if _is_name(n, name))  # type: ignore[attr-defined]
            hint = f"{name} is a function: write {name}(...)" if name in FUNCTIONS else f"add {name}=... after the expression"
            if name not in FUNCTIONS:
                made = [other for other, _ in program.statements if other]
                others = [other for other in (*assignments, *made, *program.inputs) if other != name]
                hint = " - ".join(filter(None, (hint, did_you_mean(name, [*others, *FUNCTIONS, *CONSTANTS]))))
            raise error_at(f"no value for {name}: {hint}", program.text, line, column)
    for name in assignments:
        if name not in program.inputs:
            used = ", ".join(program.inputs) or "no names"
            joined = next((word for word in program.inputs if len(word) > 1 and set(word) <= assignments.keys()), "")
            close = f"a product is written {'*'.join(joined)}" if joined else did_you_mean(name, program.inputs)
            raise ExpressionError(f"{name} is given a value, but the expression does not use it (it uses {used}){close and f': {close}'}")
    return values


def evaluated(program: Parsed, values: dict[str, float]) -> tuple[Value, dict[str, Value]]:
    """The output, which has a name, and the leaf of each input."""
    leaves = {name: Value(x, name) for name, x in values.items()}
    output = program.evaluate(leaves)
    if not isinstance(output, Value):  # a constant: a leaf, with nothing to differentiate
        output = Value(output)
    if output.name is None:
        names = itertools.chain(["output"], (f"output{i}" for i in itertools.count(2)))
        output.name = next(name for name in names if name not in leaves)
    return output, leaves


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
