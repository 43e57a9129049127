"""The picture of a player: SVG with a place for every number, which the script of the page changes."""

from __future__ import annotations

import html
import itertools
import math
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ..formulas.typesetting import number_text
from . import layout
from .columns import Edge as Line
from .columns import with_rails
from .names import shortened
from .scene import Edge, Node, Scene

_SCALE = 72.0  # points an inch
HEIGHT, LOW = 58.0, 30.0  # of a node, and of a constant
LETTERS = 14.0


def width_of(node: Node, digits: int) -> float:
    """The width of a node: it has room for its title and for "grad -0.0123457", whatever its gradient is now."""
    least = LOW if node.kind == "constant" else 7.6 * (digits + 8) + 10.0
    return max(least, text_width(title_of(node)) * LETTERS / 12.0 + 14.0)


def room(digits: int) -> str:
    """As much as a derivative takes on an edge."""
    return "-0.0" + digits * "0"


class Place(NamedTuple):
    """Where a node stands: its middle, width and height, in points from the upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Way(NamedTuple):
    """The curve of an edge, or of a piece of a rail (``edge`` is ``None``), and where its number stands."""

    edge: Edge | None
    points: list[tuple[float, float]]
    label: tuple[float, float] | None

    def tip(self, length: float = 9.0) -> tuple[float, float]:
        """Where the point of its arrow is: the engine ends the line behind it."""
        (ax, ay), (bx, by) = self.points[-2:]
        unit = math.hypot(bx - ax, by - ay) or 1.0
        return bx + length * (bx - ax) / unit, by + length * (by - ay) / unit


class Plan(NamedTuple):
    """Where everything stands, as the engine says."""

    width: float
    height: float
    nodes: dict[int, Place]
    ways: list[Way]


def plan(scene: Scene, digits: int, rankdir: str = "LR") -> Plan:
    """The places of the nodes and edges of a scene."""
    uses = with_rails([Line(f"n{edge.tail}", f"n{edge.head}", str(i)) for i, edge in enumerate(scene.edges)])
    lines = layout.render(_dot(scene, uses, digits, rankdir), "plain").decode().splitlines()
    width, height = (float(x) * _SCALE for x in lines[0].split()[2:4])
    # The engine lists edges in an order of its own; those between the same two points are alike.
    between: dict[tuple[str, str], Iterator[str]] = {
        ends: iter([use.label for use in alike]) for ends, alike in itertools.groupby(sorted(uses), lambda use: use[:2])
    }
    nodes: dict[int, Place] = {}
    ways: list[Way] = []
    for words in map(str.split, lines[1:]):
        if words[0] == "node" and words[1].startswith("n"):
            x, y, w, h = (float(word) * _SCALE for word in words[2:6])
            nodes[int(words[1][1:])] = Place(x, height - y, w, h)
        elif words[0] == "edge":
            use = next(between[words[1], words[2]])
            end = 4 + 2 * int(words[3])
            points = [(float(x) * _SCALE, height - float(y) * _SCALE) for x, y in zip(words[4:end:2], words[5:end:2])]
            label = (float(words[end + 1]) * _SCALE, height - float(words[end + 2]) * _SCALE) if len(words) > end + 4 else None
            ways.append(Way(scene.edges[int(use)] if use else None, points, label))
    return Plan(width, height, nodes, ways)


def svg(scene: Scene, digits: int = 6, rankdir: str = "LR") -> str:
    """The graph as SVG, laid out by the engine; its numbers are those of the last frame."""
    width, height, places, ways = plan(scene, digits, rankdir)
    nodes = [_node(scene.nodes[key], place, digits) for key, place in sorted(places.items())]
    edges = [_edge(way, digits) if way.edge else f'<g class="edge rail">{_path(way.points)}</g>' for way in ways]
    name = html.escape(f"computational graph of {scene.output.name}", quote=True)
    # Without scripts it shrinks on a narrow screen until it is just legible, and then scrolls; on a wide one it grows, if it is not
    # tall. A script fits it to what room there is.
    largest = (width + 16) * min(1.4, max(1.0, 560 / height))
    style = f"width:min(100%,{largest:.0f}px);--own-width:{width + 16:.0f}px"
    size = f'viewBox="-8 -16 {width + 16:.0f} {height + 24:.0f}" style="{style}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{name}" {size}>{"".join(edges)}{"".join(nodes)}</svg>'


def _dot(scene: Scene, uses: list[Line], digits: int, rankdir: str) -> str:
    """Boxes and arrows without text: only places are asked of the engine."""
    look = 'nodesep=0.2; ranksep=0.25; node [shape=box, fixedsize=true, label=""]; edge [fontsize=13];'
    lines = [f"digraph {{ rankdir={rankdir}; {look}"]
    margin = "00" if rankdir == "TB" else ""  # as much room stays between a line and the number beside it
    lines += [f"{name}={value};" for name, value in layout.speed(len(scene.nodes)).items()]
    for node in scene.nodes:
        height = LOW if node.kind == "constant" else HEIGHT
        lines.append(f"n{node.key} [width={width_of(node, digits) / _SCALE:.2f}, height={height / _SCALE:.2f}];")
    lines += [f"{point} [shape=point, width=0.02];" for point in dict.fromkeys(use.head for use in uses if not use.label)]
    for tail, head, use in uses:
        has_label = use and scene.nodes[scene.edges[int(use)].tail].kind != "constant"
        look = f' [label="{margin}{room(digits)}"]' if has_label else "" if use else " [dir=none]"  # a rail reaches its point
        lines.append(f"{tail} -> {head}{look};")
    return "\n".join([*lines, "}"])


def title_of(node: Node) -> str:
    """What stands in the first line of a node."""
    return " ".join(filter(None, [shortened(node.name), node.symbol]))


def text_width(text: str) -> float:
    """About how wide a bold text of 12 px is, rather more than less."""
    wide = sum(4.5 for c in text if unicodedata.east_asian_width(c) in "WF")
    return wide + sum(11.5 if c in "mwMW@%" or ord(c) > 0x2E7F else 9.0 if c.isupper() or ord(c) > 0x7F else 7.4 for c in text)


def _node(node: Node, place: Place, digits: int) -> str:
    x, y, width, tall = place
    box = f'x="{x - width / 2:.1f}" y="{y - tall / 2:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="{8 if node.parents else 0}"'
    outer = f'x="{x - width / 2 - 4:.1f}" y="{y - tall / 2 - 4:.1f}" width="{width + 8:.1f}" height="{tall + 8:.1f}" rx="10"'
    second = f'<rect class="second" {outer}/>' if node.kind == "output" else ""
    title = html.escape(title_of(node))
    room = f'data-room="{width - 8:.0f}"'
    texts = [f'<text class="title" {room} x="{x:.1f}" y="{y + 5 if node.kind == "constant" else y - tall / 2 + 17:.1f}">{title}</text>']
    if node.kind != "constant":
        texts.append(f'<text class="data" {room} x="{x:.1f}" y="{y + 5:.1f}">data {number_text(node.data[0], digits)}</text>')
        texts.append(f'<text class="grad" {room} x="{x:.1f}" y="{y + tall / 2 - 7:.1f}">grad {number_text(node.grad[0], digits)}</text>')
    if shortened(node.name) != node.name:
        texts.insert(0, f"<title>{html.escape(node.name)}</title>")
    marker = f'<text class="marker" x="{x - width / 2 + 9:.1f}" y="{y - tall / 2 - 4:.1f}">▼</text>'
    before = 'data-before="data " data-before-grad="grad "'
    return f'<g class="node {node.kind}" data-node="{node.key}" {before}>{second}<rect class="body" {box}/>{"".join(texts)}{marker}</g>'


def _edge(way: Way, digits: int) -> str:
    edge, (bx, by), (tx, ty) = way.edge, way.points[-1], way.tip()
    assert edge is not None
    ux, uy = (tx - bx) / 9, (ty - by) / 9
    tip = f"{tx:.1f},{ty:.1f} {bx - 4 * uy:.1f},{by + 4 * ux:.1f} {bx + 4 * uy:.1f},{by - 4 * ux:.1f}"
    text = ""
    if way.label is not None and edge.step is not None:
        width = text_width(room(digits)) * 13.0 / 12.0
        x, y = way.label
        text = f'<text data-room="{width:.0f}" x="{x:.1f}" y="{y + 4:.1f}">{number_text(edge.step.local, digits)}</text>'
    place = f'data-consumer="{edge.head}" data-position="{edge.position}"'
    return f'<g class="edge" {place}>{_path(way.points)}<polygon points="{tip}"/>{text}</g>'


def _path(points: list[tuple[float, float]]) -> str:
    start, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{start}C{" ".join(rest)}"/>'
