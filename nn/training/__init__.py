"""Training: what it needs of a model, the loop and its callbacks, how a model is run over many samples, history and files."""
