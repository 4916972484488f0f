"""Workbooks written by hand, part by part, so that each can be broken in one place."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="rId7"/></sheets></workbook>'
)
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId7" Type="t" Target="worksheets/sheet1.xml"/></Relationships>'
)


def letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def write_parts(path: Path, sheet: str, strings: str | None = None, **more: str) -> Path:
    """Write a workbook from the XML of its sheet and its shared strings."""
    parts = {"xl/workbook.xml": WORKBOOK, "xl/_rels/workbook.xml.rels": RELS,
             "xl/worksheets/sheet1.xml": sheet}  # fmt: skip
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    parts |= more
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, text)
    return path


def write_rows(path: Path, rows: list[list[object]]) -> Path:
    """Write a table: texts as shared strings, numbers as numbers, None as no cell at all."""
    strings: list[str] = []
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for column, value in enumerate(row):
            place = f"{letters(column)}{number}"
            if isinstance(value, str):
                cells.append(f'<c r="{place}" t="s"><v>{len(strings)}</v></c>')
                strings.append(value)
            elif value is not None:
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    texts = "".join(f'<si><t xml:space="preserve">{escape(s)}</t></si>' for s in strings)
    return write_parts(path, sheet, f'<sst xmlns="{MAIN}">{texts}</sst>')
