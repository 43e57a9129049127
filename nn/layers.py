"""Neurons, layers of neurons, and networks of layers."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ac

from .initialization import generator_of, initial_weights
from .module import Input, Module, Parameter


def linear(z: Any) -> Any:
    """No activation: ``z`` itself."""
    return z


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": linear,
    "relu": ac.relu,
    "leaky_relu": ac.leaky_relu,
    "elu": ac.elu,
    "sigmoid": ac.sigmoid,
    "tanh": ac.tanh,
    "softplus": ac.softplus,
    "step": ac.step,
    "sign": ac.sign,
}
OF_LAYERS: dict[str, Callable[[Any], Any]] = {"softmax": ac.softmax, "log_softmax": ac.log_softmax}
"""Activations of all outputs of a layer together."""

Activation = str | Callable[[Any], Any]


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

    def forward(self, x: Any) -> Any:
        return self.activated(checked_inputs(x, len(self.w), self))

    def activated(self, x: list[Any]) -> Any:
        """The output for inputs that were checked."""
        b = 0.0 if self.b is None else self.b
        if not self.expand:
            return self._function(ac.dot(self.w, x, b))
        total = self.w[0] * x[0]
        for w, value in zip(self.w[1:], x[1:]):
            total = total + w * value
        return self._function(total if self.b is None else total + self.b)

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

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer([x] if isinstance(x, ac.Value) else x)
        return x

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


def activation_name(activation: Activation) -> str:
    """What a picture or a table calls an activation."""
    if isinstance(activation, str):
        return activation
    return str(getattr(activation, "name", None) or getattr(activation, "__name__", type(activation).__name__))


def activation_function(activation: Activation) -> Callable[[Any], Any]:
    """The function of an activation that is given by name or as a function; ``ValueError`` for an unknown name.

    >>> activation_function("relu")(-2.0)
    0.0
    """
    if callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        allowed = ", ".join(map(repr, (*ACTIVATIONS, *OF_LAYERS)))
        raise ValueError(f"activation is one of {allowed} (the last two for whole layers only) or a function, not {activation!r}")
    return ACTIVATIONS[activation]


def checked_inputs(x: Any, count: int, module: Module) -> list[Any]:
    """The inputs of one sample as a list of ``count`` nodes; anything else is one clear error."""
    if not isinstance(x, list | tuple):
        if not hasattr(x, "__len__"):
            raise TypeError(f"{module!r} takes a list of {count} numbers, not {type(x).__name__} {x!r}")
        x = x.tolist() if hasattr(x, "tolist") else list(x)
    if len(x) != count:
        raise ValueError(f"{module!r} takes {count} inputs, not {len(x)}")
    return [Input(value, f"x{i}") if isinstance(value, int | float) else value for i, value in enumerate(x)]
