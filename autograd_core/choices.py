"""What options are checked by: a name of those that exist, with the one that was probably meant; a number in a range; a kind; a list."""

from __future__ import annotations

import contextlib
import functools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any, TypeVar

from .number import Number, shown

Function = TypeVar("Function", bound=Callable[..., Any])


def closest(name: Any, known: Iterable[str]) -> str:
    """The one of ``known`` that was probably meant; empty if none is near.

    >>> closest("signoid", ["tanh", "sigmoid"]), closest("Sin", ["sin", "cos"]), closest("q", ["sin", "cos"])
    ('sigmoid', 'sin', '')
    """
    import difflib  # only when something went wrong: the import of the engine stays quick

    known = require_list("the names that exist are", known, "['sin', 'cos']", in_any_order=True)[:1000]
    if not isinstance(name, str) or len(name) >= 100:
        return ""
    for word, spellings in ((name, {other: other for other in known}), (name.lower(), {other.lower(): other for other in known})):
        for near in difflib.get_close_matches(word, spellings, 1):
            return spellings[near]
    return ""


def not_one_of(what: str, given: Any, allowed: Iterable[str], or_else: str = "") -> ValueError:
    """The error for an option that is not one of those that exist; ``or_else`` says what else it may be.

    >>> print(not_one_of("style", "boxs", ["boxes", "compact"]))
    style is one of 'boxes', 'compact', not 'boxs'; did you mean 'boxes'?
    """
    names = require_list("what is allowed is", allowed, "['sin', 'cos']", in_any_order=True)
    meant = closest(given, names)
    hint = f"; did you mean {meant!r}?" if meant and meant != given else ""
    return ValueError(f"{what} is one of {', '.join(map(repr, names))}{or_else}, not {given!r}{hint}")


def require_one_of(what: str, given: Any, allowed: Sequence[str]) -> None:
    """Refuse an option that is not one of those that exist."""
    if given not in allowed:
        raise not_one_of(what, given, allowed)


def require_function(name: str, given: Any, instead: str = "give it a function of numbers") -> Any:
    """``given``, if it can be called; else a ``TypeError``: what is given a result would fail much later."""
    if callable(given):
        return given
    raise TypeError(f"{name} takes a function, not {type(given).__name__}: {instead}")


def require_kind(what: str, given: Any, kind: type[Any] | tuple[type[Any], ...], written: str) -> None:
    """A ``TypeError``, with the line to write, unless ``given`` is of a kind.

    >>> require_kind("title is a text", 3, str, "title='Backpropagation'")
    Traceback (most recent call last):
    TypeError: title is a text, not int: write title='Backpropagation'
    """
    if not isinstance(given, kind):
        raise TypeError(f"{what}, not {type(given).__name__}: write {written}")


def require_list(what: str, given: Any, written: str, in_any_order: bool = False) -> list[Any]:
    """What is ``given`` as a list; a ``TypeError`` with the line to write, where that cannot be gone through or is a text, or,
    unless it may be ``in_any_order``, a set, which has none, or a dictionary, of which it would be the keys.

    >>> require_list("wrt is", 3, "[x]")
    Traceback (most recent call last):
    TypeError: wrt is a list, not int: write [x]
    """
    no_list = (str, bytes) if in_any_order else (str, bytes, bytearray, dict, set, frozenset)
    try:
        entries = iter(() if isinstance(given, no_list) else given)
    except TypeError:
        entries = None
    if entries is None or isinstance(given, no_list):
        raise TypeError(f"{what} a list, not {type(given).__name__}: write {written}")
    return list(entries)


RANGES: dict[str, Callable[[float], bool]] = {
    "a finite number of at least 0": lambda x: 0.0 <= x < math.inf,
    "a finite number above 0": lambda x: 0.0 < x < math.inf,
    "a finite number": math.isfinite,
    "a positive number": lambda x: x > 0.0,
    "a number from 0 to 1": lambda x: 0.0 <= x <= 1.0,
    "a number of at least 0 and below 1": lambda x: 0.0 <= x < 1.0,
    "a number": lambda x: True,
}


def require_number(what: str, given: Any, range_: str = "a finite number of at least 0") -> float:
    """``given`` as a float of one of the ``RANGES``, or ``ValueError``.

    >>> require_number("lr", -1, "a finite number of at least 0")
    Traceback (most recent call last):
    ValueError: lr is a finite number of at least 0, not -1
    """
    with contextlib.suppress(OverflowError):
        if isinstance(given, Real) and not isinstance(given, bool) and RANGES[range_](float(given)):
            return float(given)
    raise ValueError(f"{what} is {range_}, not {shortened(given)}")


def require_whole(what: str, given: Any, least: int | None = 1, most: int = 2**63 - 1) -> int:
    """A whole number of any type within the bounds, or ``ValueError``; ``least=None`` is without bounds, as of a seed.

    >>> require_whole("count", 0, 1, 9)
    Traceback (most recent call last):
    ValueError: count is a whole number from 1 to 9, not 0
    """
    is_whole = hasattr(given, "__index__") and not isinstance(given, Number)
    if is_whole and (least is None or (not isinstance(given, bool) and least <= given <= most)):
        return operator.index(given)
    bounds = "" if least is None else f", {least} or more" if most == 2**63 - 1 else f" from {least} to {most:,}"
    raise ValueError(f"{what} is a whole number{bounds}, not {shortened(given)}")


def require_shape(given: Any, like: Any, name: str, range_: str = "a number") -> Any:
    """A copy of ``given``, plain data as JSON holds it, if it has the shape of ``like``; else ``ValueError``.

    The shape is the keys of dictionaries, the length of lists, texts, and the kinds of numbers; ``None`` stands for anything.

    >>> require_shape({"steps": 3, "rates": [1, 0.5]}, {"steps": 0, "rates": [0.0, 0.0]}, "the state")
    {'steps': 3, 'rates': [1.0, 0.5]}
    """
    if isinstance(like, dict):
        found = given if isinstance(given, dict) else {}
        pairs = ([key for key in like if key not in found], "missing"), ([key for key in found if key not in like], "unknown")
        if found is not given or pairs[0][0] or pairs[1][0]:
            differences = [f"{len(keys)} {kind}, the first is {keys[0]!s:.60}" for keys, kind in pairs if keys]
            raise ValueError("; ".join([f"{name} does not fit: it is a dictionary of {len(like)}", *differences]))
        return {key: require_shape(given[key], part, f"{name}, {key}", range_) for key, part in like.items()}
    if isinstance(like, list):
        if not isinstance(given, list) or len(given) != len(like):
            what = f"one of {len(given)}" if isinstance(given, list) else shortened(given)
            raise ValueError(f"{name} is a list of {len(like)}, not {what}")
        return [require_shape(part, entry, f"{name}[{i}]", range_) for i, (part, entry) in enumerate(zip(given, like))]
    if isinstance(like, int | float) and not isinstance(like, bool):
        return require_whole(name, given, 0) if isinstance(like, int) else require_number(name, given, range_)
    if like is not None and (type(given) is not type(like) or (isinstance(like, str) and given != like)):
        raise ValueError(f"{name} is {like!r}, not {shortened(given)}")
    return given


def shortened(x: Any) -> str:
    """What a message shows of something that may be long, or that refuses to be shown.

    >>> shortened("a" * 100)[-6:]
    'aaa...'
    """
    return shown(x, 60)


# What options are called in other libraries.
_ELSEWHERE = {
    "argnums": "argnum arg", "wrt": "parameters leaves", "level": "levels", "digits": "precision decimals", "names": "variables",
    "lr": "learning_rate rate eta step_size", "eps": "epsilon", "betas": "beta1 beta2 beta_1 beta_2", "weight_decay": "decay l2",
    "alpha": "rho", "parameters": "params", "seed": "random_state", "epochs": "n_epochs num_epochs max_iter n_iter iterations",
    "loss": "criterion loss_fn loss_function", "optimizer": "opt", "batch_size": "batch", "sample_weight": "class_weight weights",
    "validation": "validation_data validation_split validation_fraction eval_set",
    "callbacks": "scheduler schedule patience early_stopping verbose progress weight_decay",
    "nouts": "hidden_layer_sizes hidden layers sizes units", "nin": "in_features input_dim input_size inputs n_inputs",
    "nout": "out_features output_size outputs n_outputs units", "activation": "act nonlin nonlinearity activation_function f",
    "output": "output_activation final_activation last_activation", "init": "initializer kernel_initializer", "bias": "use_bias",
}  # fmt: skip


def named_options(**instead: str) -> Callable[[Function], Function]:
    """Decorate a function so that an option that it does not have is answered with the one that was meant.

    ``instead`` holds, for words of other libraries, what to write here.

    >>> @named_options(colour="it has the colour of the page")
    ... def paint(shape, *, width=1):
    ...     return width
    >>> paint("dot", 2)
    Traceback (most recent call last):
    TypeError: paint() takes shape, and options by their names, such as width=...
    >>> paint("dot", widht=2)
    Traceback (most recent call last):
    TypeError: paint() has no option 'widht'; did you mean 'width'?
    >>> paint("dot", colour="red")
    Traceback (most recent call last):
    TypeError: paint() has no option 'colour': it has the colour of the page
    """

    def decorate(function: Function) -> Function:
        written: Any = function
        while hasattr(written, "__wrapped__"):
            written = written.__wrapped__
        code = written.__code__  # not inspect.signature: the import of the engine stays quick
        known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        name = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]  # a class is called by its own

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if len(arguments) > code.co_argcount and code.co_kwonlyargcount:
                first = "".join(f"{word}, " for word in known[: code.co_argcount] if word != "self")
                raise TypeError(f"{name}() takes {first}and options by their names, such as {known[code.co_argcount]}=...")
            for option in options:
                if option not in known:
                    meant = next((word for word in known if option in _ELSEWHERE.get(word, "").split()), "") or closest(option, known)
                    hint = f": {instead[option]}" if option in instead else f"; did you mean {meant!r}?" if meant else ""
                    raise TypeError(f"{name}() has no option {option!r}{hint}")
            return function(*arguments, **options)

        return call  # type: ignore[return-value]

    return decorate
