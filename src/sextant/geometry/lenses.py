"""Lenses that are no pinhole: where the ray of a point falls, and pinhole pictures made of them.

All take rays in OpenCV camera axes and give positions in units of the focal length, before K is
applied, except for Fisheye624, whose focal length belongs to its parameters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

Lens = Callable[[Array], Array]
"""Maps (..., 3) camera-frame directions with z > 0 to (..., 2) pixels."""


def brown_conrady(rays: Array, k: ArrayLike, p: ArrayLike) -> Array:
    """Distort (..., 3) rays by radial and tangential terms (OpenCV's model, k1 k2 p1 p2 k3).

    Args:
        rays: (..., 3) with z > 0.
        k: (n,) radial coefficients k1, k2, k3, ...
        p: (2,) tangential coefficients p1, p2.

    Returns:
        (..., 2) x, y in units of the focal length.
    """
    p1, p2 = (float(c) for c in np.asarray(p, dtype=np.float64))
    x, y = rays[..., 0] / rays[..., 2], rays[..., 1] / rays[..., 2]
    square = x * x + y * y
    radial = np.ones_like(square)
    power = np.ones_like(square)
    for coefficient in np.asarray(k, dtype=np.float64):
        power = power * square
        radial = radial + coefficient * power
    return np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
            y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
        ],
        axis=-1,
    )


def kannala_brandt(rays: Array, k: ArrayLike) -> Array:
    """Distort (..., 3) rays by an equidistant fisheye with odd powers of the angle.

    theta (1 + k1 theta^2 + k2 theta^4 + ...), Kannala and Brandt 2006; OpenCV's fisheye and
    COLMAP's OPENCV_FISHEYE are the same. Rays from behind the camera (z < 0) are allowed.

    Args:
        rays: (..., 3), not all zero.
        k: (n,) coefficients k1, k2, ...

    Returns:
        (..., 2) x, y in units of the focal length.
    """
    across = np.hypot(rays[..., 0], rays[..., 1])
    theta = np.arctan2(across, rays[..., 2])
    polynomial = np.ones_like(theta)
    for i, coefficient in enumerate(np.asarray(k, dtype=np.float64)):
        polynomial = polynomial + coefficient * theta ** (2 * i + 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(across > 0, theta * polynomial / across, 0.0)
    return np.asarray(rays[..., :2] * scale[..., None])


def fisheye624(rays: Array, parameters: ArrayLike) -> Array:
    """Project (..., 3) rays with z > 0 by Aria's radial-tangential-thin-prism fisheye.

    The model of projectaria_tools ("FisheyeRadTanThinPrism"): equidistant angle with six radial
    coefficients, then tangential and thin-prism terms.

    Args:
        rays: (..., 3) with z > 0.
        parameters: (15,) f, cu, cv, k0..k5, p0, p1, s0..s3 as Aria's calibration lists them.

    Returns:
        (..., 2) pixels of Aria's convention, the centre of the top-left pixel at (0, 0).
    """
    parameters = np.asarray(parameters, dtype=np.float64)
    f, cu, cv = parameters[:3]
    radial, tangential, prism = np.split(parameters[3:], [6, 8])
    xy = kannala_brandt(rays, radial)
    x, y = xy[..., 0], xy[..., 1]
    square = x * x + y * y
    dot = 2.0 * (tangential[0] * x + tangential[1] * y)
    u = x + dot * x + tangential[0] * square + prism[0] * square + prism[1] * square**2
    v = y + dot * y + tangential[1] * square + prism[2] * square + prism[3] * square**2
    return np.stack([f * u + cu, f * v + cv], axis=-1)


def pinhole_of_rays(G: Array) -> tuple[Array, Array]:
    """Split the map from pixels to rays into a rotation and pinhole intrinsics.

    A camera with tilted or shifted image plane is a pinhole all the same, only with its axes turned
    against the nominal ones and the principal point off the centre: G = R K^-1, which is a QR
    decomposition.

    Args:
        G: (3, 3) ray in the nominal camera's axes per pixel (u, v, 1), invertible.

    Returns:
        K: (3, 3) upper triangular with K[2, 2] = 1; K[0, 1] is its skew.
        R: (3, 3) R_nominal_pinhole with determinant +1, or -1 if G mirrors.
    """
    Q, U = np.linalg.qr(np.asarray(G, dtype=np.float64))
    signs = np.diag(np.where(np.diag(U) < 0, -1.0, 1.0))
    K = np.linalg.inv(signs @ U)
    return K / K[2, 2], np.asarray(Q @ signs)
