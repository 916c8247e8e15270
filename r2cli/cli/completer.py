"""What Tab completes at the prompt: commands, the files that follow them, and what was asked before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document


class LineCompleter(Completer):
    """Completes the line that is being typed.

    Args:
        commands: Each with what follows it: `FILE`, `DIR` or something else.
        lines: What was typed before, oldest first; it may grow.
    """

    def __init__(self, commands: Mapping[str, str], lines: Sequence[str]) -> None:
        self._commands, self._lines = commands, lines
        self._paths = {
            "FILE": PathCompleter(expanduser=True),
            "DIR": PathCompleter(expanduser=True, only_directories=True),
        }

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """What the text before the cursor could become."""
        text = document.text_before_cursor
        if not text.startswith(":"):
            yield from _whole(text, self._asked())
            return
        name, space, argument = text.partition(" ")
        if not space:
            yield from _whole(name, self._commands)
        elif paths := self._paths.get(self._commands.get(name, "")):
            yield from paths.get_completions(Document(argument), complete_event)

    def _asked(self) -> Iterator[str]:
        """Queries, the latest first, each once."""
        yield from dict.fromkeys(line for line in reversed(self._lines) if not line.startswith((":", "#")))


def _whole(text: str, known: Iterator[str] | Mapping[str, str]) -> Iterator[Completion]:
    """Each of some texts that begins as what was typed does, whatever the case of its letters."""
    typed = text.casefold()
    yield from (Completion(one, -len(text)) for one in known if one.casefold().startswith(typed) and one != text)
