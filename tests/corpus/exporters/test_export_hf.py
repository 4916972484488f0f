"""The Hugging Face folder, read back by pyarrow, and by datasets where it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hostile_corpus import (
    expected,
    external_corpus,
    hostile_corpus,
    image_bytes,
    png,
    turns_of,
)

from sextant.corpus.exporting.hf_schema import COLUMNS, HF_COLUMNS, card_feature
from sextant.corpus.exporting.run import export_corpus
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore

NEEDS = "needs the extra export"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def turns_in(messages: list[dict[str, Any]]) -> list[str]:
    return [
        "".join("<image>" if p["type"] == "image" else p["text"] for p in m["content"])
        for m in messages
    ]


def check(rows: list[dict[str, Any]], wanted: list[Sample]) -> None:
    assert [row["id"] for row in rows] == [s.id for s in wanted]
    for row, sample in zip(rows, wanted, strict=True):
        plain = sample.to_row()
        assert {name: row[name] for name in HF_COLUMNS} == {n: plain[n] for n in HF_COLUMNS}
        assert turns_in(row["messages"]) == turns_of(sample)
        roles = [m["role"] for m in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


def head_of(folder: Path) -> dict[str, Any]:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\n")
    return yaml.safe_load(text[4:].partition("\n---\n")[0])


def test_the_folder_is_parts_and_a_card(store: CorpusStore, tmp_path: Path) -> None:
    out = tmp_path / "x"
    export_corpus(store, out, "hf", splits=("train", "val"), shard_bytes=1 << 20)
    names = sorted(p.name for p in (out / "data").iterdir())
    assert names == [
        "train-00000-of-00003.parquet", "train-00001-of-00003.parquet",
        "train-00002-of-00003.parquet", "validation-00000-of-00001.parquet",
    ]  # fmt: skip
    rows = [
        row
        for name in names
        if name.startswith("train")
        for row in pq.read_table(out / "data" / name).to_pylist()
    ]
    wanted = expected(store)
    check(rows, wanted)
    for row, sample in zip(rows, wanted, strict=True):
        assert [i["bytes"] for i in row["images"]] == image_bytes(store, sample)
        assert [i["path"] for i in row["images"]] == list(sample.images)
    head = head_of(out)
    assert [s["num_examples"] for s in head["dataset_info"]["splits"]] == [10, 1]
    assert [f["split"] for f in head["configs"][0]["data_files"]] == ["train", "validation"]


def test_names_of_sources_cannot_break_the_card(store: CorpusStore, tmp_path: Path) -> None:
    from collections import Counter

    from sextant.corpus.exporting.hf_card import COUNTED, SplitFacts, hf_card

    evil = "---\n<script>|x|\n# y"
    text = hf_card("n", [SplitFacts("train", 1)], {name: Counter([evil]) for name in COUNTED})
    assert "<script>" not in text
    assert text.count("\n---\n") == 1


def test_load_dataset_reads_it_all(store: CorpusStore, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason=NEEDS)
    out = tmp_path / "x"
    export_corpus(store, out, "hf", splits=("train", "val"), shard_bytes=1 << 20)
    loaded = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train", "validation"]
    assert loaded["train"].features["images"].feature == datasets.Image()
    for name, split in (("train", "train"), ("validation", "val")):
        wanted = expected(store, (split,))
        plain = loaded[name].cast_column("images", [datasets.Image(decode=False)])
        check(plain.to_list(), wanted)
        found = [[i["bytes"] for i in row["images"]] for row in plain]
        assert found == [image_bytes(store, s) for s in wanted]
    shown = loaded["train"][2]["images"]
    assert [picture.getpixel((0, 0)) for picture in shown] == [
        (255, 0, 0), (0, 128, 0), (0, 0, 255)
    ]  # fmt: skip


def test_the_card_says_what_datasets_would(store: CorpusStore, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason=NEEDS)
    out = tmp_path / "x"
    export_corpus(store, out, "hf")
    (path,) = (out / "data").iterdir()
    of_file = datasets.Features.from_arrow_schema(pq.read_schema(path))
    card = head_of(out)["dataset_info"]["features"]
    assert card == [card_feature(name, kind) for name, kind in COLUMNS.items()]
    assert datasets.Features._from_yaml_list(card) == of_file
    assert card == of_file._to_yaml_list()


def test_streaming_reads_the_same(store: CorpusStore, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason=NEEDS)
    out = tmp_path / "x"
    export_corpus(store, out, "hf", shard_bytes=1 << 20)
    rows = list(datasets.load_dataset(str(out), split="train", streaming=True))
    check(rows, expected(store))


def test_pictures_may_be_paths(tmp_path: Path) -> None:
    store = external_corpus(tmp_path / "corpus", tmp_path / "web")
    out = tmp_path / "x"
    export_corpus(store, out, "hf", images="keep")
    (path,) = (out / "data").iterdir()
    (row,) = pq.read_table(path).to_pylist()
    assert row["images"] == [{"bytes": None, "path": str(tmp_path / "web" / "sub dir" / "ä.PNG")}]
    datasets = pytest.importorskip("datasets", reason=NEEDS)
    loaded = datasets.load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["images"][0].getpixel((0, 0)) == (255, 0, 0)
    assert Path(row["images"][0]["path"]).read_bytes() == png("red")
