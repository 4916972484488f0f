"""The tables of replies, see their "about"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def table(name: str) -> list[dict[str, Any]]:
    """Return the cases of a table; ``peers`` by the name of the rule."""
    stored = json.loads((HERE / f"{name}.json").read_text())
    for case in stored["cases"]:
        unsaid = case.get("unsaid", ())
        named = zip(stored["rules"], case["peers"], strict=True)
        case["peers"] = {rule: value for rule, value in named if rule not in unsaid}
    return list(stored["cases"])
