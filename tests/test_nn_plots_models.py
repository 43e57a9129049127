"""What the pictures of what a model says show: decision boundaries, their animation, hidden spaces, fitted functions."""

import math
import random
import re

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from plot_helpers import axes, no_figure_is_left  # noqa: F401

import autograd_core as ac
import nn
from lectures.gates import xor_network
from lectures.learning import hidden_space, training_animation
from nn import MLP, BatchNorm, Dropout, History, Layer, Sequential, data, gate, plots
from nn.plots.axes import tint

CORNERS, XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]


def points(ax):
    """For each class the label, the points, the colour and the marker that were drawn."""
    drawn = [c for c in ax.collections if isinstance(c, PathCollection)]
    return [(c.get_label(), c.get_offsets().tolist(), tuple(c.get_facecolor()[0][:3]), c.get_paths()[0].vertices.tobytes()) for c in drawn]


def shown_classes(ax, count):
    """The class of every cell of the drawn image, from its colour."""
    cells = np.asarray(ax.images[0].get_array(), dtype=float)
    tints = np.array([tint(k) for k in range(count)])
    distances = np.abs(cells[:, :, None, :] - tints).max(axis=-1)
    assert distances.min(axis=-1).max() < 1e-12
    return distances.argmin(axis=-1)


# -- decision boundaries -----------------------------------------------------------------------------------------------
def clouds(classes):
    chance = random.Random(0)
    labels = [k for k in range(classes) for _ in range(8)]
    return [[3 * math.cos(k) + chance.gauss(0, 0.5), 3 * math.sin(k) + chance.gauss(0, 0.5)] for k in labels], labels


MODELS = {
    "one output": (MLP(2, [6, 1], "tanh", seed=1), lambda y: int(y.data > 0.0), [0, 1]),
    "one sigmoid": (MLP(2, [6, 1], "tanh", "sigmoid", seed=3), lambda y: int(y.data > 0.5), [-1, 1]),
    "one perceptron": (gate("or", "pm1"), lambda y: int(y.data > 0.0), [-1, 1]),
    "two outputs": (MLP(2, [6, 2], seed=1), lambda y: int(y[1].data > y[0].data), [0, 1]),
    "four softmax outputs": (MLP(2, [8, 4], "tanh", "softmax", seed=4), lambda y: int(np.argmax([v.data for v in y])), [0, 1, 2, 3]),
    "dropout and normalisation": (Sequential(Layer(2, 6, seed=1), BatchNorm(6), Dropout(0.5), Layer(6, 3, "linear", seed=2)), lambda y: int(np.argmax([v.data for v in y])), [0, 1, 2]),
}  # fmt: skip


@pytest.mark.parametrize(("model", "class_of", "names"), MODELS.values(), ids=MODELS)
def test_the_boundary_shows_the_models_class_at_every_point_and_leaves_the_model_as_it_was(model, class_of, names):
    X, labels = clouds(len(names))
    model.train()
    before = model.state_dict()
    ax = plots.decision_boundary(model, X, [names[k] for k in labels], low=(-4.0, -5.0), high=4.0, steps=13, ax=axes())
    assert model.state_dict() == before
    assert all(module.training for module in model.modules())
    model.eval()
    expected = [[class_of(model([x, y])) for x in np.linspace(-4, 4, 13)] for y in np.linspace(-5, 4, 13)]
    assert shown_classes(ax, len(names)).tolist() == expected
    assert (ax.get_xlim(), ax.get_ylim()) == ((-4.0, 4.0), (-5.0, 4.0))
    drawn = points(ax)
    assert [label for label, *_ in drawn] == [str(name) for name in names] == [t.get_text() for t in ax.get_legend().get_texts()]
    assert [offsets for _, offsets, *_ in drawn] == [[x for x, own in zip(X, labels) if own == k] for k in range(len(names))]
    assert len({colour for *_, colour, _ in drawn}) == len({marker for *_, marker in drawn}) == len(names)


def test_the_threshold_moves_the_boundary_of_a_single_output():
    line = MLP(2, [1], init="zeros", seed=0)
    line.layers[0].neurons[0].w[0].data = 1.0
    shares = [shown_classes(plots.decision_boundary(line, low=0.0, high=1.0, steps=11, threshold=t, ax=axes()), 2).mean() for t in (-1.0, 0.45, 2.0)]
    assert shares == pytest.approx([1.0, 6 / 11, 0.0])


def test_one_hot_targets_arrays_and_a_single_label_are_understood():
    model = MLP(2, [3], seed=0)
    one_hot = plots.decision_boundary(model, np.array(CORNERS), np.eye(3)[[0, 2, 2, 0]], steps=3, ax=axes())
    assert [len(offsets) for _, offsets, *_ in points(one_hot)] == [2, 0, 2]
    assert [label for label, *_ in points(plots.decision_boundary(MLP(2, [1]), CORNERS, [-1.0] * 4, steps=3, ax=axes()))] == ["-1", "1"]
    assert [label for label, *_ in points(plots.decision_boundary(MLP(2, [2]), CORNERS, [-1, 1, 1, -1], steps=3, ax=axes()))] == ["-1", "1"]


# -- animation, hidden space, functions --------------------------------------------------------------------------------
def test_the_animation_trains_as_fit_does_and_shows_the_model_before_meanwhile_and_after():
    X, y = data.xor_quadrants(30, seed=0)
    options = {"loss": "bce_with_logits", "epochs": 30, "seed": 0}
    plain, filmed = (MLP(2, [6, 1], "tanh", seed=5) for _ in range(2))
    untrained = plain.predict_classes([[x, y] for y in np.linspace(-6, 6, 9) for x in np.linspace(-6, 6, 9)])
    history, seen = plain.fit(X, y, **options), []
    animation = training_animation(filmed, X, y, frames=4, steps=9, low=-6.0, high=6.0, ax=axes(), callbacks=lambda *_: seen.append(1), **options)
    assert filmed.state_dict() == plain.state_dict()
    assert (animation.history["loss"], len(seen)) == (history["loss"], 30)
    ax = animation._fig.axes[0]
    assert (ax.get_title(), shown_classes(ax, 2).ravel().tolist()) == ("before training", untrained)
    html = animation.to_jshtml()
    assert len(re.findall(r"frames\[\d+\] = \"data:image/png", html)) == 4
    assert not re.findall(r"https?://|<link|fa-", html)
    assert len(ax.images) == 1
    assert len(points(ax)) == 2
    trained = plain.predict_classes([[x, y] for y in np.linspace(-6, 6, 9) for x in np.linspace(-6, 6, 9)])
    assert (shown_classes(ax, 2).ravel().tolist(), ax.get_title()) == (trained, f"after {history}")
    assert trained != untrained


def test_an_animation_ends_when_its_callback_says_so_and_opens_no_figure():
    animation = training_animation(MLP(2, [1], seed=0), CORNERS, XOR, frames=3, steps=3, epochs=9, callbacks=[lambda m, h: len(h) == 5])
    assert (len(animation.history), animation.history.stopped) == (5, "callback")
    assert "<img" in animation._repr_html_()


def test_a_training_is_saved_with_its_loss_and_in_the_plane_with_its_boundary(tmp_path):
    history = History([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5}])
    for inputs, titles in ((2, ["Loss", "Decision boundary"]), (3, ["Loss"])):
        path = tmp_path / f"{inputs}.svg"
        with matplotlib.rc_context({"svg.fonttype": "none"}):  # words stay words
            plots.save_training(MLP(inputs, [1], seed=0), data.Dataset([[0.0] * inputs, [1.0] * inputs], [0, 1]), history, path)
        text = path.read_text(encoding="utf-8")
        assert [title for title in ("Loss", "Decision boundary") if f">{title}</text>" in text] == titles
    with pytest.raises(ValueError, match="not supported"):
        plots.save_training(MLP(2, [1], seed=0), (CORNERS, XOR), history, tmp_path / "picture.unknown")


@pytest.mark.parametrize("kind", ["step", "sign", "relu"])
def test_a7_hidden_space_shows_xor_before_and_after_the_hidden_layer(kind):
    network = xor_network(kind)
    before, after = hidden_space(network, CORNERS, XOR, ax=axes(2))
    at = {"step": [[0, 0], [1, 0], [1, 1]], "sign": [[-1, -1], [1, -1], [1, 1]], "relu": [[0, 0], [1, 0], [2, 1]]}[kind]
    assert [offsets for _, offsets, *_ in points(before)] == [[CORNERS[0], CORNERS[3]], [CORNERS[1], CORNERS[2]]]
    assert [offsets for _, offsets, *_ in points(after)] == [[at[0], at[2]], [at[1], at[1]]]
    assert [text.get_text() for text in after.texts] == ["(0, 0)", "(0, 1)\n(1, 0)", "(1, 1)"]
    cells = shown_classes(after, 2)
    (x1, x2), (y1, y2) = after.get_xlim(), after.get_ylim()
    for corner, label in zip(at, (0, 1, 0)):
        assert cells[round(59 * (corner[1] - y1) / (y2 - y1)), round(59 * (corner[0] - x1) / (x2 - x1))] == label


def test_hidden_space_shows_one_unit_on_a_line_and_the_pairs_of_three():
    inputs = [[0.0, 0.5, 1.0], [1.0, 0.0, 0.5]]
    model = MLP(3, [5, 1, 1], "tanh", seed=0)
    panels = hidden_space(model, inputs, [0, 1], ax=axes(4))
    hidden = [[h.data for h in model.layers[0](x)] for x in inputs]
    assert [(p.get_xlabel(), p.get_ylabel()) for p in panels] == [("x1", "x2"), ("h1", "h2"), ("h1", "h3"), ("h2", "h3")]
    assert [offsets[0] for _, offsets, *_ in points(panels[3])] == [[h[1], h[2]] for h in hidden]
    _, line = hidden_space(model, inputs, [0, 1], layer=1, ax=axes(2))
    assert [offsets for _, offsets, *_ in points(line)] == [[[model.layers[1](model.layers[0](x)).data, 0.0]] for x in inputs]
    assert (line.get_ylabel(), len(line.images)) == ("", 0)


def test_b10_function_fit_draws_the_samples_and_the_model_between_and_beyond_them():
    model = MLP(1, [4, 1], "tanh", seed=0)
    ax = plots.function_fit(model, [[2.0], [-1.0]], [[0.5], [0.0]], ax=axes())
    xs, ys = ax.lines[0].get_data()
    assert (min(xs) < -1.0, max(xs) > 2.0, len(xs) >= 200) == (True, True, True)
    assert list(ys[::50]) == [model([x]).data for x in xs[::50]]
    assert ax.collections[0].get_offsets().tolist() == [[2.0, 0.5], [-1.0, 0.0]]


# -- mistakes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("call", "says"), [
    (lambda: plots.decision_boundary(MLP(3, [1]), [[0, 0, 0]], [1]), r"plane of two inputs, and X has 3 column"),
    (lambda: plots.decision_boundary(MLP(2, [1]), CORNERS, [0, 1, 2, 0]), r"labels 0, 1, 2, and a model with 1 output"),
    (lambda: plots.decision_boundary(MLP(2, [3]), CORNERS, [0, 1, 2, 3]), r"row 3 is 3: the labels of 3 classes are 0 to 2"),
    (lambda: plots.decision_boundary(MLP(2, [1]), CORNERS, [0, 1]), r"different lengths, 4 and 2"),
    (lambda: plots.decision_boundary(MLP(2, [1])), r"without points .* needs low and high"),
    (lambda: plots.decision_boundary(MLP(2, [1]), CORNERS, XOR, low=5.0), r"low is less than high"),
    (lambda: plots.decision_boundary(MLP(2, [1]), CORNERS, XOR, steps=1), "steps is a whole number, 2 or more, not 1"),
    (lambda: plots.decision_boundary(MLP(2, [1]), CORNERS, XOR, low=(0.0, 0.0, 0.0)), r"a pair with one for each axis"),
    (lambda: training_animation(MLP(3, [1]), [[0, 0, 0]], [1]), r"two inputs"),
    (lambda: training_animation(MLP(2, [1]), CORNERS, XOR, frames=1), "frames, .* untrained model, is a whole number, 2 or more, not 1"),
    (lambda: hidden_space(gate("or"), CORNERS, XOR), r"Perceptron has no layers"),
    (lambda: hidden_space(MLP(2, [2, 1]), CORNERS, XOR, layer=2), r"layer is from 0 to 1"),
    (lambda: hidden_space(MLP(2, [2, 1]), CORNERS, XOR, ax=axes(3)), r"2 panel\(s\): ax is that many axes, not 3"),
    (lambda: plots.function_fit(MLP(2, [1]), CORNERS, XOR), r"one input, and X has 2 columns"),
    (lambda: plots.function_fit(MLP(1, [2]), [[0.0]], [1.0]), r"one output, and the model has 2"),
])  # fmt: skip
def test_a_mistake_is_named_before_a_figure_is_opened(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_outputs_that_are_not_finite_are_named_with_their_place():
    class Steep(nn.Module):
        def forward(self, x):
            return ac.exp(x[0] * 700.0) * 1e10

    with pytest.raises(ValueError, match=r"gives inf at \[1.0, 0.0\]: its outputs must be finite"):
        plots.decision_boundary(Steep(), low=0.0, high=1.0, steps=3, ax=axes())
