"""What happened while a model was trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SILENT = ("epoch", "lr", "grad_norm", "seconds")  # recorded, but not shown in one line


@dataclass(repr=False)
class History:
    """An entry an epoch, with ``epoch``, ``loss``, ``lr``, ``grad_norm``, ``seconds`` and, where asked for, ``val_loss`` and the metrics.
    ``stopped`` says why training ended: ``"finished"``, ``"early stopping"``, ``"callback"``, ``"interrupted"``, ``"failed"`` (an error).

    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], history.best_epoch
    ([0.5, 0.25], 2)
    >>> print(history)
    2 epochs, finished; last: loss 0.25
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    stopped: str = "finished"

    def watched(self, name: str | None = None) -> list[float]:
        """The figure ``name`` of every epoch; without a name the validation loss, or the loss if there is none."""
        return self[name] if name else [entry.get("val_loss", entry["loss"]) for entry in self.epochs]

    @property
    def best_epoch(self) -> int | None:
        """The first epoch with the smallest validation loss, or training loss without validation."""
        losses = self.watched()
        return losses.index(min(losses, key=lambda loss: (math.isnan(loss), loss))) + 1 if losses else None

    def __getitem__(self, name: str) -> list[float]:
        """The figure ``name`` of every epoch; ``KeyError`` with the names there are."""
        if self.epochs and name not in self.epochs[-1]:
            raise KeyError(f"{name!r} was not recorded: there are {', '.join(self.epochs[-1])}")
        return [entry[name] for entry in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        best = f" (best: epoch {self.best_epoch})" if self.best_epoch not in (None, len(self.epochs)) else ""
        return f"{len(self.epochs)} epochs, {self.stopped}{best}; last: {shown(self.epochs[-1]) if self.epochs else ''}"

    def _repr_html_(self) -> str:
        """The same sentence over the curve of the loss; that of the validation loss is dashed."""
        curves = [self[name] for name in ("loss", "val_loss") if self.epochs and name in self.epochs[-1]]
        finite = [y for curve in curves for y in curve if math.isfinite(y)] or [0.0]
        low, high, last = min(finite), max(finite), max(len(self) - 1, 1)
        text, lines = str(self).replace("<", "&lt;"), ""
        for curve, dashes in zip(curves, ("", "6 4")):
            at = (f"{400 * i / last:.1f},{85 - 80 * (y - low) / (high - low or 1.0):.1f}" for i, y in enumerate(curve) if math.isfinite(y))
            lines += f'<polyline points="{" ".join(at)}" fill="none" stroke="#0072b2" stroke-width="2" stroke-dasharray="{dashes}"/>'
        return f'<p>{text}</p><svg width="400" height="90" role="img" aria-label="loss from {high:.4g} to {low:.4g}">{lines}</svg>'


def shown(entry: dict[str, float]) -> str:
    """The figures of an epoch in one line, such as ``loss 0.5, accuracy 1``."""
    return ", ".join(f"{name} {value:.4g}" for name, value in entry.items() if name not in SILENT)
