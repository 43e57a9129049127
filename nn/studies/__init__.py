"""What networks can do and what ails them: gates built by hand, capacity counted, diagnoses of models that do not learn."""

from . import capacity, diagnosis, gates

__all__ = ["capacity", "diagnosis", "gates"]
