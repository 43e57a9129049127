"""``python -m autograd_core "exp(x*z) + x" x=2 z=3``: both passes of an expression, and its gradients."""

from __future__ import annotations

import argparse
import functools
import io
import itertools
import os
import sys
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from .choices import not_one_of
from .derivatives.checking import numerical_gradient
from .derivatives.kinks import nodes_on_kinks, sides_of
from .derivatives.reverse import gradients
from .formulas.typesetting import number_text
from .number import real
from .printing import Table
from .teaching.engines import engine_in, grade
from .teaching.explore import page_of
from .value import Constant, Value, topological_order
from .views.derivation import derivation
from .views.drawing import draw
from .views.language import Parsed, bind, evaluated, parse
from .views.language_errors import ExpressionError, one_line
from .views.layout import LayoutError
from .views.names import names_for
from .views.player import play
from .views.steps import steps
from .views.zoom import LEVELS

_EXAMPLE = """\
examples:
  python -m autograd_core "exp(x*z) + x*z/log(x) + sin(log(x))/(x*z)" x=2 z=3
  python -m autograd_core "a = x*z; b = log(x); sin(b)/a" x=2 z=3 --check
  python -m autograd_core "y = sigmoid(w*x + b)" w=0.5 x=2 b=1 --svg graph.svg --html steps.html --explore explore.html
  echo "sigmoid(w*x + b)" | python -m autograd_core - w=0.5 x=2 b=1
  python -m autograd_core grade mine.ipynb      (checks an engine of your own, task by task)
"""
_LEVELS = (*LEVELS, "named")
_FILES = {"--svg": "graph.svg", "--html": "steps.html", "--explore": "explore.html"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other error."""
        self.exit(2, f"error: {one_line(message)} (--help shows how to call it)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m autograd_core",
        description="Print the forward pass, the backward pass and the gradients of an expression.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", help="such as 'exp(x*z) + x', or 'a = x*z; exp(a)' to name nodes; - reads standard input")
    parser.add_argument("values", nargs="*", metavar="name=value", help="the value of each name in the expression")
    parser.add_argument("--check", action="store_true", help="compare each gradient with a centred finite difference")
    parser.add_argument("--digits", type=int, default=6, metavar="N", help="significant digits in the tables (default 6)")
    parser.add_argument("--svg", metavar="FILE", help="draw the graph (also .png, .pdf, .dot, .tex)")
    parser.add_argument("--html", metavar="FILE", help="write a page that plays both passes step by step")
    parser.add_argument("--explore", metavar="FILE", help="write a page where one types formulas and drags values")
    parser.add_argument("--latex", action="store_true", help="print the derivation in LaTeX")
    named = "how much of the graph --svg shows; named: the nodes of assignments"
    parser.add_argument("--level", metavar=f"{{{','.join(_LEVELS)}}}", help=named)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 2 for an expression or value that cannot be used."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter still shows the rest
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] == "grade":
        return _graded(given[1:])
    parser = _parser()
    options = parser.parse_args(_protected(given, parser))
    if not 1 <= options.digits <= 17:
        parser.error(f"--digits is a number from 1 to 17, not {options.digits}")
    for option, usual in _FILES.items():
        if getattr(options, option[2:]) == "":
            parser.error(f"{option} needs the name of a file, such as {option} {usual}")
    if options.level and options.level not in _LEVELS:
        parser.error(str(not_one_of("--level", options.level, _LEVELS)))
    if options.level and not options.svg:
        parser.error(f"--level says how much of the graph --svg shows: add --svg {_FILES['--svg']}")
    try:
        text = _standard_input() if options.expression == "-" else options.expression
        program = parse(text.strip())
        values = bind(program, _assignments(options.values))
        output, leaves = evaluated(program, values)
        if options.latex:
            print(_latex(output, options.digits))
        else:
            print(report(program, output, leaves, options.digits, options.check))
        written = pictures(output, options.svg, options.html, options.level), _explored(program, values, options.explore)
        for made in itertools.chain(*written):
            print(f"wrote {made}")
    except ExpressionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except (LayoutError, OSError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return 2
    except RecursionError:
        print("error: the expression is nested too deeply: name its parts with assignments (a = ...; b = ...)", file=sys.stderr)
        return 2
    return 0


def _graded(files: Sequence[str]) -> int:
    """Grade the engine in a file: 0 if every task is done, 1 if not, 2 if there is no engine."""
    if files and files[0] in ("-h", "--help"):
        print("usage: python -m autograd_core grade FILE\n\nRuns a notebook or Python file, and checks its class Value, task by task.")
        return 0
    if len(files) != 1:
        print("error: grade takes one notebook or Python file: python -m autograd_core grade mine.ipynb", file=sys.stderr)
        return 2
    try:
        with warnings.catch_warnings(record=True) as stopped:
            warnings.simplefilter("always", UserWarning)
            grades = grade(engine_in(files[0]))
    except (ValueError, OSError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return 2
    for warning in stopped:
        print(f"warning: {one_line(str(warning.message))}", file=sys.stderr)
    print(grades)
    return 0 if all(finding.message == "" for finding in grades.findings) else 1


def _standard_input() -> str:
    if sys.stdin is None:
        raise ExpressionError("standard input is closed: give the expression in its place, in quotes")
    try:
        return sys.stdin.read().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise ExpressionError(f"standard input is not text in {error.encoding}: byte {error.start} is {byte:#x}") from None


def _latex(output: Value, digits: int) -> str:
    try:
        return derivation(output, digits=digits).latex()
    except ValueError as error:
        raise ExpressionError(f"--latex: {error}") from None


def pictures(output: Value, svg: str | None, page: str | None, level: str | None) -> Iterator[Path]:
    """Write the pictures that are asked for, and give their paths."""
    if svg:
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                drawing = draw(output, level=level, names={} if level == "named" else _numbered(output))
            for warning in told:
                print(f"note: {warning.message}", file=sys.stderr)
            yield drawing.save(svg)
        except ValueError as error:
            raise ExpressionError(str(error)) from None
    if page:
        try:
            yield play(output).save(page)
        except ValueError as error:
            raise ExpressionError(str(error)) from None


def _numbered(output: Value) -> dict[str, Value]:
    """The nodes that have no name, by those that the tables give them: v1, v2, ..."""
    return {name: node for node, name in names_for(output, {}).items() if not isinstance(node, Constant)}


def _explored(program: Parsed, values: dict[str, float], page: str | None) -> Iterator[Path]:
    if page:
        try:
            yield page_of(program, values).save(page)
        except ValueError as error:
            raise ExpressionError(str(error)) from None


def report(program: Parsed, output: Value, leaves: dict[str, Value], digits: int = 6, check: bool = False) -> str:
    """The two tables and the gradients, as text."""
    values = {name: leaf.data for name, leaf in leaves.items()}
    passes = steps(output)
    called = passes.forward[-1].name
    found = [gradient.data for gradient in gradients(output, list(leaves.values()))]
    headers, rows = ["gradient", "value"], [[f"d{called}/d{name}", repr(g)] for name, g in zip(values, found)]
    if check:
        headers += ["finite difference", "difference"]
        for row, exact, numeric in zip(rows, found, _differences(program, values)):
            row += [repr(numeric), f"{abs(exact - numeric):.1e}"]
    title = f"Gradients of {called} = {output.data!r}"
    gradient_table = Table(headers, rows, title=title) if rows else f"{title}\n(no inputs)"
    kinks = list(_kinks(program, values, output, leaves)) if check else []
    return "\n\n".join(map(str, [*passes.tables(digits), gradient_table, *kinks]))


def _differences(program: Parsed, values: dict[str, float]) -> list[float]:
    """The gradients by centred differences."""
    try:
        gradient: list[float] = numerical_gradient(lambda point: program.evaluate(dict(zip(values, point))), list(values.values()))
    except (ValueError, ArithmeticError) as error:
        raise ExpressionError(f"--check: {str(error).splitlines()[0]}") from None
    return gradient


def _along(program: Parsed, values: dict[str, float], name: str, x: float) -> float:
    return float(program.evaluate(values | {name: x}))


def _kinks(program: Parsed, values: dict[str, float], output: Value, leaves: dict[str, Value]) -> Iterator[str]:
    """A sentence for each input at which the output has a kink or jumps, where no difference can confirm a gradient."""
    on_kinks = nodes_on_kinks(output)
    for name, x in values.items():
        above = [node for node in on_kinks if leaves[name] in topological_order(node)]
        sides = sides_of(functools.partial(_along, program, values, name), x) if above else None
        if sides is not None:
            left, right = (number_text(slope, 4) for slope in sides[:2])
            where, slopes = f"{name} = {number_text(x, None)}", f"the slope of {output.name} is {left} on the left and {right} on the right"
            what = f"jumps where {where}" if sides.jumps else f"has a kink where {where}: {slopes}"
            yield f"{above[0].op} {what}.\nNo finite difference can confirm d{output.name}/d{name} there: it is a convention."


def _assignments(values: Sequence[str]) -> dict[str, float]:
    """The numbers in ``name=value`` arguments."""
    found: dict[str, float] = {}
    for argument in values:
        name, equals, number = (part.strip() for part in unicodedata.normalize("NFKC", argument).partition("="))
        if not equals or not name.isidentifier():
            raise ExpressionError(f"a value is written name=number, such as x=2, not {argument.strip()!r} (is the expression in quotes?)")
        if name in found:
            raise ExpressionError(f"{name} is given twice: {number_text(found[name], None)} and {number}")
        try:
            found[name] = real(float(number))
        except ValueError:
            raise ExpressionError(f"the value of {name} is a number such as 2 or -0.5, not {number!r}") from None
    return found


def _protected(arguments: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """An expression may begin with a minus sign: a space before it tells it from an option."""
    known = [option for action in parser._actions for option in action.option_strings]
    return [a if a == "-" or not a.startswith("-") or a.split("=")[0] in known else f" {a}" for a in arguments]


if __name__ == "__main__":
    code = 0
    try:
        code = main()
        print(end="", flush=True)
    except OSError as error:  # a disk that is full; or the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own last flush
        if not (code or isinstance(error, BrokenPipeError)):
            print(f"error: {one_line(str(error))}", file=sys.stderr)
            code = 2
    sys.exit(code)
