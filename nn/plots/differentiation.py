"""Pictures of differentiation itself: finite differences against their step, the backward pass against the forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ac

from .axes import INK, Axes, colour, name_axes, one_panel, tint


def finite_difference_error(f: Callable[[Any], Any], x: float, steps: Sequence[float] | None = None, ax: Any = None) -> Axes:
    """The error of the centred difference of ``f`` at ``x`` against the step size: truncation on one side, rounding on the other.

    The steps are from 0.3 down to 1e-13, if none are given. An error of exactly 0 stands below all others.

    >>> from matplotlib.figure import Figure
    >>> finite_difference_error(ac.exp, 1.0, ax=Figure().subplots()).get_xscale()
    'log'
    """
    steps = sorted(steps or [10.0 ** (-k / 4) for k in range(2, 53)], reverse=True)
    errors = [row.error for row in ac.finite_difference_errors(f, x, steps)]
    ax = one_panel(ax, (5.8, 3.9))
    positive = [error for error in errors if error > 0.0]
    floor, exact = 0.1 * min(positive, default=1e-16), [step for step, error in zip(steps, errors) if error == 0.0]
    ax.loglog(steps, [max(error, floor) for error in errors], "o-", color=colour(0), markersize=3.5, linewidth=1.2)
    if exact:
        ax.plot(exact, [floor] * len(exact), "o", color=colour(0), markerfacecolor="white", label="no error at all")
        ax.legend(loc="lower left", frameon=False)
    ax.set_xlim(steps[-1] / 2.0, steps[0] * 2.0)
    ax.set_ylim(floor / 30.0 if exact else None, 1e3 * max(positive, default=floor))  # room for the words
    _mark_best(ax, steps, [max(error, floor) for error in errors], bool(exact))
    name_axes(ax, f"Centred difference at x = {x:g}", "step size", "error of the derivative")
    return ax


def _mark_best(ax: Axes, steps: Sequence[float], errors: Sequence[float], has_exact: bool) -> None:
    """The smallest error, and what makes it grow on either side."""
    least = min(errors)
    low, best, high = steps[-1], steps[errors.index(least)], steps[0]
    ax.plot([best], [least], "*", color=colour(1), markeredgecolor=INK, markersize=14)
    sides = (low / 2.0, best, "rounding:\ngrows as steps shrink", 5), (best, high * 2.0, "truncation:\ngrows with step²", 1)
    for start, end, words, k in sides:
        if end > 100.0 * start:  # else this side hardly exists
            ax.axvspan(start, end, color=tint(k, 0.18), zorder=0)
            ax.text(math.sqrt(start * end), 0.97, words, ha="center", va="top", transform=ax.get_xaxis_transform(), color=INK)
    left = best * best < low * high
    place = {"xytext": (10 if left else -10, 9 if has_exact else -4), "ha": "left" if left else "right"}
    ax.annotate(f"best step {best:.0e}", (best, least), textcoords="offset points", color=INK, **place)


def cost_ratio(dims: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128), units: int = 1, ax: Any = None) -> Axes:
    """How many times the forward pass the backward pass costs, for a layer of sigmoid units on d inputs, counted on its graph.

    >>> from matplotlib.figure import Figure
    >>> cost_ratio([1, 3], ax=Figure().subplots()).lines[0].get_ydata().tolist()
    [3.0, 2.5]
    """
    if not len(dims):
        raise ValueError("dims is empty: it is a list of numbers of inputs")
    counts = [_layer_cost(d, units) for d in dims]
    ax = one_panel(ax)
    ax.plot(dims, [backward / forward for forward, backward in counts], "o-", color=colour(0), label="counted on the recorded graph")
    ax.axhline(2.0, color=colour(4), linestyle="--", label="twice, for large d")
    for d, (forward, backward) in ((dims[0], counts[0]), (dims[-1], counts[-1])):
        told = f"{backward:,} / {forward:,}"
        ax.annotate(told, (d, backward / forward), xytext=(0, 9), textcoords="offset points", ha="center", color=INK)
    ax.set_xscale("log", base=2)
    ax.set_xticks(dims, [str(d) for d in dims])
    ax.margins(x=0.1)
    ax.set_ylim(1.75, 3.25)
    ax.legend(frameon=False)
    name_axes(ax, "Cost of the backward pass", "inputs d", "operations backward / forward")
    return ax


def _layer_cost(inputs: int, units: int) -> tuple[int, int]:
    """Operations of the forward and of the backward pass of a layer of sigmoid units, counted on its recorded graph.

    ``autograd_core.cost`` counts forward a multiply-add for each weight and an operation for each activation, backward two
    multiply-adds for each weight (one to the weight, one to its input), one for the bias and one for the activation; to these
    come the operations of the activation's local derivative, ``out * (1 - out)``. For m units on d inputs that makes md + m
    and 2md + 4m: 3 times as many at d = 1, tending to 2.
    """
    if inputs < 1 or units < 1:
        raise ValueError(f"a layer has at least one input and one unit, not {inputs} and {units}")
    total = ac.dot([ac.Value(0.1) for _ in range(inputs)], [ac.Value(0.1) for _ in range(inputs)], ac.Value(0.1))
    output = ac.sigmoid(total)
    (slope,) = output.primitive.local_derivatives(ac.Value(output.data), total)
    counted = ac.cost(output)
    return units * counted.forward, units * (counted.backward + ac.operation_count(slope))
