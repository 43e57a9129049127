"""Finite differences, formulas, forward and reverse mode: each row of the lectures on them is seen with one call; and what gradients cost."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_derivation import cells, words

import autograd_core as ac
from autograd_core import Value, compare_methods, cost
from autograd_core.views import comparison as methods

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


def test_d01_the_errors_of_the_finite_difference_are_v_shaped_against_the_step():
    told = re.findall(r"step=(\S+), estimate=(\S+), error=([^)]+)", repr(ac.finite_difference_errors(ac.exp, 1.0)))
    steps_taken, errors = [float(row[0]) for row in told], [float(row[2]) for row in told]
    assert steps_taken == pytest.approx([10.0**-k for k in range(1, 13)])
    best = errors.index(min(errors))
    assert errors[:4] == sorted(errors[:4], reverse=True)
    assert 3 < best < 8
    assert errors[8:] == sorted(errors[8:])


def test_d01_the_gradient_check_is_a_report():
    lines = str(ac.gradcheck(lambda x: ac.sin(x**2), 2.0, order=1)).splitlines()
    assert lines[0].split() == ["derivative", "analytic", "numeric", "difference"]
    assert lines[1].split()[:2] == ["df/dx", "-2.61457448345445"]
    assert float(lines[1].split()[-1]) < 1e-9


def swelling(n):
    def f(x):
        for _ in range(n):
            x = x * ac.sin(x)
        return x

    return f


def test_d02_the_formula_is_read_and_its_swelling_is_seen_beside_the_graph():
    x = Value(2.0, "x")
    assert repr(ac.symbolic(ac.sin(x**2) / x, x)) == "2 * cos(x ** 2) - sin(x ** 2) / x ** 2"
    assert repr(ac.symbolic(ac.sin(x**2) / x, x, simplify=False)) == "-sin(x ** 2) / x / x + 1 / x * cos(x ** 2) * (2 * x)"
    counts = [{k: int(n) for k, n in column("operations", compare_methods(swelling(n), 0.7)).items()} for n in (1, 4, 8)]
    assert [row["reverse mode"] for row in counts] == [2 * n + 2 * 3 * n for n in (1, 4, 8)]
    assert counts[2]["symbolic"] > 2**4 * counts[1]["symbolic"] > 2**4 * counts[1]["reverse mode"]


def column(name, comparison):
    """What stands in a column of the table, by method."""
    headers, *rows = (re.split(r"  +", line) for line in str(comparison).splitlines())
    return {row[0]: row[headers.index(name)] for row in rows}


def test_d03_reverse_mode_evaluates_once_for_all_inputs():
    told = column("evaluations", compare_methods(lambda v: ac.dot(v, v).sin(), [0.1 * k for k in range(10)]))
    assert told == {"finite differences": "20", "symbolic": "0", "forward mode": "10", "reverse mode": "1"}


def test_d04_forward_mode_gives_all_outputs_of_one_input():
    assert repr(ac.jvp(lambda x: [x * x, x**3, 5 * x], (2.0,), (1.0,))) == "([4.0, 8.0, 10.0], [4.0, 12.0, 5.0])"


def test_d05_all_four_stand_in_one_table():
    comparison = compare_methods(lambda x: ac.sin(x**2), 2.0)
    derivatives = column("derivative", comparison)
    assert list(derivatives) == WAYS
    assert [derivatives[way] for way in WAYS[1:]] == ["-2.614574483"] * 3
    assert float(derivatives[WAYS[0]]) == pytest.approx(-2.6145744834544478, abs=1e-8)
    assert float(column("error", comparison)[WAYS[0]]) < 1e-8
    assert all(re.fullmatch(r"\d+ µs", time) for time in column("time", comparison).values())


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=9))
def test_the_cost_without_reuse_is_that_of_all_paths_walked_one_by_one(instructions):
    rows = [lambda x, y: x * y, lambda x, y: ac.sin(x), lambda x, y: ac.dot([x, y, x], [y, 2.0, x], y), lambda x, y: 3 - ac.logsumexp([x, y])]
    nodes = [Value(0.25, "p"), Value(-0.5, "q")]
    for i, j, row in instructions:
        nodes.append(rows[row](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]) * 0.5)

    def lengths(node, so_far=0):
        for parent in node.parents:
            yield from lengths(parent, so_far + 1)
        if not node.parents:
            yield so_far

    order = ac.topological_order(nodes[-1])
    per_node = {"*": 1, "sin": 1, "-": 1, "dot": 3, "logsumexp": 2, "": 0}
    assert cost(nodes[-1]) == (sum(per_node[x.op] for x in order), sum(len(x.parents) for x in order), sum(lengths(nodes[-1])))


def test_the_cost_of_a_long_graph_is_exact_and_readable():
    chain, doubling = Value(1.0), Value(1.0)
    for _ in range(100_000):
        chain = -chain
    for _ in range(20_000):
        doubling = doubling + doubling
        doubling.data = 1.0
    assert cost(chain) == (100_000, 100_000, 100_000)
    assert cost(doubling) == (20_000, 40_000, 20_000 * 2**20_000)
    assert repr(cost(doubling)).splitlines()[3].split()[-4:] == ["about", "10^6025", "about", "10^6021"]
    assert cost(Value(1.0)) == (0, 0, 0)
    assert "every path" in cost(Value(1.0))._repr_html_()
