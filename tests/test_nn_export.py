"""Out to other programs: PyTorch's states, which a script recorded, and source files that run on their own."""

import inspect
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ac
import nn

RECORDED = json.loads((Path(__file__).parent / "fixtures" / "torch_networks.json").read_text())
MODELS = {
    "relu": lambda: nn.MLP(2, [3, 2, 1]),
    "tanh and softmax": lambda: nn.MLP(3, [4, 3], activation="tanh", output="softmax"),
    "each activation": lambda: nn.MLP(2, [3, 3, 3, 3, 3], activation=["leaky_relu", "elu", "sigmoid", "softplus"], output="log_softmax"),
    "no bias": lambda: nn.MLP(2, [2, 1], bias=False),
    "normalised": lambda: nn.Sequential(nn.Layer(2, 4, "relu"), nn.BatchNorm(4), nn.Dropout(0.5), nn.Layer(4, 2, "linear")),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_state_of_pytorch_gives_pytorch_s_outputs_and_comes_back_unchanged(name):
    model, record = MODELS[name](), RECORDED[name]
    nn.from_torch(model, record["state"])
    outputs = [y if isinstance(y, list) else [y] for y in model.predict(record["rows"])]
    np.testing.assert_allclose(outputs, record["outputs"], rtol=1e-12)
    assert nn.to_torch(model) == record["state"]
    assert nn.torch_code(model) == record["code"]


def test_arrays_are_taken_where_tensors_are():
    model, record = nn.MLP(2, [3, 2, 1]), RECORDED["relu"]
    nn.from_torch(model, {name: np.array(x) for name, x in record["state"].items()})
    assert nn.to_torch(model) == record["state"]


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    model = nn.MLP(2, [2, 1], seed=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"the state does not fit: it is a dictionary of 4; 1 unknown, the first is 9\.weight"):
        nn.from_torch(model, RECORDED["tanh and softmax"]["state"] | {"9.weight": [1.0]})
    with pytest.raises(ValueError, match=r"the state, 0\.weight is a list of 2, not one of 3"):
        nn.from_torch(model, {name: x for name, x in RECORDED["relu"]["state"].items() if name[0] != "4"})
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("2.weight", [[1.0, 2.0], [3.0]], r"2.weight\[1\] is a list of 2, not one of 1"),
        ("2.weight", [[1.0, 2.0], 3.0], r"2.weight\[1\] is a list of 2, not 3.0"),
        ("2.bias", [1.0, "two"], r"is a finite number, not 'two'"),
        ("2.bias", [1.0, [2.0]], r"is a finite number, not \[2.0\]"),
        ("2.bias", [1.0, math.nan], r"is a finite number, not nan"),
        ("2.bias", [1.0, None], r"is a finite number, not None"),
    ],
)
def test_a_ragged_weight_or_one_that_is_no_number_is_refused_and_changes_nothing(name, change, words):
    model, other = (nn.MLP(2, [2, 2], seed=seed) for seed in (0, 1))
    before = model.state_dict()
    with pytest.raises(ValueError, match=words):
        nn.from_torch(model, nn.to_torch(other) | {name: change})
    assert model.state_dict() == before


def test_running_averages_that_do_not_fit_are_refused_and_change_nothing():
    model = nn.Sequential(nn.Layer(2, 2, seed=0), nn.BatchNorm(2))
    before = model.state_dict()
    for change in ([1.0], [1.0, "x"], 1.0):
        with pytest.raises(ValueError, match="running_mean"):
            nn.from_torch(model, nn.to_torch(nn.Sequential(nn.Layer(2, 2, seed=1), nn.BatchNorm(2))) | {"2.running_mean": change})
        assert model.state_dict() == before


def test_what_pytorch_has_no_module_for_is_an_error():
    with pytest.raises(ValueError, match="no module for the activation 'step'"):
        nn.torch_code(nn.MLP(2, [1], output="step"))
    with pytest.raises(ValueError, match="Conv1d defines no in_torch"):
        nn.to_torch(nn.Sequential(nn.Conv1d(3)))


@pytest.mark.parametrize("name", ["relu", "tanh", "linear"])
def test_a_function_of_ones_own_is_not_taken_for_the_activation_of_that_name(name):
    def own(z):
        return 2.0 * z

    own.__name__ = name
    with pytest.raises(ValueError, match=f"no module for the activation '{name}'"):
        nn.torch_code(nn.MLP(2, [2, 1], own))


@pytest.mark.parametrize("activation", [ac.relu, ac.tanh, ac.identity, "linear"])
def test_a_function_of_the_library_is_as_good_as_its_name(activation):
    name = getattr(activation, "__name__", getattr(activation, "name", activation))
    code = {"relu": "ReLU()", "tanh": "Tanh()", "identity": "Identity()", "linear": ""}[name]
    assert nn.Layer(2, 1, activation).in_torch()[0] == ["Linear(2, 1)", *([code] if code else [])]


# One of each layer of nn.layers; those of WITHOUT have no module in PyTorch that computes the same from one row.
EVERY_LAYER = {
    "Neuron": lambda: nn.Neuron(2),
    "Layer": lambda: nn.Layer(3, 2),
    "Sequential": lambda: nn.Sequential(nn.Layer(2, 3, bias=False), nn.BatchNorm(3)),
    "MLP": lambda: nn.MLP(2, [3, 1]),
    "Conv1d": lambda: nn.Conv1d(3),
    "Dropout": lambda: nn.Dropout(0.5),
    "BatchNorm": lambda: nn.BatchNorm(2),
}
WITHOUT = {"Neuron", "Conv1d"}


def numbers_in(x):
    return sum(map(numbers_in, x)) if isinstance(x, list) else 1


def test_every_layer_is_exported_or_known_to_have_no_counterpart():
    public = {name for name, kind in vars(nn.layers).items() if inspect.isclass(kind) and issubclass(kind, nn.Module) and name[0] != "_"}
    assert public - {"Module"} == EVERY_LAYER.keys(), "give EVERY_LAYER in tests/test_nn_export.py one of each, and its class an in_torch()"


@pytest.mark.parametrize("name", EVERY_LAYER)
def test_no_number_of_a_layer_is_lost_on_the_way_to_pytorch(name):
    part = EVERY_LAYER[name]()
    model = part if isinstance(part, nn.Sequential) else nn.Sequential(part)
    if name in WITHOUT:
        for export in (nn.to_torch, nn.torch_code):
            with pytest.raises(ValueError, match=f"{name} defines no in_torch"):
                export(model)
        return
    buffers = sum(numbers_in(getattr(module, buffer)) for _, module, buffer in model.named_buffers())
    state = nn.to_torch(model)
    assert sum(map(numbers_in, state.values())) == len(model.parameters()) + buffers
    nn.from_torch(model, state)
    assert nn.to_torch(model) == state


def test_parameters_that_a_counterpart_has_no_place_for_are_an_error():
    class Scaled(nn.Layer):
        def __init__(self):
            super().__init__(2, 2)
            self.scale = nn.Parameter(1.0)

    model = nn.Sequential(nn.Layer(2, 2), Scaled())
    for export in (nn.to_torch, lambda model: nn.from_torch(model, {})):
        with pytest.raises(ValueError, match=r"no place in PyTorch for layers\.1\.scale"):
            export(model)


def test_a_layer_that_stands_twice_is_an_error_and_never_two_layers():
    layer, dropout = nn.Layer(2, 2), nn.Dropout(0.5)
    for export in (nn.to_torch, nn.torch_code, lambda model: nn.from_torch(model, {})):
        with pytest.raises(ValueError, match=r"Layer\(2, 2, relu\) stands in the model twice"):
            export(nn.Sequential(layer, layer))
        with pytest.raises(TypeError, match=r"is a Sequential, not Layer: write nn.Sequential\(layer\)"):
            export(layer)
    assert len(nn.to_torch(nn.Sequential(dropout, layer, dropout))) == 2


CODE = """
import sys
assert not any(name in sys.modules for name in ("nn", "autograd_core"))
sys.path.insert(0, {folder!r})
import model
np = getattr(model, "np", None)
print([{call} for row in {rows!r}])
"""
NETWORKS = {
    "one output": lambda: nn.MLP(2, [4, 1], activation="tanh", seed=1),
    "several outputs": lambda: nn.MLP(2, [4, 3], activation="relu", output="softmax", seed=2),
    "linear": lambda: nn.MLP(2, [1], seed=2),
    "every activation": lambda: nn.MLP(2, [3, 3, 3, 3, 1], activation=["leaky_relu", "elu", "softplus", "sigmoid"], output="step", seed=1),
}
ROWS = [[0.5, -1.5], [-2.0, 0.25], [3.0, 1.0]]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("dialect", "call"), [("python", "model.program([], row)"), ("numpy", "[float(np.ravel(y)[0]) for y in model.batch([], [row])]")])
def test_a_source_file_runs_without_the_library(name, dialect, call, tmp_path):
    network = NETWORKS[name]()
    nn.export_program(network, tmp_path / "model.py", dialect)
    code = CODE.format(folder=str(tmp_path), call=call, rows=ROWS)
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    found = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in eval(run.stdout)]
    if dialect == "python":
        assert found == network.predict(ROWS)
    else:
        np.testing.assert_allclose(found, network.predict(ROWS), rtol=1e-12)


def test_a_c_file_is_compiled_and_called(tmp_path):
    network = NETWORKS["several outputs"]()
    nn.export_program(network, tmp_path / "model.c")
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\nvoid program(const double *, const double *, double *);\nint main(void) { double x[2] = {0.5, -1.5}, y[3];'
        ' program(0, x, y); printf("%.17g %.17g %.17g", y[0], y[1], y[2]); return 0; }'
    )
    subprocess.run(["cc", "-O1", "-ffp-contract=off", "model.c", "main.c", "-o", "run", "-lm"], cwd=tmp_path, check=True)
    text = subprocess.run([str(tmp_path / "run")], capture_output=True, text=True, check=True).stdout
    assert list(map(float, text.split())) == network.predict([[0.5, -1.5]])[0]


def test_an_ending_of_no_dialect_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(ValueError, match=r"one of '\.js', .*'\.c', '\.py', not '\.rs'"):
        nn.export_program(NETWORKS["several outputs"](), tmp_path / "model.rs")
    assert list(tmp_path.iterdir()) == []
