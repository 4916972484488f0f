"""A run in figures: every score with its interval, and with what it must not be read without."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sextant.errors import CorruptInput, RecipeError
from sextant.evaluation.aggregate import macro
from sextant.evaluation.benchmark import Headline
from sextant.evaluation.bootstrap import DRAWS, Resampler
from sextant.evaluation.breakdown import Line, divide, lines, whole
from sextant.evaluation.calibration import Calibration, ValueBin, calibrations
from sextant.evaluation.factors import FACTORS, FactorScore, factor_scores
from sextant.evaluation.failures import MAX_FAILED
from sextant.evaluation.headlines import HeadlineScore, headline_scores
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.statistics import CONFIDENCE
from sextant.evaluation.variants import BASE, SETTING, STRESS

__all__ = [
    "FORMAT",
    "MACRO",
    "MAX_FAILED",
    "MAX_LEVELS",
    "MICRO",
    "Calibration",
    "FactorScore",
    "HeadlineScore",
    "Line",
    "Summary",
    "ValueBin",
    "summarise",
]

FORMAT = "sextant.summary/1"

MAX_LEVELS = 200
"""Groups with more levels than this are keys, not divisions, and are not listed."""

MICRO = Headline("micro")
MACRO = Headline("macro", combine=macro)


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in figures; scores and shares are fractions.

    Attributes:
        n, counted, clusters: Rows asked, rows answered, scenes among these.
        headline: The benchmark's score; None where it is withheld.
        headline_withheld: Why; None where it is not.
        headlines: All of the benchmark's, the first being ``headline``; empty where withheld.
        micro: All points over all weights; None where withheld.
        macro: Mean over tasks; None where withheld.
        overall: Everything as one line; its score is None where the headline is withheld.
        tasks: By name.
        groups: Group -> its levels, by name.
        unlisted: Groups that are keys or have too many levels for a table.
        calibration: Per task with numeric answers.
        factors: The first headline with equal weights for every level of a factor; empty where
            withheld.
        confidence: Of every interval.
        draws, seed: Of the bootstrap.
        max_failed: Share of failed requests from which the headline is withheld.
    """

    n: int
    counted: int
    clusters: int
    headline: HeadlineScore | None
    headline_withheld: str | None
    headlines: tuple[HeadlineScore, ...]
    micro: HeadlineScore | None
    macro: HeadlineScore | None
    overall: Line
    tasks: tuple[Line, ...]
    groups: dict[str, tuple[Line, ...]]
    unlisted: tuple[str, ...]
    calibration: tuple[Calibration, ...]
    factors: tuple[FactorScore, ...]
    confidence: float
    draws: int
    seed: int
    max_failed: float

    def to_json(self) -> str:
        """Return the text of ``summary.json``; NaN and infinities do not occur."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: object = None) -> Summary:
        """Read what ``to_json`` wrote.

        Raises:
            CorruptInput: If it is anything else.
        """
        try:
            data = json.loads(text)
            found = data.pop("format")
            if found != FORMAT:
                raise CorruptInput(
                    "not a summary of this version", where=where, expected=FORMAT, got=found
                )
            return _summary(data)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptInput("not a summary of a run", where=where, got=error) from error


def summarise(
    table: ScoreTable,
    headlines: Sequence[Headline],
    seed: int = 0,
    *,
    draws: int = DRAWS,
    max_failed: float = MAX_FAILED,
    factors: Sequence[str] = FACTORS,
    resampler: Resampler | None = None,
) -> Summary:
    """Return the figures of a run.

    Args:
        table: Scored rows, failed requests among them.
        headlines: The benchmark's ways to one number, the first being its score.
        seed: Of the bootstrap.
        draws: Of the bootstrap.
        max_failed: Share of failed requests above which the headline is withheld.
        factors: See ``factors.factor_scores``.
        resampler: Of the same clusters, seed and draws, from an earlier call; saves drawing anew.

    Raises:
        RecipeError: If there is no headline, or a figure is out of its range.
        InputError: If a headline needs a group that the table does not have.
    """
    if not headlines:
        raise RecipeError("a benchmark without a headline", expected="at least one")
    if draws < 2 or not 0.0 <= max_failed <= 1.0:
        raise RecipeError(
            "out of range", expected="draws >= 2, max_failed in [0, 1]", got=(draws, max_failed)
        )
    if resampler is None:
        resampler = Resampler(table.clusters, seed, draws)
    keys = {BASE, STRESS, SETTING, *(headline.collapse for headline in headlines)}
    listed = {
        name: codes
        for name, codes in sorted(table.groups.items())
        if name not in keys and 0 < len(codes.names) <= MAX_LEVELS
    }
    divisions = [divide(table, c, resampler) for c in (whole(table), table.tasks, *listed.values())]
    (overall, *_), tasks, *by_group = lines(table, divisions, resampler) if len(table) else _NOTHING
    withheld = _withheld(overall, max_failed)
    scores = () if withheld else headline_scores(table, (*headlines, MICRO, MACRO), resampler)
    return Summary(
        n=overall.n,
        counted=overall.counted,
        clusters=overall.clusters,
        headline=scores[0] if scores else None,
        headline_withheld=withheld,
        headlines=scores[:-2],
        micro=scores[-2] if scores else None,
        macro=scores[-1] if scores else None,
        overall=_without_score(overall) if withheld else overall,
        tasks=tasks,
        groups=dict(zip(listed, by_group, strict=True)) if len(table) else {},
        unlisted=tuple(sorted(set(table.groups) - set(listed))),
        calibration=calibrations(table),
        factors=() if withheld else factor_scores(table, headlines[0], factors),
        confidence=CONFIDENCE,
        draws=draws,
        seed=seed,
        max_failed=max_failed,
    )


def _withheld(overall: Line, max_failed: float) -> str | None:
    if not overall.counted:
        return f"none of {overall.n} rows has an answer"
    if overall.failed > max_failed * overall.n:
        return (
            f"{overall.failed} of {overall.n} requests failed ({overall.failed / overall.n:.1%}), "
            f"more than {max_failed:.1%}"
        )
    return None


def _without_score(line: Line) -> Line:
    figures = {field.name: getattr(line, field.name) for field in fields(Line)}
    return Line(**figures | dict.fromkeys(("score", "low", "high", "standard_error")))


_NOTHING: list[tuple[Line, ...]] = [
    (
        Line(
            name="all", n=0, counted=0, clusters=0, score=None, low=None, high=None,
            standard_error=None, failed=0, answered=0, refused=0, ambiguous=0, empty=0,
            failed_share=None, extraction_failure_share=None, refusal_share=None, choice_rows=0,
            choice_accuracy=None, chance=None, chance_adjusted=None,
        ),
    ),
    (),
]  # fmt: skip


def _summary(data: Mapping[str, Any]) -> Summary:
    def line(of: Mapping[str, Any]) -> Line:
        return Line(**of)

    def scored(of: Mapping[str, Any] | None) -> HeadlineScore | None:
        return None if of is None else HeadlineScore(**of)

    def measured(of: Mapping[str, Any]) -> Calibration:
        bins = tuple(ValueBin(**value) for value in of["values"])
        return Calibration(**{**of, "ratio_counts": tuple(of["ratio_counts"]), "values": bins})

    def normalised(of: Mapping[str, Any]) -> FactorScore:
        ends = {end: None if of[end] is None else tuple(of[end]) for end in ("worst", "best")}
        return FactorScore(**{**of, "factors": tuple(of["factors"]), **ends})

    return Summary(
        **{
            **data,
            "headline": scored(data["headline"]),
            "headlines": tuple(HeadlineScore(**of) for of in data["headlines"]),
            "micro": scored(data["micro"]),
            "macro": scored(data["macro"]),
            "overall": line(data["overall"]),
            "tasks": tuple(line(of) for of in data["tasks"]),
            "groups": {g: tuple(line(of) for of in ls) for g, ls in data["groups"].items()},
            "unlisted": tuple(data["unlisted"]),
            "calibration": tuple(measured(of) for of in data["calibration"]),
            "factors": tuple(normalised(of) for of in data["factors"]),
        }
    )
