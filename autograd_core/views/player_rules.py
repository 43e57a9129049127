"""Wrong beside right: the passes of one scene by the rules of :mod:`~autograd_core.derivatives.misconceptions`, step by step.

The rules change the backward pass only; their numbers are recorded, so a page shows them and does not compute them again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..derivatives.misconceptions import Term as Flow
from ..derivatives.misconceptions import backward_pass
from ..formulas.typesetting import number_text
from .player_frames import RIGHT, Passes, Term, Written, passes_of
from .scene import Edge, Scene

_CALLED = {"upstream": "upstream gradient", "local": "local derivative", "contribution": "contribution"}
_WRITTEN = {
    "overwrite": Written(joins="=", total="now"),
    "multiplied where one adds": Written(joins="×=", total="product"),
    "added where one multiplies": Written(between=" + "),
    "forgot the upstream gradient": Written(factors=("local",)),
    "forgot the local derivative": Written(factors=("upstream",)),
}
"""The rules that are written otherwise than the right one; those of the others give other numbers in the same places."""


class Difference(NamedTuple):
    """The first number that a wrong rule gives otherwise than the right one."""

    words: str
    frame: int = -1
    """The place of the frame in which it stands; negative if there is none."""
    term: int = -1
    node: int = -1
    """Whose gradient is on the way."""

    @classmethod
    def none(cls, rule: str) -> Difference:
        """No number differs."""
        return cls("" if rule == "right" else "here no number differs from the right one")


def passes_by(scene: Scene, rule: str) -> Passes:
    """The passes over a scene of single Values by a rule; ``ValueError`` for one that does not exist."""
    found = backward_pass(scene.output.values[0], rule)
    places = {node.values[0]: node.key for node in scene.nodes}
    nodes = [node._replace(grad=(found.gradients.get(node.values[0], 0.0),)) for node in scene.nodes]
    edges = {(edge.head, edge.position): edge for edge in scene.edges}
    flows = [(edges[places[flow.consumer], flow.position], flow) for flow in found.terms if flow.consumer is not None]
    terms = [_term(edge, flow) for edge, flow in flows if scene.nodes[edge.tail].kind != "constant"]
    return passes_of(scene._replace(nodes=nodes, output=nodes[scene.output.key]), terms, _WRITTEN.get(rule, RIGHT))


def _term(edge: Edge, flow: Flow) -> Term:
    """The recorded step with the numbers of the rule."""
    assert edge.step is not None
    step = edge.step._replace(upstream=flow.upstream, local=flow.local, contribution=flow.contribution, total=flow.total)
    return Term(edge, step)


def first_difference(right: Passes, wrong: Passes, digits: int) -> Difference | None:
    """Where the wrong passes first give another number; ``None`` if they never do.

    A sum that grows in another order is compared when it is complete.
    """
    by_edge = {(term.use.head, term.use.position): term.step for term in right.terms}
    same_order = [term.use for term in right.terms] == [term.use for term in wrong.terms]
    last = {term.use.tail: i for i, term in enumerate(wrong.terms)}
    start = len(wrong.frames) - len(wrong.terms)
    for i, term in enumerate(wrong.terms):
        expected, got = by_edge[term.use.head, term.use.position], term.step
        pairs = [(kind, getattr(got, kind), getattr(expected, kind)) for kind in ("upstream", "local", "contribution")]
        node = right.scene.nodes[term.use.tail]
        if same_order or last[term.use.tail] == i:
            pairs.append(("total", got.total, expected.total if same_order else node.grad[0]))
        for kind, x, y in pairs:
            if not _equal(x, y):
                where = f"step {start + i + 1}, ∂{right.scene.output.name}/∂{node.name}"
                total = "it is now" if wrong.written.total == "now" else f"the {wrong.written.total} is"
                called = total if kind == "total" else f"the {_CALLED[kind]} is"
                words = f"first differs in {where}: {called} {number_text(x, digits)}, and not {number_text(y, digits)}"
                return Difference(words, start + i, i, term.use.tail)
    return None


def _equal(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-300) or (x != x and y != y)
