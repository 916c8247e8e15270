"""Files written so that they appear under their name when they are whole, and never before."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from r2cli.errors import CommandLineError, NameTakenError, R2Error, option
from r2cli.scratch import SCRATCH, scratch_folder

_FULL: dict[int | None, str] = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "there is no more room for you on this disk",
    errno.EFBIG: "it becomes larger than a file may be here",
}
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR)
"""What systems say of a folder whose names they cannot be made to write down: Windows, and some networks' disks."""
_A_LITTLE = 1 << 18
"""Bytes for which there must be room."""


def require_free(target: Path, *, force: bool) -> None:
    """Refuse a name that is taken.

    Raises:
        NameTakenError: There is something under this name, and it is not to be overwritten.
        CommandLineError: It is a folder, or no file can be called so.
    """
    with explained(target), suppress(FileNotFoundError, NotADirectoryError):
        target.lstat()
    if target.is_dir():
        raise CommandLineError(f"{target} is a folder", "name a file")
    if not force and os.path.lexists(target):
        way_out = f"choose another name, or {option('force', True)} to overwrite it"
        raise NameTakenError(f"{target} exists already", way_out)


def require_folder(folder: Path) -> None:
    """Make a folder if it is missing, and see that files can be written there.

    Raises:
        CommandLineError: They cannot.
    """
    with explained(folder):
        make_folder(folder)
    require_writable(folder)


def require_place(folder: Path) -> None:
    """See that a folder is there, or can be made, and that files can be written there; nothing stays of the trial.

    Raises:
        CommandLineError: They cannot.
    """
    with explained(folder):
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        require_writable(folder)
    finally:
        for made in missing:
            with suppress(OSError):  # not made after all, or somebody has put something into it
                made.rmdir()


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder if it is missing, and those above it; what is put into it later is not lost with its name.

    Args:
        folder: Which.
        mode: Who may use it; those above it are as the system has it for new folders.

    Raises:
        OSError: It cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def require_writable(folder: Path) -> None:
    """See that files can be written to a folder.

    Raises:
        CommandLineError: They cannot.
    """
    with explained(folder), scratch_folder(folder):
        pass


def require_room(target: Path) -> None:
    """See that there is room for a little more where a file has been written.

    Raises:
        CommandLineError: There is none.
    """
    with explained(target), scratch_folder(target.parent) as folder:
        (folder / "unfinished").write_bytes(bytes(_A_LITTLE))


@contextmanager
def beside(target: Path, *, force: bool) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, the file there gets its real name, else it is removed.

    For what users asked for: once it has its name, it outlasts a power cut. More files may be written beside it; none
    of them stays. Errors call all of them by the real name.

    Raises:
        CommandLineError: The folder cannot be written to, or the name was taken meanwhile.
    """
    require_free(target, force=force)
    with ExitStack() as stack:
        with explained(target.parent):
            folder = stack.enter_context(scratch_folder(target.parent))
        try:
            yield folder / f"unfinished{target.suffix}"
        except R2Error as error:
            error.message = _named(error.message, str(folder), target)
            raise
        require_free(target, force=force)
        with explained(target.parent):
            move(folder / f"unfinished{target.suffix}", target, is_durable=True)


@contextmanager
def replaced(target: Path, *, is_durable: bool, mode: int | None = None) -> Iterator[Path]:
    """Give an empty file to write to; when the block ends well, it takes the target's place, else it is removed.

    For files of r2's own. Who reads the target meanwhile has the old content or the new one, whole.

    Args:
        target: In a folder that exists.
        is_durable: Whether the content outlasts a power cut once the block has ended. If not, such a cut may leave a
            target of zeros, or an empty one: good enough for what is checked when it is read, and no loss.
        mode: Who may read and write it; None: as the system has it for new files.

    Raises:
        OSError: It cannot be written; the target is what it was.
    """
    fresh = target.with_name(f"{SCRATCH}{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode))
    try:
        yield fresh
        if mode is not None:  # what writes it may have made it anew
            fresh.chmod(mode)
        move(fresh, target, is_durable=is_durable)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def replace_text(target: Path, text: str, *, is_durable: bool, mode: int | None = None) -> None:
    """Put a text, in UTF-8, in a file's place, or into a new one; see `replaced`.

    Raises:
        OSError: It cannot be written; the target is what it was.
    """
    with replaced(target, is_durable=is_durable, mode=mode) as fresh:
        fresh.write_text(text, encoding="utf-8")


def move(fresh: Path, target: Path, *, is_durable: bool) -> None:
    """Give a finished file its name, in place of what has it; if it is to last, its content is on the disk before.

    Raises:
        OSError: It has not got it; or it has, and may lose it again in a power cut.
    """
    if is_durable:
        with fresh.open("r+b") as stream:  # Windows does this for nobody who may only read
            os.fsync(stream.fileno())
    os.replace(fresh, target)
    if is_durable:
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder outlast a power cut, where the system can be asked for that.

    Raises:
        OSError: The disk failed.
    """
    try:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _named(message: str, folder: str, target: Path) -> str:
    inside = "|".join(re.escape(name) for name in (os.path.abspath(folder), folder))
    return re.sub(rf"(file:)?({inside})([/\\\\][\w.]+)?", lambda found: str(target), message)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Say what an operating system's refusal to write means.

    Args:
        target: What the user calls the place.

    Raises:
        CommandLineError: Nothing can be written there, or not that much.
    """
    try:
        yield
    except OSError as error:
        raise refusal(target, error.errno, error.strerror or str(error)) from error


def is_full(number: int | None) -> bool:
    """Whether an error's number means that there is no room."""
    return number in _FULL


def refusal(target: Path, number: int | None, reason: str) -> CommandLineError:
    """What to say when a system refuses to write.

    Args:
        target: What the user calls the file or folder.
        number: Which error, as in `errno`.
        reason: The system's words.
    """
    if number in _FULL:
        return CommandLineError(f"{target}: {_FULL[number]}", "make room, or choose another folder")
    return CommandLineError(f"{target} cannot be written to: {reason}", "choose another folder")
