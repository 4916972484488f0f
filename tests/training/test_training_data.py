from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_data import ToyRenderer, ToySource, corpus, jsonl, mixed_corpus, picture, turn

from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.models.pictures import MAX_BYTES
from sextant.training.data import TrainingData, open_data, prepare_data
from sextant.training.lengths import measured
from sextant.training.packs import packed
from sextant.training.recipe import TrainRecipe
from sextant.training.set_index import index_set
from sextant.training.steps import sample_weights
from sextant.training.tables import PIECE, build_table

SOURCE = ToySource()


def recipe(*data: dict[str, Any] | Path, **fields: Any) -> TrainRecipe:
    named = [d if isinstance(d, dict) else {"path": d} for d in data]
    entries = [{**entry, "path": str(entry["path"])} for entry in named]
    plain = {"global_batch": 16, "pack_tokens": 512, "fit": {"max_tokens": 256}, "workers": 0}
    return TrainRecipe.model_validate(
        {"family": "toy", "base": "toy", "data": entries, **plain, **fields}
    )


def prepared(given: TrainRecipe, cache: Path, **how: Any) -> TrainingData:
    return prepare_data(given, SOURCE, cache, **how)


def drawn(data: TrainingData, steps: range, ranks: int = 1) -> list[tuple[int, int]]:
    plans = [data.plan(step, ranks) for step in steps]
    return [pair for p in plans for pair in zip(p.entries.tolist(), p.rows.tolist(), strict=True)]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_corpus(tmp_path_factory.mktemp("mixed") / "corpus", 50)


def test_an_epoch_of_steps_holds_each_sample_once(mixed: Path, tmp_path: Path) -> None:
    data = prepared(recipe(mixed, epochs=2), tmp_path)
    assert (data.epoch_size, data.steps) == (50, 7)  # 100 samples in steps of 16
    found = drawn(data, range(7))
    assert len(found) == 7 * 16
    assert sorted(found[:50]) == sorted(found[50:100]) == [(0, row) for row in range(50)]
    assert len(set(found[100:])) == 12
    assert [data.plan(step).epoch for step in range(7)] == [0, 0, 0, 0, 1, 1, 1]


def test_samples_do_not_depend_on_processes_or_rows(mixed: Path, tmp_path: Path) -> None:
    one = prepared(recipe(mixed), tmp_path)
    other = prepared(recipe(mixed, pack_tokens=2048), tmp_path)
    for step in range(4):
        plan = one.plan(step)
        for alike in (one.plan(step, 2), one.plan(step, 7), other.plan(step, 3)):
            assert np.array_equal(plan.rows, alike.rows)
            assert np.array_equal(plan.tokens, alike.tokens)
            assert plan.weight == alike.weight
    assert one.fingerprint == other.fingerprint


def test_rows_of_processes_share_the_samples_among_them(mixed: Path, tmp_path: Path) -> None:
    data = prepared(recipe(mixed), tmp_path)
    for ranks in (1, 2, 5):
        plan = data.plan(1, ranks)
        ours = [p for rank in range(ranks) for pack in plan.of_rank(rank) for p in pack.samples]
        assert sorted(ours) == list(range(16))
        assert all(len(plan.of_rank(rank)) == len(plan.rounds) for rank in range(ranks))
        for pack in (pack for each in plan.rounds for pack in each):
            assert pack.tokens == int(plan.tokens[list(pack.samples)].sum()) <= 512


def test_a_step_is_a_function_of_its_number(mixed: Path, tmp_path: Path) -> None:
    given = recipe(mixed, {"path": mixed, "weight": 0.5, "split": "train", "name": "again"})
    whole = drawn(prepared(given, tmp_path / "a"), range(10))
    resumed = drawn(open_data(given, SOURCE, tmp_path / "a"), range(6, 10))
    elsewhere = drawn(prepared(given, tmp_path / "b", workers=1), range(10))
    assert resumed == whole[6 * 16 :]
    assert elsewhere == whole
    other = drawn(prepared(given.model_copy(update={"seed": 1}), tmp_path / "a"), range(10))
    assert other != whole


def test_lengths_are_those_of_the_renderer(mixed: Path, tmp_path: Path) -> None:
    data, renderer = prepared(recipe(mixed), tmp_path), ToyRenderer()
    decoder = data.source.open()
    plan = data.plan(0)
    for place in range(16):
        job = data.job(plan, place)
        assert measured(decoder.example(job), renderer) == (job.tokens, plan.supervised[place])
    assert sorted(data.lengths().tolist())[-1] == max(
        data.plan(s).tokens.max() for s in range(data.steps)
    )


@pytest.mark.parametrize(
    ("kind", "wanted"), [("token", [4, 1, 9]), ("sample", [1, 1, 1]), ("sqrt", [2, 1, 3])]
)
def test_what_a_sample_counts(kind: Any, wanted: list[int]) -> None:
    assert sample_weights(kind, [4, 1, 9]).tolist() == wanted


def test_processes_make_the_same_tables(mixed: Path, tmp_path: Path) -> None:
    given = recipe(mixed)
    alone, together = prepared(given, tmp_path / "a"), prepared(given, tmp_path / "b", workers=2)
    assert alone.fingerprint == together.fingerprint


def test_tables_are_made_once_and_only_opened_by_others(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="not been prepared"):
        open_data(recipe(mixed), SOURCE, tmp_path)
    said: list[tuple[str, int, int]] = []
    prepared(recipe(mixed), tmp_path, progress=lambda *now: said.append(now))
    assert [(done, of) for _, done, of in said] == [(50, 50), (50, 50)]
    prepared(recipe(mixed), tmp_path, progress=lambda *now: said.append(now))
    assert len(said) == 2


def test_what_lengths_depend_on_makes_new_ones(mixed: Path, tmp_path: Path) -> None:
    count = lambda: len(list(tmp_path.glob("lengths-*/table.json")))  # noqa: E731
    prepared(recipe(mixed), tmp_path)
    prepared(recipe(mixed, global_batch=8, seed=4, pack_tokens=1024), tmp_path)
    assert count() == 1
    prepared(recipe(mixed, fit={"max_tokens": 255}), tmp_path)
    prepare_data(recipe(mixed), ToySource(most_pictures=3), tmp_path)
    assert count() == 3
    assert len(list(tmp_path.glob("set-*/table.json"))) == 1


def test_broken_rows_and_pictures_are_counted_and_never_drawn(tmp_path: Path) -> None:
    (tmp_path / "ok.png").write_bytes(picture(1))
    (tmp_path / "page.png").write_bytes(b"<html>not found</html>")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (tmp_path / "outside").symlink_to("/etc")
    (tmp_path / "circle.png").symlink_to("circle.png")
    names = ["ok", "page", "empty", "folder", "pipe", "huge", "nowhere", "outside/hostname"]
    names += ["circle", "n" * 300]
    rows = [{"id": n, "image": f"{n}.png", "conversations": turn("<image>x")} for n in names]
    path = jsonl(tmp_path / "d.jsonl", [*rows, "broken", "", rows[0] | {"id": "last"}])
    data = prepared(recipe(path, global_batch=2), tmp_path / "cache")
    (entry,) = data.summary()["entries"]
    assert entry["read"] == {
        "usable": 2, "the row is broken": 1, "a picture is missing": 1,
        "a picture cannot be read": 8,
    }  # fmt: skip
    assert data.epoch_size == 2
    assert set(data.ids(data.plan(0))) == {"ok", "last"}
    index = index_set(data.entries[0], tmp_path / "cache", build=False)
    told = {line["row"]: line["message"] for line in index.broken()}
    assert sorted(told) == list(range(1, 11))
    assert "a web page" in told[1]
    assert "line 11" in told[10]
    json.dumps(data.summary())


def test_pictures_that_come_back_are_noticed(tmp_path: Path) -> None:
    rows = [{"image": f"{k}.png", "conversations": turn("<image>x")} for k in range(3)]
    path = jsonl(tmp_path / "d.jsonl", rows)
    for k in range(2):
        (tmp_path / f"{k}.png").write_bytes(picture(k))
    given = recipe(path, global_batch=2)
    before = prepared(given, tmp_path / "cache")
    assert before.epoch_size == 2
    (tmp_path / "2.png").write_bytes(picture(2))
    after = prepared(given, tmp_path / "cache")
    assert after.epoch_size == 3
    assert after.fingerprint != before.fingerprint
    assert open_data(given, SOURCE, tmp_path / "cache").fingerprint == after.fingerprint


def test_pictures_are_measured_as_they_are_seen(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "a.jpg").write_bytes(picture(1, (64, 32), "JPEG", exif=exif))
    row = {"image": "a.jpg", "conversations": turn("<image>x")}
    data = prepared(recipe(jsonl(tmp_path / "d.jsonl", [row]), global_batch=1), tmp_path / "c")
    job = data.job(data.plan(0), 0)
    assert job.sizes == ((32, 64),)
    assert data.source.open().decode(job).rendered.slots[0].size == (32, 64)


def test_long_samples_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    frames = [picture(k, (64, 64)) for k in range(12)]
    big = picture(3, (320, 320))
    root = corpus(
        tmp_path / "corpus",
        [[{"pictures": frames}, {"pictures": [big]}, {"question": "x" * 300}, {}]],
    )
    fit = {"max_tokens": 256, "max_frames": 8}
    data = prepared(recipe(root, fit=fit, global_batch=3), tmp_path / "c")
    (entry,) = data.summary()["entries"]
    assert entry["lengths"] == {"fit": 3, "fewer frames": 1, "smaller pictures": 1, "too long": 1}
    assert data.epoch_size == 3
    decoder = data.source.open()
    for place in range(3):
        decoded = decoder.decode(data.job(data.plan(0), place))
        assert len(decoded.rendered) <= 256


def test_what_the_family_refuses_is_counted(tmp_path: Path) -> None:
    root = corpus(tmp_path / "corpus", [[{"pictures": [picture(1)] * 3}, {}]])
    data = prepare_data(recipe(root, global_batch=1), ToySource(2), tmp_path / "c")
    (entry,) = data.summary()["entries"]
    assert entry["lengths"]["refused by the model family"] == 1


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "d.jsonl", [{"id": k, "conversations": turn()} for k in "ab"])
    given = recipe(path, global_batch=2)
    before = prepared(given, tmp_path / "c")
    jsonl(path, [{"id": k, "conversations": turn("Where?", "There")} for k in "xyz"])
    after = prepared(recipe(path, global_batch=3), tmp_path / "c")
    assert after.fingerprint != before.fingerprint
    assert set(after.ids(after.plan(0))) == set("xyz")
    decoder = after.source.open()
    found = [decoder.decode(after.job(after.plan(0), place)).id for place in range(3)]
    assert sorted(found) == list("xyz")


def test_limits_nest_and_do_not_depend_on_the_seed(mixed: Path, tmp_path: Path) -> None:
    def rows(limit: int, seed: int = 0) -> set[str]:
        given = recipe({"path": mixed, "limit": limit}, global_batch=limit, seed=seed)
        data = prepared(given, tmp_path)
        assert data.epoch_size == limit
        return set(data.ids(data.plan(0)))

    assert len(rows(10)) == 10
    assert rows(10) < rows(20) < rows(50)
    assert rows(10) == rows(10, seed=5)


def test_held_out_data_are_one_step_of_all(mixed: Path, tmp_path: Path) -> None:
    given = recipe(mixed, held_out=[{"path": str(mixed)}], held_out_limit=30)
    data = prepared(given, tmp_path, held_out=True)
    assert (data.steps, data.batch) == (1, 30)
    assert Counter(drawn(data, range(1))) == Counter((0, row) for row in range(30))


def test_a_curriculum_is_kept_by_steps(mixed: Path, tmp_path: Path) -> None:
    given = recipe(mixed, curriculum={"order": "easy_first"}, global_batch=10)
    data = prepared(given, tmp_path)
    index = index_set(data.entries[0], tmp_path, build=False)
    levels = index.table["difficulty"][[row for _, row in drawn(data, range(5))]]
    assert len(set(levels.tolist())) == 3
    assert (np.diff(levels) >= 0).all()


def test_recipes_whose_data_cannot_be_meant(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="names no data"):
        prepared(recipe(), tmp_path)
    with pytest.raises(RecipeError, match="do not fill one step"):
        prepared(recipe(mixed, global_batch=51), tmp_path)
    assert prepared(recipe(mixed, global_batch=51, steps=3), tmp_path).steps == 3
    with pytest.raises(RecipeError, match="nothing of this data"):
        prepared(recipe({"path": mixed, "capabilities": ["CR"]}), tmp_path)
    with pytest.raises(MissingInput, match="no such data"):
        prepared(recipe(tmp_path / "nowhere"), tmp_path)


def test_other_data_have_another_fingerprint(mixed: Path, tmp_path: Path) -> None:
    other = mixed_corpus(tmp_path / "other", 50, seed=1)
    found = {
        prepared(given, tmp_path).fingerprint
        for given in (
            recipe(mixed), recipe(other), recipe(mixed, seed=1), recipe(mixed, global_batch=8),
            recipe(mixed, fit={"max_tokens": 140}), recipe(mixed, other), recipe(other, mixed),
            recipe({"path": mixed, "weight": 2}), recipe({"path": mixed, "limit": 49}),
        )
    }  # fmt: skip
    assert len(found) == 9
    for same in ({"optimizer": {"lr": 1e-3}, "save_every": 7}, {"pack_tokens": 1024}):
        assert prepared(recipe(mixed, **same), tmp_path).fingerprint in found


# Tables


def squares(start: int, stop: int) -> dict[str, np.ndarray]:
    rows = np.arange(start, stop)
    return {"square": rows * rows, "many": np.repeat(rows, 3)}


def test_a_table_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    calls: list[int] = []

    def work(start: int, stop: int) -> dict[str, np.ndarray]:
        calls.append(start)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return squares(start, stop)

    rows = 3 * PIECE + 5
    with pytest.raises(KeyboardInterrupt):
        build_table(tmp_path / "t", rows, work)
    assert not (tmp_path / "t").exists()
    table = build_table(tmp_path / "t", rows, work)
    assert calls == [0, PIECE, 2 * PIECE, 2 * PIECE, 3 * PIECE, 0]
    assert np.array_equal(table["square"], np.arange(rows) ** 2)
    assert len(table["many"]) == 3 * rows
    assert table.digest == build_table(tmp_path / "u", rows, squares).digest
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t", "u"]


def test_tables_of_nothing(tmp_path: Path) -> None:
    assert len(build_table(tmp_path / "t", 0, squares)["square"]) == 0


@pytest.mark.parametrize("file", ["table.json", "square.npy"])
def test_damaged_tables_are_refused(tmp_path: Path, file: str) -> None:
    build_table(tmp_path / "t", 10, squares)
    (tmp_path / "t" / file).write_bytes(b"\x93NUMPY junk")
    with pytest.raises(CorruptInput, match="delete this folder"):
        build_table(tmp_path / "t", 10, squares)
    shutil.rmtree(tmp_path / "t")
    build_table(tmp_path / "t", 10, squares)


def test_no_row_is_longer_than_the_packs(mixed: Path, tmp_path: Path) -> None:
    data = prepared(recipe(mixed), tmp_path)
    assert packed(data.lengths().tolist(), 512)
