"""What a network makes of samples: its decision boundary while it learns, and the space of its hidden layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from nn import History, Module, Sequential
from nn.arguments import count
from nn.plots.axes import INK, Axes, Panels, box_around, one_panel, panels_of
from nn.plots.classes import class_regions, draw_points, draw_regions, labelled, scores_of
from nn.training.prediction import predict

_GLYPHS = {
    "fa-minus": "−", "fa-plus": "+", "fa-fast-backward": "|◁", "fa-fast-forward": "▷|", "fa-step-backward": "◁", "fa-step-forward": "▷",
    "fa-play fa-flip-horizontal": "◀", "fa-play": "▶", "fa-pause": "||",
}  # fmt: skip


class LearningAnimation(FuncAnimation):
    """An animation that a notebook shows as a player, and the ``history`` of the training that it shows."""

    history: History

    def to_jshtml(self, *args: Any, **options: Any) -> str:
        """The player as one piece of HTML, which needs nothing from the network: plain signs instead of a font that would be loaded."""
        player = re.sub(r"<link\b[^>]*>\s*", "", super().to_jshtml(*args, **options))
        return re.sub(r'<i class="fa ([^"]*)"></i>', lambda found: _GLYPHS.get(found[1], "•"), player)

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
    ``.history`` what ``fit`` returned. For a window give ``ax=plt.gca()``: its own figure is none of pyplot's, which would show it twice.

    >>> from nn import MLP
    >>> animation = training_animation(MLP(2, [1]), [[0.0, 0.0], [1.0, 1.0]], [-1, 1], frames=3, steps=5, epochs=4)
    >>> len(animation.history), "<img" in animation.to_jshtml()
    (4, True)
    """
    samples = labelled(model, X, y, plane=True)
    box = box_around(samples.rows, low, high)
    shots, history = _filmed(model, X, y, lambda: class_regions(model, box, steps, threshold), frames, fit_options)
    ax = one_panel(ax or Figure(figsize=(5.6, 4.0), layout="constrained").subplots(), "", "x1", "x2")
    draw_points(ax, samples.rows, samples)
    drawn: list[Any] = []

    def show(frame: int) -> list[Any]:
        while drawn:
            drawn.pop().remove()
        title, regions = shots[frame]
        drawn.extend(draw_regions(ax, regions))
        ax.set_title(title)
        return drawn

    show(0)
    animation = LearningAnimation(ax.figure, show, frames=len(shots), interval=250, repeat=False)
    animation.history = history
    return animation


def _filmed(
    model: Module, X: Any, y: Any, look: Callable[[], Any], frames: int, options: dict[str, Any]
) -> tuple[list[tuple[str, Any]], History]:
    """Train with ``model.fit``; ``look()`` before it, after epochs in even distances, and at the end, each with a title."""
    last = count("frames, the first of which shows the untrained model,", frames, 2) - 1
    given, wanted = options.get("callbacks", ()), options.get("epochs", 100)
    due = {round(i * wanted / last) for i in range(1, last)} - {wanted}
    shots = [("before training", look())]

    def snapshot(trained: Module, history: History) -> None:
        if len(history) in due:
            shots.append((f"epoch {len(history)}: loss {history['loss'][-1]:.3g}", look()))

    callbacks = [snapshot, *(given if isinstance(given, list | tuple) else [given])]
    history = model.fit(X, y, **(options | {"callbacks": callbacks}))
    return [*shots, (f"after {history}", look())], history


def hidden_space(model: Module, X: Any, y: Any, layer: int | Module = 0, ax: Any = None) -> Panels:
    """The samples before and after the layers up to ``layer``, where the layers behind it have to tell them apart.

    Of a model that is no Sequential, ``layer`` is the part of it that makes the hidden values out of the inputs. The first panel has
    the first two inputs, with the regions of the whole model if there are no more. Then follow the outputs of the layer: of one unit
    its number line, of two units both with the regions that the layers behind it make, of three or more each pair of the first three.
    Up to 8 samples are written beside their points, since several may fall on one.

    >>> from lectures.gates import xor_network
    >>> before, after = hidden_space(xor_network(), [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> [text.get_text() for text in after.texts]
    ['(0, 0)', '(0, 1)\\n(1, 0)', '(1, 1)']
    """
    samples = labelled(model, X, y)
    hidden, rest = _hidden_outputs(model, samples.rows, layer)
    pairs = [(0, 1), (0, 2), (1, 2)] if len(hidden[0]) > 2 else [(0, 1)]
    shown: list[Any] = [("Inputs", "x", samples.rows, (0, 1), model), *(("Hidden space", "h", hidden, pair, rest) for pair in pairs)]
    panels = panels_of(ax, len(shown))
    for i, (panel, (title, letter, rows, pair, head)) in enumerate(zip(panels, shown)):
        points = [[row[k] if k < len(row) else 0.0 for k in pair] for row in rows]
        if head is not None and len(rows[0]) == 2:
            draw_regions(panel, class_regions(head, box_around(points)))
        draw_points(panel, points, samples, named=i == len(shown) - 1)
        if i and len(points) <= 8:
            _write_samples(panel, points, samples.rows)
        across, up = (f"{letter}{k + 1}" if k < len(rows[0]) else "" for k in pair)
        panel.set(title=title, xlabel=across, ylabel=up)
        if len(rows[0]) == 1:
            panel.set_yticks([])
    return panels


def _hidden_outputs(model: Module, X: Any, layer: int | Module) -> tuple[list[list[float]], Sequential | None]:
    """The outputs of a layer of ``model`` for each row of ``X``, and the layers behind it as a model (``None`` behind the last)."""
    if isinstance(layer, Module):
        return scores_of(predict(layer, X)).tolist(), None
    layers = getattr(model, "layers", None)
    if not isinstance(layers, list):
        raise ValueError(f"{type(model).__name__} has no layers: a hidden layer is shown of an MLP or a Sequential")
    if not isinstance(layer, int) or not 0 <= layer < len(layers):
        raise ValueError(f"layer is from 0 to {len(layers) - 1} for this model, not {layer!r}")
    outputs = scores_of(predict(Sequential(*layers[: layer + 1]), X)).tolist()
    return outputs, Sequential(*layers[layer + 1 :]) if layers[layer + 1 :] else None


def _write_samples(ax: Axes, points: Sequence[Sequence[float]], rows: Sequence[Sequence[float]]) -> None:
    """Beside each point the samples that fall on it."""
    low, high = ax.get_xlim()
    for point in dict.fromkeys(map(tuple, points)):
        here = "\n".join(f"({', '.join(f'{x:g}' for x in row)})" for other, row in zip(points, rows) if tuple(other) == point)
        place: dict[str, Any] = {"xytext": (7, 5)} if point[0] < (low + 2 * high) / 3 else {"xytext": (-7, 5), "ha": "right"}
        ax.annotate(here, point, textcoords="offset points", fontsize=9, color=INK, zorder=4, **place)
