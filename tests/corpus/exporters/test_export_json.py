"""The layouts of JSON, read as their trainers read them; and by datasets, where it is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hostile_corpus import LONG, expected, hostile_corpus, turns_of

from sextant.corpus.exporters import exporter_of
from sextant.corpus.exporting.run import export_corpus
from sextant.samples.export import read_sharegpt
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def lines(path: Path) -> list[dict[str, Any]]:
    # As trainers do: text, universal newlines, readlines.
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file.readlines()]


def conversations_of(row: dict[str, Any]) -> list[str]:
    turns = row["conversations"]
    assert [t["from"] for t in turns] == ["human", "gpt"] * (len(turns) // 2)
    return [t["value"] for t in turns]


def rows_of(store: CorpusStore, name: str) -> list[Sample]:
    return expected(store, without=tuple(exporter_of(name).taken))


def test_sharegpt(store: CorpusStore, tmp_path: Path) -> None:
    out = tmp_path / "train.jsonl"
    found = export_corpus(store, out)
    wanted = rows_of(store, "sharegpt")
    rows = list(read_sharegpt(out))
    assert rows == lines(out)
    assert [list(row) for row in rows] == [["id", "image", "conversations"]] * len(wanted)
    assert [row["id"] for row in rows] == list(range(len(wanted)))
    assert [row["image"] for row in rows] == [list(s.images) for s in wanted]
    assert [conversations_of(row) for row in rows] == [turns_of(s) for s in wanted]
    assert found.advice == (f"image paths are relative to {store.root}",)
    assert sum(LONG in t for row in rows for t in conversations_of(row)) == 1


def test_a_line_is_exactly_what_was_released(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(store, tmp_path / "x.jsonl", limit=1)
    (sample, *_) = rows_of(store, "sharegpt")
    said = (
        "<image>\\nWhich is closest?\\nOptions:\\nA. table\\nB. lamp\\nC. sofa\\n"
        "Answer with the option's letter from the given choices directly."
    )
    assert (tmp_path / "x.jsonl").read_text() == (
        f'{{"id":0,"image":["{sample.images[0]}"],"conversations":['
        f'{{"from":"human","value":"{said}"}},{{"from":"gpt","value":"B"}}]}}\n'
    )


def test_llava(store: CorpusStore, tmp_path: Path) -> None:
    out = tmp_path / "train.json"
    found = export_corpus(store, out, "llava")
    wanted = rows_of(store, "llava")
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [row["id"] for row in rows] == [s.id for s in wanted]
    for row, sample in zip(rows, wanted, strict=True):
        assert conversations_of(row) == turns_of(sample)
        if not sample.images:
            assert "image" not in row
        elif len(sample.images) == 1:
            assert row["image"] == sample.images[0]
        else:
            assert row["image"] == list(sample.images)
    assert found.advice == (f"--image_folder {store.root}",)


def test_internvl_as_its_trainer_reads_it(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(store, tmp_path / "x", "internvl")
    wanted = rows_of(store, "internvl")
    ((name, meta),) = json.loads((tmp_path / "x" / "meta.json").read_text()).items()
    assert name == "sextant_corpus"
    assert set(meta) == {
        "root", "annotation", "data_augment", "max_dynamic_patch", "repeat_time", "length"
    }  # fmt: skip
    assert (meta["data_augment"], meta["repeat_time"]) == (False, 1)
    assert meta["annotation"].endswith("jsonl")
    raw = lines(Path(meta["annotation"]))
    assert len(raw) == meta["length"] == len(wanted)
    for row, sample in zip(raw, wanted, strict=True):
        assert conversations_of(row) == turns_of(sample)
        given = row.get("image", [])
        images = given if isinstance(given, list) else [given]
        assert images == list(sample.images)
        assert isinstance(given, str) == (len(images) == 1)
        assert row["conversations"][0]["value"].count("<image>") == len(images)
        for path in images:
            assert (Path(meta["root"]) / path).is_file()


def qwen_messages(row: dict[str, Any], base: Path) -> list[list[Any]]:
    """Cut turns at their marks, as qwen-vl-finetune does; strict about what is left over."""
    images = [base / path for path in row.get("image") or []]
    found = []
    for turn in row["conversations"]:
        content: list[Any] = []
        if turn["from"] == "human":
            for piece in re.split(r"(<image>|<video>)", turn["value"]):
                assert piece != "<video>"
                if piece == "<image>":
                    content.append(images.pop(0))
                elif piece.strip():
                    content.append(piece.strip())
        else:
            content.append(turn["value"])
        found.append(content)
    assert not images
    return found


def test_qwen_vl_as_its_trainer_reads_it(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(store, tmp_path / "x", "qwen_vl")
    wanted = rows_of(store, "qwen_vl")
    register = json.loads((tmp_path / "x" / "data_dict.json").read_text())
    assert list(register) == ["sextant_corpus"]
    place = register["sextant_corpus"]
    rows = lines(Path(place["annotation_path"]))
    assert len(rows) == len(wanted)
    for row, sample in zip(rows, wanted, strict=True):
        assert conversations_of(row) == turns_of(sample)
        messages = qwen_messages(row, Path(place["data_path"]))
        shown = [piece for piece in messages[0] if isinstance(piece, Path)]
        assert shown == [store.image_path(path) for path in sample.images]
        assert all(path.is_file() for path in shown)


def test_ms_swift(store: CorpusStore, tmp_path: Path) -> None:
    out = tmp_path / "train.jsonl"
    found = export_corpus(store, out, "ms_swift")
    wanted = rows_of(store, "ms_swift")
    rows = lines(out)
    assert [row["images"] for row in rows] == [list(s.images) for s in wanted]
    for row, sample in zip(rows, wanted, strict=True):
        roles = [m["role"] for m in row["messages"]]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert [m["content"] for m in row["messages"]] == turns_of(sample)
    assert f"ROOT_IMAGE_DIR={store.root}" in found.advice[0]
    assert len(found.advice) == 1


def test_ms_swift_says_when_types_would_be_guessed_wrong(
    store: CorpusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sextant.corpus.exporters.ms_swift.GUESSED_BYTES", -1)
    assert len(export_corpus(store, tmp_path / "a", "ms_swift").advice) == 2
    found = export_corpus(store, tmp_path / "b", "ms_swift", subset="no_pictures")
    assert len(found.advice) == 1


@pytest.mark.parametrize("name", ["sharegpt", "ms_swift"])
def test_datasets_reads_jsonl_as_it_is(store: CorpusStore, tmp_path: Path, name: str) -> None:
    datasets = pytest.importorskip("datasets", reason="needs the extra export")
    out = tmp_path / "train.jsonl"
    export_corpus(store, out, name)
    loaded = datasets.load_dataset(
        "json", data_files=str(out), split="train", cache_dir=str(tmp_path / "cache")
    )
    rows = [orjson.loads(line) for line in out.read_bytes().split(b"\n")[:-1]]
    assert loaded.to_list() == rows
    wanted = rows_of(store, name)
    assert len(loaded) == len(wanted)


@pytest.mark.parametrize("name", ["sharegpt", "llava", "internvl", "qwen_vl"])
def test_full_rows_hold_every_column(store: CorpusStore, tmp_path: Path, name: str) -> None:
    export_corpus(store, tmp_path / "x", name, full=True)
    out = tmp_path / "x"
    path = out / "annotation.jsonl" if out.is_dir() else out
    text = path.read_bytes()
    rows = orjson.loads(text) if name == "llava" else [orjson.loads(x) for x in text.splitlines()]
    samples = [
        Sample.from_row({**row["sextant"], "images": s.images})
        for row, s in zip(rows, rows_of(store, name), strict=True)
    ]
    assert samples == rows_of(store, name)
