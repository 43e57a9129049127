"""The index of the course in its first notebook: each topic of the lectures, and the section that teaches it.

A heading is tagged with the rows of the curriculum that stand under it. ``python tests/notebooks/index.py`` writes the index anew.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "notebooks"
TOPICS = {
    "A1": "the model neuron", "A2": "four systems of one neuron", "A3": "threshold units, and what happens at 0", "A4": "a perceptron by hand",
    "A5": "the perceptron learning rule", "A6": "gates", "A7": "XOR and hidden layers", "A8": "regions and unions of polyhedra",
    "A9": "perceptrons by design",
    "B1": "multilayer perceptrons", "B2": "counting parameters", "B3": "activations", "B4": "a forward pass by hand", "B5": "losses",
    "B6": "softmax", "B7": "one sigmoid or two softmax outputs", "B8": "heads for regression and classes", "B9": "stacks of linear layers",
    "B10": "universal approximation, capacity, depth", "B11": "weights as feature detectors", "B12": "shared weights",
    "B13": "convex or not",
    "C1": "backpropagation through one neuron", "C2": "two paths to a weight", "C3": "a chain with shared parts", "C4": "graphs and their formulas",
    "C5": "what one backward pass saves", "C6": "a branching network", "C7": "the algorithm", "C8": "sin(x²)", "C9": "a step of one neuron",
    "C10": "a step of a 2-2-1 network", "C11": "the quiz", "C12": "delta rules", "C13": "matrix derivatives", "C14": "a network of 17 parameters",
    "C15": "the cost of both passes",
    "D1": "finite differences", "D2": "symbolic derivatives", "D3": "reverse mode", "D4": "forward mode", "D5": "all four side by side",
    "E1": "batches", "E2": "optimisers and schedules", "E3": "regularisation", "E4": "initialisation", "E5": "data, validation, early stopping",
    "E6": "debugging a network", "E7": "search", "E8": "two ways to write training", "E9": "handwritten digits beside other libraries",
    "F1": "the cost of a network of two layers", "F2": "conventions at 0", "F3": "networks as circles and arrows",
    "F4": "graphs of named quantities", "F5": "a classifier of one input", "F6": "losses and outputs as surfaces", "F7": "a layer as a module",
    "F8": "the polls of the lectures", "F9": "convexity, closed form, superposition", "F10": "more matrix derivatives",
    "F11": "the cube, sparse and dense, width and depth", "F12": "a misprint", "F13": "the words of PyTorch and Keras",
}  # fmt: skip


FIRST = FOLDER / "01_neuron_and_perceptron.ipynb"


def sections() -> dict[str, tuple[str, str]]:
    """For each topic its notebook, and the heading that is tagged with it."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for row in cell["metadata"].get("tags", []):
                if row in TOPICS:
                    found.setdefault(row, (path.name, "".join(cell["source"]).strip("# ")))
    return found


def index() -> str:
    """The index, in Markdown; a topic without a section is a ``KeyError``."""
    found = sections()
    lines = ["| topic | notebook | section |", "| --- | --- | --- |"]
    for row, topic in TOPICS.items():
        name, heading = found[row]
        lines.append(f"| {topic} | {name[:2]} | [{heading}]({name}#{heading.replace(' ', '-')}) |")
    return "\n".join(lines)


def main() -> None:
    notebook = json.loads(FIRST.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if "index" in cell["metadata"].get("tags", []))
    cell["source"] = index().splitlines(keepends=True)
    FIRST.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
