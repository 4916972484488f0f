"""The tiny model: what it is told of pictures, its fresh weights, and that it learns from them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sextant.errors import CorruptInput, MissingInput
from sextant.training.recipe_files import load_train_recipe
from sextant.training.tiny.captions import CALLED, conversations, said_of_pile, write_captions
from sextant.training.tiny.looks import FILE, Look, MarkedPlace, Thing, read_looks

MEASURES = {
    "left to right": lambda p: p.x,
    "top to bottom": lambda p: p.y,
    "near to far": lambda p: p.distance_m,
}


TWICE = {"things": 2, "marks": 2, "pile": 2}


def random_look(rng: np.random.Generator, number: int) -> Look:
    names = rng.permutation(["bed", "rug", "mug", "sofa", "lamp", "door", "desk", "vase"])
    things = tuple(
        Thing(str(name), *rng.random(4).round(4).tolist(), float(rng.uniform(0.3, 6.0)))
        for name in names[: int(rng.integers(1, 9))]
    )
    marks = tuple(
        MarkedPlace(letter, *rng.random(2).tolist(), float(rng.uniform(0.3, 6.0)))
        for letter in "PQR"[: int(rng.integers(0, 4))]
    )
    return Look(f"room/{number}", f"images/{number}.png", things, marks)


def test_lists_are_in_the_order_they_claim():
    rng = np.random.default_rng(3)
    checked = 0
    for number in range(900):
        look = random_look(rng, number)
        places = {t.name: t for t in look.things}
        for called in CALLED:
            places |= {called.format(m.letter): m for m in look.marks}
        for asked, answer in conversations(look, rng):
            names, _, order = asked.partition(": ")
            if order not in MEASURES:
                continue
            said = answer.split(", ")
            assert sorted(said) == sorted(names.split(", "))
            values = [MEASURES[order](places[name]) for name in said]
            assert values == sorted(values)
            assert len(set(values)) == len(values) > 1
            checked += 1
    assert checked > 50


def test_what_is_picked_is_outermost_by_its_measure():
    ends = {
        "leftmost": ("left to right", min), "rightmost": ("left to right", max),
        "topmost": ("top to bottom", min), "bottommost": ("top to bottom", max),
        "nearest": ("near to far", min), "farthest": ("near to far", max),
    }  # fmt: skip
    rng = np.random.default_rng(4)
    picked = set()
    for number in range(900):
        look = random_look(rng, number)
        places = {t.name: t for t in look.things}
        for called in CALLED:
            places |= {called.format(m.letter): m for m in look.marks}
        for asked, answer in conversations(look, rng):
            wanted, _, options = asked.partition("\nOptions:\n")
            if not options:
                continue
            names = dict(line.split(". ") for line in options.split("\n"))
            order, end = ends[wanted]
            values = {letter: MEASURES[order](places[name]) for letter, name in names.items()}
            assert values[answer] == end(values.values())
            assert len(set(values.values())) == len(values) > 1
            picked.add(wanted)
    assert picked == set(ends)


def test_places_are_cells_of_the_picture_and_distances_are_rounded():
    look = Look("a", "a.png", (Thing("bed", 0.999, 0.0, 0.1, 0.1, 2.349),))
    assert ("describe", "bed 90 2.3") in conversations(look, np.random.default_rng(0))
    edge = Look("a", "a.png", (Thing("bed", 1.0, 1.0, 0.1, 0.1, 0.05),))
    assert ("describe", "bed 99 0.1") in conversations(edge, np.random.default_rng(0))


def test_a_pile_is_told_by_its_rows_and_its_sum():
    pile = ((4, 3), (3, 2), (1, 1), (1, 0))
    assert said_of_pile(pile) == "7 5 2 1: 15"
    rng = np.random.default_rng(0)
    for _ in range(30):
        turns = dict(conversations(Look("p", "p.png", pile=pile), rng))
        assert turns.pop("blocks") == "15"
        for asked, answer in turns.items():
            if asked == "describe":
                assert answer == "7 5 2 1: 15"
            else:
                assert f"\n{answer}. 15" in asked


def test_captions_are_the_same_again_and_others_in_the_next_round(tmp_path):
    rng = np.random.default_rng(5)
    looks = [random_look(rng, number) for number in range(12)]
    count = write_captions(looks, tmp_path / "a.jsonl", times=TWICE)
    write_captions(looks, tmp_path / "b.jsonl", times=TWICE)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert len(rows) == count == 24
    assert len({row["id"] for row in rows}) == 24
    first, again = rows[::2], rows[1::2]
    assert any(a["conversations"] != b["conversations"] for a, b in zip(first, again, strict=True))
    for row in rows:
        texts = [turn["value"] for turn in row["conversations"]]
        assert sum("<image>" in text for text in texts) == 1


def test_looks_come_back_and_broken_ones_are_named(tmp_path):
    rng = np.random.default_rng(6)
    looks = [random_look(rng, n) for n in range(5)]
    looks.append(Look("pile", "pile.png", pile=((2, 1), (1, 0))))
    (tmp_path / FILE).write_text("".join(look.line() + "\n" for look in looks))
    assert list(read_looks(tmp_path)) == looks
    with (tmp_path / FILE).open("a") as file:
        file.write('{"id": "x"}\n')
    with pytest.raises(CorruptInput, match="line 7"):
        list(read_looks(tmp_path))
    with pytest.raises(MissingInput):
        list(read_looks(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["tiny-base", "tiny-sft"])
def test_recipes_train_on_one_processor(name):
    recipe = load_train_recipe(name)
    assert recipe.family == "qwen3_vl"
    assert recipe.dtype == "fp32"
    assert recipe.deterministic
    assert recipe.sharding.mode == "none"


def drawn_rooms(folder: Path, count: int) -> list[Look]:
    """Pictures of a red and a blue box, and where they are."""
    rng = np.random.default_rng(11)
    (folder / "images").mkdir(parents=True)
    looks = []
    for number in range(count):
        image = Image.new("RGB", (64, 64), "white")
        pen = ImageDraw.Draw(image)
        things = []
        for name, colour in (("box", "red"), ("ball", "blue")):
            x, y = rng.uniform(0.1, 0.9, 2)
            u, v = 64 * x, 64 * y
            pen.rectangle((u - 6, v - 6, u + 6, v + 6), fill=colour)
            things.append(Thing(name, float(x), float(y), 0.2, 0.2, 1.0))
        image.save(folder / "images" / f"{number}.png")
        looks.append(Look(str(number), f"images/{number}.png", tuple(things)))
    return looks


def sha(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    from sextant.training.tiny.fresh import TinySizes, write_fresh

    root = tmp_path_factory.mktemp("tiny")
    write_captions(drawn_rooms(root, 64), root / "captions.jsonl")
    texts = (root / "captions.jsonl").read_text().splitlines()
    sizes = TinySizes(vocabulary=400, hidden=48, intermediate=96, layers=2, vision_hidden=32,
                      vision_layers=2, vision_intermediate=64, pixels=64 * 64)  # fmt: skip
    write_fresh(root / "fresh", texts, 0, sizes)
    write_fresh(root / "again", texts, 0, sizes)
    return root


def test_fresh_weights_are_the_same_again_and_let_signals_through(fresh):
    from safetensors.torch import load_file

    assert sha(fresh / "fresh") == sha(fresh / "again")
    tokenizers = [(fresh / name / "tokenizer.json").read_bytes() for name in ("fresh", "again")]
    assert tokenizers[0] == tokenizers[1]
    for name, value in load_file(fresh / "fresh" / "model.safetensors").items():
        if value.ndim > 1 and value.numel() > 2000:
            wanted = value[0].numel() ** -0.5
            if "pos_embed" in name:
                wanted = 1.0
            elif name.endswith(("o_proj.weight", "down_proj.weight")) or (
                "blocks" in name and name.endswith(("proj.weight", "fc2.weight"))
            ):
                wanted *= 0.4
            assert float(value.std()) == pytest.approx(wanted, rel=0.06), name


def test_the_untrained_twin_differs_in_weights_only(fresh, tmp_path):
    from sextant.training.tiny.fresh import write_untrained

    write_untrained(fresh / "fresh", tmp_path / "twin", seed=1)
    mine = {p.name: p.read_bytes() for p in (fresh / "fresh").iterdir()}
    twin = {p.name: p.read_bytes() for p in (tmp_path / "twin").iterdir()}
    assert mine.keys() == twin.keys()
    assert [n for n in sorted(mine) if mine[n] != twin[n]] == ["model.safetensors"]


def test_it_learns_from_captions_and_does_so_bit_for_bit_again(fresh, tmp_path):
    torch = pytest.importorskip("torch")
    from sextant.commands.tiny_stage import learn

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        recipe = load_train_recipe(
            "tiny-base",
            [f"base={fresh / 'fresh'}", f"data.0.path={fresh / 'captions.jsonl'}",
             "steps=12", "global_batch=16", "schedule.warmup_steps=2"],
        )  # fmt: skip
        one = learn(recipe, tmp_path / "one", tmp_path / "cache", quiet=True)
        other = learn(recipe, tmp_path / "other", tmp_path / "cache", quiet=True)
    finally:
        torch.set_num_threads(threads)
    assert sha(one) == sha(other) != sha(fresh / "fresh")
    rows = [json.loads(r) for r in (tmp_path / "one" / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 12
    assert rows[-1]["loss"] < 0.7 * rows[0]["loss"]
