"""Tar shards, read back by tarfile, and by webdataset where it is installed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hostile_corpus import expected, external_corpus, hostile_corpus, image_bytes, turns_of

from sextant.corpus.exporting.run import export_corpus
from sextant.errors import CorruptInput, MissingInput
from sextant.samples.store import CorpusStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as tar:
        for info in tar:
            assert (info.mtime, info.uid, info.gid, info.uname) == (0, 0, 0, "")
            file = tar.extractfile(info)
            assert file is not None
            yield info.name, file.read()


def test_members_are_the_rows_in_order(store: CorpusStore, tmp_path: Path) -> None:
    found = export_corpus(store, tmp_path / "x", "webdataset")
    assert found.advice == (f"{tmp_path}/x/train-{{000000..000000}}.tar",)
    read = list(members(tmp_path / "x" / "train-000000.tar"))
    wanted = expected(store)
    place = 0
    for number, sample in enumerate(wanted):
        name, data = read[place]
        assert name == f"{number:09d}.json"
        row = orjson.loads(data)
        assert row["id"] == sample.id
        assert [t["value"] for t in row["conversations"]] == turns_of(sample)
        pictures = read[place + 1 : place + 1 + len(sample.images)]
        assert [f"{number:09d}.{ending}" for ending in row["image"]] == [n for n, _ in pictures]
        assert [data for _, data in pictures] == image_bytes(store, sample)
        place += 1 + len(sample.images)
    assert place == len(read)


def test_shards_are_bounded_and_splits_apart(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(
        store, tmp_path / "x", "webdataset", splits=("train", "val"), shard_bytes=8192, full=True
    )
    paths = sorted((tmp_path / "x").glob("*.tar"))
    assert [p.name for p in paths] == [
        *(f"train-{i:06d}.tar" for i in range(len(paths) - 1)), "val-000000.tar"
    ]  # fmt: skip
    ids = []
    for path in paths:
        rows = [(n, data) for n, data in members(path) if n.endswith(".json")]
        payload = sum(512 + -(-len(data) // 512) * 512 for _, data in members(path))
        assert payload <= 8192 or len(rows) == 1
        ids += [orjson.loads(data)["sextant"]["id"] for _, data in rows]
    assert ids == [s.id for s in (*expected(store), *expected(store, ("val",)))]


def test_webdataset_reads_what_was_written(store: CorpusStore, tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset", reason="needs the extra export")
    export_corpus(store, tmp_path / "x", "webdataset", shard_bytes=8192)
    paths = sorted(map(str, (tmp_path / "x").glob("train-*.tar")))
    assert len(paths) > 3
    raw = list(wds.WebDataset(paths, shardshuffle=False))
    wanted = expected(store)
    assert [row["__key__"] for row in raw] == [f"{i:09d}" for i in range(len(wanted))]
    for row, sample in zip(raw, wanted, strict=True):
        told = orjson.loads(row["json"])
        assert [t["value"] for t in told["conversations"]] == turns_of(sample)
        assert [row[ending] for ending in told["image"]] == image_bytes(store, sample)
    decoded = list(wds.WebDataset(paths, shardshuffle=False).decode("pil"))
    colors = [decoded[2][ending].getpixel((0, 0)) for ending in decoded[2]["json"]["image"]]
    assert colors == [(255, 0, 0), (0, 128, 0), (0, 0, 255)]


def test_pictures_from_elsewhere_are_stored_too(tmp_path: Path) -> None:
    store = external_corpus(tmp_path / "corpus", tmp_path / "web")
    export_corpus(store, tmp_path / "x", "webdataset")
    read = dict(members(tmp_path / "x" / "train-000000.tar"))
    (sample,) = store.samples()
    assert read["000000000.0.png"] == image_bytes(store, sample)[0]
    assert not (store.root / "external").exists()


def test_a_picture_that_is_gone_or_changed_is_refused(tmp_path: Path) -> None:
    store = hostile_corpus(tmp_path / "corpus")
    (sample, *_) = store.samples()
    path = store.image_path(sample.images[0])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"\0")
    for name in ("webdataset", "hf"):
        with pytest.raises(CorruptInput, match="other bytes"):
            export_corpus(store, tmp_path / "x", name)
    path.unlink()
    for name, images in (("webdataset", None), ("hf", None), ("sharegpt", "copy")):
        with pytest.raises(MissingInput, match="cannot be read"):
            export_corpus(store, tmp_path / "x", name, images=images)
    # A folder for pictures beside the file may be left, but no file.
    assert [p for p in tmp_path.iterdir() if p.name not in ("corpus", "images")] == []
    assert not [p for p in (tmp_path / "images").rglob("*") if p.is_file()]
