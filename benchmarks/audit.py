"""Rates and speed of ``sextant audit``: planted leaks, hashing, lookups, text prints, the prior.

    python benchmarks/audit.py leaks CORPUS [--pictures DIR] [--count 1000]
    python benchmarks/audit.py speed [--hashes 1000000] [--known 50000] [--rows 1000000]
    python benchmarks/audit.py hash CORPUS

``leaks`` takes the pictures of half of the corpus's scenes as the benchmark, copies of them
(re-encoded, resized, cropped, mirrored) as leaks, and the other half as pictures that must not be
hit. CORPUS is best a simulated one (``sextant generate --source procedural --scenes 24``): many
views of similar rooms, and drawings that differ in a block or a line. Times are processor times of
one core.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import pyarrow as pa
from PIL import Image

from sextant.corpus.hamming import HammingIndex
from sextant.corpus.leaks import RADIUS
from sextant.corpus.picture_hash import Look, differ_in_a_detail, look_at, mirrored
from sextant.corpus.question_prints import band_keys, set_keys, shingles, text_keys
from sextant.samples.store import CorpusStore

RADII = (8, 12, 16, 20, 24, 31, 40)


def encoded(image: Image.Image, form: str = "JPEG", **more: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **more)
    return file.getvalue()


def resized(image: Image.Image, by: float) -> Image.Image:
    return image.resize((max(1, round(image.width * by)), max(1, round(image.height * by))),
                        Image.Resampling.BICUBIC)  # fmt: skip


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Cut off ``share`` of width and height, half of it on each side."""
    w, h = image.size
    return image.crop((round(w * share / 2), round(h * share / 2), round(w * (1 - share / 2)),
                       round(h * (1 - share / 2))))  # fmt: skip


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG q50": lambda i: encoded(i, quality=50),
    "JPEG q20": lambda i: encoded(i, quality=20),
    "resized x0.5": lambda i: encoded(resized(i, 0.5), quality=95),
    "resized x0.5, q50": lambda i: encoded(resized(i, 0.5), quality=50),
    "resized x0.25": lambda i: encoded(resized(i, 0.25), quality=90),
    "resized x1.6, PNG": lambda i: encoded(resized(i, 1.6), "PNG", compress_level=1),
    "WebP q60": lambda i: encoded(i, "WEBP", quality=60),
    "brighter by 20 %": lambda i: encoded(i.point(lambda v: min(255, v * 1.2)), quality=90),
    "cropped 2 %": lambda i: encoded(cropped(i, 0.02), quality=90),
    "cropped 5 %": lambda i: encoded(cropped(i, 0.05), quality=90),
    "cropped 10 %": lambda i: encoded(cropped(i, 0.10), quality=90),
    "mirrored": lambda i: encoded(i.transpose(Image.Transpose.FLIP_LEFT_RIGHT), quality=90),
    "upside down": lambda i: encoded(i.transpose(Image.Transpose.ROTATE_180), quality=90),
}


def bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.bitwise_count(a ^ b).sum(axis=-1).astype(int)


def rates(title: str, distances: np.ndarray) -> None:
    shares = " ".join(f"{(distances <= r).mean() * 100:7.2f}" for r in RADII)
    print(f"{title:28}{shares}   median {np.median(distances):3.0f}, largest {distances.max()}")


def leaks(corpus: Path, pictures: Path | None, count: int) -> None:
    store = CorpusStore.open(corpus)
    scene: dict[str, str] = {}
    for row in store.rows(("scene_id", "images")):
        for path in row["images"]:
            scene.setdefault(path, row["scene_id"])
    files = [(store.image_path(p), s) for p, s in sorted(scene.items())]
    if pictures is not None:
        files += [(p, str(p.parent)) for p in sorted(pictures.rglob("*.jpg")) + sorted(
            p for p in pictures.rglob("*color*.png"))]  # fmt: skip
    looks = [(look_at(path.read_bytes(), path), path, s) for path, s in files]
    flat = sum(look.hash is None for look, _, _ in looks)
    looks = [found for found in looks if found[0].hash is not None]
    codes = np.stack([look.hash for look, _, _ in looks])
    print(f"{len(files)} pictures of {len({s for _, s in files})} scenes, {flat} flat")
    print(f"{'% within':28}" + " ".join(f"{r:>7}" for r in RADII))
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(looks), min(count, len(looks)), replace=False)
    found: dict[str, list[Look]] = {name: [] for name in COPIES}
    for k in chosen:
        image = Image.open(looks[k][1]).convert("RGB")
        for name, copy in COPIES.items():
            found[name].append(look_at(copy(image), looks[k][1]))
    told = twins(looks, chosen, found)
    for name, copies in found.items():
        kept = [(c.hash, codes[k]) for c, k in zip(copies, chosen, strict=True)
                if c.hash is not None]  # fmt: skip
        new, old = (np.stack(x) for x in zip(*kept, strict=True))
        rates(name, bits(new, mirrored(old) if name == "mirrored" else old))
        print(f"{'':28}of these within {RADIUS}, taken for twins: {told[name]}")
    print("the nearest picture of another scene (what is within is a false hit, or a true copy)")
    scenes = np.array([s for _, _, s in looks])
    photo = np.array([p.suffix == ".jpg" for _, p, _ in looks])
    nearest, flipped = np.full(len(looks), 256), np.full(len(looks), 256)
    false = np.zeros(len(looks), bool)
    for k in range(len(looks)):
        others = scenes != scenes[k]
        apart = bits(codes, codes[k])
        nearest[k] = apart[others].min()
        false[k] = any(is_hit(looks[k][0], looks[i][0])
                       for i in np.nonzero(others & (apart <= RADIUS))[0])  # fmt: skip
        flipped[k] = bits(mirrored(codes[others]), codes[k]).min()
    for name, mask in (("photographs", photo), ("drawings", ~photo), ("all", photo | True)):
        if mask.any():
            rates(f"{name} ({mask.sum()})", nearest[mask])
            print(f"{'':28}within {RADIUS} and no twins: {false[mask].mean() * 100:.3f} %")
            rates(f"{name}, mirrored", flipped[mask])
    print("identical looks across scenes:", Counter((nearest == 0).tolist())[True])


def is_hit(mine: Look, known: Look) -> bool:
    """Tell whether pictures that look the same count as copies."""
    both = mine.drawing is not None and known.drawing is not None
    return not (both and differ_in_a_detail(mine.drawing, known.drawing))


def twins(looks: list, chosen: np.ndarray, found: dict[str, list[Look]]) -> Counter[str]:
    """Count the copies that would be lost to the second look."""
    told: Counter[str] = Counter()
    for name, copies in found.items():
        for k, copy in zip(chosen, copies, strict=True):
            known = looks[k][0]
            if copy.hash is not None and bits(copy.hash, known.hash) <= RADIUS:
                told[name] += not is_hit(copy, known)
    return told


def hashing(corpus: Path) -> None:
    store = CorpusStore.open(corpus)
    by_kind: dict[str, list[bytes]] = {}
    for path in sorted((store.root / "images").rglob("*.*")):
        data = path.read_bytes()
        kind = f"{path.suffix} {Image.open(io.BytesIO(data)).size}"
        by_kind.setdefault(kind, []).append(data)
    for kind, files in sorted(by_kind.items()):
        if len(files) >= 200:
            start = time.process_time()
            for data in files[:2000]:
                look_at(data, kind)
            rate = len(files[:2000]) / (time.process_time() - start)
            print(f"hashing {kind}: {rate:.0f} pictures/s")
            if kind == ".jpg (640, 480)":
                png = [encoded(Image.open(io.BytesIO(d)), "PNG") for d in files[:200]]
                start = time.process_time()
                for data in png:
                    look_at(data, kind)
                print(f"the same as PNG: {len(png) / (time.process_time() - start):.0f} pictures/s")


def speed(hashes: int, known: int, rows: int) -> None:
    rng = np.random.default_rng(1)
    many = rng.integers(0, 2**64, (hashes, 4), dtype=np.uint64)
    some = rng.integers(0, 2**64, (known, 4), dtype=np.uint64)
    # One in a hundred is a copy with up to 16 other bits; real hashes are not uniform either.
    planted = rng.choice(hashes, hashes // 100, replace=False)
    many[planted] = some[rng.integers(0, known, len(planted))]
    for _ in range(16):
        many[planted, rng.integers(0, 4, len(planted))] ^= np.uint64(1) << rng.integers(
            0, 64, len(planted)).astype(np.uint64)  # fmt: skip
    HammingIndex(some[:10], 16).near(many[:10])
    for radius in (16, 31, 47):
        start = time.process_time()
        index = HammingIndex(some, radius)
        built = time.process_time()
        found = index.near(many)
        done = time.process_time()
        print(f"{hashes} against {known}, radius {radius}: {built - start:.1f} s to build, "
              f"{done - built:.1f} s to look up, {len(np.unique(found.query))} found of "
              f"{len(planted)} planted")  # fmt: skip
    for n in (hashes // 4, hashes):
        start = time.process_time()
        found = HammingIndex(many[:n], RADIUS).earlier()
        print(f"{n} against themselves, radius {RADIUS}: {time.process_time() - start:.1f} s, "
              f"{len(found.query)} found")  # fmt: skip
    words = np.array("how far is the lamp from door sofa which one left right closer table".split())
    texts = pa.array([" ".join(words[k]) for k in rng.integers(0, len(words), (rows, 18))])
    images = pa.array([[f"images/{k}.jpg"] for k in rng.integers(0, rows // 4, rows)])
    options = pa.array([["lamp", "sofa", "door", "table"]] * rows, pa.list_(pa.string()))
    text_keys(texts[:10], options[:10])
    band_keys(shingles(texts[:10], options[:10]), np.zeros(10, np.uint64))
    start = time.process_time()
    text_keys(texts, options), set_keys(images)
    exact = time.process_time()
    band_keys(shingles(texts, options), np.zeros(rows, np.uint64))
    print(f"{rows} texts of 18 words: keys {exact - start:.1f} s, "
          f"shingles and bands {time.process_time() - exact:.1f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("leaks")
    verb.add_argument("corpus", type=Path)
    verb.add_argument("--pictures", type=Path)
    verb.add_argument("--count", type=int, default=1000)
    verb = verbs.add_parser("hash")
    verb.add_argument("corpus", type=Path)
    verb = verbs.add_parser("speed")
    verb.add_argument("--hashes", type=int, default=1_000_000)
    verb.add_argument("--known", type=int, default=50_000)
    verb.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, numpy {np.__version__}, pillow {Image.__version__}")
    if args.verb == "leaks":
        leaks(args.corpus, args.pictures, args.count)
    elif args.verb == "hash":
        hashing(args.corpus)
    else:
        speed(args.hashes, args.known, args.rows)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
