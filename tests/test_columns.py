"""Columns, rails and places: how large graphs are laid out in a second or two."""

import random
import re
from collections import Counter

import pytest

from autograd_core import Value, draw, play, to_dot, topological_order
from autograd_core.views.columns import Edge, columns, length, places, with_rails


def chain(steps):
    return [Edge("w", "n0", ""), *(Edge(tail, f"n{i}", "") for i in range(1, steps) for tail in ("w", f"n{i - 1}"))]


def random_edges(nodes=60, seed=0):
    choose = random.Random(seed)
    return [Edge(f"n{choose.randrange(i)}", f"n{i}", "") for i in range(1, nodes) for _ in range(2)]


@pytest.mark.parametrize("edges", [chain(5), chain(200), random_edges()], ids=["short", "long", "random"])
def test_every_edge_runs_forwards_and_every_use_is_kept(edges):
    column = columns(edges)
    assert all(column[head] > column[tail] for tail, head, _ in edges)
    railed = with_rails(edges)
    above = {head: tail for tail, head, _ in railed if head.startswith("rail")}

    def source(node):
        while node in above:
            node = above[node]
        return node

    assert Counter((source(tail), head) for tail, head, _ in railed if head not in above) == Counter(edge[:2] for edge in edges)
    assert length(railed) <= length(edges)


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_places_are_in_columns_and_no_two_boxes_touch(rankdir):
    edges = random_edges()
    sizes = {node: (40.0 + 10 * (i % 7), 30.0 + i % 5) for i, node in enumerate(columns(edges))}
    found = places(edges, sizes, rankdir)
    assert set(found) == set(sizes)
    axis, sign = {"LR": (0, 1), "RL": (0, -1), "TB": (1, -1), "BT": (1, 1)}[rankdir]
    for tail, head, _ in edges:
        assert sign * found[tail][axis] < sign * found[head][axis]
    boxes = [(*found[node], *sizes[node]) for node in found]
    for i, (x, y, width, height) in enumerate(boxes):
        for u, v, w, h in boxes[:i]:
            assert abs(x - u) >= (width + w) / 2 or abs(y - v) >= (height + h) / 2


def random_graph(nodes, window):
    choose, found = random.Random(1), [Value(0.5 + i / 20, f"x{i}") for i in range(10)]
    while len(found) < nodes:
        found.append(choose.choice([Value.__add__, Value.__mul__, Value.__sub__])(*choose.choices(found[-window:], k=2)))
    used = {x for node in found for x in node.parents}
    return sum((node for node in found if node not in used), Value(0.0))


@pytest.mark.parametrize("mode", ["gradients", "backward"])
def test_a_very_large_graph_is_drawn_whole_with_places_of_its_own(mode):
    output = random_graph(1700, 2000)
    order = topological_order(output)
    assert len(order) > 2000
    drawing = draw(output, limit=5000, level="operation", mode=mode)
    groups = re.findall(r'class="(node|edge)"', drawing.svg())
    rails = len(re.findall(r"^\trail\d+ \[label", drawing.dot, re.MULTILINE))
    assert 'pos="' in drawing.dot
    assert groups.count("node") == len(order) + rails
    assert groups.count("edge") == sum(len(node.parents) for node in order) + rails
    assert 'pos="' not in to_dot(random_graph(100, 100))


def test_a_player_of_300_nodes_that_read_one_leaf_has_every_use_once():
    w = y = Value(0.5, "w")
    for i in range(298):
        y = y * w if i % 2 else y + w
    page = play(y).html
    uses = re.findall(r'<g class="edge" data-consumer="(\d+)" data-position="(\d)">', page)
    assert sorted((int(a), int(b)) for a, b in uses) == [(i, k) for i in range(1, 299) for k in range(2)]
    assert page.count('class="edge rail"') > 20
