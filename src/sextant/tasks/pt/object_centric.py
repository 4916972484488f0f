"""pt.object_centric: from the front of one object, where another is."""

from __future__ import annotations

from typing import ClassVar

from sextant.tasks.pt._own_front import OwnFrontDirection
from sextant.tasks.pt._own_front_phrasings import MMSI_OBJECT, OBJECT, VIEWSPATIAL_OBJECT


class ObjectCentric(OwnFrontDirection):
    """Sectors counted from the way a thing faces: a chair, a sofa, a screen."""

    id = "pt.object_centric"
    anchors_are_people = False
    # What has a front mostly stands with its back to a wall.
    shares: ClassVar = {
        4: {"front": 0.29, "left": 0.295, "back": 0.12, "right": 0.295},
        8: {"front": 0.17, "front-left": 0.165, "left": 0.165, "back-left": 0.06,
            "back": 0.05, "back-right": 0.06, "right": 0.165, "front-right": 0.165},
    }  # fmt: skip
    templates: ClassVar = {"sectors4": OBJECT, "sectors8": OBJECT}
    styles: ClassVar = {
        "viewspatial": {"sectors4": VIEWSPATIAL_OBJECT, "sectors8": VIEWSPATIAL_OBJECT},
        "mmsi": {"sectors4": MMSI_OBJECT, "sectors8": MMSI_OBJECT},
    }


TASK = ObjectCentric
