"""Graphs in columns: how far their edges run, what keeps large pictures quick, and the places of nodes in very large ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

LONG = 10  # columns that the edges of a graph may run past on average: an engine sorts each edge anew in each of them
SPACING = 8  # columns between two points of a rail
MOST = 20_000  # columns that all edges together may run past, so that an engine places the nodes in a second or two
GAP = 60.0  # points between two columns


class Edge(NamedTuple):
    """A line from ``tail`` to ``head``, two identifiers in DOT text."""

    tail: str
    head: str
    label: str


def columns(edges: Sequence[Edge]) -> dict[str, int]:
    """The column of each node: behind what it reads, and what reads nothing in front of its first use.

    Edges are given with those into a node before those out of it.

    >>> columns([Edge("x", "a", ""), Edge("a", "b", ""), Edge("y", "b", "")])
    {'a': 1, 'b': 2, 'x': 0, 'y': 1}
    """
    column: dict[str, int] = {}
    for tail, head, _ in edges:
        column[head] = max(column.get(head, 0), column.get(tail, 0) + 1)
    firsts: dict[str, int] = {}
    for tail, head, _ in edges:
        if tail not in column:
            firsts[tail] = min(firsts.get(tail, column[head]), column[head] - 1)
    column |= firsts
    return column


def length(edges: Sequence[Edge]) -> int:
    """How many columns all edges together run past."""
    column = columns(edges)
    return sum(column[head] - column[tail] for tail, head, _ in edges)


def with_rails(edges: Sequence[Edge]) -> list[Edge]:
    """The edges of a graph (given with those into a node before those out of it); if they are long, most leave from rails.

    A leaf that every step of a chain reads would have edges past the whole chain. It gets one line along
    the chain instead, through points ``rail1``, ``rail2``, ..., and each use is an edge from the point before it.

    >>> chain = [Edge("w", "n0", "")] + [Edge(t, f"n{i}", "") for i in range(1, 200) for t in ("w", f"n{i - 1}")]
    >>> [edge for edge in with_rails(chain) if edge.tail == "w"][-1]
    Edge(tail='w', head='rail1', label='')
    """
    column = columns(edges)
    if length(edges) <= LONG * len(edges):
        return list(edges)
    found, points, rail = [], 0, {node: (node, place) for node, place in column.items()}
    left = Counter(edge.tail for edge in edges)
    for tail, head, label in sorted(edges, key=lambda edge: column[edge.head]):
        nearest, place = rail[tail]
        left[tail] -= 1
        if column[head] - place > SPACING and left[tail]:  # the last edge needs no point for others
            points += 1
            found.append(Edge(nearest, f"rail{points}", ""))
            nearest = f"rail{points}"
            rail[tail] = nearest, column[head] - 1
        found.append(Edge(nearest, head, label))
    return found


def places(edges: Sequence[Edge], sizes: Mapping[str, tuple[float, float]], rankdir: str) -> dict[str, tuple[float, float]]:
    """The middle of each node in points, where its column begins at the side that ``rankdir`` begins at.

    The nodes of a column are sorted by the mean place of their neighbours, in a few sweeps; ``sizes`` are their widths and heights.
    """
    upright = rankdir in ("TB", "BT")
    grouped: dict[int, list[str]] = {}
    for node, column in columns(edges).items():
        grouped.setdefault(column, []).append(node)
    neighbours: dict[str, list[str]] = {node: [] for nodes in grouped.values() for node in nodes}
    for tail, head, _ in edges:
        neighbours[tail].append(head)
        neighbours[head].append(tail)
    across: dict[str, float] = {}
    for order in (sorted(grouped), sorted(grouped, reverse=True)) * 2:
        for column in order:
            means = {node: fmean([across[x] for x in neighbours[node] if x in across] or [0.0]) for node in grouped[column]}
            grouped[column].sort(key=means.__getitem__)
            across |= _spread(grouped[column], [sizes.get(node, (10.0, 10.0))[not upright] for node in grouped[column]])
    found, along = {}, 0.0
    for column in sorted(grouped):
        room = max(sizes.get(node, (10.0, 10.0))[upright] for node in grouped[column])
        for node in grouped[column]:
            found[node] = turned(along + room / 2.0, across[node], rankdir)
        along += room + GAP
    return found


def _spread(nodes: Sequence[str], sizes: Sequence[float]) -> dict[str, float]:
    """Nodes one behind the other, their middle at 0."""
    found, at = {}, -sum(size + 12.0 for size in sizes) / 2.0
    for node, size in zip(nodes, sizes):
        found[node] = at + size / 2.0
        at += size + 12.0
    return found


def turned(along: float, across: float, rankdir: str) -> tuple[float, float]:
    """A place so far along the columns and across them (from top to bottom), for columns that run in the direction ``rankdir``."""
    return {"LR": (along, -across), "RL": (-along, -across), "TB": (across, -along), "BT": (across, along)}[rankdir]
