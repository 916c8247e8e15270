"""Options that several commands share, with the same words in every `--help`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class Device(str, Enum):
    """Where to compute."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


class Precision(str, Enum):
    """How finely to compute."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Way(str, Enum):
    """Which pictures of a video to look at, as `r2cli.video.SAMPLINGS`."""

    EXACT = "exact"
    AUTO = "auto"
    KEYFRAMES = "keyframes"


Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="The model: 'qvhighlights' for real footage (downloaded once), 'sprites' (the built-in demonstration), "
        "or the file of a checkpoint.",
    ),
]
Compute = Annotated[
    Device, typer.Option("--device", help="Where to compute; auto takes a graphics card if there is one.")
]
Finely = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="How finely to compute; auto is as fast as the machine can be without changing the answer noticeably.",
    ),
]
Top = Annotated[int, typer.Option(min=1, metavar="N", help="Show at most N moments of each video.")]
MinScore = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, metavar="SCORE", help="Leave out moments below this score, 0 to 1. Default: the model's own."
    ),
]
SamplingWay = Annotated[
    Way,
    typer.Option(
        "--sampling",
        help="Which pictures to look at. exact: the middle one of each clip, as the model was trained; auto: one "
        "nearby where that is quicker to decode, with nearly the same answer; keyframes: only those that decode by "
        "themselves, for a quick look at a very long video.",
    ),
]
Hwaccel = Annotated[
    str,
    typer.Option(
        "--hwaccel",
        metavar="NAME",
        help="Decode and encode on the graphics card, by FFmpeg's name for it (cuda, vaapi, videotoolbox, qsv, "
        "d3d11va), or auto; where that fails, the processor does it.",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither use nor keep what has been computed about a video.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the answer and errors.")]
