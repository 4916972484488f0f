"""A miniature of VSI-Bench's meta_info."""

from __future__ import annotations

import pytest
from meta_info import write_meta_info


@pytest.fixture
def meta_info(tmp_path):
    return write_meta_info(tmp_path / "meta")
