from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest
from hostile_corpus import CONTROL, PLAIN, expected, hostile_corpus, turns_of

from sextant.corpus.exporters import exporter_names, exporter_of
from sextant.corpus.exporting.rows import CONTROL_NOTE, Selection, export_rows
from sextant.corpus.exporting.run import export_corpus
from sextant.errors import OutputError, RecipeError
from sextant.samples.export import read_sharegpt
from sextant.samples.store import CorpusStore

NAMES = [
    "hf", "internvl", "llama_factory", "llava", "lmms_engine", "ms_swift", "qwen_vl", "sharegpt",
    "webdataset",
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def test_every_layout_is_found_by_its_name_and_the_nearest_is_suggested() -> None:
    assert exporter_names() == NAMES
    assert [exporter_of(name).name for name in NAMES] == NAMES
    assert exporter_of("SenseNova-SI").name == "sharegpt"
    with pytest.raises(RecipeError, match="did you mean 'webdataset'"):
        exporter_of("webdatset")


def test_third_parties_add_layouts(
    store: CorpusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting:
        name, title, folder = "counting", "the number of rows", False
        modes, can_be_full, whole, taken = ("keep",), False, False, ("B",)

        def write(self, rows, target):
            target.path.write_text(str(sum(1 for _ in rows)))
            return [target.name]

    class Point:
        name = "counting"

        def load(self):
            return SimpleNamespace(EXPORTER=Counting())

    monkeypatch.setattr("sextant.corpus.exporters.entry_points", lambda group: [Point()])
    assert exporter_names() == sorted([*NAMES, "counting"])
    found = export_corpus(store, tmp_path / "x", "counting")
    assert (tmp_path / "x").read_text() == str(found.written)
    assert found.skipped["hold B, which the trainer takes for a picture"] > 0
    assert found.advice == ("sextant_corpus",)


def test_rows_are_what_a_model_is_shown(store: CorpusStore) -> None:
    selection = Selection(("train", "val"))
    rows = list(export_rows(store, selection))
    wanted = expected(store, ("train", "val"))
    assert [row.texts for row in rows] == [turns_of(s) for s in wanted]
    assert [row.images for row in rows] == [list(s.images) for s in wanted]
    assert [row.number for row in rows] == list(range(11))
    assert (selection.read, selection.written) == (12, 11)
    assert selection.skipped == {"test": 1}
    assert selection.notes == {CONTROL_NOTE: 3}
    whole = list(export_rows(store, Selection(("train", "val"), whole=True)))
    assert [row.sample for row in whole] == wanted
    assert [row._replace(sample=None) for row in whole] == rows


def test_limit_subset_and_splits(store: CorpusStore, tmp_path: Path) -> None:
    found = export_corpus(store, tmp_path / "a", limit=3)
    assert found.written == 3
    assert len(list(read_sharegpt(tmp_path / "a"))) == 3
    found = export_corpus(store, tmp_path / "b", subset="no_pictures", splits=("train", "val"))
    assert found.skipped == {"not in no_pictures": 5, "test": 1}
    assert found.written == 6


@pytest.mark.parametrize("name", NAMES)
def test_test_scenes_are_never_exported(store: CorpusStore, tmp_path: Path, name: str) -> None:
    for splits, says in (
        (("train", "test"), "not for training"), (("dev",), "no such split"), ((), "no such split")
    ):  # fmt: skip
        with pytest.raises(RecipeError, match=says):
            export_corpus(store, tmp_path / "x", name, splits=splits)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_of_an_export_of_nothing(
    store: CorpusStore, tmp_path: Path, name: str
) -> None:
    with pytest.raises(OutputError, match="nothing is left"):
        export_corpus(store, tmp_path / "x", name, subset="counter_heuristic")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", NAMES)
def test_texts_that_a_trainer_takes_for_pictures_are_left_out_and_counted(
    store: CorpusStore, tmp_path: Path, name: str
) -> None:
    found = export_corpus(store, tmp_path / "x", name)
    taken = exporter_of(name).taken
    left_out = {k: n for k, n in found.skipped.items() if k.startswith("hold")}
    if taken:
        assert sum(left_out.values()) == 1
        assert found.written == 9
    else:
        assert not left_out
        assert found.written == 10


def test_rows_that_do_not_fit_are_left_out_by_reason(store: CorpusStore) -> None:
    class Fake:
        def batches(self, columns, *, batch):
            import pyarrow as pa

            from sextant.samples.sample import SCHEMA

            rows = [
                replace(PLAIN, question="<image>"),
                replace(PLAIN, images=("../x.png",), question="<image>"),
                replace(PLAIN, options=("a", "<image>", "c")),
                PLAIN,
            ]
            table = pa.Table.from_pylist([r.to_row() for r in rows], schema=SCHEMA)
            yield from table.select(columns).to_batches()

    selection = Selection()
    assert [row.number for row in export_rows(Fake(), selection)] == [0]  # type: ignore[arg-type]
    assert selection.skipped == {
        "not one <image> for each image": 2, "an image path that leaves its folder": 1
    }  # fmt: skip


def test_a_folder_is_not_written_twice_and_never_over_something_else(
    store: CorpusStore, tmp_path: Path
) -> None:
    out = tmp_path / "x"
    first = export_corpus(store, out, "internvl")
    before = {p: p.read_bytes() for p in out.iterdir()}
    again = export_corpus(store, out, "internvl")
    assert again.done_before
    assert (again.written, again.skipped, again.advice) == (
        first.written, first.skipped, first.advice
    )  # fmt: skip
    assert {p: p.read_bytes() for p in out.iterdir()} == before
    for name, more in (("qwen_vl", {}), ("internvl", {"limit": 2})):
        with pytest.raises(OutputError, match="something else"):
            export_corpus(store, out, name, **more)  # type: ignore[arg-type]
    record = orjson.loads((out / "export.json").read_bytes())
    assert record["options"]["format"] == "internvl"
    assert record["written"] == first.written


def test_what_a_killed_export_left_is_removed_by_the_next(
    store: CorpusStore, tmp_path: Path
) -> None:
    dead, alive = 2**22 - 3, os.getpid()
    (tmp_path / f".x.{dead}-0123456789ab.tmp").mkdir()
    (tmp_path / f".x.{dead}-0123456789ab.tmp" / "half").write_text("{")
    (tmp_path / f".x.{dead}-0123456789ac.tmp").write_text("half")
    (tmp_path / f".x.{alive}-0123456789ab.tmp").write_text("of somebody at work")
    (tmp_path / f".y.{dead}-0123456789ab.tmp").write_text("another export's")
    export_corpus(store, tmp_path / "x", "qwen_vl")
    assert sorted(os.listdir(tmp_path)) == sorted(
        ["x", f".x.{alive}-0123456789ab.tmp", f".y.{dead}-0123456789ab.tmp"]
    )


def test_control_tokens_are_told(store: CorpusStore, tmp_path: Path) -> None:
    found = export_corpus(store, tmp_path / "x.jsonl")
    assert found.notes == {CONTROL_NOTE: 3}
    said = [row["conversations"][0]["value"] for row in read_sharegpt(tmp_path / "x.jsonl")]
    assert any(CONTROL in text for text in said)
