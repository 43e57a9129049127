"""What the pictures of nn.plots and of the lectures show, read off the artists that they draw."""

import ast
import importlib
import inspect
import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from plot_helpers import axes, no_figure_is_left  # noqa: F401

import autograd_core as ac
import lectures
import nn
from lectures import approximation, attention, capacity, differentiation, landscapes, learning, regions, surfaces
from lectures.gates import polygon_around, region_code, xor_network
from nn import MLP, History, Layer, Parameter, plots
from nn.plots.axes import MARKERS, colour, tint

CORNERS, XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
LINES = [(1.0, 0.0, 0.1), (0.0, 1.0, 0.1), (-1.0, -1.0, 1.0)]
A, B = Parameter(1.0, "a"), Parameter(2.0, "b")
RUN = History([{"epoch": e, "loss": 1 / e, "val_loss": (2.0, 1.0, 1.5)[e - 1], "accuracy": 0.5, "lr": 0.1, "grad_norm": 1.0, "seconds": 0.1} for e in (1, 2, 3)])
PANELS = {  # a call of each function, and how many panels it draws
    "loss_curves": (2, lambda **o: plots.loss_curves(RUN, **o)),
    "gradient_flow": (1, lambda **o: plots.gradient_flow({"layers.0": 0.1, "layers.1": 0.2}, **o)),
    "activation_histograms": (2, lambda **o: plots.activation_histograms({"one": [0.0, 1.0], "two": [1.0]}, **o)),
    "loss_surface": (1, lambda **o: surfaces.loss_surface(lambda: A * A + B * B, A, B, steps=5, **o)),
    "decision_boundary": (1, lambda **o: plots.decision_boundary(xor_network(), CORNERS, XOR, **o)),
    "hidden_space": (2, lambda **o: learning.hidden_space(xor_network(), CORNERS, XOR, **o)),
    "function_fit": (1, lambda **o: plots.function_fit(MLP(1, [3, 1], seed=0), [[0.0], [1.0]], [1.0, 2.0], **o)),
    "activations": (2, lambda **o: differentiation.activations(["relu", "tanh"], **o)),
    "weights_as_images": (3, lambda **o: plots.weights_as_images(Layer(6, 3, seed=0), (2, 3), **o)),
    "regions": (1, lambda **o: regions.regions(LINES, **o)),
    "surface": (1, lambda **o: surfaces.surface(nn.Neuron(2, "sigmoid", seed=0), steps=5, **o)),
    "loss_surfaces": (2, lambda **o: surfaces.loss_surfaces({"sum": lambda: A + B, "product": lambda: A * B}, A, B, steps=5, **o)),
    "cube": (1, lambda **o: regions.cube(LINES, **o)),
    "finite_difference_error": (1, lambda **o: differentiation.finite_difference_error(ac.exp, 1.0, **o)),
    "width_against_depth": (1, lambda **o: capacity.width_against_depth(2, **o)),
    "secants": (1, lambda **o: differentiation.secants(ac.sin, 1.0, 0.5, **o)),
    "truncation_and_rounding": (1, lambda **o: differentiation.truncation_and_rounding(ac.sin, 1.0, [0.1, 0.01], **o)),
    "cost_with_and_without_reuse": (1, lambda **o: differentiation.cost_with_and_without_reuse([ac.cost(A * B), ac.cost(A * A * B)], "size", **o)),
    "fit_beside_truth": (1, lambda **o: approximation.fit_beside_truth(MLP(1, [3, 1], seed=0), nn.Dataset([[0.0], [1.0]], [1.0, 2.0]), abs, **o)),
    "show_descents": (1, lambda **o: landscapes.show_descents(abs, [-1.0, 1.0], [0.0, 0.1], -2.0, 2.0, **o)),
    "attention_map": (1, lambda **o: attention.attention_map([[1.0], [0.25, 0.75]], "ab", "before", **o)),
    "cost_ratio": (1, lambda **o: differentiation.cost_ratio([1, 2], **o)),
}


# -- all of them -------------------------------------------------------------------------------------------------------
def test_every_plot_function_is_in_the_table_of_these_tests():
    modules = [importlib.import_module(f"lectures.{path.stem}") for path in Path(lectures.__file__).parent.glob("[!_]*.py")]
    of_lectures = {name for module in modules for name, thing in inspect.getmembers(module, inspect.isfunction)
                   if thing.__module__ == module.__name__ and "ax" in inspect.signature(thing).parameters and not name.startswith("_")}  # fmt: skip
    assert {*plots.__all__, *of_lectures} - {"training_animation", "save_training", "Live", "live", "theme"} == PANELS.keys()


def test_dir_shows_the_plots_and_nothing_else():
    assert dir(plots) == sorted(plots.__all__)
    assert all(inspect.getdoc(getattr(plots, name)) for name in dir(plots))


@pytest.mark.parametrize(("count", "call"), PANELS.values(), ids=PANELS)
def test_a_plot_makes_one_figure_or_draws_into_the_axes_it_is_given_and_says_what_it_shows(count, call):
    own = call()
    own = own if isinstance(own, list) else [own]
    assert (len(own), len(plt.get_fignums())) == (count, 1)
    assert all(panel.get_title() for panel in own)
    if call not in (PANELS["weights_as_images"][1], PANELS["cube"][1]):
        assert all(panel.get_xlabel() for panel in own)
    plt.close("all")
    given = axes(count, subplot_kw={"projection": own[0].name})
    returned = call(ax=given)
    assert returned is given or returned == given or returned == [given]
    assert not plt.get_fignums()
    given[0].figure.canvas.draw() if count > 1 else given.figure.canvas.draw()


def test_matplotlib_is_imported_in_one_folder_only_and_show_is_never_called():
    root, importers = Path(nn.__file__).parent, set()
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            importers |= {path.parent.relative_to(root).name for name in names if name.split(".")[0] == "matplotlib"}
        assert "plt.show" not in text
    assert importers == {"plots"}
    assert not any("import matplotlib.pyplot" in path.read_text(encoding="utf-8") for path in Path(lectures.__file__).parent.glob("*.py"))  # nn.plots.axes does it


def test_classes_differ_in_colour_and_marker_and_regions_are_lighter_than_points():
    assert len({to_rgb(colour(k)) for k in range(8)}) == 8
    assert len(set(MARKERS)) == 10
    for k in range(8):
        assert sum(tint(k)) > sum(to_rgb(colour(k))) + 0.2


def contrast(one, other):
    """The ratio of two colours' luminances, as the Web Content Accessibility Guidelines define it."""
    light = [sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for w, c in zip((0.2126, 0.7152, 0.0722), to_rgb(rgb))) for rgb in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_the_words_beside_a_descent_leave_small_panels_their_room():
    figure, panels = plt.subplots(1, 3, figsize=(10, 2.9), layout="constrained")
    for ax in panels:
        surfaces.loss_surface(lambda: A * A + B * B, A, B, steps=5, path=[(1.0, 1.0), (0.5, 0.4)], span=2.0, ax=ax)
    figure.canvas.draw()
    assert all(ax.bbox.width > 0.15 * figure.bbox.width for ax in panels)
    assert [text.get_text() for text in panels[0].texts] == ["start", "end"]
    plt.close(figure)


@pytest.mark.parametrize("call", [call for _, call in PANELS.values()], ids=PANELS)
def test_words_are_legible_on_light_and_dark_pages_and_legends_stand_outside(call):
    drawn = call()
    panels = drawn if isinstance(drawn, list) else [drawn]
    figure = panels[0].figure
    figure.canvas.draw()
    assert not figure.patch.get_visible()
    for panel in panels:
        words = [panel.title, panel.xaxis.label, panel.yaxis.label, *panel.get_xticklabels(), *(panel.get_legend().get_texts() if panel.get_legend() else [])]
        assert all(contrast(word.get_color(), page) >= 4.5 for word in words for page in ("white", "black"))
        assert panel.name == "3d" or contrast(panel.get_facecolor(), "#222222") > 15  # what stands inside is dark
        if panel.get_legend():
            box, inside = panel.get_legend().get_window_extent(), panel.bbox
            assert box.x0 >= inside.x1 or box.y1 <= inside.y0
    assert drawn._ipython_display_() is None  # a notebook shows nothing of it but the figure
    plt.close("all")


def test_the_look_is_matplotlibs_own_where_that_is_chosen():
    plots.theme("light")
    try:
        ax = plots.gradient_flow({"a": 1.0})
        assert ax.figure.patch.get_visible()
        assert ax.xaxis.label.get_color() == matplotlib.rcParamsDefault["axes.labelcolor"]
    finally:
        plots.theme()
        plt.close("all")
    with pytest.raises(ValueError, match="a theme is one of 'any', 'dark', 'light'"):
        plots.theme("drak")


def test_words_for_a_dark_page_are_legible_on_that_of_jupyterlab():
    plots.theme("dark")
    try:
        ax = plots.gradient_flow({"a": 1.0})
        assert not ax.figure.patch.get_visible()
        words = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
        assert all(contrast(word.get_color(), "#111111") >= 7.0 for word in words)
    finally:
        plots.theme()
        plt.close("all")


# -- training ----------------------------------------------------------------------------------------------------------
def test_loss_curves_are_solid_for_training_dashed_for_validation_and_mark_the_best_epoch():
    loss, metrics, lr = plots.loss_curves({"a": RUN, "b": RUN}, log=True, also=["lr"], ax=axes(3))
    assert loss.get_yscale() == "log"
    assert [line.get_label() for line in loss.lines] == ["a", "a (validation)", "best: epoch 2", "b", "b (validation)", "best: epoch 2"]
    assert [line.get_linestyle() for line in loss.lines[:2]] == ["-", "--"]
    assert loss.lines[1].get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 1.5]]
    assert loss.lines[2].get_xydata().tolist() == [[2, 1.0]]
    assert loss.lines[0].get_color() != loss.lines[3].get_color()
    assert [line.get_ydata()[0] for line in metrics.lines] == [0.5, 0.5]
    assert lr.get_title() == "lr"


def test_gradient_flow_writes_every_norm_and_turns_logarithmic_where_they_differ_much():
    ax = plots.gradient_flow({"a": 1e-6, "b": 1.0, "c": 0.0, "d": math.inf}, ax=axes())
    assert [bar.get_width() for bar in ax.patches] == [1e-6, 1.0, 0.0, 0.0]
    assert [text.get_text() for text in ax.texts] == ["1e-06", "1", "0", "inf"]
    assert ax.get_xscale() == "log"
    assert plots.gradient_flow({"a": 0.5, "b": 1.0}, ax=axes()).get_xscale() == "linear"


def test_activation_histograms_count_every_output_and_say_how_many_are_off():
    values = {"layer 0": [0.0] * 30 + [0.1 * i for i in range(1, 11)], "layer 1": [1.0, -1.0]}
    first, second = plots.activation_histograms(values, ax=axes(2))
    assert [sum(bar.get_height() for bar in panel.patches) for panel in (first, second)] == [40, 2]
    assert (first.get_title(), second.get_title()) == ("layer 0\n75 % are 0", "layer 1")


@pytest.mark.parametrize("log", [False, True])
def test_loss_surface_draws_the_path_and_puts_the_parameters_back(log):
    a, b = Parameter(0.5, "slope"), Parameter(-0.5)
    path = [(0.5, -0.5), (0.25, -0.25), (0.0, 0.0)]
    ax = surfaces.loss_surface(lambda: (a * a + 3 * b * b).data, a, b, around=(1.0, 2.0), span=(1.0, 3.0), steps=9, path=path, log=log, ax=axes())
    assert (a.data, b.data) == (0.5, -0.5)
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.0, 2.0), (-1.0, 5.0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("slope", "second parameter")
    assert ax.lines[0].get_xydata().tolist() == [list(p) for p in path]
    levels = ax.collections[0].levels
    assert max(levels) >= 4 + 3 * 25
    assert np.allclose(np.diff(np.log(levels)) if log else np.diff(levels), (np.log(levels[1] / levels[0]) if log else levels[1] - levels[0]))


def test_loss_surface_puts_the_parameters_back_when_the_loss_fails_and_leaves_infinite_losses_white():
    a, b = Parameter(0.5), Parameter(-0.5)
    with pytest.raises(ValueError, match="log"):
        surfaces.loss_surface(lambda: ac.log(a) + b, a, b)
    assert (a.data, b.data) == (0.5, -0.5)
    ax = surfaces.loss_surface(lambda: math.inf if a.data > 1.0 else a.data, a, b, around=(1.0, 0.0), span=1.0, steps=11, ax=axes())
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    right, left = (ax.transData.transform((x, 0.5)).astype(int) for x in (1.7, 0.3))
    picture = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    assert picture[right[1], right[0]].tolist() == [255, 255, 255]
    assert picture[left[1], left[0]].tolist() != [255, 255, 255]


# -- parts -------------------------------------------------------------------------------------------------------------
def test_b3_every_activation_is_drawn_with_the_derivative_of_its_curve():
    panels = {panel.get_title().split()[0]: panel for panel in differentiation.activations(ax=axes(11))}
    assert panels.keys() == {*nn.ACTIVATIONS, *nn.activations.OF_LAYERS}
    for panel in panels.values():
        (xs, values), (_, slopes) = (line.get_data() for line in panel.lines[-2:])
        smooth = np.abs(xs) > 0.05
        assert np.allclose(np.gradient(values, xs)[smooth][1:-1], np.asarray(slopes)[smooth][1:-1], atol=2e-4)
    assert max(panels["sigmoid"].lines[-1].get_ydata()) == 0.25
    assert max(panels["tanh"].lines[-1].get_ydata()) == 1.0
    assert set(panels["step"].lines[-1].get_ydata()) == {0.0}


def test_an_activation_of_ones_own_is_drawn_under_its_name():
    def cube(x):
        return x**3

    panel = differentiation.activations([cube], low=-1.0, high=1.0, ax=axes())[0]
    assert panel.get_title() == "cube"
    assert panel.lines[-1].get_ydata().tolist() == pytest.approx([3 * x * x for x in panel.lines[-1].get_xdata()])


def test_b11_weights_are_shown_row_by_row_on_one_scale_around_zero():
    layer = Layer(6, 3, seed=0)
    panels = plots.weights_as_images(layer, (2, 3), ax=axes(3))
    largest = max(abs(w.data) for neuron in layer.neurons for w in neuron.w)
    for panel, neuron in zip(panels, layer.neurons):
        assert panel.images[0].get_array().ravel().tolist() == [w.data for w in neuron.w]
        assert panel.images[0].get_array().shape == (2, 3)
        assert panel.images[0].get_clim() == (-largest, largest)


@pytest.mark.parametrize(("lines", "count"), [(LINES, 7), (LINES[:1], 2), (polygon_around(8), 25), (nn.PerceptronLayer([[1, 1], [1, 1]], [-0.5, -1.5]), 3)])
def test_a8_each_region_of_the_lines_is_coloured_and_has_its_code_written_inside(lines, count):
    ax = regions.regions(lines, low=-2.0, high=2.0, ax=axes())
    texts = [text for text in ax.texts if not text.get_bbox_patch() and text.get_text()]
    assert all(region_code(lines, text.get_position()) == text.get_text() for text in texts)
    assert len({text.get_text() for text in texts}) == len(texts)
    assert ax.get_title().startswith(f"{count} regions")
    if count <= 8:
        assert len(texts) == count
        assert len(np.unique(np.asarray(ax.images[0].get_array()).reshape(-1, 3), axis=0)) == count


# -- differentiation ---------------------------------------------------------------------------------------------------
def test_d1_the_error_is_v_shaped_and_the_best_step_is_marked():
    ax = differentiation.finite_difference_error(ac.exp, 1.0, ax=axes())
    steps, errors = ax.lines[0].get_data()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    large = [(h, e) for h, e in zip(steps, errors) if 1e-3 < h < 0.4]
    assert all(e == pytest.approx(math.e * (math.sinh(h) / h - 1.0), rel=1e-3) for h, e in large)
    best, least = (float(z[0]) for z in ax.lines[1].get_data())
    assert (least, 1e-7 < best < 1e-4) == (min(errors), True)
    assert errors[-1] > 1e3 * least < errors[0]
    where = {text.get_text().split(":")[0]: text.get_position()[0] for text in ax.texts}
    assert where["rounding"] < best < where["truncation"]


def test_errors_of_exactly_zero_are_drawn_below_all_others_and_named():
    ax = differentiation.finite_difference_error(lambda x: x * x, 1.0, ax=axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no error at all"]
    assert "truncation" not in " ".join(text.get_text() for text in ax.texts)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("units", [1, 3])
def test_c15_the_backward_pass_costs_3_times_the_forward_pass_at_d_1_and_tends_to_twice(units):
    ax = differentiation.cost_ratio([1, 2, 10, 100], units=units, ax=axes())
    ratios = ax.lines[0].get_ydata().tolist()
    assert ratios == sorted(ratios, reverse=True)
    assert (ratios[0], ratios[-1]) == (3.0 if units == 1 else 16 / 6, pytest.approx(2.0, abs=0.02))


# -- mistakes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("call", "says"), [
    (lambda: plots.weights_as_images(Layer(6, 3)), r"\(8, 8\) has 64 places, .* 6 weights"),
    (lambda: plots.weights_as_images(MLP(6, [3])), r"give one layer, such as model.layers\[0\]"),
    (lambda: regions.regions([(0.0, 0.0, 1.0)]), r"lines\[0\] is \(w1, w2, b\)"),
    (lambda: plots.loss_curves({}), r"no losses to draw"),
    (lambda: plots.loss_curves(History()), r"no losses to draw"),
    (lambda: surfaces.loss_surface(lambda: math.nan, A, B), r"finite nowhere"),
    (lambda: surfaces.loss_surface(lambda: -1.0, A, B, log=True), r"log=True needs losses above 0"),
    (lambda: plots.gradient_flow({}), r"norms is empty"),
    (lambda: plots.activation_histograms({"a": []}), r"no activations"),
    (lambda: differentiation.cost_ratio([0]), r"nin.* is a whole number, 1 or more"),
])  # fmt: skip
def test_a_mistake_is_named_before_a_figure_is_opened(call, says):
    with pytest.raises(ValueError, match=says):
        call()
