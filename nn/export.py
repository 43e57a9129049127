"""Trained networks for other programs: PyTorch's layout of parameters, and source files that need nothing of this library."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograd_core import TABLE, Program, compile_graph, replace_file

from .activations import activation_name
from .layers import BatchNorm, Dropout, Layer, Sequential
from .module import Module
from .training.execution import evaluating, record
from .training.model import Parameter

_OF_LAYERS = {"softmax": "Softmax(dim=-1)", "log_softmax": "LogSoftmax(dim=-1)"}


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
    return {name: _numbers(held) for name, _, _, held in _entries(model)}


def from_torch(model: Sequential, state: dict[str, Any]) -> None:
    """Take over a state of that ``torch.nn.Sequential``: tensors or nested lists. ``ValueError``, and no change, if it does not fit.

    >>> from nn import MLP
    >>> model = MLP(2, [1])
    >>> from_torch(model, {"0.weight": [[0.5, -0.5]], "0.bias": [1.0]})
    >>> model([1.0, 1.0]).data
    1.0
    """
    plain = {name: x.tolist() if hasattr(x, "tolist") else x for name, x in state.items()}
    entries = list(_entries(model))
    if set(plain) != {name for name, *_ in entries}:
        raise ValueError(f"the state has the entries {sorted(plain)}, and this model {sorted(name for name, *_ in entries)}")
    paths: dict[int, str] = {id(found): path for path, found in (*model.named_parameters(), *model.named_modules())}
    numbers: dict[str, Any] = {}
    for name, part, attribute, held in entries:
        if _sizes(plain[name]) != _sizes(held):
            raise ValueError(f"{name} has the shape {_sizes(plain[name])}, and in this model {_sizes(held)}")
        if attribute in part.buffers:
            numbers[f"{paths[id(part)]}.{attribute}"] = plain[name]
        else:
            numbers |= {paths[id(parameter)]: number for parameter, number in _pairs(held, plain[name], name)}
    model.load_state_dict(numbers)


def _entries(model: Sequential) -> Iterator[tuple[str, Module, str, Any]]:
    """Each entry of the state: its name in PyTorch, the part and the attribute that it belongs to, and the parameters or numbers there."""
    for i, (part, _) in enumerate(_counterparts(model)):
        if isinstance(part, Layer):
            yield f"{i}.weight", part, "weight", [neuron.w for neuron in part.neurons]
            if part.neurons[0].b is not None:
                yield f"{i}.bias", part, "bias", [neuron.b for neuron in part.neurons]
        elif isinstance(part, BatchNorm):
            for attribute in ("weight", "bias", *part.buffers):
                yield f"{i}.{attribute}", part, attribute, getattr(part, attribute)


def _numbers(held: Any) -> Any:
    return [_numbers(part) for part in held] if isinstance(held, list) else held.data if isinstance(held, Parameter) else held


def _pairs(held: Any, given: Any, name: str) -> Iterator[tuple[Parameter, Any]]:
    """The parameters in nested lists, each with what is given for it; ``ValueError`` if a list is of another length."""
    if not isinstance(held, list):
        yield held, given
    elif not isinstance(given, list) or len(given) != len(held):
        raise ValueError(f"{name} is a list of {len(held)}, not {given!r:.60}")
    else:
        for i, (part, entry) in enumerate(zip(held, given)):
            yield from _pairs(part, entry, f"{name}[{i}]")


def _counterparts(model: Sequential) -> Iterator[tuple[Module | None, str]]:
    """The modules of PyTorch, each with the part whose state it holds."""
    for part in model.layers:
        if isinstance(part, Layer):
            bias = "" if part.neurons[0].b is not None else ", bias=False"
            yield part, f"Linear({part.nin}, {part.nout}{bias})"
            name = activation_name(part.activation)
            if torch := _OF_LAYERS.get(name) or (TABLE[name].torch if name in TABLE else ""):
                yield None, torch
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
    count = inputs or model.inputs()
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
