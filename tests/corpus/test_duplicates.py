"""Repeated questions are found where they show the same pictures, and nowhere else."""

from __future__ import annotations

import pytest
from audited_corpora import id_of, number, write

from sextant.corpus import duplicates
from sextant.corpus.duplicates import repeated_questions, table_of

LONG = (
    "Walk from the door to the window, turn around, and say how many of the chairs that you have "
    "passed stand on the left side of the table as it is seen from there."
)
ROWS = [
    {"question": "How far is the lamp?", **number(answer="2")},  # 0
    {"question": "how far is the LAMP", **number(answer="2")},  # 1 repeats 0
    {"question": "How far is the lamp?", **number(answer="3")},  # 2 contradicts 0
    {"question": "How far is the lamp?", **number(answer="2")},  # 3 other picture
    {"question": LONG, **number(answer="4")},  # 4
    {"question": LONG + " Answer briefly.", **number(answer="4")},  # 5 nearly 4
    {"question": LONG.replace("chairs", "stools"), **number(answer="4")},  # 6 another question
    {},  # 7
    {"options": ("sofa", "table", "lamp"), "answer": "C", "answer_index": 2},  # 8 repeats 7
    {"options": ("sofa", "table", "rug"), "answer": "C", "answer_index": 2},  # 9 other options
    {"question": "Which picture is earlier?", **number(answer="1")},  # 10
    {"question": "Which picture is earlier?", **number(answer="2")},  # 11 order turned around
]
A, B = b"picture a", b"picture b"
FILES = [[A], [A], [A], [B], [A], [A], [A], [], [], [], [A, B], [B, A]]


def found(store, **options):
    table = table_of(store, repeated_questions(store, **options)).to_pylist()
    return {(row["id"], row["of"]): (row["how"], row["same_answer"]) for row in table}


def expected(pairs):
    return {(id_of(a), id_of(b)): what for (a, b), what in pairs.items()}


@pytest.fixture
def store(tmp_path):
    # Shards take turns; in corpus order all even rows come first.
    return write(tmp_path / "c", ROWS, FILES)


def test_exact_near_and_contradicting(store):
    assert found(store) == expected(
        {
            (1, 0): ("exact", True),
            (2, 0): ("exact", False),
            (5, 4): ("near", True),
            (7, 8): ("exact", True),
        }
    )


def test_exact_alone(store):
    assert {how for how, _ in found(store, least=2).values()} == {"exact"}


def test_parts_do_not_change_what_is_found(store, monkeypatch):
    whole = found(store)
    monkeypatch.setattr(duplicates, "MAX_IN_MEMORY", 2)
    assert found(store) == whole


def test_an_empty_corpus(tmp_path):
    assert len(repeated_questions(write(tmp_path / "c", []))) == 0
