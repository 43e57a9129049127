"""Pictures of training: losses over the epochs, gradients and outputs of layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..training.history import History
from .axes import INK, Axes, Panels, colour, legend, one_panel, panels_of


def loss_curves(histories: History | Mapping[str, History], log: bool = False, also: Sequence[str] = (), ax: Any = None) -> Axes | Panels:
    """The loss of each epoch, dashed for validation data; a second panel with the metrics if there are any; and one for each
    name in ``also``, such as ``"lr"`` and ``"grad_norm"``.

    ``histories`` is what ``fit`` returned, or several by name, to compare them. ``log=True`` has logarithmic losses. With a
    single axes as ``ax``, only the losses are drawn.

    >>> loss_curves(History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])).get_title()
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
        panel.set(title=title, xlabel="epoch", ylabel=", ".join(names))
        legend(panel)
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

    >>> [bar.get_width().item() for bar in gradient_flow({"layers.0": 0.25, "layers.1": 0.5}).patches]
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


def activation_histograms(values: Mapping[str, Sequence[float]], bins: int = 30, ax: Any = None) -> Panels:
    """The outputs of each layer over the samples, a panel for each, with the share that is exactly 0 (units that are switched off).

    >>> activation_histograms({"layer 1": [0.0, 0.0, 1.0, 2.0]})[0].get_title()
    'layer 1\\n50 % are 0'
    """
    if not values or not all(len(outputs) for outputs in values.values()):
        raise ValueError("there are no activations to draw: values has a list of numbers for each layer, by name")
    panels = panels_of(ax, len(values), size=(3.4, 2.8))
    for i, (panel, (layer, outputs)) in enumerate(zip(panels, values.items())):
        zeros = sum(output == 0.0 for output in outputs) / len(outputs)
        panel.hist([y for y in outputs if math.isfinite(y)], bins=bins, color=colour(0))
        panel.set(title=f"{layer}\n{100 * zeros:.0f} % are 0" if zeros else layer, xlabel="output", ylabel="" if i else "count")
    return panels
