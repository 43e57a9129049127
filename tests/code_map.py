"""The code map of the README, read off the tree: a line for each room, with what its docstring says and the files that stand in it.

``python tests/code_map.py`` writes it anew between its two marks in README.md.
"""

import ast
from pathlib import Path

TOP = Path(__file__).parent.parent
README = TOP / "README.md"
START, END = "<!-- code map -->\n", "<!-- end of the code map -->\n"


def first_sentence(path):
    """The first line of a file's docstring, without its full stop."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0].rstrip(".")


def rooms():
    """Both packages, their folders, and what stands beside the notebooks, each with the file that describes it."""
    for package in ("autograd_core", "nn", "notebooks"):
        for description in sorted((TOP / package).rglob("__init__.py"), key=lambda path: path.parent):
            room = description.parent
            inside = ", ".join(sorted(file.stem for file in room.glob("*.py") if not file.stem.startswith("__")))
            yield f"`{room.relative_to(TOP)}/`", first_sentence(description), inside


def code_map():
    """One table, in Markdown."""
    return "\n".join(["| room | what for | files |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rooms()), ""])


if __name__ == "__main__":
    before, _, rest = README.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{START}\n{code_map()}\n{END}{after}", encoding="utf-8")
