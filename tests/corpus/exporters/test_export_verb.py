"""``sextant export`` as a user meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile_corpus import hostile_corpus
from typer.testing import CliRunner

from sextant.cli import app
from sextant.samples.store import CorpusStore

FILES = ("sharegpt", "llava", "ms_swift")
FOLDERS = ("internvl", "qwen_vl", "llama_factory", "lmms_engine", "webdataset", "hf")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CorpusStore:
    return hostile_corpus(tmp_path_factory.mktemp("export") / "corpus")


def export(store: CorpusStore, out: Path, *more: str) -> str:
    done = CliRunner().invoke(
        app, ["export", str(store.root), "--out", str(out), "--quiet", *more],
        catch_exceptions=False,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_it_says_what_was_written_and_what_to_do_next(
    store: CorpusStore, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "x"
    said = export(store, out, "--format", name, "--split", "train,val", "--dry-run")
    assert said.startswith(f"would export train, val of 12 questions to {out} as ")
    assert os.listdir(tmp_path) == []
    said = export(store, out, "--format", name, "--split", "train,val")
    assert f" rows in {out}; left out: " in said
    assert "1 test" in said
    assert "note: " in said
    assert len(said.splitlines()) >= 3
    assert out.is_dir() == (name in FOLDERS)
    if name in FOLDERS:
        assert export(store, out, "--format", name, "--split", "train,val").startswith("already")


def test_options_reach_the_export(store: CorpusStore, tmp_path: Path) -> None:
    export(store, tmp_path / "a.jsonl", "--images", "copy", "--limit", "3", "--full")
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 3
    assert (tmp_path / "images").is_dir()
    export(store, tmp_path / "b", "--format", "hf", "--shard-mb", "1")
    assert len(list((tmp_path / "b" / "data").iterdir())) == 3
