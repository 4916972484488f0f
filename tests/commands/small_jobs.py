"""Jobs of a second or less, each with several shards; run one: python small_jobs.py VERB FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).parents[1] / folder) for folder in ("samples", "corpus", "execution")
]

from audited_corpora import write  # noqa: E402
from corpora import tree_hash  # noqa: E402
from drawn_rooms import encoded, room  # noqa: E402
from made_corpora import corpus  # noqa: E402
from meta_info import write_meta_info  # noqa: E402
from set_files import jsonl, picture, talk  # noqa: E402

from sextant.commands import audit  # noqa: E402
from sextant.commands.audit_job import AuditJob  # noqa: E402
from sextant.commands.generate import GenerateJob, generate  # noqa: E402
from sextant.corpus.exporting.run import export_corpus  # noqa: E402
from sextant.corpus.importing.job import ImportJob  # noqa: E402
from sextant.corpus.importing.run import import_set  # noqa: E402
from sextant.corpus.mixing.job import MixJob, mix  # noqa: E402
from sextant.corpus.mixing.recipe import MixRecipe  # noqa: E402
from sextant.execution.engines import Workers  # noqa: E402
from sextant.questions.recipe import GenerateRecipe  # noqa: E402
from sextant.samples.store import CorpusStore  # noqa: E402

__all__ = ["VERBS", "inputs", "tree_hash"]


def inputs(folder: Path) -> Path:
    """Write what the jobs read."""
    write_meta_info(folder / "meta", scenes=4)
    rows = []
    for k in range(60):
        picture(folder / "set" / f"{k % 7}.png", (k % 7 * 30, 9, 9), size=16)
        rows.append(
            {"id": k, "image": [f"{k % 7}.png"],
             "conversations": talk(f"<image>Where is it, {k}?", "left")}
        )  # fmt: skip
    jsonl(folder / "set" / "rows.jsonl", [*rows[:30], b"{broken", *rows[30:]])
    for name, n in (("a", 60), ("b", 40)):
        corpus(folder / name, n, name, scenes=10, shards=3, image=folder / "set" / f"{n % 7}.png")
    shown = [[encoded(room(k // 2), quality=90 - 30 * (k % 2))] for k in range(24)]
    asked = [{"question": f"What is in room {k % 9}?", "scene_id": f"r{k}"} for k in range(24)]
    write(folder / "c", asked + asked[:5], shown + shown[:5])
    write(folder / "asked", [{"split": "test", "scene_id": "s"}] * 3, shown[1:6:2])
    return folder


def run_generate(folder: Path, out: Path, workers: Workers = 1) -> None:
    """Box scenes, two families, with selection."""
    recipe = GenerateRecipe.model_validate(
        {"tasks": ["mm.object_size", "sr.relative_distance"], "per_task": 3}
    )
    job = GenerateJob("vsi_meta", folder / "meta", out, recipe, seed=3)
    generate(job, workers=workers, quiet=True)


def run_simulate(folder: Path, out: Path, workers: Workers = 1) -> None:
    """Simulated scenes with pictures; seconds."""
    recipe = GenerateRecipe.model_validate(
        {"tasks": ["mm.object_size", "sr.relative_distance"], "per_task": 3,
         "images": {"max_side": 96}}
    )  # fmt: skip
    generate(GenerateJob("procedural", None, out, recipe, seed=3, scenes=2), workers=workers,
             quiet=True)  # fmt: skip


def run_import(folder: Path, out: Path, workers: Workers = 1) -> None:
    """Sixty rows and a broken one, pictures taken over."""
    job = ImportJob("sharegpt", folder / "set", out, images="store", piece_bytes=2000)
    assert len(job.shards) >= 4
    import_set(job, workers=workers, quiet=True)


def run_mix(folder: Path, out: Path, workers: Workers = 1) -> None:
    """Two corpora, a share held out."""
    recipe = MixRecipe.model_validate(
        {
            "inputs": [{"name": name, "corpus": str(folder / name)} for name in "ab"],
            "total": 60,
            "holdout": {"share": 0.1},
        }
    )
    mix(MixJob(recipe, out, shard_rows=20), workers=workers, quiet=True)


def run_export(folder: Path, out: Path, workers: Workers = 1) -> None:
    """One file."""
    export_corpus(CorpusStore.open(folder / "a"), out / "rows.jsonl", full=True)


def run_audit(folder: Path, out: Path, workers: Workers = 1) -> None:
    """Repeated questions and pictures of a benchmark; what is found is left out."""
    against = (f"sextant_corpus={folder / 'asked'}",)
    audit.run(
        AuditJob(
            folder / "c", duplicates=True, copies=True, against=against, rows=out / "rows",
            out=out / "found.json", drop=out / "without", workers=workers,
        )
    )  # fmt: skip


VERBS = {
    "audit": run_audit,
    "generate": run_generate,
    "import": run_import,
    "mix": run_mix,
    "export": run_export,
    "simulate": run_simulate,
}


def ids(out: Path) -> list[str]:
    """Return the ids of all rows of what a job wrote."""
    if (out / "rows.jsonl").exists():
        lines = (out / "rows.jsonl").read_text().splitlines()
        return [json.loads(line)["sextant"]["id"] for line in lines]
    return [sample.id for sample in CorpusStore.open(out).samples()]


if __name__ == "__main__":
    VERBS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
