"""`r2 features`: what a CLIP sees of a data set's videos, ahead of a training."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.loading import Failures
from r2cli.cli.options import DeviceOption, Showing, default_of
from r2cli.cli.recipes import ChangesOption, DataOption, RecipeArgument
from r2cli.errors import CommandLineError

if TYPE_CHECKING:
    from r2cli.datasets.dataset import Sample
    from r2cli.training.features import Seen, Share

_DEVICE = default_of("device")


def features(
    recipe: RecipeArgument = "",
    changes: ChangesOption = None,
    data: DataOption = None,
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", metavar="DIR", help="Where to put what is seen. Default: runs/RECIPE/tokens."),
    ] = None,
    shard: Annotated[
        str,
        typer.Option("--shard", metavar="K/N", help="Only the videos of the k-th of n processes, as 2/4."),
    ] = "1/1",
    device: DeviceOption = _DEVICE,
    *,
    showing: Showing,
) -> int:
    """Let CLIP look at a data set's videos, ahead of a training.

    One file for each video, as R²-Tuning's authors publish theirs; r2 train finds them. What is there is left, so the
    same command goes on where it stopped.

    \b
    r2 features custom --data my-videos
    r2 features qvhighlights --data qvh --tokens qvh/tokens --shard 1/2
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.training.features import make_features, videos_of
    from r2cli.training.recipe import read_recipe
    from r2cli.training.session import Places

    chosen, talk, work = read_recipe(recipe, changes or ()), Talk(showing.quiet), Path("runs") / Path(recipe).stem
    places = Places(data or Path("data") / chosen.dataset, work, tokens or work / "tokens")
    videos = videos_of(chosen, places.data, _share(shard))
    failures, done = Failures(at_once=False), []
    with talk.progress("looking at videos", len(videos)) as on_step:
        for number, seen in enumerate(make_features(chosen, places, videos, device=device, on_note=talk.note), 1):
            if seen.error is not None:
                failures.fail(places.data / seen.video, seen.error)
            else:
                done.append(seen)
            on_step(number)
    if showing.as_json:
        Answer().write(_json(done, failures, places.tokens) + "\n")
    else:
        Answer().write(_summary(videos, done, places.tokens) + "\n")
        failures.say()
    return failures.exit_code()


def _share(text: str) -> Share:
    from r2cli.training.features import Share

    said = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not said or not 1 <= int(said[1]) <= int(said[2]):
        raise CommandLineError(f"--shard {text}: expected k/n", "as in: --shard 2/4")
    return Share(int(said[1]), int(said[2]))


def _json(done: list[Seen], failures: Failures, folder: Path) -> str:
    errors = [{"path": str(one.path), "message": one.message} for one in failures.failed]
    document = {
        "tokens": str(folder),
        "videos": [{"video": one.video, "was_there": one.was_there} for one in done],
        "errors": errors,
    }
    return json.dumps(document, indent=2)


def _summary(videos: list[Sample], done: list[Seen], folder: Path) -> str:
    there = sum(seen.was_there for seen in done)
    return f"{len(done)} of {len(videos)} videos are in {folder}, {there} of them were there"
