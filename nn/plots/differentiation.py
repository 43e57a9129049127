"""Pictures of differentiation itself: finite differences against their step, the backward pass against the forward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ac

from ..layers import MLP
from .axes import INK, Axes, colour, legend, one_panel


def finite_difference_error(f: Callable[[Any], Any], x: float, steps: Sequence[float] | None = None, ax: Any = None) -> Axes:
    """The error of the centred difference of ``f`` at ``x`` against the step size: truncation on one side, rounding on the other.

    The steps are from 0.3 down to 1e-13, if none are given. An error of exactly 0 stands below all others.

    >>> finite_difference_error(ac.exp, 1.0).get_xscale()
    'log'
    """
    steps = sorted(steps or [10.0 ** (-k / 4) for k in range(2, 53)], reverse=True)
    errors = [row.error for row in ac.finite_difference_errors(f, x, steps)]
    positive = [error for error in errors if error > 0.0]
    floor, exact = 0.1 * min(positive, default=1e-16), [step for step, error in zip(steps, errors) if error == 0.0]
    heights = [max(error, floor) for error in errors]
    low, high = steps[-1], steps[0]
    least, best = min(zip(heights, steps), key=lambda pair: pair[0])
    ax = one_panel(ax, f"Centred difference at x = {x:g}", "step size", "error of the derivative", (5.8, 3.9))
    ax.loglog(steps, heights, "o-", color=colour(0), markersize=3.5, linewidth=1.2)
    ax.plot([best], [least], "*", color=colour(1), markeredgecolor=INK, markersize=14)
    if exact:
        ax.plot(exact, [floor] * len(exact), "o", color=colour(0), markerfacecolor="white", label="no error at all")
        legend(ax)
    ax.set(xlim=(low / 2.0, high * 2.0), ylim=(floor / 30.0, 1e3 * max(positive, default=floor)))  # room for the words
    for start, end, words in (low, best, "rounding:\ngrows as steps shrink"), (best, high, "truncation:\ngrows with step²"):
        if end > 100.0 * start:  # else this side hardly exists
            ax.text(math.sqrt(start * end), 0.97, words, ha="center", va="top", transform=ax.get_xaxis_transform(), color=INK)
    ax.text(best, least / 4.0, f"best step {best:.0e}", ha="center", va="top", color=INK)
    return ax


def cost_ratio(dims: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128), units: int = 1, ax: Any = None) -> Axes:
    """How many times the forward pass the backward pass costs, for ``y = w · h + b``, ``h = Wx + c`` with m ``units`` on d inputs.

    It is counted by ``autograd_core.cost`` on the recorded graph: md + m operations forward, 2md + 3m + 1 backward.

    >>> cost_ratio([1, 3]).lines[0].get_ydata().tolist()
    [3.0, 2.5]
    """
    if not len(dims):
        raise ValueError("dims is empty: it is a list of numbers of inputs")
    costs = [ac.cost(MLP(d, [units, 1], "linear", init="zeros")([0.1] * d)) for d in dims]
    ratios = [cost.backward / cost.forward for cost in costs]
    ax = one_panel(ax, "Cost of the backward pass", "inputs d", "operations backward / forward")
    ax.plot(dims, ratios, "o-", color=colour(0), label="counted on the\nrecorded graph")
    ax.axhline(2.0, color=colour(4), linestyle="--", label="twice, for large d")
    for end in (0, -1):
        words = f"{costs[end].backward:,} / {costs[end].forward:,}"
        ax.text(dims[end], ratios[end] + 0.08, words, ha="center", color=INK)
    ax.set_xscale("log", base=2)
    ax.set_xticks(dims, [str(d) for d in dims])
    ax.set(xmargin=0.1, ylim=(1.75, 3.25))
    legend(ax)
    return ax
