"""What a row of the table is.

A *primitive* is one differentiable operation: how it is spelled and evaluated, and its local
derivatives, written in plain arithmetic that works on floats, on recorded nodes, on dual numbers and on
formulas alike. Everything else in this package reads such rows; nothing else knows a derivative.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import number
from .number import CUT, FAMILIES, PLACES, Number, nested, real
from .sequences import Statements
from .words import Words

TABLE: dict[str, Primitive] = number.TABLE
"""Every registered primitive by name."""

# How tightly a spelling binds, loosest first; a formula needs brackets inside anything that binds tighter.
CONDITIONAL, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)

OPERANDS = ("x", "y", "z")


class DomainError(ValueError):
    """An operation was given a number where it is not defined, such as ``log(-1.0)``; the message names the operation and its operands."""


class DivisionByZeroError(DomainError, ZeroDivisionError):
    """A division by 0: a :class:`DomainError` that is Python's ``ZeroDivisionError`` as well."""


def domain_error(error: Exception) -> type[DomainError]:
    """The class that says what Python's ``ValueError`` or ``ZeroDivisionError`` of an operation means."""
    return DivisionByZeroError if isinstance(error, ZeroDivisionError) else DomainError


class DerivativeCountError(TypeError):
    """A row gives more or fewer derivatives than it has operands."""


class Primitive:
    """One row of the table: an operation, its spellings, and its local derivatives.

    ``python`` is the value as a Python expression in ``x``, ``y`` and ``z`` over the names of the
    :mod:`math` module: it is compiled to evaluate the row, and printed into generated programs.
    ``derivatives(out, x, ...)`` gives the derivative of the output with respect to each operand (a number
    for one operand, a sequence for several), where ``out`` is the value already computed. A row on any number of
    operands gives ``evaluate`` as a function and ``python`` as the function from their number to :class:`Statements`.
    In these texts, ``cut`` is the zero that cuts a path (:data:`~autograd_core.number.CUT`); ``eager`` is the value with
    tests for it, where programs have another way to know (see ``programs/reach.py``). ``words`` holds LaTeX and prose.
    The rest are the row's roles, which everything that treats some rows apart reads:

    ``method``: the method of numbers that it becomes (``"exp"``, ``"__add__"``; empty for none),
    ``activation``: whether it is one of a neuron, ``torch``: PyTorch's name of that activation, with its arguments,
    ``initialization``: the rule by which the weights in front of that activation start (He's for rectifiers),
    ``arithmetic``: whether it is written as an operator, and may be printed inside a larger sum,
    ``weighted_sum``: whether its operands are weights, as many inputs, and a bias,
    ``internal``: whether it only stands in derivatives, where no user writes it,
    ``symbol``: how pictures write it; its name if nothing else is said.

    >>> from autograd_core import TABLE
    >>> row = TABLE["tanh"]
    >>> row.python, row.evaluate(0.0), row.local_derivatives(0.0, 0.0)
    ('tanh(x)', 0.0, (1.0,))
    """

    def __init__(
        self,
        name: str,
        python: str | Callable[[int], Statements],
        derivatives: Callable[..., Any],
        *,
        arity: int | None = 1,
        words: Words = Words(),  # noqa: B008  (a tuple)
        eager: str = "",
        precedence: int = ATOM,
        evaluate: Callable[..., float] | None = None,
        constants: tuple[float, ...] = (),
        method: str = "",
        activation: bool = False,
        torch: str = "",
        initialization: str = "xavier",
        arithmetic: bool = False,
        weighted_sum: bool = False,
        internal: bool = False,
        symbol: str = "",
    ) -> None:
        self.name, self.arity, self.python, self.derivatives = name, arity, python, derivatives
        self.eager = eager or python
        self.precedence, self.constants = precedence, constants
        operands = ", ".join(f"#{i + 1}" for i in range(arity or 1))
        self.latex = words.latex or rf"\operatorname{{{name}}}\left({operands}\right)".replace("_", r"\_")
        self.domain, self.summary, self.example, self.reads = words[1:5]
        self.mathematics = words.mathematics or words.reads or python
        self.method = method or (name if activation else "")
        self.activation, self.torch, self.initialization = activation, torch, initialization
        self.arithmetic, self.weighted_sum, self.internal = arithmetic, weighted_sum, internal
        self.symbol = symbol or name
        self.evaluate = evaluate or _compiled(self.eager, arity)
        if self.summary:
            self.__doc__ = self.described()

    def described(self, of_method: bool = False) -> str:
        """Summary and example as a docstring: of the row, or of the method that it becomes."""
        if not self.example:
            return self.summary
        call, result = self.example.split(" -> ")
        starts = call.startswith(f"{self.name}(")
        if of_method and starts and self.method and self.method[0] != "_":
            call = "from autograd_core import Value\n>>> " + call.replace(f"{self.name}(", "Value(") + f".{self.method}().data"
        elif of_method and f"{self.name}(" in call and not hasattr(builtins, self.name):
            call = f"from autograd_core import {self.name}\n>>> {call}"
        return f"{self.summary}\n\n>>> {call}\n{result}\n"

    def local_derivatives(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        """The derivative of the output with respect to each input, as a tuple whatever the arity."""
        derivatives = self.derivatives(out, *inputs)
        if self.arity == 1:
            derivatives = (derivatives,)
        elif type(derivatives) is not tuple:
            if isinstance(derivatives, dict | set):
                kind = type(derivatives).__name__
                raise TypeError(f"the row of {self.name!r} gives its derivatives in a {kind}: write a tuple, in order")
            derivatives = tuple(derivatives)
        if len(derivatives) != len(inputs):
            raise DerivativeCountError(f"{self.name!r} has {len(inputs)} operands, but its row gives {len(derivatives)} derivatives")
        return derivatives

    def __call__(self, *inputs: Any) -> Any:
        """Apply to floats, giving a float, or to any kind of number, giving that kind."""
        if self.arity == 1 == len(inputs) and isinstance(inputs[0], Number):  # the usual case, without a detour
            return inputs[0].apply(self, *inputs)
        kind: type[Number] | None = None
        for x in inputs:
            if isinstance(x, Number) and (kind is None or x.rank > kind.rank):
                kind = type(x)
        if self.arity is not None and len(inputs) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} operand(s), not {len(inputs)}")
        if kind is not None:
            return kind.apply(self, *inputs)
        floats = [x if type(x) is float else real(x) for x in inputs]
        try:
            return self.evaluate(*floats)
        except (ValueError, ArithmeticError) as error:
            self.refuse(error, floats)

    def refuse(self, error: Exception, operands: Sequence[float], names: Sequence[str | None] = ()) -> NoReturn:
        """Raise a :class:`DomainError` or ``OverflowError`` whose message names the operation, its operands and their nodes.

        A ``TypeError`` stays what it is, unless an operand is no plain number: then it says so. Code that handles the error decides
        by a number, as by a comparison: where those are watched, its line is noted.
        """
        if (places := PLACES.get()) is not None:
            places.append(f"{_line_of_the_user()}, by an error that it handles")
        for operand, name in itertools.zip_longest(operands, names):
            if isinstance(operand, Number):
                raise nested(operand, name) from None
        if isinstance(error, TypeError):
            for operand in operands:
                real(operand)  # says what to do where somebody put something else into the data of a node
            raise error
        labels = OPERANDS if len(operands) <= len(OPERANDS) else [f"x{i}" for i in range(1, len(operands) + 1)]
        given = ", ".join(f"{label} = {data!r}" for label, data in zip(labels, operands))
        nodes = ", ".join(f"{label} is the node {name!r}" for label, name in zip(labels, names) if name)
        where = f"{self.name} at {given}" + (f" ({nodes})" if nodes else "")
        if isinstance(error, OverflowError):
            raise OverflowError(f"{where} overflows: the result is larger than any float (1.8e308)") from None
        need = f": it needs {self.domain}" if self.domain else ""
        raise domain_error(error)(f"{where} is not defined{need}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return find, (self.name, self.constants)

    def __repr__(self) -> str:
        constants = "".join(f", {c!r}" for c in self.constants)
        return f"<primitive {self.name}{constants}>"


def _line_of_the_user() -> str:
    """The innermost line that stands outside of this package."""
    frame, here = sys._getframe(2), __file__.removesuffix("primitive.py")
    while frame.f_back and (frame.f_code.co_filename.startswith(here) or "recorder of " in frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def register(row: Primitive) -> Primitive:
    """Put a row into the table, and its method among those of every kind of number."""
    TABLE[row.name] = row
    if row.method:
        if row.method not in vars(Number):
            setattr(Number, row.method, _method(row))
        vars(Number)[row.method].__doc__ = row.described(of_method=True)
    return row


def _method(row: Primitive) -> Callable[[Number], Any]:
    def method(self: Number) -> Any:
        return self.apply(row, self)

    method.__name__, method.__qualname__ = row.method, f"Number.{row.method}"
    return method


def find(name: str, constants: tuple[float, ...] = ()) -> Primitive:
    """The row of that name, with the constants of a family. An unknown name is a ``LookupError``."""
    if name not in TABLE:
        raise LookupError(f"no primitive is called {name!r}: define it (autograd_core.primitive) before it is used here")
    row: Primitive = FAMILIES[name](*constants) if name in FAMILIES else TABLE[name]
    return row


def _compiled(python: str | Callable[[int], Statements], arity: int | None) -> Callable[..., float]:
    """The function that a spelling stands for. ``exp(x)`` is ``math.exp`` itself."""
    if not isinstance(python, str) or arity is None:
        raise TypeError("a primitive of any number of operands needs evaluate=, a function of floats")
    operands = ", ".join(OPERANDS[:arity])
    function = python.removesuffix(f"({operands})")
    if function.isidentifier() and hasattr(math, function):
        return getattr(math, function)
    return eval(f"lambda {operands}: {python}", {**vars(math), "cut": CUT})


def of_floats(python: str) -> str:
    """The text of a value, written so that it is a float: Python's ``floor`` and its like, and ``1 if x > 0.0 else 2``, give integers.

    >>> of_floats("floor(x)"), of_floats("1 if x > 0 else 2"), of_floats("3 * x")
    ('floor(x) + 0.0', '1.0 if x > 0.0 else 2.0', '3 * x')
    """
    tree = ast.parse(python, mode="eval")
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return ast.unparse(_Floats().visit(tree)) if calls & _WHOLE or _is_whole(tree.body) else python


_WHOLE = frozenset({"ceil", "floor", "trunc"})


class _Floats(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(float(node.value)) if type(node.value) is int else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node = ast.Call(node.func, [self.visit(x) for x in node.args], [])
        return ast.BinOp(node, ast.Add(), ast.Constant(0.0)) if isinstance(node.func, ast.Name) and node.func.id in _WHOLE else node


def _is_whole(node: ast.expr) -> bool:
    """Whether Python gives an integer for it, somewhere."""
    match node:
        case ast.Constant(value=int()):
            return True
        case ast.IfExp(body=x, orelse=y):
            return _is_whole(x) or _is_whole(y)
        case ast.BinOp(left=x, op=ast.Add() | ast.Sub() | ast.Mult(), right=y):
            return _is_whole(x) and _is_whole(y)
        case ast.UnaryOp(operand=x):
            return _is_whole(x)
    return False
