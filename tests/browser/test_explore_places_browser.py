"""The page where one types the formula: its address, on a phone and on a projector, without scripts, on paper, twice in a notebook."""

import math

import pytest
from test_explore_browser import NEURON, QUIZ, START, assert_agrees, neuron, shown, text_of

from autograd_core import explore


def test_the_address_holds_the_state(opened, browser):
    page = neuron(opened=opened)
    page.fill("#formula", "L = (w*x - t)**2 # a comment & more")
    page.locator('[data-leaf="w"] .value').fill("-0.125")
    page.locator('[data-leaf="t"] input[type=checkbox]').check()
    page.fill("#rate", "0.25")
    page.fill("#digits", "6")
    page.click('.node[data-name="v1"]')
    page.click("#first")
    page.click("#next")
    page.click("#link")
    address = page.locator("#address").input_value()
    page.wait_for_function("(address) => location.href === address", arg=address)  # it follows a little later
    assert address == page.url
    other = browser.new_page()
    try:
        other.goto(address)
        for selector in ("#phase", "#symbols", "#numbers", "#receipt pre", "#curve-text"):
            assert text_of(other, selector) == text_of(page, selector)
        assert text_of(other, "#phase") == "Forward, step 2 of 10"
        assert shown(other) == shown(page)
        for selector in ("#formula", "#rate", "#digits"):
            assert other.locator(selector).input_value() == page.locator(selector).input_value()
        assert other.locator('[data-leaf="t"] input[type=checkbox]').is_checked()
        other.goto(f"{address.split('#')[0]}#formula=2x&at=x:1")  # the same page: only the address behind the # changes
        other.wait_for_selector("#problem strong")
        assert "a product is written 2*x" in text_of(other, "#problem")
        other.locator('[data-leaf="w"] .slider').fill("1")
        assert "a product is written 2*x" in text_of(other, "#problem")  # it is still there
        assert other.locator("#formula").input_value() == "2x"
        # an address with a formula that is wrong, or with nonsense: the page says so, and is there
        for nonsense in ("#formula=2x&at=x:1", "#at=::,,&step=-3", "#formula=x*y&at=x:abc,y:1e999&rate=no&digits=99&step=1e9&curve=q&receipt=q"):
            other.goto("about:blank")
            other.goto(address.split("#")[0] + nonsense)
            assert other.locator(".node").count() > 1
        assert other.locator("#digits").input_value() == "4"
    finally:
        other.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1920, "light")])
def test_from_phone_to_projector(opened, resized, width, scheme):
    page = neuron(width, opened, color_scheme=scheme)
    size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert size[0] <= size[1]
    picture, room = page.locator("#picture svg").bounding_box(), page.locator("#picture").bounding_box()
    assert picture["width"] <= room["width"]
    assert picture["width"] > 0.55 * room["width"]
    letters = page.evaluate("(() => { const svg = document.querySelector('#picture svg'); return 12 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width; })()")
    assert letters >= (7 if width == 390 else 13)
    boxes = page.evaluate("[...document.querySelectorAll('.node .body')].map((box) => { const r = box.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })")
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert all(right <= a or c <= left or bottom <= b or d <= top for a, b, c, d in boxes[:i]), "boxes overlap"
    resized(page, 1000, 700)  # turned: the picture is laid out again
    assert page.locator("#picture svg").bounding_box()["width"] <= page.locator("#picture").bounding_box()["width"]
    assert_agrees(page, NEURON, **START)


def test_a_large_graph_comes_in_about_a_second(opened):
    text = "; ".join(f"a{i} = tanh({'x' if not i else f'a{i - 1}'}*w{i % 3} + b)" for i in range(30))
    page = opened(explore(text), width=1280)
    assert page.locator(".node[data-name]").count() == 95
    assert page.locator(".node.again").count() > 20
    values = dict.fromkeys(["x", "w0", "b", "w1", "w2"], 1.0)
    assert_agrees(page, text, **values)


def test_without_scripts_there_is_a_picture(opened):
    page = opened(explore(NEURON, **START), java_script_enabled=False)
    assert page.locator("noscript img").is_visible()
    assert "needs scripts" in page.locator("noscript").inner_text()
    assert page.locator("main").is_hidden()


def settled_height(page, unlike):
    """The height of the first frame, when it is another than before and has stopped changing."""
    frame, seen = page.locator("iframe >> nth=0"), [unlike]
    while seen[-1] == unlike or len(seen) < 4 or len(set(seen[-3:])) > 1:
        page.wait_for_timeout(40)
        seen.append(frame.bounding_box()["height"])
        assert len(seen) < 1000, seen[-9:]
    return seen[-1]


def test_two_pages_in_one_notebook(browser, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body>{explore(NEURON, **START)._repr_html_()}{explore(QUIZ, x=2, z=3)._repr_html_()}</body>", "utf-8")
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        page.goto(path.as_uri())
        frames = [page.frame_locator("iframe >> nth=0"), page.frame_locator("iframe >> nth=1")]
        frames[0].locator('[data-leaf="w"] .value').fill("2")
        frames[1].locator("#first").click()
        assert frames[0].locator('.node[data-name="z"] .data').text_content() == "data 5"
        assert frames[0].locator("#phase").text_content() == "Backward, step 15 of 15"
        assert frames[1].locator("#phase").text_content().startswith("Leaves, step 1 of")
        heights = []
        for text in ("x*w", NEURON, "x*w", NEURON):  # the frame follows the page, and does not grow by itself
            frames[0].locator("#formula").fill(text)
            heights.append(settled_height(page, unlike=heights[-1] if heights else 0.0))
        assert heights[1] > heights[0]
        assert heights[:2] == heights[2:]
        height = heights[-1]
        assert frames[0].locator("body").bounding_box()["height"] <= height
        assert math.isfinite(height)
        assert page.url == path.as_uri()  # the address of a notebook stays its own
    finally:
        page.close()
    assert wrong == []


def test_on_paper_the_controls_are_gone_and_nothing_is_cut(opened):
    page = neuron(opened=opened)
    page.emulate_media(media="print")
    for selector in ("#play", "#position", ".slider", "#link", "#step"):
        assert page.locator(selector).first.is_hidden()
    for selector in ("#picture svg", "#derivation", "#backward", "#curve"):
        assert page.locator(selector).is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('#picture')).overflow") == "visible"
