"""Damage files of a miniature and read it: our errors, in time, or nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sextant.commands.registry import open_source
from sextant.errors import SextantError
from sextant.sources.source import SourceOptions

MAX_SECONDS = 5.0


@dataclass(slots=True)
class Outcome:
    """What came of many damaged readings."""

    read: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    problems: list[str] = field(default_factory=list)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes truncated, overwritten, swollen, swapped, or with a few numbers made odd."""
    out = bytearray(data)
    kind = int(rng.integers(6))
    if kind == 0:
        return bytes(out[: int(rng.integers(len(out) + 1))])
    if kind == 1 and out:
        a, b = sorted(int(i) for i in rng.integers(len(out), size=2))
        return bytes(out[:a] + out[b:])
    if kind == 2:
        at = int(rng.integers(len(out) + 1))
        return bytes(out[:at]) + rng.bytes(int(rng.integers(1, 300))) + bytes(out[at:])
    if kind == 3 and any(48 <= b < 58 for b in out[:2000]):
        odd = [b"nan", b"-inf", b"1e999", b"0", b"-1", b"99999999999999999999", b"null", b'"x"']
        digits = [i for i, b in enumerate(out[:20_000]) if 48 <= b < 58]
        at = digits[int(rng.integers(len(digits)))]
        return bytes(out[:at]) + odd[int(rng.integers(len(odd)))] + bytes(out[at + 1 :])
    # Headers are short and decide most: half of the hits go there.
    for _ in range(int(rng.integers(1, 12))):
        if out:
            far = len(out) if rng.random() < 0.5 else min(len(out), 600)
            out[int(rng.integers(far))] = int(rng.choice([0, 255, 127, rng.integers(256)]))
    return bytes(out)


def try_reading(reader: str, root: Path) -> bool:
    """Open all scenes and read all arrays, as a run that quarantines would; True if all is well."""
    well = True
    source = open_source(reader, root, SourceOptions())
    source.describe()
    for scene_id in source.scene_ids()[:3]:
        try:
            scene = source.open(scene_id)
        except SextantError:
            well = False
            continue
        for frame in scene.frames:
            for read in (frame.read_rgb, frame.read_depth, frame.read_instances):
                try:
                    if read is not None:
                        read()
                except SextantError:
                    well = False
    return well


def batter(reader: str, root: Path, count: int, seed: int) -> Outcome:
    """Damage one file at a time ``count`` times; every file is put back afterwards."""
    rng = np.random.default_rng(seed)
    files = sorted(p for p in root.rglob("*") if p.is_file())
    outcome = Outcome()
    for number in range(count):
        path = files[int(rng.integers(len(files)))]
        whole = path.read_bytes()
        path.write_bytes(mutated(whole, rng))
        start = time.perf_counter()
        try:
            well = try_reading(reader, root)
            outcome.read += well
            outcome.refused += not well
        except SextantError:
            outcome.refused += 1
        except Exception as error:  # what must not happen
            name = path.relative_to(root)
            outcome.problems.append(f"{reader} {number} {name}: {type(error).__name__}: {error}")
        took = time.perf_counter() - start
        outcome.slowest_s = max(outcome.slowest_s, took)
        if took > MAX_SECONDS:
            outcome.problems.append(f"{reader} {number} {path.relative_to(root)}: {took:.1f} s")
        path.write_bytes(whole)
    return outcome
