"""A long program in pieces: compilers take time and memory that grow faster than one function does."""

from __future__ import annotations

from .statements import NAME, Emitted, Statement


class Chunk:
    """Some statements of a long program, and what they take from and hand to the others."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.parameters: dict[str, int] = {}
        self.inputs: dict[str, int] = {}
        self.loads: dict[str, int] = {}

    def operands(self) -> list[tuple[str, str]]:
        """Each name that comes from outside, and the element that it stands for: ``("w", "parameters[0]")``."""
        sources = (("parameters", self.parameters), ("inputs", self.inputs), ("v", self.loads))
        return [(name, f"{source}[{index}]") for source, names in sources for name, index in names.items()]


class Partition:
    """A long program in chunks: the places of values that cross from one to another, results first."""

    def __init__(self, chunks: list[Chunk], place: dict[str, int], results: set[str]) -> None:
        self.chunks, self.place, self.results = chunks, place, results
        self.size = max(place.values(), default=-1) + 1

    def assignments(self, chunk: Chunk) -> list[tuple[str, str]]:
        """For each statement of a chunk its name there, empty for a result, and its text, behind the place in ``v`` that keeps it."""
        found = []
        for target, text, *_ in chunk.statements:
            kept = f"v[{self.place[target]}] = " if target in self.place else ""
            found.append(("" if target in self.results else target, f"{kept}{text}"))
        return found


def operand_count(emitted: Emitted) -> int:
    """How often a name stands in the statements and results: what a compiler's work grows with."""
    texts = (*(statement.text for statement in (*emitted.forward, *emitted.backward)), *emitted.values, *emitted.gradients)
    return sum(len(NAME.findall(text)) for text in texts)


def is_longer(emitted: Emitted, operands: int) -> bool:
    """Whether a program has more than that many operands, parameters or inputs."""
    at_least = len(emitted.forward) + len(emitted.backward)  # spares the count for a long program
    return max(at_least, len(emitted.parameters), len(emitted.inputs)) > operands or operand_count(emitted) > operands


def partition(emitted: Emitted, chunk_size: int) -> Partition:
    """Cut the statements into chunks of ``chunk_size`` operands; values that cross get a place in a list, results the first ones."""
    results = [Statement(f"result[{i}]", text, "") for i, text in enumerate([*emitted.values, *emitted.gradients])]
    statements = [*emitted.forward, *emitted.backward, *results]
    parameters = {name: i for i, name in enumerate(emitted.parameters)}
    inputs = {name: i for i, name in enumerate(emitted.inputs)}
    place = {statement.target: i for i, statement in enumerate(results)}
    home: dict[str, Chunk] = {}
    chunks: list[Chunk] = []
    room = 0
    for statement in statements:
        if room <= 0:
            chunks.append(Chunk())
            room = chunk_size
        chunk = chunks[-1]
        names = NAME.findall(statement.text)
        room -= max(1, len(names))
        for name in names:
            if name in parameters:
                chunk.parameters[name] = parameters[name]
            elif name in inputs:
                chunk.inputs[name] = inputs[name]
            elif home.get(name, chunk) is not chunk:
                chunk.loads[name] = place.setdefault(name, len(place))
        home[statement.target] = chunk
        chunk.statements.append(statement)
    return Partition(chunks, place, {statement.target for statement in results})
