"""The graphs that exercise sheets are made of in the tests: those of the lectures, and some that have everything."""

from autograd_core import Value, cos, dot, relu, sin


def named(**nodes):
    for name, node in nodes.items():
        node.name = name
    return list(nodes.values())


def neuron():
    """C9 of the curriculum: y = sigmoid(wx + b), L = (y - 1)², one step with 0.1."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    y = z.sigmoid()
    L = (y - 1.0) ** 2
    named(z=z, y=y, L=L)
    return L, [w, b]


def regularised():
    """C2: w reaches the loss on two paths."""
    w, x, b, t, rate = (Value(data, name) for data, name in ((0.5, "w"), (2.0, "x"), (1.0, "b"), (1.0, "t"), (0.1, "λ")))
    z = w * x + b
    y = z.sigmoid()
    L, R = 0.5 * (y - t) ** 2, 0.5 * w**2
    total = L + rate * R
    named(z=z, y=y, L=L, R=R, L_reg=total)
    return total, [w, b]


def network():
    """C10: two sigmoid neurons and one behind them."""
    x1, x2, t = Value(0.5, "x1"), Value(1.0, "x2"), Value(1.0, "y")
    (a, b), (c, d), (e, f) = (
        [Value(0.4, "w11"), Value(0.6, "w12")],
        [Value(0.3, "w21"), Value(0.5, "w22")],
        [Value(0.7, "v1"), Value(0.8, "v2")],
    )
    b1, b2, b3 = Value(0.1, "b1"), Value(0.2, "b2"), Value(0.3, "b")
    z1, z2 = dot([a, b], [x1, x2], b1), dot([c, d], [x1, x2], b2)
    h1, h2 = z1.sigmoid(), z2.sigmoid()
    z = dot([e, f], [h1, h2], b3)
    out = z.sigmoid()
    L = 0.5 * (t - out) ** 2
    named(z1=z1, z2=z2, h1=h1, h2=h2, z=z, out=out, L=L)
    return L, [a, b, c, d, e, f, b1, b2, b3]


def patient(x=2.0, y=3.0):
    """The graph that is broken in the lab: a = xy, b = a + x, L = ab."""
    x, y = Value(x, "x"), Value(y, "y")
    a = x * y
    b = a + x
    L = a * b
    named(a=a, b=b, L=L)
    return L, [x, y]


def functions():
    x, t = Value(0.7, "x"), Value(0.2, "t")
    u = cos(x * x)
    v = (t - u).sigmoid() + sin(x)
    L = relu(v * u) ** 3
    named(u=u, v=v, L=L)
    return L, [x, t]
