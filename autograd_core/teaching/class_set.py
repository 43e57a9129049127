"""``sheets``: the same exercise with other numbers for each student, and the results of all as one table."""

from __future__ import annotations

import inspect
import json
import math
import numbers
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..choices import require_whole
from ..derivatives.misconceptions import RULES
from ..files import path_text, replace_file
from ..formulas.typesetting import number_text
from ..number import real
from ..printing import Table
from ..value import Constant, Value, topological_order
from ..views.language import parse
from ..views.names import Names, names_for
from .answers import TOLERANCE
from .grading import VERDICTS, Grade
from .page import document
from .reading import same
from .sheet import Sheet, sheet
from .twins import rebuilt

if TYPE_CHECKING:
    from pathlib import Path

ATTEMPTS = 300  # to draw numbers for one student
BEST_OF = 8  # clear draws, where none tells all misconceptions apart
Range = tuple[float, float] | Sequence[float] | float


class Template(NamedTuple):
    """What is drawn anew: the choices for each leaf, and the graph for some numbers by the names of the leaves."""

    choices: dict[str, list[float]]
    build: Callable[[Mapping[str, float]], Value]


def _template(given: str | Callable[..., Value] | Value, names: Names, ranges: Mapping[str, Range]) -> Template:
    if isinstance(given, Value):
        called = names_for(given, names)
        leaves = {called[node]: node.data for node in topological_order(given) if not node.parents and not isinstance(node, Constant)}
        return Template(
            _all_choices({name: _around(x) for name, x in leaves.items()}, ranges), lambda numbers: rebuilt(given, called, numbers)
        )
    if isinstance(given, str):
        program = parse(given)
        inputs, build = program.inputs, lambda numbers: program.evaluate({name: Value(x, name) for name, x in numbers.items()})
    elif callable(given):
        inputs = list(inspect.signature(given).parameters)
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in inspect.signature(given).parameters.values()):
            raise TypeError("a template names each of its leaves as an argument, as in lambda w, x: w * x, without * and **")
        build = lambda numbers: given(**{name: Value(x, name) for name, x in numbers.items()})  # noqa: E731
    else:
        raise TypeError(f"a template is an output, a function of numbers, or a text such as 'y = w*x; (y - 1)**2', not {given!r}")
    return Template(_all_choices({name: _grid(-2.0, 2.0, 1) for name in inputs}, ranges), build)


def _all_choices(usual: Mapping[str, list[float]], ranges: Mapping[str, Range]) -> dict[str, list[float]]:
    if not isinstance(ranges, Mapping):
        raise TypeError(f"ranges is a dictionary by the names of leaves, such as {{'x': (1, 3)}}, not {ranges!r}")
    for name in ranges:
        if name not in usual:
            raise ValueError(f"ranges has {name!r}, but the template's leaves are {', '.join(usual)}")
    return {**usual, **{name: _choices(name, given) for name, given in ranges.items()}}


def _choices(name: str, given: Range) -> list[float]:
    if isinstance(given, numbers.Real):
        return [real(given)]
    if isinstance(given, tuple) and len(given) == 2 and 0.0 < given[1] - given[0] < math.inf:
        return _grid(given[0], given[1], max(1, *(_places(x) for x in given)))
    if isinstance(given, list) and given:
        return [float(x) for x in given]
    raise ValueError(f"ranges[{name!r}] is (low, high), a list of numbers to draw from, or one number, not {given!r}")


def _places(x: float) -> int:
    """How many figures a number has behind its point."""
    text = repr(float(x))
    return 0 if "e" in text or text.endswith(".0") else len(text.partition(".")[2])


def _around(x: float) -> list[float]:
    """Numbers like this one: as many figures, the same sign, and up to half as large again."""
    places = _places(x)
    spread = max(abs(x) / 2, 10.0**-places) if x else 1.0
    return [y for y in _grid(x - spread, x + spread, places) if x * y >= 0.0]


def _grid(low: float, high: float, places: int) -> list[float]:
    """The numbers of so many figures behind the point, without 0."""
    unit = 10**places
    return [i / unit for i in range(round(low * unit), round(high * unit) + 1) if i]


class Results(NamedTuple):
    """The grades of a class by sheet, and whose they are. Printing it shows a table of all, and what went wrong how often."""

    grades: dict[str, Grade]
    students: dict[str, str]

    @property
    def misconceptions(self) -> dict[str, int]:
        """How many students' answers each misconception explains, the most frequent first."""
        return dict(Counter(name for grade in self.grades.values() for name in grade.misconceptions).most_common())

    def _tables(self) -> list[Table]:
        blanks = list(dict.fromkeys(mark.key for grade in self.grades.values() for mark in grade.marks))
        rows = []
        for title, grade in self.grades.items():
            signs = {mark.key: VERDICTS[mark.verdict][0] for mark in grade.marks}
            points = f"{number_text(grade.points)}/{grade.out_of}"
            rows.append([title, self.students[title], points, *(signs.get(key, "") for key in blanks), ", ".join(grade.misconceptions)])
        found = Table(["sheet", "student", "points", *blanks, "fits"], rows, "<<>" + "<" * (len(blanks) + 1))
        often = [(count, name, RULES[name].does) for name, count in self.misconceptions.items()]
        if not often:
            return [found]
        title = "What the wrong answers fit; one may fit several"
        return [found, Table(["students", "misconception", "what one does"], often, "><<", title)]

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self._tables())

    def __repr__(self) -> str:
        return "\n\n".join(map(str, self._tables()))


class ClassSet(Sequence[Sheet]):
    """The sheets of a class, numbered from 1 in their titles."""

    def __init__(self, members: Sequence[Sheet], title: str) -> None:
        self._members, self.title = list(members), title

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, i: Any) -> Any:
        return self._members[i]

    def save(self, folder: str | Path) -> Path:
        """Write ``sheet-1.html``, ... for the students, ``print.html`` with all, and ``answers.html`` for the teacher,
        who prints two or more on a sheet of paper.

        Returns the folder, which is made if it is not there.
        """
        from pathlib import Path

        folder = Path(path_text(folder))
        folder.mkdir(parents=True, exist_ok=True)
        for i, member in enumerate(self._members, start=1):
            member.save(folder / f"sheet-{i}.html")
        for name, answers in (("print.html", False), ("answers.html", True)):
            replace_file(folder / name, document(self.title, [member.fragment(answers) for member in self._members]))
        return folder

    def results(self, answers: Mapping[Any, Any] | str | Path) -> Results:
        """The grades of all: answers by the number of the sheet, or a folder of the files that the pages save.

        Raises ``ValueError`` for a sheet that is not of this set, a file that is none of theirs, or a folder without files.
        """
        if isinstance(answers, Mapping):
            handed = [(self._called(key), "", self._called(key).check(given)) for key, given in answers.items()]
        else:
            from pathlib import Path

            handed = [self._read(path) for path in sorted(Path(path_text(answers)).glob("*.json"))]
            if not handed:
                raise ValueError(f"{answers} holds no answers: a page saves them as a file that ends in .json")
        grades: dict[str, Grade] = {}
        students: dict[str, str] = {}
        for member, student, grade in handed:
            title = member.title if member.title not in grades else f"{member.title} ({student or len(grades) + 1})"
            grades[title], students[title] = grade, student
        return Results(grades, students)

    def _called(self, key: Any) -> Sheet:
        for i, member in enumerate(self._members, start=1):
            if key in (i, member.title):
                return member
        raise ValueError(f"there is no sheet {key!r} in this set, which has the numbers 1 to {len(self)}")

    def _read(self, path: Path) -> tuple[Sheet, str, Grade]:
        """What a page has saved, graded."""
        try:
            saved = json.loads(path.read_text("utf-8"))
            member = self._called(saved["sheet"])
            return member, str(saved["name"]), member.check(dict(saved["answers"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name} is no file of answers that a sheet of this set has saved: {error}") from None

    def _repr_html_(self) -> str:
        return Table(["sheet", "blanks"], [(member.title, len(member.answers)) for member in self._members])._repr_html_()

    def __repr__(self) -> str:
        return f"<{len(self)} sheets {self.title!r}>"


def sheets(
    template: str | Callable[..., Value] | Value, count: int, seed: int = 0, *, ranges: Mapping[str, Range] | None = None,
    wrt: Sequence[str | Value] = (), names: Names = None, title: str | None = None, **options: Any,
) -> ClassSet:  # fmt: skip
    """A sheet for each of ``count`` students, with other numbers on each.

    ``template`` is a text, a function of numbers, or an output whose leaves are drawn anew, near the numbers they have. The leaves of
    a text or function are drawn from -2 to 2 with one figure behind the point. ``ranges`` says for a leaf by its name what it is drawn
    from: ``(low, high)``, a list, or one number that it always has. Numbers are drawn again where something is not defined, very small
    or large, or so near what a misconception gives that a rounded answer could be either, and a few times where a misconception gives
    the right number by chance. ``wrt`` are leaves or their names, the other options are those of :func:`sheet`.

    >>> group = sheets("z = w*x + b; L = (z - 1)**2", 3, seed=1, level="named", wrt=["w", "b"], ranges={"x": [2.0, 3.0]})
    >>> group
    <3 sheets 'Backpropagation: L'>
    >>> print(group.results({1: group[0].answers, 2: {"dL/dz": -group[1].answers["∂L/∂z"]}}))
    sheet                   student  points  z  L  ∂L/∂z  ∂z/∂w  ∂L/∂w  ∂z/∂b  ∂L/∂b  fits
    Backpropagation: L – 1              7/7  ✓  ✓  ✓      ✓      ✓      ✓      ✓
    Backpropagation: L – 2              0/7  –  –  ✗      –      –      –      –      sign, mixed the two operands
    <BLANKLINE>
    What the wrong answers fit; one may fit several
    students  misconception           what one does
           1  sign                    took a number with the opposite sign
           1  mixed the two operands  gave each operand the derivative of the other, or swapped them

    Raises ``ValueError`` where no such numbers are found: give other ``ranges``.
    """
    require_whole("count, the number of sheets,", count, 1, 10_000)
    draw, form = random.Random(require_whole("seed", seed, None)), _template(template, names, ranges or {})
    called = names_for(template, names) if isinstance(template, Value) else {}
    wanted = [called.get(x, x.name) if isinstance(x, Value) else x for x in wrt]
    unknown = [name for name in wanted if name not in form.choices]
    if unknown:
        raise ValueError(f"wrt has {unknown[0]!r}, but the template's leaves are {', '.join(form.choices)}")
    members: list[Sheet] = []
    used: set[tuple[float, ...]] = set()
    for i in range(count):
        members.append(_drawn(form, draw, used, wanted, {**options, "seed": draw.randrange(2**31)}))
        title = title or members[0].title
        members[i].title = f"{title} – {i + 1}"
    return ClassSet(members, title or "")


def _drawn(form: Template, draw: random.Random, used: set[tuple[float, ...]], wrt: Sequence[Any], options: Mapping[str, Any]) -> Sheet:
    """A sheet with numbers that are clear and tell misconceptions apart, and not those of another student while there are others."""
    best: tuple[int, tuple[float, ...], Sheet] | None = None  # of the clear ones, with how many misconceptions give the right number
    clear = 0
    for attempt in range(ATTEMPTS):
        if best is not None and (best[0] == 0 or clear == BEST_OF):
            break
        numbers = {name: draw.choice(choices) for name, choices in form.choices.items()}
        key = tuple(numbers.values())
        made = None if key in used and attempt < ATTEMPTS // 2 else _made(form, numbers, wrt, options)
        if made is not None:
            clear += 1
            missed = sum(map(len, made.alike.values()))
            best = (missed, key, made) if best is None or missed < best[0] else best
    if best is None:
        raise ValueError(f"no clear numbers were found in {ATTEMPTS} attempts: give ranges= for {', '.join(form.choices)}")
    used.add(best[1])
    return best[2]


def _made(form: Template, numbers: Mapping[str, float], wrt: Sequence[Any], options: Mapping[str, Any]) -> Sheet | None:
    """The sheet with these numbers, if they are clear."""
    try:
        output = form.build(numbers)
    except (ValueError, ArithmeticError):
        return None
    if not isinstance(output, Value):
        raise TypeError(f"a template returns the output of a graph, a Value, not {type(output).__name__} {output!r}")
    leaves = {node.name: node for node in topological_order(output) if not node.parents}
    made = sheet(output, names={}, wrt=[leaves[name] for name in wrt], **options)
    return made if _is_clear(made) else None


def _is_clear(made: Sheet) -> bool:
    """Whether each number can be written with few figures, and be told from those of the misconceptions in spite of rounding."""
    for i, cell in enumerate(made.choice.asked):
        if not (0.001 <= abs(cell.number) < 10_000.0 or (cell.number == 0.0 and cell.place.kind in ("value", "local"))):
            return False
        scale = abs(cell.number - made.grader.origins[i])
        if any(abs(x - cell.number) <= 5 * TOLERANCE * scale and not same(x, cell.number) for x in made.grader.would_be(i).values()):
            return False
    return True
