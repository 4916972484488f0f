"""The layouts of parquet, read back by pyarrow, and by datasets where it is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hostile_corpus import expected, hostile_corpus, turns_of

from sextant.corpus.exporters import exporter_of
from sextant.corpus.exporting.content import pieces
from sextant.corpus.exporting.run import export_corpus
from sextant.errors import RecipeError
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def rows_of(store: CorpusStore, name: str) -> list[Sample]:
    return expected(store, without=tuple(exporter_of(name).taken))


def test_pieces_hold_all_of_a_text() -> None:
    def picture(path: str) -> dict[str, Any]:
        return {"type": "image", "path": path}

    for text in ("", "x", "<image>", "a<image>b<image>", "<image><image>", " \n<image>\n "):
        images = [str(i) for i in range(text.count("<image>"))]
        found = pieces(text, images, picture)
        assert "".join(p.get("text", "<image>") for p in found) == text
        assert [p["path"] for p in found if p["type"] == "image"] == images
        assert all(p["text"] for p in found if p["type"] == "text")


def check_llama_factory(rows: list[dict[str, Any]], wanted: list[Sample]) -> None:
    assert [row["images"] for row in rows] == [list(s.images) for s in wanted]
    assert [[m["content"] for m in row["messages"]] for row in rows] == [
        turns_of(s) for s in wanted
    ]
    for row in rows:
        roles = [m["role"] for m in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


def test_llama_factory(store: CorpusStore, tmp_path: Path) -> None:
    found = export_corpus(store, tmp_path / "x", "llama_factory")
    info = json.loads((tmp_path / "x" / "dataset_info.json").read_text())
    ((name, entry),) = info.items()
    assert (name, entry["formatting"]) == ("sextant_corpus", "sharegpt")
    rows = pq.read_table(tmp_path / "x" / entry["file_name"]).to_pylist()
    assert entry["columns"] == {"messages": "messages", "images": "images"}
    assert {entry["tags"]["role_tag"], entry["tags"]["content_tag"]} == set(rows[0]["messages"][0])
    check_llama_factory(rows, rows_of(store, "llama_factory"))
    assert f"media_dir: {store.root}" in found.advice[0]


def lmms_texts(messages: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    texts, images = [], []
    for message in messages:
        text = ""
        for piece in message["content"]:
            if piece["type"] == "image_url":
                images.append(piece["image_url"]["url"])
                text += "<image>"
            else:
                assert piece["type"] == "text"
                text += piece["text"]
        texts.append(text)
    return texts, images


def check_lmms(rows: list[dict[str, Any]], wanted: list[Sample]) -> None:
    assert [row["id"] for row in rows] == [s.id for s in wanted]
    for row, sample in zip(rows, wanted, strict=True):
        assert lmms_texts(row["messages"]) == (turns_of(sample), list(sample.images))


def test_lmms_engine(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(store, tmp_path / "x", "lmms_engine")
    (entry,) = yaml.safe_load((tmp_path / "x" / "dataset.yaml").read_text())["datasets"]
    assert set(entry) == {"path", "data_folder", "data_type"}
    rows = pq.read_table(entry["path"]).to_pylist()
    check_lmms(rows, rows_of(store, "lmms_engine"))
    for row in rows:
        for url in lmms_texts(row["messages"])[1]:
            assert (Path(entry["data_folder"]) / url).is_file()


@pytest.mark.parametrize("name", ["llama_factory", "lmms_engine"])
def test_datasets_reads_the_tables_as_they_are(
    store: CorpusStore, tmp_path: Path, name: str
) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra export")
    export_corpus(store, tmp_path / "x", name)
    loaded = datasets.Dataset.from_parquet(
        str(tmp_path / "x" / "train.parquet"), cache_dir=str(tmp_path / "cache")
    )
    check = check_llama_factory if name == "llama_factory" else check_lmms
    check(loaded.to_list(), rows_of(store, name))


def test_the_same_export_has_the_same_bytes(store: CorpusStore, tmp_path: Path) -> None:
    for name in ("llama_factory", "webdataset", "hf"):
        for out in ("a", "b"):
            export_corpus(store, tmp_path / name / out, name, shard_bytes=4096)
        a, b = (
            {
                p.relative_to(root).as_posix(): p.read_bytes()
                for p in sorted(root.rglob("*"))
                if p.is_file() and p.name != "export.json"
            }
            for root in (tmp_path / name / "a", tmp_path / name / "b")
        )
        assert a == b


@pytest.mark.parametrize(("name", "images", "full"), [
    ("hf", "copy", False), ("webdataset", "keep", False), ("sharegpt", "embed", False),
    ("sharegpt", "symlink", False), ("hf", None, True), ("ms_swift", None, True),
])  # fmt: skip
def test_what_a_layout_cannot_do_is_refused(
    store: CorpusStore, tmp_path: Path, name: str, images: str | None, full: bool
) -> None:
    with pytest.raises(RecipeError):
        export_corpus(store, tmp_path / "x", name, images=images, full=full)
    assert not list(tmp_path.iterdir())
