"""`r2 models`: which models there are, and what of them is on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from r2cli.cli.completing import complete_items
from r2cli.cli.console import Answer, Talk, write_error
from r2cli.cli.options import JsonOption, QuietOption
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.files import readable_size
from r2cli.hub import fetch
from r2cli.hub import remove as remove_file
from r2cli.hub import verify as verify_file
from r2cli.hub.room import hub_cache, require_room
from r2cli.paths import models_dir

if TYPE_CHECKING:
    from r2cli.checkpoints.inventory import Item

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...",
        help="Names as `r2 models` shows them.",
        show_default=False,
        autocompletion=complete_items,
    ),
]

_FOOT = """
* the default of r2 find. Every checkpoint also needs its CLIP. To get both:

    r2 models pull NAME
"""


def models(context: typer.Context, as_json: JsonOption = False) -> int:
    """List models, download, verify and remove them.

    \b
    r2 models
    r2 models pull charades
    r2 models verify
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    if context.invoked_subcommand is not None:
        return 0
    from r2cli.checkpoints.inventory import all_items

    answer, items = Answer(), all_items()
    if as_json:
        from r2cli.export.json.models import write_models

        answer.write(write_models(items))
    else:
        from r2cli.present.models import model_table

        answer.show(model_table(items))
        answer.write(_FOOT)
    return 0


def pull(
    names: Names = None,
    default: Annotated[bool, typer.Option("--default", help="What r2 find takes when nobody says otherwise.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every checkpoint, with the CLIP that it needs.")] = False,
    quiet: QuietOption = False,
) -> int:
    """Download models, each with the CLIP that it needs.

    What arrives is verified. From then on r2 needs no network.

    \b
    r2 models pull --default
    r2 models pull charades youtube-dog
    """  # noqa: D301 - as above
    items = _chosen(names or [], default=default, everything=everything)
    talk, answer = Talk(quiet), Answer()
    _announce([item for item in items if item.path is None], talk)
    for item in items:
        _pull(item, talk)
        answer.write(f"{item.name}  {'ready' if item.path is None else 'was here already'}\n")
    return 0


def verify(names: Names = None, quiet: QuietOption = False) -> int:
    """Read models from end to end and compare their sha256.

    Without a name, all that are on this machine. What is damaged is removed from the download cache, and the next
    pull gets it again.

    \b
    r2 models verify
    """  # noqa: D301 - as above
    from r2cli.checkpoints.inventory import all_items, find_item

    answer, failed = Answer(), False
    items = [find_item(name) for name in names] if names else [item for item in all_items() if item.is_downloaded]
    for item in items:
        if item.file is None:
            answer.write(f"{item.name}  built in\n")
            continue
        try:
            _, digest = verify_file(item.file)
            answer.write(f"{item.name}  ok  {digest}\n")
        except ModelUnavailableError as error:
            write_error(error)
            failed = True
    if not items:
        Talk(quiet).note("no model is on this machine yet: r2 models pull --default")
    return ModelUnavailableError.exit_code if failed else 0


def path(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A model.", show_default=False, autocompletion=complete_items)
    ] = "",
) -> int:
    """Print where a model is on this machine.

    Without a name, the folder for models that are put there by hand.

    \b
    r2 models path charades
    """  # noqa: D301 - as above
    from r2cli.checkpoints.inventory import find_item

    item = find_item(name) if name else None
    if item is not None and item.path is None:
        raise ModelUnavailableError(f"{name} is not on this machine", f"get it with: r2 models pull {name}")
    Answer().write(f"{models_dir() if item is None else item.path}\n")
    return 0


def remove(names: Names = None, quiet: QuietOption = False) -> int:
    """Remove downloaded models from this machine.

    r2 downloads them again when they are needed.

    \b
    r2 models remove charades
    """  # noqa: D301 - as above
    from r2cli.checkpoints.inventory import find_item

    if not names:
        raise CommandLineError("no name of a model", "as in: r2 models remove charades; see: r2 models")
    items = [find_item(name) for name in dict.fromkeys(names)]
    for item in items:
        _require_removable(item)
    for item in items:
        _remove(item, Talk(quiet))
    return 0


def _chosen(names: list[str], *, default: bool, everything: bool) -> list[Item]:
    from r2cli.checkpoints.inventory import needed
    from r2cli.checkpoints.registry import CHECKPOINTS, DEFAULT

    if not (names or default or everything):
        raise CommandLineError("nothing to pull", "name a model (see: r2 models), or say --default or --all")
    wanted = [*names, *([DEFAULT] if default else []), *(CHECKPOINTS if everything else [])]
    return list({item.name: item for name in wanted for item in needed(name)}.values())


def _announce(missing: list[Item], talk: Talk) -> None:
    """Say how much is coming and where it will be; more than fits is refused before it begins.

    Raises:
        ModelUnavailableError: The disk has less room.
    """
    if not missing:
        return
    total = sum(item.size for item in missing)
    require_room(total)
    files = "1 file" if len(missing) == 1 else f"{len(missing)} files"
    talk.note(f"{files}, about {readable_size(total)}, to {hub_cache()}")


def _pull(item: Item, talk: Talk) -> None:
    if item.file is not None:
        fetch(item.file, on_note=talk.note, progress=talk.shows_progress)


def _require_removable(item: Item) -> None:
    if item.file is None:
        raise CommandLineError(f"{item.name} is part of r2", "it takes no room of its own and cannot be removed")
    if item.is_own:
        raise CommandLineError(f"{item.path} was put there by hand", "r2 leaves it alone: remove the file yourself")


def _remove(item: Item, talk: Talk) -> None:
    from r2cli.checkpoints.inventory import users_of

    freed = remove_file(item.file) if item.file is not None else 0
    Answer().write(f"{item.name}  {f'removed, {readable_size(freed)} free' if freed else 'was not here'}\n")
    if users := users_of(item):
        talk.note(f"{', '.join(user.name for user in users)} will download {item.name} again")
