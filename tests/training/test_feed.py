from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_data import ToyRenderer, ToySource, jsonl, mixed_corpus, picture, turn

from sextant.errors import CorruptInput, SextantError
from sextant.training.data import TrainingData, prepare_data
from sextant.training.feed import Feed
from sextant.training.ready import ReadyPack
from sextant.training.recipe import TrainRecipe


def prepared(path: Path, cache: Path, source: Any = None, **fields: Any) -> TrainingData:
    plain = {"global_batch": 8, "pack_tokens": 512, "fit": {"max_tokens": 256}}
    recipe = TrainRecipe.model_validate(
        {"family": "toy", "base": "toy", "data": [{"path": str(path)}], **plain, **fields}
    )
    return prepare_data(recipe, source or ToySource(), cache)


def rows_of(feed: Feed) -> list[ReadyPack]:
    return [pack for _, packs in feed.steps() for pack in packs]


def contents(packs: list[ReadyPack]) -> list[Any]:
    return [
        (
            pack.plan.step, pack.round, pack.weight,
            [(s.place, s.id, s.capability, s.rendered.ids.tobytes(), s.rendered.targets.tobytes(),
              s.rendered.slots, {k: v.tobytes() for k, v in s.pixels.items()})
             for s in pack.samples],
        )
        for pack in packs
    ]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    folder = tmp_path_factory.mktemp("feed")
    return prepared(mixed_corpus(folder / "corpus", 40), folder / "cache")


def test_processes_change_nothing(data: TrainingData) -> None:
    with Feed(data, workers=0) as feed:
        alone = rows_of(feed)
    with Feed(data, workers=2, prefetch_mb=1) as feed:
        together = rows_of(feed)
    assert contents(alone) == contents(together)
    assert sum(len(pack.samples) for pack in alone) == 40
    assert [p.plan.step for p in alone] == sorted(p.plan.step for p in alone)
    for pack in together:
        for sample in pack.samples:
            assert len(sample.rendered) == pack.plan.tokens[sample.place]
            assert sample.pixels["means"].shape == (len(sample.rendered.slots), 3)
            assert sample.pixels["patches"].flags.writeable


def test_pixels_are_those_of_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(5))
    row = {"image": "a.png", "conversations": turn("<image>x")}
    found = prepared(jsonl(tmp_path / "d.jsonl", [row]), tmp_path / "c", global_batch=1)
    with Feed(found, workers=1) as feed:
        (pack,) = rows_of(feed)
    colour = np.random.default_rng(5).integers(0, 256, 3)
    assert pack.samples[0].pixels["means"].tolist() == [colour.tolist()]


def test_ranks_get_all_samples_among_them_and_as_many_rows(data: TrainingData) -> None:
    by_rank = []
    for rank in range(3):
        with Feed(data, rank=rank, ranks=3, workers=0) as feed:
            by_rank.append(rows_of(feed))
    assert len({len(packs) for packs in by_rank}) == 1
    ids = [s.id for packs in by_rank for pack in packs for s in pack.samples]
    assert len(ids) == len(set(ids)) == 40
    weight = sum(pack.weight for packs in by_rank for pack in packs if pack.plan.step == 2)
    assert weight == data.plan(2).weight


def test_a_rank_without_samples_gets_rows_without_weight(data: TrainingData) -> None:
    with Feed(data, rank=30, ranks=31, last_step=1, workers=1) as feed:
        (pack,) = rows_of(feed)
    assert (pack.samples, pack.weight, pack.broken) == ((), 0.0, ())


def test_a_run_goes_on_from_the_number_of_a_step(data: TrainingData) -> None:
    with Feed(data, workers=0) as feed:
        whole = contents(rows_of(feed))
    with Feed(data, first_step=3, workers=1) as feed:
        assert contents(rows_of(feed)) == [row for row in whole if row[0] >= 3]


def test_rows_that_are_not_taken_are_passed_over(data: TrainingData) -> None:
    with Feed(data, workers=0) as feed:
        assert [plan.step for plan, _ in feed.steps()] == list(range(data.steps))
    with Feed(data, workers=0) as feed:
        firsts = [next(packs).round for _, packs in feed.steps()]
    assert firsts == [0] * data.steps


def broken_set(tmp_path: Path, count: int = 30) -> Path:
    """Rows whose pictures have good headers; the data of every fifth end in the middle."""
    rng = np.random.default_rng(0)
    from io import BytesIO

    from PIL import Image

    for k in range(count):
        buffer = BytesIO()
        Image.fromarray(rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)).save(buffer, "PNG")
        data = buffer.getvalue()
        (tmp_path / f"{k}.png").write_bytes(data[: len(data) // 2] if k % 5 == 0 else data)
    rows = [{"id": k, "image": f"{k}.png", "conversations": turn("<image>x")} for k in range(count)]
    return jsonl(tmp_path / "d.jsonl", rows)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_broken_picture_costs_its_sample_and_its_weight(tmp_path: Path, workers: int) -> None:
    found = prepared(broken_set(tmp_path), tmp_path / "c", max_broken_share=0.5, global_batch=10)
    with Feed(found, workers=workers) as feed:
        packs = rows_of(feed)
    broken = [b for pack in packs for b in pack.broken]
    assert len(broken) == 6
    assert all("decoded to its end" in b.reason and ".png" in b.reason for b in broken)
    assert len({s.id for pack in packs for s in pack.samples}) == 24
    for step in range(3):
        ours = [pack for pack in packs if pack.plan.step == step]
        lost = sum(found.plan(step).weights[b.place] for pack in ours for b in pack.broken)
        assert sum(pack.weight for pack in ours) == found.plan(step).weight - lost


def test_too_many_broken_samples_stop_a_run(tmp_path: Path) -> None:
    found = prepared(broken_set(tmp_path), tmp_path / "c", max_broken_share=0.0)
    with Feed(found, workers=1) as feed, pytest.raises(CorruptInput, match="max_broken_share"):
        rows_of(feed)


def test_a_picture_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    path = broken_set(tmp_path)
    found = prepared(path, tmp_path / "c", max_broken_share=1)
    for k in range(30):
        (tmp_path / f"{k}.png").write_bytes(picture(k, (48, 47)))
    with Feed(found, workers=0) as feed:
        reasons = [b.reason for pack in rows_of(feed) for b in pack.broken]
    assert len(reasons) == 32  # the last of four steps is filled up
    assert all("another size" in reason for reason in reasons)


@dataclass(frozen=True)
class DeadlySource(ToySource):
    """Its renderer kills the process that shows a picture of 33 pixels."""

    always: bool = False
    defect: bool = False

    def open(self) -> Any:
        return DeadlyRenderer(always=self.always, defect=self.defect)


@dataclass(frozen=True)
class DeadlyRenderer(ToyRenderer):
    always: bool = False
    defect: bool = False

    def pixels(self, pictures: Any, rendered: Any) -> Any:
        if self.always or any(p.size[0] == 33 for p in pictures):
            if self.defect:
                raise ZeroDivisionError("a mistake of ours")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().pixels(pictures, rendered)


def deadly_set(tmp_path: Path) -> Path:
    for k in range(12):
        (tmp_path / f"{k}.png").write_bytes(picture(k, (33 if k == 4 else 32, 32)))
    rows = [{"id": k, "image": f"{k}.png", "conversations": turn("<image>x")} for k in range(12)]
    return jsonl(tmp_path / "d.jsonl", rows)


def test_a_sample_that_kills_processes_is_given_up_and_the_others_are_not(tmp_path: Path) -> None:
    found = prepared(deadly_set(tmp_path), tmp_path / "c", DeadlySource(), global_batch=12)
    with Feed(found, workers=2) as feed:
        packs = rows_of(feed)
    (broken,) = [b for pack in packs for b in pack.broken]
    assert "killed 2 processes" in broken.reason
    assert {s.id for pack in packs for s in pack.samples} == {str(k) for k in range(12) if k != 4}


def test_processes_that_all_die_are_an_error(tmp_path: Path) -> None:
    found = prepared(deadly_set(tmp_path), tmp_path / "c", DeadlySource(always=True))
    with Feed(found, workers=1) as feed, pytest.raises(SextantError, match="dies"):
        rows_of(feed)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mistake_of_ours_is_no_broken_sample(tmp_path: Path, workers: int) -> None:
    source = DeadlySource(defect=True)
    found = prepared(deadly_set(tmp_path), tmp_path / "c", source, global_batch=12)
    with Feed(found, workers=workers) as feed, pytest.raises(Exception, match="mistake of ours"):
        rows_of(feed)


@dataclass(frozen=True)
class LargeSource(ToySource):
    """Its samples have a megabyte each."""

    def open(self) -> Any:
        return LargeRenderer()


@dataclass(frozen=True)
class LargeRenderer(ToyRenderer):
    def pixels(self, pictures: Any, rendered: Any) -> Any:
        return {"block": np.ones((250, 1000), dtype=np.float32)}


def test_memory_is_bounded_and_a_slow_loop_is_waited_for(tmp_path: Path) -> None:
    found = prepared(mixed_corpus(tmp_path / "corpus", 40), tmp_path / "c", LargeSource())
    with Feed(found, workers=2, prefetch_mb=4) as feed:
        steps = feed.steps()
        _, packs = next(steps)
        next(packs)
        time.sleep(1.5)
        assert feed._ahead is not None
        held = feed._ahead._held
        first_row = feed._ahead._waiting[0].bytes
        assert 0 < held <= 4_000_000 + first_row
        rest = [*packs, *(pack for _, more in steps for pack in more)]
    assert sum(len(pack.samples) for pack in rest) > 30


def processes() -> set[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(pid) for pid in path.read_text().split()} if path.exists() else set()


def test_nothing_is_left_behind(data: TrainingData) -> None:
    before, threads = processes(), threading.active_count()
    feed = Feed(data, workers=2)
    steps = feed.steps()
    next(next(steps)[1])
    during = processes() - before
    feed.close()
    feed.close()
    assert len(during) >= 2
    left = {pid for pid in during & processes() if "resource_tracker" not in command(pid)}
    assert not left
    assert threading.active_count() == threads
    assert list(steps) == []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_processes_die_with_a_killed_parent(tmp_path: Path) -> None:
    mixed_corpus(tmp_path / "corpus", 40)
    program = (
        "import sys, os, time, signal\n"
        "from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "if __name__ == '__main__':\n"
        "    from test_feed import prepared, processes\n"
        "    from sextant.training.feed import Feed\n"
        f"    folder = Path({str(tmp_path)!r})\n"
        "    feed = Feed(prepared(folder / 'corpus', folder / 'c'), workers=2)\n"
        "    next(next(feed.steps())[1])\n"
        "    print(*processes(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(program)
    found = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    pids = [int(pid) for pid in found.stdout.split()]
    assert len(pids) >= 2, found.stderr
    end = time.monotonic() + 10
    while time.monotonic() < end and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.05)
    assert not [pid for pid in pids if command(pid)]
