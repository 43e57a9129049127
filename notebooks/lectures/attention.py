"""Where a transformer looks: the shares of attention as a table of blues."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nn.plots.axes import INK, Axes, one_panel


def attention_map(shares: Sequence[Sequence[float]], text: str, title: str, ax: Any = None) -> Axes:
    """How much each place of a text (a row) looks at itself and at the places before it (columns): the darker, the more.

    >>> [text.get_text() for text in attention_map([[1.0], [0.25, 0.75]], "ab", "before").texts]
    ['1.00', '.25', '.75']
    """
    size = len(text)
    ax = one_panel(ax, title, "looks at", "place", (4.8, 4.7))
    ax.imshow([[*row, *[math.nan] * (size - len(row))] for row in shares], cmap="Blues", vmin=0, vmax=1)
    for place, row in enumerate(shares):
        for seen, share in enumerate(row):
            style: Any = {"ha": "center", "va": "center", "fontsize": 7, "color": "white" if share > 0.6 else INK}
            ax.text(seen, place, f"{share:.2f}".lstrip("0"), **style)
    ax.set(xticks=range(size), yticks=range(size), xticklabels=text, yticklabels=text)
    return ax
