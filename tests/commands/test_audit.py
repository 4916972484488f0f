"""``sextant audit`` finds what was planted, drops it, and says so in tables and files."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "samples"))
sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))

from audited_corpora import PLAIN, id_of, number, write
from drawn_rooms import COPIES, encoded, room, sheet
from made_corpora import corpus as made_corpus
from PIL import Image, ImageOps

from sextant.commands import audit
from sextant.commands.audit_findings import Findings
from sextant.commands.audit_job import AuditJob
from sextant.commands.generate import GenerateJob, generate
from sextant.corpus.exporting.run import export_corpus
from sextant.corpus.leaving_out import write_without
from sextant.errors import RecipeError
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.check import CorpusCheck
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS
from sextant.samples.writer import CorpusWriter

SCENES, VIEWS = 16, 4


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    from meta_info import write_meta_info

    folder = tmp_path_factory.mktemp("audited")
    meta = write_meta_info(folder / "meta")
    generate(GenerateJob("vsi_meta", meta, folder / "c", GenerateRecipe(per_task=30)), quiet=True)
    return folder / "c"


def test_table_and_figures(generated, tmp_path, capsys):
    job = AuditJob(generated, blind=True, prior=True, out=tmp_path / "a.json", rows=tmp_path / "r")
    assert audit.run(job)
    said = capsys.readouterr().out
    assert "majority" in said
    assert "cross-validated" in said
    found = json.loads((tmp_path / "a.json").read_text())
    rows = [
        r for r in CorpusStore.open(generated).samples() if r.answer_type in ("choice", "boolean")
    ]
    assert sum(f["rows"] for f in found["blind"]) == len(rows) > 0
    for family in found["blind"]:
        assert 0 <= family["majority"] <= 1
        assert "first_mentioned" in family["heuristics"]
    biases = pq.read_table(tmp_path / "r" / "prior.parquet")
    assert len(biases) == sum(task["rows"] for task in found["prior"]) >= len(rows)


def test_a_limit_takes_some_rows_and_a_dry_run_none(generated, capsys):
    total = len(CorpusStore.open(generated))
    half = AuditJob(generated, limit=total // 2)
    some = list(Findings(half, CorpusStore.open(generated), Console(), {}).drawn_rows())
    assert 0.25 * total < len(some) < 0.75 * total
    assert audit.run(AuditJob(generated, blind=True, dry_run=True))
    assert capsys.readouterr().out.startswith(f"would audit {total} of {total}")


def test_subsets_can_be_exported_alone(tmp_path):
    corpus = tmp_path / "c"
    generate(GenerateJob("procedural", None, corpus, GenerateRecipe(
        tasks=("sr.relative_distance",), per_task=20), scenes=2), quiet=True)  # fmt: skip
    store = CorpusStore.open(corpus)
    splits = ("train", "val")
    rows = [s for s in store.samples() if s.split in splits]
    counter = [s for s in rows if SUBSETS["counter_heuristic"](s)]
    assert 0 < len(counter) < len(rows)
    found = export_corpus(store, tmp_path / "x", splits=splits, subset="counter_heuristic")
    assert found.written == len(counter)
    assert found.skipped["not in counter_heuristic"] == len(rows) - len(counter)


def pictures(first, scenes=SCENES):
    """Views of rooms, as (scene, image)."""
    return [(first + s, room(first + s, v)) for s in range(scenes) for v in range(VIEWS)]


PLANTED = (*COPIES, "exact", "mirrored", "scene")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a corpus that holds a benchmark's pictures in every disguise, and others; and that."""
    folder = tmp_path_factory.mktemp("planted")
    asked = pictures(0)
    files = [encoded(image, quality=92) for _, image in asked]
    write(
        folder / "bench",
        [{"source": "scannet", "scene_id": f"scene{s:04d}_00", "split": "test",
          "question": f"How many things are in room {s}?", **number()} for s, _ in asked],
        [[data] for data in files],
    )  # fmt: skip
    rows, shown, truth = [], [], []
    for how in PLANTED:
        for k, (s, image) in enumerate(asked):
            other = encoded(room(9000 + k), quality=90)
            data = {"exact": files[k], "scene": other,
                    "mirrored": encoded(ImageOps.mirror(image), quality=90)}.get(how)  # fmt: skip
            place = f"ScanNet_scene{s:04d}_01" if how == "scene" else f"renamed_{s}"
            rows.append({"source": "mine", "scene_id": place, "question": "What is here?"})
            shown.append([data if data is not None else COPIES[how](image)])
            truth.append(how)
    for s, image in pictures(500, scenes=60):
        rows.append({"source": "mine", "scene_id": f"own_{s}", "question": "What is here?"})
        shown.append([encoded(image)])
        truth.append("clean")
    write(folder / "c", rows, shown)
    return folder, np.array(truth), {id_of(k): k for k in range(len(rows))}


def hits_of(folder: Path, places: dict[str, int], hows=()) -> set[int]:
    table = pq.read_table(folder / "leaks.parquet").to_pylist()
    return {places[row["id"]] for row in table if not hows or row["how"] in hows}


def test_planted_leaks_are_found_and_nothing_else(planted, tmp_path, capsys):
    folder, truth, places = planted
    job = AuditJob(folder / "c", against=(f"sextant_corpus={folder / 'bench'}",),
                   rows=tmp_path / "r", out=tmp_path / "a.json", strict=True)  # fmt: skip
    assert not audit.run(job)
    found = np.isin(np.arange(len(truth)), sorted(hits_of(tmp_path / "r", places)))
    recall = {how: found[truth == how].mean() for how in PLANTED}
    assert recall["exact"] == recall["scene"] == 1.0
    for how in COPIES:
        assert recall[how] >= 0.99, how
    assert recall["mirrored"] >= 0.95
    assert found[truth == "clean"].mean() < 0.001
    exact = np.isin(np.arange(len(truth)), sorted(hits_of(tmp_path / "r", places, {"picture"})))
    assert exact[truth == "exact"].all()
    assert not exact[truth != "exact"].any()
    figures = json.loads((tmp_path / "a.json").read_text())["leaks"]
    assert figures["benchmarks"]["sextant_corpus"]["items"] == SCENES * VIEWS
    assert "sextant_corpus" in capsys.readouterr().out


def test_any_number_of_workers_finds_the_same(planted, tmp_path):
    folder, _, _ = planted
    against = (f"sextant_corpus={folder / 'bench'}",)
    for workers in (1, 2):
        audit.run(AuditJob(folder / "c", against=against, workers=workers,
                           rows=tmp_path / str(workers)))  # fmt: skip
    one, two = ((tmp_path / n / "leaks.parquet").read_bytes() for n in "12")
    assert one == two


def test_dropped_rows_are_gone_and_counted(planted, tmp_path, capsys):
    folder, truth, places = planted
    against = (f"sextant_corpus={folder / 'bench'}",)
    audit.run(AuditJob(folder / "c", against=against, drop=tmp_path / "new"))
    assert "left out" in capsys.readouterr().out
    new = CorpusStore.open(tmp_path / "new")
    assert new.verify() == []
    kept = {places[row["id"]] for row in new.rows(("id",))}
    assert {int(k) for k in np.nonzero(truth == "clean")[0]} <= kept
    assert len(kept) <= (truth == "clean").sum() + 8
    assert sum(d["count"] for d in new.drops()) == len(truth) - len(kept)
    audit.run(AuditJob(folder / "c", against=against, drop=tmp_path / "ids.parquet"))
    ids = set(pq.read_table(tmp_path / "ids.parquet")["id"].to_pylist())
    assert {places[i] for i in ids} == set(range(len(truth))) - kept
    audit.run(
        AuditJob(folder / "c", against=against, drop=tmp_path / "ids.txt", drop_by=("scene",))
    )
    by_scene = (tmp_path / "ids.txt").read_text().split()
    assert {truth[places[i]] for i in by_scene} == {"scene"}


def test_a_corpus_that_refers_to_pictures_is_written_without_rows_and_they_stay_there(tmp_path):
    picture = encoded(room(1), "PNG")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.png").write_bytes(picture)
    corpus = made_corpus(tmp_path / "c", 24, "own", external=("set", "../set"))
    twice = [row["id"] for row in CorpusStore.open(corpus).rows(("id",))][::4]
    manifest = write_without(
        CorpusStore.open(corpus), tmp_path / "new", dict.fromkeys(twice, "a test"), {}, workers=2
    )
    new = CorpusStore.open(tmp_path / "new")
    assert manifest["samples"] == 18 == len(set(ids_of(new)) - set(twice))
    assert {row["reason"]: row["count"] for row in new.drops()} == {"audit: a test": 6}
    (shown,) = {path for row in new.rows(("images",)) for path in row["images"]}
    assert new.image_path(shown).read_bytes() == picture
    assert not list(CorpusCheck(new.root).problems())


def ids_of(store: CorpusStore) -> list[str]:
    return [row["id"] for row in store.rows(("id",))]


def test_drawings_that_differ_in_a_line_are_listed_and_stay(tmp_path):
    asked = [[encoded(sheet(k), "PNG")] for k in range(40)]
    write(tmp_path / "bench", [{"split": "test", "scene_id": f"s{k}"} for k in range(40)], asked)
    copies = [[COPIES["re-encoded"](sheet(k))] for k in range(40)]
    turned = [[encoded(ImageOps.mirror(sheet(k, detail=True)))] for k in range(40)]
    twins = [[encoded(sheet(k, detail=True))] for k in range(40)]
    rows = [{"source": "mine", "scene_id": f"own_{k}"} for k in range(120)]
    write(tmp_path / "c", rows, copies + twins + turned)
    job = AuditJob(tmp_path / "c", against=(f"sextant_corpus={tmp_path / 'bench'}",),
                   rows=tmp_path / "r", drop=tmp_path / "ids.txt")  # fmt: skip
    audit.run(job)
    places = {id_of(k): k for k in range(120)}
    assert hits_of(tmp_path / "r", places, {"look", "mirrored"}) == set(range(40))
    assert len(hits_of(tmp_path / "r", places, {"twin"}) & set(range(40, 80))) > 20
    assert hits_of(tmp_path / "r", places, {"twin"}) & set(range(80, 120))
    assert {places[i] for i in (tmp_path / "ids.txt").read_text().split()} == set(range(40))


def test_pictures_that_are_there_twice(tmp_path, capsys):
    plain = [encoded(room(k), quality=92) for k in range(30)]
    shown = [*plain, *(COPIES["resized"](room(k)) for k in range(10)),
             encoded(sheet(0), "PNG"), encoded(sheet(5, detail=True), "PNG"),
             encoded(sheet(5), "PNG"), encoded(Image.new("RGB", (64, 64)), "PNG")]  # fmt: skip
    rows = [{"scene_id": f"r{k % 30}"} for k in range(len(shown))]
    for k in range(30, 34):
        rows[k] = {"scene_id": f"held_{k}", "split": "val"}
    rows[39]["scene_id"] = "renamed"
    corpus = write(tmp_path / "c", rows, [[data] for data in shown])
    audit.run(AuditJob(corpus.root, copies=True, rows=tmp_path / "r", out=tmp_path / "a.json"))
    assert "there twice, of 44" in capsys.readouterr().out
    table = pq.read_table(tmp_path / "r" / "copies.parquet").to_pylist()
    first = {row["images"][0]: row["id"] for row in corpus.rows(("id", "images"))}
    pairs = {frozenset((first[row["picture"]], first[row["of"]])): row["how"] for row in table}
    wanted = {frozenset((id_of(k), id_of(30 + k))): "look" for k in range(10)}
    assert pairs == wanted | {frozenset((id_of(41), id_of(42))): "twin"}
    figures = json.loads((tmp_path / "a.json").read_text())["copies"]
    assert figures["like_an_earlier"] == {
        "picture": {"same scene": 0, "other scene": 0, "other split": 0},
        "look": {"same scene": 5, "other scene": 5, "other split": 4},
        "twin": {"same scene": 0, "other scene": 1, "other split": 0},
    }
    assert figures["flat"] == 1


def test_the_same_bytes_under_two_names(tmp_path):
    (tmp_path / "set").mkdir()
    for name in "abc":
        (tmp_path / "set" / f"{name}.png").write_bytes(encoded(room(name == "c"), "PNG"))
    head = {"recipe": {}, "recipe_hash": "r", "source": {"name": "toy"}, "versions": {},
            "shards": 1, "external": {"set": str(tmp_path / "set")}}  # fmt: skip
    writer = CorpusWriter(tmp_path / "c", head)
    samples = [replace(PLAIN, id=id_of(k), images=(f"external/set/{name}.png",), frame_ids=(),
                       question="<image>What?", scene_id=name)
               for k, name in enumerate("abc")]  # fmt: skip
    writer.shard(0).commit(samples, [], {})
    writer.finish()
    audit.run(AuditJob(tmp_path / "c", copies=True, rows=tmp_path / "r"))
    (row,) = pq.read_table(tmp_path / "r" / "copies.parquet").to_pylist()
    assert (row["picture"], row["of"], row["how"], row["scene_id"], row["of_scene_id"]) == (
        "external/set/b.png", "external/set/a.png", "picture", "b", "a",
    )  # fmt: skip


def test_a_table_is_a_benchmark_too_and_texts_count_without_pictures(tmp_path):
    names = ("chairs", "tables", "lamps")
    rows = [{"question": f"How many {name}?", **number()} for name in names]
    image = room(1)
    corpus = write(tmp_path / "c", rows, [[], [], [encoded(image, "PNG")]])
    picture = base64.b64encode(encoded(image, quality=60)).decode()
    broken = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(600)).decode()
    (tmp_path / "t.tsv").write_text(
        f"index\tquestion\tanswer\timage\n1\thow many CHAIRS\t2\t{picture}\n"
        f"2\tOther?\t3\t{broken}\n"
    )
    audit.run(AuditJob(corpus.root, against=(str(tmp_path / "t.tsv"),), rows=tmp_path / "r",
                       out=tmp_path / "a.json"))  # fmt: skip
    found = pq.read_table(tmp_path / "r" / "leaks.parquet").to_pylist()
    assert {(row["id"], row["how"], row["item"]) for row in found} == {
        (id_of(0), "words", "1"), (id_of(2), "look", "1"),
    }  # fmt: skip
    assert json.loads((tmp_path / "a.json").read_text())["leaks"]["not_compared"] == 1


def test_texts_of_a_benchmark_are_found_though_words_were_added(tmp_path, capsys):
    text = (
        "A train leaves the station at noon and runs north at ninety kilometres an hour. When is it"
    )
    asked = [f"{text} back?", f"{text} back? Answer in hours.", f"{text} late? Answer in hours."]
    image = encoded(room(1), "PNG")
    corpus = write(tmp_path / "c", [{"question": q, **number()} for q in (*asked, asked[1])],
                   [[], [], [], [image]])  # fmt: skip
    (tmp_path / "t.tsv").write_text(f"index\tquestion\tanswer\n1\t{text} back\t2\n")
    audit.run(AuditJob(corpus.root, against=(str(tmp_path / "t.tsv"),), rows=tmp_path / "r",
                       drop=tmp_path / "ids.parquet"))  # fmt: skip
    found = pq.read_table(tmp_path / "r" / "leaks.parquet").to_pylist()
    assert {(row["id"], row["how"], row["item"]) for row in found} == {
        (id_of(0), "text", "1"), (id_of(1), "near-text", "1"), (id_of(3), "near-words", "1"),
    }  # fmt: skip
    assert all(0 < row["distance"] <= 20 for row in found if row["how"] != "text")
    dropped = pq.read_table(tmp_path / "ids.parquet")["id"].to_pylist()
    assert set(dropped) == {id_of(0), id_of(1)}


def test_duplicates_comparison_and_pruning(tmp_path, capsys):
    rows = [{"question": f"Is thing {k} here?", "task": "sr.support", "answer_type": "boolean",
             "options": None, "answer_index": None, "scene_id": f"r{k % 40}",
             "answer": "yes" if k % 10 < 7 else "no"} for k in range(600)]  # fmt: skip
    rows.append(rows[0])
    corpus = write(tmp_path / "c", rows)
    job = AuditJob(corpus.root, duplicates=True, prune_to=5, compare=corpus.root,
                   drop=tmp_path / "new", rows=tmp_path / "r", out=tmp_path / "a.json")  # fmt: skip
    audit.run(job)
    said = capsys.readouterr().out
    assert "lost by answer: 'yes'" in said
    figures = json.loads((tmp_path / "a.json").read_text())
    assert figures["duplicates"] == {"exact": 1}
    (pruned,) = figures["pruned"]
    assert pruned["reached"]
    assert all(line["distance"] == 0 for line in figures["drift"])
    left = list(CorpusStore.open(tmp_path / "new").rows(("answer",)))
    share = sum(row["answer"] == "yes" for row in left) / len(left)
    assert 0.4 < share < 0.6
    assert len(left) == pruned["kept"]


@pytest.mark.parametrize(
    "more",
    [
        {}, {"against": ("nothing=x",)}, {"against": ("x",)}, {"prune_to": 80},
        {"against": ("tsv=x",), "drop_by": ("sound",)}, {"prune_to": 5, "limit": 9},
        {"prune_to": 5, "weights": True},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(generated, more):
    with pytest.raises(RecipeError):
        audit.run(AuditJob(generated, **more))


def test_damaged_and_missing_pictures_are_counted(tmp_path, capsys):
    rows = [{"scene_id": f"r{k}"} for k in range(3)]
    files = [[encoded(room(k), "PNG")] for k in range(3)]
    corpus = write(tmp_path / "c", rows, files)
    paths = [corpus.image_path(row["images"][0]) for row in corpus.rows(("images",))]
    paths[0].write_bytes(b"\x89PNG nothing")
    paths[1].unlink()
    write(tmp_path / "b", [{"split": "test"}], [files[0]])
    audit.run(AuditJob(corpus.root, against=(f"sextant_corpus={tmp_path / 'b'}",)))
    assert "2 records or pictures could not be compared" in capsys.readouterr().out
