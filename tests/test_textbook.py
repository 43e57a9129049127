"""Formulas as a textbook prints them: exact texts, the same values as before, and SymPy as a second opinion."""

import itertools
import math
import sys
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_latex import POINTS, PRINTED, SMOOTH, as_written, trees, values_of_parts
from test_symbolic import LETTERS, ROWS, SYMPY, X, Y, Z, close, defined, figure, in_sympy, parsed, recorded

import autograd_core as ac
from autograd_core import TABLE, Value, compile_graph, exp, formula, log, sigmoid, sin, sqrt, symbolic, tanh
from autograd_core.formulas.expression import Expression, Literal, Symbol, parts, to_text

w, x, b, y, t = (Value(data, name) for name, data in {"w": 0.5, "x": 2.0, "b": 1.0, "y": 3.0, "t": 0.2}.items())
q, r, s = Symbol("q"), Symbol("r"), Symbol("s")


# -- texts -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("output", "wrt", "text", "latex"), [
    (-log(sigmoid(w * x + b)), w, "(sigmoid(w * x + b) - 1) * x", r"\left(\sigma\left(w x + b\right) - 1\right) x"),
    ((x**2 + 1) / (x - 1), x, "(x ** 2 - 2 * x - 1) / (x - 1) ** 2", r"\frac{{x}^{2} - 2 x - 1}{{\left(x - 1\right)}^{2}}"),
    (x**3 * exp(x), x, "x ** 2 * (x + 3) * exp(x)", r"{x}^{2} \left(x + 3\right) e^{x}"),
    (exp(x) / x, x, "(x - 1) * exp(x) / x ** 2", r"\frac{\left(x - 1\right) e^{x}}{{x}^{2}}"),
    (x**3 + sin(x), x, "3 * x ** 2 + cos(x)", r"3 {x}^{2} + \cos\left(x\right)"),
    (sin(x**2), x, "2 * x * cos(x ** 2)", r"2 x \cos\left({x}^{2}\right)"),
    (0.5 * (t - sigmoid(w * x + b)) ** 2, b, "(sigmoid(w * x + b) - t) * sigmoid(w * x + b) * (1 - sigmoid(w * x + b))", None),
    (tanh(w * x), w, "(1 - tanh(w * x) ** 2) * x", None),
    (sqrt(x * x + 1), x, "x / sqrt(x ** 2 + 1)", r"\frac{x}{\sqrt{{x}^{2} + 1}}"),
    (sqrt(x), x, "1 / (2 * sqrt(x))", r"\frac{1}{2 \sqrt{x}}"), (x**2 / 3, x, "2 * x / 3", r"\frac{2 x}{3}"),
    ((x - y) / (x + y), x, "2 * y / (x + y) ** 2", r"\frac{2 y}{{\left(x + y\right)}^{2}}"), (log(x) / x, x, "(1 - log(x)) / x ** 2", None),
    (0.1 * x**2, x, "0.2 * x", "0.2 x"), (0.3 * x**3, x, "0.9 * x ** 2", "0.9 {x}^{2}"), (1 / x, x, "-1 / x ** 2", r"-\frac{1}{{x}^{2}}"),
    (x * 5 * y, x, "5 * y", "5 y"), (exp(x) ** 2, x, "2 * exp(2 * x)", r"2 e^{2 x}"), (x * (x + 1) - x * x, x, "1", "1"),
    (x**2 + exp(ac.cos(x) * x**2), x, "x * ((2 * cos(x) - x * sin(x)) * exp(x ** 2 * cos(x)) + 2)", None),
    (1 / (1 + exp(-x)), x, "exp(-x) / (exp(-x) + 1) ** 2", None), (sqrt(x) * x, x, "1.5 * sqrt(x)", r"1.5 \sqrt{x}"),
])  # fmt: skip
def test_derivatives_read_as_in_a_textbook(output, wrt, text, latex):
    found = symbolic(output, wrt)
    assert str(found) == text
    assert latex in (None, found.latex())
    by_backward = ac.gradients(output, [wrt])[0].data
    assert found.evaluate({leaf.name: leaf.data for leaf in (w, x, b, y, t)}) == pytest.approx(by_backward, rel=1e-13, abs=0.0)


@pytest.mark.parametrize(("expression", "text"), [
    (s * s * s, "s ** 3"), (s / s, "1"), (s - s, "0"), (2.0 * s + 3.0 * s, "5 * s"), (s * 2.0 * s * 3.0, "6 * s ** 2"), (-(1.0 - s), "s - 1"),
    ((1.0 - s) * (1.0 - s), "(1 - s) ** 2"), (s * (1.0 - s), "s * (1 - s)"), ((s * s).sqrt(), "sqrt(s ** 2)"), (s.sqrt() * s.sqrt(), "s"),
    (1.0 / (1.0 / s), "s"), (s / (s / (s + 1.0)), "s + 1"), (1.0 / (1.0 + 1.0 / s), "s / (s + 1)"), (s * (s - s), "0"), ((s - 1.0) / (1.0 - s), "-1"),
    (s.exp() * s.exp(), "exp(2 * s)"), (s.exp() / s.exp() ** 2, "1 / exp(s)"), ((s - s).sin(), "0"), ((s - s).exp(), "1"),
    (ac.relu(s) * 2.0 + ac.relu(s), "3 * relu(s)"), (ac.dot([s, s], [s, 2.0], 0.0), "s * (s + 2)"),
    (12.0 - 4.0 * s, "12 - 4 * s"), ((6.0 * s + 5.25).sqrt(), "sqrt(6 * s + 5.25)"), (1.0 / (2.0 * s + 4.0), "1 / (2 * (s + 2))"), (0.25 / s, "1 / (4 * s)"),
    (0.2 / s, "0.2 / s"), ((s - s).log(), "log(s - s)"), (s * (s / s).exp(), "2.718281828459045 * s"), ((s * s) ** 100, "s ** 200"), ((s * s) ** 101, "(s ** 2) ** 101"),
    (math.inf * s + s - s, "inf * s + s - s"), (1.0 / (s - s), "1 / (s - s)"), (1e308 * (10.0 * s), "1e+308 * (10 * s)"),
    (Expression(TABLE["*"], (Literal(5e-324), Literal(0.1) * s)), "5e-324 * (0.1 * s)"), (math.nan * s + s - s, "nan * s + s - s"),
    ((s - s).sqrt(), "0"), (-((3.0 - s) ** 3), "(s - 3) ** 3"), (-((s - 2.0) ** 2), "-(s - 2) ** 2"), (-1.0 * (s + 2.0), "-s - 2"), (3.0 * (s - 1.0), "3 * (s - 1)"),
    ((s / 2.0 + 0.5).sqrt(), "sqrt(0.5 * (s + 1))"), ((s + 1.0) * (2.0 * s + 2.0), "2 * (s + 1) ** 2"), ((s - 1.0) * (2.0 - 2.0 * s), "-2 * (s - 1) ** 2"),
    (r / s + 1.0, "r / s + 1"), ((2.0 * s).sqrt() ** 2 * r - 2.0 * s * r, "0"), (s.exp().sqrt() + 1.0, "exp(0.5 * s) + 1"),
    ((-1.0 - s).sqrt(), "sqrt(-(s + 1))"), ((-(r + s)) ** 2, "(r + s) ** 2"), (0.5 * (1.0 - s), "0.5 * (1 - s)"), ((s + 2.0) / -1.0, "-s - 2"),
    (r / (s - 1.0) - r, "r * (2 - s) / (s - 1)"), (-((s - 1.0) / (2.0 - s)), "(1 - s) / (2 - s)"), (2.0 * (s + 1.0), "2 * (s + 1)"), ((s + -0.25) ** 3, "(s - 0.25) ** 3"),
    (-0.25 * r * (s - 0.5) * (s - r), "0.25 * r * (0.5 - s) * (s - r)"), (0.001 * (1.0 - 2.0 * s) * (r - 0.5), "0.001 * (1 - 2 * s) * (r - 0.5)"),
    (((s + 1.0) * (s - 1.0) - s * s + 5.0) * r, "4 * r"), ((s + s) * (s + s) + (s - 10.0) ** 2, "4 * s ** 2 + (s - 10) ** 2"), (s.sqrt() - s, "sqrt(s) - s"),
    (ac.hypot(2.0 * s, 2.0), "2 * hypot(s, 1)"), (ac.hypot(s, 0.25), "hypot(s, 0.25)"), ((0.1 * s).sin(), "sin(0.1 * s)"), (s**0.0, "1"),
    (s.sqrt() / r + s.sqrt(), "sqrt(s) * (r + 1) / r"), (1.0 / s + r / (s * q), "(q + r) / (s * q)"), (r / s + 1.0 / s + r, "(r + 1) / s + r"), (r + r / s - 3.0 * s, "r - 3 * s + r / s"),
    ((ac.maximum(s, r) - 1.0) * s, "s * (maximum(s, r) - 1)"), (0.125 / s, "1 / (8 * s)"), (r - (0.1 - s).sqrt() - q, "r - sqrt(0.1 - s) - q"),
    (s * (s - s + 2.0).sqrt(), f"{math.sqrt(2.0)} * s"), (s + (s - s + 2.0).sqrt(), f"s + {math.sqrt(2.0)}"), ((s - s + 2.0).sqrt() ** 2 * s, "2 * s"),
    ((s.sin() * r * r).sqrt() + r, "sqrt(r ** 2 * sin(s)) + r"), (s.exp() * r + s.exp() + 1.0, "(r + 1) * exp(s) + 1"), ((s * s).sqrt() * s.sin() * r, "sqrt(s ** 2) * r * sin(s)"),
    (1 / 12 * s, "s / 12"), (1 / 13 * s, f"{1 / 13} * s"), (s / 999.0, "s / 999"), (s / 1001.0, f"{1 / 1001} * s"),
])  # fmt: skip
def test_powers_factors_and_signs_are_collected(expression, text):
    assert str(expression.simplified()) == text


def test_what_backpropagation_multiplies_keeps_its_order():
    a, c = Symbol("a"), Symbol("c")
    expression = a * (1.0 - a) * s * (c * (1.0 - c))
    assert str(expression.simplified()) == "a * (1 - a) * s * c * (1 - c)"


def test_a_formula_that_nobody_reads_stays_as_it_is():
    long = s
    for _ in range(500):
        long = long.sin() + s
    assert long.simplified() is long
    assert str(sum([s] * 400, s).simplified()) == "401 * s", "400 operations are read"
    many = sum([s] * 401, s)
    assert many.simplified() is many
    assert str(ac.dot([s] * 16, [s] * 16, 0.0).simplified()) == "16 * s ** 2"
    assert str(ac.dot([s] * 17, [s] * 17, 0.0).simplified()) == "s * s + s * s + s * s + ... + s * s"
    for sizes, is_multiplied_out in (((4, 6), True), ((5, 5), False)):  # into 24 products, and into 25
        a, c = ([Symbol(f"{letter}{i}") for i in range(size)] for letter, size in zip("ac", sizes))
        difference = sum(a) * sum(c) - sum(p * q for p in a for q in c)
        assert (str(difference.simplified()) == "0") == is_multiplied_out
    swollen = s
    for _ in range(40):
        swollen = swollen * swollen.sin()
    assert swollen.simplified() is swollen


# -- values ----------------------------------------------------------------------------------------------------------
@settings(deadline=None, derandomize=True, max_examples=250)
@given(trees(PRINTED), st.sampled_from(POINTS))
def test_a_simplified_formula_has_the_same_value(tree, point):
    expression = as_written(tree)
    values = values_of_parts(expression, point)
    assume(values)
    scale = max(map(abs, values))
    assume(scale < 1e6)
    found = expression.simplified()
    assert found.operation_count() <= expression.operation_count() + 1
    # A step or a difference that is 0 but for rounding may fall on the other side: those are not compared.
    assume(all(abs(value) > 1e-9 for part, value in zip(parts(expression), values) if value and not isinstance(part, Symbol | Literal)))
    assert found.evaluate(point) == pytest.approx(values[-1], rel=1e-9, abs=1e-11 * max(scale, 1.0))


@settings(deadline=None, derandomize=True, max_examples=150)
@given(trees(SMOOTH, 3), st.sampled_from(POINTS))
def test_a_simplified_formula_is_the_same_to_many_more_digits_than_a_float_has(tree, point):
    assume(values := values_of_parts(as_written(tree), point))
    assume(max(map(abs, values)) < 1000.0)
    found = parsed(str(as_written(tree).simplified()))
    assume(not any(len(str(number)) > 12 for number in found.atoms(sp.Number)))  # a third as a decimal
    reference, simple = figure(in_sympy(tree), point), figure(found, point)
    assert abs(reference - simple) <= 1e-35 * max(1.0, *map(abs, values)) ** 3


@settings(deadline=None, derandomize=True, max_examples=60)
@given(trees(SMOOTH, 3), st.sampled_from(POINTS))
def test_derivatives_as_the_chain_rule_gives_them_as_printed_and_as_sympy_finds_them_agree(tree, point):
    assume(values_of_parts(as_written(tree), point))
    output, leaves = recorded(tree, point)
    raw, found = (symbolic(output, leaves["x"], simplify=simplify) for simplify in (False, True))
    assume(sizes := values_of_parts(raw, point))
    scale = max(map(abs, sizes))
    assume(scale < 1000.0)
    reference = figure(sp.diff(in_sympy(tree), X), point)
    assert close(raw.evaluate(point), reference, scale)
    assert close(found.evaluate(point), reference, scale)


# -- programs --------------------------------------------------------------------------------------------------------
def test_what_is_printed_to_be_run_keeps_the_order_of_its_operations():
    output = x * 5.0 * x / x - (x - 1.0)
    expression = formula(output)
    assert to_text(expression) == "x * 5.0 * x / x - (x - 1.0)"
    source = compile_graph(output, [x]).source
    symbolic(output, x).latex()
    assert compile_graph(output, [x]).source == source
    room = Path(ac.__file__).parent / "programs"
    assert not [path.name for path in room.glob("*.py") if "simplif" in path.read_text(encoding="utf-8")]


# -- SymPy -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_every_row_is_in_sympy_what_it_computes(row):
    found = row(*map(Symbol, "xyz"[: row.arity])).to_sympy()
    expected = SYMPY[row.name](*(X, Y, Z)[: row.arity], *row.constants)
    points = [p for p in itertools.permutations((-2.25, -0.7, 0.4, 0.9, 1.6, 2.4, 3.1), row.arity) if defined(row, p)]
    for point in (dict(zip("xyz", p)) for p in points):
        assert close(figure(found, point), figure(expected, point))
        assert close(float(figure(found, point)), row(*point.values()))


def test_a_formula_is_differentiated_by_sympy_as_by_the_engine():
    output = -log(sigmoid(w * x + b))
    point = {leaf.name: leaf.data for leaf in (w, x, b)}
    slope = sp.diff(formula(output).to_sympy(), sp.Symbol("w", real=True))
    assert float(slope.subs({sp.Symbol(name, real=True): data for name, data in point.items()})) == pytest.approx(symbolic(output, w).evaluate(point))


@pytest.mark.parametrize(("expression", "text"), [
    (s.sin() ** 2 + s.cos() ** 2, "1"), ((s**2 - 1.0) / (s - 1.0), "s + 1"), ((s.sigmoid() ** 2 - 1.0) / (s.sigmoid() - 1.0), "sigmoid(s) + 1"),
    (s.relu() * s.sin() ** 2 + s.relu() * s.cos() ** 2, "relu(s)"),
])  # fmt: skip
def test_sympy_simplifies_where_it_is_installed_and_our_rules_where_it_is_not(expression, text, monkeypatch):
    assert str(expression.simplify()) == text
    monkeypatch.setitem(sys.modules, "sympy", None)
    assert str(expression.simplify()) == str(expression.simplified())
    with pytest.raises(ImportError, match=r"needs SymPy: .*autograd-core\[symbolic\]"):
        expression.to_sympy()


@settings(deadline=None, derandomize=True, max_examples=25)
@given(trees(SMOOTH, 3), st.sampled_from(POINTS))
def test_what_sympy_simplifies_has_the_same_value(tree, point):
    expression = as_written(tree)
    assume(values := values_of_parts(expression, point))
    scale = max(map(abs, values))
    assume(scale < 1000.0)
    assert expression.simplify().evaluate(point) == pytest.approx(values[-1], rel=1e-9, abs=1e-11 * max(scale, 1.0))


def test_symbols_in_sympy_are_real_and_have_their_names():
    assert formula(w * x + b).to_sympy().free_symbols == {sp.Symbol(name, real=True) for name in "wxb"}
    assert LETTERS["x"] in Symbol("x").to_sympy().free_symbols
