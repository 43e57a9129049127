"""MLP(2, [16, 16, 1]) with hinge loss in every engine of the program benchmark: value and gradient of 337 parameters."""

from __future__ import annotations

import ctypes
import itertools
import random
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import autograd_core
from autograd_core import Value, compile_graph, dot, relu
from autograd_core.programs.c_compiler import find_compiler

WIDTHS = [2, 16, 16, 1]
COUNT = sum((n + 1) * m for n, m in itertools.pairwise(WIDTHS))


def data(rows: int) -> tuple[list[float], list[list[float]]]:
    """The parameters, neuron by neuron (weights, then bias), and rows of two inputs and a label."""
    rng = random.Random(0)
    parameters = [rng.uniform(-1, 1) for _ in range(COUNT)]
    return parameters, [[rng.uniform(-1, 1), rng.uniform(-1, 1), rng.choice((-1.0, 1.0))] for _ in range(rows)]


def active_row() -> list[float]:
    """The first row with a loss and a gradient: behind an inactive hinge every engine that branches has nothing to do."""
    parameters, rows = data(100)
    program = ours("python")
    return next(row for row in rows if program(parameters, row)[0] > 0.0)


def require_equal(what: str, found: tuple[float, Sequence[float]], expected: tuple[float, Sequence[float]]) -> None:
    """Stop unless the value and every gradient agree, to 1e-9 of the largest of them."""
    a, b = [found[0], *found[1]], [expected[0], *expected[1]]
    scale = max(1e-300, *map(abs, b))
    if len(a) != len(b) or max(abs(x - y) for x, y in zip(a, b)) > 1e-9 * scale:
        raise SystemExit(f"{what} disagrees: value {found[0]} for {expected[0]}")


def flat(matrices: Sequence[Any]) -> list[float]:
    """The gradients of ``[w, b, w, b, ...]`` in the order of ``data``: neuron by neuron, its weights and then its bias."""
    pairs = zip(matrices[::2], matrices[1::2])
    return [float(x) for w, b in pairs for row, bias in zip(w.tolist(), b.tolist()) for x in (*row, bias)]


def recorded(activation: str = "relu") -> tuple[Value, list[Value], list[Value]]:
    """The graph of one sample in our engine, its parameters and its inputs."""
    function = getattr(autograd_core, activation)
    values, rows = data(1)
    parameters, inputs = [Value(p) for p in values], [Value(x) for x in rows[0]]
    h, given = inputs[:2], iter(parameters)
    for depth, (n, m) in enumerate(itertools.pairwise(WIDTHS)):
        z = []
        for _ in range(m):
            w = list(itertools.islice(given, n))
            z.append(dot(w, h, next(given)))
        h = z if depth == len(WIDTHS) - 2 else [function(x) for x in z]
    return relu(1.0 - inputs[2] * h[0]), parameters, inputs


def ours(dialect: str, activation: str = "relu") -> Any:
    """The compiled program."""
    return compile_graph(*recorded(activation), dialect=dialect)


def by_hand() -> Callable[[list[float], list[float]], tuple[float, list[float]]]:
    """The straight-line Python function that a person would write for this network."""
    names = ", ".join(f"p{i}" for i in range(COUNT))
    lines = ["def by_hand(parameters, inputs):", f"    ({names},) = parameters", "    x0, x1, y = inputs"]
    layers, start, below = [], 0, ["x0", "x1"]
    for depth, (n, m) in enumerate(itertools.pairwise(WIDTHS)):
        rows = []
        for k in range(m):
            first = start + k * (n + 1)
            w = [f"p{first + i}" for i in range(n)]
            rows.append((w, f"p{first + n}"))
            lines.append(f"    z{depth}_{k} = {' + '.join(f'{a} * {b}' for a, b in zip(w, below))} + p{first + n}")
            if depth < 2:
                lines.append(f"    h{depth}_{k} = z{depth}_{k} if z{depth}_{k} > 0.0 else 0.0")
        layers.append((rows, below))
        below = [f"h{depth}_{k}" for k in range(m)]
        start += m * (n + 1)
    lines += ["    margin = 1.0 - y * z2_0", "    loss = margin if margin > 0.0 else 0.0", "    d2_0 = -y if margin > 0.0 else 0.0"]
    for depth in (1, 0):
        above = layers[depth + 1][0]
        for k in range(WIDTHS[depth + 1]):
            total = " + ".join(f"d{depth + 1}_{j} * {w[k]}" for j, (w, _) in enumerate(above))
            lines.append(f"    d{depth}_{k} = {total} if z{depth}_{k} > 0.0 else 0.0")
    gradients = [
        text
        for depth, (rows, inputs) in enumerate(layers)
        for k in range(len(rows))
        for text in [*(f"d{depth}_{k} * {x}" for x in inputs), f"d{depth}_{k}"]
    ]
    lines.append(f"    return loss, [{', '.join(gradients)}]")
    namespace: dict[str, Any] = {}
    exec("\n".join(lines), namespace)
    return namespace["by_hand"]


def hand_written_c() -> Callable[[Any, Any], Callable[[], tuple[float, list[float]]]]:
    """``by_hand.c``, built for this machine as its author would; called with parameters and rows, it gives what computes the sum over them."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["-O3", "-march=native", "-fno-math-errno", "-std=gnu11", "-shared", "-fPIC"]
        source = str(Path(__file__).with_name("by_hand.c"))
        subprocess.run([*find_compiler(), *options, source, "-o", f"{folder}/by_hand.so"], check=True)
        function = ctypes.CDLL(f"{folder}/by_hand.so").by_hand
    function.argtypes, function.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p], None
    return lambda parameters, rows: OnArrays(function, parameters, rows)


class OnArrays:
    """A C function on arrays that stand ready: ``run`` calls it, a call returns its results, too."""

    def __init__(self, function: Any, parameters: Any, rows: Any) -> None:
        import numpy as np

        self.out = np.zeros(1 + len(parameters))
        addresses = parameters.ctypes.data, rows.ctypes.data, len(rows), self.out.ctypes.data
        self.run = lambda kept=(self.out, parameters, rows): function(*addresses)

    def __call__(self) -> tuple[float, list[float]]:
        self.run()
        value, *gradients = self.out.tolist()
        return value, gradients


def in_micrograd() -> Callable[[list[float], list[float]], tuple[float, list[float]]]:
    """One sample as micrograd trains it: forward, gradients to zero, backward."""
    from micrograd.engine import Value as Peer

    values, _ = data(1)
    parameters = [Peer(p) for p in values]

    def run(_: list[float], row: list[float]) -> tuple[float, list[float]]:
        h, given = [Peer(row[0]), Peer(row[1])], iter(parameters)
        for depth, (n, m) in enumerate(itertools.pairwise(WIDTHS)):
            z = []
            for _ in range(m):
                w = list(itertools.islice(given, n))
                z.append(sum((a * b for a, b in zip(w, h)), next(given)))
            h = z if depth == len(WIDTHS) - 2 else [x.relu() for x in z]
        loss = (1.0 + -row[2] * h[0]).relu()
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return run


def in_torch(activation: str = "relu") -> Callable[[Any], tuple[float, list[Any]]]:
    """The sum over rows in PyTorch, on one thread; it takes the NumPy rows."""
    import torch

    torch.set_num_threads(1)
    function = getattr(torch, activation)
    weights = _matrices(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True))

    def run(rows: Any) -> tuple[float, list[Any]]:
        table = torch.from_numpy(rows)
        h = table[:, :2]
        for depth, (w, b) in enumerate(weights):
            h = h @ w.T + b
            h = function(h) if depth < 2 else h
        loss = (1.0 - table[:, 2] * h[:, 0]).relu().sum()
        gradients = torch.autograd.grad(loss, [x for pair in weights for x in pair])
        return loss.item(), list(gradients)

    return run


def in_jax(activation: str = "relu") -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The sum over rows in JAX, and the function that brings rows to its side."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    function = getattr(jax.nn, activation)
    weights = _matrices(jnp.array)

    def loss(weights: Any, table: Any) -> Any:
        h = table[:, :2]
        for depth, (w, b) in enumerate(weights):
            h = h @ w.T + b
            h = function(h) if depth < 2 else h
        return jnp.sum(jax.nn.relu(1.0 - table[:, 2] * h[:, 0]))

    compiled = jax.jit(jax.value_and_grad(loss))

    def run(table: Any) -> Any:
        return jax.block_until_ready(compiled(weights, table))

    return run, jnp.asarray


def _matrices(tensor: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    values, _ = data(1)
    given, found = iter(values), []
    for n, m in itertools.pairwise(WIDTHS):
        rows = [list(itertools.islice(given, n + 1)) for _ in range(m)]
        found.append((tensor([row[:n] for row in rows]), tensor([row[n] for row in rows])))
    return found
