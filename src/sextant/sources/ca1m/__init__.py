"""CA-1M: ARKitScenes' captures with exhaustive boxes of no class, and depth of a laser scanner.

Conventions of the files, after Apple's ml-cubifyanything (``dataset.py``, README):

- One .tar per capture, ``ca1m-<split>-<video>.tar``, a WebDataset: a member
  ``<video>/<ns>.<key>.<ending>`` is found by its key, whatever its ending and case; nothing is
  extracted. A folder into which one was unpacked is read alike.
- ``gt/RT``: row-major camera-to-world in the scanner's frame, OpenCV axes. ``gt/depth``: z-depth in
  millimetres, 512x384, 0 = not registered; spread over the picture (1024x768) by nearest pixel.
- Pictures were turned upright by the publishers, so sizes may be transposed.
- ``wide/instances`` are in the CAMERA's frame, ``world.gt/instances`` in the scanner's: position,
  ``scale`` (full lengths), ``R`` whose columns are the axes.
- ``wide/T_gravity`` takes a level frame (y down) into the camera's. The README does not say that
  the scanner's frame is Z up; it is turned so wherever T_gravity says otherwise.
- Objects have no class. They are called "object", which no question asks about; they are there to
  hide what is behind them. Walls, floors, ceilings and door frames are left out.
"""

from sextant.sources.ca1m.archive import Capture
from sextant.sources.ca1m.moments import read_depth, read_picture
from sextant.sources.ca1m.reader import FACTS, NAME, Ca1mSource, open_source

__all__ = ["FACTS", "NAME", "Ca1mSource", "Capture", "open_source", "read_depth", "read_picture"]
