"""What the scores of a run come to, and the files it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sextant.evaluation.run import Asked, Run, Scores
from sextant.evaluation.run_folder import SCORES, SUMMARY, write_json, write_predictions
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress.verdict import verdict
from sextant.evaluation.summary import Summary, summarise
from sextant.evaluation.variants import Skipped


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What the scores of a run come to.

    Attributes:
        benchmark, profile: Names.
        summary: The figures under the plan's profile, of plain rows.
        profiles: The same under every profile.
        stress: What each stress test found, and whom it left out.
        verdict: What the score is made of; None without stress tests.
    """

    benchmark: str
    profile: str
    summary: Summary
    profiles: Mapping[str, Summary]
    stress: Sequence[Mapping[str, Any]]
    verdict: Mapping[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``summary.json``.

        It is that of ``Summary``, and beside it ``profiles`` (the score under every profile),
        ``stress`` and ``verdict``.
        """
        made: dict[str, Any] = json.loads(self.summary.to_json())
        made["benchmark"], made["profile"] = self.benchmark, self.profile
        made["profiles"] = {p: _headline(summary) for p, summary in self.profiles.items()}
        if self.stress:
            made["stress"], made["verdict"] = list(self.stress), self.verdict
        return made


def results_of(run: Run, asked: Asked, scores: Scores) -> Results:
    """Return what the scores of a run come to."""
    tests = [
        {**test.read(scores.table), "skipped": _reasons(asked.skipped, test.name)}
        for test in run.tests
    ]
    return Results(
        benchmark=run.benchmark.name,
        profile=run.plan.profile,
        summary=_summary(run, scores.plain[run.plan.profile], run.plan.profile),
        profiles={p: _summary(run, table, p) for p, table in scores.plain.items()},
        stress=tests,
        verdict=verdict(scores.table) if tests else None,
    )


def write_results(out: Path, run: Run, asked: Asked, scores: Scores, results: Results) -> None:
    """Write predictions, scores and summary into the run's folder."""
    rows = ((v, asked.replies[v.id]) for v in run.variants())
    write_predictions(out, rows, run.asking.render)
    scores.table.write(out / SCORES)
    write_json(out / SUMMARY, results.to_json())


def _summary(run: Run, table: ScoreTable, profile: str) -> Summary:
    headlines = run.benchmark.headlines(profile)
    return summarise(table, headlines, run.plan.seed, max_failed=run.plan.max_failed_share)


def _headline(summary: Summary) -> dict[str, Any]:
    """Return a profile's score in a few words."""
    overall = summary.overall
    return {
        "headline": None if summary.headline is None else asdict(summary.headline),
        "extraction_failure_share": overall.extraction_failure_share,
        "refusal_share": overall.refusal_share,
        "failed_share": overall.failed_share,
    }


def _reasons(skipped: Skipped, test: str) -> dict[str, int]:
    return {why: n for (name, why), n in sorted(skipped.items()) if name == test}
