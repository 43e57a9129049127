"""Programs of graphs that nobody chose, whatever their leaves are called and whichever of them change from call to call."""

import ast
import builtins
import linecache
import math
import re
import traceback

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_random_graphs import ALL, POINT, programs

import autograd_core as ac
from autograd_core import TABLE, Constant, Value, compile_graph, gradients, topological_order
from autograd_core.formulas.spelling import PYTHON, spelling
from autograd_core.primitive import ATOM

pytestmark = pytest.mark.usefixtures("own_cache")

DIALECTS = ["python", "numpy", "c"]
OPTIONS = settings(deadline=None, max_examples=120, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(OPTIONS, max_examples=15, phases=[Phase.generate])  # each is a run of the C compiler
AWKWARD = [
    "lambda", "None", "def", "__debug__", "match", "print", "abs", "complex", "len", "float", "exp", "tanh", "pow", "hypot",
    "fabs", "cbrt", "log1p", "erf", "inf", "nan", "pi", "e", "np", "math", "double", "int", "restrict", "main", "register",
    "typeof", "asm", "_Bool", "__LINE__", "__asm__", "unix", "linux", "NULL", "HUGE_VAL", "M_PI", "RAND_MAX", "INFINITY",
    "NAN", "size_t", "y0", "gamma", "free", "malloc", "ROWS", "SELECT", "V", "one", "number", "mask", "v", "v1", "v2", "p0",
    "x0", "x", "g", "d_x", "d_v1", "d_", "count", "program", "parameters", "inputs", "sums", "tail", "total", "lanes",
    "lanes_exp", "chunk", "chunk_0", "result", "result_0", "result_2", "value", "gradients", "t0", "v1_m0", "out", "s",
    "self", "", " ", "_", "__", "a b", "w[0]", "1st", "é", "β₁", "变量", "a\nb", "*/", "/* a", "\\", "'", "#", "%d", "{x}",
]  # fmt: skip


def named(draw, nodes):
    for node in nodes:
        if not isinstance(node, Constant) and draw(st.booleans()):
            node.name = draw(st.sampled_from(AWKWARD))


@st.composite
def graphs(draw, longest=12):
    """An output, its leaves in their roles (one reaches it only by chance), and two points for those that change."""
    f, xs, there = draw(programs(ALL, longest=longest)), draw(POINT), draw(POINT)
    leaves = [Value(x) for x in xs]
    out = f(leaves)
    named(draw, topological_order(out))
    roles = [draw(st.sampled_from(["wrt", "inputs", "constant"])) for _ in leaves]
    moved = [x if role == "constant" else y for x, y, role in zip(xs, there, roles)]
    return f, leaves, roles, out, [xs, moved]


def chosen(items, roles, role):
    return [item for item, own in zip(items, roles) if own == role]


def backward(f, xs, roles):
    """Value and gradients of the graph recorded at ``xs``."""
    leaves = [Value(x) for x in xs]
    out = f(leaves)
    out.backward()
    return out.data, [leaf.grad for leaf in chosen(leaves, roles, "wrt")]


def assert_equal_everywhere(program, f, roles, points):
    for xs in points:
        assert program(chosen(xs, roles, "wrt"), chosen(xs, roles, "inputs")) == backward(f, xs, roles)


@OPTIONS
@given(graphs())
def test_a_python_program_equals_its_graph_here_and_elsewhere(graph):
    f, leaves, roles, out, points = graph
    program = compile_graph(out, chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs"))
    assert_equal_everywhere(program, f, roles, points)


@FEW
@given(graphs())
def test_a_c_program_equals_its_graph_here_and_elsewhere(graph):
    f, leaves, roles, out, points = graph
    program = compile_graph(out, chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs"), "c")
    assert_equal_everywhere(program, f, roles, points)


def near(result, relative=1e-12):
    return pytest.approx(result, rel=relative, abs=relative * max([1.0, *map(abs, result)]))


@OPTIONS
@given(graphs(longest=7))
def test_a_numpy_program_is_near_its_graph_here_and_elsewhere(graph):
    f, leaves, roles, out, points = graph
    program = compile_graph(out, chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs"), "numpy")
    for xs in points:
        value, found = program(chosen(xs, roles, "wrt"), chosen(xs, roles, "inputs"))
        expected, slopes = backward(f, xs, roles)
        assert [value, *found] == near([expected, *slopes], 1e-9)  # twelve operations may magnify a rounding of the first


@OPTIONS
@given(graphs(longest=6), POINT)
def test_the_gradient_graph_is_a_program_too_and_can_be_differentiated(graph, there):
    f, _, _, _, points = graph
    leaves = [Value(x) for x in points[0]]
    first = gradients(f(leaves), leaves)
    values, slope = compile_graph(first, [], leaves), compile_graph(first[0], leaves)
    for xs in (points[0], there):
        at = [Value(x) for x in xs]
        again = gradients(f(at), at)
        assert equal(values([], xs), [g.data for g in again])
        again[0].backward()
        value, slopes = slope(xs)
        assert equal([value, *slopes], [again[0].data, *(leaf.grad for leaf in at)])


def equal(found, expected):
    """With nan where nan is expected: a second derivative at a corner."""
    return all(x == y or (x != x and y != y) for x, y in zip(found, expected, strict=True))


# -- names -------------------------------------------------------------------------------------------------------
def graph_of_names(names, compiled_at=0.7):
    """A chain in which every node has a name, leaves too; ``hypot`` and the like stand in it."""
    leaves = [Value(compiled_at + 0.01 * i, name) for i, name in enumerate(names)]
    total = leaves[0]
    for i, (leaf, name) in enumerate(zip(leaves, reversed(names))):
        total = (ac.hypot, ac.atan2, lambda x, y: ac.exp(-x) + ac.erf(x * y))[i % 3](leaf, total) * leaf
        total.name = name
    out = total + ac.logsumexp(leaves) + ac.asinh(leaves[1])
    return leaves, out


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_name_disturbs_a_program(dialect):
    leaves, out = graph_of_names(AWKWARD)
    out.backward()
    value, found = compile_graph(out, leaves[::2], leaves[1::2], dialect)([x.data for x in leaves[::2]], [x.data for x in leaves[1::2]])
    assert [value, *found] == pytest.approx([out.data, *(leaf.grad for leaf in leaves[::2])], rel=0 if dialect != "numpy" else 1e-12)


@pytest.mark.parametrize("name", AWKWARD)
def test_no_name_disturbs_a_python_program_alone_or_three_times_over(name):
    leaves, out = graph_of_names([name] * 3)
    out.backward()
    assert compile_graph(out, leaves)([x.data for x in leaves]) == (out.data, [x.grad for x in leaves])


@pytest.mark.parametrize("name", ["result", "chunk", "lanes", "d_v", "v"])
def test_numbered_names_are_not_those_of_results_in_c(name):
    leaves, out = graph_of_names([name] * 8)
    out.backward()
    assert compile_graph(out, leaves, dialect="c")([x.data for x in leaves]) == (out.data, [x.grad for x in leaves])


# -- shapes of graphs ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_of_outputs_gives_their_values_in_order(dialect):
    x, y, z = Value(2.0), Value(3.0), Value(4.0)
    product = x * y
    outputs = [product, x, Value(5.0), product, product.exp() - z, y - (-y), z]
    program = compile_graph(outputs, [x], [y], dialect)
    assert program([3.0], [-1.0]) == pytest.approx([-3.0, 3.0, 5.0, -3.0, math.exp(-3.0) - 4.0, -2.0, 4.0], rel=1e-15, abs=0.0)
    rows = program.batch([3.0], [[-1.0], [0.0], [2.0]])
    assert rows == pytest.approx(np.array([program([3.0], [y]) for y in (-1.0, 0.0, 2.0)]), rel=1e-15, abs=0.0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_leaves_that_are_not_reached_have_gradient_0_and_leaves_are_outputs_too(dialect):
    x, y, far = Value(2.0, "x"), Value(3.0, "y"), Value(1.0)
    assert compile_graph(x.exp() * 0.0 + y, [far, y, x], [], dialect)([9.0, 5.0, 1.0]) == (5.0, [0.0, 1.0, 0.0])
    assert compile_graph(x, [x, y], [far], dialect)([7.0, 8.0], [9.0]) == (7.0, [1.0, 0.0])
    assert compile_graph(x, [y], [x], dialect)([7.0], [8.0]) == (8.0, [0.0])
    assert compile_graph(x, [y], [], dialect)([7.0]) == (2.0, [0.0])
    assert compile_graph(x * y, [])([]) == (6.0, [])
    assert compile_graph(ac.identity(x), [x], [], dialect)([4.0]) == (4.0, [1.0])
    assert compile_graph(x, [x], [], dialect).batch([7.0], [[]] * 3) == (21.0, [3.0])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_signs_in_front_of_signs_keep_their_meaning(dialect):
    x, y, m = Value(2.0), Value(3.0), Value(-4.0)
    minus = ac.TABLE["neg"]
    once, twice = minus(x), minus(minus(y))
    terms = [minus(minus(x)), minus(minus(minus(y))), x - minus(y), x - twice, -(m * x), x - m, m - minus(x), -(x - y), x / minus(minus(y))]
    terms += [once * minus(minus(y)), x - (y - (x - y))]
    out = -ac.dot([1.0, -2.0, 4.0, -8.0, 16.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0], terms)
    out.backward()
    assert compile_graph(out, [x, y], [], dialect)([2.0, 3.0]) == (out.data, [x.grad, y.grad])
    assert compile_graph(terms, [x, y], [], dialect)([2.0, 3.0]) == [term.data for term in terms]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("constant", [-0.0, -3.0, 1e-320, 1.7976931348623157e308, 1e22, 0.1, math.inf, -math.inf, math.nan])
def test_constants_are_written_without_loss(constant, dialect):
    x, c = Value(1.0), Value(constant)
    found = compile_graph([x * c, c, c - x, x - c], [x], [], dialect)([0.5])
    assert list(map(repr, found)) == list(map(repr, [0.5 * constant, constant, constant - 0.5, 0.5 - constant]))


# -- what is refused -----------------------------------------------------------------------------------------------
X, Y = Value(2.0, "x"), Value(3.0, "y")
PRODUCT = X * Y


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((PRODUCT, [PRODUCT]), ValueError, "in wrt is computed from other nodes"),
        ((PRODUCT, [X], [PRODUCT]), ValueError, "in inputs is computed from other nodes"),
        ((PRODUCT, [X, Y, X]), ValueError, "stands twice"),
        ((PRODUCT, [X], [Y, X]), ValueError, "stands twice"),
        ((PRODUCT, [X], [Y, Y]), ValueError, "stands twice"),
        ((PRODUCT, [2.0]), TypeError, "wrt holds float 2.0"),
        ((PRODUCT, [X], ["y"]), TypeError, "inputs holds str 'y'"),
        (([PRODUCT, 1.0], [X]), TypeError, "outputs holds float 1.0"),
        (([], [X]), ValueError, "nothing to compile"),
    ],
)
def test_what_cannot_be_compiled_is_a_clear_error(arguments, kind, message, dialect):
    with pytest.raises(kind, match=message):
        compile_graph(*arguments, dialect=dialect)


def test_an_unknown_dialect_is_a_clear_error():
    with pytest.raises(ValueError, match=f"dialect is one of {', '.join(map(repr, ac.DIALECTS))}, not 'fortran'"):
        compile_graph(PRODUCT, [X], dialect="fortran")


def test_a_dialect_says_how_unequal_is_written():
    lua = PYTHON._replace(name="lua", unequal="~=", logic=(" and ", " or "))
    operands = {"x": ("a", ATOM), "y": ("b", ATOM), "z": ("c", ATOM)}
    for row, expected in [("where", "b if a ~= 0.0 else c"), ("maximum", "a if (a > b or a ~= a) else b")]:
        assert spelling(TABLE[row].python, lua).fill(operands) == expected
        assert spelling(TABLE[row].python).fill(operands) == expected.replace("~=", "!=")


# -- what the source looks like --------------------------------------------------------------------------------------
def test_later_changes_of_the_graph_do_not_reach_a_program(tmp_path):
    for dialect in DIALECTS:
        x, c = Value(2.0, "x"), Value(3.0, "c")
        middle = x * c
        program = compile_graph(middle * x, [x], dialect=dialect)
        if dialect == "c":
            program.save_c(tmp_path / "before.c")
        x.data, c.data, middle.data, x.name, middle.name = 7.0, 9.0, 11.0, "y", "z"
        (middle * 2.0).backward()
        assert program([2.0]) == (12.0, [12.0])
    program.save_c(tmp_path / "after.c")
    assert (tmp_path / "after.c").read_text() == (tmp_path / "before.c").read_text()


def test_the_source_stands_in_linecache_and_a_traceback_shows_its_line():
    x = Value(2.0, "x")
    program = compile_graph(ac.log(x) * x, [x])
    with pytest.raises(ValueError, match=r"in the program's line: v1 = log\(x\)") as caught:
        program([-1.0])
    text = "".join(traceback.format_exception(caught.value))
    assert "v1 = log(x)" in text.replace("in the program's line: v1 = log(x)", "")
    filename = program._function.__code__.co_filename
    assert re.fullmatch(r"<program \d+>", filename)
    assert "".join(linecache.getlines(filename)) == program.source
    assert linecache.checkcache(filename) is None
    assert "".join(linecache.getlines(filename)) == program.source  # it has no file that could have changed
    other = compile_graph(ac.log(x) * x, [x])
    assert other._function.__code__.co_filename != filename


def statements(program):
    return [line.strip() for line in program.source.splitlines() if " = " in line and "parameters" not in line and "inputs" not in line]


def test_what_no_gradient_needs_is_not_emitted():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    out = (x * y).exp() * y.sin() + y.cos() * 5.0
    assert len(statements(compile_graph([out], [x, y]))) == 4  # exp, sin, cos, and the output; no backward pass
    assert len(statements(compile_graph(out, [], [x, y]))) == 4
    assert "cos(y)" not in compile_graph(out, [x], [y]).source.split("# backward")[1]
    constant = compile_graph(out, [x])
    assert len(statements(constant)) == 2  # what only constants make is a number
    assert "sin" not in constant.source
    assert repr(Value(3.0).sin().data) in constant.source
    flat = ac.step(x.exp()) * y
    assert "d_" not in compile_graph(flat, [x], [y]).source  # nothing flows through a step
    assert compile_graph(flat, [x], [y])([2.0], [3.0]) == (3.0, [0.0])


@OPTIONS
@given(graphs())
def test_generated_python_is_straight_line_code_that_calls_only_c_functions(graph):
    _, leaves, _, out, _ = graph
    (function,) = ast.parse(compile_graph(out, leaves).source).body
    allowed = {name for name, f in vars(math).items() if type(f) is type(math.exp)} | {"abs", "complex"}
    assert all(isinstance(part, ast.Assign | ast.Return) for part in function.body)
    called = {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    assert called <= allowed
    assert all(type(getattr(builtins, name, None) or getattr(math, name)) in (type(abs), type) for name in called)
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    assigned, used = ([node.id for node in names if isinstance(node.ctx, kind)] for kind in (ast.Store, ast.Load))
    assert len(assigned) == len(set(assigned))
    first = [target.id for part in function.body if isinstance(part, ast.Assign) for target in part.targets if isinstance(target, ast.Name)]
    assert set(first) <= set(used)  # a parameter may be left unused, a statement may not


@pytest.mark.parametrize("dialect", DIALECTS)
def test_repr_says_what_the_program_takes(dialect):
    program = compile_graph(PRODUCT, [X], [Y], dialect)
    assert repr(program) == f"<{dialect} program of {len(program.source.splitlines())} lines: 1 parameters, 1 inputs>"
