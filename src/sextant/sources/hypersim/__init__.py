"""Hypersim: 461 rendered indoor scenes with ray-traced pictures and a box per instance.

Conventions of the files: camera-to-world rotations of OpenGL cameras (y up, z backward), Z up;
lengths in asset units that differ per scene, except for depth, which is metres ALONG THE RAY; a
projection per scene, whose image plane is shifted and tilted in more than half of them (which makes
it a pinhole turned by up to 13 degrees, and is undone exactly, without resampling); instances with
boxes of infinities, which are dropped. Needs the extra ``hdf5``.
"""

from sextant.sources.hypersim.reader import FACTS, NAME, HypersimSource, open_source

__all__ = ["FACTS", "NAME", "HypersimSource", "open_source"]
