"""What transforms take beside plain numbers: other nestings of a direction, argnums in every spelling, arrays without axes, masks."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import autograd_core as ac

TABLE = np.arange(6.0).reshape(2, 3)
SERIES = pd.Series([1.0, 2.0], index=["a", "b"])
MASKED = np.ma.array([1.0, 2.0], mask=[False, True])
squares = lambda x: (x * x).sum()  # noqa: E731
nested = lambda x: [x, [x, 2.0 * x]]  # noqa: E731

OF_OTHER_STRUCTURE = [
    (lambda: ac.jvp(squares, (TABLE,), (TABLE.T,)), r"tangents is \(an array of shape \(3, 2\),\).*primals is .*\(2, 3\)"),
    (lambda: ac.jvp(squares, (TABLE,), (TABLE.ravel(),)), r"of shape \(6,\).*of shape \(2, 3\)"),
    (lambda: ac.jvp(squares, (TABLE,), (TABLE.T.tolist(),)), r"3 number|2 number.*of shape \(2, 3\)"),
    (lambda: ac.jvp(lambda v, x: v[0] * x, ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0])), r"\(a number, a list of 2 .*\(a list of 2 number\(s\), a"),
    (lambda: ac.jvp(lambda d: d["a"], ({"a": 1.0},), ({"b": 1.0},)), r"'b': a number.*'a': a number"),
    (lambda: ac.jvp(lambda d: d["a"], ({"a": 1.0},), ([1.0],)), r"a list of 1 number.*'a': a number"),
    (lambda: ac.jvp(lambda s: s.sum(), (SERIES,), (SERIES[::-1],)), r"index \['b', 'a'\].*index \['a', 'b'\]"),
    (lambda: ac.vjp(nested, 1.0)[1]([[1.0, 2.0], 3.0]), r"the cotangent is \[a list of 2 .*the output is \[a number, a list of 2"),
    (lambda: ac.vjp(squares, TABLE)[1]([1.0]), r"a list of 1 number.*the output is a number"),
    (lambda: ac.hvp(squares)(TABLE, TABLE.T), r"v is an array of shape \(3, 2\).*gradient is an array of shape \(2, 3\)"),
    (lambda: ac.hvp(lambda x, y: x * y, (0, 1))(1.0, 2.0, 3.0), r"v is a number.*gradient is a tuple of 2 number"),
]


@pytest.mark.parametrize(("call", "both"), OF_OTHER_STRUCTURE)
def test_a_direction_of_another_structure_is_refused_with_both_structures(call, both):
    with pytest.raises(ValueError, match=both):
        call()


@pytest.mark.parametrize("direction", [TABLE, TABLE.tolist(), tuple(map(tuple, TABLE.tolist())), list(TABLE), pd.DataFrame(TABLE)], ids=type)
def test_the_kind_of_a_sequence_does_not_matter_where_shapes_agree(direction):
    expected = (float((TABLE**2).sum()), float(2.0 * (TABLE**2).sum()))
    assert ac.jvp(squares, (TABLE,), (direction,)) == expected
    assert ac.vjp(lambda x: [x, (2.0 * x, 3.0 * x)], 1.0)[1]((1.0, [1.0, 1.0])) == (6.0,)
    assert np.all(ac.hvp(squares)(TABLE, direction) == 2.0 * TABLE)


ARGNUMS = [(0, 12.0), (np.int64(1), 4.0), (np.array(1), 4.0), (range(2), (12.0, 4.0)), (np.array([1, 0]), (4.0, 12.0)), ((-1,), (4.0,))]


@pytest.mark.parametrize(("argnums", "expected"), ARGNUMS)
def test_argnums_in_every_spelling_of_whole_numbers(argnums, expected):
    assert ac.grad(lambda x, y: x * x * y, argnums)(2.0, 3.0) == expected


@pytest.mark.parametrize("transform", [ac.grad, ac.value_and_grad, ac.jacobian, ac.hessian, ac.elementwise_grad])
@pytest.mark.parametrize("argnums", [(0, 0), (0, -2), [1, 0, 1]])
def test_an_argument_that_is_named_twice_is_refused(transform, argnums):
    with pytest.raises(ValueError, match="names an argument twice"):
        transform(lambda x, y: x * y, argnums)(2.0, 3.0)


@pytest.mark.parametrize("argnums", [1.0, "a", None, {0, 1}, (0, "a"), np.array([0.0]), np.array([[0]])])
def test_argnums_that_are_no_whole_numbers_are_refused(argnums):
    with pytest.raises(TypeError, match="argnums is the number of an argument"):
        ac.grad(lambda x, y: x * y, argnums)


def test_an_array_without_axes_is_a_number():
    cube, three, one = lambda x: x**3, np.array(3), np.array(1.0)
    assert (ac.grad(cube)(three), ac.jacobian(cube)(three), ac.hessian(cube)(three)) == (27.0, 27.0, 18.0)
    assert ac.jvp(cube, (three,), (one,)) == (27.0, 27.0)
    assert ac.vjp(cube, three)[1](one) == (27.0,)
    assert ac.hvp(cube)(three, one) == 18.0
    assert ac.grad(lambda x: ac.grad(cube)(x))(np.array(3.0)) == 18.0
    with pytest.raises(TypeError, match="with an entry for each argument"):
        ac.jvp(cube, three, one)


def test_an_array_without_axes_is_a_number_as_a_result_too():
    chosen = lambda x: np.where(True, x**3, x)  # noqa: E731  of NumPy's functions many return such an array
    assert type(chosen(ac.Value(2.0))) is np.ndarray
    assert (ac.value_and_grad(chosen)(3.0), ac.jacobian(chosen)(3.0), ac.hessian(chosen)(3.0)) == ((27.0, 27.0), 27.0, 18.0)
    assert ac.jvp(chosen, (3.0,), (1.0,)) == (27.0, 27.0)
    assert ac.vjp(lambda x: [chosen(x)], 3.0)[1]([1.0]) == (27.0,)
    assert ac.elementwise_grad(lambda xs: [chosen(x) for x in xs])([1.0, 3.0]) == [3.0, 27.0]
    assert ac.grad(lambda x: (chosen(x), {"more": np.array(x)}), has_aux=True)(3.0) == (27.0, {"more": 3.0})
    assert len(ac.gradcheck(chosen, 3.0).checks) == 3
    x = ac.Value(3.0)
    assert [g.data for g in ac.gradients(chosen(x), [x])] == [27.0]


def test_what_comes_beside_a_result_stays_as_it_is_if_it_holds_no_nodes():
    beside = np.array([1, 2]), np.array(["a"]), np.array([1.5], dtype=np.float32), np.array([0], dtype="M8[ns]")
    for found in (ac.grad(lambda x: (x * x, beside), has_aux=True)(2.0)[1], ac.jvp(lambda x: (x, beside), (2.0,), (1.0,), has_aux=True)[2]):
        assert all(one is other for one, other in zip(found, beside))
    assert ac.grad(lambda v: (v.sum(), v * 2.0), has_aux=True)(np.array([1.0, 2.0]))[1].dtype == float


def test_matrices_of_no_numbers_have_all_axes():
    for f, at, shape in ((lambda v: v, np.zeros(0), (0, 0)), (lambda v: v, np.zeros((0, 3)), (0, 3, 0, 3)), (np.sum, np.zeros(0), (0,))):
        assert ac.jacobian(f)(at).shape == shape
    assert ac.hessian(lambda v: (v * v).sum())(np.zeros(0)).shape == (0, 0)
    assert ac.jacobian(lambda v: v)([]) == []


TIMES = [np.timedelta64(3, "ns"), np.array([3], "m8[ns]"), np.array([3], "m8[s]"), np.array(["2020-01-01"], "M8[ns]"), np.datetime64("2020-01-01")]


@pytest.mark.parametrize("x", TIMES, ids=repr)
def test_times_are_no_numbers(x):
    for call in (lambda: ac.grad(np.sum)(x), lambda: ac.Value(x if x.shape == () else x[0])):
        with pytest.raises(TypeError, match=r"a real number is needed, not (timedelta64|datetime64)"):
            call()


def test_keys_of_a_dictionary_may_be_tuples_of_different_kinds():
    at = {(1, "a"): 2.0, ("b", 2): 3.0, (1, 2): 5.0}
    assert ac.grad(lambda d: d[1, "a"] * d["b", 2] ** 2 * d[1, 2])(at) == {(1, "a"): 45.0, ("b", 2): 60.0, (1, 2): 18.0}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("f", [lambda c, x: c(x) * x, lambda c, x: c(x * x) * x / c(x), lambda c, x: c([x, {"x": x}])[1]["x"] * x])
def test_a_copy_of_a_number_that_is_differentiated_is_that_number(copied, f):
    square = lambda x: f(copied, x)  # noqa: E731
    assert (ac.value_and_grad(square)(3.0), ac.hessian(square)(3.0), ac.hvp(square)(3.0, 1.0)) == ((9.0, 6.0), pytest.approx(2.0), pytest.approx(2.0))
    assert ac.grad(ac.grad(square))(3.0) == pytest.approx(2.0)
    assert ac.jvp(ac.grad(square), (3.0,), (1.0,)) == pytest.approx((6.0, 2.0))
    assert ac.grad(lambda x: ac.jvp(square, (x,), (1.0,))[1])(3.0) == pytest.approx(2.0)
    assert ac.grad(lambda v: (copied(v) * v).sum())(np.array([1.0, 3.0])).tolist() == [2.0, 6.0]


def test_a_number_that_is_differentiated_is_not_pickled_and_can_be_afterwards():
    seen = []
    for f in (lambda x: pickle.dumps(x), lambda x: pickle.dumps([x * 2.0])):
        with pytest.raises(TypeError, match="is not pickled: what comes back would not depend on it"):
            ac.grad(lambda x, f=f: seen.append(x * 3.0) or f(x))(2.0)
    assert pickle.loads(pickle.dumps(seen[0])).data == copy.deepcopy(seen[0]).data == 6.0


def test_a_pullback_has_the_structure_that_the_arguments_had():
    at = [2.0, 3.0]
    _, pullback = ac.vjp(lambda xs: xs[0] * xs[1], at)
    at.append(5.0)
    assert pullback(1.0) == ([3.0, 2.0],)


@pytest.mark.parametrize("arguments", [(), (3.0,)])
def test_a_product_with_the_hessian_needs_a_vector(arguments):
    with pytest.raises(TypeError, match=rf"as the last one, a vector v: it was given {len(arguments)}"):
        ac.hvp(lambda x: x * x)(*arguments)


@pytest.mark.parametrize("x", [MASKED, np.ma.masked, np.ma.array(2.0), [MASKED]], ids=repr)
def test_masked_arrays_are_refused(x):
    for call in (lambda: ac.grad(squares)(x), lambda: ac.jvp(squares, (x,), (x,)), lambda: ac.vjp(squares, x)):
        with pytest.raises(TypeError, match="masked array"):
            call()
