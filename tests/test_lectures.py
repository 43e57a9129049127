"""What single lectures need beside the library: what it computes, held against the engine, NumPy and closed forms."""

import importlib
import inspect
import itertools
import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ac
import lectures
import nn
from autograd_core import Value
from lectures import approximation, datasets, differentiation, experiments, landscapes, mistakes


# -- functions in pieces -------------------------------------------------------------------------------------------------
def wave(x):
    return math.sin(2 * x) + 0.3 * x


@pytest.mark.parametrize("pieces", [2, 5, 24])
def test_b10_relus_meet_the_function_at_every_cut_and_are_straight_between(pieces):
    model = approximation.in_pieces(wave, "relu", pieces, -3.0, 2.0)
    cuts = np.linspace(-3.0, 2.0, pieces + 1)
    xs = np.linspace(-3.0, 2.0, 101)
    expected = np.interp(xs, cuts, [wave(x) for x in cuts])
    assert np.allclose(model.predict([[x] for x in xs]), expected, atol=1e-12)


@pytest.mark.parametrize(("activation", "tolerance"), [("step", 1e-12), ("sigmoid", 0.35)])
def test_b10_stairs_have_the_height_of_the_function_in_the_middle_of_each(activation, tolerance):
    model = approximation.in_pieces(wave, activation, 10, -3.0, 2.0)
    middles = [-2.75 + 0.5 * i for i in range(10)]
    assert model.predict([[x] for x in middles]) == pytest.approx([wave(x) for x in middles], abs=tolerance)
    assert model.predict([[x + 0.2] for x in middles]) == pytest.approx([wave(x) for x in middles], abs=10 * tolerance)


def test_b10_twice_the_pieces_have_a_quarter_of_the_squared_error_in_stairs_and_a_sixteenth_in_straight_pieces():
    samples = datasets.function(wave, 501, -3.0, 3.0)
    errors = {a: [approximation.in_pieces(wave, a, n, -3.0, 3.0).evaluate(*samples)["loss"] for n in (32, 64)] for a in ("step", "relu")}
    assert errors["step"][0] / errors["step"][1] == pytest.approx(4.0, rel=0.1)
    assert errors["relu"][0] / errors["relu"][1] == pytest.approx(16.0, rel=0.1)


def test_spread_units_start_within_the_interval_each_elsewhere_and_the_same_for_a_seed():
    def zeros(seed):
        units = approximation.spread(nn.MLP(1, [200, 1], seed=1), -3.0, 3.0, seed).layers[0].neurons
        return [-unit.b.data / unit.w[0].data for unit in units]

    assert zeros(0) == zeros(0) != zeros(1)
    assert -3.0 < min(zeros(0)) < -2.0 < 2.0 < max(zeros(0)) < 3.0


# -- samples -------------------------------------------------------------------------------------------------------------
def test_e1_each_epoch_has_every_sample_once_in_an_order_of_its_own():
    X, y = [[float(i)] for i in range(10)], list(range(10))
    batches = datasets.shuffled_batches(X, y, 4, epochs=3)
    assert [len(batch.y) for batch in batches] == [4, 4, 2] * 3
    orders = [[label for batch in batches[i : i + 3] for label in batch.y] for i in (0, 3, 6)]
    assert all(sorted(order) == y for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert all([[label] for label in batch.y] == batch.X for batch in batches)
    assert batches == datasets.shuffled_batches(X, y, 4, epochs=3) != datasets.shuffled_batches(X, y, 4, epochs=3, seed=1)
    with pytest.raises(ValueError, match="size is a whole number, 1 or more, not 0"):
        datasets.shuffled_batches(X, y, 0, epochs=1)


def test_three_clouds_lie_around_their_middles():
    X, y = datasets.three_clouds(400)
    assert Counter(y) == {0: 400, 1: 400, 2: 400}
    means = [np.mean([row for row, label in zip(X, y) if label == k], axis=0) for k in range(3)]
    assert np.allclose(means, [(0.0, 1.5), (-1.5, -1.0), (1.5, -1.0)], atol=0.1)


# -- landscapes ----------------------------------------------------------------------------------------------------------
def test_a_chord_below_the_function_is_found_where_there_is_one():
    assert landscapes.smallest_gap(lambda v: v[0] ** 2 + abs(v[1]), 2) >= 0.0
    assert landscapes.smallest_gap(lambda v: v[0] * v[1], 2) < -1.0
    assert landscapes.chord_gap(lambda v: v[0] ** 2, [1.0], [3.0], 0.25) == 0.25 * 1 + 0.75 * 9 - 2.5**2


def test_a_newton_step_without_the_matrix_is_the_one_with_it():
    chance = np.random.default_rng(0)
    A = chance.normal(size=(6, 6))
    H, g = A @ A.T + np.eye(6), chance.normal(size=6)

    def f(v):
        return ac.dot(v, [ac.dot(row, v) for row in H.tolist()]) / 2 + ac.dot(v, g.tolist())

    start = chance.normal(size=6)
    assert np.allclose(landscapes.newton_step(f, start.tolist()), np.linalg.solve(H, -(H @ start + g)))


def test_walks_downhill_end_where_the_formula_says():
    rate, ends = 0.1, [3.0 * (1 - 2 * 0.1) ** k for k in range(6)]  # of x², each step multiplies x by 1 - 2 rate
    assert np.allclose(landscapes.descend(lambda v: v[0] ** 2, [3.0], rate, 5), np.array(ends)[:, None])
    ((end, losses),) = landscapes.descents(ac.value_and_grad(lambda v: v[0] ** 2), [[3.0]], rate, 5)
    assert (end, losses) == (pytest.approx([ends[5]]), pytest.approx([x * x for x in ends[:5]]))
    w = nn.Parameter(3.0)
    assert np.allclose(landscapes.descent_path(nn.SGD([w], lr=rate), [lambda: w * w] * 5), np.array(ends)[:, None])


# -- mistakes, layouts, experiments ---------------------------------------------------------------------------------------
def test_the_right_gradients_are_the_engines_also_when_a_leaf_has_changed_since():
    x, y = Value(2.0), Value(3.0)
    a = x * y
    L = a * (a + x)
    L.backward()
    expected = {node: node.grad for node in ac.topological_order(L)}
    y.data = 10.0
    assert mistakes.right_gradients(L) == expected


def test_the_picture_of_a_mistake_marks_the_nodes_that_are_wrong_and_no_other():
    x, y = Value(2.0), Value(3.0)
    nodes = {"x": x, "y": y, "L": x * y}
    right = mistakes.right_gradients(nodes["L"])
    assert "f7b267" not in mistakes.picture(right, nodes).dot
    wrong = mistakes.picture(right | {y: 5.0}, nodes).dot
    assert [line.split(" ")[0] for line in wrong.splitlines() if "f7b267" in line] == ["y"]
    assert "grad 5, not 2" in wrong


def test_c13_a_wrong_derivative_of_the_card_is_not_called_equal():
    wrong = differentiation.layouts_agree("v² by v", lambda v: [a * a for a in v], [1.0, 3.0], [[2.0, 0.0], [0.0, 3.0]])
    assert wrong.split()[-3:] == ["NOT"] * 3


def test_a2_the_trained_neurons_are_the_methods_that_they_are_called():
    chance = random.Random(0)
    X, y = [[chance.gauss(label, 1.0)] for label in (-1, 1) * 20], [-1, 1] * 20
    (line, history) = experiments.trained_neurons(X, {"linear regression": ("linear", "mse", y, 0.2)})["linear regression"]
    slope, offset = np.polyfit([x for x, in X], y, 1)
    assert [p.data for p in line.parameters()] == pytest.approx([slope, offset])
    assert len(history["loss"]) == 300


def test_e4_he_keeps_a_signal_of_relus_alive_and_small_weights_do_not():
    he, small = (experiments.signal_sizes("relu", init) for init in ("he", lambda chance, nin, nout: chance.gauss(0.0, 0.05)))
    assert all(0.3 < size < 3.0 for size in he)
    assert all(after < 0.5 * before for before, after in itertools.pairwise(small))


def test_matrices_hold_the_layer():
    layer = nn.Layer(3, 2, "tanh", seed=0)
    W, b = experiments.matrices(layer)
    assert np.allclose(np.tanh(W @ [1.0, 2.0, 3.0] + b), [y.data for y in layer([1.0, 2.0, 3.0])])
    layer([1.0, 2.0, 3.0])[1].backward()
    assert experiments.matrices(layer, "grad")[0][0].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", [path.stem for path in Path(lectures.__file__).parent.glob("[!_]*.py")])
def test_what_a_lecture_offers_is_documented_with_an_example(name):
    module = importlib.import_module(f"lectures.{name}")
    offered = [thing for _, thing in inspect.getmembers(module, inspect.isfunction) if thing.__module__ == module.__name__]
    public = [thing for thing in offered if not thing.__name__.startswith("_")]
    assert public
    assert [thing.__name__ for thing in public if ">>> " not in (inspect.getdoc(thing) or "")] == []
