"""Pictures as DOT text, without a layout engine: what is drawn, what is written on it, and how a network is collapsed."""

import html
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Constant, Value, dot, draw, sigmoid, to_dot, topological_order
from autograd_core.views import layout
from autograd_core.views.labels import MODES
from autograd_core.views.layout import GREY, STYLES
from autograd_core.views.zoom import LEVELS, clusters

Weight = type("Weight", (Value,), {"is_parameter": True})
LEGEND = re.compile(r'POINT-SIZE="11">(\w+)</FONT>')
AWKWARD = ['quo"te', "<b>", "a & b", "&amp;", "back\\slash", "\\N", "\\l", "变数 θ é", "{a|b}", "a]", "-->", "y" * 200]


@pytest.fixture(autouse=True)
def no_engine(monkeypatch):
    monkeypatch.delattr(layout, "render")
    monkeypatch.delattr(layout, "find_engine")


def visible(text):
    """What is seen of a piece of a label: characters without width may part a backslash from an N that engines replace."""
    return html.unescape(text).replace("\u200b", "").replace("\u2060", "")


def nodes_of(text):
    """For each node the lines that are written on it, and its attributes."""
    found = {}
    for key, label, rest in re.findall(r"^\t(n\d+) \[label=<(<TABLE.*</TABLE>)> ?(.*)\]$", text, re.MULTILINE):
        cells = re.findall(r"<TD>(?:<B>)?(.*?)(?:</B>)?</TD>", label)
        found[key] = ([visible(cell.replace("<BR/>", "\n")) for cell in cells], rest)
    return found


def edges_of(text):
    """Every edge: the titles of its ends, and its label."""
    titles = {key: lines[0] for key, (lines, _) in nodes_of(text).items()}
    return [(titles[a], titles[b], label) for a, b, label in re.findall(r'^\t(n\d+) -> (n\d+) \[label="?(.*?)"?\]$', text, re.MULTILINE)]


def titles(text):
    return [lines[0] for lines, _ in nodes_of(text).values()]


def style_of(text, title):
    return {lines[0]: rest for lines, rest in nodes_of(text).values()}[title]


def neuron():
    z = Value(0.5, "w") * Value(2.0, "x") + Value(1.0, "b")
    y = sigmoid(z)
    z.name, y.name = "z", "y"
    return y


def test_every_use_is_an_edge():
    x = Value(3.0, "x")
    assert edges_of(to_dot(x * x)) == [("x", "×", "3")] * 2
    y = dot([x, 2.0], [x, x], x)
    assert [tail for tail, _, _ in edges_of(to_dot(y))] == ["x", "2", "x", "x", "x"]


def test_a_node_is_an_object_and_not_its_value_or_name():
    a, b = Value(1.0, "same"), Value(1.0, "same")
    assert titles(to_dot(a + b)) == ["same", "same#2", "+"]
    assert len(nodes_of(to_dot(Value(1.0) * Value(1.0) + Value(1.0) * Value(1.0)))) == 7
    assert titles(to_dot(2.0 * (2.0 * a))).count("2") == 2


@pytest.mark.parametrize(("name", "mode"), list(itertools.product(AWKWARD, MODES)))
def test_a_name_stands_in_the_text_as_it_is(name, mode):
    x = Value(2.0, name)
    text = to_dot(x * x, mode=mode)
    assert titles(text)[0] == (f"∂v1/∂{name}" if mode == "backward" else name)
    assert len(edges_of(text)) == 2


def test_names_with_line_breaks_empty_names_and_a_leaf_alone_are_drawn():
    x = Value(2.0, "two\nlines")
    assert titles(to_dot(x * x))[0] == "two\nlines"
    assert len(edges_of(to_dot(x * x, show=("formula",)))) == 2
    assert titles(to_dot(Value(2.0, "") * 3.0)) == ["v1", "3", "×"]
    assert (titles(to_dot(Value(2.0, "x"))), repr(draw(Value(2.0, "x")))) == (["x"], "<graph of 1 nodes and 0 edges>")


def test_the_three_modes_are_values_gradients_and_the_graph_of_the_backward_pass():
    forward, gradients, backward = (to_dot(neuron(), mode=mode) for mode in MODES)
    assert [lines for lines, _ in nodes_of(forward).values()][:3] == [["w", "data 0.5"], ["x", "data 2"], ["×", "data 1"]]
    assert "grad" not in forward
    assert {label for _, _, label in edges_of(forward)} == {""}
    assert nodes_of(gradients)["n0"][0] == ["w", "data 0.5", "grad 0.21"]
    assert edges_of(gradients)[::4] == [("w", "×", "2"), ("z   +", "y   sigmoid", "0.105")]
    assert nodes_of(backward)["n0"][0] == ["∂y/∂w", "grad 0.21"]
    assert edges_of(backward)[::4] == [("∂y/∂v1", "∂y/∂w", "0.105 * 2 = 0.21"), ("∂y/∂y", "∂y/∂z", "1 * 0.105 = 0.105")]


@pytest.mark.parametrize(
    ("show", "lines", "label"),
    [
        (("data",), ["x", "data 3"], ""),
        (("grad",), ["x", "grad 6"], ""),
        (("formula",), ["x"], "x"),
        (("formula", "local"), ["x"], "x = 3"),
        (("contribution",), ["x"], "1 * 3 = 3"),
        (("data", "grad", "local", "contribution"), ["x", "data 3", "grad 6"], r"3\n1 * 3 = 3"),
        ((), ["x"], ""),
        ("data", ["x", "data 3"], ""),
    ],
)
def test_show_chooses_what_is_written(show, lines, label):
    x = Value(3.0, "x")
    text = to_dot(x * x, show=show)
    assert nodes_of(text)["n0"][0] == lines
    assert {label for _, _, label in edges_of(text)} == {label}


def test_rankdir_is_the_direction_and_digits_the_number_of_significant_digits():
    assert all(f"rankdir={rankdir}]" in to_dot(Value(1.0), rankdir=rankdir) for rankdir in ("LR", "TB", "RL", "BT"))
    for digits, shown in ((1, "0.7"), (4, "0.6667"), (17, "0.66666666666666663")):
        assert nodes_of(to_dot(Value(2.0, "x") / 3.0, digits=digits))["n2"][0][1] == f"data {shown}"


def test_names_are_the_nodes_own_or_those_of_the_caller_or_of_a_mapping():
    weight, own = Value(2.0), Value(3.0, "own")
    product = weight * own
    assert titles(to_dot(product)) == ["v1", "own", "×"]
    assert titles(to_dot(product, names="caller")) == ["weight", "own", "product   ×"]
    assert titles(draw(product, names="caller").dot) == ["weight", "own", "product   ×"]
    assert titles(to_dot(product, names={"w": [weight], "p": product})) == ["w[0]", "own", "p   ×"]


def random_graph(choices):
    nodes = [Value(x, f"x{i}") for i, x in enumerate((0.5, -1.25, 2.0))]
    for i, j, kind in choices:
        x, y = nodes[i % len(nodes)], nodes[j % len(nodes)]
        nodes.append([x * y, x - y, x.tanh(), 0.5 * x + y, dot([x, y], [y, x], x)][kind])
        nodes[-1].name = f"x{len(nodes) - 1}"
    return nodes[-1]


GRAPHS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 4)), min_size=1, max_size=10).map(random_graph)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(GRAPHS)
def test_random_graphs_are_drawn_whole_with_the_gradients_of_backward_and_no_gradient_is_touched(output):
    order = topological_order(output)
    for i, node in enumerate(order):
        node.grad = float(i)
    text = to_dot(output, show=("grad",), digits=17)
    assert all(to_dot(output, mode=mode, level=level) for mode in ("forward", "gradients", "backward") for level in LEVELS)
    assert [node.grad for node in order] == list(range(len(order)))
    for node in order:
        node.grad = 0.0
    output.backward()
    shown = {lines[0].split()[0]: float(lines[1].removeprefix("grad ")) for lines, _ in nodes_of(text).values() if len(lines) > 1}
    assert {node.name: node.grad for node in order if node.name} == {node.name: shown[node.name] for node in order if node.name}
    assert len(nodes_of(text)) == len(order)
    assert len(edges_of(text)) == sum(len(node.parents) for node in order)


WRONG = [
    ({"mode": "both"}, r"mode is one of .*'backward', not 'both'"),
    ({"show": ("data", "gard")}, r"show is one of .*'grad'.*, not 'gard'"),
    ({"rankdir": "LL"}, r"rankdir is one of .*'TB'.*, not 'LL'"),
    ({"level": "neurons"}, r"level is one of .*'neuron'.*, not 'neurons'"),
    ({"names": "callers"}, r"names is 'caller' or a mapping .*, not 'callers'"),
    ({"digits": -1}, r"digits .*-1"),
    ({"names": 3}, r"names is 'caller' or a mapping .*, not 3"),
    ({"show": 3}, r"show is a tuple of names such as .*, not 3"),
    ({"show": "gard"}, r"show is one of .*'grad'.*, not 'gard'"),
    ({"output": 3.0}, r"given by its output, a Value, not by float 3.0"),
    ({"inputs": Value(1.0)}, r"inputs is a list of Values of the graph, not Value"),
    ({"parameters": ["w"]}, r"parameters is a list of Values of the graph, not \['w'\]"),
]


@pytest.mark.parametrize(("function", "options", "told"), [(function, *row) for function in (to_dot, draw) for row in WRONG])
def test_a_wrong_option_is_named_with_what_is_allowed(function, options, told):
    with pytest.raises((TypeError, ValueError), match=told):
        function(**{"output": Value(2.0) * 3.0, **options})


def test_each_sort_of_node_has_its_style_and_stands_in_the_legend():
    w, x, v = Value(0.5, "w"), Value(2.0, "x"), Weight(1.0, "v")
    text = to_dot((w * x + v) * 3.0, parameters=[w])
    for title, sort in {"w": "parameter", "v": "parameter", "x": "input", "3": "constant", "+": "operation"}.items():
        assert f'fillcolor="{STYLES[sort].fill}"' in style_of(text, title), title
    assert nodes_of(text)["n6"][1] == 'fillcolor="#bfe5d8" peripheries=2'
    assert LEGEND.findall(text) == ["legend", "input", "parameter", "constant", "operation", "output"]
    assert [LEGEND.findall(to_dot(x * x, legend=legend)) for legend in (True, False)] == [["legend", "input", "output"], []]


def test_a_constant_has_no_gradient_and_no_place_in_the_backward_graph():
    c = Constant(2.0)
    assert nodes_of(to_dot(c * Value(3.0, "x")))["n0"][0] == ["2"]
    assert titles(to_dot(c * Value(3.0, "x"), mode="backward")) == ["∂v1/∂x", "∂v1/∂v1"]
    # unless it is called an input or a parameter
    for sort, options in {"constant": {}, "input": {"inputs": [c]}, "parameter": {"parameters": [c]}}.items():
        assert STYLES[sort].fill in style_of(to_dot(c * Value(1.0), **options), "2")


def contrast(one, other):  # the ratio of WCAG 2, from 1 to 21
    def luminance(colour):
        channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return sum(k * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for k, c in zip((0.2126, 0.7152, 0.0722), channels))

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_text_is_legible_on_light_and_dark_pages_and_colour_is_never_the_only_difference_between_two_sorts():
    assert all(contrast("#111111", style.fill) >= 7.0 for style in STYLES.values())
    assert all(contrast(GREY, page) >= 4.5 for page in ("#ffffff", "#000000"))
    assert all(one.attributes != other.attributes for one, other in itertools.combinations(STYLES.values(), 2))


def network(sizes, activation=Value.tanh, dots=False):
    """An MLP written with plain Values, as the function from inputs to its last layer."""
    number = itertools.count(1)
    layers = [[[Value((next(number) * 0.37) % 1.0 - 0.5) for _ in range(n + 1)] for _ in range(m)] for n, m in itertools.pairwise(sizes)]

    def neuron(weights, xs):
        *ws, b = weights
        return activation(dot(ws, xs, b) if dots else sum((w * x for w, x in zip(ws, xs)), b))

    def run(xs):
        for layer in layers:
            xs = [neuron(weights, xs) for weights in layer]
        return xs

    return run


@pytest.mark.parametrize(("activation", "dots"), list(itertools.product([Value.tanh, Value.relu, Value.sigmoid], [False, True])))
def test_a_network_collapses_to_its_neurons_and_layers(activation, dots):
    xs = [Value(1.0, "x0"), Value(-2.0, "x1")]
    (y,) = network([2, 4, 4, 1], activation, dots)(xs)
    for kept in ((), xs):
        neurons, layers = (clusters(y, level, kept) for level in ("neuron", "layer"))
        assert sorted(len(neuron.parameters) for neuron in neurons) == [3] * 4 + [5] * 5
        assert [(len(layer.outputs), len(layer.parameters)) for layer in layers] == [(4, 12), (4, 20), (1, 5)]
        assert {cluster.kind for cluster in neurons + layers} == {y.op}
    sizes = zip(["4 × ", "4 × ", ""], [8, 8, 2] if dots else [20, 36, 9], [12, 20, 5])
    title = [f"{n}{y.op} ({k} operations, {p} parameters)" for n, k, p in sizes]
    text = to_dot(y, level="layer", inputs=xs, digits=17)
    assert titles(text) == ["x0", "x1", *title]
    assert [edge[:2] for edge in edges_of(text)] == [("x0", title[0]), ("x1", title[0]), *itertools.pairwise(title)]
    y.backward()
    shown = next(lines for lines, _ in nodes_of(text).values() if lines[0] == title[0])
    assert shown[1:3] == [f"{what} " + ", ".join(f"{getattr(x, what):.17g}" for x in layers[0].outputs) for what in ("data", "grad")]


def test_weights_that_several_samples_share_do_not_keep_layers_apart():
    run = network([2, 4, 4, 1])
    loss = sum(((run([Value(a), Value(b)])[0] - 1.0) ** 2 for a, b in ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0))), Value(0.0))
    neurons, layers = ([cluster.kind for cluster in clusters(loss, level)].count("tanh") for level in ("neuron", "layer"))
    assert neurons == 27
    assert layers <= 9


def test_inputs_are_kept_at_every_level_and_so_are_results_that_are_used_twice():
    x = Value(2.0, "x")
    y = ((h := x.exp()) * h + x).log()
    assert [cluster.kind for cluster in clusters(y, "neuron", [x])] == ["exp", "log"]
    assert all("x" in titles(to_dot(y, level=level, inputs=[x])) for level in LEVELS)
    assert titles(to_dot((Weight(2.0) * x).tanh(), level="neuron")) == ["x", "tanh (2 operations, 1 parameter)"]


@settings(deadline=None, max_examples=100, derandomize=True)
@given(GRAPHS, st.sampled_from(LEVELS), st.booleans(), st.booleans())
def test_every_operation_belongs_to_one_cluster_which_tells_all_that_it_reads(output, level, named, kept):
    order = topological_order(output)
    for node in order:
        node.name = node.name if named else None
    found = clusters(output, level, [x for x in order if not x.parents] if kept else [])
    members = [node for cluster in found for node in cluster.members]
    assert len(members) == len(set(members))
    assert set(members) == {node for node in order if node.parents}
    for cluster in found:
        read = {x for node in cluster.members for x in node.parents if not isinstance(x, Constant)} - set(cluster.members)
        assert read == {x for x in cluster.inputs + cluster.parameters if not isinstance(x, Constant)}


@pytest.mark.parametrize("function", [to_dot, draw])
def test_a_graph_over_the_limit_warns_and_is_drawn_collapsed_and_one_far_over_it_is_refused(function):
    (y,) = network([2, 16, 16, 1])([Value(1.0), Value(2.0)])
    with pytest.warns(UserWarning, match="980 nodes at level 'operation', more than limit=400: drawn at level 'neuron'") as caught:
        drawn = function(y)
    assert caught[0].filename == __file__, "the warning points to the line that draws"
    assert len(nodes_of(getattr(drawn, "dot", drawn))) == 2 + 33
    with pytest.warns(UserWarning, match="drawn at level 'layer'"):
        assert len(nodes_of(to_dot(y, limit=20))) == 2 + 3
    with pytest.raises(ValueError, match=r"980 at level 'operation', 35 at level 'neuron', 5 at level 'layer'; limit=4"):
        function(y, limit=4)
    assert len(nodes_of(to_dot(y, limit=1000))) == 980


def test_gradients_that_backward_would_compute_are_told_apart_from_those_that_are_stored():
    x = Value(3.0, "x")
    y = x * x
    note = 'gradients as backward() would compute them; show="stored" shows those that are stored'
    assert note in visible(to_dot(y))
    assert nodes_of(to_dot(y, show="stored"))["n0"][0] == ["x", "stored grad 0"]
    assert nodes_of(to_dot(y, show=("grad", "stored")))["n0"][0] == ["x", "grad 6", "stored grad 0"]
    for text in (to_dot(y, legend=False), to_dot(y, mode="forward"), to_dot(y, show=("data", "stored")), to_dot(y, show="data")):
        assert "would compute" not in text
    y.backward()
    assert "would compute" not in to_dot(y) + to_dot(y, mode="backward")
    assert nodes_of(to_dot(y, show="stored"))["n0"][0] == ["x", "stored grad 6"]
    y.backward()  # a leaf adds up, and the picture shows one pass
    assert "would compute" in to_dot(y)
    assert nodes_of(to_dot(y, show=("grad", "stored")))["n0"][0] == ["x", "grad 6", "stored grad 12"]
    layer = to_dot(network([2, 3, 1])([x, Value(1.0)])[0], level="layer", show=("grad", "stored"))
    assert "stored grad 0, 0, 0" in layer


@pytest.mark.parametrize(("width", "dots"), list(itertools.product([2, 4, 8], [True, False])))
def test_units_of_a_layer_are_tied_in_their_order(width, dots):
    (y,) = network([2, width, width, 1], dots=dots)([Value(1.0, "x0"), Value(-2.0, "x1")])
    text = to_dot(y, level="neuron", digits=17)
    ties = re.findall(r"^\t\t(n\d+) -> (n\d+) \[style=invis\]$", text, re.MULTILINE)
    tied = [key for key in nodes_of(text) if key in {end for tie in ties for end in tie}]
    shown = {key: float(lines[1].removeprefix("data ")) for key, (lines, _) in nodes_of(text).items()}
    second = [x for x in y.parents[0].parents if x.op == "tanh"] if dots else None
    layers = [ties[k : k + width - 1] for k in (0, width - 1)]
    chains = [[layer[0][0], *(end for _, end in layer)] for layer in layers]
    assert len(ties) == 2 * (width - 1)
    assert all(tie[0] == before[1] for layer in layers for before, tie in itertools.pairwise(layer))
    assert all(sorted(chain, key=tied.index) == chain for chain in chains)
    if second:
        assert [shown[key] for key in chains[1]] == [unit.data for unit in second]
        assert [shown[key] for key in chains[0]] == [unit.data for unit in second[0].parents[0].parents if unit.op == "tanh"]
    assert text.count("rank=same") == 2
    assert ("splines=line" in text) == (width > 4)
