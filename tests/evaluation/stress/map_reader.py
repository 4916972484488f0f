"""Reads a map in words and computes what is asked from it, as a careful person would."""

from __future__ import annotations

import math
import re

import numpy as np

from sextant.geometry.box_distance import box_distance

NUM = r"(-?\d+(?:\.\d+)?)"
OBJECT = re.compile(
    rf"- (.+): center \({NUM}, {NUM}, {NUM}\), "
    rf"length {NUM}, width {NUM}, height {NUM}, turned {NUM}"
)
CAMERA = re.compile(
    rf"- camera of the (\w+) picture: at \({NUM}, {NUM}, {NUM}\), "
    rf"looks {NUM} degrees from x towards y, (.+)"
)
SLOPE = re.compile(r"looks along y, (level|\d+ degrees \w+);")


class Map:
    def __init__(self, text):
        legend, *lines = text.split("\n")
        self.boxes, self.cameras = {}, {}
        slope = SLOPE.search(legend)
        self.pitch = slope_rad(slope[1]) if slope else None
        for line in lines:
            if found := OBJECT.fullmatch(line):
                c = np.array([float(x) for x in found.groups()[1:4]])
                size = np.array([float(x) for x in found.groups()[4:7]])
                a = math.radians(float(found[8]))
                turn = np.array(
                    [[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]]
                )
                self.boxes[found[1]] = (c, size, turn)
            else:
                found = CAMERA.fullmatch(line)
                assert found, line
                place = np.array([float(x) for x in found.groups()[1:4]])
                self.cameras[found[1]] = (place, math.radians(float(found[5])), slope_rad(found[6]))

    def gap(self, a, b):
        """Distance of two boxes in metres."""
        return float(box_distance(*self.boxes[a], *self.boxes[b]))

    def from_origin(self, a):
        c, size, turn = self.boxes[a]
        inside = turn.T @ -c
        return float(np.linalg.norm(np.maximum(np.abs(inside) - size / 2, 0)))

    def corners(self, a):
        c, size, turn = self.boxes[a]
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        return c + (signs * size / 2) @ turn.T

    def in_camera(self, points):
        """Right, down, forward of the camera at the origin."""
        s, c = math.sin(self.pitch), math.cos(self.pitch)
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        return np.stack([x, y * s - z * c, y * c + z * s], axis=-1)

    def angle(self, origin, facing, target):
        """Degrees from one way to the other, to the left."""
        o, f, t = (self.point(p) for p in (origin, facing, target))
        return turned(f - o, t - o)

    def point(self, name):
        return np.zeros(2) if name is None else self.boxes[name][0][:2]

    def bearing(self, point):
        """Degrees from the way the camera at the origin looks, to the left."""
        return turned(np.array([0.0, 1.0]), point[:2])

    def height(self, a):
        return float(self.boxes[a][1][2])


def turned(v, w):
    return math.degrees(math.atan2(v[0] * w[1] - v[1] * w[0], v[0] * w[0] + v[1] * w[1]))


def slope_rad(said):
    if said == "level":
        return 0.0
    number, _, way = said.split()
    return math.radians(float(number)) * (1 if way == "up" else -1)
