"""pt.object_centric: from the front of one object, where another is."""

from __future__ import annotations

from sextant.tasks.pt._own_front import OwnFrontDirection


class ObjectCentric(OwnFrontDirection):
    """Sectors counted from the way a thing faces: a chair, a sofa, a screen."""

    id = "pt.object_centric"
    anchors_are_people = False
    phrasings = (
        "Taking the way {a} faces as front, where is {b} relative to it?",
        "Judged from the front of {a}, not from the camera, on which side is {b}?",
        "If you were {a} and looked the way it faces, where would {b} be?",
        "From the standpoint of {a}, with its own front as front, in which direction is {b}?",
        "Put yourself in the place of {a}, facing where it faces. Where do you find {b}?",
        "Use the own front of {a} as the forward direction. Which way is {b} from there?",
        "Relative to the direction in which {a} is turned, where does {b} lie?",
        "Imagine being at {a} and looking out of its front. On which side of you is {b}?",
    )


TASK = ObjectCentric
