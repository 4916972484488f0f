from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from corpora import build, head, write_shard

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore
from sextant.samples.validate import check_sample
from sextant.samples.writer import CorpusWriter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "c")
    return tmp_path / "c"


def test_samples_come_back_in_shard_order(root: Path) -> None:
    store = CorpusStore.open(root)
    samples = list(store.samples(batch=3))
    assert len(samples) == store.count == len(store) == 16
    assert [s.scene_id for s in samples] == [f"room_{i}" for i in range(4) for _ in range(4)]
    assert [check_sample(s) for s in samples] == [[]] * 16
    assert all(store.image_path(path).is_file() for s in samples for path in s.images)
    assert any(s.images for s in samples)
    assert any(s.seed >= 2**63 for s in samples)


def test_tables_and_columns(root: Path) -> None:
    store = CorpusStore.open(root)
    assert store.table().schema.equals(SCHEMA)
    assert store.table(["split", "id"]).column_names == ["split", "id"]
    assert store.table(["id"]).num_rows == 16
    assert [row["id"] for row in store.rows(["id"])] == [s.id for s in store.samples()]
    assert [scene["scene_id"] for scene in store.scenes()] == [f"room_{i}" for i in range(4)]
    assert next(store.scenes())["room"] == {"area_m2": 12.5}
    assert store.drops() == [
        {"task": "mm.size", "reason": "hidden", "count": 5},
        {"task": "sr.relative_distance", "reason": "margin", "count": 10},
    ]
    assert [row["scene_id"] for row in store.quarantine()] == ["bad_1"]


def test_an_empty_corpus_has_an_empty_table(tmp_path: Path) -> None:
    build(tmp_path / "c", shards=0)
    store = CorpusStore.open(tmp_path / "c")
    assert list(store.samples()) == []
    assert store.table(["id"]).num_rows == 0


def test_no_corpus_or_half_a_corpus_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no corpus here"):
        CorpusStore.open(tmp_path)
    write_shard(CorpusWriter(tmp_path / "c", head()), 0.0, 0)
    with pytest.raises(MissingInput, match="unfinished"):
        CorpusStore.open(tmp_path / "c")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"format": "webpack"}', '{"format": "sextant-corpus", "format_version": 99}',
     '{"format": "sextant-corpus", "format_version": 1}',
     '{"format": "sextant-corpus", "format_version": 1, "shards": [{"qa": 3}]}',
     "[" * 100_000],
)  # fmt: skip
def test_a_manifest_of_something_else_is_refused(root: Path, text: str) -> None:
    (root / "manifest.json").write_text(text)
    with pytest.raises(InputError):
        CorpusStore.open(root)


def test_a_truncated_part_is_found_on_opening(root: Path) -> None:
    part = root / "qa" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-7])
    with pytest.raises(CorruptInput, match="truncated") as caught:
        CorpusStore.open(root)
    assert "part-00001" in str(caught.value)
    part.unlink()
    with pytest.raises(MissingInput, match="missing"):
        CorpusStore.open(root)


def test_every_flipped_bit_is_found_by_verify_and_none_crashes_the_reader(root: Path) -> None:
    part = root / "qa" / "part-00000.parquet"
    whole = part.read_bytes()
    store = CorpusStore.open(root)
    truth = [s.to_row() for s in store.samples()]
    rng = np.random.default_rng(0)
    silent = 0
    for position in rng.integers(0, len(whole), 60):
        data = bytearray(whole)
        data[position] ^= 1 << int(rng.integers(8))
        part.write_bytes(data)
        assert len(store.verify(images=False)) == 1
        with suppress(InputError):
            silent += [s.to_row() for s in store.samples()] != truth
    # Page checksums catch damaged data; only the few bytes of footer and page headers can lie.
    assert silent <= 3


def test_verify_notices_a_changed_picture(root: Path) -> None:
    store = CorpusStore.open(root)
    assert store.verify() == []
    next(path for path in (root / "images").rglob("*.png")).write_bytes(b"other")
    assert len(store.verify()) == 1
    assert store.verify(images=False) == []


@pytest.mark.parametrize(
    "path",
    ["../x.png", "/etc/passwd", "images/../../x", "images\\..\\x", "", ".", "images//x", "C:/x",
     "images/\0x", "images/link/x.png", "file:///etc/passwd"],
)  # fmt: skip
def test_no_path_leaves_the_corpus(root: Path, path: str) -> None:
    (root / "images" / "link").symlink_to(root.parent)
    with pytest.raises(InputError, match="leaves the corpus"):
        CorpusStore.open(root).image_path(path)


def test_shard_names_are_not_taken_from_the_manifest(root: Path) -> None:
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["shards"][0]["qa"]["file"] = "../../secret.parquet"
    manifest["tables"]["../../secret"] = {"sha256": "x"}
    (root / "manifest.json").write_text(json.dumps(manifest))
    store = CorpusStore.open(root)
    assert len(list(store.samples())) == 16
    assert store.verify() == []
