"""The chain rule as a student writes it by hand: a line for each node, in symbols and then in numbers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..choices import named_options, require_one_of, require_whole
from ..derivatives.dual import flow, joined
from ..formulas.expression import Expression, Literal, Symbol, with_figures
from ..formulas.typesetting import broken_rows, number_latex, number_text, symbol_latex
from ..number import CUT
from ..value import Constant, Value, topological_order
from .folding import Folding
from .names import Names, is_given, names_for
from .pages import page, saved
from .roles import is_loose

if TYPE_CHECKING:
    from pathlib import Path

_PREAMBLE = "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{amsmath}\n\\begin{document}\n"
_END = "\\end{document}\n"
Written = tuple[str, str]  # as text, and in LaTeX


class Link(NamedTuple):
    """The derivative of a node by one that it reads: in symbols, in figures, and its value."""

    consumer: Value
    symbols: Expression
    figures: Expression
    value: float


class Line(NamedTuple):
    """One line: what it is about, its steps from symbols to numbers, and the same in LaTeX."""

    left: str
    steps: list[str]
    left_latex: str
    steps_latex: list[str]

    def __str__(self) -> str:
        return " = ".join([self.left, *self.steps])


class Derivation(NamedTuple):
    """A derivation: the lines of the forward pass, and those of the backward pass. Jupyter shows it as mathematics."""

    forward: list[Line]
    backward: list[Line]

    def latex(self, environment: str = "aligned", width: int = 80) -> str:
        """The lines in LaTeX (with the package ``amsmath``): one ``aligned``, or ``align*``, which may run over pages.

        A line that would be wider than about ``width`` signs goes on below, at an equals sign or at a sum.

        >>> x = Value(2.0, "x")
        >>> print(derivation(x * x).latex())
        \\begin{aligned}
        v_{1} &= x x = 2 \\cdot 2 = 4 \\\\
        \\frac{\\partial v_{1}}{\\partial v_{1}} &= 1 \\\\
        \\frac{\\partial v_{1}}{\\partial x} &= 2 x = 2 \\cdot 2 = 4
        \\end{aligned}

        Raises ``ValueError`` for another environment.
        """
        require_one_of("environment", environment, ("aligned", "align*"))
        rows = [row for line in (*self.forward, *self.backward) for row in broken_rows(line.left_latex, line.steps_latex, width)]
        return f"\\begin{{{environment}}}\n" + " \\\\\n".join(rows) + f"\n\\end{{{environment}}}"

    def save(self, path: str | Path) -> Path:
        """Write a page to show or to print, ``.html``, a document for LaTeX, ``.tex``, or plain text, ``.txt``. Returns the path.

        Raises ``ValueError`` for another ending.
        """
        title = f"derivation of {self.backward[0].left}"
        lines = (*self.forward, *self.backward)
        texts = {".html": page(title, f"<table>{''.join(map(_row, lines))}</table>"), ".tex": f"{_PREAMBLE}{self.latex('align*')}\n{_END}"}
        return saved("a derivation is", path, {**texts, ".txt": f"{self}\n"})

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __str__(self) -> str:
        return "\n".join(str(line) for line in (*self.forward, *self.backward))

    def __repr__(self) -> str:
        return str(self)


@named_options()
def derivation(output: Value, wrt: Value | Sequence[Value] | None = None, names: Names = None, digits: int = 4) -> Derivation:
    """The derivative of ``output`` with respect to ``wrt`` (a leaf, several, or all), step by step.

    First a line for each node of the forward pass, then, from the output backwards, a line for each
    gradient: the chain rule, the local derivatives, the figures, the result. Nodes that have no name are
    written out where they are used, unless no node has one. ``names`` as in :func:`steps`.

    >>> w, x = Value(3.0, "w"), Value(2.0, "x")
    >>> z = w * x
    >>> z.name = "z"
    >>> print(derivation(z ** 2, w, names={"y": z ** 2}))
    z = w * x = 3 * 2 = 6
    v1 = z ** 2 = 6 ** 2 = 36
    ∂v1/∂v1 = 1
    ∂v1/∂z = 2 * z = 2 * 6 = 12
    ∂v1/∂w = ∂v1/∂z · ∂z/∂w = ∂v1/∂z · x = 12 · 2 = 24

    Raises ``ValueError`` for a ``wrt`` that the output does not depend on.
    """
    called = names_for(output, names)
    require_whole("digits", digits)
    order = topological_order(output)
    leaves = [x for x in order if not x.parents and not isinstance(x, Constant)]
    wanted = leaves if wrt is None else [wrt] if isinstance(wrt, Value) else list(wrt)
    for x in wanted:
        if x not in called:
            raise ValueError(f"{x!r} is not in the graph of the output, which depends on {', '.join(called[leaf] for leaf in leaves)}")
    return _Hand(output, order, called, digits).derive(wanted)


def _row(line: Line) -> str:
    """A line as it stands on a page: each step below the one before, all behind equals signs."""
    steps = "<br>".join(f"= {html.escape(step)}" for step in line.steps)
    left = '<td style="text-align:right;vertical-align:top;padding:.3em .5em 0 0">'
    return f'<tr style="break-inside:avoid">{left}{html.escape(line.left)}</td><td style="padding-top:.3em">{steps}</td></tr>'


class _Hand:
    """The hand that writes: which nodes get lines of their own, and what stands in them."""

    def __init__(self, output: Value, order: list[Value], called: dict[Value, str], digits: int) -> None:
        self.output, self.order, self.called, self.digits = output, order, called, digits
        named = {x for x in order if x.parents and x is not output and is_given(x, called[x])}
        self.lines = {x for x in order if not isinstance(x, Constant) and (not named or not x.parents or x in named or x is output)}
        self.folding = Folding(order, self.lines)
        self.values = {called[x]: x.data for x in order if not isinstance(x, Constant)}

    def derive(self, wanted: list[Value]) -> Derivation:
        reached = set(wanted)
        for node in self.order:
            if any(parent in reached for parent in node.parents):
                reached.add(node)
        forward = [self._forward_line(node) for node in self.order if node in self.lines and node.parents]
        backward = [_line(self._partial(self.output), [("1", "1")])]
        links: dict[Value, list[Link]] = {}
        total = {self.output: 1.0}
        for node in [x for x in reversed(self.order) if x in self.lines and x in reached]:
            if node in links:
                backward.append(self._backward_line(node, links[node], total))
            for parent, link in (self._links(node, reached) if node.parents else {}).items():
                links.setdefault(parent, []).append(link)
        return Derivation(forward, backward)

    # -- formulas ------------------------------------------------------------------------------------------------
    def _symbol(self, node: Value) -> Expression:
        return Symbol(self.called[node])

    def _links(self, node: Value, reached: set[Value]) -> dict[Value, Link]:
        """A link to each node with a line that ``node`` reads."""
        numbers = self.folding.numbers(node, self.folding.formulas(node, self._symbol))
        found = {}
        for x, derivative in self.folding.derivatives(node, self._symbol, reached).items():
            symbols = derivative.simplified()
            found[x] = Link(node, symbols, with_figures(symbols, self.values, self.digits), numbers[x])
        return found

    # -- lines -------------------------------------------------------------------------------------------------
    def _forward_line(self, node: Value) -> Line:
        symbols = self.folding.formulas(node, self._symbol)[node]
        figures = with_figures(symbols, self.values, self.digits)
        left = self.called[node], symbol_latex(self.called[node])
        return _line(left, [_both(symbols), _both(figures), self._number(node.data)])

    def _backward_line(self, node: Value, links: list[Link], total: dict[Value, float]) -> Line:
        rule: list[Written] = []
        symbols: list[Written] = []
        figures: list[Written] = []
        total[node] = CUT
        for consumer, formula, figure, value in links:
            upstream = total[consumer]
            total[node] = joined(total[node], flow(upstream, value))
            step = _fraction(self.called[consumer], self.called[node])
            if consumer is self.output:  # whose own gradient is 1
                rule.append(step)
                symbols.append(_both(formula))
                figures.append(_both(figure))
            else:
                rule.append(_times(self._partial(consumer), step))
                symbols.append(_product(self._partial(consumer), formula))
                figures.append(_product(self._number(upstream), figure))
        steps = [_added(rule), _added(symbols), _added(figures), self._number(total[node])]
        return _line(self._partial(node), steps[1:] if len(links) == 1 and links[0].consumer is self.output else steps)

    def _partial(self, node: Value) -> Written:
        return _fraction(self.called[self.output], self.called[node])

    def _number(self, x: float) -> Written:
        return number_text(x, self.digits), number_latex(x, self.digits)


def _line(left: Written, steps: Sequence[Written]) -> Line:
    """A line without steps that repeat the one before."""
    kept = [step for i, step in enumerate(steps) if i == 0 or step[0] != steps[i - 1][0]]
    return Line(left[0], [text for text, _ in kept], left[1], [latex for _, latex in kept])


def _both(formula: Expression) -> Written:
    return str(formula), formula.latex()


def _fraction(above: str, below: str) -> Written:
    return f"∂{above}/∂{below}", rf"\frac{{\partial {symbol_latex(above)}}}{{\partial {symbol_latex(below)}}}"


def _times(x: Written, y: Written) -> Written:
    return f"{x[0]} · {y[0]}", rf"{x[1]} \cdot {y[1]}"


def _bracketed(number: Written) -> Written:
    return (f"({number[0]})", rf"\left({number[1]}\right)") if number[0].startswith("-") else number


def _product(upstream: Written, factor: Expression) -> Written:
    """``upstream · factor``, without a factor 1 and with the brackets that a sum needs."""
    if isinstance(factor, Literal) and factor.value == 1.0:
        return upstream
    text, latex = _both(factor)
    if is_loose(factor) or text.startswith("-"):
        text = f"({text})"
        latex = latex if latex.startswith(r"\frac") else rf"\left({latex}\right)"
    return _times(_bracketed(upstream), (text, latex))


def _added(terms: Sequence[Written]) -> Written:
    text, latex = terms[0]
    for more_text, more_latex in terms[1:]:
        more = (more_text, more_latex) if not more_text.startswith("-") else (f"({more_text})", rf"\left({more_latex}\right)")
        text, latex = f"{text} + {more[0]}", f"{latex} + {more[1]}"
    return text, latex
