"""7-Scenes-style posed RGB-D: ``frame-XXXXXX.{color.png,depth.png,pose.txt}``.

Conventions of the files: camera-to-world poses in OpenCV axes (rotations off by up to 4e-4, so
they are projected and counted), depth in millimetres as uint16 with 0 and 65535 invalid, world =
the first camera (turned upright here, see ``gravity``), no objects, 30 frames a second.
"""

from sextant.sources.seven_scenes.reader import FACTS, NAME, SevenScenesSource, open_source

__all__ = ["FACTS", "NAME", "SevenScenesSource", "open_source"]
