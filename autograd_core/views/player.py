"""The step player: both passes of a graph as one self-contained piece of HTML, which a person steps through.

The page computes with functions printed from the table, so that a reader may change the value of a leaf
and see both passes again. Without scripts it shows the last frame.
"""

from __future__ import annotations

import html
from collections.abc import Collection
from typing import TYPE_CHECKING

from ..choices import named_options, require_one_of
from ..files import replace_file
from ..value import Value
from .names import Names
from .player_page import fragment, frames_of
from .scene import View

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 300


class Player:
    """A player that Jupyter shows, in the notebook and in what is exported from it; ``save`` writes a page.

    ``html`` is the fragment: one picture, its data and its script, without anything from the network.

    >>> Player("<div>...</div>", "player of 2 nodes and 5 steps")
    <player of 2 nodes and 5 steps>
    """

    def __init__(self, fragment: str, description: str) -> None:
        self.html = fragment
        self.description = description

    def save(self, path: str | Path) -> Path:
        """Write a page of its own, ``.html``. Returns the path."""
        from pathlib import Path
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a player is saved as .html, not {path.name!r}")
        style = "body { margin: 1.5em; background: Canvas; color: CanvasText; color-scheme: light dark; }"
        head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(self.description)}</title>'
        page = f"<!doctype html>\n<html lang=en><head>{head}<style>{style}</style></head><body>\n{self.html}\n</body></html>\n"
        replace_file(path, page)
        return path

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.description}>"


@named_options()
def play(
    output: Value, *, names: Names = None, level: str | None = None, inputs: Collection[Value] = (), parameters: Collection[Value] = (),
    limit: int = LIMIT,
) -> Player:  # fmt: skip
    """Step through the forward and the backward pass of ``output``, forth and back.

    One frame a step: each node's value, the seed, and each term ``upstream * local derivative`` with the
    running sum, in symbols and in numbers. Buttons, a slider, the arrow keys and the space bar move it, a
    click on a node jumps there, and the fields below change a leaf and run both passes again. ``names``,
    ``inputs`` and ``parameters`` as in :func:`draw`; ``level="named"`` plays the nodes that have names.

    >>> x = Value(3.0, "x")
    >>> play(x * x)
    <player of 2 nodes and 5 steps>

    Raises ``ValueError`` for a graph of more than ``limit`` nodes, and a :class:`LayoutError` that says what
    to install if there is no layout engine.
    """
    require_one_of("level", "operation" if level is None else level, ("operation", "named"))
    view = View(output, names, inputs, parameters)
    scene = (view.named() if level == "named" else view).whole()
    if len(scene.nodes) > limit:
        raise ValueError(f"the graph has {len(scene.nodes)} nodes, more than a person steps through (limit={limit}): play a part of it")
    frames = frames_of(scene)
    return Player(fragment(scene, frames), f"player of {len(scene.nodes)} nodes and {len(frames)} steps")
