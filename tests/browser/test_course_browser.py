"""Two notebooks of the course, exported to HTML and opened without a network: their players and animations are clicked through."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def exported(browser, tmp_path):
    """A function that exports a notebook as it is committed, and opens the page; at the end, no script has failed."""
    wrong = []
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)

    def open_page(name):
        export = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(COURSE / f"{name}.ipynb")]
        subprocess.run(export, check=True, capture_output=True, timeout=120)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.route(re.compile("^https?:"), lambda route: route.abort())  # the export asks for MathJax
        page.goto((tmp_path / f"{name}.html").as_uri(), wait_until="domcontentloaded")
        return page

    yield open_page
    context.close()
    assert [error for error in wrong if "MathJax" not in error and "require" not in error] == []


def test_the_players_of_the_notebook_on_backpropagation_play(exported):
    page = exported("03_backpropagation")
    players = page.locator(".agc-player").all()
    assert len(players) == 2
    for player in players:
        player.locator(".first").click()
        assert player.locator(".phase").inner_text().startswith("Forward, step 1 of ")
        count = int(player.locator(".phase").inner_text().split()[-1])
        for _ in range(count):
            player.locator(".next").click()
        assert player.locator(".phase").inner_text() == f"Backward, step {count} of {count}"
    one_neuron = players[0]  # C9: w = 0.5, x = 2, b = 1
    assert "grad -0.0500622" in one_neuron.inner_text()
    one_neuron.locator('[data-name="b"]').fill("0")
    assert "grad -0.0500622" not in one_neuron.inner_text()
    assert "grad -0.211508" in one_neuron.inner_text()  # 2 (s - 1) s (1 - s) x for s = sigmoid(1)


def test_the_animation_of_the_notebook_on_networks_plays(exported):
    page = exported("06_networks")
    picture = page.locator(".animation img").first
    page.locator(".animation button[title='First frame']").click()
    frames = []
    for _ in range(7):
        frames.append(picture.get_attribute("src"))
        page.locator(".animation button[title='Next frame']").click()
    assert len(set(frames)) == 7
