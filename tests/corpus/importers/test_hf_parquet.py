"""Parquet with pictures in its rows: columns, splits, row groups, and what is put aside."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpora import tree_hash
from PIL import Image
from set_files import embedded, imported, parquet, reasons, samples, talk

from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.run import import_set
from sextant.errors import CorruptInput
from sextant.samples.check import CorpusCheck
from sextant.samples.prompt import render_answer, render_prompt


def rows(count: int = 6) -> list[dict[str, Any]]:
    return [
        {"id": k, "image": {"bytes": embedded((k, 9, 9)), "path": "0.png"},
         "question": f"How many things are on table {k}?", "answer": str(k)}
        for k in range(count)
    ]  # fmt: skip


def test_pictures_of_the_rows_are_taken_over(tmp_path: Path) -> None:
    parquet(tmp_path / "set" / "train-00000-of-00001.parquet", rows())
    parquet(tmp_path / "set" / "validation-00000-of-00001.parquet", rows(8)[6:])
    store = imported("hf_parquet", tmp_path / "set", tmp_path / "c", images="store")
    found = samples(store)
    assert [s.split for s in found] == ["train"] * 6 + ["val"] * 2
    assert [s.answer for s in found] == [str(k) for k in range(8)]
    assert len({s.scene_id for s in found}) == 8  # all are called 0.png
    with Image.open(store.image_path(found[3].images[0])) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (3, 9, 9)
    assert render_prompt(found[1]) == "<image>\nHow many things are on table 1?"
    assert not list(CorpusCheck(tmp_path / "c").problems())


def test_parts_of_the_work_give_the_same_corpus(tmp_path: Path) -> None:
    path = parquet(tmp_path / "set" / "x.parquet", rows(20), row_group_size=3)
    store = imported("hf_parquet", path, tmp_path / "a", images="store", piece_bytes=2000)
    assert len(store.manifest["shards"]) > 2
    job = ImportJob("hf_parquet", path, tmp_path / "b", "store", piece_bytes=2000)
    for part in ((1, 2), (0, 2)):
        import_set(job, part=part, quiet=True)
    assert tree_hash(tmp_path / "a") == tree_hash(tmp_path / "b")
    assert [json.loads(s.evidence)["import"]["offset"] for s in samples(store)] == list(range(20))
    few = imported("hf_parquet", path, tmp_path / "c", images="store", limit=7, piece_bytes=2000)
    assert len(samples(few)) == 7


def test_conversations_messages_and_named_columns(tmp_path: Path) -> None:
    shown = [{"bytes": embedded(), "path": None}] * 2
    talks = [{"images": shown, "conversations": talk("<image>\n<image>\nSame?", "Yes", "a", "b")}]
    (one,) = samples(imported("hf_parquet", parquet(tmp_path / "1.parquet", talks),
                              tmp_path / "a", images="store"))  # fmt: skip
    assert (len(one.images), one.answer_type) == (2, "boolean")
    assert json.loads(one.turns or "") == talk("a", "b")
    parts = [{"type": "image", "text": None}, {"type": "text", "text": "Which?"}]
    chat = [{"images": shown[:1], "messages": [{"role": "user", "content": parts},
             {"role": "assistant", "content": [{"type": "text", "text": "that"}]}]}]  # fmt: skip
    (two,) = samples(imported("hf_parquet", parquet(tmp_path / "2.parquet", chat),
                              tmp_path / "b", images="store"))  # fmt: skip
    assert render_prompt(two) == "<image>\nWhich?"
    assert render_answer(two) == "that"
    named = [{"picture": shown[0], "prompt": "What?", "reply": "this"}]
    columns = (("image", "picture"), ("question", "prompt"), ("answer", "reply"))
    source = parquet(tmp_path / "3.parquet", named)
    (three,) = samples(
        imported("hf_parquet", source, tmp_path / "d", images="store", columns=columns)
    )
    assert three.answer == "this"
    store = imported("hf_parquet", source, tmp_path / "e", images="store")
    assert len(samples(store)) == 0
    assert list(reasons(store)) == [
        "not one of conversations, messages, question and answer: see --column"
    ]


def test_pictures_inside_cannot_be_referred_to(tmp_path: Path) -> None:
    source = parquet(tmp_path / "x.parquet", rows(2))
    store = imported("hf_parquet", source, tmp_path / "c")
    assert reasons(store) == {"its pictures lie inside the set's file: needs --images store": 2}


PNG = embedded()

HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"image": {"bytes": b"<html>", "path": "a.png"}},
     "a picture's file is no PNG, JPEG, WEBP or BMP"),
    ({"image": {"bytes": b"", "path": "a.png"}}, "a picture's file is no PNG, JPEG, WEBP or BMP"),
    ({"image": {"bytes": b"\x89PNG\r\n\x1a\nxxxx", "path": "a"}}, "a picture cannot be decoded"),
    ({"image": {"bytes": None, "path": "../../etc/passwd"}},
     "a path leaves the folder of pictures"),
    ({"image": {"bytes": None, "path": "none.png"}}, "a picture is missing"),
    ({"image": {"bytes": None, "path": None}}, "a picture is neither bytes nor a path"),
    ({"question": None}, "a turn is not a pair of from and value"),
    ({"answer": ""}, "does not fit the sample schema"),
    ({"question": "<image> and <image>"}, "another number of <image> than of images"),
    ({"question": "x" * (17 * 2**20)}, "the record is too long"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "reason"), HOSTILE, ids=[r for _, r in HOSTILE])
def test_hostile_rows_are_put_aside(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    made = rows(3)
    made[1] |= changes
    source = parquet(tmp_path / "x.parquet", made)
    store = imported("hf_parquet", source, tmp_path / "c", images="store")
    assert reasons(store) == {reason: 1}
    assert store.quarantine()[0]["where"] == "x.parquet:2"
    assert len(samples(store)) == 2


def test_a_name_beside_bytes_is_never_opened(tmp_path: Path) -> None:
    made = rows(1)
    made[0]["image"]["path"] = "../../etc/passwd"
    source = parquet(tmp_path / "x.parquet", made)
    (sample,) = samples(imported("hf_parquet", source, tmp_path / "c", images="store"))
    assert sample.images[0].startswith("images/")


def test_a_text_that_is_no_utf8_breaks_its_row_alone(tmp_path: Path) -> None:
    texts = pa.array([b"a?", b"\xff\xfe", b"c?"]).cast(pa.binary())
    question = pa.Array.from_buffers(pa.string(), 3, texts.buffers())
    table = pa.table({"question": question, "answer": ["1", "2", "3"]})
    pq.write_table(table, tmp_path / "x.parquet")
    store = imported("hf_parquet", tmp_path / "x.parquet", tmp_path / "c", images="store")
    assert reasons(store) == {"a text is no UTF-8": 1}
    assert [s.answer for s in samples(store)] == ["1", "3"]


def test_a_file_that_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + b"\0" * 50)
    with pytest.raises(CorruptInput, match="no Parquet"):
        imported("hf_parquet", tmp_path, tmp_path / "c", images="store")


def test_a_bomb_of_pixels_is_refused(tmp_path: Path) -> None:
    stream = BytesIO()
    Image.new("1", (8000, 8000)).save(stream, "PNG")
    made = rows(1)
    made[0]["image"]["bytes"] = stream.getvalue()
    store = imported("hf_parquet", parquet(tmp_path / "x.parquet", made), tmp_path / "c",
                     images="store")  # fmt: skip
    assert reasons(store) == {"a picture has too many pixels": 1}
