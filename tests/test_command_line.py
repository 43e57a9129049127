"""The command line: what it prints, and that whatever is typed gives a result or a message, never a traceback."""

import io
import os
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd_core.__main__ import main

QUIZ = "exp(x*z) + x*z/log(x) + sin(log(x))/(x*z)"
NAMED_QUIZ = "a = x*z; b = log(x); c = sin(b); d = exp(a); e = a/b; f = c/a; y = d + e + f"


@pytest.fixture
def gradients(run):
    """The table of gradients that a command prints, as texts by name."""

    def gradients(*arguments):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        rows = out.split("\nGradients of ")[1].splitlines()[2:]
        return {row.split()[0]: row.split()[1:] for row in rows}

    return gradients


@pytest.mark.parametrize(("text", "output"), [(QUIZ, "output"), (NAMED_QUIZ, "y"), (NAMED_QUIZ.replace("; ", "\n"), "y")])
def test_the_quiz_of_the_lectures_is_solved_to_the_last_digit(gradients, text, output):
    assert gradients(text, "x=2", "z=3") == {f"d{output}/dx": ["1208.3812151266095"], f"d{output}/dz": ["809.707479218564"]}


def test_assignments_name_the_nodes(run):
    code, out, _ = run(NAMED_QUIZ, "x=2", "z=3")
    forward, backward, _ = out.split("\n\n")
    assert code == 0
    rows = [line.split(maxsplit=1) for line in forward.splitlines()[2:]]
    assert [row[0] for row in rows] == ["x", "z", "a", "d", "b", "e", "v1", "c", "f", "y"]
    shown = {name: " ".join(text.split()) for name, text in rows}
    assert (shown["a"], shown["e"], shown["f"]) == ("x * z 6", "a / b 8.65617", "c / a 0.106494")
    assert backward.splitlines()[2].split() == ["y", "seed", "1", "1"]
    assert "\nGradients of y = 412.1914" in out


def test_the_whole_text_of_a_small_example(run):
    code, out, err = run("w*x", "w=0.5", "x=3")
    assert (code, err) == (0, "")
    assert out == """\
Forward pass
node    expression  value
w                     0.5
x                       3
output  w * x         1.5

Backward pass
gradient of  through  upstream  *  local derivative  = contribution  sum
output       seed                                                 1    1
w            output          1  *  x = 3                          3    3
x            output          1  *  w = 0.5                      0.5  0.5

Gradients of output = 1.5
gradient    value
doutput/dw  3.0
doutput/dx  0.5
"""


def test_check_puts_a_finite_difference_beside_each_gradient(gradients):
    for name, (value, numeric, difference) in gradients(QUIZ, "x=2", "z=3", "--check").items():
        assert float(numeric) == pytest.approx(float(value), rel=1e-7), name
        assert float(difference) == pytest.approx(abs(float(value) - float(numeric)), rel=0.05)  # two digits are shown
        assert numeric != value


def test_check_reads_values_in_any_order_and_constants(gradients):
    found = gradients("pi*x - e*y**2", "y=3", "x=2", "--check")
    assert found["doutput/dx"][0] == "3.141592653589793"
    assert float(found["doutput/dy"][0]) == pytest.approx(-16.30969097075427)
    assert all(float(row[2]) < 1e-6 for row in found.values())


def test_digits_sets_the_figures_of_the_tables(run):
    _, out, _ = run("x/3", "x=1", "--digits", "3")
    assert "0.333\n" in out
    assert "0.333333\n" not in out
    assert "0.33333333333333331" in run("x/3", "x=1", "--digits=17")[1]
    for bad in ("0", "18", "-1", "three"):
        code, out, err = run("x", "x=1", "--digits", bad)
        assert (code, out) == (2, "")
        assert "--digits" in err


def test_a_dash_reads_standard_input(gradients, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a = w*x\na * a\n"))
    assert gradients("-", "w=2", "x=3") == {"doutput/dw": ["36.0"], "doutput/dx": ["24.0"]}


@pytest.mark.parametrize(("text", "slope"), [("-x", -1), ("-x*x", -4), ("--x", 1), ("-(x)", -1), ("-x**2", -4), ("-1*x", -1), ("+x*1", 1)])
def test_an_expression_may_begin_with_a_sign(gradients, text, slope):
    assert gradients(text, "x=2") == {"doutput/dx": [f"{slope}.0"]}
    assert gradients(text.replace("x", "dig"), "dig=2") == {"doutput/ddig": [f"{slope}.0"]}


@pytest.mark.parametrize("name", ["é", "θ1", "Ж", "変数", "µ", "ﬁ"])
def test_names_may_be_of_any_script(gradients, name):
    # Python reads some letters as others of the same meaning (µ, the micro sign, as the Greek letter): values follow.
    assert list(gradients(f"{name}*2", f"{name}=3").values()) == [["2.0"]]


WRONG = [
    # the expression, its values, a part of the message, and where the caret stands (None: no place is shown)
    ("2*(x + 1", "x=2", "'(' was never closed", 2),
    ("x + 1)", "x=2", "unmatched", 5),
    ("(x + 1]", "x=2", "does not match", 6),
    ("x + ", "x=2", "invalid syntax", 3),
    ("x x", "x=2", "invalid syntax", 2),
    ("x + sinn(x)", "x=2", "unknown function sinn: did you mean sin?", 4),
    ("2*quux(x)", "x=2", "unknown function quux: known are abs, acos", 2),
    ("x + y", "x=2", "no value for y: add y=...", 4),
    ("x + sin", "x=2", "sin is a function: write sin(...)", 4),
    ("x", "x=2 y=3", "y is given a value, but the expression does not use it (it uses x)", None),
    ("1", "y=3", "it uses no names", None),
    ("x", "x=2 x=3", "x is given twice: 2 and 3", None),
    ("x", "x=two", "the value of x is a number such as 2 or -0.5, not 'two'", None),
    ("x", "x=", "not ''", None),
    ("x", "2", "a value is written name=number", None),
    ("x", "x=1 --chekc", "name=number", None),
    ("1 + (x^2)", "x=2", "^ is not a power here: write x ** 2", 5),
    ("1 + x^2", "x=2", "^ is not a power here", 0),  # which is (1 + x)^2 to Python, and starts there
    ("1 + x.data", "x=2", "x.data is not understood", 4),
    ("x[0]", "x=2", "x[0] is not understood", 0),
    ("math.exp(x)", "x=2", "math.exp(x) is not understood: write exp(x)", 0),
    ("1 + x.maximum(2)", "x=2", "x.maximum(2) is not understood: write maximum(x, 2)", 4),
    ("__import__('os')", "", "unknown function __import__", 0),
    ("1 + (lambda x: x)", "", "lambda x: x is not understood", 5),
    ("x < 2", "x=1", "x < 2 is not understood", 0),
    ("2*(x if x else 1)", "x=1", "is not understood", 3),
    ("x + ~x", "x=1", "~x is not understood", 4),
    ("sin(x=2)", "", "sin(x=2) is not understood", 0),
    ("sin(*x)", "x=1", "*x is not understood", 4),
    ("x + 'x'", "x=1", "'x' is not understood", 4),
    ("'x", "", "unterminated string", 0),
    ("x + 2j", "x=1", "2j is not understood", 4),
    ("x + True", "x=1", "True is not understood", 4),
    ("x := 2", "", "invalid syntax", 2),
    ("import os", "", "only expressions and assignments", 0),
    ("x += 1", "x=1", "only expressions and assignments", 0),
    ("x; x", "x=1", "only the last part may be a bare expression", 0),
    ("y = x; x = 2", "x=1", "x is used before it is assigned", 7),
    ("1 + sin(x, x)", "x=1", "sin takes 1 operand, not 2", 4),
    ("1 + maximum(x)", "x=1", "maximum takes 2 operands, not 1", 4),
    ("1 + step(x, 1, 2)", "x=1", "step takes", 4),
    ("1 + log(x-2)", "x=1", "log at x = -1.0 is not defined: it needs x > 0", 4),
    ("é + log(é-2)", "é=1", "log at x = -1.0", 4),
    ("1 + 2/(x-x)", "x=1", "/ at x = 2.0, y = 0.0 is not defined", 4),
    ("1 + exp(x)", "x=1000", "exp at x = 1000.0 (x is the node 'x') overflows", 4),
    ("1 + 10**400*x", "x=1", "overflows", 4),
    ("1 + x**x", "x=-2", "pow at x = -2.0, y = -2.0", 4),
    ("1 + dot([x], [1, 2])", "x=1", "1 weights and 2 inputs", 4),
    ("1 + dot(x, x)", "x=1", "", 4),
    ("1 + logsumexp([])", "", "at least one number", 4),
    ("1 + leaky_relu(x, x)", "x=1", "plain number", 4),
    ("a = x\nb = 2 + log(a)", "x=-1", "log at x = -1.0", 8),
    ("1" * 400, "", "too large for a float", 0),
    ("x\0", "x=1", "null bytes", None),  # the place differs between versions of Python
    ("", "", "the expression is empty", None),
    (" \n\t", "", "the expression is empty", None),
    ("-" * 3000 + "x", "x=1", "nested too deeply", None),
    ("(" * 3000 + "x" + ")" * 3000, "x=1", "", None),
]


@pytest.mark.parametrize(("text", "values", "message", "column"), WRONG, ids=[text[:20] for text, *_ in WRONG])
def test_what_cannot_be_used_is_refused_at_its_place(run, text, values, message, column):
    code, out, err = run(text, *values.split())
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert message in err
    if column is not None:
        line = text.splitlines()[-1].rstrip()
        shown = line if len(line) <= 120 else line[:120] + "…"
        assert err.splitlines()[-2:] == ["  " + shown, "  " + " " * column + "^"]


def test_the_place_is_under_the_character_also_behind_a_tab(run):
    _, _, err = run("x +\tlog(x)", "x=-1")
    line, caret = err.splitlines()[-2:]
    assert caret.expandtabs().index("^") == line.expandtabs().index("log")


def test_an_unusual_line_break_does_not_move_the_place(run):
    # Python's own reader does not end a line at a form feed, which str.splitlines does.
    _, _, err = run("x +\x0clog(x) + 1\nfoo(x)", "x=1")
    assert "only the last part" in err
    assert run("a = x +\x0clog(x)\n1 + sqrt(a - 5)", "x=1")[2].splitlines()[-2] == "  1 + sqrt(a - 5)"


def test_no_python_warning_about_the_text_is_shown(run):
    code, out, err = run("x + '\\d'", "x=1")
    assert (code, out) == (2, "")
    assert "Warning" not in err


@pytest.mark.parametrize(
    ("text", "values"),
    [("+".join(["x"] * 3000), "x=1"), ("a = " + "*".join(["x"] * 3000) + "; a", "x=1"), ("x" + ")" * 2000, "x=1"),
     ("dot([" + ",".join(["x"] * 784) + "], [" + ",".join(["0.5"] * 784) + "])", "x=1"), ("sin(" * 150 + "x" + ")" * 150, "x=1"),
     ("; ".join(f"a{i} = {f'a{i - 1}' if i else 'x'} + 1" for i in range(2000)), "x=1")],
    ids=["sum", "product", "closing", "dot", "nested", "assignments"],
)  # fmt: skip
def test_a_large_expression_gives_a_result_or_a_message(run, text, values):
    code, out, err = run(text, *values.split())
    assert (code, bool(out), bool(err)) in [(0, True, False), (2, False, True)]


def test_a_thousand_assignments_are_no_limit(gradients):
    text = "; ".join(f"a{i} = {f'a{i - 1}' if i else 'x'} + x" for i in range(1000))
    assert gradients(text, "x=1") == {"da999/dx": ["1001.0"]}


def test_the_weighted_sum_of_an_image_has_gradients(gradients):
    assert gradients(f"dot([{','.join(['x'] * 784)}], [{','.join(['0.5'] * 784)}])", "x=1") == {"doutput/dx": ["392.0"]}


@pytest.mark.parametrize(("text", "values"), [("x**y", "x=0 y=0.5"), ("x**y", "x=0 y=0"), ("sqrt(x)", "x=0"), ("hypot(x, y)", "x=0 y=0")])
def test_the_edge_of_a_domain_has_gradients_too(gradients, text, values):
    assert all(found for found in gradients(text, *values.split()).values())


def test_an_input_called_output_is_told_from_the_output(gradients):
    assert list(gradients("output*2", "output=3")) != ["doutput/doutput"]
    assert list(gradients("output*result*_", "output=3", "result=1", "_=2").values()) == [["2.0"], ["6.0"], ["3.0"]]


def test_check_on_the_edge_of_a_domain_says_so(run):
    code, out, err = run("sqrt(x)", "x=0", "--check")
    assert (code, out) == (2, "")
    assert "difference" in err  # sqrt(0) itself is defined
    assert run("log(x)", "x=1e-7", "--check")[0] == 0


def test_a_constant_expression_has_no_gradients(run):
    code, out, _ = run("2*pi")
    assert code == 0
    assert out.endswith("Gradients of output = 6.283185307179586\n(no inputs)\n")


CALLS = [f"{name}(" for name in ("exp", "log", "sin", "sinh", "pow", "sign", "step", "dot", "logsumexp", "sqrt")]
CHARACTERS = st.text("xyz019.+-*/()=;, explogsin'\"[]{}\n^", max_size=30)
PIECES = st.lists(st.sampled_from([*"xyze019.+-*/)=;,[]^ \n", "**", "pi", *CALLS]), max_size=12).map("".join)


@settings(deadline=None, max_examples=1500)
@given(CHARACTERS | PIECES, st.lists(st.sampled_from(["x=0", "x=2", "y=-1", "z=1e200", "--check", "--digits=3"]), max_size=4))
@example("x**y", ["x=0", "y=-1"])
@example("e*x", ["x=2", "--check"])
def test_whatever_is_typed_gives_a_result_or_a_message(text, values):
    with pytest.MonkeyPatch.context() as patch:
        out, err = io.StringIO(), io.StringIO()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "stdin", io.StringIO("x"))
        try:
            code = main([text, *values])
        except SystemExit as exit_:
            code = exit_.code
    assert code in (0, 2)
    assert bool(err.getvalue()) == (code == 2)
    assert bool(out.getvalue()) == (code == 0)
    assert "Traceback" not in err.getvalue()


def test_python_runs_the_package_as_a_command():
    command = [sys.executable, "-m", "autograd_core"]
    done = subprocess.run([*command, QUIZ, "x=2", "z=3"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1208.3812151266095" in done.stdout
    failed = subprocess.run([*command, "log(x)", "x=-1"], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.endswith("\n  log(x)\n  ^\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_a_full_disk_and_closed_streams_are_no_traceback(unbuffered):
    shell = f"{sys.executable} -m autograd_core"
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    for line, code, said in (("x x=1 | true", 0, ""), ("x x=1 >&-", 0, ""), ("x x=1 > /dev/full", 2, "No space left"),
                             ("- x=1 <&-", 2, "standard input is closed")):  # fmt: skip
        done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{shell} {line}"], capture_output=True, text=True, check=False, env=env)
        assert done.returncode == code, line
        assert (done.stderr.count("\n"), said in done.stderr) == (1 if code else 0, True)


def test_a_terminal_without_the_letters_still_gets_the_result():
    command = [sys.executable, "-m", "autograd_core", "θ*2", "θ=3"]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert b"Traceback" not in done.stderr
    assert b"2.0" in done.stdout


@pytest.mark.parametrize(
    ("expression", "values", "told"),
    [("abs(x)", ["x=0"], "abs has a kink where x = 0: the slope of output is -1 on the left and 1 on the right."),
     ("a = 2*x - 4; y = relu(a)", ["x=2"], "relu has a kink where x = 2: the slope of y is 0 on the left and 2 on the right."),
     ("max(x, y, 0)", ["x=1", "y=1"], "maximum has a kink where y = 1: the slope of output is 0 on the left and 1 on the right."),
     ("x*sign(y)", ["x=2", "y=0"], "sign jumps where y = 0."),
     ("x + floor(y)", ["x=2", "y=3"], "floor jumps where y = 3.")],
)  # fmt: skip
def test_a_check_at_a_kink_says_that_it_is_one(expression, values, told, capsys):
    assert main([expression, *values, "--check"]) == 0
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("expression", ["relu(x)**2", "elu(x)", "x*abs(x)", "sinc(x)", "sin(1e8 + x)", "1/(x + 0.001)", "2*x - 0"])
def test_a_check_of_a_smooth_function_says_nothing_of_kinks(expression, capsys):
    assert main([expression, "x=0", "--check"]) == 0
    assert "kink" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("expression", "told"),
    [("2x", "a product is written 2*x"), ("sin x", "write sin(x)"), ("|x|", "an absolute value is written abs(...)"), ("ln x", "write ln(x)"),
     ("Sin(x)", "did you mean sin?"), ("x^2", "write x ** 2")],
)  # fmt: skip
def test_mathematics_on_paper_is_answered_with_how_it_is_written_here(expression, told, capsys):
    assert main([expression, "x=2"]) == 2
    assert told in capsys.readouterr().err
    assert main(["ln(x)", "x=2"]) == 0
