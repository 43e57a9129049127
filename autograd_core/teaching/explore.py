"""A page in which one types a formula, and sees its graph, both passes, the chain rule and gradient descent.

The page reads the shell's language and computes with the rows of the table, printed as JavaScript; it needs no network.
"""

from __future__ import annotations

import ast
import html
import json
import math
from collections.abc import Collection

from ..formulas.typesetting import number_text
from ..number import real
from ..programs.javascript import HELPERS
from ..value import Value, topological_order
from ..views.drawing import draw
from ..views.language import CONSTANTS, FUNCTIONS, Parsed, bind, evaluated, parse
from ..views.layout import LayoutError
from ..views.pages import Page
from ..views.player import LIMIT
from ..views.steps import steps
from .explore_rows import page_data
from .templates import asset, filled

_ENGINE = ("tokens.js", "language.js", "unparse.js", "program.js", "graph.js", "words.js")
_PAGE = ("picture.js", "curve.js", "frames.js", "tables.js", "state.js", "page.js", "descent.js", "start.js")

_LARGE = 60  # nodes beyond which there is no picture for readers without scripts


class Explorer(Page):
    """The page of a formula.

    >>> explore("w*x", w=2, x=3)
    <page of w*x>
    """


def explore(text: str, /, *, parameters: Collection[str] | None = None, **values: float) -> Explorer:
    """A page in which one types a formula, drags its leaves, and sees what follows: graph, both passes, derivation, curve, descent.

    Jupyter shows what it returns, and ``explore("x*x", x=2).save("x.html")`` writes it as a file that needs no Python.

    ``text`` is a formula of the command line's language, with which the page starts, ``values`` are its leaves; one
    without a value starts at 1. ``parameters`` are the names of the leaves that gradient descent moves: if they are not given,
    those that are called like a weight or a bias (``w``, ``b2``, ``theta``), and all if none is.

    A click on a node opens the receipt of its gradient, as :func:`explain` gives it. The address of a saved page holds its state.

    >>> explore("z = w*x + b; y = sigmoid(z); L = (y - t)**2", w=0.5, x=2, b=1, t=1)
    <page of z = w*x + b; y = sigmoid(z); L = (y - t)**2>

    Raises ``ValueError`` for a formula or values that cannot be used, with what is wrong and its place.
    """
    if not isinstance(text, str):
        raise TypeError(f"explore takes a text such as 'y = sigmoid(w*x + b)', not {type(text).__name__}: of a recorded graph, take play")
    program = parse(text.strip())
    numbers = {name: real(x) for name, x in values.items()}
    missing = [name for name in program.inputs if name not in {*numbers, *CONSTANTS, *FUNCTIONS}]
    numbers = bind(program, {**numbers, **dict.fromkeys(missing, 1.0)})
    unknown = [name for name in parameters or () if name not in numbers]
    if unknown or isinstance(parameters, str):
        raise ValueError(f"parameters is a list of names of leaves, which are {', '.join(numbers) or 'none here'}, not {parameters!r}")
    return page_of(program, numbers, parameters)


def page_of(program: Parsed, values: dict[str, float], parameters: Collection[str] | None = None) -> Explorer:
    """The page of a parsed formula that starts at ``values``, all of its leaves; errors as those of :func:`explore`."""
    for name, x in values.items():
        if not math.isfinite(x):
            raise ValueError(f"{name} is {number_text(x)}: a slider needs a finite number")
    output, _ = evaluated(program, values)
    size = len(topological_order(output))
    if size > LIMIT:
        raise ValueError(f"the graph has {size} nodes, more than a person looks at (at most {LIMIT}): take a part of it")
    return Explorer(_page(program, values, parameters, output), f"page of {' '.join(program.text.split())}")


def _page(program: Parsed, values: dict[str, float], parameters: Collection[str] | None, output: Value) -> str:
    start = {
        "formula": program.text,
        "values": values,
        "learned": None if parameters is None else list(parameters),
        "rate": 0.1,
        "many": 100,
        "digits": 4,
    }
    initial = json.dumps(start, ensure_ascii=False).replace("<", "\\u003c")
    drawing = [asset("dagre.min.js").partition("\n//# sourceMappingURL")[0], *map(asset, _PAGE)]
    licence = asset("dagre.LICENSE.txt").strip()
    state = f"const initial = {initial};\ninitial.learned = initial.learned && new Set(initial.learned);"
    script = "\n".join([licence, '(() => {\n"use strict";', engine_source(_list_lengths(program)), state, *drawing, "})();"])
    title = html.escape(" ".join(program.text.split())[:80])
    safe = script.replace("</script", "<\\/script")
    return filled("explore.html", TITLE=title, CSS=asset("explore.css"), STATIC=_static(output), SCRIPT=safe)


def engine_source(counts: Collection[int] = ()) -> str:
    """The script that reads formulas and computes both passes, without what draws them; ``counts`` as for the page's data."""
    data = f"const data = {page_data(counts)};"
    return "\n".join([*HELPERS.values(), asset("numbers.js"), data, *map(asset, _ENGINE)])


def _list_lengths(program: Parsed) -> set[int]:
    """How many numbers the calls of the formula take, lists written out."""
    calls = [node for _, statement in program.statements for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return {sum(len(x.elts) if isinstance(x, ast.List) else 1 for x in call.args) for call in calls}


def _static(output: Value) -> str:
    """What is shown without scripts: the graph, where there is a layout engine and it is not too large, and both passes."""
    passes = steps(output, {})
    try:
        picture = "" if len(passes.forward) > _LARGE else draw(output, names={})._repr_mimebundle_()["text/html"]
    except (LayoutError, ImportError, ValueError):
        picture = ""
    return picture + passes._repr_html_()
