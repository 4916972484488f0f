"""Kernels of the z-buffer: clip a face, project it, fill its pixels.

``R``, ``t`` map the world into the camera; ``k`` is (5,): fx, skew, cx, fy, cy in pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True)
def _fill(p, inverse_depth, ids, face):  # type: ignore[no-untyped-def]
    """Draw one screen triangle ``p`` (3, 3) of u, v, 1/z; return how many pixels it won."""
    height, width = inverse_depth.shape
    x0, y0, w0 = p[0, 0], p[0, 1], p[0, 2]
    x1, y1, w1 = p[1, 0], p[1, 1], p[1, 2]
    x2, y2, w2 = p[2, 0], p[2, 1], p[2, 2]
    top, bottom = min(y0, y1, y2), max(y0, y1, y2)
    left, right = min(x0, x1, x2), max(x0, x1, x2)
    if bottom < 0.5 or top > height - 0.5 or right < 0.5 or left > width - 0.5:
        return 0
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area == 0.0:
        return 0
    gx = ((w1 - w0) * (y2 - y0) - (w2 - w0) * (y1 - y0)) / area
    gy = ((w2 - w0) * (x1 - x0) - (w1 - w0) * (x2 - x0)) / area
    # A sliver seen edge-on has huge gradients; what it shows still lies between its corners.
    low, high = min(w0, w1, w2), max(w0, w1, w2)
    sliver = abs(area) < 1.0
    first_row = max(0, math.ceil(top - 0.5))
    last_row = min(height - 1, math.floor(bottom - 0.5))
    won = 0
    for row in range(first_row, last_row + 1):
        y = row + 0.5
        xl, xr = math.inf, -math.inf
        for e in range(3):
            a, b = e, (e + 1) % 3
            if p[a, 1] > p[b, 1] or (p[a, 1] == p[b, 1] and p[a, 0] > p[b, 0]):
                a, b = b, a
            ya, yb = p[a, 1], p[b, 1]
            if ya > y or yb < y:
                continue
            if ya == yb:
                xl, xr = min(xl, p[a, 0]), max(xr, p[b, 0])
            else:
                x = p[a, 0] + (y - ya) * ((p[b, 0] - p[a, 0]) / (yb - ya))
                xl, xr = min(xl, x), max(xr, x)
        if xl > width - 0.5 or xr < 0.5:
            continue
        first = max(0, math.ceil(xl - 0.5))
        last = min(width - 1, math.floor(xr - 0.5))
        base = w0 + gy * (y - y0) + gx * (0.5 - x0)
        line, owner = inverse_depth[row], ids[row]
        if sliver:
            for column in range(first, last + 1):
                w = min(high, max(low, base + gx * column))
                if w > line[column]:
                    line[column] = w
                    owner[column] = face
                    won += 1
        else:
            for column in range(first, last + 1):
                w = base + gx * column
                if w > line[column]:
                    line[column] = w
                    owner[column] = face
                    won += 1
    return won


@njit(cache=True)
def _draw_face(camera, screen, triangle, k, near, cull, stamp, p, inverse_depth, ids, face):  # type: ignore[no-untyped-def]
    """Clip a face at the near plane, project it and fill it; ``p`` is (4, 3) scratch.

    ``screen`` has the vertices as :func:`_to_screen` projects them.

    With ``stamp`` > 0 that number takes the place of 1/z: a later object then wins every pixel
    once, which counts its area without clearing the buffer in between.
    """
    a, b, c = triangle[0], triangle[1], triangle[2]
    za, zb, zc = camera[a, 2], camera[b, 2], camera[c, 2]
    if za < near and zb < near and zc < near:
        return 0
    n = 3
    if za >= near and zb >= near and zc >= near:
        for e in range(3):
            i = triangle[e]
            p[e, 0], p[e, 1] = screen[i, 0], screen[i, 1]
            p[e, 2] = stamp if stamp > 0.0 else screen[i, 2]
    else:
        n = 0
        for e in range(3):
            i, j = triangle[e], triangle[(e + 1) % 3]
            zi, zj = camera[i, 2], camera[j, 2]
            if zi >= near:
                p[n, 0], p[n, 1], p[n, 2] = camera[i, 0], camera[i, 1], zi
                n += 1
            if (zi >= near) != (zj >= near):
                if zi > zj:  # the same order from both sides: neighbours are cut at the same point
                    i, j = j, i
                    zi, zj = zj, zi
                s = (near - zi) / (zj - zi)
                p[n, 0] = camera[i, 0] + s * (camera[j, 0] - camera[i, 0])
                p[n, 1] = camera[i, 1] + s * (camera[j, 1] - camera[i, 1])
                p[n, 2] = near
                n += 1
        for i in range(n):
            x, y, z = p[i, 0], p[i, 1], p[i, 2]
            p[i, 0] = (k[0] * x + k[1] * y) / z + k[2]
            p[i, 1] = k[3] * y / z + k[4]
            p[i, 2] = stamp if stamp > 0.0 else 1.0 / z
    if cull:
        area = (p[1, 0] - p[0, 0]) * (p[2, 1] - p[0, 1])
        area -= (p[2, 0] - p[0, 0]) * (p[1, 1] - p[0, 1])
        if area >= 0.0:  # v points down, so counterclockwise to the eye is negative here
            return 0
    won = _fill(p, inverse_depth, ids, face)
    if n == 4:
        for i in range(3):
            p[1, i] = p[2, i]
            p[2, i] = p[3, i]
        won += _fill(p, inverse_depth, ids, face)
    return won


@njit(cache=True)
def draw(vertices, faces, values_of_face, R, t, k, near, cull, inverse_depth, ids):  # type: ignore[no-untyped-def]
    """Draw all faces; return (H, W) z-depth and values, and fill 1/z and the ids in place."""
    camera = _to_camera(vertices, R, t)
    screen = _to_screen(camera, k)
    p = np.zeros((4, 3))
    for face in range(len(faces)):
        _draw_face(camera, screen, faces[face], k, near, cull, 0.0, p, inverse_depth, ids, face)
    height, width = inverse_depth.shape
    depth_m = np.full((height, width), np.nan, dtype=np.float32)
    values = np.zeros((height, width), dtype=np.int32)
    for row in range(height):
        for column in range(width):
            face = ids[row, column]
            if face >= 0:
                depth_m[row, column] = 1.0 / inverse_depth[row, column]
                values[row, column] = values_of_face[face]
    return depth_m, values


@njit(cache=True)
def cover(vertices, faces, offsets, R, t, k, near, width, height):  # type: ignore[no-untyped-def]
    """Count the pixels of every run of faces, as if it were alone."""
    camera = _to_camera(vertices, R, t)
    screen = _to_screen(camera, k)
    p = np.zeros((4, 3))
    stamps = np.zeros((height, width))
    ids = np.zeros((height, width), dtype=np.int32)
    covered = np.zeros(len(offsets) - 1, dtype=np.int64)
    for index in range(len(covered)):
        stamp = index + 1.0
        for face in range(offsets[index], offsets[index + 1]):
            covered[index] += _draw_face(
                camera, screen, faces[face], k, near, False, stamp, p, stamps, ids, face
            )
    return covered


@njit(cache=True)
def _to_camera(vertices, R, t):  # type: ignore[no-untyped-def]
    camera = np.zeros_like(vertices)
    for i in range(len(vertices)):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        for j in range(3):
            camera[i, j] = R[j, 0] * x + R[j, 1] * y + R[j, 2] * z + t[j]
    return camera


@njit(cache=True)
def _to_screen(camera, k):  # type: ignore[no-untyped-def]
    """Project every vertex before the camera to u, v, 1/z: once, not once per face it is in."""
    screen = np.zeros_like(camera)
    for i in range(len(camera)):
        x, y, z = camera[i, 0], camera[i, 1], camera[i, 2]
        if z > 0.0:
            screen[i, 0] = (k[0] * x + k[1] * y) / z + k[2]
            screen[i, 1] = k[3] * y / z + k[4]
            screen[i, 2] = 1.0 / z
    return screen
