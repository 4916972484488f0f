"""The picture: materials under the light that reaches them.

Visibility is sampled four times per pixel, shading once per surface a pixel sees (as multisample
antialiasing does), so edges are smooth and the cost stays near that of one sample.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sextant.sources.procedural.lighting import LATTICE_COLUMNS, LEAN, STEP, arriving, occlusion
from sextant.sources.procedural.lights import Lights
from sextant.sources.procedural.surfaces import Surfaces, alike, curved_normal, ray
from sextant.sources.procedural.textures import texture

GRID = 2
"""Samples per pixel side."""

# Display gamma by table over the square root, where it is nearly a line.
_GAMMA = np.round(255.0 * np.linspace(0.0, 1.0, 2049) ** (2.0 / 2.2)).astype(np.uint8)


def shade_picture(
    depth: NDArray[np.float32], ids: NDArray[np.int32], vertices: NDArray[np.float64],
    normals: NDArray[np.float64], faces: NDArray[np.int32], surfaces: Surfaces,
    table: NDArray[np.float64], places: NDArray[np.float64], light: Lights,
    K: NDArray[np.float64], T_world_camera: NDArray[np.float64],
) -> NDArray[np.uint8]:  # fmt: skip
    """Return the (H, W, 3) uint8 picture of a z-buffer of twice the size.

    Args:
        depth: (2H, 2W) z-depth, metres.
        ids: (2H, 2W) face indices.
        vertices: (n, 3) world, metres.
        normals: (n, 3) vertex normals.
        faces: (m, 3).
        surfaces: Of the faces.
        table: (t, 14) materials.
        places: (v, 5) origin and cosine, sine of the yaw of the instances.
        light: Lights with their shadow maps.
        K: (3, 3) of the z-buffer.
        T_world_camera: (4, 4).
    """
    k = np.array([K[0, 0], K[0, 1], K[0, 2], K[1, 1], K[1, 2]])
    T = np.ascontiguousarray(T_world_camera, dtype=np.float64)
    shape = ((depth.shape[0] + STEP - 1) // STEP, (depth.shape[1] + STEP - 1) // STEP)
    shades, near, raw = (np.empty(shape, dtype=np.float32) for _ in range(3))
    occlusion(depth, k, near, raw, shades)
    inverse_k = np.array([1.0 / k[0], k[1], k[2], 1.0 / k[3], k[4]])
    lattice = np.zeros((*shape, LATTICE_COLUMNS), dtype=np.float32)
    out = np.zeros((depth.shape[0] // GRID, depth.shape[1] // GRID, 3), dtype=np.uint8)
    _paint(
        depth, ids, vertices, normals, faces, *surfaces, table, places, light.rows, light.maps,
        light.views, light.ambient, inverse_k, T, shades, lattice,
        np.full(shape, -1, dtype=np.int32), np.zeros((4, 3)), np.zeros((4, 2), dtype=np.int32),
        _GAMMA, out,
    )  # fmt: skip
    return out


@njit(**LEAN)
def _tone(x):  # type: ignore[no-untyped-def]
    """Compress highlights: close to linear below one half, never above one."""
    x = max(0.0, x)
    return x * (1.0 + 0.2 * x) / (1.0 + 0.55 * x) if x < 6.0 else 1.0


@njit(**LEAN)
def _material(table, m):  # type: ignore[no-untyped-def]
    return (
        table[m, 0], table[m, 1], table[m, 2], table[m, 3], table[m, 4], table[m, 5], table[m, 6],
        table[m, 7], table[m, 8], table[m, 9], table[m, 10], table[m, 11], table[m, 12],
        table[m, 13],
    )  # fmt: skip


@njit(**LEAN)
def _paint(  # type: ignore[no-untyped-def]
    depth, ids, vertices, normals, faces, of_face, rows, table, places, lights, maps, views,
    ambient, k, T, shades, lattice, seen, kept, kept_at, gamma, out,
):  # fmt: skip
    """Fill the lattice with light, then every pixel with colour.

    Both happen in one loop, as a step over the lattice and a pixel begin alike and every function
    called twice would be compiled twice: ``task`` 0 visits the points of the lattice, 1 the pixels.
    """
    height, width = out.shape[0], out.shape[1]
    points_high, points_wide = seen.shape
    for task in range(2):
        step = 2 - task
        for row in range(0, height, step):
            r0 = row >> 1
            for column in range(0, width, step):
                c0 = column >> 1
                v, u = GRID * row, GRID * column
                count = 4
                if task == 0:
                    v, u = min(depth.shape[0] - 2, v + 1), min(depth.shape[1] - 2, u + 1)
                    count = 1
                else:
                    a, b, c, d = ids[v, u], ids[v, u + 1], ids[v + 1, u], ids[v + 1, u + 1]
                    if a >= 0 and b >= 0 and c >= 0 and d >= 0:
                        s = of_face[a]
                        if (a == b and a == c and a == d) or (
                            rows[s, 5] > 0.0
                            and s == of_face[b] and s == of_face[c] and s == of_face[d]
                        ):  # fmt: skip
                            count = 1
                red = green = blue = 0.0
                known = 0
                for sample in range(count):
                    vs, us = v + (sample >> 1), u + (sample & 1)
                    face = ids[vs, us]
                    if face < 0:
                        continue
                    s = of_face[face]
                    found = -1
                    for j in range(known):
                        if alike(s, kept_at[j, 0], face, kept_at[j, 1], rows, normals, faces):
                            found = j
                            break
                    if found < 0:
                        z = depth[vs, us]
                        vx, vy, vz, length = ray(vs, us, k, T)
                        px, py, pz = T[0, 3] + z * vx, T[1, 3] + z * vy, T[2, 3] + z * vz
                        vx, vy, vz = vx * length, vy * length, vz * length
                        nx, ny, nz = rows[s, 0], rows[s, 1], rows[s, 2]
                        flat = rows[s, 5] > 0.0
                        if not flat:
                            nx, ny, nz = curved_normal(px, py, pz, face, vertices, normals, faces)
                        if nx * vx + ny * vy + nz * vz > 0.25:
                            nx, ny, nz = -nx, -ny, -nz
                        m = int(rows[s, 3])
                        glow = table[m, 9]
                        weight, shade, shades_near = 0.0, 0.0, 0.0
                        er = eg = eb = hr = hg = hb = 0.0
                        if task == 0:
                            shade, shades_near = shades[r0, c0], 1.0
                        elif glow < 1.0:
                            # The points around the pixel, then, for slivers, those a step on.
                            for reach in range(2):
                                low, high = math.inf, 0.0
                                top, left = max(0, r0 - reach), max(0, c0 - reach)
                                for r in range(top, min(points_high, r0 + 1 + (row & 1 | reach))):
                                    for c in range(
                                        left, min(points_wide, c0 + 1 + (column & 1 | reach))
                                    ):
                                        t = seen[r, c]
                                        if t < 0:
                                            continue
                                        if s != t or not flat:
                                            if abs(lattice[r, c, 9] - z) > 0.03 * z:
                                                continue
                                            shade += shades[r, c]
                                            shades_near += 1.0
                                            if (
                                                rows[s, 3] != rows[t, 3] or rows[s, 4] != rows[t, 4]
                                                or nx * lattice[r, c, 6] + ny * lattice[r, c, 7]
                                                + nz * lattice[r, c, 8] < 0.995
                                            ):  # fmt: skip
                                                continue
                                        e = lattice[r, c, 1]
                                        low, high = min(low, e), max(high, e)
                                        er += lattice[r, c, 0]
                                        eg += e
                                        eb += lattice[r, c, 2]
                                        hr += lattice[r, c, 3]
                                        hg += lattice[r, c, 4]
                                        hb += lattice[r, c, 5]
                                        weight += 1.0
                                if weight > 0.0:
                                    break
                            if high > 1.4 * low:  # a sharp edge of a shadow stays sharp
                                weight = 0.0
                        if weight > 0.0:
                            q = 1.0 / weight
                            er, eg, eb, hr, hg, hb = er * q, eg * q, eb * q, hr * q, hg * q, hb * q
                        elif glow < 1.0:
                            er, eg, eb, hr, hg, hb = arriving(
                                px, py, pz, nx, ny, nz, vx, vy, vz, table[m, 8],
                                shade / shades_near if shades_near > 0.0 else 1.0,
                                (r0 & 3) * 4 + (c0 & 3), lights, maps, views, ambient,
                            )  # fmt: skip
                        if task == 0:
                            seen[r0, c0] = s
                            lattice[r0, c0, 0], lattice[r0, c0, 1] = er, eg
                            lattice[r0, c0, 2], lattice[r0, c0, 3] = eb, hr
                            lattice[r0, c0, 4], lattice[r0, c0, 5] = hg, hb
                            lattice[r0, c0, 6], lattice[r0, c0, 7] = nx, ny
                            lattice[r0, c0, 8], lattice[r0, c0, 9] = nz, z
                            continue
                        # To the object's own axes.
                        p = int(rows[s, 4])
                        cy, sy = places[p, 3], places[p, 4]
                        px, py, pz = px - places[p, 0], py - places[p, 1], pz - places[p, 2]
                        dx, dy = vx, vy
                        if int(table[m, 0]) == 19:  # metal mirrors in the object's axes
                            dx, dy = cy * vx + sy * vy, cy * vy - sy * vx
                        ar, ag, ab = texture(
                            _material(table, m), cy * px + sy * py, cy * py - sy * px, pz,
                            cy * nx + sy * ny, cy * ny - sy * nx, nz, dx, dy, vz, 2.0 * z * k[0],
                        )  # fmt: skip
                        if glow >= 1.0:
                            er, eg, eb, glow = 1.15, 1.15, 1.15, 0.0
                        found = known
                        kept[found, 0] = _tone(ar * (er + glow) + hr)
                        kept[found, 1] = _tone(ag * (eg + glow) + hg)
                        kept[found, 2] = _tone(ab * (eb + glow) + hb)
                        kept_at[found, 0], kept_at[found, 1] = s, face
                        known += 1
                    red += kept[found, 0]
                    green += kept[found, 1]
                    blue += kept[found, 2]
                if task == 1:
                    share = 1.0 / count
                    out[row, column, 0] = gamma[int(2048.0 * math.sqrt(min(1.0, red * share)))]
                    out[row, column, 1] = gamma[int(2048.0 * math.sqrt(min(1.0, green * share)))]
                    out[row, column, 2] = gamma[int(2048.0 * math.sqrt(min(1.0, blue * share)))]
