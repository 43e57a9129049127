"""The pictures of graphs in the README, written to notebooks/pictures: ``python tests/browser/readme_pictures.py`` (needs Chromium)."""

import tempfile
from pathlib import Path

from conftest import FLAGS
from playwright.sync_api import sync_playwright

from autograd_core import Player, Value, draw, play, sigmoid
from nn import MLP

PICTURES = Path(__file__).parents[2] / "notebooks" / "pictures"


def lecture() -> Value:
    """The neuron of the README, with the names of its lines."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    y = sigmoid(z)
    loss = (y - 1) ** 2
    z.name, y.name, loss.name = "z", "y", "L"
    loss.backward()
    return loss


def photograph(player: Player, path: Path, step: int, width: int = 1000, height: int = 600) -> None:
    """The player at ``step`` of its frames, in a window of that width; two pixels for one, so that it stays sharp when enlarged."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=2)
        page.goto(player.save(Path(folder) / "steps.html").as_uri())
        page.locator(".position").fill(str(step - 1))
        page.locator(".position").blur()  # else its focus is drawn, too
        page.screenshot(path=path)
        browser.close()


def main() -> None:
    loss = lecture()
    PICTURES.mkdir(exist_ok=True)
    draw(loss, rankdir="TB").save(PICTURES / "graph.svg")  # from left to right, it would be too small on a phone
    model = MLP(2, [3, 1], activation="tanh", output="sigmoid", seed=3)
    draw(model([1.0, -1.0]), level="network").save(PICTURES / "network.svg")
    photograph(play(loss), PICTURES / "player.png", step=10)


if __name__ == "__main__":
    main()
