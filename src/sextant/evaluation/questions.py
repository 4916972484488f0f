"""The items of a run: read once, broken ones counted, hashed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from sextant.errors import ConventionError, InputError, SextantError
from sextant.evaluation.benchmark import Benchmark
from sextant.evaluation.items import Item, identity_line
from sextant.evaluation.plan import RunPlan

MAX_BROKEN_SHARE = 0.05
"""More broken records than this, and the files are not what the reader takes them for."""

_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """What is asked.

    Attributes:
        items: By id, in order.
        broken: What is wrong with records that were left out, the first ones.
        broken_count: How many.
        sha256: Over ids, questions, options and answers.
    """

    items: dict[str, Item]
    broken: tuple[str, ...]
    broken_count: int
    sha256: str


def read_questions(benchmark: Benchmark, root: Path, plan: RunPlan) -> Questions:
    """Read the items that a plan asks for; media stay unread.

    Raises:
        InputError: If there is none left, too many are broken, or a sub-task is unknown.
    """
    broken: list[str] = []
    count = Counter[str]()

    def on_broken(error: SextantError) -> None:
        count["broken"] += 1
        if len(broken) < _SHOWN:
            broken.append(" ".join(str(error).split()))

    items: dict[str, Item] = {}
    tasks = Counter[str]()
    source = (i for i in benchmark.items(root, on_broken) if _wanted(i, plan, tasks))
    for item in islice(source, plan.limit):
        if item.id in items:
            on_broken(ConventionError("two items have the same id", where=root, got=item.id))
        else:
            items[item.id] = item
    unknown = [task for task in plan.tasks if task not in tasks]
    if unknown:
        raise InputError(
            "no item is of this sub-task", where=root, got=", ".join(unknown),
            expected=", ".join(sorted(tasks)) or "an item",
        )  # fmt: skip
    if not items:
        raise InputError(
            "the benchmark has no question", where=root, got="; ".join(broken[:3]) or "no record"
        )
    if count["broken"] > MAX_BROKEN_SHARE * (len(items) + count["broken"]):
        raise InputError(
            f"too many records of {benchmark.name} are broken", where=root,
            expected=f"at most {MAX_BROKEN_SHARE:.0%}",
            got=f"{count['broken']} beside {len(items)} good ones: {'; '.join(broken[:3])}",
        )  # fmt: skip
    digest = sha256()
    for item in items.values():
        digest.update(identity_line(item))
    return Questions(items, tuple(broken), count["broken"], digest.hexdigest())


def _wanted(item: Item, plan: RunPlan, tasks: Counter[str]) -> bool:
    tasks[item.task] += 1
    return not plan.tasks or item.task in plan.tasks
