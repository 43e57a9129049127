"""What is given in the wrong place is answered by one sentence of the package, by every public function of both packages."""

import inspect
import re
import warnings
from collections import deque
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import autograd_core as ac
import nn
from autograd_core import Value
from nn.perceptron import fixed

ROOT = Path(ac.__file__).parent.parent
# Words of Python's own errors, which say nothing of what is allowed.
BARE = re.compile(
    r"has no attribute|object is not|not subscriptable|object does not|unsupported operand|to unpack|is not (iterable|callable)|"
    r"has no len|could not convert|must be a|pop from|argument must|division by zero|positional argument"
)
# They are made by other functions, and are public for isinstance; contexts and a decorator take none.
MADE = {"Drawing", "Explorer", "Finding", "Findings", "GradcheckReport", "Player", "Program", "Convergence", "History"}
CONTEXTS = {"guard", "named_options", "rare_collections", "reading_data", "watching_comparisons"}
PLAIN = {"Checkpoint"}  # pathlib's own sentence says what a path is
FOR_LIBRARIES = {"Floats", "OverRows", "write_json"}  # what a package of networks is made of
# For the arguments behind the one that is wrong.
RIGHT = {
    "f": lambda: lambda v: v * v, "derivatives": lambda: lambda out, x: out, "leaves": lambda: [Value(1.0)], "inputs": lambda: [Value(1.0)],
    "wrt": lambda: [Value(1.0)], "xs": lambda: 2.0, "at": lambda: 2.0, "python": lambda: "x", "content": lambda: "x", "path": lambda: "x",
    "predictions": lambda: [1.0], "targets": lambda: [1.0], "X": lambda: [[0.0, 1.0]], "y": lambda: [1.0], "known": lambda: ["a"],
    "allowed": lambda: ["a"], "what": lambda: "x", "rows": lambda: [["x"]], "count": lambda: 1, "state": dict, "biases": lambda: [1.0], "kind": lambda: str, "hidden": list, "sets": list, "written": lambda: "x",
}  # fmt: skip


def is_error(thing):
    return inspect.isclass(thing) and issubclass(thing, Exception)


CALLABLES = [
    (package.__name__, name)
    for package in (ac, nn)
    for name in package.__all__
    if callable(getattr(package, name)) and name not in MADE | CONTEXTS | PLAIN | FOR_LIBRARIES and not is_error(getattr(package, name))
]
WRONG = {"a number": 3, "nothing": None, "a text": "x", "an empty list": [], "Values": [Value(1.0)], "a Value": Value(2.0) * 3.0,
         "a function": lambda *x: 1.0, "an object": object()}  # fmt: skip


@pytest.mark.parametrize(("package", "name"), CALLABLES)
def test_a_wrong_first_argument_is_accepted_or_refused_in_words(package, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = getattr(ac if package == "autograd_core" else nn, name)
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty and p.kind < p.VAR_POSITIONAL]
    told = []
    for what, wrong in WRONG.items():
        others = [RIGHT.get(parameter.name, lambda: 2.0)() for parameter in needed[1:]]
        with warnings.catch_warnings(), suppress(AssertionError if name == "gradcheck" else ()):
            warnings.simplefilter("ignore")
            try:
                function(wrong, *others)
            except (TypeError, ValueError, ArithmeticError, OSError, NameError) as error:
                told.append(f"{name}({what}): {error}")
    assert [said for said in told if BARE.search(said)] == []


def model():
    return nn.MLP(2, [3, 1], seed=1)


class Line(nn.Module):
    def __init__(self, slope):
        self.slope, self.offset = slope, nn.Parameter(1.0)

    def forward(self, x):
        return self.slope * x[0] + self.offset


X, Y, x, w = [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0], Value(2.0, "x"), Value(1.0, "w")
SENTENCES = [
    (lambda: ac.cost(3), TypeError, r"a graph is given by its output, a Value, not by int 3: compute the output with Values"),
    (lambda: ac.topological_order([x]), TypeError, r"not by list .*: give one of its entries"),
    (lambda: ac.find_nonfinite(lambda v: v), TypeError, r"not by function .*: call it with Values, and give what it returns"),
    (lambda: ac.steps(None), TypeError, "a graph is given by its output"),
    (lambda: ac.gradcheck(3, 2.0), TypeError, "takes a function, not int: give it a function of numbers"),
    (lambda: ac.gradcheck(lambda v: v, "x"), TypeError, "a real number is needed, not str"),
    (lambda: ac.compare_methods(x, 2.0), TypeError, "compare_methods takes a function, not Value"),
    (lambda: ac.compile_graph(x * x, x), TypeError, r"wrt is a list, not Value: write compile_graph\(y, \[x\]\)"),
    (lambda: ac.compile_graph(x * x, [x], w), TypeError, r"inputs is a list, not Value: write inputs=\[x\]"),
    (lambda: ac.compile_graph(x * x, "x"), TypeError, r"wrt is a list, not str"),
    (lambda: ac.logsumexp(x, w), TypeError, r"takes one list of numbers, and was given 2 arguments: write logsumexp\(\[x, y\]\)"),
    (lambda: ac.softmax(x, w, 1.0), TypeError, r"was given 3 arguments: write softmax\(\[x, y\]\)"),
    (lambda: ac.prod(["a", 2.0]), TypeError, "a real number is needed, not str"),
    (lambda: ac.cumsum("12"), TypeError, r"cumsum takes a list, not str: write cumsum\(\[x, y\]\)"),
    (lambda: ac.primitive("cube", 3, lambda out, x: x), TypeError, "name and python are texts"),
    (lambda: ac.primitive("cube", "x * x * x", 3), TypeError, "lambda out, x"),
    (lambda: ac.check_leaves(3, [x]), TypeError, "takes a function, not int: give it one without arguments"),
    (lambda: ac.Table(3, []), TypeError, "headers is a list, not int"),
    (lambda: ac.draw(x).save(3), TypeError, "a file is given by its path"),
    (lambda: ac.read_json(3, ("weights", 1)), TypeError, "a file is given by its path"),
    (lambda: ac.sheet(x * x, count="all"), ValueError, "count of the blanks of this kind is a whole number from 1 to 4, not 'all'"),
    (lambda: ac.sheet(x * x, count=1, seed=[]), ValueError, r"seed is a whole number, not \[\]"),
    (lambda: ac.sheet(x * x, rate="x"), ValueError, "rate is a finite number, not 'x'"),
    (lambda: ac.sheet(x * x, rate=float("inf")), ValueError, "rate is a finite number"),
    (lambda: ac.sheet(x * x, wrt=x), TypeError, r"wrt is a list, not Value: write wrt=\[x\]"),
    (lambda: ac.sheet(x * x, title=3), TypeError, "title is a text, not int: write title='Backpropagation'"),
    (lambda: ac.sheet(x * x, digits=1.5), ValueError, "digits is a whole number, 1 or more, not 1.5"),
    (lambda: ac.derivation(x * x, digits=float("nan")), ValueError, "digits is a whole number, 1 or more, not nan"),
    (lambda: ac.derivation(x * x, digit=3), TypeError, r"derivation\(\) has no option 'digit'; did you mean 'digits'"),
    (lambda: ac.grad(lambda v: v, argnum=1), TypeError, "did you mean 'argnums'"),
    (lambda: ac.sheets("y = x*w", 10**20), ValueError, "is a whole number from 1 to 10,000, not 1000"),
    (lambda: ac.sheets("y = x*w", 1, ranges=3), TypeError, "ranges is a dictionary"),
    (lambda: ac.sheets("y = x*w", 1, ranges={"x": None}), ValueError, r"ranges\['x'\] is \(low, high\)"),
    (lambda: ac.sheets("y = x*w", 1, ranges={"x": (-1e308, 1e308)}), ValueError, r"ranges\['x'\] is \(low, high\)"),
    (lambda: ac.play(x * x, title=3), TypeError, "title is a text, not int: write title='Backpropagation'"),
    (lambda: ac.play(x * x, digits="x"), ValueError, "digits is a whole number, 1 or more, not 'x'"),
    (lambda: ac.sheets(lambda *v: v[0], 1), TypeError, r"as in lambda w, x: w \* x, without \*"),
    (lambda: ac.sheets("y = x*w", 1).results(3), TypeError, "a file is given by its path"),
    (lambda: model().fit(X, Y, lr=0.1), TypeError, r"fit\(\) has no option 'lr': .* optimizer=lambda p: nn.SGD\(p, lr=0.1\)"),
    (lambda: model().fit(X, Y, learning_rate=0.1), TypeError, "it is the optimizer's"),
    (lambda: model().fit(X, Y, validation_split=0.2), TypeError, "did you mean 'validation'"),
    (lambda: nn.fit(model(), X, Y, epoch=3), TypeError, "did you mean 'epochs'"),
    (lambda: nn.Adam(model(), learning_rate=0.1), TypeError, r"Adam\(\) has no option 'learning_rate'; did you mean 'lr'"),
    (lambda: nn.AdamW(model(), beta_1=0.1), TypeError, r"AdamW\(\) has no option 'beta_1'; did you mean 'betas'"),
    (lambda: nn.SGD(0.1), TypeError, r"parameters is a list, not float: write nn.SGD\(model.parameters\(\), lr=0.1\)"),
    (lambda: model().zero_grad(set_to_none=True), TypeError, "leave it out"),
    (lambda: nn.SGD(model()).zero_grad(set_to_none=True), TypeError, "leave it out"),
    (lambda: nn.MLP(2, [1], hidden_layer_sizes=[3]), TypeError, r"MLP\(\) has no option 'hidden_layer_sizes'; did you mean 'nouts'"),
    (lambda: nn.Layer(2, 1, act="tanh"), TypeError, r"Layer\(\) has no option 'act'; did you mean 'activation'"),
    (lambda: model().fit(X, Y, seed="x"), ValueError, "seed is a whole number, not 'x'"),
    (lambda: nn.MLP(2, [1], seed=[1]), ValueError, "seed is a whole number"),
    (lambda: model().fit(X, Y, callbacks=3), TypeError, r"callbacks is a list, not int: write callbacks=\[nn.EarlyStopping\(5\)\]"),
    (lambda: model().fit(X, Y, metrics=3), TypeError, r"metrics is a list, not int"),
    (lambda: model().fit(X, Y, validation=(1, 2, 3)), ValueError, r"validation is a pair \(X, y\), or a fraction"),
    (lambda: model().fit(X, Y, shuffle="no"), TypeError, "shuffle is True or False, not str"),
    (lambda: nn.fit(3, X, Y), TypeError, r"fit takes a model, not int: write nn.fit\(nn.MLP\(2, \[8, 1\]\), X, y\)"),
    (lambda: nn.to_torch(nn.Neuron(2)), TypeError, r"counterpart in PyTorch is a Sequential, not Neuron: write nn.Sequential"),
    (lambda: nn.from_torch(model(), 3), TypeError, r"takes a state, not int: write from_torch\(model, network.state_dict\(\)\)"),
    (lambda: model().predict(X[1]), ValueError, r"X is a list of rows: write \[\[0.0, 1.0\]\] for one row, \[\[0.0\], \[1.0\]\] for a column"),
    (lambda: model().predict(X, dialect="q"), ValueError, "dialect is one of"),
    (lambda: model().fit(X, Y, validation=float("nan")), ValueError, "validation is a pair .*, not nan"),
    (lambda: model().fit({(0.0, 0.0), (0.0, 1.0)}, Y), TypeError, r"X is a table: .*\(set\)"),
    (lambda: model().fit(np.ma.array(X, mask=[[0, 1], [0, 0]]), Y), ValueError, "X: row 0, column 1 is None .* fill the gap in"),
    (lambda: model().fit(X, Y, epochs=1, metrics=lambda t, y: [1.0]), ValueError, "what <lambda> returns is a number, not \\[1.0\\]"),
    (lambda: ac.grad(lambda v: (v * v).sum())(np.ma.array([1.0, 2.0], mask=[0, 1])), TypeError, r"a masked array .*\.compressed\(\)"),
    *((lambda view=view, wrong=wrong: view(ac.Value(1.0) * 2.0, limit=wrong), ValueError, "limit is a whole number, 0 or more, not ")
      for view in (ac.draw, ac.play, ac.to_mermaid, lambda y, limit: ac.draw([y], level="network", limit=limit)) for wrong in (None, "9", 2.5, -1)),
    (lambda: ac.finite_difference_errors(ac.sin, 1.0, 1e-3), TypeError, r"steps is a list, not float: write \[1e-3, 1e-6\]"),
    (lambda: ac.gradcheck(ac.sin, 1.0, tolerance=None), ValueError, "tolerance is a finite number of at least 0, not None"),
    (lambda: ac.gradcheck(ac.sin, 1.0, tolerance=float("nan")), ValueError, "tolerance is a finite number of at least 0, not nan"),
    (lambda: ac.sinc(0.5, None), TypeError, "a real number is needed, not NoneType"), (lambda: ac.sinc(0.5, float("inf")), ValueError, "up to 60, not inf"),
    (lambda: ac.round(2.5, "1"), ValueError, "digits is a whole number, not '1'"), (lambda: ac.round(2.5, 1.0), ValueError, "digits is a whole"),
    *((lambda call=call: call({ac.Value(1.0): 1.0}), TypeError, "list, not dict|an entry for each argument")
      for call in (ac.softmax, ac.logsumexp, ac.prod, ac.cumsum, lambda d: ac.dot(d, d), lambda d: ac.jvp(ac.sin, d, d), lambda d: ac.jvp(ac.sin, (1.0,), d))),
    (lambda: ac.gradients(ac.Value(1.0), {ac.Value(2.0), ac.Value(3.0)}), TypeError, r"takes as inputs a list, not set: write gradients\(y, \[x\]\)"),
    (lambda: ac.compile_graph(ac.Value(1.0), {ac.Value(2.0), ac.Value(3.0)}), TypeError, r"wrt is a list, not set: write compile_graph\(y, \[x\]\)"),
    (lambda: nn.SGD({ac.Value(2.0), ac.Value(3.0)}), TypeError, "parameters is a list, not set"),
    (lambda: nn.accuracy([], []), ValueError, "the number of targets is a positive number, not 0"),
    (lambda: nn.accuracy([1, 0], [1]), ValueError, "of different lengths, 2 and 1"),
    (lambda: nn.squared_error([1.0], 1.0), TypeError, "squared_error takes two numbers, not list"),
    (lambda: nn.clip_grad_norm([3], 1.0), TypeError, r"each of parameters is a Value, not int: write nn.clip_grad_norm"),
    (lambda: nn.PerceptronLayer(3, [1.0]), TypeError, "weights is a list, not int"),
    (lambda: model()({0.0, 1.0}), TypeError, r"Layer\(2, 3, relu\) takes a list of 2 numbers, not set"),
    (lambda: model()({0: 1.0, 1: 2.0}), TypeError, "takes a list of 2 numbers, not dict"),
    (lambda: nn.Dropout(0.5)(3.0), TypeError, "takes a list of numbers, not float 3.0"),
    (lambda: nn.Conv1d(2)("abc"), TypeError, "takes a list of numbers, not str 'abc'"),
    (lambda: nn.BatchNorm(2, eps=-1.0), ValueError, "eps is a finite number of at least 0, not -1.0"),
    (lambda: nn.BatchNorm(2, momentum=None), ValueError, "momentum is a number from 0 to 1, not None"),
    (lambda: model().summary(inputs="x"), ValueError, "inputs is a whole number, 1 or more, not 'x'"),
    (lambda: nn.Neuron(2).set_weights(3), TypeError, r"weights is a list, not int: write \[0.5, -0.5\]"),
    (lambda: nn.Neuron(2).set_weights([1.0, float("nan")]), ValueError, "is a finite number, not nan"),
    (lambda: nn.Layer(2, 1).set_weights([[1.0, 2.0]], None), TypeError, "biases is a list, not NoneType"),
    (lambda: nn.Layer(2, 1).backward(X[1], 1.0), TypeError, r"upstream is a list, not float: write \[1.0\]"),
    (lambda: nn.gate(["or"]), ValueError, r"is one of 'or', 'and', 'nor', 'nand', 'not', not \['or'\]"),
    (lambda: fixed(5), TypeError, r"fixed takes a model, not int"),
    (lambda: nn.predicted_classes([[0.5, float("nan")]]), ValueError, "output 0 is .*nan.*, which is of no class"),
    (lambda: nn.predicted_classes([[]]), ValueError, r"output 0 is \[\], which is of no class"),
    (lambda: model().load_state_dict({"a" * 1000: 1.0}), ValueError, "1 unknown, the first is a{60}$"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "sentence"), SENTENCES)
def test_a_wrong_argument_is_answered_with_what_to_write(call, kind, sentence):
    with pytest.raises(kind, match=sentence):
        call()


def test_a_leaf_that_is_no_parameter_is_named_when_training_begins():
    with pytest.warns(UserWarning, match=r"slope of Line is a Value, which training never changes: write Parameter\(2\), or Constant\(2\)") as told:
        nn.fit(Line(Value(2.0)), X, Y, epochs=0)
    assert [warning.filename for warning in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for slope in (nn.Parameter(2.0), ac.Constant(2.0), 2.0, Value(1.0) + 1.0):
            Line(slope).fit(X, Y, epochs=1)


class Slopes(Line):
    """A model whose slopes stand in a place that training may find or not."""

    def __init__(self, place):
        super().__init__(nn.Parameter(0.5))
        held = [nn.Parameter(1.0, "w1"), nn.Parameter(2.0, "w2")]
        places = {"list": held, "set": set(held), "array": np.array(held), "deque": deque(held), "closure": lambda: held, "computed": [w * 2.0 for w in held]}
        self.held, self.own = places[place], held if place == "computed" else None

    def forward(self, x):
        return super().forward(x) + sum(w * x[1] for w in (self.held() if callable(self.held) else self.held))


@pytest.mark.parametrize("place", ["set", "array", "deque", "closure", "computed"])
def test_a_parameter_that_training_does_not_find_is_named_when_training_begins(place):
    with pytest.warns(UserWarning, match="Slopes computes with .*, which training never changes: a Parameter in a set, an array") as told:
        nn.fit(Slopes(place), X, Y, epochs=0)
    assert [warning.filename for warning in told] == [__file__]
    line = Line(nn.Parameter(2.0))
    line.slope = line.slope - 0.1  # a step by hand that forgets .data
    with pytest.warns(UserWarning, match=r"Line computes with Parameter\(data=2.0.*, which training never changes"):
        line.fit(X, Y, epochs=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Slopes("list").fit(X, Y, epochs=1)


def test_a_loss_that_no_parameter_reaches_is_told():
    with pytest.warns(UserWarning, match=r"no parameter of MLP reaches the loss, and fit changes nothing: .data cuts the graph"):
        model().fit(X, Y, epochs=1, loss=lambda predictions, targets: 3.0)


def test_a_list_that_holds_itself_is_gone_through_once():
    line = Line(nn.Parameter(2.0))
    line.held = [nn.Parameter(3.0)]
    line.held += [line.held, line]
    assert [name for name, _ in line.named_parameters()] == ["slope", "offset", "held.0"]


@pytest.mark.parametrize("seed", [np.int64(3), True, 2**70, -1])
def test_a_seed_is_any_whole_number(seed):
    numbers = [nn.MLP(2, [3, 1], seed=seed).parameters()[0].data for _ in range(2)]
    assert numbers[0] == numbers[1]
    assert len(model().fit(X, Y, epochs=1, seed=seed, batch_size=1)) == 1


def test_a_parameter_that_was_set_to_another_kind_of_number_is_a_float_after_a_step():
    for kind in (int, np.float32, np.float64, np.int64):
        p = nn.Parameter(0.5)
        p.data = kind(3)
        nn.SGD([p], lr=0.5).step()
        assert (type(p.data), p.data) == (float, 3.0)


class Tensor:
    """As PyTorch's: its type of numbers has no ``kind``, and it is an array by ``__array__`` alone."""

    def __init__(self, rows):
        self.dtype, self.ndim, self.rows = object(), np.ndim(rows), rows

    def tolist(self):
        return self.rows


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_tables_of_other_libraries_are_read():
    expected = model().predict(X)
    for table in (Tensor(X), sparse.csr_matrix(np.array(X)), np.ma.array(X), np.matrix(X)):
        assert model().predict(table) == expected
    assert len(model().fit(Tensor(X), Tensor(Y), epochs=1)) == len(model().fit(np.matrix(X), Y, epochs=1)) == 1


@pytest.mark.parametrize("lr", ["x", float("nan"), Value(0.1), None, -1.0])
def test_a_rate_that_is_set_later_is_checked_before_the_step(lr):
    p = nn.Parameter(0.5)
    optimizer = nn.Adam([p])
    (p * p).backward()
    optimizer.lr = lr
    with pytest.raises(ValueError, match="lr is a finite number of at least 0"):
        optimizer.step()
    assert (p.data, optimizer.steps) == (0.5, 0)


PRODUCT = ac.compile_graph(x * w + x, [x, w])


@pytest.mark.parametrize(
    ("numbers", "kind", "sentence"),
    [(3.0, TypeError, r"lists of numbers, as in program\(\[0.5, 1.0\], \[2.0\]\), not 3.0"), (None, TypeError, "not None"), ((v for v in [1.0, 2.0]), TypeError, "generator"),
     ({0: 1.0, 1: 2.0}, TypeError, "lists of numbers"), ([1j, 2.0], TypeError, "real number is needed, not complex"), (["1", 2.0], TypeError, "not str '1'"),
     ([None, 2.0], TypeError, "not NoneType"), ([[1.0], 2.0], TypeError, "not list"), ([10**400, 1], OverflowError, "too large for a float")],
)  # fmt: skip
def test_a_program_is_given_lists_of_real_numbers(numbers, kind, sentence):
    with pytest.raises(kind, match=sentence):
        PRODUCT(numbers)


@pytest.mark.parametrize("numbers", [[1, 2], [True, 2], [Fraction(1), Fraction(2)], np.array([1, 2]), np.array([1, 2], dtype=np.float32), (1, 2.0)])
def test_a_program_gives_floats_for_any_real_numbers(numbers):
    value, gradients = PRODUCT(numbers)
    assert (type(value), value, [float(g) for g in gradients]) == (float, 3.0, [3.0, 1.0])
