"""How long does extraction take?

    python benchmarks/extraction.py [--replies 40000]

Printed are seconds of processor time for a mix of replies (bare letters and numbers, labels with
texts, sentences, reasoning of 200 and 2,000 characters, refusals), half of them choices and half
numbers, and the time of single replies of a megabyte that are meant to be slow.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from time import process_time

import numpy as np

from sextant.evaluation.extraction import NUMBER_RULES, RULES, find_choice, find_number
from sextant.execution.seeds import generator_of

THINGS = ("chair", "table", "sofa", "lamp", "bed", "door", "front-left", "back-right", "window")
REASONING = (
    "Let me look at the frames one by one. In the first frame the {0} is near the wall, and "
    "the {1} stands to its left. In the next frame the {2} comes into view, about 2 meters away. "
)
MEGABYTE = {
    "blanks": " " * 10**6,
    "letters": "A " * 500_000,
    "claims": "the answer is A. " * 60_000,
    "opened tags": "<answer" * 140_000,
    "thinking": "<think>" * 140_000 + "</think>B",
    "boxes": "\\boxed{" * 140_000,
    "brackets": "(" * 10**6,
    "digits": "9" * 10**6,
    "numbers": "1,200 " * 160_000,
    "number words": "two hundred and " * 62_000,
    "fractions": "1/" * 500_000,
    "stars": "*" * 10**6,
    "answer and blanks": "answer" + " " * 10**6,
    "long word": "a" * 10**6,
}


def choice_replies(count: int) -> list[tuple[str, tuple[str, ...]]]:
    """Replies to choices with their options, as models write them."""
    rng = generator_of("benchmark of extraction", "choice")
    found = []
    for _ in range(count):
        options = tuple(THINGS[k] for k in rng.permutation(len(THINGS))[:4])
        k = int(rng.integers(4))
        letter, text = "ABCD"[k], options[k]
        short = (letter, f"{letter}.", f"**{letter}**", f"({letter})", f"{letter}. {text}", text,
                 f"<think>so it is {letter}</think>{letter}", f"The answer is {letter}.",
                 f"Answer: {letter}", f"{letter}) {text}",
                 f"<answer>{letter}. {text}</answer>")  # fmt: skip
        long = REASONING.format(*options) * (1 if rng.random() < 0.8 else 9)
        other = (f"{long}So the answer is {letter}.", f"{long}\n\n{letter}",
                 "I'm sorry, but I cannot determine this from the image.")  # fmt: skip
        pool = short if rng.random() < 0.8 else other
        found.append((str(pool[int(rng.integers(len(pool)))]), options))
    return found


def number_replies(count: int) -> list[str]:
    """Replies to numeric questions, as models write them."""
    rng = generator_of("benchmark of extraction", "number")
    found = []
    for _ in range(count):
        value = round(float(np.exp(rng.normal(0.5, 1.0))), 1)
        short = (f"{value}", f"{value} m", f"{value} meters.", f"**{value}**", f"about {value} m",
                 f"{value * 100:.0f} cm", f"<answer>{value}</answer>", "two",
                 "twenty-one")  # fmt: skip
        long = REASONING.format(*THINGS) * (1 if rng.random() < 0.8 else 9)
        other = (f"{long}So the distance is {value} m.", f"The distance is about {value} meters.",
                 "I cannot determine the distance.")  # fmt: skip
        pool = short if rng.random() < 0.8 else other
        found.append(str(pool[int(rng.integers(len(pool)))]))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replies", type=int, default=40_000)
    half = parser.parse_args().replies // 2
    choices, numbers = choice_replies(half), number_replies(half)
    print(f"{'rule':26} {'choices':>8} {'numbers':>8}  s for {half:,} each; rate of answers")
    for name in ("strict", "official", "vlmevalkit", "lmms-eval"):
        begin = process_time()
        letters = [find_choice(reply, options, name).value for reply, options in choices]
        middle = process_time()
        values = [find_number(reply, "m", name).value for reply in numbers]
        end = process_time()
        rates = [sum(v is not None for v in found) / half for found in (letters, values)]
        print(f"{name:26} {middle - begin:8.2f} {end - middle:8.2f}  "
              f"{rates[0]:.1%} {rates[1]:.1%}")  # fmt: skip
    print(f"\n{'a megabyte of':20} {'strict':>8} {'number':>8}  {'slowest rule of a peer':>8}")
    for name, reply in MEGABYTE.items():
        begin = process_time()
        find_choice(reply, THINGS[:4])
        middle = process_time()
        find_number(reply, "m")
        end = process_time()
        worst = max(
            *(_seconds(partial(find_choice, reply, THINGS[:4], rule=rule)) for rule in RULES),
            *(_seconds(partial(find_number, reply, rule=rule)) for rule in NUMBER_RULES),
        )
        print(f"{name:20} {middle - begin:8.3f} {end - middle:8.3f}  {worst:8.3f}")


def _seconds(work: Callable[[], object]) -> float:
    begin = process_time()
    work()
    return process_time() - begin


if __name__ == "__main__":
    main()
