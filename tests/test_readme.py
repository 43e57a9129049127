"""The README is one page, and says nothing that is not so: its links lead somewhere, and its numbers are those of the tree."""

import re
from pathlib import Path

import code_map

import autograd_core
from autograd_core import TABLE, functions

TOP = Path(__file__).parents[1]
README = TOP.joinpath("README.md").read_text("utf-8")


def test_it_is_one_page():
    assert len(README.splitlines()) <= 150


def test_every_picture_and_file_that_is_linked_is_there_and_no_picture_is_left_over():
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert len(linked) >= 20
    assert [path for path in linked if not TOP.joinpath(path).exists()] == []
    assert {path.name for path in (TOP / "notebooks/pictures").iterdir()} == {Path(path).name for path in linked if "/pictures/" in path}


def test_every_notebook_and_page_is_linked_from_it_or_from_the_index_of_the_course():
    first = TOP.joinpath("notebooks/01_neuron_and_perceptron.ipynb").read_text("utf-8")
    teachers = TOP.joinpath("notebooks/teachers.md").read_text("utf-8")
    for path in (TOP / "notebooks").glob("*.*"):
        assert path.name in README or path.name in first or path.name in teachers
        assert path.suffix == ".md" or path.name in teachers


def test_the_code_map_is_the_tree():
    assert code_map.code_map() in README, "run python tests/code_map.py"


def test_its_numbers_are_those_of_the_tree():
    (lines,) = re.findall(r"one sitting \| (\d+) lines", README)
    assert int(lines) == len(TOP.joinpath("autograd_core/value.py").read_text("utf-8").splitlines())
    (operations,) = re.findall(r"\| operations \| more than (\d+),", README)
    assert int(operations) < sum(not row.internal for name, row in TABLE.items() if name in functions._BUILT_IN)
    assert f"version = {{{autograd_core.__version__}}}" in README
    assert f"has {len(list((TOP / 'notebooks').glob('*.ipynb')))} notebooks" in README.replace("fifteen", "15")
