from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from corpora import CHOICE, build, head, number, scene_row, tree_hash, write_shard

from sextant.errors import OutputError
from sextant.samples.layout import SCENE_SCHEMA
from sextant.samples.sample import SCHEMA
from sextant.samples.writer import CorpusWriter


def test_a_finished_corpus_holds_what_the_format_says(tmp_path: Path) -> None:
    manifest = build(tmp_path / "c")
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "card.md", "croissant.json", "drops.parquet", "images", "manifest.json", "qa",
        "quarantine.parquet", "scenes",
    ]  # fmt: skip
    assert json.loads((tmp_path / "c" / "manifest.json").read_text()) == manifest
    assert manifest["head"] == head()
    assert manifest["samples"] == 16
    assert manifest["counts"]["split"] == {"test": 4, "train": 8, "val": 4}
    assert [shard["qa"]["rows"] for shard in manifest["shards"]] == [4, 4, 4, 4, 0]
    assert manifest["dropped"] == 0 + 1 + 2 + 3 + 4 + 5
    assert manifest["quarantined"] == 1
    for kind, schema in (("qa", SCHEMA), ("scenes", SCENE_SCHEMA)):
        for index in range(5):
            part = tmp_path / "c" / kind / f"part-{index:05d}.parquet"
            assert pq.read_schema(part).equals(schema)


def test_running_again_after_the_end_changes_nothing(tmp_path: Path) -> None:
    first = build(tmp_path / "c")
    before = tree_hash(tmp_path / "c")
    writer = CorpusWriter(tmp_path / "c", head())
    assert writer.is_complete
    assert writer.committed() == {0, 1, 2, 3, 4}
    assert build(tmp_path / "c") == first
    assert tree_hash(tmp_path / "c") == before


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipe": {"seed": 2, "tasks": {}}, "recipe_hash": "r2"}, "recipe.seed"),
        ({"recipe_hash": "r2"}, "recipe_hash"),
        ({"source": {"name": "toy", "root": "/else", "options": {}}}, "source.root"),
        ({"versions": {"sextant": "1"}}, "versions.sextant"),
        ({"shards": 6}, "shards"),
        ({"extra": True}, "extra"),
    ],
)
def test_another_run_is_refused_and_the_difference_named(
    tmp_path: Path, changes: dict, field: str, finished: bool
) -> None:
    if finished:
        build(tmp_path / "c")
    else:
        write_shard(CorpusWriter(tmp_path / "c", head()), 0.0, 0)
    before = tree_hash(tmp_path / "c")
    with pytest.raises(OutputError, match="belongs to another run") as caught:
        CorpusWriter(tmp_path / "c", head(**changes))
    if "tasks" not in str(changes):
        assert caught.value.where.endswith(f"c: {field}")
    else:
        assert ": recipe." in caught.value.where
    assert tree_hash(tmp_path / "c") == before


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(OutputError, match="no corpus"):
        CorpusWriter(tmp_path, head())
    with pytest.raises(OutputError, match="no corpus"):
        CorpusWriter(tmp_path / "thesis.tex", head())
    (tmp_path / "thesis.tex").unlink()
    (tmp_path / "manifest.json").write_text('{"format": "webpack"}')
    with pytest.raises(OutputError, match="manifest of something else"):
        CorpusWriter(tmp_path, head())
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(OutputError, match="damaged"):
        CorpusWriter(tmp_path, head())


def test_a_run_killed_before_its_first_file_can_go_on(tmp_path: Path) -> None:
    (tmp_path / "c" / ".run").mkdir(parents=True)
    (tmp_path / "c" / ".run" / ".head.json.123-0123456789ab.tmp").touch()
    assert build(tmp_path / "c")["samples"] == 16
    assert not (tmp_path / "c" / ".run").exists()


def test_finishing_too_early_says_what_is_missing(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head())
    write_shard(writer, 0.0, 0)
    with pytest.raises(OutputError, match="the first missing one is 1"):
        writer.finish()


def test_a_corpus_of_nothing_is_a_corpus(tmp_path: Path) -> None:
    manifest = build(tmp_path / "none", shards=0)
    assert (manifest["samples"], manifest["images"]) == (
        0,
        {"count": 0, "bytes": 0, "external": {}},
    )
    assert build(tmp_path / "empty", shards=1)["samples"] == 0


def test_a_writer_crosses_process_borders(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head())
    write_shard(writer, 0.0, 2)
    copy = pickle.loads(pickle.dumps(writer))  # noqa: TID251
    assert copy.committed() == {2}
    assert copy.head_hash == writer.head_hash


@pytest.mark.parametrize("bad", [{}, {**head(), "shards": -1}, {**head(), "shards": "5"}])
def test_a_head_that_identifies_nothing_is_refused(tmp_path: Path, bad: dict) -> None:
    with pytest.raises(ValueError, match=r"head of a corpus|number of shards"):
        CorpusWriter(tmp_path / "c", bad)


def test_malformed_samples_never_reach_the_disk(tmp_path: Path) -> None:
    shard = CorpusWriter(tmp_path / "c", head()).shard(0)
    for samples, message in (
        ([replace(CHOICE, answer_index=7)], "answer_index 7 outside"),
        ([CHOICE, CHOICE], "same id"),
        ([number(images=("images/ab/x.png",), question="<image>?")], "never stored"),
        ([number(images=("../x.png",), question="<image>?")], "does not stay inside"),
    ):
        with pytest.raises(ValueError, match=message):
            shard.commit(samples, [], {})
    assert not (tmp_path / "c" / "qa").exists()


def test_the_same_id_in_two_shards_is_found_at_the_end(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head(shards=2))
    for index in range(2):
        writer.shard(index).commit([CHOICE], [scene_row()], {})
    with pytest.raises(OutputError, match="same id") as caught:
        writer.finish()
    assert CHOICE.id in str(caught.value)


def test_a_scene_in_two_splits_is_found_at_the_end(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head(shards=2))
    writer.shard(0).commit([CHOICE], [], {})
    writer.shard(1).commit([replace(CHOICE, id="0" * 16, split="test")], [], {})
    with pytest.raises(OutputError, match="two splits"):
        writer.finish()


def test_equal_images_are_stored_once_and_a_torn_one_is_replaced(tmp_path: Path) -> None:
    root = tmp_path / "c"
    writer = CorpusWriter(root, head())
    name = writer.shard(0).image(b"pixels", ".jpg")
    assert name == f"images/{name[7:9]}/{name[10:42]}.jpg"
    (root / name).write_bytes(b"pix")
    assert writer.shard(1).image(b"pixels", ".jpg") == name
    assert (root / name).read_bytes() == b"pixels"
    for suffix in ("jpg", "/../x", ".JPG", ""):
        with pytest.raises(ValueError, match="suffix"):
            writer.shard(0).image(b"x", suffix)


def test_an_image_that_vanished_is_noticed(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head())
    for index in range(5):
        write_shard(writer, 0.0, index)
    next((tmp_path / "c" / "images").rglob("*.png")).unlink()
    with pytest.raises(OutputError, match="missing"):
        writer.finish()


def test_the_card_counts_everything_and_escapes_names(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head(shards=1))
    hostile = "<img src=x onerror=alert(1)>|`**x**`\n# heading"
    writer.shard(0).commit(
        [replace(CHOICE, license=hostile), number(id="0" * 16)],
        [],
        {("sr.relative_distance", "too close"): 41},
    )
    writer.finish()
    card = (tmp_path / "c" / "card.md").read_text()
    assert "| sr.relative\\_distance | too close | 41 |" in card
    assert "| choice | 1 |" in card
    assert "<img" not in card
    assert "\n# heading" not in card
