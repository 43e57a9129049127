"""Two notebooks of the course, exported to HTML and opened without a network: their players and animations are clicked through."""

import pytest
from execute import FOLDER
from export import page as exported_page


@pytest.fixture
def exported(browser, tmp_path):
    """A function that exports a notebook as it is committed, and opens the page; at the end, no script has failed."""
    wrong = []
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True)

    def open_page(name):
        path = tmp_path / f"{name}.html"
        path.write_text(exported_page(FOLDER / f"{name}.ipynb"), encoding="utf-8")
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.split(":")[0] in ("file", "data", "blob") else wrong.append(request.url))
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        return page

    yield open_page
    context.close()
    assert wrong == []


def test_the_players_of_the_notebook_on_backpropagation_play(exported):
    page = exported("03_backpropagation")
    formulas = page.locator("math[display=block]").all()
    assert len(formulas) > 10
    assert all(formula.bounding_box()["height"] > 10 for formula in formulas)
    assert "$" not in page.locator(".jp-MarkdownOutput").first.inner_text()
    assert page.locator(".jp-OutputArea-output").get_by_text("$").count() == 0
    assert page.locator(".jp-OutputArea-output mtable").count() == 3  # the derivations
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
