"""Neurons, layers of neurons and networks of them; filters, dropout and batch normalisation."""

from __future__ import annotations

import operator
import random
from collections.abc import Sequence
from functools import reduce
from typing import Any

import autograd_core as ac

from .activations import ACTIVATIONS, OF_LAYERS, Activation, activation_function, activation_name, initial_weights, linear
from .arguments import count, fitting, generator_of, listed, number
from .module import InTorch, Module, Sequential, checked_inputs
from .training.model import Parameter


class _Unit(Module):
    """Weights, a bias, and an activation of their weighted sum."""

    def __init__(self, inputs: int, outputs: int, activation: Activation, bias: bool, init: Any, seed: Any, expand: bool) -> None:
        start = initial_weights(init, inputs, outputs, activation_name(activation), generator_of(seed))
        self.w = [Parameter(x, f"w{i}") for i, x in enumerate(start, start=1)]
        self.b = Parameter(0.0, "b") if bias else None
        self.activation, self.expand, self._function = activation, expand, activation_function(activation)

    def activated(self, x: Sequence[Any], w: Sequence[Any] | None = None) -> Any:
        """The output for inputs that were checked; ``w`` are the weights, if not all."""
        w, bias = self.w if w is None else w, 0.0 if self.b is None else self.b
        if not self.expand or not w:
            return self._function(ac.dot(w, x, bias) if w else bias)
        terms = [weight * value for weight, value in zip(w, x)] + ([] if self.b is None else [self.b])
        return self._function(reduce(operator.add, terms))

    def set_weights(self, weights: Sequence[float], bias: float = 0.0) -> Any:
        """Give it these numbers; returns the unit itself. ``ValueError``, and no change, if they do not fit."""
        for parameter, x in zip((p for p in (*self.w, self.b) if p is not None), self.fitting_weights(weights, bias)):
            parameter.data = x
        return self

    def fitting_weights(self, weights: Sequence[float], bias: float) -> list[float]:
        """The weights and the bias as floats; ``ValueError`` if the unit has no place for them, or one is no number."""
        row, what = listed("weights is", weights, "[0.5, -0.5]"), f"{self!r} has {len(self.w)} weights and a bias: the list of both"
        found = fitting([*row, bias], [0.0] * (len(self.w) + 1), what, "a finite number")
        if self.b is None and found[-1]:
            raise ValueError(f"{self!r} was made with bias=False: its bias is 0.0, not {bias!r}")
        return list(found)


class Neuron(_Unit):
    """``activation(w · x + b)``, as one weighted-sum node and one activation node.

    ``activation`` is a name in ``ACTIVATIONS`` or a function; ``expand=True`` records a node for each product and sum.
    ``init`` is that of :func:`nn.activations.initial_weights`, ``seed`` a number or a ``random.Random``; micrograd's ``nonlin`` says
    whether ``activation`` is ``"relu"`` or ``"linear"``.

    >>> neuron = Neuron(2, activation="sigmoid", init="zeros")
    >>> neuron, neuron([1.0, 2.0]).data
    (Neuron(2, sigmoid), 0.5)
    """

    @ac.named_options()
    def __init__(
        self, nin: int, activation: Activation = "relu", bias: bool = True, init: Any = "auto", seed: Any = None, expand: bool = False,
        nonlin: bool | None = None, outputs: int = 1,
    ) -> None:  # fmt: skip
        self.nin = count("a neuron has at least one input: nin", nin)
        super().__init__(nin, outputs, _with_nonlin(activation, nonlin), bias, init, seed, expand)

    def forward(self, x: Any) -> Any:
        return self.activated(checked_inputs(x, self.nin, self))

    def __repr__(self) -> str:
        return f"Neuron({self.nin}, {activation_name(self.activation)})"


def _with_nonlin(activation: Activation, nonlin: bool | None) -> Activation:
    return activation if nonlin is None else "relu" if nonlin else "linear"


class Layer(Module):
    """``nout`` neurons with the same ``nin`` inputs. Called, it returns a list, or the output itself if there is one.

    Takes the options of :class:`Neuron`, also ``"softmax"`` and ``"log_softmax"``. In layer 3, ``neurons[0].w[1]`` is ``w3[1,2]``.

    >>> [y.data for y in Layer(3, 2, activation="softmax", init="zeros")([1.0, 2.0, 3.0])]
    [0.5, 0.5]
    """

    @ac.named_options()
    def __init__(
        self, nin: int, nout: int, activation: Activation = "relu", bias: bool = True, init: Any = "auto", seed: Any = None,
        expand: bool = False, number: int | str = "", nonlin: bool | None = None,
    ) -> None:  # fmt: skip
        self.nin, self.nout = nin, count("a layer has at least one neuron: nout", nout)
        self.activation, generator = _with_nonlin(activation, nonlin), generator_of(seed)
        self._together = OF_LAYERS.get(self.activation) if isinstance(self.activation, str) else None
        own = "linear" if self._together else self.activation
        self.neurons = [Neuron(nin, own, bias, init, generator, expand, outputs=nout) for _ in range(nout)]
        for j, neuron in enumerate(self.neurons, start=1):
            for i, parameter in enumerate(neuron.parameters(), start=1):
                parameter.name = f"w{number}[{j},{i}]" if i <= nin else f"b{number}[{j}]"

    def forward(self, x: Any) -> Any:
        x = checked_inputs(x, self.nin, self)
        outputs = [neuron.activated(x) for neuron in self.neurons]
        return self._together(outputs) if self._together else outputs if len(outputs) > 1 else outputs[0]

    def backward(self, x: Sequence[float], upstream: Sequence[float]) -> list[float]:
        """The layer's own backward pass, from ∂J/∂y to ∂J/∂x = Wᵀδ, where δ is the vector-Jacobian product of the activation.

        It adds ∂J/∂W = δxᵀ and ∂J/∂b = δ to the parameters' gradients. The scalar graph gives the same numbers.

        >>> layer = Layer(2, 1, "linear").set_weights([[3.0, 4.0]], [0.0])
        >>> layer.backward([1.0, 2.0], [10.0]), [p.grad for p in layer.parameters()]
        ([30.0, 40.0], [10.0, 20.0, 10.0])
        """
        z = [ac.dot(neuron.w, x, 0.0 if neuron.b is None else neuron.b).data for neuron in self.neurons]
        activation = self._together or (lambda z: [self.neurons[0]._function(own) for own in z])
        (delta,) = ac.vjp(activation, z)[1](listed("upstream is", upstream, "[1.0]"))
        for neuron, d in zip(self.neurons, delta):
            for parameter, value in zip(neuron.parameters(), [*x, 1.0]):
                parameter.grad += d * value
        return [ac.dot(delta[::-1], [w.data for w in column]) for column in zip(*(neuron.w for neuron in self.neurons[::-1]))]

    def set_weights(self, weights: Sequence[Sequence[float]], biases: Sequence[float]) -> Layer:
        """Give each unit a row of weights and a bias; returns the layer itself. ``ValueError``, and no change, if they do not fit.

        >>> Layer(2, 1, "linear").set_weights([[1.0, 2.0]], [3.0])([1.0, 1.0]).data
        6.0
        """
        weights, biases = listed("weights is", weights, "[[1.0, 2.0]]"), listed("biases is", biases, "[3.0]")
        if not len(weights) == len(biases) == self.nout or any(len(listed("a row is", row, "[1.0]")) != self.nin for row in weights):
            raise ValueError(f"{self!r} has {self.nout} row(s) of {self.nin} weights, and as many biases: given {weights!r} and {biases!r}")
        found = [neuron.fitting_weights(row, bias) for neuron, row, bias in zip(self.neurons, weights, biases)]
        for neuron, row in zip(self.neurons, found):
            neuron.set_weights(row[:-1], row[-1])
        return self

    def in_torch(self) -> InTorch:
        name, f, bias = activation_name(self.activation), self.neurons[0]._function, [n.b for n in self.neurons if n.b is not None]
        torch = _IN_TORCH.get(name) or getattr(ac.TABLE.get(name) if f is ACTIVATIONS.get(name) else f, "torch", "")
        if not torch and f is not linear:
            raise ValueError(f"PyTorch has no module for the activation {name!r} of {self!r}")
        state = {"weight": [neuron.w for neuron in self.neurons]} | ({"bias": bias} if bias else {})
        return [f"Linear({self.nin}, {self.nout}{'' if bias else ', bias=False'})", *([torch] if torch else [])], state

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.nin}, {self.nout}, {activation_name(self.activation)})"


_IN_TORCH = {"softmax": "Softmax(dim=-1)", "log_softmax": "LogSoftmax(dim=-1)"}


class MLP(Sequential):
    """A multilayer perceptron: fully connected layers of ``nouts`` neurons behind ``nin`` inputs.

    ``activation`` is one for all hidden layers or a list with one for each; ``output`` is that of the last layer.
    One output is returned as a Value, several as a list. The number of parameters is the sum of n_l n_(l+1) + n_(l+1).

    >>> MLP(2, [16, 16, 1], seed=0)
    MLP(2, [16 relu, 16 relu, 1 linear], 337 parameters)
    """

    @ac.named_options()
    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation | Sequence[Activation] = "relu", output: Activation = "linear",
        init: Any = "auto", seed: int | random.Random | None = None, bias: bool = True, expand: bool = False,
    ) -> None:  # fmt: skip
        generator = generator_of(seed)
        if not hasattr(nouts, "__iter__") or not (nouts := list(nouts)):
            raise ValueError(f"nouts lists the neurons of each layer, of one at least, as in MLP({nin}, [16, 1]), and is not {nouts!r}")
        hidden: list[Any] = list(activation) if isinstance(activation, list | tuple) else [activation] * (len(nouts) - 1)
        if len(hidden) != len(nouts) - 1:
            raise ValueError(f"activation has one entry for each of the {len(nouts) - 1} hidden layers, not {len(hidden)}")
        sizes = zip([nin, *nouts], nouts, [*hidden, output])
        super().__init__(*(Layer(a, b, f, bias, init, generator, expand, number) for number, (a, b, f) in enumerate(sizes, start=1)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{layer.nout} {activation_name(layer.activation)}" for layer in self.layers if isinstance(layer, Layer))
        return f"MLP({self.inputs()}, [{inside}], {len(self.parameters())} parameters)"


class Conv1d(_Unit):
    """A filter of ``kernel_size`` weights that slides over the inputs: every output uses the same weights.

    ``padding`` zeros stand on each side, or ``"same"`` for as many outputs as inputs (an odd ``kernel_size``). Like
    PyTorch's ``Conv1d(1, 1, kernel_size)`` it does not turn the filter around.

    >>> layer = Conv1d(3, padding="same", bias=False, activation="linear", init=lambda *_: 1.0)
    >>> len(layer.parameters()), [y.data for y in layer([1.0, 2.0, 4.0, 7.0, 11.0])]
    (3, [3.0, 7.0, 13.0, 22.0, 18.0])
    """

    def __init__(
        self, kernel_size: int, padding: int | str = 0, bias: bool = True, activation: Activation = "relu", init: Any = "auto",
        seed: Any = None, expand: bool = False,
    ) -> None:  # fmt: skip
        count("a filter has at least one weight: kernel_size", kernel_size)
        if padding == "same" and kernel_size % 2 == 0:
            raise ValueError(f"padding='same' needs an odd kernel_size, not {kernel_size}")
        self.padding = kernel_size // 2 if padding == "same" else count("padding is 'same' or a number of zeros: it", padding, 0)
        super().__init__(kernel_size, kernel_size, activation, bias, init, seed, expand)

    def recorded(self, inputs: int | None = None) -> tuple[list[Any], list[Any]]:
        return super().recorded(len(self.w) + 2 if inputs is None else inputs)  # a filter takes any number: enough to see it move

    def forward(self, x: Any) -> Any:
        x, width, padding, outputs = checked_inputs(x, None, self), len(self.w), self.padding, []
        if len(x) + 2 * padding < width:
            raise ValueError(f"{self!r} takes {width - 2 * padding} inputs or more, not {len(x)}")
        for start in range(-padding, len(x) + padding - width + 1):
            used = [i for i in range(width) if 0 <= start + i < len(x)]  # a zero adds nothing
            outputs.append(self.activated([x[start + i] for i in used], [self.w[i] for i in used]))
        return outputs if len(outputs) > 1 else outputs[0]

    def __repr__(self) -> str:
        return f"Conv1d({len(self.w)}, padding={self.padding}, {activation_name(self.activation)})"


class Dropout(Module):
    """While training, sets each input to 0 with probability ``p`` and divides the others by ``1 - p``; otherwise does nothing.

    Source: Srivastava et al., Dropout, 2014. ``p`` is at least 0 and less than 1.

    >>> layer = Dropout(0.5, seed=1)
    >>> layer([1.0, 1.0, 1.0, 1.0]), layer.eval()([1.0, 1.0])
    ([0.0, 2.0, 2.0, 0.0], [1.0, 1.0])
    """

    def __init__(self, p: float = 0.5, seed: int | random.Random | None = None) -> None:
        self.p = number("the probability p", p, "a number of at least 0 and below 1")
        self.generator = generator_of(seed)

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training and self.p > 0.0

    def forward(self, x: Any) -> list[Any]:
        checked_inputs(x, None, self)
        if not self.needs_batch:
            return list(x)
        return [value * (1.0 / (1.0 - self.p) if self.generator.random() >= self.p else 0.0) for value in x]

    def in_torch(self) -> InTorch:
        return [f"Dropout({self.p})"], {}

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


class BatchNorm(Module):
    """Shifts and scales each of the ``features`` to mean 0 and variance 1 over the batch, then by a learnt weight and bias.

    While training it takes ``batch(rows)`` with two rows or more, and keeps running averages of mean and (unbiased)
    variance, which it uses in evaluation mode. Source: Ioffe and Szegedy, Batch Normalization, 2015; PyTorch's BatchNorm1d.

    >>> layer = BatchNorm(1)
    >>> [[round(y.data, 3) for y in row] for row in layer.batch([[1.0], [3.0]])]
    [[-1.0], [1.0]]
    >>> layer.running_mean, layer.running_var
    ([0.2], [1.1])
    """

    buffers, variances = ("running_mean", "running_var", "num_batches_tracked"), ("running_var",)

    def __init__(self, features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        count("BatchNorm has at least one feature: features", features)
        self.weight = [Parameter(1.0, f"gamma[{i}]") for i in range(1, features + 1)]
        self.bias = [Parameter(0.0, f"beta[{i}]") for i in range(1, features + 1)]
        self.running_mean, self.running_var, self.num_batches_tracked = [0.0] * features, [1.0] * features, 0
        self.eps, self.momentum = number("eps", eps), number("momentum", momentum, "a number from 0 to 1")

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training

    def forward(self, x: Any) -> list[Any]:
        if self.training:
            raise ValueError("BatchNorm looks at a whole batch while it is trained: call batch(rows), or eval() first")
        return self._normalized(checked_inputs(x, len(self.weight), self), self.running_mean, self.running_var)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        if not self.training:
            return super().batch(rows)
        rows, size = [checked_inputs(row, len(self.weight), self) for row in rows], len(rows)
        if size < 2:
            raise ValueError("BatchNorm needs two samples or more in a batch while it is trained, for a variance: given one")
        share = [1.0 / size] * size
        means = [ac.dot(share, column) for column in zip(*rows)]
        variances = [ac.dot(share, [ac.pow(value - mean, 2) for value in column]) for column, mean in zip(zip(*rows), means)]
        self.running_mean = [old + self.momentum * (new.data - old) for old, new in zip(self.running_mean, means)]
        unbiased = [variance.data * size / (size - 1) for variance in variances]
        self.running_var = [old + self.momentum * (new - old) for old, new in zip(self.running_var, unbiased)]
        self.num_batches_tracked += 1
        return [self._normalized(row, means, variances) for row in rows]

    def _normalized(self, x: Sequence[Any], means: Sequence[Any], variances: Sequence[Any]) -> list[Any]:
        scaled = [(value - mean) / ac.sqrt(variance + self.eps) for value, mean, variance in zip(x, means, variances)]
        return [y * weight + bias for y, weight, bias in zip(scaled, self.weight, self.bias)]

    def in_torch(self) -> InTorch:
        kept = {"weight": self.weight, "bias": self.bias} | dict(zip(self.buffers, self.buffers))
        return [f"BatchNorm1d({len(self.weight)}, eps={self.eps}, momentum={self.momentum})"], kept

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.weight)})"
