"""Files as two harnesses name and number them find the questions of benchmarks in true layout."""

from __future__ import annotations

import json
import re

import pytest
from fixtures import layouts
from workbooks import write_rows

from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.predictions import open_predictions
from sextant.evaluation.predictions.notes import Notes
from sextant.evaluation.rescore import rescore

LAYOUTS = {
    "vsi_bench": (layouts.vsi_bench, layouts.vsi_bench_tsv),
    "mmsi_bench": (layouts.mmsi_bench, layouts.mmsi_bench_tsv),
    "mindcube_tiny": (layouts.mindcube, layouts.mindcube_tsv),
    "viewspatial": (layouts.viewspatial, layouts.viewspatial_tsv),
    "site_bench": (layouts.site_bench, layouts.site_bench_tsv),
}

_PART = re.compile(r"(image|video)_(\d+)")


def parts_of(items):
    """Return the items by the file that a harness would make of them, with the number there."""
    files = {}
    for position, item in enumerate(items):
        part = _PART.fullmatch(item.id)
        name, number = (part[1], part[2]) if part else ("", item.id)
        files.setdefault(name, []).append((number, position, item))
    return files


def scored(name, root, files):
    notes = Notes()
    sources = [file.read(notes) for file in open_predictions(files)]
    found = rescore(open_benchmark(name), root, sources, ("strict",), notes)
    return found, notes


@pytest.mark.parametrize("name", LAYOUTS)
def test_vlmevalkit_tables_by_their_index(tmp_path, name):
    root = tmp_path / "data"
    LAYOUTS[name][1](root)
    items = list(open_benchmark(name).items(root, print))
    files = []
    for part, rows in parts_of(items).items():
        path = tmp_path / f"Some-Model-Video_SiteBench{part.title()}.xlsx"
        table = [[int(n) if n.isdecimal() else n, item.answer, item.answer] for n, _, item in rows]
        files.append(write_rows(path, [["index", "answer", "prediction"], *table]))
    found, notes = scored(name, root, files)
    assert not notes.lines()
    assert found.matched == found.items == len(items) > 1
    table = found.tables["strict"]
    assert table.points == pytest.approx(table.weights)


@pytest.mark.parametrize("name", LAYOUTS)
def test_lmms_eval_samples_by_their_position(tmp_path, name):
    root = tmp_path / "data"
    LAYOUTS[name][0](root)
    items = list(open_benchmark(name).items(root, print))
    files = []
    for part, rows in parts_of(items).items():
        path = tmp_path / f"20260806_120000_samples_site_bench_{part or 'x'}_multiimage.jsonl"
        path.write_text("".join(
            json.dumps({"doc_id": k, "target": item.answer, "filtered_resps": item.answer}) + "\n"
            for k, (_, _, item) in reversed(list(enumerate(rows)))
        ))  # fmt: skip
        files.append(path)
    found, notes = scored(name, root, files)
    assert not notes.lines()
    assert found.matched == found.items == len(items) > 1
    table = found.tables["strict"]
    assert table.points == pytest.approx(table.weights)
