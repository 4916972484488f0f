"""A corpus of the simulator as a benchmark: prompts, perfect and blank replies, every form."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import Counter, defaultdict

import pytest
from benchmark_tables import check_parts, read_all

from sextant.commands.generate import GenerateJob, generate
from sextant.errors import MissingInput
from sextant.evaluation.benchmarks._texts import same_text
from sextant.evaluation.benchmarks.sextant_corpus import BENCHMARKS
from sextant.evaluation.items import IMAGE_MARK
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.prompt import render_prompt
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import is_counter_heuristic, is_pro_heuristic

TEST, VAL, TRAIN, ALL = BENCHMARKS
PROFILES = ("official", "vlmevalkit", "lmms-eval", "strict")

# Every form of answer and every unit.
FAMILIES = (
    "mm.box3d", "mm.object_size", "mm.object_distance", "mm.object_count", "mm.room_area",
    "sr.support", "sr.depth_order", "sr.relative_distance", "sr.vertical_relation",
    "mr.map_position", "pt.camera_rotation", "cr.maze_path", "cr.fit",
)  # fmt: skip


def make(folder, tasks, per_task, scenes):
    recipe = {"per_task": per_task, "selection": {"enabled": False}}
    recipe |= {"tasks": tasks} if tasks else {}
    job = GenerateJob(
        "procedural", None, folder, GenerateRecipe.model_validate(recipe), seed=3, scenes=scenes
    )
    generate(job, quiet=True)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make(tmp_path_factory.mktemp("corpus") / "c", FAMILIES, 8, 1)


@pytest.fixture(scope="module")
def items(corpus):
    found, broken = read_all(ALL, corpus)
    assert broken == []
    return found


def perfect(item):
    if item.answer_type == "json":
        return json.dumps(json.loads(item.answer), indent=1)
    return item.answer


def by_form(items):
    forms = defaultdict(list)
    for item in items:
        forms[item.answer_type].append(item)
    return forms


def check_scores(items):
    for item in items:
        for profile in PROFILES:
            scored = ALL.score(item, perfect(item), profile)
            assert scored.points == pytest.approx(1.0, abs=1e-9), (item, profile, scored)
            assert scored.status == "answered"
            blank = ALL.score(item, "", profile)
            assert (blank.points, blank.status) == (0.0, "empty"), (item, profile, blank)


def test_names():
    assert [b.name for b in BENCHMARKS] == [
        "sextant_corpus", "sextant_corpus_val", "sextant_corpus_train", "sextant_corpus_all",
    ]  # fmt: skip


def test_items_are_the_rows(corpus, items):
    samples = {s.id: s for s in CorpusStore.open(corpus).samples()}
    assert [i.id for i in items] == list(samples)
    assert {i.task for i in items} == set(FAMILIES)
    assert set(by_form(items)) == {"choice", "number", "boolean", "text", "json"}
    for item in items:
        sample = samples[item.id]
        assert item.cluster == f"procedural/{sample.scene_id}"
        assert item.groups["capability"] == sample.capability
        assert item.groups["difficulty"] == sample.difficulty
        assert (item.value, item.unit) == (sample.value, sample.unit)
        assert len(item.pictures) == len(sample.images) == item.question.count(IMAGE_MARK)
        assert item.raw["evidence"] == sample.evidence_dict()
        guessed = item.answer_type in ("choice", "boolean")
        assert item.groups["counter_heuristic"] == (
            "yes" if guessed and is_counter_heuristic(sample) else "no"
        )
        assert item.groups["pro_heuristic"] == (
            "yes" if guessed and is_pro_heuristic(sample) else "no"
        )
    assert {i.groups["counter_heuristic"] for i in items} == {"yes", "no"}
    assert items[0].pictures[0].read() == (corpus / items[0].pictures[0].name).read_bytes()


@pytest.mark.parametrize("profile", PROFILES)
def test_prompts_are_those_of_training(corpus, items, profile):
    for item, sample in zip(items, CorpusStore.open(corpus).samples(), strict=True):
        prompt = ALL.prompt(item, profile)
        assert prompt.text == render_prompt(sample)
        assert prompt.text.count(IMAGE_MARK) == len(item.pictures)


def test_prompts_show_every_picture(items):
    check_parts(ALL, items)


def test_prompts_show_what_a_stress_test_made_of_an_item(items):
    item = next(i for i in items if i.answer_type == "choice" and len(i.options) > 2)
    turned = dataclasses.replace(item, options=item.options[1:] + item.options[:1])
    lines = ALL.prompt(turned, "strict").text.splitlines()
    assert f"A. {item.options[1]}" in lines
    blind = dataclasses.replace(item, question="Which one?", pictures=())
    assert ALL.prompt(blind, "strict").text.startswith("Which one?\nOptions:\nA. ")


def test_perfect_and_blank_replies(items):
    check_scores(items)


@pytest.mark.slow
def test_perfect_and_blank_replies_to_every_family(tmp_path):
    items, broken = read_all(ALL, make(tmp_path / "all", None, 4, 2))
    assert broken == []
    assert len({i.task for i in items}) == 53
    check_scores(items)


def test_a_wrong_letter_and_the_other_truth_score_nothing(items):
    forms = by_form(items)
    for item in forms["choice"]:
        wrong = next(c for c in "ABCD" if c != item.answer)
        assert ALL.score(item, wrong, "strict").points == 0.0
    for item in forms["boolean"]:
        assert ALL.score(item, "no" if item.answer == "yes" else "yes", "strict").points == 0.0


def test_numbers(items):
    lengths = [i for i in items if i.task == "mm.object_distance" and i.answer_type == "number"]
    item = dataclasses.replace(lengths[0], answer="0.2", value=0.249, unit="m")
    for reply in ("0.2", "0.249", "25 cm", "about 0.25 meters"):
        assert ALL.score(item, reply, "strict").points == 1.0, reply
    # 0.3 is off 20.5 % from the exact truth: passes .50 to .75.
    assert ALL.score(item, "0.3", "strict").points == pytest.approx(0.6)
    assert ALL.score(item, "0.3", "strict").value == 0.3
    assert ALL.score(item, "nothing", "strict").points == 0.0


def test_angles_turn_the_shorter_way(items):
    angle = next(i for i in items if i.unit == "deg" and i.answer_type == "number")
    item = dataclasses.replace(angle, answer="170", value=170.0)
    assert ALL.score(item, "170 degrees", "strict").points == 1.0
    # -185 is 175: off by 5 of 170.
    assert ALL.score(item, "-185", "strict").points == 1.0
    # 90 is off by 80 of 170, 47 %.
    assert ALL.score(item, "90", "strict").points == pytest.approx(0.1)


def test_map_cells_are_counted_one_by_one(items):
    item = next(i for i in items if i.task == "mr.map_position")
    cells = json.loads(item.answer)
    first, *others = cells

    def score(value):
        return ALL.score(item, f"```json\n{json.dumps(value)}\n```", "strict").points

    n = len(cells)
    assert n in (3, 4)
    assert score({f"The {k.upper()}": v for k, v in cells.items()}) == 1.0
    assert score({k: cells[k] for k in others}) == pytest.approx((n - 1) / n)
    assert score({**cells, first: [cells[first][0] + 1, cells[first][1]]}) == pytest.approx(
        (n - 1) / n
    )
    assert score([1, 2]) == 0.0
    assert score(dict.fromkeys(cells, "3,4")) == 0.0


def test_boxes_are_worth_less_the_farther_off(items):
    item = next(i for i in items if i.task == "mm.box3d")
    box = json.loads(item.answer)

    def score(**changes):
        return ALL.score(item, json.dumps({**box, **changes}), "strict").points

    exact = item.raw["evidence"]["detail"]
    full = {"center": exact["center_m"], "size": exact["size_m"], "yaw": exact["yaw_deg"]}
    assert score(**full) > 0.9  # the written answer is a rounding of it
    assert score(yaw=box["yaw"] + 180) == pytest.approx(1.0)
    near, far = ([c + d for c in box["center"]] for d in (0.02, 0.2))
    assert 1.0 > score(center=near) > score(center=far)
    assert score(size=[3 * s for s in box["size"]]) == pytest.approx(0.5 + 0.5 / 27)
    assert ALL.score(item, '{"center": [1, 2]}', "strict").status == "empty"


@pytest.mark.parametrize(
    ("said", "stored", "same"),
    [
        ("Lamp", "lamp", True), ("the lamp.", "lamp", True), ("a lamp", "lamp", True),
        ("It is the lamp.", "lamp", True), ("I think it's a lamp", "lamp", True),
        ("lamp and chair", "lamp", False), ("table lamp", "lamp", False),
        ("sofa, lamp, bed", "sofa, lamp, bed", True), ("the sofa, the lamp and the bed",
        "sofa, lamp, bed", True), ("sofa; lamp; bed", "sofa, lamp, bed", True),
        ("sofa -> lamp -> bed", "sofa, lamp, bed", True),
        ("bed, lamp, sofa", "sofa, lamp, bed", False),
        ("sofa, lamp", "sofa, lamp, bed", False), ("1,200", "1200", True), ("0.50", ".5", True),
        ("12", "13", False), ("", "lamp", False), ("lamp" * 1000, "lamp", False),
    ],
)  # fmt: skip
def test_texts(said, stored, same):
    assert same_text(said, stored) is same


def test_splits(corpus, items, tmp_path):
    counts = Counter(i.raw["sample"].split for i in items)
    for benchmark in (TEST, VAL, TRAIN):
        if counts[benchmark.split]:
            assert len(read_all(benchmark, corpus)[0]) == counts[benchmark.split]
        else:
            with pytest.raises(MissingInput, match="nothing in this split") as caught:
                read_all(benchmark, corpus)
            assert "in train" in str(caught.value)
    with pytest.raises(MissingInput, match="no corpus here"):
        read_all(ALL, tmp_path)


def test_broken_rows_are_named(corpus, tmp_path):
    """A corpus that something else wrote: a row twice, a value that is no number, a bad path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sextant.samples.layout import encode_table, file_facts
    from sextant.samples.sample import SCHEMA

    copy = tmp_path / "copy"
    shutil.copytree(corpus, copy)
    part = copy / "qa" / "part-00000.parquet"
    rows = pq.read_table(part).to_pylist()
    number = next(r for r in rows if r["answer_type"] == "number")
    choice = next(r for r in rows if r["answer_type"] == "choice")
    bad = [
        dict(rows[0]), {**number, "id": "0" * 16, "answer": "nan"},
        {**choice, "id": "1" * 16, "answer_index": 9},
        {**choice, "id": "2" * 16, "images": ["../x.png"] * len(choice["images"])},
    ]  # fmt: skip
    data = encode_table(pa.Table.from_pylist(rows + bad, SCHEMA))
    part.write_bytes(data)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["shards"][0]["qa"] = file_facts(data, len(rows) + len(bad))
    manifest["samples"] += len(bad)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    items, broken = read_all(ALL, copy)
    assert len(items) == manifest["samples"] - len(bad)
    said = [str(b) for b in broken]
    assert [f"row {len(rows) + k}" in text for k, text in enumerate(said)] == [True] * 4
    for text, word in zip(said, ("same id", "not a number", "answer_index", "path"), strict=True):
        assert word in text
