"""How the step player looks and reads: phones, projectors, keyboards, screen readers, exported notebooks, no scripts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from player_pages import expected_captions, lecture

import autograd_core as ac
from autograd_core import Value, play, steps
from autograd_core.formulas.typesetting import number_text


def test_without_scripts_the_last_frame_stands_and_no_control_is_dead(opened):
    output = lecture()
    page = opened(play(output), java_script_enabled=False)
    text = page.locator(".agc-player").inner_text()
    for step in steps(output).forward:
        assert f"data {number_text(step.value)}" in text
    for step in steps(output).backward:
        assert f"grad {number_text(step.total)}" in text
    for control in page.locator("button, input, select").all():
        assert not control.is_visible()
    assert page.locator(".caption").is_visible()


def test_it_is_accessible(opened):
    page = opened(play(lecture()))
    root = page.locator(".agc-player")
    tree = root.aria_snapshot()
    for name in ["First step", "One step back", "Play", "One step forward", "Last step"]:
        assert f'button "{name}"' in tree
    for part in ['slider "Step"', 'combobox "Jump to a node"', 'textbox "w ="', 'img "computational graph of L"']:
        assert part in tree
    assert tree.startswith('- group "step-by-step player"')
    assert page.locator(".caption").get_attribute("aria-live") == "polite"
    reached = set()
    for _ in range(root.locator("button, input, select").count() + 3):
        page.keyboard.press("Tab")
        name, *outline = page.evaluate("""() => { const element = document.activeElement, style = getComputedStyle(element);
            return [element.className + (element.dataset.name || ""), style.outlineStyle, parseFloat(style.outlineWidth)]; }""")
        reached.add(name)
        assert name in ("", "agc-page") or outline == ["solid", 3]
    assert {"agc-player running", "first", "back", "play", "next", "last", "position", "jump", "x", "w", "b"} <= reached


LONG = [Value(1.5, name) for name in ("W" * 30, "Eingangsgewicht der verborgenen Schicht", "参数" * 9, "m@%" * 20, "i" * 200, "ЩЖ" * 15)]


@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_a_projector_in_light_and_dark(opened, width, scheme):
    LONG[0].data = -1.23456789e-301
    output = ac.dot(LONG, [LONG[0], *LONG[:5]], LONG[5]) / 1e7
    page = opened(play(output), width=width, color_scheme=scheme)
    page.click(".last")
    pictures = [page.screenshot()]
    outside = page.evaluate("""() => [...document.querySelectorAll(".node")].flatMap((node) => {
        const box = node.querySelector(".body").getBBox();
        return [...node.querySelectorAll("text:not(.marker)")].filter((text) => { const b = text.getBBox();
            const right = box.x + box.width, bottom = box.y + box.height;
            return b.width && (b.x < box.x || b.x + b.width > right || b.y < box.y - 1 || b.y + b.height > bottom + 1);
        }).map((text) => text.textContent); })""")
    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink = page.evaluate("getComputedStyle(document.querySelector('.edge text')).fill")
    assert (ink == "rgb(0, 0, 0)") == (scheme == "light")
    for button in (".first", ".next"):
        page.click(button)
        pictures.append(page.screenshot())
    assert len(set(pictures)) == 3
    assert all(len(picture) > 5000 for picture in pictures)  # a blank page compresses to less


def test_the_current_node_is_scrolled_into_sight(opened):
    node = Value(0.5, "x")
    for _ in range(20):
        node = node.sin()
    page = opened(play(node), width=400)
    for button in (".last", ".first", ".last"):
        page.click(button)
        view, box = page.locator(".picture").bounding_box(), page.locator(".node.now .body").first.bounding_box()
        assert view["x"] <= box["x"]
        assert box["x"] + box["width"] <= view["x"] + view["width"]
    for name in ("v10", "x", "v20"):
        page.locator(".jump").select_option(label=name)
        view, box = page.locator(".picture").bounding_box(), page.locator(".node.now .body").bounding_box()
        assert view["x"] <= box["x"]
        assert box["x"] + box["width"] <= view["x"] + view["width"]
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]


def test_both_nodes_of_a_backward_step_are_in_sight_on_a_phone(opened):
    page = opened(play(lecture()), width=400)
    for _ in range(len(steps(lecture()).forward) + len(steps(lecture()).backward)):
        page.click(".next")
        view = page.locator(".picture").bounding_box()
        for node in page.locator(".node.now .body").all():
            box = node.bounding_box()
            assert view["x"] <= box["x"]
            assert box["x"] + box["width"] <= view["x"] + view["width"]


NOTEBOOK = """
import nbformat
code = ["from autograd_core import *; x = Value(2.0, 'x'); y = Value(-3.0, 'y'); z = (x * y + x).tanh()"]
code += ["play(z)", "draw(z)", "play(x * x)"]
nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in code]), "lesson.ipynb")
"""


def test_a_notebook_exported_to_html_plays(browser, tmp_path):
    export = ["-m", "nbconvert", "--to", "html", "--execute", "--ExecutePreprocessor.timeout=1200", "lesson.ipynb"]
    environment = {**os.environ, "PYTHONPATH": str(Path(ac.__file__).parents[1])}
    for command in (["-c", NOTEBOOK], export):
        subprocess.run([sys.executable, *command], cwd=tmp_path, check=True, capture_output=True, timeout=1800, env=environment)
    context = browser.new_context(viewport={"width": 1000, "height": 700}, offline=True)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.route(re.compile("^https?:"), lambda route: route.abort())  # the export asks for MathJax; the player must not need it
    page.goto(Path(tmp_path / "lesson.html").as_uri(), wait_until="domcontentloaded")
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    z = (x * y + x).tanh()
    z.name = "z"  # as the notebook calls it
    assert page.locator(".agc-player").count() == 2
    widths = page.locator("img[src^='data:image/svg+xml']").evaluate_all("(all) => all.map((image) => image.naturalWidth)")
    assert len(widths) == 1
    assert widths[0] > 100
    first = page.locator(".agc-player").first
    for i, (where, _, numbers) in enumerate(expected_captions(z)):
        if i:
            first.locator(".next").click()
        assert first.locator(".phase").inner_text() == where
        assert first.locator(".numbers").inner_text().endswith(numbers)
    first.locator('[data-name="y"]').fill("-0.5")
    y.data = -0.5
    expected = list(expected_captions((x * y + x).tanh()))[-1]
    assert first.locator(".numbers").inner_text() == expected[2]
    assert [error for error in wrong if "MathJax" not in error and "require" not in error] == []
    context.close()


def seen(page, selector):
    """Whether the whole of the first such element stands in the window."""
    return page.evaluate(
        """(selector) => { const box = document.querySelector(selector).getBoundingClientRect();
        return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth && box.width > 0; }""",
        selector,
    )


def test_on_a_phone_every_step_shows_its_node_and_its_caption_and_letters_keep_their_size(opened):
    xs = [Value(0.1 * i, f"x{i}") for i in range(12)]
    h = [ac.tanh(ac.dot([Value(0.2 * (i + j), f"w{j}{i}") for i in range(3)], xs[3 * j : 3 * j + 3])) for j in range(4)]
    page = opened(play(ac.dot(h, h)), width=390)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = int(page.get_attribute(".position", "max"))
    for step in range(0, last + 1, 3):
        page.evaluate("(step) => { const slider = document.querySelector('.position'); slider.value = step; slider.oninput(); }", step)
        assert seen(page, ".node.now"), step
        assert seen(page, ".caption"), step
    size = page.evaluate("document.querySelector('.node .title').getBoundingClientRect().height")
    page.set_viewport_size({"width": 1000, "height": 700})
    assert size >= 12.0
