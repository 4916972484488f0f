"""Where figures of a run go, what stops it, and whether it may go on."""

from __future__ import annotations

import json
import math
import sys
from types import ModuleType

import numpy as np
import pytest

from sextant.errors import CorruptInput, MissingDependency, MissingInput, RecipeError
from sextant.training.identity import (
    FREE,
    base_fingerprint,
    check_same_run,
    identity_of,
    versions,
)
from sextant.training.recipe import TrainRecipe
from sextant.training.trackers import JsonLines, flat, open_trackers
from sextant.training.watch import ENOUGH, WINDOW, LossWatch

ROW = {"step": 3, "loss": 1.5, "clipped": True, "capability": {"MM": 2.0}, "source": {"a/b": 1.0}}


def test_numbers_of_a_row_by_path():
    assert flat(ROW) == {"step": 3.0, "loss": 1.5, "capability/MM": 2.0, "source/a/b": 1.0}


def test_metrics_are_appended_and_cut_back(tmp_path):
    path = tmp_path / "run/metrics.jsonl"
    lines = JsonLines(path, 0)
    for step in range(1, 6):
        lines.log({**ROW, "step": step})
    lines.close()
    assert len(path.read_text().splitlines()) == 5
    JsonLines(path, 2).log({**ROW, "step": 3, "loss": 9.0})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(r["step"], r["loss"]) for r in rows] == [(1, 1.5), (2, 1.5), (3, 9.0)]


def test_metrics_that_are_something_else_are_left_alone(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text("dear diary\n")
    with pytest.raises(CorruptInput, match="no row of metrics"):
        JsonLines(path, 2)
    assert path.read_text() == "dear diary\n"


def test_not_a_number_is_no_json(tmp_path):
    lines = JsonLines(tmp_path / "metrics.jsonl", 0)
    with pytest.raises(ValueError, match="not JSON compliant"):
        lines.log({"step": 1, "loss": math.nan})


@pytest.mark.parametrize("service", ["wandb", "trackio"])
def test_services_are_given_the_numbers(tmp_path, monkeypatch, service):
    """A package with the three functions that both have."""
    fake, calls = ModuleType(service), []
    fake.init = lambda **more: calls.append(("init", more))
    fake.log = lambda numbers, step: calls.append(("log", step, numbers))
    fake.finish = lambda: calls.append(("finish",))
    monkeypatch.setitem(sys.modules, service, fake)
    trackers = open_trackers([service], tmp_path / "my run", {"recipe": {}}, 0)
    for tracker in trackers:
        tracker.log(ROW)
        tracker.close()
    assert calls[0][1]["name"] == "my run"
    assert calls[1] == ("log", 3, flat(ROW))
    assert calls[2] == ("finish",)
    assert (tmp_path / "my run/metrics.jsonl").is_file()


def test_event_files_hold_the_numbers(tmp_path):
    pytest.importorskip("torch")
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    trackers = open_trackers(["tensorboard"], tmp_path, {}, 0)
    for step in (1, 2):
        for tracker in trackers:
            tracker.log({**ROW, "step": step, "loss": 4.0 / step})
    for tracker in trackers:
        tracker.close()
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 4.0), (2, 2.0)]
    assert "capability/MM" in events.Tags()["scalars"]


def test_unknown_and_missing_services(tmp_path, monkeypatch):
    with pytest.raises(RecipeError, match="tensorboard"):
        open_trackers(["tensorbord"], tmp_path, {}, 0)
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingDependency, match=r"sextant-si\[track\]"):
        open_trackers(["wandb"], tmp_path, {}, 0)


def test_losses_that_are_no_numbers_stop():
    watch = LossWatch(None)
    for loss in (math.nan, math.inf, -math.inf):
        assert "loss is" in (watch.problem(loss, 1.0) or "")
    assert "norm" in (watch.problem(1.0, math.nan) or "")
    assert watch.problem(1e9, 1e9) is None


def test_leaps_are_held_against_the_median():
    watch = LossWatch(2.0)
    assert watch.problem(100.0, 1.0) is None  # Nothing to hold it against.
    for loss in [1.0] * (ENOUGH - 1) + [1.9]:
        assert watch.problem(loss, 1.0) is None
        watch.note(loss)
    assert watch.problem(1.99, 1.0) is None
    assert "2.0 times the median" in (watch.problem(2.01, 1.0) or "")
    for _ in range(3 * WINDOW):
        watch.note(5.0)
    assert len(watch.recent) == WINDOW
    assert watch.problem(9.9, 1.0) is None
    assert LossWatch(2.0, watch.recent).problem(10.1, 1.0) is not None


def recipe(**changes):
    fields = {"family": "tiny", "base": "base", "data": [{"path": "a"}, {"path": "b"}]}
    return TrainRecipe.model_validate({**fields, **changes})


def identity(data="d", base="b", steps=5, **changes):
    return json.loads(json.dumps(identity_of(recipe(**changes), data, base, steps)))


def test_all_fields_decide_but_for_those_that_are_listed(tmp_path):
    assert FREE < set(TrainRecipe.model_fields)
    check_same_run(identity(), identity(), tmp_path)
    check_same_run(identity(), identity(workers=0, spike=3.0, pack_tokens=32768), tmp_path)
    moved = [{"path": "/elsewhere/a"}, {"path": "b", "images": "c"}]
    noted, now = identity(), identity_of(recipe(data=moved, base="moved"), "d", "b", 5)
    check_same_run(noted, json.loads(json.dumps(now)), tmp_path)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"ema": 0.9}, "ema"),
        ({"lora": {}}, "lora"),
        ({"freeze": ["vision"]}, "freeze"),
        ({"schedule": {"kind": "linear"}}, "schedule.kind"),
        ({"vision": {"max_pixels": 5}}, "vision.max_pixels"),
        ({"fit": {"max_frames": 8}}, "fit.max_frames"),
        ({"data": [{"path": "a"}, {"path": "b", "weight": 2}]}, "data.1.weight"),
        ({"data": [{"path": "a"}]}, "data.1"),
    ],
)
def test_a_changed_field_is_named(tmp_path, changed, named):
    now = identity_of(recipe(**changed), "d", "b", 5)
    with pytest.raises(RecipeError, match=named):
        check_same_run(identity(), json.loads(json.dumps(now)), tmp_path)


def test_bases_are_told_apart(tmp_path):
    folder = tmp_path / "base"
    with pytest.raises(MissingInput):
        base_fingerprint(folder)
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(np.arange(100, dtype=np.uint8).tobytes())
    first = base_fingerprint(folder)
    assert first == base_fingerprint(folder)
    (folder / "model.safetensors").write_bytes(np.arange(1, 101, dtype=np.uint8).tobytes())
    second = base_fingerprint(folder)
    (folder / "config.json").rename(folder / "other.json")
    assert len({first, second, base_fingerprint(folder)}) == 3


def test_versions_are_noted():
    assert {"sextant", "python"} <= versions().keys()
