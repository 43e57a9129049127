"""Checkpoints: everything that a training needs to go on, in one file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .callbacks import Callback, Run, Scheduled
from .model import Changes, checked_number
from .saving import read_json, write_json


class Checkpoint(Callback):
    """Write everything that going on needs into a file after every epoch, replaced in one step. With ``resume=True`` a training
    goes on from the file, if it is there, to the numbers of one that was not interrupted."""

    last = True

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path, self.resume = Path(path), resume

    def read(self) -> dict[str, Any] | None:
        """What the file holds, if training is to go on from it; ``FileNotFoundError`` if its folder is not there."""
        if not self.path.absolute().parent.is_dir():
            raise FileNotFoundError(f"the folder of the checkpoint {self.path} is not there: make it first")
        content = read_json(self.path, "checkpoint") if self.resume and self.path.exists() else None
        if content is not None and (type(content.get("seed")) is not int or not isinstance(content.get("epochs") or 0, list)):
            raise ValueError(f"{self.path} has no seed or no epochs: it is not a whole checkpoint")
        return content

    def epoch(self, run: Run) -> None:
        write_json(self.path, "checkpoint", {
            "state": run.model.state_dict(), "optimizer": run.optimizer.state_dict(), "epochs": run.history.epochs, **run.facts,
            "callbacks": [{"callback": name, "state": callback.state()} for name, callback in _stateful(run.callbacks)],
        })  # fmt: skip

    def changes(self, run: Run, content: dict[str, Any]) -> Changes:
        """What going on from the file changes in model, optimizer and callbacks; ``ValueError`` if something in it does not fit."""
        try:
            for name, fact in run.facts.items():
                if content[name] != fact:
                    raise ValueError(f"the checkpoint was written with {name}={content[name]}, and this training has {name}={fact}")
            stateful = _stateful(run.callbacks)
            here, there = [name for name, _ in stateful], [entry["callback"] for entry in content["callbacks"]]
            if here != there:
                raise ValueError(f"the checkpoint was written with the callbacks {there}, and this training has {here}")
            _check_epochs(content["epochs"])
            changes = run.model.checked_state(content["state"])
            changes += [(run.optimizer, *entry) for entry in run.optimizer.checked_state(content["optimizer"]).items()]
            for (_, callback), entry in zip(stateful, content["callbacks"]):
                changes += [(callback, *change) for change in callback.checked_state(run, entry["state"]).items()]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} is not a whole checkpoint: {type(error).__name__} {error}") from None
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None
        return changes


def _stateful(callbacks: Iterable[Callback]) -> list[tuple[str, Callback]]:
    return [(callback.name if isinstance(callback, Scheduled) else type(callback).__name__, callback)
            for callback in callbacks if type(callback).state is not Callback.state]  # fmt: skip


def _check_epochs(epochs: list[dict[str, float]]) -> None:
    for number, entry in enumerate(epochs, start=1):
        found = {name: checked_number(value, f"{name} of epoch {number}") for name, value in entry.items()}
        if found["epoch"] != number or found.keys() != epochs[0].keys() or not {"loss", "lr"} <= found.keys():
            raise ValueError(f"entry {number} of the epochs does not fit the others")
