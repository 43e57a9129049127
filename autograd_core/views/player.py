"""The step player: both passes of a graph as one self-contained piece of HTML, which a person steps through.

The page computes with functions printed from the table, so that a reader may change the value of a leaf
and see both passes again. Without scripts it shows the last frame.
"""

from __future__ import annotations

import html
import itertools
import math
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ..formulas.typesetting import number_text, operation_text
from ..primitive import Primitive
from ..programs.javascript import helpers, row_functions
from ..value import Constant, Value, topological_order
from . import layout
from .names import Names, names_for
from .steps import BackwardStep, terms

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 300
_serial = itertools.count(1)
_SCALE = 72.0  # points an inch
_WIDTH, _HEIGHT, _LOW = 118.0, 54.0, 28.0  # a node has room for "grad -1.23457e-308" whatever it is now; a constant is lower


class Player:
    """A player that Jupyter shows, in the notebook and in what is exported from it; ``save`` writes a page.

    ``html`` is the fragment: one picture, its data and its script, without anything from the network.

    >>> Player("<div>...</div>", "player of 2 nodes and 5 steps")
    <player of 2 nodes and 5 steps>
    """

    def __init__(self, fragment: str, description: str) -> None:
        self.html = fragment
        self.description = description

    def save(self, path: str | Path) -> Path:
        """Write a page of its own, ``.html``. Returns the path."""
        from pathlib import Path

        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a player is saved as .html, not {path.name!r}")
        style = "body { margin: 1.5em; background: Canvas; color: CanvasText; color-scheme: light dark; }"
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(self.description)}</title>'
        page = f"<!doctype html>\n<html lang=en><head>{head}<style>{style}</style></head><body>\n{self.html}\n</body></html>\n"
        path.write_text(page, "utf-8")
        return path

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.description}>"


def play(
    output: Value, *, names: Names = None, inputs: Collection[Value] = (), parameters: Collection[Value] = (), limit: int = LIMIT
) -> Player:
    """Step through the forward and the backward pass of ``output``, forth and back.

    One frame a step: each node's value, the seed, and each term ``upstream * local derivative`` with the
    running sum, in symbols and in numbers. Buttons, a slider, the arrow keys and the space bar move it, a
    click on a node jumps there, and the fields below change a leaf and run both passes again. ``names``,
    ``inputs`` and ``parameters`` as in :func:`to_dot`.

    >>> x = Value(3.0, "x")
    >>> play(x * x)
    <player of 2 nodes and 5 steps>

    Raises ``ValueError`` for a graph of more than ``limit`` nodes, and a :class:`LayoutError` that says what
    to install if there is no layout engine.
    """
    called = names_for(output, names)
    order = topological_order(output)
    if len(order) > limit:
        raise ValueError(f"the graph has {len(order)} nodes, more than a person steps through (limit={limit}): play a part of it")
    page = _Page(output, order, called, set(inputs), set(parameters))
    description = f"player of {len(order)} nodes and {len(page.frames)} steps"
    return Player(page.fragment(), description)


def _factor(formula: str) -> str:
    """The formula as it stands behind a product sign: in brackets, if a sum, a difference, a quotient or a condition is outermost."""
    outermost, inside = formula, ""
    while outermost != inside:
        inside, outermost = outermost, re.sub(r"\([^()]*\)|\[[^][]*\]", "_", outermost)
    return f"({formula})" if re.search(r" [-+/] | if |^-", outermost) else formula


class _Page:
    """The parts of one player: the graph as data, its frames, and the picture of the last one."""

    def __init__(self, output: Value, order: list[Value], called: dict[Value, str], inputs: set[Value], parameters: set[Value]) -> None:
        self.output, self.order, self.called = output, order, called
        self.inputs, self.parameters = inputs, parameters
        self.index = {node: i for i, node in enumerate(order)}
        self.rows: dict[tuple[Primitive, int], int] = {}
        for node in order:
            if node.primitive is not None:
                self.rows.setdefault((node.primitive, len(node.parents)), len(self.rows))
        self.terms = terms(output, called)
        self.frames = self._frames()

    def _frames(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = [
            {"phase": "forward", "node": self.index[node]} for node in self.order if not isinstance(node, Constant) or node is self.output
        ]
        seen: dict[Value, itertools.count[int]] = {}
        for step in self.terms:
            if step.consumer is None:
                frames.append({"phase": "seed", "node": self.index[step.node]})
                continue
            position = next(seen.setdefault(step.consumer, itertools.count()))
            if not isinstance(step.node, Constant):
                frames.append(self._backward_frame(step, position))
        return frames

    def _backward_frame(self, step: BackwardStep, position: int) -> dict[str, Any]:
        consumer: Value = step.consumer  # type: ignore[assignment]
        formula = "" if step.formula == number_text(step.local, None) else _factor(step.formula)
        return {
            "phase": "backward", "node": self.index[step.node], "consumer": self.index[consumer], "position": position, "formula": formula
        }  # fmt: skip

    def sort(self, node: Value) -> str:
        if node is self.output:
            return "output"
        if node.parents:
            return "operation"
        if node in self.parameters or getattr(node, "is_parameter", False):
            return "parameter"
        return "constant" if isinstance(node, Constant) and node not in self.inputs else "input"

    def data(self) -> dict[str, Any]:
        """The graph as the script reads it; a number that JSON does not have is a string."""
        nodes = []
        for node in self.order:
            row = None if node.primitive is None else self.rows[node.primitive, len(node.parents)]
            placeholders = [f"{{{i}}}" for i in range(len(node.parents))]
            nodes.append(
                {
                    "name": self.called[node],
                    "sort": self.sort(node),
                    "row": row,
                    "parents": [self.index[parent] for parent in node.parents],
                    "data": node.data if math.isfinite(node.data) else str(node.data).replace("inf", "Infinity").replace("nan", "NaN"),
                    "expression": operation_text(node.primitive, [self.called[p] for p in node.parents]) if node.primitive else "",
                    "template": operation_text(node.primitive, placeholders) if node.primitive else "",
                }
            )
        return {"nodes": nodes, "frames": self.frames, "output": self.index[self.output]}

    def fragment(self) -> str:
        """The piece of HTML."""
        import hashlib
        import json

        digest = hashlib.sha256(json.dumps(self.data()).encode()).hexdigest()[:8]
        root = f"agc-{digest}-{next(_serial)}"  # the same from run to run, and different within one
        last = next(term for term in reversed(self.terms) if term.consumer is None or not isinstance(term.node, Constant))
        leaves = "".join(self._leaf_field(node) for node in self.order if not node.parents and not isinstance(node, Constant))
        choices = "".join(
            f'<option value="{self.index[node]}">{html.escape(self.called[node])}</option>'
            for node in self.order
            if not isinstance(node, Constant)
        )
        return _TEMPLATE.format(
            root=root,
            css=_asset("player.css"),
            svg=_svg(self),
            phase=f"{'Seed' if last.consumer is None else 'Backward'}, step {len(self.frames)} of {len(self.frames)}",
            symbols=html.escape(f"∂{self.called[self.output]}/∂{last.name}"),
            numbers=html.escape(number_text(last.total)),
            choices=choices,
            leaves=leaves,
            last=len(self.frames) - 1,
            script=self._script(root),
        )

    def _leaf_field(self, node: Value) -> str:
        name, value = html.escape(self.called[node], quote=True), number_text(node.data, None)
        return f'<label>{name} = <input value="{value}" inputmode="decimal" data-leaf="{self.index[node]}" data-name="{name}"></label>'

    def _script(self, root: str) -> str:
        import json

        data = json.dumps(self.data(), ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        rows = "[" + ",\n".join(row_functions(primitive, count) for primitive, count in self.rows) + "]"
        script = _asset("player.js").replace("HELPERS", helpers(rows)).replace("ROWS", rows)
        return script.replace('"ROOT"', json.dumps(root)).replace("GRAPH", data)


def _asset(name: str) -> str:
    from importlib import resources

    return resources.files("autograd_core.views").joinpath("assets").joinpath(name).read_text("utf-8")


# -- the picture -------------------------------------------------------------------------------------------------
def _svg(page: _Page) -> str:
    """The graph as SVG with a place for every number, laid out by the engine; its numbers are those of the last frame."""
    lines = layout.render(_plain_dot(page), "plain").decode().splitlines()
    width, height = (float(x) * _SCALE for x in lines[0].split()[2:4])
    totals = {step.node: step.total for step in page.terms}
    edges, nodes = [], []
    seen: dict[tuple[str, str], itertools.count[int]] = {}
    for line in lines[1:]:
        words = line.split()
        if words[0] == "node":
            node = page.order[int(words[1][1:])]
            nodes.append(_node_svg(page, node, [float(x) * _SCALE for x in words[2:6]], height, totals.get(node)))
        elif words[0] == "edge":
            # The engine lists edges in an order of its own; those between the same two nodes are alike.
            consumer, parent = page.order[int(words[2][1:])], page.order[int(words[1][1:])]
            positions = [k for k, x in enumerate(consumer.parents) if x is parent]
            position = positions[next(seen.setdefault((words[1], words[2]), itertools.count()))]
            end = 4 + 2 * int(words[3])
            points = [float(x) * _SCALE for x in words[4:end]]
            label_place = None if isinstance(parent, Constant) else [float(x) * _SCALE for x in words[end + 1 : end + 3]]
            edges.append(_edge_svg(page, int(words[2][1:]), position, points, label_place, height))
    label = html.escape(f"computational graph of {page.called[page.output]}", quote=True)
    # On a narrow screen it shrinks until it is just legible, and then scrolls; on a wide one it grows, if it is not tall.
    largest = (width + 16) * min(1.4, max(1.0, 560 / height))
    style = f"width:min(100%,{largest:.0f}px);min-width:{0.7 * (width + 16):.0f}px"
    size = f'viewBox="-8 -14 {width + 16:.0f} {height + 22:.0f}" style="{style}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" {size}>{"".join(edges)}{"".join(nodes)}</svg>'


def _plain_dot(page: _Page) -> str:
    """Boxes and arrows without text: only places are asked of the engine."""
    lines = ['digraph { rankdir=LR; nodesep=0.2; ranksep=0.3; node [shape=box, fixedsize=true, label=""]; edge [fontsize=11];']
    for node in page.order:
        low = page.sort(node) == "constant"
        width = max(_LOW if low else _WIDTH, _text_width(_title(page, node)) + 14)
        lines.append(f"n{page.index[node]} [width={width / _SCALE:.2f}, height={(_LOW if low else _HEIGHT) / _SCALE:.2f}];")
    for node in page.order:
        for parent in node.parents:
            label = "" if isinstance(parent, Constant) else ' [label="-0.00000e-00"]'  # as much room as a derivative takes
            lines.append(f"n{page.index[parent]} -> n{page.index[node]}{label};")
    return "\n".join([*lines, "}"])


def _title(page: _Page, node: Value) -> str:
    return " ".join(filter(None, [_shortened(page.called[node]), _symbol(node)]))


def _shortened(name: str, longest: int = 40) -> str:
    return name if len(name) <= longest else f"{name[: longest - 10]}…{name[-9:]}"


def _text_width(text: str) -> float:
    """About how wide a bold text of 12 px is, rather more than less."""
    import unicodedata

    wide = sum(4.5 for c in text if unicodedata.east_asian_width(c) in "WF")
    return wide + sum(11.5 if c in "mwMW@%" or ord(c) > 0x2E7F else 9.0 if c.isupper() or ord(c) > 0x7F else 7.4 for c in text)


def _symbol(node: Value) -> str:
    if node.op == "**" and node.primitive is not None:
        return f"** {number_text(node.primitive.constants[0], None)}"
    return {"*": "×", "neg": "−", "-": "−", "/": "÷"}.get(node.op, node.op)


def _node_svg(page: _Page, node: Value, place: list[float], height: float, total: float | None) -> str:
    x, y, width, tall = place[0], height - place[1], place[2], place[3]
    sort, i = page.sort(node), page.index[node]
    box = f'x="{x - width / 2:.1f}" y="{y - tall / 2:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="{8 if node.parents else 0}"'
    outer = f'x="{x - width / 2 - 4:.1f}" y="{y - tall / 2 - 4:.1f}" width="{width + 8:.1f}" height="{tall + 8:.1f}" rx="10"'
    second = f'<rect class="second" {outer}/>' if sort == "output" else ""
    title = html.escape(_title(page, node))
    texts = [f'<text class="title" x="{x:.1f}" y="{y + 4 if sort == "constant" else y - tall / 2 + 17:.1f}">{title}</text>']
    if sort != "constant":
        grad = "" if total is None else f"grad {number_text(total)}"
        texts.append(f'<text class="data" x="{x:.1f}" y="{y + 5:.1f}">data {number_text(node.data)}</text>')
        texts.append(f'<text class="grad" x="{x:.1f}" y="{y + tall / 2 - 8:.1f}">{grad}</text>')
    if _shortened(page.called[node]) != page.called[node]:
        texts.insert(0, f"<title>{html.escape(page.called[node])}</title>")
    marker = f'<text class="marker" x="{x - width / 2 + 9:.1f}" y="{y - tall / 2 - 4:.1f}">▼</text>'
    return f'<g class="node {sort}" data-node="{i}">{second}<rect class="body" {box}/>{"".join(texts)}{marker}</g>'


def _edge_svg(page: _Page, consumer: int, position: int, points: list[float], label_place: list[float] | None, height: float) -> str:
    pairs = [(x, height - y) for x, y in zip(points[::2], points[1::2])]
    start, *rest = (f"{x:.1f} {y:.1f}" for x, y in pairs)
    (ax, ay), (bx, by) = pairs[-2], pairs[-1]
    length = math.hypot(bx - ax, by - ay) or 1.0
    ux, uy = (bx - ax) / length, (by - ay) / length
    tip = f"{bx + 9 * ux:.1f},{by + 9 * uy:.1f} {bx - 4 * uy:.1f},{by + 4 * ux:.1f} {bx + 4 * uy:.1f},{by - 4 * ux:.1f}"
    label = ""
    if label_place is not None:
        local = number_text(page.order[consumer].local_derivatives[position])
        label = f'<text x="{label_place[0]:.1f}" y="{height - label_place[1] + 2:.1f}">{local}</text>'
    place = f'data-consumer="{consumer}" data-position="{position}"'
    return f'<g class="edge" {place}><path d="M{start}C{" ".join(rest)}"/><polygon points="{tip}"/>{label}</g>'


_TEMPLATE = """\
<div class="agc-player" id="{root}" tabindex="0" role="group" aria-label="step-by-step player">
<style>{css}</style>
<div class="picture">{svg}</div>
<div class="controls script-only">
<button type="button" class="first" aria-label="First step">|◀</button>
<button type="button" class="back" aria-label="One step back">◀</button>
<button type="button" class="play" aria-label="Play">play</button>
<button type="button" class="next" aria-label="One step forward">▶</button>
<button type="button" class="last" aria-label="Last step">▶|</button>
<input type="range" class="position" min="0" max="{last}" value="{last}" aria-label="Step">
<label>jump to <select class="jump" aria-label="Jump to a node">{choices}</select></label>
</div>
<div class="caption" aria-live="polite"><span class="phase">{phase}</span><br><span class="symbols">{symbols}</span><br>
<span class="numbers">{numbers}</span></div>
<div class="leaves script-only">{leaves}<span class="problem" role="status"></span></div>
<script>{script}</script>
</div>"""
