"""Find moments in videos from a sentence.

    >>> import r2cli
    >>> findings = r2cli.find("film.mp4", "a dog jumps", model="sprites")
    >>> findings.moments[0].start

Everything here is resolved on first use: `import r2cli` loads neither torch nor open_clip.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from r2cli.errors import R2Error
    from r2cli.findings import Findings, Highlight, Highlights, Moment, Saliency, Shot, Summary
    from r2cli.tasks.find import find
    from r2cli.tasks.highlight import highlight
    from r2cli.tasks.load import load
    from r2cli.tasks.remember import VideoMemory, remember
    from r2cli.tasks.summarize import summarize

__version__ = "0.1.0"

_HOMES = {
    "Findings": "r2cli.findings",
    "Highlight": "r2cli.findings",
    "Highlights": "r2cli.findings",
    "Moment": "r2cli.findings",
    "R2Error": "r2cli.errors",
    "Saliency": "r2cli.findings",
    "Shot": "r2cli.findings",
    "Summary": "r2cli.findings",
    "VideoMemory": "r2cli.tasks.remember",
    "find": "r2cli.tasks.find",
    "highlight": "r2cli.tasks.highlight",
    "load": "r2cli.tasks.load",
    "remember": "r2cli.tasks.remember",
    "summarize": "r2cli.tasks.summarize",
}

__all__ = [
    "Findings",
    "Highlight",
    "Highlights",
    "Moment",
    "R2Error",
    "Saliency",
    "Shot",
    "Summary",
    "VideoMemory",
    "__version__",
    "find",
    "highlight",
    "load",
    "remember",
    "summarize",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attributes are of any type
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
