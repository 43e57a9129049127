"""Neurons, layers and networks built out of autograd_core Values."""
