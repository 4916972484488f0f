"""Pictures that a corpus shows but does not hold."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpora import CHOICE, head

from sextant.errors import InputError, RecipeError
from sextant.samples.external import external_parts, link_roots, moved_roots
from sextant.samples.sample import Sample, sample_id
from sextant.samples.store import CorpusStore
from sextant.samples.validate import check_sample
from sextant.samples.writer import CorpusWriter


def refer(root: Path, folder: str, paths: list[str], **changes: Any) -> CorpusStore:
    """A corpus of one row for each path."""
    rows = [
        replace(
            CHOICE, id=sample_id(path), images=(path,), frame_ids=(), question="<image>Which?",
            **changes,
        )
        for path in paths
    ]  # fmt: skip
    writer = CorpusWriter(root, head(shards=1, external={"web": folder}))
    writer.shard(0).commit(rows, [], {})
    writer.finish()
    return CorpusStore.open(root)


def test_a_row_refers_to_a_picture_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "web" / "a").mkdir(parents=True)
    (tmp_path / "web" / "a" / "x.jpg").write_bytes(b"x")
    store = refer(tmp_path / "c", str(tmp_path / "web"), ["external/web/a/x.jpg"])
    (sample,) = store.samples()
    assert isinstance(sample, Sample)
    assert store.image_path(sample.images[0]).read_bytes() == b"x"
    assert store.manifest["external"] == {"web": str(tmp_path / "web")}
    assert store.manifest["images"] == {"count": 0, "bytes": 0, "external": {"web": 1}}


def test_a_folder_may_be_relative_to_the_corpus_and_may_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = refer(tmp_path / "c", "../web", ["external/web/x.jpg"])
    (tmp_path / "web").mkdir()
    assert store.image_path("external/web/x.jpg").resolve() == tmp_path / "web" / "x.jpg"
    moved = CorpusStore.open(tmp_path / "c", external={"web": str(tmp_path / "moved")})
    assert moved.image_path("external/web/x.jpg") == tmp_path / "moved" / "x.jpg"
    monkeypatch.setenv("SEXTANT_EXTERNAL", f"other=/o{os.pathsep}web={tmp_path / 'env'}")
    there = CorpusStore.open(tmp_path / "c")
    assert there.image_path("external/web/x.jpg") == tmp_path / "env" / "x.jpg"
    monkeypatch.setenv("SEXTANT_EXTERNAL", "web")
    with pytest.raises(RecipeError, match="external"):
        CorpusStore.open(tmp_path / "c")


@pytest.mark.parametrize(
    "path",
    ["external/web/../x", "external/web/link/x", "external/web//x", "external/web/",
     "external/web", "external/WEB/x", "external/other/x", "external/web/loop/x",
     "external/../x", "external/web/\\x"],
)  # fmt: skip
def test_no_path_leaves_its_folder(tmp_path: Path, path: str) -> None:
    web = tmp_path / "web"
    web.mkdir()
    (web / "link").symlink_to(tmp_path)
    (web / "loop").symlink_to(web / "loop")
    store = refer(tmp_path / "c", str(web), [])
    with pytest.raises(InputError):
        store.image_path(path)


def test_a_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "web").symlink_to(tmp_path / "there")
    store = refer(tmp_path / "c", str(tmp_path / "web"), [])
    assert store.image_path("external/web/x.jpg") == tmp_path / "web" / "x.jpg"


def test_a_writer_refuses_folders_that_the_head_does_not_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="never stored"):
        refer(tmp_path / "c", "/web", ["external/other/x.jpg"])


def test_names_and_entries() -> None:
    assert external_parts("external/a/b/c") == ("a", "b/c")
    assert external_parts("external/a") is None
    assert external_parts("images/external/a/b") is None
    assert moved_roots("") == {}
    assert moved_roots(f"a=b{os.pathsep}c=d=e") == {"a": "b", "c": "d=e"}
    shown = replace(CHOICE, images=("external/x",), question="<image>?")
    assert check_sample(shown) == ["not external/<name>/<path>: 'external/x'"]


def test_links_for_programs_that_know_one_folder(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "x.jpg").write_bytes(b"x")
    store = refer(tmp_path / "c", str(tmp_path / "web"), ["external/web/x.jpg"])
    for _ in range(2):
        link_roots(store.root, store.external, ["web"])
        assert (store.root / "external/web/x.jpg").read_bytes() == b"x"
    (tmp_path / "web2").mkdir()
    link_roots(store.root, {"web": tmp_path / "web2"}, ["web"])
    assert not (store.root / "external/web/x.jpg").exists()
    (store.root / "external/web").unlink()
    (store.root / "external/web").mkdir()
    with pytest.raises(InputError, match="no link"):
        link_roots(store.root, store.external, ["web"])
