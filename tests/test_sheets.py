"""Exercise sheets: right answers are those of the engine, wrong ones are told apart, and every misconception is recognised by its numbers."""

import json
import math
import random
import re

import pytest
from sheet_graphs import functions, network, neuron, patient, regularised

from autograd_core import Value, sheet, sheets, sin, sqrt
from autograd_core.derivatives.misconceptions import RULES, backward_pass
from autograd_core.teaching.exercise import BLANKS
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
    assert answers == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("level", [None, "named"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_right_answers_are_the_engine_s_gradients_and_get_all_points(graph, level):
    L, wrt = graph()
    page = sheet(L, level=level, wrt=wrt)
    L.backward()
    for leaf in wrt:
        assert page.answers[f"∂{L.name}/∂{leaf.name}"] == pytest.approx(leaf.grad, rel=1e-14)
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


def test_blanks_are_found_by_their_names():
    L, wrt = neuron()
    page = sheet(L, level="named", wrt=wrt)
    assert page.check({"dL/dw": "-0.0501"}).points == page.check({"∂L/∂w": "-0.0501"}).points == 1
    with pytest.raises(ValueError, match=r"no blank 'dL/dx', but 'z', 'y'"):
        page.check({"dL/dx": 1})
    with pytest.raises(ValueError, match="a list of 10"):
        page.check([1, 2])


# -- which blanks -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("blanks", [kind for kind in BLANKS if kind != "wrong number"])
@pytest.mark.parametrize("form", FORMS)
def test_each_form_has_a_place_for_each_blank_once_and_does_not_give_it_away(form, blanks):
    for graph in (neuron, regularised, patient):
        L, wrt = graph()
        page = sheet(L, form, blanks, wrt=wrt, seed=4)
        text = page.html
        assert sorted(map(int, re.findall(r'data-blank="(\d+)"', text))) == list(range(len(page.answers)))
        assert len(re.findall("<input id", text)) == len(page.answers)
        seen = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)
        assert "http" not in seen.replace("http://www.w3.org/2000/svg", "")
        printed = set(re.findall(r"\d+\.\d+", re.sub("<[^>]*>", " ", seen)))
        known = [*(cell.number for cell in page.choice.shown), *(leaf.data for leaf in page.exercise.leaves), 0.5]  # of 0.5 * (y - t)
        assert printed <= {f"{abs(x):.4g}" for x in known}


def test_blanks_are_drawn_with_the_seed():
    L, wrt = network()

    def keys(**options):
        return list(sheet(L, level="named", wrt=wrt, **options).answers)

    assert keys(count=5, seed=1) == keys(count=5, seed=1) != keys(count=5, seed=2)
    assert len(keys(count=5)) == 5
    assert keys(blanks="nodes", seed=1) != keys(blanks="nodes", seed=2)
    assert keys(blanks="values") == ["z1", "h1", "z2", "h2", "z", "out", "L"]
    assert keys(blanks="local derivatives")[:3] == ["∂L/∂out", "∂out/∂z", "∂z/∂v1"]
    assert keys(blanks="contributions")[:3] == ["∂L/∂out", "∂L/∂z", "∂L/∂v1"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"form": "essay"}, "form is one of 'tables'"), ({"blanks": "some"}, "blanks is one of 'values'"), ({"count": 99}, "count of the blanks of this kind is a whole number from 1 to 10, not"),
     ({"wrt": [Value(1.0)]}, "no leaf of the graph, which has w, x, b")],
)  # fmt: skip
def test_what_a_sheet_cannot_be_is_refused(options, message):
    L, wrt = neuron()
    with pytest.raises(ValueError, match=message):
        sheet(L, **{"level": "named", "wrt": wrt, **options})


def test_a_leaf_and_a_graph_too_large_for_a_person_are_refused():
    with pytest.raises(ValueError, match="give it the result of some operations"):
        sheet(Value(1.0))
    x = Value(1.0)
    for _ in range(80):
        x = x * 1.1
    with pytest.raises(ValueError, match="more than the 150 of a sheet"):
        sheet(x)
    zero = Value(0.0, "x")
    with pytest.raises(ValueError, match="∂v2/∂v1 is inf there, which nobody can fill in"):
        sheet(sqrt(zero * zero))
    with pytest.raises(ValueError, match=r"saved as \.html"):
        sheet(*neuron()[:1]).save("sheet.pdf")


# -- find the wrong number --------------------------------------------------------------------------------------------
def test_one_wrong_number_is_printed_and_all_that_follow_are_right_for_it():
    L, wrt = neuron()
    found = set()
    for seed in range(12):
        page = sheet(L, blanks="wrong number", level="named", wrt=wrt, seed=seed)
        planted = page.planted
        whole = sheet(L, level="named", wrt=wrt)
        printed = {cell.key: planted.numbers[cell.place] for cell in planted.cells}
        verdicts = {mark.key: mark.verdict for mark in whole.check(printed).marks}
        assert [key for key, verdict in verdicts.items() if verdict == "wrong"] == [planted.cell.key]
        assert page.check(page.answers | {"what went wrong": planted.accepted[0]}).points == 3
        assert (
            page.check(
                {"the first wrong number": planted.cell.key.replace("∂", "d"), "what is right there": f"{planted.cell.number:.3g}"}
            ).points
            == 2
        )
        assert page.check(["nothing", 77.0, "nothing"]).points == page.check({}).points == 0
        assert set(planted.accepted) <= set(planted.reasons)
        found.add((planted.cell.key, planted.accepted[0]))
    assert len(found) > 6


# -- pages ------------------------------------------------------------------------------------------------------------
def test_the_answer_page_has_what_the_sheet_asks_for(tmp_path):
    L, wrt = regularised()
    page = sheet(L, level="named", wrt=wrt)
    text = page.save(tmp_path / "answers.html", answers=True).read_text("utf-8")
    assert "<input" not in text
    assert "<script" not in text
    for number in page.answers.values():
        assert f"{number:.4g}".replace("-", "−") in text
    assert "overwrite, forgot the first path" in text  # what a wrong number tells
    assert repr(page) == "<sheet 'Backpropagation: L_reg' with 18 blanks>"
    assert page._repr_html_() != page._repr_html_()  # two copies in one notebook have ids of their own


# -- numbers that hide a mistake --------------------------------------------------------------------------------------
def of_ones(w=1.0, x=-1.0):
    y = Value(w, "w") * Value(x, "x") + Value(2.0, "b")
    y.name = "y"
    return (y - 3.0) ** 2


def test_where_a_mistake_gives_the_right_number_by_chance_is_known(tmp_path):
    page = sheet(of_ones())
    assert page.alike == {"∂v1/∂x": ("forgot the other factor",), "∂v3/∂x": ("forgot the local derivative",)}
    assert sheet(of_ones(1.5, -0.7)).alike == {}
    for key, names in page.alike.items():  # the mistake by itself gets the point, and that is all that a sheet can say
        i = [cell.key for cell in page.choice.asked].index(key)
        for name in names:
            assert page.grader.would_be(i).get(name, page.answers[key]) == pytest.approx(page.answers[key])
    text = page.save(tmp_path / "answers.html", answers=True).read_text("utf-8")
    assert "the right number, too: forgot the other factor" in text
    assert "the right number, too" not in sheet(of_ones(1.5, -0.7)).fragment(answers=True)


def test_blanks_that_are_drawn_tell_mistakes_apart_while_there_are_such():
    page = sheet(of_ones())
    for seed in range(20):
        assert set(sheet(of_ones(), count=5, seed=seed).answers).isdisjoint(page.alike)
    assert len(sheet(of_ones(), count=len(page.answers)).answers) == len(page.answers)


def test_the_numbers_of_a_class_tell_mistakes_apart_where_they_can():
    group = sheets("y = w*x + b; L = (y - 3)**2", 6, seed=2, ranges={"w": [1, -1, 1.5], "x": [1, -1, 0.8], "b": [0.7, 0.3, -0.4]})
    assert [page.alike for page in group] == [{}] * 6
    assert all(page.alike for page in sheets("L = w*x", 2, ranges={"w": 1, "x": [1, 2]}))  # it cannot be had with these


# -- a class ----------------------------------------------------------------------------------------------------------
def by_function(w, x, b):
    z = w * x + b
    z.name = "z"
    return z.sigmoid().log()


@pytest.mark.parametrize(
    ("template", "ranges"),
    [("z = w*x + b; y = sigmoid(z); L = (y - 1)**2", {"x": (1, 3)}), (by_function, {"b": 0.5}), (neuron()[0], {})],
    ids=["text", "function", "output"],
)
def test_each_student_has_clear_numbers_of_its_own(template, ranges):
    group = sheets(template, 5, seed=3, ranges=ranges, wrt=["w", "b"])
    points = [tuple(leaf.data for leaf in page.exercise.leaves) for page in group]
    assert len(set(points)) == len(group) == 5
    assert points == [
        tuple(leaf.data for leaf in page.exercise.leaves) for page in sheets(template, 5, seed=3, ranges=ranges, wrt=["w", "b"])
    ]
    for page in group:
        assert all(math.isfinite(x) and (x == 0 or 0.001 <= abs(x) < 10_000) for x in page.answers.values())
        for i, number in enumerate(page.answers.values()):
            distances = [abs(x - number) / abs(number) for x in page.grader.would_be(i).values() if number]
            assert all(d < 1e-9 or d > 0.05 for d in distances)
        L = page.exercise.output
        L.backward()
        for leaf in page.exercise.wrt:
            assert page.answers[f"∂{page.exercise.called[L]}/∂{leaf.name}"] == pytest.approx(leaf.grad)
            assert round(leaf.data, 2) == leaf.data
    if "x" in ranges:
        assert all(1 <= page.exercise.leaves[1].data <= 3 for page in group)


def test_logarithms_and_roots_get_numbers_in_their_domain():
    for page in sheets("u = log(x); L = sqrt(u + y)", 4, seed=0):
        assert page.check(page.answers).points == len(page.answers)
    with pytest.raises(ValueError, match=r"no clear numbers were found in 300 attempts: give ranges= for x"):
        sheets("L = log(x)**2", 1, ranges={"x": (-3, -1)})


def test_the_results_of_a_class_are_one_table(tmp_path):
    group = sheets("z = w*x + b; y = sigmoid(z); L = (y - 1)**2", 3, seed=3, level="named", wrt=["w", "b"], title="Week 3")
    folder = group.save(tmp_path / "week")
    assert sorted(path.name for path in folder.iterdir()) == ["answers.html", "print.html", "sheet-1.html", "sheet-2.html", "sheet-3.html"]
    wrong = {**group[1].answers, "∂L/∂w": -group[1].answers["∂L/∂w"]}
    for i, (student, answers) in enumerate([("Ada", group[0].answers), ("Bo", wrong)]):
        saved = {"sheet": group[i].title, "name": student, "answers": {key: f"{x:.3g}" for key, x in answers.items()}}
        (folder / f"{student}.json").write_text(json.dumps(saved), "utf-8")
    results = group.results(folder)
    assert [(title, results.students[title], grade.points) for title, grade in results.grades.items()] == [
        ("Week 3 – 1", "Ada", 10), ("Week 3 – 2", "Bo", 9)]  # fmt: skip
    assert results.misconceptions == {"sign": 1}
    assert results.grades.keys() == group.results({1: group[0].answers, 2: wrong}).grades.keys()
    assert re.search(r"Week 3 – 2 +Bo +9/10 .*✗.* sign", str(results))
    assert "took a number with the opposite sign" in results._repr_html_()
    with pytest.raises(ValueError, match="no sheet 7 in this set, which has the numbers 1 to 3"):
        group.results({7: {}})
    for text in ("[]", "{", '{"sheet": "Week 4 – 1", "name": "Cy", "answers": {}}', '{"sheet": "Week 3 – 1", "name": "Cy", "answers": {"q": 1}}'):
        (folder / "Cy.json").write_text(text, "utf-8")
        with pytest.raises(ValueError, match=r"Cy\.json is no file of answers"):
            group.results(folder)
    with pytest.raises(ValueError, match=r"holds no answers"):
        group.results(tmp_path)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"count": 0}, "count, the number of sheets, is a whole number from 1"), ({"ranges": {"q": 1}}, "'q', but the template's leaves are w, x"), ({"ranges": {"x": "1"}}, r"ranges\['x'\] is"),
     ({"ranges": {"x": (2, 1)}}, r"ranges\['x'\] is"), ({"wrt": ["q"]}, "wrt has 'q'")],
)  # fmt: skip
def test_what_a_class_set_cannot_be_is_refused(options, error):
    with pytest.raises(ValueError, match=error):
        sheets("w*x", **{"count": 2, **options})
    with pytest.raises(TypeError, match="a template is"):
        sheets(3.0, 2)


def test_answers_at_random_never_break_the_grader():
    draw = random.Random(1)
    L, wrt = functions()
    page = sheet(L, wrt=wrt)
    for _ in range(30):
        written = ["".join(draw.choices("0123456789.,-+*/^()=xyzuve ²σ", k=draw.randrange(8))) for _ in page.answers]
        grade = page.check(written)
        assert len(grade.marks) == len(page.answers)
        assert 0 <= grade.points <= grade.out_of
