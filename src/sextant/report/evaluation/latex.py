r"""The tables of runs as LaTeX (booktabs), intervals as subscripts, every foreign text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sextant.report.evaluation.figures import MINUS
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.text_tables import Cell, TextTable, text_tables
from sextant.report.markup import clean

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "^": r"\textasciicircum{}", "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "×": r"$\times$", "–": "--", "…": r"\ldots{}", "\u2019": "'", "\u00a0": "~", MINUS: "$-$",
}  # fmt: skip

DAGGER = r" $^\dagger$~As published."

_HEAD = """% Written by Sextant. Needs \\usepackage[T1]{fontenc} and \\usepackage{booktabs}.
"""


def to_latex(runs: Sequence[Run]) -> str:
    """Return the tables of some runs as LaTeX; the numbers are those of the page.

    Args:
        runs: From ``read_runs`` or ``run_of``.
    """
    return _HEAD + "\n".join(_table(table) for table in text_tables(runs))


def escape_latex(text: str, limit: int = 200) -> str:
    r"""Return a text that LaTeX sets as it is, on one line; what pdfLaTeX cannot set becomes "?".

    >>> escape_latex("50 % of a_b & \\input{x}")
    '50 \\% of a\\_b \\& \\textbackslash{}input\\{x\\}'
    """
    line = " ".join(clean(text, limit).split(" "))
    line = re.sub(r"[\n\t\r]+", " ", line)
    return "".join(_character(c) for c in line)


def _character(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    # Latin letters are in every T1 font; anything else may have no glyph and stop the run.
    return c if c.isascii() or "\u00c0" <= c <= "\u017e" else "?"


def _table(table: TextTable) -> str:
    columns = "l" * table.names + "r" * (len(table.heads) - table.names)
    published = any(cell.mark for row in table.rows for cell in row)
    caption = [f"{table.title}.", table.note] if table.note else [f"{table.title}."]
    lines = [
        r"\begin{table}[t]",
        r"\centering\small",
        rf"\caption{{{escape_latex(' '.join(caption), 2000)}{DAGGER if published else ''}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row([escape_latex(head) for head in table.heads]),
        r"\midrule",
        *(_row([_cell(cell) for cell in row]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: Cell) -> str:
    text = escape_latex(cell.text)
    if cell.low:
        ends = rf"{_number(cell.low)},\,{_number(cell.high)}"
        return rf"${_number(cell.text)}_{{[{ends}]}}$"
    return rf"\textit{{{text}}}$^\dagger$" if cell.mark == "published" else text


def _number(text: str) -> str:
    """Return a number for math mode; it was written here, yet nothing else may pass."""
    plain = text.replace(MINUS, "-")
    return plain if re.fullmatch(r"[+-]?[0-9.,]+", plain) else rf"\mbox{{{escape_latex(text)}}}"
