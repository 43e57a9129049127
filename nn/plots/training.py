"""Pictures of training: losses over the epochs and over two parameters, gradients and outputs of layers."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from autograd_core import Value, replace_file

from ..module import Module
from ..training.history import History
from ..training.model import Parameter
from ..training.samples import as_rows
from .axes import COLOURS, INK, Axes, box_around, colour, one_panel, pair_of, panels_of, ticks
from .classes import decision_boundary


def loss_curves(
    histories: History | Mapping[str, History], log: bool = False, also: Sequence[str] = (), ax: Any = None
) -> Axes | list[Axes]:
    """The loss of each epoch, dashed for validation data; a second panel with the metrics if there are any; and one for each
    name in ``also``, such as ``"lr"`` and ``"grad_norm"``.

    ``histories`` is what ``fit`` returned, or several by name, to compare them. ``log=True`` has logarithmic losses. With a
    single axes as ``ax``, only the losses are drawn.

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
    panels = panels_of(ax, len(groups), columns=3, size=(4.8, 3.5))
    for panel, (title, names) in zip(panels, groups):
        for i, (run, name) in enumerate((run, name) for run in runs for name in names):
            label = " ".join(part for part in (run, name if not run or len(names) > 1 else "") if part)
            _draw_curve(panel, runs[run], name, label, colour(i))
        panel.locator_params(axis="x", integer=True)
        panel.grid(alpha=0.25)
        panel.legend(frameon=False)
        one_panel(panel, title, "epoch", ", ".join(names))
    if log:
        panels[0].set_yscale("log")
    return panels if len(panels) > 1 else panels[0]


def _draw_curve(ax: Axes, history: History, name: str, label: str, colour: str) -> None:
    """A figure of a history over the epochs, dashed where it is of validation data."""
    marker = "o" if len(history) <= 12 else ""
    for key, style, what in ((name, "-", ""), (f"val_{name}", "--", " (validation)")):
        if key in history.epochs[-1]:
            ax.plot(history["epoch"], history[key], style, color=colour, marker=marker, markersize=4, label=label + what)
    best = history.best_epoch
    if name == "loss" and best is not None and "val_loss" in history.epochs[-1]:
        at = [best], [history["val_loss"][best - 1]]
        ax.plot(*at, "*", color=colour, markeredgecolor=INK, markersize=12, label=f"best: epoch {best}")


def gradient_flow(norms: Mapping[str, float], ax: Any = None) -> Axes:
    """The norm of the gradient in each layer, the first on top, logarithmic where they differ much: where the upper bars are far
    shorter than the lower ones, the gradient vanishes on its way back.

    >>> [bar.get_width().item() for bar in gradient_flow({"layers.0": 0.25, "layers.1": 0.5}, ax=Figure().subplots()).patches]
    [0.25, 0.5]
    """
    if not norms:
        raise ValueError("norms is empty: it has the norm of the gradient for each layer, by name")
    ax = one_panel(ax, "Gradient flow", "norm of the gradient", "layer", (5.6, 1.3 + 0.32 * len(norms)))
    widths = [norm if math.isfinite(norm) else 0.0 for norm in norms.values()]
    positive = [width for width in widths if width > 0.0] or [1.0]
    bars = ax.barh(list(norms), widths, color=colour(0), height=0.65)
    log = max(positive) > 30.0 * min(positive)
    ax.set(xscale="log" if log else "linear", xlim=(min(positive) / 10.0 if log else 0.0, max(positive) * (10.0 if log else 1.25)))
    for bar, norm, width in zip(bars, norms.values(), widths):
        end = (max(width, ax.get_xlim()[0]), bar.get_y() + bar.get_height() / 2)
        ax.annotate(f"{norm:.2g}", end, xytext=(4, 0), textcoords="offset points", va="center", color=INK)
    ax.invert_yaxis()
    return ax


def activation_histograms(values: Mapping[str, Sequence[float]], bins: int = 30, ax: Any = None) -> list[Axes]:
    """The outputs of each layer over the samples, a panel for each, with the share that is exactly 0 (units that are switched off).

    >>> activation_histograms({"layer 1": [0.0, 0.0, 1.0, 2.0]}, ax=Figure().subplots())[0].get_title()
    'layer 1\\n50 % are 0'
    """
    if not values or not all(len(outputs) for outputs in values.values()):
        raise ValueError("there are no activations to draw: values has a list of numbers for each layer, by name")
    panels = panels_of(ax, len(values), size=(3.4, 2.8))
    for i, (panel, (layer, outputs)) in enumerate(zip(panels, values.items())):
        zeros = sum(output == 0.0 for output in outputs) / len(outputs)
        panel.hist(outputs, bins=bins, color=colour(0))
        one_panel(panel, f"{layer}\n{100 * zeros:.0f} % are 0" if zeros else layer, "output", "" if i else "count")
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

    >>> a, b = Parameter(1.0, "a"), Parameter(2.0, "b")
    >>> ax = loss_surface(lambda: a * a + b * b, a, b, steps=5, ax=Figure().subplots())
    >>> ax.get_xlabel(), a.data
    ('a', 1.0)
    """
    if path and around is None and span is None:
        box = box_around(path)
    else:
        centre, reach = around or (p1.data, p2.data), pair_of(2.0 if span is None else span, "span")
        box = box_around([], [c - r for c, r in zip(centre, reach)], [c + r for c, r in zip(centre, reach)])
    xs, ys = ticks(*box.x, steps), ticks(*box.y, steps)
    grid = loss_grid(loss_function, p1, p2, xs, ys)
    options = _logarithmic(grid) if log else {"levels": 20}
    ax = one_panel(ax, "Loss over two parameters", p1.name or "first parameter", p2.name or "second parameter")
    filled = ax.contourf(xs, ys, grid, cmap="cividis", zorder=0, **options)
    ax.contour(xs, ys, grid, levels=filled.levels[2::2], colors="white", linewidths=0.5, linestyles="solid", alpha=0.6, zorder=1)
    ax.figure.colorbar(filled, ax=ax, label="loss", format="%.3g")
    if path:
        ax.plot(*zip(*path), "o-", color=COLOURS[1], markersize=4, linewidth=1.6, markeredgecolor=INK, markeredgewidth=0.5, label="descent")
        for point, marker, label in (path[0], "s", "start"), (path[-1], "*", "end"):
            ax.plot(*point, marker, color="white", markeredgecolor=INK, markersize=10, label=label)
        ax.legend(loc="upper right")
    box.show(ax)
    return ax


def loss_grid(loss_function: Callable[[], Any], p1: Parameter, p2: Parameter, xs: Sequence[float], ys: Sequence[float]) -> Any:
    """The loss where ``p1`` has each of ``xs`` (columns) and ``p2`` each of ``ys`` (rows), nan where it is not finite."""

    def loss_at(x: float, y: float) -> Any:
        p1.data, p2.data = x, y
        return loss.data if isinstance(loss := loss_function(), Value) else loss

    before = p1.data, p2.data
    try:
        grid = np.array([[loss_at(x, y) for x in xs] for y in ys], dtype=float)
    finally:
        p1.data, p2.data = before
    grid[~np.isfinite(grid)] = math.nan
    if np.isnan(grid).all():
        raise ValueError("the loss is finite nowhere in the picture: choose other values for around and span")
    return grid


def _logarithmic(grid: Any) -> dict[str, Any]:
    """Levels in even ratios up to the largest loss, from the smallest positive one or 10^4 times below; lower losses rise to it."""
    positive = grid[grid > 0.0]
    if not positive.size or positive.min() == positive.max():
        raise ValueError("log=True needs losses above 0 that differ: draw this loss with log=False")
    levels = np.geomspace(max(positive.min(), 1e-4 * positive.max()), positive.max(), 21)
    np.maximum(grid, levels[0], out=grid)
    return {"levels": levels, "norm": "log"}


def save_training(model: Module, samples: tuple[Any, Any], history: History, path: str | Path) -> None:
    """Write a picture of a training into a file, such as a .png or .svg: the loss, and with two inputs the decision boundary.

    ``samples`` is the pair ``(X, y)``. ``ValueError`` for a kind of file that matplotlib does not write; a file that is there is
    replaced in one step.

    >>> import tempfile
    >>> from nn import MLP
    >>> path = Path(tempfile.mkdtemp(), "training.png")
    >>> save_training(MLP(2, [1]), ([[0, 0], [1, 1]], [0, 1]), History([{"epoch": 1, "loss": 0.5}]), path)
    >>> path.read_bytes()[1:4]
    b'PNG'
    """
    is_plane = len(as_rows(samples[0])[0]) == 2
    figure = Figure(figsize=(10.0 if is_plane else 5.2, 4.0), layout="constrained")
    panels = list(figure.subplots(1, 1 + is_plane, squeeze=False).flat)
    loss_curves(history, ax=panels[0])
    if is_plane:
        decision_boundary(model, *samples, ax=panels[1])
    picture = io.BytesIO()
    figure.savefig(picture, dpi=120, format=Path(path).suffix[1:] or "png")
    replace_file(path, picture.getvalue())
