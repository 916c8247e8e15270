"""What `r2 highlight` and `r2 summarize` share: an option group, the videos that are meant, and rating them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from r2cli.cli.completing import complete_domains
from r2cli.cli.console import Talk, warnings_as_notes
from r2cli.cli.options import Computing
from r2cli.cli.order import looks_like_path
from r2cli.cli.recent import default_videos
from r2cli.errors import CommandLineError, R2Error, UnreadableInputError

if TYPE_CHECKING:
    from r2cli.memory import OnProgress, Reading
    from r2cli.tasks.rate import Rated, Rater
    from r2cli.video import VideoInfo


@dataclass(frozen=True)
class Subject:
    """What is to be rated: what it is about, or what kind of video it is."""

    SECTION: ClassVar[str] = "Options"

    about: Annotated[
        str | None,
        typer.Option("--about", metavar="TEXT", help="What it is to be about. Default: whatever stands out."),
    ] = None
    domain: Annotated[
        str,
        typer.Option(
            "--domain",
            metavar="auto|none|NAME",
            autocompletion=complete_domains,
            help="What kind of video it is, by a highlight model's name as in `r2 models` (dog, surfing, tvsum-bk "
            "...); auto: CLIP tells from its pictures; none: it is rated by its title.",
        ),
    ] = "auto"


def meant(named: list[Path] | None, model: str, context: typer.Context, talk: Talk) -> tuple[list[Path], str]:
    """The videos and the model of the command line; where no video is named, those that are meant by none.

    The model that the last video was searched with is meant too, unless somebody chose one.

    Raises:
        CommandLineError: There is none, or a sentence stands where a video should.
    """
    words = [str(path) for place, path in enumerate(named or ()) if _is_about(path, is_first=not place)]
    if words:
        about = " ".join(words)
        raise CommandLineError(f"there is no video {about!r}", f'to say what it is to be about: --about "{about}"')
    if named:
        return named, model
    videos, last_model = default_videos(talk)
    source = context.get_parameter_source("model")
    is_chosen = source is None or source.name != "DEFAULT"
    if is_chosen or last_model in (None, model):
        return videos, model
    talk.note(f"with the model that it was searched with, {last_model}")
    return videos, last_model or model


def _is_about(path: Path, *, is_first: bool) -> bool:
    """Whether words of a subject stand where a video should; one that stands first may be a video's name mistyped."""
    return not looks_like_path(str(path)) and (not is_first or " " in path.name)


def make_rater(subject: Subject, model: str, computing: Computing, talk: Talk) -> Rater:
    """What rates videos as the options ask.

    Raises:
        CommandLineError: They make no sense together.
        ModelUnavailableError: There is no such model, or it cannot read a text.
    """
    from r2cli.tasks.rate import Rater, Wish

    return Rater(
        Wish(subject.about, model, subject.domain),
        device=computing.device,
        precision=computing.precision,
        on_note=talk.note,
        progress=talk.shows_progress,
    )


def rate_video(
    rater: Rater, video: VideoInfo, reading: Reading, talk: Talk, on_failure: Callable[[Path, R2Error], None]
) -> Rated | None:
    """Rate one video with a bar; None where it cannot be read, which is reported."""
    from r2cli.video import DamagedVideoWarning, clip_count

    with warnings_as_notes(DamagedVideoWarning, talk), ExitStack() as bar:
        bar.enter_context(talk.loading())

        def begin(clips_per_second: float) -> OnProgress:
            bar.close()
            return bar.enter_context(talk.progress(video.path.name, clip_count(video.duration, clips_per_second)))

        try:
            return rater.rate(video, reading, begin)
        except UnreadableInputError as error:
            bar.close()
            on_failure(video.path, error)
            return None
