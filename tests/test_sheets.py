"""Answers to exercise sheets: right ones are those of the engine, wrong ones are told apart, and every misconception is recognised by its numbers."""

import math
import random

import pytest
from sheet_graphs import functions, network, neuron, patient, regularised

from autograd_core import Value, play, sheet, sin
from autograd_core.derivatives.misconceptions import RULES, backward_pass
from autograd_core.teaching.forms import FORMS
from autograd_core.teaching.grading import VERDICTS

GRAPHS = [neuron, regularised, network, patient, functions, lambda: patient(3.0, 1.0)]


@pytest.fixture(scope="module")
def lecture():
    L, wrt = neuron()
    return sheet(L, level="named", wrt=wrt)


# -- what is right ----------------------------------------------------------------------------------------------------
def test_the_neuron_of_the_lecture_has_its_figures():
    L, wrt = neuron()
    answers = sheet(L, level="named", wrt=wrt, rate=0.1).answers
    expected = {
        "z": 2.0, "y": 0.8807970779778823, "L": 0.01420933661861107, "∂L/∂y": -0.23840584404423537, "∂y/∂z": 0.10499358540350662,
        "∂L/∂z": -0.025031084347353506, "∂z/∂w": 2.0, "∂L/∂w": -0.05006216869470701, "∂z/∂b": 1.0, "∂L/∂b": -0.025031084347353506,
        "new w": 0.5050062168694707, "new b": 1.0025031084347353,
    }  # fmt: skip
    assert list(answers) == list(expected)
    assert answers == pytest.approx(expected, rel=1e-14, abs=0.0)


@pytest.mark.parametrize("level", [None, "named"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_right_answers_are_the_engine_s_gradients_and_get_all_points(graph, level):
    L, wrt = graph()
    page = sheet(L, level=level, wrt=wrt)
    L.backward()
    for leaf in wrt:
        assert page.answers[f"∂{L.name}/∂{leaf.name}"] == pytest.approx(leaf.grad, rel=1e-14, abs=0.0)
    grade = page.check(page.answers)
    assert (grade.points, grade.misconceptions) == (len(page.answers), {})
    for digits in (3, 2):  # as a student rounds
        grade = page.check([f"{x:.{digits}g}" if abs(x) < 10 ** (digits - 1) else f"{x:.{digits}f}" for x in page.answers.values()])
        assert {mark.verdict for mark in grade.marks} <= {"right", "rough"}  # 0.0 of 0.0004 is one figure
        assert digits == 2 or grade.points == len(page.answers)


# -- what is wrong ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("graph", GRAPHS)
def test_each_misconception_about_a_step_is_named_at_each_blank_where_it_makes_a_difference(graph):
    L, wrt = graph()
    page = sheet(L, level="named", wrt=wrt, rate=0.5)
    grader = page.grader
    tried = 0
    for i, key in enumerate(page.answers):
        for name, number in grader.told(i).items():
            mark = page.check({**page.answers, key: number}).marks[i]
            assert mark.verdict == "wrong", (key, name)
            assert name in mark.misconceptions
            assert RULES[name].does in mark.remark
            alike = {other for other, x in grader.told(i).items() if math.isclose(x, number)}
            assert alike <= set(mark.misconceptions)  # all that give this number
            tried += 1
    assert tried > 20


# Where each rule shows in a whole pass.
SHOWS = {name: {patient, functions, regularised, neuron} for name in RULES if name != "right"} | {
    "merged equal nodes": {GRAPHS[-1]}, "updated weight": {network, patient}, "overwrite": {patient, regularised},
}  # fmt: skip
OF_VALUES = {"took a product for a sum", "left out the function", "went uphill", "forgot the learning rate"}  # right in a backward pass


@pytest.mark.parametrize("rule", [name for name in SHOWS if name not in OF_VALUES])
def test_the_numbers_of_each_wrong_pass_are_recognised(rule):
    """The student's numbers are those of the variant of the engine, from the output to the leaves."""
    recognised = 0
    for graph in SHOWS[rule]:
        L, wrt = graph()
        page = sheet(L, wrt=wrt, rate=0.5)
        wrong = backward_pass(L, rule, rate=0.5, parameters=wrt)
        answers = {}
        for cell in page.choice.asked:
            kind, node, consumer, position = cell.place
            if kind == "gradient":
                answers[cell.key] = wrong.gradients[node]
            elif kind == "update":
                answers[cell.key] = node.data - 0.5 * wrong.gradients[node]
            elif kind != "value":
                (term,) = [term for term in wrong.terms if term[:3] == (node, consumer, position)]
                answers[cell.key] = term.local if kind == "local" else term.contribution
            else:
                answers[cell.key] = cell.number
        grade = page.check(answers)
        recognised += rule in grade.misconceptions
        assert grade.points == grade.out_of or grade.misconceptions
    assert recognised


def test_mistakes_of_values_and_of_the_step_are_recognised():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt, rate=0.1)
    wrong = {"z": 3.5, "y": 2.0, "new w": 0.5 - 0.1 * 0.0500622, "new b": 1.0 + 0.0250311}
    named = {mark.key: mark.misconceptions for mark in page.check({**page.answers, **wrong}).marks if mark.misconceptions}
    assert named == {
        "z": ("took a product for a sum",),
        "y": ("left out the function",),
        "new w": ("went uphill",),
        "new b": ("forgot the learning rate",),
    }
    x = Value(2.0, "x")
    assert sheet(sin(x * x), names={"a": x}).check({"v2": math.sin(math.radians(4.0))}).marks[1].misconceptions == ("degrees",)


def test_two_misconceptions_with_the_same_number_are_both_named():
    L, wrt = regularised()
    page = sheet(L, level="named", wrt=wrt)
    (mark,) = [m for m in page.check({**page.answers, "∂L_reg/∂w": "0.05"}).marks if m.verdict == "wrong"]
    assert mark.misconceptions == ("forgot a path",)
    (mark,) = [m for m in page.check({**page.answers, "∂L_reg/∂w": "-0.02503"}).marks if m.verdict == "wrong"]
    assert {"overwrite", "forgot the first path"} <= set(mark.misconceptions)
    assert "overwrote" in mark.remark
    assert "left out the first" in mark.remark


def test_a_wrong_number_is_carried_forward():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt, rate=0.1)
    y = 0.95  # wrong: sigmoid(2) is 0.88; all that follows is right for it
    up, slope = 2 * (y - 1), y * (1 - y)
    z = up * slope
    grade = page.check([2, y, (y - 1) ** 2, up, slope, z, 2, 2 * z, 1, z, 0.5 - 0.1 * 2 * z, 1 - 0.1 * z])
    verdicts = {mark.key: mark.verdict for mark in grade.marks}
    assert [key for key, verdict in verdicts.items() if verdict == "wrong"] == ["y"]
    assert [key for key, verdict in verdicts.items() if verdict == "right"] == ["z", "∂z/∂w", "∂z/∂b"]
    assert set(verdicts.values()) == {"right", "wrong", "carried"}
    assert grade.points == 11
    answers = [mark.answer for mark in grade.marks]
    both = page.check({**dict(zip(page.answers, answers[:-2])), "∂L/∂w": -up * slope * 2})  # a second mistake, on top of the first
    assert {mark.key: mark.misconceptions for mark in both.marks if mark.verdict == "wrong"} == {"y": (), "∂L/∂w": ("sign",)}
    left_out = page.check({"z": 1.0, "y": "0.731"})  # what is not answered is computed from what is
    assert [mark.verdict for mark in left_out.marks[:3]] == ["wrong", "carried", "empty"]
    for between in ("", "?"):  # what follows from a mistake is no right answer, whatever stands in the blanks between
        verdicts = [mark.verdict for mark in page.check({"z": 1.0, "y": between, "L": "0.0723"}).marks[:3]]
        assert verdicts == ["wrong", "unreadable" if between else "empty", "carried"]


def test_a_mistake_costs_its_points_once_also_for_those_who_write_fewer_figures_than_they_keep():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt)
    y = 1 / (1 + math.exp(-2.5))  # z = 2.5 is the mistake; 0.92 is written, and 0.9241 kept
    up, slope = 2 * (y - 1), y * (1 - y)
    hand = [2.5, y, (y - 1) ** 2, up, slope, up * slope, 2, 2 * up * slope, 1, up * slope]
    verdicts = [mark.verdict for mark in page.check([f"{x:.2g}" for x in hand]).marks]
    assert verdicts == ["wrong", *["carried"] * 5, "right", "carried", "right", "carried"]


def test_a_carried_number_goes_through_what_the_sheet_does_not_ask_for():
    L, wrt = neuron()
    page = sheet(L, "derivation", "contributions", level=None, wrt=wrt)
    assert "∂v1/∂w" not in page.answers
    wrong = {**page.answers, "∂L/∂z": 0.5, "∂L/∂v1": 0.5, "∂L/∂w": 1.0, "∂L/∂b": "1/2"}
    assert [mark.verdict for mark in page.check(wrong).marks] == ["right", "right", "wrong", "carried", "carried", "carried"]


def test_a_calculation_by_hand_with_two_or_three_figures_gets_all_points():
    """The lecture's own numbers for C10, rounded again at each step; some of them are 3 % off."""
    hand = {
        "z1": "0.9", "z2": "0.85", "h1": "0.711", "h2": "0.701", "z": "1.359", "out": "0.796", "L": "0.0208", "∂L/∂out": "-0.204",
        "∂out/∂z": "0.162", "∂L/∂z": "-0.033", "∂z/∂v1": "0.711", "∂z/∂v2": "0.701", "∂L/∂v1": "-0.023", "∂L/∂v2": "-0.023", "∂z/∂h1": "0.7",
        "∂z/∂h2": "0.8", "∂L/∂h1": "-0.0231", "∂L/∂h2": "-0.0264", "∂h1/∂z1": "0.205", "∂h2/∂z2": "0.210", "∂L/∂z1": "-0.0047",
        "∂L/∂z2": "-0.0055", "∂L/∂b": "-0.033", "new v1": "0.7115", "new v2": "0.8115", "new b": "0.3165",
    }  # fmt: skip
    L, wrt = network()
    grade = sheet(L, level="named", wrt=wrt, rate=0.5).check(hand)
    assert {mark.verdict for mark in grade.marks if mark.answer} == {"right"}
    assert grade.points == len(hand)


# -- how answers are written ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "verdict"),
    [("0.10499", "right"), ("0,105", "right"), (".105", "right"), ("0.10", "right"), ("0.1", "rough"), ("10.5e-2", "right"), ("21/200", "right"),
     ("y*(1-y)", "right"), ("y · (1 − y)", "right"), ("y - y^2", "right"), ("y-y²", "right"), ("σ(z)*(1 - σ(z))", "right"), ("exp(-z)*y**2", "right"),
     ("∂y/∂z = 0.105", "right"), ("≈ 0.105", "right"), ("y", "wrong"), ("0.11", "wrong"), ("0", "wrong"), ("-0.105", "wrong"), ("1,05", "wrong"),
     ("", "empty"), ("  ", "empty"), (None, "empty"), ("y(1-y)", "right"), ("y (1−y)", "right"), ("y - yy", "right"), ("(y)(1-y)", "right"), ("2y", "wrong"),
     ("1/2 2y (1-y)", "unreadable"), ("1 2", "unreadable"), ("q", "unreadable"), ("y*(1-", "unreadable"), ("1/0", "unreadable"),
     ("__import__('os')", "unreadable"), ([1], "unreadable"), (0.105, "right")],
)  # fmt: skip
def test_an_answer_may_be_written_in_many_ways(lecture, written, verdict):
    (mark,) = [mark for mark in lecture.check({"∂y/∂z": written}).marks if mark.key == "∂y/∂z"]
    assert mark.verdict == verdict
    assert mark.points == VERDICTS[verdict][1]
    assert mark.note or verdict != "unreadable"


def test_a_right_formula_is_right_even_where_an_earlier_number_is_wrong():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt)
    marks = {mark.key: mark.verdict for mark in page.check({"y": "0.5", "∂y/∂z": "y*(1-y)", "∂L/∂z": "∂L/∂y * ∂y/∂z"}).marks}
    assert (marks["y"], marks["∂y/∂z"], marks["∂L/∂z"]) == ("wrong", "right", "right")


def test_no_blank_is_answered_by_its_own_name_or_by_a_later_one():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt)
    given = {"y": "y", "L": "L", "∂y/∂z": "∂L/∂z / ∂L/∂y", "∂L/∂w": "∂L/∂w"}
    marks = {mark.key: mark.verdict for mark in page.check(given).marks if mark.key in given}
    assert marks == dict.fromkeys(given, "unreadable")


def test_names_that_are_no_variables_may_stand_in_formulas():
    w = [Value(2.0, "w[0]"), Value(3.0, "ŵ")]
    L = w[0] * w[1]
    L.name = "L"
    assert sheet(L).check(["6", "ŵ", "w[0]*1"]).points == 3


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_a_text_and_no_markup(form):
    x = Value(2.0, '<b>"&')
    L = x * x
    L.name = "</script><i>"
    page = sheet(L, form, blanks="contributions")
    for text in (page.html, page.fragment(answers=True)):
        assert "<i>" not in text
        assert '<b>"' not in text
        assert text.count("</script>") == text.count("<script>")
    assert page.check([2, "<b>\"&", 4]).points == 3


def test_half_a_character_in_a_name_or_a_title_is_a_question_mark_in_a_page(tmp_path):
    x = Value(2.0, "\ud800")
    for i, page in enumerate([sheet(x * 3.0), sheet(Value(2.0, "x") * 3.0, title="\udfff"), play(x * 3.0), play(Value(2.0) * 3.0, title="\ud800")]):
        assert "?" in page.save(tmp_path / f"{i}.html").read_text(encoding="utf-8")


def test_blanks_are_found_by_their_names():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt)
    assert page.check({"dL/dw": "-0.0501"}).points == page.check({"∂L/∂w": "-0.0501"}).points == 1
    with pytest.raises(ValueError, match=r"no blank 'dL/dx', but 'z', 'y'"):
        page.check({"dL/dx": 1})
    with pytest.raises(ValueError, match="a list of 10"):
        page.check([1, 2])


@pytest.mark.parametrize("text", ["1e999", "-1e5000000000", "x" * 100_000, "x" * 40 + "q", "9" * 5000, "-" * 5000 + "1", "1+" * 5000 + "1", "(" * 5000, "2**99999"])
def test_an_answer_of_any_size_is_wrong_and_no_accident(text):
    x = Value(2.0, "x")
    page = sheet(x * Value(3.0, "xx") * Value(5.0, "xxx"))
    assert page.check([text] * len(page.answers)).points == 0
    assert page.check(["xx xxx"] + [None] * (len(page.answers) - 1)).points == page.check(["xxxxx"] + [None] * (len(page.answers) - 1)).points


def test_answers_at_random_never_break_the_grader():
    draw = random.Random(1)
    L, wrt = functions()
    page = sheet(L, wrt=wrt)
    for _ in range(30):
        written = ["".join(draw.choices("0123456789.,-+*/^()=xyzuve ²σ", k=draw.randrange(8))) for _ in page.answers]
        grade = page.check(written)
        assert len(grade.marks) == len(page.answers)
        assert 0 <= grade.points <= grade.out_of
