"""Derivations as written by hand, both passes as HTML, and four ways to differentiate side by side."""

import html
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Value, compare_methods, derivation, dot, explain, methods, sigmoid, steps, topological_order

OPTIONS = settings(deadline=None, max_examples=150, derandomize=True)
AWKWARD = ["a}b", "{", "x\\", "\\N", "a&b", "a^b^c", "50%", "$x$", "#", "a_b_c", "<b>", "a\nb"]


def named(name, node):
    node.name = name
    return node


def leaves(**values):
    return [Value(x, name) for name, x in values.items()]


def result(line):
    return float(line.steps[-1])


def test_c9_is_written_as_in_the_lecture():
    w, b = leaves(w=0.5, b=1.0)
    z = named("z", w * 2.0 + b)
    y = named("ŷ", sigmoid(z))
    loss = named("L", (y - 1.0) ** 2)
    assert str(derivation(loss, [w, b])) == """\
z = w * 2 + b = 0.5 * 2 + 1 = 2
ŷ = sigmoid(z) = sigmoid(2) = 0.8808
L = (ŷ - 1) ** 2 = (0.8808 - 1) ** 2 = 0.01421
∂L/∂L = 1
∂L/∂ŷ = 2 * (ŷ - 1) = 2 * (0.8808 - 1) = -0.2384
∂L/∂z = ∂L/∂ŷ · ∂ŷ/∂z = ∂L/∂ŷ · ŷ * (1 - ŷ) = (-0.2384) · 0.8808 * (1 - 0.8808) = -0.02503
∂L/∂b = ∂L/∂z · ∂z/∂b = ∂L/∂z = -0.02503
∂L/∂w = ∂L/∂z · ∂z/∂w = ∂L/∂z · 2 = (-0.02503) · 2 = -0.05006"""


def regularised():
    w, x, b, t = leaves(w=0.5, x=2.0, b=1.0, t=1.0)
    y = named("y", sigmoid(named("z", w * x + b)))
    loss = named("L", 0.5 * (y - t) ** 2)
    return w, b, loss, named("L_reg", loss + Value(0.1, "λ") * named("R", 0.5 * w**2))


def test_c1_has_a_line_for_each_node_of_the_lecture_and_the_chain_rule_in_symbols():
    w, b, loss, _ = regularised()
    written = derivation(loss, [w, b])
    assert [line.left for line in written.forward] == ["z", "y", "L"]
    assert [line.left for line in written.backward] == ["∂L/∂L", "∂L/∂y", "∂L/∂z", "∂L/∂b", "∂L/∂w"]
    assert [line.steps[0] for line in written.backward[2:]] == ["∂L/∂y · ∂y/∂z", "∂L/∂z · ∂z/∂b", "∂L/∂z · ∂z/∂w"]
    assert [line.steps[1] for line in written.backward[2:]] == ["∂L/∂y · y * (1 - y)", "∂L/∂z", "∂L/∂z · x"]
    y = 1.0 / (1.0 + math.exp(-2.0))
    expected = [1.0, y - 1.0, (y - 1.0) * y * (1.0 - y), (y - 1.0) * y * (1.0 - y), (y - 1.0) * y * (1.0 - y) * 2.0]
    assert [result(line) for line in written.backward] == pytest.approx(expected, rel=1e-3)


def test_c2_adds_the_two_paths_of_the_weight():
    w, _, _, total = regularised()
    last = derivation(total, w).backward[-1]
    assert last.left == "∂L_reg/∂w"
    assert last.steps[0] == "∂L_reg/∂R · ∂R/∂w + ∂L_reg/∂z · ∂z/∂w"
    assert last.steps[1].endswith(" + ∂L_reg/∂z · x")
    assert last.steps[-2:] == ["0.1 · 0.5 * (2 * 0.5) + (-0.01252) · 2", "0.02497"]  # 0.05 - 0.02503


def test_c10_has_every_figure_of_the_lecture_exactly():
    parameters = leaves(w11=0.4, w12=0.6, w21=0.3, w22=0.5, b1=0.1, b2=0.2, u1=0.7, u2=0.8, c=0.3)
    w11, w12, w21, w22, b1, b2, u1, u2, c = parameters
    a1 = named("a1", sigmoid(named("z1", w11 * 0.5 + w12 * 1.0 + b1)))
    a2 = named("a2", sigmoid(named("z2", w21 * 0.5 + w22 * 1.0 + b2)))
    y = named("ŷ", sigmoid(named("s", u1 * a1 + u2 * a2 + c)))
    written = derivation(named("L", 0.5 * (1.0 - y) ** 2), parameters, digits=16)
    forward = {line.left: result(line) for line in written.forward}
    exact = {"z1": 0.9, "a1": 0.7109495026250039, "z2": 0.85, "a2": 0.700567142473973, "s": 1.358118365816681, "ŷ": 0.7954537126660951}
    assert forward == pytest.approx({**exact, "L": 0.02091959183104219}, rel=1e-15)
    backward = {line.left.removeprefix("∂L/∂"): result(line) for line in written.backward}
    deltas = {"s": -0.03328113397892365, "z1": -0.0047874982829575, "z2": -0.005585181898250523}
    weights = {"u1": -0.023661205649111883, "u2": -0.02331566892990799, "w11": -0.00239374914147875, "w21": -0.0027925909491252616}
    same = {"w12": deltas["z1"], "b1": deltas["z1"], "w22": deltas["z2"], "b2": deltas["z2"], "c": deltas["s"]}
    expected = {**deltas, **weights, **same}
    assert {name: backward[name] for name in expected} == pytest.approx(expected, rel=2e-15)
    assert len(written.forward) + len(written.backward) == 7 + 7 + 9


INSTRUCTION = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 6), st.booleans())
GRAPHS = st.lists(INSTRUCTION, min_size=1, max_size=9)
ROWS = [
    lambda x, y: x * y, lambda x, y: x - y, lambda x, y: x.tanh(), lambda x, y: 0.5 * x + y**2, lambda x, y: -x / (1.5 + y * y),
    lambda x, y: dot([x, 0.5], [y, x], x), lambda x, y: x.relu() + y.sigmoid(),
]  # fmt: skip


def graph(instructions):
    nodes = leaves(p=0.75, q=-1.25, r=2.0)
    for k, (i, j, row, has_name) in enumerate(instructions):
        nodes.append(ROWS[row](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]))
        nodes[-1].name = f"h{k}" if has_name else None
    return nodes[-1]


@OPTIONS
@given(GRAPHS)
def test_every_line_ends_in_the_value_and_the_gradient_of_the_engine(instructions):
    output = graph(instructions)
    written = derivation(output, digits=12)
    for step in steps(output).backward:
        step.node.grad = 0.0
    output.backward()
    called = {step.name: step.node for step in steps(output).forward}
    end = steps(output).forward[-1].name
    for line in written.forward:
        assert line.steps[-1] == f"{called[line.left].data:.12g}"
    for line in written.backward:
        node = called[line.left.removeprefix(f"∂{end}/∂")]
        terms = [step.contribution for step in steps(output).backward if step.node is node]
        # Formulas add and multiply in another order: where terms cancel, the rounding of the largest is left.
        assert result(line) == pytest.approx(node.grad, rel=1e-10, abs=1e-10 * max(map(abs, terms))), line
    assert {f"∂{end}/∂{x.name}" for x in called.values() if not x.parents} <= {line.left for line in written.backward}


@OPTIONS
@given(GRAPHS)
def test_latex_is_balanced_and_one_aligned_line_for_each_line(instructions):
    written = derivation(graph(instructions))
    assert_balanced(written.latex(), len(written.forward) + len(written.backward))


def assert_balanced(latex, lines):
    rows = latex.split("\n")
    assert (rows[0], rows[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert latex.count(r"\begin") == latex.count(r"\end") == 1
    assert len(rows) == lines + 2
    for i, row in enumerate(rows[1:-1], 1):
        assert row.endswith(r" \\") == (i < lines)
        bare = re.sub(r"\\[\\{}%$#&_]", "", row)
        assert bare.count("&") == 1
        assert bare.count(r"\left") == bare.count(r"\right")
        depth = 0
        for sign in bare:
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0, row
        assert depth == 0, row


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_leaves_latex_balanced_and_adds_no_command_to_it(name):
    x = Value(2.0, name)
    latex = derivation(x * x).latex()
    assert_balanced(latex, 3)
    known = {"begin", "end", "cdot", "frac", "partial", "mathrm", "left", "right"}
    assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= known | {"textbackslash", "backslash", "textasciicircum", "text", "wedge", "hat"}
    assert not set("^$%#") & set(re.sub(r"\\[$%#&_{}^]", "", latex))  # a^b^c would be a double superscript


def test_the_derivative_is_told_for_one_leaf_several_or_all_and_only_along_their_paths():
    x, y = leaves(x=2.0, y=3.0)
    output = named("f", x.exp() * named("g", y.sin()))
    told = [[line.left for line in derivation(output, wrt).backward] for wrt in (x, [y], [x, y], None)]
    assert told == [["∂f/∂f", "∂f/∂x"], ["∂f/∂f", "∂f/∂g", "∂f/∂y"], *[["∂f/∂f", "∂f/∂g", "∂f/∂y", "∂f/∂x"]] * 2]
    assert str(derivation(x)) == "∂x/∂x = 1"
    assert repr(square := derivation(x**2)) == "v1 = x ** 2 = 2 ** 2 = 4\n∂v1/∂v1 = 1\n∂v1/∂x = 2 * x = 2 * 2 = 4"
    assert square._repr_latex_() == f"$\\displaystyle {square.latex()}$"
    product = x * y
    assert [line.left for line in derivation(product, names="caller").backward] == ["∂product/∂product", "∂product/∂y", "∂product/∂x"]


def test_a_leaf_that_is_not_in_the_graph_is_refused_with_those_that_are():
    x, y, stranger = leaves(x=2.0, y=3.0, stranger=3.0)
    for wrt in (stranger, [x, stranger]):
        with pytest.raises(ValueError, match=r"'stranger'.* is not in the graph of the output, which depends on x, y"):
            derivation(x * y, wrt)


def test_a_zero_upstream_contributes_nothing_through_an_infinite_derivative_of_a_node_written_out():
    x, y = leaves(x=0.0, y=0.0)
    output = named("M", named("L", x.sqrt() * y) * 1.0)
    output.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)
    assert [line.steps[-1] for line in derivation(output).backward[-2:]] == ["0", "0"]


def test_a_node_that_is_called_like_a_number_is_not_taken_for_it():
    a, b = Value(5.0, "2"), Value(3.0, "b")
    output = named("L", a * b * 2.0)
    output.backward()
    assert {line.left: result(line) for line in derivation(output).backward[-2:]} == {"∂L/∂2": a.grad, "∂L/∂b": b.grad}


@pytest.mark.parametrize("with_names", ["all", "some", "none"])
def test_a_chain_of_two_thousand_operations_is_derived(with_names):
    x = Value(0.5, "x")
    y = x
    for i in range(2000):
        y = y.sin() if i % 2 else y * 1.001
        if with_names == "all" or (with_names == "some" and i % 20 == 0):
            y.name = f"h{i}"
    written = derivation(y, x)
    y.backward()
    assert result(written.backward[-1]) == pytest.approx(x.grad, rel=1e-3)
    assert len(written.forward) == {"all": 2000, "none": 2000, "some": 101}[with_names]
    assert_balanced(written.latex(), len(written.forward) + len(written.backward))


def cells(page):
    """The rows of each table in the page, as texts."""
    tables = re.findall(r"<table>(.*?)</table>", page, re.DOTALL)
    rows = [re.findall(r"<tr>(.*?)</tr>", found, re.DOTALL) for found in tables]
    return [[[html.unescape(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in found] for found in rows]


def words(text):
    return [line.split() for line in text.splitlines()]


@OPTIONS
@given(GRAPHS, st.booleans())
def test_the_html_of_passes_and_receipts_has_the_cells_of_the_text(instructions, follow):
    output = graph(instructions)
    passes, receipt = steps(output), explain(output, topological_order(output)[0], follow=follow)
    pages = cells(passes._repr_html_()) + cells(receipt._repr_html_())
    texts = [passes.forward_table(), passes.backward_table(), f"receipt\n{receipt}"]
    assert [[" ".join(row).split() for row in page] for page in pages] == [words(text) for text in texts]


@pytest.mark.parametrize("name", ["<b>", "a & b", '"', "</td>", "<script>alert(1)</script>"])
def test_names_are_escaped_in_html(name):
    x = Value(2.0, name)
    for page in (steps(x * x)._repr_html_(), explain(x * x, x)._repr_html_()):
        assert html.escape(name) in page
        assert not {tag.strip("/") for tag in re.findall(r"<(/?\w+)", page)} - {"table", "thead", "tbody", "tr", "th", "td", "h4"}
    assert [row[0] for row in cells(steps(x * x)._repr_html_())[0]] == ["node", name, "v1"]


WAYS = ["finite differences", "symbolic", "forward mode", "reverse mode"]
FUNCTIONS = [
    (lambda x: x.sin() * x, 2.0, [math.sin(2.0) + 2.0 * math.cos(2.0)]),
    (lambda x: (x**2).sin(), 2.0, [-2.6145744834544478]),
    (lambda x: x, 3.0, [1.0]),
    (lambda v: v[0] * v[1] + v[2].exp(), [2.0, 3.0, 0.5], [3.0, 2.0, math.exp(0.5)]),
    (lambda v: v[0][0] / v[1][0], [[1.0], (4.0,)], [0.25, -1.0 / 16.0]),
]


@pytest.mark.parametrize(("f", "at", "exact"), FUNCTIONS)
def test_four_ways_agree_with_the_closed_form(f, at, exact):
    found = compare_methods(f, at).methods
    assert [way.name for way in found] == WAYS
    for way in found:
        assert way.derivatives == pytest.approx(exact, rel=1e-8 if way.name == "finite differences" else 1e-14), way.name
        assert way.error == pytest.approx(max(abs(a - b) for a, b in zip(way.derivatives, found[-1].derivatives)), abs=0.0)
        assert way.seconds >= 0.0
    assert found[0].error < 1e-8


@pytest.mark.parametrize(("f", "at", "exact"), FUNCTIONS)
def test_evaluations_are_how_often_the_function_runs(monkeypatch, f, at, exact):
    calls, counted = [], []

    def observed(x):
        calls.append(x)
        return f(x)

    def once(way):
        before = len(calls)
        values = way()
        counted.append(len(calls) - before)
        return values, 0.0

    monkeypatch.setattr(methods, "_timed", once)
    found = compare_methods(observed, at).methods
    n = len(exact)
    assert [way.evaluations for way in found] == counted == [2 * n, 0, n, 1]
    assert len(calls) == 1 + 2 * n + n + 1  # and once to record the graph for the formula


def test_the_comparison_is_a_table_in_text_and_html():
    comparison = compare_methods(lambda v: sum(x * x for x in v), [1.0, 2.0, 3.0, 4.0, 5.0])
    lines = str(comparison).splitlines()
    assert lines[0].split() == ["method", "derivative", "error", "evaluations", "operations", "time"]
    assert [line[:18].strip() for line in lines[1:]] == WAYS
    assert lines[-1].split()[2:7] == ["2,", "4,", "6,", "8,", "..."]
    assert [line.split()[-1] for line in lines[1:]] == ["µs"] * 4
    assert [" ".join(row).split() for row in cells(comparison._repr_html_())[0]] == words(str(comparison))


@pytest.mark.parametrize(("f", "told"), [(lambda x: 1.0, "float"), (lambda x: [x, x], "list of length 2"), (lambda x: None, "NoneType")])
def test_a_function_that_does_not_compute_a_number_from_its_input_is_refused_with_what_it_returned(f, told):
    with pytest.raises(TypeError, match=rf"computes one number from its input, and was given a .*{told}"):
        compare_methods(f, 2.0)
