"""Formulas as LaTeX: exact texts, a grammar that TeX accepts, and a meaning; here too are the random formulas."""

import itertools
import math
import re
import tracemalloc

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import TABLE, Primitive, Value, formula, symbolic
from autograd_core.formulas.expression import Expression, Figure, Literal, Symbol, derivative_formulas, parts, to_text
from autograd_core.formulas.typesetting import number_latex, operation_latex, symbol_latex
from autograd_core.primitive import ATOM, find

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")

# -- random formulas: a tree is a letter, a number, or a row and its operands ---------------------------------------
ARITHMETIC = [TABLE[name] for name in ("+", "-", "*", "/", "neg")]
SMOOTH = [*ARITHMETIC, *(find("**", (n,)) for n in (2.0, 3.0, -1.0)), *(TABLE[name] for name in ("sin", "cos", "tanh", "sigmoid", "exp"))]
PIECEWISE = [TABLE[name] for name in ("abs", "relu", "maximum", "minimum", "select", "gate", "exceeds", "chain", "divide")]
FAMILY_ROWS = [find("leaky_relu", (0.3,)), find("elu", (2.0,)), find("step", (1.0,)), find("relu", (1.0,)), find("**", (-2.0,)), find("**", (0.5,))]
FUNCTIONS = [TABLE[name] for name in ("log", "log1p", "expm1", "sqrt", "cbrt", "hypot", "softplus", "pow", "raised", "erf", "atan2")]
PRINTED = [*ARITHMETIC, *ARITHMETIC, *SMOOTH, *PIECEWISE, *FAMILY_ROWS, *FUNCTIONS]
MANY_OPERANDS = [TABLE["dot"], TABLE["logsumexp"], TABLE["exponent_shift"]]
NUMBERS = [0.0, 1.0, -1.0, 2.0, -2.0, -3.0, 0.5, -0.25, 10.0]
POINTS = [dict(zip("xyz", point)) for point in itertools.permutations((0.375, 1.75, -1.25))]


def tree(choices, rows, depth):
    if depth == 0 or choices.randrange(6) == 0:
        return choices.choice([*"xyzxyz", *NUMBERS])
    row = choices.choice(rows)
    return (row, *(tree(choices, rows, depth - 1) for _ in range(row.arity or choices.choice((3, 5)))))


def trees(rows, depth=4):
    return st.randoms(use_true_random=False).map(lambda choices: tree(choices, rows, depth))


def read(tree, leaf, apply):
    return apply(tree[0], *[read(part, leaf, apply) for part in tree[1:]]) if isinstance(tree, tuple) else leaf(tree)


def symbol(leaf):
    return Symbol(leaf) if isinstance(leaf, str) else Literal(leaf)


def as_written(tree):
    return read(tree, symbol, lambda row, *inputs: Expression(row, inputs))


def simplified(tree):
    return read(tree, symbol, Expression.apply)


def values_of_parts(expression, point):
    """The value of every part, the whole last; ``None`` where a part is not defined or not finite."""
    try:
        found = [part.evaluate(point) for part in parts(expression)]
    except (ValueError, ArithmeticError):
        return None
    return found if all(map(math.isfinite, found)) else None


def swollen(times):
    """A formula whose length doubles each time, although few of its parts are different."""
    f = x
    for _ in range(times):
        f = f * f.sin()
    return f


# -- a checker of the grammar ----------------------------------------------------------------------------------------
GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"
CAPITALS = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"  # the others look Latin, and TeX has no command for them
COMMANDS = set("frac sqrt cdot ln log sin cos tan arcsin arccos arctan sinh cosh tanh max min infty le dots".split())  # noqa: SIM905
COMMANDS |= {"lfloor", "rfloor", "lceil", "rceil", "bmod", "neq", "left", "right", "begin", "end", "operatorname", "mathrm", "text", "hat", "partial", "quad", "backslash", "wedge", "sim", *GREEK.split(), *CAPITALS.split()}
SIGNS = {rf"\{sign}" for sign in "#$%&_{} "} | {r"\\"}


def complaints(latex):
    """What TeX would not accept, or not show as meant; nothing if all is well."""
    tokens = re.findall(r"\\[A-Za-z]+|\\.|.", latex, re.DOTALL)
    stack, found = [], []
    for i, token in enumerate(tokens):
        before, after = tokens[i - 1] if i else "", "".join(tokens[i + 1 : i + 2])
        if token[0] == "\\" and token[1:] not in COMMANDS and token not in SIGNS:
            found.append(f"unknown command {token}")
        elif token in ("{", r"\left", r"\begin"):
            stack.append((token, before))
        elif token in ("}", r"\right", r"\end"):
            opened, base = stack.pop() if stack else ("", "")
            if opened != {"}": "{", r"\right": r"\left", r"\end": r"\begin"}[token]:
                found.append(f"{token} closes {opened or 'nothing'}")
            if base in ("^", "_") and after == base:
                found.append(f"two {base} in a row")
        elif token in ("^", "_") and (before in ("", "^", "_", "'", " ") or not (after == "{" or after.isalnum())):
            found.append(f"{before}{token}{after}")
        elif token in ("^", "_") and i > 1 and tokens[i - 2] == token:
            found.append(f"two {token} in a row")
        elif token in ("&", r"\\") and (r"\begin", " ") not in stack and not any(opened == r"\begin" for opened, _ in stack):
            found.append(f"{token} outside of cases")
        elif token in "$%#~":
            found.append(f"{token} is not escaped")
        if token in (r"\left", r"\right") and after not in {*"()[]|", r"\lfloor", r"\rfloor", r"\lceil", r"\rceil"}:
            found.append(f"no delimiter after {token}")
    return found + [f"{token} is not closed" for token, _ in stack]


@pytest.mark.parametrize("broken", [
    r"\frac{x}{y", r"x}", r"\left(x", r"\left(x}", r"{\left(x}\right)", r"\left\cdot x\right)", r"\PI", r"{x}^{2}^{3}", "x^ 2",
    "x & y", "x_", r"\begin{cases} x", "a#b", "x^2^3",
])  # fmt: skip
def test_the_checker_finds_what_is_broken(broken):
    assert complaints(broken)


# -- exact texts -----------------------------------------------------------------------------------------------------
def exercise():
    a, b = Value(2.0, "x"), Value(3.0, "z")
    return formula((a * b).exp() + a * b / a.log() + a.log().sin() / (a * b))


def neuron_loss():
    w, inputs, b, t = [Value(0.5, "w0"), Value(-1.0, "w1")], [Value(2.0, "x0"), Value(3.0, "x1")], Value(1.0, "b"), Value(1.0, "t")
    return formula((ac.sigmoid(w[0] * inputs[0] + w[1] * inputs[1] + b) - t) ** 2)


@pytest.mark.parametrize(("expression", "text"), [
    (exercise(), r"e^{x z} + \frac{x z}{\ln\left(x\right)} + \frac{\sin\left(\ln\left(x\right)\right)}{x z}"),
    (neuron_loss(), r"{\left(\sigma\left(w_{0} x_{0} + w_{1} x_{1} + b\right) - t\right)}^{2}"),
    (x / (y / z), r"\frac{x}{\frac{y}{z}}"), ((x / y) ** 2, r"{\left(\frac{x}{y}\right)}^{2}"), (x / y * z, r"\frac{x}{y} z"),
    (-(x**2), r"-{x}^{2}"), ((-x) ** 2, r"{\left(-x\right)}^{2}"), (x**0.5, r"{x}^{0.5}"), ((x + y) ** -2, r"{\left(x + y\right)}^{-2}"),
    ((x**2) ** 3, r"{\left({x}^{2}\right)}^{3}"), (x.exp() ** 2, r"{\left(e^{x}\right)}^{2}"), (2.0 ** (x + 1.0), r"{2}^{x + 1}"),
    (x - (y - z), r"x - \left(y - z\right)"), (x - y - z, r"x - y - z"), ((x + y) * z, r"\left(x + y\right) z"), (z * (x + y), r"z \cdot \left(x + y\right)"),
    (x * (-3.0), "-3 x"), (y - x * (-3.0), r"y - \left(-3 x\right)"), ((x * (-3.0)) ** 2, r"{\left(-3 x\right)}^{2}"),
    (2.0 * (x / y), r"2 \cdot \frac{x}{y}"), (x * y * 5.0, "5 x y"), (Symbol("loss") * x, r"\mathrm{loss} \cdot x"), (2.0 * Symbol("loss"), r"2 \mathrm{loss}"), (x - (-3.0), r"x - \left(-3\right)"), (x + (-3.0), r"x + \left(-3\right)"),
    (x * -y, r"x \cdot \left(-y\right)"), (-(x + y), r"-\left(x + y\right)"), ((-x).exp(), r"e^{-x}"), (abs(x - y), r"\left|x - y\right|"),
    (ac.hypot(x + 1.0, y), r"\sqrt{{\left(x + 1\right)}^2 + {y}^2}"), (ac.log10(x), r"\log_{10}\left(x\right)"),
    (ac.maximum(x + y, -z), r"\max\left(x + y, -z\right)"), (x * 1e-7, r"1 \cdot 10^{-7} x"), (Literal(math.inf) - x, r"\infty - x"),
    (ac.dot([x, y], [z, x], y), "x z + y x + y"), (ac.cbrt(x), r"\sqrt[3]{x}"),
    (ac.logsumexp([Symbol("w_1"), x]), r"\operatorname{logsumexp}\left(w_{1}, x\right)"),
    (Figure(-2.0) * Figure(1 / 3, 3), r"\left(-2\right) \cdot 0.333"),
])  # fmt: skip
def test_formulas_in_latex(expression, text):
    assert expression.latex() == text


@pytest.mark.parametrize(("name", "text"), [
    ("x", "x"), ("w12", "w_{12}"), ("w_12", "w_{12}"), ("w_i", "w_{i}"), ("w[0]", "w_{0}"), ("w[0][12]", "w_{0,12}"), ("w1[2]", "w_{1,2}"),
    ("theta", r"\theta"), ("Omega", r"\Omega"), ("alpha_1", r"\alpha_{1}"), ("loss", r"\mathrm{loss}"), ("h1", "h_{1}"), ("é", r"\acute{e}"),
    ("θ", r"\theta"), ("θ1", r"\theta_{1}"), ("λ", r"\lambda"), ("Δ", r"\Delta"), ("ŷ", r"\hat{y}"), ("x̂", r"\hat{x}"), ("ŷ_1", r"\hat{y}_{1}"),
    ("w₁₁", "w_{11}"), ("L_reg", r"L_{\mathrm{reg}}"), ("w_β", r"w_{\beta}"), ("größe", r"\text{größe}"), ("x²", r"\text{x²}"), ("L_1reg", r"L_{\mathrm{1reg}}"), ("x#2", "x'"), ("x#3", "x''"), ("w1#2", "w_{1}'"), ("a_b_c", r"\mathrm{a\_b\_c}"),
    ("100%", r"\mathrm{100\%}"), ("a&b", r"\mathrm{a\&b}"), ("$", r"\mathrm{\$}"), ("{", r"\mathrm{\{}"),
    ("PI", r"\mathrm{PI}"), ("Alpha", r"\mathrm{Alpha}"),
])  # fmt: skip
def test_names_in_latex(name, text):
    assert symbol_latex(name) == text


@pytest.mark.parametrize("names", [
    GREEK.split(), CAPITALS.split(), GREEK.title().split(), GREEK.upper().split(),
    ["_", "_x", "x__1", "w1_2", "lr#4", "w[0]#2", "x²", "w_β"], ["50%", "x$y", "a#b", "{x", "a&b"], ["a\\b", "c:\\new"], ["a^b", "a^b^c"], ["a~b"],
], ids=["greek", "capitals", "Greek", "GREEK", "underscores", "escaped", "backslash", "caret", "tilde"])  # fmt: skip
def test_every_name_is_latex_that_tex_accepts_and_shows_as_it_is_alone_and_in_a_power(names):
    for name in names:
        assert complaints(symbol_latex(name)) == complaints((Symbol(name) ** 2).latex()) == []
        assert not re.search(r"(?<!\\)\^", symbol_latex(name))  # a name has no exponent


@pytest.mark.parametrize(("name", "other"), [("a b", "ab"), ("x_", "x"), ("w1", "w11"), ("w[1]", "w[11]"), ("a_b", "ab"), ("x#2", "x#3")])
def test_different_names_look_different(name, other):
    first, second = (re.sub(r"(?<!\\) ", "", symbol_latex(each)) for each in (name, other))  # TeX drops a plain space
    assert first != second


@pytest.mark.parametrize(("number", "text"), [
    (2.0, "2"), (-0.5, "-0.5"), (1e-7, r"1 \cdot 10^{-7}"), (-2.5e300, r"-2.5 \cdot 10^{300}"), (math.inf, r"\infty"),
    (-math.inf, r"-\infty"), (math.nan, r"\mathrm{nan}"), (0.1 + 0.2, "0.30000000000000004"),
])  # fmt: skip
def test_numbers_in_latex(number, text):
    assert number_latex(number) == text


def test_jupyter_shows_the_latex_between_dollars():
    assert (x / y)._repr_latex_() == r"$\displaystyle \frac{x}{y}$"


# -- every row, and random formulas ----------------------------------------------------------------------------------
every_row = pytest.mark.parametrize("row", list(TABLE.values()), ids=lambda row: row.name)


@every_row
def test_the_latex_of_every_row_mentions_each_of_its_operands(row):
    operands = [f"a_{{{i}}}" for i in range(row.arity or 5)]
    assert all(f"#{i + 1}" in row.latex for i in range(row.arity or 1))
    latex = operation_latex(row, [(text, ATOM) for text in operands])[0]
    assert all(text in latex for text in operands)
    assert complaints(latex) == []


@every_row
def test_the_derivatives_of_every_row_are_latex_that_tex_accepts(row):
    leaves = [Value(0.5 + 0.1 * i, f"a{i}") for i in range(5)][: row.arity] if row.name != "acosh" else [Value(2.0, "a")]
    for leaf in leaves:
        assert complaints(symbolic(row(*leaves), leaf).latex()) == []
    if row.arity:
        assert all(complaints(found.latex()) == [] for found in derivative_formulas(row))


def test_a_row_without_latex_of_its_own_shows_all_its_operands():
    row = Primitive("soft_blend", "x * y + z", lambda out, x, y, z: (y, x, 1.0), arity=3)
    assert Expression(row, (Symbol("w1"), y, z + x)).latex() == r"\operatorname{soft\_blend}\left(w_{1}, y, z + x\right)"


@settings(deadline=None, max_examples=300, derandomize=True)
@given(trees([*PRINTED, *MANY_OPERANDS]))
def test_no_sign_stands_beside_another_without_brackets(tree):
    for expression in (as_written(tree), simplified(tree)):
        assert not re.search(r"([-+]|\\cdot) ?-", expression.latex())


@settings(deadline=None, max_examples=300, derandomize=True)
@given(trees([*PRINTED, *MANY_OPERANDS]))
def test_any_formula_is_latex_that_tex_accepts(tree):
    assert complaints(as_written(tree).latex()) == []
    assert complaints(simplified(tree).latex()) == []


def meaning(latex, point):
    """What a person computes who reads the LaTeX."""
    latex = re.sub(r"\\operatorname\{(\w+)\}", r"\1", latex).replace(r"\log_{10}", "log10")
    for tex, python in (
        (r"\left|", "abs("), (r"\right|", ")"), (r"\left", ""), (r"\right", ""), (r"\sqrt[3]", "cbrt"), (r"\cdot", "*"),
        (r"\frac", ""), ("}{", ")/("), ("{", "("), ("}", ")"), ("^", "**"), ("\\", ""),  # two groups side by side are a fraction's
    ):  # fmt: skip
        latex = latex.replace(tex, python)
    latex = re.sub(r"(?<=[\w)]) +(?=[\w(])", " * ", latex)  # what stands side by side is multiplied
    names = {**vars(ac), "e": math.e, "ln": math.log, "sigma": ac.sigmoid, "ReLU": ac.relu, "max": max, "min": min}
    return eval(latex, names, point)


# The others' LaTeX is a name without its constants, or a condition, or (atan2) a value that depends on the sign of a zero.
READ = [row for row in PRINTED if row.name not in ("select", "gate", "exceeds", "leaky_relu", "elu", "step", "atan2")]


@settings(deadline=None, max_examples=300, derandomize=True)
@given(trees(READ), st.sampled_from(POINTS))
def test_a_formula_read_from_its_latex_has_the_same_value(tree, point):
    for expression in (as_written(tree), simplified(tree)):
        values = values_of_parts(expression, point)
        assume(values)
        # Sums and products stand without the brackets that only matter to rounding.
        assert meaning(expression.latex(), point) == pytest.approx(values[-1], rel=1e-9, abs=1e-9 * max(map(abs, values)))


# -- length ----------------------------------------------------------------------------------------------------------
every_text = pytest.mark.parametrize("show", [str, to_text, Expression.latex], ids=["str", "to_text", "latex"])


@every_text
def test_a_formula_that_is_too_long_to_print_says_how_long_it_is(show):
    count = swollen(20).operation_count()
    with pytest.raises(ValueError, match=rf"{count} operations; up to 100000 are printed"):
        show(swollen(20))


@every_text
def test_printing_takes_memory_in_proportion_to_the_text(show):
    f = x
    for _ in range(3000):
        f = f.sin()
    tracemalloc.start()
    length = len(show(f))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * length + 2_000_000  # not to its square: 100,000 operations may be printed
