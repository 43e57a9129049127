"""A scalar automatic-differentiation engine: one table of derivatives, many ways to read it.

Start with :class:`Value` (``value.py``), which records a graph and runs ``backward()`` on it; the table of operations is ``table.py``.

Adding to it:

- *An operation.* One call of :func:`primitive` adds a row, and with it ``backward``, forward mode, higher orders, formulas, programs.
  In the library a row is one line of ``table.py``, with a value that does not overflow (as that of ``sigmoid``), and one line of
  ``words.py`` with its LaTeX, summary and example. Every test that goes over the table then tests it, and where its reference belongs
  says ``pytest -n 0 -x tests/test_table.py`` at once. By its name it is a function of this module, which type checkers know if it is
  imported below; with ``activation=True`` also a method of ``Value`` and an activation of ``nn``.
- *A dialect.* A file of its name in ``programs/`` with a ``Dialect`` (how arithmetic is written; a function that the language has not is a
  ``LookupError``) and a class of ``Program``: its endings, ``_build``, which sets the source, and ``_file_text``, as ``javascript.py`` has
  them; and an entry of ``DIALECTS`` in ``compile.py``. ``save`` and errors follow.
- *A view.* Numbers come from ``steps(output)``, which holds both passes as data, one record a step; a picture takes its nodes and edges,
  with their names, kinds and places of use, from ``View(output).whole()`` in ``views/scene.py``. What is loaded late is named below in
  ``_LAZY``, in ``__all__`` and for type checkers.

>>> cube = primitive("cube", "x * x * x", lambda out, x: 3.0 * x * x)
>>> grad(grad(cube))(2.0)
12.0
>>> x = Value(2.0, "x")
>>> [f"{step.name} {step.total:+.3f}" for step in steps(x * x + 3.0 * x).backward]
['v3 +1.000', 'v1 +1.000', 'v2 +1.000', 'x +3.000', 'x +5.000', 'x +7.000']
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .choices import closest, named_options, not_one_of, require_kind, require_list, require_number, require_shape, require_whole, shortened
from .collector import rare_collections
from .derivatives.dual import Dual
from .derivatives.reverse import gradients
from .derivatives.transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .functions import (
    clip,
    cumsum,
    degrees,
    dot,
    elu,
    leaky_relu,
    log_softmax,
    logaddexp,
    logsumexp,
    pow,
    prod,
    radians,
    reciprocal,
    relu,
    round,
    sign,
    sinc,
    softmax,
    square,
    step,
    where,
)
from .primitive import TABLE, DomainError, Primitive
from .printing import Table
from .synonyms import advice as _advice
from .table import absolute as abs
from .table import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    hypot,
    identity,
    log,
    log1p,
    log2,
    log10,
    logit,
    maximum,
    minimum,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    trunc,
)
from .value import Constant, Value, topological_order
from .watching import reading_data, setting, watching_comparisons

# isort: split
from .functions import primitive  # behind the module of that name, for readers of the source such as editors

if TYPE_CHECKING or "pdoc" in sys.modules:  # a reference shows also what is loaded late
    from .conversion import as_labels, as_lists, as_numbers, as_rows
    from .derivatives.checking import (
        GradcheckError,
        GradcheckReport,
        find_nonfinite,
        find_wrong_derivative,
        finite_difference_errors,
        gradcheck,
        numerical_gradient,
    )
    from .derivatives.leaves import check_leaves
    from .files import read_json, replace_file, require_place, write_json
    from .interrupts import Interrupts
    from .programs.compile import DIALECTS, compile_graph
    from .programs.floats import Floats
    from .programs.jit import jit
    from .programs.over_rows import OverRows
    from .programs.program import Program
    from .teaching.class_set import sheets
    from .teaching.engines import grade
    from .teaching.explore import Explorer, explore
    from .teaching.findings import Finding, Findings, GuardWarning
    from .teaching.guard import guard
    from .teaching.playground import playground
    from .teaching.sheet import sheet
    from .views.comparison import compare_methods
    from .views.cost import cost, operation_count
    from .views.derivation import derivation
    from .views.drawing import Drawing, draw, to_dot
    from .views.mermaid import to_mermaid
    from .views.pages import Page
    from .views.player import Player, play
    from .views.steps import explain, steps
    from .views.symbolic import formula, symbolic

# Loaded when first used, so that the import stays quick.
_LAZY = {
    "conversion": ("as_labels", "as_lists", "as_numbers", "as_rows"),
    "derivatives.checking": (
        "GradcheckError",
        "GradcheckReport",
        "find_nonfinite",
        "find_wrong_derivative",
        "finite_difference_errors",
        "gradcheck",
        "numerical_gradient",
    ),
    "derivatives.leaves": ("check_leaves",),
    "files": ("read_json", "replace_file", "require_place", "write_json"),
    "interrupts": ("Interrupts",),
    "programs.compile": ("DIALECTS", "compile_graph"),
    "programs.floats": ("Floats",),
    "programs.jit": ("jit",),
    "programs.over_rows": ("OverRows",),
    "programs.program": ("Program",),
    "teaching.class_set": ("sheets",),
    "teaching.engines": ("grade",),
    "teaching.explore": ("Explorer", "explore"),
    "teaching.findings": ("Finding", "Findings", "GuardWarning"),
    "teaching.guard": ("guard",),
    "teaching.playground": ("playground",),
    "teaching.sheet": ("sheet",),
    "views.comparison": ("compare_methods",),
    "views.cost": ("cost", "operation_count"),
    "views.derivation": ("derivation",),
    "views.drawing": ("Drawing", "draw", "to_dot"),
    "views.mermaid": ("to_mermaid",),
    "views.pages": ("Page",),
    "views.player": ("Player", "play"),
    "views.steps": ("explain", "steps"),
    "views.symbolic": ("formula", "symbolic"),
}
_HOME = {name: module for module, names in _LAZY.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "draw_dot":  # of a well-known lecture
        name = "draw"
    if name in TABLE and not TABLE[name].internal:  # a row that is not listed above
        return TABLE[name]
    if name not in _HOME:
        hint, meant = _advice(name), closest(name, __all__)
        hint = hint or (f"; did you mean {meant!r}?" if meant else "")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    globals()[name] = found = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_functions()})


def _functions() -> dict[str, Primitive]:
    """The rows that are called by their names: all but operators and what stands in derivatives alone."""
    return {name: row for name, row in TABLE.items() if name.isidentifier() and not (row.arithmetic or row.internal)}


__version__ = "0.1.0"

__all__ = [
    "DIALECTS",
    "TABLE",
    "Constant",
    "DomainError",
    "Drawing",
    "Dual",
    "Explorer",
    "Finding",
    "Findings",
    "Floats",
    "GradcheckError",
    "GradcheckReport",
    "GuardWarning",
    "Interrupts",
    "OverRows",
    "Page",
    "Player",
    "Primitive",
    "Program",
    "Table",
    "Value",
    "abs",
    "acos",
    "acosh",
    "as_labels",
    "as_lists",
    "as_numbers",
    "as_rows",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "check_leaves",
    "clip",
    "closest",
    "compare_methods",
    "compile_graph",
    "cos",
    "cosh",
    "cost",
    "cumsum",
    "degrees",
    "derivation",
    "dot",
    "draw",
    "elementwise_grad",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "explain",
    "explore",
    "expm1",
    "find_nonfinite",
    "find_wrong_derivative",
    "finite_difference_errors",
    "floor",
    "formula",
    "grad",
    "gradcheck",
    "grade",
    "gradients",
    "guard",
    "hessian",
    "hvp",
    "hypot",
    "identity",
    "jacobian",
    "jit",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logit",
    "logsumexp",
    "maximum",
    "minimum",
    "named_options",
    "not_one_of",
    "numerical_gradient",
    "operation_count",
    "play",
    "playground",
    "pow",
    "primitive",
    "prod",
    "radians",
    "rare_collections",
    "read_json",
    "reading_data",
    "reciprocal",
    "relu",
    "replace_file",
    "require_kind",
    "require_list",
    "require_number",
    "require_place",
    "require_shape",
    "require_whole",
    "round",
    "setting",
    "sheet",
    "sheets",
    "shortened",
    "sigmoid",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "step",
    "steps",
    "symbolic",
    "tan",
    "tanh",
    "to_dot",
    "to_mermaid",
    "topological_order",
    "trunc",
    "value_and_grad",
    "vjp",
    "watching_comparisons",
    "where",
    "write_json",
]
for _name in [name for name in _functions() if name not in __all__]:  # a row that is not listed above is public all the same
    globals()[_name] = TABLE[_name]
    __all__ += [_name]
