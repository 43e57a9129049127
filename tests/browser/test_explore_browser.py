"""The page where one types the formula, in Chromium: by hand and by keyboard, it shows what the engine says."""

import re

import pytest

from autograd_core import Value, derivation, explain, explore, sigmoid, steps
from autograd_core.formulas.typesetting import number_text
from autograd_core.views.language import evaluated, parse

NEURON = "z = w*x + b; y = sigmoid(z); L = (y - t)**2"
START = {"w": 0.5, "x": 2.0, "b": 1.0, "t": 1.0}
QUIZ = "exp(x*z) + x*z/log(x) + sin(log(x))/(x*z)"


def neuron(width=1280, opened=None, **options):
    return opened(explore(NEURON, **START), width=width, **options)


def shown(page):
    """What the boxes say: by name, data and gradient."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".node[data-name]")].map((node) =>
        [node.dataset.name, [".data", ".grad"].map((part) => node.querySelector(part).textContent)]))"""
    )


def of_the_engine(text, **values):
    output, leaves = evaluated(parse(text), values)
    record, totals = steps(output, {}), {}
    for step in record.backward:
        totals[step.name] = number_text(step.total)
    return {step.name: [f"data {number_text(step.value)}", f"grad {totals[step.name]}"] for step in record.forward}, output, leaves


def assert_agrees(page, text, **values):
    page.click("#last")
    assert shown(page) == of_the_engine(text, **values)[0]


def text_of(page, selector):
    return page.locator(selector).text_content()


def test_a_formula_is_typed_dragged_and_asked(opened):
    page = neuron(opened=opened)
    assert int(page.evaluate("document.documentElement.dataset.ready")) < 3000  # a second on a quiet machine
    assert_agrees(page, NEURON, **START)
    # another formula, of which one leaf is new: it starts at 1, the others keep what they were
    page.fill("#formula", "z = w*x + b; L = tanh(z)*a")
    assert_agrees(page, "z = w*x + b; L = tanh(z)*a", w=0.5, x=2.0, b=1.0, a=1.0)
    assert [row.get_attribute("data-leaf") for row in page.locator(".leaf").all()] == ["w", "x", "b", "a"]
    # a slider and a field
    page.locator('[data-leaf="x"] .slider').fill("-1.5")
    assert page.locator('[data-leaf="x"] .value').input_value() == "-1.5"
    page.locator('[data-leaf="w"] .value').fill("12.25")
    assert_agrees(page, "z = w*x + b; L = tanh(z)*a", w=12.25, x=-1.5, b=1.0, a=1.0)
    assert page.locator('[data-leaf="w"] .slider').get_attribute("max") == "20"
    # the receipt of a gradient, which follows the hand
    page.click('.node[data-name="b"]')
    _, output, leaves = of_the_engine("z = w*x + b; L = tanh(z)*a", w=12.25, x=-1.5, b=1.0, a=1.0)
    assert text_of(page, "#receipt pre") == str(explain(output, leaves["b"], {}))
    page.locator('[data-leaf="w"] .value').fill("1")
    _, output, leaves = of_the_engine("z = w*x + b; L = tanh(z)*a", w=1.0, x=-1.5, b=1.0, a=1.0)
    assert text_of(page, "#receipt pre") == str(explain(output, leaves["b"], {}))
    page.click("#close")
    assert page.locator("#receipt").is_hidden()


def test_a_wrong_formula_says_so_at_its_place_and_loses_nothing(opened):
    page = neuron(opened=opened)
    before = shown(page)
    page.fill("#formula", "z = w*x + 2b; y = sigmoid(z)")
    page.wait_for_selector("#problem strong")
    assert text_of(page, "#problem") == "invalid decimal literal: a product is written 2*b\nz = w*x + 2b; y = sigmoid(z)\n          ^"
    assert shown(page) == before
    assert page.locator("#formula").get_attribute("aria-invalid") == "true"
    assert page.locator("#problem").get_attribute("role") == "alert"
    page.fill("#formula", NEURON)
    assert text_of(page, "#problem") == ""
    assert page.locator("body.stale").count() == 0
    page.fill("#formula", "constructor*toString + __proto__")  # names like any other
    assert shown(page)["output"] == ["data 2", "grad 1"]
    page.locator('[data-leaf="__proto__"] .value').fill("5")
    assert shown(page)["output"] == ["data 6", "grad 1"]
    page.fill("#formula", "2*pi")  # nothing to drag
    assert shown(page) == {"output": ["data 6.28319", "grad 1"]}
    assert page.locator("#leaves").is_hidden()
    page.fill("#formula", NEURON)
    assert shown(page) == before
    # no number in a field
    page.locator('[data-leaf="w"] .value').fill("1,5")
    assert text_of(page, '[data-leaf="w"] .wrong') == "w needs a number"
    assert shown(page) == before
    page.locator('[data-leaf="w"] .value').fill("0.5")
    assert text_of(page, '[data-leaf="w"] .wrong') == ""
    for field, message in (("#rate", "the learning rate is a number from 0 to 1000000"), ("#digits", "the number of digits is a whole number from 1 to 17")):
        page.fill(field, "x")
        assert text_of(page, f"{field}-wrong") == message


def test_outside_the_domain_it_says_what_the_engine_says(opened):
    page = opened(explore(QUIZ, x=2, z=3), width=1280)
    assert_agrees(page, QUIZ, x=2.0, z=3.0)
    page.locator('[data-leaf="x"] .value').fill("-1")
    assert text_of(page, "#problem").split("\n")[0] == "log at x = -1.0 (x is the node 'x') is not defined: it needs x > 0"
    assert text_of(page, "#problem").split("\n")[2].index("^") == QUIZ.index("log")
    assert page.locator(".node.failed").get_attribute("data-name") == "v4"
    assert "not defined" in text_of(page, "#curve-text")
    page.locator('[data-leaf="x"] .value').fill("3")
    assert text_of(page, "#problem") == ""
    assert_agrees(page, QUIZ, x=3.0, z=3.0)
    for x in ("0", "1"):  # where the logarithm is not defined, and where one divides by it
        page.locator('[data-leaf="x"] .value').fill(x)
        assert "is not defined" in text_of(page, "#problem")


KINKS = [("sqrt(relu(x))", -1.0), ("maximum(sqrt(x), 1)", 0.0), ("cbrt(x)**3", 0.0), ("sqrt(x)**2", 0.0), ("sqrt(x)*0", 0.0),
         ("where(step(x), sqrt(x), x*x)", 0.0), ("abs(x) + relu(x)", 0.0)]  # fmt: skip


def test_kinks_and_zero_times_infinity_are_the_engines(opened):
    page = opened(explore("x*x"), width=1280)
    for text, x in KINKS:
        page.locator(".value").fill("1")
        page.fill("#formula", text)
        page.locator(".value").fill(str(x))
        assert_agrees(page, text, x=x)
    page.fill("#formula", "cos(x)*w")
    page.locator('[data-leaf="w"] .value').fill("-1")
    assert text_of(page, "#numbers") == "(-1) · (-0) = 0,  sum 0"  # the brackets of a negative number


def test_it_is_stepped_through_by_buttons_and_keys(opened):
    page = neuron(opened=opened)
    phase = lambda: text_of(page, "#phase")  # noqa: E731
    assert phase() == "Backward, step 15 of 15"
    page.click("#first")
    assert (phase(), text_of(page, "#numbers")) == ("Leaves, step 1 of 15", "w = 0.5, x = 2, b = 1, t = 1")
    assert shown(page)["z"] == ["data ?", "grad "]
    page.click("#next")
    assert (phase(), text_of(page, "#symbols"), text_of(page, "#numbers")) == ("Forward, step 2 of 15", "v1 = w * x", "0.5 * 2 = 1")
    page.locator("body").press("ArrowRight")
    page.locator("body").press("PageDown")
    assert phase() == "Forward, step 4 of 15"
    page.locator("body").press("ArrowLeft")
    assert phase() == "Forward, step 3 of 15"
    page.locator("body").press("End")
    assert (phase(), text_of(page, "#symbols")) == ("Backward, step 15 of 15", "∂L/∂x += ∂L/∂v1 · ∂v1/∂x = ∂L/∂v1 · w")
    assert text_of(page, "#derivation .now th") == "∂L/∂x"  # the line of the derivation that the step is about
    page.locator("body").press("Home")
    assert phase() == "Leaves, step 1 of 15"
    assert page.locator("#derivation .now").count() == 0
    page.focus("#formula")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert phase() == "Leaves, step 1 of 15"  # in a field the keys are the field's
    page.clock.install()
    page.evaluate("document.activeElement.blur()")
    page.locator("body").press(" ")
    page.clock.run_for(900 * 2 + 50)
    assert phase() == "Forward, step 3 of 15"
    page.locator("body").press(" ")
    page.clock.run_for(5000)
    assert phase() == "Forward, step 3 of 15"
    labels = page.evaluate("""() => [...document.querySelectorAll("button, input, select, textarea, [tabindex]")].filter((part) => !part.hidden && !part.ariaLabel &&
        !part.textContent.trim() && !(part.labels && part.labels.length)).map((part) => part.outerHTML)""")
    assert labels == []


def test_by_keyboard_alone(opened):
    page = neuron(opened=opened)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" + w")  # the formula is first
    assert_agrees(page, f"{NEURON} + w", **START)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        what = page.evaluate("(() => { const x = document.activeElement; return x.dataset.name ? 'node ' + x.dataset.name : x.id || x.className; })()")
        seen.add(what)
        if what == "node w":
            page.keyboard.press("Enter")
            assert text_of(page, "#receipt h2") == "Where ∂L/∂w comes from"
            assert "from 2 uses of w" in text_of(page, "#said")
        if what == "step":
            page.keyboard.press("Enter")
            assert text_of(page, "#descent-text").startswith("1 step: L ")
    assert {"node w", "node L", "first", "back", "play", "next", "last", "position", "leaf0", "slider", "curve-leaf", "rate", "step", "many", "steps", "reset", "digits", "link"} <= seen
    page.keyboard.press("Escape")
    assert page.locator("#receipt").is_hidden()


def test_gradient_descent_is_that_of_the_engine(opened):
    page = opened(explore(NEURON, **START), width=1000, reduced_motion="reduce")
    page.fill("#rate", "0.5")
    page.fill("#many", "30")
    page.click("#step")
    page.click("#steps")
    values = {name: Value(x, name) for name, x in START.items()}
    for _ in range(31):
        loss = (sigmoid(values["w"] * values["x"] + values["b"]) - values["t"]) ** 2
        for leaf in values.values():
            leaf.grad = 0.0
        loss.backward()
        for name in ("w", "b"):  # those that learn, by their names
            values[name].data -= 0.5 * values[name].grad
    found = page.evaluate("Object.fromEntries([...document.querySelectorAll('.leaf')].map((row) => [row.dataset.leaf, row.querySelector('.value').value]))")
    assert {name: float(x) for name, x in found.items()} == {name: pytest.approx(leaf.data, rel=1e-5) for name, leaf in values.items()}
    assert text_of(page, "#descent-text").startswith("30 steps: L ")
    page.locator('[data-leaf="x"] input[type=checkbox]').check()
    assert "parameter" in page.locator('.node[data-name="x"]').get_attribute("class")
    page.click("#reset")
    assert_agrees(page, NEURON, **START)
    page.fill("#formula", "log(w)")
    page.fill("#rate", "1")  # one step leads out of the domain: it stops, says so, and keeps the last place
    page.click("#step")
    assert "log at x = -1.5" in text_of(page, "#descent-text")
    assert page.locator(".value").input_value() == "0.5"


def test_the_curve_goes_through_the_point_with_the_gradient_as_its_slope(opened):
    page = neuron(opened=opened)
    page.locator("#curve-leaf").select_option("x")
    gradient = of_the_engine(NEURON, **START)[0]["x"][1].removeprefix("grad ")
    assert text_of(page, "#curve-text") == f"at x = 2: L = 0.0142093,\nslope ∂L/∂x = {gradient}"
    geometry = page.evaluate("""() => { const get = (part, ...names) => names.map((name) => Number(document.querySelector("#curve " + part).getAttribute(name)));
        return {point: get(".point", "cx", "cy"), tangent: get(".tangent", "x1", "y1", "x2", "y2"), d: document.querySelector("#curve .curve").getAttribute("d")}; }""")
    (px, py), (x1, y1, x2, y2) = geometry["point"], geometry["tangent"]
    assert py == pytest.approx(y1 + (px - x1) / (x2 - x1) * (y2 - y1), abs=0.1)
    curve = [tuple(map(float, pair.split())) for pair in re.split("[ML]", geometry["d"])[1:]]
    before, after = [p for p in curve if p[0] <= px][-1], next(p for p in curve if p[0] > px)
    assert min(before[1], after[1]) - 1 <= py <= max(before[1], after[1]) + 1
    assert (after[1] - before[1]) / (after[0] - before[0]) == pytest.approx((y2 - y1) / (x2 - x1), abs=0.05)
    page.locator("#curve").scroll_into_view_if_needed()
    box = page.locator("#curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.mouse.up()
    x = float(page.locator('[data-leaf="x"] .value').input_value())
    assert x < 0
    assert_agrees(page, NEURON, **{**START, "x": x})


def test_the_derivation_has_the_digits_that_are_chosen(opened):
    page = neuron(opened=opened)
    _, output, _ = of_the_engine(NEURON, **START)
    for node, name in {step.node: step.name for step in steps(output, {}).forward}.items():
        node.name = name
    for digits in (4, 2, 8):
        page.fill("#digits", str(digits))
        rows = page.locator("#derivation tr").all_text_contents()
        assert [" ".join(row.replace("=", " = ").split()) for row in rows] == [" ".join(line.split()) for line in str(derivation(output, names={}, digits=digits)).split("\n")]
