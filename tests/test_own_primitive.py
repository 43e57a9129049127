"""An operation that a user adds with one call has every reading, and a wrong definition says what is wrong."""

import math
import re

import mpmath
import pytest

import autograd_core as ac
from autograd_core import TABLE, Dual, Value, exp, gradcheck, gradients, jvp, primitive
from autograd_core.formulas.expression import derivative_formulas
from autograd_core.operators import recorder


@pytest.fixture
def table():
    """The table, which is put back afterwards as it was."""
    before = dict(TABLE)
    yield TABLE
    TABLE.clear()
    TABLE.update(before)


@pytest.fixture
def gaussian(table):
    return primitive("gaussian", "exp(-x * x)", lambda out, x: -2.0 * x * out)


@pytest.fixture
def product_sine(table):
    return primitive("product_sine", "x * sin(y) + z", lambda out, x, y, z: (ac.sin(y), x * ac.cos(y), 1.0), arity=3)


def test_a_new_row_stands_in_the_table_and_evaluates_floats(gaussian):
    assert TABLE["gaussian"] is gaussian
    assert gaussian(0.5) == math.exp(-0.25)
    assert gaussian(1) == math.exp(-1.0)


@pytest.mark.parametrize("x", [-1.5, -0.5, 0.0, 0.3, 2.0])
def test_every_reading_of_a_new_row_agrees_with_mpmath(gaussian, x):
    first, second, third = (float(mpmath.diff(lambda t: mpmath.exp(-t * t), x, n)) for n in (1, 2, 3))
    leaf = Value(x, "x")
    out = gaussian(leaf)
    out.backward()
    assert leaf.grad == pytest.approx(first, rel=1e-13, abs=1e-15)
    assert jvp(gaussian, (x,), (1.0,))[1] == leaf.grad == gaussian(Dual(x, 1.0)).tangent == ac.grad(gaussian)(x)
    (slope,) = gradients(out, [leaf])
    (bend,) = gradients(slope, [leaf])
    assert bend.data == pytest.approx(second, rel=1e-12, abs=1e-13)
    assert gradients(bend, [leaf])[0].data == pytest.approx(third, rel=1e-12, abs=1e-12)
    assert ac.grad(ac.grad(gaussian))(x) == bend.data
    assert jvp(lambda t: jvp(gaussian, (t,), (1.0,))[1], (x,), (1.0,))[1] == pytest.approx(second, rel=1e-12, abs=1e-13)


def test_a_new_row_has_a_formula_and_a_recorder(gaussian):
    assert [str(formula) for formula in derivative_formulas(gaussian)] == ["(-2) * x * out"]
    node = recorder(gaussian)(Value(0.5, "x"))
    assert (node.op, node.data, node.local_derivatives) == ("gaussian", math.exp(-0.25), (-math.exp(-0.25),))


def test_a_new_row_of_three_operands_is_differentiated_in_each(product_sine):
    xs = [1.5, 0.7, -2.0]
    leaves = [Value(x) for x in xs]
    product_sine(*leaves).backward()
    assert [leaf.grad for leaf in leaves] == [math.sin(0.7), 1.5 * math.cos(0.7), 1.0]
    assert len(gradcheck(lambda v: product_sine(*v), xs).checks) == 3 + 3 + 9
    assert [str(f) for f in derivative_formulas(product_sine)] == ["sin(y)", "x * cos(y)", "1"]


def test_a_new_row_refuses_with_its_own_name_and_domain(table):
    entropy = primitive("entropy", "-x * log(x)", lambda out, x: -ac.log(x) - 1.0, domain="x > 0")
    with pytest.raises(ValueError, match=r"entropy at x = -1\.0 \(x is the node 'p'\) is not defined: it needs x > 0"):
        entropy(Value(-1.0, "p"))


def test_defining_a_name_again_replaces_the_row(gaussian):
    old = gaussian(Value(1.0))
    again = primitive("gaussian", "exp(-0.5 * x * x)", lambda out, x: -x * out)
    assert TABLE["gaussian"] is again
    x = Value(1.0)
    again(x).backward()
    assert x.grad == -math.exp(-0.5)
    assert old.primitive is gaussian


# The part of each that some language would read in another way than Python, or not at all.
NOT_IN_EVERY_LANGUAGE = {
    "1.0 - +x": "+x", "not x": "not x", "~x": "~x", "x ** 2": "x ** 2", "x % 2": "x % 2", "x // 2": "x // 2", "x @ x": "x @ x", "x and 1": "x and 1",
    "x or 2": "x or 2", "x < 1": "x < 1", "x if x else 2": "x", "x if 0 < x < 1 else 0": "0 < x < 1", "x if not x < 0 else 0": "not x < 0",
    "x if x in (1, 2) else 0": "x in (1, 2)", "remainder(x, 1)": "remainder(x, 1)", "log(x, 2)": "log(x, 2)", "degrees(x)": "degrees(x)",
    "isnan(x)": "isnan(x)", "hypot(x)": "hypot(x)", "exp(*[x])": "*[x]", "sin(x) + cos": "cos", "lambda y: x": "lambda y: x", "[x][0]": "[x][0]",
    "True": "True", "1j": "1j", "None": "None", "1e400 * x": "1e309",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "python", "options", "kind", "message"),
    [
        ("tanh", "tanh(x)", {}, ValueError, "row of the library"),
        ("chain", "x", {}, ValueError, "row of the library"),
        ("**", "x", {}, ValueError, "row of the library"),
        ("two words", "x", {}, ValueError, "identifier"),
        ("", "x", {}, ValueError, "identifier"),
        ("2x", "2.0 * x", {}, ValueError, "identifier"),
        ("mine", "frobnicate(x)", {}, NameError, "frobnicate"),
        ("mine", "x + y", {}, NameError, "uses y"),
        ("mine", "x + z", {"arity": 2}, NameError, "uses z"),
        ("mine", "__import__('os')", {}, NameError, "__import__"),
        ("mine", "x +", {}, SyntaxError, "invalid syntax"),
        ("mine", "y = x", {}, SyntaxError, "invalid syntax"),
        *(("mine", text, {}, ValueError, f"cannot hold '{re.escape(part)}'") for text, part in NOT_IN_EVERY_LANGUAGE.items()),
        ("mine", "x" + " + x" * 200, {}, ValueError, "more than 100 deep"),
        *(("mine", "x", {"arity": arity}, ValueError, "arity is a whole number from 1 to 3") for arity in (0, 4, -1, None, 1.5, "1", True)),
        *(("mine", "x", {"precedence": given}, ValueError, "precedence is a whole number from 0 to 5") for given in (-1, 6, "a", None)),
        *(("mine", "x", {what: 3}, TypeError, f"{what} is a text, not int") for what in ("latex", "domain", "summary", "example")),
        ("mine", "x", {"example": "mine(2.0) is 2.0"}, ValueError, "a call and its result"),
    ],
)
def test_a_wrong_definition_is_refused_and_leaves_the_table_as_it_was(table, name, python, options, kind, message):
    before = dict(TABLE)
    with pytest.raises(kind, match=message):
        primitive(name, python, lambda out, x: 1.0, **options)
    assert before == TABLE


@pytest.mark.parametrize("text", [
    "x if x > 0.0 and x < 1.0 or x == -1.5 else -x", "copysign(x, -1.0) - -x * (2.0 - (x - 3))", "fmod(x, 0.4) / nextafter(x, 9.0) + pi * tau",
])  # fmt: skip
def test_a_value_is_the_same_in_every_language_that_runs_here(table, text):
    row = primitive("mine", text, lambda out, x: 1.0)
    for at in (-1.5, -0.3, 0.7, 2.5):
        x = Value(at)
        values = [ac.compile_graph(row(x), [x], dialect=dialect)([at])[0] for dialect in ("python", "numpy", "c")]
        assert {row(at), row(x).data, row(Dual(at)).primal, *values} == {eval(text, vars(math) | {"x": at})}


def test_a_name_is_what_python_reads_it_as_and_a_derivative_may_be_nan(table):
    row = primitive("µ", "x * x", lambda out, x: math.nan)
    assert TABLE["μ"] is row
    x = Value(3.0)
    assert str(ac.compile_graph(row(x), [x])([2.0])) == "(4.0, [nan])"


def test_a_derivative_that_compares_its_operand_for_equality_is_refused(table):
    row = primitive("mine", "x * x", lambda out, x: 0.0 if x == 0.0 else 2.0 * x)
    with pytest.raises(TypeError, match="has no value yet, so it cannot be compared"):
        row(Value(1.0))


def test_a_derivative_that_asks_whether_its_operand_is_true_is_refused_too(table):
    strange = primitive("strange", "x * x", lambda out, x: 2.0 * x if x else 99.0)
    for read in (lambda: strange(Value(0.0)).backward(), lambda: ac.grad(strange)(2.0), lambda: ac.jit(ac.grad(lambda x: strange(x)))(2.0)):
        with pytest.raises(TypeError, match=r"'strange' cannot be read as a formula .* without if"):
            read()
    three = primitive("three", "x * x + y + z", lambda out, x, y, z: (2.0 * x if x else 99.0, 1.0, 1.0), arity=3)  # read as it is
    leaf = Value(0.0)
    assert gradients(three(leaf, 1.0, 2.0), [leaf])[0].data == jvp(three, (0.0, 1.0, 2.0), (1.0, 0.0, 0.0))[1] == 99.0


@pytest.mark.parametrize("derivatives", [lambda out, x, y: {"x": y, "y": x}, lambda out, x, y: {y, x}])
def test_derivatives_that_stand_in_no_order_are_refused(table, derivatives):
    swapped = primitive("swapped", "x * y", derivatives, arity=2)
    for read in (lambda: swapped(Value(2.0), 3.0), lambda: jvp(swapped, (2.0, 3.0), (1.0, 0.0))):
        with pytest.raises(TypeError, match=r"its derivatives in a (dict|set): write a tuple, in order"):
            read()


@pytest.mark.parametrize(
    ("python", "at", "value"),
    [("floor(x)", 1e300, 1e300), ("ceil(x) * ceil(x)", 2.5, 9.0), ("1 if x > 0 else -2", -1.0, -2.0), ("trunc(exp(x))", 1.0, 2.0), ("3", 1.0, 3.0)],
)
def test_a_value_that_python_gives_as_an_integer_is_a_float(table, python, at, value):
    row = primitive("whole_valued", python, lambda out, x: ac.step(x) * 0.0)
    x = Value(at)
    programs = [ac.compile_graph([row(x)], [], [x], dialect) for dialect in ("python", "numpy")]
    found = [row(at), row(x).data, jvp(row, (at,), (1.0,))[0], *(program([], [at])[0] for program in programs)]
    assert [(type(y), y) for y in found] == [(float, value)] * 5
    assert (row(x) * row(x)).data == value * value


def test_derivatives_with_functions_of_math_are_refused_with_advice(table):
    row = primitive("mine", "exp(x)", lambda out, x: math.exp(x))
    with pytest.raises(TypeError, match=r"'mine' cannot be read as a formula .*not with those of math"):
        row(Value(1.0))
    with pytest.raises(TypeError, match=r"'mine' cannot be read as a formula"):
        derivative_formulas(row)


def test_a_branch_on_the_operand_in_a_derivative_is_refused_with_advice(table):
    row = primitive("mine", "x if x > 0.0 else 0.0", lambda out, x: 1.0 if x > 0.0 else 0.0)
    with pytest.raises(TypeError, match=r"without if"):
        row(Value(1.0))


@pytest.mark.parametrize("derivatives", [lambda out, x, y: (y,), lambda out, x, y: (y, x, 1.0)])
def test_a_wrong_number_of_derivatives_is_refused(table, derivatives):
    row = primitive("mine", "x * y", derivatives, arity=2)
    with pytest.raises(TypeError, match=r"'mine' has 2 operands, but its row gives [13] derivative"):
        row(Value(1.0), Value(2.0))


def test_a_wrong_number_of_derivatives_of_three_operands_is_refused(table):
    row = primitive("mine", "x * y * z", lambda out, x, y, z: (y * z, x * z), arity=3)
    with pytest.raises(TypeError, match=r"'mine' has 3 operands, but its row gives 2 derivative"):
        row(Value(1.0), Value(2.0), Value(3.0))


def test_a_wrong_number_of_operands_is_refused(gaussian):
    with pytest.raises(TypeError, match=r"gaussian takes 1 operand\(s\), not 2"):
        gaussian(Value(1.0), Value(2.0))


def test_a_wrong_derivative_is_found_by_gradcheck_and_blamed_on_the_row(table):
    row = primitive("mine", "exp(2.0 * x)", lambda out, x: out)
    with pytest.raises(ac.GradcheckError, match=r"the row 'mine'"):
        gradcheck(lambda x: row(x) + exp(x), 0.5)
