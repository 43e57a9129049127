"""Running the layout engine that pip installs: what it draws, which engine is chosen, and what is said when one fails."""

import base64
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograd_core import Value, draw, logsumexp, to_dot, topological_order
from autograd_core.views.drawing import Drawing
from autograd_core.views.layout import PACKAGE, REMEDY, VARIABLE, LayoutError, find_engine, render

SVG = "{http://www.w3.org/2000/svg}"
PNG = b"\x89PNG\r\n\x1a\n"
EVERYTHING = ("data", "grad", "local", "formula", "contribution")


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    """An empty folder as the whole PATH, and no choice made: what is left is the packaged engine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)
    return folder


def engine(folder, name, code):
    """A program that runs some Python."""
    program = folder / name
    program.write_text(f"#!{sys.executable} -IS\nimport sys, time\n{code}\n")
    program.chmod(0o755)
    return program


def graph():
    w, x = Value(0.5, "w"), Value(2.0, "x")
    y = (w * x + x * x).tanh()
    y.name = "y"
    return y


def parts(svg, kind):
    return [group for group in ET.fromstring(svg).iter(f"{SVG}g") if group.get("class") == kind]


def texts(svg):
    """What is read: characters without width do not count (they may part a backslash from an N that engines replace)."""
    found = ["".join(text.itertext()).replace("\xa0", " ") for text in ET.fromstring(svg).iter(f"{SVG}text")]
    return [text.replace("\u200b", "").replace("\u2060", "") for text in found]


# -- what is drawn -------------------------------------------------------------------------------------------------
def test_the_packaged_engine_draws_in_every_format():
    dot = to_dot(graph())
    assert Path(find_engine()).name.startswith(PACKAGE)
    assert render(dot, "png").startswith(PNG)
    assert ET.fromstring(render(dot)).tag == f"{SVG}svg"
    plain = render(dot, "plain").decode().splitlines()
    assert (plain[0].split()[0], plain[-1]) == ("graph", "stop")
    assert [line.split()[0] for line in plain].count("edge") == 7


@pytest.mark.parametrize("mode", ["forward", "gradients", "backward"])
def test_the_svg_has_a_group_for_every_node_every_use_and_every_sort_in_the_legend(mode):
    y = graph()
    svg = draw(y, mode=mode, show=EVERYTHING).svg()
    assert len(parts(svg, "node")) == len(topological_order(y)) == 6
    assert len(parts(svg, "edge")) == sum(len(node.parents) for node in topological_order(y)) == 7
    assert {"legend", "input", "operation", "output"} <= set(texts(svg))
    assert {"legend", "input", "operation", "output"}.isdisjoint(texts(draw(y, mode=mode, legend=False).svg()))


def test_a_browser_tells_over_each_node_and_arrow_what_its_numbers_are():
    x = Value(2.0, "x")
    y = x**x * 3.0
    found = [title.text for title in ET.fromstring(draw(y, level="operation").svg()).iter(f"{SVG}title")]
    assert found[0].startswith("On each arrow: the local derivative")
    assert sorted(found[1:]) == [
        "3", "v1 = pow(x, x)", "v2 = v1 * 3", "x", "∂v1/∂x = 2.773, a local derivative", "∂v1/∂x = 4, a local derivative",
        "∂v2/∂3 = 4, a local derivative", "∂v2/∂v1 = 3, a local derivative",
    ]  # fmt: skip
    backward = draw(y, mode="backward").svg()
    assert "<title>∂v2/∂v1 = 3, times the local derivative ∂v1/∂x = 4: adds 12 to ∂v2/∂x</title>" in backward
    forward = [title.text for title in ET.fromstring(draw(y, mode="forward").svg()).iter(f"{SVG}title")]
    assert sorted(forward) == ["3", "v1 = pow(x, x)", "v2 = v1 * 3", "x"]


AWKWARD = [
    'quo"te', "it's", "<b>", "a & b", "&amp;", "&#65;", "a\\b", "\\N", "\\G", "\\E", "\\T", "\\l", "\\", "变数 θ é", "{a|b}",
    "a]", "]]>", "-->", "%s", "y" * 200,
]  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_is_drawn_as_it_is_on_nodes_and_edges(name):
    x = Value(2.0, name)
    svg = draw(x * x, show=EVERYTHING).svg()
    assert name in texts(svg)
    assert texts(svg).count(f"{name} = 2") == 2
    backward = texts(draw(x * x, mode="backward").svg())
    assert f"∂v1/∂{name}" in backward


def test_a_compact_picture_shows_names_as_they_are_also_between_angle_brackets():
    names = [*AWKWARD, "<x>", "<b>x</b>", "</script>", "<>"]
    shown = texts(draw(logsumexp([Value(2.0, name) for name in names]), style="compact").svg())
    assert [name for name in names if name not in shown] == []


UNPRINTABLE = ["", " ", "two\nlines", "end\\\n", "a\rb", "tab\there", "\x00", "bell \x07", "\x1b[1m", "\ud800", "\ufffe", "🙂"]


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_a_name_that_no_picture_can_show_as_it_is_draws_too(name):
    x = Value(2.0, name)
    assert len(parts(draw(x * x, show=EVERYTHING).svg(), "edge")) == 2
    assert len(parts(draw(x * x, mode="backward").svg(), "edge")) == 2


def layers():
    xs = [Value(float(i), f"x{i}") for i in range(3)]
    return sum((sum((0.1 * (i + k) * x for i, x in enumerate(xs)), Value(0.1)).tanh() ** 2 for k in range(76)), Value(0.0))


def chain(steps=499):
    w = y = Value(0.5, "w")
    for _ in range(steps):
        y = (w * y).tanh()
    return y


def shared():
    choose, nodes = random.Random(1), [Value(0.5 + i / 20, f"x{i}") for i in range(10)]
    while len(nodes) < 820:
        nodes.append(choose.choice([Value.__add__, Value.__mul__, Value.__sub__])(*choose.choices(nodes[-100:], k=2)))
    used = {x for node in nodes for x in node.parents}
    return sum((node for node in nodes if node not in used), Value(0.0))


@pytest.mark.parametrize("graph", [layers, chain, shared])
def test_a_thousand_nodes_are_drawn_whole(graph):
    y = graph()
    order = topological_order(y)
    assert 950 < len(order) < 1050
    svg = draw(y, limit=2000, level="operation").svg()
    points = [node for node in parts(svg, "node") if node.find(f"{SVG}text") is None]  # of a rail
    assert len(parts(svg, "node")) == len(order) + len(points)
    assert len(parts(svg, "edge")) == sum(len(node.parents) for node in order) + len(points)
    assert bool(points) == (graph is chain)


@pytest.mark.parametrize("mode", ["gradients", "backward"])
def test_a_leaf_that_every_step_of_a_long_chain_reads_has_an_arrow_for_each_use_along_a_rail(mode):
    text = to_dot(chain(99), mode=mode)
    edges = re.findall(r"^\t(\w+) -> (\w+) \[.*?(dir=none)?\]$", text, re.MULTILINE)
    edges = [(head, tail, line) if mode == "backward" else (tail, head, line) for tail, head, line in edges]
    above = {head: tail for tail, head, _ in edges if head.startswith("rail")}
    read = Counter(head for _, head, _ in edges if head not in above)
    assert Counter(read.values()) == {1: 99, 2: 99}  # each tanh, and each product
    assert {tail for tail in above.values() if tail not in above} == {"n0"}
    ends = [tail if mode == "backward" else head for tail, head, _ in edges]
    assert [bool(line) for _, _, line in edges] == [end in above for end in ends]  # an arrow points to a node
    assert len(parts(render(text), "edge")) == 3 * 99 + len(above)


# -- which engine --------------------------------------------------------------------------------------------------
def test_the_environment_variable_comes_first(path, tmp_path, monkeypatch):
    engine(path, "dot", "print('from the system')")
    mine = engine(tmp_path, "mine", "print(sys.argv[1:], sys.stdin.read())")
    for wanted in (str(mine), "other"):
        engine(path, "other", "print(sys.argv[1:], sys.stdin.read())")
        monkeypatch.setenv(VARIABLE, wanted)
        assert render("digraph {}", "png") == b"['-Tpng'] digraph {}\n"


@pytest.mark.parametrize("wanted", ["no-such-engine", "/no/such/folder/dot"])
def test_an_environment_variable_that_names_no_command_is_an_error_that_names_both(path, monkeypatch, wanted):
    engine(path, "dot", "print('from the system')")
    monkeypatch.setenv(VARIABLE, wanted)
    with pytest.raises(LayoutError, match=f"{VARIABLE} names '{wanted}'.*correct or unset it"):
        render("digraph {}")


def test_an_empty_environment_variable_is_no_choice(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert Path(find_engine()).name.startswith(PACKAGE)


def test_the_systems_dot_comes_before_the_packaged_engine(path):
    program = engine(path, "dot", "print('from the system')")
    assert find_engine() == str(program)
    assert render("digraph {}") == b"from the system\n"


def test_the_packaged_engine_is_found_without_any_path():
    files = [str(Path(str(file.locate())).resolve()) for file in metadata.distribution(PACKAGE).files or []]
    assert find_engine() in files
    assert os.access(find_engine(), os.X_OK)


def test_without_any_engine_the_error_is_the_command_to_run(monkeypatch, tmp_path):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    drawing = draw(graph())
    for show in (drawing.svg, drawing._repr_mimebundle_, lambda: drawing.save(tmp_path / "x.png")):
        with pytest.raises(LayoutError) as caught:
            show()
        assert REMEDY in str(caught.value)
        assert "\n" not in str(caught.value)
    assert re.fullmatch(r'python -m pip install "autograd-core\[dot\]"', REMEDY)
    assert drawing.save(tmp_path / "x.dot").read_text("utf-8") == drawing.dot  # which needs no engine


def test_a_distribution_without_the_program_is_no_engine(monkeypatch):
    monkeypatch.setattr(metadata, "distribution", lambda _: SimpleNamespace(files=None))
    with pytest.raises(LayoutError, match="pip install"):
        find_engine()


# -- what goes wrong -----------------------------------------------------------------------------------------------
def test_an_engine_that_fails_is_quoted():
    with pytest.raises(LayoutError, match=r"graphviz-pure\S* failed: .*syntax error in line 1"):
        render("digraph { a -> ")
    with pytest.raises(LayoutError, match=r"failed: .*nosuchformat"):
        render("digraph {}", "nosuchformat")


@pytest.mark.parametrize("code", ["sys.exit('out of ideas')", "sys.stderr.buffer.write(b'out of ideas \\xff')"])
def test_an_engine_that_says_why_it_drew_nothing_is_quoted(path, code):
    engine(path, "dot", code)
    with pytest.raises(LayoutError, match="failed: out of ideas"):
        render("digraph {}")


def test_an_engine_that_takes_too_long_is_stopped(path):
    engine(path, "dot", "time.sleep(60)")
    with pytest.raises(LayoutError, match=r"longer than 0.5 s: draw at level='neuron' or 'layer'"):
        render("digraph {}", timeout=0.5)


def test_an_engine_that_is_no_program_is_an_error_with_the_command_to_run(path):
    program = path / "dot"
    program.write_bytes(b"\x00\x01")
    program.chmod(0o755)
    with pytest.raises(LayoutError) as caught:
        render("digraph {}")
    assert str(program) in str(caught.value)
    assert REMEDY in str(caught.value)


# -- saving and showing --------------------------------------------------------------------------------------------
STARTS = {".svg": b"<?xml", ".SVG": b"<?xml", ".png": PNG, ".dot": b"digraph", ".gv": b"digraph"}


@pytest.mark.parametrize("ending", list(STARTS))
def test_save_writes_what_the_ending_says_and_returns_the_path(tmp_path, ending):
    x = Value(2.0, "θ")
    for file in (tmp_path / f"of a path{ending}", str(tmp_path / f"of a text{ending}")):
        saved = draw(x * x).save(file)
        assert saved == Path(file)
        assert saved.read_bytes().startswith(STARTS[ending])


def graphviz_formats():
    """What the engine offers when it is asked for a format that does not exist."""
    answer = subprocess.run([find_engine(), "-T?"], input=b"digraph {}", capture_output=True, check=False).stderr
    return answer.decode().partition("Use one of:")[2].split()


def test_a_pdf_is_written_by_an_engine_that_can_and_else_the_error_says_which_can(path, tmp_path):
    if "pdf" not in graphviz_formats():  # the packaged engine of today has none
        with pytest.raises(LayoutError, match=r"(?s)pdf.*(install|system).*Graphviz"):
            draw(graph()).save(tmp_path / "x.pdf")
        assert not (tmp_path / "x.pdf").exists()
    else:
        assert draw(graph()).save(tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")
    engine(path, "dot", "print('%PDF-', sys.argv[1])")
    assert draw(graph()).save(tmp_path / "x.pdf").read_bytes() == b"%PDF- -Tpdf\n"


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.svg.gz", ".svg"])
def test_another_ending_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(ValueError, match=rf"saved as \.svg, \.png, \.pdf, \.dot or \.tex, not '{re.escape(name)}'"):
        draw(graph()).save(tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["bin"]


def test_a_notebook_gets_an_image_an_svg_and_a_text():
    drawing = draw(graph())
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == repr(drawing) == "<graph of 6 nodes and 7 edges>"
    assert bundle["image/svg+xml"] == drawing.svg()
    image = ET.fromstring(bundle["text/html"].replace(">", "/>"))
    assert (image.tag, image.get("alt")) == ("img", "graph of 6 nodes and 7 edges")
    kind, _, data = image.get("src").partition(";base64,")
    assert (kind, base64.b64decode(data).decode()) == ("data:image/svg+xml", drawing.svg())
    least, points = re.search(r"min-width:(\d+)", image.get("style"))[1], re.search(r'width="(\d+)pt', drawing.svg())[1]
    assert int(least) == pytest.approx(0.55 * int(points) * 4 / 3, abs=1)  # 12 points are 9 pixels then
    assert "max-width:100%" in image.get("style")


def test_the_description_is_escaped_and_the_engine_runs_once(path):
    log = path / "log"
    engine(path, "dot", f"open({str(log)!r}, 'a').write('run\\n'); print('<svg/>')")
    drawing = Drawing("digraph {}", 'a "graph" <b>')
    assert 'alt="a &quot;graph&quot; &lt;b&gt;"' in drawing._repr_mimebundle_()["text/html"]
    assert (drawing.svg(), log.read_text()) == ("<svg/>\n", "run\n")


@pytest.mark.parametrize("name", ["<b>x</b>", "<x", "\t", "\n\t", " ", "<", "&lt;", "x\\"])
@pytest.mark.parametrize("style", ["boxes", "compact"])
def test_any_name_is_drawn_as_it_is_written(name, style):
    words = ["".join(text.itertext()) for text in ET.fromstring(draw(Value(2.0, name) * 3.0, style=style).svg()).iter(f"{SVG}text")]
    assert not name.strip() or any(word.replace("\u2060", "").startswith(name) for word in words)
