"""What is right finds nothing; and the guard itself: on, off, nested, in a notebook."""

import types
import warnings

import pytest
from lessons import run

import nn
from autograd_core import Finding, GuardWarning, Value, guard

RIGHT = {
    "a loop with an optimizer": """
        model = nn.MLP(2, [4, 1], activation="tanh", output="sigmoid", seed=1)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        for _ in range(6):
            loss = nn.binary_cross_entropy([model(x) for x in X], Y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """,
    "a loop by hand, gradients set to 0 behind the step": """
        w, b = Value(0.5, "w"), Value(0.0, "b")
        for _ in range(6):
            loss = (sigmoid(w * 2.0 + b) - 1.0) ** 2
            loss.backward()
            for p in (w, b):
                p.data -= 0.5 * p.grad
                p.grad = 0.0
        """,
    "sample by sample": """
        model = nn.MLP(2, [3, 1], seed=1)
        for _ in range(3):
            for x, t in zip(X, Y):
                model.zero_grad()
                loss = nn.squared_error(model(x), t)
                loss.backward()
                for p in model.parameters():
                    p.data -= 0.05 * p.grad
        """,
    "gradients added up on purpose": """
        model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            for x, t in zip(X, Y):
                (nn.squared_error(model(x), t) / 4).backward()
            optimizer.step()
        """,
    "two losses that share a graph": """
        w, x = Value(0.5, "w"), Value(2.0, "x")
        for _ in range(4):
            w.grad = 0.0
            h = (w * x).tanh()
            for loss in (h, h * h, h * h * h):
                loss.backward()
            w.data -= 0.1 * w.grad
        """,
    "two networks by turns": """
        one, two = nn.Neuron(2, "tanh", seed=1), nn.Neuron(1, "sigmoid", seed=2)
        first, second = nn.SGD(one.parameters(), lr=0.1), nn.SGD(two.parameters(), lr=0.1)
        for _ in range(4):
            for optimizer, target in ((first, 1.0), (second, 0.0)):
                one.zero_grad()
                two.zero_grad()
                nn.squared_error(two([one([1.0, 2.0])]), target).backward()
                optimizer.step()
        """,
    "the same graph again": """
        x = Value(2.0)
        y = x * x
        y.backward()
        y.backward()
        """,
    "a loss that grows with the sequence": """
        w = Value(0.5)
        for length in range(1, 6):
            w.grad = 0.0
            h = 0.0
            for _ in range(length):
                h = tanh(w * 1.5 + h)
            h.backward()
            w.data -= 0.1 * w.grad
        """,
    "sums that are no steps": """
        w = Value(0.5)
        (w * w).backward()
        moved = w - 0.1 * w.grad
        shown = (w + w.grad).data
        w = w + 1.0
        """,
    "a leaf made anew": """
        w = Value(0.5)
        for _ in range(5):
            loss = (w * 2.0 - 1.0) ** 2
            loss.backward()
            w = Value(w.data - 0.1 * w.grad)
        """,
    "a pass from a leaf, to see what it does": """
        x = Value(2.0)
        x.backward()
        x.backward()
        nn.Parameter(0.123456789012345).backward()
        """,
    "a sum that is kept, and shown": """
        w, shown, total = Value(0.5), 0.0, 0.0
        for x in (1.0, 2.0, 3.0, 4.0):
            w.grad = 0.0
            loss = (w * x - 3.0) ** 2
            loss.backward()
            w.data -= 0.01 * w.grad
            shown += loss.data
            total += loss
        """,
    "gradients of longer and longer sums": """
        w, total = Value(0.5), 0.0
        for x in (1.0, 2.0, 3.0, 4.0):
            total += (w * x - 3.0) ** 2
            w.grad = 0.0
            total.backward()
        """,
    "losses of a sequence, added up": """
        w, h = Value(0.5), 0.0
        for x in (1.0, 2.0, 3.0, 4.0):
            h = tanh(w * x + h)
            (h * h).backward()
        """,
    "at rest": """
        w = nn.Parameter(0.0)
        optimizer = nn.SGD([w], lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            (w * w).backward()
            optimizer.step()
        """,
    "a step as a switch": """
        w, x = Value(0.5), Value(2.0)
        (step(x) * w + ac.where(step(x), w, 0.0)).backward()
        """,
    "losses behind what they take": """
        linear, probability, classes = nn.Neuron(2, "linear", seed=1), nn.Neuron(2, "sigmoid", seed=1), nn.MLP(2, [3, 2], seed=1)
        nn.binary_cross_entropy_with_logits([linear(x) for x in X], Y).backward()
        nn.logistic_loss([linear(x) for x in X], [1, -1, -1, 1]).backward()
        nn.binary_cross_entropy([probability(x) for x in X], Y).backward()
        nn.cross_entropy([classes(x) for x in X], [0, 1, 1, 0]).backward()
        p = probability([1.0, 2.0])
        (-log(1 - p) - log(p)).backward()
        softmax = nn.MLP(2, [3, 2], output="softmax", seed=1)([1.0, 2.0])
        nn.binary_cross_entropy(softmax[0], 1.0).backward()
        (log(1 - (Value(0.25) + Value(0.25))) + ac.softplus(nn.Neuron(1, "softplus", seed=1)([0.5]))).backward()
        """,
    "fit": """
        for options in ({}, {"dialect": "eager"}, {"loss": "bce_with_logits", "batch_size": 1, "metrics": ["accuracy"], "validation": 0.25}):
            nn.MLP(2, [4, 1], activation="tanh", seed=1).fit(X, Y, epochs=3, seed=1, **options)
        nn.Perceptron(2).learn(X, [0, 0, 0, 1])
        """,
    "networks of steps that are not trained": """
        for activation in ("step", "sign"):
            model = nn.MLP(2, [3, 1], activation=activation, seed=1)
            model.evaluate(X, Y, loss="mse"), model.predict(X), model.summary()
        nn.MLP(2, [3, 1], activation="tanh", seed=1).fit(X, Y, epochs=2)
        """,
    "equal samples in fit": """
        nn.MLP(2, [2, 1], seed=1).fit([[0.0, 1.0]] * 5, [1.0] * 5, epochs=2, dialect="eager")
        """,
    "every row": """
        for name, row in ac.TABLE.items():
            if row.arity in (1, 2) and not row.internal and row.name not in ("acosh", "step", "sign", "floor", "ceil", "round", "trunc", "//"):
                row(*[Value(x) for x in (0.3, 0.7)][: row.arity]).backward()
        ac.acosh(Value(1.5)).backward()
        ac.dot([Value(0.1), Value(0.2)], [Value(0.3), Value(0.7)], Value(0.5)).backward()
        ac.logsumexp([Value(0.1), Value(900.0)]).backward()
        """,
    "jit and transforms": """
        f = ac.jit(ac.value_and_grad(lambda w, x: sigmoid(w[0] * x[0] + w[1])))
        f([0.5, 1.0], [2.0]), f([0.25, 1.0], [2.0])
        ac.hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
        ac.gradcheck(lambda x: exp(x) * x, 0.5)
        w = Value(0.5)
        (g,) = ac.gradients(w ** 3, [w])
        (g * g + w).backward()
        (g - 0.1 * g).backward()
        """,
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_finds_nothing(name):
    findings, _ = run(RIGHT[name])
    assert findings == []


# -- the guard itself ------------------------------------------------------------------------------------------------
def forgetful(rounds=3):
    w = Value(0.5, "w")
    for _ in range(rounds):
        (w * w).backward()
        w.data -= 0.1 * w.grad
    return w.data


def test_on_and_off():
    plain = Value.backward, Value.__sub__, nn.Optimizer.step
    findings = guard.on()
    try:
        assert Value.backward is not plain[0]
        with pytest.warns(GuardWarning, match="w.grad = 0.0 before"):
            forgetful()
        with guard() as inside, pytest.warns(GuardWarning):
            forgetful()
        assert [[finding.kind for finding in found] for found in (findings, inside)] == [["zero_grad"], ["zero_grad"]]
        assert guard.on() == []
    finally:
        assert guard.off() == []
    assert (Value.backward, Value.__sub__, nn.Optimizer.step) == plain
    assert guard.off() == []


def test_numbers_are_the_same_and_a_guard_ends_with_an_error():
    with warnings.catch_warnings(), guard():
        warnings.simplefilter("ignore")
        watched = forgetful()
    assert watched == forgetful()
    plain = vars(Value)["backward"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", GuardWarning)
        with pytest.raises(GuardWarning), guard():
            forgetful()
    assert vars(Value)["backward"] is plain


def test_another_context_is_not_watched():
    import contextvars
    import threading

    with guard() as findings:
        other = threading.Thread(target=contextvars.Context().run, args=(forgetful,))
        other.start()
        other.join()
    assert findings == []


def test_a_guard_is_entered_once():
    watch = guard()
    with watch, pytest.raises(RuntimeError, match="another with guard"):
        watch.__enter__()


def test_gradients_from_another_cell():
    """In a notebook, a second experiment on the same leaf; running one cell that adds up on purpose is right."""
    cells = {"get_ipython": lambda: None, "Value": Value}
    with warnings.catch_warnings(), guard() as findings:
        warnings.simplefilter("ignore")
        exec(compile("x = Value(3.0)\n(x * x).backward()\n(x * x).backward()", "<cell 1>", "exec"), cells)
        assert findings == []
        exec(compile("(x * 5.0).backward()", "<cell 2>", "exec"), cells)
    assert [(finding.kind, finding.remedy) for finding in findings] == [("zero_grad", "x.grad = 0.0 before this backward()")]


def test_one_mistake_hides_no_other_of_other_leaves():
    findings, _ = run("""
        w = Value(0.5, "w")
        for _ in range(3):
            (w * w).backward()
            w = w - 0.1 * w.grad
        v = Value(0.5, "v")
        for _ in range(3):
            (v * v).backward()
            v.data -= 0.1 * v.grad
        """)
    assert [finding.kind for finding in findings] == ["rebound", "zero_grad"]


def test_the_place_in_a_notebook(monkeypatch):
    shell = types.SimpleNamespace(compile=types.SimpleNamespace(_filename_map={"/tmp/ipykernel_1/2.py": 7}), user_global_ns={})
    monkeypatch.setitem(__import__("sys").modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    code = "w = Value(0.5)\n(w * w).backward()\nw = w - 0.1 * w.grad\n"
    with warnings.catch_warnings(), guard() as findings:
        warnings.simplefilter("ignore")
        exec(compile(code, "/tmp/ipykernel_1/2.py", "exec"), {"Value": Value})
    assert [finding.place for finding in findings] == ["cell In[7], line 3"]


def test_findings_show_themselves():
    findings, _ = run("w = Value(0.5)\n(w * w).backward()\nw = w - 0.1 * w.grad\n")
    assert isinstance(findings[0], Finding)
    assert repr(findings).splitlines()[0].split() == ["where", "what", "write", "instead"]
    page = findings._repr_html_()
    assert "<table>" in page
    assert "pre-wrap" in page
    assert "w.data = w.data - 0.1 * w.grad" in page
    findings.clear()
    assert (repr(findings), findings._repr_html_()) == ("nothing found", "<p>nothing found</p>")


def test_long_training_keeps_little():
    """Of all passes only the last few are remembered."""
    model = nn.MLP(2, [3, 1], seed=1)
    watch = guard()
    with watch:
        for i in range(60):
            x = [Value(float(i), "x"), Value(1.0)]
            model.zero_grad()
            nn.squared_error(model(x), 1.0).backward()
            for p in model.parameters():
                p.data -= 1e-4 * p.grad
    memory = watch._watch.memory
    assert len(memory.passes) <= 8
    assert len(memory.rounds) <= 32
