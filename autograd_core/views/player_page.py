"""What the page of a player is made of: the graph and its frames as data, the fields of the leaves, and the script."""

from __future__ import annotations

import html
import itertools
import json
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..formulas.typesetting import number_text
from ..primitive import OPERANDS, Primitive
from ..programs.javascript import helpers, row_functions
from .folding import Fold
from .pages import whole
from .player_frames import MOST, Passes, Term, as_data
from .player_rules import Difference
from .scene import Node, Scene

_serial = itertools.count(1)
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'  # which no picture inside a page needs


class Look(NamedTuple):
    """What stands above, whether each number is hidden until it is asked for, and the significant digits."""

    title: str = ""
    asks: bool = False
    digits: int = 6

    def lines(self, formulas: Sequence[str]) -> list[str]:
        """The lines of text above a picture."""
        return [*([self.title] if self.title else []), *formulas]


class Show(NamedTuple):
    """What is played, and how it looks: the passes, a picture of the last frame in one or two layouts, the formulas above."""

    passes: Passes
    pictures: Sequence[str]
    expression: str
    outputs: Sequence[int]
    """The nodes whose values are always told."""
    look: Look = Look()
    difference: Difference | None = None
    """Of a pass by a rule: where it is wrong. Its numbers are as they were recorded, for the page does not know the rule."""

    @property
    def is_recorded(self) -> bool:
        """Whether no leaf can be changed."""
        return self.difference is not None


def side_by_side(fragments: Sequence[str]) -> str:
    """Several players that step together; the first of them has the controls."""
    return f'<div class="agc-players">\n{chr(10).join(fragments)}\n</div>'


def fragment(show: Show) -> str:
    """The piece of HTML that plays; without scripts it shows the last frame."""
    import hashlib

    scene, frames = show.passes.scene, show.passes.frames
    rows = {} if show.is_recorded else _rows(scene)
    data = _data(show, rows)
    digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:8]
    root = f"agc-{digest}-{next(_serial)}"  # the same from run to run, and different within one
    last = frames[-1]
    changing = [node for node in scene.nodes if node.kind != "constant"]
    jumps = sorted({key for frame in frames for key in frame.now})
    results = [f"{scene.nodes[i].name} = {number_text(scene.nodes[i].data[0], show.look.digits)}" for i in show.outputs]
    return whole(_TEMPLATE.format(
        root=root,
        present=" present" if show.look.asks else "",
        css=_asset("player.css"),
        title=f'<div class="title">{html.escape(show.look.title)}</div>' if show.look.title else "",
        expression=show.expression,
        result=html.escape(", ".join(results)),
        picture=show.pictures[0],
        phase=f"{last.phase}, step {len(frames)} of {len(frames)}",
        symbols=html.escape(last.symbols),
        numbers=html.escape(show.passes.filled(last.numbers, show.look.digits)),
        choices="".join(f'<option value="{key}">{html.escape(scene.nodes[key].name)}</option>' for key in jumps),
        leaves="" if show.is_recorded else _fields([node for node in changing if node.row is None]),
        difference=f'<div class="difference">{html.escape(show.difference.words)}</div>' if show.difference else "",
        last=len(frames) - 1,
        script=_script(root, data, rows),
    ))  # fmt: skip


def _rows(scene: Scene) -> dict[tuple[Primitive, int], int]:
    """The rows that the script needs, each for a number of operands, and their places in its list."""
    found: dict[tuple[Primitive, int], int] = {}
    for node in scene.nodes:
        if node.row is not None:
            found.setdefault((node.row, len(node.parents)), len(found))
    return found


def _data(show: Show, rows: dict[tuple[Primitive, int], int]) -> dict[str, Any]:
    """The graph as the script reads it."""
    passes = show.passes
    return {
        "nodes": [_node(node, rows) for node in passes.scene.nodes],
        "terms": [_term(term, show.is_recorded) for term in passes.terms],
        "seeds": [passes.scene.output.key],
        "frames": [as_data(frame) for frame in passes.frames],
        "rules": [rule(primitive, count) for primitive, count in rows],
        "outputs": list(show.outputs),
        "digits": show.look.digits,
        "pictures": [svg.replace(_NAMESPACE, "", 1) for svg in show.pictures[1:]],
        "recorded": show.is_recorded,
        "difference": show.difference._asdict() if show.difference else None,
    }


def _term(term: Term, is_recorded: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"consumer": term.use.head, "position": term.use.position, "node": term.use.tail}
    if is_recorded:
        found |= {kind: _json(getattr(term.step, kind)) for kind in ("upstream", "local", "contribution", "total")}
    return found


def _node(node: Node, rows: dict[tuple[Primitive, int], int]) -> dict[str, Any]:
    (data,) = node.data
    return {
        "name": node.name,
        "quoted": repr(node.name) if node.is_named and node.kind != "constant" else "",
        "sort": node.kind,
        "row": None if node.row is None else rows.get((node.row, len(node.parents))),
        "parents": node.parents,
        "data": _json(data),
        **({} if rows else {"grad": _json(node.grad[0])}),
    }


def _json(x: float) -> float | str:
    """A number, or what JavaScript makes a number that JSON does not have from."""
    return x if math.isfinite(x) else str(x).replace("inf", "Infinity").replace("nan", "NaN")


def rule(primitive: Primitive, count: int) -> dict[str, Any]:
    """What the engine says where a row is not defined: its name, its domain, what it calls its operands; and which errors it has.

    >>> from autograd_core import TABLE
    >>> rule(TABLE["log"], 1)
    {'name': 'log', 'domain': 'x > 0', 'labels': ['x'], 'fails': True, 'overflows': True}
    """
    text = primitive.python if isinstance(primitive.python, str) and not primitive.internal else ""  # those have infinite values
    labels = list(OPERANDS[:count]) if count <= len(OPERANDS) else [f"x{i}" for i in range(1, count + 1)]
    is_fold = isinstance(primitive, Fold)  # the formula of several operations, whose operands have their own names
    return {
        "name": primitive.name,
        "domain": primitive.domain,
        "labels": None if is_fold else labels,
        "fails": is_fold or bool(re.search(r"/|\w\(", text)),
        "overflows": bool(re.search(r"\w\(", text)),  # products and quotients are infinite instead
    }


def _fields(leaves: Sequence[Node]) -> str:
    """A field for each leaf, parameters last; those of many inputs or parameters are folded away."""
    groups = [[leaf for leaf in leaves if (leaf.kind == "parameter") is is_parameter] for is_parameter in (False, True)]
    found = []
    for sort, group in zip(("inputs", "parameters"), groups):
        fields = "".join(map(_field, group))
        is_folded = len(leaves) > MOST and (len(group) > MOST or (sort == "parameters" and bool(group and groups[0])))
        found.append(f"<details><summary>{len(group)} {sort}</summary>{fields}</details>" if is_folded else fields)
    return "".join(found)


def _field(node: Node) -> str:
    name, value = html.escape(node.name, quote=True), number_text(node.data[0], None)
    return f'<label>{name} = <input value="{value}" inputmode="decimal" data-leaf="{node.key}" data-name="{name}"></label>'


def _script(root: str, data: dict[str, Any], rows: dict[tuple[Primitive, int], int]) -> str:
    graph = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    functions = "[" + ",\n".join(row_functions(primitive, count) for primitive, count in rows) + "]"
    script = _asset("player.js").replace("ENGINE", _asset("player_engine.js")).replace("HELPERS", helpers(functions))
    return script.replace("ROWS", functions).replace('"ROOT"', json.dumps(root)).replace("GRAPH", graph)


def _asset(name: str) -> str:
    from importlib import resources

    return resources.files("autograd_core.views").joinpath("assets").joinpath(name).read_text("utf-8")


_TEMPLATE = """\
<div class="agc-player{present}" id="{root}" tabindex="0" role="group" aria-label="step-by-step player">
<style>{css}</style>
<div class="top">{title}<div class="expression">{expression}</div></div>
<div class="picture">{picture}</div>
<div class="controls script-only">
<button type="button" class="first" aria-label="First step">|◀</button>
<button type="button" class="back" aria-label="One step back">◀</button>
<button type="button" class="play" aria-label="Play">play</button>
<button type="button" class="next" aria-label="One step forward">▶</button>
<button type="button" class="last" aria-label="Last step">▶|</button>
<input type="range" class="position" min="0" max="{last}" value="{last}" aria-label="Step">
<label>jump to <select class="jump" aria-label="Jump to a node">{choices}</select></label>
<button type="button" class="full" aria-label="Fill the screen">full</button>
</div>
<div class="caption" aria-live="polite"><span class="phase">{phase}</span><br><span class="symbols">{symbols}</span><br>
<span class="numbers">{numbers}</span> <button type="button" class="answer script-only" hidden>show</button></div>
{difference}
<div class="bottom"><output class="result">{result}</output>
<div class="leaves script-only">{leaves}</div><span class="problem" role="status"></span></div>
<script>{script}</script>
</div>"""
