"""What transforms take beside plain numbers: other nestings of a direction, argnums in every spelling, arrays without axes, masks."""

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


@pytest.mark.parametrize("x", [MASKED, np.ma.masked, np.ma.array(2.0), [MASKED]], ids=repr)
def test_masked_arrays_are_refused(x):
    for call in (lambda: ac.grad(squares)(x), lambda: ac.jvp(squares, (x,), (x,)), lambda: ac.vjp(squares, x)):
        with pytest.raises(TypeError, match="masked array"):
            call()
