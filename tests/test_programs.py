"""Every row of the table as a program: what ``compile_graph`` prints computes what the row itself records.

The reference is the eager engine, which other files hold against mpmath. Python and C must give its very numbers.
"""

import itertools
import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from test_kinks import AT_KINKS
from test_table import MIXED, ROWS, SATURATING, one_by_one, points, same

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients, topological_order

pytestmark = pytest.mark.usefixtures("own_cache")

WEIGHTS = (1.0, -0.75)
EDGES = [-0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308]
MANY = (1, 2, 7, 100)


class Case(NamedTuple):
    """A function of numbers, and where it is tried; ``loose`` is what NumPy may lose to the cancellation of its own roundings."""

    label: str
    f: Any
    points: list[tuple[float, ...]]
    loose: float


def long_points(count):
    mixed = list(itertools.islice(itertools.cycle(MIXED), count))
    scaled = [tuple(scale * x + 0.01 * i for i, x in enumerate(mixed)) for scale in (1.0, 50.0, -120.0, 300.0)]
    return [*scaled, (2.0,) * count, (800.0,) * count, (-1e8,) * count, (*mixed[1:], 1e3), (*mixed[1:], -1e300), (0.0,) * count]


def all_cases():
    for parameter in ROWS:
        row, count = parameter.values
        # Ties, but not of the largest floats, of which hypot (in the derivatives of atan2, whose value is defined) overflows.
        extra = [(x,) for x in EDGES] if count == 1 else [(x, x if abs(x) < 1.0 else 1.0) for x in EDGES] if count == 2 else []
        yield Case(parameter.id, row, [*points(row, count), *extra], 1e-15 if row.name in SATURATING else 0.0)
    for n in MANY:
        yield Case(f"dot {n}", lambda *xs, n=n: ac.dot(xs[:n], xs[n:-1], xs[-1]), long_points(2 * n + 1), 1e-9)
        yield Case(f"logsumexp {n}", lambda *xs: ac.logsumexp(xs), long_points(n), 1e-15)
        yield Case(f"softmax {n}", lambda *xs, n=n: ac.softmax(xs)[n // 2], long_points(n), 1e-15)
        yield Case(f"log_softmax {n}", lambda *xs: ac.log_softmax(xs)[0], long_points(n), 1e-13)
    for at_zero in (-0.0, 0.5, 2.0):
        yield Case(f"step at {at_zero}", lambda x, at_zero=at_zero: ac.step(x, at_zero) * x, [(x,) for x in (-2.0, -0.0, 0.0, 3.0)], 0.0)
    for n in (7, 100, 0.25, -3, 2.5, -1e-3):
        yield Case(f"power {n}", lambda x, n=n: x**n, [(x,) for x in (0.0, 0.5, 1.0, 1.7, -1.7, 40.0, 1e-5)], 0.0)


CASES = list(all_cases())
every_case = pytest.mark.parametrize("case", CASES, ids=[case.label for case in CASES])


def eager(case, xs, weight):
    """The weighted value, then the derivatives by the weight and the operands, or the exception; and whether all of it is finite."""
    w, leaves = Value(weight), [Value(x) for x in xs]
    try:
        out = w * case.f(*leaves)
    except (ValueError, ArithmeticError) as error:
        return error, False
    out.backward()
    numbers = [number for node in topological_order(out) for number in (node.data, node.grad, *node.local_derivatives)]
    return [out.data, w.grad, *(leaf.grad for leaf in leaves)], all(map(math.isfinite, numbers))


def first_defined(case):
    return next(xs for xs in case.points if eager(case, xs, 1.0)[1])


def weighted(case, dialect):
    """The program of a weight times the function, compiled at one point where it is defined."""
    w, leaves = Value(2.0), [Value(x) for x in first_defined(case)]
    return compile_graph(w * case.f(*leaves), [w, *leaves], dialect=dialect)


def flat(result):
    value, found = result
    return [value, *found]


def trials(case):
    for xs in case.points:
        for weight in WEIGHTS:
            yield xs, weight, *eager(case, xs, weight)


@every_case
def test_the_python_program_equals_the_graph_everywhere_and_raises_where_it_raises(case):
    program, wrong, checked = weighted(case, "python"), [], 0
    lines = {line.strip() for line in program.source.splitlines()}
    for xs, weight, expected, finite in trials(case):
        try:
            got = flat(program([weight, *xs]))
        except (ValueError, ArithmeticError) as error:
            line = str(error).partition("in the program's line: ")[2]
            if type(error) is not type(expected) or line not in lines:
                wrong.append((xs, repr(error), expected))
            continue
        if isinstance(expected, Exception) or (finite and got != expected):
            wrong.append((xs, weight, got, expected))
        checked += finite
    one_by_one(wrong, "differences between a row and its Python program")
    assert checked >= 4


@every_case
def test_a_row_that_is_the_output_itself_is_a_program_too(case):
    leaves = [Value(x) for x in first_defined(case)]
    program, wrong = compile_graph(case.f(*leaves), leaves), []
    for xs in case.points:
        expected, finite = eager(case, xs, 1.0)
        if finite and flat(program(list(xs))) != [expected[0], *expected[2:]]:
            wrong.append((xs, program(list(xs)), expected))
    one_by_one(wrong, "differences between a row and its Python program")


def near(got, expected, value, loose):
    """``loose`` is in proportion to the value, of which the terms that cancel are parts, or to 1."""
    return all(g == e or abs(g - e) <= 1e-12 * abs(e) + loose * max(1.0, abs(value)) for g, e in zip(got, expected))


@every_case
def test_the_numpy_program_is_near_the_graph_and_gives_nan_or_inf_where_it_raises(case):
    program, wrong, checked = weighted(case, "numpy"), [], 0
    for xs, weight, expected, finite in trials(case):
        got = flat(program([weight, *xs]))
        refused = isinstance(expected, Exception)
        if all(map(math.isfinite, got)) if refused else finite and not near(got, expected, expected[1], case.loose):
            wrong.append((xs, weight, got, expected))
        checked += finite
    one_by_one(wrong, "differences between a row and its NumPy program")
    assert checked >= 4


@pytest.fixture(scope="module")
def sums_in_c(own_cache):
    """A C program of each twelve cases, their weighted sum, for the compiler is slow to start and a long sum slow to run."""

    @cache
    def built(first):
        total, wrt, places = Value(0.0), [], {}
        for case in CASES[first : first + 12]:
            w, leaves = Value(0.0), [Value(x) for x in first_defined(case)]
            places[case.label] = slice(len(wrt), len(wrt) + 1 + len(leaves))
            wrt += [w, *leaves]
            total = total + w * case.f(*leaves)
        return compile_graph(total, wrt, dialect="c"), [leaf.data for leaf in wrt], places

    return lambda case: built(CASES.index(case) // 12 * 12)


@every_case
def test_the_c_program_equals_the_graph_everywhere_and_gives_nan_or_inf_where_it_raises(case, sums_in_c):
    program, at, places = sums_in_c(case)
    place, wrong, checked = places[case.label], [], 0
    for xs, weight, expected, finite in trials(case):
        parameters = list(at)
        parameters[place] = [weight, *xs]
        value, found = program(parameters)
        got = [value, *found[place]]
        refused = isinstance(expected, Exception)
        if all(map(math.isfinite, got)) if refused else finite and got != expected:
            wrong.append((xs, weight, got, expected))
        checked += finite
    one_by_one(wrong, "differences between a row and its C program")
    assert checked >= 4


def gradient_graph(case, xs):
    """The value and its derivatives as nodes, or nothing where that is refused."""
    leaves = [Value(x) for x in xs]
    try:
        out = case.f(*leaves)
        return leaves, [out, *gradients(out, leaves)]
    except (ValueError, ArithmeticError):
        return leaves, None


SHORT = [case for case in CASES if len(case.points[0]) <= 15]


def whole_table(dialect):
    """All rows and their derivatives as one program of a list of outputs, over one row of inputs for each point."""
    inputs, outputs = [], []
    for case in SHORT:
        leaves, nodes = gradient_graph(case, first_defined(case))
        inputs += leaves
        outputs += nodes
    program = compile_graph(outputs, [], inputs, dialect)
    count = max(len(case.points) for case in SHORT)
    return program, [[case.points[k % len(case.points)] for case in SHORT] for k in range(count)]


@pytest.mark.parametrize("dialect", ["numpy", "c"])
def test_the_whole_table_with_its_derivatives_runs_over_many_rows_at_once(dialect):
    program, table = whole_table(dialect)
    results = program.batch([], [list(itertools.chain(*row)) for row in table])
    wrong, checked = [], 0
    for row, found in zip(table, map(iter, results)):
        for case, xs in zip(SHORT, row):
            got = list(itertools.islice(found, 1 + len(xs)))
            nodes = gradient_graph(case, xs)[1]
            expected = [node.data for node in nodes] if nodes else []
            refused = isinstance(eager(case, xs, 1.0)[0], Exception)
            if refused and all(map(math.isfinite, got)):
                wrong.append((case.label, xs, got))
            if refused or not all(math.isfinite(node.data) for output in nodes for node in topological_order(output)):
                continue
            checked += 1
            if not (got == expected if dialect == "c" else near(got, expected, expected[0], case.loose)):
                wrong.append((case.label, xs, got, expected))
    one_by_one(wrong, f"differences in {dialect}")
    assert checked >= 10_000


INFINITE = [(f, xs) for f, xs, expected in AT_KINKS if any(map(math.isinf, expected))]
# The value is finite, and the derivative is larger than any float.
INFINITE += [(f, (5e-324,)) for f in (ac.log, ac.log2, ac.log10, lambda x: x**-0.5, lambda x: 1e-20 / x**0.5, lambda x: x**0.01)]
CUTS = [lambda y: ac.relu(y - 1e300), lambda y: ac.maximum(y, 1e300), lambda y: ac.step(y - 1e300) * ac.exp(-y * y)]


@pytest.mark.parametrize("dialect", ["python", "numpy"])
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("f", "xs"), INFINITE)
def test_a_path_that_is_cut_gives_zero_through_an_infinite_derivative(f, xs, cut, dialect):
    leaves = [Value(x) for x in xs]
    out = cut(f(*leaves))
    out.backward()
    assert [leaf.grad for leaf in leaves] == [0.0] * len(xs)
    assert compile_graph(out, leaves, dialect=dialect)(xs) == (out.data, [0.0] * len(xs))
    assert compile_graph(out, [], leaves, dialect=dialect)([], xs) == (out.data, [])


@pytest.mark.parametrize("dialect", ["python", "numpy", "c"])
def test_a_computed_zero_times_an_infinite_derivative_is_nan(dialect):
    for f, xs in INFINITE[:6]:
        leaves = [Value(x) for x in xs]
        out = 0.0 * f(*leaves)
        out.backward()
        expected = [leaf.grad for leaf in leaves]
        assert any(map(math.isnan, expected))
        found = compile_graph(out, leaves, dialect=dialect)(xs)[1]
        assert all(g == want or (g != g and want != want) for g, want in zip(found, expected, strict=True))


def test_a_path_that_is_cut_gives_zero_through_an_infinite_derivative_in_c():
    leaves = [[Value(x) for x in xs] for _, xs in INFINITE for _ in CUTS]
    terms = [cut(f(*own)) for own, ((f, _), cut) in zip(leaves, itertools.product(INFINITE, CUTS))]
    wrt = list(itertools.chain(*leaves))
    _, found = compile_graph(ac.dot([1.0] * len(terms), terms), wrt, dialect="c")([leaf.data for leaf in wrt])
    one_by_one([(leaf, g) for leaf, g in zip(wrt, found) if g != 0.0], "gradients that are not 0")


def test_an_infinite_derivative_is_infinite_in_every_dialect_when_something_flows():
    for f, xs in INFINITE[:5]:
        for dialect in ("python", "numpy"):
            leaves = [Value(x) for x in xs]
            out = 2.0 * f(*leaves)
            out.backward()
            found = compile_graph(out, leaves, dialect=dialect)(xs)[1]
            assert all(map(same, found, [leaf.grad for leaf in leaves]))


SIDES = [
    (ac.relu, [(2.0,), (-2.0,), (0.0,)]),
    (abs, [(2.0,), (-2.0,), (0.0,)]),
    (ac.leaky_relu, [(2.0,), (-2.0,), (0.0,)]),
    (ac.elu, [(2.0,), (-2.0,), (0.0,), (800.0,)]),
    (ac.sign, [(2.0,), (-2.0,), (0.0,)]),
    (ac.softplus, [(800.0,), (-800.0,), (0.0,)]),
    (ac.sigmoid, [(800.0,), (-800.0,), (0.0,)]),
    (ac.maximum, [(1.0, 2.0), (2.0, 1.0), (2.0, 2.0)]),
    (ac.minimum, [(1.0, 2.0), (2.0, 1.0), (2.0, 2.0)]),
    (lambda x, y: ac.logsumexp([x, y]), [(1.0, 2.0), (900.0, 2.0), (1.0, -900.0)]),
]


@pytest.mark.parametrize("dialect", ["python", "numpy"])
@pytest.mark.parametrize(("f", "sides"), SIDES)
def test_a_program_compiled_on_one_side_of_a_kink_is_right_on_the_others(f, sides, dialect):
    for compiled_at, called_at in itertools.permutations(sides, 2):
        there = [Value(x) for x in called_at]
        out = 3.0 * f(*there)
        out.backward()
        leaves = [Value(x) for x in compiled_at]
        value, found = compile_graph(3.0 * f(*leaves), leaves, dialect=dialect)(called_at)
        assert [value, *found] == pytest.approx([out.data, *(x.grad for x in there)], rel=1e-12, abs=1e-300)


def test_what_is_no_graph_is_refused_by_its_name():
    with pytest.raises(TypeError, match=r"output is a Value or a list, not float: write compile_graph\("):
        compile_graph(3.0, [Value(1.0)])


def test_rows_of_another_width_are_refused_even_when_there_are_none():
    x = Value(2.0)
    with pytest.raises(ValueError, match=r"1 column"):
        compile_graph(x * x, [], [x]).batch([], np.zeros((0, 3)))


AT_INFINITY = [-math.inf, -1e308, 0.0, 1.0, 301.0, math.inf, math.nan]


@pytest.mark.parametrize("f", [lambda x, y: ac.logsumexp([x, y]), ac.logaddexp], ids=["logsumexp", "logaddexp"])
@pytest.mark.parametrize("dialect", ["python", "numpy", "c"])
def test_logarithms_of_sums_of_infinities_are_those_of_the_engine(f, dialect):
    """numpy.logaddexp is the reference of the value, the engine of the gradient."""
    x, y = Value(1.0), Value(2.0)
    program = compile_graph(f(x, y), [x, y], dialect=dialect)
    for pair in itertools.product(AT_INFINITY, repeat=2):
        leaves = [Value(each) for each in pair]
        f(*leaves).backward()
        with np.errstate(all="ignore"):
            expected = np.logaddexp(*pair)
        for value, gradient in (program(pair), program.batch(pair, [[]])):
            assert value == pytest.approx(expected, rel=1e-15, abs=0.0, nan_ok=True), pair
            assert gradient == pytest.approx([leaf.grad for leaf in leaves], rel=1e-15, abs=0.0, nan_ok=True), pair
