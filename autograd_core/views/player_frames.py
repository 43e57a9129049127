"""What a player shows one after the other, as data that a script and a printer fill with the same numbers.

A frame holds its words, and references to numbers: a page looks them up again after a leaf was changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..formulas.typesetting import number_text, operation_text
from .scene import Edge, Node, Scene
from .steps import BackwardStep

MOST = 12  # leaves or units whose numbers stand in one caption


class Number(NamedTuple):
    """A number in a caption: of a node its ``data`` or ``grad``, of a term ``upstream``, ``local``, ``contribution`` or ``total``."""

    kind: str
    place: int
    bracketed: bool = False
    """Whether a negative number gets brackets."""
    is_answer: bool = True
    """Whether a player that asks first hides it until it is asked for."""


Piece = str | Number


class Frame(NamedTuple):
    """One step: its caption, what is marked, and what is known from then on."""

    phase: str
    symbols: str
    numbers: list[Piece]
    now: list[int]
    """The nodes that it is about, the first of them before all others."""
    edges: list[tuple[int, int]]
    """The edges that are marked: the node that each leads to, and its place among those."""
    data: list[int] = []  # noqa: RUF012  (a tuple's default, which nobody changes)
    """The nodes whose values are known from now on."""
    grads: list[tuple[int, Number]] = []  # noqa: RUF012
    """The nodes whose gradients are another number from now on."""
    terms: list[int] = []  # noqa: RUF012
    """The terms whose local derivatives are known from now on."""


class Term(NamedTuple):
    """What flows back along one edge, and the recorded step."""

    use: Edge
    step: BackwardStep


class Written(NamedTuple):
    """How a backward pass is written: what is multiplied, and how the contribution becomes the gradient."""

    factors: tuple[str, ...] = ("upstream", "local")
    between: str = " · "
    joins: str = "+="
    total: str = "sum"


RIGHT = Written()


class Passes(NamedTuple):
    """Both passes over a scene: the terms of the backward pass in the order of ``backward``, and the frames that show them."""

    scene: Scene
    terms: list[Term]
    frames: list[Frame]
    written: Written = RIGHT

    def number(self, reference: Number) -> float:
        """The recorded number that a caption refers to."""
        if reference.kind in ("data", "grad"):
            (x,) = getattr(self.scene.nodes[reference.place], reference.kind)
            return float(x)
        return float(getattr(self.terms[reference.place].step, reference.kind))

    def text(self, reference: Number, digits: int) -> str:
        """The same as it is written."""
        x = self.number(reference)
        text = number_text(x, digits)
        return f"({text})" if reference.bracketed and text.startswith("-") else text  # -0, too

    def filled(self, pieces: Sequence[Piece], digits: int, asks: bool = False) -> str:
        """A caption in numbers; with ``asks``, a question mark for each that is an answer."""
        return "".join(
            piece if isinstance(piece, str) else "?" if asks and piece.is_answer else self.text(piece, digits) for piece in pieces
        )


def terms_of(scene: Scene) -> list[Term]:
    """The edges along which gradients flow, in the order in which ``backward`` adds what flows."""
    into: list[list[Term]] = [[] for _ in scene.nodes]
    for edge in scene.edges:
        if edge.step is not None and scene.nodes[edge.tail].kind != "constant":
            into[edge.head].append(Term(edge, edge.step))
    return [term for terms in reversed(into) for term in terms]


def passes_of(scene: Scene, terms: list[Term] | None = None, written: Written = RIGHT) -> Passes:
    """A frame that sets the leaves, one for each other value, the seed, and one for each term of the backward pass.

    The terms are those of the right pass, and written as its, unless others are given.
    """
    terms = terms_of(scene) if terms is None else terms
    leaves = [node for node in scene.nodes if node.kind != "constant" and node.row is None]
    frames = [leaves_frame(leaves)] if leaves else []
    frames += [_forward(node) for node in scene.nodes if node.row is not None]
    seed = Number("grad", scene.output.key)
    of = f"∂{scene.output.name}/∂"
    itself = of + scene.output.name
    frames.append(Frame("Seed", itself, [f"{itself} = ", seed], [seed.place], [], grads=[(seed.place, seed)]))
    frames += [_backward(i, term, of, written) for i, term in enumerate(terms)]
    return Passes(scene, terms, frames, written)


def leaves_frame(leaves: Sequence[Node]) -> Frame:
    """The first step: all leaves have their values."""
    pieces: list[Piece] = []
    for leaf in leaves[:MOST]:
        pieces += [", " if pieces else "", f"{leaf.name} = ", Number("data", leaf.key, is_answer=False)]
    keys = [leaf.key for leaf in leaves]
    pieces += [f", … ({len(leaves)} leaves)"] if len(leaves) > MOST else []
    return Frame("Forward", f"given: {listed([leaf.name for leaf in leaves])}", pieces, keys, [], data=keys)


def listed(words: Sequence[str]) -> str:
    """The words, of many the first."""
    return ", ".join(words) if len(words) <= MOST else ", ".join([*words[:MOST], "…"])


def _forward(node: Node) -> Frame:
    edges = [(node.key, position) for position in range(len(node.parents))]
    numbers = [*in_figures(node), " = ", Number("data", node.key)]
    return Frame("Forward", f"{node.name} = {node.expression}", numbers, [node.key], edges, data=[node.key])


def in_figures(node: Node) -> list[Piece]:
    """The operation of a node with numbers for its operands."""
    text = operation_text(node.row, [f"{{{i}}}" for i in range(len(node.parents))])  # type: ignore[arg-type]
    parts = re.split(r"\{(\d+)\}", text)
    pieces: list[Piece] = [parts[0]]
    for before, i, after in zip(parts[::2], parts[1::2], parts[2::2]):
        alone = before.endswith("(") and after.startswith(")")
        pieces += [Number("data", node.parents[int(i)], not alone, is_answer=False), after]
    return pieces


def _backward(i: int, term: Term, of: str, written: Written) -> Frame:
    step, use = term.step, term.use
    formula = _factor(step)
    symbols = {"upstream": of + step.consumer_name, "local": f"∂{step.consumer_name}/∂{step.name}"}
    told = f"{of}{step.name} {written.joins} {written.between.join(symbols[factor] for factor in written.factors)}"
    if formula and "local" in written.factors:
        told += f" = {written.between.join((symbols | {'local': formula})[factor] for factor in written.factors)}"
    numbers: list[Piece] = []
    if len(written.factors) > 1:
        for factor in written.factors:
            numbers += [*([written.between] if numbers else []), Number(factor, i, True, is_answer=factor == "local")]
        numbers.append(" = ")
    total, edge = Number("total", i), (use.head, use.position)
    numbers += [Number("contribution", i), f",  {written.total} ", total]
    return Frame("Backward", told, numbers, [use.tail, use.head], [edge], grads=[(use.tail, total)], terms=[i])


def _factor(step: BackwardStep) -> str:
    """The local derivative as it stands behind a product sign: in brackets, if a sum, a difference, a quotient or a condition is
    outermost; empty for a number."""
    if step.formula == number_text(step.local, None):
        return ""
    outermost, inside = step.formula, ""
    while outermost != inside:
        inside, outermost = outermost, re.sub(r"\([^()]*\)|\[[^][]*\]", "_", outermost)
    return f"({step.formula})" if re.search(r" [-+/] | if |^-", outermost) else step.formula


def as_data(frame: Frame) -> dict[str, Any]:
    """A frame as the script of a page reads it."""
    return {
        "phase": frame.phase, "symbols": frame.symbols, "numbers": [_piece(piece) for piece in frame.numbers], "now": frame.now,
        "edges": frame.edges, "data": frame.data, "grads": [[key, _piece(number)] for key, number in frame.grads], "terms": frame.terms,
    }  # fmt: skip


def _piece(piece: Piece) -> Any:
    return piece if isinstance(piece, str) else [piece.kind, piece.place, int(piece.bracketed), int(piece.is_answer)]
