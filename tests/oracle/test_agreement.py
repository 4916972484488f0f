"""The engine and a second, plain computation agree on every family.

The oracles know nothing of the engine's geometry: they sample points, read pictures and count.
"""

from __future__ import annotations

import ast
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checking import MODULES, Finding, check, oracle, worlds
from world import World

from sextant.commands.generate import GenerateJob, generate
from sextant.commands.registry import task_classes
from sextant.questions.recipe import GenerateRecipe
from sextant.samples import Sample
from sextant.samples.store import CorpusStore

pytestmark = pytest.mark.timeout(600)

SCENES, SEED = 3, 7
FORBIDDEN = ("geometry", "visibility", "questions", "tasks")
FAMILIES = tuple(task_classes())
SWAPPED = 4
"""So many rows of a family are checked with a wrong answer."""

Checked = dict[str, list[tuple[World, Finding]]]


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Findings by family, over a small corpus of simulated rooms."""
    recipe = GenerateRecipe.model_validate(
        {"per_task": 4, "selection": {"enabled": False}, "images": {"max_side": 640}}
    )
    out = tmp_path_factory.mktemp("oracle") / "corpus"
    generate(GenerateJob("procedural", None, out, recipe, SEED, SCENES), quiet=True)
    found: Checked = {}
    for world, rows in worlds(CorpusStore.open(out)):
        for sample in rows:
            found.setdefault(sample.task, []).append((world, check(world, sample)))
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_engine_and_oracle_agree(checked: Checked, family: str) -> None:
    """Every row of the family is right by the oracle's own reckoning."""
    findings = checked.get(family, [])
    assert findings, "no row to check"
    problems = [(f.sample.id, f.sample.question, f.problems) for _, f in findings if f.problems]
    assert not problems


@pytest.mark.parametrize("family", FAMILIES)
def test_oracle_notices_a_wrong_answer(checked: Checked, family: str) -> None:
    """With another option, a number off by 30 % or a changed text, the same oracle objects."""
    tried = 0
    for world, finding in checked.get(family, [])[:SWAPPED]:
        for wrong in spoiled(finding.sample):
            tried += 1
            assert check(world, wrong).problems, (wrong.question, wrong.options, wrong.answer)
    assert tried


def spoiled(sample: Sample) -> Iterator[Sample]:
    """Yield the sample with wrong answers of its own form."""
    if sample.options is not None:
        for k in range(len(sample.options)):
            if k != sample.answer_index:
                yield dataclasses.replace(sample, answer="ABCDEFGH"[k], answer_index=k)
        return
    if sample.answer_type == "number":
        assert sample.value is not None
        value = max(sample.value * 1.3, sample.value + (sample.unit == "count"))
        places = len(sample.answer.partition(".")[2])
        yield dataclasses.replace(sample, value=value, answer=f"{value:.{places}f}")
    elif sample.answer_type == "boolean":
        yield dataclasses.replace(sample, answer={"yes": "no", "no": "yes"}[sample.answer])
    elif sample.answer_type == "text":
        parts = sample.answer.split(", ")
        other = {"P": "Q"}.get(sample.answer, "P") if len(sample.answer) == 1 else "umbrella"
        yield dataclasses.replace(sample, answer=", ".join(parts[::-1]) if parts[1:] else other)
    else:
        yield dataclasses.replace(sample, answer=json.dumps(_changed(json.loads(sample.answer))))


def _changed(answer: dict[str, Any]) -> dict[str, Any]:
    """A JSON answer whose first list has its first number changed by half and a bit."""
    key = sorted(k for k, v in answer.items() if isinstance(v, list))[0]
    first, *rest = answer[key]
    return {**answer, key: [first + max(1, round(first / 2)), *rest]}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_an_oracle(family: str) -> None:
    """A new family needs a second computation of its truth."""
    assert oracle(family) is not None


@pytest.mark.parametrize("module", sorted(p.name for p in Path(__file__).parent.glob("*.py")))
def test_oracles_do_not_use_the_engine(module: str) -> None:
    """Nothing of the engine's geometry, visibility, questions or tasks is imported.

    This file alone may read the recipe, to generate the corpus.
    """
    tree = ast.parse((Path(__file__).parent / module).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    allowed = (
        {"sextant.questions.recipe.GenerateRecipe"} if module == Path(__file__).name else set()
    )
    used = {n for n in names - allowed if n.startswith(tuple(f"sextant.{f}" for f in FORBIDDEN))}
    assert not used
    assert len(MODULES) == len({"mm", "sr", "mr", "pt", "cr"})
