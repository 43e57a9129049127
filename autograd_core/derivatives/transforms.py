"""Functions from functions to their derivatives, in JAX's words.

They take plain Python functions of floats, and of structures of them (lists, tuples, dictionaries, arrays, nested as
you like), and they nest in any order: ``grad(grad(f))``, ``jvp(grad(f), ...)``, ``grad(lambda x: jvp(f, (x,), (1.0,))[1])``.

As in JAX, ``argnums`` is the number of the argument to differentiate by, or a tuple of numbers, whose results are tuples;
keyword arguments are passed through; and with ``has_aux=True`` the function returns a pair ``(output, more)``, of which
``more`` is not differentiated and comes last in the result.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..arguments import is_array, kind_of, leaves_of, like, map_structure, number, require_same_structure, without_axes
from ..choices import named_options, require_function
from ..number import CUT, Number
from ..value import Value
from ..watching import reading_data
from .dual import flow, given, joined, make_dual, primal, tangent
from .reverse import as_plain, is_followed, lifting, reverse_pass

_levels = itertools.count(1)  # each jvp gets an ε of its own; inner calls come later, so they wrap the outer ones


Argnums = int | Sequence[int]


@named_options()
def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of ``f`` with respect to its argument number ``argnums``.

    The gradient has the structure of the argument: a float, a list of floats, an array. With several argument
    numbers it is a tuple. ``f`` returns one number, else ``TypeError``.

    >>> grad(lambda x: x ** 3)(2.0)
    12.0
    >>> grad(lambda w, k: k * w[0] * w[1])([3.0, 4.0], k=2.0)
    [8.0, 6.0]
    """
    both = value_and_grad(_function("grad", f), argnums, has_aux)

    @functools.wraps(f)
    def gradient(*arguments: Any, **options: Any) -> Any:
        value, found = both(*arguments, **options)
        return (found, value[1]) if has_aux else found

    return gradient


@named_options()
def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes ``(f(...), gradient)``, or ``((f(...), more), gradient)``; see :func:`grad`.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    _function("value_and_grad", f)
    _numbers(argnums)  # refuses what is none, before anything runs

    @functools.wraps(f)
    def evaluate(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        places = _places(argnums, arguments)
        chosen = [arguments[n] for n in places]
        with lifting(chosen) as (inputs, lifted):
            output, more = _split(f(*_replaced(arguments, places, lifted), **options), has_aux)
            if kind_of(output) != "number":
                instead = "is a return missing?" if output is None else "use jacobian"
                raise TypeError(f"grad needs a function that returns one number, but this one returned {kind_of(output)}: {instead}")
            followed = is_followed(output, inputs)
            found = iter(reverse_pass(output, inputs, as_values=followed))
        value = output if followed else as_plain(output)
        shaped = [like(argument, found) for argument in chosen]
        return (value, _result(more, inputs)) if has_aux else value, _one_or_all(shaped, argnums)

    return evaluate


@named_options()
def elementwise_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes the derivative of each output by its input, where output ``i`` depends on input ``i`` alone.

    It is the gradient of the sum of all outputs, so it takes one backward pass, and where an output depends on other inputs,
    the derivatives add up.

    >>> elementwise_grad(lambda xs: [x ** 3 for x in xs])([1.0, 2.0])
    [3.0, 12.0]
    """

    @functools.wraps(f)
    def summed(*arguments: Any, **options: Any) -> Any:
        output = f(*arguments, **options)
        _require_numbers("elementwise_grad", output)
        return functools.reduce(operator.add, leaves_of(output), 0.0)

    return grad(summed, argnums)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """``(f(*primals), pullback)``: ``pullback(cotangent)`` gives the gradient of ``cotangent · f`` for each argument.

    The cotangent has the structure of the output. With ``has_aux`` the result is ``(value, pullback, more)``.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> value, pullback([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    _function("vjp", f)
    with lifting(primals) as (inputs, lifted):
        output, more = _split(f(*lifted), has_aux)
        _require_numbers("vjp", output)
        value = _result(output, inputs)
        more = _result(more, inputs)
    shapes = [map_structure(lambda _: 0.0, argument) for argument in primals]  # as they are now

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        require_same_structure("the cotangent", cotangent, "the output", output)
        total: Any = CUT
        for y, seed in zip(leaves_of(output), leaves_of(cotangent)):
            total = joined(total, flow(given(seed), y))
        found = iter(reverse_pass(total, inputs, as_values=is_followed(total, inputs)))
        return tuple(like(shape, found) for shape in shapes)

    return (value, pullback, more) if has_aux else (value, pullback)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """``(value, tangent)``: the value of ``f(*primals)`` and its derivative in the direction ``tangents``.

    Forward mode: one run of ``f`` on dual numbers. ``tangents`` has the structure of ``primals``. With ``has_aux``
    the result is ``(value, tangent, more)``.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    _function("jvp", f)
    no_row = dict, set, frozenset, str, bytes  # of which the keys would be the arguments, or those of any order
    if any(not hasattr(row, "__iter__") or getattr(row, "shape", None) == () or isinstance(row, no_row) for row in (primals, tangents)):
        raise TypeError("primals and tangents are tuples with an entry for each argument: jvp(f, (2.0,), (1.0,))")
    primals, tangents = tuple(primals), tuple(tangents)
    require_same_structure("tangents", tangents, "primals", primals)
    level = next(_levels)
    each = leaves_of(tangents)
    duals = map_structure(lambda x: make_dual(number(x), given(next(each)), level), primals)
    with reading_data():
        output, more = _split(f(*duals), has_aux)
    _require_numbers("jvp", output)
    found = map_structure(lambda y: primal(y, level), output), map_structure(lambda y: tangent(y, level), output)
    return (*found, map_structure(lambda y: primal(y, level), more)) if has_aux else found


@named_options()
def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, layout: str = "numerator"
) -> Callable[..., Any]:
    """The function that computes all derivatives of the outputs of ``f`` with respect to its inputs.

    In numerator layout ``jacobian(f)(xs)[i][j]`` is the derivative of output ``i`` by input ``j``; with
    ``layout="denominator"`` the two change places. A function of one number, or to one number, has one
    index less; arrays by arrays are arrays of all axes. One backward pass for each output.

    >>> jacobian(lambda v: [x * x for x in v])([7.0, 3.0])
    [[14.0, 0.0], [0.0, 6.0]]
    """
    if layout not in ("numerator", "denominator"):
        raise ValueError(f"layout is 'numerator' or 'denominator', not {layout!r}")
    _function("jacobian", f)
    _numbers(argnums)  # refuses what is none, before anything runs

    @functools.wraps(f)
    def evaluate(*arguments: Any, **options: Any) -> Any:
        places = _places(argnums, arguments)
        chosen = [arguments[n] for n in places]
        with lifting(chosen) as (inputs, lifted):
            output, more = _split(f(*_replaced(arguments, places, lifted), **options), has_aux)
            _require_numbers("jacobian", output)
            rows = [reverse_pass(y, inputs, as_values=is_followed(y, inputs)) for y in leaves_of(output)]
        xs = _one_or_all(chosen, argnums)
        if layout == "denominator":
            columns = [iter(column) for column in zip(*rows)] if rows else [iter(()) for _ in inputs]
            found = _outer(xs, output, columns)
        else:
            found = _outer(output, xs, map(iter, rows))
        return (found, _result(more, inputs)) if has_aux else found

    return evaluate


@named_options()
def hessian(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the matrix of second derivatives of ``f``, which returns one number.

    With several argument numbers it is a tuple of tuples: block ``[i][j]`` is by argument ``i`` and by argument ``j``.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x ** 2 * y, argnums=(0, 1))(3.0, 5.0)
    ((10.0, 6.0), (6.0, 0.0))
    """
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux)


@named_options()
def hvp(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function of ``(xs, v)`` that computes the Hessian of ``f`` at ``xs`` times the vector ``v``.

    ``v``, the last argument, has the structure of the gradient. Forward mode over reverse mode: it costs a few
    evaluations of ``f``, without the matrix.

    >>> hvp(lambda v: v[0] ** 2 * v[1])([3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """
    _function("hvp", f)
    _numbers(argnums)  # refuses what is none, before anything runs

    @functools.wraps(f)
    def evaluate(*arguments: Any, **options: Any) -> Any:
        if len(arguments) < 2:
            raise TypeError(f"hvp(f) takes the arguments of f and, as the last one, a vector v: it was given {len(arguments)} argument(s)")
        *points, v = arguments
        places = _places(argnums, points)
        require_same_structure("v", v, "the gradient", _one_or_all([points[n] for n in places], argnums))

        def gradient(*chosen: Any) -> Any:
            return grad(f, argnums)(*_replaced(points, places, chosen), **options)

        return jvp(gradient, [points[n] for n in places], [v] if _is_one(argnums) else v)[1]

    return evaluate


# -- arguments and results ---------------------------------------------------------------------------------------
def _function(transform: str, f: Any) -> Any:
    """``f``, if it can be called."""
    recorded = "of a recorded Value, take gradients(output, [x, y])"
    return require_function(transform, f, *([recorded] if isinstance(f, Number) else []))


def _is_one(argnums: Any) -> bool:
    return hasattr(argnums, "__index__") and getattr(argnums, "shape", ()) == ()


def _numbers(argnums: Any) -> list[int]:
    try:
        is_row = isinstance(argnums, Sequence) or getattr(argnums, "ndim", 0) == 1
        return [operator.index(n) for n in (argnums if is_row else [argnums])]
    except TypeError:
        raise TypeError(f"argnums is the number of an argument (0, 1, ...) or a tuple of them, not {argnums!r}") from None


def _places(argnums: Any, arguments: Sequence[Any]) -> list[int]:
    numbers = _numbers(argnums)
    for n in numbers:
        if not -len(arguments) <= n < len(arguments):
            raise IndexError(f"argnums is {argnums}, but the function was given {len(arguments)} argument(s) by position")
    places = [n % len(arguments) for n in numbers]
    if len(set(places)) < len(places):
        raise ValueError(f"argnums is {argnums}, which names an argument twice: name each once")
    return places


def _replaced(arguments: Sequence[Any], places: list[int], others: Sequence[Any]) -> list[Any]:
    """The arguments with others at those places."""
    replaced = list(arguments)
    for n, other in zip(places, others):
        replaced[n] = other
    return replaced


def _one_or_all(parts: list[Any], argnums: Argnums) -> Any:
    return parts[0] if _is_one(argnums) else tuple(parts)


def _outer(outside: Any, inside: Any, rows: Iterable[Iterator[Any]]) -> Any:
    """For each number of one structure, a row of numbers in the other one."""
    each = iter(rows)
    if is_array(outside) and is_array(inside) and not outside.size:  # of no numbers there is no row that has the axes of the inside
        return like(outside, each).reshape(outside.shape + inside.shape)
    return map_structure(lambda _: like(inside, next(each)), outside)


def _split(result: Any, has_aux: bool) -> tuple[Any, Any]:
    """The output and what comes beside it."""
    if not has_aux:
        return without_axes(result), None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"with has_aux=True the function returns a pair (output, more), and this one returned {kind_of(result)}")
    return without_axes(result[0]), result[1]


def _result(structure: Any, inputs: Sequence[Value]) -> Any:
    """A structure as the caller sees it: plain floats, where nobody follows the nodes; anything that is no number as it is."""

    def plain(x: Any) -> Any:
        return x if not isinstance(x, Number) or is_followed(x, inputs) else as_plain(x)

    return map_structure(plain, structure)


def _require_numbers(transform: str, output: Any) -> None:
    """Refuse an output that is no number: its derivative would silently be 0."""
    for y in leaves_of(output):
        if kind_of(y) != "number":
            raise TypeError(f"{transform} needs a function that returns numbers or lists of numbers, but this one returned {kind_of(y)}")
