"""Networks in the player: frames unit by unit and layer by layer, numbers of the engine, and what is refused. No browser is needed."""

import math

import pytest
from test_network import Input, Model, Weight, xor_in_three_layers, xor_with_relu
from test_player import Reader, data_of

from autograd_core import Constant, Value, dot, play, relu, softmax, steps, tanh, topological_order
from autograd_core.formulas.typesetting import number_text
from autograd_core.views.player_network import course_of


def lecture():
    """One hidden layer of two units and a loss."""
    x = [Input(2.0, "x1"), Input(-1.0, "x2")]
    w = [Weight(v) for v in (0.5, -0.25, 1.0, 0.75, 0.1, -0.2, 1.5, -2.0, 0.3)]
    h = [tanh(dot(w[0:2], x, w[4])), tanh(dot(w[2:4], x, w[5]))]
    y = dot(w[6:8], h, w[8])
    loss = (y - 1.0) ** 2
    loss.name = "L"
    return y, loss


def convolution():
    w, x = [Weight(k) for k in (1.0, -2.0, 3.0)], [Input(0.5 * i - 1.0, f"x{i}") for i in range(5)]
    return [relu(dot(w, x[i : i + 3], 0.0)) for i in range(3)]


def skip():
    x = [Input(1.0, "x1"), Input(2.0, "x2")]
    return [relu(dot([Weight(1.0), Weight(2.0)], x)) + x[0], x[0] * x[1]]


def classes():
    x = [Input(1.0), Input(-0.5)]
    return softmax([dot([Weight(0.1 * (i + j)) for j in range(2)], x, Weight(0.2)) for i in range(3)])


NETWORKS = {
    "lecture": lambda: [lecture()[0]],
    "xor": lambda: [xor_with_relu([Value(1.0), Value(0.0)])],
    "xor in three layers": lambda: [xor_in_three_layers([Value(1.0), Value(1.0)])],
    "convolution": convolution, "skip": skip, "classes": classes, "one input": lambda: [Value(2.0, "x")],
    "wide": lambda: Model([20, 15, 2]), "model": lambda: Model([3, 4, 2], tanh),
}  # fmt: skip
every_network = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


def filled(data, frame, nodes, terms):
    """The caption of a frame, its references looked up in the engine's own numbers."""
    at = {"data": lambda i: nodes[i][0], "grad": lambda i: nodes[i][1], "local": lambda i: terms[i]}
    return "".join(piece if isinstance(piece, str) else f"{at[piece[0]](piece[1]):.{data['digits']}g}" for piece in frame["numbers"])


@every_network
@pytest.mark.parametrize("by", ["unit", "layer"])
def test_every_unit_is_shown_once_forth_and_once_back_and_all_that_is_drawn_becomes_known(make, by):
    player = play(make(), by=by)
    data = data_of(player)
    frames = data["frames"]
    groups = [dict(attributes) for attributes, _ in Reader(player.html).all("g", "node")]
    drawn = {int(group["data-node"]) for group in groups}
    values = [key for frame in frames for key in frame["data"]]
    gradients = [key for frame in frames for key, _ in frame["grads"]]
    assert drawn <= set(values)
    assert {int(group["data-grad"]) for group in groups} <= set(gradients)
    assert len(set(values)) == len(values)
    assert len(set(gradients)) == len(gradients)
    phases = [frame["phase"] for frame in frames]
    assert phases == sorted(phases, key=["Forward", "Seed", "Backward"].index)
    assert all(name for node in data["nodes"] if (name := node["name"]))
    weights = {int(group["data-weight"]) for group, _ in Reader(player.html).all("g", "weight") if "data-weight" in group}
    assert {key for key in weights if data["nodes"][key]["sort"] != "constant"} <= set(gradients)


@every_network
def test_the_last_frame_has_the_numbers_of_the_engine_in_the_page_and_as_a_picture(make):
    made = make()
    outputs, _ = made.recorded() if isinstance(made, Model) else (made, [])
    player = play(outputs)
    end = outputs[0] if len(outputs) == 1 else dot([1.0] * len(outputs), outputs)
    order = topological_order(end)
    end.backward()
    pictures, parsed = player.frames(), Reader(player.html)
    assert len(pictures) == len(data_of(player)["frames"])
    last = pictures[-1].dot
    for group, text in parsed.all("g", "node"):
        node, total = order[int(group["data-node"])], order[int(group["data-grad"])]
        sign = group["data-before-grad"].strip()
        assert text.split("\n")[3:5] == [number_text(node.data, 4), f"{sign} {number_text(total.grad, 4)}"]
        assert rf"\n{number_text(node.data, 4)}\n{sign} {number_text(total.grad, 4)}" in last
    for group, text in parsed.all("g", "weight"):
        weight = order[int(group["data-weight"])] if "data-weight" in group else None
        if weight is not None and not isinstance(weight, Constant):
            assert float(text.strip().removeprefix("∂ ")) == float(number_text(weight.grad, 4))  # which knows one zero only
    assert "?" in pictures[0].dot or len(pictures) == 3


def test_the_frames_of_a_lecture_say_what_the_textbook_says():
    y, loss = lecture()
    data = data_of(play(y, level="network", loss=loss, digits=6))
    frames = data["frames"]
    order = topological_order(loss)
    totals = {step.node: step.total for step in steps(loss).backward}
    nodes = [(node.data, totals.get(node, 0.0)) for node in order]
    terms = [order[term["consumer"]].local_derivatives[term["position"]] for term in data["terms"]]
    said = [(frame["symbols"], filled(data, frame, nodes, terms)) for frame in frames]
    assert [symbols.split("\n")[0] for symbols, _ in said] == [
        "given: x₁, x₂, and 9 weights",
        "z₁⁽¹⁾ = w₁₁⁽¹⁾ · x₁ + w₁₂⁽¹⁾ · x₂ + b₁⁽¹⁾",
        "z₂⁽¹⁾ = w₂₁⁽¹⁾ · x₁ + w₂₂⁽¹⁾ · x₂ + b₂⁽¹⁾",
        "ŷ = w₁₁⁽²⁾ · h₁ + w₁₂⁽²⁾ · h₂ + b₁⁽²⁾",
        "L, computed from ŷ", "∂L/∂L", "∂L/∂ŷ = δ(ŷ)", "∂L/∂h₁ = w₁₁⁽²⁾ · δ(ŷ)", "∂L/∂h₂ = w₁₂⁽²⁾ · δ(ŷ)", "∂L by the inputs x₁, x₂",
    ]  # fmt: skip
    assert said[1][1] == "z₁⁽¹⁾ = 0.5 · 2 + -0.25 · -1 + 0.1 = 1.35\ntanh(1.35) = 0.874053"
    assert said[7][0].split("\n")[1] == "δ₁⁽¹⁾ = ∂L/∂h₁ · ∂h₁/∂z₁⁽¹⁾"
    loss.backward()
    h1 = y.parents[2]
    assert said[7][1].startswith(f"∂L/∂h₁ = 1.5 · {y.grad:.6g} = {h1.grad:.6g}\nδ₁⁽¹⁾ = {h1.grad:.6g} · ")
    assert said[7][1].split("\n")[2].startswith(f"δ₁⁽¹⁾ times what each weight multiplies: ∂w₁₁⁽¹⁾: {h1.parents[0].parents[0].grad:.6g}, ")
    assert [x["name"] for x in data["nodes"] if x["sort"] == "input"] == ["x₁", "x₂"]
    assert [data["nodes"][i]["name"] for i in data["outputs"]] == ["ŷ", "L"]


def test_a_loss_without_a_name_is_called_l_and_the_products_of_the_inputs_are_written_out():
    y = lecture()[0]
    course = course_of([y], {}, [], [], (y - 1.0) ** 2, "unit", 200, [])
    last = course.passes.frames[-1]
    assert last.symbols.split("\n")[0] == "∂L by the inputs x₁, x₂"
    assert last.symbols.split("\n")[1] == "∂L/∂x₁ = w₁₁⁽¹⁾ · δ₁⁽¹⁾ + w₂₁⁽¹⁾ · δ₂⁽¹⁾"
    for line in course.passes.filled(last.numbers, 17).split("\n"):
        _, products, gradient = line.split(" = ")
        assert math.isclose(eval(products.replace("·", "*")), float(gradient))
    x = Value(0.5, "x1")
    y = dot([Value(2.0, "w1")], [x], Value(0.1, "b")).tanh()
    for loss in ((y - x) ** 2, (y - 1.0) ** 2):  # one that reads the input itself gets no product that leaves out a path
        frame = course_of([y], {}, [x], [], loss, "unit", 200, []).passes.frames[-1]
        assert ("·" in frame.symbols) == (loss.parents[0].parents[1] is not x)


def test_a_gradient_by_a_shared_weight_is_told_when_the_last_unit_has_added_to_it():
    data = data_of(play(convolution()))
    done = [{data["nodes"][key]["name"] for key, _ in frame["grads"] if data["nodes"][key]["sort"] == "parameter"} for frame in data["frames"]]
    assert [sorted(names) for names in done if names] == [["w₁", "w₂", "w₃"]]
    assert data["frames"][[bool(names) for names in done].index(True)]["symbols"].startswith("∂Σŷ/∂ŷ₃")


def test_a_layer_of_which_not_all_units_are_drawn_is_one_step():
    frames = data_of(play(Model([20, 15, 2])))["frames"]
    assert [frame["symbols"] for frame in frames][1] == "hidden layer 1: 15 units, sigmoid"
    assert len(frames) == 1 + 1 + 2 + 1 + 1 + 2 + 1 + 1
    assert repr(play(Model([20, 15, 2]), by="layer")) == "<player of the network 20-15-2 with 8 steps>"


WRONG = [
    (lambda: play(Model([2, 1]), by="node"), ValueError, r"by is one of 'unit', 'layer', not 'node'"),
    (lambda: play(Value(1.0) * 2.0, by="layer"), ValueError, r"options of players of networks: add level='network'"),
    (lambda: play([lecture()[0]], loss=Value(1.0)), ValueError, r"loss is not computed from the outputs"),
    (lambda: play(Model([2, 2]), limit=3), ValueError, r"the network has 4 circles to draw \(limit=3\)"),
    (lambda: play(Model([150, 150, 1])), ValueError, r"the network has \d+ values, more than a page computes again at once \(20000\)"),
    (lambda: play([Value(1.0), 2.0], level="network"), TypeError, r"not by float 2.0"),
    (lambda: play(3.0), TypeError, r"a Value, not by float 3.0"),
    (lambda: play(Value(2.0), level="layer"), ValueError, r"level is one of 'operation', 'named', 'network', not 'layer'"),
]


@pytest.mark.parametrize(("call", "error", "told"), WRONG)
def test_a_wrong_option_is_named_with_what_is_allowed(call, error, told):
    with pytest.raises(error, match=told):
        call()


def test_constants_are_weights_without_a_gradient():
    data = data_of(play([xor_with_relu([Value(1.0), Value(0.0)])]))
    assert any(node["sort"] == "constant" for node in data["nodes"])
    assert not [key for frame in data["frames"] for key, _ in frame["grads"] if data["nodes"][key]["sort"] == "constant"]
    assert isinstance(Constant(1.0), Value)
