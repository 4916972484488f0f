"""The picture: materials under ambient light, lamps, sky and sun, with shadows.

Visibility is sampled four times per pixel, shading once per surface a pixel sees (as multisample
antialiasing does), so edges are smooth and the cost stays near that of one sample.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from sextant.sources.procedural.textures import texture

GRID = 2
"""Samples per pixel side."""

_TURN = np.arange(8) * 2.399963
_TAPS = np.sqrt((np.arange(8)[:, None] + 0.5) / 8.0) * np.stack([np.cos(_TURN), np.sin(_TURN)], 1)
_AROUND = (
    (np.arange(10)[:, None] + 0.5)
    / 10.0
    * np.stack([np.cos(np.arange(10) * 2.399963), np.sin(np.arange(10) * 2.399963)], axis=1)
)
_TILTS = np.array([((i % 16) * 7 % 16) / 16.0 for i in range(16)])
_SPIN = np.stack([np.cos(2 * np.pi * _TILTS), np.sin(2 * np.pi * _TILTS)], axis=1)
# Display gamma by table over the square root, where it is nearly a line.
_GAMMA = np.round(255.0 * np.linspace(0.0, 1.0, 2049) ** (2.0 / 2.2)).astype(np.uint8)


@njit(cache=True, error_model="numpy", forceinline=True)
def _lit(  # type: ignore[no-untyped-def]
    point, normal, lights, shadow_maps, shadow_poses, shadow_focal, spin
):  # fmt: skip
    """Return RGB irradiance at a point from all lights, each tested in its shadow maps.

    The columns of ``lights`` are those of ``lights.py``; ``spin`` picks how the filter pattern of
    the shadow maps is turned, which trades bands for fine noise.
    """
    size = shadow_maps.shape[1]
    r = g = b = 0.0
    c, s = _SPIN[spin, 0], _SPIN[spin, 1]
    for i in range(len(lights)):
        lx, ly, lz = lights[i, 0] - point[0], lights[i, 1] - point[1], lights[i, 2] - point[2]
        distance = math.sqrt(lx * lx + ly * ly + lz * lz)
        cosine = (lx * normal[0] + ly * normal[1] + lz * normal[2]) / distance
        if cosine <= 0.0:
            continue
        strength = cosine
        if lights[i, 11] > 0.0:
            strength /= 0.6 + distance * distance
        if lights[i, 8] != 0.0 or lights[i, 9] != 0.0 or lights[i, 10] != 0.0:
            facing = -(lx * lights[i, 8] + ly * lights[i, 9] + lz * lights[i, 10]) / distance
            if facing <= 0.0:
                continue
            strength *= facing
        if strength * max(lights[i, 3], lights[i, 4], lights[i, 5]) < 0.002:
            continue
        # Offset along the normal: grazing light needs more.
        lift = 0.012 + 0.02 * (1.0 - cosine)
        px = point[0] + lift * normal[0]
        py = point[1] + lift * normal[1]
        pz = point[2] + lift * normal[2]
        open_share = 1.0 if lights[i, 11] > 0.0 else 0.0
        for k in range(int(lights[i, 6]), int(lights[i, 6] + lights[i, 7])):
            qx, qy, qz = (
                px - shadow_poses[k, 0, 3],
                py - shadow_poses[k, 1, 3],
                pz - shadow_poses[k, 2, 3],
            )
            cz = (
                shadow_poses[k, 0, 2] * qx + shadow_poses[k, 1, 2] * qy + shadow_poses[k, 2, 2] * qz
            )
            if cz <= 0.01:
                continue
            f = shadow_focal[k]
            u = (
                f
                * (
                    shadow_poses[k, 0, 0] * qx
                    + shadow_poses[k, 1, 0] * qy
                    + shadow_poses[k, 2, 0] * qz
                )
                / cz
                + size / 2
            )
            v = (
                f
                * (
                    shadow_poses[k, 0, 1] * qx
                    + shadow_poses[k, 1, 1] * qy
                    + shadow_poses[k, 2, 1] * qz
                )
                / cz
                + size / 2
            )
            if u < 0.0 or v < 0.0 or u >= size or v >= size:
                continue
            seen = 0
            blur = lights[i, 12]
            for tap in range(8):
                # The outer half first: where it agrees there is no edge of a shadow.
                if tap == 4 and (seen == 0 or seen == 4):
                    seen *= 2
                    break
                ox, oy = blur * _TAPS[7 - tap, 0], blur * _TAPS[7 - tap, 1]
                column = min(size - 1, max(0, int(u + c * ox - s * oy)))
                row = min(size - 1, max(0, int(v + s * ox + c * oy)))
                if not shadow_maps[k, row, column] < cz - 0.01:
                    seen += 1
            open_share = 0.125 * seen
            break
        r += strength * open_share * lights[i, 3]
        g += strength * open_share * lights[i, 4]
        b += strength * open_share * lights[i, 5]
    return r, g, b


@njit(cache=True, error_model="numpy", forceinline=True)
def _color(  # type: ignore[no-untyped-def]
    point, normal, view, m, place, lights, shadow_maps, shadow_poses, shadow_focal, ambient,
    pixel, spin, shade,
):  # fmt: skip
    """Return linear RGB that leaves a point towards the eye; ``shade`` is its ambient share."""
    cy, sy = place[3], place[4]
    qx, qy = point[0] - place[0], point[1] - place[1]
    nx, ny = cy * normal[0] + sy * normal[1], -sy * normal[0] + cy * normal[1]
    dx, dy, dz = view[0], view[1], view[2]
    if int(m[0]) == 19:  # metal mirrors in the object's axes, so its view must be there too
        dx, dy = cy * view[0] + sy * view[1], -sy * view[0] + cy * view[1]
    ar, ag, ab = texture(
        m,
        cy * qx + sy * qy,
        -sy * qx + cy * qy,
        point[2] - place[2],
        nx,
        ny,
        normal[2],
        dx,
        dy,
        dz,
        pixel,
    )
    glow, gloss = m[9], m[8]
    if glow >= 1.0:
        return ar * 1.15, ag * 1.15, ab * 1.15
    r, g, b = _lit(point, normal, lights, shadow_maps, shadow_poses, shadow_focal, spin)
    # Ambient: sky-like from above, warmer floor bounce from below, dimmed in corners.
    up = 0.5 + 0.5 * normal[2]
    r += shade * (ambient[0] * up + ambient[3] * (1 - up))
    g += shade * (ambient[1] * up + ambient[4] * (1 - up))
    b += shade * (ambient[2] * up + ambient[5] * (1 - up))
    r, g, b = r * ar, g * ag, b * ab
    if gloss > 0.02:
        for i in range(len(lights)):
            lx, ly, lz = lights[i, 0] - point[0], lights[i, 1] - point[1], lights[i, 2] - point[2]
            distance = math.sqrt(lx * lx + ly * ly + lz * lz)
            hx, hy, hz = lx / distance - view[0], ly / distance - view[1], lz / distance - view[2]
            norm = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
            cosine = (hx * normal[0] + hy * normal[1] + hz * normal[2]) / norm
            if cosine > 0.85:
                power = math.exp(-(20.0 + 180.0 * gloss) * (1.0 - cosine) * 2.0)
                shine = (
                    0.5
                    * gloss
                    * power
                    / (1.0 if lights[i, 11] == 0.0 else 0.6 + 0.25 * distance * distance)
                )
                r += shine * lights[i, 3] * shade
                g += shine * lights[i, 4] * shade
                b += shine * lights[i, 5] * shade
        facing = 1.0 + view[0] * normal[0] + view[1] * normal[1] + view[2] * normal[2]
        rim = max(0.0, facing) * max(0.0, facing)
        rim = 0.25 * gloss * rim * rim * shade
        r, g, b = r + rim, g + rim, b + rim
    return r + glow * ar, g + glow * ag, b + glow * ab


@njit(cache=True, error_model="numpy")
def _occlusion(depth, k, raw, out):  # type: ignore[no-untyped-def]
    """Estimate per block of 4 x 4 samples how much ambient light nearby surfaces take away."""
    height, width = depth.shape
    rows, columns = raw.shape
    for row in range(rows):
        for column in range(columns):
            v0, u0 = min(height - 2, 4 * row + 2), min(width - 2, 4 * column + 2)
            z = depth[v0, u0]
            if not z > 0.0:
                raw[row, column] = 1.0
                continue
            # The surface around: 1/z is affine, so its slopes come from the neighbours.
            w = 1.0 / z
            wx = 1.0 / depth[v0, u0 + 1] - w
            back = w - 1.0 / depth[v0, u0 - 1]
            wx = back if abs(back) < abs(wx) else wx
            wy = 1.0 / depth[v0 + 1, u0] - w
            back = w - 1.0 / depth[v0 - 1, u0]
            wy = back if abs(back) < abs(wy) else wy
            reach = 0.28 * k[0] / z
            spin = (row & 3) * 4 + (column & 3)
            c, s = reach * _SPIN[spin, 0], reach * _SPIN[spin, 1]
            closed = 0.0
            for tap in range(10):
                ox, oy = _AROUND[tap, 0], _AROUND[tap, 1]
                u, v = int(u0 + c * ox - s * oy), int(v0 + s * ox + c * oy)
                if u < 0 or v < 0 or u >= width or v >= height:
                    continue
                there = depth[v, u]
                plane = w + wx * (u - u0) + wy * (v - v0)
                if plane <= 0.0 or not there > 0.0:
                    continue
                above = 1.0 / plane - there
                if above > 0.01:
                    closed += min(1.0, above / 0.06) / (1.0 + (above / 0.3) * (above / 0.3))
            raw[row, column] = 1.0 - 0.8 * closed / 10.0
    # The pattern repeats every 4 x 4 blocks: averaging over as many of like depth removes it.
    for row in range(rows):
        for column in range(columns):
            here = depth[min(height - 1, 4 * row + 2), min(width - 1, 4 * column + 2)]
            total, weight = 0.0, 1e-9
            for r in range(max(0, row - 2), min(rows, row + 2)):
                for c in range(max(0, column - 2), min(columns, column + 2)):
                    z = depth[min(height - 1, 4 * r + 2), min(width - 1, 4 * c + 2)]
                    if abs(z - here) < 0.06 * here:
                        total += raw[r, c]
                        weight += 1.0
            out[row, column] = total / weight if weight > 0.5 else 1.0


@njit(cache=True, error_model="numpy")
def shade_picture(  # type: ignore[no-untyped-def]
    depth, ids, vertices, normals, faces, materials, values, table, places,
    lights, shadow_maps, shadow_poses, shadow_focal, ambient, k, T,
):  # fmt: skip
    """Return the (H, W, 3) uint8 picture of a z-buffer of twice the size.

    Args:
        depth: (2H, 2W) float32 z-depth, metres.
        ids: (2H, 2W) int32 face indices.
        vertices: (n, 3) world, metres.
        normals: (n, 3) vertex normals.
        faces: (m, 3).
        materials: (m,) rows of ``table``.
        values: (m,) instance values, rows of ``places``.
        table: (t, 14) materials.
        places: (v, 5) origin and yaw of the instances.
        lights: (l, 13), see ``lights.py``.
        shadow_maps: (s, size, size) float32 z-depth.
        shadow_poses: (s, 4, 4) light-to-world.
        shadow_focal: (s,) pixels.
        ambient: (6,) RGB from above and below.
        k: (5,) fx, skew, cx, fy, cy of the large z-buffer.
        T: (4, 4) camera-to-world.
    """
    height, width = depth.shape[0] // GRID, depth.shape[1] // GRID
    shades = np.ones(((depth.shape[0] + 3) // 4, (depth.shape[1] + 3) // 4))
    _occlusion(depth, k, np.ones_like(shades), shades)
    out = np.zeros((height, width, 3), dtype=np.uint8)
    point, normal, view = np.zeros(3), np.zeros(3), np.zeros(3)
    m, place = np.zeros(table.shape[1]), np.zeros(places.shape[1])
    row_of_m = row_of_place = -1
    kept = np.zeros((4, 3))
    kept_face = np.zeros(4, dtype=np.int64)
    for row in range(height):
        for column in range(width):
            red = green = blue = 0.0
            known = 0
            # The ambient share of the nearest blocks of like depth.
            here = depth[GRID * row, GRID * column]
            shade, weight = 0.0, 1e-9
            for dr in range(2):
                for dc in range(2):
                    sr = min(shades.shape[0] - 1, max(0, (row - 1) // 2 + dr))
                    sc = min(shades.shape[1] - 1, max(0, (column - 1) // 2 + dc))
                    z = depth[
                        min(4 * sr + 2, depth.shape[0] - 1), min(4 * sc + 2, depth.shape[1] - 1)
                    ]
                    if abs(z - here) < 0.04 * here:
                        shade += shades[sr, sc]
                        weight += 1.0
            shade = shade / weight if weight > 0.5 else 1.0
            spin = (row & 3) * 4 + (column & 3)
            for sample in range(GRID * GRID):
                v, u = GRID * row + sample // GRID, GRID * column + sample % GRID
                face = ids[v, u]
                if face < 0:
                    continue
                found = -1
                for j in range(known):
                    other = kept_face[j]
                    if other == face or (
                        values[other] == values[face] and materials[other] == materials[face]
                        and _alike(normals, faces, face, other)
                    ):  # fmt: skip
                        found = j
                        break
                if found < 0:
                    z = depth[v, u]
                    y = (v + 0.5 - k[4]) / k[3]
                    x = (u + 0.5 - k[2] - k[1] * y) / k[0]
                    norm = math.sqrt(x * x + y * y + 1.0)
                    for i in range(3):
                        ray = T[i, 0] * x + T[i, 1] * y + T[i, 2]
                        view[i] = ray / norm
                        point[i] = T[i, 3] + z * ray
                    # Copies, as taking a row as a view would count references for every pixel.
                    if materials[face] != row_of_m:
                        row_of_m = materials[face]
                        for i in range(table.shape[1]):
                            m[i] = table[row_of_m, i]
                    if values[face] != row_of_place:
                        row_of_place = values[face]
                        for i in range(places.shape[1]):
                            place[i] = places[row_of_place, i]
                    _normal_at(vertices, normals, faces, face, point, view, normal)
                    r, g, b = _color(
                        point, normal, view, m, place, lights, shadow_maps, shadow_poses,
                        shadow_focal, ambient, 2.0 * z / k[0], spin, shade,
                    )  # fmt: skip
                    kept[known, 0], kept[known, 1], kept[known, 2] = _tone(r), _tone(g), _tone(b)
                    kept_face[known] = face
                    found = known
                    known += 1
                red += kept[found, 0]
                green += kept[found, 1]
                blue += kept[found, 2]
            share = 1.0 / (GRID * GRID)
            out[row, column, 0] = _GAMMA[int(2048.0 * math.sqrt(min(1.0, red * share)))]
            out[row, column, 1] = _GAMMA[int(2048.0 * math.sqrt(min(1.0, green * share)))]
            out[row, column, 2] = _GAMMA[int(2048.0 * math.sqrt(min(1.0, blue * share)))]
    return out


@njit(cache=True, error_model="numpy", forceinline=True)
def _tone(x):  # type: ignore[no-untyped-def]
    """Compress highlights: close to linear below one half, never above one."""
    x = max(0.0, x)
    return x * (1.0 + x / 5.0) / (1.0 + 0.55 * x) if x < 6.0 else 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _alike(normals, faces, a, b):  # type: ignore[no-untyped-def]
    p, q = faces[a, 0], faces[b, 0]
    dot = (
        normals[p, 0] * normals[q, 0]
        + normals[p, 1] * normals[q, 1]
        + normals[p, 2] * normals[q, 2]
    )
    return dot > 0.9


@njit(cache=True, error_model="numpy", forceinline=True)
def _normal_at(vertices, normals, faces, face, point, view, out):  # type: ignore[no-untyped-def]
    """Interpolate the vertex normals at a point of a face and turn them to the eye."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    same = True
    for i in range(3):
        out[i] = normals[a, i]
        if normals[a, i] != normals[b, i] or normals[a, i] != normals[c, i]:
            same = False
    if not same:
        d00 = d01 = d11 = d20 = d21 = 0.0
        for i in range(3):
            e, f, g = (
                vertices[b, i] - vertices[a, i],
                vertices[c, i] - vertices[a, i],
                point[i] - vertices[a, i],
            )
            d00 += e * e
            d01 += e * f
            d11 += f * f
            d20 += g * e
            d21 += g * f
        determinant = d00 * d11 - d01 * d01
        if determinant > 0.0:
            s = min(1.0, max(0.0, (d11 * d20 - d01 * d21) / determinant))
            t = min(1.0, max(0.0, (d00 * d21 - d01 * d20) / determinant))
            norm = 1e-12
            for i in range(3):
                out[i] = (1 - s - t) * normals[a, i] + s * normals[b, i] + t * normals[c, i]
                norm += out[i] * out[i]
            norm = math.sqrt(norm)
            for i in range(3):
                out[i] /= norm
    if out[0] * view[0] + out[1] * view[1] + out[2] * view[2] > 0.25:
        for i in range(3):
            out[i] = -out[i]
