"""Formulas of recorded graphs: derivatives against SymPy, and print-outs that mean what they were printed from."""

import ast
import itertools
import math
import random
import subprocess

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from references import SYMPY
from test_latex import ARITHMETIC, PIECEWISE, POINTS, PRINTED, SMOOTH, as_written, read, simplified, swollen, tree, trees, values_of_parts

import autograd_core as ac
from autograd_core import TABLE, Constant, Value, formula, functions, operation_count, symbolic, table
from autograd_core.formulas.expression import Expression, Literal, Symbol, parts, to_text
from autograd_core.formulas.spelling import PYTHON
from autograd_core.number import FAMILIES
from autograd_core.primitive import find
from autograd_core.programs.c import PLAIN as C
from autograd_core.programs.c_compiler import find_compiler
from autograd_core.programs.numpy import NOTATION as NUMPY

x, y = Symbol("x"), Symbol("y")
CONSTANTS = {"**": (3.0, 2.0, 1.0, 0.0, -1.0, -2.0, 0.5, -0.5, 1.5), "relu": (0.0, 1.0), "leaky_relu": (0.01, 0.3, 0.0), "elu": (1.0, 0.5, 0.0),
             "step": (0.0, 1.0), "sign": (0.0, 1.0)}  # fmt: skip
USED = [name for name in TABLE if name in SYMPY]
ROWS = [row for name in USED for row in ([find(name, (c,)) for c in CONSTANTS[name]] if name in CONSTANTS else [TABLE[name]])]
every_row = pytest.mark.parametrize("row", ROWS, ids=repr)

LETTERS = {name: sp.Symbol(name, real=True) for name in "xyz"}
X, Y, Z = LETTERS.values()
# What a text may name: the operations, and what only derivatives name.
NAMES = {**SYMPY, **LETTERS, "exceeds": lambda x, y: (1 + sp.sign(x - y)) / 2, "select": lambda x, y, z: sp.Piecewise((y, x > 0), (z, True))}
AWAY_FROM_KINKS = {"Heaviside": lambda x, *_: mpmath.mpf(x > 0), "DiracDelta": lambda *_: mpmath.mpf(0)}

# Simplification may change the sign of a zero (0 - x, 0 * x), which only these two rows tell apart.
UNSIGNED = [row for row in PRINTED if row.name not in ("divide", "atan2")]


def recorded(tree, point):
    leaves = {name: Value(data, name) for name, data in point.items()}
    return read(tree, lambda leaf: leaves.get(leaf) or Constant(leaf), Value.apply), leaves


def in_sympy(tree):
    return read(tree, lambda leaf: LETTERS.get(leaf) or sp.Rational(leaf), lambda row, *inputs: SYMPY[row.name](*inputs, *row.constants))


def parsed(text):
    return sp.sympify(text, locals=NAMES, rational=True)


def figure(expression, point):
    """A SymPy expression to 50 digits, away from kinks."""
    with mpmath.workdps(50):
        return sp.lambdify([LETTERS[name] for name in point], expression, [AWAY_FROM_KINKS, "mpmath"])(*map(mpmath.mpf, point.values()))


def flat(expression):
    """Without the derivatives of whole numbers, which SymPy leaves as they are: 0 away from the jumps."""
    return expression.replace(lambda part: isinstance(part, sp.Derivative | sp.Subs), lambda part: sp.Integer(0))


def close(found, expected, scale=1.0):
    return abs(found - expected) <= 1e-12 * max(abs(expected), scale)


def defined(row, point):
    try:
        return math.isfinite(row(*point)) and all(map(math.isfinite, row.local_derivatives(row(*point), *point)))
    except (ValueError, ArithmeticError):
        return False


# -- derivatives -----------------------------------------------------------------------------------------------------
@every_row
def test_the_derivative_of_every_row_is_the_one_that_sympy_finds(row):
    points = [p for p in itertools.permutations((-2.25, -0.7, 0.15, 0.4, 0.9, 1.6, 2.4, 3.1), row.arity) if defined(row, p)]
    assert len(points) >= 3
    letters = "xyz"[: row.arity]
    leaves = [Value(data, name) for name, data in zip(letters, points[0])]
    output = leaves[0] * row(*leaves)
    for leaf, by in zip(leaves, (X, Y, Z)):
        expected = flat(sp.diff(X * SYMPY[row.name](*(X, Y, Z)[: row.arity], *row.constants), by))
        found = symbolic(output, leaf)
        translated = found.to_sympy()
        for point in (dict(zip(letters, point)) for point in points):
            reference = figure(expected, point)
            assert close(figure(translated, point), reference)
            assert close(found.evaluate(point), reference)
            assert close(figure(parsed(str(found)), point), reference)


@settings(deadline=None, derandomize=True, max_examples=120)
@given(trees(SMOOTH, 3), st.sampled_from(POINTS))
def test_the_derivatives_of_any_formula_are_those_that_sympy_finds(tree, point):
    assume(values_of_parts(as_written(tree), point))
    output, leaves = recorded(tree, point)
    for name in "xy":
        found = symbolic(output, leaves[name])
        assume(sizes := values_of_parts(found, point))
        scale = max(map(abs, sizes))  # a difference of large terms has their rounding,
        assume(scale < 1000.0)  # and the sine of a large number its rounding many times
        reference = figure(sp.diff(in_sympy(tree), LETTERS[name]), point)
        assert close(sizes[-1], reference, scale)
        assert close(figure(parsed(str(found)), point), reference, scale)


def test_the_derivative_by_a_leaf_that_is_not_used_is_0_by_the_output_itself_1_and_by_a_computed_node_refused():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert str(symbolic(a * a, b)) == "0"
    assert str(symbolic(a, a)) == "1"
    with pytest.raises(ValueError, match=r"computed from other nodes.*leaf"):
        symbolic((a * a).exp(), a * a)


def test_leaves_get_the_names_of_the_callers_variables_and_equal_names_are_told_apart():
    first, second = Value(2.0), Value(3.0)
    assert str(formula(first / second, names="caller")) == "first / second"
    assert str(symbolic(first / second, first, names={"p": first, "q": second})) == "1 / q"
    assert str(formula(Value(2.0, "a") - Value(3.0, "a"))) == "a - a#2"


# -- values ----------------------------------------------------------------------------------------------------------
@settings(deadline=None, derandomize=True, max_examples=150)
@given(trees([*UNSIGNED, TABLE["dot"], TABLE["logsumexp"], TABLE["exponent_shift"]]), st.sampled_from(POINTS))
def test_the_formula_of_a_graph_has_exactly_the_recorded_value(tree, point):
    assume(values_of_parts(as_written(tree), point))
    output, _ = recorded(tree, point)
    assert formula(output).evaluate(point) == output.data


@settings(deadline=None, derandomize=True, max_examples=150)
@given(trees(UNSIGNED), st.sampled_from(POINTS))
def test_simplification_leaves_every_finite_value_exactly_as_it_is(tree, point):
    assume(values := values_of_parts(as_written(tree), point))
    simple = simplified(tree)
    assert simple.evaluate(point) == values[-1]
    assert simple.operation_count() <= as_written(tree).operation_count()


@pytest.mark.parametrize(("expression", "text"), [
    (x + 0.0, "x"), (0.0 + x, "x"), (x - 0.0, "x"), (0.0 - x, "-x"), (x * 1.0, "x"), (1.0 * x, "x"), (x * 0.0, "0"), (0.0 * x, "0"),
    (-1.0 * x, "-x"), (x / 1.0, "x"), (0.0 / x, "0"), (-(-x), "x"), (x - -y, "x + y"), (x + -y, "x - y"), (-(x - y), "-(x - y)"),
    (x * (Literal(2.0) + 3.0), "x * 5"), (x + Literal(2.0).sin() * 0.0, "x"), (1.0 / x, "1 / x"), (-(-(-x)), "-x"),
])  # fmt: skip
def test_zeros_ones_and_double_negations_disappear(expression, text):
    assert str(expression) == text


@pytest.mark.parametrize("expression", [lambda: x * y, lambda: swollen(20)], ids=["short", "too long to be shown in the message"])
@pytest.mark.parametrize("compare", [lambda f: f < 1.0, lambda f: f >= y, lambda f: max(f, 0.0), lambda f: Value(1.0) < f])
def test_a_comparison_of_a_formula_says_that_it_has_no_value_yet(expression, compare):
    with pytest.raises(TypeError, match="no value yet, so it cannot be compared"):
        compare(expression())


# -- print-outs ------------------------------------------------------------------------------------------------------
class NodesForNumbers(ast.NodeTransformer):
    """Numbers as nodes, so that the library computes everything; constants of a family stay."""

    def visit_Constant(self, node):
        return ast.Call(ast.Name("Constant", ast.Load()), [node], [])

    def visit_BinOp(self, node):
        return ast.BinOp(self.visit(node.left), node.op, node.right if isinstance(node.op, ast.Pow) else self.visit(node.right))

    def visit_Call(self, node):
        count = 1 if node.func.id in FAMILIES else len(node.args)
        return ast.Call(node.func, [*map(self.visit, node.args[:count]), *node.args[count:]], [])


def by_the_library(text, point):
    code = ast.fix_missing_locations(NodesForNumbers().visit(ast.parse(text, mode="eval")))
    names = {**vars(table), **vars(functions), "abs": ac.abs, "Constant": Constant, **{name: Value(data) for name, data in point.items()}}
    return eval(compile(code, text, "eval"), names).data


@settings(deadline=None, derandomize=True, max_examples=250)
@given(trees(PRINTED), st.sampled_from(POINTS))
def test_a_print_out_means_in_the_library_and_in_python_what_it_was_printed_from(tree, point):
    for expression in (as_written(tree), simplified(tree)):
        assume(values := values_of_parts(expression, point))
        assert by_the_library(str(expression), point) == values[-1]
        assert eval(to_text(expression), {**vars(math), **point}) == values[-1]


@every_row
def test_the_print_out_of_every_row_and_of_its_derivatives_means_the_same_in_the_library(row):
    for point in [dict(zip("xyz", p)) for p in itertools.permutations((-2.25, 0.4, 1.6), row.arity) if defined(row, p)]:
        leaves = [Value(data, name) for name, data in point.items()]
        for found in (formula(row(*leaves)), *(symbolic(row(*leaves), leaf) for leaf in leaves)):
            assert by_the_library(str(found), point) == found.evaluate(point)


@pytest.mark.parametrize(("expression", "text"), [
    (x - (y - x), "x - (y - x)"), (x / (y / x), "x / (y / x)"), (x / y / x, "x / y / x"), (x * (y / x), "x * (y / x)"),
    ((-x) ** 2, "(-x) ** 2"), (-(x**2), "-x ** 2"), ((x**2) ** 3, "(x ** 2) ** 3"), (x + (-3.0), "x + (-3)"), (2.0**-x, "pow(2, -x)"),
    ((x + y) * 0.1, "(x + y) * 0.1"), (x * 1e-7, "x * 1e-07"), (x**-0.5, "x ** -0.5"), (x - y * x, "x - y * x"),
])  # fmt: skip
def test_brackets_stand_where_they_are_needed_and_nowhere_else(expression, text):
    assert str(expression) == text


def test_printed_as_c_formulas_have_the_same_bits(tmp_path):
    choices, cases = random.Random(5), []
    made = [simplified(tree(choices, PRINTED, 4)) for _ in range(1500)]
    for expression in [row(*[x * y, x - y][: row.arity]) for row in TABLE.values() if row.arity in (1, 2)] + made:
        point = choices.choice(POINTS)
        values = values_of_parts(expression, point)
        if values:
            cases.append((expression, point, values[-1]))
    assert len(cases) > 500
    lines = [f"x = {p['x']}; y = {p['y']}; z = {p['z']}; printf(\"%.17g\\n\", {to_text(f, C)});" for f, p, _ in cases]
    source, program = tmp_path / "formulas.c", tmp_path / "formulas"
    source.write_text("\n".join(["#include <math.h>", "#include <stdio.h>", "int main(void) { volatile double x, y, z;", *lines, "}"]))
    subprocess.run([*find_compiler(), "-O1", "-ffp-contract=off", "-fno-builtin-pow", str(source), "-o", str(program), "-lm"], check=True)
    printed = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.split()
    assert [float(text) for text in printed] == [value for _, _, value in cases]


@settings(deadline=None, derandomize=True, max_examples=150)
@given(trees([*ARITHMETIC, *PIECEWISE, find("**", (2.0,)), find("leaky_relu", (0.3,)), TABLE["sqrt"]]))
def test_printed_for_numpy_formulas_have_the_same_bits_in_every_row_of_a_column(tree):
    expression = simplified(tree)
    expected = [values_of_parts(expression, point) for point in POINTS]
    assume(any(expected))
    columns = {name: np.array([point[name] for point in POINTS]) for name in "xyz"}
    with np.errstate(all="ignore"):
        found = np.broadcast_to(eval(to_text(expression, NUMPY), {"np": np, **columns}), len(POINTS))
    assert all(values is None or values[-1] == value for values, value in zip(expected, found))


@every_row
def test_numpy_has_every_function_that_a_formula_names(row):
    names = {"np": np, "erf": np.vectorize(math.erf), "erfc": np.vectorize(math.erfc)}  # not in NumPy: programs bring them along
    with np.errstate(all="ignore"):
        for point in [p for p in itertools.permutations((-2.25, 0.4, 1.6), row.arity) if defined(row, p)]:
            column = {name: np.array([data]) for name, data in zip("xyz", point)}
            found = np.broadcast_to(eval(to_text(row(*[x, y, Symbol("z")][: row.arity]), NUMPY), {**names, **column}), 1)
            assert found[0] == pytest.approx(row(*point), rel=1e-15, abs=0.0)  # NumPy's functions round on their own


@pytest.mark.parametrize(("dialect", "infinity"), [(PYTHON, "inf"), (C, "INFINITY"), (NUMPY, "np.inf")], ids=["python", "c", "numpy"])
def test_an_infinite_number_is_spelled_in_each_language(dialect, infinity):
    assert to_text(Literal(math.inf) * x, dialect) == f"{infinity} * x"
    assert to_text(Literal(-math.inf) * x, dialect) == f"-{infinity} * x"


# -- size ------------------------------------------------------------------------------------------------------------
def written_out(tree):
    return 1 + sum(map(written_out, tree[1:])) if isinstance(tree, tuple) else 0


@settings(deadline=None, derandomize=True, max_examples=50)
@given(trees(PRINTED, 5))
def test_the_operation_count_counts_a_shared_part_as_often_as_it_is_written(tree):
    expression = as_written(tree)
    twice = Expression(TABLE["*"], (expression, expression))
    assert expression.operation_count() == written_out(tree)
    assert twice.operation_count() == 2 * written_out(tree) + 1
    assert len(parts(twice)) == len(parts(expression)) + 1


def test_the_symbolic_derivative_swells_exponentially_while_the_graph_grows_linearly():
    a = Value(0.5, "a")
    f, graphs, formulas = a, [], []
    for _ in range(30):
        f = f * f.sin()
        graphs.append(operation_count(f))
        formulas.append(symbolic(f, a, simplify=False).operation_count())
    assert graphs == list(range(2, 62, 2))
    assert all(2 * before < after for before, after in itertools.pairwise(formulas))
    f.backward()
    assert symbolic(f, a).evaluate({"a": 0.5}) == pytest.approx(a.grad, rel=1e-12, abs=0.0)


def test_a_chain_of_5000_operations_is_evaluated_and_printed():
    a = Value(0.5, "a")
    f = a
    for _ in range(2500):
        f = (f + a).sin()
    found = formula(f)
    assert found.evaluate({"a": 0.5}) == f.data
    assert found.operation_count() == 5000
    assert str(found).count("sin(") == to_text(found).count("sin(") == found.latex().count(r"\sin") == 2500
    assert symbolic(f, a).evaluate({"a": 0.5}) == pytest.approx(ac.gradients(f, [a])[0].data, rel=1e-9)


def test_what_is_cut_adds_nothing_to_a_formula_beside_an_infinite_derivative():
    x = Value(3.0, "x")
    condition = ac.cbrt((0.0 / x) ** 2)  # 0 whatever x is, where the derivative of cbrt is infinite
    y = ac.where(condition, x, 2.0 * x)
    assert (symbolic(y, x).evaluate({"x": 3.0}), ac.gradients(y, [x])[0].data) == (2.0, 2.0)
