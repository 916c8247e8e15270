"""`r2 demo`: makes a film whose every second is known, and finds things in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.console import Answer, Talk
from r2cli.cli.options import Computing, DeviceOption, PrecisionOption, QuietOption
from r2cli.cli.recent import remember
from r2cli.datasets.sprites.demo import TITLE, demo_film, is_demo_film
from r2cli.datasets.sprites.script import Film, true_moments
from r2cli.errors import CommandLineError
from r2cli.timecode import format_time

if TYPE_CHECKING:
    from rich.table import Table

    from r2cli.findings import Findings
    from r2cli.tasks.remember import VideoMemory

MODEL = "sprites"
DEFAULT_OUT = Path("r2-demo.mp4")
QUERIES: tuple[tuple[str, str, str | None], ...] = (
    ("dog jumps", "dog", "jumps"),
    ("the dog is sleeping", "dog", "sleeps"),
    ("a pig swims", "pig", "swims"),
    ("an airplane is flying", "airplane", "flies"),
    ("penguin", "penguin", None),
    ("the pig is sleeping", "pig", "sleeps"),
    ("an elephant", "elephant", None),
)
"""What is asked, and the thing and deed that it means; the last two are not in the film."""


@dataclass(frozen=True)
class _Asked:
    """One query with what was found and what is true."""

    findings: Findings
    truth: tuple[tuple[float, float], ...]


def demo(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to put the film.")] = DEFAULT_OUT,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE, whatever it is.")] = False,
    device: DeviceOption = Computing.device,
    precision: PrecisionOption = Computing.precision,
    quiet: QuietOption = False,
) -> int:
    """Make a one-minute cartoon and find things in it.

    Nothing is downloaded, and every true time is known.

    \b
    r2 demo
    r2 demo --out /tmp/cartoon.mp4
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from r2cli.memory import Reading
    from r2cli.tasks.load import load
    from r2cli.tasks.remember import remember_video
    from r2cli.video import clip_count, probe

    talk, film = Talk(quiet), demo_film()
    _make_film(film, out, force, talk)
    model = load(MODEL, device=device, precision=precision, on_note=talk.note)
    video = probe(out)
    with talk.progress("looking at every half second", clip_count(video.duration, 2.0)) as on_progress:
        index = remember_video(video, model, Reading(cache=False), on_progress)
    asked = _ask(index, film)
    remember(out, MODEL)
    answer = Answer()
    answer.show(_table(asked), "")
    answer.write(_next_steps(out))
    return 0


def _make_film(film: Film, out: Path, force: bool, talk: Talk) -> None:
    from r2cli.datasets.sprites.art import packaged_sprites
    from r2cli.datasets.sprites.film import write_film

    if out.exists() and not force:
        if is_demo_film(out):
            talk.note(f"{out} is there already")
            return
        raise CommandLineError(f"{out} exists and is not the demonstration's film", "choose another --out, or --force")
    if not out.parent.is_dir():
        raise CommandLineError(f"there is no folder {out.parent}", "choose another --out")
    with talk.progress(f"drawing {out}", 1000) as on_progress:
        write_film(
            film, packaged_sprites(), out, title=TITLE, on_progress=lambda share: on_progress(round(share * 1000))
        )
    talk.note(f"drew {out}: one minute, 1280x720, in a drawing style that the model was not trained on")


def _ask(index: VideoMemory, film: Film) -> list[_Asked]:
    return [_Asked(index.find(text), true_moments(film, thing, deed)) for text, thing, deed in QUERIES]


def _table(asked: list[_Asked]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("query")
    table.add_column("found", no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("true", no_wrap=True)
    for row in asked:
        found = [f"{format_time(m.start)} - {format_time(m.end)}" for m in row.findings.moments]
        scores = [f"{m.score:.2f}" for m in row.findings.moments]
        true = [f"{format_time(start)} - {format_time(end)}" for start, end in row.truth]
        cells = ("\n".join(lines) for lines in (found or ["nothing"], scores, true or ["not in the film"]))
        table.add_row(f'"{row.findings.query}"', *cells)
    return table


def _next_steps(out: Path) -> str:
    return (
        f"The film is {out}. Ask it something yourself:\n\n"
        f'    r2 find {out} "a strawberry hides" --model {MODEL}\n'
        "    r2 highlight --top 5\n"
        "    r2 summarize --out summary.mp4\n\n"
        "For footage of the real world r2 fetches a model once; then:\n\n"
        '    r2 find holiday.mp4 "a dog jumps"\n'
    )
