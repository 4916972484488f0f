"""The workbook reader against a spreadsheet library, and against workbooks that mean harm."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import MAIN, RELS, letters, write_parts, write_rows

from sextant.errors import CorruptInput, MissingInput
from sextant.evaluation.predictions.cells import MAX_COLUMNS, unescaped
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.predictions.workbook import read_sheet


def read(path):
    notes = Notes()
    return [(n, [cell.text for cell in row]) for n, row in read_sheet(path, notes)]


def sheet(body):
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def test_every_kind_of_cell(tmp_path):
    body = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>in</t><r><t>line</t></r></is></c>'
        '<c r="C2" t="b"><v>1</v></c><c r="D2" t="e"><v>#N/A</v></c><c r="E2"><v>1E3</v></c></row>'
        '<row r="5"><c r="A5" t="str"><f>B&amp;C</f><v>x</v></c><c r="B5" t="s"><v>1</v></c>'
        '<c r="C5" t="s"><v>0</v></c><c r="D5" t="str"><v>plain</v></c></row>'
        '<row r="6"/><row r="7"><c r="B7"/></row>'
    )
    strings = (
        f'<sst xmlns="{MAIN}"><si><t/></si>'
        "<si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r>"
        "<rPh sb='0' eb='1'><t>spoken</t></rPh></si></sst>"
    )
    path = write_parts(tmp_path / "a.xlsx", sheet(body), strings)
    assert read(path) == [
        (2, ["inline", None, "TRUE", "#N/A", "1E3"]),
        (5, ["=B&C", "rich text", None, "plain"]),
        (7, [None, None]),
    ]


def test_places_may_be_left_out_and_tags_may_have_a_prefix(tmp_path):
    body = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c>'
        '<x:c t="str"><x:v>b</x:v></x:c></x:row><x:row><x:c><x:v>2</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    assert read(write_parts(tmp_path / "a.xlsx", body)) == [(1, ["1", "b"]), (2, ["2"])]


def test_the_first_sheet_is_the_one_the_workbook_names_first(tmp_path):
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships"><sheets><sheet name="S" sheetId="9" r:id="rId8"/>'
        '<sheet name="T" sheetId="1" r:id="rId7"/></sheets></workbook>'
    )
    rels = RELS.replace("</Relationships>", '<Relationship Id="rId8" Type="t" '
                        'Target="/xl/worksheets/other.xml"/></Relationships>')  # fmt: skip
    path = write_parts(
        tmp_path / "a.xlsx", sheet('<row><c t="str"><v>no</v></c></row>'),
        **{"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": rels,
           "xl/worksheets/other.xml": sheet('<row><c t="str"><v>yes</v></c></row>')},
    )  # fmt: skip
    notes = Notes()
    assert [row[0].text for _, row in read_sheet(path, notes)] == ["yes"]
    assert notes.counts["unused_sheets"] == 1


@pytest.mark.parametrize(("text", "meant"), [
    ("a_x000D_b", "a\rb"), ("_x005F_x000D_", "_x000D_"), ("_x00e9_", "é"), ("_x12_", "_x12_"),
    ("plain", "plain"), ("__x0041__", "_A_"),
])  # fmt: skip
def test_escapes(text, meant):
    assert unescaped(text) == meant


@given(column=st.integers(0, MAX_COLUMNS - 1))
def test_names_of_columns(column):
    from sextant.evaluation.predictions.cells import SheetParser
    from sextant.evaluation.predictions.texts import TextStore

    assert SheetParser(TextStore(), "")._place(f"{letters(column)}7") == column


CELLS = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    # Characters that XML can hold; openpyxl refuses the others.
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="_\ufffe\uffff"),
            min_size=1, max_size=30).filter(lambda t: not t.startswith("=")),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=5))
def test_what_a_spreadsheet_library_wrote_is_read(tmp_path_factory, rows):
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path_factory.mktemp("x") / "a.xlsx"
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    stored = openpyxl.load_workbook(path, read_only=True).active
    expected = [
        [None if cell is None else str(cell) for cell in row]
        for row in stored.iter_rows(values_only=True)
    ]
    found = dict(read(path))
    width = max(map(len, rows))
    for number, row in enumerate(expected, 1):
        mine = found.get(number, [])
        assert mine + [None] * (width - len(mine)) == row + [None] * (width - len(row))


@pytest.mark.parametrize(("body", "strings", "words"), [
    ('<row><c t="s"><v>3</v></c></row>', None, "not there"),
    ('<row><c t="s"><v>-1</v></c></row>', f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst>',
     "not there"),
    ('<row><c r="ZZZZ1"><v>3</v></c></row>', None, "beyond the last column"),
    ('<row><c r="A1"><v>3</v></row>', None, "well-formed"),
])  # fmt: skip
def test_sheets_that_are_wrong(tmp_path, body, strings, words):
    with pytest.raises(CorruptInput, match=words):
        read(write_parts(tmp_path / "a.xlsx", sheet(body), strings))


def test_entities_are_never_expanded(tmp_path):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(CorruptInput, match="document type"):
        read(write_parts(tmp_path / "a.xlsx", laughs + sheet("<row/>")))
    with pytest.raises(CorruptInput, match="document type"):
        read(write_parts(tmp_path / "b.xlsx", sheet("<row/>"), laughs + f'<sst xmlns="{MAIN}"/>'))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("sextant.evaluation.predictions.workbook.FREE_UNPACKED", 1 << 20)
    path = write_parts(tmp_path / "a.xlsx", sheet("<row/>" + " " * (4 << 20)))
    with pytest.raises(CorruptInput, match="unpacks to far more"):
        read(path)


def test_a_zip_of_something_else_and_a_workbook_without_a_sheet(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
        book.writestr("predictions.json", "{}")
    with pytest.raises(CorruptInput, match=r"no workbook(.|\n)*predictions\.json"):
        read(tmp_path / "a.xlsx")
    path = write_parts(tmp_path / "b.xlsx", sheet(""), **{"xl/_rels/workbook.xml.rels":
                       RELS.replace("sheet1", "sheet2")})  # fmt: skip
    with pytest.raises(CorruptInput, match="no sheet"):
        read(path)
    with pytest.raises(MissingInput):
        read(tmp_path / "c.xlsx")


def test_a_damaged_part_is_named_damaged(tmp_path):
    path = write_rows(tmp_path / "a.xlsx", [["index", "prediction"], ["a", "b" * 5000]])
    data = bytearray(path.read_bytes())
    where = data.index(b"xl/sharedStrings.xml") + 30
    data[where : where + 20] = b"\xff" * 20
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptInput, match=r"damaged|well-formed"):
        read(path)
