"""Write notebooks as pages that need no network: the mathematics is MathML, which browsers draw themselves.

    pip install -e ".[browser]"
    python tests/notebooks/export.py pages          # all of them, into the folder pages
    python tests/notebooks/export.py pages 03 06
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import nbformat
from execute import notebooks
from latex2mathml.converter import convert
from nbconvert import HTMLExporter

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_FUNCTION = re.compile(r"(\\(?:sin|cos|tan|tanh|log|ln|exp|max|min))\s+(?=[\w\\])")  # MathML would set sin u without a space
_MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", re.DOTALL)


def in_mathml(text: str) -> str:
    """Markdown with every formula between dollar signs as MathML; code stays as it is."""

    def drawn(match: re.Match[str]) -> str:
        formula = _FUNCTION.sub(r"\1\\,", match[1] or match[2])
        drawing = convert(formula, display="block" if match[1] else "inline").replace("\n", " ")
        return re.sub('columnalign="(left|right)"', r'style="text-align: \1"', drawing)  # browsers follow the style alone

    return "".join(part if part.startswith("`") else _MATHS.sub(drawn, part) for part in _CODE.split(text))


def on_one_line(latex: str) -> str:
    """A formula that is shown by a cell, without line ends; lines that are aligned in the environment that the converter knows."""
    text = " ".join(latex.split())
    aligned = re.fullmatch(r"\$\\displaystyle \\begin\{aligned\}(.*)\\end\{aligned\}\$", text)
    return rf"$$\begin{{align*}}{aligned[1]}\end{{align*}}$$" if aligned else text


def page(path: Path) -> str:
    """A notebook as one self-contained page."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = in_mathml(cell.source)
        for output in cell.get("outputs", []):
            data: dict[str, Any] = output.get("data", {})
            if "text/latex" in data:
                data["text/html"] = in_mathml(on_one_line(data.pop("text/latex")))
    text, _ = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="").from_notebook_node(notebook)
    return re.sub(r'<script src="https?:[^>]*></script>', "", text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pages go")
    parser.add_argument("names", nargs="*", help="the beginnings of the names of notebooks")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    for path in notebooks(options.names):
        (options.folder / f"{path.stem}.html").write_text(page(path), encoding="utf-8")


if __name__ == "__main__":
    main()
