"""A browser, and pages with players in it."""

import pytest
from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """One Chromium for each worker of pytest; every test has contexts of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """A function that opens a page with the given players; at the end, nothing has gone wrong in any of them."""
    contexts, wrong = [], []

    def open_page(*players, width=1000, **options):
        path = players[0].save(tmp_path / f"page{len(contexts)}.html")
        for player in players[1:]:
            path.write_text(path.read_text("utf-8").replace("</body>", f"{player.html}</body>"), "utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 700}, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)  # milliseconds, which only a page that hangs needs
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url == path.as_uri() else wrong.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == [], "\n".join(wrong)


@pytest.fixture
def resized():
    """A function that gives a page's window another size and waits until the page has been laid out in it."""

    def resize(page, width, height):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("([width, height]) => innerWidth === width && innerHeight === height", arg=[width, height])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")

    return resize
