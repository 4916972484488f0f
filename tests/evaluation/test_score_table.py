"""The table of scores: rows in, the same rows out, from memory and from disk."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import choice, measured, random_rows, table_of

from sextant.errors import CorruptInput, InputError
from sextant.evaluation.benchmark import Scored
from sextant.evaluation.items import Item
from sextant.evaluation.score_table import ROW_STATUSES, ScoreTable
from sextant.evaluation.table_builder import ScoreTableBuilder, group_names, letter_index

NUMBERS = (
    "points", "weights", "status", "options", "chosen", "correct", "predicted", "truth",
)  # fmt: skip


def rows_as_dicts(table):
    return [
        {
            "id": table.ids[k],
            "task": table.tasks.values()[k],
            "cluster": table.clusters.values()[k],
            **{name: codes.values()[k] for name, codes in table.groups.items()},
            **{name: repr(getattr(table, name)[k].item()) for name in NUMBERS},
        }
        for k in range(len(table))
    ]


def same(one, other):
    return rows_as_dicts(one) == rows_as_dicts(other)


def test_a_row_holds_what_was_scored():
    rows = [
        choice("a", "mcq", True, n=3, answer="C", cluster="room", source="x"),
        choice("b", "mcq", False, n=3, answer="C", cluster="room"),
        choice("c", "mcq", "refused", n=5),
        choice("d", "mcq", None),
        measured("e", "num", 3.0, 4.0),
    ]
    table = table_of(rows)
    assert table.ids == tuple("abcde")
    assert table.tasks.names == ("mcq", "num")
    assert table.clusters.values() == ["room", "room", "c", "d", "e"]
    assert table.groups["source"].values() == ["x", "", "", "", ""]
    assert table.points.tolist() == [1.0, 0.0, 0.0, 0.0, 0.6]
    assert table.weights.tolist() == [1.0, 1.0, 1.0, 0.0, 1.0]
    assert [ROW_STATUSES[s] for s in table.status] == [
        "answered", "answered", "refused", "failed", "answered",
    ]  # fmt: skip
    assert table.options.tolist() == [3, 3, 5, 4, 0]
    assert table.correct.tolist() == [2, 2, 0, 0, -1]
    assert table.chosen.tolist() == [2, 0, -1, -1, -1]
    assert table.predicted[4] == 3.0
    assert table.truth[4] == 4.0
    assert np.isnan(table.predicted[:4]).all()
    assert table.counted.tolist() == [True, True, True, False, True]


def test_a_whole_number_is_a_number():
    """A scorer may find 3, not 3.0; it used to be stored as if nothing had been read."""
    item = Item("a", "count", "?", "3", "number", value=3)
    builder = ScoreTableBuilder()
    builder.add(item, Scored(1.0, "answered", 3))
    assert builder.done().predicted.tolist() == [3.0]


def test_a_number_beyond_floats_does_not_break_the_table():
    item = Item("a", "count", "?", "3", "number", value=3.0)
    builder = ScoreTableBuilder()
    builder.add(item, Scored(0.0, "answered", 10**400))
    assert builder.done().predicted.tolist() == [math.inf]


def test_ids_are_unique():
    builder = ScoreTableBuilder()
    builder.add(*choice("a", "t", True))
    with pytest.raises(InputError, match="same id"):
        builder.add(*choice("a", "t", False))
    builder.add(*choice("a", "t", False), row_id="a#shuffle:1")
    assert builder.done().ids == ("a", "a#shuffle:1")


def test_given_groups_go_before_the_items_own():
    builder = ScoreTableBuilder(("base", "source"))
    item, scored = choice("a", "t", True, source="own")
    builder.add(item, scored, row_id="a#x", groups={"base": "a", "source": "given"})
    table = builder.done()
    assert table.groups["base"].values() == ["a"]
    assert table.groups["source"].values() == ["given"]
    assert group_names([item]) == ("source",)


def test_an_empty_table_is_a_table(tmp_path):
    table = ScoreTableBuilder(("source",)).done()
    assert len(table) == 0
    table.write(tmp_path / "scores.parquet")
    again = ScoreTable.read(tmp_path / "scores.parquet")
    assert len(again) == 0
    assert again.groups["source"].names == ()
    assert len(again.take(np.empty(0, dtype=np.intp))) == 0


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 60))
def test_written_and_read_is_the_same(tmp_path_factory, seed, count):
    table = table_of(random_rows(seed, count))
    path = tmp_path_factory.mktemp("t") / "scores.parquet"
    table.write(path)
    again = ScoreTable.read(path)
    assert same(table, again)
    assert again.tasks.names == table.tasks.names
    for name in NUMBERS:
        assert getattr(again, name).dtype == getattr(table, name).dtype


def test_files_are_the_same_byte_for_byte(tmp_path):
    for name in ("a", "b"):
        table_of(random_rows(3, 50)).write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_part_that_was_taken_survives_the_disk(tmp_path):
    table = table_of(random_rows(1, 80)).take(np.arange(79, -1, -3))
    table.write(tmp_path / "scores.parquet")
    assert same(table, ScoreTable.read(tmp_path / "scores.parquet"))


@settings(deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 29), max_size=30, unique=True))
def test_taking_rows_takes_all_their_columns(seed, keep):
    table = table_of(random_rows(seed, 30))
    taken = table.take(np.array(keep, dtype=np.intp))
    assert rows_as_dicts(taken) == [rows_as_dicts(table)[k] for k in keep]
    seen = dict.fromkeys(taken.tasks.values())
    assert taken.tasks.names == tuple(seen), "names that are left, in order of first appearance"


def test_taking_by_mask_and_by_index_agree():
    table = table_of(random_rows(2, 40))
    mask = table.points > 0.5
    assert same(table.take(mask), table.take(np.flatnonzero(mask)))


def test_many_row_groups_are_read_as_one(tmp_path):
    table = table_of(random_rows(5, 90))
    table.write(tmp_path / "scores.parquet")
    stored = pq.read_table(tmp_path / "scores.parquet")
    pq.write_table(stored, tmp_path / "split.parquet", row_group_size=7)
    assert same(table, ScoreTable.read(tmp_path / "split.parquet"))


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "scores.parquet"
    path.write_bytes(b"PAR1 not at all")
    with pytest.raises(CorruptInput, match="not a table of scores"):
        ScoreTable.read(path)
    pq.write_table(pa.table({"id": ["a"], "task": ["t"]}), path)
    with pytest.raises(CorruptInput, match="not a table of scores"):
        ScoreTable.read(path)
    with pytest.raises(CorruptInput, match="not a table of scores"):
        ScoreTable.read(tmp_path / "absent.parquet")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("id", pa.array(["a", "a"]), "same id"),
        ("id", pa.array(["a", None]), "a value is missing"),
        ("task", pa.array([None, "t"]), "a value is missing"),
        ("status", pa.array([0, 9], pa.uint8()), "unknown status"),
        ("points", pa.array([1.0, None]), "a value is missing"),
        ("points", pa.array(["1", "0"]), "another type"),
    ],
)
def test_damaged_columns_are_named(tmp_path, column, values, message):
    path = tmp_path / "scores.parquet"
    table_of([choice("a", "t", True), choice("b", "t", False)]).write(path)
    stored = pq.read_table(path)
    k = stored.column_names.index(column)
    pq.write_table(stored.set_column(k, column, values), path)
    with pytest.raises(CorruptInput, match=message) as error:
        ScoreTable.read(path)
    assert error.value.where.endswith(f"scores.parquet: column {column}")


def test_letters_and_what_is_none():
    assert [letter_index(v) for v in ("A", "Z", "", "AB", "a", 3.0, None)] == [
        0, 25, -1, -1, -1, -1, -1,
    ]  # fmt: skip
