"""Wrong passes beside the right one: numbers of the rules, and the first that differs. No browser is needed."""

import math

import pytest
from test_player import lecture, shared

from autograd_core import Value, play
from autograd_core.derivatives.misconceptions import RULES, backward_pass
from autograd_core.views.player_frames import passes_of
from autograd_core.views.player_rules import first_difference, passes_by
from autograd_core.views.scene import View


def twice():
    """A node that is used twice, at different depths: what overwriting and a wrong order break."""
    x, y = Value(0.5, "x"), Value(-0.75, "y")
    a = x * y
    output = (a * x).tanh() + a
    a.name, output.name = "a", "L"
    return output


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("make", [lecture, shared, twice])
def test_a_wrong_player_shows_the_numbers_of_its_rule(make, rule):
    output = make()
    scene = View(output).whole()
    passes, found = passes_by(scene, rule), backward_pass(output, rule)
    assert [node.grad[0] for node in passes.scene.nodes] == [found.gradients[node.values[0]] for node in passes.scene.nodes]
    flows = [flow for flow in found.terms if flow.consumer is not None and scene.nodes[[n.values[0] for n in scene.nodes].index(flow.node)].kind != "constant"]
    assert [(term.step.node, term.step.total) for term in passes.terms] == [(flow.node, flow.total) for flow in flows]
    first, right = first_difference(passes_of(scene), passes, 6), backward_pass(output)
    wrong = [node for node in scene.nodes if node.kind != "constant" and not math.isclose(found.gradients[node.values[0]], right.gradients[node.values[0]])]
    if rule == "right":
        assert first is None
    elif wrong and rule != "merged equal nodes":  # where a node receives what another one is told
        assert first is not None
        before = [term.use.tail for term in passes.terms[: first.term]]
        assert not {node.key for node in wrong} & {key for key in before if key not in [t.use.tail for t in passes.terms[first.term :]]}


def test_the_first_number_that_differs_is_told_with_the_right_one():
    scene = View(twice()).whole()
    right = passes_of(scene)
    told = {rule: first_difference(right, passes_by(scene, rule), 4) for rule in ("right", "overwrite", "breadth first", "sign")}
    assert told["right"] is None
    assert told["overwrite"].words.startswith("first differs in step ")
    assert "∂L/∂a: it is now " in told["overwrite"].words
    assert told["breadth first"].words.split(":")[1].startswith((" the upstream gradient", " the sum"))
    assert "the local derivative is -1, and not 1" in told["sign"].words
    player = play(twice(), rules=("right", "overwrite"))
    assert repr(player) == "<2 players of 6 nodes and 13 steps>"
    assert player.html.count('class="agc-player"') == 2
    assert first_difference(right, passes_by(scene, "overwrite"), 6).words in player.html


@pytest.mark.parametrize("rule", RULES)
def test_a_caption_writes_the_rule_that_was_used(rule):
    passes, right = passes_by(View(twice()).whole(), rule), passes_of(View(twice()).whole())
    gradients = {}
    for frame in passes.frames[-len(passes.terms):]:
        calculation, _, told = passes.filled(frame.numbers, 17).partition(",  ")
        left, _, contribution = calculation.rpartition(" = ")
        assert not left or math.isclose(eval(left.replace("·", "*")), float(contribution))
        node, sign = frame.symbols.split(" ")[:2]
        before = gradients.get(node)
        joined = {"=": lambda x, y: y, "+=": lambda x, y: x + y, "×=": lambda x, y: x * y}[sign]
        word, total = told.split(" ")
        assert word == {"=": "now", "+=": "sum", "×=": "product"}[sign]
        if rule not in ("forgot a path", "forgot the first path", "merged equal nodes", "not set back to 0"):  # sums of other terms
            assert math.isclose(float(total), float(contribution) if before is None else joined(before, float(contribution)))
        gradients[node] = float(total)
        assert sign == {"overwrite": "=", "multiplied where one adds": "×="}.get(rule, "+=")
    assert [frame.symbols for frame in passes_by(View(twice()).whole(), "right").frames] == [frame.symbols for frame in right.frames]


@pytest.mark.parametrize(("options", "error", "said"), [
    ({"rules": ("right", "uphill")}, ValueError, "no rule is called 'uphill': there are 'right', "),
    ({"rules": "overwrite"}, TypeError, r"rules is a list of names such as \('right', 'overwrite'\)"),
    ({"rules": ("right",), "level": "network"}, ValueError, "rules are shown on operations"),
])  # fmt: skip
def test_a_wrong_rule_is_named(options, error, said):
    with pytest.raises(error, match=said):
        play(twice(), **options)
    with pytest.raises(ValueError, match="has no frames as pictures: play one graph by itself"):
        play(twice(), rules=("right",)).frames()
