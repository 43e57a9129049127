"""HIPS autograd's public functions that make sense of single numbers, and what each is called here; or why it is not there.

    python tests/hips_names.py      # prints the tables

A counterpart is an expression in ``x``, ``y``, ``z`` over the names of ``autograd_core`` and Python's own; ``np`` is NumPy
itself, which computes on arrays of Values. tests/fixtures/make_hips_fixtures.py recorded what HIPS autograd gives.
"""

from collections import Counter

SAME = """abs acos acosh asin asinh atan atan2 atanh cos cosh degrees exp exp2 expm1 hypot log log10 log1p log2 logaddexp maximum
minimum radians reciprocal sin sinc sinh sqrt square tan tanh floor ceil trunc sign cbrt where clip"""
NUMPY = {name: f"{name}(x{', y' * (name in ('atan2', 'hypot', 'logaddexp', 'maximum', 'minimum'))})" for name in SAME.split()} | {
    "where": "where(x, y, z)", "clip": "clip(x, y, z)",
    "add": "x + y", "subtract": "x - y", "multiply": "x * y", "divide": "x / y", "true_divide": "x / y", "negative": "-x", "positive": "+x",
    "power": "x ** y", "pow": "x ** y", "float_power": "x ** y", "mod": "x % y", "remainder": "x % y", "floor_divide": "x // y",
    "divmod": "(x // y, x % y)", "fmod": "x - trunc(x / y) * y", "modf": "(x - trunc(x), trunc(x))", "ldexp": "x * 2 ** y",
    "absolute": "abs(x)", "fabs": "abs(x)", "arccos": "acos(x)", "arccosh": "acosh(x)", "arcsin": "asin(x)", "arcsinh": "asinh(x)",
    "arctan": "atan(x)", "arctan2": "atan2(x, y)", "arctanh": "atanh(x)", "deg2rad": "radians(x)", "rad2deg": "degrees(x)",
    "logaddexp2": "logaddexp(x * log(2), y * log(2)) / log(2)", "fmax": "maximum(x, y)", "fmin": "minimum(x, y)",
    "fix": "trunc(x)", "rint": "round(x)", "round": "round(x)", "around": "round(x)", "heaviside": "step(x, at_zero=y)",
    "copysign": "abs(x) * sign(y, at_zero=1)",
    "sum": "sum(x)", "prod": "prod(x)", "cumsum": "cumsum(x)", "cumulative_sum": "cumsum(x)", "cumprod": "list(accumulate(x, mul))",
    "cumulative_prod": "list(accumulate(x, mul))", "diff": "[b - a for a, b in pairwise(x)]", "ediff1d": "[b - a for a, b in pairwise(x)]",
    "mean": "sum(x) / len(x)", "average": "sum(x) / len(x)", "var": "sum((a - sum(x) / len(x)) ** 2 for a in x) / len(x)",
    "std": "sqrt(sum((a - sum(x) / len(x)) ** 2 for a in x) / len(x))", "trapezoid": "sum((a + b) / 2 for a, b in pairwise(x))",
    "max": "reduce(maximum, x)", "amax": "reduce(maximum, x)", "min": "reduce(minimum, x)", "amin": "reduce(minimum, x)",
    "ptp": "reduce(maximum, x) - reduce(minimum, x)", "median": "sorted(x)[len(x) // 2]", "sort": "sorted(x)",
    "dot": "dot(x, y)", "inner": "dot(x, y)", "vdot": "dot(x, y)", "vecdot": "dot(x, y)",
}  # fmt: skip
ARRAYS = {
    "append": "(x, y)", "array": "(x)", "array_split": "(x, 2)", "atleast_1d": "(x)", "atleast_2d": "(x)", "atleast_3d": "(x)",
    "broadcast_to": "(x, (2, 3))", "column_stack": "([x, y])", "concatenate": "([x, y])", "cross": "(x, y)", "diag": "(x)", "diagonal": "(x, 0, -1, -2)",
    "dsplit": "(x, 2)", "einsum": "('ij,jk', x, y)", "expand_dims": "(x, 0)", "fliplr": "(x)", "flipud": "(x)", "full": "((2, 2), x)",
    "hsplit": "(x, 2)", "hstack": "([x, y])", "kron": "(x, y)", "matmul": "(x, y)", "moveaxis": "(x, 0, 1)",
    "outer": "(x, y)", "pad": "(x, 1, 'constant')", "permute_dims": "(x, (1, 0))", "ravel": "(x)", "repeat": "(x, 2)", "reshape": "(x, (4,))",
    "roll": "(x, 1)", "rollaxis": "(x, 1)", "rot90": "(x)", "split": "(x, 2)", "squeeze": "(x)", "stack": "([x, y])", "swapaxes": "(x, 0, 1)",
    "tensordot": "(x, y, 1)", "tile": "(x, 2)", "trace": "(x)", "transpose": "(x)", "tril": "(x)", "triu": "(x)", "vsplit": "(x, 2)",
    "vstack": "([x, y])",
}  # fmt: skip
"""NumPy's own functions on arrays of Values, with the arguments of a trial."""

SPECIAL = {"expit": "sigmoid(x)", "logit": "logit(x)", "erf": "erf(x)", "erfc": "erfc(x)", "logsumexp": "logsumexp(x)"}

TRANSFORMS = {  # of f, a function of a list; x is its argument, v a direction
    "grad": "grad(f)(x)", "value_and_grad": "value_and_grad(f)(x)", "grad_and_aux": "grad(lambda x: (f(x), 1.0), has_aux=True)(x)",
    "grad_named": "grad(lambda b: g(1.5, b))(2.5)", "multigrad_dict": "grad(lambda d: f(d['x']))({'x': x})", "deriv": "jvp(lambda t: g(t, 2.5), (1.5,), (1.0,))[1]",
    "elementwise_grad": "elementwise_grad(h)(x)", "jacobian": "jacobian(h)(x)", "hessian": "hessian(f)(x)",
    "hessian_vector_product": "hvp(f)(x, v)", "hessian_tensor_product": "hvp(f)(x, v)", "make_hvp": "hvp(f)(x, v)",
    "vector_jacobian_product": "vjp(h, x)[1](v)[0]", "tensor_jacobian_product": "vjp(h, x)[1](v)[0]", "make_vjp": "vjp(h, x)[1](v)[0]",
    "make_jvp": "jvp(h, (x,), (v,))[1]", "make_jvp_reversemode": "jvp(h, (x,), (v,))[1]",
    "make_ggnvp": "vjp(h, x)[1](hvp(lambda y: sum(a * a / 2 for a in y))(h(x), jvp(h, (x,), (v,))[1]))[0]",
    "primitive": "grad(primitive('cubed', 'x * x * x', lambda out, x: 3.0 * x * x))(1.5)",
}  # fmt: skip

WHY_NOT = {
    "only real numbers are differentiated": "angle conj conjugate imag real real_if_close holomorphic_grad",
    "it hides nan, which is kept here until find_nonfinite names its node": "nan_to_num",
    "the standard library has neither the function nor all its derivatives (of gamma no digamma), so no order of them could be printed as a program":
        "beta betainc betaln digamma erfcinv erfinv gamma gammainc gammaincc gammaln gammasgn i0 i1 iv ive j0 j1 jn multigammaln polygamma "
        "psi rgamma y0 y1 yn",
    "its result depends on an order of the entries that it leaves open; sorted(x) has one": "partition",
    "it makes numbers and takes none apart, or is written as a list": "linspace astype",
    "NumPy gives the name up": "row_stack",
    "it takes finite differences of measured data": "gradient",
    "a part of HIPS autograd's own machinery": "array_from_args concatenate_args make_diagonal defvjp_argnum unary_to_nary",
    "it saves memory by computing twice; a compiled program keeps no graph at all": "checkpoint",
    "write where(condition, a, b), one inside the other": "select",
}  # fmt: skip
REASONS = {name: reason for reason, names in WHY_NOT.items() for name in names.split()}
COUNTERPARTS = {"autograd.numpy": NUMPY | {name: f"np.{name}{call}" for name, call in ARRAYS.items()}, "autograd.scipy.special": SPECIAL, "autograd": TRANSFORMS}


def tables():
    """The tables as Markdown."""
    lines = ["| HIPS autograd | here |", "| --- | --- |"]
    for module, names in COUNTERPARTS.items():
        own = {name: text for name, text in names.items() if text.split("(")[0] != name and not text.startswith("np.")}
        same = sorted(name for name, text in names.items() if text.split("(")[0] == name)
        lines += [f"| {module}: {', '.join(same)} | the same name |"] if same else []
        lines += [f"| {', '.join(name for name in own if own[name] == text)} | `{text}` |" for text in Counter(own.values())]
    lines += [f"| {', '.join(sorted(ARRAYS))} | NumPy's own, on arrays of Values |"]
    lines += ["", "| not there | why |", "| --- | --- |", *(f"| {', '.join(names.split())} | {reason} |" for reason, names in WHY_NOT.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    print(tables())
