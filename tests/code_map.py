"""The code map of the README, read off the tree: a line for each file and each room, with what its docstring says.

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


def rooms(package):
    """The files of a package, and its folders, each with the file that describes it."""
    for path in sorted((TOP / package).iterdir(), key=lambda path: (path.is_dir(), path.name)):
        if path.is_dir() and (path / "__init__.py").is_file():
            inside = ", ".join(sorted(file.stem for file in path.glob("*.py") if file.stem != "__init__"))
            yield f"`{path.name}/`", f"{first_sentence(path / '__init__.py')} ({inside})"
        elif path.suffix == ".py" and path.stem != "__init__":
            yield f"`{path.name}`", first_sentence(path)


def code_map():
    """Two tables, in Markdown."""
    lines = []
    for package in ("autograd_core", "nn"):
        lines += [f"| `{package}/` | {first_sentence(TOP / package / '__init__.py')} |", "|---|---|"]
        lines += [f"| {name} | {text} |" for name, text in rooms(package)]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    before, _, rest = README.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{START}\n{code_map()}\n{END}{after}", encoding="utf-8")
