"""Turn, scale, mirror or rename a whole scene: truths stay, or change in the one way they must."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from following import CLASSES, LAWS, ROOMS, cases, changed, follow, original
from mirrored import mirrored_words

from sextant.questions.facts import Drop, Fact

DRAWN_PUZZLES = {
    "cr.maze_path": "a drawn maze, not the scene",
    "mr.block_count": "a drawn pile, not the scene",
    "mr.three_views": "drawn solids, not the scene",
}
"""Families that no change of the scene can touch."""

UNSUPPLIED: dict[str, str] = {}
"""Families of which the two rooms hold no fact, with the reason."""


PENDING: dict[tuple[str, str], str] = {}
"""Known violations, by family and law."""

SWAPPING = frozenset({
    "cr.passing_side", "cr.route_endpoint", "cr.route_planning", "mm.point_depth",
    "mm.point_distance", "mr.around_object", "mr.layout_map", "mr.map_position", "mr.object_view",
    "mr.room_shape", "pt.camera_centric", "pt.camera_direction", "pt.camera_position",
    "pt.camera_rotation", "pt.compass_direction", "pt.human_centric", "pt.hypothetical_direction",
    "pt.object_centric", "pt.point_correspondence", "sr.camera_proximity",
    "sr.egocentric_direction", "sr.facing", "sr.filtered_count", "sr.image_position",
})  # fmt: skip
"""Families in which a mirror swaps words of the question or of the truth, or marked pixels."""


ON_SCENE = [name for name in CLASSES if name not in DRAWN_PUZZLES]


@pytest.mark.parametrize("law_name", [*LAWS, "renamed"])
@pytest.mark.parametrize("family", ON_SCENE)
def test_truths_follow_the_scene(family, law_name):
    try:
        for case in cases(family):
            follow(CLASSES[family], case, law_name)
    except AssertionError:
        if (family, law_name) in PENDING:
            pytest.xfail(PENDING[family, law_name])
        raise


def test_what_no_law_applies_to_is_listed():
    puzzles = {name for name, cls in CLASSES.items() if "simulated" in cls.needs}
    assert puzzles == set(DRAWN_PUZZLES)
    unsupplied = {
        name for name in ON_SCENE if not any(isinstance(c.outcome, Fact) for c in cases(name))
    }
    assert unsupplied == set(UNSUPPLIED)


def test_what_swaps_in_a_mirror_is_listed():
    swapping = set()
    for family in ON_SCENE:
        for case in cases(family):
            if isinstance(case.outcome, Fact):
                asked = LAWS["mirrored"].ask(family, case.ask)
                said = (case.outcome.label or "", case.outcome.quantity)
                if asked != case.ask or any(mirrored_words(w) != w for w in said):
                    swapping.add(family)
    assert swapping <= SWAPPING <= set(ON_SCENE)


def test_most_categories_get_words_never_heard():
    for room in range(len(ROOMS)):
        old, new = original(room).scene, changed("renamed", room).scene
        pairs = list(zip(old.objects, new.objects, strict=True))
        assert all(a.id != b.id for a, b in pairs)
        changed_names = {a.category for a, b in pairs if a.category != b.category}
        assert len(changed_names) >= 0.6 * len({a.category for a, _ in pairs})


@pytest.mark.parametrize("room", range(len(ROOMS)))
def test_a_mirrored_room_is_a_room(room):
    scene, mirror = original(room).scene, changed("mirrored", room).scene
    for a, b in zip(scene.objects, mirror.objects, strict=True):
        assert np.linalg.det(b.box.R_world_box) == pytest.approx(1.0)
        corners = np.sort(a.box.corners * [-1, 1, 1], axis=0)
        np.testing.assert_allclose(np.sort(b.box.corners, axis=0), corners, atol=1e-12)
    one, two = original(room).visibility, changed("mirrored", room).visibility
    np.testing.assert_array_equal(one.pixel_count, two.pixel_count)
    np.testing.assert_allclose(one.box2d[..., [1, 3]], two.box2d[..., [1, 3]])
    np.testing.assert_allclose(320 - one.box2d[..., [2, 0]], two.box2d[..., [0, 2]])
    twice = LAWS["mirrored"].scene(mirror)
    for a, b in zip(scene.frames, twice.frames, strict=True):
        np.testing.assert_allclose(a.T_world_camera, b.T_world_camera)
        np.testing.assert_array_equal(a.read_depth(), b.read_depth())


class Worldly(CLASSES["mm.object_distance"]):
    """A family that counts from the world's origin."""

    def measure(self, ctx, ask):
        fact = super().measure(ctx, ask)
        if isinstance(fact, Drop):
            return fact
        return dataclasses.replace(
            fact, value=fact.value + abs(ctx.object(ask.objects[0]).box.center[0])
        )


class Absolute(CLASSES["mm.object_distance"]):
    """A family with a length that no threshold names."""

    def measure(self, ctx, ask):
        fact = super().measure(ctx, ask)
        return fact if isinstance(fact, Drop) or fact.value < 1.7 else Drop("too far")


class Biased(CLASSES["sr.egocentric_direction"]):
    """A family that always says left."""

    def measure(self, ctx, ask):
        fact = super().measure(ctx, ask)
        return fact if isinstance(fact, Drop) else dataclasses.replace(fact, label="left")


class Nominal(CLASSES["mm.object_distance"]):
    """A family that looks at names."""

    def measure(self, ctx, ask):
        fact = super().measure(ctx, ask)
        if isinstance(fact, Drop):
            return fact
        return dataclasses.replace(fact, value=fact.value + len(ctx.categories[ask.objects[0]]))


@pytest.mark.parametrize(
    ("cls", "law_name"),
    [(Worldly, "turned"), (Absolute, "scaled"), (Biased, "mirrored"), (Nominal, "renamed")],
)
def test_a_family_that_breaks_a_law_is_found(cls, law_name):
    found = 0
    for case in cases(cls.id):
        outcome = cls().measure(original(case.room), case.ask)
        try:
            follow(cls, case._replace(outcome=outcome), law_name)
        except AssertionError:
            found += 1
    assert found
