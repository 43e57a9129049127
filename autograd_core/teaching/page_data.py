"""What the page of a sheet needs to grade by itself: the formulas as a program in JavaScript, and all that is said about answers.

The right answers stand nowhere in it: the page computes them when it grades, as Python does.
"""

from __future__ import annotations

import json
from typing import Any

from ..derivatives.misconceptions import RULES
from ..formulas.expression import Expression
from ..programs.compile import compile_graph
from ..programs.javascript import helpers, row_functions
from ..value import Constant, Value
from ..views.language import CONSTANTS
from .answers import FUNCTIONS, SIGNS
from .grading import VERDICTS, Grader
from .planted import KEYS, Planted


class _Outputs:
    """The formulas of a sheet as nodes in the answers, each once."""

    def __init__(self, grader: Grader) -> None:
        self.answers: Any = {name: Value(x, name) for name, x in grader.true.items()}
        self.nodes: list[Value] = []
        self.places: dict[str, int] = {}

    def place(self, formula: Expression) -> int | None:
        """Where the program gives the number of this formula; ``None`` for one that is not defined at the right answers."""
        text = str(formula)
        if text not in self.places:
            try:
                found: Any = formula.evaluate(self.answers)
            except (ValueError, ArithmeticError):
                return None
            self.places[text] = len(self.nodes)
            self.nodes.append(found if isinstance(found, Value) else Constant(found))
        return self.places[text]


def page_data(grader: Grader) -> tuple[dict[str, Any], str]:
    """The data of a page, and the JavaScript of its functions: ``program``, and the functions that answers may use."""
    outputs = _Outputs(grader)
    blanks = []
    for i, cell in enumerate(grader.asked):
        places = {name: outputs.place(formula) for name, formula in grader.variants[i].items()}
        before = [grader.symbols.index(name) for name in grader.before[i]]
        blanks.append({
            "key": cell.key, "hint": cell.hint.replace(" * ", " · "), "origin": grader.origins[i],
            "right": outputs.place(grader.right[i]), "before": before,
            "variants": {name: place for name, place in places.items() if place is not None}, "numbers": grader.numbers[i],
        })  # fmt: skip
    data = {
        "blanks": blanks, "names": CONSTANTS | grader.known,
        "rules": {name: rule.does for name, rule in RULES.items()}, "verdicts": VERDICTS, "tolerance": grader.tolerance, "signs": SIGNS,
    }  # fmt: skip
    return data, "\n".join([_program(outputs), _functions()])


def _program(outputs: _Outputs) -> str:
    """The program that gives right answers and those of the misconceptions from the answers before."""
    if not outputs.nodes:
        return "const program = () => [];"
    source = compile_graph(outputs.nodes, [], list(outputs.answers.values()), dialect="javascript").source
    return f"const program = (() => {{\n{source.partition(chr(10) * 2)[2]}\nreturn (inputs) => program([], inputs);\n}})();"


def _functions() -> str:
    """The functions that formulas as answers may use, by name."""
    entries = "{" + ", ".join(f"{name}: {row_functions(row, 1)}.value" for name, row in FUNCTIONS.items()) + "}"
    used = helpers(entries)
    return f"const functions = (() => {{\n{used}return {entries};\n}})();"


def as_json(data: Any) -> str:
    """JSON that may stand in a script."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def planted_data(planted: Planted) -> tuple[dict[str, Any], str]:
    """The same for a sheet with one wrong number: which choices are right, and the number."""
    accepted = [[planted.cell.key], None, [RULES[name].does for name in planted.accepted]]
    blanks = [{"key": key, "accepted": right, "number": planted.cell.number, "origin": 0.0} for key, right in zip(KEYS, accepted)]
    data = {"blanks": blanks, "names": {}, "rules": {}, "verdicts": VERDICTS, "tolerance": planted.tolerance, "signs": SIGNS}
    return data, f"const program = () => [];\n{_functions()}"
