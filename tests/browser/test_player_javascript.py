"""The table printed as JavaScript: every row computes in the page what it computes in Python."""

import itertools
import math

import pytest
from test_table import ROWS, points

import autograd_core as ac
from autograd_core import Value, play
from autograd_core.formulas.typesetting import number_text
from autograd_core.programs.javascript import HELPERS, row_functions
from autograd_core.views.player_page import rule


def test_numbers_are_written_as_python_writes_them(opened):
    numbers = [0.0, -0.0, 1.0, -1.0, 1 / 3, 100.0, 123456.0, 1234567.0, 999999.5, 999999.4, 0.0001, 0.00009999999, 1e5,
               1e6, 1e-5, 1 / 1024, 3 / 1024, 100000.5, 100001.5, -100000.5, 1e100, -1.5e-300, 5e-324,
               1.7976931348623157e308, 12000.0, math.pi]  # fmt: skip
    page = opened(play(Value(1.0)))
    written = page.evaluate("(numbers) => numbers.map(document.querySelector('.agc-player').autograd.format)", numbers)
    assert written == [number_text(x) for x in numbers]


UNUSUAL = [math.nan, math.inf, -math.inf]


def defined(row, xs):
    """Value and derivatives in Python; ``None`` outside the domain."""
    try:
        out = row.evaluate(*xs)
        return out, [float(d) for d in row.local_derivatives(out, *xs)]
    except (ValueError, ArithmeticError):
        return None


def agree(got, expected):
    return got == expected or (got != got and expected != expected) or math.isclose(got, expected, rel_tol=1e-12, abs_tol=1e-307)


def test_every_row_of_the_table_computes_in_javascript_what_it_computes_in_python(opened):
    rows = [row.values for row in ROWS]
    player = play(Value(1.0))
    table = ",\n".join(row_functions(row, count) for row, count in rows)
    player.html = player.html.replace("const rows = [];", f"{''.join(HELPERS.values())} const rows = [{table}];")
    page = opened(player)
    assert page.evaluate("document.querySelector('.agc-player').autograd.rows.length") == len(rows)
    cases = []
    for i, (row, count) in enumerate(rows):
        # The statements of a row on any number of operands hold for finite values: inf - inf in logsumexp is nan in programs.
        unusual = UNUSUAL if row.arity else UNUSUAL[:1]
        at = [*points(row, count), *(tuple(x if k == j else 0.5 for k in range(count)) for x in unusual for j in range(count))]
        cases += [(i, xs, *result) for xs in at if (result := defined(row, xs)) is not None]
    # Derivatives are taken at Python's value: 1 - out * out would magnify its last bit.
    results = page.evaluate(
        """(text) => { const rows = document.querySelector('.agc-player').autograd.rows, number = (x) => Number(x);
        const show = (x) => Object.is(x, -0) ? "-0" : String(Number(x));
        return text.split("\\n").map((line) => { const [i, out, ...xs] = line.split(" ").map(number);
            return [rows[i].value(...xs), ...rows[i].derivatives(out, ...xs)].map(show).join(" "); }).join("\\n"); }""",
        "\n".join(" ".join([str(i), *(written(x) for x in (out, *xs))]) for i, xs, out, _ in cases),
    )
    wrong = [
        f"{rows[i][0]!r} at {xs}: {line}, in Python {out!r} {derivatives}"
        for (i, xs, out, derivatives), line in zip(cases, results.split("\n"), strict=True)
        if not all(agree(float(got.replace("Infinity", "inf")), want) for got, want in zip(line.split(), [out, *derivatives], strict=True))
    ]
    assert len(cases) > 5000
    assert wrong == [], "\n".join(wrong)


def test_where_a_row_is_not_defined_the_page_says_what_the_engine_says(opened):
    rows = [row.values for row in ROWS if not row.values[0].internal]  # those stand in derivatives only, and follow IEEE
    cases = []
    for i, (row, count) in enumerate(rows):
        awkward = (-1e3, -2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 1e3)
        for xs in itertools.product(awkward, repeat=count) if count <= 2 else points(row, count):
            try:
                row.evaluate(*xs)
                said = ""
            except (ValueError, ArithmeticError) as error:
                with pytest.raises((ac.DomainError, OverflowError)) as refused:
                    row.refuse(error, xs, ["first", None])
                said = str(refused.value)
            cases.append((i, xs, said))
    page = opened(play(Value(1.0)))
    found = page.evaluate(
        """([table, rules, cases]) => { const engine = document.querySelector('.agc-player').autograd.engine, rows = eval(table);
        return cases.map(([i, xs]) => { const leaf = (x, k) => ({ row: null, data: x, quoted: k ? "" : "'first'" });
            const node = { row: 0, parents: xs.map((x, k) => k) }, graph = { nodes: [...xs.map(leaf), node] };
            engine.forwardPass(graph, [rows[i]]);
            return engine.problemOf(graph, [rows[i]], [rules[i]]); }); }""",
        [f"{''.join(HELPERS.values())} [{','.join(row_functions(*row) for row in rows)}]", [rule(*row) for row in rows], [case[:2] for case in cases]],
    )
    wrong = [(rows[i][0].name, xs, got, said) for (i, xs, said), got in zip(cases, found) if got != said]
    assert sum(1 for _, _, said in cases if said) > 100
    assert wrong == [], "\n".join(map(str, wrong))


def written(x):
    return repr(x).replace("inf", "Infinity").replace("nan", "NaN")


def test_pow_is_that_of_python_for_every_pair_of_special_numbers(opened):
    row = ac.primitive("raw_power", "pow(x, y)", lambda out, x, y: (0.0, 0.0), arity=2)
    try:
        player = play(row(Value(2.0, "x"), Value(3.0, "y")))
    finally:
        del ac.TABLE["raw_power"]
    special = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e300, math.inf]
    special = [*special, *(-x for x in special), math.nan]
    pairs = [(x, y) for x in special for y in special if defined(row, (x, y)) is not None]
    page = opened(player)
    got = page.evaluate(
        """(pairs) => { const row = document.querySelector('.agc-player').autograd.rows[0];
        return pairs.map((pair) => row.value(...pair.map(Number))).map((x) => Object.is(x, -0) ? "-0" : String(x)); }""",
        [[written(x) for x in pair] for pair in pairs],
    )
    python = [math.pow(x, y) for x, y in pairs]
    assert python[pairs.index((1.0, math.inf))] == python[pairs.index((-1.0, -math.inf))] == 1.0
    assert len(pairs) > 200
    found = [float(text.replace("Infinity", "inf")) for text in got]
    same = [agree(x, y) and (x != x or math.copysign(1.0, x) == math.copysign(1.0, y)) for x, y in zip(found, python)]
    assert [(*pair, x, y) for pair, x, y, good in zip(pairs, found, python, same) if not good] == []


def test_the_error_functions_hold_twelve_digits_everywhere(opened):
    rows = [ac.TABLE["erf"], ac.TABLE["erfc"]]
    x = Value(1.0, "x")
    page = opened(play(ac.erf(x) + ac.erfc(x)))
    xs = [sign * k / 64 for k in range(1, 27 * 64) for sign in (1, -1)]
    got = page.evaluate("(xs) => document.querySelector('.agc-player').autograd.rows.slice(0, 2).map((r) => xs.map((x) => r.value(x)))", xs)
    for row, values in zip(rows, got):
        assert [x for x, value in zip(xs, values) if not math.isclose(value, row.evaluate(x), rel_tol=1e-12, abs_tol=1e-300)] == []
