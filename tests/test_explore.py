"""The page where one types the formula: it reads what the shell reads, computes what the engine computes, and says what both say."""

import hashlib
import json
import math
import random
import re

import pytest
from explore_node import answers
from test_command_line import WRONG
from test_command_line_fuzzed import GOOD, PIECES

import autograd_core as ac
from autograd_core import Constant, derivation, explain, explore, steps, topological_order
from autograd_core.__main__ import main
from autograd_core.formulas.typesetting import number_text
from autograd_core.teaching.explore import asset
from autograd_core.teaching.explore_rows import LONGEST, page_data
from autograd_core.views.language import CONSTANTS, FUNCTIONS, bind, evaluated, parse
from autograd_core.views.language_errors import ExpressionError

NEURON = "z = w*x + b; y = sigmoid(z); L = (y - t)**2"
VALUES = {"w": 0.5, "x": 2.0, "b": 1.0, "t": 1.0, "y": -1.5, "z": 0.0, "output": 3.0, "big": 1e3}

FORMULAS = [
    NEURON, "exp(x*b) + x*b/log(x) + sin(log(x))/(x*b)", "a = x; a*2", "a = x*2; a = a*3; a", "a = x*w; c = a*a; c + a", "a = 2; a*x", "v1 = x*w; v1 + b*t", "output*2", "x", "2*pi",
    "pi*x + e**w", "x*w + x*b + x*t", "(x+w)*(x-w)", "x*x", "x/x", "x-x+x", "x - (w - b)", "x / (w*b)", "2*x", "x*1", "1*x", "x*0", "0-x", "x+0", "-1*x", "x*-1", "x/4", "4/x", "x/-1", "--x", "+x",
    "x ** 2 ** 3", "-x ** 2", "2 ** -x", "x**x", "2**x", "pow(x, 3)", "pow(2, x)", "1_0*x", "0x10*x", ".5*x + 5.*x - 1e-3*x",
    # powers of every kind of exponent, also at 0 and of negative bases
    *(f"{base} ** {n}" for base, n in [("x", 1), ("x", 0), ("z", 0), ("y", 3), ("y", 20), ("x", -20), ("y", -3), ("x", 0.5), ("z", 0.5), ("x", -0.7), ("x", 0.3), ("x", 1.7), ("z", 1.5), ("x", 2.3), ("x", 7.5)]),
    # kinks, flat sides, chosen and computed zeros
    "relu(y)", "relu(z)", "relu(z, 1)", "leaky_relu(y)", "leaky_relu(z, -0.3)", "leaky_relu(y, 0.2)", "leaky_relu(y, 0)", "elu(y)", "elu(z, 0.7)", "elu(y, 2.5)", "step(z)", "step(z, 0.5)", "sign(z, 1)", "sign(y)",
    "abs(z)", "abs(y)", "sqrt(z)", "sqrt(relu(y))", "maximum(sqrt(z), 1)", "cbrt(z)**3", "sqrt(z)**2", "sqrt(z*z)", "sqrt(z)*0", "x*sqrt(z)", "maximum(x, x)", "minimum(x, b)", "hypot(z, z)",
    "max(x, y, 2)**2 - min(x, -y)", "where(x, y, w)", "where(z, sqrt(z), x)", "where(step(y), x, w)", "where(step(y), log(x), sqrt(z))", "clip(x, y, b)", "x % 3", "y // 2", "floor(y)", "round(w)", "trunc(y)", "ceil(w)",
    "sinc(w)", "sinc(w, 1)", "sinc(z)", "x // 1 + x % 1",
    # lists
    "p = softmax([x, y, 0]); p[0]*p[2]", "log_softmax([x, y])[1]", "logsumexp([x, y, 0.25])", "dot([x, y], [w, b])", "dot([x, 2], [3, b], t)", "dot([1, -2], [x, y])", "dot([1, 2], [x, y], 3)",
    "prod([x, y, w])", "prod([2, 3, x])", "prod([])", "dot(softmax([x, y]), [1, 3])", "softmax([1, 2])[0]*x", "logsumexp([x, w, b, t, y, z, output, 5, 2, 0.5])",
    # every function of one operand
    *(f"{name}({x})" for name, x in [("atan2", "x, y"), ("erf", "w"), ("erfc", "w"), ("tan", "x"), ("asin", "w"), ("asin", "b"), ("acos", "w"), ("atan", "x"), ("sinh", "w"), ("cosh", "w"), ("tanh", "w"), ("asinh", "x"),
      ("acosh", "x"), ("acosh", "b"), ("atanh", "w"), ("log1p", "x"), ("log2", "x"), ("log10", "x"), ("expm1", "x"), ("softplus", "y"), ("identity", "x"), ("cbrt", "z"), ("ln", "x")]),
    # what is not defined
    "log(y)", "2 + log(z)*x", "1 + 2/(x-x)", "1/z", "0/z", "sqrt(y)", "asin(x)", "atanh(b)", "exp(x*big)", "x**1000*x**1000", "1e308*10*x", "y**0.5", "y**x", "z**-1", "z**y", "log1p(-b)", "log(0)", "1/0", "exp(1000)",
    "10.0**400*x", "x % z", "x // z", "cosh(x*big)", "acosh(w)", "x*1e200*1e200 - x", "tan(x)/z", "sinc(w, 0.5)", "sinc(w, -1)", "sinc(w, 61)", "leaky_relu(x, x)", "softmax([x, 1])", "softmax([x, 1])[2]", "softmax([])", "dot([x], [1, 2])",
    "dot(x, x)", "dot([x])", "logsumexp([])", "logsumexp(x)", "logsumexp([x], [y])", "prod(x)", "x[0]", "a = x; b1 = a*y\nlog(b1)",
    # functions as one calls them in a program, and products as one writes them on paper
    "math.exp(w)", "1 + np.maximum(x, 2*y)", "x.exp()", "(x + y).maximum(w)", "math.foo(w)", "np.linalg.exp(x)", "w x", "sigmoid(w x + b)", "max(x y)", "(x 2)",
]  # fmt: skip


@pytest.fixture(scope="module")
def answered():
    return dict(zip(FORMULAS, answers([(text, VALUES) for text in FORMULAS]), strict=True))


def of_the_engine(text):
    """The output and the leaves of a formula; the message and the place of an error."""
    try:
        program = parse(text)
        return evaluated(program, bind(program, {name: VALUES[name] for name in program.inputs if name in VALUES}))
    except ExpressionError as error:
        return error


def place(error):
    """The place in the whole text; ``None`` where there is none."""
    lines = error.text.split("\n")
    return sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column if error.text else None


def close(x, y):
    return x == y or (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize("text", FORMULAS)
def test_the_page_computes_and_says_what_the_engine_does(answered, text):
    found, expected = answered[text], of_the_engine(text)
    if isinstance(expected, ExpressionError):
        assert (found.get("error"), found["at"]) == (expected.message, place(expected))
        return
    assert "error" not in found, found
    output, leaves = expected
    record = steps(output, {})
    called = {step.node: step.name for step in record.forward}
    nodes = [(called.get(x) or number_text(x.data, None), "constant" if type(x) is Constant else "operation" if x.parents else "leaf", x) for x in topological_order(output)]
    assert [tuple(x[:2]) for x in found["nodes"]] == [x[:2] for x in nodes]
    assert all(close(float(x[3]), node.data) for x, (*_, node) in zip(found["nodes"], nodes))
    assert [x[2] for x in found["nodes"] if x[1] != "constant"] == [step.expression for step in record.forward]
    terms = [(s.name, s.consumer_name or None, s.formula, s.upstream, s.local, s.contribution, s.total) for s in record.backward]
    assert [tuple(x[:3]) for x in found["terms"]] == [x[:3] for x in terms]
    assert all(close(float(x), y) for mine, its in zip(found["terms"], terms) for x, y in zip(mine[3:], its[3:]))
    for name, leaf in leaves.items():
        assert found["receipts"][name] == str(explain(output, leaf, {}))
    for node, name in called.items():  # so that a derivation gives each a line
        node.name = name if node.parents else node.name
    assert found["derivation"] == str(derivation(output, names={}))


NUMBERS = [-1e200, -3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 2.0, 800.0]


def test_every_function_and_operator_is_the_engines_everywhere_with_any_constant():
    source, cases = random.Random(7), []
    constants = [-40, -13, -12, *range(-3, 5), 12, 13, 1e15, *(source.choice([1, 3, 10]) * source.uniform(-1, 1) for _ in range(12))]
    for name, function in FUNCTIONS.items():
        arity = getattr(ac.TABLE.get(name), "arity", None) or (1 if name == "ln" else 0)
        if name in ("pow", "%", "//") or not arity or not callable(function):
            continue
        operands = ", ".join("xyz"[:arity])
        points = [(x, y, z) for x in NUMBERS for y in (NUMBERS if arity > 1 else [1.0]) for z in ([-1.0, 0.5] if arity > 2 else [1.0])]
        cases += [(f"{name}({operands})", point) for point in points]
    for sign in ("+", "-", "*", "/", "%", "//", "**"):
        cases += [(f"x {sign} y", (x, y, 1.0)) for x in NUMBERS for y in NUMBERS]
    for c in constants:
        families = [f"x ** ({c!r})", f"leaky_relu(x, {c!r})", f"elu(x, {c!r})", f"step(x, {c!r})", f"sign(x, {c!r})", f"relu(x, {c!r})"]
        cases += [(text, (x, 1.0, 1.0)) for text in families for x in (-1.5, 0.0, 2.0)]
    given = [(text, dict(zip("xyz", point))) for text, point in cases]
    assert len(given) > 1500
    wrong = []
    for (text, values), found in zip(given, answers(given), strict=True):
        try:
            program = parse(text)
            output, leaves = evaluated(program, {name: values[name] for name in program.inputs})
            output.backward()
            expected = [output.data, *(leaf.grad for leaf in leaves.values())]
            numbers = {x[0]: x for x in found.get("nodes", [])}
            got = [float(numbers[name][i]) for name, i in (("output", 3), *((name, 4) for name in leaves))] if numbers else [math.nan]
            same = len(got) == len(expected) and all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-300) or close(x, y) for x, y in zip(got, expected))
        except ExpressionError as error:
            expected, same = error.message, found.get("error") == error.message
        wrong += [] if same else [f"{text} at {values}: {found.get('error') or got}, in Python {expected}"]
    assert wrong == [], "\n".join(wrong[:20])


# -- the language -----------------------------------------------------------------------------------------------------
TYPED = [
    "(x x", "(x x)", "2*(x + 1 y", "sin(2 x)", "2x", "1 + 2.5x", "3 sin(x)", "sin x", "|x|", "2 + |x - 1|", "x × 2", "w·x + 1", "σ(x)", "x²", "√x", "f(x) = x", "2 = x", "x + 1 = 2", "y = ", "= 3", "x = = 3", "x == 2", "x * * 2", "* x", "(x + ",
    "sin(", "sin()", "sin(,x)", "sin(x,,y)", "(x, y)", "x, y", "[x, y]", "x; ; y", ";x", "x;;", "a = x;\n b = a", "x $ 2", "x ? 2", "lambda*x", "lambda", "if", "x if y", "y = for", "not x", "x and y", "x in y", "x.", "x[", "x[]", "x[0",
    "x[1:2]", "{x}", "{x: y}", "x @ y", "x << 2", "'x'", '"x', "1__0", "012", "1e", "1e5x", "1.2.3", "2j", "True", "None", "x = y = 2", "x += 1", "x: 2", "x := 2", "import os", "x = 2 y = 3", "z = w*x + b y = sigmoid(z)",
    "sin(x) cos(x)", "(x + 1)(x - 1)", "(x)2", "x 2", "a = 2 3", "[1 2]", "x \\ y", "x’", "x\u00a0+ 1", "f(x=2)", "sin(*x)", "x->y", "x => y", "x <> y", "a < b < c", "x // ", "x'", "∂L", "x^2", "1 + (x^2)", "x₁", "x = 3,", "x\n+ 1",
    "(x\ny", "sin(x\n y)", "max(x 1)", "softmax([x, y)", "z = (w*x + b; y = z", ")", "()", "x()", "2(x)", "sin(x)(2)", "x = (2", "(a + b c * d)", "(1 +)", "sin(x) = 2", "x < 2 = 3", "True = 2", "x = 2 = y", "x -= = 2",
    "sinn(x)", "softmx([x])", "Sin(x)", "SIGMOD(x)", "RELU(x)", "2*quux(x)", "x(2)", "y = x; x = 2", "x; x", "max(x)", "ln(x, 2)", "step(x, 1, 2)", "softmax(x, 1)", "x + ~x", "x.data", "(lambda x, y: x)", "x if y else 2", "1" * 400, "", "  \n", "(x + 1).data", "x**2 .y", "constructor x", "toString(x)",
    "(x + y)*2 < 3", "-(x < y)", "2**(x or y)", "(x ** y)[1:]", "f(x, [y, 2.0], 'a')", "not (x and y) or z",
]  # fmt: skip


def test_what_is_typed_wrong_gets_the_words_of_the_shell_at_the_same_place():
    texts = dict.fromkeys([*TYPED, *(text for text, *_ in WRONG if len(text) < 1000 and "import" not in text)])
    wrong = []
    for text, found in zip(texts, answers([(text, dict.fromkeys("xyzwt", 1.0)) for text in texts])):
        try:
            program = parse(text.strip())
            evaluated(program, bind(program, {name: 1.0 for name in program.inputs if name in "xyzwt"}))
            expected = None, None
        except ExpressionError as error:
            expected = error.message, place(error)
        if expected[0] and expected[0].startswith(("no value for", "an expression cannot hold")):
            continue  # a page gives a name that is new the value 1, and no field holds a null byte
        if (found.get("error"), found.get("at")) != expected:
            wrong.append(f"{text!r}: {found.get('error')!r} at {found.get('at')}, in Python {expected}")
    assert wrong == [], "\n".join(wrong)


def test_mixed_up_texts_are_accepted_or_refused_as_at_the_shell():
    source, texts = random.Random(13), []
    for _ in range(600):
        text = list(source.choice(GOOD))
        for _ in range(source.randrange(4)):
            at = source.randrange(len(text))
            text[at : at + source.randrange(2)] = source.choice(PIECES)
        texts.append("".join(text).strip())
    values = {"x": 2.0, "y": -1.5, "z": 0.5, "w": 3.0, "b": 1.0}
    accepted, wrong = 0, []
    for text, found in zip(texts, answers([(text, values) for text in texts]), strict=True):
        try:
            program = parse(text)
            names = {name: values.get(name, 1.0) for name in program.inputs if name not in CONSTANTS and (name in values or name not in FUNCTIONS)}
            expected = evaluated(program, bind(program, names))[0].data if set(program.inputs) <= {*values, *CONSTANTS} else None
            accepted += expected is not None
        except ExpressionError as error:
            expected = error.message
        same = close(float(found["nodes"][-1][3]), expected) if isinstance(expected, float) and "nodes" in found else expected is None or ("error" in found and isinstance(expected, str))
        wrong += [] if same else [f"{text!r}: {found.get('error') or found['nodes'][-1]}, in Python {expected}"]
    assert accepted > 80
    assert wrong == [], "\n".join(wrong)


def test_the_page_knows_every_function_of_the_language_and_no_other():
    functions = json.loads(re.search(r"^functions: (.*),$", page_data(), re.MULTILINE)[1])
    assert functions.keys() == FUNCTIONS.keys()


# -- the page ---------------------------------------------------------------------------------------------------------
def test_the_page_holds_all_that_it_needs_and_is_small(tmp_path):
    page = explore(NEURON, w=0.5, x=2, b=1, t=1)
    path = page.save(tmp_path / "neuron.html")
    text = path.read_text("utf-8")
    assert text == page.html
    assert len(text.encode()) < 450_000
    assert not re.search(r"""(?:src|href)=["'](?!data:)|url\((?!#)|@import|fetch\(|XMLHttpRequest""", text)
    assert "{{" not in re.sub(r"<script>.*</script>", "", text, flags=re.DOTALL)
    assert repr(page) == f"<page of {NEURON}>"
    assert text.count("</script>") == 1
    notebook = page._repr_html_()
    assert notebook.startswith("<iframe srcdoc=")
    assert "<script" not in notebook  # it is all within the attribute


def test_without_scripts_the_tables_and_a_picture_are_there():
    page = explore(NEURON, w=0.5, x=2, b=1, t=1).html
    static = page[page.index("<noscript>") : page.index("</noscript>")]
    assert "Forward pass" in static
    assert "0.0142093" in static
    assert "<img src=" in static


def test_without_a_layout_engine_there_are_tables(monkeypatch):
    monkeypatch.setattr(ac.views.layout, "find_engine", lambda: (_ for _ in ()).throw(ac.views.layout.LayoutError("none")))
    page = explore("w*x").html
    assert "Forward pass" in page
    assert "<img" not in page


def test_a_name_without_a_value_starts_at_one():
    assert '"values": {"w": 1.0, "x": 3.0}' in explore("w*x", x=3).html
    assert '"values": {"x": 2.0, "e": 5.0}' in explore("x + e*pi", x=2, e=5).html


def test_a_formula_cannot_leave_its_place_in_the_page():
    page = explore("a = x # </script><script>alert(1)</script> {{SCRIPT}}\na*x").html
    assert page.count("<script>") == 1
    assert page.count("</script>") == 1


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [("2x", {}, "a product is written 2*x"), ("wx + b", {"w": 1, "x": 2, "b": 1}, "a product is written w*x"), ("w*x", {"v": 1}, "v is given a value, but the expression does not use it"), ("log(x)", {"x": -1}, "it needs x > 0"), ("x + sin", {}, "sin is a function"),
     ("x", {"x": math.inf}, "x is inf: a slider needs a finite number"), ("x", {"parameters": ["y"]}, "which are x, not"), ("x", {"parameters": "x"}, "parameters is a list of names"),
     ("+".join(["x"] * 400), {}, "more than a person looks at")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(text, values, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        explore(text, **values)


def test_a_page_is_saved_as_html(tmp_path):
    with pytest.raises(ValueError, match=r"saved as .html, not 'a.txt'"):
        explore("x").save(tmp_path / "a.txt")


def test_lists_that_are_longer_than_usual_are_brought_along():
    xs = ", ".join(f"x{i}" for i in range(LONGEST + 3))
    for text in (f"logsumexp([{xs}])", f"dot([{xs}], [{xs}])", f"max({xs})"):
        assert f'"{2 * (LONGEST + 3) if text.startswith("dot") else LONGEST + 3}":' in explore(text).html


def test_the_command_line_writes_the_page(run, tmp_path):
    path = tmp_path / "page.html"
    code, out, err = run(NEURON, "w=0.5", "x=2", "b=1", "t=1", "--explore", str(path))
    assert (code, err) == (0, "")
    assert out.endswith(f"wrote {path}\n")
    assert path.read_text("utf-8") == explore(NEURON, w=0.5, x=2, b=1, t=1).html
    assert run("parameters*2", "parameters=3", "--explore", str(path))[0] == 0
    assert run("x", "x=1", "--explore", "")[2] == "error: --explore needs the name of a file, such as --explore explore.html (--help shows how to call it)\n"
    assert run("x", "x=1", "--explore", "page.txt")[2] == "error: a page is saved as .html, not 'page.txt'\n"
    assert main is not None


def test_the_layout_library_is_the_one_that_its_note_names():
    note, licence = asset("dagre.source.txt"), asset("dagre.LICENSE.txt")
    assert hashlib.sha256(asset("dagre.min.js").encode()).hexdigest() in note
    assert "Permission is hereby granted, free of charge" in licence
    assert licence.strip() in explore("x").html
