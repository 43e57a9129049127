"""What happened while a model was trained."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """One entry an epoch, each a dictionary with ``epoch``, ``loss``, ``lr``, ``grad_norm``, ``seconds``, and, where asked for,
    ``val_loss`` and the metrics (``accuracy``, ``val_accuracy``).

    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"]
    [0.5, 0.25]
    >>> print(history)
    2 epochs, finished; last: loss 0.25
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "finished"
    """Why training ended: ``"finished"``, ``"early stopping"``, ``"interrupted"`` or ``"callback"``."""
    best_epoch: int | None = None
    """The epoch with the smallest validation loss, or training loss without validation."""

    def __getitem__(self, name: str) -> list[float]:
        """The figure ``name`` of every epoch; ``KeyError`` with the names there are."""
        if self.epochs and name not in self.epochs[-1]:
            raise KeyError(f"{name!r} was not recorded: there are {', '.join(self.epochs[-1])}")
        return [entry[name] for entry in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __str__(self) -> str:
        last = self.epochs[-1] if self.epochs else {}
        figures = ", ".join(f"{name} {value:.4g}" for name, value in last.items() if name not in ("epoch", "lr", "grad_norm", "seconds"))
        best = f" (best: epoch {self.best_epoch})" if self.best_epoch not in (None, len(self.epochs)) else ""
        return f"{len(self.epochs)} epochs, {self.stopped}{best}; last: {figures}"
