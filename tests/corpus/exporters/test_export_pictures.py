"""What becomes of pictures: kept, copied or linked, each beside the rows that name them."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hostile_corpus import expected, external_corpus, hostile_corpus, png

from sextant.corpus.exporting.run import export_corpus
from sextant.errors import MissingInput, OutputError
from sextant.samples.store import CorpusStore


@pytest.fixture
def store(tmp_path: Path) -> CorpusStore:
    return hostile_corpus(tmp_path / "corpus")


@pytest.mark.parametrize("images", ["copy", "link"])
@pytest.mark.parametrize("name", ["sharegpt", "internvl", "lmms_engine"])
def test_pictures_stand_beside_the_rows(
    store: CorpusStore, tmp_path: Path, name: str, images: str
) -> None:
    out = tmp_path / "deep" / "x"
    found = export_corpus(store, out, name, images=images)
    root = out if out.is_dir() else out.parent
    for sample in expected(store):
        for path in sample.images:
            there, here = store.image_path(path), root / path
            assert here.read_bytes() == there.read_bytes()
            assert here.samefile(there) == (images == "link")
    shown = {path for s in expected(store) for path in s.images}
    assert {p.relative_to(root).as_posix() for p in root.rglob("*.png")} == shown
    assert not list(tmp_path.rglob("*.tmp"))
    if name == "internvl":
        assert json.loads((out / "meta.json").read_text())["sextant_corpus"]["root"] == str(out)
    elif name == "sharegpt":
        assert found.advice == (f"image paths are relative to {out.parent}",)


def test_a_second_file_beside_the_first_shares_its_pictures(
    store: CorpusStore, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_corpus(store, out / "a.jsonl", images="copy")
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.png")}
    export_corpus(store, out / "b.jsonl", images="copy")
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.png")} == before


def test_links_between_file_systems_are_symbolic(
    store: CorpusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    export_corpus(store, tmp_path / "x", "internvl", images="link")
    links = list((tmp_path / "x").rglob("*.png"))
    assert links
    assert all(p.is_symlink() and p.read_bytes() for p in links)


def test_external_pictures_get_one_link_or_copies(tmp_path: Path) -> None:
    store = external_corpus(tmp_path / "corpus", tmp_path / "web")
    path = "external/web/sub dir/ä.PNG"
    export_corpus(store, tmp_path / "a", "qwen_vl")
    assert (store.root / "external" / "web").is_symlink()
    assert (store.root / path).read_bytes() == png("red")
    export_corpus(store, tmp_path / "b", "qwen_vl", images="copy")
    assert (tmp_path / "b" / path).read_bytes() == png("red")
    assert not (tmp_path / "b" / path).is_symlink()


def test_external_pictures_that_are_gone_are_missed(tmp_path: Path) -> None:
    store = external_corpus(tmp_path / "corpus", tmp_path / "web")
    (tmp_path / "web").rename(tmp_path / "moved")
    for images in ("keep", "copy"):
        with pytest.raises(MissingInput):
            export_corpus(store, tmp_path / "x", "qwen_vl", images=images)
    assert not (tmp_path / "x").exists()
    moved = CorpusStore.open(store.root, external={"web": str(tmp_path / "moved")})
    export_corpus(moved, tmp_path / "x", "qwen_vl", images="copy")
    assert len(list((tmp_path / "x").rglob("*.PNG"))) == 1


def test_no_space_leaves_nothing(
    store: CorpusStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sextant.corpus.exporting.pictures.shutil.copyfile", full)
    with pytest.raises(OutputError, match="free some space"):
        export_corpus(store, tmp_path / "x", "internvl", images="copy")
    assert [p.name for p in tmp_path.iterdir()] == ["corpus"]
