"""Whole networks: rows B10, B11, B13 and E9 of the curriculum; and that every row of A, B and E has a test that is named by it."""

import itertools
import json
import re
from pathlib import Path

import pytest
from sklearn.model_selection import train_test_split

import autograd_core as ac
import nn
from nn.losses import binary_cross_entropy_with_logits, mse_loss

PLAYGROUND = {"circles": ([8, 1], 80), "xor_quadrants": ([8, 1], 80), "gaussians": ([4, 1], 20), "spiral": ([16, 16, 1], 200)}


def adam(lr):
    return lambda parameters: nn.Adam(parameters, lr=lr)


@pytest.mark.parametrize("name", PLAYGROUND)
def test_b10_the_sets_of_the_playground_are_learnt_to_95_percent_of_held_out_points(name):
    sizes, epochs = PLAYGROUND[name]
    train_X, test_X, train_y, test_y = train_test_split(*getattr(nn.data, name)(400, 0.02, seed=0), random_state=0)
    model = nn.MLP(2, sizes, activation="tanh", seed=0)
    model.fit(train_X, train_y, loss="bce_with_logits", optimizer=adam(0.02), epochs=epochs, batch_size=20, seed=0)
    assert model.evaluate(test_X, test_y, "bce_with_logits", ["accuracy"])["accuracy"] >= 0.95


def test_b10_linear_units_cannot_fit_a_curve_and_more_relus_fit_it_better():
    X = [[i / 20.0 - 1.0] for i in range(41)]
    y = [ac.sin(4.0 * x[0]) for x in X]
    errors = {}
    for activation, units in (("linear", 16), ("relu", 2), ("relu", 16), ("tanh", 16)):
        model = nn.MLP(1, [units, 1], activation=activation, seed=4)
        errors[activation, units] = model.fit(X, y, optimizer=adam(0.02), epochs=600)["loss"][-1]
    assert errors["linear", 16] > 0.1 > errors["relu", 16]
    assert errors["relu", 2] > 3.0 * errors["relu", 16]
    assert errors["tanh", 16] < 0.01


def test_b11_the_weights_of_the_first_layer_are_images_of_what_it_looks_for():
    digits = nn.data.digits()
    pair = [(x, label) for x, label in zip(digits.X, digits.y) if label in (0, 1)]
    model = nn.MLP(64, [1], seed=0)
    model.fit([x for x, _ in pair], [label for _, label in pair], loss="bce_with_logits", optimizer=adam(0.05), epochs=30, callbacks=[nn.L2(1e-3)])
    weights = [w.data for w in model.layers[0].neurons[0].w]
    means = [[sum(x[i] for x, label in pair if label == which) for i in range(64)] for which in (0, 1)]
    middle, ring = 3 * 8 + 3, 3 * 8 + 6  # a one has ink in the middle, a zero around it
    assert means[1][middle] > means[0][middle]
    assert weights[middle] > 0.0 > weights[ring]


POINTS, TARGETS = [[-2.0], [-1.0], [0.5], [1.5]], [0.0, 1.0, 0.0, 1.0]


def smallest_curvature(loss, at):
    (a, b), (_, d) = ac.hessian(loss)(at)
    return (a + d) / 2 - (((a - d) / 2) ** 2 + b * b) ** 0.5


def test_b13_linear_and_logistic_regression_are_convex_and_a_network_is_not():
    def line(p):
        return [p[0] * x[0] + p[1] for x in POINTS]

    losses = {
        "linear": lambda p: mse_loss(line(p), TARGETS),
        "logistic": lambda p: binary_cross_entropy_with_logits(line(p), TARGETS),
        "network": lambda p: mse_loss([p[1] * ac.tanh(p[0] * x[0]) for x in POINTS], TARGETS),
    }
    grid = list(itertools.product((-2.0, -0.5, 0.3, 1.0, 2.5), repeat=2))
    lowest = {name: min(smallest_curvature(loss, list(at)) for at in grid) for name, loss in losses.items()}
    assert lowest["linear"] > 0.0
    assert lowest["logistic"] > 0.0
    assert lowest["network"] < -0.01


def test_b13_several_starts_end_in_different_minima():
    ends = []
    for seed in range(6):
        model = nn.MLP(2, [2, 1], activation="tanh", seed=seed)
        history = model.fit(*nn.data.gates("xor"), optimizer=adam(0.05), epochs=800)
        ends.append(history["loss"][-1])
    assert min(ends) < 0.01
    assert max(ends) > 0.1


def test_e9_the_network_of_the_hands_on_session_runs():
    model = nn.MLP(784, [128, 10], seed=0)
    assert len(model.parameters()) == 101_770
    assert len(model([0.5] * 784)) == 10


def test_e9_the_same_data_and_the_same_network_give_pytorch_s_answer():
    recorded = json.loads((Path(__file__).parent / "fixtures" / "torch_training.json").read_text())
    digits = nn.data.digits()
    model = nn.MLP(64, [6, 10])
    nn.from_torch(model, recorded["start"])
    history = model.fit(digits.X[:100], digits.y[:100], loss="cross_entropy", optimizer=adam(0.01), epochs=50)
    assert history["loss"] == pytest.approx(recorded["losses"], rel=1e-10, abs=0.0)
    for name, numbers in nn.to_torch(model).items():
        assert flat(numbers) == pytest.approx(flat(recorded["end"][name]), rel=1e-8, abs=1e-10)


def flat(x):
    return [number for part in x for number in flat(part)] if isinstance(x, list) else [x]


def test_every_row_of_a_b_and_e_has_a_test_that_is_named_by_it():
    names = " ".join(re.findall(r"def test_(\w+)", " ".join(path.read_text() for path in Path(__file__).parent.glob("test_nn_*.py"))))
    rows = {f"a{i}" for i in range(1, 10)} | {f"b{i}" for i in range(1, 14)} | {f"e{i}" for i in range(1, 10)}
    assert rows - set(re.split(r"[_ ]", names)) == set()
