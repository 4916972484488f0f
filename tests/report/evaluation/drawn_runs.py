"""Run folders of invented models on an invented benchmark, scored and summarised by the real code.

A model has a skill, a habit of guessing, a favourite letter and a talent for being cut off; what it
says is drawn from a seeded generator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sextant.evaluation.aggregate import vsi_combine
from sextant.evaluation.benchmark import Headline, Scored
from sextant.evaluation.items import Item
from sextant.evaluation.metrics import mean_relative_accuracy
from sextant.evaluation.score_table import ScoreTable
from sextant.evaluation.stress.circular import STRESS as CIRCULAR
from sextant.evaluation.stress.frames import STRESS as FRAMES
from sextant.evaluation.stress.grey import STRESS as GREY
from sextant.evaluation.stress.no_images import STRESS as NO_IMAGES
from sextant.evaluation.stress.other_images import STRESS as OTHER_IMAGES
from sextant.evaluation.stress.verdict import verdict
from sextant.evaluation.summary import summarise
from sextant.evaluation.table_builder import ScoreTableBuilder
from sextant.execution.seeds import generator_of

NUMERIC = {"object_counting": ("", 2.0, 9.0), "object_abs_distance": ("m", 0.4, 9.0),
           "room_size_estimation": ("m2", 8.0, 60.0)}  # fmt: skip
CHOICE = {"object_rel_direction_easy": 2, "object_rel_direction_medium": 3, "route_planning": 4,
          "object_rel_direction_hard": 4, "obj_appearance_order": 4}  # fmt: skip
CAPABILITIES = {"object_counting": "CR", "object_abs_distance": "MM", "room_size_estimation": "MM",
                "route_planning": "CR", "obj_appearance_order": "MR"}  # fmt: skip
TESTS = (CIRCULAR, NO_IMAGES, GREY, OTHER_IMAGES, FRAMES)
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Drawn:
    """An invented model.

    Attributes:
        name: Of the model.
        skill: Chance of knowing the answer to a choice.
        scale: Bias of its numbers.
        spread: Their log-normal noise.
        blind: Its skill without pictures.
        shy: Share of replies that refuse; of vague ones as well.
        failed: Share of requests that fail.
        favourite: Letter that it takes when it does not know, so often.
        manifest: Beside the usual.
    """

    name: str
    skill: float = 0.6
    scale: float = 1.0
    spread: float = 0.4
    blind: float = 0.15
    shy: float = 0.01
    failed: float = 0.0
    favourite: float = 0.5
    manifest: Mapping[str, Any] = field(default_factory=dict)


def items(count: int, seed: int = 0) -> list[Item]:
    """Return items of all tasks in turn."""
    made = []
    tasks = [*NUMERIC, *CHOICE]
    for k in range(count):
        task = tasks[k % len(tasks)]
        rng = generator_of(seed, "item", k)
        scene = int(rng.integers(0, 40))
        groups = {
            "capability": CAPABILITIES.get(task, "PT"),
            "source": ("scannet", "arkitscenes", "scannetpp")[scene % 3],
        }
        common: dict[str, Any] = {"task": task, "cluster": f"scene{scene:04d}", "groups": groups}
        if task in NUMERIC:
            unit, low, high = NUMERIC[task]
            value = float(np.exp(rng.uniform(np.log(low), np.log(high))))
            value = round(value, 1) if unit else float(round(value))
            question = f"What is the {task.replace('_', ' ')} here? (question {k})"
            made.append(
                Item(id=f"q{k:05d}", question=question, answer=f"{value:g}", answer_type="number",
                     value=value, unit=unit or None, **common)
            )  # fmt: skip
        else:
            options = tuple(f"{word} {k}" for word in ("left", "right", "front", "back"))
            options = options[: CHOICE[task]]
            answer = LETTERS[int(rng.integers(0, len(options)))]
            question = f"Facing the door, where is the {task.replace('_', ' ')}? (question {k})"
            made.append(
                Item(id=f"q{k:05d}", question=question, answer=answer, answer_type="choice",
                     options=options, **common)
            )  # fmt: skip
    return made


def reply_of(
    model: Drawn, item: Item, skill: float, key: str
) -> tuple[str | None, Scored | None, tuple[int, int] | None]:
    """Return what a model says, what it is worth, and where that was read."""
    rng = generator_of(0, model.name, item.id, key)
    luck = rng.random(4)
    if luck[0] < model.failed:
        return None, None, None
    if luck[1] < model.shy:
        return "I'm sorry, I cannot tell from these frames.", Scored(0.0, "refused"), None
    if luck[1] < 2 * model.shy:
        return "It could be A, or else B.", Scored(0.0, "ambiguous"), None
    lead = "<think>Let me look at the frames. The room seems wide.</think> "
    if item.options is None:
        assert item.value is not None
        blur = model.spread if skill > model.blind else 2 * model.spread
        said = item.value * model.scale * float(np.exp(rng.normal(0, blur)))
        said = float(f"{said:.2g}")
        text = f"{lead}The answer is {said:g}."
        span = (text.rindex(f"{said:g}"), len(text) - 1)
        points = float(mean_relative_accuracy(said, item.value))
        return text, Scored(points, "answered", said, span), span
    if luck[2] < skill:
        letter = item.answer
    elif luck[3] < model.favourite:
        letter = "A"
    else:
        letter = LETTERS[int(rng.integers(0, len(item.options)))]
    text = f"{lead}**{letter}.** {item.options[LETTERS.index(letter)]}"
    span = (text.index("**") + 2, text.index("**") + 3)
    return text, Scored(float(letter == item.answer), "answered", letter, span), span


def rotated(item: Item, shift: int) -> Item:
    """Return an item with its options moved on."""
    from dataclasses import replace

    assert item.options is not None
    n = len(item.options)
    options = tuple(item.options[(k - shift) % n] for k in range(n))
    return replace(item, options=options, answer=LETTERS[(LETTERS.index(item.answer) + shift) % n])


def write_run(
    folder: Path,
    model: Drawn,
    count: int = 240,
    *,
    benchmark: str = "vsi_bench",
    stress: bool = True,
    hostile: str = "",
) -> Path:
    """Write a run folder and return it; ``hostile`` text gets into all that models and sets say."""
    asked = items(count)
    builder = ScoreTableBuilder(("capability", "source", "base", "stress", "setting", "form"))
    lines = []

    def add(item: Item, base: Item, test: str, setting: str, skill: float) -> None:
        row_id = base.id if test == "plain" else f"{base.id}#{test}:{setting}"
        text, scored, span = reply_of(model, item, skill, f"{test}:{setting}")
        groups = {"base": base.id, "stress": test, "setting": setting, "form": base.answer_type}
        builder.add(item, scored, row_id=row_id, groups=groups)
        lines.append(
            {"id": row_id, "item": base.id, "stress": test, "setting": setting, "task": item.task,
             "prompt": f"These are frames of a video.\n{item.question}{hostile}",
             "options": None if item.options is None else [o + hostile for o in item.options],
             "answer": item.answer, "reply": None if text is None else text + hostile,
             "error": "the server answered 500" + hostile if text is None else None,
             "span": span, "finish": "stop", "prompt_tokens": 100, "completion_tokens": 20,
             "seconds": 0.1}
        )  # fmt: skip

    for item in asked:
        add(item, item, "plain", "", model.skill)
        if not stress:
            continue
        if item.options is not None:
            for shift in range(1, len(item.options)):
                add(rotated(item, shift), item, "circular", str(shift), model.skill)
        add(item, item, "no_images", "told", model.blind)
        add(item, item, "grey", "all", model.blind)
        add(item, item, "other_images", "all", model.blind + 0.05)
        for frames in (1, 4, 16, 64):
            skill = model.blind + (model.skill - model.blind) * frames / (frames + 3)
            add(item, item, "frames", str(frames), skill)
    table = builder.done()
    folder.mkdir(parents=True)
    table.write(folder / "scores.parquet")
    summary = json.loads(summary_text(table))
    if stress:
        summary["stress"] = [{**t.read(table), "skipped": {"no video": 3}} for t in TESTS]
        summary["verdict"] = verdict(table)
    rates = ("extraction_failure_share", "refusal_share", "failed_share")
    summary["profiles"] = {
        name: {"headline": summary["headline"], **{key: summary["overall"][key] for key in rates}}
        for name in ("official", "strict")
    }
    if hostile:
        summary = poisoned(summary, hostile)
    (folder / "summary.json").write_text(json.dumps(summary))
    manifest = {
        "model": {"name": model.name + hostile, "attention": "sdpa", "dtype": "bfloat16"},
        "benchmark": benchmark + hostile, "prompts": "official", "rules": "strict",
        "frame_path": "images", "frames": {"count": 32, "method": "uniform_tail"},
        "data_hash": "b2:4c1d0b", "versions": {"sextant": "0.1", "torch": "2.13.0"},
        **model.manifest,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "predictions.jsonl").write_text(text)
    return folder


def summary_text(table: ScoreTable) -> str:
    """Summarise the plain rows, with the groups that a run lists."""
    codes = table.groups["stress"]
    plain = table.take(codes.codes == codes.names.index("plain"))
    headlines: Sequence[Headline] = (Headline("macro over 8 tasks", vsi_combine),)
    return summarise(plain, headlines, draws=200).to_json()


def poisoned(value: Any, text: str) -> Any:
    """Append a text to every string of a JSON value, keys of open mappings included."""
    if isinstance(value, str):
        return value + text
    if isinstance(value, list):
        return [poisoned(v, text) for v in value]
    if isinstance(value, dict):
        return {
            k: {name + text: poisoned(v, text) for name, v in inside.items()}
            if k in ("groups",) and isinstance(inside := value[k], dict)
            else poisoned(value[k], text)
            for k in value
        }
    return value
