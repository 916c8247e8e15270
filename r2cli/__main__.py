"""The `r2` command: run it, and turn every way in which it can end into an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextvars import copy_context
from typing import TextIO

from r2cli.cli.complaints import usage_line
from r2cli.cli.console import drop_output, quiet_libraries, unwritable, write_error, write_line
from r2cli.errors import ExitCode, R2Error, is_debugging, speaking_flags
from r2cli.process import EndedError, end_by, end_tidily, prepare_process


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; None: the process's own.

    Returns:
        The exit code. Errors are one line on standard error, with a traceback before it if `R2_DEBUG` is set.
    """
    try:
        return _run_app(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        write_line("interrupted")
        return ExitCode.INTERRUPTED


def run() -> None:
    """Entry point of the `r2` program."""
    _hold_streams()
    prepare_process()
    end_tidily()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
    except EndedError as ended:
        end_by(ended.number)
    # From here on there is nothing left to interrupt, and the interpreter would report it with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _hold_streams() -> None:
    """Put something in place of a standard stream that is closed, or the next file that is opened would take its place.

    There is nothing to read then, standard output refuses what is written to it, and standard error drops it.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            held = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if held != number:  # pragma: no cover - the lowest number that is free is the one that was closed
                os.dup2(held, number)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open


def _run_app(arguments: list[str]) -> int:
    import typer

    from r2cli.cli.app import build_app

    try:
        with quiet_libraries(), speaking_flags():
            # In a context of its own: what one command was told, such as --color, is nothing to the next.
            code = copy_context().run(build_app(), args=arguments, prog_name="r2", standalone_mode=False)
    except typer.TyperException as error:
        return _explain(error, usage_line(error), error.exit_code)
    except R2Error as error:
        return _explain(error, str(error), error.exit_code)
    except BrokenPipeError:
        drop_output(sys.stdout)
        return ExitCode.FOUND
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as error:  # typer's answer to a closed pipe, and to a shell that wants to complete a line
        return error.code if isinstance(error.code, int) else ExitCode.FOUND
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and _is_stuck(sys.stdout):
            drop_output(sys.stdout)
            return _explain(error, str(unwritable(error)), ExitCode.COMMAND_LINE)
        line = f"a fault of r2 itself: {type(error).__name__}: {error} - run it again with R2_DEBUG=1 and report it"
        return _explain(error, line, ExitCode.FAULT)
    if code == ExitCode.INTERRUPTED:  # typer's answer to Ctrl-C
        raise KeyboardInterrupt
    return code if isinstance(code, int) else ExitCode.FOUND


def _is_stuck(stream: TextIO | None) -> bool:
    """Whether a stream still holds what it could not write, or holds nothing ever."""
    try:
        if stream is not None:
            stream.flush()
            os.write(stream.fileno(), b"")  # a closed one says so even if it let go of what it held
    except io.UnsupportedOperation:
        return False
    except OSError:
        return True
    return bool(getattr(stream, "write_through", False))


def _explain(error: Exception, line: str, code: int) -> int:

    if is_debugging():
        traceback.print_exception(error)
    if isinstance(error, R2Error):
        write_error(error)
    else:
        write_line(line)
    return code


if __name__ == "__main__":
    run()
