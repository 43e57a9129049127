"""What a recorded function takes from outside of its arguments: variables, and parts of lists, arrays and objects, that may change."""

from __future__ import annotations

import inspect
import math
import operator
import pickle
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import Context
from dis import get_instructions
from functools import partial
from numbers import Real
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..arguments import is_array, leaves_of
from ..number import Number
from ..primitive import Primitive
from ..value import Value

_DEPTH, _SIZE = 4, 10_000  # what is nested deeper, or holds more, is not watched

_COLLECTIONS = (list, tuple, dict, set, frozenset, deque)

Reader = Callable[[], Any]


class Outside:
    """The variables that a function names, as they are before it is recorded: numbers, texts, functions, and what holds such.

    Watched are variables of its module and of the functions around it, its defaults, the object whose method it is, with the
    attributes that it names, and all of these of the functions of its own package that it calls. ``fixed`` are the arguments that the
    recording is made for.
    """

    def __init__(self, f: Callable[..., Any], fixed: dict[str, Any]) -> None:
        self._readers: list[tuple[str, Reader]] = []
        self._seen: set[tuple[int, int]] = set()
        f = inspect.unwrap(f)
        self._package = _package(f)
        self._follow(f)
        for name, argument in fixed.items():
            self._watch(name, partial(_same, argument), _names(_code(f)))
        self.was = [_kept(read()) for _, read in self._readers]

    def recorded(self, captured: list[Value]) -> None:
        """The function was recorded: the Values of its graph are watched, too, and no more what it changed itself, such as a counter."""
        nodes = [(f"the Value {node.name!r}" if node.name else "a Value", partial(getattr, node, "data")) for node in captured]
        kept = [pair for pair in zip(self._readers, self.was) if Context().run(_are_equal, [pair[1]], [pair[0][1]()])]
        self._readers = [*nodes, *(reader for reader, _ in kept)]
        self.was = [*(read() for _, read in nodes), *(was for _, was in kept)]

    def changes(self) -> list[tuple[str, Any, Any]]:
        """What is not as it was: what it is called, what it was, and what it is now."""
        for (_, read), was in zip(self._readers, self.was):
            if read() is not was:
                break
        else:
            return []
        now = [read() for _, read in self._readers]
        return Context().run(_differences, self._readers, self.was, now)  # in a context of its own, a Value is equal to itself alone

    def _follow(self, f: Any) -> None:
        """Watch what a function, a method or an object that can be called reads."""
        if isinstance(f, partial):
            for k, argument in enumerate((*f.args, *f.keywords.values())):
                self._watch(f"argument {k + 1} of partial", partial(_same, argument), _names(_code(f.func)))
            return self._follow(inspect.unwrap(f.func))
        code, owner = _code(f), f.__self__ if isinstance(f, MethodType) else f
        if code is None or (id(code), id(owner)) in self._seen:
            return None
        self._seen.add((id(code), id(owner)))
        if not isinstance(f, FunctionType):
            self._watch((*code.co_varnames, "self")[0], partial(_same, owner), _names(code))
        for name, read in _variables(_function(f), code):
            self._watch(name, read, _names(code))
        return None

    def _watch(self, name: str, read: Reader, names: set[str], depth: int = 0) -> None:
        """Watch a variable or part of that name; ``names`` are those of the attributes that the function reads."""
        with suppress(Exception):  # a stranger's object may raise what it likes: it is not watched then
            self._watch_what_it_is(name, read(), read, names, depth)

    def _watch_what_it_is(self, name: str, x: Any, read: Reader, names: set[str], depth: int) -> None:
        if isinstance(x, Value):
            self._readers.append((f"the Value {name}", read))
        elif isinstance(x, Real | str) or x is None:
            noun = "text" if isinstance(x, str) else "variable" if x is None else "number"
            self._readers.append((f"the {noun} {name}", read))
        elif is_array(x):
            if math.prod(x.shape) <= 10 * _SIZE and _Array(x):
                self._readers.append((f"the array {name}", lambda: _Array(read())))
        elif isinstance(x, _COLLECTIONS):
            if _is_plain(x, depth):
                self._readers.append((f"the {type(x).__name__} {name}", read))
            elif isinstance(x, list | tuple | dict) and len(x) <= _SIZE and depth < _DEPTH:
                for key in x if isinstance(x, dict) else range(len(x)):
                    self._watch(f"{name}[{key!r}]", partial(_part, operator.getitem, read, key), names, depth + 1)
        elif isinstance(x, FunctionType | BuiltinFunctionType | MethodType | partial | Primitive):
            if not isinstance(x, MethodType):  # of which each reading is another object
                self._readers.append((f"the function {name}", read))
            if _package(inspect.unwrap(x)) == self._package:
                self._follow(inspect.unwrap(x))
        elif depth < _DEPTH and _is_of_the_user(x):
            if isinstance(_function(x), FunctionType) and _package(type(x)) == self._package:
                self._follow(x)
            for attribute in sorted(names):
                found = inspect.getattr_static(x, attribute, None)
                if found is not None and not isinstance(found, property):  # which would run
                    self._watch(f"{name}.{attribute}", partial(_part, getattr, read, attribute), names, depth + 1)


def random_states(f: Any) -> list[Any]:
    """The states of the generators of random numbers that every function may use, and of those that ``f`` names."""
    states: list[Any] = [random.getstate()]
    if "numpy.random" in sys.modules:
        states.append(pickle.dumps(sys.modules["numpy.random"].get_state()))
    f = inspect.unwrap(f)
    code = _code(f)
    for _, read in _variables(_function(f), code) if code is not None else ():
        if isinstance(x := read(), random.Random) or type(x).__module__.startswith("numpy.random"):
            states.append(pickle.dumps(x))
    return states


class _Array:
    """An array as it is now, which is equal to another one of the same numbers."""

    def __init__(self, array: Any) -> None:
        import numpy as np

        self.array = np.asarray(array.detach() if hasattr(array, "detach") else array)  # of PyTorch's, what it holds
        plain = self.array.dtype.kind != "O"
        entries = self.array.tobytes() if plain else [x if x == x else None for x in self.array.ravel().tolist()]  # nan is not itself
        self.numbers = self.array.shape, self.array.dtype.str, entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Array) and self.numbers == other.numbers

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.array)


def is_differentiated(x: Any) -> bool:
    """Whether a transform differentiates by it, or by a number in it."""
    with suppress(Exception):  # a stranger's object
        x = x.array if isinstance(x, _Array) else list(x) if isinstance(x, set | frozenset | deque) else x
        return any(getattr(leaf, "level", 0) or getattr(leaf, "active", False) for leaf in leaves_of(x))
    return False


def _same(x: Any) -> Any:
    return x


def _part(take: Callable[[Any, Any], Any], read: Reader, key: Any) -> Any:
    """An entry or attribute of what ``read`` gives; ``None`` where there is none any more."""
    with suppress(Exception):
        return take(read(), key)
    return None


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # the variable was deleted
        return None


def _function(f: Any) -> Any:
    """The function that runs when ``f`` is called."""
    f = f.__func__ if isinstance(f, MethodType) else f if isinstance(f, FunctionType) else inspect.getattr_static(type(f), "__call__", None)
    return inspect.unwrap(f) if f is not None else None


def _code(f: Any) -> CodeType | None:
    return getattr(_function(f), "__code__", None)


def _codes(code: CodeType | None) -> Iterator[CodeType]:
    """The code of a function and of those that are written inside it."""
    if code is not None:
        yield code
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from _codes(constant)


def _names(code: CodeType | None) -> set[str]:
    """The names of variables and attributes in the code."""
    return {name for part in _codes(code) for name in part.co_names}


def _variables(f: Any, code: CodeType) -> list[tuple[str, Reader]]:
    """The variables from outside that a function reads and does not set, and what its parameters are if they are not given."""
    instructions = [(instruction.opname, instruction.argval) for part in _codes(code) for instruction in get_instructions(part)]
    own = {name for operation, name in instructions if operation in ("STORE_DEREF", "STORE_GLOBAL")}
    loaded = sorted({name for operation, name in instructions if operation == "LOAD_GLOBAL" and name in f.__globals__})
    found: list[tuple[str, Reader]] = [(name, partial(f.__globals__.get, name)) for name in loaded]
    found += [(name, partial(_content, cell)) for name, cell in zip(code.co_freevars, f.__closure__ or ())]
    last = code.co_varnames[: code.co_argcount][::-1]
    defaults = [*zip(last, (f.__defaults__ or ())[::-1]), *(f.__kwdefaults__ or {}).items()]
    found += [(name, partial(_same, x)) for name, x in defaults if not isinstance(x, Real | str)]  # those cannot change
    return [(name, read) for name, read in found if name not in own]


def _package(x: Any) -> str:
    return (getattr(x, "__module__", None) or "").partition(".")[0]


def _is_of_the_user(x: Any) -> bool:
    """Whether it is an object, class or module of which attributes may change: not one of a library."""
    if isinstance(x, ModuleType):
        file = getattr(x, "__file__", None) or ""
        return x.__name__.partition(".")[0] not in {*sys.stdlib_module_names, "autograd_core"} and "site-packages" not in file
    kind = x if isinstance(x, type) else type(x)
    return not isinstance(x, Number) and _package(kind) not in ("builtins", "autograd_core", "numpy", "pandas", "torch")


def _is_plain(x: Any, depth: int) -> bool:
    """Whether two of it are compared quickly: numbers, texts and Values, and lists of them."""
    if isinstance(x, _COLLECTIONS):
        parts = x.values() if isinstance(x, dict) else x
        return len(x) <= _SIZE and depth < _DEPTH and all(_is_plain(part, depth + 1) for part in parts)
    return x is None or isinstance(x, Real | str | Value)


def _kept(x: Any) -> Any:
    """A copy of collections, with what is in them."""
    if isinstance(x, _Array):
        x.array = x.array.copy()
    if isinstance(x, dict):
        return {key: _kept(part) for key, part in x.items()}
    return type(x)(map(_kept, x)) if type(x) in _COLLECTIONS else x


def _differences(readers: list[tuple[str, Reader]], was: list[Any], now: list[Any]) -> list[tuple[str, Any, Any]]:
    if _are_equal(was, now):
        return []
    return [_difference(name, before, after) for (name, _), before, after in zip(readers, was, now) if not _are_equal([before], [after])]


def _are_equal(was: list[Any], now: list[Any]) -> bool:
    """Whether they are the same objects or equal ones; what cannot be compared, as a number with an array, is not."""
    with suppress(Exception):
        return bool(was == now)
    return False


def _difference(name: str, was: Any, now: Any) -> tuple[str, Any, Any]:
    """The first part that differs, where the whole is a list."""
    if type(was) is type(now) and isinstance(was, list | tuple | dict) and len(was) == len(now):
        for key in was if isinstance(was, dict) else range(len(was)):
            part = _part(operator.getitem, partial(_same, now), key)
            if not _are_equal([was[key]], [part]):
                return _difference(f"{name.removeprefix(f'the {type(was).__name__} ')}[{key!r}]", was[key], part)
    return name, was, now
