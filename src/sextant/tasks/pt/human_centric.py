"""pt.human_centric: from a person's own point of view, where an object is."""

from __future__ import annotations

from typing import ClassVar

from sextant.tasks.pt._own_front import OwnFrontDirection
from sextant.tasks.pt._own_front_phrasings import HUMAN, MMSI_HUMAN, VIEWSPATIAL_HUMAN


class HumanCentric(OwnFrontDirection):
    """Sectors counted from the way a person's body faces."""

    id = "pt.human_centric"
    anchors_are_people = True
    shares: ClassVar = {
        4: {"front": 0.22, "left": 0.255, "back": 0.27, "right": 0.255},
        8: {"front": 0.14, "front-left": 0.11, "left": 0.11, "back-left": 0.145,
            "back": 0.13, "back-right": 0.145, "right": 0.11, "front-right": 0.11},
    }  # fmt: skip
    templates: ClassVar = {"sectors4": HUMAN, "sectors8": HUMAN}
    styles: ClassVar = {
        "viewspatial": {"sectors4": VIEWSPATIAL_HUMAN, "sectors8": VIEWSPATIAL_HUMAN},
        "mmsi": {"sectors4": MMSI_HUMAN, "sectors8": MMSI_HUMAN},
    }


TASK = HumanCentric
