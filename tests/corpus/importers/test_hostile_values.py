"""Every field of every set's record, replaced by what does not belong there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from laid_out import RECORDS
from set_files import embedded, picture, talk
from set_records import (
    aerial,
    annotation,
    clevr,
    gqa,
    multispa,
    problem,
    sat,
    triple,
    vlm,
    vsr,
    written,
)

from sextant.corpus.importers import importer_names, importer_of
from sextant.corpus.importing.pictures import refuse_changes
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.corpus.importing.tables import Place, rows_table
from sextant.samples.columns import table_problems

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**70, 0.5, float("nan"), float("inf"), "", " ", "x", "<image>",
    "../../etc/passwd", "/etc/passwd", "a\0b", "\ud800", "x" * 100_000, b"\x89PNG", [], [None],
    [[]], ["x"], [0, 1], ["x"] * 700, {}, {"a": {"b": [1]}}, [{"from": 1, "value": 2}],
    {"bytes": 7, "path": 7},
]  # fmt: skip

TALK = {"id": 1, "conversations": talk("<image>\nWhat?", "this")}


def base(name: str, root: Path) -> tuple[dict[str, Any], SetFile]:
    """A sound record of a set."""
    questions = {"questions": [{"question_id": 9000, "question": "What?"}]}
    asked = written(root / "questions.json", questions)
    array = SetFile("x.json", "array")
    grid = {"img_idx": 7, "question": ["what"], "answer": "dog", "task": "counting"}
    held = [{"bytes": embedded(), "path": "a.png"}] * 2
    two = talk("<image><image>Which?", "this")
    records: dict[str, tuple[dict[str, Any], SetFile]] = {
        "vqa_v2": (annotation(9000, "x", "other"),
                   array._replace(task="train2014", beside=str(asked))),
        "gqa": ({"1": gqa()}, array), "vsr": (vsr(), array),
        "clevr": (clevr("count", "3"), array._replace(task="train")),
        "iconqa": ({"1": problem("choose_img", 0, ["a.png", "b.png"])}, array),
        "spec": ({"query": "a.png", "keys": ["a", "b"], "label": 0},
                 SetFile("count/image2text.json", task="count")),
        "sat": (sat(), array), "vica": ({"video": "a/b.mp4", **TALK}, array),
        "vlm_3r": (vlm(), array), "multispa": (multispa(), array), "open3d_vqa": (aerial(), array),
        "openspatial_3m": ({"type": "t", "data_source": "s", "images": held, "meta_info": "{}",
                            "conversations": two}, array),
        "messytable_si": ({"images": ["a-01.jpg", "b.jpg"], "conversations": two}, array),
        "grid_3d": (grid, array._replace(beside=str(grid_folder(root, grid)))),
        "rel3d": (triple(), array),
        "hf_parquet": ({"id": 1, "images": held, "conversations": two}, array),
        "vsi_590k": ({"image": "a/b.jpg", "question_type": "appearance_order", **TALK}, array),
        "mindcube": ({"id": "around_1", "question": "Which? A. x B. y", "images": ["a/b.jpg"],
                      "gt_answer": "A", "category": []}, array),
        "spar_7m": ({"image": ["a/b.jpg"], "type": "obj_count", "red_point": [[1, 2]], **TALK},
                    array),
    }  # fmt: skip
    if name.startswith("sextant_"):
        return RECORDS[name], SetFile("train-000000.tar", "tar")
    return records.get(name, ({"image": ["a/b.jpg"], **TALK}, array))


def grid_folder(root: Path, record: dict[str, Any]) -> Path:
    written(root / "grid" / "questions.json", [record])
    picture(root / "grid" / "7.png")
    return root / "grid"


def changed(record: dict[str, Any], depth: int = 2) -> Iterator[dict[str, Any]]:
    for key, value in record.items():
        yield {k: v for k, v in record.items() if k != key}
        for other in VALUES:
            yield {**record, key: other}
        if isinstance(value, dict) and depth:
            for inner in changed(value, depth - 1):
                yield {**record, key: inner}
        if isinstance(value, list) and value and depth:
            for other in VALUES:
                yield {**record, key: [*value[:-1], other]}
            if isinstance(value[0], dict):
                for inner in changed(value[0], 0):
                    yield {**record, key: [inner, *value[1:]]}


def shown(row: SetRow) -> SetRow:
    """A row as it is when its pictures are there."""
    try:
        refuse_changes(row)
    except BrokenRow:
        return row._replace(pictures=(), video="", marks=(), images=row.images or ["a.jpg"])
    return row


@pytest.mark.parametrize("name", importer_names())
def test_a_record_is_a_sound_row_or_broken_and_nothing_else(name: str, tmp_path: Path) -> None:
    found = importer_of(name)
    record, file = base(name, tmp_path)
    rows, broken = [shown(found.row(record, file))], 0
    for hostile in [*changed(record), {}, {"x": 1}]:
        try:
            rows.append(shown(found.row(hostile, file)))
        except BrokenRow:
            broken += 1
    places = [Place("x", k, k) for k in range(len(rows))]
    made = rows_table(found, rows, places, "0", external=name)
    assert 0 not in {place.offset for place, _, _ in made.broken}
    assert not list(table_problems(made.table))
    assert broken > 10
    for paths in made.table["images"].to_pylist():
        assert all(path.startswith(f"external/{name}/") and ".." not in path for path in paths)
