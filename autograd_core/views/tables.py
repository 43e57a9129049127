"""Tables as text and as HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
    """Aligned columns, two spaces apart; ``alignment`` has ``<`` or ``>`` for each."""
    widths = [max(len(row[i]) for row in [headers, *rows]) for i in range(len(headers))]
    lines = ["  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, alignment, widths)).rstrip() for row in [headers, *rows]]
    return "\n".join(lines)


def html_table(headers: Sequence[str], rows: Sequence[Sequence[str]], alignment: str) -> str:
    """The same table in HTML; it takes its colours from the page."""

    def cells(tag: str, row: Sequence[str]) -> str:
        sides = {"<": "left", ">": "right"}
        style = "padding:.15em .8em;white-space:pre"
        return "".join(f'<{tag} style="text-align:{sides[a]};{style}">{html.escape(cell)}</{tag}>' for cell, a in zip(row, alignment))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{cells('th', headers)}</tr></thead><tbody>{body}</tbody></table>"
