"""What a student writes by mistake and is refused at once, with the line to write instead; and the words of other libraries."""

import math

import pytest

import autograd_core as ac
import nn
from autograd_core import TABLE, Dual, Value, dot, gradients, jvp, logsumexp


def stepped():
    """A weight after a step that was written without ``.data``."""
    w = Value(0.5, "w")
    w.grad = 1.0
    w.data = w - 0.1 * w.grad
    return w


ATTRIBUTES = {"zero_grad": "x.grad = 0.0", "gradient": "x.grad", "value": "x.data", "detach": r"Constant\(x.data\)", "ln": r"x.log\(\)",
              "shape": "a list of Values", "draw": r"write draw\(x\)", "latex": r"formula\(x\)\.latex\(\)",
              "erf": r"write erf\(x\)$", "maximum": r"write maximum\(x, y\)$", "bogus": "'Value' object has no attribute 'bogus'$"}  # fmt: skip
X = Value(2.0, "x")
OF_ONE = [name for name, row in TABLE.items() if row.arity == 1 and name.isidentifier() and not row.internal]


@pytest.mark.parametrize(
    "use",
    [lambda w: w * 2.0, lambda w: 2.0 * w, lambda w: 3 - w, lambda w: w.exp(), lambda w: w.sigmoid(), lambda w: dot([w], [X], 1.0),
     lambda w: dot([X], [w], w), lambda w: logsumexp([w, X]), lambda w: ac.where(1.0, w, X), lambda w: gradients(w * X, [X]),
     lambda w: (w * X).backward(), lambda w: (w * w).relu().backward(), lambda w: ((-w) ** 2 + X).backward(), lambda w: w.backward(),
     lambda w: (X / w - X).tanh(), lambda w: nn.mse_loss([w], [1.0]).backward()],
)  # fmt: skip
def test_a_value_as_data_is_refused_before_a_gradient_comes_of_it(use):
    w = stepped()
    X.grad = 0.0
    with pytest.raises(TypeError, match=r"the data of ('w'|an operand) is a Value, .*: write a step as w\.data -= 0\.1 \* w\.grad$"):
        use(w)
    assert X.grad == 0.0


@pytest.mark.parametrize("name", OF_ONE)
def test_no_function_lets_a_value_as_data_reach_a_gradient(name):
    w, refused = stepped(), ""
    try:
        getattr(ac, name)(w).backward()
    except TypeError as error:
        refused = str(error)
    assert refused.endswith("write a step as w.data -= 0.1 * w.grad") or w.grad == 1.0  # 1: a flat side, from which nothing flows


def test_a_parameter_of_a_network_is_named():
    model = nn.Neuron(2, "tanh", seed=1)
    model([1.0, 2.0]).backward()
    for p in model.parameters():
        p.data = p - 0.1 * p.grad
    with pytest.raises(TypeError, match=r"the data of 'w1' is a Value"):
        model([1.0, 2.0])


def test_other_numbers_stay_as_good_as_data():
    import numpy as np

    w = Value(1.0)
    for number in (3, True, np.float64(3.0), np.float32(3.0)):
        w.data, w.grad = number, 0.0
        (w * 2.0 + w).backward()
        assert w.grad == 3.0


@pytest.mark.parametrize("use", [float, int, complex, math.sin, math.exp, math.sqrt], ids=lambda use: use.__name__)
@pytest.mark.parametrize("kind", [Value, lambda x: Dual(x, 1.0)])
def test_what_would_forget_the_graph_says_what_to_write(use, kind):
    with pytest.raises(TypeError, match=r"would forget its graph: write v\.data .* v\.sin\(\) or autograd_core\.sin\(v\)$"):
        use(kind(2.0))


def test_a_function_of_math_is_refused_inside_a_derivative():
    with pytest.raises(TypeError, match=r"autograd_core\.sin\(v\)"):
        jvp(math.sin, (1.0,), (1.0,))


@pytest.mark.parametrize("power", [lambda v: v ^ 2, lambda v: 2 ^ v, lambda v: v ^ v])
def test_a_power_is_not_written_with_a_caret(power):
    with pytest.raises(TypeError, match=r"a power is written v \*\* 2"):
        power(Value(3.0))


# -- the words of a well-known lecture -----------------------------------------------------------------------------
def test_a_picture_drawn_by_hand_as_in_the_lecture():
    """Its function walks ``_prev``, marks nodes with ``_op``, and writes ``label``, ``data`` and ``grad`` into records."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    c.label = "c"
    loss = (c + a).tanh()
    loss.backward()
    nodes, edges = set(), set()

    def visit(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                visit(child)

    visit(loss)
    records = sorted(f"{n.label} | data {n.data:.4f} | grad {n.grad:.4f} | {n._op}" for n in nodes)
    assert [record for record in records if record[0] != " "] == [
        f"a | data 2.0000 | grad {a.grad:.4f} | ", f"b | data -3.0000 | grad {b.grad:.4f} | ", f"c | data -6.0000 | grad {c.grad:.4f} | *",
    ]  # fmt: skip
    assert (len(nodes), len(edges)) == (5, 5)
    assert {op for n in nodes if (op := n._op)} == {"*", "+", "tanh"}


def test_a_training_loop_as_in_the_lecture():
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    n = nn.MLP(3, [4, 4, 1], activation="tanh", output="tanh", seed=1)
    losses = []
    for _ in range(30):
        ypred = [n(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
        for p in n.parameters():
            p.grad = 0.0
        loss.backward()
        for p in n.parameters():
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.1 * losses[0]


def test_labels_are_names():
    a = Value(1.0, label="a")
    assert (a.name, a.label, Value(1.0).label, Value(1.0, "b", label="a").name) == ("a", "a", "", "b")
    a.label = ""
    assert a.name is None
    assert Value(2.5).item() == 2.5


# -- the words of other libraries ----------------------------------------------------------------------------------
ELSEWHERE = [
    (ac, "vmap", r": write \[f\(x\) for x in rows\]"), (ac, "no_grad", ": plain numbers record no graph"), (ac, "jacrev", ": write jacobian"),
    (ac, "max", r": write maximum\(x, y\)"), (ac, "plot", ": write draw"), (ac, "mean", r": write sum\(xs\) / len\(xs\)"),
    (ac, "tensor", ": Value holds one number"), (nn, "Linear", r"; write Layer\(nin, nout, 'linear'\)"),
    (nn, "LogSoftmax", r"; write Layer\(nin, nout, 'log_softmax'\)"), (nn, "Dense", r"; write Layer\(nin, nout, 'relu'\)"),
    (nn, "MSELoss", r"; write mse_loss\(predictions"), (nn, "BCEWithLogitsLoss", "; write binary_cross_entropy_with_logits"),
    (nn, "mse", r"; write mse_loss\(predictions"), (nn, "CrossEntropyLoss", "; write cross_entropy"), (nn, "BatchNorm1d", "; did you mean 'BatchNorm'"), (nn, "Flatten", "$"),
]  # fmt: skip


@pytest.mark.parametrize(("package", "name", "says"), ELSEWHERE)
def test_a_name_of_another_library_says_what_to_write(package, name, says):
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'{says}"):
        getattr(package, name)


@pytest.mark.parametrize("graph", [lambda w: w * X, lambda w: X + w, lambda w: w, lambda w: w.exp(), lambda w: dot([w], [X], w)])
def test_a_gradient_that_was_set_to_none_is_named(graph):
    w = Value(2.0, "w")
    w.grad = None
    with pytest.raises(TypeError, match=r"the grad of Value\(data=2\.0, grad=None, name='w'\) is no number: .* 0\.0, as zero_grad"):
        graph(w).backward()
    w.grad = 0.0
    graph(w).backward()
    assert isinstance(w.grad, float)


@pytest.mark.parametrize("name", [(X, X), 2.0, X, ["w"]])
def test_what_another_engine_takes_as_operands_is_no_name(name):
    with pytest.raises(TypeError, match=r"the name of a Value is a string, .*: an operation such as a \+ b records its operands itself"):
        Value(1.0, name)
    w = Value(1.0, "w")
    with pytest.raises(TypeError, match="is a string"):
        w.name = name
    assert w.name == "w"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ac.explore(X * X), "explore takes a text .*, not Value: of a recorded graph, take play"),
        (lambda: ac.grade(nn), "grade takes a class of numbers, .*, not module"),
        (lambda: ac.sheets(lambda w: 3.0, 2), r"a template returns the output of a graph, a Value, not float 3\.0"),
        (lambda: ac.play(X * X, rules=1), "rules is a list of names .*, not 1"),
        (lambda: ac.explain(X * X, 3), "a node of the graph is a Value, not int 3"),
        (lambda: ac.symbolic(X * X, 3), "a node of the graph is a Value, not int 3"),
        (lambda: ac.explain(X * X, "x"), r"a node of the graph is a Value, not str 'x': give the node itself, as in explain\(L, w\), not its name"),
    ],
)
def test_what_is_of_another_kind_is_named(call, says):
    with pytest.raises(TypeError, match=says):
        call()


@pytest.mark.parametrize("rows", [[[1.0, 2.0], [3.0, 4.0]], ((1.0, 2.0),)])
def test_a_table_given_to_a_network_says_what_takes_one(rows):
    import numpy as np

    model = nn.MLP(2, [2, 1], seed=0)
    for table in (rows, np.array(rows)):
        with pytest.raises(TypeError, match=r"takes one sample, 2 numbers, and not a list of rows: write predict\(X\)"):
            model(table)
    with pytest.raises(TypeError, match="takes a list of 2 numbers, not float"):
        model(np.array(1.0))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_of_another_library_is_answered_with_ours(name):
    assert not hasattr(X, name)
    assert name not in dir(X)
    with pytest.raises(AttributeError, match=ATTRIBUTES[name]) as refused:
        getattr(X, name)
    assert (refused.value.name, refused.value.obj) == (name, X)


@pytest.mark.parametrize("data", ["0.5", None, [1.0]])
@pytest.mark.parametrize("operation", [lambda w: w * X, lambda w: w.exp(), lambda w: w**2, lambda w: dot([w], [X]), lambda w: ac.softmax([w, X])])
def test_what_somebody_put_in_the_place_of_a_number_is_said_where_it_is_used(data, operation):
    w = Value(0.5)
    w.data = data
    with pytest.raises(TypeError, match=f"a real number is needed, not {type(data).__name__}"):
        operation(w)
