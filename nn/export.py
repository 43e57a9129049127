"""Trained networks for other programs: PyTorch's layout of parameters, and source files that need nothing of this library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograd_core import DIALECTS, Program, compile_graph, require_kind, require_place

from .arguments import fitting
from .module import Module, Sequential


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
    list(_entries(model))  # what cannot be carried over is an error here too
    lines = "".join(f"    torch.nn.{code},\n" for part in model.layers for code in part.in_torch()[0])
    return f"torch.nn.Sequential(\n{lines})"


def to_torch(model: Sequential) -> dict[str, Any]:
    """The state of ``model`` under the names and in the shapes of that ``torch.nn.Sequential``, as nested lists.

    Load it, after ``network.double()`` for the same outputs, with
    ``network.load_state_dict({name: torch.tensor(x, dtype=torch.float64) for name, x in to_torch(model).items()})``.

    >>> from nn import MLP
    >>> to_torch(MLP(1, [1], init="zeros"))
    {'0.weight': [[0.0]], '0.bias': [0.0]}
    """
    entries, state = list(_entries(model)), model.state_dict()
    return {name: _each(state.__getitem__, keys) for name, keys in entries}


def from_torch(model: Sequential, state: dict[str, Any]) -> None:
    """Take over a state of that ``torch.nn.Sequential``: tensors or nested lists. ``ValueError``, and no change, if it does not fit.

    >>> from nn import MLP
    >>> model = MLP(2, [1])
    >>> from_torch(model, {"0.weight": [[0.5, -0.5]], "0.bias": [1.0]})
    >>> model([1.0, 1.0]).data
    1.0
    """
    require_kind("from_torch takes a state", state, Mapping, "from_torch(model, network.state_dict())")
    plain = {name: x.tolist() if hasattr(x, "tolist") else x for name, x in state.items()}
    found = fitting(plain, to_torch(model), "the state", "a finite number")
    model.load_state_dict({key: number for name, keys in _entries(model) for key, number in _pairs(keys, found[name])})


def _entries(model: Sequential) -> Iterator[tuple[str, Any]]:
    """Each entry of the state: its name in PyTorch, and in its shape the names of what it holds in the state of ``model``."""
    require_kind("what has a counterpart in PyTorch is a Sequential", model, Sequential, "nn.Sequential(layer)")
    names: dict[int | str, str] = {id(found): name for name, found in (*model.named_parameters(), *model.named_modules())}
    first, held = 0, set(model.state_dict())
    for part in model.layers:
        modules, state = part.in_torch()
        names.update((buffer, f"{names[id(part)]}.{buffer}") for buffer in part.buffers)
        for name, numbers in state.items():
            keys = _each(lambda x: names[x if isinstance(x, str) else id(x)], numbers)
            if not held.issuperset(own := {key for key, _ in _pairs(keys, keys)}):
                raise ValueError(f"{part!r} stands in the model twice, with the same parameters, and PyTorch's layers here would be two")
            held -= own
            yield f"{first}.{name}", keys
        first += len(modules)
    if held:
        raise ValueError(f"in_torch() of the parts of this model names no place in PyTorch for {', '.join(sorted(held))}")


def _each(function: Callable[[Any], Any], nested: Any) -> Any:
    return [_each(function, x) for x in nested] if isinstance(nested, list) else function(nested)


def _pairs(keys: Any, given: Any) -> list[tuple[str, Any]]:
    """The names in nested lists, each with what is given for it in the same nesting; one name stands for all of a list."""
    return [pair for key, entry in zip(keys, given) for pair in _pairs(key, entry)] if isinstance(keys, list) else [(keys, given)]


def export_program(model: Module, path: str | Path, dialect: str | None = None, inputs: int | None = None) -> Program:
    """Save the network, with its parameters as constants, as a program that needs nothing of this library; returns the program.

    ``dialect`` is one of ``autograd_core.DIALECTS``; without it, the ending of the path says it, ``.py`` meaning Python. The file's
    first lines say how it is called. ``inputs`` is the number of inputs where the model does not say it.

    >>> import pathlib, runpy, tempfile
    >>> from nn import MLP
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.py")
    >>> _ = export_program(MLP(1, [2], init="zeros"), path)
    >>> runpy.run_path(str(path))["program"]([], [1.0])
    [0.0, 0.0]
    """
    of_ending = {ending: name for name in reversed(DIALECTS) for ending in DIALECTS[name].endings}
    require_place(path, () if dialect else of_ending)
    require_kind("export_program takes a model", model, Module, "export_program(nn.MLP(2, [8, 1]), 'model.py')")
    outputs, x = Module.recorded(model, inputs)  # not that of a filter, which may choose a number of inputs
    program = compile_graph(outputs, [], x, dialect or of_ending.get(Path(path).suffix.lower(), "python"))
    program.save(path)
    return program
