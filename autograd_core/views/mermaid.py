"""Graphs as Mermaid text, which repository browsers draw where it stands in a Markdown file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Sequence

from ..value import Value
from .labels import Labels, options_of
from .layout import GREY, INK, STYLES, legal
from .names import Names, depth_of_caller
from .scene import View
from .zoom import LIMIT

# A browser draws no more than this, unless the page that shows the text says otherwise, which a file cannot.
MOST_CHARACTERS, MOST_EDGES = 50_000, 500
_SHAPES = {"input": "[{}]", "parameter": "[{}]", "constant": "[{}]", "operation": "({})", "output": "[[{}]]"}
_LINES = {"parameter": ",stroke-width:3px", "constant": ",stroke-dasharray:5 3"}  # colour is never the only difference


def to_mermaid(
    output: Value,
    *,
    names: Names = None,
    mode: str = "gradients",
    show: Sequence[str] | str | None = None,
    level: str | None = None,
    inputs: Collection[Value] = (),
    parameters: Collection[Value] = (),
    rankdir: str = "LR",
    digits: int | None = None,
    limit: int = LIMIT,
) -> str:
    """The graph of ``output`` as a Mermaid flowchart, with the options of :func:`to_dot`.

    Between lines of three backquotes, the first with the word ``mermaid`` behind it, a Markdown file on GitHub, GitLab and
    others shows it as a picture; no layout engine is needed. One that is larger than these draw is given with a warning.

    >>> x = Value(3.0, "x")
    >>> print(to_mermaid(x * x))
    flowchart LR
        n0["x<br/>data 3<br/>grad 6"]:::input
        n1[["×<br/>data 9<br/>grad 1"]]:::output
        n0 -->|"3"| n1
        n0 -->|"3"| n1
        classDef input fill:#cfe8f7,stroke:#767676,color:#111111
        classDef output fill:#bfe5d8,stroke:#767676,color:#111111

    Raises ``TypeError`` or ``ValueError`` as :func:`to_dot` does.
    """
    options = options_of(mode, show, rankdir, digits)
    labels = Labels(View(output, names, inputs, parameters).at(level, limit), options)
    text = "\n".join([f"flowchart {rankdir}", *_lines(labels)])
    if len(text) > MOST_CHARACTERS or len(labels.edges) > MOST_EDGES:
        warnings.warn(
            f"the text has {len(labels.edges)} edges and {len(text)} characters, and browsers draw at most {MOST_EDGES} and "
            f"{MOST_CHARACTERS}: pass level='neuron' or 'layer', or a part of the graph",
            UserWarning,
            stacklevel=depth_of_caller(),
        )
    return text


def _lines(labels: Labels) -> Iterator[str]:
    """A line for each node, for each edge, and for the look of each kind of node."""
    for node in labels.nodes:
        yield f"    n{node.key}{_SHAPES[node.kind].format(_quoted(labels.on_node(node)))}:::{node.kind}"
    for edge in labels.edges:
        tail, head = (edge.head, edge.tail) if labels.is_reversed else (edge.tail, edge.head)
        written = labels.on_edge(edge)
        yield f"    n{tail} -->{f'|{_quoted(written)}|' if written else ''} n{head}"
    for kind in labels.kinds():
        yield f"    classDef {kind} fill:{STYLES[kind].fill},stroke:{GREY},color:{INK}{_LINES.get(kind, '')}"


def _quoted(lines: Sequence[str]) -> str:
    """Lines as one string in quotes, in which nothing is read as anything but itself.

    What the grammar, or the Markdown and HTML within a string, might give a meaning stands as the number of its character
    between ``#`` and ``;``: all but letters, digits, spaces and a few signs, and a point or minus sign unless a digit follows
    (``1. x`` and ``- x`` are lists).

    >>> _quoted(['-0.5 "x"', "1. a*b"])
    '"-0.5 #34;x#34;<br/>1#46; a#42;b"'
    """
    texts = [re.sub(r"[^\w =,/(×−÷∂·….-]|_|[.-](?!\d)", _numbered, line) for line in legal("\n".join(lines)).splitlines()]
    return f'"{"<br/>".join(texts) or " "}"'


def _numbered(match: re.Match[str]) -> str:
    # Formulas ($$x$$) and icons (fa:fa-car) are found after the numbers have been read: a word joiner parts their signs.
    return f"#{ord(match[0])};" + ("\u2060" if match[0] in "$:" else "")
