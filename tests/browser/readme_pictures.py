"""The pictures of the README, written to notebooks/pictures: ``python tests/browser/readme_pictures.py`` (needs Chromium)."""

import io
import tempfile
import warnings
from pathlib import Path

from conftest import FLAGS
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import nn
from autograd_core import GuardWarning, Value, explore, guard, play, sheet, sigmoid

PICTURES = Path(__file__).parents[2] / "notebooks" / "pictures"


def lecture() -> tuple[Value, list[Value]]:
    """The neuron of the lectures, with the names of its lines, and its parameters."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    y = sigmoid(z)
    loss = (y - 1) ** 2
    z.name, y.name, loss.name = "z", "y", "L"
    return loss, [w, b]


def film(page: Page, folder: Path) -> None:
    """The player, a picture for each of its steps, as one that moves."""
    page.set_viewport_size({"width": 900, "height": 500})
    page.goto(play(lecture()[0]).save(folder / "steps.html").as_uri())
    page.keyboard.press("Home")
    pictures = []
    for _ in range(int(page.locator(".position").get_attribute("max")) + 1):
        page.wait_for_timeout(100)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        pictures.append(shot.quantize(64, dither=Image.Dither.NONE))
        page.keyboard.press("ArrowRight")
    durations = [1200] * (len(pictures) - 1) + [4000]
    pictures[0].save(PICTURES / "player.gif", save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True)


def explorer(page: Page, folder: Path) -> None:
    """The page of a formula after some steps of descent, with the receipt of w open."""
    made = explore("z = w*x + b; y = sigmoid(z); L = (y - t)**2", w=-0.6, x=2, b=0.3, t=1)
    page.set_viewport_size({"width": 1440, "height": 1180})
    page.goto(made.save(folder / "explore.html").as_uri())
    page.fill("#rate", "0.6")
    page.fill("#many", "12")
    page.click("#steps")
    page.wait_for_timeout(1200)
    page.click('.node[data-name="w"]')
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(200)
    keep(page, "explore.png")


def exercise(page: Page, folder: Path) -> None:
    """A sheet in which one gradient was taken with the wrong sign."""
    loss, parameters = lecture()
    page.set_viewport_size({"width": 960, "height": 860})
    page.goto(sheet(loss, level="named", wrt=parameters).save(folder / "sheet.html").as_uri())
    answers = iter(["2", "0.8808", "0.0142", "-0.2384", "y*(1 - y)", "-0.025", "2", "-0.05", "1", "0.025"])
    for field in page.locator("input").all()[1:]:  # the first is for a name
        field.fill(next(answers))
    page.get_by_role("button", name="Check").click()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    keep(page, "sheet.png")


def playground(page: Page, folder: Path) -> None:
    """A network that has learnt a circle, with the receipt of one weight."""
    made = nn.MLP(2, [6, 4, 1], "tanh", "tanh", seed=3).playground()
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(made.save(folder / "playground.html").as_uri())
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(6_000)
    page.get_by_role("button", name="Pause").click()
    page.locator('.hit[data-weight="w₂₃⁽²⁾"]').dispatch_event("click")
    keep(page, "playground.png")


SLIPS = """\
w = Value(0.5, "w")
for _ in range(2):
    ((w * 2.0 - 3.0) ** 2).backward()
    w.data -= 0.1 * w.grad
w = w - 0.1 * w.grad
"""


def findings(page: Page, folder: Path) -> None:
    """What the guard says of a loop with two slips."""
    with warnings.catch_warnings(), guard() as found:
        warnings.simplefilter("ignore", GuardWarning)
        exec(compile(SLIPS, "train.py", "exec"), {"Value": Value})
    page.set_viewport_size({"width": 960, "height": 150})
    page.set_content(f"<body style='font:16px sans-serif;margin:16px'>{found._repr_html_()}</body>")
    keep(page, "guard.png")


def keep(page: Page, name: str) -> None:
    """The window as a picture in few colours."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(128, dither=Image.Dither.NONE).save(PICTURES / name, optimize=True)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(color_scheme="light")
        for picture in (film, explorer, exercise, playground, findings):
            picture(page, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
