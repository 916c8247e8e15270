"""`r2 completion`: Tab completes commands, options and names of models."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

VARIABLE = "_R2_COMPLETE"
"""What a shell sets when it asks `r2` itself for what could follow."""


def completion(
    context: typer.Context,
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"], typer.Argument(metavar="SHELL", help="Which shell you use.")
    ],
) -> int:
    """Print what lets your shell complete r2's commands.

    In the file that your shell reads when it starts (~/.bashrc, ~/.zshrc after compinit,
    ~/.config/fish/config.fish), write the line of your shell:

    \b
    eval "$(r2 completion bash)"
    eval "$(r2 completion zsh)"
    r2 completion fish | source
    """  # noqa: D301 - typer wants the control character itself: it keeps the lines apart
    from typer.completion import shell_complete

    return shell_complete(context.find_root().command, {}, "r2", VARIABLE, f"source_{shell}")
