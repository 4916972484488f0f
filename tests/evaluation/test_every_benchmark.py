"""Every benchmark in its true layout, asked of a tiny random model, from the command's own path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra hf")
pytest.importorskip("transformers", reason="needs the extra hf")
pytest.importorskip("av", reason="needs the extra video")

import test_blink
import test_embspatial
import test_mmbench_en
import test_spar_bench
import test_threedsrbench
import test_tsv
import tiny_models
from benchmark_tables import write_parquet, write_tsv
from fixtures import layouts
from test_run import job

from sextant.commands.evaluate import run
from sextant.commands.generate import GenerateJob, generate
from sextant.evaluation.benchmarks import benchmark_names
from sextant.evaluation.run_folder import read_predictions
from sextant.questions.recipe import GenerateRecipe


def blink(root: Path) -> None:
    for name, row in (("Art_Style", test_blink.ART), ("Counting", test_blink.COUNT)):
        write_parquet(root / name / "val-00000-of-00001.parquet", [row])


def embspatial(root: Path) -> None:
    (root / "embspatial_bench.json").write_text(json.dumps(test_embspatial.ROWS))


def mmbench(root: Path) -> None:
    write_tsv(root / "MMBench_DEV_EN.tsv", test_mmbench_en.ROWS)


def spar(root: Path) -> None:
    write_parquet(root / "data" / "test-00000-of-00001.parquet", test_spar_bench.ROWS)


def threedsr(root: Path) -> None:
    write_tsv(root / "3dsrbench_v1_vlmevalkit_circular.tsv", test_threedsrbench.ROWS)


def table(root: Path) -> None:
    write_tsv(root / "table.tsv", [test_tsv.row(k) for k in range(3)])


def rotated(root: Path) -> None:
    rows = [test_tsv.row(k + shift * 1_000_000) for k in (1, 2) for shift in (0, 1)]
    write_tsv(root / "table_circular.tsv", rows)


def mindcube(root: Path) -> None:
    layouts.mindcube(root, name="MindCube.jsonl")


def corpus(root: Path) -> None:
    recipe = GenerateRecipe(tasks=("sr.depth_order", "mm.object_distance"), per_task=3)
    generate(GenerateJob("procedural", None, root / "corpus", recipe, seed=4, scenes=1), quiet=True)


def vsi(root: Path) -> None:
    layouts.vsi_bench(root, videos=True)


LAYOUTS = {
    "blink": blink, "embspatial": embspatial, "mmbench_en": mmbench, "spar_bench": spar,
    "spar_bench_tiny": spar, "threedsrbench": threedsr, "tsv": table, "tsv_circular": rotated,
    "sextant_corpus_all": corpus, "vsi_bench": vsi, "vsi_bench_debiased": vsi,
    "vsi_bench_pruned": vsi, "mmsi_bench": layouts.mmsi_bench, "viewspatial": layouts.viewspatial,
    "mindcube": mindcube, "mindcube_tiny": layouts.mindcube,
    "site_bench": layouts.site_bench,
}  # fmt: skip
SAME = {"sextant_corpus", "sextant_corpus_train", "sextant_corpus_val"}
"""Other splits of the same reader."""


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return tiny_models.qwen3_vl(tmp_path_factory.mktemp("model") / "qwen3_vl")


def test_all_are_here():
    """A new benchmark needs a line above."""
    assert set(LAYOUTS) | SAME == set(benchmark_names())


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_tiny_model_answers(name, model, tmp_path):
    """Load, prompt, run, score: every item gets a reply, and a figure comes out."""
    data = tmp_path / "data"
    data.mkdir()
    LAYOUTS[name](data)
    where = data / "corpus" if name.startswith("sextant") else data
    made = job(
        where, tmp_path / "run", None, model=f"hf:{model}", benchmark=name, prompts="official",
        frames=4 if name.startswith(("vsi", "site")) else None, max_new_tokens=4, batch_size=4,
        max_failed=0.0, dtype="float32", device="cpu", page=False,
    )  # fmt: skip
    assert run(made, quiet=True)
    rows = list(read_predictions(tmp_path / "run"))
    assert rows
    assert all(isinstance(row["reply"], str) and row["error"] is None for row in rows)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["n"] == summary["counted"] == len(rows)
    assert summary["headline"]["n"] > 0
    assert set(summary["profiles"]) >= {"strict", "official"}
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["identity"]["dtype"] == "float32"
    assert manifest["versions"]["transformers"]
