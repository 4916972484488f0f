"""Thousands of damaged files for every parser: our errors only, no hang, less than 1 GB.

The default run looks at a few. ``-m slow`` tries ``SEXTANT_FUZZ_COUNT`` (4,000) damaged files with
each reader, in a process of its own whose memory is measured; the number is fixed, and the damage
follows from ``SEXTANT_FUZZ_SEED`` (0) and the trial's number, so that what passes on one machine
passes on another. ``benchmarks/fuzz_readers.py`` does ten thousand and more.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from battery import MAX_SECONDS
from battery_child import in_a_child
from layouts import embodiedscan as infos
from layouts import objectron
from layouts.battered import BATTERED, needs
from layouts.world import small_room
from mutations import mutated

from sextant.errors import InputError
from sextant.sources import protobuf
from sextant.sources.pickles import parse_plain_pickle

COUNT = int(os.environ.get("SEXTANT_FUZZ_COUNT", "4000"))
SEED = int(os.environ.get("SEXTANT_FUZZ_SEED", "0"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", BATTERED)
def test_a_reader_survives_thousands_of_damaged_files(name: str) -> None:
    if needs(name) is not None:
        pytest.importorskip(needs(name))
    outcome = in_a_child(name, COUNT, SEED)
    assert outcome["problems"] == []
    assert outcome["read"] + outcome["refused"] == COUNT
    assert outcome["read"] > 0
    assert outcome["refused"] > 0


def test_what_kills_the_process_is_told() -> None:
    outcome = in_a_child("no such miniature", 1, 0)
    assert "KeyError: 'no such miniature'" in outcome["problems"][0]


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
    batter_bytes(name, tmp_path, 10_000)


def batter_bytes(name: str, folder: Path, count: int) -> None:
    make, parse = PARSERS[name]
    data, rng = make(folder), np.random.default_rng(3)
    parse(data)
    for _ in range(count):
        start = time.process_time()
        damaged = mutated(data, rng)
        try:
            parse(damaged)
        except InputError:
            pass
        assert time.process_time() - start < MAX_SECONDS
