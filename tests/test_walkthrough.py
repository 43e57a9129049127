"""Both passes as records and as text: what is shown is what ``backward`` does, under names a reader can tell apart."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Constant, Value, explain, steps, topological_order

CHOICES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=25)
quick = settings(deadline=None, max_examples=80)


OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x.tanh() * y,
    lambda x, y: -x - 2,
    lambda x, y: ac.maximum(x, y),
    lambda x, y: ac.dot([x, y], [y.sin(), 0.5], x),
    lambda x, y: x.sigmoid() ** 3,
    lambda x, y: ac.logsumexp([x.tanh(), y.tanh(), 0.25]),
    lambda x, y: ac.leaky_relu(x, 0.3) / 7.0,
    lambda x, y: x.sin() * x.sin() + ac.step(y),
]


def graph(choices):
    """Three leaves and an output; the choices make the shape and the operations between them."""
    nodes = [Value(0.5, "a"), Value(-1.5), Value(2.0, "c")]
    for kind, i, j in choices:
        nodes.append(OPERATIONS[kind](nodes[i % len(nodes)], nodes[j % len(nodes)]))
    return nodes[:3], ac.dot(nodes[-4:], [1.0, 0.5, -0.25, 2.0]).tanh()


def names_of(passes):
    return [s.name for s in passes.forward]


def lecture():
    """C9 of the lectures: one sigmoid neuron and its squared error."""
    x, w, b = Value(2.0, "x"), Value(0.5, "w"), Value(1.0, "b")
    y = ac.sigmoid(w * x + b)
    loss = (y - 1) ** 2
    y.name, loss.name = "y", "L"
    return w, loss


def quiz():
    """C11: the intermediate nodes bear the names of the solution."""
    x, z = Value(2.0, "x"), Value(3.0, "z")
    a, b = x * z, x.log()
    c, d, e = b.sin(), a.exp(), a / b
    f = c / a
    return x, z, {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}, d + e + f


@quick
@given(CHOICES, st.sampled_from([1.0, -0.5, 0.0, 3.0]))
def test_the_backward_records_are_the_backward_pass(choices, seed):
    _, output = graph(choices)
    records = steps(output, seed=seed).backward
    assert not any(node.grad for node in topological_order(output))
    output.backward(seed)
    totals = {s.node: s.total for s in records}
    assert {n: n.grad for n in topological_order(output) if not isinstance(n, Constant)} == totals
    first, *rest = records
    assert (first.node, first.consumer, first.total) == (output, None, seed)
    running = Counter({output: seed})
    for s in rest:
        assert s.upstream == totals[s.consumer]
        assert s.contribution == s.upstream * s.local
        assert (s.node, s.local) in zip(s.consumer.parents, s.consumer.local_derivatives)
        running[s.node] += s.contribution
        assert s.total == running[s.node]
    last = {s.node: i for i, s in enumerate(records)}
    assert all(last[s.consumer] < i for i, s in enumerate(records) if s.consumer is not None)
    edges = Counter((n, p) for n in topological_order(output) for p in n.parents if not isinstance(p, Constant))
    assert Counter((s.consumer, s.node) for s in rest) == edges


@quick
@given(CHOICES)
def test_the_forward_records_are_every_node_after_its_parents(choices):
    _, output = graph(choices)
    records = steps(output).forward
    nodes = [s.node for s in records]
    assert nodes == [n for n in topological_order(output) if not isinstance(n, Constant)]
    assert [s.value for s in records] == [n.data for n in nodes]
    assert len({s.name for s in records}) == len(records)
    for i, s in enumerate(records):
        assert all(p in nodes[:i] for p in s.node.parents if not isinstance(p, Constant))
        assert bool(s.expression) == bool(s.node.parents)


@quick
@given(CHOICES)
def test_a_receipt_has_a_line_for_each_use_and_totals_the_gradient(choices):
    leaves, output = graph(choices)
    uses = Counter(p for n in topological_order(output) for p in n.parents)
    for node in {*leaves, *topological_order(output)[::3]} - {n for n in uses if isinstance(n, Constant)}:
        receipt = explain(output, node)
        assert len(receipt.uses) == uses[node]
        assert len(receipt.lines()) == 1 + uses[node] + (uses[node] > 1)
        assert all(use.contribution == use.upstream * use.local and use.through is None for use in receipt.uses)
        assert receipt.total == pytest.approx(ac.gradients(output, [node])[0].data, rel=1e-12, abs=1e-15)


@quick
@given(CHOICES)
def test_a_followed_receipt_goes_up_to_the_seed_and_repeats_nothing(choices):
    leaves, output = graph(choices)
    name = names_of(steps(output))[-1]
    for leaf in leaves:
        pending, seen = [explain(output, leaf, follow=True)], []
        while pending:
            receipt = pending.pop()
            seen.append(receipt.name)
            pending += [use.through for use in receipt.uses if use.through is not None]
            assert all(use.through is None or use.through.total == use.upstream for use in receipt.uses)
        assert len(seen) == len(set(seen))
        assert (name in seen) == (leaf in topological_order(output))


NEURON = """\
Forward pass
node  expression       value
w                        0.5
x                          2
v1    w * x                1
b                          1
v2    v1 + b               2
y     sigmoid(v2)   0.880797
v3    y - 1        -0.119203
L     v3 ** 2      0.0142093

Backward pass
gradient of  through    upstream  *  local derivative        = contribution         sum
L            seed                                                         1           1
v3           L                 1  *  2 * v3 = -0.238406           -0.238406   -0.238406
y            v3        -0.238406  *  1                            -0.238406   -0.238406
v2           y         -0.238406  *  y * (1 - y) = 0.104994      -0.0250311  -0.0250311
v1           v2       -0.0250311  *  1                           -0.0250311  -0.0250311
b            v2       -0.0250311  *  1                           -0.0250311  -0.0250311
w            v1       -0.0250311  *  x = 2                       -0.0500622  -0.0500622
x            v1       -0.0250311  *  w = 0.5                     -0.0125155  -0.0125155"""

RECEIPT = """\
dL/dv2 = -0.0250311, from 1 use of v2:
  in y = sigmoid(v2):  -0.238406 * (y * (1 - y) = 0.104994) = -0.0250311
    dL/dy = -0.238406, from 1 use of y:
      in v3 = y - 1:  -0.238406 * 1 = -0.238406
        dL/dv3 = -0.238406, from 1 use of v3:
          in L = v3 ** 2:  1 * (2 * v3 = -0.238406) = -0.238406
            dL/dL = 1  (the seed)"""


def test_the_tables_of_the_lectures_neuron():
    _, loss = lecture()
    assert str(steps(loss)) == repr(steps(loss)) == NEURON
    (v2,) = next(n for n in topological_order(loss) if n.name == "y").parents
    receipt = explain(loss, v2, follow=True)
    assert str(receipt) == repr(receipt) == RECEIPT


def test_the_tables_show_as_many_digits_as_asked():
    _, loss = lecture()
    assert steps(loss).forward_table(17).splitlines()[6] == "y     sigmoid(v2)   0.88079707797788231"
    assert steps(loss).backward_table(2).splitlines()[4] == "v2           y           -0.24  *  y * (1 - y) = 0.1          -0.025  -0.025"


def test_the_figures_of_the_lectures_neuron_are_in_its_records():
    w, loss = lecture()
    totals = {s.name: s.total for s in steps(loss).backward}
    assert [totals[name] for name in ("y", "v2", "b")] == [-0.23840584404423537, -0.025031084347353506, -0.025031084347353506]
    assert totals["w"] == explain(loss, w).total == -0.05006216869470701


def test_the_quiz_is_traced_under_its_own_names():
    x, z, names, y = quiz()
    passes = steps(y, names={**names, "y": y})
    assert {s.name: s.expression for s in passes.forward} == {
        "x": "", "z": "", "a": "x * z", "b": "log(x)", "c": "sin(b)",
        "d": "exp(a)", "e": "a / b", "f": "c / a", "v1": "d + e", "y": "v1 + f",
    }  # fmt: skip
    assert [s.consumer_name for s in passes.backward if s.name == "a"] == ["f", "e", "d"]
    totals = {s.name: s.total for s in passes.backward}
    assert (totals["x"], totals["z"]) == (1208.3812151266095, 809.707479218564)
    assert str(explain(y, x, names=names)).splitlines()[0] == "dv2/dx = 1208.38, from 2 uses of x:"
    assert str(explain(y, z, names=names)) == "dv2/dz = 809.707, from 1 use of z:\n  in a = x * z:  404.854 * (x = 2) = 809.707"


def test_names_come_from_the_variables_of_the_caller():
    w = [Value(1.0), Value(2.0)]
    grid = [[Value(3.0)], (Value(4.0),)]
    z = ac.dot(w, [grid[0][0], grid[1][0]], 1.0)
    loss = z * Value(5.0, "its own")
    passes = steps(loss, "caller")
    assert names_of(passes) == ["w[0]", "w[1]", "grid[0][0]", "grid[1][0]", "z", "its own", "loss"]
    assert passes.forward[4].expression == "w[0] * grid[0][0] + w[1] * grid[1][0] + 1"
    assert explain(loss, w[1], names="caller")[:2] == ("loss", "w[1]")


def test_a_receipt_calls_an_unused_input_by_its_variable_too():
    x = Value(2.0)
    unused, y = Value(1.0), x * x
    assert str(explain(y, unused, names="caller")) == "dy/dunused = 0  (no use: the output does not depend on it)"
    assert str(explain(y, unused, names={"y": y, "q": unused})) == "dy/dq = 0  (no use: the output does not depend on it)"


def test_an_unused_input_is_never_taken_for_another_node():
    x, other = Value(2.0, "x"), Value(1.0, "y")
    y = x * x
    y.name = "y"
    assert "does not depend on it" in str(explain(y, other, follow=True))
    assert explain(y, Value(1.0)).name != "x"  # which is another node


def test_names_come_from_a_mapping_but_a_name_of_its_own_comes_first():
    x, named = Value(2.0), Value(3.0, "n")
    y = x * named
    assert names_of(steps(y, {"p": x, "q": named})) == ["p", "n", "v1"]
    assert names_of(steps(y)) == ["v1", "n", "v2"]
    with pytest.raises(ValueError, match="'caller' or a mapping"):
        steps(y, "callers")


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "a#2#2", "v1", "v2", None]), min_size=1, max_size=12))
def test_names_given_twice_are_made_different(names):
    output = ac.dot([Value(1.0, name) for name in names], [Value(2.0) for _ in names])
    found = names_of(steps(output))
    assert len(set(found)) == len(found) == 2 * len(names) + 1
    assert all(shown.startswith(name) for shown, name in zip(found, names) if name)


def test_constants_are_shown_as_numbers_with_brackets_where_they_are_negative():
    x = Value(1.0, "x")
    passes = steps((2 * x - (-3)) / 0.1 ** ac.leaky_relu(x**-0.5, 0.3))
    shown = [s.expression for s in passes.forward if s.expression]
    assert shown == ["2 * x", "v1 - (-3)", "x ** -0.5", "leaky_relu(v3, 0.3)", "pow(0.1, v4)", "v2 / v5"]
    assert not any(isinstance(s.node, Constant) for s in (*passes.forward, *passes.backward))


def test_a_leaf_alone_is_its_own_seed():
    x = Value(3.0, "x")
    assert [(s.name, s.consumer, s.total) for s in steps(x, seed=2.0).backward] == [("x", None, 2.0)]
    assert str(explain(x, x)) == "dx/dx = 1  (the seed)"


@pytest.mark.parametrize(("flat", "result"), [(lambda y: y * 0.0, "nan"), (lambda y: (y - 1.0).relu(), "0.0")])
def test_a_zero_beside_an_infinite_derivative_cuts_only_if_it_was_chosen(flat, result):
    u = Value(0.0, "u")
    y = flat(u.sqrt())
    (record,) = [s for s in steps(y).backward if s.node is u]
    assert (record.upstream, record.local) == (0.0, float("inf"))
    assert (str(record.contribution), str(record.total)) == (result, result)
    assert str(explain(y, u)).splitlines()[1] == f"  in v1 = sqrt(u):  0 * (0.5 / v1 = inf) = {result.removesuffix('.0')}"


@pytest.mark.parametrize("row", [row for row in ac.TABLE.values() if row.arity], ids=lambda row: row.name)
def test_every_row_can_be_shown(row):
    data = 0.5 if row.name in ("asin", "acos", "atanh", "logit") else 1.25
    y = row(*[Value(data, letter) for letter in "xyz"[: row.arity]])
    records = steps(y).backward[1:]
    assert [s.local for s in records] == list(y.local_derivatives)
    assert all(s.name in steps(y).forward[-1].expression for s in records)
    assert steps(y).backward_table().count("\n") == 1 + row.arity


def test_a_neuron_as_wide_as_an_image_can_be_shown():
    weights, pixels = ([Value(0.01, f"{letter}{i}") for i in range(784)] for letter in "wp")
    z = ac.dot(weights, pixels, 1.0)
    assert steps(z).forward[-1].expression.startswith("w0 * p0 + w1 * p1 + ")
    assert str(explain(z, weights[3])).splitlines()[1].endswith("1 * (p3 = 0.01) = 0.01")


@pytest.fixture(scope="module")
def long_chain():
    nodes = [Value(0.5, "x")]
    for _ in range(5_000):
        nodes.append(-nodes[-1])
    return nodes[-1], nodes[0]


def test_a_long_chain_can_be_walked_through(long_chain):
    passes = steps(long_chain[0])
    assert (len(passes.forward), len(passes.backward), passes.backward[-1].total) == (5_001, 5_001, 1.0)
    whole = [passes.forward_table(), passes.backward_table()]
    assert [len(table.splitlines()) for table in whole] == [5_002, 5_002]
    assert "rows are left out" in str(passes)


def test_a_long_chain_can_be_explained(long_chain):
    receipt, depth = explain(*long_chain, follow=True), 0
    while receipt.uses:
        receipt, depth = receipt.uses[0].through, depth + 1
    assert depth == 5_000


def test_the_receipt_of_a_long_chain_can_be_printed(long_chain):
    assert str(explain(*long_chain, follow=True)).count(" in v") == 5_000
