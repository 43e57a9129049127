"""What a player computes, as formulas whose parts can be marked: a line for each node that has a name."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from ..formulas.typesetting import name_text, number_text, on_paper, operand_names
from ..primitive import ATOM
from .scene import Node, Scene

LONGEST = 90  # signs of a formula that is written out where it is used; a longer one gets a line of its own
MOST = 8  # lines; of more only that of the output is written
_START, _KEY, _END = "\ue000", "\ue001", "\ue002"  # around a part and behind its number: signs that no text means anything by


class Written(NamedTuple):
    """A formula with its parts marked, how tightly it binds, and how long it is."""

    marked: str
    precedence: float
    length: int


def expression_html(scene: Scene) -> str:
    """The formulas of a scene, each part in an element that bears the number of its node.

    >>> from autograd_core import Value
    >>> from autograd_core.views.scene import View
    >>> expression_html(View(Value(3.0, "x") * 2.0).whole())
    '<div><span data-part="2"><span data-part="0">x</span> * 2</span></div>'
    """
    return "".join(f"<div>{_elements(line)}</div>" for line in _lines(scene))


def expression_text(scene: Scene) -> list[str]:
    """The same lines as plain text."""
    return [re.sub(f"{_START}\\d+{_KEY}|{_END}", "", line) for line in _lines(scene)]


def _lines(scene: Scene) -> list[str]:
    """The formula of the output, and below it those of the named nodes that it reads."""
    written: list[Written] = []
    lines: list[str] = []
    for node in scene.nodes:
        formula = _formula(node, written)
        is_output = node is scene.output
        if node.row is not None and (node.is_named or is_output or formula.length > LONGEST):
            name = _marked(node.key, _plain(node.name))
            lines.append(f"{name} = {formula.marked}" if node.is_named or not is_output else _marked(node.key, formula.marked))
            formula = Written(_plain(node.name), ATOM, len(node.name))
        elif is_output:
            lines.append(f"{_marked(node.key, _plain(node.name))} = {number_text(node.data[0])}")
        is_part = node.kind != "constant"
        written.append(formula._replace(marked=_marked(node.key, formula.marked)) if is_part else formula)
    return lines[::-1] if len(lines) <= MOST else lines[-1:]


def _formula(node: Node, written: list[Written]) -> Written:
    """What a node computes, over what is written for those that it reads."""
    if node.row is None:
        text, precedence = name_text(_plain(node.name))
        return Written(text, precedence, len(text))
    pattern = on_paper(node.row, len(node.parents))
    operands = dict(zip(operand_names(node.row, len(node.parents)), (written[parent] for parent in node.parents)))
    text = pattern.fill({name: (x.marked, x.precedence) for name, x in operands.items()})
    if node.row.weighted_sum:
        text = text.removesuffix(" + 0")
    own = sum(len(piece) if isinstance(piece, str) else operands[piece[0]].length for piece in pattern.pieces)
    return Written(text, pattern.precedence, own)


def _plain(name: str) -> str:
    return re.sub(f"[{_START}{_KEY}{_END}]", "�", name)


def _marked(key: int, text: str) -> str:
    return f"{_START}{key}{_KEY}{text}{_END}"


def _elements(line: str) -> str:
    text = re.sub(f"{_START}(\\d+){_KEY}", r'<span data-part="\1">', html.escape(line))
    return text.replace(_END, "</span>")
