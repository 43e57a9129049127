"""What ails models that do not learn: diagnoses, and the look into a model that they need."""

from . import diagnosis

__all__ = ["diagnosis"]
