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
    from r2cli.excerpts import Highlight, Highlights, Shot, Summary
    from r2cli.findings import Findings, Moment, Saliency
    from r2cli.highlights import highlight
    from r2cli.pipeline import VideoIndex, find, index, load
    from r2cli.summaries import summarize

__version__ = "0.1.0"

_HOMES = {
    "Findings": "r2cli.findings",
    "Highlight": "r2cli.excerpts",
    "Highlights": "r2cli.excerpts",
    "Moment": "r2cli.findings",
    "R2Error": "r2cli.errors",
    "Saliency": "r2cli.findings",
    "Shot": "r2cli.excerpts",
    "Summary": "r2cli.excerpts",
    "VideoIndex": "r2cli.pipeline",
    "find": "r2cli.pipeline",
    "highlight": "r2cli.highlights",
    "index": "r2cli.pipeline",
    "load": "r2cli.pipeline",
    "summarize": "r2cli.summaries",
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
    "VideoIndex",
    "__version__",
    "find",
    "highlight",
    "index",
    "load",
    "summarize",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attributes are of any type
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
