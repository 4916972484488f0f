"""What an inspection says of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["ok", "suspect", "broken", "unchecked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    Attributes:
        fails: Whether questions about the scene would have wrong answers.
        kind: "frames", "poses", "depth", "units", "world", "boxes" or "overlap".
        what: What was seen, in a sentence.
    """

    fails: bool
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class SceneReport:
    """The numbers and the findings of one scene.

    Attributes:
        scene_id: Which.
        numbers: What was measured; None where it could not be.
        findings: What does not fit, the gravest first.
    """

    scene_id: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings in a word; unchecked if there was nothing to hold together."""
        if any(f.fails for f in self.findings):
            return "broken"
        if self.findings:
            return "suspect"
        return "ok" if self.numbers.get("checks") else "unchecked"
