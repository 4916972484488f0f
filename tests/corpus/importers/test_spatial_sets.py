"""The spatial sets, each on a few rows in the layout it is published in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from set_files import embedded, imported, jsonl, parquet, picture, reasons, samples, talk
from set_records import aerial, multispa, sat, triple, vlm, written

from sextant.corpus.importers import importer_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile
from sextant.errors import CorruptInput
from sextant.samples.check import CorpusCheck
from sextant.samples.prompt import render_answer, render_prompt


def row_of(name: str, record: dict[str, Any], file: SetFile | None = None) -> Any:
    return importer_of(name).row(record, file or SetFile("x.json", "array"))


def test_sat(tmp_path: Path) -> None:
    root = tmp_path / "sat"
    rows = [sat(question=f"How did the camera rotate, {k}?") for k in range(40)]
    rows += [sat(question_type="juggling"), sat(correct_answer="up"), sat(image_bytes=[]),
             sat(answers=["rotated left", "rotated left"]), sat(question_type=None),
             sat(image_bytes=[{"bytes": b"GIF89a", "path": None}])]  # fmt: skip
    parquet(root / "SAT_train.parquet", rows)
    parquet(root / "SAT_static.parquet", rows)
    one = [sat(image_bytes=[{"bytes": embedded((9, 9, 9)), "path": None}])]
    parquet(root / "SAT_test.parquet", one)
    store = imported("sat", root, tmp_path / "c", images="store")
    found = samples(store)
    assert len(found) == 42
    letters = {s.answer for s in found if s.split == "train"}
    assert letters == {"A", "B"}  # the right one always comes first in the set
    for sample in found:
        assert sample.options is not None
        assert sample.options[sample.answer_index or 0] == "rotated left"
    moved = next(s for s in found if s.split == "train")
    assert moved.question.startswith("<image>\n<image>\nHow did")
    assert store.manifest["notes"]["unknown_tasks"] == {"juggling": 1}
    assert sum(reasons(store).values()) == 5
    assert not list(CorpusCheck(tmp_path / "c").problems())
    again = imported("sat", root, tmp_path / "d", images="store")
    assert [s.answer for s in samples(again)] == [s.answer for s in found]


def test_sat_with_plain_bytes(tmp_path: Path) -> None:
    source = parquet(tmp_path / "SAT_static.parquet", [sat(image_bytes=[embedded()])])
    (sample,) = samples(imported("sat", source, tmp_path / "c", images="store"))
    assert len(sample.images) == 1


def test_vica(tmp_path: Path) -> None:
    said = "The separation between stove and fireplace is 3.5 meters."
    row = {"video": "arkitscenes/47115148.mp4", "conversations": talk("<image>\nTell me.", said)}
    made = row_of("vica", row, SetFile("a/base/x.json", "array", task="room_size"))
    assert (made.video, made.scene, made.source) == (
        "arkitscenes/47115148.mp4", "47115148", "vica/arkitscenes",
    )  # fmt: skip
    written(tmp_path / "set" / "arkitscenes" / "base" / "room_size.json",
            [row, {**row, "video": None}, {**row, "conversations": talk("no mark", "x")},
             {**row, "conversations": talk("<image><image>a <image>", "x")}, 7])  # fmt: skip
    store = imported("vica", tmp_path / "set", tmp_path / "c")
    assert reasons(store) == {
        "it shows a video: needs --images store": 2, "video is no text": 1, "not an object": 1,
        "another number of <image> than of images": 1,
    }  # fmt: skip


def test_vlm_3r_as_generated_and_merged() -> None:
    made = row_of("vlm_3r", vlm())
    assert (made.answer, made.options, made.task) == (
        "B", ["desk", "chair", "lamp"], "object_rel_distance_v2",
    )  # fmt: skip
    assert (made.video, made.scene, made.source, made.style) == (
        "scannet/scene0000_00.mp4", "scene0000_00", "vlm_3r/scannet", "vsibench",
    )  # fmt: skip
    number = row_of("vlm_3r", vlm(question_type="camera_displacement", ground_truth=1.8,
                                  options=["A. 1.8", "B. 2.5"], mc_answer="A"))  # fmt: skip
    assert (number.answer_type, number.answer, number.value, number.unit) == (
        "number", "1.8", 1.8, "m",
    )  # fmt: skip
    merged = {
        "id": "5c1f", "data_source": "scannetpp", "scene_name": "0a5c013435",
        "question_type": "route_planning", "video": "scannetpp/0a5c013435.mp4",
        "conversations": talk("<image>\nThese are frames of a video.\nTurn?\nOptions:\nA. Left\n"
                              "B. Right\nAnswer with the option's letter.", "B"),
    }  # fmt: skip
    row = row_of("vlm_3r", merged)
    assert (row.options, row.answer, row.task) == (["Left", "Right"], "B", "route_planning")
    assert importer_of("vlm_3r").tasks[row.task] == ("cr.route_planning", "CR")


def test_frames_of_vlm_3r_stand_where_its_prompt_wants_them(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "set" / "scannet" / "scene0000_00.mp4"
    path.parent.mkdir(parents=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for k in range(9):
            frame = av.VideoFrame.from_ndarray(
                np.full((64, 64, 3), k * 20, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    written(tmp_path / "set" / "vsi.json", [vlm()])
    store = imported("vlm_3r", tmp_path / "set", tmp_path / "c", images="store", frames=3)
    (sample,) = samples(store)
    assert (sample.scene_id, sample.task, len(sample.images)) == (
        "scene0000_00", "sr.relative_distance", 3,
    )  # fmt: skip
    assert render_prompt(sample).startswith(
        "<image>\n<image>\n<image>\nThese are frames of a video.\nWhich of these objects"
    )
    assert "Options:\nA. desk\nB. chair\nC. lamp\n" in render_prompt(sample)


@pytest.mark.parametrize(
    "changes",
    [
        {"mc_answer": "D"}, {"mc_answer": None}, {"mc_answer": ""}, {"mc_answer": "AB"},
        {"options": "x"}, {"options": ["A. desk", "C. chair"]}, {"options": [1, 2]},
        {"options": ["A. x"] * 40}, {"ground_truth": "lamp"}, {"scene_name": None},
        {"dataset": 7}, {"video_path": ""}, {"question": "<image> x"}, {"question_type": []},
        {"question_type": "object_counting", "ground_truth": "many"},
        {"question_type": "object_counting", "ground_truth": None},
        {"question_type": "object_counting", "ground_truth": float("nan")},
        {"question_type": "object_counting", "ground_truth": True},
        {"conversations": None},
    ],
)  # fmt: skip
def test_vlm_3r_rows_that_do_not_fit(changes: dict[str, Any]) -> None:
    with pytest.raises(BrokenRow):
        row_of("vlm_3r", vlm(**changes))


def test_multispa(tmp_path: Path) -> None:
    rows = [multispa(), multispa(question_type="x"), multispa(image=[]),
            multispa(conversations=talk("<image><image>How far?", "about 1150")),
            multispa(image=["../a.jpg", "b.jpg"]), multispa(question_type=None)]  # fmt: skip
    jsonl(tmp_path / "set" / "total_distance_train.jsonl", rows)
    evaluation = [{**multispa(), "text": "?", "conversations": None}]
    jsonl(tmp_path / "set" / "total_distance_val.jsonl", evaluation)
    jsonl(tmp_path / "set" / "val_visual_correspondence_coor_2_coor.jsonl", evaluation)
    jsonl(tmp_path / "set" / "object_perception_height_k1_val_500.jsonl", evaluation)
    store = imported("multispa", tmp_path / "set", tmp_path / "c")
    known, unknown = samples(store)
    assert (known.task, known.capability) == ("pt.camera_displacement", "PT")
    assert (known.scene_id, known.answer) == ("scene0006_01", "The difference is about `1150`.")
    assert json.loads(known.evidence)["multispa"] == {"gt_value": 1150}
    assert unknown.task == "multispa.unknown"
    assert sum(reasons(store).values()) == 4


def test_open3d_vqa(tmp_path: Path) -> None:
    rows = [aerial(), aerial(qa_info={"question_name": "left_relationship2agent"}),
            aerial(qa_info={"question_name": "smell"}), aerial(qa_info=None),
            aerial(image_info={"image_path": "x.png"}), aerial(conversation=None),
            aerial(image_info={"image_path": "..\\rgb\\x.png"})]  # fmt: skip
    written(tmp_path / "set" / "train_qa.json", rows)
    other = {"image_path": "a/b/data/13/rgb/1.png"}
    written(tmp_path / "set" / "valid_qa.json", [aerial(image_info=other)])
    written(tmp_path / "set" / "merged.json", [rows])
    store = imported("open3d_vqa", tmp_path / "set", tmp_path / "c")
    found = {s.task: s for s in samples(store) if s.split == "train"}
    assert set(found) == {"mm.object_distance", "open3d_vqa.side_of_agent", "open3d_vqa.unknown"}
    distance = found["mm.object_distance"]
    assert distance.images == ("external/open3d_vqa/12/rgb/0_3.png",)
    assert distance.scene_id == "open3d_vqa/12"
    assert [s.scene_id for s in samples(store) if s.split == "val"] == ["open3d_vqa/13"]
    assert sum(reasons(store).values()) == 4


def test_openspatial_3m(tmp_path: Path) -> None:
    row = {
        "conversations": talk("<image> <image> How far is it?", "2.5 m", "And B?", "3 m"),
        "id": "a1", "data_source": "scannet", "type": "distance", "meta_info": '{"w": 640}',
        "images": [{"bytes": embedded((k, 1, 1)), "path": f"scans/scene0011_00/{k}.jpg"}
                   for k in range(2)],
    }  # fmt: skip
    rows = [row, {**row, "images": []}, {**row, "type": None}, {**row, "data_source": " "},
            {**row, "conversations": talk("<image> x", "y", "<image>", "z")}]  # fmt: skip
    parquet(tmp_path / "set" / "data" / "part-0.parquet", rows)
    store = imported("openspatial_3m", tmp_path / "set", tmp_path / "c", images="store")
    (sample,) = samples(store)
    assert (sample.task, sample.source, sample.scene_id) == (
        "openspatial_3m.unknown", "openspatial_3m/scannet", "scene0011_00",
    )  # fmt: skip
    assert len(json.loads(sample.turns or "")) == 2
    assert store.manifest["notes"]["unknown_tasks"] == {"distance": 1}
    assert sum(reasons(store).values()) == 4


def test_messytable_si(tmp_path: Path) -> None:
    asked = (
        "Which bounding box in the target image <image> corresponds to the object in [0.0, 0.4, "
        "0.1, 0.7] of the reference image <image>?\nObject A: [0.3, 0.0, 0.3, 0.1]"
    )
    row = {"images": ["images/20190921-00001-01-08.jpg", "images/20190921-00001-01-03.jpg"],
           "conversations": talk(asked, "Object A")}  # fmt: skip
    other = {"image": row["images"], "conversations": talk("<image><image>Same table?", "Yes")}
    rows = [row, other, {**row, "images": row["images"][:1]}, {**row, "image": row["images"]},
            {**row, "images": ["/etc/x.jpg", "b.jpg"]}, {"images": row["images"]}]  # fmt: skip
    jsonl(tmp_path / "set" / "x.jsonl", rows)
    store = imported("messytable_si", tmp_path / "set", tmp_path / "c")
    match, unknown = samples(store)
    assert (match.task, match.scene_id) == (
        "pt.object_correspondence", "messytable/20190921-00001-01",
    )  # fmt: skip
    assert unknown.task == "messytable_si.unknown"
    assert sum(reasons(store).values()) == 4
    held = [{"bytes": embedded((k, 7, 7)), "path": f"view_0{k}.jpg"} for k in range(2)]
    source = parquet(tmp_path / "x.parquet", [{**row, "images": held}])
    (sample,) = samples(imported("messytable_si", source, tmp_path / "d", images="store"))
    assert len(sample.images) == 2


def test_grid_3d(tmp_path: Path) -> None:
    root = tmp_path / "grid3d"
    words = ["what", "is", "left", "of", "the", "car"]
    row = {"img_idx": 7, "question": words, "answer": "dog", "task": "link_prediction"}
    rows = [row, {**row, "img_idx": 8, "task": "counting", "answer": "2"},
            {**row, "img_idx": 8, "task": "sing"}, {**row, "img_idx": 99}, {**row, "img_idx": "7"},
            {**row, "question": "what is"}, {**row, "answer": None}]  # fmt: skip
    written(root / "questions.json", rows)
    written(root / "train_idxs.json", [0, 1])
    written(root / "test_idxs.json", [2])
    picture(root / "images" / "000007.png")
    picture(root / "images" / "8.png", (1, 1, 1))
    store = imported("grid_3d", root, tmp_path / "c")
    link, count, other = samples(store)
    assert (link.task, link.question) == (
        "pt.object_centric", "<image>\nwhat is left of the car",
    )  # fmt: skip
    assert link.images == ("external/grid_3d/images/000007.png",)
    assert [s.split for s in (link, count, other)] == ["train", "test", "test"]
    assert (count.answer_type, count.task, other.task) == (
        "number", "grid_3d.count", "grid_3d.unknown",
    )  # fmt: skip
    assert sum(reasons(store).values()) == 4
    (root / "val_idxs.json").write_text('{"a": 1}')
    with pytest.raises(CorruptInput, match="not a file of this set"):
        row_of("grid_3d", row, SetFile("questions.json", beside=f"{root}/."))


def test_rel3d(tmp_path: Path) -> None:
    root = tmp_path / "rel3d"
    broken = [triple(label=None), triple(subject="cup"), triple(predicate=3),
              triple(rgb="/abs/a.png"), 5]  # fmt: skip
    split = {"predicates": ["on"], "objects": ["cup", "table"],
             "train": [triple(), triple(rgb="data/20200223/b.png", label=0), *broken],
             "valid": [], "test": [triple(rgb="data/20200223/c.png", label=1)]}  # fmt: skip
    written(root / "c_0.9_c_0.1.json", split)
    written(root / "nc_0.4_nc_0.1.json", split)
    store = imported("rel3d", root, tmp_path / "c")
    found = samples(store)
    assert [(s.answer, s.split) for s in found] == [
        ("yes", "train"), ("no", "train"), ("yes", "test"),
    ]  # fmt: skip
    assert render_prompt(found[0]).startswith("<image>\nIs this true of the image? cup on table")
    assert render_answer(found[1]) == "no"
    assert found[0].scene_id == "rel3d/a"  # the folder reads like a video of ARKitScenes
    assert {s.task for s in found} == {"rel3d.relation"}
    assert json.loads(found[0].evidence)["rel3d"]["predicate"] == "on"
    assert sum(reasons(store).values()) == 5
    other = written(tmp_path / "other.json", {"train": [triple()], "valid": [], "test": []})
    assert len(samples(imported("rel3d", other, tmp_path / "d"))) == 1
