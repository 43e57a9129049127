"""Pages of their own: what is written as HTML for a browser or a printer, without anything from the network."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ..files import path_text, replace_file

if TYPE_CHECKING:
    from pathlib import Path

SHEET = "body { margin: 1.5em; font: 15px/1.5 Arial, sans-serif; background: Canvas; color: CanvasText; color-scheme: light dark; }"


def page(title: str, body: str, style: str = SHEET, kind: str = "") -> str:
    """A page as text; ``kind`` is the class of its body.

    >>> page("steps of L", "<p>L = 1</p>").splitlines()[0]
    '<!doctype html>'
    """
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{html.escape(title)}</title><style>{style}</style>"
    attribute = f' class="{kind}"' if kind else ""
    return whole(f"<!doctype html>\n<html lang=en><head>{head}</head><body{attribute}>\n{body}\n</body></html>\n")


def whole(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which can be in a name, and in no file.

    >>> whole("<p>\\ud800 = 1</p>")
    '<p>? = 1</p>'
    """
    return text.encode(errors="replace").decode()


class Page:
    """A page that Jupyter shows in a frame of its own; ``save`` writes it. ``html`` is its text, with all that it needs.

    >>> Page(page("steps of L", "<p>L = 1</p>"), "page of L")
    <page of L>
    """

    def __init__(self, html: str, description: str) -> None:
        self.html, self.description = html, description

    def save(self, path: str | Path) -> Path:
        """Write the page, ``.html``, which any browser opens without Python or a network. Returns the path."""
        return saved("a page is", path, {".html": self.html})

    def _repr_html_(self) -> str:
        title, text = html.escape(self.description), html.escape(self.html)
        return f'<iframe srcdoc="{text}" style="width: 100%; height: 900px; border: 0" title="{title}"></iframe>'

    def __repr__(self) -> str:
        return f"<{self.description}>"


def saved(what: str, path: str | Path, texts: dict[str, str]) -> Path:
    """Write the text whose ending ``path`` has; ``ValueError`` for another ending. Returns the path."""
    from pathlib import Path

    path = Path(path_text(path))
    ending = path.suffix.lower()
    ending = {".htm": ".html"}.get(ending, ending)
    if ending not in texts:
        raise ValueError(f"{what} saved as {' or '.join(texts)}, not {path.name!r}")
    replace_file(path, texts[ending].encode(errors="replace"))  # a name may hold half a character
    return path
