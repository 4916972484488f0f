from __future__ import annotations

import json
from pathlib import Path

import pytest

from sextant.errors import CorruptInput
from sextant.samples.export import read_sharegpt


def test_rows_are_read_in_order(tmp_path: Path) -> None:
    turns = [{"from": "human", "value": "<image>a\u2028b\x85?"}, {"from": "gpt", "value": "x"}]
    rows = [{"id": i, "image": ["a.png"], "conversations": turns} for i in range(3)]
    rows[1]["sextant"] = {"id": "f"}
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    assert list(read_sharegpt(path)) == rows


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": 0, "image": [], "conversations": []}',
        '{"id": "0", "image": [], "conversations": [{}, {}]}',
        '{"id": 0, "image": "a.png", "conversations": [{}, {}]}',
        '{"id": 0, "image": [], "conversations": [{"from": "gpt", "value": "x"}, {}]}',
        '{"id": 0, "image": [], "conversations": [{"from": "human", "value": "<image>"},'
        ' {"from": "gpt", "value": "x"}]}',
        '{"id": 0, "image": ["../x"], "conversations": [{"from": "human", "value": "<image>"},'
        ' {"from": "gpt", "value": "x"}]}',
        "\udcff",
    ],
)
def test_a_broken_row_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(line + "\n", encoding="utf-8", errors="surrogateescape")
    with pytest.raises(CorruptInput, match=r"x\.jsonl"):
        list(read_sharegpt(path))
