"""How much light arrives at a surface: ambient occlusion, lamps, sky and sun with shadows.

Light varies slower over a picture than what surfaces look like, so it is gathered on a lattice of
every second pixel in both directions, which the shading interpolates within a surface.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# The kernels only read and fill arrays they are given, so they need no reference counting; without
# it they compile faster and nothing is counted inside the loops.
LEAN = {"cache": True, "error_model": "numpy", "_nrt": False}

STEP = 4
"""Samples of the z-buffer from one point of the lattice to the next."""

LATTICE_COLUMNS = 10
"""Of a lattice point: RGB irradiance, RGB of highlights, normal, z-depth."""

_TURN = np.arange(10) * 2.399963
_DISC = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
# The outer taps first: where they agree there is no edge of a shadow.
_TAPS = (np.sqrt((np.arange(8)[:, None] + 0.5) / 8.0) * _DISC[:8])[::-1].copy()
_AROUND = (np.arange(10)[:, None] + 0.5) / 10.0 * _DISC
_TILTS = np.array([((i % 16) * 7 % 16) / 16.0 for i in range(16)])
_SPIN = np.stack([np.cos(2 * np.pi * _TILTS), np.sin(2 * np.pi * _TILTS)], axis=1)


@njit(**LEAN)
def occlusion(depth, k, near, raw, out):  # type: ignore[no-untyped-def]
    """Estimate per lattice point the share of ambient light that nearby surfaces leave.

    Args:
        depth: (2H, 2W) float32 z-depth.
        k: (5,) fx, skew, cx, fy, cy of the z-buffer.
        near: (rows, columns) float32 scratch: the depth at the lattice points, which fits the
            cache where the z-buffer does not.
        raw: Scratch of the same kind.
        out: (rows, columns) float32, written.
    """
    height, width = depth.shape
    rows, columns = out.shape
    for row in range(rows):
        v0 = min(height - 2, STEP * row + 1)
        for column in range(columns):
            near[row, column] = depth[v0, min(width - 2, STEP * column + 1)]
    for row in range(rows):
        v0 = min(height - 2, STEP * row + 1)
        for column in range(columns):
            u0 = min(width - 2, STEP * column + 1)
            z = near[row, column]
            if not z > 0.0:
                raw[row, column] = 1.0
                continue
            # The surface around: 1/z is affine, so its slopes come from the neighbours.
            w = 1.0 / z
            wx = 1.0 / depth[v0, u0 + 1] - w
            back = w - 1.0 / depth[v0, u0 - 1]
            wx = STEP * (back if abs(back) < abs(wx) else wx)
            wy = 1.0 / depth[v0 + 1, u0] - w
            back = w - 1.0 / depth[v0 - 1, u0]
            wy = STEP * (back if abs(back) < abs(wy) else wy)
            reach = 0.28 * k[0] / (z * STEP)
            spin = (row & 3) * 4 + (column & 3)
            c, s = reach * _SPIN[spin, 0], reach * _SPIN[spin, 1]
            closed = 0.0
            for tap in range(10):
                ox, oy = _AROUND[tap, 0], _AROUND[tap, 1]
                du = math.floor(c * ox - s * oy + 0.5)
                dv = math.floor(s * ox + c * oy + 0.5)
                u, v = column + du, row + dv
                if u < 0 or v < 0 or u >= columns or v >= rows:
                    continue
                there = near[v, u]
                plane = w + wx * du + wy * dv
                # Nearer than the plane by a centimetre or more, without dividing first.
                if plane > 0.0 and plane * (there + 0.01) < 1.0:
                    above = 1.0 / plane - there
                    closed += min(1.0, above / 0.06) / (1.0 + (above / 0.3) * (above / 0.3))
            raw[row, column] = 1.0 - 0.08 * closed
    # The pattern repeats every 4 x 4 points: averaging over as many of like depth removes it.
    for row in range(rows):
        top, bottom = max(0, row - 2), min(rows, row + 2)
        for column in range(columns):
            left, right = max(0, column - 2), min(columns, column + 2)
            here = near[row, column]
            slack = np.float32(0.06) * here
            total, weight = np.float32(0.0), np.float32(0.0)
            for r in range(top, bottom):
                for c in range(left, right):
                    if abs(near[r, c] - here) < slack:
                        total += raw[r, c]
                        weight += np.float32(1.0)
            out[row, column] = total / weight if weight > 0.0 else 1.0


@njit(**LEAN)
def _open_share(px, py, pz, first, last, sideless, blur, spin, maps, views):  # type: ignore[no-untyped-def]
    """Return how much of a light is seen from a point, by its shadow maps ``first`` to ``last``.

    ``sideless`` is the answer where no map looks.
    """
    size = maps.shape[1]
    half = 0.5 * size
    for k in range(first, last):
        qx, qy, qz = px - views[k, 0], py - views[k, 1], pz - views[k, 2]
        cz = views[k, 9] * qx + views[k, 10] * qy + views[k, 11] * qz
        if cz <= 0.01:
            continue
        u = (views[k, 3] * qx + views[k, 4] * qy + views[k, 5] * qz) / cz + half
        v = (views[k, 6] * qx + views[k, 7] * qy + views[k, 8] * qz) / cz + half
        if u < 0.0 or v < 0.0 or u >= size or v >= size:
            continue
        c, s = blur * _SPIN[spin, 0], blur * _SPIN[spin, 1]
        limit = cz - 0.01
        seen = 0
        for tap in range(8):
            if tap == 4 and (seen == 0 or seen == 4):
                return 0.25 * seen
            ox, oy = _TAPS[tap, 0], _TAPS[tap, 1]
            column = min(size - 1, max(0, int(u + c * ox - s * oy)))
            row = min(size - 1, max(0, int(v + s * ox + c * oy)))
            if not maps[k, row, column] < limit:
                seen += 1
        return 0.125 * seen
    return sideless


@njit(**LEAN)
def arriving(  # type: ignore[no-untyped-def]
    px, py, pz, nx, ny, nz, vx, vy, vz, gloss, shade, spin, lights, maps, views, ambient
):  # fmt: skip
    """Return RGB irradiance at a point and the RGB its gloss throws to the eye.

    The columns of ``lights`` and ``views`` are those of ``lights.py``; ``shade`` is the ambient
    share; ``spin`` picks how the filter pattern of the shadow maps is turned, which trades bands
    for fine noise.
    """
    # Ambient: sky-like from above, warmer floor bounce from below, dimmed in corners.
    up = 0.5 + 0.5 * nz
    r = shade * (ambient[0] * up + ambient[3] * (1 - up))
    g = shade * (ambient[1] * up + ambient[4] * (1 - up))
    b = shade * (ambient[2] * up + ambient[5] * (1 - up))
    hr = hg = hb = 0.0
    if gloss > 0.02:
        facing = max(0.0, 1.0 + vx * nx + vy * ny + vz * nz)
        rim = facing * facing
        hr = hg = hb = 0.25 * gloss * rim * rim * shade
    for i in range(len(lights)):
        lx, ly, lz = lights[i, 0] - px, lights[i, 1] - py, lights[i, 2] - pz
        distance = math.sqrt(lx * lx + ly * ly + lz * lz)
        scale = 1.0 / distance
        lx, ly, lz = lx * scale, ly * scale, lz * scale
        falls_off = lights[i, 11] > 0.0
        if gloss > 0.02:
            hx, hy, hz = lx - vx, ly - vy, lz - vz
            norm = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
            cosine = (hx * nx + hy * ny + hz * nz) / norm
            if cosine > 0.85:
                shine = 0.5 * gloss * shade
                shine *= math.exp(-(20.0 + 180.0 * gloss) * (1.0 - cosine) * 2.0)
                if falls_off:
                    shine /= 0.6 + 0.25 * distance * distance
                hr += shine * lights[i, 3]
                hg += shine * lights[i, 4]
                hb += shine * lights[i, 5]
        cosine = lx * nx + ly * ny + lz * nz
        if cosine <= 0.0:
            continue
        strength = cosine
        if falls_off:
            strength /= 0.6 + distance * distance
        if lights[i, 8] != 0.0 or lights[i, 9] != 0.0 or lights[i, 10] != 0.0:
            strength *= -(lx * lights[i, 8] + ly * lights[i, 9] + lz * lights[i, 10])
        if strength * max(lights[i, 3], lights[i, 4], lights[i, 5]) < 0.002:
            continue
        # Offset along the normal: grazing light needs more.
        lift = 0.012 + 0.02 * (1.0 - cosine)
        first = int(lights[i, 6])
        strength *= _open_share(
            px + lift * nx, py + lift * ny, pz + lift * nz, first, first + int(lights[i, 7]),
            1.0 if falls_off else 0.0, lights[i, 12], spin, maps, views,
        )  # fmt: skip
        r += strength * lights[i, 3]
        g += strength * lights[i, 4]
        b += strength * lights[i, 5]
    return r, g, b, hr, hg, hb
