"""Code as a student writes it, run with a guard on."""

import itertools
import linecache
import textwrap
import warnings

from autograd_core import GuardWarning, guard

COUNT = itertools.count()
START = """\
import autograd_core as ac
from autograd_core import Value, exp, log, sigmoid, sign, step, tanh
import nn
X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0.0, 1.0, 1.0, 0.0]
"""


def run(code, also=""):
    """What a guard finds in some code, and the line of each warning in it; the code stands where tracebacks look for it."""
    text = START + also + textwrap.dedent(code)
    name = f"/lessons/lesson{next(COUNT)}.py"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    with warnings.catch_warnings(record=True) as told, guard() as findings:
        warnings.simplefilter("always")
        exec(compile(text, name, "exec"), {"__name__": "lesson"})
    told = [warning for warning in told if warning.category is GuardWarning]
    assert [str(warning.message) for warning in told] == [finding.message for finding in findings]
    assert [f"lesson{name[15:-3]}.py, line {warning.lineno}" for warning in told] == [finding.place for finding in findings]
    return findings, [linecache.getline(name, warning.lineno).strip() for warning in told]
