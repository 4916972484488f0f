"""The tables of runs as Markdown (GitHub's), with every foreign text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.text_tables import Cell, TextTable, text_tables
from sextant.report.markup import clean

# A colon and a dot only where they would make a link of a bare address.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#|~$>&@]|:(?=//)|(?<=www)\.)")


def to_markdown(runs: Sequence[Run]) -> str:
    """Return the tables of some runs as Markdown; the numbers are those of the page.

    Args:
        runs: From ``read_runs`` or ``run_of``.
    """
    return "\n".join(_table(table) for table in text_tables(runs))


def escape_markdown(text: str, limit: int = 200) -> str:
    """Return a text that Markdown shows as it is, on one line and without HTML.

    >>> escape_markdown("a|b *c* <i>")
    'a\\\\|b \\\\*c\\\\* &lt;i\\\\>'
    """
    line = " ".join(clean(text, limit).split())
    return _SPECIAL.sub(r"\\\1", line).replace("<", "&lt;")


def _table(table: TextTable) -> str:
    heads = [_plain(head) for head in table.heads]
    rule = [":--" if i < table.names else "--:" for i in range(len(heads))]
    lines = [f"### {escape_markdown(table.title)}", "", _row(heads), _row(rule)]
    lines += [
        _row([_cell(cell, i < table.names) for i, cell in enumerate(row)]) for row in table.rows
    ]
    if table.note:
        lines += ["", escape_markdown(table.note, 2000)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(cell: Cell, name: bool) -> str:
    text = escape_markdown(cell.text) if name else _plain(cell.text)
    if cell.low:
        text += f" [{cell.low}, {cell.high}]"
    return f"*{text}* (published)" if cell.mark == "published" else text


def _plain(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;")
