"""Pictures of differentiation itself: functions beside their derivatives, finite differences, and what a backward pass saves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import autograd_core as ac
from nn import ACTIVATIONS, MLP
from nn.activations import OF_LAYERS, activation_function, activation_name
from nn.arguments import spaced
from nn.plots.axes import INK, Axes, Panels, colour, legend, one_panel, panels_of


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


def secants(f: Callable[[Any], Any], x: float, h: float, reach: float = 0.6, ax: Any = None) -> Axes:
    """A function near ``x``, its tangent there, and the lines through two of its points whose slopes are the finite differences.

    >>> [line.get_label() for line in secants(lambda x: x * x, 1.0, 0.5).lines[1:4]]
    ['tangent: slope 2.00', 'one-sided: slope 2.50', 'centred: slope 2.00']
    """
    ax = one_panel(ax, f"Two finite differences, h = {h:g}", "x", "f(x)", (6.4, 3.6))
    left, right, xs = f(x - h), f(x + h), spaced(x - reach, x + reach, 121)
    ax.plot(xs, [f(at) for at in xs], color=INK, label="f(x)")
    slopes = {"tangent": ac.grad(f)(x), "one-sided": (right - f(x)) / h, "centred": (right - left) / (2 * h)}
    ends = [x - 0.75 * reach, x + 0.75 * reach]
    for k, ((name, slope), style, start) in enumerate(zip(slopes.items(), ("-", "--", ":"), (x, x, x - h))):
        heights = [f(start) + slope * (at - start) for at in ends]
        ax.plot(ends, heights, style, color=colour(k), linewidth=2.0, label=f"{name}: slope {slope:.2f}")
    ax.plot([x - h, x, x + h], [left, f(x), right], "o", color=INK)
    legend(ax)
    return ax


def truncation_and_rounding(f: Callable[[Any], Any], x: float, steps: Sequence[float], ax: Any = None) -> Axes:
    """The errors of the centred and of the one-sided difference against the step, beside what makes the centred one's: the first term
    that is cut off its series, ``h² |f'''| / 6``, and the rounding of ``f`` to 53 binary digits, ``ε |f| / h``.

    >>> len(truncation_and_rounding(ac.sin, 1.0, [0.1, 0.01]).lines)
    4
    """
    third, exact = ac.grad(ac.grad(ac.grad(f)))(x), ac.grad(f)(x)
    ax = one_panel(ax, f"Finite differences at x = {x:g}", "step h", "error of the derivative", (6.8, 4.2))
    centred = [row.error for row in ac.finite_difference_errors(f, x, steps)]
    one_sided = [abs((f(x + h) - f(x)) / h - exact) for h in steps]
    ax.loglog(steps, centred, "o-", color=colour(0), markersize=4, label="centred")
    ax.loglog(steps, one_sided, "s-", color=colour(1), markersize=3, label="one-sided")
    ax.loglog(steps, [h**2 * abs(third) / 6 for h in steps], "--", color=colour(6), label="truncation:\nh² |f'''| / 6")
    ax.loglog(steps, [2.0**-52 * abs(f(x)) / h for h in steps], ":", color=INK, label="rounding:\nε |f| / h")
    ax.set_ylim(0.1 * min(error for error in centred if error), 20.0)
    legend(ax)
    return ax


def layouts_agree(name: str, f: Callable[[Any], Any], x: Sequence[float], expected: list[list[float]]) -> str:
    """A line that says for the Jacobian of ``f`` at ``x`` its size, and whether it, its denominator layout and finite differences are
    as expected, a table in numerator layout.

    >>> print(layouts_agree("2v by v", lambda v: [2 * a for a in v], [1.0, 3.0], [[2.0, 0.0], [0.0, 2.0]]))
    2v by v      2 x 2              equal       equal         equal
    """
    numerator, denominator = ac.jacobian(f)(x), ac.jacobian(f, layout="denominator")(x)
    outputs = [partial(lambda i, v: f(v)[i], i) for i in range(len(expected))]
    numeric = [ac.numerical_gradient(output, x) for output in outputs]
    near = all(abs(a - b) < 1e-6 for row, other in zip(expected, numeric) for a, b in zip(row, other))
    checks = [numerator == expected, denominator == [list(column) for column in zip(*expected)], near]
    size = f"{len(numerator)} x {len(numerator[0])}"
    return "{:<12} {:<18} {:<11} {:<13} {}".format(name, size, *("equal" if check else "NOT" for check in checks))


def cost_with_and_without_reuse(costs: Sequence[Any], growing: str, ax: Any = None) -> Axes:
    """How many operations the derivatives of growing graphs take: one backward pass, and every path multiplied out by itself.

    >>> x = ac.Value(2.0)
    >>> cost_with_and_without_reuse([ac.cost(x * x), ac.cost(x * x * x)], "factors").get_xlabel()
    'factors'
    """
    ax = one_panel(ax, "What one backward pass saves", growing, "operations", (6.5, 3.6))
    sizes = range(1, len(costs) + 1)
    ax.plot(sizes, [cost.without_reuse for cost in costs], color=colour(4), label="every path\nby itself")
    ax.plot(sizes, [cost.backward for cost in costs], "--", color=colour(0), label="one backward pass,\nwith reuse")
    legend(ax)
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


def activations(
    names: Sequence[str | Callable[[Any], Any]] | None = None, low: float = -4.0, high: float = 4.0, ax: Any = None
) -> Panels:  # fmt: skip
    """Activations, each with its derivative, by default all; those of whole layers, softmax and log_softmax, of ``(x, 0)``.

    >>> [panel.get_title() for panel in activations(["relu", "tanh"])]
    ['relu', 'tanh']
    """
    names = [*ACTIVATIONS, *OF_LAYERS] if names is None else [names] if isinstance(names, str) else list(names)
    xs = spaced(low, high, 401)
    curves = [([float(f(x)) for x in xs], [ac.grad(f)(x) for x in xs]) for f in map(_of_one_number, names)]
    panels = panels_of(ax, len(names), size=(2.9, 2.3))
    for panel, name, (values, slopes) in zip(panels, names, curves):
        for line in panel.axhline, panel.axvline:
            line(0.0, color=INK, linewidth=0.6)
        panel.plot(xs, values, color=colour(0), linewidth=2.0, label="f(x)")
        panel.plot(xs, slopes, "--", color=colour(4), linewidth=1.6, label="f'(x)")
        panel.set(title=f"{name} of (x, 0)" if name in OF_LAYERS else activation_name(name), xlabel="x")
    words: Any = {"loc": "outside lower center", "ncols": 2, "frameon": False}
    panels[0].figure.legend(*panels[0].get_legend_handles_labels(), **words)
    return panels


def _of_one_number(name: Any) -> Callable[[Any], Any]:
    """An activation as a function of one number; that of a layer as one of ``(x, 0)``."""
    together = OF_LAYERS.get(name) if isinstance(name, str) else None
    return (lambda x: together([x, 0.0])[0]) if together else activation_function(name)
