"""Every public function of HIPS autograd that makes sense for single numbers has its counterpart, with its values and gradients."""

import json
import math
from functools import reduce
from itertools import accumulate, pairwise
from operator import mul
from pathlib import Path

import numpy as np
import pytest
from hips_names import ARRAYS, COUNTERPARTS, REASONS, TRANSFORMS, WHY_NOT, tables

import autograd_core as ac
from autograd_core import TABLE, Value

RECORDED = json.loads((Path(__file__).parent / "fixtures" / "hips_autograd.json").read_text())
NAMES = {name: getattr(ac, name) for name in dir(ac)} | {
    "np": np, "reduce": reduce, "accumulate": accumulate, "mul": mul, "pairwise": pairwise, "max": max, "min": min
}  # fmt: skip
CALLS = {name: text for module in ("autograd.numpy", "autograd.scipy.special") for name, text in COUNTERPARTS[module].items()}


def numbers(x):
    if isinstance(x, dict):
        x = x.values()
    if isinstance(x, list | tuple | type({}.values())):
        return [y for part in x for y in numbers(part)]
    return list(np.ravel(x)) if isinstance(x, np.ndarray) else [x]


def close(found, expected):
    return len(found) == len(expected) and all(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-14) for a, b in zip(found, expected))


def test_each_name_is_here_or_a_reason_is_given():
    for module, names in RECORDED["names"].items():
        assert set(names) <= {*COUNTERPARTS[module], *REASONS}, set(names) - {*COUNTERPARTS[module], *REASONS}
    counterparts = {name for names in COUNTERPARTS.values() for name in names}
    assert not counterparts & set(REASONS)
    assert len(REASONS) == sum(len(names.split()) for names in WHY_NOT.values())
    assert counterparts - set(RECORDED["values"]) - set(RECORDED["transforms"]) - {name.split(".")[-1] for name in RECORDED["values"]} == WITHOUT


WITHOUT = {  # those that HIPS autograd does not differentiate, but which are written the same way
    "around", "average", "cbrt", "ceil", "copysign", "cumprod", "cumulative_prod", "cumulative_sum", "divmod", "ediff1d", "fix", "float_power",
    "floor", "floor_divide", "fmod", "heaviside", "ldexp", "median", "modf", "positive", "primitive", "ptp", "rint", "round", "sign",
    "trapezoid", "trunc", "vdot", "vecdot", "where",
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED["values"])
def test_values_and_gradients_are_those_of_hips_autograd(name):
    call = CALLS[name.removeprefix("special.")]
    for case in RECORDED["values"][name]:
        at = [np.array(x) if name in ARRAYS and isinstance(x, list) else x for x in case["at"]]
        f = lambda *given: eval(call, NAMES | dict(zip("xyz", given)))  # noqa: E731
        assert close(numbers(f(*at)), case["value"]), (name, at)
        weighed = lambda *given: sum((k + 1) * y for k, y in enumerate(numbers(f(*given))))  # noqa: B023, E731
        count = 1 if name == "clip" else len(at)  # HIPS autograd has no derivative by the bounds
        assert close(numbers(ac.grad(weighed, tuple(range(count)))(*at)), case["gradient"]), (name, at)


@pytest.mark.parametrize("name", sorted(WITHOUT - {"primitive"}))
def test_what_hips_autograd_does_not_differentiate_has_numpys_value(name):
    three = [0.5, -1.5, 2.0]
    sequences = {"average", "cumprod", "cumulative_prod", "cumulative_sum", "ediff1d", "median", "ptp", "trapezoid"}
    points = {"where": [[1.0, 2.0, 3.0], [0.0, 2.0, 3.0]], "ldexp": [[0.75, 3]], "float_power": [[0.75, -2.5]], "vdot": [[three, three]]}
    points |= {"vecdot": points["vdot"]} | {name: [[three]] for name in sequences}
    binary = {"copysign", "divmod", "floor_divide", "fmod", "heaviside"}
    for at in points.get(name, [[x, 0.75] if name in binary else [x] for x in (-2.5, -0.5, 0.0, 0.4, 3.5)]):
        # What NumPy of some version lacks, or warns of.
        own = {"cumulative_prod": np.cumprod, "cumulative_sum": np.cumsum, "trapezoid": lambda y: (y[0] + y[2]) / 2 + y[1], "vecdot": np.dot,
               "fix": np.trunc}  # fmt: skip
        reference = own.get(name) or getattr(np, name)
        values = eval(CALLS[name], NAMES | dict(zip("xyz", at)))
        lifted = [[Value(x) for x in part] if isinstance(part, list) else Value(part) for part in at]
        nodes = eval(CALLS[name], NAMES | dict(zip("xyz", [lifted[0], at[1]] if name == "heaviside" else lifted)))  # at_zero is a constant
        expected = numbers(reference(*at))
        assert close(numbers(values), expected), (name, at)
        assert close([y.data for y in numbers(nodes)], expected), (name, at)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_give_what_those_of_hips_autograd_give(name):
    x, v = RECORDED["x"], RECORDED["v"]
    f, g, h = (eval(f"lambda {operands}: {RECORDED[letter]}", NAMES) for letter, operands in (("f", "x"), ("g", "a, b"), ("h", "x")))
    try:
        found = eval(TRANSFORMS[name], NAMES | {"f": f, "g": g, "h": h, "x": x, "v": v})
    finally:
        TABLE.pop("cubed", None)
    expected = RECORDED["transforms"].get(name, [6.75])
    if name == "grad_and_aux":
        assert found[1] == expected[-1]
    assert close([float(y) for y in numbers(found)], expected), (found, expected)


def test_the_table_names_everything():
    text = tables()
    for name in [*(name for names in COUNTERPARTS.values() for name in names), *REASONS]:
        assert name in text
    assert "| deg2rad | `radians(x)` |" in text
