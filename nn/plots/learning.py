"""Learning as it is watched: how a decision boundary changes while a model is trained, and a picture of a training in a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from autograd_core import replace_file

from ..arguments import count
from ..module import Module
from ..training.history import History
from .axes import box_around, one_panel
from .classes import class_regions, draw_points, draw_regions, labelled
from .live import Live

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


def save_training(model: Module, samples: tuple[Any, Any], history: History, path: str | Path) -> None:
    """Write the picture that :class:`Live` shows last into a file, such as a .png or .svg; ``samples`` is the pair ``(X, y)``.

    ``ValueError`` for a kind of file that matplotlib does not write; a file that is there is replaced in one step.

    >>> import tempfile
    >>> from nn import MLP
    >>> path = Path(tempfile.mkdtemp(), "training.png")
    >>> save_training(MLP(2, [1]), ([[0, 0], [1, 1]], [0, 1]), History([{"epoch": 1, "loss": 0.5}]), path)
    """
    live, picture = Live(*samples), io.BytesIO()
    live.draw(model, history)
    live.figure.savefig(picture, dpi=120, format=Path(path).suffix[1:] or "png")
    replace_file(path, picture.getvalue())
