"""Every family has enough phrasings of every variant, and all of a variant say the same."""

from __future__ import annotations

import re
import string

import pytest

from sextant.commands.registry import task_classes
from sextant.questions.recipe import GenerateRecipe
from sextant.questions.task import MIN_TEMPLATES
from sextant.samples.prompt import FRAMINGS

CLASSES = task_classes()


def fields_of(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_enough_distinct_phrasings(name):
    templates = CLASSES[name].templates
    assert templates, "no phrasings"
    for variant, texts in templates.items():
        assert len(set(texts)) == len(texts) >= MIN_TEMPLATES, variant
        assert not re.search(r"[:+/]", variant), "the name of a template is read by these signs"
        for text in texts:
            assert "  " not in text, text
            assert text[0].isupper() or text[0] == "{", text
            assert text.rstrip()[-1] in "?.:)}", text


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_styles_are_known_and_ask_for_known_variants(name):
    cls = CLASSES[name]
    assert set(cls.styles) <= set(FRAMINGS) - {"neutral"}
    for style, variants in cls.styles.items():
        assert set(variants) <= set(cls.templates), style
        for variant, texts in variants.items():
            allowed = frozenset().union(*(fields_of(t) for t in cls.templates[variant]))
            for text in texts:
                assert fields_of(text) <= allowed, text


def test_styles_of_recipe_and_framing_are_the_same():
    schema = GenerateRecipe.model_json_schema()["properties"]["prompt_style"]["anyOf"]
    named = next(part["enum"] for part in schema if "enum" in part)
    # Imported rows keep the words of their set; no recipe asks for that.
    assert set(named) == set(FRAMINGS) - {"verbatim", "verbatim_full"}
