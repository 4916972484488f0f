"""People and plants."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from sextant.sources.procedural.materials import (
    Kind,
    Material,
    fabric,
    linear,
    pick,
    plain,
    scaled,
)
from sextant.sources.procedural.model import Model
from sextant.sources.procedural.sculpting import Sculptor, turn, z_axis_to

SKINS = ("e6b899", "d39e7a", "a8714c", "7a4b30", "f0cdb4", "5c3924")
HAIRS = ("2a1c14", "4a2f1c", "8a6232", "151214", "b08a4a", "7a7672")


def person(rng: Generator) -> Model:
    """A standing person; face, feet and hands point to the front."""
    k = float(rng.uniform(1.55, 1.88)) / 1.75
    name, shirt = pick(rng, "red", "blue", "green", "yellow", "purple", "orange", "white", "pink")
    _, trouser = pick(rng, "blue", "black", "gray", "brown", "beige")
    skin = plain(linear(SKINS[int(rng.integers(len(SKINS)))]), 0.12)
    hair = plain(linear(HAIRS[int(rng.integers(len(HAIRS)))]), 0.12)
    cloth, legs = fabric(shirt), fabric(trouser)
    shoes = plain((0.03, 0.03, 0.035), 0.3)
    s = Sculptor()

    def p(x: float, y: float, z: float) -> tuple[float, float, float]:
        return k * x, k * y, k * z

    for sx in (-1, 1):
        s.box(
            p(sx * 0.095 - 0.045, -0.17, 0),
            p(sx * 0.095 + 0.045, 0.09, 0.075),
            shoes,
            0.035 * k,
            soft=True,
        )
        s.rod(p(sx * 0.095, 0.02, 0.06), p(sx * 0.092, 0.0, 0.48), 0.05 * k, legs, 0.064 * k, 14)
        s.ball(p(sx * 0.092, 0.0, 0.48), 0.065 * k, legs)
        s.rod(p(sx * 0.092, 0.0, 0.48), p(sx * 0.085, 0.01, 0.88), 0.064 * k, legs, 0.088 * k, 14)
    _torso(s, k, legs, [(0.14, 0.105, 0.8), (0.168, 0.115, 0.88), (0.16, 0.108, 0.98)])
    _torso(
        s,
        k,
        cloth,
        [
            (0.165, 0.118, 0.94),
            (0.158, 0.11, 1.05),
            (0.178, 0.122, 1.2),
            (0.19, 0.118, 1.34),
            (0.165, 0.095, 1.42),
            (0.08, 0.06, 1.465),
        ],
    )
    s.rod(p(0, 0.01, 1.42), p(0, -0.005, 1.54), 0.055 * k, skin, 0.05 * k, 14)
    swing = float(rng.uniform(0.0, 0.25))
    for sx in (-1, 1):
        shoulder = np.array(p(sx * 0.2, 0.0, 1.39))
        elbow = np.array(p(sx * 0.255, 0.03, 1.12))
        hand = np.array(p(sx * 0.25, -0.06 - swing * (sx > 0), 0.9 + 0.35 * swing * (sx > 0)))
        s.ball(shoulder, 0.06 * k, cloth)
        s.rod(shoulder, elbow, 0.055 * k, cloth, 0.043 * k, 12)
        s.ball(elbow, 0.0435 * k, cloth)
        s.rod(elbow, elbow + 0.55 * (hand - elbow), 0.043 * k, cloth, 0.039 * k, 12)
        s.rod(elbow + 0.5 * (hand - elbow), hand, 0.034 * k, skin, 0.028 * k, 12)
        s.ball(hand, p(0.032, 0.045, 0.06), skin, z_axis_to(hand - elbow))
    head = p(0, -0.01, 1.63)
    s.ball(head, p(0.078, 0.098, 0.118), skin, segments=20, rings=14)
    s.ball(p(0, -0.055, 1.565), p(0.05, 0.045, 0.04), skin)
    s.ball(p(0, 0.022, 1.665), p(0.086, 0.095, 0.1), hair, segments=20, rings=12)
    s.ball(p(0, -0.045, 1.72), p(0.07, 0.055, 0.04), hair)
    if rng.random() < 0.5:
        s.ball(p(0, 0.065, 1.56), p(0.085, 0.05, 0.15), hair)
    s.ball(p(0, -0.115, 1.61), p(0.014, 0.022, 0.024), skin, segments=8, rings=6)
    s.box(
        p(-0.024, -0.1045, 1.552), p(0.024, -0.09, 1.562), plain(linear("a04a44"), 0.2), 0.003 * k
    )
    for sx in (-1, 1):
        s.ball(
            p(sx * 0.03, -0.095, 1.645),
            p(0.014, 0.01, 0.01),
            plain((0.85, 0.85, 0.85), 0.5),
            segments=10,
            rings=6,
        )
        s.ball(
            p(sx * 0.03, -0.1035, 1.645),
            p(0.0075, 0.004, 0.0075),
            plain((0.03, 0.02, 0.015), 0.6),
            segments=8,
            rings=6,
        )
        s.box(p(sx * 0.03 - 0.018, -0.103, 1.667), p(sx * 0.03 + 0.018, -0.088, 1.674), hair, 0.002)
        s.ball(p(sx * 0.078, 0.0, 1.625), p(0.012, 0.022, 0.032), skin, segments=8, rings=6)
    return s.finish(name, is_person=True)


def _torso(s: Sculptor, k: float, cloth: Material, rings: list[tuple[float, float, float]]) -> None:
    angles = [2 * math.pi * i / 20 for i in range(20)]
    s.loft(
        [
            ([(k * a * math.cos(t), k * b * math.sin(t)) for t in angles], k * z)
            for a, b, z in rings
        ],
        cloth,
    )


def potted_plant(rng: Generator) -> Model:
    """A plant with broad leaves in a pot, for the floor."""
    return _plant(rng, float(rng.uniform(0.7, 1.3)), float(rng.uniform(0.14, 0.19)))


def small_plant(rng: Generator) -> Model:
    """A plant in a small pot, for tables and sills."""
    return _plant(rng, float(rng.uniform(0.22, 0.34)), float(rng.uniform(0.05, 0.07)))


def _plant(rng: Generator, height: float, pot: float) -> Model:
    _, clay = pick(rng, "orange", "white", "gray", "brown", "blue")
    h = 1.6 * pot
    s = Sculptor()
    s.lathe(
        [
            (0.7 * pot, 0),
            (0.95 * pot, 0.85 * h),
            (pot * 1.05, 0.85 * h),
            (pot * 1.05, h),
            (0.92 * pot, h),
            (0.9 * pot, 0.9 * h),
        ],
        plain(clay, 0.2),
        segments=22,
    )
    s.lathe(
        [(0.9 * pot, 0.9 * h), (0.9 * pot, 0.92 * h)],
        plain((0.045, 0.028, 0.018), 0.0),
        segments=22,
    )
    green = linear(("2f6b32", "3f7d3a", "2a5a3a", "4c8c3c")[int(rng.integers(4))])
    leaf = Material(Kind.LEAF, green, scaled(green, 1.7), 0.05, 0.2)
    stem = plain(scaled(linear("5a4a2a"), 0.8))
    count = int(rng.integers(18, 26))
    spread = 0.42 * height if height < 0.5 else 0.3 * height
    s.rod((0, 0, 0.9 * h), (0, 0, h + 0.45 * (height - h)), 0.05 * pot + 0.004, stem, 0.003, 7)
    for i in range(count):
        turn_rad = i * 2.39996 + float(rng.uniform(-0.2, 0.2))
        level = (i + 0.5) / count
        start = np.array([0, 0, h + 0.4 * level * (height - h)])
        reach = spread * (1.0 - 0.55 * level) * float(rng.uniform(0.8, 1.1))
        tip = np.array(
            [
                reach * math.cos(turn_rad),
                reach * math.sin(turn_rad),
                h + (0.25 + 0.7 * level) * (height - h),
            ]
        )
        s.rod(start, tip, 0.004 + 0.01 * pot, stem, 0.003, 5)
        length = float(rng.uniform(0.26, 0.34)) * height
        outward = np.array([math.cos(turn_rad), math.sin(turn_rad), 0.75 - 0.9 * (1 - level)])
        axis = z_axis_to(outward)
        R = np.asarray(axis @ turn(2, _flatten(axis)))
        s.ball(
            tip + 0.4 * length * outward / np.linalg.norm(outward),
            (0.3 * length, 0.03 * length, 0.6 * length),
            leaf,
            R,
            segments=8,
            rings=6,
        )
    return s.finish("green", front=False)


def _flatten(axis: np.ndarray) -> float:
    # Turn about the leaf's length so that its broad side (local x) is level.
    return math.atan2(-float(axis[2, 0]), float(axis[2, 1]))
