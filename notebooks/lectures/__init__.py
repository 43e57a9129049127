"""What single lectures of the course need beside the library: networks built by hand, what they can express, and their pictures.

The notebooks import it from the folder that they stand in: ``from lectures.regions import cube``. Each file is short, and written to
be read; ``cube??`` shows a function in a notebook.
"""
