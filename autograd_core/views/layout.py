"""What pictures look like in DOT text, and running a layout engine: DOT text in, a picture out.

What runs programs is imported where it is needed: ``import autograd_core`` stays quick.

The engine is the command in the environment variable ``AUTOGRAD_CORE_DOT`` if that is set, else the
system's ``dot``, else the one that ``pip install "autograd-core[dot]"`` brings along.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

VARIABLE = "AUTOGRAD_CORE_DOT"
PACKAGE = "graphviz-pure"
REMEDY = 'python -m pip install "autograd-core[dot]"'


GREY = "#767676"  # on white and on black alike this has a contrast of at least 4.5
INK = "#111111"  # of the text in nodes, which have a light fill; their borders are grey, to be seen on a dark page too


class Style(NamedTuple):
    """How one sort of node looks: colours of Okabe and Ito, and a border that tells as much without colour."""

    label: str
    fill: str
    attributes: dict[str, str]


STYLES = {
    "input": Style("input", "#cfe8f7", {}),
    "parameter": Style("parameter", "#fbe3b0", {"penwidth": "2.4"}),
    "constant": Style("constant", "#e4e4e4", {"style": "filled,dashed"}),
    "operation": Style("operation", "#ffffff", {"style": "filled,rounded"}),
    "output": Style("output", "#bfe5d8", {"peripheries": "2"}),
}


class LayoutError(RuntimeError):
    """No layout engine was found, or it refused the text; the message says what to do."""


def find_engine() -> str:
    """The path of the layout engine; a :class:`LayoutError` that names the remedy if there is none."""
    import shutil

    wanted = os.environ.get(VARIABLE)
    if wanted:
        path = shutil.which(wanted)
        if path is None:
            raise LayoutError(f"the environment variable {VARIABLE} names {wanted!r}, which is no command here: correct or unset it")
        return path
    found = shutil.which("dot") or _packaged_engine()
    if found is None:
        raise LayoutError(f"drawing needs a layout engine: {REMEDY}  (or install Graphviz)")
    return found


def render(dot: str, kind: str = "svg", timeout: float = 60.0) -> bytes:
    """The picture of DOT text in the format ``kind`` (``svg``, ``png``, ``plain``, ...).

    Raises :class:`LayoutError` with what the engine said, or after ``timeout`` seconds.
    """
    import subprocess

    command = [find_engine(), f"-T{kind}"]
    try:
        result = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise LayoutError(f"the layout took longer than {timeout:g} s: draw at level='neuron' or 'layer', or a part of the graph") from None
    except OSError as error:
        raise LayoutError(f"{command[0]} cannot be run ({error}): {REMEDY}") from None
    if result.returncode != 0 or not result.stdout:
        said = " ".join(result.stderr.decode(errors="replace").split())[-1000:]
        hint = " (install Graphviz for more formats)" if kind not in ("svg", "png", "plain") else ""
        raise LayoutError(f"{command[0]} failed: {said}{hint}")
    return result.stdout


def with_titles(svg: str, about: str, titles: Mapping[str, Sequence[str]]) -> str:
    """The picture with what a browser shows under the pointer: over a node or an edge the next text for its name in DOT, elsewhere
    ``about``."""
    left = {name: iter(texts) for name, texts in titles.items()}

    def title(match: re.Match[str]) -> str:
        text = next(left.get(html.unescape(match[1]), iter(())), "") or about
        return f"<title>{html.escape(legal(text))}</title>" if text else ""

    if not titles:
        return svg
    svg = re.sub(r"<title>(\w+(?:&#45;&gt;\w+)?)</title>", title, svg)
    return re.sub(r"<svg\b[^>]*>", lambda match: f"{match[0]}\n<title>{html.escape(about)}</title>", svg, count=1) if about else svg


def _packaged_engine() -> str | None:
    """The program in the wheel of ``graphviz-pure``, wherever it was installed."""
    from importlib import metadata
    from pathlib import Path

    try:
        files = metadata.distribution(PACKAGE).files or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.stem == PACKAGE and file.suffix in ("", ".exe"):
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                return str(path)
    return None


def speed(nodes: int) -> dict[str, str]:
    """The attributes with which an engine draws so many nodes in a second or two, where it would take minutes to draw them best.

    >>> speed(20)
    {}
    """
    if nodes <= 60:
        return {}
    if nodes <= 300:
        return {"splines": "line", "nslimit": "1"}
    return {"splines": "line", "nslimit": "0", "mclimit": "0.001", "remincross": "false"}


def new_digraph(rankdir: str, nodes: int) -> Any:
    """An empty graph of the graphviz package for so many nodes, with the looks that all pictures share."""
    import graphviz  # type: ignore[import-untyped]

    graph = graphviz.Digraph()
    font = "Arial"  # one that layout engines know the widths of
    graph.attr("graph", **speed(nodes), rankdir=rankdir, bgcolor="transparent", fontname=font, fontcolor=GREY)
    graph.attr("node", shape="box", style="filled", fontname=font, fontsize="12", color=GREY, fontcolor=INK)
    graph.attr("edge", color=GREY, fontcolor=GREY, fontname=font, fontsize="11")
    return graph


def legend(sorts: Collection[str], note: str = "") -> str:
    """What the looks of these sorts of nodes mean: an HTML-like label, of one line and a note, for the whole picture."""
    cells = '<TD><FONT POINT-SIZE="11">legend</FONT></TD>'
    for name in [name for name in STYLES if name in sorts]:
        label, fill, attributes = STYLES[name]
        cell = f'BGCOLOR="{fill}"><FONT COLOR="{INK}" POINT-SIZE="11">{label}</FONT>'
        if "peripheries" in attributes:
            cell = f'CELLPADDING="2"><TABLE BORDER="1" CELLBORDER="0" CELLPADDING="2" {cell.replace(">", "><TR><TD>", 1)}</TD></TR></TABLE>'
        border = 2 if "penwidth" in attributes else 1
        look = attributes.get("style", "filled,solid").removeprefix("filled,")
        cells += f'<TD BORDER="{border}" STYLE="{look}" {cell}</TD>'
    table = f'<TABLE BORDER="0" CELLSPACING="6" CELLPADDING="4" COLOR="{GREY}"><TR>{cells}</TR></TABLE>'
    return f"<{with_note(table, note)}>"


def with_note(table: str, note: str) -> str:
    """An HTML-like table with a line of small text below it, which is left out if it is empty."""
    if not note:
        return table
    text = f'<TR><TD ALIGN="LEFT"><FONT POINT-SIZE="10">{in_cell(note)}</FONT></TD></TR>'
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR><TD ALIGN="LEFT">{table}</TD></TR>{text}</TABLE>'


def in_cell(text: str) -> str:
    """Text for a cell of an HTML-like label."""
    # A word joiner behind a backslash keeps \\N and its like from being replaced by the engine.
    return html.escape(legal(text).replace("\t", " "), quote=False).replace("\\", "\\\u2060").replace("\n", "<BR/>") or " "


def in_label(text: str) -> str:
    """Text for a plain DOT label: a backslash is a backslash, a new line a new line, and what stands between < and > no HTML."""
    return legal(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace("\n", "\\n")


def legal(text: str) -> str:
    """The text without the characters that XML does not allow."""
    return "".join(c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "\ufffd" for c in text)
