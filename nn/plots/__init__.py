"""Pictures of data, of networks and of their training, drawn with matplotlib.

Every function draws into ``ax``, or into a new figure without it, and returns the axes; a picture of several panels takes and
returns a list of them. Nothing is saved or shown: a notebook shows the figure by itself, on light and dark pages alike (see
:func:`theme`), and ``ax.figure.savefig(path)`` saves it.
"""

try:
    import matplotlib  # noqa: F401
except ImportError:
    raise ImportError("pictures need matplotlib: python -m pip install matplotlib") from None

from .axes import theme
from .classes import decision_boundary
from .live import Live, live, save_training
from .parts import function_fit, weights_as_images
from .training import activation_histograms, gradient_flow, loss_curves

__all__ = [
    "Live", "activation_histograms", "decision_boundary", "function_fit", "gradient_flow", "live", "loss_curves", "save_training",
    "theme", "weights_as_images",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__
