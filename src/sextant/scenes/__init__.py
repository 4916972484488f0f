"""One schema for every capture: scenes, frames, cameras, objects, and a store for them."""

from sextant.scenes.camera import Camera
from sextant.scenes.frame import Frame
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.scene import Room, Scene
from sextant.scenes.sightings import SeenThing, Sighting

__all__ = [
    "Camera", "Frame", "Mesh", "Room", "Scene", "SceneObject", "SeenThing", "Sighting",
]  # fmt: skip
