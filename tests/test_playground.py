"""The playground: what its page computes, in Node, is what ``fit`` and ``explain`` compute in Python."""

import html
import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

import autograd_core as ac
import nn
from nn.plots.axes import COLOURS
from nn.training import playground
from nn.training.execution import record

NODE = shutil.which("node") or pytest.fail("these tests need Node")
SCRIPT = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([scripts, name, options, steps, sample]) => {
  const { PAGE, Network, Training, codeText } = new Function(scripts + "\\nreturn { PAGE, Network, Training, codeText };")();
  const set = PAGE.sets.find((set) => set.name === name), network = new Network(PAGE, PAGE.sizes, PAGE.activation).begin(PAGE.seed);
  const training = new Training(network, set, { lr: PAGE.lr, batch: PAGE.batch, penalty: "", strength: 0, ...options });
  for (let k = 0; k < steps; k++) if (!training.step()) throw Error("not finite");
  const row = set.rows[sample], receipts = {};
  for (let l = 1; l < network.sizes.length; l++) for (let j = 0; j < network.sizes[l]; j++)
    for (const i of [...Array(network.sizes[l - 1]).keys(), ...(PAGE.bias ? [null] : [])])
      receipts[i === null ? `b${l}[${j + 1}]` : `w${l}[${j + 1},${i + 1}]`] = network.receipt(l, j, i, row);
  return { parameters: network.live.map((k) => network.parameters[k]), text: codeText(training), receipts, row, epoch: training.epoch,
    losses: training.record(), outputs: network.units(row).outputs.at(-1) };
})));
"""


def scripts_of(page):
    return "\n".join(re.search(f'<script id="{name}">(.*?)</script>', page.html, re.DOTALL)[1] for name in ("programs", "training"))


def in_node(*cases):
    """What the page of each case (page, data set, options, steps, sample) has after so many steps."""
    given = json.dumps([[scripts_of(page), *rest] for page, *rest in cases])
    done = subprocess.run([NODE, "-e", SCRIPT], input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


LINES = [[-1.0], [-0.25], [0.5], [1.0]], [1.0, 0.0, 0.25, 1.0]
CLASSES = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.2, 0.1], [0.9, 0.4]], [0, 1, 2, 0, 1]
CASES = {  # a model, its data (a set of the page by name, or its own), the options of fit, and a penalty
    "rectifiers": (lambda: nn.MLP(2, [4, 2, 1], "relu", seed=1), "circle", {"batch_size": 10}, ""),
    "a learning rate of its own": (lambda: nn.MLP(2, [3, 1], "relu", seed=3), "xor", {"batch_size": 30, "lr": 0.007}, ""),
    "Playground's": (lambda: nn.MLP(2, [8, 8, 8, 8, 1], "tanh", "tanh", seed=2), "spiral", {"batch_size": 10}, "L1"),
    "probabilities": (lambda: nn.MLP(2, [3, 1], "sigmoid", "sigmoid", seed=0), "moons", {"batch_size": 1, "loss": "bce"}, "L2"),
    "no hidden layer": (lambda: nn.MLP(2, [1], seed=0), "gaussians", {"batch_size": None, "loss": "bce_with_logits"}, "L2"),
    "one input, no bias": (lambda: nn.MLP(1, [5, 1], "softplus", bias=False, seed=0), LINES, {"batch_size": 3}, ""),
    "wider than the page's": (lambda: nn.MLP(2, [12, 1], ac.tanh, seed=4), ([[0.0, 1.0], [1.0, 0.0]], [0.5, -0.5]), {"batch_size": 2}, ""),
    "two activations": (lambda: nn.MLP(2, [3, 3, 1], ["tanh", "relu"], seed=4), "xor", {"batch_size": 10}, "L1"),
    "classes": (lambda: nn.MLP(2, [6, 3], "relu", seed=5), CLASSES, {"batch_size": 2, "loss": "cross_entropy"}, "L2"),
    "held out": (lambda: nn.MLP(1, [2, 1], "relu", seed=5), LINES, {"batch_size": 2, "validation": 0.25, "seed": 3}, ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def pages():
    """For each case: the data that Python trains on, the page, and what Node has after 100 steps, or a whole number of epochs."""
    made, cases = {}, []
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(playground, "NOISES", (0.1,))
    for name, (make, given, options, penalty) in CASES.items():
        page = make().playground(*((None, None) if isinstance(given, str) else given), **options)
        data = json.loads(re.search(r"const PAGE = (.*);", page.html)[1])
        chosen = next(found for found in data["sets"] if found["name"] == (given if isinstance(given, str) else "your data"))
        steps_of_epoch = math.ceil(len(chosen["rows"]) / (options["batch_size"] or len(chosen["rows"])))
        epochs = math.ceil(100 / steps_of_epoch)
        cases.append((page, chosen["name"], {"penalty": penalty, "strength": 0.01 if penalty else 0.0}, epochs * steps_of_epoch, 1))
        made[name] = (chosen, epochs)
    monkeypatch.undo()
    return {name: (*made[name], found) for name, found in zip(CASES, in_node(*cases))}


@pytest.mark.parametrize("name", CASES)
def test_a_hundred_steps_in_the_page_are_those_of_fit(pages, name):
    (make, given, options, penalty), (chosen, epochs, found) = CASES[name], pages[name]
    if isinstance(given, str):
        scope = {"nn": nn}
        exec(chosen["code"], scope)
        given, options = (scope["X"], scope["y"]), options | {"validation": 0.5, "seed": 0}
    model, lr = make(), options.get("lr", 0.03)
    callbacks = [getattr(nn, penalty)(0.01)] if penalty else []
    settings = {key: x for key, x in options.items() if key != "lr"} | {"callbacks": callbacks, "epochs": epochs, "shuffle": False}
    history = model.fit(*given, optimizer=lambda parameters: nn.SGD(parameters, lr=lr), **settings)
    expected = [p.data for p in model.parameters()]
    assert found["epoch"] == epochs
    if name in ("rectifiers", "a learning rate of its own", "held out"):  # nothing but arithmetic
        assert found["parameters"] == expected
    assert found["parameters"] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert expected != pytest.approx([p.data for p in make().parameters()], rel=1e-3)
    if "validation" in options:
        assert found["losses"]["test"] == pytest.approx(history["val_loss"][-1], rel=1e-12, abs=0.0)


@pytest.mark.parametrize("name", CASES)
def test_its_code_makes_the_network_in_python(pages, name):
    make, _, _, _ = CASES[name]
    found = pages[name][2]
    scope = {"nn": nn}
    exec(found["text"].replace("X, y = ...", "X, y = 0, 0"), scope)
    model = scope["model"]
    assert [p.data for p in model.parameters()] == found["parameters"]
    assert repr(model) == repr(make())
    x = found["row"][: model.inputs()]
    outputs = record(model, x).outputs
    assert [y.data for y in outputs] == pytest.approx(found["outputs"], rel=1e-12, abs=1e-15)


def test_its_code_trains_on_as_the_page_does():
    page = nn.MLP(2, [3, 1], "relu", seed=3).playground(batch_size=30)
    first, later = in_node((page, "xor", {"penalty": "L2", "strength": 0.001}, 4, 0), (page, "xor", {"penalty": "L2", "strength": 0.001}, 44, 0))
    scope = {"nn": nn}
    exec(re.sub("(?m)^# (?=model|  )", "", first["text"]), scope)
    assert [p.data for p in scope["model"].parameters()] == later["parameters"]


@pytest.mark.parametrize("name", CASES)
def test_a_receipt_of_the_page_is_that_of_explain(pages, name):
    make, _, options, _ = CASES[name]
    found = pages[name][2]
    model = make()
    for p, x in zip(model.parameters(), found["parameters"]):
        p.data = x
    inputs = model.inputs()
    sample = record(model, found["row"][:inputs], found["row"][inputs:], nn.LOSSES[options.get("loss", "mse")])
    assert found["receipts"].keys() == {p.name for p in model.parameters()}
    gradients = dict(zip(model.parameters(), ac.gradients(sample.loss, model.parameters())))
    for p in model.parameters()[:: 1 + len(gradients) // 20]:
        receipt, shown = ac.explain(sample.loss, p), found["receipts"][p.name]
        (use,) = receipt.uses
        for ours, theirs in ((use.upstream, "upstream"), (use.local, "local"), (use.contribution, "contribution"), (gradients[p].data, "contribution")):
            assert shown[theirs] == pytest.approx(ours, rel=1e-12, abs=1e-14)
        assert shown["value"] == p.data
        if "terms" in shown:
            total = sum(term["weight"] * term["delta"] for term in shown["terms"])
            assert shown["upstream"] == pytest.approx(total * shown["slope"], rel=1e-9, abs=1e-14)
        assert shown["loss"] == pytest.approx(sample.loss.data, rel=1e-12, abs=0.0)


def test_a_step_that_is_not_finite_changes_nothing():
    page = nn.MLP(1, [1], init=lambda generator, nin, nout: 1e200, seed=0).playground([[1.0], [2.0]], [0.0, 1.0], lr=1e200)
    with pytest.raises(subprocess.CalledProcessError) as error:
        in_node((page, "your data", {}, 1, 0))
    assert "not finite" in error.value.stderr


def test_the_page_is_one_small_file_that_asks_the_network_for_nothing(tmp_path):
    model = nn.MLP(2, [4, 1], "tanh", seed=0)
    page = model.playground(*nn.data.moons(60), validation=0.2)
    path = page.save(tmp_path / "page.html")
    text = path.read_text("utf-8")
    assert text == page.html
    assert len(text.encode()) < 700_000
    assert not re.search(r"(?:src|href|url|import)\s*[=(]\s*['\"]?\s*(?:https?:)?//", text)
    assert not re.search(r"\{\{\w+\}\}", text)
    frame = page._repr_html_()
    assert html.unescape(re.search('srcdoc="([^"]*)"', frame)[1]) == page.html
    assert repr(page) == "<playground of 2-4-1>"
    with pytest.raises(ValueError, match=r"saved as \.html"):
        page.save(tmp_path / "page.txt")


DATA = [{"name": "two points", "rows": [[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0]]}]
OUTPUT, LOSS = ("tanh", lambda z: [ac.tanh(z[0])]), ("error", lambda y, t: (y[0] - t[0]) ** 2)


def test_the_engine_makes_a_page_of_plain_numbers_and_functions():
    page = ac.playground([[[0.5, -0.5, 0.25]]], [], OUTPUT, LOSS, DATA, lr=0.5, code="W = [\n{numbers}\n]\nheld = {validation}\nb = {batch}")
    (found,) = in_node((page, "two points", {}, 1, 0))
    w1, w2, b = (ac.Value(x) for x in (0.5, -0.5, 0.25))
    mean = sum((ac.tanh(ac.dot([w1, w2], row[:2], b)) - row[2]) ** 2 for row in DATA[0]["rows"]) / 2
    expected = [p.data - 0.5 * g.data for p, g in zip((w1, w2, b), ac.gradients(mean, [w1, w2, b]))]
    assert found["parameters"] == pytest.approx(expected, rel=1e-14, abs=0.0)
    assert found["text"] == f"W = [\n    {', '.join(map(repr, found['parameters']))},\n]\nb = None"  # nothing is held out: no line


@pytest.mark.parametrize(
    ("weights", "hidden", "sets", "message"),
    [
        ([], 0, DATA, "at least a layer of units"),
        ([[[0.5, 0.5, 0.0]]], 1, DATA, "here are 1 layer.s. and 1 function"),
        ([[[0.5, 0.5, 0.0], [0.5, 0.0]], [[1.0, 1.0, 0.0]]], 1, DATA, "a unit of layer 1 has 2 weights and, as all have a bias"),
        ([[[0.5, 0.5, 0.0]]], 0, [], "give the data to train on"),
        ([[[0.5, 0.5, 0.0]]], 0, [{"name": "short", "rows": [[1.0, 0.0]]}], "a row of 'short' has 2 input.s. and 1 target"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_one_clear_error_of_the_engine(weights, hidden, sets, message):
    with pytest.raises(ValueError, match=message):
        ac.playground(weights, [("tanh", ac.tanh)] * hidden, OUTPUT, LOSS, sets)


def test_classes_have_the_colours_that_the_plots_give_them():
    found = re.search(r"const CLASSES = (\[.*?\])", nn.MLP(2, [1]).playground().html)[1]
    assert json.loads(found)[:7] == [colour.lower() for colour in COLOURS[:7]]


def test_an_activation_of_ones_own_may_be_written_for_values_alone():
    page = nn.MLP(2, [2, 1], lambda z: z.tanh(), lambda z: (2.0 * z).tanh(), seed=0).playground()
    assert "labels=(-1, 1)" in page.html


def test_own_sets_are_offered_too(monkeypatch):
    monkeypatch.setitem(playground.SETS, "line", lambda n, noise, seed, labels: nn.Dataset([[i / n, 0.0] for i in range(n)], [labels[i % 2] for i in range(n)]))
    assert '"name":"line"' in nn.MLP(2, [1]).playground().html


def test_text_of_a_name_does_not_end_the_script():
    def closing(z):
        return ac.tanh(z)

    closing.__name__ = "</script><b>"
    page = nn.MLP(1, [2, 1], closing, seed=0).playground(*LINES)
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append(tag)

    Parser().feed(page.html)
    assert found.count("script") == 3
    assert "b" not in found[found.index("script"):]


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (lambda: nn.Sequential(nn.Layer(2, 2), nn.Dropout(0.5)), (), "fully connected layers"),
        (lambda: nn.Neuron(2), (), "fully connected layers"),
        (lambda: nn.Sequential(nn.Layer(2, 2), nn.Layer(2, 1, bias=False)), (), "a bias, or none"),
        (lambda: nn.MLP(3, [1]), (), "give the data"),
        (lambda: nn.MLP(2, [2]), (), "give the data"),
        (lambda: nn.MLP(2, [2, 1], lambda z: z if z > 0 else 0.0 * z), LINES, "takes 2 inputs"),
        (lambda: nn.MLP(1, [2, 1], lambda z: z if z > 0 else 0.0 * z), LINES, "one graph for all samples"),
        (lambda: nn.MLP(1, [1]), ([[1.0]], [0.0, 1.0]), "different lengths"),
    ],
)  # fmt: skip
def test_what_no_page_can_show_is_one_clear_error(make, given, message):
    with pytest.raises(ValueError, match=message):
        make().playground(*given)


@pytest.mark.parametrize("option", [{"lr": -1.0}, {"lr": "x"}, {"batch_size": 0}, {"batch_size": 2.5}])
def test_an_option_that_fit_refuses_is_refused_before_the_page(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"{name} is a"):
        nn.MLP(2, [2, 1], seed=0).playground(**option)


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_weight_that_is_no_finite_number_is_refused(weight):
    model = nn.MLP(2, [2, 1], seed=0)
    model.parameters()[1].data = weight
    with pytest.raises(ValueError, match=f"a weight is {weight}, and a training starts from finite numbers"):
        model.playground()
