"""Pictures as TikZ: what is drawn where, text that TeX accepts, and nothing lost from the picture."""

import random
import re

import pytest
from test_derivation import AWKWARD
from test_latex import tree

from autograd_core import TABLE, Constant, Value, draw, sigmoid, topological_order
from autograd_core.formulas.typesetting import text_latex
from autograd_core.views.drawing import Drawing
from autograd_core.views.layout import STYLES, LayoutError

NODE = re.compile(r"\\node\[(.*)\] \((\w+)\) at \((.*?), (.*?)\) \{(.*)\};")
ARROW = re.compile(r"\\draw\[(.*?)\] \((.*)\);")


def regularised():
    w, x, b, t = (Value(data, name) for name, data in {"w": 0.5, "x": 2.0, "b": 1.0, "t": 1.0}.items())
    z = w * x + b
    y = sigmoid(z)
    loss = 0.5 * (y - t) ** 2 + Value(0.1, "λ") * (0.5 * w**2)
    z.name, y.name, loss.name = "z", "ŷ", "L_reg"
    return loss, [w, b]


def random_graph(seed):
    choices = random.Random(seed)
    leaves = {name: Value(data, name) for name, data in zip("xyz", (0.5, 1.5, -0.75))}

    def read(part):
        if isinstance(part, tuple):
            return Value.apply(part[0], *map(read, part[1:]))
        return leaves.get(part) or Constant(part)

    return read(tree(choices, [TABLE[name] for name in ("+", "*", "-", "tanh", "sin")], 4))


def complaints(figure):
    """What TeX would not accept: groups, environments and mathematics that are not closed, signs that are not escaped."""
    found = []
    bare = re.sub(r"\\[\\#$%&_{}]", "", figure)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        found += ["a group is closed that is not open"] if depth < 0 else []
    found += ["a group is open"] if depth else []
    stack = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if what == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            found.append(f"{name} is closed")
    found += [f"{name} is open" for name in stack]
    outside = re.sub(r"\$[^$]*\$", "", bare)
    found += ["mathematics is open"] if bare.count("$") % 2 else []
    found += [f"{sign} is not escaped" for sign in set("#%~^_") & set(outside)]
    return found


@pytest.mark.parametrize("broken", ["{", "}", r"\begin{tabular}", r"\end{tabular}", "$x", "50%", "a_b", r"\begin{a}\begin{b}\end{a}\end{b}"])
def test_the_checker_finds_what_is_broken(broken):
    assert complaints(broken)
    assert not complaints(r"\begin{tabular}{c}50\% $x_{1}^2$ \_\end{tabular}")


def boxes(figure):
    """For each node its middle, half its width and height, and its text."""
    found = {}
    for options, name, x, y, text in NODE.findall(figure):
        sizes = [float(size) for size in re.findall(r"minimum (?:size|width|height)=([\d.]+)in", options)]
        found[name] = (float(x), float(y)), (sizes[0] / 2, sizes[-1] / 2) if sizes else None, text, options
    return found


def ends(path):
    points = [tuple(map(float, point)) for point in re.findall(r"(-?[\d.]+), (-?[\d.]+)", path)]
    return points[0], points[-1]


def touches(point, box):
    (x, y), (width, height), *_ = box
    return abs(point[0] - x) <= width + 0.07 and abs(point[1] - y) <= height + 0.07


@pytest.mark.parametrize("options", [{}, {"rankdir": "TB"}, {"mode": "forward"}, {"mode": "backward"}, {"show": "contribution"}])
def test_every_node_and_every_arrow_is_drawn_and_arrows_end_where_nodes_are(options):
    loss, parameters = regularised()
    drawing = draw(loss, parameters=parameters, **options)
    figure = drawing.tikz()
    nodes = boxes(figure)
    assert complaints(figure) == []
    assert set(nodes) == set(re.findall(r"^\t(n\d+) \[", drawing.dot, re.MULTILINE))
    arrows = ARROW.findall(figure)
    uses = re.findall(r"^\t(n\d+) -> (n\d+)", drawing.dot, re.MULTILINE)
    assert len(arrows) == len(uses)
    drawn = [ends(path) for _, path in arrows]
    for tail, head in uses:
        assert any(touches(start, nodes[tail]) and touches(tip, nodes[head]) for start, tip in drawn), (tail, head)
    assert all("->" in look for look, _ in arrows)


def test_kinds_of_nodes_keep_their_looks_and_names_are_set_as_mathematics():
    loss, parameters = regularised()
    figure = draw(loss, parameters=parameters).tikz()
    nodes = {text: options for _, _, text, options in boxes(figure).values()}
    looks = {title: next(options for text, options in nodes.items() if text.startswith(rf"\begin{{tabular}}{{@{{\,}}c@{{\,}}}}{title} "))
             for title in ("$w$", "$x$", r"$\lambda$", r"$\hat{y}$", r"$L_{\mathrm{reg}}$")}  # fmt: skip
    assert "line width=1.8pt" in looks["$w$"]
    assert "double" in looks[r"$L_{\mathrm{reg}}$"]
    assert "rounded corners" in looks[r"$\hat{y}$"]
    assert any("dashed" in options for options in nodes.values())
    red, green, blue = (int(STYLES["input"].fill[i : i + 2], 16) for i in (1, 3, 5))
    assert f"fill={{rgb,255:red,{red};green,{green};blue,{blue}}}" in looks["$x$"]
    assert r"data 2 \\ grad $-$0.006258" in figure
    assert figure.count("data") == sum(not isinstance(node, Constant) for node in topological_order(loss))


@pytest.mark.parametrize("seed", range(6))
def test_any_graph_is_a_figure_that_tex_accepts(seed):
    for style in ("boxes", "compact"):
        assert complaints(draw(random_graph(seed), style=style).tikz()) == []


@pytest.mark.parametrize("name", [*AWKWARD, "変数", "~", "|", "x̂", "<->", "a" * 60])
def test_any_name_leaves_the_figure_whole(name):
    figure = draw(Value(2.0, name) * 3.0, show=("data", "grad", "formula")).tikz()
    assert complaints(figure) == []
    assert len(boxes(figure)) == 3


@pytest.mark.parametrize(("text", "latex"), [
    ("x² ÷ 3", r"x$^{2}$ $\div$ 3"), ("θ = -1", r"$\theta$ = $-$1"), ("ŷ", "ŷ"), ("x̂", r"$\hat{x}$"), ("50% & a_b", r"50\% \& a\_b"),
    ("a\\b", r"a\textbackslash{}b"), ("^~", r"\textasciicircum{}\textasciitilde{}"), ("h₁₀", "h$_{1}$$_{0}$"), ("größe", "größe"), ("变", "变"),
])  # fmt: skip
def test_signs_in_text(text, latex):
    assert text_latex(text) == latex


def test_a_figure_stands_alone_or_in_a_document_and_is_saved(tmp_path):
    drawing = draw(Value(2.0, "x") * 3.0)
    figure, document = drawing.tikz(), drawing.tikz(standalone=True)
    assert figure.startswith(r"\begin{tikzpicture}[")
    assert figure.endswith(r"\end{tikzpicture}")
    assert document.startswith(r"\documentclass[tikz,border=4pt]{standalone}")
    assert document.count(figure) == 1
    assert drawing.save(tmp_path / "graph.tex").read_text(encoding="utf-8") == document


def test_lines_without_arrowheads_points_and_several_curves_are_drawn():
    figure = Drawing('digraph {\n\ta [shape=box label="two\\nlines"]\n\tp [shape=point color="#767676"]\n\ta -> p [dir=none]\n\tp -> b [label="l"]\n}', "").tikz()
    assert complaints(figure) == []
    looks = [look for look, _ in ARROW.findall(figure)]
    assert sorted("->" in look for look in looks) == [False, True]
    assert r"{two\\lines}" in figure
    assert re.search(r"fill=.*\(p\) at .* \{\};", figure)
    assert figure.count("{l}") == 1


def test_without_an_engine_the_remedy_is_named(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_DOT", "no-such-engine")
    with pytest.raises(LayoutError, match="no-such-engine"):
        draw(Value(2.0) * 3.0).tikz()
