"""COLMAP models, text or binary: a capture of your own, reconstructed from its pictures alone.

Conventions of the files: ``images`` holds WORLD-TO-CAMERA quaternions (w, x, y, z) and
translations, OpenCV camera axes; pixel centres at halves; eleven lens models. The world has no
unit and no vertical: without ``sextant.json`` (see ``sources/sidecar.py``) the scene is not metric
and up is the mean of the cameras' own. Read after COLMAP's documentation of its output format.

Here: pictures are straightened to pinholes, masks (``masks/<image>.png``, black = not to be used)
paint out what must not be asked about, and depth is known at the points that COLMAP found in that
very picture: sparse, but free of occlusion mistakes. The points that two pictures both found say
how much they share.
"""

from sextant.sources.colmap.reader import FACTS, NAME, ColmapSource, open_source

__all__ = ["FACTS", "NAME", "ColmapSource", "open_source"]
