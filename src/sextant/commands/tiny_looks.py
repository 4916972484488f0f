"""Pictures of simulated rooms with what they show: what the tiny model's first stage sees.

python -m sextant.commands.tiny_looks out/looks --rooms 100 --workers 2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from sextant.commands.registry import make_tasks
from sextant.execution.atomic import make_folder, write_bytes, write_text
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.execution.seeds import generator_of
from sextant.questions.block_pictures import draw_pile
from sextant.questions.blocks import Heights, read_heights
from sextant.questions.context import SceneContext
from sextant.questions.marks import MARK_LETTERS, Mark, can_be_read
from sextant.questions.pictures import encode_frame, shrink
from sextant.questions.recipe import GenerateRecipe, ImageRules
from sextant.sources.procedural import scene as rooms
from sextant.training.tiny.looks import FILE, IMAGES, Look, MarkedPlace, Thing

SEED = 1_000_003
"""Of the rooms; the demo's have other seeds."""

MAX_SIDE = 160
MARKS = 3
PILES_PER_ROOM = 20
NEAREST_EDGE = 0.05
FLAT = 0.02
"""A dot lies inside the picture by this share, on a surface whose depth varies no more than this
within 5 x 5 pixels: as questions about points want it."""


@dataclass(frozen=True, slots=True)
class LooksShard:
    """The shard function: one room to pictures and a part of the list; picklable."""

    out: Path
    seed: int

    def __call__(self, index: int) -> int:
        """Draw one room; return its number of pictures."""
        part = part_of(self.out, index)
        if part.is_file():
            return sum(1 for _ in part.open(encoding="utf-8"))
        looks = list(looks_of(index, self.seed, self.out))
        write_text(part, "".join(look.line() + "\n" for look in looks))
        return len(looks)


def part_of(out: Path, index: int) -> Path:
    """Return where the looks of a room stand until all rooms are done."""
    return out / "parts" / f"{index:05d}.jsonl"


def collect(
    out: Path, count: int, *, seed: int = SEED, workers: int = 1, quiet: bool = False
) -> int:
    """Draw rooms and write what they show; goes on where it was stopped.

    Args:
        out: Folder.
        count: So many rooms; those of the splits val and test are passed over.
        seed: Of the rooms.
        workers: Processes; the bytes do not depend on it.
        quiet: Show no progress.

    Returns:
        Number of pictures.

    Raises:
        OutputError: If the folder cannot be written.
    """
    make_folder(out / "parts")
    numbers = wanted(count, seed)
    total = 0
    with Progress("draw rooms", len(numbers), unit="rooms", quiet=quiet) as progress:

        def on_done(index: int, pictures: int) -> None:
            nonlocal total
            total += pictures
            progress.advance(1, pictures=pictures)

        run_shards(numbers, LooksShard(out, seed), workers=workers, on_done=on_done)
    write_text(
        out / FILE, "".join(part_of(out, index).read_text(encoding="utf-8") for index in numbers)
    )
    return total


def wanted(count: int, seed: int = SEED) -> list[int]:
    """Return which of the first rooms are drawn: those of the split train."""
    return [i for i in range(count) if rooms.split_of(room_id(seed, i)) == "train"]


def room_id(seed: int, index: int) -> str:
    """Return the name of a room, as the reader of simulated rooms gives it."""
    return f"room_{seed:06d}_{index:04d}"


def looks_of(index: int, seed: int, out: Path) -> Iterator[Look]:
    """Draw the pictures of a room, each once as it is and once with marks, and some piles."""
    scene = rooms.build_scene(room_id(seed, index), seed, index)
    ctx = SceneContext(scene, GenerateRecipe(images=ImageRules(max_side=MAX_SIDE)), seed)
    rng = generator_of(seed, scene.id, "looks")
    for number, frame in enumerate(ctx.singles):
        things = _things(ctx, frame)
        plain = Look(f"{scene.id}/{frame}", f"{IMAGES}/{scene.id}/{frame}.jpg", tuple(things))
        yield _drawn(ctx, frame, plain, (), out)
        marks = _dots(ctx, frame, rng) if number % 2 else _boxes(ctx, frame, rng)
        if marks:
            places = tuple(place for _, place in marks)
            name = f"{scene.id}/{frame}_marked"
            look = Look(name, f"{IMAGES}/{name}.jpg", plain.things, places)
            yield _drawn(ctx, frame, look, tuple(mark for mark, _ in marks), out)
    for number, pile in enumerate(islice(_piles(ctx, rng), PILES_PER_ROOM)):
        name = f"{scene.id}/pile_{number:02d}"
        look = Look(name, f"{IMAGES}/{name}.png", pile=pile)
        write_bytes(_made(out / look.image), draw_pile(pile), durable=False)
        yield look


def _drawn(ctx: SceneContext, frame: str, look: Look, marks: tuple[Mark, ...], out: Path) -> Look:
    read = ctx.frame(frame).read_rgb
    assert read is not None
    picture, scale = shrink(read(), ctx.recipe.images)
    data, _ = encode_frame(picture, scale, marks, ctx.recipe.images)
    write_bytes(_made(out / look.image), data, durable=False)
    return look


def _made(path: Path) -> Path:
    make_folder(path.parent)
    return path


def _things(ctx: SceneContext, frame: str) -> list[Thing]:
    camera = ctx.frame(frame).camera
    names = ctx.view([frame]).names
    found = []
    for object_id in sorted(names):
        seen = ctx.visibility.view(frame, object_id)
        u0, v0, u1, v1 = (float(c) for c in seen.box2d)
        x, y = (u0 + u1) / 2 / camera.width, (v0 + v1) / 2 / camera.height
        width, height = (u1 - u0) / camera.width, (v1 - v0) / camera.height
        found.append(
            Thing(
                names[object_id],
                round(x, 4),
                round(y, 4),
                round(width, 4),
                round(height, 4),
                round(float(seen.nearest_m), 3),
            )
        )
    return found


def _letters(rng: np.random.Generator, count: int) -> list[str]:
    return [MARK_LETTERS[i] for i in rng.permutation(4)[:count]]


Marked = list[tuple[Mark, MarkedPlace]]


def _dots(ctx: SceneContext, frame: str, rng: np.random.Generator) -> Marked:
    depth, camera = ctx.depth_m(frame), ctx.frame(frame).camera
    assert depth is not None
    letters = _letters(rng, MARKS)
    found: Marked = []
    for _ in range(60):
        if len(found) == len(letters):
            break
        x, y = rng.uniform(NEAREST_EDGE, 1 - NEAREST_EDGE, 2)
        column, row = int(x * camera.width), int(y * camera.height)
        around = depth[row - 2 : row + 3, column - 2 : column + 3]
        middle = float(depth[row, column])
        if not np.isfinite(around).all() or np.ptp(around) > FLAT * middle:
            continue
        if not ctx.is_solid(frame, row, column):
            continue
        letter = letters[len(found)]
        mark = Mark(letter, dot=(column + 0.5, row + 0.5))
        place = MarkedPlace(letter, round(float(x), 4), round(float(y), 4), round(middle, 3))
        if _legible(ctx, frame, [*found, (mark, place)]):
            found.append((mark, place))
    return found


def _boxes(ctx: SceneContext, frame: str, rng: np.random.Generator) -> Marked:
    shown = ctx.view([frame]).shown
    camera = ctx.frame(frame).camera
    found: Marked = []
    letters = _letters(rng, MARKS)
    for place in rng.permutation(len(shown)).tolist():
        if len(found) == len(letters):
            break
        seen = ctx.visibility.view(frame, shown[place])
        u0, v0, u1, v1 = (float(c) for c in seen.box2d)
        letter = letters[len(found)]
        marked = MarkedPlace(
            letter, round((u0 + u1) / 2 / camera.width, 4), round((v0 + v1) / 2 / camera.height, 4),
            round(float(seen.nearest_m), 3),
        )  # fmt: skip
        pair = (Mark(letter, box=(u0, v0, u1, v1)), marked)
        if _legible(ctx, frame, [*found, pair]):
            found.append(pair)
    return found


def _legible(ctx: SceneContext, frame: str, marked: Marked) -> bool:
    camera = ctx.frame(frame).camera
    scale = min(1.0, MAX_SIDE / max(camera.width, camera.height))
    size = (round(camera.width * scale), round(camera.height * scale))
    return can_be_read(tuple(mark for mark, _ in marked), size, scale)


def _piles(ctx: SceneContext, rng: np.random.Generator) -> Iterator[Heights]:
    """Yield piles as the questions about them draw them."""
    for ask in make_tasks(ctx.recipe)["mr.block_count"].propose(ctx, rng):
        heights = read_heights(ask.detail.get("heights"))
        assert heights is not None
        yield heights


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw rooms; the command line of this module."""
    parser = argparse.ArgumentParser(description="Draw rooms with what they show.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    count = collect(given.out, given.rooms, seed=given.seed, workers=given.workers)
    sys.stdout.write(f"{count} pictures in {given.out}\n")


if __name__ == "__main__":
    main()
