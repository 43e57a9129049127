"""The guard: while it is on, what a student does wrong silently is said at the line where it happens.

While no guard is on, nothing is watched and nothing costs anything: the methods that see what a student does (``backward``, sums
of a leaf and a number, programs, steps of optimizers) are put in the place of the plain ones only while one is on.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from typing import Any, TypeVar

from ..programs.graph import Graph
from ..value import Value, topological_order
from .findings import Findings, add_library, is_ours, student_frame
from .graphs import find_flat, find_misplaced, trained
from .memory import Memory, find_idle_step
from .rebinding import find_rebinding, is_step

Kind = TypeVar("Kind", bound=type)


class guard:  # noqa: N801  (as contextlib's)
    """Watches for mistakes that give wrong numbers without an error, and says where, why, and what to write instead.

    Within ``with guard() as findings:`` each mistake is a :class:`GuardWarning` at once, and stands in the list that it gives, which a
    notebook shows as a table. ``guard.on()`` watches from there on, in all cells of a notebook, until ``guard.off()``; both return
    the list. What is found:

    - ``w = w - 0.1 * w.grad``: a name bound to a computed node in the place of a leaf, also in a loop over ``model.parameters()``;
    - gradients that were still there from another step: a forgotten ``zero_grad()``;
    - a step that changes no parameter; a graph that grows from step to step; a loss that has become infinite, or nan;
    - a ``backward()`` from a leaf, as of ``loss = Value(loss.data)``; ``data`` that is no float but, say, a float32 of NumPy;
    - ``data`` that changed after it was used in the graph whose ``backward()`` is called;
    - step and sign neurons under gradient descent, whose gradient is 0 for ever;
    - a sigmoid before ``bce_with_logits``, a softmax before ``cross_entropy``, a linear output before ``bce``.

    >>> import warnings
    >>> from autograd_core import Value, guard
    >>> w = Value(0.5, "w")
    >>> with warnings.catch_warnings(), guard() as findings:
    ...     warnings.simplefilter("ignore")
    ...     for _ in range(3):
    ...         (w * w).backward()
    ...         w.data -= 0.1 * w.grad
    >>> print(findings[0].sentence)
    The gradients of w still hold those of the backward() before, which belong to another computation: the new ones are added to them.
    >>> print(findings[0].remedy)
    w.grad = 0.0 before this backward()
    """

    def __init__(self) -> None:
        self._watch = _Watch()
        self._token: Token[_Watch | None] | None = None

    def __enter__(self) -> Findings:
        if self._token is not None:
            raise RuntimeError("this guard is on already: make another with guard()")
        self._token = _here.set(self._watch)
        _methods.install()
        return self._watch.findings

    def __exit__(self, *error: object) -> None:
        _methods.uninstall()
        if self._token is not None:
            _here.reset(self._token)
            self._token = None

    @staticmethod
    def on() -> Findings:
        """Watch from here on, everywhere; returns the list of what will be found. Where it is on already, it begins anew."""
        if _everywhere:
            guard.off()
        _everywhere.append(_Watch())
        _methods.install()
        return _everywhere[0].findings

    @staticmethod
    def off() -> Findings:
        """End what :meth:`on` began; returns the list of what was found."""
        if not _everywhere:
            return Findings()
        _methods.uninstall()
        return _everywhere.pop().findings

    @staticmethod
    def steps(kind: Kind) -> Kind:
        """Register a class whose ``step()`` changes its ``parameters``, so that guards watch that; a decorator.

        Where it has an ``update(values, gradients)`` for the numbers of a compiled program, that is watched, too.

        >>> @guard.steps
        ... class Descent:
        ...     def __init__(self, parameters):
        ...         self.parameters = parameters
        ...     def step(self):
        ...         for p in self.parameters:
        ...             p.data -= 0.1 * p.grad
        """
        add_library(kind.__module__)
        _methods.add(kind, "step", _watched_step)
        if "update" in vars(kind):
            _methods.add(kind, "update", _watched_update)
        return kind


class _Watch:
    def __init__(self) -> None:
        self.findings = Findings()
        self.memory = Memory()


_here: ContextVar[_Watch | None] = ContextVar("the guard of this context", default=None)
_everywhere: list[_Watch] = []  # the one that guard.on() made; of the process, since each cell of a notebook may have a context of its own


def _current() -> _Watch | None:
    return _here.get() or (_everywhere[0] if _everywhere else None)


# -- the methods that watch ---------------------------------------------------------------------------------------------
def _watched_backward(plain: Callable[..., None]) -> Callable[..., None]:
    @wraps(plain)
    def backward(self: Value, seed: float = 1.0) -> None:
        watch = _current()
        if watch is None or self.data.__class__ is not float:
            return plain(self, seed)
        caller = sys._getframe(1)
        frame, findings, memory = student_frame(caller), watch.findings, watch.memory
        order = topological_order(self)
        leaves = trained(order)
        memory.find_stale(order, frame, findings)
        find_flat(order, leaves, frame, findings)
        find_misplaced(order, frame, findings)
        if is_ours(caller):  # a loop of a library, which knows what it does
            return plain(self, seed)
        if memory.passes and not math.isfinite(self.data):
            findings.report(
                "diverged", frame,
                f"The output is {self.data}: the steps before were so large that each led farther away, until the numbers overflowed.",
                "a smaller learning rate, such as a tenth of this one, and new parameters to start from",
            )  # fmt: skip
        memory.find_detached(self, frame, findings)
        memory.before(leaves, frame, findings)
        was_zero = not any(leaf.grad for leaf in leaves)
        plain(self, seed)
        memory.after(order, leaves, was_zero, frame, findings)

    return backward


def _watched_sum(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def operator(self: Value, other: Any) -> Any:
        watch = _current() if is_step(self, other) else None
        if watch is not None:
            frame = sys._getframe(1)
            if not is_ours(frame) and find_rebinding(self, frame, watch.findings):
                watch.memory.rebound.add(self)
        return plain(self, other)

    return operator


def _watched_graph(plain: Callable[..., None]) -> Callable[..., None]:
    """A graph that is compiled with a gradient: it may be trained, or only evaluated."""

    @wraps(plain)
    def begin(self: Graph, *arguments: Any) -> None:
        plain(self, *arguments)
        watch = _current()
        if watch is not None and self.single and self.wrt:
            watch.memory.compiled.append(self)

    return begin


def _watched_update(plain: Callable[..., Any]) -> Callable[..., Any]:
    """A step from numbers that a compiled program gave, as in fit: the programs of these parameters are trained."""

    @wraps(plain)
    def update(self: Any, *arguments: Any, **options: Any) -> Any:
        watch = _current()
        compiled = watch.memory.compiled if watch is not None else None
        while watch is not None and compiled:
            graph = compiled.popleft()
            order = [node for node, _ in graph.order]
            nodes = set(order)
            leaves = [leaf for leaf in self.parameters if leaf in graph.active and leaf in nodes]
            if leaves:
                frame = student_frame(sys._getframe(1))
                find_flat(order, leaves, frame, watch.findings)
                find_misplaced(order, frame, watch.findings)
        return plain(self, *arguments, **options)

    return update


def _watched_step(plain: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(plain)
    def step(self: Any, *arguments: Any, **options: Any) -> Any:
        watch = _current()
        if watch is None:
            return plain(self, *arguments, **options)
        before = [parameter.data for parameter in self.parameters]
        result = plain(self, *arguments, **options)
        find_idle_step(self, before, watch.memory, student_frame(sys._getframe(1)), watch.findings)
        return result

    return step


class _Methods:
    """Methods and what watches them: put in place with the first guard, and taken away with the last."""

    def __init__(self) -> None:
        self.watched: list[tuple[Any, str, Callable[..., Any]]] = []
        self.plain: list[tuple[Any, str, Any]] = []
        self.guards = 0
        self.lock = threading.RLock()

    def add(self, kind: Any, name: str, watch: Callable[..., Any]) -> None:
        with self.lock:
            self.watched.append((kind, name, watch))
            if self.guards:
                self._put(kind, name, watch)

    def install(self) -> None:
        with self.lock:
            self.guards += 1
            if self.guards == 1:
                for entry in self.watched:
                    self._put(*entry)

    def uninstall(self) -> None:
        with self.lock:
            self.guards -= 1
            while not self.guards and self.plain:
                setattr(*self.plain.pop())

    def _put(self, kind: Any, name: str, watch: Callable[..., Any]) -> None:
        plain = vars(kind)[name]
        self.plain.append((kind, name, plain))
        setattr(kind, name, watch(plain))


_methods = _Methods()
_methods.add(Value, "backward", _watched_backward)
_methods.add(Graph, "__init__", _watched_graph)
for _name in ("__add__", "__radd__", "__sub__", "__rsub__"):
    _methods.add(Value, _name, _watched_sum)
