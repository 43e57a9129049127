"""The command line's pictures: the files it writes, and one line for each that it cannot write."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib import metadata

import pytest

from autograd_core.views.layout import REMEDY, VARIABLE

STARTS = {".svg": b"<?xml", ".png": b"\x89PNG", ".dot": b"digraph", ".gv": b"digraph", ".html": b"<!doctype", ".htm": b"<!doctype"}
NEURON = ("z = w*x + b; y = sigmoid(z)", "w=0.5", "x=2", "b=1")


@pytest.fixture(autouse=True)
def only_the_packaged_engine(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def refused(run):
    """The one line that a command which cannot do what it is asked prints."""

    def refused(*arguments):
        code, _, err = run(*arguments)
        assert code == 2
        assert "Traceback" not in err
        (line,) = err.splitlines()
        assert line.startswith("error: ")
        return line

    return refused


def option(file):
    return "--html" if file.suffix in (".html", ".htm") else "--svg"


@pytest.mark.parametrize("ending", list(STARTS))
def test_a_picture_is_written_and_its_name_printed_after_the_tables(run, tmp_path, ending):
    file = tmp_path / f"of a neuron{ending}"
    code, out, err = run(*NEURON, option(file), file)
    assert (code, err) == (0, "")
    assert out.startswith("Forward pass\n")
    assert out.endswith(f"\nwrote {file}\n")
    assert file.read_bytes().startswith(STARTS[ending])


def test_the_picture_has_the_names_of_the_tables(run, tmp_path):
    file = tmp_path / "graph.svg"
    _, out, _ = run("y = sigmoid(w*x + b)", *NEURON[1:], "--svg", file)
    names = [line.split()[0] for line in out.partition("\n\n")[0].splitlines()[2:]]
    drawn = ["".join(text.itertext()).split() for text in ET.parse(file).iter("{http://www.w3.org/2000/svg}text")]
    assert names == ["w", "x", "v1", "b", "v2", "y"]
    titles = sorted(words for words in drawn if words[0] in names and len(words) == 2)
    assert titles == [["v1", "×"], ["v2", "+"], ["y", "sigmoid"]]


def test_pictures_player_and_latex_come_together(run, tmp_path):
    svg, page = tmp_path / "graph.svg", tmp_path / "steps.html"
    code, out, err = run(*NEURON, f"--svg={svg}", "--html", page, "--latex", "--level", "operation", "--digits", "3")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert (lines[0], lines[-3:]) == (r"\begin{aligned}", [r"\end{aligned}", f"wrote {svg}", f"wrote {page}"])
    assert r"y &= \sigma\left(z\right) = \sigma\left(2\right) = 0.881 \\" in lines
    assert "Forward pass" not in out
    drawn = ["".join(text.itertext()) for text in ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"w", "x", "b", "v1 \xa0\xa0×", "data 0.8808"} <= set(drawn)
    assert 'class="agc-player"' in page.read_text("utf-8")


def test_without_an_option_nothing_is_written(run, tmp_path):
    assert run(*NEURON)[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_level_is_how_much_of_the_graph_is_drawn(run, tmp_path):
    counts = []
    for level in ("operation", "neuron", "layer"):
        file = tmp_path / f"{level}.dot"
        assert run("tanh(v1*h + v2*k)", "h=2", "k=1", "v1=0.5", "v2=1", "--svg", file, "--level", level)[0] == 0
        counts.append(sum(line.startswith("\tn") and " [label=<" in line for line in file.read_text("utf-8").splitlines()))
    assert counts[0] == 8
    assert counts[1] < 8
    assert counts[2] <= counts[1]


def collapsed(run, file, level, *arguments):
    """What is written on each node of a picture."""
    assert run(*arguments, "--svg", file, "--level", level)[0] == 0
    labels = re.findall(r"^\tn\d+ \[label=<(<TABLE.*</TABLE>)>", file.read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"(<[^>]*>)+", "|", label).strip("|").split("|") for label in labels]


@pytest.mark.parametrize("level", ["neuron", "layer"])
def test_the_leaves_of_a_single_neuron_stay_visible_at_every_level(run, tmp_path, level):
    drawn = collapsed(run, tmp_path / "x.dot", level, "y = sigmoid(w*x + b)", "w=0.5", "x=2", "b=1")
    assert drawn == [
        ["w", "data 0.5", "grad 0.21"], ["x", "data 2", "grad 0.0525"], ["b", "data 1", "grad 0.105"],
        ["y   sigmoid (3 operations)", "data 0.8808", "grad 1"],
    ]  # fmt: skip


def test_where_leaves_are_many_a_cluster_names_those_it_hides_and_its_output(run, tmp_path):
    values = [f"{name}{i}={i}" for name in "wx" for i in range(1, 5)]
    drawn = collapsed(run, tmp_path / "x.dot", "neuron", "h = tanh(w1*x1 + w2*x2 + w3*x3 + w4*x4 + b); h*h*b", *values, "b=0")
    (h, output) = [lines for lines in drawn if "operations" in lines[0]]
    assert (h[0], h[3]) == ("h   tanh (9 operations, 8 leaves)", "leaves w1, x1, w2, … x4")
    assert output[0] == "output   × (2 operations)"
    assert [lines[0] for lines in drawn if "operations" not in lines[0]] == ["b"]  # which both of them read


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--level", "neuron"], "--level says how much of the graph --svg shows: add --svg"),
        (["--level", "neuron", "--html", "x.html"], "--level says how much of the graph --svg shows: add --svg"),
        (["--svg", ""], "--svg needs the name of a file"),
        (["--svg="], "--svg needs the name of a file"),
        (["--html", ""], "--html needs the name of a file"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(run, monkeypatch, tmp_path, options, told):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*NEURON, *options)
    assert (code, out) == (2, "")
    assert told in err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_level_is_refused_with_those_that_exist(run):
    code, out, err = run(*NEURON, "--level", "neurons")
    assert (code, out) == (2, "")
    assert "--level is one of" in err
    assert "not 'neurons'; did you mean 'neuron'?" in err
    assert all(level in err.splitlines()[-1] for level in ("operation", "neuron", "layer"))


def test_a_constant_and_a_leaf_are_drawn_too(run, tmp_path):
    for i, arguments in enumerate((["3"], ["x", "x=2"], ["2 + 3"])):
        svg, page = tmp_path / f"{i}.svg", tmp_path / f"{i}.html"
        code, out, err = run(*arguments, "--svg", svg, "--html", page, "--latex")
        assert (code, err) == (0, "")
        assert out.endswith(f"wrote {svg}\nwrote {page}\n")


@pytest.mark.parametrize(("flag", "name"), [("--svg", "x.jpg"), ("--svg", "x"), ("--svg", "x.html"), ("--html", "x.svg"), ("--html", "x")])
def test_a_wrong_ending_is_named_with_the_right_ones(refused, tmp_path, flag, name):
    line = refused(*NEURON, flag, tmp_path / name)
    assert repr(name) in line
    assert (".svg, .png, .pdf, .dot or .tex" if flag == "--svg" else ".html") in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.svg", "x.dot", "x.html"])
def test_a_file_that_cannot_be_written_is_named(refused, tmp_path, name):
    file = tmp_path / "missing" / name
    assert str(file) in refused(*NEURON, option(file), file)
    folder = tmp_path / name
    folder.mkdir()
    assert str(folder) in refused(*NEURON, option(folder), folder)


@pytest.mark.parametrize("name", ["x.svg", "x.png", "x.html"])
def test_without_a_layout_engine_the_error_is_the_command_to_run(refused, monkeypatch, tmp_path, name):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    file = tmp_path / name
    monkeypatch.setattr(metadata, "distribution", missing)
    assert REMEDY in refused(*NEURON, option(file), file)
    assert not file.exists()


def test_the_tables_are_printed_also_where_the_picture_cannot_be_drawn(run, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "no-such-engine")
    code, out, err = run(*NEURON, "--svg", tmp_path / "x.svg", "--html", tmp_path / "x.html")
    assert (code, out) == (2, run(*NEURON)[1])
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["x.svg", "x.html"])
def test_a_wrong_engine_in_the_environment_is_named(refused, monkeypatch, tmp_path, name):
    monkeypatch.setenv(VARIABLE, "no-such-engine")
    line = refused(*NEURON, option(tmp_path / name), tmp_path / name)
    assert VARIABLE in line
    assert "'no-such-engine'" in line


def test_an_engine_that_fails_is_one_line(refused, tmp_path):
    engine = tmp_path / "dot"
    engine.write_text("#!/bin/sh\necho first >&2\necho second >&2\nexit 3\n")
    engine.chmod(0o755)
    assert "first" in refused(*NEURON, "--svg", tmp_path / "x.svg")


def test_dot_text_needs_no_engine(run, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, "no-such-engine")
    file = tmp_path / "x.dot"
    assert run(*NEURON, "--svg", file)[0] == 0
    assert file.read_text("utf-8").startswith("digraph {")


def test_a_graph_too_large_to_play_is_one_line_with_the_numbers(refused, tmp_path):
    line = refused("+".join(["x*x"] * 200), "x=2", "--html", tmp_path / "x.html")
    assert "400 nodes" in line
    assert "limit=300" in line


def test_a_graph_too_large_to_draw_in_full_says_so_and_is_drawn(run, tmp_path):
    code, out, err = run("+".join(["tanh(x*x)"] * 200), "x=2", "--svg", tmp_path / "x.dot")
    assert (code, out.splitlines()[-1]) == (0, f"wrote {tmp_path / 'x.dot'}")
    (line,) = err.splitlines()
    assert line.startswith("note: the graph has 600 nodes at level 'operation', more than limit=400: drawn at level 'neuron'")


def test_a_derivation_too_long_to_write_is_one_line(refused):
    line = refused("a = 2*x; " + "*".join(["a"] * 600), "x=1.01", "--latex")
    assert "operations" in line


def test_the_command_itself_writes_both_in_a_fresh_process(tmp_path):
    arguments = [*NEURON, "--html", "steps.html", "--svg", "graph.svg"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "autograd_core", *arguments]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=600, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("\nwrote graph.svg\nwrote steps.html\n")
    assert {file.name for file in tmp_path.iterdir()} == {"graph.svg", "steps.html"}


def test_the_named_graph_has_a_node_for_each_assignment(run, tmp_path):
    file = tmp_path / "graph.dot"
    assert run("z = w*x + b; y = sigmoid(z); (y - 1)**2", "w=0.5", "x=2", "b=1", "--svg", file, "--level", "named")[0] == 0
    titles = re.findall(r"^\tn\d+ \[label=<<TABLE[^>]*><TR><TD><B>(.*?)</B>", file.read_text("utf-8"), re.MULTILINE)
    assert titles == ["w", "x", "b", "z = w * x + b", "y = sigmoid(z)", "output = (y - 1) ** 2"]
