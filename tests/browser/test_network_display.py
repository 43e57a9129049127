"""Networks in a page: drawn in both schemes, legible on a phone, nothing outside the picture."""

import re

import pytest

from autograd_core import Value, dot, draw, sigmoid

Weight = type("Weight", (Value,), {"is_parameter": True})


def outputs():
    x = [Value(0.5, "x1"), Value(1.0, "x2")]
    h = [sigmoid(dot([Weight(0.4), Weight(-0.6)], x, Weight(0.1))), sigmoid(dot([Weight(0.3), Weight(0.5)], x, Weight(0.2)))]
    return [sigmoid(dot([Weight(0.7), Weight(0.8)], h, Weight(0.3))), sigmoid(dot([Weight(-0.7), Weight(0.1)], h, Weight(0.3)))]


@pytest.fixture
def shown(browser, tmp_path):
    pages = []

    def show(drawing, svg, **options):
        part = re.sub(r"^.*?(<svg)", r"\1", drawing.svg(), flags=re.DOTALL) if svg else drawing._repr_mimebundle_()["text/html"]
        path = tmp_path / "page.html"
        path.write_text(f'<!doctype html><meta name="color-scheme" content="light dark"><body>{part}</body>', "utf-8")
        pages.append(browser.new_context(**options).new_page())
        pages[-1].goto(path.as_uri())
        return pages[-1]

    yield show
    for page in pages:
        page.context.close()


@pytest.mark.parametrize("options", [{"show": ("data", "grad", "weight")}, {"mode": "backward"}, {"show": ("name", "weight")}, {"rankdir": "TB"}])
def test_no_text_leaves_its_circle_or_the_picture(shown, options):
    page = shown(draw(outputs(), classes=["cat", "dog"], **options), True, viewport={"width": 1200, "height": 900})
    outside = page.evaluate("""() => { const picture = document.querySelector("svg").getBoundingClientRect();
        return [...document.querySelectorAll("g.node")].flatMap((node) => {
            const circle = node.querySelector("ellipse"), frame = circle && !/^(class|weight|caption)/.test(node.querySelector("title").textContent)
                ? circle.getBoundingClientRect() : picture;
            return [...node.querySelectorAll("text")].filter((text) => { const b = text.getBoundingClientRect();
                return b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top || b.bottom > frame.bottom; })
                .map((text) => text.textContent); }); }""")
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_it_shrinks_until_it_is_just_legible_and_then_scrolls(shown, scheme):
    page = shown(draw(outputs()), False, viewport={"width": 390, "height": 700}, color_scheme=scheme)
    natural, width = page.evaluate("() => { const i = document.querySelector('img'); return [i.naturalWidth, i.getBoundingClientRect().width]; }")
    assert 0.5 * natural <= width <= natural
