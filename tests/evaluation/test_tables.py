"""Tables are read row by row, with the place of every row and clear complaints."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.evaluation import _parquet_rows
from sextant.evaluation.literals import spelled_list, text_list
from sextant.evaluation.tables import Cell, Row, data_files, read_rows

RECORDS = [
    {"id": "1", "question": "What?\n<image>", "image": "aGVsbG8="},
    {"id": "2", "question": 'tab\there "quoted", comma', "image": "d29ybGQ=" * 9},
    {"id": "3", "question": "ünï çode", "image": "eA=="},
]


def write(path: Path, records: list[dict]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(r) for r in records) + "\n", encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(records), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path, row_group_size=2)
    else:
        separator = "\t" if path.suffix == ".tsv" else ","

        def cell(text: str) -> str:
            return '"' + text.replace('"', '""') + '"' if set(text) & set('\n"\t,') else text

        lines = [separator.join(records[0])]
        lines += [separator.join(cell(v) for v in r.values()) for r in records]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


ALL = ("rows.jsonl", "rows.json", "rows.parquet", "rows.tsv", "rows.csv")


@pytest.mark.parametrize("name", ALL)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    rows = list(read_rows(write(tmp_path / name, RECORDS), ("id", "question")))
    assert [dict(row) for row in rows] == RECORDS
    assert all(name in row.where for row in rows)
    assert len({row.where for row in rows}) == 3


@pytest.mark.parametrize("name", ALL)
def test_heavy_columns_stay_in_the_file(tmp_path: Path, name: str) -> None:
    rows = list(read_rows(write(tmp_path / name, RECORDS), heavy=("image",)))
    if name != "rows.json":
        assert all(isinstance(row["image"], Cell) for row in rows)
        read = [row["image"].read() for row in reversed(rows)]
        assert read == [r["image"] for r in reversed(RECORDS)]
    if name in ("rows.tsv", "rows.csv"):
        assert [row["image"].size for row in rows] == [len(r["image"]) for r in RECORDS]


def test_heavy_values_come_in_any_order_and_from_any_row_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"id": k, "image": bytes([k]) * 100} for k in range(100)]
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "x.parquet", row_group_size=40)
    order = [99, 0, 50, 39, 40, 1, 79, 80, 2, *range(100), *range(99, -1, -1)]
    for kept in (1024**3, 1):  # with room for all, and for hardly one
        monkeypatch.setattr(_parquet_rows, "MAX_KEPT_BYTES", kept)
        rows = list(read_rows(tmp_path / "x.parquet", heavy=("image",)))
        assert [rows[k]["image"].read() for k in order] == [bytes([k]) * 100 for k in order]


def test_line_numbers_count_lines_of_the_file(tmp_path: Path) -> None:
    rows = list(read_rows(write(tmp_path / "rows.tsv", RECORDS)))
    # The first row spans lines 2 and 3, because its question has a line break.
    assert [row.where.rsplit(" ", 1)[1] for row in rows] == ["2", "4", "5"]


@pytest.mark.parametrize("name", ALL)
def test_missing_columns_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingInput, match=r"columns are missing: answer, options") as caught:
        list(read_rows(write(tmp_path / name, RECORDS), ("id", "options", "answer")))
    assert "question" in str(caught.value)


def test_bad_lines_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [
        b'{"id": 1}',
        b"{not json",
        b"[1]",
        b"",
        b'{"id": "\xff"}',
        b'{"other": 1}',
        b'{"id": 2}',
    ]
    path.write_bytes(b"\n".join(lines))
    broken: list[Exception] = []
    rows = list(read_rows(path, ("id",), on_broken=broken.append))
    assert [(row["id"], row.number) for row in rows] == [(1, 0), (2, 5)]
    assert [str(e).split("where: ")[1].split("\n")[0][-6:] for e in broken] == [
        f"line {k}" for k in (2, 3, 5, 6)
    ]
    with pytest.raises(CorruptInput, match="line 2"):
        list(read_rows(path, ("id",)))


def test_a_row_with_the_wrong_number_of_cells_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("a\tb\n1\t2\n1\t2\t3\n4\t5\n", encoding="utf-8")
    broken: list[Exception] = []
    assert [row["a"] for row in read_rows(path, on_broken=broken.append)] == ["1", "4"]
    assert "line 3" in str(broken[0])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("rows.parquet", b"PAR1 this is not parquet"),
        ("rows.json", b'{"an": "object"}'),
        ("rows.json", b"[" * 100_000),
        ("rows.jsonl", b"[" * 100_000),
        ("rows.tsv", b""),
        ("rows.tsv", b"a\tb\n\xff\xfe\t1\n"),
        ("rows.xyz", b"whatever"),
    ],
)
def test_files_that_are_not_what_their_name_says(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorruptInput) as caught:
        list(read_rows(path))
    assert name in str(caught.value)


def test_truncated_parquet(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.parquet", RECORDS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorruptInput, match=r"rows\.parquet"):
        list(read_rows(path))


def test_a_file_changed_meanwhile_is_noticed(tmp_path: Path) -> None:
    for name in ("rows.tsv", "rows.jsonl", "rows.parquet"):
        path = write(tmp_path / name, RECORDS)
        rows = list(read_rows(path, heavy=("image",)))
        path.write_bytes(b"x")
        with pytest.raises(CorruptInput):
            rows[2]["image"].read()


def test_files_are_found_by_the_first_pattern_that_matches(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("data/b.parquet", "data/a.parquet", "x.tsv"):
        (tmp_path / name).write_text("")
    found = data_files(tmp_path, ("*.jsonl", "data/*.parquet", "*.tsv"), "Bench")
    assert [path.name for path in found] == ["a.parquet", "b.parquet"]
    assert data_files(tmp_path / "x.tsv", ("*.jsonl",), "Bench") == (tmp_path / "x.tsv",)
    with pytest.raises(MissingInput, match=r"Bench[\s\S]*\*\.jsonl[\s\S]*data, x\.tsv"):
        data_files(tmp_path, ("*.jsonl",), "Bench")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="an empty folder"):
        data_files(tmp_path / "empty", ("*.jsonl",), "Bench")
    with pytest.raises(MissingInput, match="not there"):
        data_files(tmp_path / "nowhere", ("*.jsonl",), "Bench")


def test_fields_say_what_they_must_be() -> None:
    row = Row(
        {"a": "x", "n": 3, "f": 4.0, "e": " ", "l": ["p", 2], "s": "['p', \"q\"]"}, "f: line 1"
    )
    assert row.text("a") == "x"
    assert (row.label("a"), row.label("n"), row.label("f")) == ("x", "3", "4")
    assert row.texts("l") == ("p", "2")
    assert row.texts("s") == ("p", "q")
    assert row.given("a")
    assert not row.given("none")
    assert not Row({"a": float("nan")}, "").given("a")
    for bad in (lambda: row.text("n"), lambda: row.label("l"), lambda: row.texts("a")):
        with pytest.raises(ConventionError, match="f: line 1"):
            bad()
    for bad in (lambda: row.text("none"), lambda: row.label("e"), lambda: row.texts("none")):
        with pytest.raises(MissingInput, match="f: line 1"):
            bad()


@given(st.lists(st.text(max_size=30) | st.integers() | st.none(), max_size=6))
def test_lists_spelled_by_python_or_json_come_back(entries: list[object]) -> None:
    assert spelled_list(repr(entries), "here") == entries
    assert spelled_list(json.dumps(entries), "here") == entries


@pytest.mark.parametrize(
    "text",
    [
        *("", "A. x", "['a'", "['a' 'b']", "[[1]]x", "['a'] or 1", "['a', b]", "3", "{'a': 1}"),
        *("[__import__('os')]", "[" * 5000, "(" * 5000, "['" + "\\" * 9999),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="here"):
        spelled_list(text, "here")


def test_nested_lists_are_no_texts() -> None:
    with pytest.raises(ConventionError):
        text_list("[[1], [2]]", "here")
    assert text_list("['a', 'b',]", "here") == ("a", "b")
