"""The command line against 10,000 random texts, giants, and what people write on paper."""

import io
import random
import re
import sys

import pytest

from autograd_core.__main__ import main

PIECES = [
    *"xyzw0123456789.+-*/()[]{}=;,^|&%!?@#$~<>:'\"\\_ \t\n\r\0", "\x0b\x0c\x1b\x7f\x85", "\u2028", "\u2029", "\ufeff", "\ud800", "\udfff", "é", "変", "θ", "ﬁ", "µ",
    "×", "−", "²", "√", "０", "٣", "e\u0301", "\u202e", "😀", "**", "//", "->", ":=", "==", "!=", "...", "\r\n", "1e", "1e5", "1e400", "0x", "0xff", "0b1", "2j",
    "1_0", "1__0", "if", "else", "lambda x:", "for x in", "import os", "not", "and", "None", "True", "f'{x}'", "b'x'", "pi", "e", "inf", "nan", "output", "x x", "2x",
    "|x|", "x^2", "sin x", "[0]", "[1]", "[-1]", "[x]", "softmax([x, y])", "log_softmax([x])", "dot([x, y], [1, 2])", "logsumexp([x])", "y = ", "a = x; ", "x.data",
]  # fmt: skip
FUNCTIONS = ["exp", "log", "ln", "sin", "tanh", "sqrt", "pow", "max", "min", "maximum", "softmax", "dot", "step", "sinn", "abs", "erf", "atan2", "leaky_relu"]
PIECES += [f"{name}(" for name in FUNCTIONS] + [f"{name}(x)" for name in FUNCTIONS] + [f"{name}(x, y)" for name in FUNCTIONS]
GOOD = ["exp(x*z) + x*z/log(x)", "a = x*y; b = log(a)\nsin(b)/a", "sigmoid(w*x + 0.5)", "max(x, y, 2)**2 - min(x, -y)", "p = softmax([x, y, 0]); p[0]*p[2]"]
VALUES = ["x=2", "y=-1.5", "z=0", "w=1e300", "x=nan", "y=inf", "x", "=", "x=2=3", "=2", "x=\0", "x=\ud800", "é=1", "x=1e999", "x=" + "9" * 5000,
          "--check", "--digits=3", "--digits=0", "--latex", "--level=x", "--svg=", "--", "-", "-x", "--unknown", "if=1"]  # fmt: skip


def random_text(source):
    """A mixture of pieces, or a good text with a few changes."""
    if source.random() < 0.5:
        return "".join(source.choices(PIECES, k=source.randrange(12)))
    text = list(source.choice(GOOD))
    for _ in range(source.randrange(4)):
        place = source.randrange(len(text))
        text[place : place + source.randrange(2)] = source.choice(PIECES)
    return "".join(text)


@pytest.fixture
def called(monkeypatch):
    """The exit code, the output and the complaint of one call."""

    def called(*arguments, typed="x*x"):
        out, err = io.StringIO(), io.StringIO()
        for name, stream in (("stdout", out), ("stderr", err), ("stdin", io.StringIO(typed))):
            monkeypatch.setattr(sys, name, stream)
        try:
            code = main(list(arguments))
        except SystemExit as exit_:
            code = exit_.code
        return code, out.getvalue(), err.getvalue()

    return called


def check(code, out, err):
    """A result, or one line that says what is wrong and perhaps two that show the place."""
    assert code in (0, 2)
    assert (bool(out), bool(err)) == (code == 0, code == 2)
    if code == 2:
        lines = err.removesuffix("\n").split("\n")
        assert lines[0].startswith("error: ")
        assert len(lines) in (1, 3)
        assert all(len(line) <= 1100 for line in lines)
        assert all(character.isprintable() or character in "\t" for line in lines for character in line)
        assert "Traceback" not in err
        if len(lines) == 3:
            assert len(lines[1]) <= 2 + 122
            assert lines[2].strip() == "^"


@pytest.mark.filterwarnings("always")  # a warning would be a line more
def test_ten_thousand_random_texts_give_a_result_or_one_line(called):
    source, codes = random.Random(11), []
    for _ in range(10_000):
        text = random_text(source)
        fitting = [f"{name}={source.choice([2, 0.5, 3, -1, 0, 1e3])}" for name in "xyzw" if re.search(rf"\b{name}\b", text)]
        arguments = [text, *(fitting if source.random() < 0.8 else []), *source.choices(VALUES, k=source.choice([0, 0, 0, 1, 2]))]
        result = called(*arguments, typed=random_text(source))
        try:
            check(*result)
        except AssertionError:
            raise AssertionError(arguments, result) from None
        codes.append(result[0])
    assert codes.count(0) > 500  # or the texts would say little


GIANTS = {
    "a long name": "x" * 10**6,
    "a long unknown function": "x" * 10**6 + "(1)",
    "a long error": "x+" * 500_000 + "?" + "+x" * 10,
    "a long number": "9" * 10**6,
    "a long number within": "x + " + "9" * 5000,
    "a long hexadecimal number": "0x" + "f" * 4000,
    "a comment": "# hi",
    "only comments": "# hi\n\n# there",
    "a long comment": "#" * 10**6,
    "spaces": " " * 10**6 + "x y",
    "brackets": "(" * 10**5 + "x" + ")" * 10**5,
    "open brackets": "(" * 10**5,
    "lists": "[" * 10**5 + "]" * 10**5,
    "signs": "-" * 10**5 + "x",
    "powers": "**".join(["x"] * 10**5),
    "a long sum": "+".join(["x"] * 10**5),
    "calls": "x" + "()" * 10**5,
    "elements": "x" + "[0]" * 10**5,
    "functions": "sin(" * 10**5 + "x" + ")" * 10**5,
    "bars": "|" * 10**6,
    "closing brackets": ")" * 10**6,
    "words": "x " * 500_000,
    "text": "'" + "a" * 10**6 + "'",
    "open text": "'" * 10**6 + "a",
    "null bytes": "\0" * 10**6,
    "half characters": "\ud800" * 10**5,
    "lines": "\n" * 10**6 + "x y",
    "statements": "a = x\n" * 10_000 + "a +",
}


@pytest.mark.parametrize("name", GIANTS)
def test_giants_give_one_line(name, called):
    result = called(GIANTS[name], "x=1") if name != "a long name" else called(GIANTS[name])
    check(*result)
    assert result[0] == 2


@pytest.mark.parametrize("value", ["x=" + "y" * 10**6, "y" * 10**6 + "=1", "y" * 10**6, "--digits=" + "9" * 10**6, "--level=" + "y" * 10**6, "--svg=" + "y" * 10**6,
                                   "--html=a\0.html", "--svg=a\0.dot", "--svg=/none/x.dot"], ids=lambda value: value[:12])  # fmt: skip
def test_giant_and_strange_values_give_one_line(value, called):
    code, _, err = called("x*x", "x=1", value) if value.startswith("--") else called("x*x", value)
    check(code, "", err)
    assert code == 2


def test_a_long_line_is_cut_around_the_place(called):
    _, _, err = called("+".join(["x"] * 200) + "+foo(x)" + "+x" * 200, "x=1")
    message, line, caret = err.splitlines()
    assert message.startswith("error: unknown function foo")
    assert line.strip().startswith("…")
    assert line.endswith("…")
    assert line[caret.index("^") :].startswith("foo(x)")


@pytest.mark.parametrize(
    ("text", "remedy", "at"),
    [("2x", "a product is written 2*x", "2x"), ("1 + 2.5x", "a product is written 2.5*x", "2.5x"), ("3 sin(x)", "a product is written with *: 3*sin", "sin"),
     ("x y", "a product is written with *: x*y", "y"), ("(x + 1)(x - 1)", "a product is written with *", "(x + 1)"), ("(x)2", "a product is written with *", "2"),
     ("2(x + 1)", "a product is written with *", "2"), ("y = x; y(x + 1)", "a product is written with *: y*(...)", "y(x"), ("sin x", "write sin(x)", "sin"),
     ("1 + ln 2", "write ln(2)", "ln"), ("|x|", "an absolute value is written abs(...)", "|x|"), ("2 + |x - 1|", "an absolute value is written abs(...)", "|x"),
     ("x | x", "an absolute value is written abs(...)", "x |"), ("x^2", "^ is not a power here: write x ** 2", "x^2"), ("x × 2", "write *", "×"), ("x − 2", "write -", "−"),
     ("x²", "write ** 2", "²"), ("w·x", "a product is written w*x", "w·x"), ("σ(x)", "did you mean sigmoid?", "σ"), ("√x", "write sqrt(...)", "√"), ("sinn(x)", "did you mean sin?", "sinn"), ("x + softmx([x])[0]", "did you mean softmax?", "softmx"),
     ("softmax([x, 1])", "take one with [0]", "softmax"), ("softmax([x, 1])*2", "take one with [0]", "softmax"), ("softmax([x, 1])[2]", "no [2] in a list of 2", "softmax"),
     ("softmax(x, 1)", "softmax takes one list", "softmax"), ("max(x)", "max takes 2 operands, not 1", "max"), ("ln(x, 2)", "ln takes 1 operand, not 2", "ln"),
     ("0x" + "f" * 400, "too large for a float", "0x")],
)  # fmt: skip
def test_what_one_writes_on_paper_gets_a_remedy(text, remedy, at, called):
    code, out, err = called(text, "x=2")
    check(code, out, err)
    message, line, caret = err.removesuffix("\n").split("\n")
    assert remedy in message
    assert line[caret.index("^") :].startswith(at)


@pytest.mark.parametrize(
    ("text", "values", "question"),
    [("length*2", "lenght=3", "no value for length: add length=... after the expression - did you mean lenght?"),
     ("width = x; widht*2", "x=1", "did you mean width?"), ("x*pii", "x=1", "did you mean pi?"), ("weight*x + wieght", "weight=1 x=2", "did you mean weight?"),
     ("signoid", "", "did you mean sigmoid?"), ("x*length", "x=1 length=2 lengths=3", "lengths is given a value, but the expression does not use it (it uses x, length): did you mean length?"),
     ("sin", "", "sin is a function: write sin(...)")],
)  # fmt: skip
def test_names_that_are_near_are_asked_for(text, values, question, called):
    code, out, err = called(text, *values.split())
    check(code, out, err)
    assert question in err


@pytest.mark.parametrize(
    ("text", "value"),
    [("ln(x)", "0.6931471805599453"), ("max(x, 3)", "3.0"), ("max(x, 1, 5, x)", "5.0"), ("min(x, 1, 5)", "1.0"), ("softmax([x, x])[1]", "0.5"),
     ("dot(softmax([x, x]), [1, 3])", "2.0"), ("p = softmax([x, x + 0]); p[0] - p[1]", "0.0"), ("logsumexp(log_softmax([x, 1]))", "0.0"),
     ("a = x\r\na*2", "4.0"), ("a = x\ra*2", "4.0"), ("x\t*\t2", "4.0"), ("x # twice\n", "2.0")],
)  # fmt: skip
def test_the_names_of_paper_and_lists_work(text, value, called):
    code, out, err = called(text, "x=2")
    assert (code, err) == (0, "")
    assert float(out.split("Gradients of ")[1].split(" = ")[1].split()[0]) == pytest.approx(float(value), abs=1e-15)


def test_the_place_is_right_behind_any_line_end_and_wide_letters(called):
    for text in ("a = x\r\n1 + foo(a)", "a = x\r1 + foo(a)", "a = x\n1 + foo(a)"):
        assert called(text, "x=1")[2].splitlines()[-2:] == ["  1 + foo(a)", "      ^"]
    assert called("変数 + foo(x)", "x=1")[2].splitlines()[-2:] == ["  変数 + foo(x)", "         ^"]  # each letter takes two cells


def test_standard_input_that_is_no_text_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x*\xff"), encoding="utf-8"))
    assert main(["-", "x=1"]) == 2
    assert capsys.readouterr().err == "error: standard input is not text in utf-8: byte 2 is 0xff\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfx*x"), encoding="utf-8"))
    assert main(["-", "x=3"]) == 0
