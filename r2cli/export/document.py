"""What every format is written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.findings import Findings

if TYPE_CHECKING:
    from r2cli.findings import Clip, Reel


@dataclass(frozen=True)
class FailedInput:
    """A video that could not be searched."""

    path: Path
    message: str
    exit_code: int


@dataclass(frozen=True)
class Document:
    """The answer of one command: findings per video, and what failed."""

    findings: tuple[Findings, ...]
    errors: tuple[FailedInput, ...] = ()
    clips: tuple[Clip, ...] | None = None
    """What was cut; None: nothing was to be."""
    reel: Reel | None = None


@dataclass(frozen=True)
class ExportFormat:
    """One row of the table of formats."""

    name: str
    summary: str
    write: Callable[[Document], str]
    """The whole text, newline at the end."""
