"""A GPT on single numbers, in the words that micrograd has and ``exp`` and ``log``, for any engine whose numbers are called ``Value``.

One block: token and place embeddings, root-mean-square norms, causal attention with heads and a cache of keys and
values, a relu layer, softmax, cross-entropy, and Adam in plain floats. A word is read letter by letter.
"""

from __future__ import annotations

import importlib
import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

WORDS = ["dorothea", "anna", "bertha", "clara", "emilia", "frieda", "greta", "hannah", "irma", "johanna", "lotte", "martha", "nora", "ottilie"]
LETTERS = sorted(set("".join(WORDS)))
BOUNDARY = len(LETTERS)  # the token before the first letter of a word and after the last
WIDTH, HEADS, LENGTH = 16, 4, 8
DESCRIPTION = f"One block, {WIDTH} wide, {HEADS} heads, a relu layer of {4 * WIDTH}, {len(LETTERS) + 1} tokens, one word a step, and Adam."


def plain_sum(row: Sequence[Any], x: Sequence[Any]) -> Any:
    return sum(w * a for w, a in zip(row, x))


class GPT:
    """The parameters of the model, Adam's moments, and a training step on one word."""

    def __init__(self, value: Any, product: Callable[..., Any] = plain_sum) -> None:
        rng = random.Random(0)

        def matrix(rows: int, columns: int) -> list[list[Any]]:
            return [[value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        tokens = len(LETTERS) + 1
        self.product = product
        self.token, self.place, self.head = matrix(tokens, WIDTH), matrix(LENGTH + 1, WIDTH), matrix(tokens, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        matrices = [self.token, self.place, self.head, self.query, self.key, self.value, self.mix, self.up, self.down]
        self.parameters = [w for m in matrices for row in m for w in row]
        self.first, self.second, self.steps = [0.0] * len(self.parameters), [0.0] * len(self.parameters), 0

    def linear(self, x: list[Any], matrix: list[list[Any]]) -> list[Any]:
        return [self.product(row, x) for row in matrix]

    def logits(self, token: int, place: int, keys: list[Any], values: list[Any]) -> list[Any]:
        """What the model expects after this token; ``keys`` and ``values`` are of those before it, and grow."""
        x = normalised([a + b for a, b in zip(self.token[token], self.place[place])])
        x = [a + b for a, b in zip(x, self.attention(normalised(x), keys, values))]
        hidden = [a.relu() for a in self.linear(normalised(x), self.up)]
        x = [a + b for a, b in zip(x, self.linear(hidden, self.down))]
        return self.linear(x, self.head)

    def attention(self, x: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
        query, size = self.linear(x, self.query), WIDTH // HEADS
        keys.append(self.linear(x, self.key))
        values.append(self.linear(x, self.value))
        joined = []
        for part in (slice(h, h + size) for h in range(0, WIDTH, size)):
            weights = softmax([self.product(query[part], key[part]) / size**0.5 for key in keys])
            joined += [self.product(weights, column) for column in zip(*(value[part] for value in values))]
        return self.linear(joined, self.mix)

    def loss(self, word: str) -> Any:
        """The mean cross-entropy of the next letters."""
        tokens = [BOUNDARY, *map(LETTERS.index, word), BOUNDARY]
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for place, (token, target) in enumerate(itertools.pairwise(tokens)):
            losses.append(-softmax(self.logits(token, place, keys, values))[target].log())
        return (1 / len(losses)) * sum(losses)

    def update(self, rate: float = 0.01, decay: tuple[float, float] = (0.85, 0.99)) -> None:
        """A step of Adam; the gradients are set to 0 after it."""
        self.steps += 1
        unbias = [1.0 - beta**self.steps for beta in decay]
        for i, p in enumerate(self.parameters):
            self.first[i] = decay[0] * self.first[i] + (1.0 - decay[0]) * p.grad
            self.second[i] = decay[1] * self.second[i] + (1.0 - decay[1]) * p.grad**2
            p.data -= rate * (self.first[i] / unbias[0]) / ((self.second[i] / unbias[1]) ** 0.5 + 1e-8)
            p.grad = 0.0

    def train(self, word: str) -> float:
        """The loss before a training step on ``word``."""
        loss = self.loss(word)
        loss.backward()
        self.update()
        return float(loss.data)


def normalised(x: list[Any]) -> list[Any]:
    """The root mean square is 1."""
    scale = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(xs: list[Any]) -> list[Any]:
    largest = max(x.data for x in xs)
    exponentials = [(x - largest).exp() for x in xs]
    total = sum(exponentials)
    return [e / total for e in exponentials]


def load(engine: str, with_dot: bool = False) -> GPT:
    """The model on the engine in the module of that name."""
    module = importlib.import_module(engine)
    if not hasattr(module.Value, "exp"):
        module.Value.exp, module.Value.log = _exp, _log
    return GPT(module.Value, module.dot if with_dot else plain_sum)


# micrograd has no exp and no log: in its own manner, a function of no arguments that adds to the gradient.
def _exp(self: Any) -> Any:
    out = type(self)(math.exp(self.data), (self,), "exp")

    def _backward() -> None:
        self.grad += out.data * out.grad

    out._backward = _backward
    return out


def _log(self: Any) -> Any:
    out = type(self)(math.log(self.data), (self,), "log")

    def _backward() -> None:
        self.grad += out.grad / self.data

    out._backward = _backward
    return out
