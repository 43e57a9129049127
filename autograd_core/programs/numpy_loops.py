"""The NumPy dialect of networks: a layer is a matrix product over all rows of the table at once.

An array has a line for each unit and a column for each row of the table, as ``inputs`` has: a layer is ``z1 = W1 @ inputs + b1``, and
the gradient of its weights ``d_z1 @ inputs.T``. What fits into no layer is stated as in every other program.
"""

from __future__ import annotations

from collections.abc import Sequence

from .c_loops import Looped, LoopEmission, Use, looped
from .graph import Graph
from .loops import Layer, Matrix
from .statements import NAME, Emitted, Statement


class ArrayEmission(LoopEmission):
    """An emission that writes whole arrays."""

    def part(self, name: str, start: int, count: int) -> str:
        size = len(self.graph.inputs) if name == "inputs" else self.arrays[name]
        return name if count == size else f"{name}[{start}:{start + count}]"

    def each(self, name: str) -> str:
        return name

    def for_each(self, target: str, text: str, count: int) -> Statement:
        return Statement(target, f"{text}.copy()" if text.isidentifier() else text, "")

    def begin(self, name: str, statements: list[Statement]) -> None:
        self.begun.append(name)
        statements.append(Statement(name, f"np.empty(({self.arrays[name]}, count))", ""))

    def weights_of(self, matrix: Matrix) -> tuple[str, str]:
        """The names of the matrix and of its biases."""
        if matrix.key not in self.named:
            number = len(self.named) + 1
            self.named[matrix.key] = self.own(f"W{number}"), "" if matrix.bias is None else self.own(f"b{number}"), matrix
        return self.named[matrix.key][:2]

    def __init__(self, graph: Graph, dialect: object) -> None:
        super().__init__(graph, dialect)  # type: ignore[arg-type]
        self.named: dict[tuple[object, ...], tuple[str, str, Matrix]] = {}
        self.gradients = self.own("gradients")

    def _layer_forward(self, name: str, layer: Layer) -> None:
        x = self.x_of[layer] = self._place_of(layer.x) or self._gathered(name, layer.x)
        weights, bias = self.weights_of(layer.matrix)
        self.forward.append(Statement(name, f"{weights} @ {x} + {bias or repr(layer.matrix.constant)}", ""))

    def _transposed(self, dx: str, matrix: Matrix, d: str, add: bool) -> None:
        product = f"{self.weights_of(matrix)[0]}.T @ {d}"
        self.backward.append(Statement(dx, f"{dx} + {product}" if add else product, ""))


def array_program(graph: Graph, dialect: object) -> tuple[ArrayEmission, Looped] | None:
    """The emission of a graph that has layers; None for another."""
    emission = ArrayEmission(graph, dialect)
    matrices = [group.matrix for group in emission.first.values() if isinstance(group, Layer)]
    fits = all(matrix.m * matrix.stride <= len(graph.wrt) for matrix in matrices if matrix.m > 1)
    return (emission, looped(emission)) if matrices and fits else None


def array_source(emission: ArrayEmission, found: Looped, summed: Emitted) -> str:
    """The function ``program``; ``summed`` has its results over the rows."""
    body = [f"    {s.target} = {s.text}" + (f"  # {s.comment}" if s.comment else "") for s in summed.forward]
    backward = [f"    {s.target} = {s.text}" + (f"  # {s.comment}" if s.comment else "") for s in summed.backward]
    results = _results(emission, found, summed)
    used = {name for line in (*body, *backward, *results) for name in NAME.findall(line)}
    lines = ["def program(parameters, inputs):", *(["    count = inputs.shape[1]"] if "count" in used else [])]
    for name, bias, matrix in emission.named.values():
        lines.append(f"    {name} = {_block('parameters', matrix, len(emission.graph.wrt))}")
        lines += [f"    {bias} = parameters[{_line(matrix)}, None]"] if bias else []
    lines += _unpacked("parameters", {name: i for name, i in found.parameter_places.items() if name in used})
    lines += _unpacked("inputs", {name: i for i, name in enumerate(found.emitted.inputs) if name in used})
    lines += ["    # forward", *body, *(["    # backward", *backward] if found.single else []), *results]
    return "\n".join(lines) + "\n"


def _results(emission: ArrayEmission, found: Looped, summed: Emitted) -> list[str]:
    if not found.single:
        return ["    return [", *(f"        {text}," for text in summed.values), "    ]"]
    gradients = emission.gradients
    lines = [f"    {gradients} = np.zeros({len(emission.graph.wrt)})"]
    for matrix, uses in found.matrices:
        block = _block(gradients, matrix, len(emission.graph.wrt))
        lines.append(f"    {block}{'[:]' if block.endswith(')') else ''} = {_products(uses)}")
        if matrix.bias is not None:
            lines.append(f"    {gradients}[{_line(matrix)}] = {' + '.join(f'{use.d}.sum(axis=1)' for use in uses)}")
    lines += [f"    {gradients}[{place}] = {text}" for place, text in zip(found.gradient_places, summed.gradients)]
    return [*lines, f"    return {summed.values[0]}, {gradients}"]


def _products(uses: Sequence[Use]) -> str:
    return " + ".join(f"{use.d} @ {use.x}.T" for use in uses)


def _block(array: str, matrix: Matrix, length: int) -> str:
    """The weights of a layer, as a view of the array of ``length`` numbers that they stand in."""
    m, n, start, stride = matrix.m, matrix.n, matrix.start, matrix.stride
    if m == 1:
        return f"{array}[None, {start}:{start + n}]"
    before = max(0, start + m * stride - length)  # where nothing follows the last line, all begin earlier
    whole = f"{array}[{start - before}:{start - before + m * stride}].reshape({m}, {stride})"
    return whole if stride == n else f"{whole}[:, {before or ''}:{before + n}]"


def _line(matrix: Matrix) -> str:
    """The places of the biases of a layer."""
    assert matrix.bias is not None
    end = matrix.bias + (matrix.m - 1) * matrix.step + 1
    return f"{matrix.bias}:{end}" + (f":{matrix.step}" if matrix.step > 1 and matrix.m > 1 else "")


def _unpacked(array: str, places: dict[str, int]) -> list[str]:
    return [f"    {name} = {array}[{place}]" for name, place in places.items()]
