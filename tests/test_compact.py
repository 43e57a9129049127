"""The compact picture: circles with signs, values above the wires, gradients below."""

import re

import pytest
from test_drawing import contrast
from test_tikz import random_graph, regularised

from autograd_core import Constant, Value, draw, gradients, sigmoid, to_dot, topological_order
from autograd_core.views import layout
from autograd_core.views.compact import GRADIENT, VALUE


def circles(text):
    """The sign in each circle or ellipse, and the word at each end of a wire."""
    return {name: label.strip('"') for name, label in re.findall(r'^\t(n\d+|out) \[label=("[^"]*"|[^\s\]]*)', text, re.MULTILINE)}


def wires(text):
    """Every wire: from what, to what, and what stands above and below it."""
    ends = re.findall(r"^\t(\w+) -> (\w+)", text, re.MULTILINE)
    tails, heads = {wire: tail for tail, wire in ends}, dict(ends)
    found = []
    for name, table in re.findall(r"^\t(w\d*) \[label=<(<TABLE.*</TABLE>)>", text, re.MULTILINE):
        above, below = re.findall(r"<TD><FONT COLOR=\"#\w+\">(.*?)</FONT></TD>", table)
        found.append((tails[name], heads[name], above, below.strip()))
    return found


def c9():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    y = sigmoid(z)
    loss = (y - 1.0) ** 2
    z.name, y.name, loss.name = "z", "ŷ", "L"
    return loss


def test_c9_is_drawn_as_on_the_blackboard():
    text = to_dot(c9(), style="compact")
    signs = circles(text)
    assert list(signs.values()) == ["w", "x", "×", "b", "+", "σ", "1", "−", "x²", "L"]
    told = [(signs[tail], signs[head], above, below) for tail, head, above, below in wires(text)]
    assert told == [
        ("w", "×", "0.5", "-0.05"), ("x", "×", "2", "-0.013"), ("×", "+", "1", "-0.025"), ("b", "+", "1", "-0.025"), ("+", "σ", "z = 2", "-0.025"),
        ("σ", "−", "ŷ = 0.88", "-0.24"), ("−", "x²", "-0.12", "-0.24"), ("x²", "L", "0.014", "1"),
    ]  # fmt: skip
    assert re.search(r"^\tn6 -> n7$", text, re.MULTILINE)  # the constant has no gradient, and its number is its name


@pytest.mark.parametrize("seed", [seed for seed in range(16) if random_graph(seed).parents])
def test_the_numbers_below_the_wires_of_a_node_add_up_to_its_gradient(seed):
    output = random_graph(seed)
    text = to_dot(output, style="compact", digits=12)
    found, words = wires(text), circles(text)
    order = topological_order(output)
    assert len(found) == sum(not isinstance(parent, Constant) for node in order for parent in node.parents) + 1
    assert found[-1][2:] == (f"{output.data:.12g}", "1")
    for leaf in (node for node in order if not node.parents and not isinstance(node, Constant)):
        values, below = zip(*((above, float(below)) for tail, _, above, below in found if words[tail] == leaf.name))
        assert set(values) == {f"{leaf.data:.12g}"}
        assert sum(below) == pytest.approx(gradients(output, [leaf])[0].data, rel=1e-9, abs=1e-9)


def test_forward_there_is_nothing_below_and_the_number_of_digits_is_an_option():
    assert {below for *_, below in wires(to_dot(c9(), style="compact", mode="forward"))} == {""}
    assert ("n5", "n7", "ŷ = 0.880797", "-0.238406") in wires(to_dot(c9(), style="compact", digits=6))
    assert '"data 0.8808"' not in to_dot(c9())
    assert "data 0.8808" in to_dot(c9())


@pytest.mark.parametrize(("rankdir", "words", "rule"), [
    ("LR", "value above", "<HR/>"), ("RL", "value above", "<HR/>"), ("TB", "value on the left", "<VR/>"), ("BT", "value on the left", "<VR/>"),
])  # fmt: skip
def test_numbers_stand_on_both_sides_of_the_wire_in_every_direction(rankdir, words, rule):
    text = to_dot(c9(), style="compact", rankdir=rankdir)
    assert text.count(rule) == len(wires(text))
    assert words in text
    assert words not in to_dot(c9(), style="compact", rankdir=rankdir, legend=False)


@pytest.mark.parametrize(("options", "told"), [
    ({"mode": "backward"}, r"style='compact' has both passes in one picture: mode is 'forward' or 'gradients'"),
    ({"show": "data"}, r"style='compact' shows values above the wires and gradients below: leave show out"),
    ({"style": "dense"}, r"style is one of 'boxes', 'compact', not 'dense'"),
    ({"digits": 0}, r"digits is a whole number"),
])  # fmt: skip
def test_what_the_style_does_not_show_is_refused(options, told):
    with pytest.raises(ValueError, match=told):
        draw(c9(), **{"style": "compact", **options})


@pytest.mark.parametrize(("given", "options"), [([Value(1.0) * 2.0], {}), (c9(), {"level": "network"})])
def test_a_network_has_no_compact_picture(given, options):
    with pytest.raises(ValueError, match=r"draws the operations of one Value, not a network: write draw\(model\(x\), style='compact'\)"):
        draw(given, style="compact", **options)


def test_colours_are_legible_on_light_and_dark_pages_and_text_is_large():
    assert all(contrast(colour, page) >= 4.5 for colour in (VALUE, GRADIENT, layout.GREY) for page in ("#ffffff", "#000000"))
    assert "fontsize=20" in to_dot(c9(), style="compact")


def test_a_leaf_alone_long_names_and_collapsed_networks_are_drawn():
    assert circles(to_dot(Value(2.0, "x"), style="compact")) == {"n0": "x"}
    assert "shape=ellipse" in to_dot(Value(2.0, "x").softplus(), style="compact")
    text = to_dot(regularised()[0], style="compact", level="neuron")
    assert len(wires(text)) < len(wires(to_dot(regularised()[0], style="compact")))
    assert draw(Value(2.0, "<b>") * 2.0, style="compact").svg()
