"""An export imported again: the same samples with ``--full``, and what is lost without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile_corpus import PLAIN, expected, hostile_corpus, turns_of

from sextant.corpus.exporting.run import export_corpus
from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.pieces import PIECE_BYTES
from sextant.corpus.importing.run import import_set
from sextant.samples.prompt import INSTRUCTIONS
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def imported(name: str, path: Path, store: CorpusStore, out: Path) -> list[Sample]:
    job = ImportJob(name, path, out, images="store", image_root=store.root)
    import_set(job, quiet=True)
    return list(CorpusStore.open(out).samples())


@pytest.mark.parametrize("layout", ["sharegpt", "llava", "internvl", "qwen_vl"])
def test_a_full_export_gives_back_the_same_samples(
    store: CorpusStore, tmp_path: Path, layout: str
) -> None:
    out = tmp_path / ("x.json" if layout == "llava" else "x.jsonl")
    found = export_corpus(store, out, layout, full=True)
    path = out / "annotation.jsonl" if out.is_dir() else out
    back = imported("llava" if layout == "llava" else "sharegpt", path, store, tmp_path / "back")
    assert len(back) == found.written
    kept = {s.id: s for s in store.samples()}
    assert back == [kept[s.id] for s in back]


@pytest.mark.parametrize(
    ("layout", "full"), [("hf", False), ("webdataset", True)], ids=["hf", "webdataset"]
)
def test_folders_with_pictures_inside_give_back_the_same_samples(
    store: CorpusStore, tmp_path: Path, layout: str, full: bool
) -> None:
    out, splits = tmp_path / "x", ("train", "val")
    found = export_corpus(store, out, layout, splits=splits, full=full, shard_bytes=20_000)
    files = list(out.rglob("*.tar" if full else "*.parquet"))
    assert len(files) > 2
    name = f"sextant_{layout}"
    trees = []
    for size, workers in ((PIECE_BYTES, 1), (8_000, 2)):
        job = ImportJob(name, out, tmp_path / f"back{size}", images="store", piece_bytes=size)
        import_set(job, workers=workers, quiet=True)
        trees.append(list(CorpusStore.open(job.out).samples()))
    back, again = trees
    assert back == again
    kept = {s.id: s for s in store.samples()}
    assert len(back) == found.written
    assert back == [kept[s.id] for s in back]
    assert {s.split for s in back} == set(splits)
    job = ImportJob(name, out, tmp_path / "some", images="store", limit=5)
    import_set(job, quiet=True)
    assert list(CorpusStore.open(job.out).samples()) == back[:5]


def test_plain_tar_shards_keep_what_is_said_and_shown(store: CorpusStore, tmp_path: Path) -> None:
    export_corpus(store, tmp_path / "x", "webdataset")
    back = imported("sextant_webdataset", tmp_path / "x", store, tmp_path / "back")
    wanted = expected(store)
    assert [turns_of(s) for s in back] == [turns_of(s) for s in wanted]
    assert [s.images for s in back] == [s.images for s in wanted]


def test_a_dataset_folder_that_was_changed_or_holds_no_pictures_is_noticed(
    store: CorpusStore, tmp_path: Path
) -> None:
    export_corpus(store, tmp_path / "kept", "hf", images="keep")
    export_corpus(store, tmp_path / "x", "hf")
    (path,) = (tmp_path / "x").rglob("*.parquet")
    table = pq.read_table(path)
    changed = ["Changed.", *table["question"].to_pylist()[1:]]
    place = table.schema.get_field_index("question")
    pq.write_table(table.set_column(place, "question", pa.array(changed)), path)
    shown = sum(bool(s.images) for s in expected(store))
    for name, broken in (("x", 1), ("kept", shown)):
        out = tmp_path / f"back_{name}"
        job = ImportJob("sextant_hf", tmp_path / name, out, images="store", max_broken=1.0)
        import_set(job, quiet=True)
        found = CorpusStore.open(out)
        assert sum(row["count"] for row in found.drops()) == broken > 0
        assert found.count == len(table) - broken


def test_a_plain_export_keeps_what_is_said_and_shown(store: CorpusStore, tmp_path: Path) -> None:
    out = tmp_path / "x.jsonl"
    export_corpus(store, out)
    back = imported("sharegpt", out, store, tmp_path / "back")
    wanted = expected(store)
    assert [turns_of(s) for s in back] == [turns_of(s) for s in wanted]
    assert [s.images for s in back] == [s.images for s in wanted]
    for new, old in zip(back, wanted, strict=True):
        assert new.task == "sharegpt.unknown"
        assert new.id != old.id
        # Options that hold line breaks cannot be told apart in a prompt.
        if not any("\n" in option for option in old.options or ()):
            assert replace(new, **TOLD) == replace(old, **TOLD)


TOLD: dict[str, Any] = {
    name: getattr(PLAIN, name)
    for name in ("id", "capability", "task", "source", "scene_id", "split", "frame_ids", "value",
                 "unit", "evidence", "difficulty", "template", "seed", "turns", "license",
                 "generator")
}  # fmt: skip
"""What a plain export does not tell; the turns are compared by what is said."""


def test_llava_keeps_what_is_said_and_shown_but_not_the_form_of_the_answer(
    store: CorpusStore, tmp_path: Path
) -> None:
    out = tmp_path / "x.json"
    export_corpus(store, out, "llava")
    back = imported("llava", out, store, tmp_path / "back")
    wanted = expected(store)
    assert [turns_of(s) for s in back] == [turns_of(s) for s in wanted]
    assert [s.images for s in back] == [s.images for s in wanted]
    instructions = tuple(INSTRUCTIONS.values())
    assert all(s.question.rstrip().endswith(instructions) for s in back)
    lost = [replace(old, task=new.task) for new, old in zip(back, wanted, strict=True)]
    assert {s.task for s in lost} == {"llava.unknown"}
