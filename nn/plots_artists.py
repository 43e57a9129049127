"""What several pictures of :mod:`nn.plots` draw into axes that they are given: class regions and points. Imports no matplotlib."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .figures import Box, ClassRegions, Labelled
from .history import History
from .layers import OF_LAYERS, activation_name
from .logic import Line
from .plots_costs import StepErrors
from .plots_lines import segment

# M. Okabe and K. Ito, "Color Universal Design", 2008: told apart with every kind of colour vision. The markers tell them apart in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#7F7F7F", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
INK = "#222222"


def colour(number: int) -> str:
    """The colour of a class or a curve; after the last it begins again.

    >>> colour(0), colour(8)
    ('#0072B2', '#0072B2')
    """
    return COLOURS[number % len(COLOURS)]


def tint(number: int, strength: float = 0.3) -> tuple[float, float, float]:
    """The colour of a class mixed with white.

    >>> tint(0, strength=0.0)
    (1.0, 1.0, 1.0)
    """
    red, green, blue = (int(colour(number)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 1 - strength * (1 - red), 1 - strength * (1 - green), 1 - strength * (1 - blue)


def draw_regions(ax: Any, regions: ClassRegions) -> list[Any]:
    """The region of each class in its tint, and the borders; the artists, so that they can be taken away again."""
    xs, ys, classes, margins = regions
    half_x, half_y = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
    cells = [[tint(k) for k in row] for row in classes]
    extent = (xs[0] - half_x, xs[-1] + half_x, ys[0] - half_y, ys[-1] + half_y)
    artists = [ax.imshow(cells, extent=extent, origin="lower", aspect="auto", interpolation="nearest", zorder=0)]
    for k, margin in enumerate(margins):
        least, most = min(map(min, margin)), max(map(max, margin))
        if least < 0.0 < most:  # else the class has all of the picture, or none of it
            artists.append(ax.contourf(xs, ys, margin, levels=[0.0, 2.0 * most], colors=[tint(k)], zorder=1))
            if k or len(margins) > 2:
                artists.append(ax.contour(xs, ys, margin, levels=[0.0], colors=INK, linewidths=1.2, zorder=2))
    show_plane(ax, Box((xs[0], xs[-1]), (ys[0], ys[-1])))
    return artists


def frames_of(ax: Any, shots: Sequence[tuple[str, ClassRegions]]) -> Callable[[int], list[Any]]:
    """A function that draws a picture of a film, titled regions, in place of the one before."""
    drawn: list[Any] = []

    def show(frame: int) -> list[Any]:
        while drawn:
            drawn.pop().remove()
        title, regions = shots[frame]
        drawn.extend(draw_regions(ax, regions))
        ax.set_title(title)
        return drawn

    return show


def show_box(ax: Any, box: Box) -> None:
    """Let the axes end where the box does."""
    ax.set_xlim(*box.x)
    ax.set_ylim(*box.y)


def show_plane(ax: Any, box: Box) -> None:
    """Like ``show_box``; with axes of one scale, so that circles are round, unless the box is more than twice as long as wide."""
    show_box(ax, box)
    shape = (box.x[1] - box.x[0]) / (box.y[1] - box.y[0])
    if 0.45 < shape < 2.2:
        ax.set_aspect("equal")


def draw_points(ax: Any, points: Sequence[Sequence[float]], samples: Labelled, legend: bool = True) -> None:
    """The points of each class in its colour and with its marker; ``points`` stand for the samples, in the same order."""
    size = 45.0 if len(points) <= 60 else 24.0
    for k, name in enumerate(samples.names):
        own = [point for point, number in zip(points, samples.classes) if number == k]
        ax.scatter(
            [point[0] for point in own], [point[1] for point in own], s=size, color=colour(k), marker=MARKERS[k % len(MARKERS)],
            edgecolors="white", linewidths=0.7, label=str(name), zorder=3,
        )  # fmt: skip
    if legend:
        ax.legend(title="class", loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, frameon=False)


def name_axes(ax: Any, title: str, x: str, y: str) -> None:
    """Title and labels."""
    ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)


def write_samples(ax: Any, points: Sequence[Sequence[float]], rows: Sequence[Sequence[float]]) -> None:
    """Beside each point the samples that fall on it."""
    at: dict[tuple[float, ...], list[str]] = {}
    for point, row in zip(points, rows):
        at.setdefault(tuple(point), []).append(f"({', '.join(f'{x:g}' for x in row)})")
    low, high = ax.get_xlim()
    for point, texts in at.items():
        place: dict[str, Any] = {"xytext": (7, 5)} if point[0] < (low + 2 * high) / 3 else {"xytext": (-7, 5), "ha": "right"}
        ax.annotate("\n".join(texts), point, textcoords="offset points", fontsize=9, color=INK, zorder=4, **place)


# -- curves and bars ---------------------------------------------------------------------------------------------------
def draw_curves(ax: Any, runs: Mapping[str, History], names: Sequence[str]) -> None:
    """Figures of histories over the epochs, dashed where they are of validation data."""
    pairs = [(run, name) for run in runs for name in names]
    for i, (run, name) in enumerate(pairs):
        history = runs[run]
        label = " ".join(part for part in (run, name if not run or len(names) > 1 else "") if part)
        for key, style, what in ((name, "-", ""), (f"val_{name}", "--", " (validation)")):
            if key in history.epochs[-1]:
                marker = "o" if len(history) <= 12 else ""
                ax.plot(history["epoch"], history[key], style, color=colour(i), marker=marker, markersize=4, label=label + what)
        best = history.best_epoch
        if name == "loss" and best is not None and "val_loss" in history.epochs[-1]:
            label = f"best: epoch {best}"
            ax.plot([best], [history["val_loss"][best - 1]], "*", color=colour(i), markeredgecolor=INK, markersize=12, label=label)
    ax.locator_params(axis="x", integer=True)
    ax.grid(alpha=0.25)
    ax.legend(frameon=False)


def draw_norms(ax: Any, norms: Mapping[str, float]) -> None:
    """A horizontal bar for each norm, with its number."""
    positive = [norm for norm in norms.values() if math.isfinite(norm) and norm > 0.0]
    bars = ax.barh(list(norms), [norm if math.isfinite(norm) else 0.0 for norm in norms.values()], color=colour(0), height=0.65)
    is_wide = bool(positive) and max(positive) > 30.0 * min(positive)
    if is_wide:
        ax.set_xscale("log")
        ax.set_xlim(min(positive) / 10.0, max(positive) * 10.0)
    else:
        ax.set_xlim(0.0, 1.25 * max(positive, default=1.0))
    for bar, norm in zip(bars, norms.values()):
        end = (max(norm, ax.get_xlim()[0]) if math.isfinite(norm) else ax.get_xlim()[0], bar.get_y() + bar.get_height() / 2)
        ax.annotate(f"{norm:.2g}", end, xytext=(4, 0), textcoords="offset points", va="center", color=INK)
    ax.invert_yaxis()
    name_axes(ax, "Gradient flow", "norm of the gradient", "layer")


def draw_fit(ax: Any, inputs: Sequence[float], targets: Sequence[float], xs: Sequence[float], outputs: Sequence[float]) -> None:
    """Samples of a function, and a model of it."""
    ax.scatter(inputs, targets, s=26, color=colour(0), edgecolors="white", linewidths=0.6, label="samples", zorder=2)
    ax.plot(xs, outputs, color=colour(4), linewidth=2.0, label="model", zorder=3)
    ax.legend(frameon=False)
    name_axes(ax, "Fitted function", "x", "y")


def draw_activation(ax: Any, name: Any, xs: Sequence[float], values: Sequence[float], slopes: Sequence[float]) -> None:
    """An activation and its derivative."""
    ax.axhline(0.0, color=INK, linewidth=0.6)
    ax.axvline(0.0, color=INK, linewidth=0.6)
    ax.plot(xs, values, color=colour(0), linewidth=2.0, label="f(x)")
    ax.plot(xs, slopes, "--", color=colour(4), linewidth=1.6, label="f'(x)")
    ax.set_title(f"{name} of (x, 0)" if name in OF_LAYERS else activation_name(name))
    ax.set_xlabel("x")


def draw_step_errors(ax: Any, found: StepErrors, x: float) -> None:
    """The error against the step, both logarithmic, with the smallest error marked. An error of exactly 0 stands below all others."""
    positive = [error for error in found.errors if error > 0.0]
    floor = 0.1 * min(positive, default=1e-16)
    ax.loglog(found.steps, [max(error, floor) for error in found.errors], "o-", color=colour(0), markersize=3.5, linewidth=1.2)
    exact = [step for step, error in zip(found.steps, found.errors) if error == 0.0]
    if exact:
        ax.plot(exact, [floor] * len(exact), "o", color=colour(0), markerfacecolor="white", label="no error at all")
        ax.legend(loc="lower left", frameon=False)
    low, best, high = found.steps[-1], found.steps[found.best], found.steps[0]
    ax.plot([best], [max(found.errors[found.best], floor)], "*", color=colour(1), markeredgecolor=INK, markersize=14)
    ax.set_xlim(low / 2.0, high * 2.0)
    ax.set_ylim(floor / 30.0 if exact else None, 1e3 * max(positive, default=floor))  # room for the words
    sides = (low / 2.0, best, "rounding:\ngrows as steps shrink", 5), (best, high * 2.0, "truncation:\ngrows with step²", 1)
    for start, end, words, k in sides:
        if end > 100.0 * start:  # else this side hardly exists
            ax.axvspan(start, end, color=tint(k, 0.18), zorder=0)
            ax.text(math.sqrt(start * end), 0.97, words, ha="center", va="top", transform=ax.get_xaxis_transform(), color=INK)
    is_left = best * best < low * high
    beside = {"xytext": (10 if is_left else -10, 9 if exact else -4), "ha": "left" if is_left else "right"}
    place = (best, max(found.errors[found.best], floor))
    ax.annotate(f"best step {best:.0e}", place, textcoords="offset points", color=INK, **beside)
    name_axes(ax, f"Centred difference at x = {x:g}", "step size", "error of the derivative")


def draw_ratios(ax: Any, dims: Sequence[int], counts: Sequence[tuple[int, int]]) -> None:
    """Backward by forward operations, and what they tend to."""
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


# -- tables, images, surfaces ------------------------------------------------------------------------------------------
def draw_counts(ax: Any, matrix: Sequence[Sequence[int]], names: Sequence[str]) -> None:
    """A table of counts, each cell in the colour of its share of the row."""
    shares = [[count / (sum(row) or 1) for count in row] for row in matrix]
    ax.imshow(shares, cmap="cividis", vmin=0.0, vmax=1.0, aspect="auto")
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            ax.text(j, i, f"{count}", ha="center", va="center", color="white" if shares[i][j] < 0.55 else "black")
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    name_axes(ax, "Confusion matrix", "predicted class", "true class")


def draw_images(panels: Sequence[Any], images: Sequence[Sequence[Sequence[float]]]) -> Any:
    """Images on one scale around 0, one a panel, numbered; the last one, for the scale."""
    most = max(abs(x) for image in images for row in image for x in row) or 1.0
    for i, (panel, image) in enumerate(zip(panels, images)):
        drawn = panel.imshow(image, cmap="RdBu_r", vmin=-most, vmax=most)
        panel.set_title(f"unit {i}", fontsize=9)
        panel.set_xticks([])
        panel.set_yticks([])
    return drawn


def draw_contours(ax: Any, xs: Sequence[float], ys: Sequence[float], grid: Any, levels: Sequence[float] | None) -> Any:
    """A filled contour picture: logarithmic with the given ``levels``, else with even ones."""
    options: dict[str, Any] = {"levels": 20} if levels is None else {"levels": levels, "norm": "log"}
    floor = -math.inf if levels is None else levels[0]
    table = [[max(z, floor) if math.isfinite(z) else math.nan for z in row] for row in grid]
    filled = ax.contourf(xs, ys, table, cmap="cividis", zorder=0, **options)
    ax.contour(xs, ys, table, levels=filled.levels[2::2], colors="white", linewidths=0.5, linestyles="solid", alpha=0.6, zorder=1)
    return filled


def draw_path(ax: Any, path: Sequence[Sequence[float]]) -> None:
    """The way of a descent, with its start and its end."""
    ax.plot(*zip(*path), "o-", color=COLOURS[1], markersize=4, linewidth=1.6, markeredgecolor=INK, markeredgewidth=0.5, label="descent")
    ax.plot(*path[0], "s", color="white", markeredgecolor=INK, markersize=7, label="start")
    ax.plot(*path[-1], "*", color="white", markeredgecolor=INK, markersize=13, label="end")
    ax.legend(loc="upper right")


# -- lines -------------------------------------------------------------------------------------------------------------
def draw_codes(ax: Any, box: Box, codes: Sequence[Sequence[str]], middles: Mapping[str, tuple[float, float, float]]) -> None:
    """The region of each code in a colour, and the code in its middle, where there is room."""
    shade = {code: i if len(middles) <= len(COLOURS) else code.count("1") for i, code in enumerate(middles)}
    ax.imshow([[tint(shade[code]) for code in row] for row in codes], extent=(*box.x, *box.y), origin="lower", aspect="auto")
    for code, (x, y, share) in middles.items():
        if len(code) <= 4 or share > 0.004 * len(code):
            ax.text(x, y, code, ha="center", va="center", color=INK, family="monospace", fontsize=10 if len(code) <= 4 else 8)
    show_plane(ax, box)


def draw_lines(ax: Any, box: Box, lines: Sequence[Line]) -> None:
    """The lines, each with its number and an arrow to its positive side."""
    width, height = box.x[1] - box.x[0], box.y[1] - box.y[0]
    for i, line in enumerate(lines, start=1):
        ends = segment(line, box)
        if not ends:
            continue
        (x1, y1), (x2, y2) = ends
        ax.plot([x1, x2], [y1, y2], color=INK, linewidth=1.4)
        x, y = x1 + 0.07 * (x2 - x1), y1 + 0.07 * (y2 - y1)
        # The gradient of w1 x + w2 y in the picture's own units, so that arrows look equally long.
        dx, dy = line[0] * width, line[1] * height
        length = 0.06 / math.hypot(dx, dy)
        ax.annotate(
            "", (x + length * dx * width, y + length * dy * height), (x, y), arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0}
        )
        ax.text(x, y, str(i), ha="center", va="center", fontsize=8, color="white", bbox={"boxstyle": "circle,pad=0.2", "color": INK})


_GLYPHS = {
    "fa-minus": "−", "fa-plus": "+", "fa-fast-backward": "|◁", "fa-fast-forward": "▷|", "fa-step-backward": "◁", "fa-step-forward": "▷",
    "fa-play fa-flip-horizontal": "◀", "fa-play": "▶", "fa-pause": "||",
}  # fmt: skip


def without_network(player: str) -> str:
    """matplotlib's player with plain signs on its buttons instead of a font that would be loaded from the network."""
    player = re.sub(r"<link\b[^>]*>\s*", "", player)
    return re.sub(r'<i class="fa ([^"]*)"></i>', lambda found: _GLYPHS.get(found[1], "•"), player)
