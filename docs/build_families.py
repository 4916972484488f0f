"""Write docs/families/: one page per question family, from the code and a measured corpus.

    python docs/build_families.py                 simulate rooms, measure, write everything
    python docs/build_families.py --texts-only    only the pages, from docs/families/measured.json

The second form is what to run after changing a family's text or margins.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path

from PIL import Image

from sextant.commands.family_pages import index_page, measure_family, page
from sextant.commands.generate import GenerateJob, generate
from sextant.commands.registry import task_classes
from sextant.questions.recipe import GenerateRecipe
from sextant.samples import Sample
from sextant.samples.store import CorpusStore

FOLDER = Path(__file__).parent / "families"
SCENES, SEED, PER_TASK = 20, 7, 10
ORIGIN = f"{SCENES} simulated rooms of seed {SEED}, at most {PER_TASK} questions a family and room"
WIDTH = 640


def measure(workers: int) -> dict[str, dict]:
    """Generate the corpus, keep an example and the counts of every family, write pictures."""
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "corpus"
        recipe = GenerateRecipe(per_task=PER_TASK)
        job = GenerateJob("procedural", None, out, recipe, seed=SEED, scenes=SCENES)
        generate(job, workers=workers)
        store = CorpusStore.open(out)
        rows: dict[str, list[Sample]] = defaultdict(list)
        for sample in store.samples():
            rows[sample.task].append(sample)
        drops: dict[str, dict[str, int]] = defaultdict(dict)
        for drop in store.drops():
            drops[drop["task"]][drop["reason"]] = drop["count"]
        (FOLDER / "images").mkdir(parents=True, exist_ok=True)
        for name in task_classes():
            found[name] = measure_family(rows[name], drops[name], SCENES)
            example = found[name]["example"]
            if example and example["images"]:
                sample = next(s for s in rows[name] if s.id == example["id"])
                sheet([store.image_path(p) for p in sample.images]).save(
                    FOLDER / "images" / f"{name}.jpg", quality=80
                )
    return found


def sheet(paths: list[Path]) -> Image.Image:
    """Put a question's pictures side by side, at most four in a row."""
    pictures = [Image.open(p).convert("RGB") for p in paths]
    columns = min(4, len(pictures)) if len(pictures) != 6 else 3
    cell = (WIDTH - 4 * (columns - 1)) // columns
    height = max(round(p.height * cell / p.width) for p in pictures)
    lines = -(-len(pictures) // columns)
    made = Image.new("RGB", (WIDTH, lines * height + 4 * (lines - 1)), "white")
    for k, picture in enumerate(pictures):
        small = picture.resize((cell, round(picture.height * cell / picture.width)))
        made.paste(small, ((k % columns) * (cell + 4), (k // columns) * (height + 4)))
    return made


def main() -> None:
    """Write all pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts-only", action="store_true", help="keep counts and pictures")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    stored = FOLDER / "measured.json"
    if args.texts_only:
        found = json.loads(stored.read_text(encoding="utf-8"))
    else:
        found = {"origin": ORIGIN, **measure(args.workers)}
        stored.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    classes = task_classes()
    for name, cls in classes.items():
        text = page(cls, found.get(name), found["origin"])
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    text = index_page(found, classes, found["origin"])
    (FOLDER / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
