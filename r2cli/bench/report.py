"""What came out of the measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field does not raise it."""


@dataclass(frozen=True)
class Measurement:
    """One step, measured some times."""

    name: str
    """For programs."""
    about: str
    """For people."""
    runs: tuple[float, ...]
    """Seconds of each run."""
    cpu: float | None = None
    """Seconds of processor time, of all cores together; the median."""
    memory: int | None = None
    """Bytes at the height, the largest of all runs."""

    @property
    def seconds(self) -> float:
        """The median."""
        return median(self.runs)


@dataclass(frozen=True)
class Report:
    """Everything about one video on one machine."""

    video: Path
    duration: float
    """Seconds."""
    picture: str
    """As `1280x720 h264`."""
    clips: int
    model: str
    is_random: bool
    """The weights were random, of the model's shape."""
    sampling: str
    machine: Mapping[str, Any]
    measurements: tuple[Measurement, ...]
    cache_bytes: int

    @property
    def cache_bytes_per_hour(self) -> float:
        """Of video."""
        return self.cache_bytes * 3600 / self.duration


def write_report(report: Report) -> str:
    """One JSON document, in ASCII."""
    content = {
        "schema": SCHEMA,
        "video": {
            "path": str(report.video),
            "duration": report.duration,
            "picture": report.picture,
            "clips": report.clips,
        },
        "model": {"name": report.model, "random_weights": report.is_random, "sampling": report.sampling},
        "machine": dict(report.machine),
        "measurements": [_fields(one, report.duration) for one in report.measurements],
        "cache": {"bytes": report.cache_bytes, "bytes_per_hour": report.cache_bytes_per_hour},
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _fields(one: Measurement, duration: float) -> dict[str, Any]:
    return {**asdict(one), "seconds": one.seconds, "times_real_time": duration / one.seconds}
