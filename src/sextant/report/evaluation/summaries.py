"""A summary as the report needs it: tolerant of what is missing, deaf to what is no number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sextant.errors import CorruptInput
from sextant.report.evaluation.lines import Json, Line, entries, real, section, whole
from sextant.report.markup import clean

NEAR = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a summary says.

    Attributes:
        rates: Everything in one line: rows, rates, chance.
        headlines: Ways to one number; the first is the benchmark's score.
        withheld: Why there is no headline; None if there is one.
        tasks: A line per task.
        groups: Further divisions: name -> a line per level.
        factors: Scores with the composition evened out, as stored.
        calibration: Numeric tasks, as stored.
        stress: Results of stress tests, as stored.
        verdict: What the score is made of, as stored.
        rules: The score under every rule, as stored.
    """

    rates: Line
    headlines: tuple[Line, ...]
    withheld: str | None
    tasks: tuple[Line, ...]
    groups: Mapping[str, tuple[Line, ...]]
    factors: tuple[Json, ...]
    calibration: tuple[Json, ...]
    stress: Any
    verdict: Json
    rules: Json


def read_summary(stored: Json) -> Shown:
    """Read a summary's JSON.

    Raises:
        CorruptInput: If it has neither a line of everything nor a headline.
    """
    everything = section(stored.get("overall"))
    if not everything:
        raise CorruptInput(
            "a summary has no scores",
            where="summary.json",
            expected="what `sextant evaluate` wrote",
            got=", ".join(sorted(map(str, stored))[:12]) or "nothing",
        )
    headlines = [headline_of(entry) for entry in entries(stored.get("headlines"), 50)]
    for name in ("micro", "macro"):
        entry = section(stored.get(name))
        if entry and name not in {line.name for line in headlines}:
            headlines.append(headline_of(entry))
    withheld = stored.get("headline_withheld")
    groups = {
        clean(name, 60): tuple(line_of(e) for e in entries(levels, 2000))
        for name, levels in section(stored.get("groups")).items()
    }
    stress = stored.get("stress")
    return Shown(
        rates=line_of(everything),
        headlines=tuple(headlines),
        withheld=clean(withheld, 400) if isinstance(withheld, str) and withheld else None,
        tasks=tuple(line_of(e) for e in entries(stored.get("tasks"), 2000)),
        groups={name: lines for name, lines in groups.items() if lines},
        factors=tuple(entries(stored.get("factors"), 100)),
        calibration=tuple(entries(stored.get("calibration"), 200)),
        stress=stress,
        verdict=section(stored.get("verdict")),
        rules=section(stored.get("profiles")),
    )


def headline_of(stored: Json) -> Line:
    """Read a headline; the rates that belong to it are those of everything."""
    counted = whole(stored.get("n"))
    return Line(
        name=clean(stored.get("name", ""), 160),
        n=counted,
        counted=counted,
        score=real(stored.get("score")),
        low=real(stored.get("low")),
        high=real(stored.get("high")),
        chance=real(stored.get("chance")),
    )


def line_of(stored: Json) -> Line:
    """Read one line."""
    score, adjusted = real(stored.get("score")), real(stored.get("chance_adjusted"))
    counted, choices = whole(stored.get("counted")), whole(stored.get("choice_rows"))
    accuracy, chance = real(stored.get("choice_accuracy")), real(stored.get("chance"))
    if choices != counted or score is None:
        # Where some answers are free, nobody can say what guessing scores.
        chance = adjusted = None
    elif adjusted is not None and accuracy is not None:
        if abs(score - accuracy) > NEAR and abs(score - adjusted) <= NEAR:
            chance, adjusted = 0.0, None  # The rule itself adjusts for chance.
        elif abs(score - accuracy) > NEAR:
            chance = adjusted = None
    return Line(
        name=clean(stored.get("name", ""), 160),
        n=whole(stored.get("n")),
        counted=counted,
        score=score,
        low=real(stored.get("low")),
        high=real(stored.get("high")),
        extraction=real(stored.get("extraction_failure_share")),
        refusals=real(stored.get("refusal_share")),
        failed=real(stored.get("failed_share")),
        chance=chance,
        adjusted=adjusted,
    )
