"""Exercise sheets in Chromium: the page grades as Python does, by itself, with keyboard, screen reader, phone, projector and printer."""

import json
import re

import pytest
from sheet_graphs import functions, network, neuron, patient, regularised

from autograd_core import Value, logsumexp, sheet, sheets
from autograd_core.teaching.reading import evaluated


@pytest.fixture(scope="module")
def lecture():
    L, wrt = neuron()
    return sheet(L, level="named", wrt=wrt, rate=0.1)


def many_operands():
    """Rows on any number of operands."""
    a, b = Value(0.5, "a"), Value(-1.0, "b")
    return logsumexp([a * b, b, a * 2.0]) / (a - b), [a, b]


def answers_to_try(page):
    """Right, rounded, written as formulas, off by each misconception, all of them wrong, none at all."""
    right = list(page.answers.values())
    yield [f"{x:.3g}" for x in right]
    yield [f"{x:.1g}" for x in right]
    yield [""] * len(right)
    yield [f"{-x:.4g}" for x in right]
    yield [f"{1.7 * x + 0.3:.4f}".replace(".", ",") for x in right]
    names = [name for name in page.exercise.called.values() if name.isidentifier()]
    yield [f" {name} · ({name} − 1/3)^2 − {names[0]}" for name in (names * len(right))[: len(right)]]
    yield (["2xy(1-y)", "xw", "sin(x)2", "exp(-z)y^2", "2x", "y(", "1e", "--3", "sin(", "0.5.5", "()"] + ["?"] * len(right))[: len(right)]
    for i in range(0, len(right), 3):  # one mistake, and all that follows as it should be with the right numbers
        for number in list(page.grader.told(i).values())[:3]:
            yield [f"{number:.5g}" if j == i else f"{x:.5g}" for j, x in enumerate(right)]
    yield carried_in_two_figures(page)


def carried_in_two_figures(page):
    """The first number wrong, and all that follows right for it, computed with more figures than are written."""
    kept = {}
    for i, (symbol, formula) in enumerate(zip(page.grader.symbols, page.grader.right)):
        kept[symbol] = evaluated(formula, kept) if i else 1.3 * evaluated(formula, kept)
    return [f"{x:.2g}" for x in kept.values()]


def test_the_page_gives_the_marks_that_python_gives(opened, lecture):
    graphs = [regularised, network, functions, patient, many_operands]
    pages = [lecture, *(sheet(output, level=level, wrt=wrt) for output, wrt in (graph() for graph in graphs) for level in (None, "named"))]
    page = opened(*pages)
    compared = 0
    for i, made in enumerate(pages):
        tried = list(answers_to_try(made))
        got = page.evaluate(
            "([i, tried]) => tried.map((written) => document.querySelectorAll('.agc-sheet')[i].autograd.grade(written)"
            ".map((mark) => [mark.verdict, mark.misconceptions]))", [i, tried])  # fmt: skip
        for written, marks in zip(tried, got):
            expected = [[mark.verdict, list(mark.misconceptions)] for mark in made.check(written).marks]
            assert marks == expected, (made, written)
            compared += len(marks)
    assert compared > 1000


def test_a_student_fills_in_a_sheet_by_keyboard(opened, lecture):
    page = opened(lecture, lecture)  # two copies, as in a notebook that shows it twice
    first = page.locator(".agc-sheet").first
    fields = first.locator("[data-blank]")
    assert fields.count() == 12
    text = first.inner_text()
    assert not [x for x in lecture.answers.values() if not x.is_integer() and f"{abs(x):.4g}" in text]
    assert not first.locator(".reveal").is_visible()
    assert page.get_by_label("derivative of L by w", exact=True).count() == page.get_by_label("value of z", exact=True).count() == 2
    fields.first.focus()
    for answer in ["2", "0,88", "0.0142", "-0.2384", "y*(1-y)", "-0.2384", "2", "-0.4768", "1", "-0.2384"]:
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert first.locator(".result").inner_text() == "9 of 12 points, 2 without an answer"
    assert first.locator(".result").get_attribute("role") == "status"
    assert [line[:20] for line in first.locator(".remarks li").all_inner_texts()] == ["✗ ∂L/∂z: not right. ", "↪ ∂L/∂w, ∂L/∂b: righ"]
    assert "without the local derivative" in first.locator(".remarks").inner_text()
    wrong = page.get_by_label("derivative of L by z", exact=True).first
    assert wrong.get_attribute("aria-invalid") == "true"
    described = page.locator("#" + wrong.get_attribute("aria-describedby")).first
    assert "without the local derivative" in described.locator("[role=img]").get_attribute("aria-label")
    assert page.locator(".agc-sheet").nth(1).locator(".result").inner_text() == ""  # the other copy is a sheet of its own
    wrong.fill("-0.02503")
    assert wrong.get_attribute("aria-invalid") is None
    wrong.press("Enter")
    assert first.locator(".result").inner_text().startswith("8 of 12")  # what was right for the mistake is wrong now
    first.locator(".reveal").click()
    shown = [float(text.replace("−", "-")) for text in first.locator(".answer").all_inner_texts()]
    assert shown == pytest.approx([float(f"{x:.4g}") for x in lecture.answers.values()])
    first.locator(".name").fill("Ada L.")
    with page.expect_download() as download:
        first.locator(".keep").click()
    assert download.value.suggested_filename == "Backpropagation-L-Ada-L-.json"
    saved = json.loads(download.value.path().read_text("utf-8"))
    assert (saved["name"], saved["sheet"], saved["answers"]["∂L/∂z"]) == ("Ada L.", lecture.title, "-0.02503")
    assert lecture.check(saved["answers"]).points == 8


def test_the_wrong_number_is_found_in_the_page(opened):
    L, wrt = neuron()
    hunt = sheet(L, blanks="wrong number", level="named", wrt=wrt, seed=5)
    page = opened(hunt)
    page.locator("select").first.select_option(hunt.planted.cell.key)
    page.locator("input[data-blank]").fill(f"{hunt.planted.cell.number:.3g}")
    page.locator("select").last.select_option(index=1)
    page.click(".check")
    chosen = page.locator("select").last.input_value()
    expected = hunt.check(
        {"the first wrong number": hunt.planted.cell.key, "what is right there": hunt.planted.cell.number, "what went wrong": chosen}
    )
    assert page.locator(".result").inner_text() == f"{expected.points:g} of 3 points"
    page.click(".reveal")
    assert page.locator(".answer").first.inner_text() == hunt.planted.cell.key


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_sheets_fit_phones_projectors_and_one_sheet_of_paper(opened, resized, tmp_path):
    L, wrt = neuron()
    R, both = regularised()
    forms = [
        sheet(output, form, level="named", wrt=leaves)
        for form in ("tables", "derivation", "picture")
        for output, leaves in ((L, wrt), (R, both))
    ]
    for i, made in enumerate(forms):
        page = opened(made, width=390)
        for width in (390, 1920) if i == 0 else (390,):
            resized(page, width, 800)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for field in page.locator("[data-blank]").all():
                box = field.bounding_box()
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
        assert pages_of(page.pdf(prefer_css_page_size=True)) == 1
    for output, leaves in ((L, wrt), (R, both)):
        answers = sheet(output, level="named", wrt=leaves, rate=0.1).save(tmp_path / "answers.html", answers=True)
        page.set_content(answers.read_text("utf-8"))
        assert pages_of(page.pdf(prefer_css_page_size=True)) == 1
    group = sheets("z = w*x + b; L = (z - 1)**2", 3, level="named")
    folder = group.save(tmp_path / "week")
    page = opened(group[0])
    for name, count in (("print.html", 3), ("answers.html", 2)):
        page.set_content((folder / name).read_text("utf-8"))
        assert pages_of(page.pdf(prefer_css_page_size=True)) == count


def test_without_scripts_it_is_a_sheet_to_print(opened, lecture):
    page = opened(lecture, java_script_enabled=False)
    assert page.locator("[data-blank]").count() == 12
    assert not page.locator(".check").is_visible()
