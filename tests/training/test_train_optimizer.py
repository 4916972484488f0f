"""The update of a step: groups, norms, clipping, rates, rounding, averages."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from tiny_family import TinyModel  # noqa: E402

from sextant.errors import RecipeError  # noqa: E402
from sextant.training.loss import CHUNK, token_losses, token_weights  # noqa: E402
from sextant.training.optimizer import (  # noqa: E402
    build_optimizer,
    clip_factor,
    freeze,
    gradient_norm,
    part_of_each,
    scale_gradients,
    set_rate,
)
from sextant.training.recipe import Optimizer, Schedule  # noqa: E402
from sextant.training.rounded import RoundedAdamW, mixed, rounded  # noqa: E402
from sextant.training.schedule import rate_factor  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def with_gradients(seed=0):
    torch.manual_seed(seed)
    model = TinyModel()
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    return model


def test_norm_and_clipping_are_torchs():
    one, other = with_gradients(), with_gradients()
    norm = gradient_norm(one)
    assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(other.parameters(), 2.0)))
    scale_gradients(one, clip_factor(norm, 2.0))
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a.grad, b.grad, rtol=1e-6)
    assert gradient_norm(one) == pytest.approx(2.0, abs=1e-5)
    assert clip_factor(1.0, 2.0) == clip_factor(1e9, None) == 1.0


def test_matrices_decay_and_vectors_do_not_unless_told():
    model = TinyModel()
    parts = part_of_each(model)
    for decay_all, vectors in ((False, 0.0), (True, 0.1)):
        made = build_optimizer(
            model, Optimizer(lr=1e-3, weight_decay=0.1, decay_all=decay_all), parts
        )
        for group in made.param_groups:
            for parameter in group["params"]:
                assert group["weight_decay"] == (0.1 if parameter.ndim > 1 else vectors)
        counted = sum(len(g["params"]) for g in made.param_groups)
        assert counted == len(list(model.parameters()))


def test_rates_follow_parts_and_the_schedule():
    model = TinyModel()
    rules = Optimizer(lr=1e-3, lr_by_part={"vision": 1e-5})
    made = build_optimizer(model, rules, part_of_each(model))
    assert set_rate(made, 0.5) == pytest.approx(5e-4)
    of = {id(p): g["lr"] for g in made.param_groups for p in g["params"]}
    assert {of[id(p)] for p in model.vision.parameters()} == {0.5 * 1e-5}
    assert {of[id(p)] for p in model.language.parameters()} == {0.5 * 1e-3}


def test_a_parameter_outside_all_parts_is_an_error():
    model = TinyModel()
    model.stray = torch.nn.Parameter(torch.zeros(1))
    with pytest.raises(RecipeError, match="stray"):
        part_of_each(model)


def test_freezing_everything_is_an_error():
    with pytest.raises(RecipeError, match="all parts are frozen"):
        freeze(TinyModel(), ["vision", "projector", "language"])


@pytest.mark.parametrize("kind", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0, 7])
def test_rates_are_those_of_transformers(kind, warmup):
    optimization = pytest.importorskip("transformers.optimization")
    names = {
        "constant": "constant_with_warmup", "linear": "linear", "cosine": "cosine",
    }  # fmt: skip
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = optimization.get_scheduler(names[kind], optimizer, warmup, 40)
    ours = Schedule(kind=kind, warmup_steps=warmup)
    for step in range(40):
        assert rate_factor(ours, step, 40) == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        theirs.step()


def test_rates_end_at_their_floor():
    for kind in ("linear", "cosine"):
        rules = Schedule(kind=kind, warmup_steps=2, final_share=0.1)
        assert rate_factor(rules, 2, 10) == 1.0
        assert rate_factor(rules, 10, 10) == pytest.approx(0.1)


def test_weights_of_tokens():
    each = token_weights(torch.tensor([0, 0, 1]), [2.0, 5.0], [2, 1])
    assert each.tolist() == [1.0, 1.0, 5.0]


def test_long_rows_are_done_in_pieces_with_the_same_gradient():
    torch.manual_seed(0)
    logits = torch.randn(CHUNK + 100, 7, requires_grad=True)
    labels = torch.randint(0, 7, (CHUNK + 100,))
    token_losses(logits, labels).sum().backward()
    in_pieces, logits.grad = logits.grad, None
    whole = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    whole.backward()
    assert torch.allclose(in_pieces, logits.grad, atol=1e-7)


def test_rounding_has_no_bias_and_picks_a_neighbour():
    noise = mixed(torch.arange(200_000), 5)
    # A third of the way from 1 to the next bfloat16, 1 + 1/128; and the same below zero.
    for sign in (1.0, -1.0):
        values = torch.full((200_000,), sign * (1 + 1 / 384))
        found = rounded(values, torch.bfloat16, noise & 0xFFFF).float()
        assert set(found.tolist()) == {sign, sign * (1 + 1 / 128)}
        assert found.double().mean().item() == pytest.approx(sign * (1 + 1 / 384), abs=5e-5)
    kept = torch.tensor([0.0, 1.5, -3.0, math.inf, -math.inf])
    assert torch.equal(rounded(kept, torch.bfloat16, noise[:5] >> 16).float(), kept)
    assert rounded(torch.tensor([math.nan]), torch.bfloat16, noise[:1] >> 16).isnan().all()


def test_random_bits_are_even_and_of_one_place_each():
    """Each bit is set half of the time, no two go together, and none follows its neighbour's."""
    for seed in (0, 1, 2**31 - 1):
        found = mixed(torch.arange(50_000), seed).numpy()
        assert len(np.unique(found)) == len(found)
        bits = ((found[:, None] >> np.arange(32)) & 1).astype(float)
        assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.012  # five standard errors
        together = np.corrcoef(np.concatenate([bits[1:], bits[:-1]], axis=1).T)
        assert np.abs(together - np.eye(64)).max() < 0.025
    plain = [lowered(int(place), 7) for place in range(100)]
    assert mixed(torch.arange(100), 7).tolist() == plain


def lowered(place: int, seed: int) -> int:
    """The mixer in plain numbers of 32 bits."""
    x = np.array([place ^ seed], dtype=np.uint32)
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0x735A2D97)
    return int((x ^ (x >> np.uint32(15)))[0])


def test_pieces_are_rounded_as_the_whole(monkeypatch):
    def stepped(piece: int) -> list[torch.Tensor]:
        monkeypatch.setattr("sextant.training.rounded.UPDATE_PIECE", piece)
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(30, 7).bfloat16())
        made = RoundedAdamW(
            [{"params": [weight], "lr": 0.1, "weight_decay": 0.1}], moments=torch.bfloat16, seed=3
        )
        for _ in range(3):
            weight.grad = torch.randn(30, 7).bfloat16()
            made.step()
        return [weight.detach(), *made.state[weight].values()]

    for whole, cut in zip(stepped(1000), stepped(32), strict=True):
        assert torch.equal(whole, cut)


def test_rounded_adamw_is_adamw_where_nothing_is_rounded():
    ours, theirs = with_gradients(), with_gradients()
    more = {"betas": (0.8, 0.95), "eps": 1e-6}
    made = RoundedAdamW(
        [{"params": list(ours.parameters()), "lr": 1e-2, "weight_decay": 0.1}],
        moments=torch.float32, seed=0, **more,
    )  # fmt: skip
    known = torch.optim.AdamW(theirs.parameters(), lr=1e-2, weight_decay=0.1, **more)
    for _ in range(5):
        made.step()
        known.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_small_updates_are_not_lost_in_bfloat16():
    """A thousand updates of 1e-5 of a weight of 1: nearest rounding loses all, ours none."""
    weight = torch.nn.Parameter(torch.ones(2000, dtype=torch.bfloat16))
    made = RoundedAdamW(
        [{"params": [weight], "lr": 1e-5, "weight_decay": 0.0}], moments=torch.bfloat16, seed=0
    )
    lost = torch.nn.Parameter(torch.ones(2000, dtype=torch.bfloat16))
    known = torch.optim.AdamW([lost], lr=1e-5, weight_decay=0.0)
    for _ in range(1000):
        weight.grad, lost.grad = torch.ones_like(weight), torch.ones_like(lost)
        made.step()
        known.step()
    assert torch.equal(lost, torch.ones_like(lost))
    assert weight.float().mean().item() == pytest.approx(0.99, abs=0.0005)
