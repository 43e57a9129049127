"""The table in which results are printed, as text and as HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Table, Value


class Cells(HTMLParser):
    """The rows of an HTML table, each a list of (tag, style, text)."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.headings, self.tag = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tag = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append([tag, dict(attributes)["style"], ""])

    def handle_endtag(self, tag):
        self.tag = None

    def handle_data(self, data):
        if self.tag == "h4":
            self.headings.append(data)
        elif self.tag:
            self.rows[-1][-1][2] += data


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=5)))
def test_every_cell_stands_in_the_html_as_it_was_given(lines):
    headers, *rows = lines
    read = Cells(Table(headers, rows)._repr_html_()).rows
    assert [[cell[2] for cell in row] for row in read] == lines
    assert [cell[0] for row in read for cell in row] == ["th"] * len(headers) + ["td"] * len(headers) * len(rows)


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_on_the_right():
    table = Table(["name", "n", "mixed"], [["a", 1, 2], ["long name", 1000, "-"]])
    assert str(table).splitlines() == [
        "name          n  mixed",
        "a             1  2",
        "long name  1000  -",
    ]
    assert table.alignment == "<><"
    styles = [cell[1] for cell in Cells(table._repr_html_()).rows[1]]
    assert ["text-align:right" in style for style in styles] == [False, True, False]


def test_the_title_stands_above():
    table = Table(["a"], [["b"]], title="A < B")
    assert repr(table) == str(table) == "A < B\na\nb"
    assert Cells(table._repr_html_()).headings == ["A < B"]
    assert Cells(Table(["a"], [])._repr_html_()).headings == []
    assert str(Table(["a", "b"], [])) == "a  b"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((["a", "b"], [["1"]]), r"a cell for each of the 2 headers \['a', 'b'\], not 1: \['1'\]"),
        ((["a"], [], "<>"), "alignment has '<' or '>' for each of the 1 headers, not '<>'"),
        ((["a"], [], "^"), "not '\\^'"),
    ],
)
def test_a_table_that_is_none_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        Table(*arguments)


def test_every_result_that_is_a_table_shows_the_same_cells_in_text_and_html():
    x = Value(0.5, "x")
    for shown in (ac.steps(x * x), ac.explain(x * x, x), ac.cost(x * x), ac.gradcheck(lambda y: y.sin(), 0.5), ac.compare_methods(ac.exp, 1.0)):
        cells = [cell[2] for row in Cells(shown._repr_html_()).rows for cell in row if cell[2]]
        text = f"receipt\n{shown}"
        assert str(shown) == repr(shown)
        assert len(cells) > 4
        assert all(cell.strip() in text for cell in cells)


def test_a_long_table_that_shows_itself_leaves_rows_out_and_says_so():
    long = Table(["i", "square"], [(i, i * i) for i in range(1000)], title="Squares")
    for shown in (repr(long), long._repr_html_()):
        assert "... 920 rows are left out ..." in shown
        assert [number for number in (1521, 1600, 919681, 921600, 998001) if re.search(rf"\b{number}\b", shown)] == [1521, 921600, 998001]
    assert len(str(long).splitlines()) == 1002
    short = Table(["i"], [(i,) for i in range(81)])
    assert repr(short) == str(short)
    assert short._repr_html_().count("<tr>") == 82


def test_a_note_stands_below_in_text_and_html_also_of_a_table_that_is_cut():
    table = Table(["n"], [[i] for i in range(200)], note="a <sum>")
    assert str(table).endswith("\n199\na <sum>")
    assert repr(table).endswith("\na <sum>")
    assert table._repr_html_().endswith("</table><p>a &lt;sum&gt;</p>")
