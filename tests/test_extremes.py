"""Derivatives at kinks and singular points are right or not finite, in every order and in every reading; never finite and wrong."""

import copy
import ctypes
import itertools
import math
import pickle
from functools import cache, reduce
from random import Random

import extreme_graphs as extreme
import mpmath
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients, topological_order

inf, nan = math.inf, math.nan

# -- against the truth: limits at high precision --------------------------------------------------------------------
mp = mpmath.MPContext()
mp.dps = 330
NEAR = [mp.mpf(10) ** -40, mp.mpf(10) ** -50]
STEP = mp.mpf(10) ** -80
EXACT = {name: getattr(mp, name) for name in ("sqrt", "exp", "log", "sin", "cos", "asin", "acos", "acosh", "atan", "atan2", "hypot", "tanh")}
EXACT |= {
    "abs": abs, "relu": lambda x: x if x > 0 else 0 * x, "maximum": lambda x, y: mp.mpf(max(x, y)), "minimum": lambda x, y: mp.mpf(min(x, y)),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)), "power": lambda x, y: mp.mpf(x) ** y, "sign": mp.sign, "step": lambda x: mp.mpf(x > 0),
    "leaky_relu": lambda x: x if x > 0 else x * mp.mpf(0.01), "elu": lambda x: x if x > 0 else mp.expm1(x), "softplus": lambda x: mp.log1p(mp.exp(x)),
}  # fmt: skip
OURS = {name: getattr(ac, name) for name in EXACT if hasattr(ac, name)} | {"power": lambda x, y: ac.TABLE["pow"](x, y)}

FUNCTIONS = """
sqrt(x) ; sqrt(x)**2 ; sqrt(x)**3 ; sqrt(x)**4 ; sqrt(x)**0 ; sqrt(x*x) ; sqrt(x**2) ; sqrt(abs(x)) ; sqrt(abs(x))**2 ; sqrt(relu(x)) ; sqrt(x)*x ; sqrt(x)*sin(x)
cbrt(x) ; cbrt(x)**2 ; cbrt(x)**3 ; cbrt(x)**4 ; cbrt(x)**6 ; cbrt(x**3) ; cbrt(x*x) ; cbrt(abs(x)) ; cbrt(relu(x)) ; cbrt(x)*cbrt(x)*cbrt(x)
abs(x) ; abs(x)**2 ; abs(x)**3 ; abs(x)**4 ; abs(x)*x ; abs(x)*abs(x) ; abs(x*x) ; abs(x**3) ; abs(sin(x)) ; exp(-abs(x)) ; abs(x)*cos(x) ; abs(abs(x)) ; sqrt(1.0 + abs(x))
hypot(x, 0.0) ; hypot(x, x) ; hypot(x, 2.0*x) ; hypot(x, 1.0) ; hypot(x, 0.0)**2 ; hypot(x, x)**2 ; hypot(x, x)**3 ; x*hypot(x, x) ; hypot(x*x, x) ; hypot(x*x, x*x)
hypot(hypot(x, x), x) ; sqrt(hypot(x, 0.0)) ; hypot(sqrt(abs(x)), 0.0)**2 ; hypot(relu(x), 0.0) ; hypot(x, abs(x))**2
atan2(x, 1.0) ; atan2(x, x) ; atan2(x*x, x*x) ; atan2(x, 1.0)*atan2(x, 1.0) ; x*atan2(x, x) ; atan2(1.0, x) ; atan2(sqrt(abs(x)), 1.0)
x**0 ; x**1 ; x**2 ; x**3 ; x**4 ; x**0.25 ; x**0.5 ; x**1.0 ; x**1.25 ; x**1.5 ; x**1.75 ; x**2.25 ; x**2.5 ; x**3.5 ; (x*x)**0.5 ; (x*x)**0.75 ; (x*x)**1.5 ; (x**0.5)**2 ; (x**0.25)**4 ; (x**1.5)**2
power(x, 0.0*x + 2.0) ; power(x, 0.0*x + 0.5) ; power(x, 0.0*x + 1.0) ; power(x, 0.0*x + 1.5) ; power(x, 0.0*x + 3.0) ; power(x, 0.0*x) ; power(x, x + 1.0) ; power(x, x + 2.0) ; power(x, x + 0.5)
power(x*x, 0.0*x + 0.5) ; power(x, 0.0*x + 0.5)**2 ; power(sqrt(x), 0.0*x + 2.0)
asin(x) ; acos(x) ; asin(x)**2 ; acos(x)**2 ; asin(minimum(x, 1.0)) ; acos(minimum(x, 1.0)) ; asin(maximum(x, -1.0)) ; acosh(maximum(x, 1.0)) ; acosh(maximum(x, 1.0))**2 ; asin(sin(x)) ; acos(cos(x)) ; acos(cos(x))**2
acosh(1.0 + x*x) ; acosh(1.0 + abs(x)) ; asin(abs(x))*asin(abs(x))
maximum(x, 0.0) ; maximum(x, -x) ; maximum(x, -x)**2 ; minimum(x, -x)**2 ; maximum(x, x) ; maximum(x, x)**2 ; maximum(x*x, 0.0) ; maximum(sqrt(abs(x)), 1.0) ; minimum(sqrt(abs(x)), 1.0) ; maximum(x, 2.0*x)
relu(x)**2 ; relu(x)**3 ; relu(x)*x ; relu(x)*relu(x) ; relu(sqrt(abs(x)) - 1.0) ; relu(1.0 - sqrt(abs(x))) ; leaky_relu(x)**2 ; elu(x)**2 ; sign(x)*x*x ; step(x)*x*x ; step(x)*sqrt(abs(x)) ; sign(x)*sqrt(abs(x))
0.0*sqrt(abs(x)) ; sqrt(abs(x))*sqrt(abs(x)) ; sqrt(abs(x)) + x ; cbrt(x) - cbrt(x) ; sqrt(abs(x)) - sqrt(abs(x)) ; cbrt(x)*abs(x) ; abs(x)*sqrt(abs(x)) ; exp(sqrt(abs(x))) ; sin(cbrt(x))**3 ; tanh(abs(x)*abs(x))
sqrt(x*x*x*x) ; sqrt(x**4) ; sqrt(x**6) ; sqrt(relu(x)*relu(x)) ; relu(cbrt(x)) ; relu(-cbrt(x)) ; cbrt(x)*relu(x) ; sqrt(abs(x))*relu(x)
"""
NAMES = [name.strip() for line in FUNCTIONS.strip().splitlines() for name in line.split(";")]
POINTS = (0.0, -0.0, 1.0, -1.0, 2.0)


def of(name, functions):
    return eval(f"lambda x: {name}", {**functions, "__builtins__": {}})


def side(name, x, order, sign):
    """The limit of the derivative from one side: a number, ``inf`` where there is none, ``None`` where nothing is defined."""
    f, found = of(name, EXACT), []
    try:
        if any(isinstance(mp.mpmathify(f(mp.mpf(x) + sign * h * k)), mp.mpc) for h in NEAR for k in (1, 2)):
            return None
        for h in NEAR:
            found.append(mp.diff(f, mp.mpf(x) + sign * h, order, h=STEP))
    except (ValueError, TypeError, ZeroDivisionError, mpmath.libmp.ComplexResult):  # complex numbers cannot be compared
        return None
    far, near = found
    return float(near) if abs(far - near) <= mp.mpf(10) ** -9 * (1 + abs(near)) and abs(near) < 10**15 else inf


@cache
def sides(name, x, order):
    return [limit for sign in (1, -1) if (limit := side(name, x, order, sign)) is not None]


def right(got, limits):
    """Whether a derivative is right (at a kink, between its sides) or not finite."""
    if not math.isfinite(got):
        return True
    finite = [limit for limit in limits if math.isfinite(limit)]
    if len(limits) == 2 and not finite:
        return False
    return not finite or min(finite) - 1e-7 <= got <= max(finite) + 1e-7


def nestings(f, x, order):
    """The derivative of this order by every nesting of reverse and forward mode."""
    forward = lambda g: lambda at: ac.jvp(g, (at,), (1.0,))[1]  # noqa: E731
    for modes in itertools.product([ac.grad, forward], repeat=order):
        yield "".join("r" if mode is ac.grad else "f" for mode in modes), reduce(lambda g, mode: mode(g), modes, f)(x)


def recorded(f, x, order):
    """The node of the derivative of order ``order - 1``, and its leaf: what a program of this order is compiled from."""
    leaf = Value(x, "x")
    out = f(leaf)
    for _ in range(order - 1):
        (out,) = gradients(out, [leaf])
    return out, leaf


def readings(f, x, order, dialects=("python", "numpy")):
    for name, reading in nestings(f, x, order):
        yield name, float(reading)
    out, leaf = recorded(f, x, order)
    yield "gradients", gradients(out, [leaf])[0].data
    out.backward()
    yield "backward", leaf.grad
    for dialect in dialects:
        if isinstance(out, Value):
            yield dialect, compile_graph(out, [leaf], dialect=dialect)([x])[1][0]


@pytest.mark.parametrize("name", NAMES)
def test_a_derivative_is_right_or_not_finite_and_the_same_in_every_reading(name):
    f, wrong, tried = of(name, OURS), [], 0
    for x in POINTS:
        try:
            f(Value(x))
        except (ValueError, ArithmeticError):
            continue
        tried += 1
        for order in (1, 2, 3):
            found = dict(readings(f, x, order))
            limits = sides(name, x, order)
            wrong += [f"order {order} at {x} by {how}: {got}, and the limits are {limits}" for how, got in found.items() if not right(got, limits)]
            first = found["backward"]
            wrong += [f"order {order} at {x}: {how} gives {got}, backward {first}" for how, got in found.items()
                      if not extreme.agree(got, first, 1e-9 * (1.0 + abs(first)))]  # fmt: skip
    assert tried
    assert not wrong, "\n".join(wrong)


# -- the values that the table of faults names ------------------------------------------------------------------------
EXPECTED = [
    ("sqrt(relu(x))", -1.0, 0.0), ("asin(minimum(x, 1.0))", 2.0, 0.0), ("maximum(sqrt(x), 1.0)", 0.0, 0.0), ("relu(-1.0 - sqrt(x))", 0.0, 0.0),
    ("cbrt(x)**3", 0.0, nan), ("sqrt(x)**2", 0.0, nan), ("sqrt(x*x)", 0.0, nan), ("0.0*sqrt(x)", 0.0, nan), ("sqrt(x)", 0.0, inf),
    ("step(x - 1.0)*sqrt(x)", 0.0, 0.0), ("sqrt(x)**0", 0.0, 0.0), ("hypot(relu(x), 0.0)", -1.0, 0.0), ("cbrt(relu(x) + relu(x))", -1.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "expected"), EXPECTED)
def test_a_chosen_zero_cuts_the_path_and_a_computed_one_times_infinity_is_nan(name, x, expected):
    found = dict(readings(of(name, OURS), x, 1, ("python", "numpy", "c")))
    assert all(extreme.equal(got, expected) for got in found.values()), found
    if expected == 0.0:  # flat to any order
        for order in (2, 3):
            found = dict(readings(of(name, OURS), x, order))
            assert all(got == 0.0 for got in found.values()), (order, found)


CORNERS = """
sqrt(abs(x)) ; sqrt(maximum(x, -x)) ; sqrt(relu(x)) ; sqrt(relu(x) + relu(-x)) ; cbrt(relu(x) + relu(-x)) ; relu(cbrt(x)) ; relu(cbrt(x)) + relu(-cbrt(x))
sqrt(flat(x)) ; sqrt(flat(x) + flat(-x)) ; sqrt(clip(0.0, x, 1.0)) ; sqrt(clip(0.0, x, 1.0) + clip(0.0, -x, 1.0)) ; sqrt(-clip(0.0, -1.0, x))
sqrt(1.0 - clip(1.0, 0.0, x + 1.0) + clip(x, 0.0, 1.0)) ; sqrt(clip(x, 0.0, 1.0))
"""


BUILT = ("sqrt(abs(x))", "sqrt(relu(x) + relu(-x))", "sqrt(clip(0.0, x, 1.0))")  # in C, too, which takes a second each


@pytest.mark.parametrize("name", [name.strip() for line in CORNERS.strip().splitlines() for name in line.split(";")])
def test_a_zero_at_a_corner_is_a_number_and_no_chosen_zero(name):
    f = of(name, OURS | {"flat": lambda x: ac.leaky_relu(x, 0.0), "clip": ac.clip})
    for order in (1, 2, 3):
        assert not any(map(math.isfinite, dict(readings(f, 0.0, order, ("python", "numpy", *["c"][: order == 1 and name in BUILT]))).values()))


@pytest.mark.parametrize("row", [row for row in ac.TABLE.values() if row.arity in (1, 2)], ids=lambda row: row.name)
def test_a_value_that_is_defined_is_recorded_however_large_what_its_derivative_computes_on_the_way(row):
    extremes = [1.7e308, -1.7e308, 1e308, 1e155, -1e155, 1.0, -0.5, 0.0, -0.0, 1e-155, 5e-324, math.inf, math.nan]
    for xs in itertools.product(extremes, repeat=row.arity):
        try:
            value = row.evaluate(*xs)
        except (ArithmeticError, ValueError):  # not defined, or larger than any float
            continue
        assert repr(row(*map(Value, xs)).data) == repr(value), xs


def test_a_failed_call_before_it_changes_no_number():
    # CPython's absolute value of nan reports the overflow of whatever set errno last.
    errno = getattr(ctypes.PyDLL(None), "__errno_location", None)
    if errno is None:  # not glibc
        return
    errno.restype = ctypes.POINTER(ctypes.c_int)
    place = errno()
    x, y = Value(math.nan, "x"), Value(-0.0, "y")
    program = compile_graph(ac.hypot(x, y), [x, y])
    for f in (lambda: ac.hypot(x, y).data, lambda: program([math.nan, -0.0])[0], lambda: ac.hypot(math.nan, -0.0)):
        place[0] = 34  # ERANGE
        assert math.isnan(f())


def test_the_hessian_of_hypot_is_not_finite_at_the_origin_and_symmetric_elsewhere():
    f = lambda v: ac.hypot(v[0], v[1])  # noqa: E731
    assert ac.grad(f)([0.0, 0.0]) == [0.0, 0.0]
    assert not any(math.isfinite(x) for row in ac.hessian(f)([0.0, 0.0]) for x in row)
    assert not any(math.isfinite(x) for e in ([1.0, 0.0], [0.0, 1.0]) for x in ac.hvp(f)([0.0, 0.0], e))
    assert ac.hessian(f)([0.0, 2.0]) == [[0.5, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(("x", "y", "expected"), [
    (0.0, 2.0, (0.0, 0.0)), (0.0, 1.0, (1.0, 0.0)), (0.0, 0.5, (inf, 0.0)), (0.0, 0.0, (0.0, -inf)), (4.0, 0.5, (0.25, 2.0 * math.log(4.0))),
])  # fmt: skip
def test_a_power_with_a_varying_exponent_at_0_is_right_or_not_finite(x, y, expected):
    f = lambda v: ac.TABLE["pow"](v[0], v[1])  # noqa: E731
    assert ac.grad(f)([x, y]) == pytest.approx(list(expected))
    matrix = ac.hessian(f)([x, y])
    assert extreme.agree(matrix[0][1], matrix[1][0], 1e-12)
    truth = {2.0: [[2.0, 0.0], [0.0, 0.0]], 1.0: [[0.0, inf], [inf, 0.0]], 0.5: [[inf, inf], [inf, 0.0]], 0.0: [[0.0, inf], [inf, inf]]}
    if x == 0.0:
        pairs = [pair for got, want in zip(matrix, truth[y]) for pair in zip(got, want)]
        assert all(got == want if math.isfinite(got) else True for got, want in pairs), matrix
        assert y < 2.0 or matrix == truth[y]
        assert y > 0.0 or matrix[1][1] == inf  # the limit of log(x) ** 2


def test_find_nonfinite_derivation_and_gradcheck_say_where_zero_met_infinity():
    x = Value(0.0, "x")
    y = ac.cbrt(x) ** 3
    y.backward()
    found = ac.find_nonfinite(y)
    assert found.node.op == "cbrt"
    assert "0 times infinity is not defined" in found.message
    assert "local derivative with respect to x is inf" in found.message
    assert "= 0 · (1 / (3 * 0 ** 2)) = nan" in str(ac.derivation(y))
    assert "0 * (0.3333333333333333 / (v1 * v1) = inf) = nan" in str(ac.explain(y, x))
    with pytest.raises(ac.GradcheckError, match="0 times infinity is not defined"):
        ac.gradcheck(lambda x: ac.cbrt(x) ** 3, 0.0)
    flat = ac.sqrt(ac.relu(Value(-1.0, "x")))
    flat.backward()
    assert "= inf · step(-1) = 0" in str(ac.derivation(flat))


def test_a_given_direction_or_seed_of_0_sends_nothing():
    assert ac.jvp(lambda x, y: ac.sqrt(x) + y, (0.0, 1.0), (0.0, 1.0))[1] == 1.0
    assert ac.vjp(lambda x: [ac.sqrt(x), 2.0 * x], 0.0)[1]([0.0, 1.0]) == (2.0,)
    x = Value(0.0)
    ac.sqrt(x).backward(0.0)
    assert x.grad == 0.0


def test_a_copy_knows_what_was_cut():
    x = Value(-1.0, "x")
    y = ac.sqrt(ac.relu(x) * 1.0 + ac.maximum(x, 0.0))
    y = ac.dot([y, y], [y, y]) + ac.TABLE["select"](x, y, 2.0 * y)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), copy.copy(y)):
        leaf = next(node for node in topological_order(twin) if node.name == "x")
        leaf.grad = 0.0
        twin.backward()
        assert leaf.grad == 0.0


# -- random graphs ------------------------------------------------------------------------------------------------------
@settings(deadline=None, max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_all_readings_agree_on_random_graphs_of_extremes(seed):
    random = Random(seed)
    steps, xs = extreme.draw(random)
    judge = extreme.Judge(steps, xs)
    judge.first_order()
    judge.second_order()
    judge.programs(["python", "numpy"], [random.choices(extreme.EXTREMES, extreme.WEIGHTS, k=len(xs)) for _ in range(2)])
    assert not judge.found, f"{extreme.text(steps)} at {xs}: {judge.found}"


@pytest.mark.parametrize("seed", range(3))
def test_c_agrees_on_random_graphs_of_extremes(seed):
    random = Random(f"c {seed}")
    steps, xs = extreme.draw(random, longest=12)
    judge = extreme.Judge(steps, xs)
    judge.first_order()
    judge.programs(["c"], [random.choices(extreme.EXTREMES, extreme.WEIGHTS, k=len(xs)) for _ in range(4)])
    assert not judge.found, f"{extreme.text(steps)} at {xs}: {judge.found}"
