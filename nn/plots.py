"""Pictures of data, of networks and of their training, drawn with matplotlib.

Every function draws into ``ax``, or into a new figure without it, and returns the axes; a picture of several panels takes and
returns a list of them. Nothing is shown or saved: a notebook shows the figure by itself, and ``ax.figure.savefig(path)`` saves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from . import figures, plots_costs
from . import plots_artists as artists
from .history import History
from .layers import ACTIVATIONS, OF_LAYERS
from .module import Module, Parameter
from .plots_lines import lines_of, region_codes, units_of
from .tables import as_rows

try:
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure
except ImportError:
    raise ImportError('pictures need matplotlib: python -m pip install matplotlib') from None

Axes = Any
"""matplotlib's ``Axes``."""


def _panels(ax: Any, count: int, columns: int = 4, size: tuple[float, float] = (4.2, 3.4)) -> list[Axes]:
    """The axes that were given, or ``count`` new ones in rows of ``columns``."""
    if ax is not None:
        given = list(ax.flat) if hasattr(ax, "flat") else list(ax) if isinstance(ax, list | tuple) else [ax]
        if len(given) != count:
            raise ValueError(f"this picture has {count} panel(s): ax is that many axes, not {len(given)}; without ax they are made")
        return given
    columns = min(columns, count)
    rows = -(-count // columns)
    _, grid = plt.subplots(rows, columns, figsize=(size[0] * columns, size[1] * rows), layout="constrained", squeeze=False)
    for spare in list(grid.flat)[count:]:
        spare.remove()
    return list(grid.flat)[:count]


def _one(ax: Any, size: tuple[float, float] = (5.6, 4.0)) -> Axes:
    return _panels(ax, 1, size=size)[0]


# -- training ----------------------------------------------------------------------------------------------------------
def loss_curves(
    histories: History | Mapping[str, History], log: bool = False, also: Sequence[str] = (), ax: Any = None
) -> Axes | list[Axes]:
    """The loss of each epoch, dashed for validation data; a second panel with the metrics if there are any; and one for each
    name in ``also``, such as ``"lr"`` and ``"grad_norm"``.

    ``histories`` is what ``fit`` returned, or several by name, to compare them. ``log=True`` has logarithmic losses. With a
    single axes as ``ax``, only the losses are drawn.

    >>> from matplotlib.figure import Figure
    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> loss_curves(history, ax=Figure().subplots()).get_title()
    'Loss'
    """
    runs = {"": histories} if isinstance(histories, History) else dict(histories)
    if not runs or not all(len(run) for run in runs.values()):
        raise ValueError("there are no losses to draw: a history without epochs, or no history, was given")
    known = ("epoch", "loss", "val_loss", "lr", "grad_norm", "seconds", *also)
    metrics = list(dict.fromkeys(name.removeprefix("val_") for run in runs.values() for name in run.epochs[-1] if name not in known))
    groups = [("Loss", ["loss"]), *([("Metrics", metrics)] if metrics else []), *((name, [name]) for name in also)]
    if ax is not None and not isinstance(ax, list | tuple) and not hasattr(ax, "flat"):
        groups = groups[:1]
    panels = _panels(ax, len(groups), columns=3, size=(4.8, 3.5))
    for panel, (title, names) in zip(panels, groups):
        artists.draw_curves(panel, runs, names)
        artists.name_axes(panel, title, "epoch", ", ".join(names))
    if log:
        panels[0].set_yscale("log")
    return panels if len(panels) > 1 else panels[0]


def gradient_flow(norms: Mapping[str, float], ax: Any = None) -> Axes:
    """The norm of the gradient in each layer, the first on top, logarithmic where they differ much: where the upper bars are far
    shorter than the lower ones, the gradient vanishes on its way back.

    >>> from matplotlib.figure import Figure
    >>> [bar.get_width().item() for bar in gradient_flow({"layers.0": 0.25, "layers.1": 0.5}, ax=Figure().subplots()).patches]
    [0.25, 0.5]
    """
    if not norms:
        raise ValueError("norms is empty: it has the norm of the gradient for each layer, by name")
    ax = _one(ax, (5.6, 1.3 + 0.32 * len(norms)))
    artists.draw_norms(ax, norms)
    return ax


def activation_histograms(values: Mapping[str, Sequence[float]], bins: int = 30, ax: Any = None) -> list[Axes]:
    """The outputs of each layer over the samples, a panel for each, with the share that is exactly 0 (units that are switched off).

    >>> from matplotlib.figure import Figure
    >>> activation_histograms({"layer 1": [0.0, 0.0, 1.0, 2.0]}, ax=Figure().subplots())[0].get_title()
    'layer 1\\n50 % are 0'
    """
    if not values or not all(len(outputs) for outputs in values.values()):
        raise ValueError("there are no activations to draw: values has a list of numbers for each layer, by name")
    panels = _panels(ax, len(values), size=(3.4, 2.8))
    for i, (panel, (layer, outputs)) in enumerate(zip(panels, values.items())):
        zeros = sum(output == 0.0 for output in outputs) / len(outputs)
        panel.hist(outputs, bins=bins, color=artists.colour(0))
        artists.name_axes(panel, f"{layer}\n{100 * zeros:.0f} % are 0" if zeros else layer, "output", "" if i else "count")
    return panels


def loss_surface(
    loss_function: Callable[[], Any], p1: Parameter, p2: Parameter, around: Sequence[float] | None = None,
    span: float | Sequence[float] | None = None, steps: int = 41, path: Sequence[Sequence[float]] | None = None,
    log: bool = False, ax: Any = None,
) -> Axes:  # fmt: skip
    """A loss over two parameters, as contours, and the ``path`` that descent took, a list of pairs of the two.

    ``loss_function()`` is called without arguments after the two parameters were given their values; both are put back, also on
    errors. The picture reaches ``span`` (a number, or one for each axis; 2) to all sides of the point ``around``, by default
    the parameters as they are; with a path and neither of the two, it shows the path. ``log=True`` has contours in even ratios,
    which show the bottom of a steep valley. Where the loss is not finite, the picture is white.

    >>> from matplotlib.figure import Figure
    >>> a, b = Parameter(1.0, "a"), Parameter(2.0, "b")
    >>> ax = loss_surface(lambda: a * a + b * b, a, b, steps=5, ax=Figure().subplots())
    >>> ax.get_xlabel(), a.data
    ('a', 1.0)
    """
    if path and around is None and span is None:
        box = figures.box_around(path)
    else:
        box = figures.box_within((p1.data, p2.data) if around is None else around, 2.0 if span is None else span)
    xs, ys = figures.ticks(*box.x, steps), figures.ticks(*box.y, steps)
    grid = plots_costs.loss_grid(loss_function, p1, p2, xs, ys)
    levels = plots_costs.logarithmic_levels(grid) if log else None
    ax = _one(ax)
    filled = artists.draw_contours(ax, xs, ys, grid, levels)
    ax.figure.colorbar(filled, ax=ax, label="loss", format="%.3g")
    if path:
        artists.draw_path(ax, path)
    artists.show_box(ax, box)
    artists.name_axes(ax, "Loss over two parameters", p1.name or "first parameter", p2.name or "second parameter")
    return ax


# -- what a network says -----------------------------------------------------------------------------------------------
def decision_boundary(
    model: Module, X: Any = None, y: Any = None, low: Any = None, high: Any = None, steps: int = 60, threshold: float | None = None,
    ax: Any = None,
) -> Axes:  # fmt: skip
    """The class that a model gives each point of the plane of its two inputs, as tints, and the samples, if there are any.

    Any model and number of classes: one output tells the labels 0 and 1 or -1 and 1 apart, at ``threshold`` (by default 0.5
    behind a sigmoid, else 0); several outputs stand for the labels from 0 on. ``low`` and ``high``, numbers or pairs with one for
    each axis, end the picture (by default around the samples); it has ``steps`` by ``steps`` points.

    >>> from matplotlib.figure import Figure
    >>> from nn.logic import xor_network
    >>> ax = decision_boundary(xor_network(), [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0', '1']
    """
    samples = None if X is None else figures.labelled(model, X, y)
    figures.require_plane(samples.rows if samples else [])
    box = figures.box_around(samples.rows if samples else [], low, high)
    regions = figures.class_regions(model, box, steps, threshold)
    ax = _one(ax)
    artists.draw_regions(ax, regions)
    if samples:
        artists.draw_points(ax, samples.rows, samples)
    artists.name_axes(ax, "Decision boundary", "x1", "x2")
    return ax


class LearningAnimation(FuncAnimation):
    """An animation that a notebook shows as a player, and the ``history`` of the training that it shows."""

    history: History

    def to_jshtml(self, *args: Any, **options: Any) -> str:
        """The player as one piece of HTML, which needs nothing from the network."""
        return artists.without_network(super().to_jshtml(*args, **options))

    def _repr_html_(self) -> str:
        return self.to_jshtml()

    def __repr__(self) -> str:
        return "<animation of learning>"


def training_animation(
    model: Module, X: Any, y: Any, *, frames: int = 20, steps: int = 60, low: Any = None, high: Any = None,
    threshold: float | None = None, ax: Any = None, **fit_options: Any,
) -> LearningAnimation:  # fmt: skip
    """Train ``model`` with ``fit(X, y, **fit_options)``, and show how its decision boundary changes meanwhile.

    There are ``frames`` pictures or fewer, of the model before the first epoch, of epochs in even distances, and of the trained
    model. The result shows itself in a notebook; ``.to_jshtml()`` is the player as HTML, ``.save("learning.gif")`` a file,
    ``.history`` what ``fit`` returned. The figure is no pyplot figure, so that a notebook does not show it twice; for a window, give
    ``ax=plt.gca()``.

    >>> from nn import MLP
    >>> X, y = [[0.0, 0.0], [1.0, 1.0]], [-1, 1]
    >>> animation = training_animation(MLP(2, [1]), X, y, frames=3, steps=5, epochs=4, progress=False)
    >>> len(animation.history), "<img" in animation.to_jshtml()
    (4, True)
    """
    samples = figures.labelled(model, X, y)
    figures.require_plane(samples.rows)
    box = figures.box_around(samples.rows, low, high)
    shots, history = figures.fit_with_snapshots(
        model, X, y, lambda: figures.class_regions(model, box, steps, threshold), frames, fit_options
    )
    ax = ax or Figure(figsize=(5.6, 4.0), layout="constrained").subplots()
    artists.draw_points(ax, samples.rows, samples)
    artists.name_axes(ax, "", "x1", "x2")
    show = artists.frames_of(ax, shots)
    show(0)
    animation = LearningAnimation(ax.figure, show, frames=len(shots), interval=250, repeat=False)
    animation.history = history
    return animation


def hidden_space(model: Module, X: Any, y: Any, layer: int = 0, ax: Any = None) -> list[Axes]:
    """The samples before and after the layers up to ``layer``, where the layers behind it have to tell them apart.

    The first panel has the first two inputs, with the regions of the whole model if there are no more inputs. Then follow the
    outputs of the layer: of two units with the regions that the layers behind it make, of three or more each pair of the first three.
    Up to 8 samples are written beside their points, since several may fall on one.

    >>> from matplotlib.figure import Figure
    >>> from nn.logic import xor_network
    >>> before, after = hidden_space(xor_network(), [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], ax=Figure().subplots(1, 2))
    >>> [text.get_text() for text in after.texts]
    ['(0, 0)', '(0, 1)\\n(1, 0)', '(1, 1)']
    """
    samples = figures.labelled(model, X, y)
    views = figures.hidden_views(model, samples, layer)
    panels = _panels(ax, len(views))
    for i, (panel, view) in enumerate(zip(panels, views)):
        if view.regions:
            artists.draw_regions(panel, view.regions)
        artists.draw_points(panel, view.points, samples, legend=i == len(views) - 1)
        if i and len(view.points) <= 8:
            artists.write_samples(panel, view.points, samples.rows)
        artists.name_axes(panel, view.title, view.x, view.y)
        if not view.y:
            panel.set_yticks([])
    return panels


def function_fit(model: Module, X: Any, y: Any, ax: Any = None) -> Axes:
    """The function that a model of one input and one output has become, and the samples that it was to fit.

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> ax = function_fit(MLP(1, [4, 1], seed=0), [[0.0], [1.0]], [1.0, 2.0], ax=Figure().subplots())
    >>> [line.get_label() for line in ax.lines]
    ['model']
    """
    inputs, targets, xs, outputs = figures.function_curve(model, X, y)
    ax = _one(ax)
    artists.draw_fit(ax, inputs, targets, xs, outputs)
    return ax


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[Any] | None = None, ax: Any = None) -> Axes:
    """How often each class was taken for each, as ``nn.metrics.confusion_matrix`` counts it: row i is class i, column j what was
    predicted. Colours are shares of the row, so that rare classes are seen as well.

    >>> from matplotlib.figure import Figure
    >>> [text.get_text() for text in confusion([[2, 1], [0, 3]], ax=Figure().subplots()).texts]
    ['2', '1', '0', '3']
    """
    if not matrix or any(len(row) != len(matrix) for row in matrix):
        raise ValueError("a confusion matrix has a row and a column for each class: it is square and not empty")
    names = [str(label) for label in (range(len(matrix)) if labels is None else labels)]
    if len(names) != len(matrix):
        raise ValueError(f"the matrix has {len(matrix)} classes, and labels {len(names)}")
    ax = _one(ax, (2.4 + 0.42 * len(matrix), 1.8 + 0.38 * len(matrix)))
    artists.draw_counts(ax, matrix, names)
    return ax


def save_training(model: Module, samples: tuple[Any, Any], history: History, path: str | Path | IO[bytes]) -> None:
    """Write a picture of a training into a file, such as a .png or .svg: the loss, and with two inputs the decision boundary.

    ``samples`` is the pair ``(X, y)``. ``ValueError`` for a kind of file that matplotlib does not write.

    >>> import io
    >>> from nn import MLP
    >>> file = io.BytesIO()
    >>> save_training(MLP(2, [1]), ([[0, 0], [1, 1]], [0, 1]), History([{"epoch": 1, "loss": 0.5}]), file)
    >>> file.getvalue()[1:4]
    b'PNG'
    """
    X, y = samples
    is_plane = len(as_rows(X)[0]) == 2
    figure = Figure(figsize=(10.0 if is_plane else 5.2, 4.0), layout="constrained")
    panels = list(figure.subplots(1, 1 + is_plane, squeeze=False).flat)
    loss_curves(history, ax=panels[0])
    if is_plane:
        decision_boundary(model, X, y, ax=panels[1])
    figure.savefig(path, dpi=120)


# -- parts of a network ------------------------------------------------------------------------------------------------
def activations(
    names: Sequence[str | Callable[[Any], Any]] | None = None, low: float = -4.0, high: float = 4.0, ax: Any = None
) -> list[Axes]:
    """Activations, each with its derivative, by default all; those of whole layers, softmax and log_softmax, of ``(x, 0)``.

    >>> from matplotlib.figure import Figure
    >>> [panel.get_title() for panel in activations(["relu", "tanh"], ax=Figure().subplots(1, 2))]
    ['relu', 'tanh']
    """
    names = [*ACTIVATIONS, *OF_LAYERS] if names is None else [names] if isinstance(names, str) else list(names)
    xs = figures.ticks(low, high, 401)
    curves = [(name, *figures.activation_curve(name, xs)) for name in names]
    panels = _panels(ax, len(names), size=(2.9, 2.3))
    for panel, (name, values, slopes) in zip(panels, curves):
        artists.draw_activation(panel, name, xs, values, slopes)
    panels[0].legend(frameon=False)
    return panels


def weights_as_images(layer: Module, shape: tuple[int, int] = (8, 8), ax: Any = None) -> list[Axes]:
    """The weights of each unit of a layer as an image of ``shape`` (rows, columns): what it looks for in its inputs.

    All have one scale: red is positive, blue negative, white 0.

    >>> from matplotlib.figure import Figure
    >>> from nn import Layer
    >>> len(weights_as_images(Layer(6, 3), shape=(2, 3), ax=Figure().subplots(1, 3)))
    3
    """
    units = units_of(layer)
    weights = [[w.data for w in unit.w] for unit in units]
    rows, columns = shape
    if rows * columns != len(weights[0]):
        raise ValueError(f"shape {shape} has {rows * columns} places, and a unit of {layer!r} {len(weights[0])} weights")
    panels = _panels(ax, len(units), columns=8, size=(1.2, 1.35))
    image = artists.draw_images(panels, [[own[i : i + columns] for i in range(0, len(own), columns)] for own in weights])
    panels[0].figure.colorbar(image, ax=panels, label="weight", shrink=0.9)
    return panels


def regions(lines: Any, low: Any = -3.0, high: Any = 3.0, ax: Any = None) -> Axes:
    """The regions that lines, or a layer of perceptrons, make of the plane, each with its code: digit i is 1 on the side of line i
    to which its arrow points.

    ``lines`` are triples ``(w1, w2, b)``, for the half-planes ``w1 x + w2 y + b >= 0``. Three lines in general position make 7
    regions: one of the eight codes never occurs. With more than 8 regions, colours stand for the number of ones.

    >>> from matplotlib.figure import Figure
    >>> ax = regions([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)], ax=Figure().subplots())
    >>> sorted(text.get_text() for text in ax.texts if len(text.get_text()) == 3)
    ['001', '010', '011', '100', '101', '110', '111']
    """
    lines = lines_of(lines)
    box = figures.box_around([], low, high)
    codes, middles = region_codes(lines, box)
    ax = _one(ax, (5.4, 4.6))
    artists.draw_codes(ax, box, codes, middles)
    artists.draw_lines(ax, box, lines)
    artists.name_axes(ax, f"{len(middles)} regions of {len(lines)} line{'s' * (len(lines) > 1)}", "x1", "x2")
    return ax


# -- differentiation ---------------------------------------------------------------------------------------------------
def finite_difference_error(f: Callable[[Any], Any], x: float, steps: Sequence[float] | None = None, ax: Any = None) -> Axes:
    """The error of the centred difference of ``f`` at ``x`` against the step size: truncation on one side, rounding on the other.

    >>> import autograd_core
    >>> from matplotlib.figure import Figure
    >>> finite_difference_error(autograd_core.exp, 1.0, ax=Figure().subplots()).get_xscale()
    'log'
    """
    found = plots_costs.step_errors(f, x, steps)
    ax = _one(ax, (5.8, 3.9))
    artists.draw_step_errors(ax, found, x)
    return ax


def cost_ratio(dims: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128), units: int = 1, ax: Any = None) -> Axes:
    """How many times the forward pass the backward pass costs, for a layer of sigmoid units on d inputs, counted on its graph.

    >>> from matplotlib.figure import Figure
    >>> cost_ratio([1, 3], ax=Figure().subplots()).lines[0].get_ydata().tolist()
    [3.0, 2.5]
    """
    if not len(dims):
        raise ValueError("dims is empty: it is a list of numbers of inputs")
    counts = [plots_costs.layer_cost(d, units) for d in dims]
    ax = _one(ax)
    artists.draw_ratios(ax, dims, counts)
    return ax
