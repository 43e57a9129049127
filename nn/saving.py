"""States of modules in JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_core import replace_file

if TYPE_CHECKING:
    from .module import Module

VERSION = 1


def save_state(module: Module, path: str | Path) -> None:
    """Write the state of ``module``; a file of that name stays whole until the new one is."""
    write_json(path, "state", {"module": type(module).__name__, "state": module.state_dict()})


def load_state(module: Module, path: str | Path) -> None:
    """Take over a state; ``ValueError`` if the file is damaged, of another kind, or does not fit."""
    content = read_json(path, "state")
    try:
        module.load_state_dict(content["state"])
    except KeyError as error:
        raise ValueError(f"{path} has no entry {error}: it was not written by save") from None
    except ValueError as error:
        raise ValueError(f"{path}, which was saved from {content['module']}: {error}") from None


def write_json(path: str | Path, kind: str, content: dict[str, Any]) -> None:
    """Write ``content`` as a file of a ``kind``, in one step."""
    replace_file(path, json.dumps({"format": f"nn {kind}", "version": VERSION, **content}))


def read_json(path: str | Path, kind: str) -> dict[str, Any]:
    """The content of a file that :func:`write_json` wrote; ``ValueError`` for any other."""
    text = Path(path).read_text(encoding="utf-8")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path} is no whole JSON file, so it was not read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != f"nn {kind}":
        found = content.get("format") if isinstance(content, dict) else None
        raise ValueError(f"{path} is not a file of the kind 'nn {kind}'" + (f", but '{found}'" if found else ""))
    if content.get("version") != VERSION:
        raise ValueError(f"{path} has version {content.get('version')}, and this program reads version {VERSION}")
    return content
