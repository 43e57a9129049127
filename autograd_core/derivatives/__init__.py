"""Derivatives of functions: forward mode, JAX's transforms, and checking them against finite differences."""
