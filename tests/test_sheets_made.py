"""Making exercise sheets: which numbers they ask for, what hides a mistake, and a sheet of its own for each student of a class."""

import json
import math
import re

import pytest
from sheet_graphs import network, neuron, patient, regularised

from autograd_core import Value, sheet, sheets, sqrt
from autograd_core.teaching.exercise import BLANKS
from autograd_core.teaching.forms import FORMS


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
