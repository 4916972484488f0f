"""The published tables: complete, marked, and equal to the notes they were taken from."""

from __future__ import annotations

import copy
import json
import os
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sextant.errors import CorruptInput
from sextant.evaluation.published import (
    MAIN_TABLE,
    PublishedRow,
    parse_published,
    published_benchmarks,
    published_notes,
    published_rows,
    trust_marks,
)

COLUMNS = (
    "vsi_bench", "mmsi_bench", "mindcube_tiny", "viewspatial", "site_bench", "blink",
    "threedsrbench", "embspatial",
)  # fmt: skip


def document() -> Any:
    text = resources.files("sextant.evaluation").joinpath("published.json").read_text("utf-8")
    return json.loads(text)


def find(benchmark: str, table: str, model: str, setting: str = "") -> PublishedRow:
    rows = [r for r in published_rows(benchmark, table) if (r.model, r.setting) == (model, setting)]
    assert len(rows) == 1
    return rows[0]


def test_rows_are_found_by_benchmark_and_table() -> None:
    row = find("vsi_bench", MAIN_TABLE, "SN-SI-1.1-InternVL3-8B")
    assert (row.percent, row.trust, row.note) == (68.8, "R", "the paper's model")
    assert row.score == pytest.approx(0.688)
    assert find("vsi_bench_debiased", "frames", "SN-SI InternVL3-8B", "128 frames").percent == 59.7
    tables = {row.table for row in published_rows("mindcube_tiny")}
    assert tables == {MAIN_TABLE, "scaling", "shortcuts"}
    assert published_rows("no_such_benchmark") == ()


def test_a_missing_score_is_no_row() -> None:
    assert not [r for r in published_rows("blink") if r.model == "SN-SI-1.1-InternVL3-2B"]


def test_every_row_has_a_mark_that_is_explained() -> None:
    for name in published_benchmarks():
        for row in published_rows(name):
            assert row.trust in trust_marks()
            assert row.source
            assert row.protocol
    assert set(published_notes()) <= {t["name"] for t in document()["tables"]}


def test_label_names_the_setting() -> None:
    assert find("mmsi_bench", "text-only-training", "InternVL3-8B", "untrained").label == (
        "InternVL3-8B, untrained"
    )


def broken(**changes: Any) -> Any:
    changed = copy.deepcopy(document())
    changed["tables"][0]["rows"][0].update(changes)
    return changed


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"format": 2}, "not a document"),
        ([], "not a document"),
        (broken(scores=[1.0]), "as long as its table is wide"),
        (broken(scores=["1"] * 8), "not a number"),
        (broken(scores=[True] * 8), "not a number"),
        (broken(scores=[float("nan")] * 8), "no percentage"),
        (broken(scores=[101.0] * 8), "no percentage"),
        (broken(trust="?"), "mark of trust"),
        (broken(model="Qwen3-VL-2B"), "stands twice"),
    ],
)
def test_a_broken_document_is_refused(changed: Any, what: str) -> None:
    with pytest.raises(CorruptInput, match=what):
        parse_published(changed)


# The notes from which the tables were taken lie outside the repository, beside the real captures.

DEFAULT = Path(__file__).parents[2].parent / "shared" / "data"
PAPER = Path(os.environ.get("SEXTANT_TEST_DATA", DEFAULT)).parent / "reference" / "paper.md"
needs_notes = pytest.mark.skipif(not PAPER.is_file(), reason="the notes about the paper are absent")


def table_rows(heading: str) -> list[list[str]]:
    text = PAPER.read_text("utf-8")
    section = text.split(f"\n### {heading}", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("-: ")]


def first_number(cell: str) -> float | None:
    found = re.search(r"\d+(?:\.\d+)?", cell)
    return float(found[0]) if found else None


def model_of(cell: str) -> tuple[str, str | None]:
    """Return the name without decoration, and the row's own mark of trust."""
    mark = re.search(r"`\[(\w+)\]`", cell)
    bare = re.sub(r"^\*[^*]+\* |`\[\w+\]`|\(paper\)", "", cell.replace("**", ""))
    return bare.strip(), mark[1] if mark else None


@needs_notes
def test_the_main_table_is_that_of_the_notes() -> None:
    header, *body = table_rows("4.1")
    assert header[1:] == ["VSI", "MMSI", "MindCube-T", "ViewSp", "SITE", "BLINK", "3DSR", "EmbSp"]
    expected = {}
    for cells in body:
        bare, mark = model_of(cells[0])
        for benchmark, cell in zip(COLUMNS, cells[1:], strict=True):
            value = first_number(cell)
            if value is not None:
                expected[bare, benchmark] = (value, mark or "R")
    stored = {
        (r.model, r.benchmark): (r.percent, r.trust)
        for name in COLUMNS
        for r in published_rows(name, MAIN_TABLE)
    }
    assert stored == expected
    assert len(stored) > 200


@needs_notes
def test_the_scaling_table_is_that_of_the_notes() -> None:
    settings = {"0": "0 samples", "0.83M subset": "0.83M samples", "2M": "2M samples",
                "8M": "8M samples"}  # fmt: skip
    expected = {}
    for cells in table_rows("4.3")[1:]:
        for benchmark, cell in zip(COLUMNS, cells[1:], strict=False):
            value = first_number(cell)
            if value is not None:
                expected[settings[cells[0]], benchmark] = value
    stored = {
        (r.setting, r.benchmark): r.percent for n in COLUMNS for r in published_rows(n, "scaling")
    }
    assert stored == expected


@needs_notes
def test_the_frame_table_is_that_of_the_notes() -> None:
    header, *body = table_rows("4.4")
    names = {"VSI": "vsi_bench", "VSI-Debiased": "vsi_bench_debiased"}
    for cells in body:
        for frames, cell in zip(header[1:], cells[1:], strict=True):
            row = find(names[cells[0]], "frames", "SN-SI InternVL3-8B", f"{frames} frames")
            assert row.percent == first_number(cell)
    text = PAPER.read_text("utf-8")
    other = find("vsi_bench_debiased", "frames", "Cambrian-S-7B", "32 frames")
    assert f"Cambrian-S-7B on Debiased@32: {other.percent} (EASI re-run)" in text


@needs_notes
def test_the_shortcut_tables_are_those_of_the_notes() -> None:
    header, *body = table_rows("4.5")
    assert header[1:] == ["standard", "without vision", "hard circular"]
    for cells in body:
        for setting, cell in zip(header[1:], cells[1:], strict=True):
            assert find("mindcube_tiny", "shortcuts", cells[0], setting).percent == float(cell)
    rows = {r.setting: r.percent for r in published_rows("mmsi_bench", "text-only-training")}
    before, blind = rows["untrained"], rows["trained on texts only"]
    text = PAPER.read_text("utf-8")
    assert f"MMSI {before} → {blind}, vs {rows['trained with pictures']} with images" in text


@needs_notes
def test_the_retention_table_is_that_of_the_notes() -> None:
    rows = [r.percent for r in published_rows("mmbench_en", "retention")]
    names = ("InternVL3-8B", "Qwen3-VL-8B", "BAGEL")
    pairs = "; ".join(
        f"{name} {before}→{after}"
        for name, before, after in zip(names, rows[::2], rows[1::2], strict=True)
    )
    assert f"MMBench-En: {pairs}" in PAPER.read_text("utf-8")
