"""The data path of training: 16 frames of 640x480 from JPEG files to the pixels a family is fed.

    python benchmarks/training_data.py [--samples 24] [--frames 16] [--rows 20000] [--workers 2]

Checkpoint folders of the families are tiny ones of the tests with real sizes of patches and tiles;
no weights are read. Frames are smooth textures with some noise, JPEG of quality 90. Measured are
the index of a JSONL file, lengths from texts and sizes, one core that decodes, and processes that
decode ahead. Aim: 4 samples a second and core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
FAMILIES = ("qwen3_vl", "internvl", "bagel")
WRITERS = {"qwen3_vl": "write_checkpoint", "internvl": "opengvlab_folder", "bagel": "write_folder"}
RULES = {"qwen3_vl": {"min_pixels": 65_536, "max_pixels": 16_777_216}}
"""Of the published checkpoints; the tiny ones have smaller pictures."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=24, help="that are decoded")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rows", type=int, default=20_000, help="that are indexed and measured")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--family", nargs="*", default=list(FAMILIES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), arguments)


def run(folder: Path, arguments: argparse.Namespace) -> None:
    from sextant.models.messages import Picture
    from sextant.models.pictures import open_picture
    from sextant.training.data import prepare_data
    from sextant.training.families import RendererSource
    from sextant.training.feed import Feed
    from sextant.training.recipe import TrainRecipe

    frames = draw_frames(folder / "frames", 64)
    data = conversations(folder / "data.jsonl", frames, arguments.samples, arguments.frames)
    one = [open_picture(Picture("x", (folder / f).read_bytes)) for f in frames[:16]]
    decode_s = best(lambda: [open_picture(Picture("x", (folder / f).read_bytes)) for f in frames])
    print(f"decoding {len(one)} frames: {decode_s * 16 / len(frames):.3f} s")
    print("| family | tokens | MB of pixels | samples/s, one core | of it pixels | ahead, "
          f"{arguments.workers} processes |")  # fmt: skip
    print("|---|---|---|---|---|---|")
    for family in arguments.family:
        base = checkpoint(folder / family, family)
        recipe = TrainRecipe.model_validate(
            {
                "family": family, "base": str(base), "data": [{"path": str(data)}],
                "global_batch": arguments.samples, "pack_tokens": 65_536,
                "fit": {"max_frames": 64, "max_tokens": 65_536, "too_long": "refuse"},
            }
        )  # fmt: skip
        source = RendererSource(family, base, RULES.get(family, {}))
        prepared = prepare_data(recipe, source, folder / "cache")
        plan, decoder = prepared.plan(0), prepared.source.open()
        jobs = [prepared.job(plan, place) for place in range(arguments.samples)]
        decoder.decode(jobs[0])
        start = time.process_time()
        sizes = [sum(a.nbytes for a in decoder.decode(job).pixels.values()) for job in jobs]
        alone = len(jobs) / (time.process_time() - start)
        renderer, example = source.open(), decoder.example(jobs[0])
        rendered = renderer.render(example.messages, example.shown)
        shown = (one * 4)[: arguments.frames]
        pixels_s = best(lambda r=renderer, p=shown, d=rendered: r.pixels(p, d))
        with Feed(prepared, workers=arguments.workers, last_step=5) as feed:
            steps = feed.steps()
            list(next(steps)[1])  # the processes start
            start = time.perf_counter()
            count = sum(len(pack.samples) for _, packs in steps for pack in packs)
            ahead = count / (time.perf_counter() - start)
        print(
            f"| {family} | {int(plan.tokens.mean())} | {np.mean(sizes) / 1e6:.0f} | {alone:.1f} | "
            f"{pixels_s:.3f} s | {ahead:.1f}/s |"
        )
    measure_tables(folder, frames, arguments.rows, arguments.family[0])


def measure_tables(folder: Path, frames: list[str], rows: int, family: str) -> None:
    """Index and measure many rows of one picture each, with a fresh cache."""
    from sextant.training.families import RendererSource
    from sextant.training.lengths import LengthsSource, measure_set
    from sextant.training.line_index import open_line_index
    from sextant.training.recipe import DataEntry, FitRules
    from sextant.training.set_index import index_set

    path = conversations(folder / "many.jsonl", frames, rows, 1)
    entry, cache = DataEntry(path=str(path)), folder / "fresh"
    source = RendererSource(family, folder / family, RULES.get(family, {}))
    start = time.perf_counter()
    open_line_index(path, cache)
    lines = time.perf_counter()
    index = index_set(entry, cache)
    indexed = time.perf_counter()
    measure_set(LengthsSource(entry, cache, FitRules(), source), index)
    print(
        f"{rows} rows of {path.stat().st_size / rows:.0f} bytes: line offsets "
        f"{rows / (lines - start):,.0f}/s, sizes of pictures {rows / (indexed - lines):,.0f}/s, "
        f"lengths {rows / (time.perf_counter() - indexed):,.0f}/s"
    )


def best(work: Callable[[], Any], tries: int = 3) -> float:
    """Return the processor seconds of the fastest try."""
    found = []
    for _ in range(tries):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def draw_frames(folder: Path, count: int) -> list[str]:
    """Write frames of 640x480; return their paths relative to the folder above."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((640, 480), Image.Resampling.BICUBIC), dtype=np.int16)
        noisy = np.clip(smooth + rng.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
        buffer = BytesIO()
        Image.fromarray(noisy).save(buffer, "JPEG", quality=90)
        (folder / f"{k:03d}.jpg").write_bytes(buffer.getvalue())
    return [f"{folder.name}/{k:03d}.jpg" for k in range(count)]


def conversations(path: Path, frames: list[str], rows: int, per_row: int) -> Path:
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        for k in range(rows):
            shown = [frames[i] for i in rng.integers(0, len(frames), per_row)]
            text = "<image>\n" * per_row + f"How far is chair {k} from the lamp, in meters?"
            turns = [{"from": "human", "value": text}, {"from": "gpt", "value": f"{k % 7}.5"}]
            file.write(json.dumps({"id": k, "image": shown, "conversations": turns}) + "\n")
    return path


def checkpoint(folder: Path, family: str) -> Path:
    """Write a tiny checkpoint of the tests, with the sizes of patches and tiles of real ones."""
    sys.path.insert(0, str(ROOT / "tests" / "models" / family))
    module = __import__(f"tiny_{family}")
    written = Path(getattr(module, WRITERS[family])(folder))
    name = "vit_config.json" if family == "bagel" else "config.json"
    config = json.loads((written / name).read_text())
    if family == "internvl":
        config["force_image_size"] = 448
        config["vision_config"] |= {"image_size": 448, "patch_size": 14}
    elif family == "bagel":
        config |= {"image_size": 980, "patch_size": 14}
        whole = json.loads((written / "config.json").read_text())
        whole["vit_max_num_patch_per_side"] = 70
        (written / "config.json").write_text(json.dumps(whole))
    (written / name).write_text(json.dumps(config))
    return written


if __name__ == "__main__":
    main()
