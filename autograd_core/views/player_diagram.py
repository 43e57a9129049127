"""The diagram of a network in a player: the drawing's own SVG, with a mark on everything that a script changes; and its frames."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence

from ..value import Value
from . import layout
from .drawing import Drawing
from .labels import Options
from .network_drawing import Arrow, Diagram, Numbers, Still
from .network_names import layer_mark
from .network_places import drawn_rows
from .player_frames import Passes
from .player_network import Course
from .player_page import Look
from .player_stills import Words, slides

_LABEL = 10.0  # points: the size of the numbers on arrows


def diagram(course: Course, digits: int, rankdir: str, called: Mapping[Value, str], classes: Sequence[str], still: Still) -> Diagram:
    """The network at one moment of the player."""
    gradients = {
        unit.node: course.passes.scene.nodes[course.places[unit.total]].grad[0] for column in course.network.columns for unit in column
    }
    options = Options("gradients", frozenset({"data", "grad", "weight"}), rankdir, digits)
    return Diagram(course.network, options, Numbers(gradients, called, classes), still)


def diagram_svg(course: Course, digits: int, rankdir: str, called: Mapping[Value, str], classes: Sequence[str]) -> str:
    """The network with all that is known at the end, as the SVG of a page."""
    picture = diagram(course, digits, rankdir, called, classes, _all_known(course))
    text = layout.render(picture.graph(legend=True).source).decode()
    size = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', text)
    assert size is not None
    width, height = float(size[1]), float(size[2])
    body = text[text.index("<g id=") : text.rindex("</svg>")]
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    marks = _Marks(course, picture)
    body = re.sub(r'<g id="\w+" class="(node|edge)">\n<title>(.*?)</title>(.*?)</g>', marks.group, body, flags=re.DOTALL)
    body = re.sub(r' id="\w+"| xml:space="preserve"', "", body)
    name = f"diagram of the network {course.network.sizes}"
    look = f'viewBox="0 0 {width:.0f} {height:.0f}" style="width:min(100%,{1.33 * width:.0f}px);--own-width:{width:.0f}px"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{name}" {look}>{body}</svg>'


def diagram_stills(
    course: Course, look: Look, called: Mapping[Value, str], classes: Sequence[str], lines: Sequence[str]
) -> list[Drawing]:
    """A drawing for each frame."""
    found, drawings = list(slides(course.passes, lines, look)), []
    words, picture = Words(found, len(lines)), diagram(course, look.digits, "LR", called, classes, _all_known(course))
    for i, slide in enumerate(found, start=1):
        picture.still = moment(course, slide.known.data, slide.frame.now, slide.known.grads)
        graph = picture.graph(legend=False)
        left = min(circle.x - circle.radius for circle in picture.placed.values())
        words.add_to(graph, slide, left, picture.lowest, 72.0)
        drawings.append(Drawing(graph.source, f"frame {i} of {len(found)} of a player of the network {course.network.sizes}"))
    return drawings


def _all_known(course: Course) -> Still:
    places = course.places.values()
    return moment(course, places, course.passes.frames[-1].now, places)


def moment(course: Course, data: Collection[int], now: Sequence[int], grads: Collection[int]) -> Still:
    """What is known when so many values and gradients are."""
    nodes = course.passes.scene.nodes
    known = {nodes[key].values[0]: nodes[key].grad[0] for key in grads}
    widest = {node.values[0]: node.grad[0] for node in nodes if node.kind == "parameter"}
    return Still({nodes[key].values[0] for key in data}, known, {nodes[key].values[0] for key in now}, widest)


class _Marks:
    """Rewrites the groups of the engine's SVG, which are told apart by the names of nodes in the DOT text."""

    def __init__(self, course: Course, picture: Diagram) -> None:
        self.course, self.picture = course, picture
        self.arrows: dict[tuple[str, str], list[tuple[int, Arrow]]] = {}
        for i, arrows in enumerate(picture.into):
            for arrow in arrows:
                self.arrows.setdefault((arrow.tail, arrow.head), []).append((i, arrow))

    def group(self, match: re.Match[str]) -> str:
        """One group of the SVG as it stands in the page."""
        title, body = html.unescape(match[2]), match[3]
        tail, arrow, head = title.partition("->")
        if arrow:
            return self._arrow(tail, head, body)
        part = re.fullmatch(r"(u|weight)(\d+)_(\d+)", title)
        if part and part[1] == "u":
            return self._unit(int(part[2]), int(part[3]), body)
        if part:
            i, found = int(part[2]), self.picture.into[int(part[2])][int(part[3])]
            width = re.search(r"points=\"(\S+?),\S+ (\S+?),", body)
            room = f' data-room="{abs(float(width[1]) - float(width[2])):.0f}"' if width else ""
            return f'<g class="edge weight" {self._place(i, found, True)}>{body.replace("<text ", f"<text{room} ")}</g>'
        return f"<g>{body}</g>"

    def _unit(self, i: int, row: int, body: str) -> str:
        unit = self.course.network.columns[i][row]
        last = len(self.course.network.columns) - 1
        kind = "input" if i == 0 else "output" if i == last else "operation"
        sign = "δ " if unit.connections else "∂ "
        radius = float((re.search(r'rx="([\d.]+)"', body) or ["", "30"])[1])
        parts = iter((f'class="name" data-room="{1.6 * radius:.0f}"', f'class="data" data-room="{1.9 * radius:.0f}"',
                      f'class="grad" data-room="{1.6 * radius:.0f}"'))  # fmt: skip
        body = re.sub("<text ", lambda _: f"<text {next(parts)} ", body).replace("<ellipse ", '<ellipse class="body" ')
        place = f'data-node="{self.course.places[unit.node]}" data-grad="{self.course.places[unit.total]}"'
        marker = re.search(r'cx="(\S+)" cy="(\S+)"', body)
        above = f'<text class="marker" x="{marker[1]}" y="{float(marker[2]) - radius - 3:.1f}">▼</text>' if marker else ""
        return f'<g class="node {kind}" {place} data-before="" data-before-grad="{sign}">{body}{above}</g>'

    def _arrow(self, tail: str, head: str, body: str) -> str:
        way = re.search(r"way(\d+)_(\d+)", f"{tail} {head}")
        found = self.arrows.get((tail, head), [])
        if way:
            i, arrow = int(way[1]), self.picture.into[int(way[1])][int(way[2])]
        elif found:
            i, arrow = found.pop(0) if len(found) > 1 else found[0]
        else:
            return f"<g>{body}</g>"
        return f'<g class="edge arrow" {self._place(i, arrow, not self.picture.shared[i])}>{body}</g>'

    def _place(self, i: int, arrow: Arrow, has_weight: bool) -> str:
        unit, connection = self.course.network.columns[i][arrow.unit - 1], arrow.connection
        position = next(k for k, other in enumerate(unit.connections) if other is connection)
        place = f'data-consumer="{self.course.places[unit.node]}" data-position="{position}"'
        if connection.weight is None or not has_weight:
            return place
        return f'{place} data-weight="{self.course.places[connection.weight]}" data-sign="{connection.sign:g}"'


def network_lines(course: Course) -> list[tuple[list[int], str]]:
    """A line for each layer: the units in it, and what they compute together."""
    columns, last = course.network.columns, len(course.network.columns) - 1
    found = []
    for i, column in enumerate(columns[1:], start=1):
        kinds = list(dict.fromkeys(unit.activation for unit in column))
        before, mark = "x" if i == 1 else f"h{layer_mark(i - 1, last - 1)}", layer_mark(i, last)
        has_bias = any(connection.source is None for unit in column for connection in unit.connections)
        inside = f"W{mark} {before}{f' + b{mark}' if has_bias else ''}"
        one = inside if kinds in ([""], ["identity"]) else f"{kinds[0]}({inside})"
        text = one if len(kinds) == 1 else f"{', '.join(kinds)} of {before}"
        found.append(([course.places[column[row].node] for row in drawn_rows(len(column)) if row is not None], text))
    return found


def network_html(passes: Passes, lines: Sequence[tuple[list[int], str]]) -> str:
    """The same with a mark on each unit."""
    rows = []
    for keys, text in lines:
        units = ", ".join(f'<span data-part="{key}">{html.escape(passes.scene.nodes[key].name)}</span>' for key in keys)
        rows.append(f"<div>{units} = {html.escape(text)}</div>")
    return "".join(rows)
