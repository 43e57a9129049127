"""Pictures of networks as DOT text: circles in order, numbers on arrows, names from 1, captions, and what stands where."""

import itertools
import math
import re

import pytest
from test_drawing import contrast
from test_network import Input, Model, Weight, layers

from autograd_core import Value, dot, draw, identity, play, relu, sigmoid, softmax, to_dot, topological_order
from autograd_core.views.layout import STYLES
from autograd_core.views.network_drawing import NEGATIVE, POSITIVE, SHARED
from autograd_core.views.network_places import Box, Circle, circles, fitting, label_places, text_width


def attributes(text):
    """The attributes of each node and of each edge of a DOT text, in order."""
    nodes = {key: dict(_pairs(rest)) for key, rest in re.findall(r"^\t(\w+) \[(.*)\]$", text, re.MULTILINE) if key not in ("graph", "node", "edge")}
    edges = [(tail, head, dict(_pairs(rest))) for tail, head, rest in re.findall(r"^\t(\w+) -> (\w+) \[(.*)\]$", text, re.MULTILINE)]
    return nodes, edges


def _pairs(rest):
    return [(key, a or b or c) for key, a, b, c in re.findall(r'(\w+)=(?:<(.*)>(?= \w+=|$)|"([^"]*)"|(\S+))', rest)]


def units(text):
    """The lines in the circles of each column, from top to bottom."""
    columns = {}
    for key, look in attributes(text)[0].items():
        if re.fullmatch(r"u\d+_\d+|bias\d+|dots\d+_1", key):
            x, y = map(float, look["pos"].rstrip("!").split(","))
            columns.setdefault(x, []).append((-y, "..." if key.startswith("dots") else look["label"].replace(r"\n", " ")))
    return [[label for _, label in sorted(columns[x])] for x in sorted(columns)]


def on_arrows(text):
    return [look["label"] for key, look in attributes(text)[0].items() if key.startswith("weight")]


def captions(text):
    found = [re.findall(r"<TD COLSPAN='2'>(.*?)</TD>", look["label"]) for key, look in attributes(text)[0].items() if key.startswith("caption")]
    return [" | ".join(lines) for lines in found]


def test_a_model_is_drawn_with_its_weights_in_textbook_names_and_order():
    text = draw(Model([3, 2, 2, 1])).dot
    assert units(text) == [["+1", "x₁", "x₂", "x₃"], ["+1", "h₁⁽¹⁾", "h₂⁽¹⁾"], ["+1", "h₁⁽²⁾", "h₂⁽²⁾"], ["ŷ"]]
    assert captions(text) == [
        "input layer | 3 inputs", "hidden layer 1 | 2 units, sigmoid", "hidden layer 2 | 2 units, sigmoid", "output layer | 1 unit, sigmoid",
    ]  # fmt: skip
    assert [float(x) for x in on_arrows(text)] == [float(f"{k / 64:.3g}") for k in range(1, 18)]
    names = on_arrows(draw(Model([3, 2, 2, 1]), show="name").dot)
    assert names[:8] == ["w₁₁⁽¹⁾", "w₁₂⁽¹⁾", "w₁₃⁽¹⁾", "b₁⁽¹⁾", "w₂₁⁽¹⁾", "w₂₂⁽¹⁾", "w₂₃⁽¹⁾", "b₂⁽¹⁾"]
    assert names[-3:] == ["w₁₁⁽³⁾", "w₁₂⁽³⁾", "b₁⁽³⁾"]
    assert on_arrows(draw(Model([2, 1]), show=("name", "weight")).dot) == ["w₁₁ = 0.0156", "w₁₂ = 0.0312", "b₁ = 0.0469"]
    assert repr(draw(Model([3, 2, 2, 1]))) == "<network 3-2-2-1 with 17 connections>"


def test_outputs_are_drawn_with_the_values_in_their_units():
    outputs, inputs = Model([2, 2, 3]).recorded()
    text = draw(outputs, classes=["dog", "cat", "tree"]).dot
    values = {node: f"{node.data:.3g}" for node in topological_order(dot([1.0] * 3, outputs))}
    hidden = [node for node in outputs[0].parents[0].parents if node.op == "sigmoid"]
    assert units(text)[0] == ["+1", "x₁ 0", "x₂ 1"]
    assert units(text)[1] == ["+1", *(f"h{n} {values[h]}" for n, h in zip("₁₂", hidden))]
    assert units(text)[2] == [f"ŷ{n} {values[y]}" for n, y in zip("₁₂₃", outputs)]
    assert [look["label"] for key, look in attributes(text)[0].items() if key.startswith("class")] == ["dog", "cat", "tree"]
    assert to_dot(outputs[0], level="network", inputs=inputs) == draw(outputs[:1]).dot


def curriculum_c10():
    x, t = [Input(0.5, "x1"), Input(1.0, "x2")], 1.0
    h = [sigmoid(dot([Weight(0.4), Weight(0.6)], x, Weight(0.1))), sigmoid(dot([Weight(0.3), Weight(0.5)], x, Weight(0.2)))]
    y = sigmoid(dot([Weight(0.7), Weight(0.8)], h, Weight(0.3)))
    return y, 0.5 * (t - y) ** 2


def test_the_backward_picture_of_the_lecture_shows_its_deltas_and_the_gradients_of_its_weights():
    y, loss = curriculum_c10()
    text = draw([y], loss=loss, mode="backward", digits=4).dot
    assert units(text) == [["+1", "x₁ ∂ -0.003591", "x₂ ∂ -0.005665"], ["+1", "h₁ δ -0.004787", "h₂ δ -0.005585"], ["ŷ δ -0.03328"]]
    assert on_arrows(text) == ["-0.002394", "-0.004787", "-0.004787", "-0.002793", "-0.005585", "-0.005585", "-0.02366", "-0.02332", "-0.03328"]
    heads = {(tail[:2], head[:2]) for tail, head, _ in attributes(text)[1]}
    assert heads == {("u1", "bi"), ("u1", "u0"), ("u2", "bi"), ("u2", "u1")}
    assert "gradients as backward() would compute them" in text
    loss.backward()
    stored = draw([y], mode="backward", show=("stored", "weight"), digits=4).dot
    assert (units(stored), on_arrows(stored)) == (units(text), on_arrows(text))
    assert "would compute" not in stored
    assert "would compute" not in draw([y], loss=loss, mode="backward").dot
    assert on_arrows(draw([y], loss=loss, show=("grad", "weight")).dot)[:3] == ["0.4", "0.6", "0.1"]


def test_wide_layers_have_dots_and_arrows_without_numbers():
    text = draw(Model([64, 32, 10])).dot
    assert units(text) == [
        ["+1", *(f"x{n}" for n in "₁₂₃₄₅"), "...", "x₆₄"], ["+1", *(f"h{n}" for n in "₁₂₃₄₅"), "...", "h₃₂"],
        [f"ŷ{n}" for n in ("₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉", "₁₀")],
    ]  # fmt: skip
    assert captions(text)[0] == "input layer | 64 inputs"
    assert on_arrows(text) == []
    assert len(attributes(text)[1]) == 6 * 7 + 10 * 7
    assert len(text) < 30_000


def test_the_output_of_a_model_is_a_network_and_its_loss_a_graph_of_operations():
    (y,) = layers([2, 2, 1], dot, sigmoid)[2]
    outputs = layers([2, 3], dot, identity)[2]
    loss = (y - 1.0) ** 2
    for output in (y, y.parents[0], softmax(outputs)[0]):
        assert repr(draw(output)).startswith("<network ")
        assert to_dot(output) == to_dot(output, level="network") == to_dot([output])
        assert repr(play(output)).startswith("<player of the network ")
    asked = [{"level": "operation"}, {"style": "compact"}, {"show": ("local",)}, {"show": "formula"}, {"show": ("data", "contribution")}]
    for options in asked:
        assert repr(draw(y, **options)).startswith("<graph of ")
    weights = [w for w in topological_order(y) if getattr(w, "is_parameter", False)]
    for output in (loss, -y.log(), y + y, dot(weights, weights), dot([0.5, 0.5], [loss, y]), weights[0] * 2.0, weights[0]):
        assert repr(draw(output)).startswith("<graph of ")


def test_colour_and_width_of_an_arrow_are_sign_and_size_of_its_weight():
    x = [Input(1.0), Input(2.0), Input(3.0)]
    text = draw([dot([Weight(2.0), Weight(-1.0), Weight(0.0)], x)]).dot
    looks = [(look["color"], float(look["penwidth"])) for _, _, look in attributes(text)[1]]
    assert [colour for colour, _ in looks] == [POSITIVE, NEGATIVE, "#767676"]
    assert [width for _, width in looks] == [3.0, 1.8, 0.6]
    assert "positive weight" in text
    assert "negative weight" in text
    assert "LEGEND" not in draw([x[0] + x[1]], legend=False).dot
    assert "positive weight" not in draw([x[0] + x[1]], legend=False).dot


def test_a_filter_has_one_colour_for_each_weight_in_its_order_and_no_bias_that_is_none():
    w, x = [Weight(k, f"w{k}") for k in (1.0, -2.0, 3.0)], [Input(float(i), f"x{i}") for i in range(5)]
    outputs = []
    for i in range(5):
        uses = [(w[k], x[i + k - 1]) for k in range(3) if 0 <= i + k - 1 < 5]
        outputs.append(dot([a for a, _ in uses], [b for _, b in uses], 0.0))
    text = draw(outputs).dot
    nodes, edges = attributes(text)
    offset = {(tail, head): int(tail.split("_")[1]) - int(head.split("_")[1]) for tail, head, _ in edges}
    assert all(look["color"] == SHARED[offset[tail, head] + 1] for tail, head, look in edges)
    assert len(edges) == 13
    assert not [key for key in nodes if key.startswith("bias")]
    assert re.findall(r"w. = (-?\d)", nodes["caption1"]["label"]) == ["1", "-2", "3"]


def test_names_that_someone_gave_stand_in_the_units():
    a, b = Value(1.0, "length"), Value(2.0, "x7")
    hidden = relu(a - b)
    hidden.name = "h3"
    y = relu(hidden + a)
    assert units(draw([y], names={"answer": y}).dot) == [["length 1", "x₇ 2"], ["h₃ 0"], ["answer 1"]]
    hidden.name = None
    assert units(draw([y], names={"h": [hidden], "out": [y, y]}).dot) == [["length 1", "x₇ 2"], ["h₁ 0"], ["ŷ 1"]]


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize(("sizes", "show"), [((3, 2, 2, 1), ("data", "grad", "weight")), ((2, 2, 1), ("weight", "name")), ((4, 3, 3), ("data", "weight")),
                                             ((2, 1), ("grad", "weight")), ((64, 32, 10), ("data",))])  # fmt: skip
def test_nothing_that_is_written_meets_a_circle_or_another_text_and_no_line_is_wider_than_its_circle(sizes, show, rankdir):
    text = draw(Model(list(sizes)), show=show, rankdir=rankdir).dot
    nodes, _ = attributes(text)
    boxes, rounds = [], []
    for key, look in nodes.items():
        x, y = (72.0 * float(part) for part in look["pos"].rstrip("!").split(","))
        if key.startswith("weight"):
            boxes.append(Box(x, y, 72.0 * float(look["width"]), 72.0 * float(look["height"])))
        elif key.startswith(("u", "bias")):
            rounds.append(Circle(x, y, 36.0 * float(look["width"])))
            widest = max(text_width(line, float(look.get("fontsize", 12.0))) for line in look["label"].split(r"\n"))
            assert widest <= 72.0 * float(look["width"])
    assert len(boxes) == (sum(n * m + m for n, m in itertools.pairwise(sizes)) if max(sizes) < 10 and "weight" in show else 0)
    assert not any(one.meets(other, 0.0) for one, other in itertools.combinations(boxes, 2))
    for box, circle in itertools.product(boxes, rounds):
        nearest = abs(circle.x - box.x) - box.width / 2, abs(circle.y - box.y) - box.height / 2
        assert math.hypot(*(max(part, 0.0) for part in nearest)) >= circle.radius
    for one, other in itertools.combinations(rounds, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius + 10.0


def test_a_label_without_room_is_left_out():
    placed = circles([["a"], ["b"]], 20.0, [0.0, 60.0])
    assert label_places([("a", "b", "-0.12345")], placed, 10.0, False) == [None]
    assert label_places([("a", "b", "1")], placed, 10.0, False) != [None]
    assert fitting(["x", "1" * 40], 20.0) < fitting(["x", "123"], 20.0) <= 12.0


def test_text_and_arrows_are_legible_on_light_and_dark_pages():
    text = draw(Model([2, 2, 1]), show=("data", "weight")).dot
    for key, look in attributes(text)[0].items():
        fill, ink = look.get("fillcolor", "#ffffff"), look.get("fontcolor", "#111111")
        if key.startswith("caption"):
            assert (fill, ink) == ("transparent", "#767676")
        else:
            assert contrast(fill, ink) >= 7.0
    assert all(contrast(colour, page) >= 3.0 for colour in (POSITIVE, NEGATIVE) for page in ("#ffffff", "#111111"))
    assert contrast(POSITIVE, NEGATIVE) > 1.1
    assert STYLES["input"].fill != STYLES["output"].fill


WRONG = [
    (lambda: draw(Model([2, 1]), show=("local",)), ValueError, r"show is one of 'data', 'grad', 'stored', 'weight', 'name', not 'local'"),
    (lambda: draw(Value(1.0) * 2.0, show=("weight",)), ValueError, r"show is one of .*'local'.*, not 'weight'"),
    (lambda: draw(Value(1.0) * 2.0, classes=["a"]), ValueError, r"add level='network'"),
    (lambda: draw(Value(1.0) * 2.0, loss=Value(1.0)), ValueError, r"add level='network'"),
    (lambda: draw(Model([2, 2]), classes=["a"]), ValueError, r"one for each of the 2 outputs, not \['a'\]"),
    (lambda: draw(Model([2, 2]), classes="ab"), ValueError, r"one for each of the 2 outputs, not 'ab'"),
    (lambda: draw(Model([2, 2]), loss=1.0), TypeError, r"loss is a Value that was computed from the outputs, not float 1.0"),
    (lambda: draw([Value(1.0), 2.0], level="network"), TypeError, r"not by float 2.0"),
    (lambda: draw(Model([2, 2]), inputs=Value(1.0)), TypeError, r"inputs is a list of Values of the graph, not Value"),
    (lambda: draw(Model([2, 2]), limit=3), ValueError, r"the network has 4 circles to draw \(limit=3\)"),
    (lambda: draw(Model([2, 2]), names=3), ValueError, r"names is 'caller' or a mapping"),
    (lambda: draw([]), TypeError, r"not by list \[\]"),
    (lambda: draw(Value(2.0, "x"), level="network", mode="both"), ValueError, r"mode is one of"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "told"), WRONG)
def test_a_wrong_option_is_named_with_what_is_allowed(call, error, told):
    with pytest.raises(error, match=told):
        call()


def test_softmax_of_four_inputs_is_one_layer_and_a_list_of_plain_units_needs_no_marks():
    assert captions(draw(softmax([Value(1.0) - Value(2.0), Value(3.0) + Value(4.0)])).dot)[-1] == "output layer | 2 units, softmax"
    assert units(draw([Value(2.0, "x")]).dot) == [["x 2"]]
    twice = draw([dot([Weight(1.0)], [x]) for x in (Input(1.0), Input(2.0))], classes=["same", "same"])
    assert [look["label"] for key, look in attributes(twice.dot)[0].items() if key.startswith("class")] == ["same", "same"]
    assert captions(draw([identity(Value(1.0, "x") - 0.5)]).dot) == ["input layer | 1 input", "output layer | 1 unit, linear"]


def test_an_arrow_past_a_column_runs_around_what_stands_there():
    x = [Input(1.0, "x1"), Input(2.0, "x2")]
    h = relu(dot([Weight(1.0), Weight(2.0)], x))
    for mode, order in (("forward", 1), ("backward", -1)):
        nodes, edges = attributes(draw([h + x[0]], mode=mode).dot)
        (way,) = [key for key in nodes if key.startswith("way")]
        around = [(tail, head) for tail, head, _ in edges if way in (tail, head)]
        assert around == [("u0_0", way), (way, "u2_0")] if order == 1 else [("u2_0", way), (way, "u0_0")]
        assert [look.get("dir") for tail, head, look in edges if way in (tail, head)] == ["none", None]
        circle, point = ([float(part) for part in nodes[key]["pos"].rstrip("!").split(",")] for key in ("u1_0", way))
        assert point[0] == circle[0]
        assert abs(point[1] - circle[1]) > float(nodes["u1_0"]["width"]) / 2
    free = relu(dot([Weight(1.0)], [x[0]]) + 1.0)
    assert not [key for key in attributes(draw([dot([Weight(1.0)], [free]), x[1] - 1.0]).dot)[0] if key.startswith("way")]
