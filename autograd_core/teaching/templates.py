"""The files that pages are made of, and pages that are filled into one of them."""

from __future__ import annotations

import re
from importlib import resources


def asset(name: str) -> str:
    """The text of a file in ``assets``."""
    return resources.files("autograd_core.teaching").joinpath("assets", *name.split("/")).read_text("utf-8")


def filled(name: str, **texts: str) -> str:
    """The file with a text in each place such as ``{{title}}``; what stands in a text is no place."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: texts[place[1]], asset(name))
