"""The step player: both passes of a graph as one self-contained piece of HTML, which a person steps through.

The page computes with functions printed from the table, so that a reader may change the value of a leaf
and see both passes again. Without scripts it shows the last frame.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from ..choices import named_options, require_kind, require_one_of, require_whole
from ..files import path_text
from ..value import Value
from .drawing import Drawing
from .names import Names, called_by, variables_for
from .network_picture import is_network
from .pages import page, saved
from .player_diagram import diagram_stills, diagram_svg, network_html, network_lines
from .player_expression import expression_html, expression_text
from .player_frames import passes_of
from .player_network import course_of
from .player_page import Look, Show, fragment, side_by_side
from .player_picture import svg
from .player_rules import Difference, first_difference, passes_by
from .player_stills import graph_stills, handout
from .scene import Scene, View

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 300
UPRIGHT = 60  # nodes of a graph that is laid out from top to bottom, too, for narrow windows


class Player:
    """A player that Jupyter shows, in the notebook and in what is exported from it; ``save`` writes a page.

    ``html`` is the fragment: one picture, its data and its script, without anything from the network. ``frames`` and ``handout``
    are the same for a lecture without a browser.

    >>> x = Value(3.0, "x")
    >>> player = play(x * x)
    >>> player, player.frames()[-1]
    (<player of 2 nodes and 5 steps>, <frame 5 of 5 of a player of 2 nodes>)
    """

    def __init__(self, fragment: str, description: str, stills: Callable[[], list[Drawing]] | None = None) -> None:
        self.html = fragment
        self.description = description
        self._stills = stills

    def save(self, path: str | Path) -> Path:
        """Write a page of its own, ``.html``. Returns the path.

        The page fills its window and listens to the keys without a click: the arrows, Page Up and Page Down (a clicker), Home and
        End move it, the space bar plays and pauses, and B makes the screen black until the next key.
        """
        return saved("a player is", path, {".html": page(self.description, self.html, "", "agc-page")})

    def frames(self) -> list[Drawing]:
        """Each step as a picture, which Jupyter shows and ``save`` writes; all are laid out alike.

        Of a player that asks first (``present=True``), each step is two: the question, and then the answer.
        """
        if self._stills is None:
            raise ValueError(f"{self!r} has no frames as pictures: play one graph by itself")
        return self._stills()

    def save_frames(self, path: str | Path) -> list[Path]:
        """Write each frame to a file, numbered: ``lecture.svg`` gives ``lecture-01.svg``, ``lecture-02.svg``, ...

        The ending says what is written: ``.svg``, ``.png``, ``.pdf``, ``.tex`` (TikZ) or ``.dot``. Returns the paths.
        """
        from pathlib import Path

        path, frames = Path(path_text(path)), self.frames()
        digits = max(2, len(str(len(frames))))
        return [frame.save(path.with_name(f"{path.stem}-{i:0{digits}}{path.suffix}")) for i, frame in enumerate(frames, start=1)]

    def handout(self, path: str | Path) -> Path:
        """Write a page to print, ``.html``: one frame a sheet. Returns the path."""
        return saved("a handout is", path, {".html": handout(self.frames(), self.description)})

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.description}>"


@named_options()
def play(
    output: Any, *, names: Names = None, level: str | None = None, inputs: Collection[Value] = (), parameters: Collection[Value] = (),
    limit: int = LIMIT, title: str = "", present: bool = False, digits: int | None = None,
    loss: Value | None = None, classes: Sequence[str] = (), by: str = "unit", rules: Sequence[str] = (),
) -> Player:  # fmt: skip
    """Step through the forward and the backward pass of ``output``, forth and back.

    Jupyter shows it, and ``play(x).save("x.html")`` writes a page that opens by a double click.
    One frame a step: the leaves, each node's value, the seed, and each term ``upstream * local derivative`` with the running sum,
    in symbols and in numbers. Buttons, a slider, the arrow keys and the space bar move it, a click on a node jumps there, and the
    fields below change a leaf and run both passes again. ``names``, ``inputs`` and ``parameters`` as in :func:`draw`;
    ``level="named"`` plays the nodes that have names.

    A list of Values, a model, and any output at ``level="network"`` is played as a network: ``by`` unit or ``by="layer"``,
    forward its values, backward δ, the gradient by the weighted sum, and with it the gradients by the weights. ``loss`` and
    ``classes`` as in :func:`draw`. A model is played with all inputs 0, as it records itself; ``play(model(x))`` shows others, and
    the fields change them.

    ``rules`` puts wrong passes beside the right one: ``("right", "overwrite", "breadth first")`` are players that step together, and
    the first number that differs is marked. Their numbers are those of the leaves as they are; the rules are those of the module
    :mod:`~autograd_core.derivatives.misconceptions`.

    ``present=True`` is to lecture from: each step first asks, with the next number hidden, and then answers. Numbers have six
    ``digits``, and four there and in networks. ``title`` stands above the formula, whose part in question is marked.

    >>> x = Value(3.0, "x")
    >>> play(x * x), play([(0.5 * x + 1.0).tanh()])
    (<player of 2 nodes and 5 steps>, <player of the network 1-1 with 5 steps>)

    Raises ``ValueError`` for a graph of more than ``limit`` nodes, and a :class:`LayoutError` that says what
    to install if there is no layout engine.
    """
    plays_network = level == "network" or (level is None and is_network(output))
    look = _look(title, present, digits, 4 if present or plays_network else 6)
    if isinstance(rules, str) or not hasattr(rules, "__iter__"):
        raise TypeError(f"rules is a list of names such as ('right', 'overwrite'), not {rules!r}")
    if plays_network and rules:
        raise ValueError("rules are shown on operations: leave out level='network'")
    if plays_network:
        return _play_network(output, names, inputs, parameters, loss, classes, by, limit, look)
    if loss is not None or classes or by != "unit":
        raise ValueError("loss, classes and by are options of players of networks: add level='network'")
    require_one_of("level", "operation" if level is None else level, ("operation", "named", "network"))
    view = View(output, names, inputs, parameters)
    return _play_graph((view.named() if level == "named" else view).whole(), limit, rules, look)


def _play_graph(scene: Scene, limit: int, rules: Sequence[str], look: Look) -> Player:
    """The player of single Values; or several, one for each of the rules."""
    if len(scene.nodes) > require_whole("limit", limit, 0):
        raise ValueError(f"the graph has {len(scene.nodes)} nodes, more than a person steps through (limit={limit}): play a part of it")
    right = passes_of(scene)
    if not rules:
        html = fragment(Show(right, _pictures(scene, look), expression_html(scene), [scene.output.key], look))
        lines = look.lines(expression_text(scene))
        description = f"player of {len(scene.nodes)} nodes and {len(right.frames)} steps"
        return Player(html, description, lambda: graph_stills(right, lines, look))
    fragments = []
    for rule in rules:
        passes = passes_by(scene, rule)
        own = look._replace(title=f"{look.title}: {rule}" if look.title else rule)
        difference = first_difference(right, passes, look.digits) or Difference.none(rule)
        pictures, expression = _pictures(passes.scene, look), expression_html(passes.scene)
        fragments.append(fragment(Show(passes, pictures, expression, [scene.output.key], own, difference)))
    return Player(side_by_side(fragments), f"{len(rules)} players of {len(scene.nodes)} nodes and {len(right.frames)} steps")


def _pictures(scene: Scene, look: Look) -> list[str]:
    """The graph from left to right, and unless it is large from top to bottom."""
    return [svg(scene, look.digits, rankdir) for rankdir in (("LR", "TB") if len(scene.nodes) <= UPRIGHT else ("LR",))]


def _look(title: str, present: bool, digits: int | None, usual: int) -> Look:
    require_kind("title is a text", title, str, "title='Backpropagation'")
    return Look(title, present, usual if digits is None else require_whole("digits", digits))


def _play_network(
    given: Any, names: Names, inputs: Collection[Value], parameters: Collection[Value], loss: Value | None, classes: Sequence[str],
    by: str, limit: int, look: Look,
) -> Player:  # fmt: skip
    """The player of a network."""
    require_one_of("by", by, ("unit", "layer"))
    called = called_by(variables_for(names))
    course = course_of(given, called, inputs, parameters, loss, by, limit, classes)
    lines = network_lines(course)
    passes = course.passes
    ends = [course.places[x] for x in dict.fromkeys([*course.outputs[:4], *([loss] if loss is not None else [])])]
    pictures = [diagram_svg(course, look.digits, rankdir, called, classes) for rankdir in ("LR", "TB")]
    show = Show(passes, pictures, network_html(passes, lines), ends, look)
    text = look.lines([f"{', '.join(passes.scene.nodes[key].name for key in keys)} = {formula}" for keys, formula in lines])
    description = f"player of the network {course.network.sizes} with {len(passes.frames)} steps"
    return Player(fragment(show), description, lambda: diagram_stills(course, look, called, classes, text))
