"""Networks out of single numbers, of every shape that programs find loops in, and what they find."""

import random
from functools import reduce
from itertools import accumulate, pairwise
from operator import add

import autograd_core as ac
from autograd_core import Value, compile_graph, dot
from autograd_core.programs.c import LANES
from autograd_core.programs.c_loops import emit_loops
from autograd_core.programs.graph import Graph
from autograd_core.programs.loops import Layer, find_groups

ACTIVATIONS = [ac.relu, ac.tanh, ac.sigmoid, ac.softplus, ac.leaky_relu, ac.elu, lambda z: z, lambda z: z * ac.sigmoid(z), lambda z: z * z,
               lambda z: 0.5 * z, lambda z: ac.maximum(z, -0.3) - 1.0, abs, lambda z: ac.sin(z) / (2.0 + z * z)]  # fmt: skip


class Net:
    """Leaves in their order, and what is computed from them."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.parameters, self.inputs = [], []

    def new_inputs(self, n):
        new = [Value(self.rng.uniform(-1, 1)) for _ in range(n)]
        self.inputs += new
        return new

    def weights(self, m, n, order="neurons", bias=True):
        rows = [[Value(self.rng.uniform(-1, 1) / n**0.5) for _ in range(n)] for _ in range(m)]
        biases = [Value(self.rng.uniform(-1, 1)) if bias else bias_of(bias) for _ in range(m)]
        if order == "neurons":
            self.parameters += [p for row, b in zip(rows, biases) for p in ([*row, b] if bias else row)]
        elif order == "matrix":
            self.parameters += [p for row in rows for p in row] + (biases if bias else [])
        else:  # in no order
            mixed = [p for row in rows for p in row] + (biases if bias else [])
            self.rng.shuffle(mixed)
            self.parameters += mixed
        return rows, biases


def bias_of(bias):
    return 0.25 if bias is None else 0.0


def layer(x, weights):
    return [dot(w, x, b) for w, b in zip(*weights)]


def cross_entropy(logits, targets):
    return -dot(targets, ac.log_softmax(logits))


def loss_of(net, outputs):
    kind = net.rng.choice(["mse", "hinge", "softmax", "sum"])
    targets = net.new_inputs(len(outputs))
    if kind == "mse":
        return dot(*[[y - t for y, t in zip(outputs, targets)]] * 2) / len(outputs)
    if kind == "hinge":
        return reduce(add, [ac.relu(1.0 - t * y) for y, t in zip(outputs, targets)])
    if kind == "softmax" and len(outputs) > 1:
        return cross_entropy(outputs, targets)
    return reduce(add, (y * t for y, t in zip(outputs, targets)))


def plain(seed):
    """A network of random sizes."""
    net = Net(seed)
    x = net.new_inputs(net.rng.randint(1, 40))
    for _ in range(net.rng.randint(1, 3)):
        order = net.rng.choice(["neurons", "neurons", "matrix", "mixed"])
        z = layer(x, net.weights(net.rng.randint(1, 19), len(x), order, net.rng.choice([True, True, False, None])))
        f = net.rng.choice(ACTIVATIONS)
        x = [f(y) for y in z]
    return loss_of(net, x), net


def recurrent(seed):
    """Weights that are used again at every step."""
    net = Net(seed)
    own, mix = net.weights(6, 6, bias=False), net.weights(6, 5)
    h = layer(net.new_inputs(5), mix)
    for _ in range(3):
        h = [ac.tanh(a + b) for a, b in zip(layer(h, own), layer(net.new_inputs(5), mix))]
    return loss_of(net, h), net


def residual(seed):
    """What a layer is given is also used beside it, before and after."""
    net = Net(seed)
    x = [ac.relu(z) for z in layer(net.new_inputs(7), net.weights(8, 7))]
    early = reduce(add, x)
    y = [a + ac.tanh(b) for a, b in zip(x, layer(x, net.weights(8, 8)))]
    z = [a * b for a, b in zip(y, layer(y, net.weights(8, 8)))]
    extra = dot([1.0] * 3, x[2:5]) * early
    return loss_of(net, layer(z, net.weights(3, 8))) + extra + x[0] * y[7], net


def convolution(seed):
    """One small matrix over overlapping windows, an input twice in a list, and rows of a layer used one by one."""
    net = Net(seed)
    x = [ac.softplus(z) for z in layer(net.new_inputs(4), net.weights(9, 4))]
    kernel = net.weights(3, 4)
    windows = [layer(x[i : i + 4], kernel) for i in range(0, 6, 2)]
    flat = [ac.relu(z) for channel in zip(*windows) for z in channel]
    twice = layer([*flat[:4], flat[0], flat[0]], net.weights(4, 6))
    strided = layer(flat[::2], net.weights(4, len(flat[::2])))
    return loss_of(net, [*twice, *strided, windows[1][2]]), net


def attention(seed):
    """Queries, keys and values of three tokens; two heads, so that rows of a layer are used far from each other."""
    net = Net(seed)
    q, k, v = (net.weights(4, 4, bias=False) for _ in range(3))
    tokens = [net.new_inputs(4) for _ in range(3)]
    embedded = [layer(token, net.weights(4, 4)) for token in tokens]
    qs, ks, vs = ([layer(token, w) for token in embedded] for w in (q, k, v))
    outputs = []
    for head in (slice(0, 2), slice(2, 4)):
        shares = ac.softmax([dot(qs[-1][head], key[head]) for key in ks])
        outputs += [dot(shares, [value[head][i] for value in vs]) for i in range(2)]
    return loss_of(net, layer(outputs, net.weights(5, 4))), net


def mixed_uses(seed):
    """Weights that are also used outside of their matrix, and two matrices over the same weights."""
    net = Net(seed)
    x = net.new_inputs(6)
    rows, biases = net.weights(6, 6)
    z = layer(x, (rows, biases))
    penalty = dot(rows[1], rows[1]) * 0.1
    other = layer(z[:3], ([row[:3] for row in rows[3:]], biases[3:]))
    return loss_of(net, [*z, *other, *layer(x, net.weights(4, 6))]) + penalty, net


SHAPES = [plain, recurrent, residual, convolution, attention, mixed_uses]




def rows_of(net, count, rng):
    return [[rng.uniform(-1, 1) for _ in net.inputs] for _ in range(count)]


def summed(results):
    """The order of addition that the class documents: blocks of 1,024 rows, eight partial sums in each."""
    def over_rows(block):
        partial = [block[i::8] for i in range(8)]
        s = [list(accumulate(p))[-1] if p else 0.0 for p in partial]
        return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))

    columns = [[value, *gradients] for value, gradients in results]
    return [reduce(add, [over_rows(column[i : i + 1024]) for i in range(0, len(column), 1024)]) for column in zip(*columns)]


def check(loss, net, wrt, counts=(1, 3, 8, 13)):
    """Value and gradients equal ``backward``'s and those of the Python program, row by row and added up."""
    program, python = compile_graph(loss, wrt, net.inputs, "c"), compile_graph(loss, wrt, net.inputs)
    values = [p.data for p in wrt]
    for leaf in net.parameters:
        leaf.grad = 0.0
    loss.backward()
    recorded = [x.data for x in net.inputs]
    assert program(values, recorded) == (loss.data, [p.grad for p in wrt])
    rows = rows_of(net, max(counts), random.Random(1))
    results = [python(values, row) for row in rows]
    assert [program(values, row) for row in rows] == results
    for count in counts:
        total, gradients = program.batch(values, rows[:count])
        assert [total, *gradients] == summed(results[:count]), count
    return program


def groups_of(loss, net, wrt=None, single=True):
    found = find_groups(Graph([loss], net.parameters if wrt is None else wrt, net.inputs, single), set())
    return list(dict.fromkeys(group for group, _ in found.values()))


def mlp(widths=(5, 8, 8, 4), activation=ac.relu, order="neurons"):
    net = Net(0)
    x = net.new_inputs(widths[0])
    for n, m in pairwise(widths):
        x = [activation(z) for z in layer(x, net.weights(m, n, order))]
    return cross_entropy(x, net.new_inputs(len(x))), net


def matrices_of(net, outputs, single=True):
    """Their sizes, and whether their weights and biases stand where they say."""
    layers = [g for g in groups_of(reduce(add, outputs), net, single=single) if isinstance(g, Layer)]
    for found in layers:
        m, n = found.matrix.m, found.matrix.n
        assert len(found.nodes) == m
        weights, biases = [w for node in found.nodes for w in node.parents[:n]], [node.parents[-1] for node in found.nodes]
        assert [net.parameters[i] for i in found.matrix.places()] == weights + (biases if found.matrix.bias is not None else [])
    return [(found.matrix.m, found.matrix.n) for found in layers]


def tuple_of(sums):
    return sums[0], sums[1:]


def emitted(net, out):
    looped = emit_loops(Graph([out], net.parameters, net.inputs, True), LANES)
    loops = [sum(statement.loop != 0 for statement in part) for part in (looped.emitted.forward, looped.emitted.backward)]
    return loops, [name for name in looped.arrays if name.startswith("x_")], [s for s in looped.emitted.forward if "product(" in s.text]
