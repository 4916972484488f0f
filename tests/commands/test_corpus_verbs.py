"""import, mix, check, info and export as a user meets them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sextant.cli import app
from sextant.commands.import_ import job_of
from sextant.errors import RecipeError
from sextant.samples.store import CorpusStore
from sextant.training.corpus_examples import CorpusExamples
from sextant.training.jsonl_examples import JsonlExamples
from sextant.training.recipe import DataEntry

sys.path.append(str(Path(__file__).parents[1] / "corpus"))
from set_files import embedded, jsonl, parquet, picture, talk


def sextant(*args: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(a) for a in args])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows: list[Any] = [
        {"id": k, "image": f"pictures/{k % 3}.png",
         "conversations": talk(f"<image>\nHow far is thing {k}?", f"{k}.5")}
        for k in range(60)
    ]  # fmt: skip
    rows[4] = b"{"
    for k in range(3):
        picture(tmp_path / "set" / "pictures" / f"{k}.png", (k, k, 90))
    return jsonl(tmp_path / "set" / "rows.jsonl", rows)


def test_from_a_set_to_a_training_file_without_copying_a_picture(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, mixed = tmp_path / "corpus", tmp_path / "mixed"
    told = sextant("import", "sensenova_si", source, "--out", corpus, "--dry-run")
    assert "sensenova_si.unknown" in told
    assert "not JSON" in told
    assert not corpus.exists()
    told = sextant("import", "sensenova_si", source, "--out", corpus, "--quiet")
    assert "59 rows" in told
    assert "rows.jsonl:5" in told
    assert not (corpus / "images").exists()

    wish = ("--input", f"source={corpus}", "--set", "total=20", "--set", "holdout.share=0")
    told = sextant("mix", "single_source", "--out", mixed, "--quiet", *wish)
    assert "20 rows of train and 0 of val" in told
    dry = sextant("mix", "single_source", "--out", tmp_path / "no", "--quiet", "--dry-run", *wish)
    assert dry[dry.index("Mix") :] == told[told.index("Mix") :]
    assert not (tmp_path / "no").exists()

    assert "as it was written" in sextant("check", mixed, "--quiet")
    assert "sensenova_si" in sextant("info", mixed)
    assert json.loads(sextant("info", mixed, "--json"))["samples"] == 20

    lines = mixed / "train.jsonl"
    assert "linked" in sextant("export", mixed, "--out", lines)
    records = [JsonlExamples(DataEntry(path=str(lines)), tmp_path / "cache").record(0),
               CorpusExamples(DataEntry(path=str(mixed))).record(0)]  # fmt: skip
    for record in records:
        assert record is not None
        assert record.pictures[0].read_bytes().startswith(b"\x89PNG")

    sextant("import", "sharegpt", lines, "--out", tmp_path / "again", "--quiet")
    again = CorpusStore.open(tmp_path / "again")
    assert [s.images for s in again.samples()] == [
        s.images for s in CorpusStore.open(mixed).samples()
    ]
    sextant("check", tmp_path / "again", "--quiet")
    sextant("import", "sharegpt", lines, "--out", tmp_path / "kept", "--quiet", "--images", "store")
    assert CorpusStore.open(tmp_path / "kept").manifest["images"]["count"] == 3

    (tmp_path / "set").rename(tmp_path / "moved")
    assert "not there" in sextant("check", mixed, "--quiet", code=1)
    where = f"sensenova_si={tmp_path / 'moved'}"
    sextant("check", mixed, "--quiet", "--external", where)
    monkeypatch.setenv("SEXTANT_EXTERNAL", where)
    record = CorpusExamples(DataEntry(path=str(mixed))).record(0)
    assert record is not None
    assert record.pictures[0].is_file()


def test_a_set_taken_over_with_its_pictures(source: Path, tmp_path: Path) -> None:
    sextant(
        "import", "sensenova_si", source, "--out", tmp_path / "c", "--images", "store", "--quiet"
    )
    store = CorpusStore.open(tmp_path / "c")
    assert store.manifest["images"]["count"] == 3
    image = next((tmp_path / "c" / "images").rglob("*.png"))
    data = image.read_bytes()
    image.write_bytes(data[:-1] + b"x")
    told = sextant("check", tmp_path / "c", "--quiet", code=1)
    assert "other bytes than its name says" in told
    assert "1 problems" in told


def test_every_set_is_listed_and_documented() -> None:
    told = sextant("import", "--list")
    text = (Path(__file__).parents[2] / "docs" / "corpus.md").read_text(encoding="utf-8")
    for name in ("sensenova_si", "sharegpt", "llava", "vsi_590k", "spar_7m", "mindcube"):
        assert name in told
        assert f"`{name}`" in text


def test_columns_that_a_set_names_in_its_own_way(tmp_path: Path) -> None:
    rows = [{"image": {"bytes": embedded(), "path": None}, "prompt": "What?", "reply": "this"}]
    source = parquet(tmp_path / "train-00000-of-00001.parquet", rows)
    options = ("--column", "question=prompt", "--column", "answer=reply", "--images", "store")
    told = sextant("import", "hf_parquet", source, "--out", tmp_path / "c", *options, "--dry-run")
    assert "hf_parquet.unknown" in told
    sextant("import", "hf_parquet", source, "--out", tmp_path / "c", *options, "--quiet")
    store = CorpusStore.open(tmp_path / "c")
    assert [s.answer for s in store.samples()] == ["this"]
    assert store.manifest["head"]["recipe"]["columns"] == {"question": "prompt", "answer": "reply"}
    with pytest.raises(RecipeError, match="no pair of names"):
        job_of("hf_parquet", source, tmp_path, "store", None, None, None, 16, 0.05, ["x"])
