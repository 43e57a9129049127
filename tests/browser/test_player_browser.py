"""The step player in Chromium: what a reader clicks, types and sees is what the engine computes."""

import math
import re

import pytest
from player_pages import expected_captions, lecture

import autograd_core as ac
from autograd_core import Value, play, steps
from autograd_core.formulas.typesetting import number_text


def shared(x=0.5, y=-1.5):
    x, y = Value(x, "x"), Value(y, "y")
    z = ac.dot([x, y, x], [y, 0.5, 3.0], x).tanh()
    return ac.maximum(z * z, y) / 7e5 + ac.logsumexp([z, x, 0.25]) * x ** 3 - 2 * x * 4


def logarithm(x=1.0):
    return Value(x, "x").log() * 1e8 + 1


def refusal(make, x):
    with pytest.raises(ac.DomainError) as caught:
        make(x)
    return str(caught.value)


def phase(page):
    return page.locator(".phase").inner_text()


def captions(page):
    return [page.locator(f".{part}").inner_text() for part in ("phase", "symbols", "numbers")]


def shown(page, part):
    """What the boxes of the picture say, by node."""
    groups = page.locator(".node:not(.constant)").all()
    return {int(group.get_attribute("data-node")): group.locator(f".{part}").text_content() for group in groups}


def numbers_of(page):
    return page.evaluate("document.querySelector('.agc-player').autograd.nodes.map((node) => [node.data, node.grad])")


def engine_numbers(output):
    totals = {step.node: step.total for step in steps(output).backward}
    return [(node.data, totals.get(node)) for node in ac.topological_order(output)]


def assert_agrees_with_the_engine(page, output):
    """All numbers to 1e-12, and what is shown to the digits shown."""
    for (data, grad), (value, total) in zip(numbers_of(page), engine_numbers(output), strict=True):
        assert math.isclose(data, value, rel_tol=1e-12)
        assert total is None or math.isclose(grad, total, rel_tol=1e-12, abs_tol=1e-15) or (math.isnan(grad) and math.isnan(total))
    page.click(".last")
    record = steps(output)
    index = {node: i for i, node in enumerate(ac.topological_order(output))}
    assert shown(page, "data") == {index[step.node]: f"data {number_text(step.value)}" for step in record.forward}
    assert shown(page, "grad") == {index[step.node]: f"grad {number_text(step.total)}" for step in record.backward}


def without_brackets(text):
    return re.sub("[()]", "", text)


@pytest.mark.parametrize("make", [lecture, shared, logarithm], ids=lambda make: make.__name__)
def test_every_frame_says_what_the_records_say_forth_and_back(opened, make):
    page = opened(play(make()))
    expected = list(expected_captions(make()))
    assert captions(page) == list(expected[0])
    page.click(".first")
    for moves in (".next", ".back"):
        for i, (where, symbols, numbers) in enumerate(expected):
            got = captions(page)
            assert [got[0], without_brackets(got[1])] == [where, without_brackets(symbols)]  # test_player.py tests the brackets
            assert got[2].endswith(numbers) if where.startswith("Forward") else got[2] == numbers
            assert page.locator(".node.now").count() in (1, 2, 3)
            if i < len(expected) - 1:
                page.click(moves)
        page.click(moves)  # at the end it stays
        assert captions(page)[0] == where
        expected.reverse()
    page.click(".last")
    assert list(map(without_brackets, captions(page))) == list(map(without_brackets, expected[-1]))


def test_a_forward_frame_puts_the_numbers_into_the_formula(opened):
    page = opened(play(Value(-2.0, "x") * 3 - 1))
    page.click(".next")
    assert captions(page)[1:] == ["v1 = x * 3", "(-2) * 3 = -6"]
    assert shown(page, "data") == {0: "data -2", 2: "data -6", 4: "data ?"}
    page.click(".next")
    assert captions(page)[1:] == ["v2 = v1 - 1", "(-6) - 1 = -7"]
    page.locator("[data-leaf]").fill("0")
    assert captions(page)[1:] == ["v2 = v1 - 1", "0 - 1 = -1"]
    page.locator("[data-leaf]").fill("-0")
    assert captions(page)[1:] == ["v2 = v1 - 1", "(-0) - 1 = -1"]


def test_gradients_appear_as_they_are_summed(opened):
    x = Value(3.0, "x")
    page = opened(play(x * x))
    seen = []
    for _ in range(5):
        seen.append((shown(page, "grad")[0], page.locator(".edge.now").count(), page.locator(".edge text").all_text_contents()))
        page.click(".next")
    forward = [("grad", 0, ["", ""]), ("grad", 2, ["", ""])]
    assert seen == [*forward, ("grad", 0, ["", ""]), ("grad 3", 1, ["3", ""]), ("grad 6", 1, ["3", "3"])]


def test_the_keyboard_moves_it(opened):
    page = opened(play(lecture()))
    page.focus(".agc-player")
    for key, where in [("Right", 2), ("Right", 3), ("Left", 2), ("End", 14), ("Right", 14), ("Home", 1), ("Left", 1)]:
        page.keyboard.press(f"Arrow{key}" if key in ("Right", "Left") else key)
        assert f"step {where}" in phase(page)
    page.click(".next")  # the arrows also work while a button has the focus, and where the slider has it
    page.keyboard.press("ArrowRight")
    assert "step 3" in phase(page)
    page.focus(".position")
    page.keyboard.press("ArrowRight")
    assert "step 4" in phase(page)
    page.focus(".leaves input")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "step 4" in phase(page)


def test_the_slider_moves_it(opened):
    page = opened(play(lecture()))
    slider = page.locator(".position")
    for position in (7, 0, 13):
        slider.fill(str(position))
        assert f"step {position + 1}" in phase(page)
    page.click(".back")
    assert slider.input_value() == "12"
    assert "∂" in slider.get_attribute("aria-valuetext")


def test_play_and_pause(opened):
    page = opened(play(lecture()))
    page.clock.install()
    page.reload()
    page.click(".play")
    assert page.locator(".play").get_attribute("aria-label") == "Pause"
    page.clock.run_for(2 * 900 + 50)
    assert "step 3" in phase(page)
    page.focus(".agc-player")
    page.keyboard.press(" ")
    page.clock.run_for(5000)
    assert "step 3" in phase(page)
    page.keyboard.press(" ")
    page.clock.run_for(900 * 20)
    assert "step 14" in phase(page)
    assert page.locator(".play").get_attribute("aria-label") == "Play"
    page.click(".play")  # from the end it starts again
    assert "step 1" in phase(page)
    page.click(".next")  # a hand on the controls stops it
    page.clock.run_for(5000)
    assert "step 2" in phase(page)


def test_one_can_jump_to_a_node(opened):
    output = lecture()
    page = opened(play(output))
    for name in ("L", "w", "y"):
        page.locator(".jump").select_option(label=name)
        assert captions(page)[1].split(" = ")[0] in (name, "given: w, x, b")
        assert page.locator(".jump option:checked").inner_text() == name
    order = ac.topological_order(output)
    page.click(".last")
    page.locator(f'[data-node="{order.index(output)}"]').click()
    assert captions(page)[1] == "L = v3 ** 2"
    constant = page.locator(".node.constant")
    constant.click()  # nothing happens at a constant
    assert captions(page)[1] == "L = v3 ** 2"
    assert page.locator(".jump option:checked").inner_text() == "L"


@pytest.mark.parametrize(("make", "leaf", "number"), [
    (lecture, "w", "-0.75"), (lecture, "w", "1e3"), (shared, "x", "1.25"), (shared, "x", "-3e-7"), (shared, "y", "0"),
    (logarithm, "x", "0.0009765625"), (logarithm, "x", "12345678.9"),
])  # fmt: skip
def test_a_new_value_of_a_leaf_gives_the_engines_numbers(opened, make, leaf, number):
    page = opened(play(make()))
    assert_agrees_with_the_engine(page, make())
    where = phase(page)
    page.locator(f'[data-name="{leaf}"]').fill(number)
    assert phase(page) == where
    assert_agrees_with_the_engine(page, make(**{leaf: float(number)}))
    assert page.locator(".problem").inner_text() == ""


def test_a_bad_value_says_so_and_loses_nothing(opened):
    page = opened(play(lecture()))
    field, problem = page.locator('[data-name="w"]'), page.locator(".problem")
    for text in ("", "  ", "abc", "1,5", "-", "inf"):
        field.fill(text)
        assert problem.inner_text() == "w needs a number"
        assert_agrees_with_the_engine(page, lecture())
        assert field.input_value() == text
    field.fill("-1.5")
    assert problem.inner_text() == ""
    assert_agrees_with_the_engine(page, lecture(w=-1.5))


def test_a_value_outside_the_domain_says_where(opened):
    page = opened(play(logarithm()))
    field, problem = page.locator('[data-name="x"]'), page.locator(".problem")
    field.fill("-1")
    assert problem.inner_text() == refusal(logarithm, -1.0)  # the engine's own sentence
    assert page.locator(".result").inner_text() == "v3 = nan"
    field.fill("0")
    assert problem.inner_text() == refusal(logarithm, 0.0)
    field.fill("2")
    assert problem.inner_text() == ""
    assert_agrees_with_the_engine(page, logarithm(x=2.0))


@pytest.mark.parametrize("flat", [lambda y: y * 0, lambda y: (y - 9.0).relu(), lambda y: ac.maximum(y, 9.0)], ids=["computed", "relu", "maximum"])
def test_a_chosen_zero_cuts_the_path_and_a_computed_one_beside_infinity_is_nan(opened, flat):
    def root(x=0.0):
        x = Value(x, "x")
        return flat(x.sqrt()) + x * x

    page = opened(play(root()))
    assert_agrees_with_the_engine(page, root())
    page.locator('[data-name="x"]').fill("4")
    assert_agrees_with_the_engine(page, root(4.0))
    page.locator('[data-name="x"]').fill("0")
    assert_agrees_with_the_engine(page, root())


def test_leaves_that_are_nan_or_infinite_are_shown_and_not_blamed_on_others(opened):
    x, y, z = Value(math.inf, "x"), Value(math.nan, "y"), Value(1.0, "z")
    page = opened(play(ac.dot([x, y], [z, z])))
    page.click(".last")
    assert [shown(page, "data")[i] for i in (0, 1, 2, 4)] == ["data inf", "data nan", "data 1", "data nan"]
    page.locator('[data-name="z"]').fill("2")
    assert page.locator(".problem").inner_text() == ""


def test_two_players_do_not_disturb_each_other(opened):
    player = play(shared())
    page = opened(play(lecture()), player, player)  # the last two have the same id, as when an output is shown twice
    first, second, third = (page.locator(".agc-player").nth(i) for i in range(3))
    second.locator(".next").click()
    second.locator('[data-name="x"]').fill("0.75")
    third.locator(".last").click()
    assert "step 1" in first.locator(".phase").inner_text()
    assert "step 2 of" in second.locator(".phase").inner_text()
    assert "Backward" in third.locator(".phase").inner_text()
    assert second.locator('[data-node="0"] .data').text_content() == "data 0.75"
    assert third.locator('[data-node="0"] .data').text_content() == "data 0.5"
