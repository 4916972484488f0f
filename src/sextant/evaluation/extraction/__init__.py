"""From a model's reply to a letter or a number, by named rules.

    find_choice(reply, options, profile="strict", rule=None) -> Found
    find_number(reply, unit=None, profile="strict", rule=None) -> Found
    extract_choice, extract_number: the same, but only the letter or number, or None
    find_boolean(reply), find_text(reply), find_json(reply) -> Found: other answers, ours only

A rule is named ``<harness>/<benchmark>``:

    strict                   ours; never guesses
    official/<benchmark>     the authors' evaluation code
    vlmevalkit/<benchmark>   VLMEvalKit, and EASI, which scores with it
    lmms-eval/<benchmark>    lmms-eval

with the benchmarks ``vsi_bench``, ``mmsi_bench``, ``mindcube``, ``viewspatial``, ``site_bench``,
``blink``, ``threedsrbench``, ``embspatial``, ``spar_bench``, ``mmbench_en`` for letters (``RULES``)
and ``vsi_bench``, ``spar_bench``, ``spar_bench_mv`` (tasks with many views) for numbers
(``NUMBER_RULES``). A harness alone (``official``, ``vlmevalkit``, ``lmms-eval``) is its rule for
VSI-Bench; ``vlmevalkit/mcq`` is the rule of VLMEvalKit's plain multiple-choice sets.

What to know about some of them:

- A language model as judge is never asked. Where upstream asks one, the rule says ``empty``.
- ``official/site_bench`` and ``lmms-eval/site_bench`` guess where they find nothing: the status is
  ``empty``, yet there is a letter, drawn from a generator that the reply's text seeds.
- ``*/spar_bench`` compare instead of extracting; ``peers.spar_bench.exact_match`` is the
  comparison, which also counts an empty reply as right.
- There is no official code for EmbSpatial-Bench; ``official/embspatial`` is VLMEvalKit's. The
  official ones of 3DSRBench and MMBench are VLMEvalKit's ``can_infer`` without its judge.
- lmms-eval removes ``<think>`` and ``<analysis>`` blocks before its tasks see a reply, unless it is
  told not to (``--reasoning_tags``); ``peers.lmms_reasoning.without_reasoning`` does that. The
  rules themselves see what they are given.
"""

from sextant.evaluation.extraction.boolean import find_boolean
from sextant.evaluation.extraction.find import (
    extract_choice,
    extract_number,
    find_choice,
    find_number,
)
from sextant.evaluation.extraction.found import STATUSES, Found, Status
from sextant.evaluation.extraction.free_text import find_json, find_text
from sextant.evaluation.extraction.options import Options, as_options
from sextant.evaluation.extraction.rules import NUMBER_RULES, RULES, ChoiceRule, NumberRule

__all__ = [
    "NUMBER_RULES",
    "RULES",
    "STATUSES",
    "ChoiceRule",
    "Found",
    "NumberRule",
    "Options",
    "Status",
    "as_options",
    "extract_choice",
    "extract_number",
    "find_boolean",
    "find_choice",
    "find_json",
    "find_number",
    "find_text",
]
