"""Each misconception is a pass of its own over the recorded graph: what it changes, and what it leaves as it is."""

import math

import pytest

from autograd_core import DomainError, Value, cos, log, sin, topological_order
from autograd_core.derivatives.misconceptions import RULES, backward_pass


def patient(x=2.0, y=3.0):
    """The smallest graph that has everything: a = xy, b = a + x, L = ab."""
    x, y = Value(x, "x"), Value(y, "y")
    a = x * y
    b = a + x
    return {"x": x, "y": y, "a": a, "b": b, "L": a * b}


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    y = z.sigmoid()
    return {"w": w, "x": x, "b": b, "z": z, "y": y, "L": (y - 1.0) ** 2}


def gradients(nodes, rule, **options):
    found = backward_pass(nodes["L"], rule, **options).gradients
    return {name: found[node] for name, node in nodes.items() if name != "L"}


# By hand: a receives 8 from L (times b) and 6 from b (times 1); x receives 6 from b and 3 times a's.
PATIENT = {
    "right": (48.0, 28.0, 14.0, 6.0),
    "overwrite": (18.0, 12.0, 6.0, 6.0),  # a: 6; x: 3 * 6 came last
    "forgot a path": (6.0, 16.0, 8.0, 6.0),
    "forgot the first path": (18.0, 12.0, 6.0, 6.0),
    "multiplied where one adds": (6.0 * 3.0 * 48.0, 2.0 * 48.0, 48.0, 6.0),
    "forgot the upstream gradient": (1.0 + 3.0, 2.0, 8.0 + 1.0, 6.0),
    "forgot the other factor": (3.0, 2.0, 2.0, 1.0),
    "mixed the two operands": (8.0 + 2.0 * 14.0, 3.0 * 14.0, 6.0 + 8.0, 8.0),
    "took a sum for a product": (6.0 * 6.0 + 3.0 * 20.0, 2.0 * 20.0, 8.0 + 6.0 * 2.0, 6.0),
    "breadth first": (30.0, 16.0, 14.0, 6.0),
    "depth first": (30.0, 16.0, 14.0, 6.0),
    "leaves first": (0.0, 0.0, 8.0, 6.0),
    "not set back to 0": (210.0, 124.0, 48.0, 18.0),
}


@pytest.mark.parametrize("rule", PATIENT)
def test_each_rule_gives_the_numbers_that_one_finds_by_hand(rule):
    assert tuple(gradients(patient(), rule).values()) == PATIENT[rule]


s = 1.0 / (1.0 + math.exp(-2.0))
s_of_s = 1.0 / (1.0 + math.exp(-s))
NEURON = {
    "wrong point": (s, lambda up: up * s_of_s * (1.0 - s_of_s), 2.0 * (s - 1.0) ** 2),
    "operand for output": (s, lambda up: up * 2.0 * (1.0 - 2.0), 2.0 * (s - 1.0)),
    "value for derivative": (s, lambda up: up * s, (s - 1.0) ** 2),
    "forgot the inner derivative": (s, lambda up: up, 2.0 * (s - 1.0)),
    "mixed the two operands": (s, lambda up: up * s * (1.0 - s), -2.0 * (s - 1.0)),
}


@pytest.mark.parametrize("rule", NEURON)
def test_rules_of_a_function_change_its_local_derivative(rule):
    _, sigmoid, up = NEURON[rule]
    found = gradients(neuron(), rule)
    assert found["y"] == pytest.approx(up)
    assert found["z"] == pytest.approx(sigmoid(up))


def test_a_lost_minus_is_that_of_the_formula():
    x = Value(2.0)
    assert backward_pass(cos(x), "lost a minus").gradients[x] == math.sin(2.0)
    assert backward_pass(sin(x), "lost a minus").gradients[x] == math.cos(2.0)  # negative, but its formula has no minus
    t = Value(1.0)
    assert backward_pass((x - t) ** 2, "lost a minus").gradients[t] == 2.0
    assert backward_pass((x - t) ** 2, "sign").gradients[t] == -2.0  # twice turned round, with a minus that was there


def test_an_updated_weight_is_used_for_what_lies_behind_it_only():
    w, v, x = Value(3.0, "w"), Value(2.0, "v"), Value(1.0, "x")
    h = w * x
    L = (v * h) ** 2  # dL/d(vh) = 12, dL/dv = 36, so v becomes 2 - 0.5 * 36 = -16
    found = backward_pass(L, "updated weight", rate=0.5, parameters=[w, v]).gradients
    assert (found[v], found[h], found[w]) == (36.0, 12.0 * -16.0, 12.0 * -16.0)
    assert (w.data, v.data) == (3.0, 2.0)


def test_merging_shows_only_where_values_are_equal():
    assert gradients(patient(), "merged equal nodes") == gradients(patient(), "right")
    assert gradients(patient(3.0, 1.0), "merged equal nodes")["a"] == 24.0 != gradients(patient(3.0, 1.0), "right")["a"]


def test_the_right_rule_is_the_engine_and_no_rule_touches_the_graph():
    nodes = patient()
    before = [(node.data, node.grad) for node in nodes.values()]
    passes = {rule: backward_pass(nodes["L"], rule) for rule in RULES}
    assert [(node.data, node.grad) for node in nodes.values()] == before
    nodes["L"].backward()
    assert passes["right"].gradients == {node: node.grad for node in nodes.values()}
    for rule, found in passes.items():
        assert set(found.gradients) == set(topological_order(nodes["L"])), rule
        assert len(found.terms) == 1 + 6  # the seed, and one for each edge
        ended = {term.node: term.total for term in found.terms}
        assert rule == "merged equal nodes" or all(found.gradients[node] == total for node, total in ended.items())


def test_a_wrong_point_outside_the_domain_leaves_the_right_derivative():
    x = Value(0.5)
    assert backward_pass(log(x), "wrong point").gradients[x] == 2.0  # log(0.5) < 0, where there is no logarithm
    with pytest.raises(DomainError):
        log(log(x))


def test_a_rule_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match=r"no rule is called 'sgn'.*'overwrite'"):
        backward_pass(Value(1.0), "sgn")
