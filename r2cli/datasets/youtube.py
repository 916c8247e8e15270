"""YouTube Highlights (Sun et al., ECCV 2014): raw videos, and which parts of them their owners put into a cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Dataset, Sample, Scale, Source, in_folders
from r2cli.datasets.lines import Line, json_file
from r2cli.errors import UnreadableInputError

_SPLIT = Path(__file__).with_name("youtube_split.json")
"""Which videos to learn from and which to test on; the split of UMT (Liu et al., CVPR 2022)."""
_PREPARED = "youtube_anno.json"
_DOMAINS = {"dog": "dog", "gym": "gymnastics", "par": "parkour", "ska": "skating", "ski": "skiing", "sur": "surfing"}
_TITLE = 5
"""Place of a video's title in its `info`."""


@cache
def _wanted(split: str) -> tuple[str, ...]:
    domain, _, part = split.partition("-")
    return tuple(json.loads(_SPLIT.read_text(encoding="utf-8"))[_DOMAINS[domain]][part].split())


def _read(folder: Path, split: str) -> Iterator[Sample]:
    prepared = json_file(folder / _PREPARED) if (folder / _PREPARED).exists() else None
    domain = _DOMAINS[split.partition("-")[0]]
    for name in _wanted(split):
        if prepared is not None:
            entry = Line(f"{prepared.place}, {name}", prepared.take(name, dict))
            yield _sample(name, domain, entry, entry.take("match", list))
        else:
            yield _read_official(folder / domain / name, domain)


def _read_official(folder: Path, domain: str) -> Sample:
    """One folder a video; `match_label.json` is [[clip, ...], [label, ...]], and `info.json` knows the title."""
    path = folder / "match_label.json"
    try:
        clips, labels = json.loads(path.read_text(encoding="utf-8"))
        info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UnreadableInputError(f"cannot read {path}, or info.json beside it", "see: r2 data check") from error
    return _sample(folder.name, domain, Line(str(path), {"info": info}), labels)


def _sample(name: str, domain: str, entry: Line, labels: object) -> Sample:
    info = entry.take("info", list, default=[])
    title = str(info[_TITLE]).strip() if len(info) > _TITLE else ""
    return Sample(name, name, title or domain, ratings=_ratings(entry, labels))


def _ratings(entry: Line, labels: object) -> NDArray[np.float64]:
    try:
        ratings = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise entry.complaint("labels must be numbers") from error
    if ratings.ndim != 1 or not len(ratings) or not np.isin(ratings, (-1, 0, 1)).all():
        raise entry.complaint("labels must be -1, 0 or 1")
    return ratings[:, None]


YOUTUBE = Dataset(
    name="youtube",
    about="videos of six subjects, and which parts of them their owners put into a cut (YouTube Highlights)",
    task="highlights",
    splits=tuple(f"{domain}-{part}" for domain in _DOMAINS for part in ("train", "val")),
    read=_read,
    film=in_folders("videos", "", *(f"{domain}/videos" for domain in _DOMAINS.values())),
    measure="trapezia",
    source=Source(
        annotations="https://github.com/aliensunmin/DomainSpecificHighlight (a folder a video), "
        "or youtube_anno.json of https://huggingface.co/yeliudev/R2-Tuning",
        videos="YouTube, by their names; many are gone",
        licence="none is named; the videos are their owners'",
    ),
    scale=Scale(-1, 1, "above half"),
    files=lambda split: (_PREPARED, _DOMAINS[split.partition("-")[0]]),
)
