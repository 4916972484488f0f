"""The general sets, each on a few rows in the layout it is published in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from set_files import imported, jsonl, picture, reasons, samples
from set_records import annotation, clevr, gqa, problem, vsr, written

from sextant.corpus.importers import importer_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile
from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.samples.check import CorpusCheck
from sextant.samples.prompt import render_answer, render_prompt


def vqa(root: Path, annotations: list[Any]) -> Path:
    head = {"info": {"year": 2017, "a": [1]}, "data_subtype": "train2014"}
    written(root / "v2_mscoco_train2014_annotations.json",
            {**head, "annotations": annotations, "license": {"name": "x", "l": [{}]}})  # fmt: skip
    questions = [
        {"image_id": 458752, "question": "What is this photo taken looking through?",
         "question_id": 458752000},
        {"image_id": 458752, "question": "Is it night?", "question_id": 458752001},
        {"image_id": 9, "question": "How many \"dogs\"?", "question_id": 9000},
    ]  # fmt: skip
    written(root / "q" / "v2_OpenEnded_mscoco_train2014_questions.json",
            {**head, "questions": questions[::-1]}, indent=1)  # fmt: skip
    return root


def test_vqa_v2(tmp_path: Path) -> None:
    rows = [
        annotation(458752000, "net", "other"), annotation(458752001, "yes", "yes/no"),
        annotation(9000, "2", "number", 9), annotation(7, "x", "other"),
        annotation(9000, None, "other", 9), annotation(9000, "2", "number", "../9"),
    ]  # fmt: skip
    store = imported("vqa_v2", vqa(tmp_path / "vqa", rows), tmp_path / "c", piece_bytes=300)
    found = samples(store)
    assert [s.task for s in found] == ["vqa_v2.other", "vqa_v2.yes_no", "vqa_v2.number"]
    assert [s.answer_type for s in found] == ["text", "boolean", "number"]
    assert found[0].images == ("external/vqa_v2/train2014/COCO_train2014_000000458752.jpg",)
    assert found[2].question == '<image>\nHow many "dogs"?'
    assert {s.split for s in found} == {"train"}
    assert reasons(store) == {
        "no question has this question_id": 1, "multiple_choice_answer is no text": 1,
        "question_id and image_id are numbers": 1,
    }  # fmt: skip
    places = [row["where"].rpartition(":")[2] for row in store.quarantine()]
    assert sorted(places) == ["4", "5", "6"]


def test_vqa_annotations_without_questions_or_array(tmp_path: Path) -> None:
    path = written(tmp_path / "v2_mscoco_val2014_annotations.json", {"annotations": []})
    with pytest.raises(MissingInput, match="questions"):
        imported("vqa_v2", path, tmp_path / "c")
    written(tmp_path / "v2_OpenEnded_mscoco_val2014_questions.json", {"questions": []})
    written(path, {"annotations": {}})
    with pytest.raises(CorruptInput, match="not a file of this set"):
        imported("vqa_v2", tmp_path, tmp_path / "c")


def test_gqa(tmp_path: Path) -> None:
    root = tmp_path / "gqa"
    rows = {
        "02930152": gqa(), "1": gqa(answer="left", types={"semantic": "rel"}), "2": 7,
        "3": gqa(imageId="../x"), "4": gqa(types=None), "5": gqa(question=" "),
    }  # fmt: skip
    written(root / "train_balanced_questions.json", rows)
    written(root / "train_all_questions" / "train_all_questions_0.json", {"9": gqa()})
    written(root / "test_balanced_questions.json", {"9": {"question": "?", "imageId": "1"}})
    written(root / "testdev_all_questions.json", {"8": gqa(imageId="n8")})
    store = imported("gqa", root, tmp_path / "c", piece_bytes=400)
    dev, sky, left = sorted(samples(store), key=lambda s: (s.split, s.task))
    assert (sky.task, sky.capability, sky.answer_type) == ("gqa.attribute", "GENERAL", "boolean")
    assert (left.task, left.answer, dev.split) == ("gqa.relation", "left", "test")
    assert json.loads(sky.evidence)["import"]["id"] == "02930152"
    assert sky.images == ("external/gqa/images/2354786.jpg",)
    assert sum(reasons(store).values()) == 4
    limited = imported("gqa", root / "train_balanced_questions.json", tmp_path / "d", limit=1)
    assert len(samples(limited)) == 1


def test_vsr(tmp_path: Path) -> None:
    rows = [vsr(), vsr(relation="far away from", label=0), vsr(relation="riding"),
            vsr(label=2), vsr(label=True), vsr(caption=None), vsr(image="../x.jpg")]  # fmt: skip
    jsonl(tmp_path / "random" / "train.jsonl", rows)
    jsonl(tmp_path / "random" / "dev.jsonl", [vsr(image="1.jpg")])
    rows.append(vsr(image="1.jpg", relation="near"))
    jsonl(tmp_path / "random" / "train.jsonl", rows)
    store = imported("vsr", tmp_path / "random", tmp_path / "c")
    found = sorted(samples(store), key=lambda s: (s.split, s.task))
    assert [s.task for s in found] == [
        "sr.egocentric_direction", "sr.proximity", "vsr.unknown", "sr.egocentric_direction",
        "sr.proximity",
    ]  # fmt: skip
    assert [render_answer(s) for s in found] == ["yes", "no", "yes", "yes", "yes"]
    assert [s.split for s in found] == ["train"] * 3 + ["val"] * 2  # one picture is in both files
    assert render_prompt(found[0]) == (
        "<image>\nIs this true of the image? The teddy bear is in front of the person.\n"
        "Answer with yes or no."
    )
    assert store.manifest["notes"]["unknown_tasks"] == {"riding": 1}
    assert sum(reasons(store).values()) == 4
    jsonl(tmp_path / "zeroshot" / "train.jsonl", [vsr()])
    with pytest.raises(InputError, match="several ways"):
        imported("vsr", tmp_path, tmp_path / "d")


def test_iconqa(tmp_path: Path) -> None:
    root = tmp_path / "iconqa_data"
    rows = {
        "35254": problem("choose_img", 1, ["choice_0.png", "choice_1.png"]),
        "2": problem("choose_txt", "0", ["3", "5"], split="val"),
        "3": problem("fill_in_blank", "6", None), "4": problem("choose_txt", 2, ["3", "5"]),
        "../5": problem("fill_in_blank", "6", None), "6": problem("draw", 0, []),
        "7": problem("choose_img", 0, ["../../x.png", "y.png"]), "8": [],
    }  # fmt: skip
    written(root / "problems.json", rows)
    for name in ("image", "choice_0", "choice_1"):
        picture(root / f"iconqa/train/choose_img/35254/{name}.png")
    picture(root / "iconqa/val/choose_txt/2/image.png", (1, 2, 3))
    picture(root / "iconqa/train/fill_in_blank/3/image.png", (3, 2, 3))
    store = imported("iconqa", root, tmp_path / "c", images="store")
    shown, text, blank = samples(store)
    assert shown.question == "<image>\nHow many bows are there?\nA. <image>\nB. <image>"
    assert (len(shown.images), render_answer(shown)) == (3, "B")
    assert (text.options, text.answer, text.split) == (("3", "5"), "A", "val")
    assert (blank.answer, blank.value) == ("6", 6.0)
    assert sum(reasons(store).values()) == 5
    assert not list(CorpusCheck(tmp_path / "c").problems())


def test_spec(tmp_path: Path) -> None:
    root = tmp_path / "spec"
    right = {"query": "imgs/0.png", "keys": ["a cat left of a dog", "a cat right of a dog"],
             "label": 1}  # fmt: skip
    other = {"query": "two cats", "keys": ["imgs/0.png", "imgs/1.png"], "label": 0}
    broken = [{**right, "label": 2}, {**right, "keys": "x"}, {**right, "query": "../../x"}]
    written(root / "relative_spatial" / "image2text.json", [right, *broken])
    written(root / "count" / "text2image.json", [other, {**other, "label": None}])
    store = imported("spec", root, tmp_path / "c")
    count, spatial = samples(store)
    assert (spatial.task, spatial.answer) == ("sr.egocentric_direction", "B")
    assert spatial.images == ("external/spec/relative_spatial/imgs/0.png",)
    assert render_prompt(count) == (
        "Which image fits this caption? two cats\nA. <image>\nB. <image>"
    )
    assert (count.task, len(count.images), render_answer(count)) == ("spec.count", 2, "A")
    assert sum(reasons(store).values()) == 4


def test_clevr_and_cogent(tmp_path: Path) -> None:
    rows = [
        clevr("scene unique relate count", "3"), clevr("scene query_color", "red"),
        clevr("scene exist", True, program=[{"type": "exist"}]), clevr("x", "a", program=None),
        clevr("dance", "yes"), clevr("count", None), clevr("count", "3", program="x"),
        clevr("count", "3", image_filename="../x.png"), clevr("count", float("inf")),
    ]  # fmt: skip
    info = {"info": {"split": "train", "version": "1.0"}}
    root = tmp_path / "data"
    text = json.dumps({"questions": rows, **info}).replace("Infinity", "1e999")
    (root / "CLEVR_v1.0" / "questions").mkdir(parents=True)
    (root / "CLEVR_v1.0/questions/CLEVR_train_questions.json").write_text(text)
    written(root / "CLEVR_CoGenT_v1.0/questions/CLEVR_valB_questions.json",
            {**info, "questions": [clevr("exist", "no", image_filename="B_0.png")]})  # fmt: skip
    written(root / "CLEVR_v1.0/questions/CLEVR_test_questions.json",
            {"questions": [{"question": "?", "image_filename": "x"}]})  # fmt: skip
    store = imported("clevr", root, tmp_path / "c", piece_bytes=500)
    found = {s.task: s for s in samples(store)}
    assert set(found) == {"sr.filtered_count", "clevr.attribute", "clevr.exist", "clevr.unknown"}
    count = found["sr.filtered_count"]
    assert (count.value, count.scene_id) == (3.0, "clevr/CLEVR_train_000000")
    assert count.images == ("external/clevr/CLEVR_v1.0/images/train/CLEVR_train_000000.png",)
    held = [s for s in samples(store) if s.split == "val"]
    assert held[0].images == ("external/clevr/CLEVR_CoGenT_v1.0/images/valB/B_0.png",)
    assert held[0].scene_id == "cogent/B_0"
    assert store.manifest["notes"]["unknown_tasks"] == {"dance": 1, "(none)": 1}
    assert sum(reasons(store).values()) == 4


@pytest.mark.parametrize("name", ["gqa", "iconqa"])
def test_an_object_of_two_keys_is_no_record(name: str) -> None:
    with pytest.raises(BrokenRow, match="not an id"):
        importer_of(name).row({"1": {}, "2": {}}, SetFile("x", "members"))
