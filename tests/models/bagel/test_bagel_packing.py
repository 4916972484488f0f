"""Rows of samples: positions, who sees whom, and that a pack changes nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_bagel import RULES, golden, golden_rules, golden_sample, needs_golden, picture

from sextant.errors import ConventionError
from sextant.models.bagel.packing import TEXT, block_mask, dense_mask, positions_of
from sextant.models.family import Message


def sample(renderer, shown, answer="left", question="Where is it?"):
    pictures = [picture(seed, size) for seed, size in shown]
    text = "<image>" * len(pictures) + question
    messages = [Message("user", text), Message("assistant", answer, supervised=True)]
    rendered = renderer.render(messages, [p.size for p in pictures])
    return rendered, renderer.pixels(pictures, rendered)


@pytest.fixture(scope="module")
def samples(family):
    renderer = family.renderer("train", **RULES)
    return renderer, [
        sample(renderer, [(0, (60, 40))]),
        sample(renderer, [], "12 chairs"),
        sample(renderer, [(1, (30, 90)), (2, (40, 40))], "the table is left of it"),
        sample(renderer, [(3, (100, 30))], "no"),
    ]


@needs_golden
@pytest.mark.parametrize("case", ["a", "b", "c", "abc"])
def test_rows_of_upstream(golden_family, case):
    arrays, plans, _ = golden()
    renderer = golden_family.renderer("train", **golden_rules(plans))
    packed = renderer.pack([golden_sample(renderer, plans["plans"][name]) for name in case])
    inputs = packed.inputs
    ids = inputs["ids"].clone()
    ids[inputs["vision_at"]] = -1

    def same(tensor, name):
        assert tensor.tolist() == arrays[f"{case}.{name}"].tolist(), name

    same(ids, "input_ids")
    same(inputs["position_ids"], "position_ids")
    same(inputs["predict_at"], "ce_loss_indexes")
    same(packed.labels, "packed_label_ids")
    same(torch.tensor(packed.lengths), "sample_lens")
    same(dense_mask(inputs["sample_ids"], inputs["picture_ids"]), "attention_allowed")
    if case != "c":
        same(inputs["patch_positions"], "packed_vit_position_ids")
        same(inputs["vision_at"], "packed_vit_token_indexes")
        same(inputs["picture_tokens"], "vit_token_seqlens")
        scaled = (inputs["patches"].to(torch.float32) / 255 - 0.5) / 0.5
        same(scaled, "packed_vit_tokens")
    # The weights that upstream offers follow from the lengths alone: one over the root of each
    # answer's tokens, its end among them.
    square = arrays[f"{case}.square_weights"]
    assert np.count_nonzero(square) == len(packed.labels)


PIECES = st.lists(st.tuples(st.booleans(), st.integers(1, 6)), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(PIECES, min_size=1, max_size=3))
def test_who_sees_whom_by_brute_force(rows):
    sample_ids, picture_ids, positions, tokens = [], [], [], []
    pictures = 0
    for number, pieces in enumerate(rows):
        place = 0
        for is_picture, length in pieces:
            for _ in range(length):
                sample_ids.append(number)
                picture_ids.append(pictures if is_picture else TEXT)
                positions.append(place)
                tokens.append((number, len(tokens), pictures if is_picture else None))
                place += not is_picture
            place += is_picture
            pictures += is_picture
    found = dense_mask(torch.tensor(sample_ids), torch.tensor(picture_ids))
    for query in tokens:
        for key in tokens:
            expected = query[0] == key[0] and (
                key[1] <= query[1] or (query[2] is not None and query[2] == key[2])
            )
            assert bool(found[query[1], key[1]]) == expected
    ends = [sample_ids.index(k) for k in range(len(rows))] + [len(sample_ids)]
    for begin, end in pairwise(ends):
        own = np.array(picture_ids[begin:end])
        assert positions_of(own).tolist() == positions[begin:end]


def test_a_mask_of_blocks_says_the_same(samples):
    renderer, made = samples
    inputs = renderer.pack(made * 2).inputs
    dense = dense_mask(inputs["sample_ids"], inputs["picture_ids"])
    blocks = block_mask(inputs["sample_ids"], inputs["picture_ids"])
    n = len(dense)
    places = torch.arange(n)
    assert torch.equal(blocks.mask_mod(0, 0, places[:, None], places[None]), dense)
    # Every block that holds something seen is visited.
    size = blocks.BLOCK_SIZE[0]
    visited = blocks.to_dense()[0, 0].bool()
    for row in range(0, n, size):
        for column in range(0, n, size):
            some = bool(dense[row : row + size, column : column + size].any())
            assert bool(visited[row // size, column // size]) == some


def test_a_pack_changes_nothing(samples, model):
    renderer, made = samples
    packed = renderer.pack(made)
    with torch.no_grad():
        together = model(packed.inputs)
        alone = [model(renderer.pack([one]).inputs) for one in made]
        turned = model(renderer.pack(made[::-1]).inputs)
    scale = float(together.abs().max())
    assert float((together - torch.cat(alone)).abs().max()) <= 2e-6 * scale
    parts = turned.split([int((packed.sample == k).sum()) for k in reversed(range(len(made)))])
    assert float((together - torch.cat(parts[::-1])).abs().max()) <= 2e-6 * scale
    assert packed.lengths == tuple(len(rendered) for rendered, _ in made)
    # And the numbers hang on what is seen: another picture, another answer.
    other = [sample(renderer, [(9, (60, 40))]), *made[1:]]
    with torch.no_grad():
        changed = model(renderer.pack(other).inputs)
    mine = packed.sample == 0
    assert float((together - changed)[mine].abs().max()) > 1e-3 * scale
    assert float((together - changed)[~mine].abs().max()) <= 2e-6 * scale


def test_labels_are_told_apart_by_sample(samples):
    renderer, made = samples
    packed = renderer.pack(made)
    for k, (rendered, _) in enumerate(made):
        assert packed.labels[packed.sample == k].tolist() == rendered.ids[rendered.targets].tolist()
    before = packed.inputs["ids"][packed.inputs["predict_at"] + 1]
    assert torch.equal(before, packed.labels)


def test_an_image_sees_its_own_end(samples, model):
    # The end mark of a picture stands behind its first patch, and yet it is seen from there.
    renderer, made = samples
    inputs = dict(renderer.pack(made[:1]).inputs)
    end = int(made[0][0].slots[0].start + made[0][0].slots[0].tokens)
    inputs["predict_at"] = torch.tensor([made[0][0].slots[0].start])
    with torch.no_grad():
        before = model(inputs)
        inputs["ids"] = inputs["ids"].clone()
        inputs["ids"][end] = 5
        after = model(inputs)
    assert float((before - after).abs().max()) > 1e-4


def test_pixels_of_another_sample(samples):
    renderer, made = samples
    with pytest.raises(ConventionError, match="another sample"):
        renderer.pack([(made[0][0], made[2][1])])
