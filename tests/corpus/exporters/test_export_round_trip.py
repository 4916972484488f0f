"""An export imported again: the same samples with ``--full``, and what is lost without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hostile_corpus import PLAIN, expected, hostile_corpus, turns_of

from sextant.corpus.exporting.run import export_corpus
from sextant.corpus.importing.job import ImportJob
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
