"""TVSum (Song et al., CVPR 2015): fifty videos from YouTube, every two seconds rated by twenty people."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Dataset, Sample, Scale, Source, find_annotations, in_folders
from r2cli.datasets.lines import Line, json_file, text_lines

CLIP = 2.0
"""Seconds of a clip that is rated."""

_DOMAINS: dict[str, tuple[str, str]] = {
    # videos to learn from, video to test on; the split of UMT (Liu et al., CVPR 2022)
    "bk": ("WxtbjNsCQ8A EE-bNr36nyA oDXZc0tZe04 uGu_10sucQo", "Se3oxnaPsz0"),
    "bt": ("eQu1rNs0an0 qqR6AEXwxoQ EYqVtI9YWJA iVt07TCkFM0", "JgHubY5Vw3Y"),
    "ds": ("kLxoNp-UchI NyBmCxDoHJU jcoYJXDG9sw -esJrBWj2d8", "E11zDS9XGzg"),
    "fm": ("_xMr-HKMfVA byxOvuiIJV0 VuWGsYPqAX8 xmEERLqJ2kU", "JKpqYvAdIsw"),
    "ga": ("xxdtq8mxegs i3wAGJaaktw 0tmA_C6XwfM 3eYKfiOEJNs", "Bhxk-O1Y7Ho"),
    "ms": ("Hl-__g2gn_A WG0MBPpPC6I LRw_obCPUt0 37rzWOQsNIw", "Yi4Ij2NM7U4"),
    "pk": ("GsAD1KT1xo8 XkqCExn6_Us b626MiF1ew4 PJrm840pAUI", "cjibtmSLxQ4"),
    "pr": ("RBCABdttQmI z_6gVvQb2d0 4wU_LUjG5Ic 91IHQYk1IQM", "fWutDQy1nnY"),
    "vt": ("gzDbaEs1Rlg XzYM3PfTM4w 98MoyGZKHXc AwmHb44_ouw", "J0nA4VgnoCo"),
    "vu": ("akI8YFjEmUw HT5vyqe0Xaw vdmoEJ5YbrQ xwqBXPGE9pQ", "sTEELN-vY30"),
}
_SPLITS = tuple(f"{domain}-{part}" for domain in _DOMAINS for part in ("train", "val"))
_RATINGS, _INFO = "ydata-tvsum50-anno.tsv", "ydata-tvsum50-info.tsv"
_PREPARED = "tvsum_anno.json"


def _read(folder: Path, split: str) -> Iterator[Sample]:
    path = find_annotations(folder, (_PREPARED, _RATINGS, f"data/{_RATINGS}"))
    domain, _, part = split.partition("-")
    wanted = _DOMAINS[domain][part == "val"].split()
    read = _read_prepared(path) if path.suffix == ".json" else _read_official(path)
    found = {sample.video: sample for sample in read if sample.video in wanted}
    for name in wanted:
        if name not in found:
            raise Line(str(path), {}).complaint(f"there is no video {name}")
        yield found[name]


def _read_prepared(path: Path) -> Iterator[Sample]:
    """One entry a video: its `title`, and in `anno` twenty ratings of every clip."""
    whole = json_file(path)
    for name in whole.fields:
        entry = Line(f"{path}, {name}", whole.take(name, dict))
        try:
            ratings = np.asarray(entry.take("anno", list), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise entry.complaint("'anno' must be a table of numbers") from error
        if ratings.ndim != 2 or not len(ratings):
            raise entry.complaint("'anno' must be a table of numbers")
        yield Sample(name, name, entry.text("title"), duration=CLIP * len(ratings), ratings=ratings)


def _read_official(path: Path) -> Iterator[Sample]:
    """Two tables: one line a rater and video, with a rating of every frame; and what each video is called."""
    titles = {row[1]: (row[2], _seconds(row[4], place)) for place, row in _rows(path.with_name(_INFO), 5)}
    rated: dict[str, list[NDArray[np.float64]]] = {}
    for place, (video, _, scores) in _rows(path, 3):
        try:
            rated.setdefault(video, []).append(np.array(scores.split(","), dtype=np.float64))
        except ValueError as error:
            raise Line(place, {}).complaint("expected ratings with commas between them") from error
        if video not in titles:
            raise Line(place, {}).complaint(f"{_INFO} does not name {video}")
    for video, frames in rated.items():
        title, seconds = titles[video]
        clips = max(1, round(seconds / CLIP))
        middles = ((np.arange(clips) + 0.5) / clips * min(map(len, frames))).astype(int)
        yield Sample(video, video, title, duration=seconds, ratings=np.stack([one[middles] for one in frames], axis=1))


def _rows(path: Path, fields: int) -> Iterator[tuple[str, list[str]]]:
    for place, text in text_lines(path):
        (row,) = csv.reader([text], delimiter="\t")
        if len(row) < fields:
            raise Line(place, {}).complaint(f"expected {fields} fields with tabs between them")
        if row[0] not in ("category", "video_id"):  # a heading
            yield place, row


def _seconds(text: str, place: str) -> float:
    """`3:45` or `225`."""
    try:
        parts: list[float] = [float(part) for part in text.split(":")]
    except ValueError as error:
        raise Line(place, {}).complaint(f"{text!r} is no length") from error
    return sum(part * 60.0**power for power, part in enumerate(reversed(parts)))


TVSUM = Dataset(
    name="tvsum",
    about="videos of ten subjects, every two seconds rated by twenty people",
    task="highlights",
    splits=_SPLITS,
    read=_read,
    film=in_folders("videos", "video", ""),
    measure="top-five",
    source=Source(
        annotations="https://github.com/yalesong/tvsum (data/ydata-tvsum50-*.tsv)",
        videos="https://people.csail.mit.edu/yalesong/tvsum/tvsum50_ver_1_1.tgz",
        licence="CC BY 3.0 (annotations); the videos are their owners'",
    ),
    scale=Scale(1, 5, "above median"),
    clips_per_second=1 / CLIP,
    files=lambda split: (_PREPARED, _RATINGS, f"data/{_RATINGS}"),
)
