"""A place is the same under all of its names, and never two places under one."""

from __future__ import annotations

import pytest

from sextant.corpus.scene_names import keys_in, keys_of_item, scene_keys

SAME = [
    [("scannet", "scene0011_00"), ("ScanNet", "scene0011_01"), ("vsi_meta", "scannet/scene0011_00"),
     ("posed_rgbd", "scannet_scene0011_00"), ("x", "SCENE0011_00_vh_clean_2.ply"),
     ("scannet", "scans/scene0011_00/color/100.jpg"), ("ScanNetV2", "scene0011")],
    [("scannetpp", "0d2ee665be"), ("ScanNet++", "0d2ee665be"), ("vsi_meta", "scannetpp/0d2ee665be"),
     ("x", "scannetpp_v2/data/0d2ee665be")],
    [("arkitscenes", "42445028"), ("ARKitScenes", "Training/42445028"),
     ("vsi_meta", "arkitscenes/42445028"), ("arkitscenes", "42445028.mp4")],
    [("hypersim", "ai_001_010"), ("Hypersim", "ai_001_010/cam_00")],
    [("3rscan", "0ad2d3a1-79e2-2212-9a99-a5a3a5a5a5a5"),
     ("x", "3RScan/0AD2D3A1-79E2-2212-9A99-A5A3A5A5A5A5")],
    [("Matterport3D", "17DRP5sb8fy"), ("mp3d", "17DRP5sb8fy"), ("x", "mp3d/17DRP5sb8fy/region_2")],
    [("procedural", "room_000005_0013"), ("procedural", "room-000005-0013")],
]  # fmt: skip


@pytest.mark.parametrize("names", SAME)
def test_one_place(names):
    keys = [scene_keys(*name) for name in names]
    assert set.intersection(*map(set, keys)), keys


def test_all_recognised_names_of_different_places_differ():
    firsts = [scene_keys(*names[0]) for names in SAME]
    assert len(frozenset().union(*firsts)) == sum(map(len, firsts))
    assert not scene_keys("scannet", "scene0011_00") & scene_keys("scannet", "scene0012_00")
    assert not scene_keys("a", "room_1") & scene_keys("b", "room_1")


@pytest.mark.parametrize(
    "text", ["coco/val2017/000000123456.jpg", "12345678", "0123456789", "question-17", "", "a/b.c"]
)
def test_what_is_no_scene_has_no_key(text):
    assert keys_in(text) == frozenset()


def test_items_speak_through_cluster_or_paths():
    assert keys_of_item("scannet/scene0011", ()) == keys_of_item("", ["scannet/scene0011_00.mp4"])
    assert keys_of_item("17", ["images/17.jpg"]) == frozenset()
    assert keys_of_item("procedural/room_1", ["images/aa/aa.png"]) == scene_keys(
        "procedural", "room_1"
    )


def test_long_names_take_no_time():
    assert scene_keys("x" * 10**6, "/" * 10**6) == frozenset()
    keys_in("scene" * 10**6)
