"""Ego-Exo4D: skilled people seen by their own glasses (Aria) and by static GoPros.

Conventions of the files, after Project Aria's documentation and Ego-Exo4D's notebooks:

- ``closed_loop_trajectory.csv``: T_world_device at 1 kHz, quaternion x, y, z, w; the world's
  gravity stands in every row (down z; another one is turned).
- ``online_calibration.jsonl``: T_device_camera with quaternions [w, [x, y, z]], lenses of 15
  parameters for the full sensor (2880x2880). Pictures of 1408x1408 are that less 32 pixels at each
  side, halved; pixel centres at whole numbers.
- ``<aria>_214-1.mp4`` is stored upright, that is a quarter turn clockwise of the sensor's raster.
- Frame k of a take's videos is row ``timesync_start_idx + 1 + k`` of ``timesync.csv`` of the
  capture, whose times are the device's, in nanoseconds. (Some users' code leaves out the + 1; the
  difference is 33 ms.)
- ``gopro_calibs.csv``: T_world_cam, quaternion x, y, z, w; Kannala-Brandt fisheye fx fy cx cy k0 to
  k3; ``quality`` other than 1 is a camera that was not localised; start and end frame of -1 is all.

What is not here: objects. Relation masks (``relations.py``) show the same thing in several views,
but nothing says where it is or how large: it can be asked which is the same, and nothing that is
measured. Frames serve for questions about cameras: where they are, how they move and turn. People
move while the cameras run; frames of one number belong together (``cam01/000030`` and
``aria01/000030``).
"""

from sextant.sources.egoexo4d.mps import semidense_points
from sextant.sources.egoexo4d.reader import FACTS, NAME, EgoExo4dSource, open_source

__all__ = ["FACTS", "NAME", "EgoExo4dSource", "open_source", "semidense_points"]
