"""How sr.facing is asked."""

from __future__ import annotations

RELATION = (
    "Compared with the direction in which {a} faces, in which direction does {b} face?",
    "{a} faces one way. Seen from above, which way does {b} face in comparison?",
    "On a floor plan, draw one arrow out of the front of {a} and another out of the front of {b}. "
    "Compared with the first arrow, where does the second one point?",
    "Does {b} face the same direction as {a}, the opposite one, or one that crosses it?",
    "Which direction does the front of {b} point to, compared with the front of {a}?",
    "Someone looks straight out from the front of {a}, someone else straight out from the front "
    "of {b}. In which direction does the second look, compared with the first?",
    "Take the way {a} faces as the reference. In which direction does {b} face?",
    "Think of the ways in which {a} and {b} are turned. Relative to {a}, which direction is {b} "
    "facing?",
    "Which of these describes the facing of {b} relative to that of {a}?",
    "If {a} were carried over to {b} without being turned, in which direction would {b} face "
    "compared with it?",
    "Judging by their fronts and not by where they are, which direction does {b} face as compared "
    "with {a}?",
    "Is {b} turned to the same direction as {a}, to the opposite one, or across it?",
    "Look at the front sides of {a} and {b}. Relative to the front of {a}, in which direction does "
    "that of {b} point?",
)
SIDE = (
    "Which side of {a} faces {b}? Left and right are those of {a} itself, looking the way it "
    "faces.",
    "{b} is on one side of {a}. Which side of {a} is that, with left and right taken from the way "
    "{a} faces?",
    "Which side of {a} is turned towards {b}, as told by someone facing the same way as {a}?",
    "Going straight from {b} to {a}, at which side of {a} would you arrive? Left and right are "
    "those of {a}, not of the camera.",
    "Take the front of {a} as front, so that its left and right are fixed as well. Which of its "
    "sides faces {b}?",
    "If {a} had a window on every side, through which one could {b} be seen? Count left and right "
    "as for somebody who faces the way {a} faces.",
    "Imagine an arm that reaches from the middle of {a} to {b}. Out of which side of {a} does it "
    "come, told by someone who faces the way {a} faces?",
    "Which side of {a} does {b} lie at? Name it from the front of {a}, not from the camera.",
    "Of the four sides of {a}, named as if you faced the way it faces, which one is nearest to "
    "{b}?",
    "A ball flies from {b} straight to the middle of {a}. Which side of {a} does it hit, with left "
    "and right as they are for {a} itself?",
    "Seen from the middle of {a} and counted from its own front, which side of it is directed at "
    "{b}?",
    "Which of the sides of {a} looks towards {b}, if its left side is the one to the left of a "
    "person who faces the way {a} does?",
)
