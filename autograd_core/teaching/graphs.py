"""Mistakes that a recorded graph shows by itself: numbers that changed, gradients that never arrive, losses behind the wrong activation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import FrameType
from typing import Any

from ..number import CUT
from ..primitive import Primitive
from ..table import add, log, neg, sigmoid, softplus, sub
from ..value import Constant, Value
from ..views.names import called_by, shortened_list
from ..views.roles import layer_logit
from .findings import Findings, variables_of


def trained(order: Sequence[Value]) -> list[Value]:
    """The leaves that training may change: the parameters, or, where none is one, all that are no constants and no inputs."""
    leaves = [node for node in order if not node.parents and not isinstance(node, Constant) and not getattr(node, "is_input", False)]
    return [leaf for leaf in leaves if getattr(leaf, "is_parameter", False)] or leaves


def called(nodes: Sequence[Value], frame: FrameType) -> str:
    """What the student's code calls some nodes."""
    names = called_by(variables_of(frame))
    return shortened_list([node.name or names.get(node) or f"a node of {node.data:.6g}" for node in nodes])


# -- numbers that changed after they were used -------------------------------------------------------------------------
def stale_nodes(order: Sequence[Value]) -> list[Value]:
    """The nodes that their operands, as they are now, would not give: the ``data`` of one of these was changed."""
    return [node for node in order if node.primitive is not None and not _is_current(node)]


def report_changed(order: Sequence[Value], stale: Sequence[Value], frame: FrameType, findings: Findings) -> None:
    """The leaf whose ``data`` was changed, or the computed node."""
    current = {parent for node in order if node.primitive is not None and node not in stale for parent in node.parents}
    current |= {parent for node in stale for parent in _unchanged(node)}
    used = dict.fromkeys(parent for node in stale for parent in node.parents if not parent.parents and not isinstance(parent, Constant))
    changed = [leaf for leaf in used if leaf not in current] or stale[:1]
    now = f" ({changed[0].data:.6g} now)" if len(changed) == 1 else ""
    findings.report(
        "changed", frame,
        f"The data of {called(changed, frame)}{now} was changed after the graph of this output had been computed from it: "
        "this output and its gradients belong to the old numbers.",
        "the line that computes the output once more, between the change and backward()",
    )  # fmt: skip


def _again(node: Value) -> tuple[float, tuple[float, ...]]:
    """Value and local derivatives of a node, computed from its operands as they are now."""
    row: Any = node.primitive
    operands = [parent.data for parent in node.parents]
    value = row.evaluate(*operands)
    return value, row.local_derivatives(value, *operands)


def _is_current(node: Value) -> bool:
    try:
        value, slopes = _again(node)
    except (ValueError, ArithmeticError):
        return False
    return _same(value, node.data) and all(map(_same, slopes, node.local_derivatives))


def _unchanged(node: Value) -> list[Value]:
    """The operands whose number of then is known, as a local derivative that is the operand itself: those of products."""
    try:
        pairs = list(zip(_again(node)[1], node.local_derivatives))
    except (ValueError, ArithmeticError):
        return []
    return [parent for parent in node.parents if any(now is parent.data and now == then for now, then in pairs)]


def _same(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=1e-12) or (a != a and b != b)


# -- rows that are flat everywhere ---------------------------------------------------------------------------------------
@lru_cache(maxsize=1024)
def _is_flat(row: Primitive) -> bool:
    """Whether nothing flows through a row of one operand, wherever it is: step, sign, floor, ..."""
    try:
        return row.arity == 1 and all(row.local_derivatives(row.evaluate(x), x)[0] is CUT for x in (-2.5, -0.5, 0.5, 2.5))
    except (ValueError, ArithmeticError):
        return False


def find_flat(order: Sequence[Value], leaves: Sequence[Value], frame: FrameType, findings: Findings) -> None:
    """Whether a leaf that is to learn acts on the output through flat operations only, so that its gradient is 0 for ever."""
    walls = [node for node in order if node.primitive is not None and _is_flat(node.primitive)]
    if not walls:
        return
    reached, stack = {order[-1]}, [order[-1]]
    while stack:
        node = stack.pop()
        for parent in () if node in walls else node.parents:
            if parent not in reached:
                reached.add(parent)
                stack.append(parent)
    behind = [leaf for leaf in leaves if leaf not in reached]
    if behind and (len(behind) == len(leaves) or any(getattr(leaf, "is_parameter", False) for leaf in behind)):
        name = next(wall.op for wall in walls if wall in reached)
        smooth = "tanh" if name == "sign" else "sigmoid"
        findings.report(
            "flat", frame,
            f"{name} has the derivative 0 everywhere: no gradient comes through it to {called(behind, frame)}, which gradient descent "
            "never changes.",
            f"{smooth} in the place of {name} while it learns (activation={smooth!r}); for one threshold unit, the perceptron rule",
        )  # fmt: skip


# -- losses behind the wrong activation --------------------------------------------------------------------------------
def find_misplaced(order: Sequence[Value], frame: FrameType, findings: Findings) -> None:
    """Whether a loss on logits is given probabilities, or one on probabilities a number that may be anything."""
    for kind, sentence, remedy in dict.fromkeys(found for node in order for found in _misplaced(node)):
        findings.report(kind, frame, sentence, remedy)


def _misplaced(node: Value) -> Iterator[tuple[str, str, str]]:
    if node.primitive is softplus:
        (z,) = node.parents
        z = z.parents[0] if z.primitive is neg else z
        if z.primitive is sigmoid:
            yield (
                "sigmoid before bce_with_logits",
                "bce_with_logits takes the sigmoid itself, and was given numbers that are sigmoids already: taken twice, the probability "
                "of class 1 stays between 0.5 and 0.73, and the gradient is too small.",
                'the logits as its input (output="linear"), or the loss "bce", which takes probabilities',
            )
    logit, activation = layer_logit(node)
    if logit is not None and activation == "log_softmax":
        again = "softmax" if layer_logit(logit)[1] == "softmax" else "sigmoid" if logit.primitive is sigmoid else ""
        if again:
            yield (
                f"{again} before cross_entropy",
                f"cross_entropy takes the softmax itself, and was given numbers that come out of a {again}: between 0 and 1 all classes "
                "stay nearly as likely, and the gradient is too small.",
                'the logits as its input: a last layer without an activation (output="linear")',
            )
    if node.primitive is log and _is_linear(node.parents[0]):
        yield (
            "linear output before bce",
            "bce takes probabilities, and was given a weighted sum that nothing keeps between 0 and 1: the loss means nothing there, and "
            "beyond 0 or 1 its logarithm is not defined.",
            'a sigmoid behind the last layer (output="sigmoid"), or the loss "bce_with_logits", which takes the sum as it is',
        )


def _is_linear(x: Value) -> bool:
    """Whether ``x``, of which a logarithm is taken, stands for a probability p or 1 - p that is a weighted sum."""
    guarded = x.primitive is add and isinstance(x.parents[1], Constant) and 0.0 < x.parents[1].data < 1e-20  # kept above 0
    p = x.parents[0] if guarded else x
    opposite = p.primitive is sub and isinstance(p.parents[0], Constant) and p.parents[0].data == 1.0
    p = p.parents[1] if opposite else p
    row = p.primitive
    if row is None or not (guarded or opposite) or not (row.weighted_sum or row is add or _leaves_the_unit_interval(row)):
        return False
    weights = [leaf for leaf in p.parents if not leaf.parents and not isinstance(leaf, Constant)]
    return row.activation or any(guarded or getattr(leaf, "is_parameter", False) for leaf in weights)


@lru_cache(maxsize=1024)
def _leaves_the_unit_interval(row: Primitive) -> bool:
    return row.activation and not all(0.0 <= row.evaluate(x) <= 1.0 for x in (-50.0, -1.0, 1.0, 50.0))
