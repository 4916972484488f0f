"""Every rule by its name, see the table in the package's description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from sextant.errors import InputError
from sextant.evaluation.extraction.choice import strict_choice
from sextant.evaluation.extraction.found import Found
from sextant.evaluation.extraction.number import strict_number
from sextant.evaluation.extraction.options import Options
from sextant.evaluation.extraction.peers import (
    blink,
    first_letter,
    mindcube,
    mmsi_bench,
    multiple_choice,
    site_bench,
    spar_bench,
    threedsrbench,
    viewspatial,
    vlmevalkit_letters,
    vlmevalkit_numbers,
    vsi_bench,
)

ChoiceRule = Callable[[str, Options], Found]
"""A reply and its options to a letter; ``letters`` hold what may be returned."""

NumberRule = Callable[[str, str | None], Found]
"""A reply and the unit that was asked for to a number; peers' rules ignore the unit."""

_TO_LETTER = vlmevalkit_letters.can_match_option

RULES: Mapping[str, ChoiceRule] = MappingProxyType({
    "strict": strict_choice,
    "official": vsi_bench.first_token_letter,
    "official/vsi_bench": vsi_bench.first_token_letter,
    "official/mmsi_bench": mmsi_bench.official,
    "official/mindcube": mindcube.official,
    "official/viewspatial": viewspatial.last_line,
    "official/site_bench": site_bench.official,
    "official/blink": blink.official,
    "official/threedsrbench": multiple_choice.can_infer,
    "official/embspatial": _TO_LETTER,
    "official/spar_bench": spar_bench.first_character,
    "official/mmbench_en": multiple_choice.can_infer,
    "vlmevalkit": _TO_LETTER,
    "vlmevalkit/vsi_bench": _TO_LETTER,
    "vlmevalkit/mmsi_bench": _TO_LETTER,
    "vlmevalkit/mindcube": _TO_LETTER,
    "vlmevalkit/viewspatial": _TO_LETTER,
    "vlmevalkit/site_bench": _TO_LETTER,
    "vlmevalkit/embspatial": _TO_LETTER,
    "vlmevalkit/spar_bench": _TO_LETTER,
    "vlmevalkit/blink": multiple_choice.can_infer,
    "vlmevalkit/threedsrbench": multiple_choice.can_infer,
    "vlmevalkit/mmbench_en": multiple_choice.can_infer,
    "vlmevalkit/mcq": multiple_choice.can_infer,
    "lmms-eval": vsi_bench.first_token_letter,
    "lmms-eval/vsi_bench": vsi_bench.first_token_letter,
    "lmms-eval/mmsi_bench": mmsi_bench.lmms_eval,
    "lmms-eval/mindcube": mindcube.lmms_eval,
    "lmms-eval/viewspatial": viewspatial.last_line,
    "lmms-eval/site_bench": site_bench.official,
    "lmms-eval/blink": first_letter.first_letter,
    "lmms-eval/embspatial": first_letter.first_letter,
    "lmms-eval/threedsrbench": threedsrbench.lmms_eval,
    "lmms-eval/spar_bench": spar_bench.first_character,
    "lmms-eval/mmbench_en": multiple_choice.lmms_eval,
})  # fmt: skip

NUMBER_RULES: Mapping[str, NumberRule] = MappingProxyType({
    "strict": strict_number,
    "official": vsi_bench.first_token_number,
    "official/vsi_bench": vsi_bench.first_token_number,
    "official/spar_bench": spar_bench.first_unsigned,
    "official/spar_bench_mv": spar_bench.last_unsigned,
    "vlmevalkit": vlmevalkit_numbers.can_match_na,
    "vlmevalkit/vsi_bench": vlmevalkit_numbers.can_match_na,
    "vlmevalkit/spar_bench": vlmevalkit_numbers.can_match_na,
    "vlmevalkit/spar_bench_mv": vlmevalkit_numbers.can_match_na,
    "lmms-eval": vsi_bench.first_number,
    "lmms-eval/vsi_bench": vsi_bench.first_number,
    "lmms-eval/spar_bench": spar_bench.first_unsigned,
    "lmms-eval/spar_bench_mv": spar_bench.last_unsigned,
})  # fmt: skip


def choice_rule(name: str) -> ChoiceRule:
    """Return a rule for letters.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in RULES:
        raise _unknown(name, RULES)
    return RULES[name]


def number_rule(name: str) -> NumberRule:
    """Return a rule for numbers.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in NUMBER_RULES:
        raise _unknown(name, NUMBER_RULES)
    return NUMBER_RULES[name]


def _unknown(name: str, known: Mapping[str, object]) -> InputError:
    near = get_close_matches(str(name)[:80], known, n=1)
    return InputError(
        "no extraction rule of that name",
        expected=", ".join(known),
        got=repr(str(name)[:80]),
        hint=f"did you mean {near[0]!r}?" if near else None,
    )
