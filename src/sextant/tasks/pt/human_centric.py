"""pt.human_centric: from a person's own point of view, where an object is."""

from __future__ import annotations

from sextant.tasks.pt._own_front import OwnFrontDirection


class HumanCentric(OwnFrontDirection):
    """Sectors counted from the way a person's body faces."""

    id = "pt.human_centric"
    anchors_are_people = True
    phrasings = (
        "From the point of view of {a}, who faces forward, where is {b}?",
        "Put yourself in the place of {a}, facing the same way. Where is {b}?",
        "As {a} would say, looking straight ahead, on which side is {b}?",
        "Relative to the way {a} is facing, and not to the camera, where is {b}?",
        "If {a} had to point at {b}, in which direction would that be, seen from their own front?",
        "Taking the facing direction of {a} as front, in which direction is {b}?",
        "Where does {b} lie for {a}, whose own facing direction counts as front?",
        "Imagine standing where {a} is, turned the same way. On which side of you is {b}?",
    )


TASK = HumanCentric
