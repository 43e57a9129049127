"""Run the notebooks of the course, keep their outputs, and print the table of what was run.

    pip install -e ".[notebooks,test]"
    python tests/notebooks/execute.py                 # all of them, in place
    python tests/notebooks/execute.py 03 --check      # one of them, without writing

A notebook is written so that a second run changes nothing but pictures: cells have stable ids, and there are no times,
paths or warnings in it. A cell tagged ``varies`` may print other numbers each time, such as a measured time.
"""

from __future__ import annotations

import argparse
import base64
import io
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[2] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def notebooks(names: list[str]) -> list[Path]:
    """The notebooks whose names start with one of ``names``; all without names."""
    return [path for path in sorted(FOLDER.glob("*.ipynb")) if not names or path.name.startswith(tuple(names))]


def executed(path: Path) -> Any:
    """The notebook with fresh outputs, printed text in one piece; an error in a cell, or in a solution of an exercise, is raised."""
    notebook = nbformat.read(path, as_version=4)
    count = len(notebook.cells)
    notebook.cells += [nbformat.v4.new_code_cell(code) for code in solutions(notebook)]
    # Only a cell that hangs meets the limit.
    client = NotebookClient(notebook, timeout=1200, startup_timeout=1200, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    del notebook.cells[count:]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    return notebook


def solutions(notebook: Any) -> list[str]:
    """The Python in the folded solutions of the exercises."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [code for text in texts for folded in re.findall(r"<details>.*?</details>", text, re.DOTALL)
            for code in re.findall(r"```python\n(.*?)```", folded, re.DOTALL)]  # fmt: skip


def tidied(notebook: Any) -> Any:
    """The notebook without what differs from run to run."""
    notebook.metadata = nbformat.from_dict({**METADATA})
    for i, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{i}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if "data" in output:
                if "image/png" in output.data:
                    output.data["image/png"] = in_few_colours(output.data["image/png"])
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    return notebook


def in_few_colours(png: str) -> str:
    """A plot in 256 colours, which looks the same and takes a third of the bytes."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    on_white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    file = io.BytesIO()
    on_white.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def joined(outputs: list[Any]) -> list[Any]:
    """The outputs with printed text that follows printed text in one piece: where a kernel cuts it is a matter of time."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == found[-1].output_type == "stream" and output.name == found[-1].name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def texts(cell: Any) -> list[str]:
    """What a reader can read of a cell's outputs, without addresses of objects and sizes of pictures."""
    found = []
    for output in cell.get("outputs", []):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        found.append(re.sub(r"0x[0-9a-f]{6,}|<Figure size [^>]*>", "", text))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="the beginnings of the names of notebooks")
    parser.add_argument("--check", action="store_true", help="run, and write nothing")
    options = parser.parse_args()
    print("| notebook | cells run | outputs | pictures | seconds |\n| --- | ---: | ---: | ---: | ---: |")
    for path in notebooks(options.names):
        start = time.perf_counter()
        notebook = executed(path)
        seconds = time.perf_counter() - start
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        outputs = [output for cell in code for output in cell.outputs]
        pictures = sum("data" in output and any(kind.startswith(("image/", "text/html")) for kind in output.data) for output in outputs)
        print(f"| [{path.stem}](notebooks/{path.name}) | {len(code)} | {len(outputs)} | {pictures} | {seconds:.0f} |")
        sys.stdout.flush()
        if not options.check:
            nbformat.write(tidied(notebook), path)


if __name__ == "__main__":
    main()
