"""Mermaid text without a browser: the lines that the grammar knows, with what stands on the nodes and edges of the picture.

The rules that are relied on: a line is a node ``id["text"]:::class``, ``id("text")`` or ``id[["text"]]``, an edge
``id -->|"text"| id``, or a ``classDef``; a string in quotes ends at the next quote; ``#60;`` in it is the character of that number;
text in a string is read as Markdown. tests/browser/test_mermaid_browser.py has Mermaid itself read and draw what is written here.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drawing import AWKWARD, GRAPHS, WRONG, edges_of, neuron, nodes_of

import autograd_core as ac
from autograd_core import Value, to_dot, to_mermaid
from autograd_core.views.labels import MODES
from autograd_core.views.mermaid import MOST_CHARACTERS, MOST_EDGES
from autograd_core.views.scene import KINDS
from autograd_core.views.zoom import LEVELS

NODE = re.compile(r'    (n\d+)(\[\[|\[|\()"([^"]*)"(\]\]|\]|\)):::(\w+)')
EDGE = re.compile(r'    (n\d+) -->(?:\|"([^"]+)"\|)? (n\d+)')
STYLE = re.compile(r"    classDef (\w+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}(,[a-z-]+:[0-9a-z ]+)?")
MARKS = set("\"`*_~<>&#;|{}[])$:\\+@'%^!")  # what strings, Markdown and HTML may give a meaning
HARD = [*AWKWARD, "end", "1. item", "- item", "`code`", "#35;", "fa:fa-car", "$$x$$", "%% c", "~~~", "[[", "1) x", "+ x", "two\nlines", "\x07"]


def read(text):
    """What a reader sees: the lines on each node and its class, and the ends and label of each edge."""
    first, *lines = text.splitlines()
    nodes, edges, styled = {}, [], []
    for line in lines:
        if found := NODE.fullmatch(line):
            key, opening, label, closing, kind = found.groups()
            assert {"[": "]", "(": ")", "[[": "]]"}[opening] == closing
            nodes[key] = seen(label), kind
        elif found := EDGE.fullmatch(line):
            edges.append((found[1], found[3], seen(found[2] or "")))
        else:
            styled.append(STYLE.fullmatch(line)[1])
    assert {kind for _, kind in nodes.values()} == set(styled) <= set(KINDS)
    assert {end for edge in edges for end in edge[:2]} <= set(nodes)
    return first, nodes, edges


def seen(label):
    lines = label.split("<br/>")
    for line in lines:
        assert not MARKS & set(re.sub(r"#\d+;", "", line)), line
    return "\n".join(re.sub(r"#(\d+);", lambda found: chr(int(found[1])), line).replace("\u2060", "") for line in lines)


@pytest.mark.parametrize("name", HARD)
def test_a_name_of_any_text_is_read_as_it_is(name):
    x = Value(2.0, name)
    _, nodes, edges = read(to_mermaid(x * x, show=("data", "local", "formula")))
    shown = name.replace("\x07", "\ufffd")
    assert nodes["n0"] == (f"{shown}\ndata 2", "input")
    assert [label for _, _, label in edges] == [f"{shown} = 2"] * 2


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.sampled_from([(), ("data", "formula")]))
def test_no_name_breaks_a_line(name, show):
    x = Value(2.0, name)
    _, nodes, edges = read(to_mermaid(x * x, show=show))
    assert len(nodes) == len(edges) == 2


@settings(deadline=None, max_examples=40, derandomize=True)
@given(GRAPHS, st.sampled_from(MODES), st.sampled_from(LEVELS))
def test_it_says_what_the_picture_says(output, mode, level):
    options = {"mode": mode, "level": level, "show": ("data", "grad", "local", "contribution")}
    _, nodes, edges = read(to_mermaid(output, **options))
    drawn = nodes_of(to_dot(output, **options))
    assert {key: label.split("\n") for key, (label, _) in nodes.items()} == {key: lines for key, (lines, _) in drawn.items()}
    titles = {key: label.split("\n")[0] for key, (label, _) in nodes.items()}
    arrows = [(titles[tail], titles[head], label.replace("\n", "\\n")) for tail, head, label in edges]
    assert sorted(arrows) == sorted(edges_of(to_dot(output, **options)))


def test_the_direction_is_that_of_the_picture_and_gradients_flow_backwards():
    assert [read(to_mermaid(neuron(), rankdir=rankdir))[0] for rankdir in ("LR", "TB", "RL", "BT")] == [
        "flowchart LR", "flowchart TB", "flowchart RL", "flowchart BT",
    ]  # fmt: skip
    forward, backward = (read(to_mermaid(neuron(), mode=mode))[2] for mode in ("gradients", "backward"))
    assert {edge[:2] for edge in backward} == {edge[1::-1] for edge in forward}


def test_kinds_are_told_apart_without_colour():
    w, x = Value(0.5, "w"), Value(2.0, "x")
    lines = to_mermaid((w * x).tanh() * 3.0, parameters=[w]).splitlines()
    borders = {found[1]: found[2] for line in lines if (found := STYLE.fullmatch(line))}
    shapes = {found[5]: found[2] for line in lines if (found := NODE.fullmatch(line))}
    assert len({(borders[kind], shapes[kind]) for kind in KINDS}) == len(KINDS)


def test_a_text_that_browsers_do_not_draw_is_given_with_a_warning():
    x, y = Value(0.5, "x"), Value(1.0)
    for _ in range(MOST_EDGES // 2 + 1):
        y = y * x
    with pytest.warns(UserWarning, match=rf"{MOST_EDGES + 2} edges and \d+ characters.*level='neuron'") as caught:
        assert len(read(to_mermaid(y))[2]) == MOST_EDGES + 2
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="browsers draw at most"):
        assert len(to_mermaid(Value(1.0, "n" * MOST_CHARACTERS) * 2.0)) > MOST_CHARACTERS


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_a_wrong_option_is_named_with_what_is_allowed(options, told):
    with pytest.raises((TypeError, ValueError), match=told):
        to_mermaid(**{"output": Value(2.0) * 3.0, **options})


def test_names_may_be_those_of_the_caller():
    left, right = Value(1.0), Value(2.0)
    total = ac.exp(left) + right
    assert {label.split("\n")[0] for label, _ in read(to_mermaid(total, names="caller"))[1].values()} == {"left", "right", "exp", "total   +"}
