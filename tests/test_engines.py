"""Grading engines that students write: right ones pass, and each slip is caught by some check and named."""

import json
import math
import os

import pytest

from autograd_core import Value, grade
from autograd_core.__main__ import main
from autograd_core.teaching.engines import TASKS, engine_in

ENGINE = '''
import math

class Value:
    def __init__(self, data, parents=(), locals=()):
        self.data, self.grad, self.parents, self.locals = data, 0.0, parents, locals

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1.0 - t * t,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1
    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, local in zip(node.parents, node.locals):
                parent.grad += node.grad * local
'''
BREAKS = {  # a line of the engine, what a student writes instead, the first task that fails, and words of what is said
    "overwrite": ("parent.grad += node.grad * local", "parent.grad = node.grad * local", 4, "instead of adding"),
    "forgot upstream": ("parent.grad += node.grad * local", "parent.grad += local", 4, "without the gradient from above"),
    "no set": ("if node not in seen:", "if True:", 4, "once for each path"),
    "mixed": ("(other.data, self.data)", "(self.data, other.data)", 3, "derivative of the other"),
    "no order": ("                seen.add(node)\n", "                seen.add(node)\n                order.append(node)\n", 3, ""),
    "kept interior": ("                node.grad = 0.0", "                pass", 6, "interior nodes"),
    "no reflected": ("__radd__, __rmul__ = __add__, __mul__", "pass", 2, "TypeError"),
    "sign": ("return self + (-other)", "return self + other", 5, "its data is"),
    "tanh at the output": ("(1.0 - t * t,)", "(1.0 - math.tanh(t) ** 2,)", 5, "at its output"),
    "power": ("(n * self.data ** (n - 1),)", "(self.data**n,)", 5, "took the value of a function for its derivative"),
    "not written": ("t = math.tanh(self.data)", "raise NotImplementedError", 5, "is not written yet"),
    "no backward": ("        self.grad = 1.0\n", "        return\n", 3, "nothing has arrived"),
    "grad at 1": ("self.data, self.grad, self.parents, self.locals = data, 0.0,", "self.data, self.grad, self.parents, self.locals = data, 1.0,",
                  1, "before any backward pass"),
}  # fmt: skip


def engine(text):
    names = {}
    exec(text, names)
    return names["Value"]


def test_a_right_engine_passes_every_task_and_so_does_ours():
    assert grade(engine(ENGINE)).passed == grade(Value).passed == list(TASKS)


@pytest.mark.parametrize("name", BREAKS)
def test_a_slip_fails_at_its_task_and_is_named(name):
    line, slip, task, words = BREAKS[name]
    assert line in ENGINE
    grades = grade(engine(ENGINE.replace(line, slip, 1)))
    wrong = [finding for finding in grades.findings if finding.message]
    assert wrong[0].task == task
    assert any(words in finding.message for finding in wrong)
    assert grades.passed[: task - 1] == list(TASKS)[: task - 1]


@pytest.mark.parametrize("value", [None, "3", math.nan, 1j, [3.0]])
def test_what_is_no_number_is_wrong_and_nothing_is_raised(value):
    class Odd:
        def __init__(self, data):
            self.data, self.grad = value, value

    assert grade(Odd).passed == []


def test_a_notebook_and_a_file_are_graded_from_the_shell(tmp_path, capsys):
    source = ENGINE.strip().splitlines(keepends=True)
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", "print('noise')"]}, {"cell_type": "markdown", "source": "Value"},
             {"cell_type": "code", "source": source}]  # fmt: skip
    notebook, script = tmp_path / "mine.ipynb", tmp_path / "mine.py"
    notebook.write_text(json.dumps({"cells": cells}))
    script.write_text(ENGINE.replace("+= node.grad * local", "= node.grad * local"))
    assert main(["grade", str(notebook)]) == 0
    assert "noise" not in capsys.readouterr().out
    assert main(["grade", str(script)]) == 1
    assert "instead of adding to it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("a.py", "x = 1", "defines no class Value"), ("a.py", "1/0", "the code stops with ZeroDivisionError"), ("a.ipynb", "[]", "neither a notebook"),
     ("a.txt", "{", "neither a notebook"), ("a.py", "def", "SyntaxError"), ("a.py", "raise SystemExit(0)", "the code stops with SystemExit"),
     ("a.ipynb", "[" * 100_000, "neither a notebook"), ("a.ipynb", '{"cells": [null]}', "neither a notebook"), ("a.py", "\0", "the code stops")],
)  # fmt: skip
def test_a_file_without_an_engine_is_one_sentence(tmp_path, name, text, words, capsys):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        engine_in(path)
    assert main(["grade", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_what_might_never_end_is_not_read(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.py")
    for path in (str(tmp_path / "pipe.py"), "/dev/zero"):
        assert main(["grade", path]) == 2
        assert "neither a notebook nor a Python file" in capsys.readouterr().err


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", "# coding: latin-1\nname = 'é'\n".encode("latin-1")])
def test_a_file_is_read_in_the_encoding_that_it_says(head, tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(head + ENGINE.encode())
    assert grade(engine_in(path)).passed == [1, 2, 3, 4, 5, 6]


def test_an_engine_that_ends_the_program_is_wrong_and_does_not():
    class Ending:
        def __init__(self, data):
            raise SystemExit(0)

    assert grade(Ending).passed == []


def test_a_cell_that_stops_is_told_and_those_behind_it_are_run(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    cells = ["x = = 1", "import math\nundefined", ENGINE]
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}))
    assert main(["grade", str(path)]) == 0
    said = capsys.readouterr().err
    assert "cell 1 stops with SyntaxError: invalid syntax" in said
    assert "cell 2 stops with NameError: name 'undefined' is not defined" in said
    assert said.count("\n") == 2
    assert main(["grade", "--help"]) == 0
    assert "usage: python -m autograd_core grade" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["grade"], ["grade", "a.py", "b.py"], ["grade", "none.py"]])
def test_grade_needs_one_file_that_is_there(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("tasks", [0, 1, 2, 3])
def test_what_comes_after_the_first_unfinished_task_is_not_written_yet(tasks):
    """A class that ends where the student is: what is missing, or still the placeholder, is told from what is wrong."""
    at = {name: ENGINE.index(f"    def {name}") for name in ("__init__", "__add__", "__pow__", "backward")}
    operators = ENGINE[at["__add__"] : at["__pow__"]] + "    __radd__, __rmul__ = __add__, __mul__\n"
    parts = [ENGINE[at["__init__"] : at["__add__"]], operators, ENGINE[at["backward"] :]]
    skeleton = "    def __init__(self, data): raise NotImplementedError\n" if tasks == 0 else ""
    found = grade(engine("import math\nclass Value:\n" + skeleton + "".join(parts[:tasks])))
    done = {0: 0, 1: 1, 2: 2, 3: 4}[tasks]
    assert found.passed == list(range(1, done + 1))
    assert {finding.message for finding in found.findings if finding.task > done and finding.what != "two passes"} == {"is not written yet"}


def test_a_result_that_is_none():
    found = grade(engine(ENGINE.replace("return Value(self.data + other.data, (self, other), (1.0, 1.0))", "...")))
    assert found.findings[1].message == "gives None: it is not written yet, or its return is missing"
