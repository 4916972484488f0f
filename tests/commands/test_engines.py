"""In this process, in a pool, on Ray: the same bytes, also where workers are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from small_jobs import VERBS, inputs, tree_hash

from sextant.execution.engines import RayWorkers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inputs(tmp_path_factory.mktemp("given"))


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    module = pytest.importorskip("ray", reason="Ray is not installed (extra ray)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        module.init(
            address="local", num_cpus=2, include_dashboard=False, log_to_driver=False,
            object_store_memory=100 << 20,
        )  # fmt: skip
        yield module
        module.shutdown()


@pytest.mark.parametrize("verb", ["generate", "import", "mix", "simulate", "audit"])
def test_every_engine_gives_the_same_tree(
    verb: str, given: Path, ray: ModuleType, tmp_path: Path
) -> None:
    VERBS[verb](given, tmp_path / "here")
    VERBS[verb](given, tmp_path / "pool", 2)
    VERBS[verb](given, tmp_path / "ray", RayWorkers(2))
    assert tree_hash(tmp_path / "here") == tree_hash(tmp_path / "pool")
    assert tree_hash(tmp_path / "here") == tree_hash(tmp_path / "ray")


def test_the_command_joins_a_cluster_by_its_address(
    given: Path, ray: ModuleType, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "sextant", "import", "sharegpt", given / "set", "--images", "store",
        "--quiet", "--max-broken", "1",
    ]  # fmt: skip
    address = ray.get_runtime_context().gcs_address
    on_ray = [
        *command, "--engine", "ray", "--ray-address", address, "--workers", "2", "--out",
        tmp_path / "ray",
    ]  # fmt: skip
    for line in (on_ray, [*command, "--out", tmp_path / "here"]):
        done = subprocess.run(line, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
    assert tree_hash(tmp_path / "here") == tree_hash(tmp_path / "ray")
    assert ray.is_initialized()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="workers are looked for in /proc")
@pytest.mark.parametrize("verb", ["generate", "import", "mix", "audit"])
def test_workers_of_ray_killed_in_the_middle_change_nothing(
    verb: str, given: Path, ray: ModuleType, tmp_path: Path
) -> None:
    VERBS[verb](given, tmp_path / "here")
    killed: list[int] = []
    enough = threading.Event()

    def kill_two() -> None:
        while len(killed) < 2 and not enough.is_set():
            for pid in at_work():
                if len(killed) < 2 and pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            time.sleep(0.005)

    killer = threading.Thread(target=kill_two)
    killer.start()
    try:
        VERBS[verb](given, tmp_path / "ray", RayWorkers(2))
    finally:
        enough.set()
        killer.join()
    assert killed
    assert tree_hash(tmp_path / "here") == tree_hash(tmp_path / "ray")


def at_work() -> list[int]:
    """Return the workers of Ray, started by this process, that carry out a shard."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
        except OSError:
            continue
        if words.startswith(b"ray::_carry_out") and b"IDLE" not in words and ours(folder.name):
            found.append(int(folder.name))
    return found


def ours(pid: str) -> bool:
    while pid not in ("0", "1"):
        try:
            parent = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            return False
        if int(parent) == os.getpid():
            return True
        pid = parent
    return False
