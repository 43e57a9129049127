"""Pictures as DOT text, without a layout engine: what is drawn, what is written on it, and how a network is collapsed."""

import html
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Constant, Value, dot, draw, layout, sigmoid, to_dot, topological_order
from autograd_core.clusters import LEVELS, clusters
from autograd_core.drawing import GREY, STYLES

AWKWARD = ['quo"te', "<b>", "a & b", "&amp;", "back\\slash", "\\N", "\\l", "变数 θ é", "{a|b}", "a]", "-->", "y" * 200]


@pytest.fixture(autouse=True)
def no_engine(monkeypatch):
    def refuse(*_):
        raise AssertionError("DOT text needs no layout engine")

    monkeypatch.setattr(layout, "render", refuse)
    monkeypatch.setattr(layout, "find_engine", refuse)


def nodes_of(text):
    """For each node the lines that are written on it, and its attributes."""
    found = {}
    for key, label, rest in re.findall(r"^\t(n\d+) \[label=<(<TABLE.*</TABLE>)> ?(.*)\]$", text, re.MULTILINE):
        cells = re.findall(r"<TD>(?:<B>)?(.*?)(?:</B>)?</TD>", label)
        found[key] = ([html.unescape(cell.replace("<BR/>", "\n")) for cell in cells], rest)
    return found


def edges_of(text):
    """Every edge: the titles of its ends, and its label."""
    titles = {key: lines[0] for key, (lines, _) in nodes_of(text).items()}
    found = re.findall(r'^\t(n\d+) -> (n\d+) \[label="?(.*?)"?\]$', text, re.MULTILINE)
    return [(titles[tail], titles[head], label) for tail, head, label in found]


def titles(text):
    return [lines[0] for lines, _ in nodes_of(text).values()]


def style_of(text, title):
    (found,) = [rest for lines, rest in nodes_of(text).values() if lines[0] == title]
    return found


def legend(text):
    return re.findall(r"^\t\tlegend_(\w+) \[", text, re.MULTILINE)


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    z.name = "z"
    y = sigmoid(z)
    y.name = "y"
    return w, x, b, z, y


# -- nodes and edges -----------------------------------------------------------------------------------------------
def test_every_use_is_an_edge():
    x = Value(3.0, "x")
    assert edges_of(to_dot(x * x)) == [("x", "×", "3")] * 2
    y = dot([x, 2.0], [x, x], x)
    assert [tail for tail, _, _ in edges_of(to_dot(y))] == ["x", "2", "x", "x", "x"]


def test_a_node_is_an_object_and_not_its_value_or_name():
    a, b = Value(1.0, "same"), Value(1.0, "same")
    assert titles(to_dot(a + b)) == ["same", "same#2", "+"]
    assert len(nodes_of(to_dot(Value(1.0) * Value(1.0) + Value(1.0) * Value(1.0)))) == 7
    two = 2.0 * (2.0 * a)  # each 2 is a node of its own
    assert titles(to_dot(two)).count("2") == 2


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("mode", ["forward", "gradients", "backward"])
def test_a_name_stands_in_the_text_as_it_is(name, mode):
    x = Value(2.0, name)
    text = to_dot(x * x, mode=mode)
    assert titles(text)[0] == (f"∂v1/∂{name}" if mode == "backward" else name)
    assert len(edges_of(text)) == 2


def test_names_with_line_breaks_and_empty_names_have_a_node():
    x = Value(2.0, "two\nlines")
    assert titles(to_dot(x * x))[0] == "two\nlines"
    assert len(edges_of(to_dot(x * x, show=("formula",)))) == 2
    assert titles(to_dot(Value(2.0, "") * 3.0)) == ["v1", "3", "×"]


def test_a_leaf_alone_is_one_node():
    assert (titles(to_dot(Value(2.0, "x"))), edges_of(to_dot(Value(2.0, "x")))) == (["x"], [])
    assert repr(draw(Value(2.0))) == "<graph of 1 nodes and 0 edges>"


def test_a_drawing_tells_how_much_there_is_of_it():
    x = Value(3.0, "x")
    drawing = draw(x * x + 1.0, rankdir="TB")
    assert (repr(drawing), drawing.dot) == ("<graph of 4 nodes and 4 edges>", to_dot(x * x + 1.0, rankdir="TB"))


# -- what is written -----------------------------------------------------------------------------------------------
def test_the_forward_picture_has_values_and_no_gradients():
    text = to_dot(neuron()[-1], mode="forward")
    assert [lines for lines, _ in nodes_of(text).values()][:3] == [["w", "data 0.5"], ["x", "data 2"], ["×", "data 1"]]
    assert "grad" not in text
    assert {label for _, _, label in edges_of(text)} == {""}


def test_the_picture_with_gradients_has_both_and_the_local_derivatives():
    text = to_dot(neuron()[-1])
    assert nodes_of(text)["n0"][0] == ["w", "data 0.5", "grad 0.21"]
    assert edges_of(text)[0] == ("w", "×", "2")
    assert edges_of(text)[-1] == ("z   +", "y   sigmoid", "0.105")


def test_the_graph_of_the_backward_pass_runs_the_other_way():
    text = to_dot(neuron()[-1], mode="backward")
    assert edges_of(text)[-1] == ("∂y/∂y", "∂y/∂z", "1 * 0.105 = 0.105")
    assert edges_of(text)[0] == ("∂y/∂v1", "∂y/∂w", "0.105 * 2 = 0.21")
    assert nodes_of(text)["n0"][0] == ["∂y/∂w", "grad 0.21"]


@pytest.mark.parametrize(
    ("show", "lines", "label"),
    [
        (("data",), ["x", "data 3"], ""),
        (("grad",), ["x", "grad 6"], ""),
        (("local",), ["x"], "3"),
        (("formula",), ["x"], "x"),
        (("formula", "local"), ["x"], "x = 3"),
        (("contribution",), ["x"], "1 * 3 = 3"),
        (("data", "grad", "local", "contribution"), ["x", "data 3", "grad 6"], r"3\n1 * 3 = 3"),
        ((), ["x"], ""),
    ],
)
def test_show_chooses_what_is_written(show, lines, label):
    x = Value(3.0, "x")
    text = to_dot(x * x, show=show)
    assert nodes_of(text)["n0"][0] == lines
    assert {label for _, _, label in edges_of(text)} == {label}


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_rankdir_is_the_direction(rankdir):
    assert re.search(rf"rankdir={rankdir}\b", to_dot(Value(1.0), rankdir=rankdir))


@pytest.mark.parametrize(("digits", "shown"), [(1, "0.7"), (4, "0.6667"), (17, "0.66666666666666663")])
def test_digits_is_the_number_of_significant_digits(digits, shown):
    assert nodes_of(to_dot(Value(2.0, "x") / 3.0, digits=digits))["n2"][0][1] == f"data {shown}"


def test_names_are_the_nodes_own_or_those_of_the_caller_or_of_a_mapping():
    weight, own = Value(2.0), Value(3.0, "own")
    product = weight * own
    assert titles(to_dot(product)) == ["v1", "own", "×"]
    assert titles(to_dot(product, names="caller")) == ["weight", "own", "product   ×"]
    assert titles(nodes := draw(product, names="caller").dot) == ["weight", "own", "product   ×"], nodes
    assert titles(to_dot(product, names={"w": [weight], "p": product})) == ["w[0]", "own", "p   ×"]


def random_graph(choices):
    nodes = [Value(x, f"x{i}") for i, x in enumerate((0.5, -1.25, 2.0))]
    for i, j, kind in choices:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        nodes.append([lambda: x * y, lambda: x - y, lambda: x.tanh(), lambda: 0.5 * x + y, lambda: dot([x, y], [y, x], x)][kind]())
        nodes[-1].name = f"x{len(nodes) - 1}"
    return nodes[-1]


GRAPHS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 4)), min_size=1, max_size=10).map(random_graph)
OPTIONS = settings(deadline=None, max_examples=60, derandomize=True)


@OPTIONS
@given(GRAPHS)
def test_the_gradients_of_the_picture_are_those_of_backward(output):
    order = [node for node in topological_order(output) if node.name]
    shown = {lines[0].split()[0]: float(lines[1].removeprefix("grad ")) for lines, _ in nodes_of(to_dot(output, show=("grad",), digits=17)).values()}
    output.backward()
    assert {node.name: node.grad for node in order} == {name: shown[name] for name in (node.name for node in order)}


@OPTIONS
@given(GRAPHS, st.sampled_from(["forward", "gradients", "backward"]), st.sampled_from(LEVELS))
def test_drawing_changes_no_gradient(output, mode, level):
    order = topological_order(output)
    for i, node in enumerate(order):
        node.grad = float(i)
    draw(output, mode=mode, level=level)
    assert [node.grad for node in order] == list(range(len(order)))


@OPTIONS
@given(GRAPHS)
def test_there_is_a_node_for_every_value_and_an_edge_for_every_use(output):
    order, text = topological_order(output), to_dot(output)
    assert len(nodes_of(text)) == len(order)
    assert len(edges_of(text)) == sum(len(node.parents) for node in order)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mode": "both"}, r"mode is one of .*'backward', not 'both'"),
        ({"show": ("data", "gard")}, r"show is one of .*'grad'.*, not 'gard'"),
        ({"rankdir": "LL"}, r"rankdir is one of .*'TB'.*, not 'LL'"),
        ({"level": "neurons"}, r"level is one of .*'neuron'.*, not 'neurons'"),
        ({"names": "callers"}, r"names is 'caller' or a mapping .*, not 'callers'"),
        ({"digits": -1}, r"digits .*-1"),
    ],
)
def test_a_wrong_option_is_named_with_what_is_allowed(options, told):
    with pytest.raises(ValueError, match=told):
        to_dot(Value(2.0) * 3.0, **options)


# -- styles --------------------------------------------------------------------------------------------------------
class Weight(Value):
    __slots__ = ()
    is_parameter = True


def test_each_sort_of_node_has_its_style_and_stands_in_the_legend():
    w, x, v = Value(0.5, "w"), Value(2.0, "x"), Weight(1.0, "v")
    text = to_dot((w * x + v) * 3.0, parameters=[w])
    sorts = {"w": "parameter", "v": "parameter", "x": "input", "3": "constant", "+": "operation"}
    for title, sort in sorts.items():
        assert f'fillcolor="{STYLES[sort].fill}"' in style_of(text, title), title
    assert nodes_of(text)["n6"][1] == 'fillcolor="#bfe5d8" peripheries=2'
    assert legend(text) == ["input", "parameter", "constant", "operation", "output"]
    assert legend(to_dot(x * x)) == ["input", "output"]
    assert legend(to_dot(x * x, legend=False)) == []


def test_a_constant_is_an_input_or_parameter_when_it_is_called_one():
    c = Constant(2.0)
    assert STYLES["constant"].fill in style_of(to_dot(c * Value(1.0)), "2")
    assert STYLES["input"].fill in style_of(to_dot(c * Value(1.0), inputs=[c]), "2")
    assert STYLES["parameter"].fill in style_of(to_dot(c * Value(1.0), parameters=[c]), "2")


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_is_legible_on_every_fill_and_edges_on_light_and_dark_pages():
    assert all(contrast("#111111", style.fill) >= 7.0 for style in STYLES.values())
    assert all(contrast(GREY, page) >= 4.5 for page in ("#ffffff", "#000000"))


def test_colour_is_never_the_only_difference_between_two_sorts():
    assert all(one.attributes != other.attributes for one, other in itertools.combinations(STYLES.values(), 2))
