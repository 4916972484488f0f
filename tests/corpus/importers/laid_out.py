"""Every set as it is published: one sound record, whatever else is wanted beside it, its pictures.

A set of text files takes records as they stand in the file, broken ones too; a set of tables takes
rows.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from corpora import CHOICE
from set_files import embedded, jsonl, parquet, picture, talk
from set_records import aerial, annotation, clevr, gqa, multispa, problem, sat, triple, vlm, vsr

from sextant.corpus.exporting.content import structured
from sextant.corpus.exporting.hf_schema import HF_SCHEMA
from sextant.samples.prompt import render_answer, render_prompt

Item = dict[str, Any] | bytes

TALK = {"id": 1, "conversations": talk("<image>\nWhat is it?", "this")}
TWO = talk("<image><image>Which?", "this")
HELD = [{"bytes": embedded(), "path": "a.png"}] * 2

COLUMNS = {field.name: getattr(CHOICE, field.name) for field in fields(CHOICE)}

OURS = {
    **COLUMNS, "options": list(CHOICE.options or ()), "frame_ids": [], "images": HELD[:1],
    "question": "<image>\n" + CHOICE.question,
    "messages": structured(
        [render_prompt(replace(CHOICE, images=("a.png",), question="<image>\n" + CHOICE.question)),
         render_answer(CHOICE)], ["a.png"], lambda _: {"type": "image"}),
}  # fmt: skip

RECORDS: dict[str, dict[str, Any]] = {
    "clevr": clevr("count", "3"),
    "gqa": gqa(),
    "grid_3d": {"img_idx": 7, "question": ["what"], "answer": "dog", "task": "counting"},
    "hf_parquet": {"id": 1, "images": HELD, "conversations": TWO},
    "iconqa": problem("choose_img", 0, ["a.png", "b.png"]),
    "llava": {"image": "a/b.jpg", **TALK},
    "messytable_si": {"images": ["a-01.jpg", "b.jpg"], "conversations": TWO},
    "mindcube": {"id": "around_1", "question": "Which? A. x B. y", "images": ["a/b.jpg"],
                 "gt_answer": "A", "category": []},
    "multispa": multispa(),
    "open3d_vqa": aerial(),
    "openspatial_3m": {"type": "t", "data_source": "s", "images": HELD, "meta_info": "{}",
                       "conversations": TWO},
    "rel3d": triple(),
    "sat": sat(image_bytes=HELD),
    "sensenova_si": {"image": "a/b.jpg", **TALK},
    "sextant_hf": OURS,
    "sextant_webdataset": {"members": {
        "json": json.dumps({"id": 1, "image": ["0.png"], "conversations": talk("<image>Q", "A")})
        .encode(), "0.png": embedded()}},
    "sharegpt": {"image": ["a/b.jpg"], **TALK},
    "spar_7m": {"image": ["a/b.jpg"], "type": "obj_count", **TALK},
    "spec": {"query": "a.png", "keys": ["a", "b"], "label": 0},
    "vica": {"video": "a/b.mp4", **TALK},
    "vlm_3r": vlm(),
    "vqa_v2": annotation(9000, "x", "other"),
    "vsi_590k": {"image": "a/b.jpg", "question_type": "appearance_order", **TALK},
    "vsr": vsr(),
}  # fmt: skip

TABLES = ("hf_parquet", "openspatial_3m", "sat", "sextant_hf", "sextant_webdataset")
"""Sets whose files hold the pictures, and no text that could be damaged record by record."""


def raw(item: Item) -> bytes:
    return item if isinstance(item, bytes) else json.dumps(item).encode()


def array(path: Path, items: Sequence[Item], head: bytes = b"[", foot: bytes = b"]") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b",\n".join(raw(item) for item in items) + foot)


def members(path: Path, items: Sequence[Item]) -> None:
    named = [b'"%d": ' % (100 + k) + raw(item) for k, item in enumerate(items)]
    array(path, named, b"{", b"}")


def _vqa(root: Path, items: Sequence[Item]) -> None:
    array(root / "v2_mscoco_train2014_annotations.json", items, b'{"annotations": [', b"]}")
    asked = [{"image_id": 458752, "question": "What?", "question_id": 9000}]
    array(root / "v2_OpenEnded_mscoco_train2014_questions.json", asked, b'{"questions": [', b"]}")


def _clevr(root: Path, items: Sequence[Item]) -> None:
    head = b'{"info": {"split": "train"}, "questions": ['
    array(root / "CLEVR_v1.0/questions/CLEVR_train_questions.json", items, head, b"]}")


def _grid(root: Path, items: Sequence[Item]) -> None:
    array(root / "questions.json", items)
    picture(root / "7.png")


def _rel3d(root: Path, items: Sequence[Item]) -> None:
    array(root / "c_0.9_c_0.1.json", items, b'{"train": [', b'], "valid": [], "test": []}')


def _lines(name: str) -> Callable[[Path, Sequence[Item]], object]:
    return lambda root, items: jsonl(root / name, [raw(item) for item in items])


def _array(name: str) -> Callable[[Path, Sequence[Item]], object]:
    return lambda root, items: array(root / name, items)


def _table(name: str) -> Callable[[Path, Sequence[Item]], object]:
    return lambda root, items: parquet(root / name, [i for i in items if isinstance(i, dict)])


def _dataset(root: Path, items: Sequence[Item]) -> None:
    (root / "data").mkdir()
    table = pa.Table.from_pylist(list(items), schema=HF_SCHEMA)
    pq.write_table(table, root / "data" / "train-00000-of-00001.parquet")


def _tar(root: Path, items: Sequence[Item]) -> None:
    with tarfile.open(root / "train-000000.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for k, item in enumerate(items):
            for ending, data in item["members"].items():  # type: ignore[call-overload]
                info = tarfile.TarInfo(f"{k:09d}.{ending}")
                info.size = len(data)
                tar.addfile(info, BytesIO(data))


LAYOUTS: dict[str, Callable[[Path, Sequence[Item]], object]] = {
    "clevr": _clevr,
    "gqa": lambda root, items: members(root / "train_balanced_questions.json", items),
    "grid_3d": _grid,
    "hf_parquet": _table("data/train.parquet"),
    "iconqa": lambda root, items: members(root / "problems.json", items),
    "llava": _array("llava.json"),
    "messytable_si": _lines("x.jsonl"),
    "mindcube": _lines("raw/MindCube_train.jsonl"),
    "multispa": _lines("total_distance_train.jsonl"),
    "open3d_vqa": _array("train_qa.json"),
    "openspatial_3m": _table("data/part-0.parquet"),
    "rel3d": _rel3d,
    "sat": _table("SAT_train.parquet"),
    "sensenova_si": _lines("rows.jsonl"),
    "sextant_hf": _dataset,
    "sextant_webdataset": _tar,
    "sharegpt": _lines("rows.jsonl"),
    "spar_7m": _lines("scannet/qa_jsonl/train/obj_count/fill/fill_1.jsonl"),
    "spec": _array("count/image2text.json"),
    "vica": _array("arkitscenes/base/room_size.json"),
    "vlm_3r": _array("vsi.json"),
    "vqa_v2": _vqa,
    "vsi_590k": _lines("vsi_590k.jsonl"),
    "vsr": _lines("train.jsonl"),
}


def lay_out(name: str, root: Path, more: Sequence[Item] = ()) -> Path:
    """Write a set: a sound record, and more; return its folder."""
    root.mkdir(parents=True, exist_ok=True)
    LAYOUTS[name](root, [RECORDS[name], *more])
    return root
