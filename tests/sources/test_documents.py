"""Text documents: what their numbers and texts may be, and how they are shown."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from sextant.errors import CorruptInput, MissingInput
from sextant.sources.documents import parse_json, read_gzip, shown, stamp


def test_whole_numbers_beyond_64_bits_are_floats() -> None:
    long = 10**400
    text = f"[{2**63 - 1}, {-(2**63)}, {2**63}, {long}, -{long}, 0.12345678901234567890123]"
    most, least, more, *endless, part = parse_json(text, "here")
    assert (most, least) == (2**63 - 1, -(2**63))
    assert isinstance(more, float)
    assert endless == [math.inf, -math.inf]
    assert part == 0.12345678901234567890123
    with pytest.raises(CorruptInput, match="not valid JSON"):
        parse_json("9" * 5000, "here")  # Python itself reads no more than 4,300 digits


def test_half_a_character_is_refused_and_a_whole_one_is_not() -> None:
    assert parse_json('{"\\ud83d\\ude00": "\\\\ud800"}', "here") == {"\U0001f600": "\\ud800"}
    for text in ('"\\ud800"', '{"\\uDFFF": 1}', '[["a\\uD83Db"]]'):
        with pytest.raises(CorruptInput, match="not valid JSON"):
            parse_json(text, "here")


def test_documents_that_are_too_deep_are_refused_and_deep_ones_are_shown() -> None:
    with pytest.raises(CorruptInput, match="not valid JSON"):
        parse_json("[" * 100_000 + "]" * 100_000, "here")
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert shown(deep).startswith("[[[")
    assert len(shown("x" * 10**6)) <= 80
    assert len(shown(list(range(10**6)), 20)) <= 20


def test_what_unpacks_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    data = bytes(range(256)) * 20_000
    path.write_bytes(gzip.compress(data))
    assert read_gzip(path, len(data)) == data
    with pytest.raises(CorruptInput, match="beyond reason"):
        read_gzip(path, len(data) - 1)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorruptInput, match="unpacked"):
        read_gzip(path, len(data))
    with pytest.raises(MissingInput):
        read_gzip(tmp_path, 1)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(1000)))
    tracemalloc.start()
    try:
        read_gzip(path, 4 * 1024**3)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_file_that_went_away_is_missing(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    for name in ("round", "nothing"):
        with pytest.raises(MissingInput):
            stamp(tmp_path / name)
    (tmp_path / "a").write_text("abc")
    assert stamp(tmp_path / "a")[0] == 3
