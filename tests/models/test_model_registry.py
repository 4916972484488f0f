"""Models by name: ours, those of entry points, and what is said of the rest."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from sextant.errors import RecipeError
from sextant.models import registry
from sextant.models.messages import ModelOptions


def test_ours_are_found():
    assert set(registry.backend_names()) >= {"api", "blind", "hf"}
    assert registry.open_model("blind:prior").name == "blind:prior"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("blnd:prior", "did you mean 'blind'"),
        ("blind:pryor", "did you mean 'prior'"),
        ("prior", "by its backend"),
        ("blind:", "by its backend"),
        ("", "api:NAME or "),
        ("../x:y", "unknown model backend"),
    ],
)
def test_names_that_are_none(spec, said):
    with pytest.raises(RecipeError) as error:
        registry.open_model(spec)
    assert said in str(error.value)


def test_a_name_may_have_colons_and_slashes():
    pytest.importorskip("httpx2", reason="needs the extra api")
    options = ModelOptions(base_url="http://localhost:1/v1")
    assert registry.open_model("api:org/model:tag", options).name == "api:org/model:tag"


def test_entry_points_come_first(monkeypatch):
    found = EntryPoint("mine", "sextant.models.blind:open_model", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [found])
    assert "mine" in registry.backend_names()
    assert registry.open_model("mine:chance").name == "blind:chance"


def test_naming_backends_imports_none():
    code = (
        "import sys; from sextant.models.registry import backend_names; backend_names();"
        "bad = {'torch', 'transformers', 'httpx2', 'PIL', 'sextant.models.api'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
