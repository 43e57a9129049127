"""How the benchmarks print: Markdown tables, and whether a target was met."""

from __future__ import annotations

import sys


def print_table(title: str, note: str, header: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n\n{note}\n")
    for cells in (header, ["---"] + ["---:"] * (len(header) - 1), *rows):
        print("| " + " | ".join(cells) + " |")
    sys.stdout.flush()


def met(holds: bool) -> str:
    return "met" if holds else "missed"
