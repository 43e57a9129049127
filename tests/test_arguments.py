"""What functions under a transform take and return: arrays, dictionaries, keywords, several arguments, a result beside the output."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

import autograd_core as ac
from autograd_core import grad, gradcheck, hessian, hvp, jacobian, jit, jvp, numerical_gradient, value_and_grad, vjp

V = np.array([1.0, 2.0])
M = np.array([[1.0, 2.0], [3.0, 4.0]])
Point = namedtuple("Point", "x y")


def of_floats(found, expected):
    assert isinstance(found, np.ndarray)
    assert found.dtype == float
    np.testing.assert_allclose(found, expected)


def test_arrays_keep_the_arithmetic_of_arrays():
    value, slope = value_and_grad(lambda v: (v * 2)[0] ** 2)(V)
    assert value == 4.0
    of_floats(slope, [8.0, 0.0])
    of_floats(grad(lambda v: (v + v).sum())(V), [2.0, 2.0])
    of_floats(grad(lambda m: (m @ m).sum())(M), (M.sum(1) + M.sum(0)[:, None]) * 0 + (np.ones((2, 2)) @ M.T + M.T @ np.ones((2, 2))))
    of_floats(grad(lambda v: np.exp(v).sum())(V), np.exp(V))
    of_floats(grad(lambda v: v.std() ** 2 + v.var() + np.vdot(v, v))(V), 2.0 * (V - V.mean()) + 2.0 * V)
    of_floats(grad(lambda v: (v * v).mean())(np.array([1, 2, 3])), np.array([2.0, 4.0, 6.0]) / 3.0)


NUMPYS = ["tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arctanh", "expm1", "exp2", "log1p", "log2", "log10", "cbrt",
          "radians", "degrees", "deg2rad", "rad2deg", "rint", "fabs", "floor", "ceil", "trunc", "round", "square", "sqrt", "sin", "cos",
          "exp", "log", "absolute", "negative", "reciprocal"]  # fmt: skip


@pytest.mark.parametrize("name", NUMPYS)
def test_functions_of_numpy_take_arrays_under_a_transform(name):
    function, v = getattr(np, name), np.array([0.25, 0.75])
    slope = (function(v + 1e-6) - function(v - 1e-6)) / 2e-6
    value, found = jvp(function, (v,), (np.ones(2),))
    of_floats(value, function(v))
    np.testing.assert_allclose(found, slope, rtol=1e-7, atol=1e-8)
    of_floats(grad(lambda v: function(v).sum())(v), found)
    of_floats(jit(grad(lambda v: function(v).sum()))(v), found)


def test_functions_of_numpy_take_two_numbers_under_a_transform():
    found = grad(lambda v: np.hypot(v[0], v[1]) + np.arctan2(v[0], v[1]) + np.arccosh(v[0]))(np.array([3.0, 4.0]))
    of_floats(found, [3.0 / 5.0 + 4.0 / 25.0 + 1.0 / np.sqrt(8.0), 4.0 / 5.0 - 3.0 / 25.0])


def test_arrays_through_every_transform():
    cube = lambda v: (v**3).sum()  # noqa: E731
    of_floats(hessian(cube)(V), np.diag(6.0 * V))
    of_floats(jacobian(lambda v: v * v)(V), np.diag(2.0 * V))
    of_floats(jacobian(lambda v: v * v, layout="denominator")(V), np.diag(2.0 * V))
    assert jacobian(lambda m: m @ V)(M).shape == (2, 2, 2)
    of_floats(jvp(lambda v: v * v, (V,), (np.array([1.0, 0.0]),))[1], [2.0, 0.0])
    of_floats(hvp(cube)(V, np.array([1.0, 1.0])), 6.0 * V)
    of_floats(vjp(lambda v: v * v, V)[1](np.array([1.0, 10.0]))[0], [2.0, 40.0])
    of_floats(numerical_gradient(cube, V), 3.0 * V**2)
    assert len(gradcheck(cube, V).checks) == 8
    of_floats(grad(lambda v: (grad(cube)(v) * v).sum())(V), 9.0 * V**2)


def test_a_series_of_pandas_stays_one():
    series = pd.Series([1.0, 2.0], index=["a", "b"], name="w")
    found = grad(lambda s: (s * s).sum() + s["a"])(series)
    pd.testing.assert_series_equal(found, pd.Series([3.0, 4.0], index=["a", "b"], name="w"))
    frame = pd.DataFrame(M, columns=["a", "b"])
    pd.testing.assert_frame_equal(grad(lambda f: (f * f).sum().sum())(frame), 2.0 * frame)


def test_dictionaries_and_named_tuples_are_structures():
    f = lambda p: p["w"][0] * p["b"] + p["w"][1]  # noqa: E731
    at = {"w": [2.0, 5.0], "b": 3.0}
    assert grad(f)(at) == {"w": [3.0, 1.0], "b": 2.0}
    assert list(grad(f)(at)) == ["w", "b"]
    assert jvp(f, (at,), ({"b": 1.0, "w": [0.0, 0.0]},)) == (11.0, 2.0)
    assert grad(lambda p: p.x * p.y)(Point(2.0, 3.0)) == Point(3.0, 2.0)
    assert hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 3.0, "b": 5.0}) == {"a": {"a": 10.0, "b": 6.0}, "b": {"a": 6.0, "b": 0.0}}


def scaled(x, y, *, k=1.0):
    return k * x * x * y


@pytest.mark.parametrize("number", [1, np.int64(1), -1, True])
def test_argnums_is_any_kind_of_integer(number):
    assert grad(scaled, number)(3.0, 5.0) == 9.0
    assert jacobian(scaled, number)(3.0, 5.0) == 9.0


def test_keywords_and_several_arguments_through_every_transform():
    assert grad(scaled)(3.0, 5.0, k=2.0) == 60.0
    assert value_and_grad(scaled, (0, 1))(3.0, 5.0, k=2.0) == (90.0, (60.0, 18.0))
    assert grad(scaled, (1,))(3.0, 5.0) == (9.0,)
    assert jacobian(lambda x, y: [x * y, x], (0, 1))(3.0, 5.0) == [(5.0, 3.0), (1.0, 0.0)]
    assert hessian(scaled, (0, 1))(3.0, 5.0, k=2.0) == ((20.0, 12.0), (12.0, 0.0))
    assert hvp(scaled)(3.0, 5.0, 1.0, k=2.0) == 20.0
    assert hvp(scaled, (0, 1))(3.0, 5.0, (1.0, 1.0)) == (16.0, 6.0)


def test_a_result_beside_the_output_is_not_differentiated():
    f = lambda x: (x**3, {"twice": 2.0 * x, "text": "a"})  # noqa: E731
    more = {"twice": 4.0, "text": "a"}
    assert grad(f, has_aux=True)(2.0) == (12.0, more)
    assert value_and_grad(f, has_aux=True)(2.0) == ((8.0, more), 12.0)
    assert jvp(f, (2.0,), (1.0,), has_aux=True) == (8.0, 12.0, more)
    value, pullback, found = vjp(f, 2.0, has_aux=True)
    assert (value, pullback(1.0), found) == (8.0, (12.0,), more)
    assert jacobian(f, has_aux=True)(2.0) == (12.0, more)
    assert hessian(f, has_aux=True)(2.0) == (12.0, more)
    with pytest.raises(TypeError, match="pair"):
        grad(lambda x: x, has_aux=True)(2.0)


def test_arrays_are_refused_where_one_number_is_needed():
    with pytest.raises(TypeError, match=r"one number.*ndarray of length 2"):
        ac.grad(lambda v: v * v)(V)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_of_numpy_multiplies_as_one():
    m = M.view(np.matrix)
    (products, slope), expected = value_and_grad(lambda m: (m * m).sum())(m), grad(lambda m: (m @ m).sum())(M)
    assert (products, type(slope)) == ((M @ M).sum(), np.matrix)
    np.testing.assert_allclose(slope, expected)
    np.testing.assert_allclose(jit(lambda m: m * m)(m), M @ M)
    assert jvp(lambda m: (m * m).sum(), (m,), (m,))[1] == 2.0 * products


class Foreign(np.ndarray):
    """An array of another library, which has methods of pandas' names."""

    def index(self, x):
        raise NotImplementedError

    columns = index


def test_an_array_with_a_method_that_is_called_index_is_no_frame():
    v = np.array([2.0, 3.0]).view(Foreign)
    assert jvp(lambda v: v[0] * v[1], (v,), (np.array([1.0, 0.0]).view(Foreign),)) == (6.0, 3.0)
    with pytest.raises(ValueError, match=r"tangents is \(an array of shape \(2,\),\), but primals is \(a Foreign of shape \(2,\), a number\)"):
        jvp(lambda v, x: v[0] * x, (v, 1.0), (np.array([1.0, 0.0]),))
