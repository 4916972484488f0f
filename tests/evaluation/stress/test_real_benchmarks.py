"""Variants of questions in their benchmarks' true layouts and under every profile's prompts."""

from __future__ import annotations

from collections import Counter

import pytest
from fixtures import layouts

from sextant.errors import ConventionError, RecipeError
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.prompts import parts_of
from sextant.evaluation.stress import open_stress
from sextant.evaluation.stress._options import asked_blocks
from sextant.evaluation.variants import Context, variants_of

SETS = [
    ("vsi_bench", layouts.vsi_bench),
    ("vsi_bench", layouts.vsi_bench_tsv),
    ("mmsi_bench", layouts.mmsi_bench),
    ("mmsi_bench", layouts.mmsi_bench_tsv),
    ("mindcube_tiny", layouts.mindcube),
    ("mindcube_tiny", layouts.mindcube_tsv),
    ("viewspatial", layouts.viewspatial),
    ("viewspatial", layouts.viewspatial_tsv),
    ("site_bench", layouts.site_bench),
    ("site_bench", layouts.site_bench_tsv),
]
TESTS = [open_stress(n) for n in ("circular", "shuffle", "no_images", "other_images", "paraphrase")]


@pytest.mark.parametrize(
    ("name", "make"), SETS, ids=lambda value: getattr(value, "__name__", value)
)
def test_variants_of_real_prompts(name, make, tmp_path):
    make(tmp_path)
    benchmark = open_benchmark(name)
    items = list(benchmark.items(tmp_path, lambda error: pytest.fail(str(error))))
    for profile in benchmark.prompts:

        def render(item, profile=profile):
            return benchmark.prompt(item, profile)

        context = Context({item.id: item for item in items}, render)
        skipped = Counter()
        seen = Counter()
        for variant in variants_of(items, TESTS, 0, context, skipped):
            text = variant.prompt(render).text
            item = variant.item
            seen[variant.stress] += 1
            if item.video is None:
                parts_of(text, variant.shown(item.pictures))  # raises if marks do not match
            if variant.stress in ("circular", "shuffle"):
                # Moving options in the prompt is what the benchmark does with options moved.
                assert text == render(item).text
                assert text != render(variant.base).text
                assert asked_blocks(text, item.question, item.options)
            if variant.stress == "no_images":
                assert "<image>" not in text
                assert "<video>" not in text
            if variant.stress == "paraphrase":
                assert text != render(variant.base).text
            if item.options is not None:
                right, wrong = (
                    benchmark.score(item, f"<answer>{letter}</answer>", "strict").points
                    for letter in (item.answer, "B" if item.answer == "A" else "A")
                )
                assert right > wrong
        assert seen["circular"] > 0
        assert seen["no_images"] == seen["plain"] == len(items)
        known = {
            "the answer is free", "two options read the same", "no pictures of another scene",
            "no video of another scene", "the question lists options that are not the item's",
            "the prompt has no framing that is known",
        }  # fmt: skip
        assert {reason for _, reason in skipped} <= known


def test_a_prompt_that_cannot_be_made_is_a_reason_not_a_crash(tmp_path):
    layouts.vsi_bench(tmp_path)
    items = list(open_benchmark("vsi_bench").items(tmp_path, lambda error: None))

    def render(item):
        raise ConventionError("a broken record")

    context = Context({item.id: item for item in items}, render)
    item = next(item for item in items if item.options)
    for name in ("circular", "shuffle", "paraphrase"):
        assert open_stress(name).applies(item, context) == "no prompt can be made"


def test_a_colon_without_settings_is_refused():
    for name in ("counter_heuristic:", "frames: ,"):
        with pytest.raises(RecipeError, match="no setting"):
            open_stress(name)
