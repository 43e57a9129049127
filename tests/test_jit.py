"""``jit``: what it returns is what the plain function returns, recorded once for each shape, and compiled."""

import functools
import operator
import pathlib
import random
import re
import warnings

import numpy as np
import pytest

import autograd_core as ac
from autograd_core import Program, Value, grad, hessian, hvp, jacobian, jit, jvp, number, value_and_grad, vjp

pytestmark = pytest.mark.usefixtures("own_cache")

HERE = str(pathlib.Path(__file__))
every_dialect = pytest.mark.parametrize("dialect", ["python", "numpy", "c"])


@pytest.fixture(autouse=True)
def nothing_stays_watched():
    yield
    assert number.PLACES.get() is None


def counted(f):
    """``f``, and the list of its calls."""
    calls = []

    @functools.wraps(f)
    def wrapper(*arguments, **keywords):
        calls.append(arguments)
        return f(*arguments, **keywords)

    return wrapper, calls


def line_of(text, file=HERE):
    """Where a file holds a line with that text at its end."""
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, 1) if line.endswith(text))


# -- functions, and the arguments with which each is called, in turn ------------------------------------------------
def scalars(x, y):
    return x * ac.sin(y) - y / x


def neuron(w, x, b):
    return ac.tanh(ac.dot(w, x, b))


def layer(weights, x):
    return [sum((w * v for w, v in zip(row, x)), 0.0) for row in weights]


def nested(parameters, x):
    (a, [b, c]), d = parameters
    return [a * x, (b + c, [d])]


def style(x, how, twice, nothing):
    y = {"sine": ac.sin, "square": lambda v: v * v}[how](x)
    return y if nothing is not None else 2.0 * y if twice else y


def unchanged(x):
    return x


def awkward(parameters, inputs, v1, exp, np, x6, *rest):
    """Names that a program uses itself, or that meet those of arguments without one (x6)."""
    return ac.exp(exp) * parameters + inputs * v1 - np * x6 + rest[0] / rest[1]


def quadratic(v):
    return v[0] ** 2 * v[1] + ac.exp(v[0] * v[1])


def piecewise(x, y):
    return [ac.relu(x), ac.maximum(x, y), ac.minimum(x, y), abs(x), ac.step(x), ac.sign(y), ac.leaky_relu(x), ac.elu(x), ac.softplus(800 * y)]


SIGNS = [(1.5, -2.0), (-1.5, 2.0), (0.0, 0.0), (-0.25, -0.5), (3, 4)]
VECTORS = [([1.0, 2.0],), ([-0.5, 0.25],), ([3, -1],)]
CASES = {
    "scalars": (scalars, [(2.0, 3.0), (-1, 0.5), (True, 4.0), (np.float64(0.5), np.int64(2)), (np.float32(0.5), 2.0)]),
    "a list": (neuron, [([1.0, -1.0], [2.0, 3.0], 0.5), ([0.5, 2.0], [1, 0], 0), ([1.0], [2.0], 3.0), ([1.0] * 40, [0.125] * 40, -1.0)]),
    "tuples": (neuron, [((1.0, -1.0), [2.0, 3.0], 0.5), ([1.0, -1.0], (2.0, 3.0), 0.5)]),
    "lists of lists": (layer, [([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]), ([[1.0], [2.0], [3.0]], [0.5]), ([[], []], [])]),
    "an array": (layer, [(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5, 6])), (np.ones((3, 1)), [0.5]), (np.eye(3), np.arange(3.0))]),
    "arrays in lists": (layer, [([np.array([1.0, 2.0]), [3.0, 4.0]], (5.0, 6.0)), ([np.array([1.0, 2.0])], np.array([5.0, 6.0]))]),
    "nested": (nested, [(((1.0, [2.0, 3.0]), 4.0), 5.0), (([1.0, [-2.0, 3.0]], 0.5), 5.0)]),
    "a list as result": (ac.softmax, [([1.0, 2.0, 3.0],), ([900.0, -900.0],), ((0.0,),), ([1.0] * 50,)]),
    "static arguments": (style, [(2.0, how, twice, n) for how in ("sine", "square") for twice in (True, False) for n in (None, "no")]),
    "awkward names": (awkward, [(1.5, 2.0, 3.0, 0.5, 4.0, 5.0, 6.0, 7.0)]),
    "constants": (lambda x: [1.0, x, 2, (x * 0.0, [x, -3.5])], [(2.0,), (-1.0,)]),
    "only constants": (lambda x: 7.0, [(2.0,), (-1.0,)]),
    "an argument": (unchanged, [(2.0,), ([1.0, (2.0, [3.0])],), ([[], [1.0]],)]),
    "nothing": (unchanged, [([],), ((),), ([[], ()],)]),
    "no argument": (lambda: [1.0, 2.0], [(), ()]),
    "piecewise": (piecewise, SIGNS),
    "grad": (grad(quadratic), VECTORS),
    "grad by several": (grad(scalars, (1, 0)), SIGNS[:2]),
    "value_and_grad": (value_and_grad(quadratic), VECTORS),
    "grad of piecewise": (jacobian(lambda v: piecewise(v[0], v[1])), [([x, y],) for x, y in SIGNS]),
    "hessian": (hessian(quadratic), VECTORS),
    "jacobian": (jacobian(lambda v: [v[0] * v[1], ac.sin(v[0]), 3.0 * v[1]]), VECTORS),
    "hvp": (hvp(quadratic), [(*v, [1.0, -2.0]) for v in VECTORS]),
    "jvp": (lambda x, t: jvp(ac.sigmoid, (x,), (t,)), [(0.5, 1.0), (-40.0, 2.0)]),
    "jvp of grad": (lambda v: jvp(grad(quadratic), (v,), ([1.0, 0.0],))[1], VECTORS),
    "vjp": (lambda v: vjp(lambda u: [u[0] * u[1], u[1]], v)[1]([1.0, 10.0])[0], VECTORS),
    "third derivative": (grad(grad(grad(lambda x: ac.sin(x) * x))), [(0.5,), (2.0,)]),
}  # fmt: skip


def nesting(x):
    return [type(x), *map(nesting, x)] if isinstance(x, list | tuple) else float


def leaves(x):
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, list | tuple) else [x]


@every_dialect
@pytest.mark.parametrize(("f", "calls"), CASES.values(), ids=CASES)
def test_it_returns_what_the_plain_function_returns_in_the_same_nesting(f, calls, dialect):
    # NumPy has functions of its own, which round differently; derivatives of derivatives may be grouped differently.
    tolerance = {"rel": 1e-12, "abs": 1e-15} if dialect == "numpy" else {"rel": 1e-15, "abs": 0.0}
    fast = jit(f, dialect)
    for arguments in calls * 2:
        found, expected = fast(*arguments), f(*arguments)
        assert nesting(found) == nesting(expected)
        assert leaves(found) == pytest.approx(leaves(expected), **tolerance)
        assert all(type(x) is float for x in leaves(found))


def test_the_numbers_are_those_of_hand_computed_examples():
    assert jit(value_and_grad(lambda x: x**3))(2.0) == (8.0, 12.0)
    assert jit(hessian(lambda v: v[0] ** 2 * v[1]))([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]
    assert jit(lambda w, x, b: ac.relu(ac.dot(w, x, b)))([1.0, -1.0], [2.0, 5.0], 4.0) == 1.0
    assert jit(lambda x: jvp(lambda v: v * v, (x,), (3.0,)))(2.0) == (4.0, 12.0)


# -- recordings --------------------------------------------------------------------------------------------------------
def test_it_records_once_for_each_shape_however_often_it_is_called():
    f, calls = counted(layer)
    fast = jit(f)
    for arguments, recordings in [
        (([[1.0, 2.0]], [3.0, 4.0]), 1), (([[5.0, 6.0]], [7.0, 8.0]), 1), (([[1, 2]], [True, 4]), 2), (([[1, 2]], [3, 4]), 2),
        (([(1.0, 2.0)], [3.0, 4.0]), 3), (([[1.0], [2.0]], [3.0]), 4), ((np.ones((1, 2)), [3.0, 4.0]), 5), ((np.zeros((1, 2)), [0.0, 1.0]), 5),
        ((np.ones((2, 1)), [3.0]), 6), (([[9.0, 9.0]], [9.0, 9.0]), 6),
    ]:  # fmt: skip
        fast(*arguments)
        assert len(calls) == recordings


def test_strings_booleans_and_none_choose_the_program():
    f, calls = counted(style)
    fast = jit(f)
    for static in [("sine", True, None), ("sine", False, None), ("square", True, None), ("sine", True, "no")] * 3:
        fast(0.5, *static)
    assert [arguments[1:] for arguments in calls] == [("sine", True, None), ("sine", False, None), ("square", True, None), ("sine", True, "no")]


def test_true_and_1_are_different_shapes_and_arguments_of_equal_nesting_in_another_order_too():
    fast = jit(lambda x, flag: 2.0 * x if flag is True else x + flag)
    assert [fast(3.0, True), fast(3.0, 1), fast(3.0, 1.0), fast(3.0, True)] == [6.0, 4.0, 4.0, 6.0]
    total = jit(lambda a, b: sum(a) - sum(b))
    assert [total([1.0, 2.0], [4.0]), total([4.0], [1.0, 2.0]), total([1.0, 2.0, 4.0], [])] == [-1.0, 1.0, 7.0]


# -- comparisons -------------------------------------------------------------------------------------------------------
def branching(x):
    if x > 0.0:  # the branch
        return x * x
    return -x


def test_a_comparison_while_recording_is_one_warning_with_its_file_and_line_and_freezes_the_branch():
    fast = jit(branching)
    with pytest.warns(UserWarning, match="branching compares a number") as caught:
        assert fast(3.0) == 9.0
    assert len(caught) == 1
    assert f"{HERE}:{line_of('# the' + ' branch')}" in str(caught[0].message)
    assert "maximum" in str(caught[0].message)
    assert caught[0].filename == HERE  # the line that called, not one of the library
    assert fast(-3.0) == 9.0  # and no second warning, which would be an error here


def test_a_comparison_in_a_loop_is_one_warning_and_two_lines_are_two():
    def sort(xs):
        for x in xs:
            _ = x < 1.0
        return max(xs)

    for record in (jit(sort), jit(sort).program):
        with pytest.warns(UserWarning, match="sort compares a number") as caught:
            record([1.0, 3.0, 2.0])
        assert len({str(warning.message) for warning in caught}) == len(caught) == 2
        assert {warning.filename for warning in caught} == {HERE}


@pytest.mark.parametrize("compare", [lambda x: x < 1.0, lambda x: max(1.0, x), lambda x: x <= x, lambda x: x >= 0, lambda x: min(x, 1.0)])
def test_every_comparison_is_reported_also_inside_a_transform(compare):
    def f(x):
        compare(x)
        return x * x

    for transformed, result in ((f, 9.0), (grad(f), 6.0), (grad(grad(f)), 2.0), (lambda x: jvp(f, (x,), (1.0,)), (9.0, 6.0))):
        with pytest.warns(UserWarning, match=re.escape(f"{HERE}:{compare.__code__.co_firstlineno}")):
            assert jit(transformed)(3.0) == result


def test_comparisons_of_plain_numbers_or_outside_of_jit_are_not_reported_and_piecewise_functions_need_none():
    fast = jit(lambda xs, name: [x * 2.0 for x in piecewise(*xs)] if len(xs) > 1 and name < "b" else 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for xs in ([2.0, -2.0], [-3.0, 1.0], [0.0, 0.0]):
            assert Value(1.0) < 2.0
            assert fast(xs, "a") == [2.0 * y for y in piecewise(*xs)]


def backwards(x):
    y = x * x
    y.backward()
    return x.grad


def inner(x):
    y = 2.0 * x
    return [x * y.data, x]


@pytest.mark.parametrize("f", [lambda x: x * x.data, lambda x: x * x.item(), lambda x: x * x.scalar(), lambda x: x * operator.attrgetter("data")(x), backwards, inner, lambda x: value_and_grad(lambda y: y * x.data)(x)])
def test_a_number_read_while_recording_is_one_warning_if_the_program_keeps_it(f):
    fast = jit(f)
    with pytest.warns(UserWarning, match=r"computes with \.data, \.grad or \.item\(\) .*test_jit\.py:\d+") as caught:
        fast(2.0)
    assert [warning.filename for warning in caught] == [HERE]
    fast(3.0)  # and no second warning


def test_a_number_that_is_read_in_vain_or_for_other_numbers_is_wrong_is_no_warning():
    def looked_at(x, seen):
        seen.append(x.data)
        return x * x

    def refusing(x):
        return x * {2.0: 1.0}[x.data]

    seen, chance = [], random.getstate()
    assert jit(lambda x: looked_at(x, seen))(2.0) == 4.0
    assert jit(refusing)(2.0) == 2.0
    assert len(seen) == 2
    assert random.getstate() == chance


# -- under transforms ------------------------------------------------------------------------------------------------
def shifted(v):
    return ac.sin(v[0]) * v[1] ** 3 + ac.relu(v[0] - v[1])


READINGS = {
    "value": lambda f: f([0.5, 2.0]),
    "grad": lambda f: grad(f)([0.5, 2.0]),
    "value_and_grad": lambda f: value_and_grad(f)([0.5, 2.0]),
    "jacobian": lambda f: jacobian(lambda v: [f(v), f(v) * 2.0])([0.5, 2.0]),
    "hessian": lambda f: hessian(f)([0.5, 2.0]),
    "jvp": lambda f: jvp(f, ([0.5, 2.0],), ([1.0, -1.0],)),
    "hvp": lambda f: hvp(f)([0.5, 2.0], [1.0, -1.0]),
    "vjp": lambda f: (lambda value, pull: (value, pull(2.0)))(*vjp(f, [0.5, 2.0])),
    "grad of jvp": lambda f: grad(lambda v: jvp(f, (v,), ([1.0, -1.0],))[1])([0.5, 2.0]),
    "numerical_gradient": lambda f: ac.numerical_gradient(f, [0.5, 2.0]),
    "gradcheck": lambda f: [(check.what, check.analytic) for check in ac.gradcheck(f, [0.5, 2.0]).checks],
    "an array": lambda f: grad(f)(np.array([0.5, 2.0])).tolist(),
    "jit": lambda f: jit(grad(f))([0.5, 2.0]),
    "a node": lambda f: f([Value(0.5), Value(2.0)]).data,
}


@pytest.mark.parametrize("name", READINGS)
def test_a_transform_of_a_jitted_function_is_that_of_the_function(name):
    fast = jit(shifted)
    for _ in range(2):  # with a recording, too
        assert READINGS[name](fast) == READINGS[name](shifted)
        fast([0.5, 2.0])


def test_transforms_pass_static_and_keyword_arguments_through_a_jitted_function():
    fast = jit(lambda x, n, k: k * x**n, static_argnums=1)
    assert grad(fast)(2.0, 3, k=5.0) == 60.0
    assert grad(fast, argnums=(0, 2))(2.0, 3, 5.0) == (60.0, 8.0)


def test_what_an_outer_transform_differentiates_by_is_not_frozen_in_a_recording():
    fast = jit(lambda y: y * outside[0])
    outer = lambda x: (outside.__setitem__(0, x), fast(3.0))[1]  # noqa: E731
    outside = [0.0]
    for x in (2.0, 7.0):
        assert value_and_grad(outer)(x) == (3.0 * x, 3.0)
        assert jvp(outer, (x,), (1.0,)) == (3.0 * x, 3.0)
        assert hessian(lambda x: outer(x) * x)(x) == 6.0
    with pytest.raises(TypeError, match="uses a number that is being differentiated outside of it: make it an argument"):
        grad(lambda x: (outer(x), fast.program(3.0))[0])(2.0)


# -- what can be looked at ---------------------------------------------------------------------------------------------
@every_dialect
def test_the_program_is_the_one_that_runs_and_bears_the_names_of_the_arguments(dialect):
    f, calls = counted(neuron)
    fast = jit(f, dialect)
    program = fast.program([1.0, 2.0], [3.0, 4.0], 5.0)
    assert (isinstance(program, Program), program.dialect) == (True, dialect)
    assert {"w_0", "w_1", "x_0", "x_1", "b"} <= set(re.findall(r"\w+", program.source))
    fast([0.0, 0.0], [0.0, 0.0], 0.0)
    assert fast.program([9.0, 9.0], [9.0, 9.0], 9.0) is program
    assert len(calls) == 1
    assert fast.program([9.0], [9.0], 9.0) is not program


def test_name_docstring_and_the_function_itself_are_kept():
    @jit
    def documented(x: float) -> float:
        """Twice x."""
        return 2.0 * x

    assert (documented.__name__, documented.__doc__, documented.__module__) == ("documented", "Twice x.", __name__)
    assert documented.__wrapped__(4.0) == documented(4.0) == 8.0
    assert jit(functools.partial(scalars, 2.0))(3.0) == scalars(2.0, 3.0)
