"""Ray distance and rotated bits, against loops over pixels."""

from __future__ import annotations

import numpy as np

from sextant.geometry.depth import ray_lengths, rotate_bits, unrotate_bits, z_from_ray

K = np.array([[50.0, 0.0, 13.0], [0.0, 55.0, 8.5], [0.0, 0.0, 1.0]])


def test_a_wall_seen_straight_on_has_one_depth() -> None:
    distance = np.empty((18, 27))
    for row in range(18):
        for column in range(27):
            point = 3.0 * np.linalg.inv(K) @ [column + 0.5, row + 0.5, 1.0]
            distance[row, column] = np.linalg.norm(point)
    distance[2, 3] = np.nan
    z = z_from_ray(distance, K)
    assert np.isnan(z[2, 3])
    np.testing.assert_allclose(z[np.isfinite(z)], 3.0)
    assert distance[0, 0] > 3.1


def test_ray_length_is_one_at_the_principal_point() -> None:
    K_centred = np.array([[50.0, 0, 10.5], [0, 50.0, 8.5], [0, 0, 1]])
    lengths = ray_lengths(K_centred, 21, 17)
    assert lengths[8, 10] == lengths.min() == 1.0


def test_bits_are_rotated_by_three() -> None:
    for value in (0, 1, 7, 8, 1234, 8000, 65535):
        bits = f"{value:016b}"
        stored = int(bits[3:] + bits[:3], 2)
        assert rotate_bits(value) == stored
        assert unrotate_bits(np.array([stored], dtype=np.uint16))[0] == value
