"""Options that several commands share, in groups: the same words and the same section in every `--help`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args, get_type_hints

import typer

from r2cli.amounts import read_pad, read_score, read_span
from r2cli.cli.amounts import read_naming
from r2cli.cli.completing import complete_accelerators, complete_models
from r2cli.cli.console import Color, choose_color
from r2cli.cuts import CutMode, Pad
from r2cli.settings import SETTINGS, Device, Precision, SamplingWay

DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where to compute; auto takes a graphics card if there is one.")
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="How finely to compute; auto is as fast as the machine can be without changing the answer noticeably.",
    ),
]
HwaccelOption = Annotated[
    str,
    typer.Option(
        "--hwaccel",
        metavar="NAME",
        autocompletion=complete_accelerators,
        help="Decode and encode on the graphics card, by FFmpeg's name for it (cuda, vaapi, videotoolbox, qsv, "
        "d3d11va), or auto; where that fails, the processor does it.",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]
TopOption = Annotated[int, typer.Option("--top", min=1, metavar="N", help="Show at most N moments of each video.")]
MinScoreOption = Annotated[
    float | None,
    typer.Option(
        "--min-score",
        parser=read_score,
        metavar="SCORE",
        help="Leave out moments below this score, 0 to 1, as 0.4 or 40%. Default: the model's own.",
    ),
]
HandlesOption = Annotated[
    Pad | None,
    typer.Option(
        "--pad",
        parser=read_pad,
        metavar="TIME[,TIME]",
        help="In files for editing programs (.otio, .edl, .fcpxml, .xml): handles, so much before and after each "
        "moment, as 1.5s; or before,after, as 1.5s,500ms.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of a table.")]
QuietOption = Annotated[bool, typer.Option("--quiet/--no-quiet", "-q", help="Say nothing but the answer and errors.")]


ColorOption = Annotated[
    Color,
    typer.Option(
        "--color",
        callback=choose_color,
        help="Colour in tables; auto: on a terminal, unless NO_COLOR is set, or FORCE_COLOR.",
    ),
]


def default_of(setting: str) -> Any:  # noqa: ANN401 - an option's own type says which of the choices it may be
    """What an option is where nobody set it."""
    return SETTINGS[setting].default_now


@dataclass(frozen=True)
class Computing:
    """The model, and where and how finely it computes."""

    SECTION: ClassVar[str] = "Model"

    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="NAME|FILE",
            autocompletion=complete_models,
            help="The model: 'qvhighlights' for real footage (downloaded once), 'sprites' (the built-in "
            "demonstration), or the file of a checkpoint.",
        ),
    ] = default_of("model")
    device: DeviceOption = default_of("device")
    precision: PrecisionOption = default_of("precision")


@dataclass(frozen=True)
class Looking:
    """Which pictures of a video are looked at, and what decodes them."""

    SECTION: ClassVar[str] = "Reading videos"

    sampling: Annotated[
        SamplingWay,
        typer.Option(
            "--sampling",
            help="Which pictures to look at. exact: the middle one of each clip, as the model was trained; auto: one "
            "nearby where that is quicker to decode, with nearly the same answer; keyframes: only those that decode "
            "by themselves, for a quick look at a very long video.",
        ),
    ] = default_of("sampling")
    hwaccel: HwaccelOption = default_of("hwaccel")


@dataclass(frozen=True)
class LookingOnce(Looking):
    """The same, where what was computed before may be used and kept."""

    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither use nor keep what has been computed about a video.")
    ] = False


@dataclass(frozen=True)
class Cutting:
    """What is cut out of videos, and how."""

    SECTION: ClassVar[str] = "Clips and reels"

    clips: Annotated[
        Path | None,
        typer.Option(
            "--clips",
            metavar="DIR",
            help="Cut each moment out of its video, into this folder, with its sound, subtitles and chapters; what a "
            "clip cannot hold is said.",
        ),
    ] = None
    reel: Annotated[
        Path | None,
        typer.Option(
            "--reel",
            metavar="FILE",
            help="Join the moments, in order of time, into one film (.mp4, .mov, .mkv), with sound and without "
            "subtitles.",
        ),
    ] = None
    pad: Annotated[
        Pad | None,
        typer.Option(
            "--pad",
            parser=read_pad,
            metavar="TIME[,TIME]",
            help="Cut so much more before and after each moment, as 1.5s; or before,after, as 1.5s,500ms. In files for "
            "editing programs: handles.",
        ),
    ] = None
    crossfade: Annotated[
        float | None,
        typer.Option(
            "--crossfade",
            parser=read_span,
            metavar="TIME",
            help="Fade from one part of the reel to the next, also in sound, for so long, as 0.5s.",
        ),
    ] = None
    mode: Annotated[
        CutMode | None,
        typer.Option(
            "--cut",
            help="exact (default): to the picture, encoded again; smart: to the picture, only its ends are encoded, "
            "where that is possible; copy: nothing is encoded, the clip begins on the keyframe before.",
            show_default=False,
        ),
    ] = None
    name: Annotated[
        Callable[[Any], str] | None,
        typer.Option(
            "--name",
            parser=read_naming,
            metavar="TEMPLATE",
            help="What clips are called, as '{rank}_{video}_{start}'; there are {video}, {start}, {end}, {query} and "
            "{rank}.",
            show_default=False,
        ),
    ] = None
    distinct: Annotated[
        bool,
        typer.Option(
            "--distinct/--no-distinct",
            help="Leave out moments that share more than half of their time with a better one.",
        ),
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which files would be written, and about how large films are.")
    ] = False
    force: ForceOption = False
    by_settings: frozenset[str] = frozenset()
    """Which of these somebody set once and for all: where one of them has nothing to act on, that is no mistake."""


@dataclass(frozen=True)
class Showing:
    """How the answer is shown, and what is said besides."""

    SECTION: ClassVar[str] = "Output"

    as_json: JsonOption = False
    quiet: QuietOption = False
    color: ColorOption = "auto"


def spread(command: Callable[..., int]) -> Callable[..., int]:
    """A command whose parameters are options alone: each group in its signature is replaced by the group's fields.

    Args:
        command: A function; a parameter that is annotated with one of the dataclasses above is a group.

    Returns:
        The same function for typer, which puts the groups together again.
    """
    signature = inspect.signature(command, eval_str=True)
    kinds = {name: one.annotation for name, one in signature.parameters.items()}
    groups = {name: kind for name, kind in kinds.items() if isinstance(kind, type) and is_dataclass(kind)}

    wants_settings = any(_BY_SETTINGS in _names(group) for group in groups.values())

    @functools.wraps(command)
    def run(**values: Any) -> int:  # noqa: ANN401 - whatever typer read
        if wants_settings:
            values[_BY_SETTINGS] = set_by_settings(values[_CONTEXT] if _CONTEXT in kinds else values.pop(_CONTEXT))
        taken = {name for group in groups.values() for name in _names(group)}
        made = {name: group(**{field: values[field] for field in _names(group)}) for name, group in groups.items()}
        return command(**{name: value for name, value in values.items() if name not in taken}, **made)

    own = [one.replace(kind=one.KEYWORD_ONLY) for name, one in signature.parameters.items() if name not in groups]
    if wants_settings and _CONTEXT not in kinds:
        own.append(inspect.Parameter(_CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
    options = [option for group in groups.values() for option in _options_of(group)]
    run.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return run


_CONTEXT, _BY_SETTINGS = "context", "by_settings"
"""What typer tells of a call, and the field of a group for what of it nobody typed."""


def set_by_settings(context: typer.Context) -> frozenset[str]:
    """The parameters of a command that somebody set once and for all, and that nobody typed."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(name for name, source in sources.items() if source is not None and source.name == "DEFAULT_MAP")


def _names(group: type) -> list[str]:
    return [field.name for field in fields(group)]


def _options_of(group: type) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        if field.name == _BY_SETTINGS:
            continue
        kind, option = get_args(hints[field.name])
        option = copy(option)
        option.rich_help_panel = group.SECTION  # type: ignore[attr-defined]
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=Annotated[kind, option]
        )
