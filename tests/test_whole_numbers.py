"""Rows that choose or count: where, clip, %, //, floor, ceil, trunc, round, and prod and sinc, as Python, NumPy and PyTorch define them."""

import itertools
import math
import operator

import numpy as np
import pytest
import references
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Dual, Value, compile_graph

moderate = st.floats(-1e9, 1e9)
quick = settings(deadline=None, max_examples=300, derandomize=True)


@quick
@given(moderate, st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3))
@example(1.0, 0.1)
@example(-1.0, 0.1)
@example(6.0, -2.0)
@example(-6.0, 2.0)
@example(-7.3, -0.5)
@example(7.3, 0.5)
def test_remainder_and_quotient_are_those_of_python_on_either_side(x, y):
    for operation in (operator.mod, operator.floordiv):
        expected = operation(x, y)
        for a, b in ((Value(x), y), (x, Value(y)), (Value(x), Value(y)), (Dual(x), y)):
            assert operation(a, b).scalar() == expected
    leaves = Value(x), Value(y)
    (leaves[0] % leaves[1]).backward()
    assert [leaf.grad for leaf in leaves] == [1.0, -(x // y)]  # PyTorch's remainder, HIPS autograd's mod


@quick
@given(moderate)
@example(2.5)
@example(-3.5)
@example(-0.5)
@example(4503599627370495.5)  # the largest float with a fraction
@example(4503599627370497.0)
def test_whole_numbers_next_to_a_float_are_those_of_python(x):
    for ours, built_in in ((ac.floor, math.floor), (ac.ceil, math.ceil), (ac.trunc, math.trunc), (ac.round, round)):
        assert ours(x) == built_in(x)
        node = Value(x)
        out = ours(node)
        out.backward()
        assert (out.data, node.grad) == (built_in(x), 0.0)
    for built_in in (math.floor, math.ceil, math.trunc, round):
        assert built_in(Value(x)).data == built_in(Dual(x, 1.0)).primal == built_in(x)
    for a, b in ((Value(x), 2.5), (x, Value(2.5)), (Dual(x), Value(2.5))):
        assert tuple(part.scalar() for part in divmod(a, b)) == divmod(x, 2.5)


HALVES = [2.0**51 + 1.0, 2.0**51 + 0.5, 2.0**52 - 0.5, 2.0**52 + 1.0, 2.0**53 - 1.0, 0.49999999999999994, 0.5, 0.3, 5e-324, 0.0, 1.0, 1e300]


@pytest.mark.parametrize("x", [sign * x for x in HALVES for sign in (1.0, -1.0)])
def test_whole_numbers_have_the_sign_of_zero_and_every_digit_that_numpy_and_python_give_them(x):
    pairs = [(ac.floor, np.floor), (ac.ceil, np.ceil), (ac.trunc, np.trunc), (ac.round, np.rint)]
    pairs += [(lambda x, y=y, f=f: f(x, y), lambda x, y=y, f=f: f(x, y)) for y in (1.0, -1.0, 2.0, -3.0) for f in (operator.mod, operator.floordiv)]
    expected = [repr(float(theirs(x))) for _, theirs in pairs]
    leaf = Value(x)
    outputs = [ours(leaf) for ours, _ in pairs]
    assert [repr(y.data) for y in outputs] == expected
    for dialect in ("python", "numpy"):
        assert [repr(float(y)) for y in compile_graph(outputs, [], [leaf], dialect)([], [x])] == expected


def test_round_to_digits_is_for_plain_floats():
    assert ac.round(2.345, 1) == 2.3
    with pytest.raises(TypeError, match=r"write round\(x \* 100\) / 100"):
        round(Value(2.345), 2)


AS_PYTORCH = [
    (lambda m, x, y: m.where(x > 0, x * x, y), (3.0, 5.0)), (lambda m, x, y: m.where(x > 0, x * x, y), (-3.0, 5.0)),
    (lambda m, x, y: m.clip(x, -1.0, 1.0) * y, (0.5, 2.0)), (lambda m, x, y: m.clip(x, -1.0, 1.0) * y, (1.0, 2.0)),
    (lambda m, x, y: m.clip(x, -1.0, 1.0) * y, (-1.0, 2.0)), (lambda m, x, y: m.clip(x, -1.0, 1.0) * y, (1.5, 2.0)),
    (lambda m, x, y: m.sinc(x) * y, (0.0, 2.0)), (lambda m, x, y: m.sinc(x) * y, (0.3, 2.0)), (lambda m, x, y: m.sinc(x) * y, (-2.5, 2.0)),
    (lambda m, x, y: x % y, (7.0, -3.0)), (lambda m, x, y: x % y, (-7.5, 2.0)), (lambda m, x, y: m.floor(x) * y, (2.5, 3.0)),
    (lambda m, x, y: m.round(x) * y, (2.5, 3.0)), (lambda m, x, y: m.trunc(x) * m.ceil(y), (-2.5, 3.2)),
]  # fmt: skip


RECORDED = [  # the value and the gradient that PyTorch 2.13 gives for each of these
    (9.0, [6.0, 0.0]),
    (5.0, [-0.0, 1.0]),
    (1.0, [2.0, 0.5]),
    (2.0, [2.0, 1.0]),
    (-2.0, [2.0, -1.0]),
    (2.0, [0.0, 1.0]),
    (2.0, [0.0, 1.0]),
    (1.7167873826682796, [-1.8040562602777777, 0.8583936913341398]),
    (0.25464790894703254, [0.10185916357881276, 0.12732395447351627]),
    (-2.0, [1.0, 3.0]),
    (0.5, [1.0, 4.0]),
    (6.0, [0.0, 2.0]),
    (6.0, [0.0, 2.0]),
    (-8.0, [0.0, 0.0]),
]


@pytest.mark.parametrize(("case", "recorded"), [*zip(AS_PYTORCH, RECORDED, strict=True)])
def test_values_and_derivatives_are_those_of_pytorch(case, recorded):
    f, xs = case
    value, found = ac.value_and_grad(lambda v: f(ac, *v))(list(xs))
    assert value == pytest.approx(recorded[0], rel=1e-14, abs=0.0)
    assert found == pytest.approx(recorded[1], rel=1e-13, abs=1e-14)


def test_the_sinc_is_numpys_and_its_derivatives_are_right_near_0_and_far_away():
    for x in (0.0, 1e-9, 0.1, 0.5, 1.0, 2.25, -7.1, 1e6 + 0.5):
        assert ac.sinc(x) == pytest.approx(float(np.sinc(x)), rel=1e-9, abs=1e-16)
    third = ac.grad(ac.grad(ac.grad(ac.sinc)))
    assert [third(x) for x in (0.0, 1e-8)] == pytest.approx([0.0, math.pi**4 / 5 * 1e-8])
    assert ac.gradcheck(ac.sinc, 0.7)


@pytest.mark.parametrize("order", range(3, 8))  # the table is tested up to 2
def test_a_derivative_of_sinc_of_any_order_is_right_where_it_is_a_series_and_where_it_is_none(order):
    most = math.pi**order / (order + 1)  # it is nowhere larger than that
    for x in (0.0, 1e-5, -0.1, 0.2, 0.4, -0.6, 0.8, 1.1, -1.3, 1.6, 1.9, 2.05, -2.3, 3.5, 4.75, 17.0):
        assert ac.sinc(x, order) == pytest.approx(float(references.sinc(references.mp.mpf(x), order)), rel=0.0, abs=3e-14 * most), x


def test_a_branch_not_taken_sends_nothing_whatever_its_derivative():
    f = lambda x: ac.where(ac.step(x), ac.sqrt(ac.abs(x)), 2.0 * x)  # noqa: E731
    assert ac.grad(f)(0.0) == 2.0
    assert ac.grad(ac.grad(f))(0.0) == 0.0
    x = Value(4.0, "x")
    out = f(x)
    for dialect in ("python", "numpy", "c"):
        program = compile_graph(out, [x], dialect=dialect)  # the condition is computed anew
        assert [program([at]) for at in (4.0, -3.0, 0.0)] == [(2.0, [0.25]), (-6.0, [2.0]), (0.0, [2.0])]


def test_the_bounds_of_clip_may_be_left_out_or_be_values():
    low = Value(1.0)
    ac.clip(0.5, low=low).backward()
    assert low.grad == 1.0
    assert (ac.clip(5.0, high=2.0), ac.clip(5.0), ac.clip(5.0, 3.0, 1.0)) == (2.0, 5.0, 1.0)
    assert ac.grad(lambda x: ac.clip(x, 2.0, 2.0))(2.0) == 0.0  # a constant
    at = [0.5, -2.0, 3.0, math.nan, math.inf, -math.inf]
    for xs in itertools.product(at, repeat=3):  # nan stays nan, on a bound, too
        assert np.array_equal(ac.clip(*xs), np.clip(*xs), equal_nan=True), xs


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.float16, np.bool_])
def test_small_integers_of_numpy_do_not_overflow_in_a_product_or_sum(kind):
    row, large = np.array([100, 100, 100]).astype(kind), float(kind(100))
    expected = [large, 2.0 * large, 3.0 * large]
    assert ac.prod(row) == ac.prod(list(row)) == large**3
    assert ac.cumsum(row) == ac.cumsum(list(row)) == expected
    np.testing.assert_array_equal(ac.prod(np.stack([row, row])), [large**2] * 3)
    np.testing.assert_array_equal(ac.cumsum([row, row])[1], [2.0 * large] * 3)
    for masked in (np.ma.array([3.0, 2.0], mask=[False, True]), [np.ma.masked, 1.0]):
        with pytest.raises(TypeError):
            ac.prod(masked)


def test_a_product_of_many():
    assert ac.prod([]) == 1.0
    assert ac.grad(ac.prod)([2.0, 0.0, 5.0]) == [0.0, 10.0, 0.0]


def test_the_shell_knows_them(run):
    code, out, _ = run("softmax([x, y])[0] + max(x, y, 1) + min(x, y) + ln(y) + x % y + x // y + prod([x, y])", "x=1.5", "y=2")
    assert code == 0
    assert "dx" in out
    for text in ("softmax([x, y])", "softmax([x, y])[2]", "max()", "x % 0"):
        code, out, err = run(text, *[f"{name}=1" for name in "xy" if name in text.replace("max", "")])
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
