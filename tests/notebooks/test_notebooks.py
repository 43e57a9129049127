"""Every notebook of the course runs from start to end, and prints what its committed outputs show."""

import json
import re

import nbformat
import pytest
from execute import executed, notebooks, texts
from index import FIRST, TOPICS, index

NOTEBOOKS = {path.stem: path for path in notebooks([])}
ROWS = [*(f"A{i}" for i in range(1, 10)), *(f"B{i}" for i in range(1, 14)), *(f"C{i}" for i in range(1, 16)),
        *(f"D{i}" for i in range(1, 6)), *(f"E{i}" for i in range(1, 10)), *(f"F{i}" for i in range(1, 14))]  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_and_its_solutions_run_and_print_what_is_committed(name):
    committed = nbformat.read(NOTEBOOKS[name], as_version=4)
    fresh = executed(NOTEBOOKS[name])
    for before, after in zip(committed.cells, fresh.cells, strict=True):
        if "varies" not in before.metadata.get("tags", []):
            assert texts(after) == texts(before), before.source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_tidy(name):
    text = NOTEBOOKS[name].read_text()
    notebook = json.loads(text)
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{i}" for i in range(1, len(notebook["cells"]) + 1)]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not re.search(r"/(home|tmp|root|Users|work)/|site-packages", text)
    assert not any(output.get("name") == "stderr" for cell in code for output in cell["outputs"])


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_says_what_one_will_be_able_to_do_and_ends_with_exercises(name):
    cells = ["".join(cell["source"]) for cell in json.loads(NOTEBOOKS[name].read_text())["cells"] if cell["cell_type"] == "markdown"]
    assert re.search(r"you will be able to", "".join(cells[:4]), re.IGNORECASE)
    assert any(cell.startswith("## Exercises") for cell in cells)
    assert any("<details>" in cell for cell in cells)


def test_every_row_of_the_curriculum_has_a_section_that_the_index_points_to():
    assert list(TOPICS) == ROWS
    cells = json.loads(FIRST.read_text(encoding="utf-8"))["cells"]
    printed = ["".join(cell["source"]) for cell in cells if "index" in cell["metadata"].get("tags", [])]
    assert printed == [index()], "run python tests/notebooks/index.py"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_headings_stand_in_cells_of_their_own_and_speak_no_code(name):
    for cell in json.loads(NOTEBOOKS[name].read_text())["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and re.search(r"^#{1,3} ", text, re.MULTILINE):
            assert len(text.splitlines()) == 1
            assert not re.search(r"\b[A-F]\d+\b", text)
