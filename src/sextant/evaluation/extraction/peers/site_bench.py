"""SITE-Bench: "(A)", " A ", "A." or "A:", and else a guess.

SITE-Bench@36295bbf ``eval_scripts/sitebench/utils.py`` (``parse_multi_choice_response``) and
lmms-eval@75571cfe ``lmms_eval/tasks/sitebench/utils.py``, which agree. Where nothing is found, both
draw a letter from Python's unseeded generator, so that no score can be repeated. Ours draws from a
generator seeded by the reply's text: the same reply always gives the same guess. Its status is
``empty`` beside the guessed letter.
"""

from __future__ import annotations

from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.options import Options
from sextant.execution.seeds import generator_of


def official(reply: str, options: Options) -> Found:
    """Return the letter of the first style that occurs; of several, the last one between blanks."""
    text = f" {reply.strip()} "
    styles = (("({})",), (" {} ",), ("{}.",), ("{}:", ":{}", ": {}"))
    for style in styles:
        found = [c for c in options.letters if any(s.format(c) in text for s in style)]
        if found:
            break
    else:
        rng = generator_of("site_bench guess", reply)
        return Found("empty", options.letters[int(rng.integers(len(options.letters)))])
    # max keeps the first of equals, as upstream's argmax does: A where none is between blanks.
    value = max(found, key=lambda c: text.rfind(f" {c} ")) if len(found) > 1 else found[0]
    offset = len(reply) - len(reply.lstrip()) - 1
    at = max(text.rfind(s.format(value)) + s.index("{") for s in style if s.format(value) in text)
    return Found("answered", value, (at + offset, at + offset + 1))
