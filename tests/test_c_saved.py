"""Programs written as C files of their own, which need nothing but a C compiler."""

import itertools
import math
import subprocess
from functools import reduce

import pytest
from test_programs import CASES, first_defined

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients
from autograd_core.programs import c_source

pytestmark = pytest.mark.usefixtures("cache")
STRICT = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]


MAIN_SINGLE = """\
#include <stdio.h>
void program(const double *parameters, const double *inputs, double *value, double *gradients);
int main(void)
{
    const double parameters[] = {PARAMETERS}, inputs[] = {INPUTS};
    double value, gradients[COUNT + 1];
    program(parameters, inputs, &value, gradients);
    printf("%.17g\\n", value);
    for (int i = 0; i < COUNT; i++) printf("%.17g\\n", gradients[i]);
    return 0;
}
"""
MAIN_LIST = MAIN_SINGLE.replace("double *value, double *gradients", "double *values")
MAIN_LIST = MAIN_LIST.replace("double value, gradients[COUNT + 1]", "double values[COUNT]").replace("&value, gradients", "values")
MAIN_LIST = MAIN_LIST.replace('    printf("%.17g\\n", value);\n', "").replace("gradients[i]", "values[i]")


def run_c(folder, one, main, count, parameters, inputs=()):
    """The numbers that the saved program prints, built by a strict compiler apart from its ``main``, which knows the arguments."""
    one.save_c(folder / "program.c")
    for word, numbers in (("PARAMETERS", parameters), ("INPUTS", inputs)):
        main = main.replace(word, ", ".join(map(repr, [*numbers, 0.0])))
    (folder / "main.c").write_text(main.replace("COUNT", str(count)))
    built = subprocess.run([*STRICT, "program.c", "main.c", "-o", "run", "-lm"], cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[:2000]
    printed = subprocess.run([str(folder / "run")], capture_output=True, text=True, check=True).stdout
    return [float(line) for line in printed.split()]


def everything():
    """A graph with every row of the table in it, and its leaves."""
    leaves = [[Value(x) for x in first_defined(case)] for case in CASES]
    terms = [case.f(*own) for case, own in zip(CASES, leaves)]
    return terms, list(itertools.chain(*leaves))


def in_all_dialects(graph, wrt, inputs, points, folder, main, count):
    python, c = compile_graph(graph, wrt, inputs), compile_graph(graph, wrt, inputs, "c")
    for parameters, values in points:
        expected = python(parameters, values)
        assert c(parameters, values) == expected
        flat = [expected[0], *expected[1]] if isinstance(expected, tuple) else expected
        assert all(map(math.isfinite, flat))
        assert run_c(folder, c, main, count, parameters, values) == flat


def test_a_saved_program_with_every_row_prints_the_numbers_of_the_python_program(tmp_path):
    terms, wrt = everything()
    weights = [Value(0.5 + 0.01 * i, "weight") for i in range(len(terms))]
    graph = ac.dot(weights, [ac.tanh(term * 1e-3) for term in terms])
    point = [leaf.data for leaf in wrt], [weight.data for weight in weights]
    in_all_dialects(graph, wrt, weights, [point], tmp_path, MAIN_SINGLE, len(wrt))


def test_a_saved_program_of_a_list_with_every_row_prints_the_numbers_of_the_python_program(tmp_path):
    terms, inputs = everything()
    in_all_dialects(terms, [], inputs, [([], [leaf.data for leaf in inputs])], tmp_path, MAIN_LIST, len(terms))


def a_graph():
    x, y, far = Value(0.5, "double"), Value(-2.0, "M_PI"), Value(1.0, "*/ é")
    out = ac.relu(x - y) * ac.hypot(x, y) - ac.maximum(-x, y) ** 3 / (x + 4.0) + ac.logsumexp([x, y, 2.0]) - ac.TABLE["neg"](-x)
    return out, x, y, far


POINTS = [([0.5, 3.0, -1.0], [-2.0]), ([-2.5, 3.0, -1.0], [7.0]), ([0.0, 0.0, 0.0], [0.0]),
          ([1e-300, 1.0, 1.0], [1e8]), ([1.5, 0.0, 0.0], [1.5])]  # fmt: skip


def test_a_saved_program_is_right_on_every_side_of_its_kinks(tmp_path):
    out, x, y, far = a_graph()
    in_all_dialects(out, [x, far, Value(4.0)], [y], POINTS, tmp_path, MAIN_SINGLE, 3)
    in_all_dialects([*gradients(out, [x, y]), x, Value(7.0), out], [x, far, Value(4.0)], [y], POINTS, tmp_path, MAIN_LIST, 5)


def test_a_saved_program_in_chunks_prints_the_numbers_of_the_python_program(tmp_path, monkeypatch):
    long = reduce(lambda at, i: ac.relu(at * 0.999 + i % 3), range(2_500), x := Value(0.3, "x"))
    in_all_dialects(long, [x], [], [([0.7], [])], tmp_path, MAIN_SINGLE, 1)
    assert "chunk_1(" in (tmp_path / "program.c").read_text()
    monkeypatch.setattr(c_source, "PLAIN_PART", 3)
    out, x, y, far = a_graph()
    in_all_dialects(out, [x, far, Value(4.0)], [y], POINTS[:2], tmp_path, MAIN_SINGLE, 3)
    assert "chunk_3(" in (tmp_path / "program.c").read_text()


def test_a_saved_program_says_how_it_is_called_and_needs_only_math(tmp_path):
    out, x, y, far = a_graph()
    compile_graph(out, [x, far], [y], "c").save_c(tmp_path / "program.c")
    text = (tmp_path / "program.c").read_text()
    assert text.startswith("/* void program(const double *parameters, const double *inputs, double *value, double *gradients)")
    assert [line for line in text.splitlines() if line.startswith("#include")] == ["#include <math.h>"]
    assert text.isascii()
    weight, price = Value(0.5, "weight"), Value(2.0, "price")
    for inputs, results, names in (
        ([price], "value[0] is the value, and gradients[i] its derivative by parameters[i]", "price"),
        ([], "values[i] is output i", "none"),
    ):
        outputs = weight * price if inputs else [weight * price]
        compile_graph(outputs, [weight], inputs, "c").save_c(tmp_path / "program.c")
        said = (tmp_path / "program.c").read_text().partition("*/")[0]
        assert f"\n   {results}.\n" in said
        assert f"\n     parameters: weight\n     inputs: {names}\n" in said
