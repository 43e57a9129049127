"""Trained networks for other programs: PyTorch's layout of parameters, and source files that need nothing of this library."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograd_core import Program, compile_graph, replace_file

from .dropout import Dropout
from .execution import evaluating, record
from .layers import Layer, Sequential, activation_name
from .module import Module, copied_lists
from .normalization import BatchNorm
from .summaries import inputs_of

_TORCH = {
    "relu": "ReLU()", "leaky_relu": "LeakyReLU(0.01)", "elu": "ELU()", "sigmoid": "Sigmoid()", "tanh": "Tanh()", "softplus": "Softplus()",
    "softmax": "Softmax(dim=-1)", "log_softmax": "LogSoftmax(dim=-1)",
}  # fmt: skip


def torch_code(model: Sequential) -> str:
    """The ``torch.nn.Sequential`` that computes what ``model`` does, as Python source.

    >>> from nn import MLP
    >>> print(torch_code(MLP(2, [16, 1])))
    torch.nn.Sequential(
        torch.nn.Linear(2, 16),
        torch.nn.ReLU(),
        torch.nn.Linear(16, 1),
    )

    Raises ``ValueError`` for a part that PyTorch has no counterpart of, such as a step.
    """
    lines = "".join(f"    torch.nn.{code},\n" for _, code in _counterparts(model))
    return f"torch.nn.Sequential(\n{lines})"


def to_torch(model: Sequential) -> dict[str, Any]:
    """The state of ``model`` under the names and in the shapes of that ``torch.nn.Sequential``, as nested lists.

    Load it, after ``network.double()`` for the same outputs, with
    ``network.load_state_dict({name: torch.tensor(x, dtype=torch.float64) for name, x in to_torch(model).items()})``.

    >>> from nn import MLP
    >>> to_torch(MLP(1, [1], init="zeros"))
    {'0.weight': [[0.0]], '0.bias': [0.0]}
    """
    state: dict[str, Any] = {}
    for i, (part, _) in enumerate(_counterparts(model)):
        if isinstance(part, Layer):
            state[f"{i}.weight"] = [[w.data for w in neuron.w] for neuron in part.neurons]
            if part.neurons[0].b is not None:
                state[f"{i}.bias"] = [neuron.b.data for neuron in part.neurons]  # type: ignore[union-attr]
        elif isinstance(part, BatchNorm):
            state[f"{i}.weight"], state[f"{i}.bias"] = [p.data for p in part.weight], [p.data for p in part.bias]
            state |= {f"{i}.{name}": copied_lists(getattr(part, name)) for name in part.buffers}
    return state


def from_torch(model: Sequential, state: dict[str, Any]) -> None:
    """Take over a state of that ``torch.nn.Sequential``: tensors or nested lists. ``ValueError``, and no change, if it does not fit.

    >>> from nn import MLP
    >>> model = MLP(2, [1])
    >>> from_torch(model, {"0.weight": [[0.5, -0.5]], "0.bias": [1.0]})
    >>> model([1.0, 1.0]).data
    1.0
    """
    plain = {name: x.tolist() if hasattr(x, "tolist") else x for name, x in state.items()}
    expected = to_torch(model)
    if set(plain) != set(expected):
        raise ValueError(f"the state has the entries {sorted(plain)}, and this model {sorted(expected)}")
    for name, x in expected.items():
        if _sizes(plain[name]) != _sizes(x):
            raise ValueError(f"{name} has the shape {_sizes(plain[name])}, and in this model {_sizes(x)}")
    for i, (part, _) in enumerate(_counterparts(model)):
        if isinstance(part, Layer):
            for j, neuron in enumerate(part.neurons):
                for w, value in zip(neuron.w, plain[f"{i}.weight"][j]):
                    w.data = float(value)
                if neuron.b is not None:
                    neuron.b.data = float(plain[f"{i}.bias"][j])
        elif isinstance(part, BatchNorm):
            for parameters, name in ((part.weight, "weight"), (part.bias, "bias")):
                for parameter, value in zip(parameters, plain[f"{i}.{name}"]):
                    parameter.data = float(value)
            for name in part.buffers:
                setattr(part, name, copied_lists(plain[f"{i}.{name}"]))


def _counterparts(model: Sequential) -> Iterator[tuple[Module | None, str]]:
    """The modules of PyTorch, each with the part whose state it holds."""
    for part in model.layers:
        if isinstance(part, Layer):
            bias = "" if part.neurons[0].b is not None else ", bias=False"
            yield part, f"Linear({part.nin}, {part.nout}{bias})"
            name = activation_name(part.activation)
            if name in _TORCH:
                yield None, _TORCH[name]
            elif name != "linear":
                raise ValueError(f"PyTorch has no module for the activation {name!r} of {part!r}")
        elif isinstance(part, BatchNorm):
            yield part, f"BatchNorm1d({len(part.weight)}, eps={part.eps}, momentum={part.momentum})"
        elif isinstance(part, Dropout):
            yield None, f"Dropout({part.p})"
        else:
            raise ValueError(f"only layers, BatchNorm and Dropout have a counterpart in torch.nn.Sequential, not {part!r}")


def _sizes(x: Any) -> tuple[int, ...]:
    return (len(x), *_sizes(x[0])) if isinstance(x, list) and x else ()


# -- source files ------------------------------------------------------------------------------------------------
_PYTHON = '''\
"""A trained network: predict(x) takes a list of {count} number(s) and returns {result}."""
{imports}

def predict(x):
    return {call}


{source}'''
_NUMPY = '''\
"""A trained network: predict(rows) takes an array of {count} column(s) and returns an array with a row of outputs for each."""

import math

import numpy as np


def predict(rows):
    rows = np.asarray(rows, dtype=float)
    outputs = program([], list(rows.T))
    return np.stack([np.broadcast_to(output, len(rows)) for output in outputs], axis=1)


def erf(x):
    return np.vectorize(math.erf)(x)


def erfc(x):
    return np.vectorize(math.erfc)(x)


{source}'''


def export_program(model: Module, path: str | Path, dialect: str | None = None, inputs: int | None = None) -> Program:
    """Write the network, with its parameters as constants, as one file that needs nothing of this library; returns the program.

    ``dialect`` is ``"python"`` (standard library only), ``"numpy"`` or ``"c"``; without it, a path that ends in ``.c`` means C, any
    other Python. ``inputs`` is the number of inputs where the model does not say it.

    >>> import pathlib, tempfile
    >>> from nn import MLP
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.py")
    >>> _ = export_program(MLP(1, [1], init="zeros"), path)
    >>> print(path.read_text())
    \"""A trained network: predict(x) takes a list of 1 number(s) and returns one number.\"""
    <BLANKLINE>
    <BLANKLINE>
    def predict(x):
        return program([], x)[0]
    ...
    """
    dialect = dialect or ("c" if str(path).endswith(".c") else "python")
    count = inputs or inputs_of(model)
    if count is None:
        raise ValueError(f"{type(model).__name__} does not say how many inputs it takes: give inputs=")
    with evaluating(model):
        sample = record(model, [0.0] * count, [], None)
    program = compile_graph(sample.outputs, [], sample.inputs, dialect)
    if dialect == "c":
        program.save_c(path)
        return program
    source = program.source.removeprefix("import numpy as np\n\n\n")
    used = sorted(name for name in set(re.findall(r"\b([a-z]\w*)\b", source)) if hasattr(math, name))
    imports = f"\nfrom math import {', '.join(used)}\n" if used else ""
    call, result = ("program([], x)[0]", "one number") if sample.single else ("program([], x)", f"a list of {len(sample.outputs)}")
    template = _PYTHON if dialect == "python" else _NUMPY
    replace_file(path, template.format(count=count, result=result, imports=imports, call=call, source=source))
    return program
