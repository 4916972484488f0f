"""Generate and verify on a source of boxes: the same bytes, resumable, and no lie survives."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from meta_info import write_meta_info

from sextant.commands.generate import GenerateJob, GenerateShard, generate
from sextant.commands.verify import verify
from sextant.errors import InputError, OutputError, RecipeError
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.sample import LETTERS, SCHEMA
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


def tables(corpus: Path) -> dict[str, str]:
    return {
        str(p.relative_to(corpus)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(corpus.rglob("*.parquet"))
    }


def job(root: Path | None, out: Path, recipe=None, **more) -> GenerateJob:
    rules = GenerateRecipe.model_validate(recipe or {})
    return GenerateJob("vsi_meta", root, out, rules, seed=3, **more)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory) -> Path:
    """A folder with data and a corpus of them, for tests that leave both as they are."""
    folder = tmp_path_factory.mktemp("generated")
    write_meta_info(folder / "meta")
    generate(job(folder / "meta", folder / "c"), quiet=True)
    return folder


def test_same_bytes_for_any_number_of_workers(unchanged, tmp_path):
    generate(job(unchanged / "meta", tmp_path / "two"), workers=2, quiet=True)
    assert tables(unchanged / "c") == tables(tmp_path / "two")
    assert verify(tmp_path / "two", workers=2, quiet=True).ok


def test_another_seed_gives_other_questions(unchanged, tmp_path):
    other = dataclasses.replace(job(unchanged / "meta", tmp_path / "b"), seed=4)
    generate(other, quiet=True)
    assert tables(unchanged / "c") != tables(tmp_path / "b")


def test_an_interrupted_run_goes_on_to_the_same_bytes(unchanged, tmp_path):
    broken = job(unchanged / "meta", tmp_path / "broken")
    GenerateShard(broken, CorpusWriter(broken.out, broken.head()))(2)
    generate(broken, quiet=True)
    assert tables(unchanged / "c") == tables(broken.out)


def test_parts_of_an_array_make_one_corpus(unchanged, tmp_path):
    parts = job(unchanged / "meta", tmp_path / "parts")
    assert generate(parts, part=(1, 2), quiet=True) is None
    assert generate(parts, part=(0, 2), quiet=True) is not None
    assert tables(unchanged / "c") == tables(tmp_path / "parts")


def test_limit_is_dealt_out_over_scenes_and_families(meta_info, tmp_path):
    generate(job(meta_info, tmp_path / "c", limit=18), quiet=True)
    rows = list(CorpusStore.open(tmp_path / "c").samples())
    assert len(rows) == 18
    # Twice as many are made, dealt out evenly, and selection keeps those that lean nowhere.
    assert all(2 <= n <= 9 for n in Counter(r.scene_id for r in rows).values())
    assert len({r.task for r in rows}) >= 4


def test_limit_without_selection_is_exact_everywhere(meta_info, tmp_path):
    recipe = {"selection": {"enabled": False}}
    manifest = generate(job(meta_info, tmp_path / "c", recipe, limit=18), quiet=True)
    rows = list(CorpusStore.open(tmp_path / "c").samples())
    assert len(rows) == 18
    assert set(Counter(r.scene_id for r in rows).values()) == {4, 5}
    assert manifest["selection"] is None


def test_selection_is_accounted_for(meta_info, tmp_path):
    manifest = generate(job(meta_info, tmp_path / "c", {"per_task": 30}), quiet=True)
    found = manifest["selection"]
    left = found["candidates"] - found["kept"]
    assert found["kept"] == manifest["samples"] == len(CorpusStore.open(tmp_path / "c"))
    assert left == sum(found["reasons"].values()) > 0
    drops = CorpusStore.open(tmp_path / "c").drops()
    assert sum(d["count"] for d in drops if d["reason"].startswith("selection: ")) == left
    assert sum(manifest["counts"]["task"].values()) == found["kept"]


def test_rows_are_what_the_format_says(unchanged):
    assert pq.read_schema(next((unchanged / "c" / "qa").iterdir())).equals(SCHEMA)
    letters = Counter()
    for row in CorpusStore.open(unchanged / "c").samples():
        assert row.split == "test"
        assert row.task.startswith(row.capability.lower())
        evidence = row.evidence_dict()
        assert {"objects", "quantity", "value", "thresholds", "boxes"} <= set(evidence)
        assert set(evidence["boxes"]) == set(evidence["objects"])
        if row.answer_type == "choice" and len(row.options) == 4:
            letters[row.answer] += 1
    for letter in LETTERS[:4]:
        assert letters[letter] > 0.15 * letters.total()


def test_another_recipe_does_not_continue_a_folder(unchanged):
    begun = job(unchanged / "meta", unchanged / "c")
    changed = dataclasses.replace(begun, recipe=GenerateRecipe(per_task=2))
    before = tables(unchanged / "c")
    with pytest.raises(OutputError, match="per_task"):
        generate(changed, quiet=True)
    assert tables(unchanged / "c") == before


def test_a_broken_scene_is_quarantined_and_counted(meta_info, tmp_path):
    path = next(meta_info.iterdir())
    data = json.loads(path.read_text())
    many = {f"{name}{k}": scene for name, scene in data.items() for k in range(3)}
    many["99"] = {"dataset": "arkitscenes", "object_bbox": "nonsense"}
    path.write_text(json.dumps(many))
    manifest = generate(job(meta_info, tmp_path / "c"), quiet=True)
    assert manifest["samples"] > 0
    (row,) = CorpusStore.open(tmp_path / "c").quarantine()
    assert "99" in row["scene_id"]


def test_too_many_broken_scenes_stop_the_run_and_leave_nothing(meta_info, tmp_path):
    path = next(meta_info.iterdir())
    data = json.loads(path.read_text())
    path.write_text(json.dumps({name: {"object_bbox": 3} for name in data}))
    with pytest.raises(InputError):
        generate(job(meta_info, tmp_path / "c"), quiet=True)
    assert not (tmp_path / "c").exists()


def test_verify_finds_a_changed_dataset(meta_info, tmp_path):
    generate(job(meta_info, tmp_path / "c"), quiet=True)
    path = next(meta_info.iterdir())
    assert verify(tmp_path / "c", quiet=True).ok  # whatever it remembers must not hide the change
    data = json.loads(path.read_text())
    first = sorted(data)[0]
    data[first]["object_bbox"]["sofa"][0]["centroid"][0] += 0.001
    path.write_text(json.dumps(data))
    result = verify(tmp_path / "c", quiet=True)
    assert result.failed > 0
    assert all(first in m.scene_id for m in result.mismatches)


@pytest.mark.parametrize("field", ["answer", "value", "question", "options"])
def test_verify_finds_a_changed_row(unchanged, tmp_path, field):
    shutil.copytree(unchanged / "c", tmp_path / "c")
    part = sorted((tmp_path / "c" / "qa").iterdir())[0]
    table = pq.read_table(part)
    rows = table.to_pylist()
    target = next(r for r in rows if r["answer_type"] == "choice" and r["value"] is not None)
    if field == "answer":
        target["answer_index"] = (target["answer_index"] + 1) % 4
        target["answer"] = LETTERS[target["answer_index"]]
    elif field == "value":
        target["value"] += 1e-6
    elif field == "question":
        target["question"] += " "
    else:
        target["options"][0] += "0"
    pq.write_table(type(table).from_pylist(rows, schema=SCHEMA), part)
    # The hashes are mended too, so that only the recomputation can tell.
    manifest_path = tmp_path / "c" / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    facts = manifest["shards"][0]["qa"]
    facts["bytes"] = part.stat().st_size
    facts["sha256"] = hashlib.sha256(part.read_bytes()).hexdigest()
    manifest_path.write_text(json.dumps(manifest))
    result = verify(tmp_path / "c", quiet=True)
    assert result.failed == 1
    assert result.mismatches[0].sample_id == target["id"]


def test_unknown_names_are_refused_before_anything_is_written(meta_info, tmp_path):
    wrong_task = dataclasses.replace(
        job(meta_info, tmp_path / "c"), recipe=GenerateRecipe(tasks=("mm.object_distanc",))
    )
    wrong_margin = dataclasses.replace(
        job(meta_info, tmp_path / "c"),
        recipe=GenerateRecipe(margins={"mm.object_distance": {"min_distanc": 1.0}}),
    )
    for wrong in (wrong_task, wrong_margin):
        with pytest.raises(RecipeError, match="did you mean"):
            generate(wrong, quiet=True)
    assert not (tmp_path / "c").exists()
