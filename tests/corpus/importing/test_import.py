"""An import as a whole: same bytes for any number of workers, resumed, hostile rows put aside."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from corpora import tree_hash
from set_files import imported, jsonl, picture, reasons, samples, talk

from sextant.corpus.importing import pieces
from sextant.corpus.importing.job import ImportJob, ImportShard
from sextant.corpus.importing.run import import_set
from sextant.errors import InputError, MissingInput, OutputError, RecipeError
from sextant.samples.check import CorpusCheck
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.writer import CorpusWriter


def row(number: int, **changes: Any) -> dict[str, Any]:
    image = f"scannet/scene{number % 7:04d}_00/{number}.jpg"
    return {
        "id": number, "image": [image],
        "conversations": talk(f"<image>\nHow far is thing {number}?", f"{number}.5"), **changes,
    }  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows: list[Any] = [row(k) for k in range(200)]
    rows[17] = b"{"
    rows[60] = b""
    return jsonl(tmp_path / "set" / "rows.jsonl", rows)


def test_the_bytes_depend_on_nothing_but_the_set(source: Path, tmp_path: Path) -> None:
    size = 4000
    store = imported("sensenova_si", source, tmp_path / "a", piece_bytes=size)
    assert len(store.manifest["shards"]) > 5
    imported("sensenova_si", source, tmp_path / "b", piece_bytes=size, workers=2)
    job = ImportJob("sensenova_si", source, tmp_path / "c", piece_bytes=size)
    assert import_set(job, part=(1, 2), quiet=True) is None
    assert import_set(job, part=(0, 2), quiet=True) is not None
    hashes = [tree_hash(tmp_path / name) for name in "abc"]
    assert hashes[0] == hashes[1] == hashes[2]
    assert [s.id for s in samples(store)] == list(dict.fromkeys(s.id for s in samples(store)))
    assert not list(CorpusCheck(tmp_path / "a", external=False).problems())


def test_an_import_goes_on_where_it_stopped(source: Path, tmp_path: Path) -> None:
    imported("sensenova_si", source, tmp_path / "whole", piece_bytes=4000)
    job = ImportJob("sensenova_si", source, tmp_path / "cut", piece_bytes=4000)
    writer = CorpusWriter(job.out, job.head())
    for index in (0, 3):
        ImportShard(job, writer)(index)
    with pytest.raises(OutputError, match="not complete"):
        writer.finish()
    import_set(job, quiet=True)
    import_set(job, quiet=True)
    assert tree_hash(tmp_path / "cut") == tree_hash(tmp_path / "whole")


def test_a_changed_file_or_option_does_not_go_on(source: Path, tmp_path: Path) -> None:
    imported("sensenova_si", source, tmp_path / "c")
    with pytest.raises(OutputError, match="another run"):
        imported("sensenova_si", source, tmp_path / "c", limit=5)
    source.write_bytes(source.read_bytes().replace(b"thing 3?", b"thong 3?"))
    with pytest.raises(OutputError, match="another run"):
        imported("sensenova_si", source, tmp_path / "c")


def test_what_is_broken_is_named_by_file_and_line(source: Path, tmp_path: Path) -> None:
    store = imported("sensenova_si", source, tmp_path / "c", piece_bytes=1500)
    (found,) = store.quarantine()
    assert found["where"] == "rows.jsonl:18"
    assert found["what"] == "not JSON"
    assert store.manifest["quarantined"] == 1
    assert store.manifest["samples"] == 198


def test_a_limit_takes_the_first(source: Path, tmp_path: Path) -> None:
    store = imported("sensenova_si", source, tmp_path / "c", limit=20)
    assert [json.loads(s.evidence)["import"]["id"] for s in samples(store)] == [
        k for k in range(20) if k != 17
    ]


def test_what_a_row_becomes(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", [row(3)])
    (sample,) = samples(imported("sensenova_si", source, tmp_path / "c", name="si"))
    assert (sample.capability, sample.task) == ("GENERAL", "sensenova_si.unknown")
    assert sample.images == ("external/si/scannet/scene0003_00/3.jpg",)
    assert sample.scene_id == "scene0003_00"
    assert (sample.answer, sample.answer_type, sample.value) == ("3.5", "number", 3.5)
    assert render_prompt(sample) == "<image>\nHow far is thing 3?"
    assert render_answer(sample) == "3.5"
    assert json.loads(sample.evidence)["import"] == {"file": "rows.jsonl", "offset": 0, "id": 3}


HOSTILE: list[tuple[Any, str]] = [
    (b"{", "not JSON"), (b"\xff\xfe{}", "not JSON"), (b'{"a": NaN}', "not JSON"),
    (b"[" * 100_000, "not JSON"), (b'{"a":' * 50_000, "not JSON"),
    (b'{"id": "\xed\xa0\x80"}', "not JSON"),
    (b'{"id": "\\ud800"}', "not JSON"), (b"\x00" * 50, "not JSON"), (b"7", "not an object"),
    (b"[]", "not an object"), (b'"x"', "not an object"), (b"null", "not an object"),
    ("é".encode("utf-16"), "not JSON"), (b"{}", "no conversation"),
    ({"conversations": []}, "no conversation"), ({"conversations": "x"}, "no conversation"),
    ({"conversations": ["a", "b"]}, "a turn is not a pair of from and value"),
    ({"conversations": [{"from": "human"}]}, "a turn is not a pair of from and value"),
    ({"conversations": [{"from": [], "value": "x"}]},
     "turns do not alternate between human and gpt"),
    ({"conversations": talk("a", "b")[::-1]}, "turns do not alternate between human and gpt"),
    ({"conversations": talk("a", "b", "c")}, "the last turn is not an answer"),
    ({"conversations": [{"from": "system", "value": "x"}, *talk("a", "b")]},
     "a system turn, which the sample schema has no place for"),
    (row(0, image=7), "image is neither a path nor a list"),
    (row(0, image={"a": 1}), "image is neither a path nor a list"),
    (row(0, image=[None]), "image holds something that is no path"),
    (row(0, image=[[]]), "image holds something that is no path"),
    (row(0, image=[""]), "image holds something that is no path"),
    (row(0, image=["x.jpg"] * 600), "too many images"),
    (row(0, image=[]), "<image> where there is no image"),
    (row(0, image=["a", "b"], conversations=talk("see <image> there", "b")),
     "another number of <image> than of images"),
    (row(0, image=["a"], conversations=talk("<image> and <image>", "b")),
     "another number of <image> than of images"),
    (row(0, conversations=talk("<image>a", "b", "<image>c", "d")),
     "<image> in a later turn, which the sample schema has no place for"),
    *((row(0, image=[path]), "does not fit the sample schema")
      for path in ("../x", "/etc/passwd", "a/../../x", "a\\b", "C:/x", "a//b", "./x", "a\0b",
                   "http://x/y.jpg", "file:///x")),
    (row(0, conversations=talk("<image>a", " ")), "does not fit the sample schema"),
    (row(0, conversations=talk("<image>a", "")), "does not fit the sample schema"),
    (row(0, conversations=talk("<image>a", "see <image>")), "does not fit the sample schema"),
]  # fmt: skip


@pytest.mark.parametrize(("hostile", "reason"), HOSTILE, ids=lambda x: repr(x)[:50])
def test_a_hostile_row_is_put_aside_and_its_neighbours_are_kept(
    tmp_path: Path, hostile: Any, reason: str
) -> None:
    source = jsonl(tmp_path / "rows.jsonl", [row(1), hostile, row(2)])
    store = imported("sensenova_si", source, tmp_path / "c")
    assert len(samples(store)) == 2
    assert reasons(store) == {reason: 1}
    assert store.quarantine()[0]["where"] == "rows.jsonl:2"


def test_odd_values_that_do_no_harm(tmp_path: Path) -> None:
    rows = [row(1, id=2**70), row(2, id=["x"]), row(3, id=None), row(4, extra={"a": [1]}),
            row(5, conversations=talk("<image>a\0b", "c\0")), row(6, image="x.jpg"),
            row(7, image=None, conversations=talk("a", "b")),
            row(8, conversations=talk("<image>" + "é" * 100_000, "日本"))]  # fmt: skip
    store = imported("sensenova_si", jsonl(tmp_path / "rows.jsonl", rows), tmp_path / "c")
    assert reasons(store) == {}
    assert len(samples(store)) == len(rows)


def test_marks_are_put_right_where_that_is_certain(tmp_path: Path) -> None:
    two = ["a.jpg", "b.jpg"]
    rows = [
        row(0, image=two, conversations=talk("Which?", "x")),
        row(1, image=two, conversations=talk("<image>\nWhich?", "x")),
        row(2, image=two, conversations=talk("<image>\n<image>\n<image>\nWhich?", "x")),
        row(3, image=two, conversations=talk("Image-1: <image>\nImage-2: <image>\nWhich?", "x")),
    ]
    store = imported("sensenova_si", jsonl(tmp_path / "rows.jsonl", rows), tmp_path / "c")
    found = samples(store)
    assert [s.question for s in found[:3]] == ["<image>\n<image>\nWhich?"] * 3
    assert found[3].question == rows[3]["conversations"][0]["value"]
    assert store.manifest["notes"]["repaired"] == {
        "<image> put before the question": 2, "<image> beyond the number of images removed": 1,
    }  # fmt: skip


def test_further_turns_and_their_answers_are_kept(tmp_path: Path) -> None:
    rows = [row(0, conversations=talk("<image>a", "b", "c", "d"))]
    (sample,) = samples(
        imported("sensenova_si", jsonl(tmp_path / "rows.jsonl", rows), tmp_path / "c")
    )
    assert json.loads(sample.turns or "") == talk("c", "d")


def test_too_many_broken_rows_stop_it_and_leave_nothing(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", [b"{"] * 30)
    with pytest.raises(InputError, match="too many records are broken"):
        imported("sensenova_si", source, tmp_path / "c", max_broken=0.05)
    assert not (tmp_path / "c").exists()


def test_many_broken_rows_are_counted_but_not_all_listed(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", [b"{"] * 300 + [row(1)])
    store = imported("sensenova_si", source, tmp_path / "c")
    assert store.manifest["quarantined"] == 300
    assert len(store.quarantine()) == 100


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="did you mean 'sensenova_si'"):
        imported("sensenova", tmp_path, tmp_path / "c")
    with pytest.raises(MissingInput, match="not there"):
        imported("sensenova_si", tmp_path / "x.jsonl", tmp_path / "c")
    with pytest.raises(MissingInput, match="no file of this set"):
        imported("sensenova_si", tmp_path, tmp_path / "c")


def test_pictures_are_taken_over_once(tmp_path: Path) -> None:
    picture(tmp_path / "set" / "a.jpg")
    picture(tmp_path / "set" / "copy.jpg")
    picture(tmp_path / "set" / "b.png", (1, 2, 3))
    rows = [row(k, image=[name]) for k, name in enumerate(["a.jpg", "copy.jpg", "b.png", "a.jpg"])]
    source = jsonl(tmp_path / "set" / "rows.jsonl", rows)
    store = imported("sensenova_si", source, tmp_path / "c", images="store")
    found = samples(store)
    assert found[0].images == found[1].images == found[3].images != found[2].images
    assert store.manifest["images"]["count"] == 2
    assert found[2].images[0].endswith(".png")
    assert found[0].scene_id == "a"
    assert not list(CorpusCheck(tmp_path / "c").problems())


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: None, "a picture is missing"),
        (lambda p: p.mkdir(parents=True), "a picture is missing"),
        (lambda p: p.write_bytes(b"<html>"), "a picture's file is no PNG, JPEG, WEBP or BMP"),
        (lambda p: p.write_bytes(b"\x80\x04."), "a picture's file is no PNG, JPEG, WEBP or BMP"),
        (lambda p: p.write_bytes(b""), "a picture's file is no PNG, JPEG, WEBP or BMP"),
        (lambda p: p.symlink_to("/etc/passwd"), "a path leaves the folder of pictures"),
        (lambda p: p.symlink_to(p), "a path leaves the folder of pictures"),
        (lambda p: os.truncate(p.touch() or p, 65 * 2**20), "a picture's file is too large"),
    ],
)
def test_a_picture_that_cannot_be_had_breaks_its_row(
    tmp_path: Path, make: Any, reason: str
) -> None:
    (tmp_path / "set").mkdir()
    make(tmp_path / "set" / "x.jpg")
    source = jsonl(tmp_path / "set" / "rows.jsonl", [row(0, image=["x.jpg"])])
    store = imported("sensenova_si", source, tmp_path / "c", images="store")
    assert reasons(store) == {reason: 1}


def test_a_line_beyond_the_limit_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "MAX_RECORD", 5000)
    long = row(1, conversations=talk("<image>" + "x" * 6000, "y"))
    source = jsonl(tmp_path / "rows.jsonl", [row(0), long, row(2)])
    store = imported("sensenova_si", source, tmp_path / "c")
    assert reasons(store) == {"the record is too long": 1}
    assert len(samples(store)) == 2
