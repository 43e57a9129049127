"""Mermaid itself, in Chromium: what to_mermaid writes is a picture with the names and numbers of the graph, whatever the names."""

import subprocess
import tarfile

import pytest
from test_drawing import random_graph
from test_mermaid import HARD, read

import autograd_core as ac
from autograd_core import Value, to_mermaid
from autograd_core.views.labels import MODES

VERSION = "11"


@pytest.fixture(scope="module")
def mermaid(browser, tmp_path_factory):
    """A function from text to the labels of nodes and of edges in the picture. The script comes from npm."""
    folder = tmp_path_factory.mktemp("mermaid")
    subprocess.run(["npm", "pack", "--silent", f"mermaid@{VERSION}"], cwd=folder, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extract("package/dist/mermaid.min.js", folder)
    page = browser.new_page()
    page.add_script_tag(path=folder / "package/dist/mermaid.min.js")
    page.evaluate("mermaid.initialize({startOnLoad: false})")

    def drawn(text):
        labels = """async (text) => {
            const { svg } = await mermaid.render("picture", text);
            document.body.innerHTML = svg;
            return [".nodeLabel", "span.edgeLabel"].map((css) => [...document.querySelectorAll(css)].map((x) => x.innerText));
        }"""
        return [[label.replace("\u2060", "") for label in found if label] for found in page.evaluate(labels, text)]

    yield drawn
    page.close()


def assert_drawn(drawn, text):
    _, nodes, edges = read(text)
    assert sorted(drawn[0]) == sorted(in_html(label) for label, _ in nodes.values())
    assert sorted(drawn[1]) == sorted(in_html(label) for _, _, label in edges if label)


def in_html(label):
    return "\n".join(" ".join(line.split()) for line in label.split("\n"))


@pytest.mark.parametrize("name", HARD)
def test_a_name_of_any_text_is_drawn_as_it_is(mermaid, name):
    x = Value(2.0, name)
    text = to_mermaid(x * x, show=("data", "grad", "local", "formula"))
    assert_drawn(mermaid(text), text)


@pytest.mark.parametrize("name", ["\n", " ", "\x85", "\u2028"])
def test_a_name_of_nothing_that_is_seen_is_drawn(mermaid, name):
    x = Value(2.0, name)
    for show in ((), ("formula",)):
        nodes, _ = mermaid(to_mermaid(x * x, show=show))
        assert "×" in nodes


@pytest.mark.parametrize("mode", MODES)
def test_every_node_and_edge_is_drawn(mermaid, mode):
    x, z = Value(2.0, "x"), Value(3.0, "z")
    graphs = [ac.exp(x * z) + x * z / ac.log(x) - x**2, 2.0 * x, random_graph([(i, 3 * i + 1, i % 5) for i in range(12)])]
    for output in graphs:
        text = to_mermaid(output, mode=mode)
        assert_drawn(mermaid(text), text)
