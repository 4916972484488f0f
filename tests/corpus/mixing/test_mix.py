"""Mixing: shares, counts and caps, scenes held out, the same bytes for any number of workers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import head, tree_hash
from made_corpora import corpus
from set_files import picture

from sextant.corpus.id_lists import write_ids
from sextant.corpus.mixing.choose import mixed
from sextant.corpus.mixing.job import MixJob, MixShard, mix
from sextant.corpus.mixing.recipe import MixRecipe
from sextant.errors import InputError, OutputError, RecipeError
from sextant.samples.check import CorpusCheck
from sextant.samples.sample import Sample
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


def recipe(*folders: Path, **fields: Any) -> MixRecipe:
    inputs = [{"name": folder.name, "corpus": str(folder)} for folder in folders]
    return MixRecipe.model_validate({"inputs": inputs, **fields})


def run(out: Path, wanted: MixRecipe, **options: Any) -> list[Sample]:
    mix(MixJob(wanted, out, shard_rows=options.pop("shard_rows", 100)), quiet=True, **options)
    return list(CorpusStore.open(out).samples())


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    a = corpus(tmp_path / "a", 400, "a", tasks=("mm.object_size", "sr.between"), scenes=40)
    return a, corpus(tmp_path / "b", 100, "b", tasks=("cr.multi_hop",), scenes=30, shards=2)


def test_without_wishes_everything_is_taken(two: tuple[Path, Path], tmp_path: Path) -> None:
    rows = run(tmp_path / "m", recipe(*two))
    inputs = [s for folder in two for s in CorpusStore.open(folder).samples()]
    assert rows == inputs
    assert not list(CorpusCheck(tmp_path / "m").problems())


def test_the_bytes_depend_on_nothing_but_recipe_and_inputs(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    wanted = recipe(*two, total=200, temperature=2, holdout={"share": 0.1}, caps={"scene": 8})
    run(tmp_path / "one", wanted)
    run(tmp_path / "two", wanted, workers=2)
    job = MixJob(wanted, tmp_path / "three", shard_rows=100)
    assert mix(job, part=(1, 2), quiet=True) is None
    mix(job, part=(0, 2), quiet=True)
    job = MixJob(wanted, tmp_path / "four", shard_rows=100)
    writer = CorpusWriter(job.out, job.head())
    job.plan()
    MixShard(job, writer)(1)
    mix(job, quiet=True)
    hashes = [tree_hash(tmp_path / name) for name in ("one", "two", "three", "four")]
    assert hashes[0] == hashes[1] == hashes[2] == hashes[3]


def test_shares_counts_and_caps_are_met(two: tuple[Path, Path], tmp_path: Path) -> None:
    rows = run(
        tmp_path / "m",
        recipe(*two, total=120, shares={"input": {"a": 0.5, "b": 0.5}},
               counts={"task": {"sr.between": 20}}, caps={"difficulty": 70}),
    )  # fmt: skip
    assert Counter(s.source for s in rows) == {"a": 60, "b": 60}
    assert Counter(s.task for s in rows) == {"cr.multi_hop": 60, "mm.object_size": 40,
                                             "sr.between": 20}  # fmt: skip
    assert max(Counter(s.difficulty for s in rows).values()) <= 70


def test_what_is_missing_is_starved_and_not_made_up(two: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = recipe(*two, total=400, shares={"input": {"a": 1, "b": 1}},
                    counts={"task": {"pt.compass_direction": 5}})  # fmt: skip
    rows = run(tmp_path / "m", wanted)
    assert Counter(s.source for s in rows) == {"a": 200, "b": 100}
    lines = {(q["dimension"], q["value"]): q
             for q in CorpusStore.open(tmp_path / "m").manifest["selection"]["quotas"]}  # fmt: skip
    assert lines["input", "b"] == {
        "dimension": "input", "value": "b", "wanted": 200, "got": 100, "candidates": 100,
        "starved": True, "why": "the inputs have 100",
    }  # fmt: skip
    assert lines["task", "pt.compass_direction"]["starved"]
    assert not lines["input", "a"]["starved"]


def test_without_a_total_the_scarcest_share_decides(two: tuple[Path, Path], tmp_path: Path) -> None:
    rows = run(tmp_path / "m", recipe(*two, shares={"input": {"a": 3, "b": 1}}))
    assert Counter(s.source for s in rows) == {"a": 300, "b": 100}
    rows = run(tmp_path / "n", recipe(*two, shares={"input": {"b": 0.2, "*": 0.8}}))
    assert Counter(s.source for s in rows) == {"a": 400, "b": 100}
    rows = run(tmp_path / "o", recipe(*two, shares={"input": {"b": 1}}))
    assert Counter(s.source for s in rows) == {"b": 100}


@pytest.mark.parametrize(("temperature", "b"), [(1, 40), (2, 66.7), (1000, 100)])
def test_temperature_evens_out(
    two: tuple[Path, Path], tmp_path: Path, temperature: float, b: float
) -> None:
    wanted = recipe(*two, total=200, temperature=temperature, balance=["input"])
    rows = run(tmp_path / "m", wanted)
    assert len(rows) == 200
    assert abs(Counter(s.source for s in rows)["b"] - b) <= 1


def test_a_smaller_mix_lies_within_a_larger_one(two: tuple[Path, Path], tmp_path: Path) -> None:
    small = {s.id for s in run(tmp_path / "m", recipe(*two, total=100))}
    large = {s.id for s in run(tmp_path / "n", recipe(*two, total=300))}
    other = {s.id for s in run(tmp_path / "o", recipe(*two, total=300, seed=1))}
    assert (len(small), len(large)) == (100, 300)
    assert len(small - large) <= 4  # rounding of cells
    assert large != other


def test_scenes_are_held_out_across_inputs(tmp_path: Path) -> None:
    a = corpus(tmp_path / "a", 300, "a", scenes=60)
    b = corpus(tmp_path / "b", 300, "b", scenes=60)  # scenes of the same names
    rows = run(tmp_path / "m", recipe(a, b, holdout={"share": 0.2}))
    by_scene: dict[str, set[str]] = {}
    for sample in rows:
        by_scene.setdefault(sample.scene_id, set()).add(sample.split)
    assert all(len(splits) == 1 for splits in by_scene.values())
    assert 5 <= sum(splits == {"val"} for splits in by_scene.values()) <= 20
    few = run(tmp_path / "n", recipe(a, b, holdout={"share": 0.2, "rows": 10}))
    assert Counter(s.split for s in few)["val"] == 10
    assert Counter(s.split for s in few)["train"] == Counter(s.split for s in rows)["train"]


def test_test_scenes_never_come_in_whatever_set_names_them(tmp_path: Path) -> None:
    a = corpus(tmp_path / "a", 300, "a", scenes=30)
    b = corpus(tmp_path / "b", 30, "b", scenes=30, split=lambda k: "test" if k < 10 else "val")
    (tmp_path / "bench.txt").write_text("room_11\nroom_12\n\n")
    holdout = {"exclude_scenes": [str(tmp_path / "bench.txt")]}
    rows = run(tmp_path / "m", recipe(a, b, holdout=holdout))
    assert {s.scene_id for s in rows} == {f"room_{k}" for k in range(10, 30)} - {
        "room_11",
        "room_12",
    }
    assert {s.split for s in rows} == {"val"}  # scenes that are val in one input are so in all
    reasons = Counter()
    for row in CorpusStore.open(tmp_path / "m").drops():
        reasons[row["reason"]] += row["count"]
    assert reasons == {"mix: a test scene": 110, "mix: an excluded scene": 22}


def test_rows_on_a_list_of_the_audit_are_left_out(two: tuple[Path, Path], tmp_path: Path) -> None:
    rows = run(tmp_path / "all", recipe(*two))
    barred = [{s.id: "exact duplicate" for s in rows[::3]}, {s.id: "look of x" for s in rows[::5]}]
    files = [tmp_path / "ids.parquet", tmp_path / "ids.txt"]
    for file, some in zip(files, barred, strict=True):
        write_ids(file, some)
    wanted = recipe(*two, exclude_ids=[str(file) for file in files])
    left = run(tmp_path / "m", wanted)
    assert left == [s for s in rows if not any(s.id in some for some in barred)]
    reasons = {row["reason"] for row in CorpusStore.open(tmp_path / "m").drops()}
    assert reasons == {"mix: on a list of ids to leave out"}
    write_ids(files[1], {})
    with pytest.raises(OutputError, match=r"ids\.txt"):
        run(tmp_path / "m", wanted)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ids.txt", b"0123456789abcdef\nnot an id\n"), ("ids.txt", b"0" * 10_000_000),
        ("ids.txt", b"0123456789ABCDEF\n"), ("ids.txt", b"\xff\xfe0\x001\x00"),
        ("ids.parquet", b"PAR1"), ("ids.parquet", b""), ("none.txt", None),
    ],
)  # fmt: skip
def test_what_is_no_list_of_ids_is_refused(
    two: tuple[Path, Path], tmp_path: Path, name: str, data: bytes | None
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError):
        run(tmp_path / "m", recipe(*two, exclude_ids=[str(tmp_path / name)]))


def test_the_same_corpus_twice_gives_its_rows_once(two: tuple[Path, Path], tmp_path: Path) -> None:
    inputs = [{"name": name, "corpus": str(two[0])} for name in ("x", "y")]
    rows = run(tmp_path / "m", MixRecipe.model_validate({"inputs": inputs}))
    assert len(rows) == 400


def test_inputs_may_give_some_capabilities_alone(two: tuple[Path, Path], tmp_path: Path) -> None:
    inputs = [{"name": "a", "corpus": str(two[0]), "capabilities": ["MM"]},
              {"name": "b", "corpus": str(two[1]), "tasks": ["cr.maze_path"]}]  # fmt: skip
    rows = run(tmp_path / "m", MixRecipe.model_validate({"inputs": inputs}))
    assert {s.task for s in rows} == {"mm.object_size"}


def test_images_are_linked_and_external_names_kept(tmp_path: Path) -> None:
    image = picture(tmp_path / "x.png")
    a = corpus(tmp_path / "a", 20, "a", image=image)
    b = corpus(tmp_path / "b", 20, "b", external=("web", str(tmp_path)))
    rows = run(tmp_path / "m", recipe(a, b))
    store = CorpusStore.open(tmp_path / "m")
    own, other = rows[0].images[0], rows[-1].images[0]
    assert store.image_path(own).stat().st_ino == CorpusStore.open(a).image_path(own).stat().st_ino
    assert store.image_path(other) == tmp_path / "x.png"
    assert store.manifest["images"]["external"] == {"web": 20}
    assert not list(CorpusCheck(tmp_path / "m").problems())
    c = corpus(tmp_path / "c", 20, "c", external=("web", "/elsewhere"))
    with pytest.raises(RecipeError, match="different folders by one name"):
        run(tmp_path / "n", recipe(b, c))


def test_hashes_are_splitmix64() -> None:
    found = mixed(np.array([0, 1234567], dtype=np.uint64))
    assert [int(x) for x in found] == [16294208416658607535, 6457827717110365317]


def test_an_empty_corpus_mixes_to_nothing(tmp_path: Path) -> None:
    CorpusWriter(tmp_path / "e", head(shards=0)).finish()
    assert run(tmp_path / "m", recipe(tmp_path / "e", total=5)) == []
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["selection"]["train"] == 0
