"""Find moments in videos from a sentence.

    >>> import r2cli
    >>> findings = r2cli.find("film.mp4", "a dog jumps", model="sprites")
    >>> [(moment.start, moment.end, moment.score) for moment in findings.moments]
    >>> findings.save("dogs.srt")

`find`, `highlight` and `summarize` answer; `load` and `remember` spare work when many questions are asked; `save`,
`cut`, `to_dict` and `to_pandas` hand answers on.

What is wrong with arguments, videos, models or FFmpeg is an `R2Error`, one kind for each. What is downloaded or noted
goes to `logging.getLogger("r2cli")`, unless `on_note` is given.

Everything here is resolved on first use: `import r2cli` loads neither torch nor open_clip.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.cuts import Clip
    from r2cli.errors import (
        ArgumentError,
        CommandLineError,
        FFmpegError,
        ModelUnavailableError,
        NameTakenError,
        R2Error,
        R2Warning,
        UnreadableInputError,
    )
    from r2cli.findings import (
        Findings,
        Ground,
        Highlight,
        Highlights,
        ModelSource,
        Moment,
        Saliency,
        Sampling,
        Shot,
        Summary,
        VideoSource,
    )
    from r2cli.saving.cut import cut
    from r2cli.saving.save import save, to_dict, to_pandas
    from r2cli.tasks.find import find
    from r2cli.tasks.highlight import highlight
    from r2cli.tasks.load import load
    from r2cli.tasks.remember import VideoMemory, remember
    from r2cli.tasks.summarize import summarize

__version__ = "0.2.0"

_HOMES = {
    "ArgumentError": "r2cli.errors",
    "Clip": "r2cli.cuts",
    "CommandLineError": "r2cli.errors",
    "FFmpegError": "r2cli.errors",
    "Findings": "r2cli.findings",
    "Ground": "r2cli.findings",
    "Highlight": "r2cli.findings",
    "Highlights": "r2cli.findings",
    "LoadedModel": "r2cli.checkpoints.load",
    "ModelSource": "r2cli.findings",
    "ModelUnavailableError": "r2cli.errors",
    "Moment": "r2cli.findings",
    "NameTakenError": "r2cli.errors",
    "R2Error": "r2cli.errors",
    "R2Warning": "r2cli.errors",
    "Saliency": "r2cli.findings",
    "Sampling": "r2cli.findings",
    "Shot": "r2cli.findings",
    "Summary": "r2cli.findings",
    "UnreadableInputError": "r2cli.errors",
    "VideoMemory": "r2cli.tasks.remember",
    "VideoSource": "r2cli.findings",
    "cut": "r2cli.saving.cut",
    "find": "r2cli.tasks.find",
    "highlight": "r2cli.tasks.highlight",
    "load": "r2cli.tasks.load",
    "remember": "r2cli.tasks.remember",
    "save": "r2cli.saving.save",
    "summarize": "r2cli.tasks.summarize",
    "to_dict": "r2cli.saving.save",
    "to_pandas": "r2cli.saving.save",
}

__all__ = [
    "ArgumentError",
    "Clip",
    "CommandLineError",
    "FFmpegError",
    "Findings",
    "Ground",
    "Highlight",
    "Highlights",
    "LoadedModel",
    "ModelSource",
    "ModelUnavailableError",
    "Moment",
    "NameTakenError",
    "R2Error",
    "R2Warning",
    "Saliency",
    "Sampling",
    "Shot",
    "Summary",
    "UnreadableInputError",
    "VideoMemory",
    "VideoSource",
    "__version__",
    "cut",
    "find",
    "highlight",
    "load",
    "remember",
    "save",
    "summarize",
    "to_dict",
    "to_pandas",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attributes are of any type
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
