"""Make the tiny model's base anew: rooms, captions, fresh weights, stage one.

    python -m sextant.commands.tiny_base out/tiny --workers 2

draws the rooms (``tiny_looks``), describes their pictures (``training.tiny.captions``), learns a
tokenizer, trains the recipe ``tiny-base`` on one processor, and leaves the folder
``out/tiny/base`` whose files are those of ``sextant/training/tiny/base``. How they were made is
told in its ``made.json`` (``training.tiny.provenance``).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sextant.commands.registry import make_tasks
from sextant.commands.tiny_looks import SEED, collect, wanted
from sextant.commands.tiny_stage import learn
from sextant.execution.atomic import atomic_folder
from sextant.questions.recipe import GenerateRecipe
from sextant.samples.prompt import INSTRUCTIONS
from sextant.training.identity import versions
from sextant.training.recipe_files import load_train_recipe
from sextant.training.tiny.captions import write_captions
from sextant.training.tiny.fresh import WEIGHTS, write_fresh
from sextant.training.tiny.looks import read_looks
from sextant.training.tiny.provenance import hashes, write_note

ROOMS = 200
"""Drawn unless others are asked for; those of the splits val and test are passed over."""

ROUNDS = {"marks": 16, "pile": 8, "things": 4}
"""Different captions of each picture, by its kind: what can be seen soonest is told most often."""

HEARD = 40
"""Every so-manieth caption is what the tokenizer learns from; more would be the same names."""

_SLOT = re.compile(r"\{[^}]*\}")


def words(captions: Path) -> Iterator[str]:
    """Yield the texts that the tokenizer learns its words from: captions, and how questions go."""
    with captions.open(encoding="utf-8") as lines:
        for line in islice(lines, 0, None, HEARD):
            yield from (turn["value"] for turn in json.loads(line)["conversations"])
    said = [f"Options:\nA. \n{text}" for text in INSTRUCTIONS.values()]
    for _, task in sorted(make_tasks(GenerateRecipe()).items()):
        said += [text for texts in task.templates.values() for text in texts]
    for text in said + 9 * said[: len(INSTRUCTIONS)]:
        # Often enough that words of questions become tokens beside the names of the captions.
        yield from [_SLOT.sub(" ", text)] * 20


def make_base(out: Path, rooms: int, *, workers: int = 1, quiet: bool = False) -> Path:
    """Make the base from nothing; return its folder.

    Args:
        out: Folder for everything; goes on where it was stopped.
        rooms: How many are drawn.
        workers: Processes that draw them.
        quiet: Show no progress.
    """
    looks, fresh, base = out / "looks", out / "fresh", out / "base"
    collect(looks, rooms, workers=workers, quiet=quiet)
    captions = looks / "captions.jsonl"
    if not captions.is_file():
        write_captions(read_looks(looks), captions, times=ROUNDS)
    if not fresh.is_dir():
        write_fresh(fresh, words(captions))
    recipe = load_train_recipe("tiny-base", [f"base={fresh}", f"data.0.path={captions}"])
    trained = learn(recipe, out / "run", out / "cache", quiet=quiet)
    if not base.is_dir():
        shown = recipe.model_copy(
            update={
                "base": "tiny-fresh",
                "data": (recipe.data[0].model_copy(update={"path": "tiny-captions.jsonl"}),),
            }
        )
        facts = {
            "command": f"python -m sextant.commands.tiny_base OUT --rooms {rooms}",
            "rooms": {"seed": SEED, "drawn": len(wanted(rooms)), "first": 0, "below": rooms},
            "pictures": sum(1 for _ in read_looks(looks)),
            "captions": sum(1 for _ in captions.open(encoding="utf-8")),
            "steps": len((out / "run" / "metrics.jsonl").read_text("utf-8").splitlines()),
            "versions": versions(),
            "recipe": shown.model_dump(mode="json"),
        }
        write_half(trained, base, facts)
    return base


def write_half(folder: Path, out: Path, facts: Mapping[str, Any]) -> None:
    """Write a model's folder again with weights of half the size (bfloat16), and its note."""
    import torch
    from safetensors.torch import load_file, save_file

    with atomic_folder(out) as made:
        for path in sorted(folder.iterdir()):
            if path.name != WEIGHTS:
                shutil.copyfile(path, made / path.name)
        weights = {n: t.to(torch.bfloat16) for n, t in load_file(folder / WEIGHTS).items()}
        save_file(weights, made / WEIGHTS, metadata={"format": "pt"})
        write_note(made, {**facts, "parameters": sum(t.numel() for t in weights.values())})


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the base; the command line of this module."""
    parser = argparse.ArgumentParser(description="Make the tiny model's base anew.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(1)
    base = make_base(given.out, given.rooms, workers=given.workers)
    sys.stdout.write(f"{base / WEIGHTS}: sha256 {hashes(base)[WEIGHTS]}\n")


if __name__ == "__main__":
    main()
