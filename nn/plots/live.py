"""A training that one watches: its picture is drawn again while it runs, and the last one stays."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from autograd_core import as_numbers, replace_file

from ..module import Module
from ..training.callbacks import Callback, Run
from ..training.history import History
from .axes import Axes, colour
from .classes import decision_boundary
from .parts import function_fit
from .training import loss_curves

MOST = 16  # units of a layer that are drawn


class Live(Callback):
    """Shows in a notebook, while ``fit`` runs, the decision boundary (of one input: the fitted function), the network and the losses.

    ``X`` and ``y`` are the samples in the picture, which is drawn again after ``every`` seconds or more, such that drawing takes less
    than a third of the time. The last picture stays in the notebook, also where no script runs; ``figure`` has it.

    >>> from nn import MLP, Progress
    >>> X, y = [[0.0, 0.0], [1.0, 1.0]], [-1, 1]
    >>> live = Live(X, y)
    >>> _ = MLP(2, [2, 1], seed=0).fit(X, y, epochs=3, callbacks=[live])
    >>> [panel.get_title() for panel in live.figure.axes]
    ['Decision boundary', '2-2-1', 'Loss']
    """

    last = True

    def __init__(self, X: Any, y: Any, every: float = 0.2) -> None:
        self.X, self.y, self.every = X, y, every
        self.figure: Any = None

    def begin(self, run: Run) -> None:
        ipython = sys.modules.get("IPython")
        self.handle: Any = None
        self.due = 0.0
        self.draw(run.model, run.history)  # data that do not fit are refused before the training
        if hasattr(getattr(ipython, "get_ipython", lambda: None)(), "kernel"):
            self.handle = ipython.display.display(self, display_id=True)  # type: ignore[union-attr]

    def epoch(self, run: Run) -> None:
        start = time.perf_counter()
        if self.handle is not None and start >= self.due:
            run.interrupts.call(self.draw, run.model, run.history)
            self.handle.update(self)
            self.due = time.perf_counter() + max(self.every, 2.0 * (time.perf_counter() - start))

    def end(self, run: Run) -> None:
        self.draw(run.model, run.history)
        if self.handle is not None:
            self.handle.update(self)

    def draw(self, model: Any, history: History) -> None:
        """Make ``figure`` anew."""
        inputs, layers = model.inputs(), [layer for layer in getattr(model, "layers", []) if hasattr(layer, "neurons")]
        is_drawn = bool(layers) and max(layer.nin for layer in layers) <= MOST and layers[-1].nout <= MOST
        wanted = {"data": inputs == 1 or (inputs == 2 and self.has_classes()), "network": is_drawn, "losses": len(history) > 0}
        parts = [part for part, is_wanted in wanted.items() if is_wanted]
        self.figure = Figure(figsize=(4.2 * max(len(parts), 1), 3.5), layout="constrained")
        for i, part in enumerate(parts, start=1):
            ax = self.figure.add_subplot(1, len(parts), i)
            if part == "data":
                (function_fit if inputs == 1 else decision_boundary)(model, self.X, self.y, ax=ax)
            elif part == "network":
                _draw_network(layers, ax)
            else:
                loss_curves(history, ax=ax)

    def has_classes(self) -> bool:
        """Whether the targets are whole numbers, such as labels and one-hot rows."""
        return all(x == round(x) for t in as_numbers(self.y, or_rows=True) for x in (t if isinstance(t, list) else [t]))

    def _repr_png_(self) -> bytes | None:
        if self.figure is None:
            return None
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=90)
        return file.getvalue()

    def __repr__(self) -> str:
        return "<picture of a training>"


def live(model: Module, X: Any, y: Any, **options: Any) -> History:
    """``model.fit(X, y, **options)``, with the picture of :class:`Live`.

    >>> from nn import MLP
    >>> len(live(MLP(1, [2, 1], seed=0), [[0.0], [1.0]], [0.5, 1.0], epochs=3))
    3
    """
    given = options.pop("callbacks", ())
    return model.fit(X, y, **options, callbacks=[*(given if isinstance(given, list | tuple) else [given]), Live(X, y)])


def save_training(model: Module, samples: tuple[Any, Any], history: History, path: str | Path) -> None:
    """Write the picture that :class:`Live` shows last into a file, such as a .png or .svg; ``samples`` is the pair ``(X, y)``.

    ``ValueError`` for a kind of file that matplotlib does not write; a file that is there is replaced in one step.

    >>> import tempfile
    >>> from nn import MLP
    >>> path = Path(tempfile.mkdtemp(), "training.png")
    >>> save_training(MLP(2, [1]), ([[0, 0], [1, 1]], [0, 1]), History([{"epoch": 1, "loss": 0.5}]), path)
    """
    last, picture = Live(*samples), io.BytesIO()
    last.draw(model, history)
    last.figure.savefig(picture, dpi=120, format=Path(path).suffix[1:] or "png")
    replace_file(path, picture.getvalue())


def _draw_network(layers: list[Any], ax: Axes) -> None:
    """The units as circles, the weights as lines: blue, if positive, orange and dashed, if negative; the wider, the larger."""
    sizes = [layers[0].nin, *(layer.nout for layer in layers)]
    places = [[(float(x), (size - 1) / 2 - k) for k in range(size)] for x, size in enumerate(sizes)]
    for before, after, layer in zip(places, places[1:], layers):
        for end, neuron in zip(after, layer.neurons):
            for start, weight in zip(before, neuron.w):
                is_negative, width = weight.data < 0.0, min(0.4 + 1.6 * abs(weight.data), 7.0)
                ax.plot(*zip(start, end), color=colour(is_negative), ls=(0, (3, 1.5)) if is_negative else "-", lw=width, zorder=1)
    ax.scatter(*zip(*(place for column in places for place in column)), s=170.0, color="white", edgecolors="#555555", zorder=2)
    ax.set(title="-".join(map(str, sizes)))
    ax.margins(0.12)
    ax.set_axis_off()
