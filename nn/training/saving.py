"""States of models and of trainings in JSON files, which are checked as a whole before anything is taken over, and replaced in one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograd_core import read_json, require_place, write_json

from ..arguments import fitting
from .callbacks import Callback, Run
from .model import Changes, Model, assign

STATE, CHECKPOINT = ("nn state", 3), ("nn checkpoint", 3)  # kinds of files, and their versions


def save_state(module: Model, path: str | Path) -> None:
    """Write the state into a JSON file, exact to the bit. The file is replaced in one step, so it is never half-written."""
    write_json(path, STATE, {"module": type(module).__name__, "state": module.state_dict()})


def load_state(module: Model, path: str | Path) -> None:
    """Take over the state that ``save`` wrote; ``ValueError``, and no change, if the file is damaged, of another kind, or does not fit."""
    content = read_json(path, STATE)
    try:
        changes = module.checked_state(content.get("state"))
    except ValueError as error:
        raise ValueError(f"{path}, which was saved from {content.get('module')}: {error}") from None
    assign(changes)


class Checkpoint(Callback):
    """Write everything that going on needs into a file after every epoch, replaced in one step. With ``resume=True`` a training
    goes on from the file, if it is there, to the numbers of one that was not interrupted."""

    last = True

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path, self.resume = Path(path), resume

    def read(self) -> dict[str, Any] | None:
        """What the file holds, if training is to go on from it; ``OSError`` if it could not be written later."""
        require_place(self.path)
        content = read_json(self.path, CHECKPOINT) if self.resume and self.path.exists() else None
        if content is not None and not (type(content.get("seed")) is int and isinstance(content.get("epochs"), list) and content["epochs"]):
            raise ValueError(f"{self.path} has no seed or no epochs: it is not a whole checkpoint")
        return content

    def epoch(self, run: Run) -> None:
        stateful = [callback for callback in run.callbacks if callback.remembered]
        write_json(self.path, CHECKPOINT, {
            **run.facts, "epochs": run.history.epochs, "state": run.model.state_dict(), "optimizer": run.optimizer.state_dict(),
            "callbacks": [type(callback).__name__ for callback in stateful], "remembered": [callback.state() for callback in stateful],
        })  # fmt: skip

    def changes(self, run: Run, content: dict[str, Any]) -> Changes:
        """What going on from the file changes in model, optimizer and callbacks; ``ValueError`` if something in it does not fit."""
        stateful = [callback for callback in run.callbacks if callback.remembered]
        try:
            here = run.facts | {"callbacks": [type(callback).__name__ for callback in stateful]}
            fitting(content, dict.fromkeys([*here, "epochs", "state", "optimizer", "remembered"]), "the checkpoint")
            for name, fact in here.items():
                if content[name] != fact:
                    raise ValueError(f"the checkpoint was written with {name}={content[name]}, and this training has {name}={fact}")
            epochs = content["epochs"]
            like = {"epoch": 0, "loss": 0.0, "lr": 0.0} | dict.fromkeys(epochs[0] if isinstance(epochs[0], dict) else {}, 0.0)
            for number, entry in enumerate(epochs, start=1):
                if fitting(entry, like, f"epoch {number}")["epoch"] != number:
                    raise ValueError(f"the epoch in place {number} is called {entry['epoch']}")
            changes = run.model.checked_state(content["state"])
            changes += [(run.optimizer, *entry) for entry in run.optimizer.checked_state(content["optimizer"]).items()]
            for callback, state in zip(stateful, fitting(content["remembered"], [None] * len(stateful), "what callbacks remember")):
                changes += [(callback, *entry) for entry in callback.checked_state(run, state).items()]
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None
        return changes
