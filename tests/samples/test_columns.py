"""Column rules find every row that the row rules find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from corpora import CHOICE, number

from sextant.samples.columns import suspects, table_problems
from sextant.samples.layout import samples_table
from sextant.samples.sample import SCHEMA, Sample
from sextant.samples.validate import check_sample

SHOWN = replace(CHOICE, images=("images/a/b.png",), frame_ids=("0",), question="<image>Which?")
TURN = '[{"from": "human", "value": "and?"}, {"from": "gpt", "value": "B"}]'

SOUND = [
    CHOICE, SHOWN, number(), number(value=None, unit=None), number(answer="-3"),
    replace(SHOWN, images=("external/a/b/c.png",)), replace(SHOWN, frame_ids=()),
    replace(CHOICE, answer="lamp"), replace(CHOICE, turns=TURN), replace(CHOICE, rationale="So."),
    number(answer_type="boolean", answer="Yes"), number(answer_type="text", answer="é"),
    number(answer_type="json", answer='{"a": [1]}'), replace(CHOICE, evidence="{}"),
]  # fmt: skip

BROKEN: list[dict[str, Any]] = [
    {"id": "0"}, {"id": "0123456789ABCDEF"}, {"id": "0123456789abcdef\n"}, {"capability": "XX"},
    {"split": "training"}, {"difficulty": ""}, {"answer_type": "free"}, {"task": " "},
    {"source": ""}, {"scene_id": "\t"}, {"question": "\n"}, {"license": ""}, {"generator": "  "},
    {"images": ("x.png",)}, {"question": "<image>"}, {"images": ("/x",), "question": "<image>"},
    {"images": ("../x",), "question": "<image>"}, {"images": ("a//b",), "question": "<image>"},
    {"images": ("a/./b",), "question": "<image>"}, {"images": ("a/",), "question": "<image>"},
    {"images": ("",), "question": "<image>"}, {"images": ("a\\b",), "question": "<image>"},
    {"images": ("c:b",), "question": "<image>"}, {"images": ("a\0",), "question": "<image>"},
    {"images": ("external/x",), "question": "<image>"},
    {"images": ("external/X/y",), "question": "<image>"},
    {"images": ("external",), "question": "<image> <image>"},
    {"frame_ids": ("0", "1")}, {"options": ("a <image>", "lamp")}, {"rationale": "<image>"},
    {"turns": "[]"}, {"turns": "x"}, {"turns": "{}"}, {"turns": '["a", "b"]'},
    {"value": float("nan")}, {"value": float("inf")}, {"unit": "inch"},
    {"value": None, "unit": "m"}, {"options": None}, {"answer_index": None},
    {"answer_index": 3}, {"answer_index": -1}, {"options": ("a",), "answer_index": 0},
    {"options": ("a", "A ", "c")}, {"options": ("a", " ", "c")}, {"options": ("ß", "B", "ss")},
    {"answer": "C"}, {"answer": "chair"}, {"answer_type": "text"}, {"evidence": "[]"},
    {"evidence": "{"}, {"evidence": '{"a": NaN}'}, {"evidence": "[" * 5000},
    *({"answer_type": "number", "options": None, "answer_index": None, "answer": text}
      for text in ("", "one", "nan", "1e999", "inf", "1 2")),
    {"answer_type": "boolean", "options": None, "answer_index": None, "answer": "yes."},
    {"answer_type": "json", "options": None, "answer_index": None, "answer": "{a: 1}"},
]  # fmt: skip


def table(samples: list[Sample]) -> pa.Table:
    return samples_table({n: [getattr(s, n) for s in samples] for n in SCHEMA.names})


@pytest.mark.parametrize("changes", BROKEN, ids=lambda c: repr(c)[:60])
def test_what_the_row_rules_find_is_found(changes: dict[str, Any]) -> None:
    wrong = replace(CHOICE, **changes)
    assert check_sample(wrong)
    found = dict(table_problems(table([*SOUND, wrong, *SOUND])))
    assert found == {len(SOUND): check_sample(wrong)}


def test_sound_rows_pass_and_most_without_a_second_look() -> None:
    assert [check_sample(s) for s in SOUND] == [[]] * len(SOUND)
    many = table(SOUND * 3)
    assert not list(table_problems(many))
    assert suspects(many).mean() < 0.2
    assert not list(table_problems(many.slice(5, 9)))
    assert not suspects(table([])).any()


def test_a_slice_is_judged_by_its_own_rows() -> None:
    wrong = replace(SHOWN, images=("../x",))
    many = table([*SOUND, wrong, *SOUND])
    assert [row for row, _ in table_problems(many.slice(len(SOUND) - 2))] == [2]
    twice = pa.concat_tables([many, many])
    assert [row for row, _ in table_problems(twice)] == [14, 43]
    assert [row for row, _ in table_problems(twice, limit=1)] == [14]


def test_a_null_and_bytes_that_are_no_text_are_found() -> None:
    many = table(SOUND)
    column = many["source"].to_pylist()
    column[3] = None
    place = many.column_names.index("source")
    holed = many.set_column(place, SCHEMA.field("source"), pa.array(column, pa.string()))
    assert [row for row, _ in table_problems(holed)] == [3]
    raw = pa.array([b"\xff" if k == 2 else b"x" for k in range(len(many))])
    bad = pa.StringArray.from_buffers(len(raw), raw.buffers()[1], raw.buffers()[2])
    assert [row for row, _ in table_problems(many.set_column(place, SCHEMA.field("source"), bad))] \
        == [2]  # fmt: skip
