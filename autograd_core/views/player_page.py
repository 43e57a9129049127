"""What the page of a player is made of: the graph and its frames as data, the fields of the leaves, and the script."""

from __future__ import annotations

import html
import itertools
import json
import math
import re
from typing import Any

from ..formulas.typesetting import number_text, operation_text
from ..primitive import Primitive
from ..programs.javascript import helpers, row_functions
from .player_picture import svg
from .scene import Edge, Node, Scene
from .steps import BackwardStep

_serial = itertools.count(1)


def fragment(scene: Scene, frames: list[dict[str, Any]]) -> str:
    """The piece of HTML that plays ``frames``; without scripts it shows the last."""
    import hashlib

    rows = _rows(scene)
    data = _data(scene, frames, rows)
    digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:8]
    root = f"agc-{digest}-{next(_serial)}"  # the same from run to run, and different within one
    steps = [step for _, step in _backward(scene)]
    changing = [node for node in scene.nodes if node.kind != "constant"]
    return _TEMPLATE.format(
        root=root,
        css=_asset("player.css"),
        svg=svg(scene),
        phase=f"{'Backward' if steps else 'Seed'}, step {len(frames)} of {len(frames)}",
        symbols=html.escape(f"∂{scene.output.name}/∂{steps[-1].name if steps else scene.output.name}"),
        numbers=html.escape(number_text(steps[-1].total if steps else 1.0)),
        choices="".join(f'<option value="{node.key}">{html.escape(node.name)}</option>' for node in changing),
        leaves="".join(_field(node) for node in changing if node.row is None),
        last=len(frames) - 1,
        script=_script(root, data, rows),
    )


def frames_of(scene: Scene) -> list[dict[str, Any]]:
    """What the player shows one after the other: each value, the seed, and each term of the backward pass."""
    forward = [{"phase": "forward", "node": node.key} for node in scene.nodes if node.kind != "constant"]
    backward = [
        {"phase": "backward", "node": edge.tail, "consumer": edge.head, "position": edge.position, "formula": _factor(step)}
        for edge, step in _backward(scene)
    ]
    return [*forward, {"phase": "seed", "node": scene.output.key}, *backward]


def _backward(scene: Scene) -> list[tuple[Edge, BackwardStep]]:
    """The edges along which gradients flow, and their terms, in the order in which ``backward`` adds them."""
    into: list[list[tuple[Edge, BackwardStep]]] = [[] for _ in scene.nodes]
    for edge in scene.edges:
        if edge.step is not None and scene.nodes[edge.tail].kind != "constant":
            into[edge.head].append((edge, edge.step))
    return [term for terms in reversed(into) for term in terms]


def _rows(scene: Scene) -> dict[tuple[Primitive, int], int]:
    """The rows that the script needs, each for a number of operands, and their places in its list."""
    found: dict[tuple[Primitive, int], int] = {}
    for node in scene.nodes:
        if node.row is not None:
            found.setdefault((node.row, len(node.parents)), len(found))
    return found


def _data(scene: Scene, frames: list[dict[str, Any]], rows: dict[tuple[Primitive, int], int]) -> dict[str, Any]:
    """The graph as the script reads it."""
    return {"nodes": [_node(node, rows) for node in scene.nodes], "frames": frames, "output": scene.output.key}


def _node(node: Node, rows: dict[tuple[Primitive, int], int]) -> dict[str, Any]:
    (data,) = node.data
    placeholders = [f"{{{i}}}" for i in range(len(node.parents))]
    return {
        "name": node.name,
        "sort": node.kind,
        "row": None if node.row is None else rows[node.row, len(node.parents)],
        "parents": node.parents,
        # A number that JSON does not have is a string.
        "data": data if math.isfinite(data) else str(data).replace("inf", "Infinity").replace("nan", "NaN"),
        "expression": node.expression,
        "template": operation_text(node.row, placeholders) if node.row else "",
    }


def _field(node: Node) -> str:
    name, value = html.escape(node.name, quote=True), number_text(node.data[0], None)
    return f'<label>{name} = <input value="{value}" inputmode="decimal" data-leaf="{node.key}" data-name="{name}"></label>'


def _script(root: str, data: dict[str, Any], rows: dict[tuple[Primitive, int], int]) -> str:
    graph = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    functions = "[" + ",\n".join(row_functions(primitive, count) for primitive, count in rows) + "]"
    script = _asset("player.js").replace("HELPERS", helpers(functions)).replace("ROWS", functions)
    return script.replace('"ROOT"', json.dumps(root)).replace("GRAPH", graph)


def _factor(step: BackwardStep) -> str:
    """The local derivative as it stands behind a product sign: in brackets, if a sum, a difference, a quotient or a condition is
    outermost; empty for a number."""
    if step.formula == number_text(step.local, None):
        return ""
    outermost, inside = step.formula, ""
    while outermost != inside:
        inside, outermost = outermost, re.sub(r"\([^()]*\)|\[[^][]*\]", "_", outermost)
    return f"({step.formula})" if re.search(r" [-+/] | if |^-", outermost) else step.formula


def _asset(name: str) -> str:
    from importlib import resources

    return resources.files("autograd_core.views").joinpath("assets").joinpath(name).read_text("utf-8")


_TEMPLATE = """\
<div class="agc-player" id="{root}" tabindex="0" role="group" aria-label="step-by-step player">
<style>{css}</style>
<div class="picture">{svg}</div>
<div class="controls script-only">
<button type="button" class="first" aria-label="First step">|◀</button>
<button type="button" class="back" aria-label="One step back">◀</button>
<button type="button" class="play" aria-label="Play">play</button>
<button type="button" class="next" aria-label="One step forward">▶</button>
<button type="button" class="last" aria-label="Last step">▶|</button>
<input type="range" class="position" min="0" max="{last}" value="{last}" aria-label="Step">
<label>jump to <select class="jump" aria-label="Jump to a node">{choices}</select></label>
</div>
<div class="caption" aria-live="polite"><span class="phase">{phase}</span><br><span class="symbols">{symbols}</span><br>
<span class="numbers">{numbers}</span></div>
<div class="leaves script-only">{leaves}<span class="problem" role="status"></span></div>
<script>{script}</script>
</div>"""
