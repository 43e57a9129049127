"""What is said to a name that is none of those that exist: which there are, and which was probably meant."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def closest(name: Any, known: Iterable[str]) -> str:
    """The one of ``known`` that was probably meant; empty if none is near.

    >>> closest("signoid", ["tanh", "sigmoid"]), closest("Sin", ["sin", "cos"]), closest("q", ["sin", "cos"])
    ('sigmoid', 'sin', '')
    """
    import difflib  # only when something went wrong: the import of the engine stays quick

    known = list(islice(known, 1000))
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
    names = list(allowed)
    meant = closest(given, names)
    hint = f"; did you mean {meant!r}?" if meant and meant != given else ""
    return ValueError(f"{what} is one of {', '.join(map(repr, names))}{or_else}, not {given!r}{hint}")


def require_one_of(what: str, given: Any, allowed: Sequence[str]) -> None:
    """Refuse an option that is not one of those that exist."""
    if given not in allowed:
        raise not_one_of(what, given, allowed)


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
        import inspect

        known = inspect.signature(function).parameters

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            for option in options:
                if option not in known:
                    meant = closest(option, known)
                    hint = f": {instead[option]}" if option in instead else f"; did you mean {meant!r}?" if meant else ""
                    raise TypeError(f"{function.__name__}() has no option {option!r}{hint}")
            return function(*arguments, **options)

        return call  # type: ignore[return-value]

    return decorate
