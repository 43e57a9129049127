"""Formulas as a textbook prints them: constants first, powers collected, one fraction, common factors in front.

A formula is read from its parts upwards as sums of terms. A term is a number times powers of *bases*, and a base is
a symbol, a function of simplified operands, or a sum that stands as a factor. Numbers are exact fractions.

The result equals the formula as mathematics, wherever the formula is defined; its rounding differs, and so may what happens
where it is not defined (``x / x`` is 1). So it is for people, and nothing that is printed to be run goes through here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from ..number import TABLE
from ..primitive import Primitive, find

LONGEST = 400  # operations: a longer formula is not read on paper, and stays as it is
MOST_TERMS = 24  # to which a product of sums is multiplied out, to see whether it gets shorter
LONGEST_WEIGHTED_SUM = 16  # products; a longer one is written with dots

Powers = tuple[tuple[int, Fraction], ...]  # bases and their exponents, in the order in which they are written
Term = tuple[Fraction, Powers]
Sum = dict[frozenset[tuple[int, Fraction]], Term]  # terms by their bases and exponents


class Base(NamedTuple):
    """What is raised to a power: a symbol or a function, as a formula; or a sum, as its terms.

    Of the factors of a product those of a lower ``rank`` stand first: roots of numbers (-1), symbols and activations (0), functions (1),
    exponentials (2).
    """

    formula: Any
    terms: Sum
    rank: int


class _UnsuitableError(Exception):
    """A formula with a number that cannot be computed with, such as an infinite one."""


def simplify(parts: Sequence[Any]) -> Any:
    """The last of ``parts``, a formula whose parts these are (each behind its own), as a textbook prints it.

    One that is longer than 400 operations, or would get longer, comes back as it is.
    """
    formula = parts[-1]
    count = formula.operation_count()
    if count > LONGEST:
        return formula
    try:
        found = _Reading(formula.apply).of(parts)
    except (_UnsuitableError, OverflowError, ZeroDivisionError):
        return formula
    return found if found.operation_count() <= count + 1 else formula  # 0.5 / x may become 1 / (2 * x)


class _Reading:
    """One formula, read as sums of terms; ``apply`` makes formulas of rows and operands."""

    def __init__(self, apply: Callable[..., Any]) -> None:
        self.apply = apply
        self.bases: list[Base] = []
        self.places: dict[Any, int] = {}

    def of(self, parts: Sequence[Any]) -> Any:
        found: dict[Any, Sum] = {}
        for part in parts:
            if hasattr(part, "inputs"):
                found[part] = self.operation(part.primitive, [found[x] for x in part.inputs])
            else:
                found[part] = _constant(_exactly(part.value)) if hasattr(part, "value") else self.symbol(part)
        return self.written(self.tidy(found[parts[-1]]))

    # -- reading -------------------------------------------------------------------------------------------------
    def symbol(self, symbol: Any) -> Sum:
        return self.base(("symbol", symbol.name), Base(symbol, {}, 0))

    def base(self, key: Any, base: Base) -> Sum:
        """One base alone, which is entered under its key when it is first met."""
        if key not in self.places:
            self.places[key] = len(self.bases)
            self.bases.append(base)
        return _terms([(Fraction(1), ((self.places[key], Fraction(1)),))])

    def operation(self, row: Primitive, inputs: list[Sum]) -> Sum:
        name, first = row.name, inputs[0]
        if name in ("+", "-"):
            return self.added(first, _scaled(inputs[1], -1 if name == "-" else 1))
        if name == "neg":
            return _scaled(self.opened(first), -1)
        if name in ("*", "chain"):
            return self.product(*inputs)
        if name in ("/", "divide"):
            return self.product(first, self.power(inputs[1], Fraction(-1)))
        if name == "**":
            return self.power(first, *map(_exactly, row.constants))
        if name == "sqrt":
            return self.power(first, Fraction(1, 2))
        if name == "identity":
            return first
        n = len(inputs) // 2
        if row.weighted_sum and n <= LONGEST_WEIGHTED_SUM:
            return self.added(*(self.product(w, x) for w, x in zip(inputs[:n], inputs[n:-1])), inputs[-1])
        return self.function(row, inputs)

    def function(self, row: Primitive, inputs: list[Sum]) -> Sum:
        inputs = [self.tidy(x) for x in inputs]
        numbers = [_number(x) for x in inputs]
        if None not in numbers:
            try:
                return _constant(_exactly(row.evaluate(*(float(x) for x in numbers if x is not None))))
            except (ValueError, ArithmeticError):
                raise _UnsuitableError from None
        rank, size = 2 if row.name == "exp" else 0 if row.activation else 1, Fraction(1)
        if row.name == "hypot":  # hypot(x / 2, y / 2) is hypot(x, y) / 2
            size = _common_size(coefficient for x in inputs for coefficient, _ in x.values())
        inputs = [_scaled(x, 1 / size) for x in inputs]
        key = row.name, row.constants, *(frozenset((key, c) for key, (c, _) in x.items()) for x in inputs)
        return _scaled(self.base(key, Base(self.apply(row, *(self.written(x) for x in inputs)), inputs[0], rank)), size)

    # -- arithmetic ----------------------------------------------------------------------------------------------
    def opened(self, terms: Sum) -> Sum:
        """The terms, where a sum stood among them as its own terms."""
        found: list[Term] = []
        for coefficient, powers in terms.values():
            match powers:
                case [(place, 1)] if abs(coefficient) == 1 and (inner := self.summed(place)):
                    found += _scaled(inner, coefficient).values()
                case _:
                    found.append((coefficient, powers))
        return _terms(found)

    def summed(self, place: int) -> Sum:
        """The terms of a base that is a sum; none of another."""
        return self.bases[place].terms if self.bases[place].formula is None else {}

    def added(self, *sums: Sum) -> Sum:
        return _terms(term for each in sums for term in self.opened(each).values())

    def product(self, *factors: Sum) -> Sum:
        coefficient, exponents = Fraction(1), dict[int, Fraction]()
        for factor in factors:
            if not factor:
                return {}
            ((number, powers),) = self.factored(factor).values()
            coefficient *= number
            for place, exponent in powers:
                exponents[place] = exponents.get(place, Fraction(0)) + exponent
        return _terms([(coefficient, tuple((place, e) for place, e in exponents.items() if e))])

    def power(self, x: Sum, exponent: Fraction) -> Sum:
        if not exponent:
            return _constant(Fraction(1))
        if not x:
            if exponent < 0:
                raise _UnsuitableError
            return {}
        ((coefficient, powers),) = self.factored(x).values()
        if exponent.denominator == 1 and abs(exponent) <= 100:
            return _terms([(coefficient**exponent.numerator, tuple((place, e * exponent) for place, e in powers))])
        if coefficient != 1 or [e for _, e in powers] != [1]:  # the square root of a square is no power of its base
            term = coefficient, powers
            ((_, powers),) = self.base(("power", frozenset(powers), coefficient), Base(None, _terms([term]), 0 if powers else -1)).values()
        ((place, _),) = powers
        return _terms([(Fraction(1), ((place, exponent),))])

    # -- factors -------------------------------------------------------------------------------------------------
    def factored(self, terms: Sum) -> Sum:
        """The same as one term."""
        return terms if len(terms) < 2 else self.shorter(terms, is_factor=True)

    def tidy(self, terms: Sum) -> Sum:
        """The same, as one fraction if its terms share a denominator, with common factors in front."""
        terms = self.opened(terms)
        return terms if len(terms) < 2 else self.shorter(terms, is_factor=False)

    def shorter(self, terms: Sum, is_factor: bool) -> Sum:
        """With common factors in front: of the terms as they are, or multiplied out if that is shorter."""
        found = self.pulled(terms, is_factor)
        multiplied = self.multiplied_out(terms)
        if multiplied is None:
            return found
        other = self.pulled(multiplied, is_factor)
        return other if self.written(other).operation_count() < self.written(found).operation_count() else found

    def pulled(self, terms: Sum, is_factor: bool) -> Sum:
        """Powers that all terms share before a sum of the rest; with a shared denominator, or as a factor, all over one denominator."""
        if len(terms) < 2:
            return terms
        exponents = [dict(powers) for _, powers in terms.values()]
        places = dict.fromkeys(place for powers in exponents for place in powers)
        of = {place: [powers.get(place, Fraction(0)) for powers in exponents] for place in places}
        shared = {place: min(e) for place, e in of.items() if min(e) > 0 or max(e) < 0}
        if is_factor:
            shared = {place: min(e) for place, e in of.items() if min(e)}
        if not shared:
            terms = self.collected(terms)
            return self.as_factor(terms) if is_factor else terms
        rest = []
        for coefficient, powers in terms.values():
            left = {**dict.fromkeys(shared, Fraction(0)), **dict(powers)}
            rest.append((coefficient, tuple((place, e - shared.get(place, 0)) for place, e in left.items() if e != shared.get(place, 0))))
        inner = self.factored(self.opened(_terms(rest)))
        return self.product(_terms([(Fraction(1), tuple(shared.items()))]), inner)

    def collected(self, terms: Sum) -> Sum:
        """Terms over one denominator, or with one exponential, as one term."""
        groups: dict[frozenset[tuple[int, Fraction]], list[Term]] = {}
        for term in terms.values():
            groups.setdefault(frozenset((place, e) for place, e in term[1] if e < 0 or self.bases[place].rank == 2), []).append(term)
        return self.added(*(self.factored(_terms(group)) if key else _terms(group) for key, group in groups.items()))

    def as_factor(self, terms: Sum) -> Sum:
        """A sum as one base, times the number that its terms share; a sum and its negative are the same base."""
        numbers = [coefficient for coefficient, _ in terms.values()]
        size = Fraction(math.gcd(*map(int, numbers))) if all(x.denominator == 1 for x in numbers) else _common_size(numbers)
        size = -size if max(numbers) < 0 else size
        if (key := _key(_scaled(terms, -1 / size))) in self.places:
            return _terms([(-size, ((self.places[key], Fraction(1)),))])
        inner = _scaled(terms, 1 / size)
        rank = max(self.bases[place].rank for _, powers in inner.values() for place, _ in powers)
        return _scaled(self.base(_key(inner), Base(None, inner, min(rank, 1))), size)

    def multiplied_out(self, terms: Sum) -> Sum | None:
        """Without sums as factors; ``None`` where there are none, or the result would be long."""
        found: list[Term] = []
        sums = [[(place, e) for place, e in powers if self.summed(place) and e.denominator == 1 and e > 0] for _, powers in terms.values()]
        if not any(sums):
            return None
        for (coefficient, powers), factors in zip(terms.values(), sums):
            product: list[Term] = [(coefficient, tuple(power for power in powers if power not in factors))]
            for place, e in factors:
                for _ in range(e.numerator):
                    if len(product) * len(self.summed(place)) > MOST_TERMS:
                        return None
                    inner = [_terms([term]) for term in self.summed(place).values()]
                    product = [term for x in product for y in inner for term in self.product(_terms([x]), y).values()]
            found += product
        return _terms(found)

    # -- writing -------------------------------------------------------------------------------------------------
    def written(self, terms: Sum) -> Any:
        """The formula: a term that is added first, powers of one base in falling order, symbols before functions."""
        ordered = sorted(terms.values(), key=lambda term: not term[1] or any(self.bases[place].rank for place, _ in term[1]))
        if len({place for _, powers in ordered for place, _ in powers}) == 1:
            ordered.sort(key=lambda term: -sum(e for _, e in term[1]))
        pieces = [self.factors(*term) for term in ordered]
        for i, (is_negative, _) in enumerate(pieces):
            if not is_negative:
                pieces.insert(0, pieces.pop(i))
                break
        if not pieces:
            return self.apply(TABLE["identity"], 0.0)
        is_negative, total = pieces[0]
        total = self.apply(TABLE["neg"], total) if is_negative else total
        for is_negative, piece in pieces[1:]:
            total = self.apply(TABLE["-" if is_negative else "+"], total, piece)
        return total

    def factors(self, coefficient: Fraction, powers: Powers) -> tuple[bool, Any]:
        """Whether a term is subtracted, and the term without its sign: numbers first, exponentials last, one fraction."""
        is_negative = coefficient < 0
        turned = self.turned(powers) if is_negative else None
        above, below = _numbers(abs(coefficient), any(e < 0 for _, e in powers))
        ordered = sorted(powers, key=lambda power: self.bases[power[0]].rank)
        raised = [(e, self.raised(place, abs(e), place == turned)) for place, e in ordered]
        numerator = self.multiplied(above, [x for e, x in raised if e > 0])
        denominator = self.multiplied(below, [x for e, x in raised if e < 0])
        return is_negative and turned is None, self.apply(TABLE["/"], numerator, denominator)

    def turned(self, powers: Powers) -> int | None:
        """A difference that takes the minus sign in front of it: ``-(a - b)`` is ``b - a``."""
        for place, exponent in sorted(powers, key=lambda power: -power[1]):
            numbers = [coefficient for coefficient, _ in self.summed(place).values()]
            if exponent.denominator == 1 and exponent.numerator % 2 and numbers and min(numbers) < 0 < max(numbers):
                return place
        return None

    def raised(self, place: int, exponent: Fraction, is_turned: bool) -> Any:
        base = self.bases[place]
        if base.rank == 2:  # a power of an exponential is one
            return self.apply(TABLE["exp"], self.written(_scaled(base.terms, exponent)))
        formula = self.written(_scaled(base.terms, -1 if is_turned else 1)) if base.formula is None else base.formula
        if exponent == 1:
            return formula
        return self.apply(TABLE["sqrt"] if exponent == Fraction(1, 2) else find("**", (float(exponent),)), formula)

    def multiplied(self, number: float, factors: list[Any]) -> Any:
        product = self.apply(TABLE["*"], number, 1.0)
        for factor in factors:
            product = self.apply(TABLE["*"], product, factor)
        return product


def _terms(terms: Iterable[Term]) -> Sum:
    """Their sum, equal ones together."""
    found: Sum = {}
    for coefficient, powers in terms:
        key = frozenset(powers)
        found[key] = (found[key][0] + coefficient, found[key][1]) if key in found else (coefficient, powers)
    return {key: term for key, term in found.items() if term[0]}


def _scaled(terms: Sum, factor: Fraction | int) -> Sum:
    return {key: (coefficient * factor, powers) for key, (coefficient, powers) in terms.items()}


def _common_size(numbers: Iterable[Fraction]) -> Fraction:
    """The absolute value of all of them, or 1 where they differ."""
    sizes = {abs(x) for x in numbers}
    return sizes.pop() if len(sizes) == 1 else Fraction(1)


def _constant(x: Fraction) -> Sum:
    return _terms([(x, ())])


def _number(terms: Sum) -> Fraction | None:
    """The value of a sum without bases."""
    return None if any(terms) else sum((coefficient for coefficient, _ in terms.values()), Fraction(0))


def _key(terms: Sum) -> frozenset[Any]:
    return frozenset((key, coefficient) for key, (coefficient, _) in terms.items())


def _exactly(x: float) -> Fraction:
    """The number that is written as ``x``: 0.1 is a tenth, and 1 / 3 a third."""
    if not math.isfinite(x):
        raise _UnsuitableError
    simple = Fraction(x).limit_denominator(12)
    return simple if float(simple) == x else Fraction(repr(x))


def _numbers(x: Fraction, is_fraction: bool) -> tuple[float, float]:
    """``x`` as a number above and one below the bar: halves in a fraction and thirds stand as such, 0.1 as a decimal."""
    rest = x.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    is_decimal = rest == 1
    if x.denominator < 1000 and (not is_decimal or (is_fraction and x.denominator in (2, 4, 8))):
        return float(x.numerator), float(x.denominator)
    if not float(x):
        raise _UnsuitableError
    return float(x), 1.0
