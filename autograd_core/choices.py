"""What is said to a name that is none of those that exist: which there are, and which was probably meant."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def closest(name: Any, known: Iterable[str]) -> str:
    """The one of ``known`` that was probably meant; empty if none is near.

    >>> closest("signoid", ["tanh", "sigmoid"]), closest("Sin", ["sin", "cos"]), closest("q", ["sin", "cos"])
    ('sigmoid', 'sin', '')
    """
    import difflib  # only when something went wrong: the import of the engine stays quick

    known = require_list("the names that exist are", known, "['sin', 'cos']")[:1000]
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
    names = require_list("what is allowed is", allowed, "['sin', 'cos']")
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


def require_list(what: str, given: Any, written: str) -> list[Any]:
    """What is ``given`` as a list; a ``TypeError`` with the line to write, where that cannot be gone through or is a text.

    >>> require_list("wrt is", 3, "[x]")
    Traceback (most recent call last):
    TypeError: wrt is a list, not int: write [x]
    """
    try:
        entries = iter(() if isinstance(given, str | bytes) else given)
    except TypeError:
        entries = None
    if entries is None or isinstance(given, str | bytes):
        raise TypeError(f"{what} a list, not {type(given).__name__}: write {written}")
    return list(entries)


def require_whole(what: str, given: Any, least: int | None = None, most: int = 2**63) -> int:
    """A whole number of any type, within the bounds; else a ``ValueError``."""
    if isinstance(given, bool) or not hasattr(given, "__index__") or not (least is None or least <= given <= most):
        bounds = "" if least is None else f", {least} or more" if most == 2**63 else f" from {least} to {most:,}"
        raise ValueError(f"{what} is a whole number{bounds}, not {given!r}")
    return int(given)


# What options are called in other libraries.
_ELSEWHERE = {
    "argnums": "argnum arg", "wrt": "parameters leaves", "level": "levels", "digits": "precision decimals", "names": "variables",
    "lr": "learning_rate rate eta step_size", "eps": "epsilon", "betas": "beta1 beta2 beta_1 beta_2", "weight_decay": "decay l2",
    "alpha": "rho", "parameters": "params", "seed": "random_state", "epochs": "n_epochs num_epochs max_iter n_iter iterations",
    "loss": "criterion loss_fn loss_function", "optimizer": "opt", "batch_size": "batch", "sample_weight": "class_weight weights",
    "validation": "validation_split validation_fraction eval_set", "callbacks": "scheduler schedule",
    "nouts": "hidden_layer_sizes hidden layers sizes units", "nin": "in_features input_dim input_size inputs n_inputs",
    "nout": "out_features output_size outputs n_outputs units", "activation": "act nonlin nonlinearity activation_function f",
    "output": "output_activation final_activation last_activation", "init": "initializer kernel_initializer", "bias": "use_bias",
}  # fmt: skip


def named_options(**instead: str) -> Callable[[Function], Function]:
    """Decorate a function so that an option that it does not have is answered with the one that was meant.

    ``instead`` holds, for words of other libraries, what to write here.

    >>> @named_options(colour="it has the colour of the page")
    ... def paint(*, width=1):
    ...     return width
    >>> paint(widht=2)
    Traceback (most recent call last):
    TypeError: paint() has no option 'widht'; did you mean 'width'?
    >>> paint(colour="red")
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
            for option in options:
                if option not in known:
                    meant = next((word for word in known if option in _ELSEWHERE.get(word, "").split()), "") or closest(option, known)
                    hint = f": {instead[option]}" if option in instead else f"; did you mean {meant!r}?" if meant else ""
                    raise TypeError(f"{name}() has no option {option!r}{hint}")
            return function(*arguments, **options)

        return call  # type: ignore[return-value]

    return decorate
