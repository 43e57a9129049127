"""``sheet``: an exercise made of a recorded graph, which grades answers and says which mistake they look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..choices import named_options, require_kind, require_one_of, require_whole
from ..value import Value
from ..views.names import Names
from ..views.pages import saved
from .answers import TOLERANCE
from .exercise import Exercise, choose
from .forms import FORMS
from .grading import Grade, Grader, keyed
from .page import Contents, document, fragment
from .planted import KEYS, Planted, plant
from .reading import Reading
from .twins import coincidences

if TYPE_CHECKING:
    from pathlib import Path

_TASKS = {
    "values": "Compute the forward pass: fill in the values.",
    "local derivatives": "Fill in the local derivatives, at the values of the forward pass.",
    "contributions": "Compute the backward pass: multiply by the local derivatives, and add where a quantity is used more than once.",
    "nodes": "Fill in what is missing.",
    "all": "Compute the forward pass, then the backward pass.",
    "wrong number": "One number was computed by a mistake, and all that follow from it with that number. Find it.",
}
_ROUNDING = " Give at least three figures; fractions and formulas such as 3/4 or a*(2 + b) count, too."


class Sheet:
    """An exercise sheet. Jupyter shows it with fields to fill in; ``save`` writes a page; ``check`` grades.

    ``answers`` are the right answers by the names of the blanks, ``html`` is the piece of HTML.
    """

    def __init__(self, exercise: Exercise, form: str, blanks: str, count: int | None, seed: int, digits: int, title: str) -> None:
        self.exercise, self.form, self.digits, self.title = exercise, form, digits, title
        avoided = () if count is None else coincidences(exercise, choose(exercise, blanks, None, seed))
        self.choice = choice = choose(exercise, blanks, count, seed, avoided)
        self.planted: Planted | None = plant(exercise, choice.shown, seed, TOLERANCE) if blanks == "wrong number" else None
        self.grader = Grader(exercise, Reading(exercise, choice), TOLERANCE)
        self.task = _TASKS[blanks if count is None else "nodes"] + (_ROUNDING if self.planted is None else "")

    @property
    def answers(self) -> dict[str, Any]:
        """The right answers by the names of the blanks, in order."""
        return self.planted.right() if self.planted is not None else {cell.key: cell.number for cell in self.choice.asked}

    @property
    def alike(self) -> dict[str, tuple[str, ...]]:
        """By the names of blanks, the misconceptions that give the right number there, which other values of the leaves would tell apart.

        >>> w, x = Value(1.0, "w"), Value(3.0, "x")
        >>> sheet(w * x, blanks="local derivatives").alike
        {'∂v1/∂x': ('forgot the other factor',)}
        """
        return coincidences(self.exercise, self.choice)

    def check(self, answers: Mapping[str, Any] | Sequence[Any]) -> Grade:
        """The grade of some answers: by the names of the blanks (``"dL/dw"`` will do for ``"∂L/∂w"``), or a list in order.

        An answer is a number or a text: rounded to two figures or more, with a decimal comma, a fraction, or a formula in the names of the
        nodes. One that is right given an earlier mistake gets full points (``"carried"``), one that is rounded to a single figure half
        a point (``"rough"``). A wrong one is compared with what each misconception gives there.

        >>> x = Value(3.0, "x")
        >>> page = sheet(x * x * x, blanks="contributions")
        >>> page.answers
        {'∂v2/∂v1': 3.0, '∂v2/∂x directly': 9.0, '∂v2/∂x through v1': 9.0, '∂v2/∂x through v1 #2': 9.0, '∂v2/∂x': 27.0}
        >>> page.check([3, 9, 9, 9, 18]).misconceptions
        {'forgot a path': 1, 'forgot the first path': 1}

        Raises ``ValueError`` for an answer to a blank that the sheet does not have.
        """
        keys = KEYS if self.planted is not None else [cell.key for cell in self.choice.asked]
        given = keyed(keys, answers)
        return self.planted.grade(given) if self.planted is not None else self.grader.grade(given)

    @property
    def html(self) -> str:
        """The sheet as a piece of HTML with its script, without anything from the network."""
        return self.fragment()

    def fragment(self, answers: bool = False) -> str:
        """The sheet as a piece of HTML, or, with ``answers``, as a teacher needs it."""
        mine = Contents(self.title, self.task, self.form, self.digits, self.exercise, self.choice, self.grader, self.planted)
        return fragment(mine, answers)

    def save(self, path: str | Path, answers: bool = False) -> Path:
        """Write a page of its own, ``.html``, which also prints on one sheet of paper. Returns the path.

        With ``answers`` it is the teacher's page: filled in, and with what each wrong number tells.
        """
        return saved("a sheet is", path, {".html": document(self.title, [self.fragment(answers)])})

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<sheet {self.title!r} with {len(self.answers)} blanks>"


@named_options()
def sheet(
    output: Value, form: str = "tables", blanks: str = "all", *, count: int | None = None, seed: int = 0, names: Names = None,
    level: str | None = None, wrt: Collection[Value] = (), rate: float | None = None, digits: int = 4, title: str | None = None,
) -> Sheet:  # fmt: skip
    """An exercise made of the graph of ``output``: its passes, with blanks to fill in.

    Jupyter shows what it returns, and ``sheet(x).save("x.html")`` writes a page to fill in or to print.

    ``form`` is ``"tables"``, ``"derivation"`` (lines as one writes them by hand) or ``"picture"``. ``blanks``, from easy to hard:
    ``"values"``, ``"local derivatives"``, ``"contributions"`` (the backward pass with given local derivatives), ``"nodes"`` (all
    numbers of half of the nodes), ``"all"``, and ``"wrong number"``, where all is printed and one mistake is to be found. ``count``
    leaves only so many blanks, which ``seed`` draws, as long as there are such, from those that tell mistakes apart at these numbers.
    ``wrt`` are the leaves whose gradients are asked for (all, if none are given), with ``rate`` also their values after a step of
    gradient descent. ``names`` and ``level`` as in :func:`steps`; ``level="named"`` asks only for the quantities that have names.
    ``digits`` is how many figures are printed.

    >>> w, x = Value(3.0, "w"), Value(2.0, "x")
    >>> L = w * x
    >>> L.name = "L"
    >>> page = sheet(L, wrt=[w])
    >>> page
    <sheet 'Backpropagation: L' with 2 blanks>
    >>> print(page.check({"L": "6", "dL/dw": "3"}))
    1 of 2 points
    blank  answer     remark
    L      6       ✓  right
    ∂L/∂w  3       ✗  not right. It looks as if you gave each operand the derivative of the other, or swapped them

    Raises ``ValueError`` for a form, kind or count that there is not, a leaf alone, or a graph of too many numbers, and a
    :class:`LayoutError` that says what to install where a picture needs a layout engine and there is none.
    """
    require_one_of("form", form, tuple(FORMS))
    require_whole("digits", digits)
    require_kind("title is a text", "" if title is None else title, str, "title='Backpropagation'")
    exercise = Exercise(output, names, level, wrt, rate)
    return Sheet(exercise, form, blanks, count, seed, digits, title or f"Backpropagation: {exercise.called[output]}")
