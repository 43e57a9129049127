"""Small programs as they are printed: what is named, what stands where it is used, what is left out, and in which order."""

import math
import re

import pytest

import autograd_core as ac
from autograd_core import TABLE, Primitive, Value, compile_graph
from autograd_core.formulas.spelling import PYTHON
from autograd_core.programs.graph import Graph
from autograd_core.programs.rows import row_text
from autograd_core.programs.statements import emit


def neuron(w, x, b):
    y = ac.sigmoid(ac.identity(w * x + b))
    y.name = "y"
    return (y - 1.0) ** 2 + 0.5 * w * w


def piecewise(w, x, b):
    a = w * x
    return ac.relu(a - b) * ac.maximum(a, b) / 3.0


def several(w, x, b):
    return [ac.logsumexp([w, x]), -w, ac.dot([w, x], [x, b], 2.0), w]


def cut(w, x, b):
    return ac.sqrt(ac.relu(w)) * ac.step(x) + b * 0.0


def guarded(w, x, b):
    return ac.relu(ac.sin(w)) * b + 2.0 * (ac.step(w) * (ac.cbrt(x) - ac.cbrt(b)))


def level(w, x, b):
    return ac.relu(ac.sin(w) * ac.step(b)) * ac.cbrt(x)


def constants(w, x, b):
    return w + w - (-b) + ac.log2(x) + ac.exp(Value(0.0)) * x


def shared(w, x, b):
    a = ac.sin(w)
    return a * a * x + a / b


def beside(w, x, b):
    return (w + 1.0) * (x - b) + ac.logsumexp([w, w, w, w])


def brackets(w, x, b):
    y, p = w * x, x + 2.0
    return y * b + ac.exp(ac.sin(y)) + (p * w + ac.sin(p)) + x * b


PRINTED = {
    (neuron, "wb"): """\
def program(parameters, inputs):
    w, b = parameters
    x, = inputs
    # forward
    v1 = w * x + b  # identity(w * x + b)
    y = 1.0 / (1.0 + exp(-v1)) if v1 >= 0.0 else exp(v1) / (1.0 + exp(v1))  # sigmoid(v1)
    v2 = y - 1.0
    v3 = v2 * v2  # v2 ** 2
    v4 = 0.5 * w
    v5 = v3 + v4 * w
    # backward
    d_v = 2.0 * v2 * (y * (1.0 - y))
    return v5, [v4 + w * 0.5 + d_v * x, d_v]
""",
    (piecewise, "wxb"): """\
def program(parameters, inputs):
    w, x, b = parameters
    # forward
    v1 = w * x
    v2 = v1 - b
    v3 = 0.0 if v2 <= 0.0 else v2  # relu(v2)
    v4 = v1 if (v1 > b or v1 != v1) else b  # maximum(v1, b)
    v5 = v3 * v4 / 3.0
    # backward
    d_v = 1.0 / 3.0
    d_v4 = d_v * v3
    d_v2 = 0.0 if v2 < 0.0 else d_v * v4 * (0.0 if v2 == 0.0 else 1.0)
    d_v1 = (d_v4 if v1 > b else 0.0 if v1 < b else d_v4 * (0.5 if v1 == b else v1 + b)) + d_v2
    return v5, [d_v1 * x, d_v1 * w, (d_v4 if b > v1 else 0.0 if b < v1 else d_v4 * (0.5 if b == v1 else b + v1)) - d_v2]
""",
    (several, "w"): """\
def program(parameters, inputs):
    w, = parameters
    x, b = inputs
    # forward
    v1_m0 = w
    v1_m1 = x if (x > v1_m0 or x != x) else v1_m0
    v1_s = 0.0 if (v1_m1 >= -300.0 and v1_m1 <= 300.0) else v1_m1
    v1_e0 = exp(w - v1_s)
    v1_e1 = exp(x - v1_s)
    v1_total = v1_e0 + v1_e1
    v1 = v1_s if fabs(v1_s) == inf else v1_s + log(v1_total)  # logsumexp(w, x)
    v2 = -w
    v3 = w * x + x * b + 2.0
    return [v1, v2, v3, w]
""",
    (cut, "wx"): """\
def program(parameters, inputs):
    w, x = parameters
    b, = inputs
    # forward
    v1 = 0.0 if w <= 0.0 else w  # relu(w)
    v2 = sqrt(v1)
    r_v3 = 1.0 if x > 0.0 else 0.0 if x < 0.0 else 1.0
    v3 = 1.0 if x > 0.0 else 0.0 if x < 0.0 else 0.0 if x == 0.0 else x  # step(x)
    v4 = v2 * v3 + b * 0.0
    # backward
    d_v2 = v3
    return v4, [
        0.0 if w < 0.0 else ((d_v2 * (0.5 / v2) if v2 != 0.0 else d_v2 * (0.5 * copysign(inf, v2))) if r_v3 != 0.0 else 0.0) * (0.0 if w == 0.0 else 1.0),
        0.0,
    ]
""",
    (guarded, "wxb"): """\
def program(parameters, inputs):
    w, x, b = parameters
    # forward
    v1 = sin(w)
    v2 = 0.0 if v1 <= 0.0 else v1  # relu(v1)
    r_v3 = 1.0 if w > 0.0 else 0.0 if w < 0.0 else 1.0
    v3 = 1.0 if w > 0.0 else 0.0 if w < 0.0 else 0.0 if w == 0.0 else w  # step(w)
    v4 = cbrt(x)
    v5 = cbrt(b)
    v6 = v4 - v5
    v7 = v2 * b + 2.0 * (v3 * v6)
    # backward
    d_v = 2.0
    d_v6 = d_v * v3 if r_v3 != 0.0 else 0.0
    d_v5 = -d_v6
    return v7, [
        (0.0 if v1 < 0.0 else b * (0.0 if v1 == 0.0 else 1.0)) * cos(w),
        (d_v6 * (0.3333333333333333 / (v4 * v4)) if v4 * v4 != 0.0 else d_v6 * (0.3333333333333333 * copysign(inf, v4 * v4))) if r_v3 != 0.0 else 0.0,
        ((d_v5 * (0.3333333333333333 / (v5 * v5)) if v5 * v5 != 0.0 else d_v5 * (0.3333333333333333 * copysign(inf, v5 * v5))) if r_v3 != 0.0 else 0.0) + v2,
    ]
""",
    (level, "wx"): """\
def program(parameters, inputs):
    w, x = parameters
    b, = inputs
    # forward
    v1 = sin(w)
    r_v2 = 1.0 if b > 0.0 else 0.0 if b < 0.0 else 1.0
    v2 = 1.0 if b > 0.0 else 0.0 if b < 0.0 else 0.0 if b == 0.0 else b  # step(b)
    v3 = v1 * v2
    v4 = 0.0 if v3 <= 0.0 else v3  # relu(v3)
    v5 = cbrt(x)
    v6 = v4 * v5
    # backward
    d_v5 = v4
    return v6, [
        ((0.0 if v3 < 0.0 else v5 * (0.0 if v3 == 0.0 else 1.0)) * v2 if r_v2 != 0.0 else 0.0) * cos(w),
        d_v5 * (0.3333333333333333 / (v5 * v5)) if v5 * v5 != 0.0 else d_v5 * (0.3333333333333333 * copysign(inf, v5 * v5)),
    ]
""",
    (constants, "wxb"): """\
def program(parameters, inputs):
    w, x, b = parameters
    # forward
    v1 = log2(x)
    v2 = w + w - -b + v1 + 1.0 * x
    # backward
    return v2, [1.0 + 1.0, 1.0 + 1.4426950408889634 / x, -(-1.0)]
""",
    (beside, "w"): """\
def program(parameters, inputs):
    w, = parameters
    x, b = inputs
    # forward
    v1 = x - b
    v2_m0 = w
    v2_m1 = w if (w > v2_m0 or w != w) else v2_m0
    v2_m2 = w if (w > v2_m1 or w != w) else v2_m1
    v2_m3 = w if (w > v2_m2 or w != w) else v2_m2
    v2_s = 0.0 if (v2_m3 >= -300.0 and v2_m3 <= 300.0) else v2_m3
    v2_e0 = exp(w - v2_s)
    v2_e1 = exp(w - v2_s)
    v2_e2 = exp(w - v2_s)
    v2_e3 = exp(w - v2_s)
    v2_total = v2_e0 + v2_e1 + v2_e2 + v2_e3
    v2 = v2_s if fabs(v2_s) == inf else v2_s + log(v2_total)
    v3 = (w + 1.0) * v1 + v2
    # backward
    return v3, [v2_e0 / v2_total + v2_e1 / v2_total + v2_e2 / v2_total + v2_e3 / v2_total + v1]
""",
    (brackets, "wxb"): """\
def program(parameters, inputs):
    w, x, b = parameters
    # forward
    v1 = w * x
    v2 = sin(v1)
    v3 = exp(v2)
    v4 = x + 2.0
    v5 = sin(v4)
    v6 = v1 * b + v3 + (v4 * w + v5) + x * b
    # backward
    d_v1 = v3 * cos(v1) + b
    return v6, [v4 + d_v1 * x, b + (cos(v4) + w) + d_v1 * w, x + v1]
""",
    (shared, "wxb"): """\
def program(parameters, inputs):
    w, x, b = parameters
    # forward
    v1 = sin(w)
    v2 = v1 * v1
    v3 = v1 / b
    v4 = v2 * x + v3
    # backward
    d_v2 = x
    return v4, [(1.0 / b + d_v2 * v1 + d_v2 * v1) * cos(w), v2, -v3 / b]
""",
}


@pytest.mark.parametrize(("f", "roles"), PRINTED, ids=lambda x: getattr(x, "__name__", x))
def test_the_source_is_this_one(f, roles):
    leaves = {"w": Value(0.5, "w"), "x": Value(2.0, "x"), "b": Value(1.0, "b")}
    wrt, inputs = [leaves[name] for name in roles], [leaf for name, leaf in leaves.items() if name not in roles]
    source = compile_graph(f(*leaves.values()), wrt, inputs).source
    # Python 3.10 has no cbrt.
    assert re.sub(r"copysign\(pow\(fabs\((\w)\), 1\.0 / 3\.0\), \1\)  # (cbrt\(\1\))", r"\2", source) == PRINTED[f, roles]


@pytest.mark.parametrize("count", [99, 100, 101, 260])
def test_long_sums_are_split_and_keep_every_term(count):
    xs = [Value(float(i), f"x{i}") for i in range(count)]
    w = Value(2.0, "w")
    out = sum((w * x for x in xs[1:]), xs[0] * w)
    program = compile_graph(out, [w], xs)
    data = [x.data for x in xs]
    assert program([2.0], data) == (2.0 * sum(data), [sum(data)])
    longest = max(len(re.findall(r" [-+*] ", line)) for line in program.source.splitlines())
    assert longest <= 102
    assert longest >= min(count, 98)


def test_a_gradient_of_many_contributions_is_stated_fifty_at_a_time_and_under_one_name():
    w, xs = Value(2.0, "w"), [Value(float(i), f"x{i}") for i in range(120)]
    y = ac.sin(w)
    for count, additions in ((120, [49, 49, 0, 21, 0]), (50, [49, 0]), (49, [0, 48, 0])):
        source = compile_graph(sum((y * x for x in xs[1:count]), xs[0] * y), [w], xs[:count]).source
        assert [line.count(" + ") for line in source.split("# backward\n")[1].splitlines()] == additions
    v, xs = Value(3.0, "v"), xs[:50]
    y = w * v
    source = compile_graph(sum((y * x for x in xs[1:]), xs[0] * y), [w, v], xs).source
    assert source.count(" = d_") == 0, "what has a name gets no other"


def test_a_gradient_of_a_hundred_factors_is_stated_and_sums_stand_first_without_brackets():
    w, xs = Value(2.0, "w"), [Value(1.0, f"x{i}") for i in range(260)]
    out = w
    for x in xs:
        out = x * out
    backward = compile_graph(out, [w], xs).source.split("# backward\n")[1].splitlines()
    assert [line.count(" * ") for line in backward if "*" in line] == [99, 100, 60]
    y, (x, b, c) = w + xs[0], xs[:3]
    assert compile_graph(w * c + (y * b + ac.sin(y)), [w], [x, b, c]).source.endswith("return v3, [cos(v1) + x1 + x2]\n")
    assert compile_graph(ac.atan(-w), [w]).source.splitlines()[3:] == ["    v1 = -w", "    v2 = atan(v1)", "    # backward", "    return v2, [-(1.0 / (1.0 + v1 * v1))]"]


def test_identity_is_another_name_for_what_has_one():
    w = Value(2.0, "w")
    source = compile_graph(ac.identity(ac.sin(w)) * ac.identity(w), [w]).source
    assert re.findall(r"    (\w+) = .*", source) == ["v1", "v2"]


def test_names_are_written_as_every_language_takes_them_and_none_stands_for_two():
    names = {
        "w": "w", "a b": "a_b", "1st": "v1st", "é": "ue9", "β₁": "u3b2u2081", "__LINE__": "LINE", "__x__": "x", " ": "v_", "_": "_", "x[0]": "x_0",
        "lambda": "lambda_", "exp": "exp_", "parameters": "parameters_", "chunk_1": "chunk_1_", "v1": "v1", "p12": "p12",
    }  # fmt: skip
    leaves = [Value(1.0, name) for name in names]
    source = compile_graph(sum(leaves[1:], leaves[0]), leaves).source
    assert re.findall(r"\w+", source.split(" = parameters")[0].split("\n", 1)[1]) == list(names.values())
    assert "    v1_2 = w + " in source
    same = [Value(1.0, name) for name in ("w", "w_2", "w", "w", "w_2", "v2")]
    assert compile_graph(sum(same[1:], same[0]), same).source.splitlines()[1] == "    w, w_2, w_3, w_4, w_2_2, v2 = parameters"
    a, b, c, d = (Value(float(i), name) for i, name in enumerate(("", "", "x1", "")))
    program = compile_graph(c * (a + b) + d * (a - b), [a, b], [c, d])
    assert program.source.splitlines()[1:3] == ["    p1, p2 = parameters", "    x1, x2 = inputs"]
    assert re.findall(r"    (d_\w+) = (\w+)", program.source) == [("d_v", "x2"), ("d_v_2", "x1")]
    assert program([0.0, 1.0], [2.0, 3.0]) == (-1.0, [5.0, -1.0])


def test_a_program_of_up_to_5000_nodes_carries_comments():
    for count in (5_000, 5_001):
        x, constant = Value(0.5, "x"), Value(0.5)
        for _ in range(count - 4):
            constant = ac.sin(constant)
        emitted = emit(Graph([ac.sigmoid(x) * constant], [x], [], True), PYTHON)
        assert [statement.comment for statement in emitted.forward] == ["sigmoid(x)" if count == 5_000 else "", ""]


def test_comments_say_what_is_not_seen_and_stay_short():
    x, y = Value(0.5, "x"), Value(1.5, "y" * 70)
    source = compile_graph(ac.tanh(x) * ac.sigmoid(x) + ac.sigmoid(y), [x, y]).source
    assert re.findall(r"\S  # (.*)", source) == ["sigmoid(x)"]
    assert re.findall(r"\S  # (.*)", compile_graph(ac.clip(*map(Value, (0.5, 0.0, 1.0))), []).source) == []
    leaves = [Value(0.5, "x"), Value(0.0, "low"), Value(1.0, "high")]
    assert re.findall(r"\S  # (.*)", compile_graph(ac.clip(*leaves), leaves).source) == ["clip(x, low, high)"]
    for length, comments in ((51, 1), (52, 0)):
        x, z = Value(0.5, "x" * length), Value(0.5, "z")
        assert len(re.findall(r"\S  # ", compile_graph(ac.sigmoid(x) + ac.logsumexp([z, z, z, z]), [x, z]).source)) == comments


@pytest.mark.parametrize(("quotient", "may_be_infinite"), [
    (lambda x, y: 1.0 / (1.0 + x * x), False), (lambda x, y: 1.0 / (x * x), True), (lambda x, y: x / 2.0, False), (lambda x, y: 1.0 / (x * y + 1.0), True),
    (lambda x, y: 1.0 / (ac.exp(x) + 1.0), False), (lambda x, y: 1.0 / (ac.exp(x) + ac.exp(y)), True), (lambda x, y: 1.0 / (1.0 - x * x), True),
    (lambda x, y: 1.0 / (2.0 * (x * x + 1.0)), False), (lambda x, y: 1.0 / (ac.exp(x) * 2.0), True), (lambda x, y: 1.0 / (2.0 * ac.exp(x)), True),
    (lambda x, y: 1.0 / (abs(x) + 0.5), False), (lambda x, y: 1.0 / (ac.sin(x) + 2.0), True), (lambda x, y: 1.0 / (2.0 + x), True), (lambda x, y: 1.0 / (2.0 * x), True),
    (lambda x, y: 1.0 / (x * 2.0), True), (lambda x, y: 1.0 / (x * x + y * y), True), (lambda x, y: 1.0 / (3.0 + x * x + y * y), False), (lambda x, y: x * y, False),
    (lambda x, y: 1.0 / (0.0 * x + 0.0), True), (lambda x, y: (1.0 + 1.0 / x) * 2.0, True), (lambda x, y: math.inf * x, True), (lambda x, y: 1.0 / ((1.0 + x) * (1.0 + x)), True),
    (lambda x, y: 1.0 / (x + y + 1.0), True),
], ids=range(23))  # fmt: skip
def test_a_derivative_may_be_infinite_where_it_divides_by_what_may_be_0(quotient, may_be_infinite):
    row = Primitive("own", "x", lambda out, x, y: (quotient(x, y), 1.0), arity=2)
    edges = row_text(row, 2, PYTHON).edges
    assert [edge.singular for edge in edges] == [may_be_infinite, False]


def test_no_activation_and_no_choice_may_be_infinite():
    rows = [row for row in TABLE.values() if row.activation or row.name in ("where", "clip", "maximum", "minimum", "floor", "select", "gate")]
    assert not [row.name for row in rows if row_text(row, row.arity, PYTHON).singular]


@pytest.mark.parametrize(("length", "lines"), [(100, ["    {0}, {1} = parameters"]), (101, ["    (", "        {0}, {1},", "    ) = parameters"])])
def test_operands_stand_in_one_line_of_a_hundred_characters_or_in_several(length, lines):
    names = "a" * 49, "b" * (length - 51)
    x, y = (Value(1.0, name) for name in names)
    source = compile_graph(x * y, [x, y]).source.splitlines()
    assert source[1 : 1 + len(lines)] == [line.format(*names) for line in lines]
