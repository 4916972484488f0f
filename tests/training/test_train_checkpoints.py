"""Checkpoints: whole or not there, read by any number of ranks, refused where damaged."""

from __future__ import annotations

import json
import resource
import signal

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from tiny_family import WEIGHTS, TinyModel, write_base  # noqa: E402
from tiny_runs import hash_of, metrics, recipe_of, run_alone  # noqa: E402

from sextant.errors import CorruptInput, OutputError  # noqa: E402
from sextant.training.checkpoint import Checkpoints, Learner  # noqa: E402
from sextant.training.distributed import joined_world  # noqa: E402
from sextant.training.ema import MovingAverage  # noqa: E402
from sextant.training.optimizer import build_optimizer, part_of_each  # noqa: E402
from sextant.training.recipe import Optimizer  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def world():
    with joined_world("cpu") as found:
        yield found


@pytest.fixture
def base(tmp_path):
    return write_base(tmp_path / "base")


def learner(seed=0, average=True):
    torch.manual_seed(seed)
    model = TinyModel()
    optimizer = build_optimizer(model, Optimizer(lr=0.1), part_of_each(model))
    for _ in range(2):
        for parameter in model.parameters():
            parameter.grad = torch.randn_like(parameter)
        optimizer.step()
    return Learner(model, optimizer, MovingAverage(model, 0.9) if average else None)


def copied(tensors):
    return {name: tensor.clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize("aside", [True, False])
def test_what_is_read_is_what_was_there_when_it_was_saved(tmp_path, world, aside):
    mine = learner()
    before = copied(mine.tensors())
    checkpoints = Checkpoints(tmp_path / "c", world, aside=aside)
    checkpoints.save(mine, {"step": 7, "note": "x"})
    with torch.no_grad():
        for tensor in mine.tensors().values():
            tensor.add_(1)  # Training goes on at once.
    checkpoints.finish()
    other = learner(seed=1)
    state = checkpoints.load(7, other)
    assert state["note"] == "x"
    assert checkpoints.steps() == [7]
    for name, tensor in other.tensors().items():
        assert torch.equal(tensor, before[name]), name
    assert {name.split(".")[0] for name in before} == {
        "model", "first", "second", "step", "average",
    }  # fmt: skip


def test_files_hold_no_pickle(tmp_path, world):
    checkpoints = Checkpoints(tmp_path / "c", world, aside=False)
    checkpoints.save(learner(), {"step": 1})
    names = sorted(p.name for p in (tmp_path / "c/step-00000001").iterdir())
    assert names == ["rank-00000-00001.safetensors", "state.json"]


def test_frozen_weights_are_not_written(tmp_path, world):
    mine = learner(average=False)
    mine.module.vision.requires_grad_(False)
    Checkpoints(tmp_path / "c", world, aside=False).save(mine, {"step": 1})
    state = Checkpoints(tmp_path / "c", world).load(1, mine)
    assert state["step"] == 1
    assert not any("vision" in name for name in mine.tensors())


def damage_truncate(folder):
    path = next(folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])


def damage_remove(folder):
    next(folder.glob("*.safetensors")).unlink()


def damage_state(folder):
    (folder / "state.json").write_text('{"step": 1, "files"')


def damage_state_list(folder):
    (folder / "state.json").write_text("[]")


def damage_header(folder):
    path = next(folder.glob("*.safetensors"))
    data = bytearray(path.read_bytes())
    data[:8] = b"\xff" * 8
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    "damage", [damage_truncate, damage_remove, damage_state, damage_state_list, damage_header]
)
def test_a_damaged_checkpoint_is_refused(tmp_path, world, damage):
    checkpoints = Checkpoints(tmp_path / "c", world, aside=False)
    checkpoints.save(learner(), {"step": 1})
    damage(tmp_path / "c/step-00000001")
    with pytest.raises(CorruptInput, match="checkpoint"):
        checkpoints.load(1, learner())


def test_a_checkpoint_of_another_model_is_refused(tmp_path, world):
    checkpoints = Checkpoints(tmp_path / "c", world, aside=False)
    checkpoints.save(learner(average=False), {"step": 1})
    with pytest.raises(CorruptInput, match="cannot be read"):
        checkpoints.load(1, learner(average=True))


def test_names_in_state_cannot_leave_the_folder(tmp_path, world):
    checkpoints = Checkpoints(tmp_path / "c", world, aside=False)
    checkpoints.save(learner(), {"step": 1})
    (tmp_path / "secret").write_text("12345")
    path = tmp_path / "c/step-00000001/state.json"
    state = json.loads(path.read_text())
    path.write_text(json.dumps({**state, "files": {"../../secret": 5}}))
    with pytest.raises(CorruptInput, match="not whole"):
        checkpoints.load(1, learner())


@pytest.fixture
def small_files():
    """Let no file grow beyond 20 kB: what a full disk does, for one process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_checkpoint_before_whole(tmp_path, world, small_files):
    checkpoints = Checkpoints(tmp_path / "c", world)
    mine = learner()
    before = copied(mine.tensors())
    checkpoints.save(mine, {"step": 1})
    checkpoints.finish()
    small_files()
    checkpoints.save(mine, {"step": 2})
    with pytest.raises(OutputError, match="the one of step 1 is whole"):
        checkpoints.finish()
    assert [p.name for p in (tmp_path / "c").iterdir()] == ["step-00000001"]
    other = learner(seed=1)
    Checkpoints(tmp_path / "c", world).load(1, other)
    assert all(torch.equal(t, before[n]) for n, t in other.tensors().items())


def test_a_run_whose_disk_was_full_goes_on(tmp_path, base, small_files):
    recipe = recipe_of(base)
    run_alone(tmp_path / "straight", recipe)
    with pytest.raises(OutputError, match="cannot write a checkpoint"):
        run_alone(tmp_path / "run", recipe, on_step=lambda s: small_files() if s == 3 else None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run_alone(tmp_path / "run", recipe)
    assert hash_of(tmp_path / "run/model") == hash_of(tmp_path / "straight/model")
    assert len(metrics(tmp_path / "run")) == 5
    assert (tmp_path / "run/model" / WEIGHTS).is_file()


def test_leftovers_of_a_killed_process_are_removed(tmp_path, world):
    leftover = tmp_path / "c/.step-00000009.123-0123456789ab.tmp"
    leftover.mkdir(parents=True)
    (leftover / "rank-00000-00001.safetensors").write_bytes(b"x")
    assert Checkpoints(tmp_path / "c", world).steps() == []
    assert not leftover.exists()
