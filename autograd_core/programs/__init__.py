"""Programs: a recorded graph as straight-line source in Python, NumPy, C or JavaScript, compiled and run."""
