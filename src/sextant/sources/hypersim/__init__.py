"""Hypersim: 461 rendered indoor scenes with ray-traced pictures and a box per instance.

Conventions of the files: camera-to-world rotations of OpenGL cameras (y up, z backward), Z up;
lengths in asset units that differ per scene, except for depth, which is metres ALONG THE RAY; a
projection per scene, whose image plane is shifted and tilted in more than half of them; instances
with boxes of infinities, which are dropped. A tilted plane is a pinhole with turned axes, which are
found by a QR decomposition; only where it is tilted about both axes are the rasters sheared and
have to be straightened. Needs the extra ``hdf5``.
"""

from sextant.sources.hypersim.reader import FACTS, NAME, HypersimSource, open_source

__all__ = ["FACTS", "NAME", "HypersimSource", "open_source"]
