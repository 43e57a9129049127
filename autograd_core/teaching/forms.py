"""The forms in which an exercise stands on a sheet: two tables, a derivation, or a picture, with a place for each number."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ..formulas.typesetting import number_text
from ..value import Constant
from ..views.folding import at_level
from ..views.player_picture import svg
from ..views.scene import View
from .exercise import Exercise, Place, Use


class Put(Protocol):
    """What stands at each place. ``asked`` are the places of the blanks, by their order, and ``keys`` what they are called."""

    asked: Mapping[Place, int]
    keys: Sequence[str]

    def __call__(self, place: Place) -> str:
        """A number, a blank, or nothing if that number is not on the sheet."""


def pretty(text: str) -> str:
    """A formula as HTML, with the signs of paper, and its numbers with six figures.

    >>> pretty("2 * (y - 1) ** 2 / 1.4142135623730951")
    '2 · (y − 1)<sup>2</sup> / 1.41421'
    """
    text = re.sub(r"(?<![\w.])\d+\.\d{6,}(?![\w.])", lambda match: number_text(float(match[0])), text)
    text = html.escape(text).replace(" * ", " · ").replace(" - ", " − ")
    return re.sub(r" \*\* (-?\d+(?:\.\d+)?)", r"<sup>\1</sup>", re.sub(r"(?<![\w)])-(?=[\w(])", "−", text))


def given(exercise: Exercise) -> str:
    """The line that says what is given."""
    parts = [f"{pretty(exercise.called[leaf])} = {shown(leaf.data, None)}" for leaf in exercise.leaves]
    if exercise.rate is not None:
        parts.append(f"learning rate η = {shown(exercise.rate, None)}")
    return f'<p class="given">Given: {", ".join(f"<span>{part}</span>" for part in parts)}.</p>'


def shown(x: float, digits: int | None) -> str:
    """A number as HTML."""
    return number_text(x + 0.0, digits).replace("-", "−")


# -- tables ------------------------------------------------------------------------------------------------------------
def tables(exercise: Exercise, put: Put) -> str:
    """The forward and the backward pass."""
    forward = [
        [pretty(step.name), pretty(step.expression), put(Place("value", step.node))]
        for step in exercise.record.forward
        if step.node.parents
    ]
    found = _table("Forward pass", ["node", "formula", "value"], forward)
    backward, has_products = _backward(exercise, put)
    if backward:
        headers = ["gradient", "chain rule", "local derivative", "result"] if has_products else ["local derivative"]
        found += _table("Backward pass", headers, backward if has_products else [[row[2]] for row in backward], wide=has_products)
    return found + _updates(exercise, put)


def _backward(exercise: Exercise, put: Put) -> tuple[list[list[str]], bool]:
    of, rows, has_products = exercise.called[exercise.output], [], False
    outermost = exercise.cells[Place("value", exercise.output)].hint
    for i, use in enumerate(exercise.uses):
        node, uses = use.place.node, exercise.uses_of(use.place.node)
        several, name = len(uses) > 1, pretty(f"∂{of}/∂{use.step.name}")
        place = use.place._replace(kind="contribution") if several else Place("gradient", node)
        local, product = _local(use, put), put(place)
        chain = f"from {pretty(outermost)}" if use.step.consumer is exercise.output else _chain(exercise, use)
        if product or local:
            rows.append([pretty(exercise.cells[place].key), chain, local, product])
        has_products |= bool(product)
        if several and put(Place("gradient", node)) and not any(later.place.node is node for later in exercise.uses[i + 1 :]):
            rows.append([name, f"sum over the {len(uses)} uses", "", put(Place("gradient", node))])
    return rows, has_products


def _local(use: Use, put: Put) -> str:
    place = put(use.place)
    if not place:
        return ""
    formula = pretty(use.step.formula)
    is_formula = "<input" not in place and use.step.formula not in ("", number_text(use.step.local, None))
    return f"{_ratio(use)} = {f'{formula} = ' if is_formula else ''}{place}"


def _ratio(use: Use) -> str:
    return pretty(f"∂{use.step.consumer_name}/∂{use.step.name}")


def _chain(exercise: Exercise, use: Use) -> str:
    """The factors of a contribution; the gradient of the output itself is 1, and left out."""
    return _ratio(use) if use.step.consumer is exercise.output else f"{_above(exercise, use)} · {_ratio(use)}"


def _above(exercise: Exercise, use: Use) -> str:
    return pretty(f"∂{exercise.called[exercise.output]}/∂{use.step.consumer_name}")


def _updates(exercise: Exercise, put: Put) -> str:
    cells = [cell for place, cell in exercise.cells.items() if place.kind == "update" and put(place)]
    rows = [[pretty(cell.key), pretty(cell.hint), put(cell.place)] for cell in cells]
    return _table("One step of gradient descent", ["weight", "formula", "value"], rows) if rows else ""


def _table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], wide: bool = False) -> str:
    head = "".join(f'<th scope="col">{header}</th>' for header in headers)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table{' class=wide' if wide else ''}><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


# -- derivation -------------------------------------------------------------------------------------------------------
def derivation(exercise: Exercise, put: Put) -> str:
    """The chain rule as one writes it by hand: a line for each number."""
    lines = []
    for step in exercise.record.forward:
        if step.node.parents and put(Place("value", step.node)):
            lines.append([pretty(step.name), pretty(step.expression), put(Place("value", step.node))])
    of = exercise.called[exercise.output]
    for node in reversed(dict.fromkeys(use.place.node for use in reversed(exercise.uses))):  # each where its last use has come in
        uses = exercise.uses_of(node)
        lines += [_local(use, put).split(" = ") for use in uses if put(use.place)]
        gradient = put(Place("gradient", node))
        if gradient:
            terms = [put(use.place._replace(kind="contribution")) for use in uses] if len(uses) > 1 else []
            chain = " + ".join(_chain(exercise, use) for use in uses)
            left = pretty(f"∂{of}/∂{exercise.called[node]}")
            lines.append([left, *([chain] if chain != left else []), *([" + ".join(terms)] if all(terms) and terms else []), gradient])
    for place, cell in exercise.cells.items():
        if place.kind == "update" and put(place):
            lines.append([pretty(cell.key), pretty(cell.hint), put(place)])
    shown_lines = "".join(f"<p><span>{line[0]}</span> {' '.join(f'<span>= {step}</span>' for step in line[1:])}</p>" for line in lines)
    return f'<div class="lines">{shown_lines}</div>'


# -- picture ----------------------------------------------------------------------------------------------------------
def picture(exercise: Exercise, put: Put) -> str:
    """The graph: what is printed stands in it, and each blank is a number in brackets, which the list below asks for.

    Raises a :class:`LayoutError` that says what to install if there is no layout engine.
    """
    graph = at_level(exercise.output, exercise.names, exercise.level)
    scene = View(graph.output, {name: node for node, name in graph.called.items() if not isinstance(node, Constant)}).whole()
    nodes = {node.key: graph.original.get(node.values[0], node.values[0]) for node in scene.nodes}

    def mark(place: Place) -> str:
        return f"({put.asked[place] + 1})" if place in put.asked else re.sub("<[^>]*>", "", put(place))

    def node_texts(match: re.Match[str]) -> str:
        node = nodes[int(match[1])]
        value = mark(Place("value", node)) if node.parents else shown(node.data, None)
        grad = "1" if node is exercise.output else mark(Place("gradient", node))
        text = re.sub(r"(?<=>)data [^<]*", value and f"value {value}", match[0])
        return re.sub(r"(?<=>)grad [^<]*", grad and f"grad {grad}", text)

    def edge_text(match: re.Match[str]) -> str:
        consumer, position = nodes[int(match[1])], int(match[2])
        node = nodes[next(e.tail for e in scene.edges if e.head == int(match[1]) and e.position == position)]
        place = Place("local", node, consumer, position if exercise.level in (None, "operation") else -1)
        return re.sub(r"(?<=>)[^<>]*(?=</text>)", mark(place), match[0])

    drawn = re.sub(r'<g class="edge" data-consumer="(\d+)" data-position="(\d+)"[^>]*>.*?</g>', edge_text, svg(scene, digits=4))
    drawn = re.sub(r'<g class="node [^>]*data-node="(\d+)"[^>]*>.*?</g>', node_texts, drawn)
    asked = "".join(f"<li>{pretty(key)} = {put(place)}</li>" for key, place in zip(put.keys, put.asked))
    return f'<div class="picture">{drawn}</div><p class="unseen">{_said(exercise, put)}</p><ol class="asked">{asked}</ol>'


def _said(exercise: Exercise, put: Put) -> str:
    """What the picture shows, for those who cannot see it."""
    numbers = [
        f"{html.escape(spoken(cell.key))}: {put(place)}" for place, cell in exercise.cells.items() if place not in put.asked and put(place)
    ]
    formulas = [pretty(cell.hint) for place, cell in exercise.cells.items() if place.kind == "value"]
    return "The graph: " + "; ".join(formulas + numbers)


def spoken(key: str) -> str:
    """A key as a screen reader should say it.

    >>> spoken("∂L/∂w through z"), spoken("new w"), spoken("z")
    ('derivative of L by w through z', 'new w', 'value of z')
    """
    if key.startswith("∂"):
        above, _, below = key[1:].partition("/∂")
        return f"derivative of {above} by {below}"
    return key if " " in key else f"value of {key}"


FORMS: dict[str, Callable[[Exercise, Put], str]] = {"tables": tables, "derivation": derivation, "picture": picture}
"""The forms of a sheet by the name that ``sheet`` takes."""
