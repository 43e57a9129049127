"""The step player as text: what it holds, what it says without scripts, and what it refuses. No browser is needed."""

import json
import math
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Constant, Value, play, steps
from autograd_core.formulas.typesetting import number_text
from autograd_core.programs.javascript import row_functions

AWKWARD = [
    "</script><b>", "<!--<script>", "\"quoted\" 'name'", "a & b &amp; c", "Gewicht α₁ 权重 \U0001f600", "two\nlines", "{0} and {x}",
    "\u2028\\u0041\\", "ROWS GRAPH",
]  # fmt: skip


class Reader(HTMLParser):
    """The elements of a fragment: their attributes, and the text of those that a person or a script reads."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.stack = [], {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("input", "br", "rect", "path", "polygon", "meta"):
            self.stack.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.elements[self.stack.pop()][0] == tag

    def handle_data(self, data):
        for i in self.stack:
            self.texts[i] = self.texts.get(i, "") + data

    def all(self, tag, css=None):
        """The attributes and the text of each element of that tag and class."""
        for i, (name, attributes) in enumerate(self.elements):
            if name == tag and (css is None or css in attributes.get("class", "").split()):
                yield attributes, self.texts.get(i, "")

    def one(self, tag, css=None):
        ((_, text),) = self.all(tag, css)
        return text


def data_of(player):
    """The graph that the script reads: valid JSON inside the only script."""
    script = Reader(player.html).one("script")
    start = script.index('{"nodes":')
    data, end = json.JSONDecoder(parse_constant=pytest.fail).raw_decode(script, start)
    assert script[end:] == ");\n"
    return data


def lecture():
    x, w, b = Value(2.0, "x"), Value(0.5, "w"), Value(1.0, "b")
    y = ac.sigmoid(w * x + b)
    loss = (y - 1) ** 2
    y.name, loss.name = "y", "L"
    return loss


def shared():
    """A node used twice, constants on both sides, n-ary rows, and a term that goes to a constant at the very end."""
    x, y = Value(0.5, "x"), Value(-1.5, "y")
    z = ac.dot([x, y, x], [y, 0.5, 3.0], x).tanh()
    return ac.maximum(z * z, y) / 7 + ac.logsumexp([z, x, 0.25]) * x ** 3 - 2 * x * 4


def nothing_but_a_leaf():
    return Value(2.5, "leaf")


def a_constant_last():
    return Value(3.0, "x") * 2


GRAPHS = [lecture, shared, nothing_but_a_leaf, a_constant_last]
every_graph = pytest.mark.parametrize("make", GRAPHS, ids=lambda make: make.__name__)


@every_graph
def test_a_fragment_is_self_contained(make):
    fragment = play(make()).html
    assert set(re.findall(r"https?://[^\"'\s)]*", fragment)) == {"http://www.w3.org/2000/svg"}
    parsed = Reader(fragment)
    assert parsed.stack == []
    for _, attributes in parsed.elements:
        assert not {"src", "href", "xlink:href", "onload", "srcset", "action"} & set(attributes)
    assert not re.search(r"@import|url\(|\bimport\b|\bfetch\b|XMLHttpRequest|eval\(|require", fragment)


@every_graph
def test_the_frames_are_the_records_of_both_passes_in_order(make):
    output = make()
    data, record = data_of(play(output)), steps(output)
    nodes, terms = data["nodes"], data["terms"]
    leaves = [step for step in record.forward if not step.node.parents]
    computed = [step for step in record.forward if step.node.parents]
    phases = [frame["phase"] for frame in data["frames"]]
    assert phases == ["Forward"] * (1 + len(computed)) + ["Seed"] + ["Backward"] * (len(record.backward) - 1)
    first, *frames = data["frames"]  # all leaves are one step
    assert [nodes[key]["name"] for key in first["data"]] == first["symbols"].removeprefix("given: ").split(", ") == [s.name for s in leaves]
    assert [nodes[frame["now"][0]]["name"] for frame in frames] == [step.name for step in [*computed, *record.backward]]
    assert [frame["symbols"] for frame in frames[: len(computed)]] == [f"{step.name} = {step.expression}" for step in computed]
    backward = frames[len(computed) + 1 :]
    assert [frame["terms"] for frame in backward] == [[i] for i in range(len(terms))]
    for frame, term, step in zip(backward, terms, record.backward[1:], strict=True):
        consumer = nodes[term["consumer"]]
        assert consumer["name"] == step.consumer_name
        assert consumer["parents"][term["position"]] == term["node"] == frame["now"][0]
        assert frame["edges"] == [[term["consumer"], term["position"]]]
        assert step.consumer.local_derivatives[term["position"]] == step.local
        factor = frame["symbols"].split(" · ")[2:]
        assert " · ".join(factor) in (step.formula, f"({step.formula})", "")
    edges = [(term["consumer"], term["position"]) for term in terms]
    assert len(set(edges)) == len(edges)


@every_graph
def test_the_data_is_the_graph(make):
    output = make()
    nodes = data_of(play(output))["nodes"]
    order = ac.topological_order(output)
    assert [node["data"] for node in nodes] == [node.data for node in order]
    assert [[order[i] for i in node["parents"]] for node in nodes] == [list(node.parents) for node in order]
    assert [node["row"] is None for node in nodes] == [not node.parents for node in order]
    assert [node["sort"] == "constant" for node in nodes] == [isinstance(node, Constant) for node in order]


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_of_any_text_survives(name):
    x = Value(3.0, name)
    output = x * x + Value(1.0, "other")
    player = play(output)
    data = data_of(player)
    assert data["nodes"][0]["name"] == name
    parsed = Reader(player.html)
    assert next(parsed.all("option"))[1] == name
    assert parsed.one("svg").count("data ") == 4
    fields = [attributes for attributes, _ in parsed.all("input") if "data-leaf" in attributes]
    assert [field["data-name"] for field in fields] == [name, "other"]


@settings(deadline=None, max_examples=15)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1, max_size=60))
def test_every_name_is_the_same_in_the_data(name):
    assert data_of(play(Value(1.0, name) + 1))["nodes"][0]["name"] == name


@pytest.mark.parametrize(("number", "written"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")])
def test_numbers_that_json_lacks_are_written_as_javascript_reads_them(number, written):
    x, y = Value(number, "x"), Value(2.0, "y")
    player = play(ac.relu(x) + y)
    assert data_of(player)["nodes"][0]["data"] == written
    assert f"data {number_text(number)}" in Reader(player.html).one("svg")


def test_players_on_one_page_have_different_ids():
    x = Value(3.0, "x")
    players = [play(x * x), play(x * x), play(x + x)]
    roots = [next(Reader(player.html).all("div", "agc-player"))[0]["id"] for player in players]
    assert len(set(roots)) == 3
    for root, player in zip(roots, players):
        assert f'[id="{root}"]' in Reader(player.html).one("script")


def test_the_same_graph_gives_the_same_page_in_another_process():
    code = "import sys; sys.stdout.reconfigure(encoding='utf-8', newline=''); from autograd_core import *\n"
    code += "x = Value(3.0, 'x'); print(play((x * x + {'a', 'b', 'c'}.__len__()).tanh(), names={'q': x}).html)"
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2")]
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout for env in environments]
    assert runs[0] == runs[1] != b""


@every_graph
def test_without_scripts_the_picture_shows_final_values_and_gradients(make):
    output = make()
    record = steps(output)
    totals = {step.node: step.total for step in record.backward}
    parsed = Reader(play(output).html)
    groups = [text for _, text in parsed.all("g", "node")]
    order = ac.topological_order(output)
    for node, text in zip(order, groups, strict=True):
        if isinstance(node, Constant):
            assert text == number_text(node.data, None) + "▼"
        else:
            assert f"data {number_text(node.data)}grad {number_text(totals[node])}▼" in text
    labels = [text for attributes, text in parsed.all("g", "edge")]
    shown = sorted(text for text in labels if text)
    assert shown == sorted(number_text(step.local) for step in record.backward[1:])
    assert len(labels) == sum(len(node.parents) for node in order)


@every_graph
def test_without_scripts_the_caption_is_the_last_gradient(make):
    output = make()
    last = steps(output).backward[-1]
    parsed = Reader(play(output).html)
    frames = len(data_of(play(output))["frames"])
    assert parsed.one("span", "phase") == f"{'Backward' if last.consumer else 'Seed'}, step {frames} of {frames}"
    assert parsed.one("span", "symbols").startswith(f"∂{steps(output).backward[0].name}/∂{last.name}")
    assert parsed.one("span", "numbers").endswith(number_text(last.total))
    assert parsed.one("output", "result") == f"{steps(output).backward[0].name} = {number_text(output.data)}"


def test_a_negative_zero_has_the_brackets_of_a_negative_number():
    assert Reader(play(Value(0.0, "x").cos() * -1.0).html).one("span", "numbers") == "(-1) · (-0) = 0,  sum 0"


def test_nodes_are_told_apart_by_what_they_are():
    x, w = Value(2.0, "x"), Value(0.5, "w")
    nodes = data_of(play(w * x + 1, inputs=[x], parameters=[w]))["nodes"]
    assert {node["name"]: node["sort"] for node in nodes} == {
        "w": "parameter", "x": "input", "v1": "operation", "1": "constant", "v2": "output"
    }  # fmt: skip


def test_fields_of_many_leaves_are_folded_away_and_those_of_few_are_open():
    xs, ws = ([Value(0.1 * i, f"{letter}{i}") for i in range(8)] for letter in "xw")
    output = ac.dot(ws, xs)
    for options, summaries in (({}, ["16 inputs"]), ({"parameters": ws}, ["8 parameters"]), ({"parameters": [*ws, *xs]}, ["16 parameters"])):
        parsed = Reader(play(output, **options).html)
        assert [text for _, text in parsed.all("summary")] == summaries
        assert len([1 for attributes, _ in parsed.all("input") if "data-leaf" in attributes]) == 16
    assert not list(Reader(play(xs[0] * ws[0], parameters=ws).html).all("summary"))


def test_names_come_from_a_mapping_or_from_the_caller():
    x = Value(2.0)
    y = x.exp()
    assert [node["name"] for node in data_of(play(y, names={"p": x, "q": y}))["nodes"]] == ["p", "q"]
    assert [node["name"] for node in data_of(play(y, names="caller"))["nodes"]] == ["x", "y"]


def test_play_changes_no_gradient():
    x = Value(3.0, "x")
    (x * x).backward()
    play(x.exp())
    assert x.grad == 6.0


def test_a_graph_over_the_limit_is_refused_with_its_size():
    x = Value(1.0)
    for _ in range(301):
        x = -x
    with pytest.raises(ValueError, match=r"has 302 nodes.*limit=300"):
        play(x)
    with pytest.raises(ValueError, match=r"has 3 nodes.*limit=2"):
        play(Value(1.0) + Value(2.0), limit=2)
    assert repr(play(Value(1.0) + Value(2.0), limit=3)) == "<player of 3 nodes and 5 steps>"


@pytest.mark.parametrize("name", ["steps.svg", "steps", "steps.html.txt"])
def test_only_html_is_saved(name, tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"saved as .html, not {name!r}")):
        play(Value(1.0)).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["steps.html", "STEPS.HTM"])
def test_a_saved_page_holds_the_fragment(name, tmp_path):
    player = play(lecture())
    path = player.save(str(tmp_path / name))
    page = path.read_text("utf-8")
    assert path == tmp_path / name
    assert page.startswith("<!doctype html>")
    assert '<meta charset="utf-8">' in page
    assert player._repr_html_() == player.html
    assert player.html in page


def test_a_page_is_written_where_a_name_holds_half_a_character(tmp_path):
    output = Value(2.0, "\ud800") * 3.0
    for page in (play(output), ac.sheet(output)):
        assert page.save(tmp_path / "page.html").read_text("utf-8").count("?")


def test_a_page_of_200_steps_is_under_500_kilobytes(tmp_path):
    xs = [Value(0.1 * i, f"x{i}") for i in range(3)]
    node = xs[0]
    while len(steps(node).forward) + len(steps(node).backward) < 202:  # the leaves are one step
        node = ac.tanh(node * xs[len(ac.topological_order(node)) % 3] + 0.5)
    player = play(node)
    assert int(re.findall(r"\d+", repr(player))[1]) >= 200
    assert player.save(tmp_path / "steps.html").stat().st_size < 500_000


def test_a_function_that_javascript_lacks_is_named():
    row = ac.primitive("stirling", "lgamma(x)", lambda out, x: ac.log(x))
    try:
        with pytest.raises(ValueError, match=r"stirling cannot be written in the javascript dialect, which has no lgamma"):
            row_functions(row, 1)
        with pytest.raises(ValueError, match="stirling"):
            play(row(Value(3.0)))
    finally:
        del ac.TABLE["stirling"]


@pytest.mark.parametrize(
    ("slope", "written"),
    [
        (lambda x: x.tanh(), "(1 - v2 * v2)"),  # what stands behind a product sign needs brackets
        (lambda x: x.sigmoid(), "v2 * (1 - v2)"),
        (lambda x: x.log(), "(1 / v1)"),
        (lambda x: x.cos(), "(-sin(v1))"),
        (lambda x: x.sin(), "cos(v1)"),
    ],
)
def test_a_formula_behind_a_product_sign_has_the_brackets_that_it_needs(slope, written):
    x = Value(0.5, "x")
    frames = data_of(play(slope(x * x) * 3.0))["frames"]
    assert written in [frame["symbols"].split(" · ", 2)[-1] for frame in frames if frame["phase"] == "Backward"]
