"""What is asked in front of the screen: a name to write to, whether to leave, and how far the work is."""

from __future__ import annotations

from enum import Enum

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from r2cli.picking.wishes import Wish, Work
from r2cli.present.text import visible


class NameDialog(ModalScreen[str]):
    """Ask for a name to write to; an empty answer is none."""

    BINDINGS = [("escape", "dismiss('')", "back")]

    def __init__(self, wish: Wish, name: str, trouble: str) -> None:
        super().__init__()
        self.wish, self.text, self.trouble = wish, name, trouble

    def compose(self) -> ComposeResult:
        """A line to type in, and what was wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(Text(self.wish.value))
            yield Input(self.text, select_on_focus=False, id="name")
            yield Static(Text(visible(self.trouble), "red"))
            yield Static(Text("Enter writes, Esc goes back", "dim"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the name."""
        self.dismiss(event.value.strip())


class Leaving(Enum):
    """What is done with changes that are not saved."""

    SAVE = "s"
    DISCARD = "d"
    STAY = "stay"


class LeaveDialog(ModalScreen[Leaving]):
    """Ask before changes are lost."""

    BINDINGS = [
        ("s", "answer('SAVE')", "save"),
        ("d", "answer('DISCARD')", "discard"),
        ("escape,q,n", "answer('STAY')", "stay"),
    ]

    def __init__(self, unsaved: int) -> None:
        super().__init__()
        self.unsaved = unsaved

    def compose(self) -> ComposeResult:
        """What would be lost."""
        several = "moments are" if self.unsaved > 1 else "moment is"
        with Vertical(classes="dialog"):
            yield Static(Text(f"What you changed of {self.unsaved} {several} not saved."))
            yield Static(Text("s saves, d discards, Esc goes back", "dim"))

    def action_answer(self, name: str) -> None:
        """Give the answer."""
        self.dismiss(Leaving[name])


class HelpDialog(ModalScreen[None]):
    """Every key."""

    BINDINGS = [("escape,q,question_mark,enter,space", "dismiss", "back")]

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        """A line for each; they scroll where there is no room."""
        wide = max(len(keys) for keys, _ in self.lines)
        with VerticalScroll(classes="dialog"):
            yield Static(Text("\n".join(f"{keys:<{wide}}  {about}" for keys, about in self.lines)))


class WorkDialog(ModalScreen[None]):
    """Show how far work is, and let it be stopped."""

    BINDINGS = [("escape", "stop", "stop")]

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work

    def compose(self) -> ComposeResult:
        """How far it is."""
        with Vertical(classes="dialog"):
            yield Static(id="work")
            yield Static(Text("Esc stops", "dim"))

    def on_mount(self) -> None:
        """Look at the work now and then."""
        self._look()
        self.set_interval(0.1, self._look)

    def action_stop(self) -> None:
        """End the work as soon as it says how far it is."""
        self.work.is_stopped = True

    def _look(self) -> None:
        self.query_one("#work", Static).update(Text(visible(self.work.line)))
