"""One byte changed anywhere in a corpus is found, and so is everything else that is wrong."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import CHOICE, build, head
from test_columns import table

from sextant.samples.check import CorpusCheck
from sextant.samples.layout import encode_table, file_facts
from sextant.samples.sample import sample_id
from sextant.samples.seal import checksum, manifest_problems, write_manifest
from sextant.samples.writer import CorpusWriter


def problems(root: Path, **options: Any) -> list[str]:
    return list(CorpusCheck(root, **options).problems())


def files(root: Path) -> list[Path]:
    return sorted(Path(p, n) for p, _, names in os.walk(root) for n in names)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    build(tmp_path / "c")
    return tmp_path / "c"


def test_a_sound_corpus_has_no_problem(root: Path) -> None:
    assert problems(root) == []
    assert problems(root, workers=3) == []


def flip(root: Path, count: int) -> None:
    """Flip bits one at a time, in all files alike; each must be found."""
    rng = np.random.default_rng(0)
    every = files(root)
    assert {f.parent.name for f in every} > {"qa", "scenes", "c"}
    for k in range(count):
        path = every[k % len(every)]
        data = path.read_bytes()
        place, bit = int(rng.integers(len(data))), int(rng.integers(8))
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        assert problems(root), f"{path}: bit {bit} of byte {place}"
        path.write_bytes(data)
    assert not problems(root)


def test_one_bit_anywhere_is_found(root: Path) -> None:
    flip(root, 60)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_bit_in_a_thousand_places_is_found(root: Path) -> None:
    flip(root, 1000)


def test_a_file_that_is_missing_cut_off_or_added_is_found(root: Path) -> None:
    for path in {path.parent.name + path.suffix: path for path in files(root)}.values():
        data = path.read_bytes()
        path.unlink()
        assert problems(root), path
        path.write_bytes(data[:-1])
        assert problems(root), path
        path.write_bytes(data + b"\n")
        assert problems(root), path
        path.write_bytes(data)
    (root / "qa" / "part-00005.parquet").write_bytes(b"")
    assert "not in the manifest" in problems(root)[0]
    (root / "qa" / "part-00005.parquet").unlink()
    (root / "images" / "ab").mkdir(exist_ok=True)
    (root / "images" / "ab" / "x.png").write_bytes(b"x")
    assert "shown by no row" in problems(root)[0]


def test_an_image_that_leads_out_of_the_corpus_is_found(root: Path) -> None:
    image = next((root / "images").rglob("*.png"))
    image.rename(root.parent / "away.png")
    image.symlink_to(root.parent / "away.png")
    assert "leads out of the corpus" in problems(root)[0]
    image.unlink()
    image.symlink_to(image)
    assert problems(root)


def forge(root: Path, rows: list[Any], **changes: Any) -> None:
    """Write other rows into the first table, and a manifest to them, as a careful forger would."""
    data = encode_table(table(rows))
    (root / "qa" / "part-00000.parquet").write_bytes(data)
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["shards"][0]["qa"].update(file_facts(data, len(rows)))
    manifest.update(changes)
    write_manifest(root / "manifest.json", manifest)


def test_rows_that_a_forger_wrote_are_looked_at(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head(shards=1))
    writer.shard(0).commit([CHOICE], [], {})
    writer.finish()
    other = replace(CHOICE, id=sample_id("x"))
    forge(tmp_path / "c", [CHOICE])
    assert problems(tmp_path / "c") == []
    for rows, says in (
        ([replace(CHOICE, answer="Z")], "answer 'Z' is neither"),
        ([CHOICE, CHOICE], "ids occur twice"),
        ([CHOICE, replace(other, split="val")], "is in train and in val"),
        ([CHOICE, other], "the manifest says 1"),
        ([replace(CHOICE, task="sr.other")], "counts of task"),
        ([replace(CHOICE, images=("images/ab/" + "ab" * 16 + ".png",), question="<image>",
                  frame_ids=())], "No such file"),
        ([replace(CHOICE, images=("a.png",), question="<image>", frame_ids=())], "not named after"),
        ([replace(CHOICE, images=("external/x/a",), question="<image>", frame_ids=())],
         "does not say where these images are"),
    ):  # fmt: skip
        forge(tmp_path / "c", rows)
        assert says in "\n".join(problems(tmp_path / "c")), says


def test_missing_external_images_are_one_line(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", head(shards=1, external={"web": str(tmp_path)}))
    rows = [replace(CHOICE, id=sample_id(k), images=(f"external/web/{k}.png",), frame_ids=(),
                    question="<image>?") for k in range(50)]  # fmt: skip
    writer.shard(0).commit(rows, [], {})
    writer.finish()
    (found,) = problems(tmp_path / "c")
    assert "50 external images are not there, e.g. external/web/0.png" in found
    assert problems(tmp_path / "c", external=False) == []
    (tmp_path / "there").mkdir()
    for k in range(50):
        (tmp_path / "there" / f"{k}.png").touch()
    assert problems(tmp_path / "c", moved={"web": str(tmp_path / "there")}) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"shards": 7}', '{"checksum": "x"}', "\xff"]
)
def test_a_manifest_of_nonsense_is_a_problem_and_no_crash(root: Path, text: str) -> None:
    (root / "manifest.json").write_text(text, encoding="latin-1")
    assert problems(root)


def test_a_manifest_says_what_it_was_sealed_with(root: Path) -> None:
    path = root / "manifest.json"
    manifest = json.loads(path.read_text())
    assert manifest["checksum"] == checksum(manifest)
    path.write_text(json.dumps(manifest))
    assert manifest_problems(path) == [f"{path}: other bytes than were written"]
    manifest["samples"] += 1
    path.write_text(json.dumps(manifest))
    assert manifest_problems(path) == [f"{path}: says something else than was written"]
    del manifest["checksum"]
    path.write_text(json.dumps(manifest))
    assert "no checksum" in manifest_problems(path)[0]
