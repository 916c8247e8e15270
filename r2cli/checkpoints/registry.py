"""The table of checkpoints: which there are, what each was trained for, and where its weights come from.

Figures are the authors' own, from their README; they were not measured by this project. Of `univtg` there are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from r2cli.backbones.spec import VIT_B_32
from r2cli.checkpoints.checkpoint import Checkpoint, checkpoint_of_card
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile

EMBEDDED = Path(__file__).parent / "embedded"
"""Checkpoints that are part of the package: `NAME.safetensors` and `NAME.json` each."""

_HIGHLIGHTS_ONLY = {"strides": (1,), "tef": False, "boundaries": False, "merge": False}
_SIZE, _HIGHLIGHTS_SIZE = 11_400_000, 7_400_000
"""Bytes: 2,836,242 or 1,846,281 parameters of four bytes each, and a little for their names."""
_TVSUM_RATE = 0.5
_YOUTUBE_RATE = 0.6
"""The training films have a picture per annotation, one for every 50 frames: of 30 a second, this."""
_HIGHLIGHTS_WINDOW = 240.0
"""Seconds. They were trained on whole videos, mostly of one to eight minutes."""


def _file(name: str, digest: str, size: int) -> HubFile:
    stem = f"r2_tuning_{name.replace('-', '_')}-{digest}"
    return HubFile("yeliudev/R2-Tuning", f"checkpoints/{stem}.pth", size=size, sha256=digest, name=name)


QVHIGHLIGHTS = Checkpoint(
    name="qvhighlights",
    task="moments",
    summary="moments in everyday footage (vlogs, news, travel), trained on QVHighlights; authors: R1@0.5 67.74",
    backbone=VIT_B_32,
    source=_file("qvhighlights", "ed516355", _SIZE),
    clips_per_second=0.5,
    window=150.0,
    unit=2.0,
)
_CHARADES = Checkpoint(
    name="charades",
    task="moments",
    summary="what people do indoors, in short home videos, trained on Charades-STA; authors: R1@0.5 60.48",
    backbone=VIT_B_32,
    source=_file("charades", "1de02112", _SIZE),
    clips_per_second=1.0,
    window=60.0,  # it was trained on whole videos of about half a minute
    unit=0.1,
    suppression="linear",
)
_TACOS = Checkpoint(
    name="tacos",
    task="moments",
    summary="steps of cooking before a fixed camera, trained on TACoS; authors: R1@0.5 40.69",
    backbone=VIT_B_32,
    source=_file("tacos", "81759b55", _SIZE),
    clips_per_second=0.5,
    window=300.0,  # whole videos of about five minutes
    suppression="linear",
)
_EGO4D = Checkpoint(
    name="ego4d",
    task="moments",
    summary="footage of head cameras, trained on Ego4D-NLQ; mostly wrong, for comparison only; authors: R1@0.5 4.54",
    backbone=VIT_B_32,
    source=_file("ego4d", "6a6f5754", _SIZE),
    clips_per_second=0.5,
    window=480.0,  # whole videos, most of eight minutes
    suppression="linear",
)


UNIVTG = Checkpoint(
    name="univtg",
    task="moments",
    summary="moments of many kinds of footage, by UniVTG from CLIP alone; no figures of this variant were published",
    backbone=VIT_B_32,
    source=HubFile(
        "KevinQHLin/UniVTG",
        "results/omni/model_best.ckpt",
        size=152_000_000,
        sha256="02f1de1dc05c229e53addea931ba567ebb8387820854a4102c78d27a08c249d3",
        alias="univtg-omni.ckpt",
        name="univtg",
        kind="space",
    ),
    clips_per_second=0.5,
    window=150.0,
    licence="MIT",
    family="univtg",
)


def _highlights(name: str, digest: str, what: str, data: str, figure: str, rate: float, query: str = "") -> Checkpoint:
    return Checkpoint(
        name=name,
        task="highlights",
        summary=f"highlights of {what}, trained on {data}; authors: {figure}",
        backbone=VIT_B_32,
        source=_file(name, digest, _HIGHLIGHTS_SIZE),
        clips_per_second=rate,
        window=_HIGHLIGHTS_WINDOW,
        suppression=None,
        query=query,
        shape=_HIGHLIGHTS_ONLY,
    )


_YOUTUBE = (
    ("dog", "702bd293", "videos of dogs", "74.26", "dog"),
    ("gym", "ff68b1b3", "gymnastics", "72.07", "gymnastics"),
    ("par", "27442af0", "parkour", "81.02", "parkour"),
    ("ska", "dad28398", "skating", "76.26", "skating"),
    ("ski", "df2edc4c", "skiing", "74.36", "skiing"),
    ("sur", "d384d8b2", "surfing", "82.76", "surfing"),
)
_TVSUM = (
    ("bk", "45b59440", "videos on bee keeping", "91.23"),
    ("bt", "13683fdf", "bicycle tricks", "92.35"),
    ("ds", "d11b33d3", "dog shows", "80.88"),
    ("fm", "2c8c119d", "flash mobs", "75.61"),
    ("ga", "59e79858", "videos on grooming animals", "89.51"),
    ("ms", "d9b4f8fa", "videos on making sandwiches", "85.01"),
    ("pk", "1830ce03", "parkour", "82.82"),
    ("pr", "51d78fc9", "parades", "90.39"),
    ("vt", "0069d8d3", "videos on changing a tyre", "89.81"),
    ("vu", "6f8ebb4b", "videos on freeing a stuck car", "85.90"),
)
"""Subject's abbreviation, first digits of the file's sha256, subject, the authors' mAP in percent, and, where it is not
the video's title, what the model is asked: on YouTube Highlights, the name of the domain."""


_RELEASED = (
    QVHIGHLIGHTS,
    _CHARADES,
    _TACOS,
    _EGO4D,
    UNIVTG,
    *(
        _highlights(f"youtube-{key}", digest, what, "YouTube Highlights", f"mAP {figure}", _YOUTUBE_RATE, query)
        for key, digest, what, figure, query in _YOUTUBE
    ),
    *(
        _highlights(f"tvsum-{key}", digest, what, "TVSum", f"top-5 mAP {figure}", _TVSUM_RATE)
        for key, digest, what, figure in _TVSUM
    ),
)

CHECKPOINTS: dict[str, Checkpoint] = {
    **{row.name: row for row in _RELEASED},
    **{
        card.stem: checkpoint_of_card(card.with_suffix(".safetensors"))
        for card in sorted(EMBEDDED.glob("*.json"), key=lambda card: card.stem)
    },
}
"""Every checkpoint that r2 knows by name; the first is the default."""

DEFAULT = next(iter(CHECKPOINTS))


_LEANING = "+similarity"
"""Behind the name of a trained model: it and plain similarity answer together."""
_CERTAINTY = 1.75
"""By how much more similarity then counts in a score; see the README of this room."""


def trained_part(name: str) -> str:
    """The trained model in a name: `sprites` of `sprites+similarity`, and of `sprites`."""
    return name.removesuffix(_LEANING)


def with_similarity(checkpoint: Checkpoint) -> Checkpoint:
    """The same trained model, leaning on the similarity of its own CLIP.

    Raises:
        ModelUnavailableError: It is nothing but similarity itself.
    """
    if checkpoint.family == "similarity" or checkpoint.leans:
        raise ModelUnavailableError(
            f"{checkpoint.name} is similarity already", f"put a trained model before {_LEANING}, as {DEFAULT}{_LEANING}"
        )
    name, weight = f"{checkpoint.name}{_LEANING}", _CERTAINTY * checkpoint.similarity_weight
    return replace(checkpoint, name=name, leans=True, similarity_weight=weight)


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name.

    Raises:
        ModelUnavailableError: There is none; the message suggests the nearest name.
    """
    if name in CHECKPOINTS:
        return CHECKPOINTS[name]
    raise ModelUnavailableError(f"no checkpoint named {name!r}", suggestion(name, CHECKPOINTS))


def suggestion(name: str, known: Iterable[str]) -> str:
    """What somebody who typed an unknown name of a model may have meant, and where to look."""
    typed, names = name.lower().replace("_", "-"), list(known)
    begun = [candidate for candidate in names if typed and candidate.startswith(typed)]
    near = begun or get_close_matches(typed, names, n=1, cutoff=0.5)
    return f"{f'did you mean {near[0]!r}? ' if near else ''}See: r2 models (the default is {DEFAULT!r})"
