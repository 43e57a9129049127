"""``p = p - lr * p.grad``: a name that held a leaf is bound to a computed node, told from the code of the line that does it."""

from __future__ import annotations

import dis
import linecache
import re
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ..value import Value
from .findings import Findings, variables_of

_BETWEEN = ("LOAD", "COPY", "SWAP", "CACHE", "NOP", "EXTENDED", "ROT", "DUP", "NOT_TAKEN")  # what may stand before a result is stored
_SUM = re.compile(r"^(?P<name>[\w.\[\]]+)\s*=\s*(?P=name)\s*(?P<sign>[+-])\s*(?P<rest>.+)$")
_DATA = re.compile(r"^(?P<name>[\w.\[\]]+)\.data\s*=\s*(?P=name)\s*(?P<sign>[+-])\s*(?P<rest>.+)$")
_IN_PLACE = re.compile(r"^(?P<name>[\w.\[\]]+)\s*(?P<sign>[+-])=\s*(?P<rest>.+)$")


class Store(NamedTuple):
    """Where the code puts the result of an operation: the kind of instruction, and the name."""

    kind: str
    name: str


@lru_cache(maxsize=1024)
def _instructions(code: CodeType) -> list[dis.Instruction]:
    return list(dis.get_instructions(code))


def store_of_step(code: CodeType, at: int) -> Store | None:
    """Where the result of the operation at an offset is stored at once, if a ``.grad`` was read in the same statement."""
    found = _instructions(code)
    index = next((i for i, instruction in enumerate(found) if instruction.offset == at), None)
    if index is None:
        return None
    end = next((i for i in found[index + 1 :] if not i.opname.startswith(_BETWEEN)), None)
    if end is None or not end.opname.startswith(("STORE_", "LIST_APPEND")):
        return None
    for instruction in reversed(found[:index]):
        if instruction.opname.startswith(("STORE_", "POP_", "FOR_", "JUMP", "RESUME", "RETURN")):
            return None
        if instruction.opname.startswith("LOAD_ATTR") and instruction.argval == "grad":
            name = end.argval[0] if isinstance(end.argval, tuple) else end.argval
            return Store(end.opname, str(name))
    return None


def loop_variables(code: CodeType, at: int) -> set[str]:
    """The names that the ``for`` loops around an offset bind in each round."""
    names, found = set(), _instructions(code)
    for i, loop in enumerate(found):
        if loop.opname != "FOR_ITER" or not loop.offset < at < loop.argval:
            continue
        for instruction in found[i + 1 :]:
            if not instruction.opname.startswith(("STORE_", "UNPACK_", *_BETWEEN[1:])):
                break
            if instruction.opname.startswith("STORE_"):
                bound = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
                names |= set(bound[:1] if "LOAD" in instruction.opname else bound)
                if "LOAD" in instruction.opname:
                    break
    return names


def find_rebinding(leaf: Value, frame: FrameType, findings: Findings) -> bool:
    """Whether the operation that ``frame`` is at takes a step from ``leaf`` and binds the result in its place; it is reported."""
    store = store_of_step(frame.f_code, frame.f_lasti)
    if store is None:
        return False
    is_name = store.kind.startswith(("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF"))
    if is_name and variables_of(frame).get(store.name) is not leaf:
        return False
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().partition("#")[0].rstrip()
    if store.kind == "STORE_ATTR" and store.name == "data":
        _report_data(leaf, line, frame, findings)
        return False
    written = _SUM.match(line) or _IN_PLACE.match(line)
    name = store.name if is_name else written["name"] if written else leaf.name or "a name"
    if getattr(leaf, "is_parameter", False):
        what = f"the parameter {leaf.name or name} of the model keeps its number, and the step changes nothing"
    elif is_name and store.name in loop_variables(frame.f_code, frame.f_lasti):
        what = f"{leaf.name or 'the leaf'} in what the loop goes over keeps its number, and the step changes nothing"
    else:
        what = "the next graph grows on top of this one, and gradients reach the old leaf, not this node"
    remedy = _remedy(written) if written else f"{name if is_name else 'p'}.data -= 0.1 * {name if is_name else 'p'}.grad"
    findings.report("rebound", frame, f"{name} is bound to a computed node in the place of a leaf: {what}.", remedy)
    return True


def _report_data(leaf: Value, line: str, frame: FrameType, findings: Findings) -> None:
    """``w.data = w - 0.1 * w.grad``: the number of a leaf is given a node, which the next operation on it refuses."""
    written = _DATA.match(line)
    name = written["name"] if written else leaf.name if str(leaf.name).isidentifier() else "p"
    remedy = f"{name}.data {written['sign']}= {written['rest']}" if written else f"{name}.data -= 0.1 * {name}.grad"
    findings.report("rebound", frame, f"{name}.data is given a computed node, a Value that remembers its graph, and not a number.", remedy)


def _remedy(written: re.Match[str]) -> str:
    name, sign, rest = written.groups()
    return f"{name}.data {sign}= {rest}" if written.re is _IN_PLACE else f"{name}.data = {name}.data {sign} {rest}"


def is_step(self: Any, other: Any) -> bool:
    """Whether a sum of these may be a step: a leaf that has a gradient, and a plain number."""
    return self._x is None and self.grad != 0.0 and isinstance(other, float)
