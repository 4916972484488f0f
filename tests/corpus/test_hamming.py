"""The index finds exactly what comparing everything finds."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.corpus.hamming import HammingIndex


def codes_near(rng, count, words, centres):
    """Codes around a few centres, so that every distance occurs."""
    middle = rng.integers(0, 2**64, (centres, words), dtype=np.uint64)
    made = middle[rng.integers(0, centres, count)]
    for k in range(count):
        for bit in rng.integers(0, 64 * words, rng.integers(0, 40)):
            made[k, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return made


@pytest.mark.parametrize("words", [1, 4])
@pytest.mark.parametrize("radius", [0, 1, 4, 7, 15, 16, 17, 31, 40])
def test_all_within_the_radius_and_nothing_else(words, radius):
    if radius >= words * 16:
        pytest.skip("beyond what an index of so few bits is for")
    rng = np.random.default_rng(radius)
    some, many = (codes_near(rng, n, words, 5) for n in (300, 200))
    found = HammingIndex(some, radius).near(many, keep=1000, batch=64)
    distance = np.bitwise_count(many[:, None] ^ some[None]).sum(axis=2).astype(int)
    wanted = {(q, i, distance[q, i]) for q, i in np.argwhere(distance <= radius).tolist()}
    got = set(zip(found.query.tolist(), found.item.tolist(), found.distance.tolist(), strict=True))
    assert got == wanted
    assert found.found.tolist() == (distance <= radius).sum(axis=1).tolist()


def test_the_nearest_are_listed_and_all_are_counted():
    some = np.array([[0], [1], [3], [0]], dtype=np.uint64)
    found = HammingIndex(some, 2).near(np.zeros((1, 1), np.uint64), keep=2)
    assert found.item.tolist() == [0, 3]
    assert found.distance.tolist() == [0, 0]
    assert found.found.tolist() == [4]


def test_nothing_to_look_in_or_for():
    none = np.empty((0, 4), np.uint64)
    assert len(HammingIndex(none, 16).near(np.zeros((3, 4), np.uint64)).query) == 0
    assert len(HammingIndex(np.zeros((3, 4), np.uint64), 16).near(none).query) == 0
    with pytest.raises(ValueError, match="radius"):
        HammingIndex(none, 64)


@pytest.mark.parametrize("radius", [0, 16, 31])
def test_the_nearest_of_the_earlier_ones(radius):
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 2**64, (400, 4), dtype=np.uint64)
    for k in range(100, 400):
        if rng.random() < 0.6:
            codes[k] = codes[rng.integers(0, k)]
            for _ in range(int(rng.integers(0, 20)) * int(rng.random() < 0.6)):
                codes[k, rng.integers(0, 4)] ^= np.uint64(1) << np.uint64(rng.integers(0, 64))
    found = HammingIndex(codes, radius).earlier()
    apart = np.bitwise_count(codes[:, None] ^ codes[None]).sum(axis=-1).astype(int)
    wanted = {}
    for k in range(1, 400):
        item = int(np.argmin(apart[k, :k]))
        if apart[k, item] <= radius:
            wanted[k] = (item, int(apart[k, item]))
    pairs = zip(found.item.tolist(), found.distance.tolist(), strict=True)
    assert dict(zip(found.query.tolist(), pairs, strict=True)) == wanted
    assert len(wanted) > 40
