"""The table as which results are printed: as text, and in HTML where a notebook shows it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from .choices import require_list

_SIDES = {"<": "left", ">": "right"}
_LONG = 48  # characters of a cell
_SHOWN = 80  # rows of a table that is shown by itself; half of them from its end


class Table:
    """Headers and rows, as aligned text and as HTML.

    Cells are shown as ``str`` shows them. A long table that shows itself leaves rows out; ``str`` and ``to_html`` have them all.
    ``alignment`` has ``<`` (left) or ``>`` (right) for each column; left out, columns of numbers stand on the right.
    ``title`` stands above, ``note`` below. A row of another length than the headers is a ``ValueError``.

    >>> Table(["node", "value"], [["x", 3], ["y", 0.25]], title="Forward pass")
    Forward pass
    node  value
    x         3
    y      0.25
    """

    def __init__(
        self, headers: Sequence[str], rows: Iterable[Sequence[Any]], alignment: str = "", title: str = "", note: str = ""
    ) -> None:
        headers = require_list("headers is", headers, "Table(['node', 'value'], [['x', 3.0]])")
        rows = [require_list("a row is", row, "['x', 3.0]") for row in require_list("rows is", rows, "[['x', 3.0]]")]
        for row in rows:
            if len(row) != len(headers):
                raise ValueError(f"a row has a cell for each of the {len(headers)} headers {list(headers)}, not {len(row)}: {row!r}")
        if not alignment:
            alignment = "".join(">" if rows and all(isinstance(row[i], int | float) for row in rows) else "<" for i in range(len(headers)))
        if len(alignment) != len(headers) or not set(alignment) <= set(_SIDES):
            raise ValueError(f"alignment has '<' or '>' for each of the {len(headers)} headers, not {alignment!r}")
        self.headers = [str(cell) for cell in headers]
        self.rows = [[str(cell) for cell in row] for row in rows]
        self.alignment = alignment
        self.title, self.note = title, note

    def __str__(self) -> str:
        lines = [self.headers, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        texts = ("  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, self.alignment, widths)).rstrip() for line in lines)
        return "\n".join([*filter(None, [self.title]), *texts, *filter(None, [self.note])])

    def __repr__(self) -> str:  # so that a notebook without HTML and the shell show it, too
        return str(self._cut())

    def _cut(self) -> Table:
        """The first and the last rows of a long table, and between them how many are left out."""
        left_out = len(self.rows) - _SHOWN
        if left_out <= 1:
            return self
        gap = [f"... {left_out:,} rows are left out ...", *[""] * (len(self.headers) - 1)]
        rows = [*self.rows[: _SHOWN // 2], gap, *self.rows[-_SHOWN // 2 :]]
        return Table(self.headers, rows, self.alignment, self.title, self.note)

    def _repr_html_(self) -> str:
        return self._cut().to_html()

    def to_html(self) -> str:
        """All rows in HTML; they take their colours from the page.

        >>> Table(["x"], [[1]]).to_html().count("<td")
        1
        """
        title = f"<h4>{html.escape(self.title)}</h4>" if self.title else ""
        body = "".join(f"<tr>{self._cells('td', row)}</tr>" for row in self.rows)
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"{title}<table><thead><tr>{self._cells('th', self.headers)}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _cells(self, tag: str, row: list[str]) -> str:
        style = "padding:.15em .8em;white-space:pre"
        return "".join(  # a long text is broken where the page ends, and not cut
            f'<{tag} style="text-align:{_SIDES[side]};{style}{"-wrap" * (len(cell) > _LONG)}">{html.escape(cell)}</{tag}>'
            for cell, side in zip(row, self.alignment)
        )
