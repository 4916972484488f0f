"""What a comparison of runs found, and the file that holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sextant.errors import CorruptInput
from sextant.evaluation.headlines import HeadlineScore

FORMAT = "sextant.comparison/1"


@dataclass(frozen=True, slots=True)
class Tested:
    """A difference between two runs, with its test.

    Attributes:
        name: Of the task or headline.
        n, clusters: Rows that both runs have answered (or groups of rotations), and their scenes.
        score_a, score_b: On these rows.
        difference: a - b.
        low, high, standard_error: Of the difference; None with less than two clusters.
        p_value: Two-sided, clustered by scene.
        p_holm: Corrected: for tasks over the tasks of all pairs, else over all pairs.
        only_a, only_b, p_mcnemar: The exact test of McNemar, where rows are right or wrong.
    """

    name: str
    n: int
    clusters: int
    score_a: float | None
    score_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    p_value: float | None
    p_holm: float | None = None
    only_a: int | None = None
    only_b: int | None = None
    p_mcnemar: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs against each other.

    Attributes:
        a, b: Names of the runs.
        common: Rows that both have.
        answered: Of these, rows that both have answered; what is compared.
        only_a, only_b: Rows that only one of the two has; they are left out.
        keys_differ: Answered rows whose right answer is not the same in both, i.e. of other data.
        headline: By the benchmark's own rule.
        micro: Row by row.
        tasks: Row by row within each task, by name.
    """

    a: str
    b: str
    common: int
    answered: int
    only_a: int
    only_b: int
    keys_differ: int
    headline: Tested
    micro: Tested
    tasks: tuple[Tested, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs against each other.

    Attributes:
        runs: Their names.
        baseline: The run that all others are compared with; None = all pairs.
        common: Rows that all runs have answered.
        scores: Run -> its headline on these rows; None where there is none.
        pairs: Differences.
        draws, seed: Of the bootstrap.
    """

    runs: tuple[str, ...]
    baseline: str | None
    common: int
    scores: dict[str, HeadlineScore | None]
    pairs: tuple[Pair, ...]
    draws: int
    seed: int

    def to_json(self) -> str:
        """Return the text of a file; NaN and infinities do not occur."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: object = None) -> Comparison:
        """Read what ``to_json`` wrote.

        Raises:
            CorruptInput: If it is anything else.
        """
        try:
            data = json.loads(text)
            if data.pop("format") != FORMAT:
                raise CorruptInput("not a comparison of this version", where=where, expected=FORMAT)
            scores = {k: v and HeadlineScore(**v) for k, v in data["scores"].items()}
            pairs = tuple(
                Pair(
                    **{
                        **pair,
                        "headline": Tested(**pair["headline"]),
                        "micro": Tested(**pair["micro"]),
                        "tasks": tuple(Tested(**task) for task in pair["tasks"]),
                    }
                )
                for pair in data["pairs"]
            )
            return cls(**{**data, "runs": tuple(data["runs"]), "scores": scores, "pairs": pairs})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CorruptInput("not a comparison of runs", where=where, got=error) from error
