"""What things are called elsewhere: the parts of a ``Value`` in a well-known lecture and PyTorch, and functions of other libraries."""

from __future__ import annotations

from numbers import Real
from typing import Any, NoReturn

from .number import Number
from .primitive import OPERANDS, TABLE

_FUNCTIONS = {
    **dict.fromkeys(("Tensor", "tensor", "array", "zeros", "ones", "randn", "rand"), "Value holds one number: make a list of Values"),
    **dict.fromkeys(("no_grad", "inference_mode"), "plain numbers record no graph: compute with .data, or leave the gradients unread"),
    **dict.fromkeys(("stop_gradient", "detach"), "write Constant(x.data)"),
    **dict.fromkeys(("jacfwd", "jacrev"), "write jacobian"),
    **dict.fromkeys(("custom_vjp", "custom_jvp", "Function"), "define the operation with primitive()"),
    **dict.fromkeys(("vmap", "pmap"), "write [f(x) for x in rows]; compile_graph(...).batch(parameters, rows) runs a program over rows"),
    "make_jaxpr": "the recorded program is jit(f).program(*arguments).source",
    "check_grads": "write gradcheck",
    "clamp": "write clip",
    "arctan2": "write atan2",
    **dict.fromkeys(("trace", "plot", "show", "visualize", "graph", "draw_graph"), "write draw"),
    "max": "write maximum(x, y), or Python's own max",
    "min": "write minimum(x, y), or Python's own min",
    "sum": "Python's own sum adds Values",
    "mean": "write sum(xs) / len(xs)",
    "numpy": "the functions are those of autograd_core itself, such as autograd_core.exp",
    "nn": "networks are a package of their own: import nn",
    "optim": "optimizers are in a package of their own: import nn, as in nn.SGD",
}
_ATTRIBUTES = {
    **dict.fromkeys(("zero_grad", "zero_gradient"), "write x.grad = 0.0, or model.zero_grad() for all parameters of a model"),
    **dict.fromkeys(("gradient", "derivative"), "write x.grad, after backward() of the output"),
    **dict.fromkeys(("value", "val", "numpy"), "write x.data"),
    **dict.fromkeys(("detach", "stop_gradient"), _FUNCTIONS["detach"]),
    **dict.fromkeys(("draw", "show", "plot"), "write draw(x), or play(x) for both passes step by step"),
    **dict.fromkeys(("latex", "formula"), "write formula(x), and formula(x).latex()"),
    "requires_grad": "every Value records its graph; write Constant(2.0) for a number that needs no gradient",
    "ln": "write x.log()",
    "children": "write x.parents, the operands that it was computed from",
    **dict.fromkeys(("shape", "T", "size", "dtype"), _FUNCTIONS["array"]),
    **{
        name: f"write {name}({', '.join(OPERANDS[: row.arity])})" for name, row in TABLE.items()
        if row.arity and not hasattr(Number, name) and name.isidentifier() and not (row.arithmetic or row.internal)
    },
}  # fmt: skip


def advice(name: str) -> str:
    """What to write here for a name of another library, after a colon; empty where that is not known."""
    return f": {_FUNCTIONS[name]}" if name in _FUNCTIONS else ""


def checked_name(name: Any) -> str:
    """The name of a node, which is a string; else a ``TypeError``: other engines are given operands there.

    >>> checked_name("w")
    'w'
    """
    if isinstance(name, str):
        return name
    raise TypeError(f"the name of a Value is a string, not {type(name).__name__}: an operation such as a + b records its operands itself")


def without_gradient(nodes: Any, error: TypeError) -> TypeError:
    """What a backward pass failed of: a node whose ``grad`` is no number, such as PyTorch's ``None``; else ``error`` itself."""
    for x in (x for node in nodes for x in (node, *node.parents)):
        if not isinstance(x.grad, Real):
            return TypeError(f"the grad of {x!r} is no number: where none has come yet it is 0.0, as zero_grad() writes")
    return error


class _Elsewhere:
    """An attribute that there is in another library: using it is an error that says what ours is. A ``__getattr__`` would make every
    ``hasattr`` of a Value slow."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, kind: type) -> NoReturn:
        said = f"{kind.__name__!r} object has no attribute {self.name!r}: {_ATTRIBUTES[self.name]}"
        raise AttributeError(said, name=self.name, obj=node)


class Synonyms(Number):
    """Other words for ``name``, ``parents``, ``op`` and ``data``, so that code that was written with them runs as it stands.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> e = a * b
    >>> e.label = "e"
    >>> e.name, e._op, sorted(parent.label for parent in e._prev), e.item()
    ('e', '*', ['a', 'b'], -6.0)
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in ("__eq__", "__hash__"):
            if vars(cls).get(name, getattr(object, name)) is not getattr(object, name):
                raise TypeError(f"{cls.__name__} defines {name}, but nodes of a graph are told apart by identity: compare their .data")

    @property
    def label(self: Any) -> str:
        """The ``name``; empty where there is none."""
        return str(self.name or "")

    @label.setter
    def label(self: Any, name: str) -> None:
        self.name = name or None

    @property
    def _prev(self: Any) -> set[Any]:
        return set(self.parents)

    @property
    def _op(self: Any) -> str:
        return str(self.op)

    def item(self: Any) -> float:
        """The ``data``: a plain number, which remembers no graph."""
        return float(self.data)

    def __index__(self) -> int:
        raise TypeError(
            f"a {type(self).__name__} is no integer to count or look up with, as range(n) and xs[n] need it: give int(v.data), or under "
            "jit make the argument a static one, as in jit(f, static_argnums=1)"
        )

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in _ATTRIBUTES]


for _name in _ATTRIBUTES:
    setattr(Synonyms, _name, _Elsewhere(_name))  # set here, they are no attributes for a checker of types
