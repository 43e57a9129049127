"""Functions from functions to their derivatives, in JAX's words.

They take plain Python functions of floats, and of lists of floats (nested as you like), and they nest in
any order: ``grad(grad(f))``, ``jvp(grad(f), ...)``, ``grad(lambda x: jvp(f, (x,), (1.0,))[1])``.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..arguments import kind_of, leaves_of, like, map_structure, number
from ..number import Number, real
from ..table import chain, identity
from ..value import Constant, Value, topological_order
from .dual import Dual, make_dual, primal, tangent

_levels = itertools.count(1)  # each jvp gets an ε of its own; inner calls come later, so they wrap the outer ones


def gradients(output: Any, inputs: Sequence[Value]) -> list[Any]:
    """The derivatives of ``output`` with respect to each of ``inputs``, as Values that can be differentiated again.

    The ``grad`` of no node is touched. An input that the output does not depend on gets 0.

    >>> x = Value(2.0)
    >>> (first,) = gradients(x ** 3, [x])
    >>> (second,) = gradients(first, [x])
    >>> first.data, second.data
    (12.0, 12.0)
    """
    return [g if isinstance(g, Number) else Constant(g) for g in _reverse(output, inputs, as_values=True)]


def _reverse(output: Any, inputs: Sequence[Value], as_values: bool) -> list[Any]:
    """One reverse pass: over the recorded local derivatives, or over the rows' derivatives of the nodes themselves."""
    if isinstance(output, Dual):  # the inputs are the innermost kind of number, so the ε stays outside
        pairs = zip(_reverse(output.primal, inputs, as_values), _reverse(output.tangent, inputs, as_values))
        return [make_dual(p, t, output.level) for p, t in pairs]
    if not isinstance(output, Value):
        return [0.0 for _ in inputs]
    order = _order_from(output, inputs)
    found: dict[Value, Any] = {output: 1.0}
    for node in reversed(order):
        upstream, row, parents = found.get(node, 0.0), node.primitive, node.parents
        if row is None or (type(upstream) is float and upstream == 0.0):
            continue
        derivatives = row.local_derivatives(node, *parents) if as_values else node.local_derivatives
        for parent, derivative in zip(parents, derivatives):
            if parent in order:
                if type(upstream) is float and upstream == 1.0:
                    term = derivative
                elif type(derivative) is float and derivative in (1.0, -1.0):
                    term = upstream if derivative == 1.0 else -upstream
                else:  # chain is * in which 0 * inf is 0
                    term = chain(upstream, derivative)
                found[parent] = found[parent] + term if parent in found else term
    return [found.get(x, 0.0) for x in inputs]


def _order_from(output: Value, inputs: Sequence[Value]) -> dict[Value, None]:
    """In topological order, the nodes of ``output`` that depend on ``inputs``."""
    wanted = set(inputs)
    order: dict[Value, None] = {}
    for node in topological_order(output):
        if node in wanted or any(parent in order for parent in node.parents):
            order[node] = None
    return order


class _Input(Value):
    """A leaf that a transform made of a plain number; it is ``active`` until the transform has its result."""

    __slots__ = ("active",)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.active = True


def _followed(output: Any, inputs: Sequence[Value]) -> bool:
    """Whether ``output`` depends on a node that an outer transform, or the user, follows.

    If so its derivatives are nodes too; if not, they are plain floats.
    """
    if isinstance(output, Dual):
        return _followed(output.primal, inputs) or _followed(output.tangent, inputs)
    if not isinstance(output, Value):
        return False
    own = set(inputs)
    leaves = (node for node in topological_order(output) if not node.parents and node not in own)
    return any(leaf.active if isinstance(leaf, _Input) else not isinstance(leaf, Constant) for leaf in leaves)


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that computes the gradient of ``f`` with respect to its argument number ``argnums``.

    The gradient has the structure of the argument: a float, or a list of floats. With several argument
    numbers it is a tuple. ``f`` returns one number, else ``TypeError``.

    >>> grad(lambda x: x ** 3)(2.0)
    12.0
    >>> grad(lambda w: w[0] * w[1])([3.0, 4.0])
    [4.0, 3.0]
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*arguments: Any) -> Any:
        return both(*arguments)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that computes ``(f(...), gradient)``; see :func:`grad`.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)
    if not all(isinstance(n, int) for n in numbers):
        raise TypeError(f"argnums is the number of an argument (0, 1, ...) or a tuple of them, not {argnums!r}")

    @functools.wraps(f)
    def evaluate(*arguments: Any) -> tuple[Any, Any]:
        for n in numbers:
            if not -len(arguments) <= n < len(arguments):
                raise IndexError(f"argnums is {argnums}, but the function was given {len(arguments)} argument(s)")
        places = [n % len(arguments) for n in numbers]
        chosen = [arguments[n] for n in places]
        replaced = list(arguments)
        with _lifted(chosen) as (inputs, lifted):
            for n, argument in zip(places, lifted):
                replaced[n] = argument
            output = f(*replaced)
            if kind_of(output) != "number":
                raise TypeError(f"grad needs a function that returns one number, but this one returned {kind_of(output)}: use jacobian")
            followed = _followed(output, inputs)
            found = iter(_reverse(output, inputs, as_values=followed))
        shaped = [like(argument, found) for argument in chosen]
        return output if followed else _plain(output), shaped[0] if isinstance(argnums, int) else tuple(shaped)

    return evaluate


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``(f(*primals), pullback)``: ``pullback(cotangent)`` gives the gradient of ``cotangent · f`` for each argument.

    The cotangent has the structure of the output.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> value, pullback([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    with _lifted(primals) as (inputs, lifted):
        output = f(*lifted)
        _require_numbers("vjp", output)
        value = map_structure(lambda y: y if _followed(y, inputs) else _plain(y), output)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        outputs, seeds = list(leaves_of(output)), list(leaves_of(cotangent))
        if len(outputs) != len(seeds):
            raise ValueError(f"the cotangent has {len(seeds)} number(s), the output {len(outputs)}")
        total: Any = 0.0
        for y, seed in zip(outputs, seeds):
            total = total + chain(seed, y)
        found = iter(_reverse(total, inputs, as_values=_followed(total, inputs)))
        return tuple(like(argument, found) for argument in primals)

    return value, pullback


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(value, tangent)``: the value of ``f(*primals)`` and its derivative in the direction ``tangents``.

    Forward mode: one run of ``f`` on dual numbers. ``tangents`` has the structure of ``primals``.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    count, directions = len(list(leaves_of(list(primals)))), list(leaves_of(list(tangents)))
    if count != len(directions):
        raise ValueError(f"tangents has {len(directions)} number(s), primals {count}: each input needs a direction")
    level = next(_levels)
    each = iter(directions)
    duals = map_structure(lambda x: make_dual(number(x), number(next(each)), level), list(primals))
    output = f(*duals)
    _require_numbers("jvp", output)
    return map_structure(lambda y: primal(y, level), output), map_structure(lambda y: tangent(y, level), output)


def jacobian(f: Callable[[Any], Any], layout: str = "numerator") -> Callable[[Any], Any]:
    """The function that computes all derivatives of the outputs of ``f`` with respect to its inputs.

    In numerator layout ``jacobian(f)(xs)[i][j]`` is the derivative of output ``i`` by input ``j``; with
    ``layout="denominator"`` the two change places. A function of one number, or to one number, has one
    index less. One backward pass for each output.

    >>> jacobian(lambda v: [x * x for x in v])([7.0, 3.0])
    [[14.0, 0.0], [0.0, 6.0]]
    """
    if layout not in ("numerator", "denominator"):
        raise ValueError(f"layout is 'numerator' or 'denominator', not {layout!r}")

    def evaluate(xs: Any) -> Any:
        with _lifted([xs]) as (inputs, (lifted,)):
            output = f(lifted)
            _require_numbers("jacobian", output)
            rows = [_reverse(y, inputs, as_values=_followed(y, inputs)) for y in leaves_of(output)]
        if layout == "denominator":
            columns = [iter(column) for column in zip(*rows)] if rows else [iter(()) for _ in inputs]
            each = iter(columns)
            return map_structure(lambda x: like(output, next(each)), xs)
        each_row = iter(rows)
        return map_structure(lambda y: like(xs, iter(next(each_row))), output)

    return evaluate


def hessian(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function that computes the matrix of second derivatives of ``f``, which returns one number.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f))


def hvp(f: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """The function of ``(xs, v)`` that computes the Hessian of ``f`` at ``xs`` times the vector ``v``.

    Forward mode over reverse mode: it costs a few evaluations of ``f``, without the matrix.

    >>> hvp(lambda v: v[0] ** 2 * v[1])([3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    return lambda xs, v: jvp(grad(f), (xs,), (v,))[1]


def _require_numbers(transform: str, output: Any) -> None:
    """Refuse an output that is no number: its derivative would silently be 0."""
    for y in leaves_of(output):
        if kind_of(y) != "number":
            raise TypeError(f"{transform} needs a function that returns numbers or lists of numbers, but this one returned {kind_of(y)}")


@contextmanager
def _lifted(structure: Sequence[Any]) -> Iterator[tuple[list[Value], list[Any]]]:
    """Fresh nodes for the numbers in a structure, and the structure with those nodes in it.

    A node or dual that an outer transform follows stays connected: its innermost primal is passed through
    the identity, so that derivatives are taken at this point and not behind it.
    """
    inputs: list[Value] = []

    def fresh(x: Any) -> Any:
        if isinstance(x, Dual):
            return make_dual(fresh(x.primal), x.tangent, x.level)
        if isinstance(x, Value):
            inputs.append(identity(x))
        else:
            inputs.append(_Input(x))
        return inputs[-1]

    try:
        yield inputs, [map_structure(fresh, part) for part in structure]
    finally:
        for node in inputs:
            if isinstance(node, _Input):
                node.active = False


def _plain(result: Any) -> Any:
    """A result that depends on nothing but this transform's own inputs, as a float (or a dual of floats)."""
    if isinstance(result, Dual):
        return make_dual(_plain(result.primal), _plain(result.tangent), result.level)
    return result.data if isinstance(result, Value) else real(result)
