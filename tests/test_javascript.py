"""The javascript dialect in Node: its arithmetic is eager's to the bit, and its functions are within a few ulp of Python's.

A program is compared in two steps, which need no tolerance for what a graph does to a rounding. Node reports every
call of a function with its arguments and its result: each is held against Python's math. Then the program in Python
runs on the results that Node had, and must give Node's value and gradients, all bits of them.
"""

import json
import math
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from in_node import OWN_ULPS, bits, in_node, replayed, ulps_apart, wrong_calls
from test_program_graphs import AWKWARD, DIALECTS, FEW, chosen, graph_of_names, graphs
from test_program_scale import CHUNKED_IN_C, short_chunks  # noqa: F401  a fixture
from test_programs import CASES, eager, first_defined

import autograd_core as ac
from autograd_core import Value, compile_graph
from autograd_core.programs.javascript import HELPERS, row_functions


@pytest.fixture(scope="module")
def node():
    found = shutil.which("node")
    assert found, "these tests run programs in Node: apt-get install nodejs"
    return found


def assert_as_in_python(node, compiled):
    """Each of ``compiled``: an output, its leaves in their roles, and the points to try it at."""
    programs = [[compile_graph(out, wrt, inputs, dialect) for dialect in ("javascript", "python")] for out, wrt, inputs, _ in compiled]
    tried = [(javascript, points) for (javascript, _), (*_, points) in zip(programs, compiled)]
    wrong, checked = [], 0
    for (javascript, python), (_, points), results in zip(programs, tried, in_node(node, tried), strict=True):
        for point, (numbers, calls) in zip(points, results, strict=True):
            wrong += wrong_calls(calls)
            try:
                expected = replayed(python.source, calls, point)
            except (ValueError, ArithmeticError):
                assert not all(map(math.isfinite, numbers)), (javascript.source, point)
                continue
            if not all(map(math.isfinite, expected)):
                continue
            checked += 1
            if list(map(bits, numbers)) != list(map(bits, expected)):
                wrong.append((javascript.source, point, numbers, expected))
    assert wrong == [], "\n".join(map(str, wrong[:20]))
    return checked


def test_every_row_of_the_table_gives_in_node_what_it_gives_in_python(node):
    compiled = []
    for case in CASES:
        w, leaves = Value(2.0), [Value(x) for x in first_defined(case)]
        points = [([weight, *xs], []) for xs in case.points for weight in (1.0, -0.75)]
        compiled.append((w * case.f(*leaves), [w, *leaves], [], points))
    assert assert_as_in_python(node, compiled) > 5_000


def test_every_row_is_near_eager_and_not_finite_where_eager_raises(node):
    """Directly, for the reader who mistrusts the replay; the derivatives of saturating rows lose digits to 1 - out * out."""
    compiled = []
    for case in CASES:
        w, leaves = Value(2.0), [Value(x) for x in first_defined(case)]
        compiled.append((compile_graph(w * case.f(*leaves), [w, *leaves], dialect="javascript"), [([1.0, *xs], []) for xs in case.points]))
    for case, results in zip(CASES, in_node(node, compiled), strict=True):
        for xs, (numbers, _) in zip(case.points, results, strict=True):
            expected, finite = eager(case, xs, 1.0)
            if isinstance(expected, Exception):
                assert not all(map(math.isfinite, numbers)), (case.label, xs)
            elif finite:
                loose = max(case.loose * max(1.0, abs(expected[0])), 1e-300)
                assert numbers == pytest.approx(expected, rel=1e-11, abs=loose), (case.label, xs)


def as_in_python_at_its_points(node, graph):
    _, leaves, roles, out, points = graph
    at = [(chosen(xs, roles, "wrt"), chosen(xs, roles, "inputs")) for xs in points]
    assert_as_in_python(node, [(out, chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs"), at)])


@FEW
@given(graphs())
def test_a_random_graph_gives_in_node_what_it_gives_in_python(node, graph):
    as_in_python_at_its_points(node, graph)


@CHUNKED_IN_C
@given(graphs())
def test_a_random_graph_in_chunks_gives_in_node_what_it_gives_in_python(node, short_chunks, graph):  # noqa: F811
    as_in_python_at_its_points(node, graph)


def test_only_the_helpers_that_are_used_are_there():
    x = Value(0.5, "x")
    for f, names in [(ac.tanh, []), (ac.erf, ["copysign", "erf", "erfc", "exp_minus_square"]), (lambda v: v**2.5, ["pow"])]:
        source = compile_graph(f(x), [x], dialect="javascript").source
        assert re.findall(r"^function (\w+)", source, re.MULTILINE) == [*names, "program"]


def test_no_name_disturbs_a_program(node):
    words = ["await", "let", "yield", "static", "arguments", "eval", "undefined", "NaN", "Infinity", "Math", "copysign", "pow", "fmod", "of"]
    leaves, out = graph_of_names([*AWKWARD, *words])
    assert assert_as_in_python(node, [(out, leaves[::2], leaves[1::2], [[[x.data for x in part] for part in (leaves[::2], leaves[1::2])]])]) == 1


def test_the_error_functions_are_within_some_ulp_everywhere(node):
    x = Value(1.0, "x")
    xs = [sign * k / 64 for k in range(27 * 64) for sign in (1, -1)] + [1e-300, 5e-324, -0.0, math.inf, -math.inf, 30.0, -30.0, 0.4999, 0.5, 1.0]
    one = compile_graph([ac.erf(x), ac.erfc(x)], [], [x], "javascript")
    results = next(in_node(node, [(one, [([], [x]) for x in xs])]))
    worst = {"erf": 0.0, "erfc": 0.0}
    for at, (numbers, _) in zip(xs, results, strict=True):
        for (name, found), function in zip(zip(worst, numbers), (math.erf, math.erfc)):
            exact = function(at)
            assert math.copysign(1.0, found) == math.copysign(1.0, exact)
            worst[name] = max(worst[name], ulps_apart(found, exact))
    assert max(worst.values()) <= OWN_ULPS, worst


def test_a_function_of_math_can_be_a_helper(node):
    row = ac.primitive("remainder_of", "fmod(x, 0.75)", lambda out, x: 1.0)
    try:
        x = Value(2.0, "x")
        xs = [2.0, -2.0, 0.0, -0.0, 1e300, 5e-324]
        one = compile_graph(row(x), [], [x], "javascript")
        results = next(in_node(node, [(one, [([], [at]) for at in xs])]))
    finally:
        del ac.TABLE["remainder_of"]
    assert [bits(numbers[0]) for numbers, _ in results] == [bits(math.fmod(at, 0.75)) for at in xs]


def test_what_javascript_lacks_is_named():
    row = ac.primitive("stirling", "lgamma(x)", lambda out, x: ac.log(x))
    try:
        x = Value(3.0, "x")
        with pytest.raises(ValueError, match="stirling cannot be written in the javascript dialect, which has no lgamma"):
            compile_graph(row(x), [x], dialect="javascript")
    finally:
        del ac.TABLE["stirling"]


def a_loss():
    w, x = Value(0.5, "w"), Value(2.0, "x")
    return (w * x - 1.25) * w / x, w, x


@pytest.mark.parametrize(("ending", "load"), [
    (".js", "const program = require(FILE);"), (".cjs", "const program = require(FILE);"), (".mjs", "import { program } from FILE;"),
    (".js", 'require("vm").runInThisContext(require("fs").readFileSync(FILE, "utf8"));'),
])  # fmt: skip
def test_a_saved_file_is_loaded_as_its_comments_say(ending, load, node, tmp_path):
    out, w, x = a_loss()
    path = compile_graph(out, [w], [x], "javascript").save(tmp_path / f"program{ending}")
    script = tmp_path / f"main{'.mjs' if ending == '.mjs' else '.cjs'}"
    script.write_text(load.replace("FILE", json.dumps(str(path))) + "\nconsole.log(JSON.stringify(program([3.0], [0.5])));\n")
    printed = subprocess.run([node, str(script)], capture_output=True, text=True, check=True).stdout
    value, found = compile_graph(out, [w], [x])([3.0], [0.5])
    assert json.loads(printed) == [value, found]


def test_calling_it_in_python_says_where_it_runs():
    out, w, x = a_loss()
    program = compile_graph(out, [w], [x], "javascript")
    for call in (lambda: program([0.5], [2.0]), lambda: program.batch([0.5], [[2.0]])):
        with pytest.raises(TypeError, match=r"the javascript dialect does not run in Python: write it with save\('program\.js'\)"):
            call()
    assert repr(program) == f"<javascript program of {program.source.count(chr(10))} lines: 1 parameters, 1 inputs>"
    assert [name for name, made in ac.DIALECTS.items() if made.runs_here] == DIALECTS


def test_the_zero_that_cuts_a_path_is_a_zero_as_an_operand_of_every_row(node):
    rows = {name: row for name, row in ac.TABLE.items() if row.arity and name not in ("chain", "merge")}  # which tell it from 0
    page = "\n".join(HELPERS.values()) + "const rows = {" + ",".join(f"{json.dumps(n)}: {row_functions(r, r.arity)}" for n, r in rows.items()) + "};"
    page += """
const same = (x, y) => Object.is(Number(x), Number(y)), wrong = [];
for (const [name, row] of Object.entries(rows))
  for (let mask = 1; mask < 2 ** row.value.length; mask++)
    for (const other of [-1, 0.5, 2]) {
      const at = (zero) => [...Array(row.value.length)].map((_, i) => (mask >> i & 1 ? zero : other));
      const out = Number(row.value(...at(0)));
      const [p, q] = [0, null].map((zero) => [row.value(...at(zero)), ...row.derivatives(out, ...at(zero))]);
      if (!p.every((x, i) => same(x, q[i]))) wrong.push([name, at(null), p, q]);
    }
console.log(JSON.stringify(wrong));
"""
    done = subprocess.run([node, "-e", page], capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == []
