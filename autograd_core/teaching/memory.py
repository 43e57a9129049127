"""Mistakes that show from one backward pass to the next: gradients left over, steps that change nothing, graphs that grow."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ..programs.graph import Graph
from ..table import add, sub
from ..value import Constant, Value
from .findings import Findings, Line, cell_of, line_of
from .graphs import called, report_changed, stale_nodes

PASSES, LINES = 8, 32  # how many are remembered
DIGITS = 12  # of a number that somebody has written there are fewer than of one that was computed
AFRESH = "a loss that starts afresh in each step (total = 0.0 inside of the loop), and total += loss.data for a sum that is only shown"


class Pass(NamedTuple):
    """What is remembered of a backward pass: the numbers and gradients of the leaves that learn, and where it ran."""

    leaves: dict[Value, tuple[float, float]]
    cell: CodeType | None


class Round(NamedTuple):
    """What is remembered of a line with a backward pass in a loop: its last graph, and for how many rounds something went on."""

    output: Value
    nodes: set[Value]
    numbers: dict[Value, float]
    codes: list[CodeType]
    repeated: int
    grown: int
    summed: int


class Memory:
    """What one guard remembers of the backward passes that it saw."""

    def __init__(self) -> None:
        self.passes: deque[Pass] = deque(maxlen=PASSES)
        self.rounds: dict[Line, Round] = {}
        self.compiled: deque[Graph] = deque(maxlen=PASSES)
        """Graphs that were compiled, and not yet trained."""
        self.rebound: set[Value] = set()
        """Leaves whose names are bound to computed nodes, which is why their gradients and graphs are not as they should be."""
        self.reached: set[Value] = set()
        """The leaves that a backward pass has reached since the last step of an optimizer."""
        self.detached: Value | None = None
        """The leaf that a backward pass since then was called on."""

    def find_stale(self, order: Sequence[Value], frame: FrameType, findings: Findings) -> None:
        """Whether numbers were changed after the graph used them: all of it, or the part that it still holds of the round before."""
        stale = stale_nodes(order)
        last = self.rounds.get(line_of(frame)[0]) if stale else None
        size = sum(1 for node in order if node.parents)
        if last is not None and last.output is not order[-1] and len(last.nodes) < size and last.nodes.issuperset(stale):
            findings.report(
                "growing", frame,
                f"The graph grows from step to step: {len(last.nodes.intersection(order))} of its {size} operations are those of the step "
                "before, computed from the numbers of then. Each step takes longer, and its gradients mix old numbers with new ones.",
                AFRESH,
            )  # fmt: skip
        elif stale:
            report_changed(order, stale, frame, findings)

    def find_detached(self, output: Value, frame: FrameType, findings: Findings) -> None:
        """Before a pass: whether it begins at a leaf that was made of a computed number, or at another leaf in each round."""
        if output.parents or getattr(output, "is_parameter", False):
            return
        last = self.rounds.get(line_of(frame)[0])
        again = last is not None and last.output is not output and not last.nodes
        if again or (output.name is None and len(repr(output.data)) > DIGITS):
            _report_detached(output, frame, findings)
        self.detached = output

    def before(self, leaves: Sequence[Value], frame: FrameType, findings: Findings) -> None:
        """Before a pass: whether gradients of another one are still there, taken at other numbers or in another cell."""
        rounded = [leaf for leaf in leaves if not isinstance(leaf.data, float | int)]
        if rounded:
            name, kind = called(rounded[:1], frame), type(rounded[0].data).__name__
            own = name if name.isidentifier() else "p"
            findings.report(
                "no float", frame,
                f"The data of {called(rounded, frame)} is a {kind} and no float: what is computed from it has the digits of a {kind} only.",
                f"{own}.data -= float(...), with the step between the parentheses",
            )  # fmt: skip
        cell = cell_of(frame)
        left = []
        for leaf in leaves if self.rebound.isdisjoint(leaves) else ():
            last = next((one for one in reversed(self.passes) if leaf in one.leaves), None)
            if last is None or not leaf.grad or not last.leaves[leaf][1]:
                continue
            if last.leaves[leaf][0] != leaf.data or (cell is not None and cell is not last.cell):
                left.append(leaf)
        if left:
            name = called(left[:1], frame)
            own = f"{name}.grad = 0.0" if name.isidentifier() else "p.grad = 0.0 for each parameter p"
            ready = "model.zero_grad() or optimizer.zero_grad()" if getattr(left[0], "is_parameter", False) else own
            findings.report(
                "zero_grad", frame,
                f"The gradients of {called(left, frame)} still hold those of the backward() before, which belong to another computation: "
                "the new ones are added to them.",
                f"{ready} before this backward()",
            )  # fmt: skip

    def after(self, order: Sequence[Value], leaves: Sequence[Value], was_zero: bool, frame: FrameType, findings: Findings) -> None:
        """After a pass: remember it, and compare it with the one of the round before."""
        line, codes = line_of(frame)
        self.reached.update(leaves)
        self.passes.append(Pass({leaf: (leaf.data, leaf.grad) for leaf in leaves}, cell_of(frame)))
        output, nodes = order[-1], {node for node in order if node.parents}
        now = Round(output, nodes, {leaf: leaf.data for leaf in leaves}, codes, 0, 0, 0)
        before = self.rounds.pop(line, None)
        if before is not None and before.output is not output and self.rebound.isdisjoint(leaves):
            summed = before.summed + 1 if not was_zero and output.primitive is add and before.output in output.parents else 0
            now = now._replace(repeated=self._repeated(before, now, was_zero), grown=self._grown(before, now), summed=summed)
            if summed == 2:
                what = "it is the sum of the step before and more, and the gradients of that sum, which the leaves hold already, are added"
                findings.report("growing", frame, f"The graph grows from step to step: {what} again.", AFRESH)
            if now.repeated == 2:
                findings.report(
                    "no step", frame,
                    "For the third time this backward() gave the same: between the passes no parameter has changed, so that nothing is "
                    "learnt.",
                    "for p in parameters: p.data -= 0.1 * p.grad; with an optimizer: optimizer.step(), with its parentheses",
                )  # fmt: skip
            if now.grown == 2:
                self.rebound.update(leaves)
                findings.report(
                    "rebound", frame,
                    f"A name that held a leaf, such as {called(leaves[:1], frame)}, is bound to a computed node in each round: the graph "
                    "grows on top of the last one, and the new node is no parameter.",
                    "p.data -= lr * gradient, which changes the number of the leaf p",
                )  # fmt: skip
        self.rounds[line] = now
        if len(self.rounds) > LINES:
            del self.rounds[next(iter(self.rounds))]

    @staticmethod
    def _repeated(before: Round, now: Round, was_zero: bool) -> int:
        same = was_zero and now.output.data == before.output.data and now.numbers == before.numbers
        return before.repeated + 1 if same and any(leaf.grad for leaf in now.numbers) else 0

    @staticmethod
    def _grown(before: Round, now: Round) -> int:
        """For how many rounds the graph has held more and more steps of the rounds before: ``w = w - lr * g``, whose line was not seen."""
        shared = now.nodes & before.nodes
        return before.grown + 1 if shared and len(now.nodes) > len(before.nodes) and all(map(_is_shift, shared)) else 0


def _is_shift(node: Value) -> bool:
    """Whether a node is another, a number added or subtracted."""
    return node.primitive in (add, sub) and isinstance(node.parents[1], Constant)


def _report_detached(leaf: Value, frame: FrameType, findings: Findings) -> None:
    name = called([leaf], frame)
    own = name if name.isidentifier() else "loss"
    findings.report(
        "detached", frame,
        f"{name} is a leaf, made from a number, which remembers no graph: backward() from it reaches no parameter.",
        f"{own}.backward() on the node that was computed, without {own} = Value({own}.data), .item() or float(...) before it",
    )  # fmt: skip


def find_idle_step(optimizer: Any, before: list[float], memory: Memory, frame: FrameType, findings: Findings) -> None:
    """After a step of an optimizer: whether it has changed no parameter, and why."""
    parameters: list[Value] = optimizer.parameters
    reached, elsewhere, detached = not memory.reached.isdisjoint(parameters), bool(memory.reached), memory.detached
    memory.reached.clear()
    memory.detached = None
    if [parameter.data for parameter in parameters] != before:
        return
    if any(parameter.grad for parameter in parameters):
        if not getattr(optimizer, "lr", 1.0):
            findings.report("no step", frame, "This step changes no parameter: the learning rate is 0.", "optimizer.lr = 0.01")
    elif detached is not None and not reached:
        if all(finding.kind != "detached" for finding in findings):
            _report_detached(detached, frame, findings)
    elif elsewhere and not reached:
        findings.report(
            "no step", frame,
            "This step changes no parameter: no backward() has reached these parameters. The graph of the one before this step holds none "
            "of them: a number was taken out of it on the way (Value(y.data), .item()), or they are those of another model.",
            "the loss from model(x) itself, without .data on the way, and an optimizer made with the parameters of this model",
        )  # fmt: skip
    elif not reached:
        findings.report(
            "no step", frame,
            "This step changes no parameter: all gradients are 0, since no backward() has reached these parameters after the last step or "
            "zero_grad().",
            "loss.backward(), with its parentheses, before optimizer.step(), and an optimizer made with the parameters of this model",
        )  # fmt: skip
    elif any(last.leaves[leaf][1] for last in list(memory.passes)[-1:] for leaf in parameters if leaf in last.leaves):
        memory.rounds.clear()  # why nothing changes is said here, and not a second time at backward()
        findings.report(
            "no step", frame,
            "This step changes no parameter: the gradients that backward() had found were set to 0 before it.",
            "optimizer.zero_grad() before loss.backward(), or after optimizer.step(), and never between the two",
        )  # fmt: skip
