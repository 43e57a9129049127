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
from .classes import decision_boundary, hidden_space
from .differentiation import cost_ratio, finite_difference_error
from .learning import LearningAnimation, save_training, training_animation
from .live import Live, live
from .parts import activations, function_fit, regions, weights_as_images
from .spaces import cube, loss_surface, loss_surfaces, surface
from .training import activation_histograms, gradient_flow, loss_curves

__all__ = [
    "LearningAnimation", "Live", "activation_histograms", "activations", "cost_ratio", "cube", "decision_boundary",
    "finite_difference_error", "function_fit", "gradient_flow", "hidden_space", "live", "loss_curves", "loss_surface", "loss_surfaces",
    "regions", "save_training", "surface", "theme", "training_animation", "weights_as_images",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__
