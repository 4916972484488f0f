"""Every importer on a few rows in the layout its set is published in."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import CHOICE, build, head, number
from PIL import Image
from set_files import imported, jsonl, picture, reasons, samples, talk

from sextant.corpus.exporting.run import export_corpus
from sextant.corpus.importers import importer_names, importer_of
from sextant.corpus.importing.pictures import drawn
from sextant.corpus.importing.set_rows import BrokenRow, Mark, SetFile
from sextant.samples.prompt import INSTRUCTIONS, render_answer, render_prompt
from sextant.samples.sample import CAPABILITIES
from sextant.samples.store import CorpusStore
from sextant.samples.writer import CorpusWriter


@pytest.mark.parametrize("name", importer_names())
def test_an_importer_is_complete_and_its_table_is_true_to_the_taxonomy(name: str) -> None:
    found = importer_of(name)
    assert (found.name, bool(found.title), bool(found.license)) == (name, True, True)
    for task, capability in found.tasks.values():
        assert capability in CAPABILITIES
        prefix = task.partition(".")[0]
        assert prefix in (capability.lower(), name), (task, capability)


def test_a_llava_array_is_read(tmp_path: Path) -> None:
    rows = [
        {"id": "000000033471", "image": "coco/train2017/000000033471.jpg", "conversations":
         talk("<image>\nWhat are the colors?", "White.", "And the bus?", "Red.")},
        {"id": "x", "conversations": talk("What is 2 + 2?", "4")},
        {"id": "y", "image": "a/b.jpg", "conversations": talk("What is it?\n<image>", "No")},
    ]  # fmt: skip
    (tmp_path / "llava.json").write_text(json.dumps(rows, indent=2))
    store = imported("llava", tmp_path / "llava.json", tmp_path / "c", piece_bytes=300)
    found = samples(store)
    assert [s.images for s in found] == [
        ("external/llava/coco/train2017/000000033471.jpg",), (), ("external/llava/a/b.jpg",),
    ]  # fmt: skip
    assert [s.answer_type for s in found] == ["text", "number", "boolean"]
    assert {s.task for s in found} == {"llava.unknown"}
    for sample, row in zip(found, rows, strict=True):
        texts = [turn["value"] for turn in row["conversations"]]
        assert [render_prompt(sample), render_answer(sample)] == texts[:2]
        later = [] if sample.turns is None else [t["value"] for t in json.loads(sample.turns)]
        assert later == texts[2:]


TURNS = json.dumps(talk("and?", "B"))


def pictured(root: Path) -> CorpusStore:
    """A corpus of every kind of answer, with pictures that are some."""
    writer = CorpusWriter(root, head(shards=1))
    shard = writer.shard(0)
    shown = [shard.image(picture(root.parent / f"{k}.png", (k, 9, 9)).read_bytes(), ".png")
             for k in range(3)]  # fmt: skip
    kinds = [
        CHOICE, replace(CHOICE, rationale="So."), replace(CHOICE, turns=TURNS), number(),
        number(answer_type="boolean", answer="yes"), number(answer_type="text", answer="é"),
        number(answer_type="json", answer='{"a": 1}'), replace(CHOICE, split="val", scene_id="v"),
        replace(CHOICE, split="test", scene_id="t"),
    ]  # fmt: skip
    rows = [
        replace(
            kind, id=f"{k:016x}", images=tuple(shown[: k % 4]), frame_ids=(),
            question="<image>\n" * (k % 4) + kind.question,
        )
        for k, kind in enumerate(kinds)
    ]  # fmt: skip
    shard.commit(rows, [], {})
    writer.finish()
    return CorpusStore.open(root)


def test_our_own_export_comes_back_whole(tmp_path: Path) -> None:
    store = pictured(tmp_path / "c")
    export_corpus(store, tmp_path / "c" / "full.jsonl", splits=("train", "val"), full=True)
    again = imported("sharegpt", tmp_path / "c" / "full.jsonl", tmp_path / "d", images="store")
    wanted = [s for s in store.samples() if s.split != "test"]
    assert samples(again) == wanted


def test_a_full_export_that_was_changed_is_noticed(tmp_path: Path) -> None:
    build(tmp_path / "c")
    store = CorpusStore.open(tmp_path / "c")
    export_corpus(store, tmp_path / "full.jsonl", full=True)
    lines = [json.loads(line) for line in (tmp_path / "full.jsonl").read_text().splitlines()]
    lines[0]["conversations"][1]["value"] = "A"
    lines[1]["sextant"]["answer_index"] = 7
    lines[2]["sextant"] = "x"
    del lines[3]["sextant"]["seed"]
    lines[4]["sextant"]["capability"] = "XX"
    store = imported("sharegpt", jsonl(tmp_path / "changed.jsonl", lines), tmp_path / "d")
    assert len(samples(store)) == len(lines) - 5
    assert sum(reasons(store).values()) == 5


def test_a_plain_export_comes_back_as_far_as_its_words_say(tmp_path: Path) -> None:
    store = pictured(tmp_path / "c")
    export_corpus(store, tmp_path / "c" / "train.jsonl")
    again = imported("sharegpt", tmp_path / "c" / "train.jsonl", tmp_path / "d", images="store")
    wanted = [s for s in store.samples() if s.split == "train"]
    kept = ("images", "question", "answer", "answer_type", "options", "answer_index", "rationale",
            "turns", "split")  # fmt: skip
    for one, other in zip(samples(again), wanted, strict=True):
        turns = None if one.turns is None else json.dumps(json.loads(one.turns))
        one = replace(one, turns=turns)
        assert [getattr(one, n) for n in kept] == [getattr(other, n) for n in kept]
        assert render_prompt(one) == render_prompt(other)


def test_a_reasoned_answer_comes_back(tmp_path: Path) -> None:
    said = f"Which?\nOptions:\nA. x\nB. y\n{INSTRUCTIONS['choice']}"
    rows = [{"id": 0, "image": [], "conversations":
             talk(said, "<think>Because.</think>\n<answer>B</answer>")}]  # fmt: skip
    (sample,) = samples(imported("sharegpt", jsonl(tmp_path / "x.jsonl", rows), tmp_path / "c"))
    assert (sample.rationale, sample.answer, sample.options) == ("Because.", "B", ("x", "y"))
    assert render_prompt(sample) == said
    assert render_answer(sample) == rows[0]["conversations"][1]["value"]


def vsi_rows() -> list[dict[str, Any]]:
    return [
        {"conversations": talk("<image>\nThese are frames of a video.\nHow many chairs are there?",
                               "4"), "video": "arkitscenes/41069021.mp4",
         "question_type": "absolute_count"},
        {"conversations": talk("<image>\nHow far is the bed from the desk?", "2.1"),
         "image": "scannet/scene0000_00/12.jpg", "question_type": "absolute_distance_object"},
        {"conversations": talk("<image>\nWhich?\nA. bed\nB. sofa", "B"),
         "image": "procthor/7/3.jpg", "question_type": "something_new"},
        {"conversations": talk("<image>\nWhich?", "B"), "image": "procthor/7/3.jpg"},
    ]  # fmt: skip


def test_vsi_590k(tmp_path: Path) -> None:
    jsonl(tmp_path / "vsi" / "vsi_590k.jsonl", vsi_rows())
    store = imported("vsi_590k", tmp_path / "vsi", tmp_path / "c")
    distance, new = samples(store)
    assert (distance.task, distance.capability) == ("mm.object_distance", "MM")
    assert (distance.source, distance.scene_id) == ("vsi_590k/scannet", "scene0000_00")
    assert (new.task, new.capability) == ("vsi_590k.unknown", "GENERAL")
    assert (new.answer_type, new.options) == ("choice", ("bed", "sofa"))
    assert store.manifest["notes"]["unknown_tasks"] == {"something_new": 1}
    assert reasons(store) == {
        "it shows a video: needs --images store": 1, "question_type is missing": 1,
    }  # fmt: skip


def test_frames_are_taken_of_a_video(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "vsi" / "arkitscenes" / "41069021.mp4"
    path.parent.mkdir(parents=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for k in range(30):
            frame = av.VideoFrame.from_ndarray(
                np.full((64, 64, 3), k * 8, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    rows = [vsi_rows()[0], {**vsi_rows()[0], "video": "arkitscenes/none.mp4"}]
    jsonl(tmp_path / "vsi" / "vsi_590k.jsonl", rows)
    store = imported("vsi_590k", tmp_path / "vsi", tmp_path / "c", images="store", frames=4)
    (sample,) = samples(store)
    assert len(sample.images) == 4
    assert sample.question.startswith("<image>\n<image>\n<image>\n<image>\nThese are frames")
    assert sample.scene_id == "arkitscenes/41069021"
    means = [np.asarray(Image.open(store.image_path(p))).mean() for p in sample.images]
    assert np.abs(np.array(means) - np.linspace(0, 29, 4).round() * 8).max() < 6
    assert reasons(store) == {"a picture is missing": 1}


def test_mindcube(tmp_path: Path) -> None:
    row = {
        "id": "among_group002_q0_1_1", "category": ["perpendicular", "P-P"], "type": "0_frame",
        "meta_info": [["black waist bag", "plush toy"], [None, "face"]],
        "question": "Based on these two views: in which direction did I move? A. Directly left "
        "B. Diagonally forward and right C. Diagonally forward and left D. Directly right",
        "images": ["other_all_image/among/backpack_002/front_039.jpg",
                   "other_all_image/among/backpack_002/left_123.jpg"],
        "gt_answer": "C",
    }  # fmt: skip
    jsonl(tmp_path / "data" / "raw" / "MindCube_train.jsonl",
          [row, {**row, "id": "around_1", "gt_answer": "E"}, {**row, "id": "odd"}])  # fmt: skip
    jsonl(tmp_path / "data" / "raw" / "MindCube_tinybench.jsonl", [row])
    store = imported("mindcube", tmp_path / "data", tmp_path / "c")
    sample, odd = samples(store)
    assert sample.options is not None
    assert sample.options[2] == "Diagonally forward and left"
    assert (sample.answer, sample.task, sample.capability) == ("C", "mindcube.among", "MR")
    assert (sample.scene_id, sample.split) == (
        "mindcube/other_all_image/among/backpack_002",
        "train",
    )
    assert render_answer(sample) == "<answer>C. Diagonally forward and left</answer>"
    assert render_prompt(sample).count("<image>") == 2
    assert odd.task == "mindcube.unknown"
    assert reasons(store) == {"gt_answer is the letter of no option": 1}
    bench = tmp_path / "data" / "raw" / "MindCube_tinybench.jsonl"
    (benchmark,) = samples(
        imported("mindcube", bench, tmp_path / "d", image_root=tmp_path / "data")
    )
    assert benchmark.split == "test"


def spar_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "scene0000_00_0", "image": ["scene0000_00/image_color/0.jpg"],
        "conversations": talk("<image>\nHow deep is the blue point if the red is 2 m deep?", "2.4"),
        "red_point": [[250, 250]], "blue_point": [[750, 500]], **changes,
    }  # fmt: skip


def spar_file(root: Path, task: str, rows: list[Any]) -> Path:
    jsonl(root / "scannet" / "qa_jsonl" / "train" / task / "fill" / "fill_1.jsonl", rows)
    return root


def test_spar_marks_are_evidence_and_are_drawn(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "scene0000_00/image_color/0.jpg", (100, 100, 100), 480)
    root = spar_file(
        tmp_path / "spar", "depth_prediction_oc", [spar_row(), spar_row(red_point=[[250, 2500]])]
    )
    store = imported(
        "spar_7m", root, tmp_path / "c", images="store", image_root=tmp_path / "images"
    )
    (sample,) = samples(store)
    assert (sample.task, sample.source, sample.split) == (
        "mm.point_depth",
        "spar_7m/scannet",
        "train",
    )
    assert sample.scene_id == "scene0000_00"
    marks = json.loads(sample.evidence)["marks"]
    assert marks[0] == {"image": 0, "color": "red", "place": [250.0, 250.0], "label": ""}
    image = np.asarray(Image.open(store.image_path(sample.images[0]))).astype(int)
    height, width, _ = image.shape
    assert np.abs(image[height // 4, width // 4] - (255, 0, 0)).max() < 30
    assert np.abs(image[height // 2, width * 3 // 4] - (0, 0, 255)).max() < 30
    assert np.abs(image[height // 2, width // 2] - 100).max() < 30
    assert reasons(store) == {"a mark lies outside its picture": 1}
    referred = imported("spar_7m", root, tmp_path / "d")
    assert reasons(referred) == {
        "marks are to be drawn into its pictures: needs --images store": 1,
        "a mark lies outside its picture": 1,
    }


@pytest.mark.parametrize(
    ("task", "changes", "images", "expected"),
    [
        ("depth_prediction_oo_mv", {"green_point": [[1, 2]], "point_img_idx": [[2, 0, 1]]}, 3,
         [(2, "red"), (0, "blue"), (1, "green")]),
        ("distance_infer_center_oo_mv", {"green_point": [[1, 2]], "point_img_idx": [[2, 0, 1]]}, 3,
         [(2, "red"), (1, "blue"), (0, "green")]),
        ("position_matching", {"red_point": None, "blue_point": None,
         "red_bbox": [[1, 2, 3, 4]]}, 2, [(0, "red")]),
        ("obj_spatial_relation_oc_mv", {"red_point": None, "blue_point": None,
         "red_bbox": [[1, 2, 3, 4]], "blue_bbox": [[1, 2, 3, 4]], "bbox_img_idx": [[1]]}, 3,
         [(1, "red"), (1, "blue")]),
        ("obj_spatial_relation_oo_mv", {"red_point": None, "blue_point": None,
         "blue_bbox": [[1, 2, 3, 4]], "green_bbox": [[1, 2, 3, 4]], "bbox_img_idx": [[1, 2]]}, 3,
         [(1, "blue"), (2, "green")]),
        ("spatial_imagination_oo_mv", {"red_point": None, "blue_point": None,
         **{f"{c}_bbox": [[1, 2, 3, 4]] for c in ("red", "blue", "green", "yellow")},
         "bbox_img_idx": [[0, 1, 2, 3]]}, 4,
         [(2, "red"), (1, "blue"), (0, "green"), (3, "yellow")]),
        ("spatial_imagination_map_mv", {"red_point": None, "blue_point": None,
         "bbox_list": [[[1, 2, 3, 4], [5, 6, 7, 8]]], "bbox_img_idx": [[1, 0]]}, 2,
         [(1, "red"), (0, "red")]),
        ("view_change_infer", {"red_point": None, "blue_point": None}, 2, []),
    ],
)  # fmt: skip
def test_spar_marks_are_in_the_pictures_that_the_authors_draw_in(
    task: str, changes: dict[str, Any], images: int, expected: list[tuple[int, str]]
) -> None:
    found = importer_of("spar_7m")
    row = spar_row(image=[f"{k}.jpg" for k in range(images)], type=task, **changes)
    info = {k: row.pop(k) for k in list(row) if "point" in k or "bbox" in k}
    for record in ({**row, **info}, {**row, "spar_info": json.dumps({**info, "type": task})}):
        made = found.row(record, SetFile("x.jsonl"))
        assert [(m.image, m.color) for m in made.marks] == expected


@pytest.mark.parametrize(
    "changes",
    [{"red_point": [[1]]}, {"red_point": "x"}, {"red_point": [["1", 2]]},
     {"red_point": [[True, 2]]},
     {"point_img_idx": [[5]]}, {"point_img_idx": [["0"]]}, {"red_bbox": [[1, 2]]},
     {"bbox_list": "x"}, {"spar_info": "{"}, {"spar_info": 7}, {"type": 7},
     {"red_point": [[-1, 2]]}],
)  # fmt: skip
def test_spar_marks_that_are_none_break_their_row(tmp_path: Path, changes: dict[str, Any]) -> None:
    root = spar_file(tmp_path / "spar", "depth_prediction_oc", [spar_row(**changes)])
    store = imported("spar_7m", root, tmp_path / "c", images="store", image_root=tmp_path)
    assert samples(store) == []
    assert sum(reasons(store).values()) == 1


def test_a_picture_that_cannot_be_drawn_in_breaks_its_row() -> None:
    stream = BytesIO()
    Image.new("RGB", (64, 48)).save(stream, "PNG")
    box = Mark(0, "yellow", (900.0, 900.0, 1000.0, 1000.0), "object3")
    assert drawn(stream.getvalue(), [box]) == drawn(stream.getvalue(), [box])
    for data in (b"", b"\x89PNG\r\n\x1a\nxxxx", stream.getvalue()[:60]):
        with pytest.raises(BrokenRow, match="decoded"):
            drawn(data, [box])
