"""Cases that .ci/run checks each time, and that whoever changes something else need not wait for."""

from __future__ import annotations

from typing import Any

import pytest


def guarded(*values: Any, **how: Any) -> Any:
    """A case of `pytest.mark.parametrize` that takes long, and guards what a user would lose."""
    return pytest.param(*values, marks=[pytest.mark.slow, pytest.mark.guard], **how)
