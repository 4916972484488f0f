"""Leaving rows out of committed shards: interrupted anywhere, the same bytes come out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from corpora import head, tree_hash, write_shard

from sextant.execution.pool import run_shards
from sextant.samples import retain as module
from sextant.samples.layout import read_rows
from sextant.samples.retain import Plan
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


class Stopped(Exception):
    pass


def every_third(tables) -> Plan:
    ids = sorted(row["id"] for path in tables for row in read_rows(path, SCHEMA, columns=["id"]))
    return Plan(dict.fromkeys(ids[::3], "selection: test"), {"kept": len(ids) - len(ids[::3])})


def make(root: Path):
    writer = CorpusWriter(root, head())
    todo = [i for i in range(writer.shards) if i not in writer.committed()]
    run_shards(todo, partial(write_shard, writer, 0.0), workers=1, on_done=lambda i, s: None)
    writer.retain(every_third)
    return writer.finish()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole") / "corpus"
    make(root)
    return tree_hash(root)


def test_rows_images_and_counts_go_and_are_accounted_for(tmp_path):
    manifest = make(tmp_path / "c")
    store = CorpusStore.open(tmp_path / "c")
    assert store.verify() == []
    rows = list(store.samples())
    assert len(rows) == manifest["samples"] == manifest["selection"]["kept"]
    assert sum(manifest["counts"]["capability"].values()) == len(rows)
    (why,) = [d for d in store.drops() if d["reason"] == "selection: test"]
    assert why["count"] > 0
    shown = {path for row in rows for path in row.images}
    on_disk = {
        p.relative_to(tmp_path / "c").as_posix() for p in (tmp_path / "c").glob("images/*/*")
    }
    assert on_disk == shown


@pytest.mark.parametrize("stop_at", range(1, 12))
def test_stopped_at_any_write_it_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, uninterrupted, stop_at
):
    calls = 0

    def stopping(original):
        def write(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls == stop_at:
                raise Stopped
            return original(*args, **kwargs)

        return write

    root = tmp_path / "c"
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_bytes", stopping(module.write_bytes))
        patch.setattr(module, "write_text", stopping(module.write_text))
        try:
            make(root)
        except Stopped:
            assert not (root / "manifest.json").exists()
    make(root)
    assert tree_hash(root) == uninterrupted


def test_a_second_call_decides_nothing_anew(tmp_path):
    make(tmp_path / "c")

    def refuse(tables):
        raise AssertionError("decided again")

    writer = CorpusWriter(tmp_path / "c", head())
    writer.retain(refuse)
