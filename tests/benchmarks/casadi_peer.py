"""The benchmarks' graphs in CasADi: scalar expressions in C++, evaluated by its interpreter, or by the C that it generates."""

from __future__ import annotations

import ctypes
import itertools
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import casadi
import models
import numpy as np
import peers

from autograd_core.programs.c_compiler import find_compiler

_OVER_ROWS = """
void over_rows(const double *parameters, const double *rows, long count, double *out)
{
    static double w[WORK + 1], value, gradient[RESULTS];
    const double *arguments[2];
    double *results[2];
    for (int r = 0; r < RESULTS; r++) out[r] = 0.0;
    for (long i = 0; i < count; i++) {
        arguments[0] = parameters, arguments[1] = rows + i * COLUMNS;
        results[0] = &value, results[1] = gradient;
        f(arguments, results, 0, w, 0);
        out[0] += value;
        for (int r = 1; r < RESULTS; r++) out[r] += gradient[r - 1];
    }
}
"""


class Evaluation:
    """``run`` computes; a call computes and returns the value and the gradients."""

    def __init__(self, run: Callable[[], Any], value: Any, gradients: Any) -> None:
        self.run, self.value, self.gradients = run, value, gradients

    def __call__(self) -> tuple[float, list[float]]:
        self.run()
        return float(np.ravel(self.value)[0]), np.ravel(self.gradients).tolist()


class Peer:
    """A CasADi function of parameters and one row, with its gradient."""

    def __init__(self, record: Callable[[], tuple[Any, Any, Any]], compiled: bool = True) -> None:
        start = time.perf_counter()
        output, parameters, row = record()
        self.function = casadi.Function("f", [parameters, row], [output, casadi.gradient(output, parameters)])
        self.count, self.columns = parameters.numel(), row.numel()
        self.recording = time.perf_counter() - start
        self.built = self._build() if compiled else None
        self.building = time.perf_counter() - start

    def _build(self) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            generator = casadi.CodeGenerator("f")
            generator.add(self.function)
            sizes = {"WORK": self.function.sz_w(), "RESULTS": 1 + self.count, "COLUMNS": self.columns}
            text = generator.dump() + _OVER_ROWS
            for name, size in sizes.items():
                text = text.replace(name, str(size))
            source = Path(folder, "f.c")
            source.write_text(text)
            subprocess.run([*find_compiler(), "-O2", "-march=native", "-shared", "-fPIC", str(source), "-o", f"{folder}/f.so", "-lm"], check=True)
            function = ctypes.CDLL(f"{folder}/f.so").over_rows
        function.argtypes, function.restype = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p], None
        return function

    def compiled(self, parameters: Any, rows: Any) -> Evaluation:
        out = np.zeros(1 + self.count)
        addresses = parameters.ctypes.data, rows.ctypes.data, len(rows), out.ctypes.data
        return Evaluation(lambda kept=(parameters, rows, out): self.built(*addresses), out[:1], out[1:])

    def interpreted(self, parameters: Any, rows: Any) -> Evaluation:
        function, count = self.function, len(rows)
        if count > 1:  # the sum over the rows, which CasADi reads as columns
            p, x = casadi.MX.sym("p", self.count), casadi.MX.sym("x", self.columns, count)
            values, gradients = function.map(count)(casadi.repmat(p, 1, count), x)
            function = casadi.Function("over_rows", [p, x], [casadi.sum2(values), casadi.sum2(gradients)])
        buffer, run = function.buffer()
        value, gradient = np.zeros(1), np.zeros(self.count)
        rows = np.ascontiguousarray(rows)
        if self.columns:
            buffer.set_arg(1, memoryview(rows))
        buffer.set_arg(0, memoryview(parameters))
        buffer.set_res(0, memoryview(value))
        buffer.set_res(1, memoryview(gradient))
        kept = buffer, parameters, rows, value, gradient, function
        return Evaluation(lambda kept=kept: run(), value, gradient)


def network() -> Peer:
    """MLP(2, [16, 16, 1]) with hinge loss, as in ``peers``."""
    return Peer(_network)


def _network() -> tuple[Any, Any, Any]:
    parameters, row = casadi.SX.sym("p", peers.COUNT), casadi.SX.sym("x", 3)
    h, given = [row[0], row[1]], iter([parameters[i] for i in range(peers.COUNT)])
    for depth, (n, m) in enumerate(itertools.pairwise(peers.WIDTHS)):
        z = []
        for _ in range(m):
            w = list(itertools.islice(given, n))
            z.append(sum((a * b for a, b in zip(w[1:], h[1:])), w[0] * h[0]) + next(given))
        h = z if depth == len(peers.WIDTHS) - 2 else [casadi.fmax(x, 0.0) for x in z]
    return casadi.fmax(1.0 - row[2] * h[0], 0.0), parameters, row


class Scalar:
    """A scalar expression with the names that the workloads use."""

    def __init__(self, value: Any) -> None:
        self.expression = casadi.SX.sym("v") if isinstance(value, float) else value

    def __add__(self, other: Any) -> Scalar:
        return Scalar(self.expression + getattr(other, "expression", other))

    def __mul__(self, other: Any) -> Scalar:
        return Scalar(self.expression * getattr(other, "expression", other))

    def __truediv__(self, other: Any) -> Scalar:
        return Scalar(self.expression / getattr(other, "expression", other))

    def __pow__(self, n: int) -> Scalar:
        return Scalar(self.expression**n)

    def relu(self) -> Scalar:
        return Scalar(casadi.fmax(self.expression, 0.0))

    __radd__, __rmul__ = __add__, __mul__


def recorded(graph: str, size: int) -> tuple[Any, list[Any], Any]:
    """A workload in our engine: its output, its parameters and their values."""
    workload = models.load("autograd_core", graph, size)
    return workload.forward(), workload.parameters, np.array([p.data for p in workload.parameters])


def of_graph(graph: str, size: int, compiled: bool) -> Any:
    """The same workload in CasADi."""

    def record() -> tuple[Any, Any, Any]:
        make = {"attention": models.attention, "shared": lambda value: models.shared(value, size)}[graph]
        workload = make(Scalar)
        parameters = casadi.vertcat(*(p.expression for p in workload.parameters))
        return workload.forward().expression, parameters, casadi.SX.sym("none", 0)

    peer = Peer(record, compiled)
    return _OneRow(peer)


class _OneRow:
    """A peer without inputs."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.built, self.recording, self.building = peer, peer.built, peer.recording, peer.building
        self.rows = np.zeros((1, 0))

    def compiled(self, parameters: Any) -> Callable[[], Any]:
        return self.peer.compiled(parameters, self.rows).run

    def interpreted(self, parameters: Any) -> Callable[[], Any]:
        return self.peer.interpreted(parameters, np.zeros((1, 0))).run
