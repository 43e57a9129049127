"""Neurons, layers of neurons and networks of layers; filters, dropout and batch normalisation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ac

from .activations import OF_LAYERS, Activation, activation_function, activation_name
from .initialization import generator_of, initial_weights
from .module import Module, checked_inputs
from .training.execution import BatchError
from .training.model import Input, Model, Parameter


class Neuron(Module):
    """``activation(w · x + b)``, as one weighted-sum node and one activation node.

    ``activation`` is a name in ``ACTIVATIONS`` or a function; ``expand=True`` records a node for each product and sum.
    ``init`` is described in :func:`nn.initialization.initial_weights`, ``seed`` is a number or a ``random.Random``.

    >>> neuron = Neuron(2, activation="sigmoid", init="zeros")
    >>> neuron([1.0, 2.0]).data
    0.5
    >>> neuron
    Neuron(2, sigmoid)
    """

    def __init__(
        self, nin: int, activation: Activation = "relu", bias: bool = True, init: Any = "auto", seed: Any = None, expand: bool = False,
        nonlin: bool | None = None, outputs: int = 1, label: Callable[[str, int | None], str] | None = None,
    ) -> None:  # fmt: skip
        if not hasattr(nin, "__index__") or nin < 1:
            raise ValueError(f"a neuron has at least one input, not {nin!r}")
        if nonlin is not None:  # micrograd's word
            activation = "relu" if nonlin else "linear"
        label = label or (lambda letter, i: letter if i is None else f"{letter}{i}")
        start = initial_weights(init, nin, outputs, activation_name(activation), generator_of(seed))
        self.w = [Parameter(x, label("w", i)) for i, x in enumerate(start)]
        self.b = Parameter(0.0, label("b", None)) if bias else None
        self.activation, self.expand = activation, expand
        self._function = activation_function(activation)

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.w)

    def forward(self, x: Any) -> Any:
        return self.activated(checked_inputs(x, self.nin, self))

    def activated(self, x: list[Any]) -> Any:
        """The output for inputs that were checked."""
        return self._function(weighted_sum(self.w, x, self.b, self.expand))

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {activation_name(self.activation)})"


class Layer(Module):
    """``nout`` neurons with the same ``nin`` inputs. Called, it returns a list, or the output itself if there is one.

    Takes the options of :class:`Neuron`; ``activation`` may also be ``"softmax"`` or ``"log_softmax"``.

    >>> layer = Layer(3, 2, activation="softmax", init="zeros")
    >>> [y.data for y in layer([1.0, 2.0, 3.0])]
    [0.5, 0.5]
    """

    def __init__(
        self, nin: int, nout: int, activation: Activation = "relu", bias: bool = True, init: Any = "auto", seed: Any = None,
        expand: bool = False, number: int | str = "", nonlin: bool | None = None,
    ) -> None:  # fmt: skip
        if not hasattr(nout, "__index__") or nout < 1:
            raise ValueError(f"a layer has at least one neuron, not {nout!r}")
        if nonlin is not None:
            activation = "relu" if nonlin else "linear"
        together = isinstance(activation, str) and activation in OF_LAYERS
        generator = generator_of(seed)

        def label(j: int) -> Callable[[str, int | None], str]:
            return lambda letter, i: f"{letter}{number}[{j}]" if i is None else f"{letter}{number}[{j},{i}]"

        own = "linear" if together else activation
        self.neurons = [Neuron(nin, own, bias, init, generator, expand, outputs=nout, label=label(j)) for j in range(nout)]
        self.activation = activation
        self._together = OF_LAYERS[str(activation)] if together else None

    @property
    def nin(self) -> int:
        """The number of inputs."""
        return len(self.neurons[0].w)

    @property
    def nout(self) -> int:
        """The number of neurons."""
        return len(self.neurons)

    def forward(self, x: Any) -> Any:
        x = checked_inputs(x, self.nin, self)
        outputs = [neuron.activated(x) for neuron in self.neurons]
        if self._together:
            return self._together(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer({self.nin}, {self.nout}, {activation_name(self.activation)})"


class Sequential(Module):
    """Modules one after the other: the output of each is the input of the next.

    >>> model = Sequential(Layer(2, 3, "tanh", seed=1), Layer(3, 1, "linear", seed=2))
    >>> model
    Sequential(
      (0) Layer(2, 3, tanh)
      (1) Layer(3, 1, linear)
    )
    """

    def __init__(self, *layers: Module) -> None:
        if not layers or not all(isinstance(layer, Module) for layer in layers):
            raise TypeError(f"Sequential takes one module or more, not {[type(layer).__name__ for layer in layers]}")
        self.layers = list(layers)

    @property
    def parts(self) -> list[Model]:
        return list(self.layers)

    def forward(self, x: Any) -> Any:
        return self.activations(x)[-1]

    def activations(self, x: Any) -> list[Any]:
        """The output of each part in turn, for one sample: the representations that the network makes of it.

        >>> model = Sequential(Layer(2, 2, init="zeros"), Layer(2, 1, "sigmoid", init="zeros"))
        >>> [y.data for y in model.activations([1.0, 2.0])[0]]
        [0.0, 0.0]
        """
        found = []
        for layer in self.layers:
            x = layer([x] if isinstance(x, ac.Value) else x)
            found.append(x)
        return found

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        outputs = list(rows)
        for layer in self.layers:
            outputs = layer.batch([[x] if isinstance(x, ac.Value) else x for x in outputs])
        return outputs

    def __repr__(self) -> str:
        lines = [f"  ({i}) {layer!r}".replace("\n", "\n  ") for i, layer in enumerate(self.layers)]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


class MLP(Sequential):
    """A multilayer perceptron: fully connected layers of ``nouts`` neurons behind ``nin`` inputs.

    ``activation`` is one for all hidden layers or a list with one for each; ``output`` is that of the last layer.
    One output is returned as a Value, several as a list. The number of parameters is the sum of n_l n_(l+1) + n_(l+1).

    >>> model = MLP(2, [16, 16, 1], seed=0)
    >>> len(model.parameters())
    337
    >>> model
    MLP(2, [16 relu, 16 relu, 1 linear], 337 parameters)
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation | Sequence[Activation] = "relu", output: Activation = "linear",
        init: Any = "auto", seed: int | random.Random | None = None, bias: bool = True, expand: bool = False,
    ) -> None:  # fmt: skip
        nouts = list(nouts)
        if not nouts:
            raise ValueError("an MLP has at least one layer: nouts is an empty list")
        hidden: list[Any] = list(activation) if isinstance(activation, list | tuple) else [activation] * (len(nouts) - 1)
        if len(hidden) != len(nouts) - 1:
            raise ValueError(f"activation has one entry for each of the {len(nouts) - 1} hidden layers, not {len(hidden)}")
        generator = generator_of(seed)
        sizes = zip([nin, *nouts], nouts, [*hidden, output])
        super().__init__(*(Layer(a, b, f, bias, init, generator, expand, number) for number, (a, b, f) in enumerate(sizes, start=1)))

    def __repr__(self) -> str:
        layers = [layer for layer in self.layers if isinstance(layer, Layer)]
        inside = ", ".join(f"{layer.nout} {activation_name(layer.activation)}" for layer in layers)
        return f"MLP({layers[0].nin}, [{inside}], {len(self.parameters())} parameters)"


class Conv1d(Module):
    """A filter of ``kernel_size`` weights that slides over the inputs: every output uses the same weights.

    ``padding`` zeros stand on each side, or ``"same"`` for as many outputs as inputs (an odd ``kernel_size``). Like
    PyTorch's ``Conv1d(1, 1, kernel_size)`` it does not turn the filter around.

    >>> layer = Conv1d(3, padding="same", bias=False, activation="linear")
    >>> len(layer.parameters())
    3
    >>> layer.w[0].data, layer.w[1].data, layer.w[2].data = 1.0, 0.0, -1.0
    >>> [y.data for y in layer([1.0, 2.0, 4.0, 7.0, 11.0])]
    [-2.0, -3.0, -5.0, -7.0, 7.0]
    """

    def __init__(
        self, kernel_size: int, padding: int | str = 0, bias: bool = True, activation: Activation = "relu", init: Any = "auto",
        seed: Any = None, expand: bool = False,
    ) -> None:  # fmt: skip
        if not hasattr(kernel_size, "__index__") or kernel_size < 1:
            raise ValueError(f"a filter has at least one weight, not {kernel_size!r}")
        if padding == "same" and kernel_size % 2 == 0:
            raise ValueError(f"padding='same' needs an odd kernel_size, not {kernel_size}")
        if padding != "same" and not (isinstance(padding, int) and padding >= 0):
            raise ValueError(f"padding is 'same' or a number of zeros, not {padding!r}")
        start = initial_weights(init, kernel_size, kernel_size, activation_name(activation), generator_of(seed))
        self.w = [Parameter(x, f"w{i}") for i, x in enumerate(start)]
        self.b = Parameter(0.0, "b") if bias else None
        self.padding = kernel_size // 2 if padding == "same" else int(padding)
        self.activation, self.expand = activation, expand
        self._function = activation_function(activation)

    def forward(self, x: Any) -> Any:
        width, padding = len(self.w), self.padding
        x = [Input(value, f"x{i}") if isinstance(value, int | float) else value for i, value in enumerate(x)]
        if len(x) + 2 * padding < width:
            raise ValueError(f"{self!r} takes {width - 2 * padding} inputs or more, not {len(x)}")
        outputs = []
        for start in range(-padding, len(x) + padding - width + 1):
            used = [i for i in range(width) if 0 <= start + i < len(x)]  # a zero adds nothing
            z = weighted_sum([self.w[i] for i in used], [x[start + i] for i in used], self.b, self.expand)
            outputs.append(self._function(z))
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Conv1d({len(self.w)}, padding={self.padding}, {activation_name(self.activation)})"


class Dropout(Module):
    """While training, sets each input to 0 with probability ``p`` and divides the others by ``1 - p``; otherwise does nothing.

    Source: Srivastava et al., Dropout, 2014. ``p`` is at least 0 and less than 1.

    >>> layer = Dropout(0.5, seed=1)
    >>> layer([1.0, 1.0, 1.0, 1.0])
    [0.0, 2.0, 2.0, 0.0]
    >>> layer.eval()([1.0, 1.0])
    [1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, seed: int | random.Random | None = None) -> None:
        if not isinstance(p, int | float) or not 0.0 <= p < 1.0:
            raise ValueError(f"p is a probability from 0 to less than 1, not {p!r}")
        self.p = p
        self.generator = generator_of(seed)

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training and self.p > 0.0

    def forward(self, x: Sequence[Any]) -> list[Any]:
        if not self.training or self.p == 0.0:
            return list(x)
        return [value * (1.0 / (1.0 - self.p)) if self.generator.random() >= self.p else value * 0.0 for value in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


class BatchNorm(Module):
    """Shifts and scales each of ``count`` features to mean 0 and variance 1 over the batch, then by a learnt weight and bias.

    While training it takes ``batch(rows)`` with two rows or more, and keeps running averages of mean and (unbiased)
    variance, which it uses in evaluation mode. Source: Ioffe and Szegedy, Batch Normalization, 2015; PyTorch's BatchNorm1d.

    >>> layer = BatchNorm(1)
    >>> [[round(y.data, 3) for y in row] for row in layer.batch([[1.0], [3.0]])]
    [[-1.0], [1.0]]
    >>> layer.running_mean, layer.running_var
    ([0.2], [1.1])
    """

    buffers = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(self, count: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        if not hasattr(count, "__index__") or count < 1:
            raise ValueError(f"BatchNorm has at least one feature, not {count!r}")
        self.weight = [Parameter(1.0, f"gamma[{i}]") for i in range(count)]
        self.bias = [Parameter(0.0, f"beta[{i}]") for i in range(count)]
        self.running_mean, self.running_var, self.num_batches_tracked = [0.0] * count, [1.0] * count, 0
        self.eps, self.momentum = eps, momentum

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training

    def forward(self, x: Sequence[Any]) -> list[Any]:
        if self.training:
            raise BatchError("BatchNorm looks at a whole batch while it is trained: call batch(rows), or eval() first")
        means, variances = self.running_mean, self.running_var
        return [self._normalized(i, value, means[i], variances[i]) for i, value in enumerate(self._checked([x])[0])]

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if not self.training:
            return super().batch(rows)
        rows = self._checked(rows)
        count = len(rows)
        if count < 2:
            raise BatchError("BatchNorm needs two samples or more in a batch while it is trained, for a variance: given one")
        columns = []
        for i, column in enumerate(zip(*rows)):
            mean = ac.dot([1.0 / count] * count, column)
            centred = [value - mean for value in column]
            variance = ac.dot([1.0 / count] * count, [c * c for c in centred])
            self._track(i, _number(mean), _number(variance) * count / (count - 1))
            columns.append([self._normalized(i, value, mean, variance) for value in column])
        self.num_batches_tracked += 1
        return [list(row) for row in zip(*columns)]

    def _normalized(self, i: int, value: Any, mean: Any, variance: Any) -> Any:
        return (value - mean) / ac.sqrt(variance + self.eps) * self.weight[i] + self.bias[i]

    def _track(self, i: int, mean: float, variance: float) -> None:
        self.running_mean[i] += self.momentum * (mean - self.running_mean[i])
        self.running_var[i] += self.momentum * (variance - self.running_var[i])

    def _checked(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        for row in rows:
            if len(row) != len(self.weight):
                raise ValueError(f"{self!r} takes {len(self.weight)} features, not {len(row)}")
        return [list(row) for row in rows]

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.weight)})"


def _number(x: Any) -> float:
    return x.data if isinstance(x, ac.Value) else float(x)


def weighted_sum(w: Sequence[Any], x: Sequence[Any], b: Any, expand: bool) -> Any:
    """``w · x + b`` as one node, or expanded into a node for each product and sum; ``b`` may be ``None``."""
    if not w:
        return 0.0 if b is None else b
    if not expand:
        return ac.dot(w, x, 0.0 if b is None else b)
    total = w[0] * x[0]
    for weight, value in zip(w[1:], x[1:]):
        total = total + weight * value
    return total if b is None else total + b
