"""A lecture without a browser: the frames of a player as pictures and as a handout, steps and derivations as pages."""

import re

import pytest
from test_player import GRAPHS, Reader, lecture

from autograd_core import Constant, Value, derivation, dot, play, steps, topological_order
from autograd_core.formulas.typesetting import number_text


def texts(svg):
    """What stands in a picture, from top to bottom of its source."""
    return [text for _, text in Reader(re.sub(r"\A.*?(?=<svg)", "", svg, flags=re.DOTALL)).all("text")]


@pytest.mark.parametrize("make", GRAPHS, ids=lambda make: make.__name__)
def test_each_frame_knows_what_the_steps_before_have_computed(make):
    output = make()
    record, frames = steps(output), play(output).frames()
    leaves = [step for step in record.forward if not step.node.parents]
    computed = [step for step in record.forward if step.node.parents]
    assert len(frames) == 1 + len(computed) + len(record.backward)
    for i, frame in enumerate(frames):
        known = [number_text(step.value) for step in (*leaves, *computed[:i])]
        labels = re.findall(r"<TD>data (\S+?)</TD>", frame.dot)
        assert sorted(x for x in labels if x != "?") == sorted(known)
        assert len(labels) == len(record.forward)
        totals = {step.node: number_text(step.total) for step in record.backward[: max(0, i - len(computed))]}
        assert sorted(re.findall(r"<TD>grad (\S+?)</TD>", frame.dot)) == sorted(totals.values())
        assert f"step {i + 1} of {len(frames)}" in frame.dot
    places = [sorted(re.findall(r"^\t(n\d+) .*\bpos=\"?([-.\d,]+)", frame.dot, re.MULTILINE)) for frame in frames]
    assert all(place == places[0] for place in places)
    assert len(places[0]) == len(topological_order(output))


def test_frames_are_saved_as_numbered_pictures_and_shown_by_jupyter(tmp_path):
    player = play(lecture(), title="One neuron")
    paths = player.save_frames(tmp_path / "neuron.svg")
    assert [path.name for path in paths] == [f"neuron-{i:02}.svg" for i in range(1, 15)]
    sizes = {re.search(r'<svg width="(\S+)" height="(\S+)"', path.read_text("utf-8")).groups() for path in paths}
    assert len(sizes) == 1  # slides do not jump
    words = texts(paths[9].read_text("utf-8"))
    for part in ("One neuron", "L = (y - 1) ** 2", "Backward, step 10 of 14", "grad -0.0250311", "0.104994"):
        assert part in words
    assert "(-0.238406) · 0.104994 = -0.0250311,  sum -0.0250311" in [word.replace("\xa0", " ") for word in words]
    for kind, start in ((".png", b"\x89PNG"), (".tex", b"\\documentclass")):
        first = play(Value(2.0, "x") * 3.0).save_frames(tmp_path / f"short{kind}")[-1]
        assert first.read_bytes().startswith(start)
    assert "TABLE" not in (tmp_path / "short-04.tex").read_text("utf-8")
    assert "image/svg+xml" in player.frames()[0]._repr_mimebundle_()
    with pytest.raises(ValueError, match=r"a drawing is saved as \.svg, \.png.*, not 'neuron-01.gif'"):
        player.save_frames(tmp_path / "neuron.gif")


def test_slides_to_lecture_from_ask_before_they_answer():
    output = lecture()
    plain, asking = play(output, digits=4).frames(), play(output, present=True).frames()
    assert len(asking) == 2 * len(plain) - 1  # the leaves are given
    assert [frame.dot for frame in asking[::2]] == [frame.dot for frame in plain]
    for question, before, answer in zip(asking[1::2], asking[::2], asking[2::2]):
        counts = [len(re.findall(r"(?:data|grad) [-.\de+]+<", frame.dot)) for frame in (before, question, answer)]
        assert counts[0] == counts[1] <= counts[2]
        assert "?</TD>" in question.dot.split("words [", 1)[1]
        assert "?" not in answer.dot.split("words [", 1)[1]
    network = [dot([0.5], [Value(2.0, "x")])]
    assert len(play(network, present=True).frames()) > len(play(network).frames())


def test_a_handout_has_one_frame_a_sheet(tmp_path):
    page = play(lecture()).handout(tmp_path / "neuron.html").read_text("utf-8")
    parsed = Reader(page)
    assert len(list(parsed.all("section"))) == len(list(parsed.all("svg"))) == 14
    assert "break-after: page" in page
    assert not list(parsed.all("script"))
    assert set(re.findall(r"https?://[^\"'\s)]*", page)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    with pytest.raises(ValueError, match=r"a handout is saved as \.html, not 'neuron.pdf'"):
        play(lecture()).handout(tmp_path / "neuron.pdf")


def test_steps_and_derivations_are_saved_as_pages(tmp_path):
    found, written = steps(lecture()), derivation(lecture())
    page = Reader(found.save(tmp_path / "steps.html").read_text("utf-8"))
    cells = [text for _, text in page.all("td")]
    for table in found.tables():
        for row in table.rows:
            assert all(cell in cells for cell in row)
    assert found.save(tmp_path / "steps.txt").read_text("utf-8") == f"{found}\n"
    long = Value(0.5, "x")
    for _ in range(100):
        long = long.sin()
    assert len(list(Reader(steps(long).save(tmp_path / "long.html").read_text("utf-8")).all("tr"))) == 2 + 101 + 101
    assert len(steps(long).save(tmp_path / "long.txt").read_text("utf-8").splitlines()) == 2 + 1 + 2 + 101 + 101
    lines = Reader(written.save(tmp_path / "derivation.HTM").read_text("utf-8"))
    said = "".join(text for _, text in lines.all("tr"))
    for line in (*written.forward, *written.backward):
        assert line.left + "".join(f"= {step}" for step in line.steps) in said
    document = written.save(tmp_path / "derivation.tex").read_text("utf-8")
    assert written.latex("align*") in document
    assert document.startswith("\\documentclass")
    assert written.save(tmp_path / "derivation.txt").read_text("utf-8") == f"{written}\n"
    with pytest.raises(ValueError, match=r"steps are saved as \.html or \.txt, not 'steps.pdf'"):
        found.save(tmp_path / "steps.pdf")
    with pytest.raises(ValueError, match=r"a derivation is saved as \.html or \.tex or \.txt, not 'derivation'"):
        written.save(tmp_path / "derivation")


def test_names_of_any_text_stand_in_frames_and_formulas():
    x = Value(3.0, "a & b <c>")
    output = (x * x + 1.0).tanh()
    output.name = "{0} </span>"
    player = play(output)
    assert "a & b <c>" in "".join(texts(player.frames()[0].svg()))
    (line,) = [text for _, text in Reader(player.html).all("div", "expression")]
    assert line == "{0} </span> = tanh(a & b <c> * a & b <c> + 1)"


def test_formulas_above_are_short_and_name_every_named_node():
    w, x = [Value(0.1 * i, f"w{i}") for i in range(30)], [Value(0.2, f"x{i}") for i in range(30)]
    z = sum((a * b for a, b in zip(w, x)), Constant(0.0))
    z.name = "z"
    loss = (z.tanh() - 1.0) ** 2 + 0.5 * dot(w, w)
    loss.name = "L"
    lines = [text for _, text in Reader(play(loss).html).all("div") if text.startswith(("L = ", "z = "))]
    assert any(line.startswith("L = (tanh(z) - 1) ** 2 + ") for line in lines)
    chain = x[0]
    for _ in range(90):  # every value is used twice: written out, it would have 2 ** 90 signs
        chain = chain * chain + 0.01
    assert len("".join(text for _, text in Reader(play(chain).html).all("div", "expression"))) < 3000
