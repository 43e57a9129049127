"""The classes that a network tells apart: decision boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_core import as_labels, as_numbers, as_rows

from ..module import Module
from ..training.prediction import last_activation, predict
from ..training.samples import check_lengths
from .axes import INK, MARKERS, Axes, Box, box_around, colour, legend, one_panel, tint


class Labelled(NamedTuple):
    """Samples of classes: the inputs, the number of each sample's class from 0 on, and what each class is called."""

    rows: list[list[float]]
    classes: list[int]
    names: list[int]


ClassRegions = tuple[Box, Any, Any]
"""What a model says over a grid of a box: the class at each point, a row for each y; and an array for each class of how far its
score is above the best of the others, so that the class's border is where this is 0."""


def decision_boundary(
    model: Module, X: Any = None, y: Any = None, low: Any = None, high: Any = None, steps: int = 60, threshold: float | None = None,
    ax: Any = None,
) -> Axes:  # fmt: skip
    """The class that a model gives each point of the plane of its two inputs, or of the line of its one, and the samples, if given.

    One output tells the labels 0 and 1 or -1 and 1 apart, at ``threshold`` (by default 0.5 behind a sigmoid, else 0); several
    outputs stand for the labels from 0 on. ``low`` and ``high``, numbers or pairs with one for each axis, end the picture (by default
    around the samples); it has ``steps`` by ``steps`` points.

    >>> from nn import gate
    >>> decision_boundary(gate("or"), low=-1.0, high=2.0).get_xlabel()
    'x1'
    """
    is_line = model.inputs() == 1
    samples = None if X is None else labelled(model, X, y, plane=not is_line)
    points = [[*row, 0.0] if is_line else row for row in samples.rows] if samples else []
    box = box_around(points, low, high)
    box = box._replace(y=(-1.0, 1.0)) if is_line else box
    regions = class_regions(model, box, steps, threshold, inputs=1 if is_line else 2)
    ax = one_panel(ax, "Decision boundary", *("x", "") if is_line else ("x1", "x2"), size=(5.6, 1.8) if is_line else (5.6, 4.0))
    draw_regions(ax, regions)
    if is_line:
        ax.set(yticks=[], aspect="auto")
    if samples:
        draw_points(ax, points, samples)
    return ax


def labelled(model: Module, X: Any, y: Any, plane: bool = False) -> Labelled:
    """The samples with their classes, as the outputs of ``model`` number them: one output tells two labels apart, such as -1 and 1;
    several stand for the labels from 0 on (two of them also for -1 and 1), which may be given as one-hot rows."""
    rows, targets = as_rows(X), as_numbers(y, or_rows=True)
    check_lengths(rows, targets)
    if plane and len(rows[0]) != 2:
        advice = "train on two of them, or look at hidden_space(model, X, y)"
        raise ValueError(f"regions are drawn over the plane of two inputs, and X has {len(rows[0])} column(s): {advice}")
    table = scores_of(targets)
    labels = as_labels(table.argmax(axis=1) if table.shape[1] > 1 else table[:, 0])
    names, outputs = sorted(set(labels)), scores_of(predict(model, rows[:1])).shape[1]
    if outputs > 2 or (outputs == 2 and -1 not in names):
        return Labelled(rows, as_labels(labels, classes=outputs), list(range(outputs)))
    if len(names) > 2:
        given = ", ".join(map(str, names[:8])) + (", ..." if len(names) > 8 else "")
        raise ValueError(f"y has the labels {given}, and a model with {outputs} output(s) tells two apart: give it one output a class")
    names = [0, 1] if set(names) <= {0, 1} else [-1, 1] if set(names) <= {-1, 1} else names
    return Labelled(rows, [names.index(label) for label in labels], names)


def class_regions(model: Module, box: Box, steps: int = 60, threshold: float | None = None, inputs: int = 2) -> ClassRegions:
    """The class at each point of a grid of ``steps`` by ``steps`` over ``box``, whose first coordinate is all that one of ``inputs`` sees.

    Of several outputs the largest (the first of equals) is the class; a single one is compared with ``threshold``.
    """
    xs, ys = box.ticks(steps)
    points = [[x, y][:inputs] for y in ys for x in xs]
    scores = scores_of(predict(model, points))
    wrong = ~np.isfinite(scores).all(axis=1)
    if wrong.any():
        at = int(wrong.argmax())
        said = scores[at].tolist() if scores.shape[1] > 1 else scores[at].item()
        raise ValueError(f"the model gives {said!r} at {points[at]}: its outputs must be finite numbers to show classes")
    if scores.shape[1] == 1:
        middle = (0.5 if last_activation(model) == "sigmoid" else 0.0) if threshold is None else threshold
        scores = np.hstack([np.full_like(scores, middle), scores])
    classes, (second, first) = scores.argmax(axis=1), np.sort(scores)[:, -2:].T[:, :, None]
    margins = np.where(scores == first, scores - second, scores - first)
    # Where scores are equal over a whole region (threshold units), their margins of 0 mark no border: the classes do.
    if np.count_nonzero(margins.max(axis=1) <= 0.0) > steps:
        margins = np.where(np.arange(scores.shape[1]) == classes[:, None], 1.0, -1.0)
    return box, classes.reshape(steps, steps), margins.T.reshape(-1, steps, steps)


def scores_of(outputs: Sequence[Any]) -> Any:
    """Outputs or targets, numbers or rows of them, as an array with a row for each sample."""
    return np.array(outputs, dtype=float).reshape(len(outputs), -1)


def draw_regions(ax: Axes, regions: ClassRegions) -> list[Any]:
    """The region of each class in its tint, and the borders; the artists, so that they can be taken away again."""
    box, classes, margins = regions
    cells, grid = np.array([tint(k) for k in range(len(margins))])[classes], box.ticks(len(classes))
    extent = [end for low, high in box for half in [(high - low) / (len(classes) - 1) / 2] for end in (low - half, high + half)]
    artists = [ax.imshow(cells, extent=extent, origin="lower", aspect="auto", interpolation="nearest", zorder=0)]
    for k, margin in enumerate(margins):
        if margin.min() < 0.0 < margin.max():  # else the class has all of the picture, or none of it
            artists.append(ax.contourf(*grid, margin, levels=[0.0, 2.0 * margin.max()], colors=[tint(k)], zorder=1))
            if k or len(margins) > 2:
                artists.append(ax.contour(*grid, margin, levels=[0.0], colors=INK, linewidths=1.2, zorder=2))
    box.show(ax, round_circles=True)
    return artists


def draw_points(ax: Axes, points: Sequence[Sequence[float]], samples: Labelled, named: bool = True) -> None:
    """The points of each class in its colour and with its marker; ``points`` stand for the samples, in the same order."""
    places, classes = np.array(points, dtype=float), np.array(samples.classes)
    style: Any = {"s": 45.0 if len(points) <= 60 else 24.0, "edgecolors": "white", "linewidths": 0.7, "zorder": 3}
    for k, name in enumerate(samples.names):
        ax.scatter(*places[classes == k].T, color=colour(k), marker=MARKERS[k % len(MARKERS)], label=str(name), **style)
    if named:
        legend(ax, title="class")
