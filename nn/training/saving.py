"""States of models in JSON files, which are checked as a whole before anything is taken over, and replaced in one step."""

from __future__ import annotations

import contextlib
import json
import zlib
from pathlib import Path
from typing import Any

from autograd_core import replace_file

from .model import Model, assign

VERSION = 3


def save_state(module: Model, path: str | Path) -> None:
    """Write the state into a JSON file, exact to the bit. The file is replaced in one step, so it is never half-written."""
    write_json(path, "state", {"module": type(module).__name__, "state": module.state_dict()})


def load_state(module: Model, path: str | Path) -> None:
    """Take over the state that ``save`` wrote; ``ValueError``, and no change, if the file is damaged, of another kind, or does not fit."""
    content = read_json(path, "state")
    try:
        changes = module.checked_state(content.get("state"))
    except ValueError as error:
        raise ValueError(f"{path}, which was saved from {content.get('module')}: {error}") from None
    assign(changes)


def write_json(path: str | Path, kind: str, content: dict[str, Any]) -> None:
    """Write ``content`` as a file of a ``kind``, in one step."""
    text = json.dumps(content)
    head = {"format": f"nn {kind}", "version": VERSION, "checksum": zlib.crc32(text.encode())}
    replace_file(path, f"{json.dumps(head)[:-1]}, {text[1:]}")


def read_json(path: str | Path, kind: str) -> dict[str, Any]:
    """The content of a file that :func:`write_json` wrote; ``ValueError`` for any other, and for one that was damaged or edited."""
    try:
        content = json.loads(Path(path).read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no whole JSON file, so it was not read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != f"nn {kind}":
        found = content.get("format") if isinstance(content, dict) else None
        raise ValueError(f"{path} is not a file of the kind 'nn {kind}'" + (f", but {found!r:.60}" if found else ""))
    if content.get("version") != VERSION:
        raise ValueError(f"{path} has version {content.get('version')!r:.60}, and this program reads version {VERSION}")
    del content["format"], content["version"]
    with contextlib.suppress(ValueError, RecursionError):  # of an integer of thousands of digits
        if content.pop("checksum", None) == zlib.crc32(json.dumps(content).encode()):
            return content
    raise ValueError(f"{path} does not have the checksum that it was written with: it was damaged or edited, so it was not read")
