"""Random graphs at kinks, singular points and extremes, and what every reading says of them.

A graph is drawn over all rows that a user may write, without guards, at a point of numbers that break things: zeros of both
signs, ties, ones, the largest and the smallest floats. Its readings are then compared, in three grades:

- *equal*: the same under ``==``, or nan both (what eager, ``gradients``, ``grad`` and the programs of Python and C promise);
- *agree*: equal, or both not finite, or both finite and as near as the order of additions and multiplications allows;
- *compatible*: they agree, or at least one is not finite.

A program is held to "equal" where every value of the graph is finite, and to "compatible" elsewhere; a program of NumPy, whose
functions round differently, only where at these points every function of the graph gives what Python's gives. Forward mode
multiplies from the other end: it must agree where no product of local derivatives along a part of a path leaves the range of
floats, may be not finite where one is too large, and is left out only where one is too small, as 0 would be right of it. Where recording raises, nothing is
compared but that the Python program raises, too. A program of JavaScript is compared, under "equal", with that of Python on the
results that the functions had in Node, each of which must be within some units in the last place of Python's.
"""

import math
from collections import Counter

from in_node import in_node, replayed, wrong_calls

import autograd_core as ac
from autograd_core import TABLE, Value, compile_graph, gradients, topological_order
from autograd_core.number import FAMILIES

EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 0.1, -0.3, 1e-8, 700.0, -745.0, 1e-154, 1e154, 1e200, -1e200,
            1e-200, 1e308, -1e308, 1e-308, 5e-324, -5e-324]  # fmt: skip
WEIGHTS = [12, 6, 9, 9, 4, 4, 4, 4, 3, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
EXPONENTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, -1.0, -2.0, -0.5, 1 / 3)
LOWEST, HIGHEST = math.log(1e-290), math.log(1e290)


def user_rows():
    """Every row that a user may write, by name, with the number of its operands."""
    rows = {name: (row, row.arity or 5) for name, row in TABLE.items() if not row.internal}
    del rows["**"]
    rows |= {f"** {n:g}": (FAMILIES["**"](n), 1) for n in EXPONENTS}
    rows |= {"step 1": (FAMILIES["step"](1.0), 1), "leaky_relu 0": (FAMILIES["leaky_relu"](0.0), 1), "elu 0.5": (FAMILIES["elu"](0.5), 1)}
    softmax = lambda x, y: ac.softmax([x, y, 0.0])[0]  # noqa: E731
    return rows | {"softmax": (softmax, 2)}


ROWS = user_rows()
NAMES = sorted(ROWS)


def draw(random, longest=7):
    """A graph that can be recorded at the point that comes with it: the instructions, and the point."""
    xs = random.choices(EXTREMES, WEIGHTS, k=random.choice((1, 2, 2, 3)))
    if random.random() < 0.2:
        xs = [xs[0]] * len(xs)
    nodes, steps = list(xs), []
    for _ in range(random.randint(1, longest)):
        for _ in range(20):
            name = random.choice(NAMES)
            operands = [operand(random, len(nodes)) for _ in range(ROWS[name][1])]
            if not any(isinstance(x, int) for x in operands):
                operands[0] = len(nodes) - 1
            try:
                nodes.append(ROWS[name][0](*(value(nodes, x) for x in operands)))
            except (ValueError, ArithmeticError):
                continue
            steps.append((name, operands))
            break
    return steps, xs


def operand(random, count):
    """The place of an earlier result, late ones more often, or sometimes a number."""
    if random.random() < 0.1:
        return random.choices(EXTREMES, WEIGHTS)[0]
    return count - 1 if random.random() < 0.5 else random.randrange(count)


def value(nodes, x):
    return nodes[x] if isinstance(x, int) else x


def function(steps):
    """The function that the instructions stand for."""

    def f(xs):
        nodes = list(xs)
        for name, operands in steps:
            nodes.append(ROWS[name][0](*(value(nodes, x) for x in operands)))
        return nodes[-1]

    return f


def text(steps):
    """The instructions as a person reads them."""
    lines = [f"{name}({', '.join(f'n{x}' if isinstance(x, int) else repr(x) for x in operands)})" for name, operands in steps]
    return "; ".join(lines)


# -- grades ------------------------------------------------------------------------------------------------------
def equal(a, b, _=0.0):
    return a == b or (a != a and b != b)


def agree(a, b, allowed):
    if math.isfinite(a) and math.isfinite(b):
        return abs(a - b) <= allowed
    return math.isfinite(a) == math.isfinite(b)


def near(a, b, _=0.0):
    """Equal but for the rounding of NumPy's own functions inside of a derivative."""
    return equal(a, b) or abs(a - b) <= 1e-14 * abs(a)


def compatible(a, b, allowed):
    return agree(a, b, allowed) or not (math.isfinite(a) and math.isfinite(b))


def attempt(call):
    """The numbers that ``call`` gives, or the class of its error."""
    try:
        return [float(x) for x in call()]
    except (ValueError, ArithmeticError) as error:
        return type(error)


# -- what may be compared ------------------------------------------------------------------------------------------
def all_finite(outputs):
    return all(math.isfinite(node.data) for output in outputs for node in topological_order(output))


def grade_by_range(*outputs):
    """How readings that multiply in another order may be compared, infinite and zero local derivatives aside.

    They agree where every product of local derivatives along a part of a path stays in the range of floats; where some may
    overflow they are compatible; and nothing can be said (``None``) where one may fall to 0, be it for a large result.
    """
    grade = agree
    for output in outputs:
        highest, lowest = {}, {}
        for node in topological_order(output):
            high, low = 0.0, 0.0
            for parent, d in zip(node.parents, node.local_derivatives):
                if d == d and d != 0.0:
                    size = 0.0 if math.isinf(d) else math.log(abs(d))
                    high, low = max(high, size + highest[parent]), min(low, size + lowest[parent])
            highest[node], lowest[node] = max(0.0, high), min(0.0, low)
            if low < LOWEST or 0.0 < abs(node.data) <= 1e-290:
                return None
            if high > HIGHEST or abs(node.data) >= 1e290:
                grade = compatible
    return grade


def scales(output, leaves):
    """For each leaf, the sum of the absolute values of all products along paths: what rounding is relative to."""
    order, size = topological_order(output), {output: 1.0}
    for node in reversed(order):
        for parent, d in zip(node.parents, node.local_derivatives):
            if size.get(node) and d and math.isfinite(d):
                size[parent] = size.get(parent, 0.0) + size[node] * abs(d)
    return [size.get(leaf, 0.0) for leaf in leaves]


def cancellation(*outputs):
    """How many times larger than a sum its terms may be: what rounding of the terms is relative to the sum."""
    worst = 1.0
    for node in topological_order(*outputs):
        terms = sum(abs(parent.data) for parent in node.parents)
        if node.op in ("+", "-", "merge") and node.data and math.isfinite(terms):
            worst = max(worst, terms / abs(node.data))
    return worst


IN_NUMPY = {}


def rounds_alike(node):
    """Whether NumPy computes this very value from the values of the operands."""
    if node.primitive is None:
        return True
    key, operands = (node.primitive, len(node.parents)), [parent.data for parent in node.parents]
    if key not in IN_NUMPY:
        leaves = [Value(x) for x in operands]
        IN_NUMPY[key] = compile_graph([node.primitive(*leaves)], [], leaves, dialect="numpy")
    got = IN_NUMPY[key]([], operands)[0]
    return equal(got, node.data) and math.copysign(1.0, got) == math.copysign(1.0, node.data)


# -- the readings ----------------------------------------------------------------------------------------------------
class Judge:
    """One graph at one point; ``found`` lists where its readings disagree, ``compared`` counts what was compared."""

    def __init__(self, steps, xs):
        self.f, self.xs, self.n = function(steps), xs, len(xs)
        self.found, self.compared = [], Counter()
        self.leaves = [Value(x, f"x{i}") for i, x in enumerate(xs)]
        self.out = self.f(self.leaves)

    def require(self, what, grade, first, second, allowed=None):
        """Note unless all numbers of two readings are of this ``grade``."""
        self.compared[f"{what.split(' at ')[0]} ({grade.__name__})"] += 1
        errors = isinstance(first, type) or isinstance(second, type)
        if errors:
            same = first is second
        else:
            allowed = allowed or [0.0] * len(first)
            same = len(first) == len(second) and all(map(grade, first, second, allowed))
        if not same:
            self.found.append(f"{what}: {shown(first)} and {shown(second)}")

    def unit(self, i):
        return [float(i == j) for j in range(self.n)]

    def first_order(self):
        self.out.backward()
        self.value, self.slopes = self.out.data, [leaf.grad for leaf in self.leaves]
        self.found_graph = gradients(self.out, self.leaves)
        self.require("backward, gradients", equal, self.slopes, [g.data for g in self.found_graph])
        self.require("backward, grad", equal, self.slopes, attempt(lambda: ac.grad(self.f)(self.xs)))
        grade = grade_by_range(self.out)
        if grade:
            forward = attempt(lambda: [ac.jvp(self.f, (self.xs,), (self.unit(i),))[1] for i in range(self.n)])
            self.require("backward, jvp", grade, self.slopes, forward, [1e-12 * s for s in scales(self.out, self.leaves)])

    def second_order(self):
        rows = [attempt(lambda g=g: [h.data for h in gradients(g, self.leaves)]) for g in self.found_graph]
        self.rows = rows
        if any(isinstance(row, type) for row in rows):
            self.found.append(f"gradients of gradients raises: {rows}")
            return
        hessian = attempt(lambda: [x for row in ac.hessian(self.f)(self.xs) for x in row])
        flat = [x for row in rows for x in row]
        self.require("gradients of gradients, hessian", equal, flat, hessian)
        along = lambda i: lambda at: ac.jvp(self.f, (at,), (self.unit(i),))[1]  # noqa: E731
        tangents = [t for i in range(self.n) if isinstance(t := along(i)(self.leaves), Value)]
        grade = grade_by_range(self.out, *self.found_graph, *tangents)
        if not grade:
            return
        size = max([s for g in self.found_graph for s in scales(g, self.leaves)], default=0.0)
        rounding = max(1e-9, 1e-15 * cancellation(self.out, *self.found_graph))
        allowed = [rounding * (size + max([abs(s) for s in flat if math.isfinite(s)], default=0.0))] * len(flat)
        columns = [rows[j][i] for i in range(self.n) for j in range(self.n)]
        self.require("symmetry of the Hessian", grade, flat, columns, allowed)
        each = range(self.n)
        readings = {
            "jvp of grad": lambda: [x for j in each for x in ac.jvp(ac.grad(self.f), (self.xs,), (self.unit(j),))[1]],
            "grad of jvp": lambda: [x for i in each for x in ac.grad(along(i))(self.xs)],
            "jvp of jvp": lambda: [ac.jvp(along(i), (self.xs,), (self.unit(j),))[1] for i in each for j in each],
            "hvp": lambda: [x for j in each for x in ac.hvp(self.f)(self.xs, self.unit(j))],
        }
        for name, reading in readings.items():
            self.require(f"gradients of gradients, {name}", grade, flat, attempt(reading), allowed)

    def programs(self, dialects, points):
        """Programs recorded at this point, of first and second order, at this and other points."""
        graphs = [self.out, *self.found_graph]
        for dialect in dialects:
            for k, graph in enumerate(graphs):
                program = compile_graph(graph, self.leaves, dialect=dialect)
                for at in [self.xs, *points]:
                    self._program(f"{dialect} program of {'gradient ' + str(k - 1) if k else 'the value'}", program, dialect, k, at)

    def _program(self, what, program, dialect, k, at):
        leaves = [Value(x) for x in at]
        try:
            out = self.f(leaves)
            graph = gradients(out, leaves)[k - 1] if k else out
        except (ValueError, ArithmeticError):
            return  # an unused part of the graph may be left out of a program, so it need not raise
        found = [graph, *gradients(graph, leaves)]
        expected = [node.data for node in found]
        result = attempt(lambda: [(pair := program(at))[0], *pair[1]])
        finite = all_finite([out, graph])
        if dialect == "numpy" and not all(rounds_alike(node) for output in found for node in topological_order(output)):
            return
        grade = near if dialect == "numpy" else equal
        self.require(f"{what} at {at}", grade if finite else compatible, expected, result)


def judge_in_node(judges, node="node"):
    """Hold the programs of all judges, at their points, against what Node makes of them: one process for all."""
    tried = [(judge, k, graph, points) for judge, points in judges for k, graph in enumerate([judge.out, *judge.found_graph])]
    programs = [[compile_graph(graph, judge.leaves, dialect=dialect) for dialect in ("javascript", "python")] for judge, _, graph, _ in tried]
    results = in_node(node, [(one, [(at, []) for at in points]) for (one, _), (*_, points) in zip(programs, tried)])
    for (judge, k, _, points), (_, python), found in zip(tried, programs, results, strict=True):
        for at, (numbers, calls) in zip(points, found, strict=True):
            what = f"javascript program of {f'gradient {k - 1}' if k else 'the value'} at {at}"
            judge.found += [f"{what}: {call}" for call in wrong_calls(calls)]
            expected = attempt(lambda: replayed(python.source, calls, (at, [])))  # noqa: B023
            if isinstance(expected, type):  # JavaScript has no errors: it goes on with what is not finite
                judge.compared["javascript program where Python raises (not compared)"] += 1
            else:
                judge.require(what, equal, expected, numbers)


def shown(reading):
    return reading.__name__ if isinstance(reading, type) else [float(f"{x:.17g}") for x in reading]
