"""Programs know what a chosen zero cut, in every part of a graph and in every dialect."""

import itertools
import math
import re

import extreme_graphs as extreme
import pytest
from test_extremes import OURS

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients
from autograd_core.formulas.spelling import PYTHON
from autograd_core.programs.reach import pattern

inf, nan = math.inf, math.nan


@pytest.mark.parametrize("at", [at for at in itertools.product((-1.0, 0.0, 1.0), repeat=3) if len(set(at)) > 1], ids=str)
def test_clip_cuts_in_every_program_what_is_flat_and_nothing_at_a_corner(at):
    f = lambda v: ac.cbrt(ac.clip(*v))  # noqa: E731  where the clipped number is 0 the root has an infinite derivative
    leaves = [Value(x) for x in at]
    f(leaves).backward()
    slopes = [leaf.grad for leaf in leaves]
    x, low, high = at
    steepness = math.inf if ac.clip(*at) == 0.0 else 1.0 / 3.0
    for slope, chosen in zip(slopes, [low <= x <= high and low < high, (x < low or low == high) and low <= high and x <= high, high < max(x, low)]):
        assert slope == steepness if chosen else slope == 0.0 or slope != slope
    if len(set(at)) == 3:  # at no corner
        assert sorted(slopes) == [0.0, 0.0, steepness]
    leaves = [Value(1.5), Value(1.0), Value(2.0)]
    for dialect in ("python", "numpy"):
        assert all(map(extreme.equal, compile_graph(f(leaves), leaves, dialect=dialect)(at)[1], slopes)), dialect


CUTS = """
relu(cbrt(x)*step(y) - z) ; step(y)*cbrt(x)*relu(z) ; cbrt(maximum(x, y)) ; cbrt(relu(x) + relu(y)) ; cbrt(relu(x)*relu(y)) ; cbrt(x)*step(y) + cbrt(x)*step(z)
where(y, cbrt(x), z) ; where(step(y), cbrt(x), cbrt(z)) ; dot([cbrt(x), step(y)], [step(y), cbrt(z)], relu(z)) ; identity(step(y))*cbrt(x) ; cbrt(x)*identity(identity(step(y)*step(z)))
clip(cbrt(x), y, z) ; minimum(cbrt(x), y)*step(z) ; softmax([step(y)*cbrt(x), z])[0] ; logsumexp([step(y)*cbrt(x), z, step(z)]) ; step(y)*cbrt(x)/(1.0 + z*z)
relu(maximum(cbrt(x), y) - z)*step(y) ; hypot(relu(x), step(y)*cbrt(z)) ; cbrt(x*step(y))*step(z) ; maximum(step(y)*cbrt(x), step(z)*cbrt(x)) ; exp(step(y))*cbrt(x) - cbrt(x)
relu(y)*cbrt(x) ; relu(y)*cbrt(relu(x)) ; abs(step(y)*cbrt(x)) ; (step(y)*cbrt(x))**2 ; relu(step(y)*cbrt(x) - relu(z)*cbrt(x)) ; atan2(step(y)*cbrt(x), z*z + 1.0) ; flat(cbrt(x)*step(y))*step(z)
-(step(y)*cbrt(x)) + step(z) ; step(y)*(cbrt(x) - cbrt(z)) ; sinc(step(y)*cbrt(x)) ; x*step(y)*cbrt(z) + z*relu(y)*cbrt(x) ; step(z)*cbrt(relu(x)*step(y)) ; cbrt(step(y)) + step(z)*cbrt(x) ; where(z, step(y), x)*cbrt(x)*2.0
"""
GRID = list(itertools.product((-1.0, 0.0, 2.0), repeat=3))


@pytest.mark.parametrize("name", [name.strip() for line in CUTS.strip().splitlines() for name in line.split(";")])
def test_a_program_knows_what_was_cut_wherever_it_came_from(name):
    more = {name: getattr(ac, name) for name in ("where", "dot", "identity", "clip", "softmax", "logsumexp", "sinc")}
    f = eval(f"lambda x, y, z: {name}", OURS | more | {"flat": lambda x: ac.leaky_relu(x, 0.0), "__builtins__": {}})
    recorded = [Value(x, letter) for x, letter in zip((0.5, 1.5, 0.25), "xyz")]
    out = f(*recorded)
    graphs = [out, *gradients(out, recorded)]
    programs = {dialect: [compile_graph(graph, recorded, dialect=dialect) for graph in graphs] for dialect in ("python", "numpy")}
    of_one = [compile_graph(graph, recorded[:1], recorded[1:]) for graph in graphs]
    wrong, finite = [], 0
    for at in GRID:
        leaves = [Value(x) for x in at]
        out = f(*leaves)
        for k, graph in enumerate([out, *gradients(out, leaves)]):
            for leaf in leaves:
                leaf.grad = 0.0
            graph.backward()
            slopes = [leaf.grad for leaf in leaves]
            finite += all(map(math.isfinite, slopes)) and at[0] == 0.0
            if not extreme.all_finite([graph]):
                continue
            results = [(dialect, several[k](at)) for dialect, several in programs.items()]
            for dialect, (value, found) in [*results, ("python of x", of_one[k](at[:1], at[1:]))]:
                near = lambda a, b: dialect == "numpy" and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-15)  # noqa: B023, E731
                same = all(extreme.equal(a, b) or near(a, b) for a, b in zip(found, slopes))
                if not same or not math.isclose(value, graph.data, rel_tol=1e-13, abs_tol=1e-15):
                    wrong.append((dialect, k, at, found, slopes))
    assert not wrong, wrong[:3]
    assert finite  # where the cube root is infinitely steep


def test_a_program_computes_no_reach_where_nothing_is_cut_or_nothing_is_infinite():
    x, y = Value(0.5, "x"), Value(2.0, "y")
    for out in (ac.sqrt(x) * ac.tanh(y), ac.relu(x) * ac.step(y) + ac.maximum(x, y), ac.hypot(x, y) ** 2, ac.cbrt(x) * ac.softplus(y)):
        source = compile_graph(out, [x, y]).source
        assert "r_" not in source
        assert "!= 0.0 else 0.0" not in source
    assert "r_" not in compile_graph([ac.sqrt(ac.step(x) * y)], [x, y]).source, "no gradient was asked for"
    assert "r_" in compile_graph(ac.sqrt(ac.relu(x) + 1.0) + ac.sqrt(ac.step(y) * x), [x, y]).source
    assert pattern("x * y", frozenset("g"), PYTHON).fill({"r_g": ("r", 5)}) == "r"
    assert [pattern(text, frozenset(), PYTHON) for text in ("x * y", "x", "1.0 if x > 0.0 else y")] == [None] * 3


def test_what_flows_beside_a_cut_path_is_not_cut_and_constants_may_cut():
    for f, at, expected in (
        (lambda x, y: (lambda root: ac.step(y) * root + root)(ac.cbrt(x)), (0.0, -1.0), inf),
        (lambda x, y: (lambda root: root + ac.step(y) * root)(ac.cbrt(x)), (0.0, -1.0), inf),
        (lambda x, y: ac.step(Value(-1.0)) * ac.cbrt(x) + y, (0.0, 1.0), 0.0),
        (lambda x, y: ac.step(0.0 * Value(1.0)) * ac.cbrt(x) + y, (0.0, 1.0), nan),
    ):
        for there in (at, (1.0, 1.0)):
            leaves = [Value(x) for x in there]
            out = f(*leaves)
            for dialect in ("python", "numpy"):
                assert extreme.equal(compile_graph(out, leaves, dialect=dialect)(at)[1][0], expected)
                assert extreme.equal(compile_graph(out, leaves[:1], leaves[1:], dialect=dialect)(at[:1], at[1:])[1][0], expected)
        leaves = [Value(x) for x in at]
        f(*leaves).backward()
        assert extreme.equal(leaves[0].grad, expected)


def test_an_own_function_whose_derivative_is_its_value_hands_on_what_is_cut():
    own = ac.primitive("own", "x if x >= 0.0 else 0.0", lambda out, x: out)
    try:
        f = lambda x, y: ac.cbrt(own(ac.step(y) * x)) * 3.0  # noqa: E731
        recorded = [Value(0.5, "x"), Value(1.5, "y")]
        program = compile_graph(f(*recorded), recorded[:1], recorded[1:])
        for at, expected in (((1.0, -1.0), 0.0), ((0.0, 1.0), nan), ((8.0, 1.0), 2.0)):
            leaves = [Value(x) for x in at]
            f(*leaves).backward()
            for slope in (leaves[0].grad, program(at[:1], at[1:])[1][0]):
                assert extreme.equal(slope, expected)
        source = compile_graph(ac.relu(2.0 * own(recorded[0])) * ac.cbrt(recorded[1]), recorded).source
        assert re.findall(r"r_\w+", source) == [], "nothing is steep below what may be cut"
    finally:
        del ac.TABLE["own"]
