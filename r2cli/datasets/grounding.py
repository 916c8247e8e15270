"""The JSON lines in which QVHighlights is published, and the other sets by those who train on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.dataset import Sample
from r2cli.datasets.lines import Line, json_lines

CLIP = 2.0
"""Seconds of a clip that is rated."""
RATERS = 3


def read_grounding_lines(path: Path, video: str = "{}") -> Iterator[Sample]:
    """Samples of a file with one query a line: `qid, vid, query, duration`, and what is known of the answer.

    Args:
        path: Of the file.
        video: What the name of a video becomes.

    Raises:
        UnreadableInputError: A line makes no sense; the message says which.
    """
    for line in json_lines(path):
        duration = line.number("duration")
        if duration <= 0:
            raise line.complaint("'duration' must be above 0")
        yield Sample(
            id=line.take("qid", (str, int)),
            video=video.format(line.text("vid")),
            query=line.text("query"),
            windows=line.spans("relevant_windows"),
            duration=float(duration),
            ratings=_ratings(line, int(duration / CLIP)),
        )


def _ratings(line: Line, clips: int) -> NDArray[np.float64] | None:
    """[clips, 3]; who was not asked about a clip did not like it."""
    if "saliency_scores" not in line.fields:
        return None
    scores, places = line.take("saliency_scores", list), line.take("relevant_clip_ids", list)
    if not all(isinstance(place, int) and 0 <= place < clips for place in places):
        raise line.complaint(f"'relevant_clip_ids' must be clips of the video, 0 to {clips - 1}")
    ratings = np.zeros((clips, RATERS))
    try:
        given = np.asarray(scores, dtype=np.float64).reshape(len(scores), RATERS)
        ratings[places] = given.reshape(len(places), RATERS)
    except (TypeError, ValueError) as error:
        raise line.complaint("'saliency_scores' must be three numbers for each of 'relevant_clip_ids'") from error
    return ratings
