"""A small transformer written with plain loops over Values, trained eagerly and through compiled programs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value, compile_graph, dot, exp, log_softmax, relu, sqrt
from autograd_core.programs.c import LANES
from autograd_core.programs.graph import Graph
from autograd_core.programs.statements import emit

TEXT = "the quick brown fox jumps over the lazy dog and the dog naps "
LENGTH, WIDTH, HEADS = 8, 16, 4
DESCRIPTION = f"One block, {WIDTH} wide, {HEADS} heads, causal attention over {LENGTH} tokens, a relu layer of {4 * WIDTH}, cross-entropy."

Matrix = list[list[Value]]


class Model:
    """The parameters, as matrices of Values."""

    def __init__(self, vocabulary: int) -> None:
        rng = random.Random(0)
        self.parameters: list[Value] = []

        def matrix(rows: int, columns: int) -> Matrix:
            made = [[Value(rng.gauss(0.0, columns**-0.5)) for _ in range(columns)] for _ in range(rows)]
            self.parameters += [w for row in made for w in row]
            return made

        self.embedding, self.place = matrix(WIDTH, vocabulary), matrix(LENGTH, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down, self.head = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH), matrix(vocabulary, WIDTH)

    def loss(self, tokens: Sequence[Sequence[Any]], targets: Sequence[Sequence[Any]]) -> Value:
        """The mean cross-entropy of the next token; tokens and targets are one-hot rows."""
        x = [[a + b for a, b in zip(linear(self.embedding, token), place)] for token, place in zip(tokens, self.place)]
        x = [[a + b for a, b in zip(row, y)] for row, y in zip(x, self.attention([normalised(row) for row in x]))]
        hidden = [[relu(z) for z in linear(self.up, normalised(row))] for row in x]
        x = [[a + b for a, b in zip(row, linear(self.down, h))] for row, h in zip(x, hidden)]
        total: Any = 0.0
        for row, target in zip(x, targets):
            total = total - dot(target, log_softmax(linear(self.head, row)))
        return total * (1.0 / len(tokens))

    def attention(self, x: Matrix) -> Matrix:
        """Every token attends to itself and to those before it."""
        queries, keys, values = ([linear(m, row) for row in x] for m in (self.query, self.key, self.value))
        size = WIDTH // HEADS
        out: Matrix = []
        for t, query in enumerate(queries):
            joined: list[Value] = []
            for h in range(HEADS):
                part = slice(h * size, (h + 1) * size)
                weights = [exp(dot(query[part], keys[s][part]) * size**-0.5) for s in range(t + 1)]
                total = sum(weights, 0.0)
                shares = [w / total for w in weights]
                joined += [dot(shares, [values[s][i] for s in range(t + 1)]) for i in range(part.start, part.stop)]
            out.append(linear(self.mix, joined))
        return out


def linear(matrix: Matrix, x: Sequence[Any]) -> list[Value]:
    return [dot(row, x) for row in matrix]


def normalised(x: Sequence[Value]) -> list[Value]:
    """The root mean square is 1."""
    scale = sqrt(dot(x, x) * (1.0 / len(x)) + 1e-5)
    return [a / scale for a in x]


def sequences(steps: int) -> list[list[float]]:
    """For each step, the one-hot tokens and targets of a piece of the text, in one row."""
    letters = sorted(set(TEXT))
    rng = random.Random(1)
    rows = []
    for _ in range(steps):
        start = rng.randrange(len(TEXT) - LENGTH)
        piece = TEXT[start : start + LENGTH + 1]
        hot = [[float(c == letter) for letter in letters] for c in piece]
        rows.append([x for token in hot[:-1] for x in token] + [x for token in hot[1:] for x in token])
    return rows


def train(steps: int, rate: float = 0.1) -> tuple[dict[str, tuple[float, float, list[float]]], int]:
    """For each way, the seconds to record and build, the milliseconds a token and the loss of every step; and the statements in C."""
    count, rows = len(set(TEXT)), sequences(steps)

    def split(row: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        tokens = [row[i : i + count] for i in range(0, len(row), count)]
        return tokens[:LENGTH], tokens[LENGTH:]

    def eager() -> Callable[[list[float], list[float]], tuple[float, list[float]]]:
        model = Model(count)

        def run(weights: list[float], row: list[float]) -> tuple[float, list[float]]:
            for p, w in zip(model.parameters, weights):
                p.data, p.grad = w, 0.0
            loss = model.loss(*split(row))
            loss.backward()
            return loss.data, [p.grad for p in model.parameters]

        return run

    def compiled(dialect: str) -> Callable[[list[float], list[float]], tuple[float, list[float]]]:
        return compile_graph(*recorded(), dialect)

    def recorded() -> tuple[Value, list[Value], list[Value]]:
        model, inputs = Model(count), [Value(x) for x in rows[0]]
        return model.loss(*split(inputs)), model.parameters, inputs

    ways = {"eager": eager, "python dialect": lambda: compiled("python"), "c dialect": lambda: compiled("c")}
    results = {}
    for name, make in ways.items():
        start = time.perf_counter()
        run, weights, losses = make(), [p.data for p in Model(count).parameters], []
        if name != "eager":
            run(weights, rows[0])  # what is built for single rows, too
        built = time.perf_counter()
        for row in rows:
            loss, gradients = run(weights, row)
            weights = [w - rate * g for w, g in zip(weights, gradients)]
            losses.append(loss)
        results[name] = (built - start, (time.perf_counter() - built) / steps / LENGTH * 1e3, losses)
    output, parameters, inputs = recorded()
    emitted = emit(Graph([output], parameters, inputs, True), LANES)
    return results, len(emitted.forward) + len(emitted.backward)
