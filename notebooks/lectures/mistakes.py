"""What is wrong with a pass of one's own: its gradients beside the right ones, in a table and in a picture of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from autograd_core import Drawing, Value, numerical_gradient, topological_order

Gradients = Mapping[Value, float]


def right_gradients(output: Value) -> dict[Value, float]:
    """The gradient of every node, by the local derivatives that were recorded in the forward pass.

    >>> x = Value(3.0)
    >>> right_gradients(x * x)[x]
    6.0
    """
    order = topological_order(output)
    found = {**dict.fromkeys(order, 0.0), output: 1.0}
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local_derivatives):
            found[parent] += found[node] * local
    return found


def diagnose(mine: Gradients, nodes: Mapping[str, Value]) -> None:
    """Print right and wrong gradients of the nodes by name, ``"L"`` among them, which is the output.

    >>> x = Value(3.0)
    >>> nodes = {"x": x, "L": x * x}
    >>> diagnose({x: 3.0, nodes["L"]: 1.0}, nodes)
    node   value    right    mine
    x          3        6       3   <- wrong
    L          9        1       1
    """
    right = right_gradients(nodes["L"])
    print("node   value    right    mine")
    for name, node in nodes.items():
        verdict = "" if mine[node] == right[node] else "   <- wrong"
        print(f"{name:<4}{node.data:8g}{right[node]:9g}{mine[node]:8g}{verdict}")


def picture(mine: Gradients, nodes: Mapping[str, Value]) -> Drawing:
    """The graph with the gradients of ``mine``; wrong ones in orange, with the right one beside.

    >>> x = Value(3.0)
    >>> nodes = {"x": x, "L": x * x}
    >>> "grad 3, not 6" in picture({x: 3.0, nodes["L"]: 1.0}, nodes).dot
    True
    """
    right = right_gradients(nodes["L"])
    called = {node: name for name, node in nodes.items()}
    lines = ['digraph { rankdir=LR bgcolor="transparent"',
             'node [shape=box style="filled,rounded" fontname=Arial fontsize=12 fontcolor="#111111"]',
             'edge [color="#767676" fontcolor="#767676" fontname=Arial fontsize=11]']  # fmt: skip
    for node, name in called.items():
        wrong = mine[node] != right[node]
        below = f"grad {mine[node]:g}" + (f", not {right[node]:g}" if wrong else "")
        look = 'fillcolor="#f7b267" penwidth=2.4' if wrong else 'fillcolor="#ffffff"'
        lines.append(f'{name} [label="{name} = {node.data:g}\\n{below}" {look}]')
        lines += [f'{called[parent]} -> {name} [label="{local:g}"]' for parent, local in zip(node.parents, node.local_derivatives)]
    return Drawing("\n".join([*lines, "}"]), "graph with right and wrong gradients")


def catches(method: Callable[[Value], Gradients], f: Callable[..., Value], point: Sequence[float]) -> bool:
    """Whether finite differences disagree with the gradients of a pass on ``f`` of leaves at ``point``.

    >>> catches(right_gradients, lambda x, y: x * y, [2.0, 3.0])
    False
    """
    leaves = [Value(v) for v in point]
    found = method(f(*leaves))
    judge = numerical_gradient(lambda v: f(*v), point)
    return any(abs(found[leaf] - true) > 1e-4 for leaf, true in zip(leaves, judge))
