from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_data import jsonl, picture, turn

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput, RecipeError
from sextant.models.family import Message
from sextant.training.jsonl_examples import MAX_LINE, JsonlExamples
from sextant.training.line_index import open_line_index
from sextant.training.recipe import DataEntry


def opened(path: Path, **fields: Any) -> JsonlExamples:
    return JsonlExamples(DataEntry(path=str(path), **fields), path.parent / "cache")


def one(tmp_path: Path, row: Any, **fields: Any) -> Any:
    return opened(jsonl(tmp_path / "d.jsonl", [row]), **fields).record(0)


def test_a_row_as_it_was_released(tmp_path: Path) -> None:
    # README of SenseNova-SI, section on the data format: pictures in later turns too.
    row = {
        "id": 0,
        "conversations": [
            {"from": "human", "value": "<image>\nfirst <image>\nsecond"},
            {"from": "gpt", "value": "one"},
            {"from": "human", "value": "<image>\nthird"},
            {"from": "gpt", "value": "two"},
        ],
        "image": ["a/1.jpg", "a/2.jpg", "a/3.jpg"],
    }
    record = one(tmp_path, row)
    assert record.id == "0"
    assert record.messages == (
        Message("user", "<image>\nfirst <image>\nsecond"),
        Message("assistant", "one", supervised=True),
        Message("user", "<image>\nthird"),
        Message("assistant", "two", supervised=True),
    )
    assert record.pictures == tuple(tmp_path / f"a/{k}.jpg" for k in (1, 2, 3))
    assert (record.capability, record.source, record.difficulty) == ("GENERAL", "d", "")


@pytest.mark.parametrize(
    ("image", "pictures"),
    [
        (["a.png"], ["a.png"]),
        ("a.png", ["a.png"]),
        ("./x/a.png", ["x/a.png"]),
        ([], []),
        ("", []),
        (None, []),
    ],
)
def test_forms_of_image(tmp_path: Path, image: Any, pictures: list[str]) -> None:
    text = "<image>\nWhich?" if pictures else "Which?"
    record = one(tmp_path, {"id": "x", "image": image, "conversations": turn(text)})
    assert record.pictures == tuple(tmp_path / p for p in pictures)


def test_image_may_be_missing_and_id_too(tmp_path: Path) -> None:
    record = one(tmp_path, {"conversations": turn()})
    assert (record.id, record.pictures) == ("1", ())


def test_absolute_paths_below_the_folder_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    row = {"image": str(tmp_path / "pics/a.png"), "conversations": turn("<image>x")}
    record = one(tmp_path, row, images=str(tmp_path / "pics"))
    assert record.pictures == (tmp_path / "pics" / "a.png",)
    with pytest.raises(ConventionError, match="no path inside"):
        one(tmp_path, {**row, "image": "/etc/passwd"}, images=str(tmp_path / "pics"))


def test_one_picture_without_a_mark_gets_one_before_the_first_question(tmp_path: Path) -> None:
    rows = [{"from": "system", "value": "s"}, *turn("Which?")]
    record = one(tmp_path, {"image": "a.png", "conversations": rows})
    assert record.messages[1].text == "<image>\nWhich?"


def test_roles_go_by_their_other_names_too(tmp_path: Path) -> None:
    rows = [
        {"from": "system", "value": "Be brief."},
        {"from": "user", "value": "Q"},
        {"from": "assistant", "value": "A"},
    ]
    record = one(tmp_path, {"conversations": rows})
    assert [m.role for m in record.messages] == ["system", "user", "assistant"]
    assert [m.supervised for m in record.messages] == [False, False, True]


def test_labels_of_a_row_are_taken_over(tmp_path: Path) -> None:
    row = {"conversations": turn(), "capability": "MR", "source": "s", "difficulty": "hard"}
    record = one(tmp_path, row)
    assert (record.capability, record.source, record.difficulty) == ("MR", "s", "hard")
    record = one(tmp_path, {"conversations": turn(), "difficulty": "?", "source": "x" * 99})
    assert (record.difficulty, record.source) == ("", "d")


LINE = {"id": 1, "image": ["a.png", "b.png"], "conversations": turn("<image><image>Which?")}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{not json", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        ("[1, 2]", "no record"),
        ("7" * 5000, "not JSON"),
        ("[" * 100_000, "not JSON"),
        ({**LINE, "image": ["a.png"]}, "2 <image> for 1 pictures"),
        ({**LINE, "image": ["a.png"] * 3}, "2 <image> for 3 pictures"),
        ({**LINE, "conversations": turn()}, "0 <image> for 2 pictures"),
        ({"conversations": turn("<image>Which?")}, "1 <image> for 0 pictures"),
        ({"conversations": turn("Which?", "<image>")}, "outside the human turns"),
        ({**LINE, "image": {"a": 1}}, "neither a path nor a list"),
        ({**LINE, "image": ["a.png", 3]}, "neither a path nor a list"),
        ({**LINE, "image": ["a.png", ""]}, "neither a path nor a list"),
        ({**LINE, "image": ["a.png", "../b.png"]}, "no path inside"),
        ({**LINE, "image": ["a.png", "/etc/passwd"]}, "no path inside"),
        ({**LINE, "image": ["a.png", "x/./b.png"]}, "no path inside"),
        ({**LINE, "image": ["a.png", "b\0.png"]}, "no path inside"),
        ({**LINE, "image": ["a.png", "\ud800.png"]}, "no path inside"),
        ({**LINE, "image": ["a.png"] * 600}, "too many pictures"),
        ({**LINE, "video": "v.mp4"}, "videos are not read"),
        ({"conversations": []}, "no conversation"),
        ({"conversations": "hello"}, "no conversation"),
        ({}, "no conversation"),
        ({"conversations": turn()[:1]}, "last turn"),
        ({"conversations": [*turn(), turn()[0]]}, "last turn"),
        ({"conversations": turn()[::-1]}, "do not alternate"),
        ({"conversations": [turn()[0], *turn()]}, "do not alternate"),
        ({"conversations": [*turn(), {"from": "system", "value": "x"}]}, "do not alternate"),
        ({"conversations": [{"from": ["human"], "value": "x"}, turn()[1]]}, "do not alternate"),
        ({"conversations": ["hello", "there"]}, "pair of from and value"),
        ({"conversations": [{"from": "human", "value": 3}, turn()[1]]}, "pair of from and value"),
        ({"conversations": turn("Which?", "  ")}, "answer is empty"),
        ({"conversations": turn("\ud800")}, "surrogate"),
        ({"conversations": turn("Which?", "\udfff")}, "surrogate"),
    ],
)
def test_broken_rows_name_their_line(tmp_path: Path, row: Any, said: str) -> None:
    path = jsonl(tmp_path / "d.jsonl", [{"conversations": turn()}, row, {"conversations": turn()}])
    examples = opened(path)
    with pytest.raises(InputError, match="line 2") as error:
        examples.record(1)
    assert said in str(error.value)
    assert examples.record(0) is not None
    assert examples.record(2) is not None


def test_a_line_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    with path.open("wb") as file:
        file.seek(MAX_LINE + 10)
        file.write(b'\n{"conversations": []}\n')
    examples = opened(path)
    with pytest.raises(CorruptInput, match="too long"):
        examples.record(0)
    with pytest.raises(ConventionError, match="line 2"):
        examples.record(1)


def test_blank_lines_windows_line_ends_and_a_mark_at_the_beginning(tmp_path: Path) -> None:
    row = json.dumps({"id": "é", "conversations": turn()}, ensure_ascii=False).encode()
    path = tmp_path / "d.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + row + b"\r\n\n  \r\n" + row)
    examples = opened(path)
    found = [examples.record(k) for k in range(len(examples))]
    assert [None if r is None else r.id for r in found] == ["é", None, None, "é"]


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    rows = [{"conversations": turn(), "capability": c, "task": t}
            for c, t in (("SR", "a"), ("MR", "a"), ("SR", "b"))]  # fmt: skip
    path = jsonl(tmp_path / "d.jsonl", [*rows, "broken"])
    assert opened(path, capabilities=["SR"]).asked().tolist() == [0, 2, 3]
    assert opened(path, capabilities=["SR"], tasks=["b"]).asked().tolist() == [2, 3]
    assert opened(path, tasks=["b"]).record(0) is None
    assert opened(path).asked().tolist() == [0, 1, 2, 3]


def test_what_a_file_cannot_be_asked(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "d.jsonl", [])
    with pytest.raises(RecipeError, match="named subsets"):
        opened(path, subset="counter_heuristic")
    with pytest.raises(MissingInput, match="pictures"):
        opened(path, images=str(tmp_path / "nowhere"))
    with pytest.raises(MissingInput, match="no such file"):
        opened(tmp_path / "other.jsonl")
    assert len(opened(path)) == 0


@given(st.lists(st.binary(max_size=12), max_size=20), st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_offsets_are_those_of_reading_line_by_line(
    tmp_path: Path, lines: list[bytes], ended: bool
) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"\n".join(lines) + (b"\n" if ended and lines else b""))
    index = open_line_index(path, tmp_path / "cache")
    data = path.read_bytes()
    with path.open("rb") as file:
        assert [data[slice(*index.span(k))] for k in range(len(index))] == list(file)


def test_an_index_is_made_once_and_anew_when_the_file_changes(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "d.jsonl", [{"conversations": turn()}] * 3)
    cache = tmp_path / "cache"
    first = open_line_index(path, cache)
    (made,) = cache.glob("*.npy")
    before = made.stat().st_mtime_ns
    assert open_line_index(path, cache).digest == first.digest
    assert made.stat().st_mtime_ns == before
    assert np.load(made, mmap_mode="r").nbytes == 8 * 4
    stat = path.stat()
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Which?", b"Where?"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert open_line_index(path, cache).digest != first.digest, "size and time are the same"
    path.write_bytes(data * 2)
    assert len(open_line_index(path, cache)) == 6


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    path = jsonl(tmp_path / "d.jsonl", [{"conversations": turn()}] * 3)
    open_line_index(path, tmp_path / "cache")
    for file in (tmp_path / "cache").iterdir():
        file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)
    assert len(open_line_index(path, tmp_path / "cache")) == 3


def test_pictures_are_not_opened_by_reading_rows(tmp_path: Path) -> None:
    record = one(tmp_path, {"image": "nowhere.png", "conversations": turn("<image>x")})
    assert record.pictures == (tmp_path / "nowhere.png",)
    assert picture(1)[:4] == b"\x89PNG"
