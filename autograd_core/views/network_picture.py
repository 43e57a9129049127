"""From what a user gives (a Value, several, or a model) to the picture of its network."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..choices import require_whole
from ..derivatives.reverse import reverse_pass
from ..functions import dot
from ..value import Value
from .labels import WOULD_BE, Options
from .names import Names, called_by, variables_for
from .network import Network, network_of
from .network_drawing import Numbers, network_dot
from .network_places import drawn_rows
from .roles import is_activation, is_parameter, layer_logit
from .scene import leaves_given


class Picture(NamedTuple):
    """DOT text, and what it shows in words."""

    dot: str
    description: str


def is_network(given: Any) -> bool:
    """Whether it is drawn as a network without being asked: a model, a list of Values, or the output of a neuron of parameters.

    Such an output is a weighted sum (``dot``) whose weights are leaves of a subclass with a true ``is_parameter``, or an activation
    of one. So the output of a model is a network, and a loss of it is a graph of operations.

    >>> class Parameter(Value):
    ...     is_parameter = True
    >>> y = dot([Parameter(0.5)], [Value(2.0)], Parameter(1.0)).tanh()
    >>> is_network(y), is_network((y - 1.0) ** 2), is_network(Value(0.5) * Value(2.0))
    (True, False, False)
    """
    if isinstance(given, Value):
        return _is_neuron(given)
    return callable(getattr(given, "recorded", None)) or (_is_list(given) and bool(given) and all(isinstance(x, Value) for x in given))


def _is_neuron(output: Value) -> bool:
    total = layer_logit(output)[0] or output
    if is_activation(total.primitive):
        (total,) = total.parents
    if total.primitive is None or not total.primitive.weighted_sum:
        return False
    half = len(total.parents) // 2
    weights, sources = total.parents[:half], total.parents[half : 2 * half]
    return any(map(is_parameter, weights)) and not any(map(is_parameter, sources))


def network_picture(
    given: Any, options: Options, names: Names, inputs: Collection[Value], parameters: Collection[Value], loss: Value | None,
    classes: Sequence[str], legend: bool, limit: int,
) -> Picture:  # fmt: skip
    """The network of a Value, of several, or of a model; the rest as in :func:`draw`."""
    outputs, _, network = read_network(given, inputs, parameters, loss, classes, limit)
    stored = "stored" in options.show
    if stored:
        options = options._replace(show=options.show - {"stored"} | {"grad"})
    gradients = _gradients(network, outputs, options, loss, stored)
    differ = not stored and any(gradient != node.grad for node, gradient in gradients.items())
    called = called_by(variables_for(names))
    numbers = Numbers(gradients, called, tuple(classes), WOULD_BE if differ else "")
    connections = sum(len(unit.connections) for column in network.columns for unit in column)
    return Picture(network_dot(network, options, numbers, legend), f"network {network.sizes} with {connections} connections")


def read_network(
    given: Any, inputs: Collection[Value], parameters: Collection[Value], loss: Value | None, classes: Sequence[str], limit: int,
) -> tuple[list[Value], Collection[Value], Network]:  # fmt: skip
    """The outputs, the inputs and the units of what a user gives, whose options are right and whose circles are not too many."""
    outputs, own_inputs = recorded(given)
    leaves_given("inputs", inputs)
    leaves_given("parameters", parameters)
    if loss is not None and not isinstance(loss, Value):
        raise TypeError(f"loss is a Value that was computed from the outputs, not {type(loss).__name__} {loss!r}")
    if isinstance(classes, str) or len(classes) not in (0, len(outputs)):
        raise ValueError(f"classes are words, one for each of the {len(outputs)} outputs, not {classes!r}")
    network = network_of(outputs, inputs or own_inputs, parameters)
    limit = require_whole("limit", limit, 0)
    circles = sum(len(drawn_rows(len(column))) for column in network.columns)
    if circles > limit:
        raise ValueError(f"the network has {circles} circles to draw (limit={limit}): draw a part of it, or pass a larger limit")
    return outputs, inputs or own_inputs, network


def recorded(given: Any) -> tuple[list[Value], list[Value]]:
    """The outputs of a network, and its inputs if it tells them: of a Value, a list of them, or a model.

    A model is any object with a method ``recorded()``. It runs the model on a sample of its own choice and gives two lists of
    Values: the outputs, and the inputs in their order. So this package draws models of libraries that it does not know.

    >>> class Model:
    ...     def recorded(self):
    ...         x = [Value(0.0, "x1"), Value(0.0, "x2")]
    ...         return [(0.5 * x[0] - 2.0 * x[1]).tanh()], x
    >>> outputs, inputs = recorded(Model())
    >>> len(outputs), [x.name for x in inputs]
    (1, ['x1', 'x2'])
    """
    outputs, inputs = given.recorded() if callable(getattr(given, "recorded", None)) else (given, [])
    outputs = list(outputs) if _is_list(outputs) else [outputs]
    for x in (*outputs, *inputs):
        if not isinstance(x, Value):
            raise TypeError(f"a network is given by its outputs, a Value or a list of them, or by a model, not by {type(x).__name__} {x!r}")
    return outputs, list(inputs)


def _is_list(given: Any) -> bool:
    return isinstance(given, list | tuple)


def _gradients(network: Network, outputs: Sequence[Value], options: Options, loss: Value | None, stored: bool) -> Mapping[Value, float]:
    """The gradients that are shown, those that are stored or those of the loss, or else of the sum of the outputs."""
    if "grad" not in options.show and options.mode != "backward":
        return {}
    wanted = list(dict.fromkeys(_shown(network)))
    if stored:
        return {node: node.grad for node in wanted}
    end = loss or (outputs[0] if len(outputs) == 1 else dot([1.0] * len(outputs), outputs))
    return dict(zip(wanted, reverse_pass(end, wanted, as_values=False)))


def _shown(network: Network) -> Iterator[Value]:
    """The nodes of the drawn units, and the weights on the arrows between them."""
    drawn = {column[row].node for column in network.columns for row in drawn_rows(len(column)) if row is not None}
    for column in network.columns:
        for unit in column:
            if unit.node in drawn:
                yield from (unit.node, unit.total)
                yield from (c.weight for c in unit.connections if c.weight is not None and (c.source is None or c.source in drawn))
