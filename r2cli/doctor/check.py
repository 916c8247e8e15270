"""What looking at one thing has shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["ok", "note", "fault"]


@dataclass(frozen=True)
class Check:
    """One thing that `r2 find` needs, as it is."""

    name: str
    lines: tuple[str, ...]
    """For people."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs: what JSON can hold."""
    state: State = "ok"
    """`note`: worth knowing, and no hindrance. `fault`: `r2 find` would fail."""
    fix: str = ""
    """What to do about it, unless all is well."""
    exit_code: int = 0
    """What `r2 find` would end with because of it."""
