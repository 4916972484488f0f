"""AI2-THOR and ProcTHOR: events of the simulator as its Python interface gives them.

The simulator has no layout on the disk; a folder for each scene holds, for each event, its
``metadata`` as JSON and its arrays beside it (``docs/sources.md`` has the ten lines that write
them). Conventions of the metadata:

- Unity: left-handed, y up, metres; degrees, clockwise seen from above for positive turns about y.
- ``cameraPosition`` is the camera; ``agent.rotation.y`` its yaw, ``agent.cameraHorizon`` its pitch,
  positive downwards. ``agent.position`` is the body's, about 0.9 m above the floor.
- ``fov`` is vertical, in degrees, for ``screenWidth`` x ``screenHeight``.
- ``objectOrientedBoundingBox.cornerPoints`` are eight corners, null for what cannot be picked up;
  then ``axisAlignedBoundingBox`` holds. Full sizes.
- ``depth_frame`` is z-depth in metres; ``colors`` maps the colours of the instance picture to ids.
"""

from sextant.sources.ai2thor.reader import FACTS, NAME, Ai2ThorSource, open_source
from sextant.sources.ai2thor.things import box_of_corners
from sextant.sources.ai2thor.views import read_depth, read_instances

__all__ = [
    "FACTS",
    "NAME",
    "Ai2ThorSource",
    "box_of_corners",
    "open_source",
    "read_depth",
    "read_instances",
]
