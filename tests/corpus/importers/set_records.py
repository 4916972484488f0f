"""One record of each set, in its layout; what a test changes is given by keyword."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from set_files import embedded, talk


def written(path: Path, value: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, **options))
    return path


def annotation(name: int, answer: object, kind: str, image: object = 458752) -> dict[str, Any]:
    return {
        "question_type": "what is this", "multiple_choice_answer": answer,
        "answers": [{"answer": answer, "answer_confidence": "yes", "answer_id": 1}],
        "image_id": image, "answer_type": kind, "question_id": name,
    }  # fmt: skip


def gqa(**changes: Any) -> dict[str, Any]:
    return {
        "semantic": [{"operation": "select", "dependencies": [], "argument": "sky (2486325)"}],
        "entailed": ["1"], "equivalent": ["0"], "question": "Is the sky dark?",
        "imageId": "2354786", "isBalanced": True, "groups": {"global": None, "local": "06-sky"},
        "answer": "yes", "fullAnswer": "Yes, the sky is dark.",
        "types": {"detailed": "verifyAttr", "semantic": "attr", "structural": "verify"}, **changes,
    }  # fmt: skip


def vsr(**changes: Any) -> dict[str, Any]:
    return {
        "image": "000000050403.jpg", "image_link": "http://images.cocodataset.org/x.jpg",
        "caption": "The teddy bear is in front of the person.", "label": 1,
        "relation": "in front of", "annotator_id": 31, "vote_true_validator_id": [2, 6],
        "vote_false_validator_id": [], **changes,
    }  # fmt: skip


def problem(kind: str, answer: object, choices: object, **changes: Any) -> dict[str, Any]:
    return {
        "question": "How many bows are there?", "choices": choices, "answer": answer,
        "ques_type": kind, "grade": "prek", "label": "S2", "split": "train", **changes,
    }  # fmt: skip


def clevr(functions: str, answer: object, **changes: Any) -> dict[str, Any]:
    steps = [{"inputs": [], "function": name, "value_inputs": []} for name in functions.split()]
    return {
        "split": "train", "image_filename": "CLEVR_train_000000.png", "image_index": 0,
        "question_index": 0, "question_family_index": 2, "program": steps, "answer": answer,
        "question": "How many cubes are left of the ball?", **changes,
    }  # fmt: skip


def sat(**changes: Any) -> dict[str, Any]:
    return {
        "image_bytes": [{"bytes": embedded((1, 2, 3)), "path": None},
                        {"bytes": embedded((3, 2, 1)), "path": None}],
        "question": "How did the camera rotate?", "answers": ["rotated left", "rotated right"],
        "question_type": "action_sequence", "correct_answer": "rotated left", **changes,
    }  # fmt: skip


def vlm(**changes: Any) -> dict[str, Any]:
    return {
        "id": 3, "scene_name": "scene0000_00", "dataset": "scannet", "category": "bed",
        "question_type": "object_rel_distance_v2", "video_path": "scannet/scene0000_00.mp4",
        "question": "Which of these objects (desk, chair, lamp) is the closest to the bed?",
        "options": ["A. desk", "B. chair", "C. lamp"], "ground_truth": "chair", "mc_answer": "B",
        **changes,
    }  # fmt: skip


def multispa(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1358431, "image": ["scene0006_01/01550.jpg", "scene0006_01/01245.jpg"],
        "conversations": talk("Image-1: <image>\nImage-2: <image>\nHow far (in mm)?",
                              "The difference is about `1150`."),
        "height_list": [968, 968], "width_list": [1296, 1296], "question_type": "total_distance",
        "gt_value": 1150, **changes,
    }  # fmt: skip


def aerial(**changes: Any) -> dict[str, Any]:
    return {
        "id": "0f", "object_id": ["7"], "scene_id": 12,
        "image_info": {"image_path": "..\\data\\open3dvqa\\12\\rgb\\0_3.png", "depth_path": "x"},
        "qa_info": {"type": "quantitative", "question_name": "distance_data", "is_embodied": False},
        "conversation": talk("<image>\nHow far are they apart? ", "32.15 meters."),
        "query_question": "How far?", **changes,
    }  # fmt: skip


def triple(**changes: Any) -> dict[str, Any]:
    box = {"top": 1, "left": 2, "height": 3, "width": 4}
    return {
        "rgb": "data/20200223/a.png", "depth": "data/20200223/a.tiff", "width": 1280,
        "subject": {"name": "cup", "bbox": box}, "object": {"name": "table", "bbox": box},
        "predicate": "on", "label": True, "height": 720, "camera_info": {}, **changes,
    }  # fmt: skip
