"""Files in pieces: every record is in one piece, whatever the size of pieces."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from sextant.corpus.importing import pieces as module
from sextant.corpus.importing.json_arrays import find_array
from sextant.corpus.importing.pieces import Raw, kind_of, plan_pieces, records
from sextant.corpus.importing.set_rows import SetFile
from sextant.errors import InputError, MissingInput

TEXTS = [b'{"a": 1}', b"", b'{"a": "[]{},\\"\\\\"}', b"[1, [2]]", b'"text, ]"', b'{"b": {"c": []}}']


def read(root: Path, file: SetFile, size: int, limit: int | None = None) -> list[Raw]:
    shards = plan_pieces(root, [file], limit=limit, size=size)
    return [raw for shard in shards for piece in shard for raw in records(root, piece)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 20, 1000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_lines_are_read_once_whatever_the_size_of_pieces(
    tmp_path: Path, size: int, end: bytes
) -> None:
    data = b"\n".join(TEXTS) + end
    (tmp_path / "x.jsonl").write_bytes(data)
    found = read(tmp_path, SetFile("x.jsonl"), size)
    assert [raw.data for raw in found if raw.data] == [text for text in TEXTS if text]
    assert all(data[raw.offset :].startswith(raw.data or b"") for raw in found)


@pytest.mark.parametrize("size", [1, 2, 5, 9, 17, 1000])
@pytest.mark.parametrize(
    "text", ["[{}]", "[ {} , {} ]\n", "\n[\n{}\n,\n{}\n]\n", "[{}, 7, {}, []]"]
)
def test_items_of_an_array_are_read_once_whatever_the_size_of_pieces(
    tmp_path: Path, size: int, text: str
) -> None:
    for item in ('{"a": "x,]}[{\\""}', '{"a": {"b": [1, {"c": "\\\\"}]}}', '"s"'):
        data = text.replace("{}", item)
        (tmp_path / "x.json").write_text(data)
        assert kind_of(tmp_path / "x.json") == "array"
        found = read(tmp_path, SetFile("x.json", "array"), size)
        assert [json.loads(raw.data or b"") for raw in found] == json.loads(data)


@pytest.mark.parametrize("size", [1, 2, 5, 9, 17, 1000])
@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_an_array_inside_an_object_is_read_whatever_the_size_of_pieces(
    tmp_path: Path, size: int, space: str
) -> None:
    items = [{"q": 'x,]}[{"'}, 7, {"items": [1, {"c": "\\"}]}, []]
    whole = {"info": {"items": [9]}, "x": "items", "items": items, "after": [1, {"a": [2]}]}
    data = json.dumps(whole, separators=(f",{space}", f":{space}"))
    (tmp_path / "x.json").write_text(data)
    place = find_array(tmp_path / "x.json", "items")
    assert place is not None
    assert data[place] == "["
    found = read(tmp_path, SetFile("x.json", "array", start=place), size)
    assert [json.loads(raw.data or b"") for raw in found] == items
    limited = read(tmp_path, SetFile("x.json", "array", start=place), size, limit=2)
    assert [json.loads(raw.data or b"") for raw in limited] == items[:2]


@pytest.mark.parametrize("text", ['{"items": {}}', '{"x": 1}', "[]", "", "{", '{"a": "items"}'])
def test_an_array_that_is_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert find_array(tmp_path / "x.json", "items") is None


@pytest.mark.parametrize("size", [1, 2, 5, 9, 17, 1000])
@pytest.mark.parametrize("indent", [None, 2])
def test_members_of_an_object_are_read_whatever_the_size_of_pieces(
    tmp_path: Path, size: int, indent: int | None
) -> None:
    whole = {"1": {"q": 'x,]}[{"'}, 'b"}': [1, {"c": {}}], "": None, "d": {}}
    for value in (whole, {}):
        (tmp_path / "x.json").write_text(json.dumps(value, indent=indent))
        found = read(tmp_path, SetFile("x.json", "members"), size)
        assert [json.loads(raw.data or b"") for raw in found] == [{k: v} for k, v in value.items()]


def test_numbers_run_within_a_piece(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"1\n2\n\n4\n")
    assert [(r.number, r.data) for r in read(tmp_path, SetFile("x.jsonl"), 1000)] == [
        (0, b"1"), (1, b"2"), (2, b""), (3, b"4"),
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9])
def test_a_limit_takes_the_first_records(tmp_path: Path, limit: int) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"1\n22\n333\n4444")
    (tmp_path / "x.json").write_bytes(b"[1, 22, 333, 4444]")
    for file in (SetFile("x.jsonl"), SetFile("x.json", "array")):
        for size in (1, 3, 100):
            found = [raw.data for raw in read(tmp_path, file, size, limit)]
            assert found == [b"1", b"22", b"333", b"4444"][:limit]


def test_small_files_share_a_shard_and_large_ones_are_cut(tmp_path: Path) -> None:
    files = []
    for k, lines in enumerate((1, 1, 1, 40, 1)):
        (tmp_path / f"{k}.jsonl").write_bytes(b"0123456789\n" * lines)
        files.append(SetFile(f"{k}.jsonl"))
    shards = plan_pieces(tmp_path, files, size=110)
    assert [sum(p.stop - p.start for p in shard) for shard in shards] == [
        33,
        110,
        110,
        110,
        110,
        11,
    ]
    found = [r for shard in shards for piece in shard for r in records(tmp_path, piece)]
    assert len(found) == 44


def test_a_long_line_costs_no_memory_and_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RECORD", 2**20)
    with (tmp_path / "x.jsonl").open("wb") as file:
        file.write(b"1\n")
        file.seek(200 * 2**20)  # a hole of zeros: 200 MB in one line, no disk
        file.write(b"\n3\n")
    tracemalloc.start()
    found = read(tmp_path, SetFile("x.jsonl"), 4 * 2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(raw.offset, raw.data) for raw in found] == [
        (0, b"1"), (2, None), (200 * 2**20 + 1, b"3"),
    ]  # fmt: skip
    assert peak < 24 * 2**20


def test_a_long_item_of_an_array_costs_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_RECORD", 2**20)
    (tmp_path / "x.json").write_bytes(b'[1, "' + b"x" * (8 * 2**20) + b'", 3]')
    found = read(tmp_path, SetFile("x.json", "array"), 2**20)
    assert [raw.data for raw in found] == [b"1", None, b"3"]


@pytest.mark.parametrize(
    "data", [b"[", b"[]", b"[[[[", b"]]]]", b'["', b"[1,,2]", b"[}{]", b"\xff[1"]
)
def test_what_only_looks_like_an_array_does_no_harm(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.json").write_bytes(data)
    for size in (1, 100):
        assert len(read(tmp_path, SetFile("x.json", "array"), size)) <= 3


def test_packed_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(InputError, match="packed"):
        kind_of(tmp_path / "x.jsonl")
    with pytest.raises(MissingInput):
        plan_pieces(tmp_path, [SetFile("y.jsonl")])
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(MissingInput):
        plan_pieces(tmp_path, [SetFile("folder.jsonl")])
    (tmp_path / "empty.jsonl").touch()
    assert plan_pieces(tmp_path, [SetFile("empty.jsonl")]) == []


def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"\xef\xbb\xbf1\n2\n")
    assert [raw.data for raw in read(tmp_path, SetFile("x.jsonl"), 100)] == [b"1", b"2"]
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf[1]")
    assert kind_of(tmp_path / "x.json") == "array"
    assert [raw.data for raw in read(tmp_path, SetFile("x.json", "array"), 100)] == [b"1"]
