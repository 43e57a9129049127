"""What the units and weights of a network are called, as textbooks do: x₁, h₂⁽¹⁾, ŷ, w₁₂⁽¹⁾, b₁⁽²⁾, numbered from 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ..value import Value
from .names import shortened
from .network import Connection, Network

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def subscript(*numbers: int) -> str:
    """Numbers below the line, with commas between them where one has two digits.

    >>> subscript(1, 2), subscript(1, 12)
    ('₁₂', '₁,₁₂')
    """
    return ("," if max(numbers) > 9 else "").join(str(number).translate(_SUBSCRIPTS) for number in numbers)


def layer_mark(number: int, layers: int) -> str:
    """The number of a layer above the line; none where there is one layer only.

    >>> layer_mark(2, 3), layer_mark(1, 1)
    ('⁽²⁾', '')
    """
    return f"⁽{str(number).translate(_SUPERSCRIPTS)}⁾" if layers > 1 else ""


def unit_names(network: Network, called: Mapping[Value, str]) -> Iterator[tuple[Value, str]]:
    """Each unit's node and what stands in its circle: the name that it was given, else the textbook's.

    >>> from autograd_core.views.network import network_of
    >>> x = [Value(1.0), Value(2.0)]
    >>> network = network_of([(x[0] + x[1] - 0.5).tanh()], x)
    >>> [name for _, name in unit_names(network, {})]
    ['x₁', 'x₂', 'ŷ']
    """
    last = len(network.columns) - 1
    for i, column in enumerate(network.columns):
        for j, unit in enumerate(column, start=1):
            variable = called.get(unit.node, "")
            name = unit.node.name or (variable if "[" not in variable else "")  # a place in a list is counted from 0
            number = "" if i == last and len(column) == 1 else subscript(j)
            if name:
                yield unit.node, shortened(_with_subscript(name), 16)
            elif i == 0:
                yield unit.node, f"x{number}"
            elif i == last:
                yield unit.node, f"ŷ{number}"
            else:
                yield unit.node, f"h{number}{layer_mark(i, last - 1)}"


def weight_name(connection: Connection, layer: int, layers: int, unit: int, source: int) -> str:
    """What the weight of an arrow into a unit is called; the first number is that of the unit, the second that of its source."""
    if connection.weight is None:
        return ""
    mark = layer_mark(layer, layers)
    return f"b{subscript(unit)}{mark}" if connection.source is None else f"w{subscript(unit, source)}{mark}"


def shared_weights(uses: Iterable[tuple[Value, int]]) -> list[Value]:
    """The weights of a layer that several of its arrows share, in the order of the filter; none if each has an arrow of its own.

    A use is a weight, and how far its source stands behind its unit.

    >>> w = [Value(1.0, "w1"), Value(2.0, "w2")]
    >>> [weight.name for weight in shared_weights([(w[1], 1), (w[0], 0), (w[1], 1), (w[0], 0)])], shared_weights([(w[0], 0), (w[1], 1)])
    (['w1', 'w2'], [])
    """
    offsets: dict[Value, list[int]] = {}
    for weight, offset in uses:
        offsets.setdefault(weight, []).append(offset)
    if all(len(found) < 2 for found in offsets.values()):
        return []
    return sorted(offsets, key=lambda weight: sum(offsets[weight]) / len(offsets[weight]))


def _with_subscript(name: str) -> str:
    """The name with the number at its end, or its index, below the line."""
    match = re.fullmatch(r"([^\W\d_]+)_?\[?(\d+)\]?", name)
    return f"{match[1]}{subscript(int(match[2]))}" if match else name
