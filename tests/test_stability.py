"""sigmoid, softplus, logsumexp, softmax and log_softmax over the whole range of a float, in value and gradient."""

import math

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value, jvp

mp = mpmath.MPContext()
mp.prec = 2400  # holds the sum of 1e308 and 1e-308

HUGE = 1e308
ANY = st.floats(-HUGE, HUGE) | st.floats(-1000.0, 1000.0) | st.floats(-5.0, 5.0)
FEW = st.lists(ANY, min_size=1, max_size=5)
NEAR = st.builds(lambda base, offsets: [base + d for d in offsets], ANY, st.lists(st.floats(-40.0, 40.0), min_size=1, max_size=4))
OPTIONS = settings(deadline=None, max_examples=150, derandomize=True)
EXTREMES = [[HUGE, -HUGE], [HUGE, HUGE], [-HUGE, -HUGE, -HUGE], [1e17, 1e17], [1e8, 1e8 + 1.0], [-1e300, 0.0]]
EXTREMES += [[800.0, 799.0], [300.0, 301.0]]


def on_extremes(test):
    for xs in EXTREMES:
        test = example(xs=xs)(test)
    return OPTIONS(given(xs=FEW | NEAR)(test))


def log_sum(xs):
    """The logarithm of the sum of exponentials; terms below 10 ** -650 of the largest change nothing here."""
    largest = max(map(mp.mpf, xs))
    return largest + mp.log(mp.fsum(mp.exp(x - largest) for x in map(mp.mpf, xs) if x - largest > -1500))


def probabilities(xs):
    """Probabilities below the smallest float are 0."""
    total = log_sum(xs)
    return [mp.exp(x - total) if x - total > -1500 else mp.mpf(0) for x in map(mp.mpf, xs)]


def as_float(x):
    return math.copysign(math.inf, x) if abs(x) > 1.7976931348623157e308 else float(x)


def gradient(f, xs):
    """By backward; forward mode must agree."""
    leaves = [Value(x) for x in xs]
    out = f(leaves)
    out.backward()
    for i, leaf in enumerate(leaves):
        forward = jvp(f, (xs,), ([float(i == j) for j in range(len(xs))],))[1]
        assert forward == pytest.approx(leaf.grad, rel=1e-9, abs=1e-15)
    return out.data, [leaf.grad for leaf in leaves]


# Below a shift of 300 the exponentials are those of the plain numbers: an operand of 300 has an ulp of 6e-14, which
# its exponential shows as a relative error.
RELATIVE, ABSOLUTE = 3e-13, 1e-15


def near(expected, **tolerance):
    return pytest.approx(expected, **{"rel": RELATIVE, "abs": ABSOLUTE, **tolerance})


@OPTIONS
@given(x=ANY)
@example(x=HUGE)
@example(x=-HUGE)
@example(x=0.0)
@example(x=-745.2)
@example(x=36.7)
def test_sigmoid_and_softplus_are_right_everywhere_in_value_and_gradient(x):
    exact = mp.mpf(x)
    plus = max(exact, 0) + (mp.log1p(mp.exp(-abs(exact))) if abs(x) < 1500 else 0)
    rising = 1 / (1 + mp.exp(-exact)) if abs(x) < 1500 else mp.mpf(x > 0)
    slope = rising * (1 - rising)
    assert ac.sigmoid(x) == pytest.approx(float(rising), rel=2e-15, abs=1e-300)
    assert ac.softplus(x) == pytest.approx(float(plus), rel=2e-15, abs=1e-300)
    (_, (by_sigmoid,)), (_, (by_softplus,)) = gradient(lambda v: v[0].sigmoid(), [x]), gradient(lambda v: v[0].softplus(), [x])
    assert by_sigmoid == pytest.approx(float(slope), rel=1e-13, abs=1e-15)  # s * (1 - s): an ulp of 1 where s is near 1
    assert by_softplus == pytest.approx(float(rising), rel=2e-15, abs=1e-300)


@on_extremes
def test_logsumexp_is_right_everywhere_in_value_and_gradient(xs):
    value, slopes = gradient(ac.logsumexp, xs)
    assert value == pytest.approx(float(log_sum(xs)), rel=2e-15, abs=2e-15)
    assert slopes == near([float(p) for p in probabilities(xs)])


@on_extremes
def test_softmax_is_right_everywhere_in_value_and_gradient(xs):
    exact = probabilities(xs)
    for i, p in enumerate(exact):
        value, slopes = gradient(lambda v, i=i: ac.softmax(v)[i], xs)
        assert value == near(float(p))
        assert slopes == near([float(p * ((i == j) - q)) for j, q in enumerate(exact)])
    assert math.fsum(ac.softmax(xs)) == pytest.approx(1.0, rel=1e-14, abs=0.0)


@on_extremes
def test_log_softmax_is_right_everywhere_in_value_and_gradient(xs):
    exact, total = probabilities(xs), log_sum(xs)
    for i, x in enumerate(xs):
        value, slopes = gradient(lambda v, i=i: ac.log_softmax(v)[i], xs)
        # Up to a shift of 300, the logarithm of the sum is rounded to an ulp of 300.
        assert value == near(as_float(mp.mpf(x) - total), abs=2e-13)
        assert slopes == near([float((i == j) - q) for j, q in enumerate(exact)])


@OPTIONS
@given(xs=st.lists(st.integers(-40, 40), min_size=1, max_size=5), shift=st.sampled_from([1024.0, -1024.0, 2.0**40, -(2.0**52)]))
def test_softmax_does_not_depend_on_what_is_added_to_all(xs, shift):
    moved = [x + shift for x in xs]  # exact
    assert ac.softmax(moved) == near(ac.softmax(xs))
    assert ac.log_softmax(moved) == near(ac.log_softmax(xs), abs=2e-13)


def test_ordinary_inputs_show_the_exponentials_that_one_computes_by_hand():
    expected = [0.021772739294085852, 0.8806486129802894, 0.09757864772562468]
    assert ac.softmax((-1.0, 2.7, 0.5)) == expected
    assert [p.data for p in ac.softmax([Value(x) for x in (-1.0, 2.7, 0.5)])] == expected


def test_overflow_of_the_difference_is_minus_infinity_and_not_nan():
    assert ac.log_softmax([HUGE, -HUGE]) == [0.0, -math.inf]
    assert ac.softmax([HUGE, -HUGE]) == [1.0, 0.0]


@pytest.mark.parametrize("f", [ac.softmax, ac.log_softmax, ac.logsumexp])
def test_an_empty_list_is_refused(f):
    with pytest.raises(ValueError, match=f"{f.__name__} needs at least one number"):
        f([])


@pytest.mark.parametrize("xs", [[-math.inf, 0.0], [0.0, -math.inf, 1000.0]])
def test_an_operand_of_minus_infinity_has_probability_zero(xs):
    leaves = [Value(x) for x in xs]
    ac.logsumexp(leaves).backward()
    for leaf, p in zip(leaves, ac.softmax(xs)):
        assert leaf.grad == pytest.approx(p)
        assert p == 0.0 or leaf.data != -math.inf
