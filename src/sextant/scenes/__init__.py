"""One schema for every capture: ``Scene``, ``Frame``, ``Camera``, ``SceneObject``, ``SceneStore``."""

from sextant.scenes.camera import Camera
from sextant.scenes.frame import Frame
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.scene import Room, Scene

__all__ = ["Camera", "Frame", "Mesh", "Room", "Scene", "SceneObject"]
