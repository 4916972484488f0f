"""``sextant audit --blind`` prints a table, writes figures, and fails only if asked to."""

from __future__ import annotations

import json

from sextant.commands import audit
from sextant.commands.generate import GenerateJob, generate
from sextant.corpus.exporting.run import export_corpus
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS


def options(**changes):
    return {"blind": True, "limit": None, "seed": 0, "out": None, "strict": False,
            "dry_run": False, **changes}  # fmt: skip


def test_table_and_figures(meta_info, tmp_path, capsys):
    corpus = tmp_path / "c"
    generate(GenerateJob("vsi_meta", meta_info, corpus, GenerateRecipe(per_task=30)), quiet=True)
    assert audit.run(corpus, **options(out=tmp_path / "audit.json"))
    said = capsys.readouterr().out
    assert "majority" in said
    figures = json.loads((tmp_path / "audit.json").read_text())
    rows = [r for r in CorpusStore.open(corpus).samples() if r.answer_type in ("choice", "boolean")]
    assert sum(f["rows"] for f in figures) == len(rows) > 0
    for family in figures:
        assert 0 <= family["majority"] <= 1
        assert "first_mentioned" in family["heuristics"]


def test_a_limit_takes_some_rows_and_a_dry_run_none(meta_info, tmp_path, capsys):
    corpus = tmp_path / "c"
    generate(GenerateJob("vsi_meta", meta_info, corpus, GenerateRecipe(per_task=30)), quiet=True)
    total = len(CorpusStore.open(corpus))
    some = list(audit._rows(CorpusStore.open(corpus), total // 2, total, 0))
    assert 0.25 * total < len(some) < 0.75 * total
    capsys.readouterr()
    assert audit.run(corpus, **options(dry_run=True))
    assert capsys.readouterr().out.startswith(f"would audit {total} of {total}")


def test_subsets_can_be_exported_alone(meta_info, tmp_path):
    corpus = tmp_path / "c"
    generate(GenerateJob("procedural", None, corpus, GenerateRecipe(
        tasks=("sr.relative_distance",), per_task=20), scenes=2), quiet=True)  # fmt: skip
    store = CorpusStore.open(corpus)
    splits = ("train", "val")
    rows = [s for s in store.samples() if s.split in splits]
    counter = [s for s in rows if SUBSETS["counter_heuristic"](s)]
    assert 0 < len(counter) < len(rows)
    found = export_corpus(store, tmp_path / "x", splits=splits, subset="counter_heuristic")
    assert found.written == len(counter)
    assert found.skipped["not in counter_heuristic"] == len(rows) - len(counter)
