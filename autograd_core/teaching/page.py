"""A sheet as HTML: for a notebook, as a page of its own, on paper, and with the answers filled in."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..derivatives.misconceptions import RULES
from ..formulas.typesetting import number_text
from ..views.pages import whole
from .exercise import Cell, Choice, Exercise, Place
from .forms import FORMS, given, pretty, shown, spoken
from .grading import Grader
from .page_data import as_json, page_data, planted_data
from .planted import RIGHT, WHERE, WHY, Planted
from .templates import asset
from .twins import coincidences

_serial = itertools.count(1)


class Contents(NamedTuple):
    """What stands on a sheet; ``planted`` is the mistake on one where a wrong number is to be found."""

    title: str
    task: str
    form: str
    digits: int
    exercise: Exercise
    choice: Choice
    grader: Grader
    planted: Planted | None


def fragment(sheet: Contents, answers: bool = False) -> str:
    """The piece of HTML that is a sheet, without anything from the network; with ``answers``, as a teacher needs it."""
    import hashlib

    data, script = planted_data(sheet.planted) if sheet.planted is not None else page_data(sheet.grader)
    data |= {"title": sheet.title, "digits": sheet.digits}
    digest = hashlib.sha256(as_json(data).encode(errors="replace")).hexdigest()[:8]
    root = f"agc-sheet-{digest}-{next(_serial)}"  # the same from run to run, and different within one
    put = _Put(sheet, root, answers)
    body = [given(sheet.exercise), FORMS[sheet.form](sheet.exercise, put)]
    body += [_questions(sheet, root, answers)] if sheet.planted is not None else []
    title = html.escape(sheet.title) + (" – answers" if answers else "")
    if answers:
        body.append(_diagnoses(sheet) if sheet.planted is None else "")
    else:
        body.append(_ACTIONS)
        code = asset("sheet.js").replace("FUNCTIONS", script).replace('"ROOT"', as_json(root))
        body.append(f"<script>{code.replace('SHEET', as_json(data))}</script>")
    head = f"<style>{asset('sheet.css')}</style><h2>{title}</h2>"
    task = "" if answers else f'<p class="task">{html.escape(sheet.task)}</p>{_NAME}'
    kind = "agc-sheet answers" if answers else "agc-sheet"
    return whole(f'<div class="{kind}" id="{root}" role="group" aria-label="{title}">{head}{task}{"".join(body)}</div>')


def document(title: str, fragments: Sequence[str]) -> str:
    """A page of sheets, each on a sheet of paper of its own when it is printed."""
    style = (
        "body { margin: 1.5em; background: Canvas; color: CanvasText; color-scheme: light dark; } @media print { body { margin: 0; } } "
        "@media screen and (min-width: 1500px) { body .agc-sheet { font-size: 21px; } }"  # a projector
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    body = "\n".join(fragments)
    return whole(f"<!doctype html>\n<html lang=en><head>{head}<style>{style}</style></head><body class=agc-page>\n{body}\n</body></html>\n")


class _Put:
    """What stands at each place of a sheet."""

    def __init__(self, sheet: Contents, root: str, answers: bool) -> None:
        self.sheet, self.root, self.answers = sheet, root, answers
        self.keys: Sequence[str] = [cell.key for cell in sheet.choice.asked]
        self.asked: Mapping[Place, int] = {cell.place: i for i, cell in enumerate(sheet.choice.asked)}
        self.numbers = {cell.place: cell.number for cell in sheet.choice.shown}
        if sheet.planted is not None:
            self.numbers = sheet.planted.numbers

    def __call__(self, place: Place) -> str:
        if place in self.asked:
            cell = self.sheet.choice.asked[self.asked[place]]
            return self._answer(cell) if self.answers else blank(f"{self.root}-{self.asked[place]}", self.asked[place], cell.key)
        if place not in self.numbers:
            return ""
        number = shown(self.numbers[place], self.sheet.digits)
        is_wrong = self.answers and self.sheet.planted is not None and self.sheet.planted.cell.place == place
        return f'<mark class="number">{number}</mark>' if is_wrong else f'<span class="number">{number}</span>'

    def _answer(self, cell: Cell) -> str:
        return f'<b class="answer">{shown(cell.number, self.sheet.digits)}</b>'


def blank(name: str, i: int, key: str) -> str:
    """An empty field; a line to write on when it is printed."""
    label = html.escape(spoken(key), quote=True)
    field = f'<input id="{name}" data-blank="{i}" aria-label="{label}" aria-describedby="{name}-verdict" size="9" {_PLAIN}>'
    return f'<span class="blank">{field}<span class="verdict" id="{name}-verdict"></span></span>'


def _questions(sheet: Contents, root: str, answers: bool) -> str:
    """The three questions about a wrong number."""
    planted = sheet.planted
    assert planted is not None
    if answers:
        right = planted.right()
        lines = [
            f"{key}: <b class='answer'>{pretty(x if isinstance(x, str) else number_text(x, sheet.digits))}</b>" for key, x in right.items()
        ]
        return f'<ol class="asked">{"".join(f"<li>{line}</li>" for line in lines)}</ol>'
    fields = [
        _select(f"{root}-0", 0, WHERE, [cell.key for cell in planted.cells]),
        blank(f"{root}-1", 1, RIGHT),
        _select(f"{root}-2", 2, WHY, [RULES[name].does for name in planted.reasons]),
    ]
    reasons = "".join(f"<li>{html.escape(RULES[name].does)}</li>" for name in planted.reasons)
    lines = [f"<li>{key[0].upper()}{key[1:]}: {field}</li>" for key, field in zip((WHERE, RIGHT, WHY), fields)]
    return f'<ol class="asked">{"".join(lines)}</ol><ul class="print-only reasons">{reasons}</ul>'


def _select(name: str, i: int, key: str, options: Sequence[str]) -> str:
    choices = "".join(f"<option>{html.escape(option)}</option>" for option in options)
    field = f'<select id="{name}" data-blank="{i}" aria-label="{key}" aria-describedby="{name}-verdict"><option></option>{choices}</select>'
    return f'<span class="blank">{field}<span class="verdict" id="{name}-verdict"></span></span>'


def _diagnoses(sheet: Contents) -> str:
    """For a teacher: what each wrong number tells."""
    rows, hidden = [], coincidences(sheet.exercise, sheet.choice)
    for i, cell in enumerate(sheet.grader.asked):
        alike: dict[str, list[str]] = {}
        for name, x in sheet.grader.told(i).items():
            alike.setdefault(shown(x, sheet.digits), []).append(name)
        text = "; ".join(f"<b>{number}</b> {html.escape(', '.join(names))}" for number, names in alike.items())
        if cell.key in hidden:
            text += f"{'; ' if text else ''}the right number, too: {html.escape(', '.join(hidden[cell.key]))}"
        rows.append(f"<p>{pretty(cell.key)}: {text}</p>" if text else "")
    return f'<p class="heading">What a wrong number tells</p><div class="diagnoses">{"".join(rows)}</div>' if any(rows) else ""


_PLAIN = 'type="text" autocomplete="off" autocapitalize="off" spellcheck="false"'
_NAME = f'<p class="who"><label>Name: <input class="name" {_PLAIN} size="24"></label></p>'
_ACTIONS = """\
<div class="actions script-only">
<button type="button" class="check">Check</button>
<button type="button" class="reveal" hidden>Show the right answers</button>
<button type="button" class="keep">Save my answers</button>
<button type="button" class="print">Print</button>
</div>
<p class="result" role="status"></p><ul class="remarks"></ul>"""
