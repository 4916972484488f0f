"""What a material looks like at a point: solid and painted textures, evaluated per pixel.

``texture`` is compiled into the shading kernel. Coordinates are the object's own (metres, z from
its foot), so a pattern stays with its object. Where a pattern is finer than a pixel it fades into
its mean, which keeps far walls and floors from flickering.
"""

from __future__ import annotations

import math

from numba import njit

_I, _J, _K, _START = 374761393, 668265263, 2147483647, 1013904223


@njit(cache=True, error_model="numpy")
def _mix(h):  # type: ignore[no-untyped-def]
    """Map an integer to [0, 1)."""
    h &= 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF) / 16777216.0


@njit(cache=True, error_model="numpy")
def _hash(i, j, k):  # type: ignore[no-untyped-def]
    """Map three integers to [0, 1)."""
    return _mix(i * _I + j * _J + k * _K + _START)


@njit(cache=True, error_model="numpy")
def _noise(x, y, z):  # type: ignore[no-untyped-def]
    """Smooth value noise in [0, 1] with features of unit size."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    # The eight corners differ by constants before their bits are mixed.
    h = int(i) * _I + int(j) * _J + int(k) * _K + _START
    a, b = _mix(h), _mix(h + _K)
    c, d = _mix(h + _J), _mix(h + _J + _K)
    h += _I
    e, f = _mix(h), _mix(h + _K)
    g, o = _mix(h + _J), _mix(h + _J + _K)
    a, c, e, g = a + w * (b - a), c + w * (d - c), e + w * (f - e), g + w * (o - g)
    a, e = a + v * (c - a), e + v * (g - e)
    return a + u * (e - a)


@njit(cache=True, error_model="numpy")
def _band(x, period, width, pixel):  # type: ignore[no-untyped-def]
    """Return the share of a pixel at x covered by lines of ``width`` every ``period``."""
    pixel = max(pixel, 1e-6)
    d = abs(x - period * math.floor(x / period + 0.5))
    line = min(1.0, max(0.0, (width / 2 - d) / pixel + 0.5))
    mean = width / period
    fade = min(1.0, max(0.0, (pixel - 0.3 * period) / (0.7 * period)))
    return (line if width > pixel else line * width / pixel) * (1 - fade) + mean * fade


@njit(cache=True, error_model="numpy")
def _sky(dx, dy, dz, seed):  # type: ignore[no-untyped-def]
    """Return the world outside along a direction: sky, clouds, a line of trees, meadow."""
    dz += 0.16  # the land outside lies lower than the floor: more sky in the picture
    azimuth = math.atan2(dy, dx)
    skyline = (
        0.02 + 0.09 * _noise(azimuth * 9 + seed, 0.5, 0.5) + 0.03 * _noise(azimuth * 40, seed, 0.5)
    )
    if dz > skyline:
        t = min(1.0, dz * 1.8)
        cloud = _noise(dx * 4 / (dz + 0.35) + seed, dy * 4 / (dz + 0.35), 1.5)
        cloud += 0.5 * _noise(dx * 9 / (dz + 0.35), dy * 9 / (dz + 0.35) + seed, 2.5)
        c = min(1.0, max(0.0, (cloud - 0.72) * 2.4))
        r, g, b = 0.72 - 0.45 * t, 0.86 - 0.34 * t, 1.0 - 0.12 * t
        return r + (0.98 - r) * c, g + (0.98 - g) * c, b + (1.0 - b) * c
    if dz > -0.06:
        leaf = 0.55 + 0.6 * _noise(azimuth * 120, dz * 120, seed)
        return 0.17 * leaf, 0.3 * leaf, 0.13 * leaf
    grass = 0.8 + 0.3 * _noise(dx * 30 / (0.1 - dz), dy * 30 / (0.1 - dz), 0.5)
    return 0.33 * grass, 0.48 * grass, 0.2 * grass


@njit(cache=True, error_model="numpy")
def _painting(u, v, seed, ratio):  # type: ignore[no-untyped-def]
    """Return a small landscape, a still life of shapes or a colour field at u, v in [0, 1]."""
    style = int(seed) % 3
    if style == 0:
        hill = 0.45 + 0.16 * math.sin(5 * u + seed) + 0.07 * math.sin(13 * u + 2 * seed)
        near = 0.24 + 0.1 * math.sin(4 * u - seed) + 0.03 * math.sin(19 * u)
        stroke = 0.85 + 0.3 * _noise(u * 26 * ratio, v * 26, seed)
        sun = (u - 0.25 - 0.5 * _hash(int(seed), 1, 1)) * ratio
        if v < near:
            return 0.1 * stroke, 0.26 * stroke, 0.11 * stroke
        if v < hill:
            return 0.2 * stroke, 0.33 * stroke, 0.38 * stroke
        if sun * sun + (v - 0.76) * (v - 0.76) < 0.008:
            return 0.95, 0.75, 0.3
        return (0.85 - 0.35 * v) * stroke, 0.58 * stroke, (0.25 + 0.5 * v) * stroke
    r, g, b = 0.72, 0.67, 0.58
    for i in range(6):
        k = int(seed) * 7 + i
        cx, cy = _hash(k, 1, 3), _hash(k, 2, 3)
        size = 0.1 + 0.2 * _hash(k, 3, 3)
        dx, dy = (u - cx) * ratio, v - cy
        if style == 1:
            hit = dx * dx + dy * dy < size * size
        else:
            hit = abs(dx) < size * 1.3 and abs(dy) < size * 0.8
        if hit:
            hue = 6.28 * _hash(k, 4, 3)
            r = 0.32 + 0.32 * math.cos(hue)
            g = 0.3 + 0.26 * math.cos(hue - 2.1)
            b = 0.32 + 0.32 * math.cos(hue - 4.2)
    grain = 0.9 + 0.2 * _noise(u * 40 * ratio, v * 40, seed)
    return r * grain, g * grain, b * grain


@njit(cache=True, error_model="numpy", forceinline=True)
def texture(m, x, y, z, nx, ny, nz, dx, dy, dz, pixel):  # type: ignore[no-untyped-def]
    """Return linear RGB of a material at a point.

    ``m`` is the material's row of the table as a tuple: an array would have its references counted
    for every pixel. The point x, y, z (metres) and the normal nx, ny, nz are in the object's own
    axes, the viewing direction dx, dy, dz in the world; ``pixel`` is the width of a pixel at the
    point in metres.
    """
    kind = int(m[0])
    r, g, b = m[1], m[2], m[3]
    r2, g2, b2 = m[4], m[5], m[6]
    scale = m[7]
    # Two coordinates on the surface, seen along the dominant normal.
    ax, ay, az = abs(nx), abs(ny), abs(nz)
    if az >= ax and az >= ay:
        u, v = x, y
    elif ay >= ax:
        u, v = x, z
    else:
        u, v = y, z
    t = 0.0
    if kind == 1:
        p, q, s = x, y, z
        if m[10] == 1.0:
            p, q = y, x
        elif m[10] == 2.0:
            p, s = z, x
        bend = _noise(p * 1.3, q * 5.0, s * 5.0)
        rings = (q + s * 0.7 + 0.16 * bend) / scale
        fade = min(1.0, max(0.0, 1.5 - pixel / (0.4 * scale)))
        fibre = _noise(p * 12.0, q * 220.0, s * 220.0) if pixel < 0.004 else 0.5
        t = (
            0.35
            + (0.3 * math.sin(6.283 * rings) + 0.25 * (fibre - 0.5)) * fade
            + 0.35 * (bend - 0.5)
        )
    elif kind == 2:
        w = scale
        t = 0.2 + 0.35 * (_noise(x * 7, y * 7, z * 7) - 0.5)
        if pixel < 1.2 * w:
            weave = math.sin(6.283 * u / w) * math.sin(6.283 * v / w)
            t += 0.3 * weave * max(0.0, 1 - pixel / (1.2 * w))
    elif kind == 3:
        i, j = math.floor(u / scale), math.floor(v / scale)
        tone = 0.94 + 0.12 * _hash(int(i), int(j), 5)
        r, g, b = r * tone, g * tone, b * tone
        t = max(_band(u, scale, 0.006, pixel), _band(v, scale, 0.006, pixel))
    elif kind == 4:
        tone = 0.985 + 0.03 * _noise(x / scale, y / scale, z / scale)
        if pixel < 0.006:
            tone += 0.03 * (_noise(x * 90, y * 90, z * 90) - 0.5)
        return r * tone, g * tone, b * tone
    elif kind == 5:
        t = 0.5 * _noise(x * 3, y * 3, z)
        if pixel < 0.02:
            t += 0.7 * (_noise(x / scale, y / scale, z) - 0.5) * (1 - pixel / 0.02) + 0.1
    elif kind == 6:
        warp = _noise(x / scale, y / scale, z / scale) + 0.5 * _noise(
            2.3 * x / scale, 2.3 * y / scale, 2.3 * z / scale
        )
        vein = abs(math.sin(3.0 * (x + y + z) / scale + 5.0 * warp))
        t = (1 - vein) * (1 - vein) * 0.8
        if pixel < 0.006:
            t += 0.25 * (_noise(x * 160, y * 160, z * 160) - 0.5)
    elif kind == 7:
        course = math.floor(v / 0.075)
        shifted = u + (0.12 if int(course) & 1 else 0.0)
        tone = 0.78 + 0.44 * _hash(math.floor(shifted / 0.24), int(course), 9)
        r, g, b = r * tone, g * tone, b * tone
        t = max(_band(shifted, 0.24, 0.011, pixel), _band(v, 0.075, 0.011, pixel))
    elif kind == 12:
        plank = math.floor(v / scale)
        offset = 1.1 * _hash(int(plank), 3, 1)
        board = math.floor((u + offset) / 1.1)
        tone = 0.8 + 0.36 * _hash(int(plank), int(board), 2)
        r, g, b = r * tone, g * tone, b * tone
        seam = max(_band(v, scale, 0.003, pixel), _band(u + offset, 1.1, 0.003, pixel))
        fade = min(1.0, max(0.0, 1.4 - pixel / 0.015))
        grain = _noise(u * 2.0 + 9 * board, v * 42.0, plank) - 0.5
        t = 0.25 + 0.55 * grain * fade
        if seam > 0.0:
            t = t + (1.6 - t) * seam
    elif kind == 18:
        if m[13] > 0.0:
            land = _noise(x / scale, y / scale, z / scale) + 0.4 * _noise(
                3 * x / scale, 3 * y / scale, 3 * z / scale
            )
            t = 1.0 if land > 0.78 else 0.0
        else:
            t = 0.5 * _noise(x * 30, y * 30, z * 30)
    elif kind == 19:
        # What metal mirrors: a bright ceiling, a darker floor, a soft dark horizon.
        k = dx * nx + dy * ny + dz * nz
        up = dz - 2 * k * nz
        env = 0.62 + 0.4 * up - 0.3 * math.exp(-14 * up * up)
        return r * (0.45 + 0.9 * env), g * (0.45 + 0.9 * env), b * (0.45 + 0.9 * env)
    elif kind == 21:
        a = math.atan2(y, x) + 3.14159265
        t = 1.0 if int(a * 6 / 6.2831854) & 1 else 0.0
        if abs(z - m[10]) > 0.9 * m[10]:
            t = 1.0
    elif kind >= 8:
        return _panel(kind, m, x, y, z, dx, dy, dz, pixel)
    t = min(1.6, max(0.0, t))
    return (
        max(0.0, r + (r2 - r) * t), max(0.0, g + (g2 - g) * t), max(0.0, b + (b2 - b) * t)
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _panel(kind, m, x, y, z, dx, dy, dz, pixel):  # type: ignore[no-untyped-def]
    """Return what a framed panel shows: pictures, screens, dials, keys, covers, rugs."""
    r, g, b = m[1], m[2], m[3]
    r2, g2, b2 = m[4], m[5], m[6]
    w, h, seed, variant = m[10], m[11], m[12], m[13]
    if kind == 11:
        return _sky(dx, dy, dz, variant)
    if kind == 15:
        # A mirror shows the room behind the eye: ceiling, wall and floor, softly, and streaks.
        t = min(1.0, max(0.0, 0.5 + 4 * (dz + 0.1)))
        d = (x + 0.55 * (z - variant)) / w
        streak = 0.22 if 0.02 < d < 0.16 or 0.2 < d < 0.24 or -0.5 < d < -0.4 else 0.0
        return (
            (r2 + (r - r2) * t) * 0.85 + streak, (g2 + (g - g2) * t) * 0.95 + streak,
            (b2 + (b - b2) * t) * 1.1 + streak,
        )  # fmt: skip
    if kind == 16:
        radius, hour = m[10], m[11]
        q = z - variant
        d, a = math.sqrt(x * x + q * q) / radius, math.atan2(x, q)
        mark = abs(a - 0.5235988 * math.floor(a / 0.5235988 + 0.5)) * d * radius
        if (0.8 < d < 0.95 and mark < 0.05 * radius) or d > 0.98:
            return r2, g2, b2
        for hand in range(2):
            at = 0.5235988 * hour if hand == 0 else 6.2831853 * (hour - math.floor(hour))
            along = (x * math.sin(at) + q * math.cos(at)) / radius
            off = abs(x * math.cos(at) - q * math.sin(at)) / radius
            if -0.08 < along < (0.5 if hand == 0 else 0.74) and off < (
                0.045 if hand == 0 else 0.028
            ):
                return r2, g2, b2
        return r, g, b
    if kind == 17:
        q = y - variant
        key = max(_band(x, 0.019, 0.004, pixel), _band(q, 0.019, 0.004, pixel))
        if q < -h / 2 + 0.019 and abs(x) < 0.055:
            key = _band(q, 0.019, 0.004, pixel)
        return r + (r2 - r) * key, g + (g2 - g) * key, b + (b2 - b) * key
    if kind == 14:
        u, v = abs(x) / (w / 2), abs(y) / (h / 2)
        edge = min((1 - u) * w / 2, (1 - v) * h / 2)
        t = 0.0
        if 0.05 < edge < 0.09 or 0.13 < edge < 0.15:
            t = 1.0
        elif edge > 0.15:
            if int(seed) % 2 == 0:
                a, c = x / 0.28 + y / 0.28, x / 0.28 - y / 0.28
                fa, fc = a - math.floor(a), c - math.floor(c)
                t = 1.0 if (0.3 < fa < 0.7) != (0.3 < fc < 0.7) else 0.0
                t *= 0.7
            else:
                t = 0.9 if math.floor(y / 0.12) & 1 else 0.1
        pile = 0.9 + 0.2 * _noise(x * 120, y * 120, 0.5) if pixel < 0.01 else 1.0
        return (r + (r2 - r) * t) * pile, (g + (g2 - g) * t) * pile, (b + (b2 - b) * t) * pile
    if kind == 20:
        if variant > 0.0:  # upright: bands across the spine
            q = z / h
            t = 1.0 if 0.12 < q < 0.16 or 0.84 < q < 0.88 else 0.0
            if 0.35 < q < 0.7 and abs(x) < 0.22 * w:
                t = 0.8
        else:
            p, q = x / w, y / h
            t = 0.9 if 0.12 < q < 0.3 and abs(p) < 0.36 else 0.0
            if abs(q + 0.3) < 0.02 and abs(p) < 0.25:
                t = 0.8
            if q * q * 1.8 + (p + 0.02) * (p + 0.02) < 0.022 and q < 0.05:
                t = 0.55
        return r + (r2 - r) * t, g + (g2 - g) * t, b + (b2 - b) * t
    p, q = x / w + 0.5, (z - variant) / h + 0.5
    if kind == 10:
        return _painting(p, q, seed, w / max(h, 1e-6))
    if kind == 8:
        hill = 0.4 + 0.15 * math.sin(6 * p + seed) + 0.05 * math.sin(17 * p)
        sea = 0.22 + 0.03 * math.sin(9 * p + 2 * seed)
        if q < sea:
            glint = 0.7 + 0.5 * _noise(p * 8, q * 90, seed)
            return 0.05 * glint, 0.3 * glint, 0.5 * glint
        if q < hill:
            tree = 0.6 + 0.7 * _noise(p * 40, q * 40, seed)
            return 0.1 * tree, 0.36 * tree, 0.12 * tree
        return 0.35 + 0.5 * (1 - q), 0.55 + 0.25 * (1 - q), 0.95
    # A computer desktop: wallpaper, bar, two windows with lines of text.
    if q < 0.06:
        return (0.75, 0.3, 0.2) if 0.02 < p < 0.05 else (0.04, 0.05, 0.07)
    if 0.08 < p < 0.6 and 0.16 < q < 0.9:
        if q > 0.84:
            return 0.16, 0.3, 0.52
        line = math.floor(q * 26)
        if (
            (q * 26 - line) < 0.45
            and p - 0.12 < 0.1 + 0.34 * _hash(line, int(seed), 4)
            and p > 0.12
        ):
            return 0.22, 0.25, 0.3
        return 0.88, 0.89, 0.9
    if 0.64 < p < 0.95 and 0.35 < q < 0.82:
        bar = math.floor((p - 0.64) * 22)
        if (
            q - 0.38 < 0.38 * _hash(bar, int(seed), 8)
            and ((p - 0.64) * 22 - bar) < 0.65
            and q > 0.38
        ):
            return 0.15, 0.5, 0.45
        return 0.93, 0.93, 0.93
    swirl = 0.5 + 0.5 * math.sin(5 * p + 4 * q + seed)
    return 0.08 + 0.2 * swirl, 0.22 + 0.1 * swirl, 0.5 + 0.15 * q
