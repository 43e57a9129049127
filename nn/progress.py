"""The progress bar of a training."""

from __future__ import annotations

from typing import Any


class ProgressBar:
    """A bar of tqdm with the figures of the last epoch; nothing without tqdm."""

    def __init__(self, epochs: int, done: int, wanted: bool) -> None:
        self.bar: Any = None
        if not wanted:
            return
        try:
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # in a notebook without widgets it falls back to text, and warns
                from tqdm.auto import tqdm

                self.bar = tqdm(total=epochs, initial=done, unit="epoch")
        except ImportError:
            pass

    def show(self, entry: dict[str, float]) -> None:
        """One epoch further, with its figures."""
        if self.bar is not None:
            hidden = ("epoch", "seconds", "grad_norm", "lr")
            self.bar.set_postfix({name: f"{value:.4g}" for name, value in entry.items() if name not in hidden}, refresh=False)
            self.bar.update()

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
