"""Whether a scene's parts agree: depth with depth, poses with depth, boxes with surfaces, units.

A reader that misses a convention gives numbers that look like any others. These checks hold the
frames of a scene against each other and say what does not fit, and which other reading would.
"""

from sextant.scenes.inspection.findings import Finding, SceneReport
from sextant.scenes.inspection.inspect import inspect_scene

__all__ = ["Finding", "SceneReport", "inspect_scene"]
