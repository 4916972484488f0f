"""The catalogue's metadata of a corpus, held against the library that defines them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpora import build

from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "c")
    return tmp_path / "c"


def test_every_column_and_file_is_described(root: Path) -> None:
    told = json.loads((root / "croissant.json").read_text())
    assert told["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    (records,) = told["recordSet"]
    assert [field["name"] for field in records["field"]] == SCHEMA.names
    for field, column in zip(records["field"], SCHEMA, strict=True):
        assert field["source"]["extract"] == {"column": column.name}
    shards = CorpusStore.open(root).manifest["shards"]
    files = {f["@id"]: f["sha256"] for f in told["distribution"] if f["@type"] == "cr:FileObject"}
    assert files == {s["qa"]["file"]: s["qa"]["sha256"] for s in shards}


def test_the_library_reads_the_rows(root: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=str(root / "croissant.json"))
    rows = list(dataset.records("samples"))
    store = CorpusStore.open(root)
    assert [row["samples/id"].decode() for row in rows] == [s.id for s in store.samples()]
    assert [row["samples/question"].decode() for row in rows] == [
        s.question for s in store.samples()
    ]
