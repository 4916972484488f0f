"""Several processes, as ``torchrun`` starts them: same results, killed and resumed bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from medium_models import GOLDEN  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tiny_family import WEIGHTS, write_base  # noqa: E402
from tiny_runs import hash_of, metrics, recipe_of, run_alone  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.usefixtures("one_thread")]

SCRIPT = Path(__file__).with_name("tiny_runs.py")


def torchrun(out, ranks=2, **settings):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
        str(ranks), str(SCRIPT), str(out), json.dumps(settings),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def check(done):
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture
def base(tmp_path):
    return write_base(tmp_path / "base")


@pytest.mark.parametrize("mode", ["fsdp", "ddp"])
def test_two_processes_learn_what_one_does_and_outlive_a_kill(tmp_path, base, mode):
    """World 1 = world 2; killed in step 5 of 5 and resumed = straight, hash for hash."""
    settings = {"sharding": {"mode": mode}, "ema": 0.9}
    check(torchrun(tmp_path / "straight", **settings))
    killed = torchrun(tmp_path / "killed", kill_at=4, **settings)
    assert killed.returncode != 0
    assert not (tmp_path / "killed/model").exists()
    saved = [p.name for p in (tmp_path / "killed/checkpoints").iterdir() if "step" in p.name[:4]]
    assert "step-00000002" in saved
    check(torchrun(tmp_path / "killed", **settings))
    for folder in ("model", "model-average"):
        assert hash_of(tmp_path / "straight" / folder) == hash_of(tmp_path / "killed" / folder)

    run_alone(tmp_path / "alone", recipe_of(base, ema=0.9))
    for one, two in zip(metrics(tmp_path / "alone"), metrics(tmp_path / "straight"), strict=True):
        assert one["loss"] == pytest.approx(two["loss"], abs=1e-6)
        assert one["gradient_norm"] == pytest.approx(two["gradient_norm"], abs=1e-6)
        for name, loss in one["capability"].items():
            assert loss == pytest.approx(two["capability"][name], abs=1e-6)
        assert one["tokens"] == two["tokens"]
    states = [load_file(tmp_path / run / "model" / WEIGHTS) for run in ("alone", "straight")]
    for name, tensor in states[0].items():
        assert (tensor - states[1][name]).abs().max() < 1e-5, name


@pytest.mark.parametrize("mode", ["fsdp", "ddp"])
def test_a_rank_without_pictures_does_not_hang(tmp_path, base, mode):
    settings = {"sharding": {"mode": mode}, "job": {"steps": 2, "text_rank": 1}}
    assert check(torchrun(tmp_path / "run", **settings))["step"] == 2
    assert all(row["loss"] < 6 for row in metrics(tmp_path / "run"))


def test_sigterm_to_one_rank_stops_all_at_the_same_step(tmp_path, base):
    settings = {"sharding": {"mode": "fsdp"}, "save_every": 100}
    outcome = check(torchrun(tmp_path / "run", term_at=2, **settings))
    assert outcome["step"] == 3
    assert outcome["signal"] == 15
    assert [p.name for p in (tmp_path / "run/checkpoints").iterdir()] == ["step-00000003"]


def test_hybrid_groups_and_another_number_of_processes(tmp_path, base):
    """Two replicas of two shards; then the same run goes on with two processes, then with one."""
    hybrid = {"sharding": {"mode": "hsdp", "shard_size": 2}}
    check(torchrun(tmp_path / "run", ranks=4, job={"stop_after": 2}, **hybrid))
    check(torchrun(tmp_path / "run", job={"stop_after": 2}, sharding={"mode": "fsdp"}))
    run_alone(tmp_path / "run", recipe_of(base))
    run_alone(tmp_path / "alone", recipe_of(base))
    for one, other in zip(metrics(tmp_path / "alone"), metrics(tmp_path / "run"), strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-6)
        assert one["gradient_norm"] == pytest.approx(other["gradient_norm"], abs=1e-6)


def test_frozen_vision_is_replicated_and_bf16_is_near(tmp_path, base):
    settings = {"sharding": {"mode": "fsdp"}, "freeze": ["vision"], "dtype": "bf16"}
    check(torchrun(tmp_path / "run", **settings))
    run_alone(tmp_path / "alone", recipe_of(base, freeze=["vision"]))
    for one, other in zip(metrics(tmp_path / "alone"), metrics(tmp_path / "run"), strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=0.02)
    before, after = load_file(base / WEIGHTS), load_file(tmp_path / "run/model" / WEIGHTS)
    for name in before:
        same = torch.equal(before[name].bfloat16(), after[name])
        assert same == name.startswith("vision"), name


@pytest.mark.parametrize(
    ("name", "more"),
    [("qwen3_vl", {}), ("internvl", {"freeze": ["vision"]}), ("bagel", {}),
     ("qwen3_vl", {"lora": {"r": 2, "alpha": 4}})],
)  # fmt: skip
def test_one_process_reads_the_base_for_all(name, more):
    """The others are built without memory and sent their shards; every family's weights arrive."""
    if "lora" in more:
        pytest.importorskip("peft", reason="needs the extra lora")
    folder = GOLDEN / name
    if not folder.is_dir():
        pytest.skip(f"no golden folder of {name}")
    script = SCRIPT.with_name("sent_base.py")
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        str(script), name, str(folder), json.dumps(more),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    found = check(done)
    assert found["off"] == found["extra"] == []
    assert found["apart"] < 1e-5
    assert bool(found["adapters"]) == ("lora" in more)
