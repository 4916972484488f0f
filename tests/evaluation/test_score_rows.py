"""Which rows a headline counts, against loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored import choice, measured, table_of

from sextant.errors import InputError
from sextant.evaluation.aggregate import macro
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.rows import chance_points, combined, rows_of


def test_failed_rows_are_not_counted():
    table = table_of([choice("a", "t", True), choice("b", "t", None), choice("c", "t", "empty")])
    rows = rows_of(table, Headline("micro"))
    assert [table.ids[k] for k in rows.index] == ["a", "c"]
    assert rows.points.tolist() == [1.0, 0.0]


def test_only_some_rows():
    table = table_of([choice(f"q{k}", "t", True, rotation=str(k % 3)) for k in range(7)])
    rows = rows_of(table, Headline("as stored", only={"rotation": "0"}))
    assert [table.ids[k] for k in rows.index] == ["q0", "q3", "q6"]
    assert len(rows_of(table, Headline("none", only={"rotation": "9"}))) == 0


def test_a_headline_needs_its_groups():
    table = table_of([choice("a", "t", True, source="x")])
    with pytest.raises(InputError, match="group that the table") as error:
        rows_of(table, Headline("circular", collapse="base"))
    assert (error.value.expected, error.value.got) == ("base", "source")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([True, True, True, False, None]), st.integers(0, 6)),
        min_size=1,
        max_size=40,
    )
)
def test_collapsed_groups_are_right_only_as_a_whole(drawn):
    names = ["", *(f"g{k}" for k in range(1, 7))]  # Rows of the group "" stand alone.
    table = table_of(
        [choice(f"q{k}", f"t{g % 2}", hit, n=3, base=names[g]) for k, (hit, g) in enumerate(drawn)]
    )
    members = {}
    for k, (hit, g) in enumerate(drawn):
        members.setdefault(names[g] or f"alone {k}", []).append((k, hit))
    whole = {g: m for g, m in members.items() if all(hit is not None for _, hit in m)}
    rows = rows_of(table, Headline("circular", collapse="base"))
    assert rows.index.tolist() == [m[0][0] for m in whole.values()]
    assert rows.points.tolist() == [float(all(hit for _, hit in m)) for m in whole.values()]
    assert rows.chance.tolist() == pytest.approx([(1 / 3) ** len(m) for m in whole.values()])
    assert rows.weights.tolist() == [1.0] * len(whole)


def test_collapsing_follows_chance_adjusted_rules():
    caa = {"n": 4, "weight": 0.75, "base": "x"}
    table = table_of([choice("a", "t", True, **caa), choice("b", "t", True, **caa)])
    assert rows_of(table, Headline("circular", collapse="base")).points.tolist() == [1.0]


def test_points_of_guessing():
    table = table_of(
        [
            choice("plain", "t", True, n=5),
            choice("adjusted", "t", False, n=5, weight=0.8),
            measured("free", "t", 1.0, 2.0),
            choice("failed", "t", None),
        ]
    )
    found = chance_points(table)
    assert found[:2] == pytest.approx([0.2, 0.0])
    assert np.isnan(found[2:]).all()


def test_headlines_from_sums():
    table = table_of([choice("a", "t0", True), choice("b", "t1", True), choice("c", "t2", None)])
    points = np.array([[1.0, 3.0, 0.0], [2.0, 0.0, 0.0]])
    weights = np.array([[2.0, 4.0, 0.0], [2.0, 0.0, 0.0]])
    present = np.array([True, True, False])
    micro = combined(Headline("micro"), table.tasks, points, weights, present)
    assert micro.tolist() == [4 / 6, 1.0]
    by_task = combined(Headline("macro", combine=macro), table.tasks, points, weights, present)
    assert by_task.tolist() == [0.625, 1.0]
    nothing = combined(
        Headline("macro", combine=macro), table.tasks, points, weights, ~present * 0 > 0
    )
    assert all(math.isnan(v) for v in nothing)
