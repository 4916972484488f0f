"""Phrasings of cr.route_planning."""

from __future__ import annotations

TEXTS = (
    "You are a robot standing at {start}, facing {first}. You want to get to {goal}. Which turns "
    "complete the route? {steps}",
    "Starting at {start} and facing {first}, you walk to {goal}. Fill in the missing turns: "
    "{steps}",
    "A person stands at {start}, looks towards {first} and wants to reach {goal}. What has to be "
    "filled in? {steps}",
    "Plan a route from {start}, facing {first}, to {goal}. Choose the actions for the gaps: "
    "{steps}",
    "You begin at {start} with {first} straight ahead. To reach {goal}, what are the missing "
    "actions? {steps}",
    "Imagine you are at {start} facing {first} and have to go to {goal}. Complete these steps: "
    "{steps}",
    "A delivery robot at {start} faces {first}. Its goal is {goal}. Which turns belong in the "
    "blanks? {steps}",
    "From {start}, facing {first}, navigate to {goal}. Select what replaces each [turn]: {steps}",
    "Here is how to get from {start} to {goal}, if you look at {first} to begin with: {steps} What "
    "does each [turn] stand for?",
    "Directions for a visitor who stands at {start} and faces {first}: {steps} At the end they "
    "should be at {goal}. Which turns are missing?",
    "You explain to someone at {start}, turned towards {first}, how to find {goal}: {steps} What "
    "do you say for every [turn]?",
    "This walk leads from {start}, at first in the direction of {first}, to {goal}: {steps} Supply "
    "the turns in their order.",
    "Where must one turn left, right or back on the way from {start} past {first} to {goal}? "
    "{steps} Give the turns in order.",
    "A program for a robot that is at {start}, faces {first} and drives to {goal} has lost its "
    "turns: {blanks} Restore them.",
)

VSIBENCH = (
    "You are a robot beginning at {start} facing {first}. You want to navigate to {goal}. You will "
    "perform the following actions (Note: for each [please fill in], choose either 'turn back,' "
    "'turn left,' or 'turn right.'): {blanks} You have reached the final destination.",
)

TEMPLATES = {"turns1": TEXTS, "turns2": TEXTS}
STYLES = {"vsibench": {"turns1": VSIBENCH, "turns2": VSIBENCH}}
