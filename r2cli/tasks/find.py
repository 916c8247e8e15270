"""A video and a sentence go in, moments come out: asked while the video is read, and nothing of it kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from r2cli.findings import DEFAULT_TOP, Findings
from r2cli.memory import OnProgress, Reading, ReadingReport, encode
from r2cli.tasks.arguments import checked
from r2cli.tasks.ask import Asked, ask_all, read_queries, select, threshold
from r2cli.tasks.combine import Question, answer_questions, question_notes, require_question, with_count
from r2cli.tasks.load import DEFAULT_MODEL, opened
from r2cli.tasks.open_video import open_video
from r2cli.tasks.snap import snap_to_shots
from r2cli.tasks.telling import OnNote, OnWork, counted

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo

OnReport = Callable[[ReadingReport], None]


@checked
def find(
    video: str | Path,
    query: str | None = None,
    *,
    expr: str | None = None,
    count: bool = False,
    model: str | Path | LoadedModel = DEFAULT_MODEL,
    top: int | None = DEFAULT_TOP,
    min_score: float | None = None,
    snap: str = "none",
    device: str = "auto",
    precision: str = "auto",
    sampling: str = "auto",
    cache: bool = True,
    on_note: OnNote | None = None,
    on_progress: OnWork | None = None,
) -> Findings:
    """Find the moments of a video that match a sentence.

    >>> findings = r2cli.find("holiday.mp4", "a dog jumps")
    >>> [(moment.start, moment.end) for moment in findings.moments]

    Args:
        video: Path of the video, of any length.
        query: What to look for, in English.
        expr: Instead of a query: several, each in quotes, and how they combine, as `'"a dog" and not "people"'`.
        count: Also tell how often it happens, as `Findings.count`.
        model: A checkpoint's name, the path of one, or what `load` returned.
        top: At most so many moments; None: all.
        min_score: Leave out moments with a lower score, 0 to 1; None: the checkpoint's own threshold.
        snap: `shot` moves the ends of moments to the film's nearest cuts, by a clip at most; see `snap_to_shots`.
        device: `auto`, `cuda`, `mps` or `cpu`; of no meaning when `model` is loaded already, as `precision` is.
        precision: How finely to compute: `auto`, `fp32`, `bf16` or `fp16`.
        sampling: Which picture stands for a clip: `exact`, the one in its middle; `auto`, a keyframe where the clip
            has one of its own; `keyframes`, the nearest keyframe always.
        cache: Keep what is computed of the video, for the next query, and use what was kept.
        on_note: Told in one line what is about to be downloaded and what there is to know; None: it is logged, as
            `logging.getLogger("r2cli")` at level INFO.
        on_progress: Told how many clips of how many have been read. An exception that it raises ends the work: nothing
            goes on in the background, and what was read so far is kept for the next time.

    Returns:
        Moments, best first, and the saliency of every clip. No moment is an answer too: nothing matched.

    Raises:
        UnreadableInputError: The video is missing, damaged, or holds no picture.
        ModelUnavailableError: There is no such model, or it cannot be had.
        ArgumentError: An argument makes no sense; it is a `ValueError` too.
        CommandLineError: This machine has no such device.
        FFmpegError: FFmpeg is missing or failed.
    """
    question, info = require_question(query, expr), open_video(video)
    loaded = opened(model, device=device, precision=precision, on_note=on_note)
    for note in question_notes([question], loaded):
        loaded.on_note(note)
    watch = counted(on_progress, info, loaded.checkpoint.clips_per_second)
    (everything,) = search_all(info, [question], loaded, Reading(sampling=sampling, cache=cache), watch)
    counted_too = with_count(everything, loaded) if count else everything
    found = select(counted_too, top=top, min_score=threshold(loaded, min_score))
    return snap_to_shots(found, info) if snap == "shot" else found


def search_all(
    video: VideoInfo,
    questions: Sequence[Question],
    model: LoadedModel,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
    on_progress: OnProgress = lambda clips: None,
    on_report: OnReport = lambda report: None,
) -> list[Findings]:
    """`search` for sentences and expressions: all that they are made of is asked in one pass over the video."""
    return answer_questions(
        questions, model, lambda sentences: search(video, sentences, model, reading, on_progress, on_report)
    )


def search(
    video: VideoInfo,
    queries: Sequence[str],
    model: LoadedModel,
    reading: Reading = Reading(),  # noqa: B008 - it is frozen
    on_progress: OnProgress = lambda clips: None,
    on_report: OnReport = lambda report: None,
) -> list[Findings]:
    """Ask queries while the video is read, in constant memory.

    Args:
        video: From `open_video`, or `video.probe`.
        queries: What to look for.
        model: From `load`.
        reading: How to read the video.
        on_progress: Told how many clips have been read.
        on_report: Told at the end where the tokens of the clips came from.

    Returns:
        For each query every moment that the model sees, however low its score; `select` picks from them. An answer
        does not depend on what else is asked, nor on what the cache holds.
    """
    with encode(video, model, reading, on_progress, keep=False) as encoded:
        asked = [Asked(query, model) for query in queries]
        if not encoded.is_complete:
            read_queries(asked, model)
        findings = ask_all(encoded, asked)
        on_report(encoded.report)
        return findings
