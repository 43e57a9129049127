"""Both passes as data and as text: ``steps`` lists every step, ``explain`` is the receipt of one gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..choices import named_options
from ..derivatives.dual import flow, joined
from ..formulas.expression import Expression, Literal, Symbol
from ..formulas.typesetting import number_text, operation_text
from ..number import CUT, real
from ..printing import Table
from ..value import Constant, Value, topological_order
from .folding import at_level
from .names import Names, names_for
from .pages import page, saved

if TYPE_CHECKING:
    from pathlib import Path


class ForwardStep(NamedTuple):
    """One node of the forward pass: ``name = expression = value``."""

    node: Value
    name: str
    expression: str
    value: float


class BackwardStep(NamedTuple):
    """One term of the backward pass: what the gradient of ``name`` receives through ``consumer``.

    ``contribution = upstream * local``, and ``total`` is the sum of the contributions so far. The first
    step is the seed, whose ``consumer`` is ``None``.
    """

    node: Value
    name: str
    consumer: Value | None
    consumer_name: str
    upstream: float
    formula: str
    local: float
    contribution: float
    total: float


_FORWARD = ("node", "expression", "value")
_BACKWARD = ("gradient of", "through", "upstream", "*", "local derivative", "= contribution", "sum")


class Steps(NamedTuple):
    """The forward and the backward pass of one graph; printing it shows two tables."""

    forward: list[ForwardStep]
    backward: list[BackwardStep]

    def forward_table(self, digits: int = 6) -> str:
        """The forward pass as an aligned table."""
        return str(self._forward(digits))

    def backward_table(self, digits: int = 6) -> str:
        """The backward pass as an aligned table."""
        return str(self._backward(digits))

    def _forward(self, digits: int = 6, title: str = "") -> Table:
        return Table(_FORWARD, [(s.name, s.expression, number_text(s.value, digits)) for s in self.forward], "<<>", title)

    def _backward(self, digits: int = 6, title: str = "") -> Table:
        rows: list[tuple[str, ...]] = []
        for s in self.backward:
            upstream, local, contribution, total = (number_text(x, digits) for x in (s.upstream, s.local, s.contribution, s.total))
            if s.consumer is None:
                rows.append((s.name, "seed", "", "", "", contribution, total))
                continue
            local = local if s.formula in (local, "") else f"{s.formula} = {local}"
            rows.append((s.name, s.consumer_name, upstream, "*", local, contribution, total))
        return Table(_BACKWARD, rows, "<<><<>>", title)

    def tables(self, digits: int = 6) -> tuple[Table, Table]:
        """Both passes, each with its title."""
        return self._forward(digits, "Forward pass"), self._backward(digits, "Backward pass")

    def save(self, path: str | Path) -> Path:
        """Write both tables, with all rows, as a page to show or to print, ``.html``, or as ``.txt``. Returns the path.

        Raises ``ValueError`` for another ending.
        """
        title, tables = f"both passes of {self.backward[0].name}", self.tables()
        text = "\n\n".join(map(str, tables))
        return saved("steps are", path, {".html": page(title, "".join(table.to_html() for table in tables)), ".txt": f"{text}\n"})

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self.tables())

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.tables()))


@named_options()
def steps(output: Value, names: Names = None, seed: float = 1.0, level: str | None = None) -> Steps:
    """Every step of the forward and of the backward pass of ``output``, in the order in which they happen.

    Nodes are called by their ``name``; with ``names="caller"`` those without one are called as the variables
    of the calling code, which a notebook does unless ``names`` is ``{}``, and a mapping from names to Values does the same.
    ``level="named"`` lists only the nodes that have names, with formulas for what stands between. No ``grad`` is changed.

    >>> x = Value(3.0, "x")
    >>> print(steps(x * x, names={"y": x * x}))
    Forward pass
    node  expression  value
    x                     3
    v1    x * x           9
    <BLANKLINE>
    Backward pass
    gradient of  through  upstream  *  local derivative  = contribution  sum
    v1           seed                                                 1    1
    x            v1              1  *  x = 3                          3    3
    x            v1              1  *  x = 3                          3    6
    """
    output, called, original = at_level(output, names_for(output, names), level)
    order = topological_order(output)
    forward = [ForwardStep(node, called[node], _expression(node, called), node.data) for node in order if not isinstance(node, Constant)]
    backward = [step for step in terms(output, called, real(seed)) if not isinstance(step.node, Constant)]
    if not original:
        return Steps(forward, backward)
    return Steps(
        [step._replace(node=original[step.node]) for step in forward],
        [step._replace(node=original[step.node], consumer=step.consumer and original[step.consumer]) for step in backward],
    )


class Use(NamedTuple):
    """One use of a node: the term that this use contributes to the node's gradient."""

    consumer: str
    expression: str
    upstream: float
    formula: str
    local: float
    contribution: float
    through: Receipt | None

    def line(self) -> str:
        """The use as a line of text."""
        local = number_text(self.local)
        local = local if self.formula in (local, "") else f"({self.formula} = {local})"
        return f"  in {self.consumer} = {self.expression}:  {number_text(self.upstream)} * {local} = {number_text(self.contribution)}"

    def __repr__(self) -> str:
        return self.line()


class Receipt(NamedTuple):
    """Where one gradient came from; printing it shows a line for each use, and the total."""

    output: str
    name: str
    uses: list[Use]
    total: float

    def lines(self) -> list[str]:
        """The receipt as lines of text, those of an upstream gradient indented (to 20 levels)."""
        lines: list[str] = []
        pending: list[tuple[Receipt | str, int]] = [(self, 0)]
        while pending:  # a loop: a receipt that is followed may be as deep as the graph
            part, level = pending.pop()
            indent = "    " * min(level, 20)
            if isinstance(part, str):
                lines.append(indent + part)
                continue
            lines.append(indent + part._heading())
            below: list[tuple[Receipt | str, int]] = []
            for use in part.uses:
                below.append((use.line(), level))
                below += [(use.through, level + 1)] if use.through is not None else []
            if len(part.uses) > 1:
                terms = " + ".join(number_text(use.contribution) for use in part.uses)
                below.append((f"  total:  {terms} = {number_text(part.total)}", level))
            pending += reversed(below)
        return lines

    def _heading(self) -> str:
        heading = f"d{self.output}/d{self.name} = {number_text(self.total)}"
        if not self.uses:
            return heading + ("  (the seed)" if self.name == self.output else "  (no use: the output does not depend on it)")
        return f"{heading}, from {len(self.uses)} {'use' if len(self.uses) == 1 else 'uses'} of {self.name}:"

    def _repr_html_(self) -> str:
        wide = "\u2003"  # a space of the letters' size, so that the levels show in the page's letters, too
        rows = [(wide * ((len(line) - len(line.lstrip())) // 2) + line.lstrip(),) for line in self.lines()]
        return Table(["receipt"], rows)._repr_html_()

    def __repr__(self) -> str:
        return "\n".join(self.lines())


@named_options()
def explain(output: Value, x: Value, names: Names = None, follow: bool = False, level: str | None = None) -> Receipt:
    """The receipt of one gradient: each use of ``x`` with ``upstream * local derivative = contribution``, and the total.

    With ``follow=True`` each upstream gradient is explained in turn, up to the output; one that occurs again
    is not repeated. ``names`` and ``level`` as in :func:`steps`.

    >>> w = Value(3.0, "w")
    >>> print(explain(w * w + 2 * w, w))
    dv3/dw = 8, from 3 uses of w:
      in v2 = 2 * w:  1 * 2 = 2
      in v1 = w * w:  1 * (w = 3) = 3
      in v1 = w * w:  1 * (w = 3) = 3
      total:  2 + 3 + 3 = 8
    """
    output, called, original = at_level(output, names_for(output, names, also=[x]), level)
    if original:
        x = _in_named_graph(x, called, original)
    received: dict[Value, list[BackwardStep]] = {}
    for step in terms(output, called):
        received.setdefault(step.node, []).append(step)
    root = Receipt(called[output], called[x], [], received[x][-1].total if x in received else 0.0)
    pending, told = [(x, root)], {x}
    while pending:  # a loop: the path to the output may be long
        node, receipt = pending.pop()
        for step in received.get(node, []):
            if step.consumer is None:
                continue
            through = None
            if follow and step.consumer not in told:
                told.add(step.consumer)
                through = Receipt(called[output], step.consumer_name, [], received[step.consumer][-1].total)
                pending.append((step.consumer, through))
            expression = _expression(step.consumer, called)
            receipt.uses.append(Use(step.consumer_name, expression, step.upstream, step.formula, step.local, step.contribution, through))
    return root


def _in_named_graph(x: Value, called: dict[Value, str], original: Mapping[Value, Value]) -> Value:
    """The node of the folded graph that stands for ``x``."""
    for new, old in original.items():
        if old is x:
            return new
    raise ValueError(f"{x!r} is no node of the named graph, which has {', '.join(called.values())}: give it a name")


def _expression(node: Value, called: Mapping[Value, str]) -> str:
    return operation_text(node.primitive, [called[parent] for parent in node.parents]) if node.primitive else ""


def terms(output: Value, called: Mapping[Value, str], seed: float = 1.0) -> list[BackwardStep]:
    """The terms of the backward pass, in the order in which ``Value.backward`` adds them."""
    total = {output: seed}
    found = [BackwardStep(output, called[output], None, "", 1.0, "", seed, seed, seed)]
    for node in reversed(topological_order(output)):
        upstream = total.get(node, CUT)
        for parent, local, formula in zip(node.parents, node.local_derivatives, _formulas(node, called)):
            contribution = flow(upstream, local)
            total[parent] = joined(total.get(parent, CUT), contribution)
            numbers = (upstream, formula, local, contribution, total[parent])
            found.append(BackwardStep(parent, called[parent], node, called[node], *numbers))
    return found


def _formulas(node: Value, called: Mapping[Value, str]) -> list[str]:
    """The local derivatives of a node in symbols, one for each parent."""
    if node.primitive is None:
        return []
    symbols = [Literal(p.data) if isinstance(p, Constant) else Symbol(called[p]) for p in node.parents]
    derivatives = node.primitive.local_derivatives(Symbol(called[node]), *symbols)
    return [str(d if isinstance(d, Expression) else Literal(d)) for d in derivatives]
