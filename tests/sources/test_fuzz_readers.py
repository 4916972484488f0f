"""10,000 damaged files for every parser: our errors only, no hang, less than 1 GB.

The default run looks at a few. ``-m slow`` goes on for ``SEXTANT_FUZZ_SECONDS`` (20) with each
reader or up to ``SEXTANT_FUZZ_COUNT`` (10,000) damaged files, in a process of its own whose memory
is measured.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from layouts import embodiedscan as infos
from layouts import objectron
from layouts.miniatures import MINIATURES, few_things
from layouts.world import small_room
from mutations import MAX_SECONDS, mutated

from sextant.errors import InputError
from sextant.sources import protobuf
from sextant.sources.pickles import parse_plain_pickle
from sextant.sources.posed_rgbd import write_scene

COUNT = int(os.environ.get("SEXTANT_FUZZ_COUNT", "10000"))
SECONDS = float(os.environ.get("SEXTANT_FUZZ_SECONDS", "20"))
MAX_BYTES = 1024**3

IN_A_CHILD = r"""
import json, re, sys, time
from pathlib import Path
from mutations import batter
reader, root, count, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
tried, slowest, problems, end = 0, 0.0, [], time.monotonic() + seconds
while tried < count and time.monotonic() < end and not problems:
    outcome = batter(reader, root, count=min(25, count - tried), seed=tried)
    tried += 25
    slowest, problems = max(slowest, outcome.slowest_s), problems + outcome.problems
# Not ru_maxrss: a child begins with its parent's.
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps({"tried": tried, "slowest_s": slowest, "problems": problems, "peak": peak}))
"""


def in_a_child(reader: str, root: Path, count: int, seconds: float) -> dict:
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD, reader, str(root), str(count), str(seconds)],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 4 + 120)
@pytest.mark.parametrize("name", [*MINIATURES, "posed_rgbd"])
def test_a_reader_survives_ten_thousand_damaged_files(name: str, tmp_path: Path) -> None:
    root = tmp_path / "m"
    if name == "posed_rgbd":
        write_scene(few_things(MINIATURES["scannet"].lens), root / "scene")
    else:
        if MINIATURES[name].needs is not None:
            pytest.importorskip(MINIATURES[name].needs)
        MINIATURES[name].write(root, few_things(MINIATURES[name].lens))
    outcome = in_a_child(name.split(" ")[0], root, COUNT, SECONDS)
    told = f"{outcome['tried']} files, slowest {outcome['slowest_s']:.2f} s"
    print(f"{name}: {told}, peak {outcome['peak'] / 2**20:.0f} MiB")  # noqa: T201 - for -s
    assert outcome["problems"] == []
    assert outcome["peak"] < MAX_BYTES


def pickle_bytes(folder: Path) -> bytes:
    document = infos.write_infos(folder, small_room(), images=False)
    return pickle.dumps(document)


def message_bytes(folder: Path) -> bytes:
    return objectron.write_sequence(folder, small_room(), pictures=False).read_bytes()


def walk_message(data: bytes, depth: int = 0) -> None:
    for field in protobuf.fields(data, "here"):
        if isinstance(field.value, bytes) and depth < 3:
            try:
                walk_message(field.value, depth + 1)
            except InputError:
                continue


PARSERS: dict[str, tuple[Callable[[Path], bytes], Callable[[bytes], object]]] = {
    "pickles": (pickle_bytes, lambda data: parse_plain_pickle(data, "here")),
    "protobuf": (message_bytes, walk_message),
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_of_bytes_survives_damage(name: str, tmp_path: Path) -> None:
    batter_bytes(name, tmp_path, 300)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_of_bytes_survives_ten_thousand_times(name: str, tmp_path: Path) -> None:
    batter_bytes(name, tmp_path, COUNT)


def batter_bytes(name: str, folder: Path, count: int) -> None:
    make, parse = PARSERS[name]
    data, rng = make(folder), np.random.default_rng(3)
    parse(data)
    for _ in range(count):
        start = time.perf_counter()
        damaged = mutated(data, rng)
        try:
            parse(damaged)
        except InputError:
            pass
        assert time.perf_counter() - start < MAX_SECONDS
