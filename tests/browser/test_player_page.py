"""A saved player as a lecturer uses it: a clicker, a projector, a phone, paper; and networks, whose numbers are the engine's."""

import math
import re

import pytest
from player_pages import lecture

import autograd_core as ac
from autograd_core import Value, play, steps
from autograd_core.derivatives.misconceptions import backward_pass
from autograd_core.formulas.typesetting import number_text


def step(page):
    return int(re.search(r"step (\d+)", page.locator(".phase").first.inner_text())[1])


def test_a_page_listens_to_every_key_without_a_click(opened):
    page = opened(play(lecture()), play(Value(2.0, "x") * 3.0))
    keys = [("PageDown", 2), ("ArrowRight", 3), ("ArrowDown", 4), ("PageUp", 3), ("ArrowLeft", 2), ("ArrowUp", 1), ("End", 14), ("Home", 1)]
    for key, where in keys:
        page.keyboard.press(key)
        assert step(page) == where, key
    page.keyboard.press("b")
    cover = page.evaluate("getComputedStyle(document.querySelector('.agc-player'), '::after').backgroundColor")
    assert cover == "rgb(0, 0, 0)"
    page.keyboard.press("PageDown")  # only brings the picture back
    assert page.evaluate("getComputedStyle(document.querySelector('.agc-player'), '::after').content") == "none"
    assert step(page) == 1
    page.keyboard.press(" ")
    assert page.locator(".play").first.get_attribute("aria-label") == "Pause"
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    assert page.locator(".agc-player").nth(1).locator(".phase").inner_text().startswith("Forward, step 1")  # the second sleeps
    page.locator(".agc-player").nth(1).focus()  # until it is clicked
    page.keyboard.press("PageDown")
    assert (step(page), page.locator(".phase").nth(1).inner_text()[:15]) == (1, "Forward, step 2")
    page.locator(".leaves input").first.fill("2")
    page.keyboard.press("b")  # letters in a field stay there
    assert page.locator(".black").count() == 0
    page.locator(".leaves input").first.press("End")
    page.locator(".leaves input").first.press("PageDown")  # which a clicker sends
    page.locator(".jump").first.select_option(label="L")
    page.keyboard.press("PageDown")
    assert step(page) == 7
    page.locator(".jump").first.focus()
    page.keyboard.press("PageDown")
    assert step(page) == 8
    assert page.locator(".result").first.inner_text() == f"L = {number_text(lecture(w=2.0).data)}"


def test_a_lecturer_asks_first_and_then_answers(opened):
    page = opened(play(lecture(), present=True, title="One neuron"))
    assert page.locator(".top .title").inner_text() == "One neuron"
    lines = page.locator(".expression div").all_inner_texts()
    assert lines == ["L = (y - 1) ** 2", "y = sigmoid(w * x + b)"]
    record, said = steps(lecture()), []
    for _ in range(2 * len(record.forward)):
        page.keyboard.press(" ")
        said.append((step(page), page.locator(".numbers").inner_text(), page.locator(".result").inner_text()))
    assert [where for where, *_ in said[:6]] == [2, 2, 3, 3, 4, 4]
    assert said[:4] == [(2, "0.5 * 2 = ?", "L = ?"), (2, "0.5 * 2 = 1", "L = ?"), (3, "1 + 1 = ?", "L = ?"), (3, "1 + 1 = 2", "L = ?")]
    last = [numbers for where, numbers, result in said if "?" not in result]
    assert last[0].endswith(f"= {record.forward[-1].value:.4g}")
    page.keyboard.press("Home")
    page.keyboard.press("PageDown")
    assert page.locator(".expression .now").inner_text() == "w * x"
    assert page.locator(".node.now .data").text_content() == "data ?"
    page.click(".answer")
    assert page.locator(".node.now .data").text_content() == "data 1"
    page.click(".last")
    assert "?" not in page.locator(".picture").inner_text() + page.locator(".caption").inner_text()
    marks = [(page.locator(".expression .now").first.inner_text(), page.locator(".expression .reads").first.inner_text())]
    assert marks == [("b", "w * x + b")] or marks[0][0] in ("w", "x", "b")


@pytest.mark.parametrize(("width", "height", "letters"), [(390, 844, 12.0), (1920, 1080, 26.0)])
def test_it_fills_a_projector_and_fits_a_phone(opened, resized, width, height, letters):
    page = opened(play(lecture(), present=True), width=width)
    resized(page, width, height)
    for _ in range(14):
        page.keyboard.press("ArrowRight")
        found = page.evaluate("""() => { const box = (selector) => document.querySelector(selector).getBoundingClientRect();
            const inside = [".caption", ".result", ".node.now .body"].map(box);
            return { seen: inside.every((b) => b.top >= 0 && b.left >= 0 && b.bottom <= innerHeight && b.right <= innerWidth),
                title: box(".node .title").height, svg: box("svg").width, font: parseFloat(getComputedStyle(document.querySelector(".numbers")).fontSize),
                scrolls: document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight }; }""")
        assert found["seen"]
        assert not found["scrolls"]
        assert found["title"] >= letters
    assert found["svg"] <= width
    assert found["font"] >= (30.0 if width > 1000 else 13.0)
    tall = page.evaluate("document.querySelector('svg').viewBox.baseVal.height > document.querySelector('svg').viewBox.baseVal.width")
    assert tall == (width < 1000)  # top-down on a phone


def test_players_side_by_side_fill_a_projector_and_print_without_empty_pages(opened, resized):
    page = opened(play(lecture(), rules=("right", "overwrite")), width=1920)
    resized(page, 1920, 1080)
    titles = page.evaluate("[...document.querySelectorAll('svg')].map((svg) => svg.querySelector('.node .title').getBoundingClientRect().height)")
    assert len(titles) == 2
    assert min(titles) >= 16.0  # of the two layouts the one with larger letters
    assert page.locator(".symbols").first.evaluate("part => parseFloat(getComputedStyle(part).fontSize)") > 20
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1


def test_it_prints_whole_and_without_buttons(opened):
    page = opened(play(lecture()), width=500)
    page.keyboard.press("End")
    page.emulate_media(media="print")
    found = page.evaluate("""() => { const view = document.querySelector(".picture"), svg = document.querySelector("svg").getBoundingClientRect();
        return [view.scrollWidth <= view.clientWidth + 1 && view.scrollHeight <= view.clientHeight + 1, svg.right <= innerWidth,
            [...document.querySelectorAll("button, input, select")].filter((part) => part.offsetParent).length]; }""")
    assert found == [True, True, 0]
    text = page.locator("body").inner_text()
    page.emulate_media(media="screen")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
    for part in ("sigmoid(w * x + b)", "grad -0.0500622", f"L = {number_text(lecture().data)}", "Backward, step 14 of 14"):
        assert part in text, part


def network(x1=1.0, x2=-2.0, w=0.5):
    x = [Value(x1, "x1"), Value(x2, "x2")]
    parameters = [Value(v, f"p{i}") for i, v in enumerate((w, -0.25, 1.0, 0.75, 0.1, -0.2, 1.5, -2.0, 0.3))]
    h = [ac.tanh(ac.dot(parameters[0:2], x, parameters[4])), ac.relu(ac.dot(parameters[2:4], x, parameters[5]))]
    y = ac.dot(parameters[6:8], h, parameters[8])
    loss = (y - 1.0) ** 2
    loss.name = "L"
    return x, parameters, y, loss


def test_a_network_plays_the_engines_numbers_at_every_step(opened):
    x, _, y, loss = network()
    page = opened(play(y, level="network", inputs=x, loss=loss, digits=6))

    def agrees(loss):
        order = ac.topological_order(loss)
        totals = {s.node: s.total for s in steps(loss).backward}
        found = page.evaluate("document.querySelector('.agc-player').autograd.nodes.map((node) => [node.data, node.grad])")
        for node, (data, grad) in zip(order, found, strict=True):
            assert math.isclose(data, node.data, rel_tol=1e-12)
            assert math.isclose(grad, totals.get(node, 0.0), rel_tol=1e-12, abs_tol=1e-15)
        known = {}
        page.click(".first")
        for _ in range(int(page.get_attribute(".position", "max")) + 1):
            for unit, value, delta in page.locator(".node").evaluate_all(
                "(all) => all.map((g) => [Number(g.dataset.node), g.querySelector('.data').textContent, g.querySelector('.grad').textContent])"
            ):
                assert value in ("?", number_text(order[unit].data))
                known[unit] = (value, delta)
            page.keyboard.press("PageDown")
        for unit in page.locator(".node").all():
            total = order[int(unit.get_attribute("data-grad"))]
            assert known[int(unit.get_attribute("data-node"))][1] in (f"δ {number_text(totals[total])}", f"∂ {number_text(totals[total])}")
        weights = page.locator(".weight[data-weight]").evaluate_all("(all) => all.map((g) => [Number(g.dataset.weight), g.querySelector('text').textContent])")
        assert len(weights) == 9
        assert all(text == f"∂ {number_text(totals[order[key]])}" for key, text in weights)

    agrees(loss)
    for name, changed in (("x₁", {"x1": 3.0}), ("w₁₁⁽¹⁾", {"x1": 3.0, "w": -4.0})):
        page.locator(f'[data-name="{name}"]').fill(str(list(changed.values())[-1]))
        agrees(network(**changed)[3])
    page.keyboard.press("Home")
    key = page.locator('[data-name="w₁₁⁽¹⁾"]').get_attribute("data-leaf")
    colour = page.locator(f'.arrow[data-weight="{key}"] path').evaluate("(path) => getComputedStyle(path).stroke")
    assert colour == "rgb(213, 94, 0)"  # the weight is negative now


def test_a_network_stands_whole_without_scripts_and_on_a_phone_in_the_dark(opened):
    x, _, y, loss = network()
    player = play(y, level="network", inputs=x, loss=loss, present=True)
    page = opened(player, java_script_enabled=False)
    text = page.locator(".picture").inner_text()
    assert "?" not in text
    assert text.count("δ ") == 3
    assert text.count("∂ ") == 2 + 9
    page = opened(player, width=390, color_scheme="dark")
    page.keyboard.press("PageDown")
    assert "= ?" in page.locator(".numbers").inner_text()
    assert page.locator('.node.now .data').text_content() == "?"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outside = page.evaluate("""() => [...document.querySelectorAll(".node, .weight")].flatMap((node) => {
        const box = node.querySelector("ellipse, path, polygon").getBBox();
        return [...node.querySelectorAll("text:not(.marker)")].filter((text) => { const b = text.getBBox();
            return b.width && (b.x < box.x - 1 || b.x + b.width > box.x + box.width + 1); }).map((text) => text.textContent); })""")
    assert outside == []


def test_players_of_rules_step_together_and_mark_the_first_number_that_differs(opened):
    x, y = Value(0.5, "x"), Value(-0.75, "y")
    a = x * y
    output = (a * x).tanh() + a
    a.name, output.name = "a", "L"
    page = opened(play(output, rules=("right", "overwrite", "breadth first")), width=1900)
    tops = page.locator(".agc-player").evaluate_all("(all) => all.map((player) => player.getBoundingClientRect().top)")
    assert len(set(tops)) == 1  # beside one another
    assert page.locator(".leaves input").count() == 0
    seen = []
    for _ in range(int(page.locator(".position").first.get_attribute("max"))):
        page.keyboard.press("PageDown")
        assert len({where.split(",")[1] for where in page.locator(".phase").all_inner_texts()}) == 1
        seen.append([player.locator(".differs").count() for player in page.locator(".agc-player").all()])
    assert seen == sorted(seen)
    assert seen[0] == [0, 0, 0]
    assert seen[-1] == [0, 1, 1]
    told = [line for line in page.locator(".difference.shown").all_inner_texts() if line]
    assert [re.match(r"first differs in step (\d+), ∂L/∂(\w)", line)[2] for line in told] == ["a", "a"] or len(told) == 2
    for line, column in zip(told, (1, 2)):
        assert seen[int(re.search(r"step (\d+)", line)[1]) - 2][column] == 1
        assert seen[int(re.search(r"step (\d+)", line)[1]) - 3][column] == 0
    for rule, player in zip(("right", "overwrite", "breadth first"), page.locator(".agc-player").all()):
        found = backward_pass(output, rule).gradients
        for group in player.locator(".node").all():
            node = ac.topological_order(output)[int(group.get_attribute("data-node"))]
            assert group.locator(".grad").text_content() == f"grad {number_text(found[node])}"
    page.locator(".agc-player").nth(1).focus()
    page.keyboard.press("Home")
    assert {where.split(" of ")[0] for where in page.locator(".phase").all_inner_texts()} == {"Forward, step 1"}
