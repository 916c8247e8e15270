"""The keys: what each does, and how the help tells of it."""

from __future__ import annotations

from textual.binding import Binding

HELP = (
    ("space x", "keep the moment, or do not"),
    ("a", "keep all, or none"),
    ("[ ]", "begin a picture earlier, later"),
    ("{ }", "begin a second earlier, later"),
    (", .", "end a picture earlier, later"),
    ("< >", "end a second earlier, later"),
    ("0", "put the moment where it was found"),
    ("u U", "undo, redo"),
    ("j k ↓ ↑", "next moment, the one before"),
    ("Home End", "the first moment, the last"),
    ("t", "show its first, best or last picture"),
    ("p Enter", "play it"),
    ("s", "save what is kept, for r2 cut and r2 export"),
    ("c r", "cut clips of it; join it into a reel"),
    ("e", "export it: .csv, .srt, .edl, .html ..."),
    ("q", "leave"),
    ("mouse", "click a moment, its tick, or a place of the curve"),
)


def _nudges() -> list[Binding]:
    """The keys that move an end: by a picture, and with shift by a second."""
    keys = {
        ("start", "left_square_bracket", "right_square_bracket"): False,
        ("end", "comma", "full_stop"): False,
        ("start", "left_curly_bracket", "right_curly_bracket"): True,
        ("end", "less_than_sign", "greater_than_sign"): True,
    }
    shown = {"left_square_bracket": ("[ ]", "start"), "comma": (", .", "end")}
    bindings = []
    for (edge, back, forth), by_second in keys.items():
        for key, sign in ((back, -1), (forth, 1)):
            display, name = shown.get(key, ("", ""))
            action = f"nudge('{edge}', {sign}, {by_second})"
            bindings.append(Binding(key, action, name, show=bool(name), key_display=display or None))
    return bindings


KEYS: tuple[Binding, ...] = (
    Binding("space,x", "tick", "keep", key_display="space"),
    *_nudges(),
    Binding("question_mark", "keys", "help", key_display="?"),
    Binding("s", "write('SAVE')", "save"),
    Binding("q", "leave", "leave"),
    Binding("u", "undo", "undo"),
    Binding("p", "play", "play"),
    Binding("t", "still", "picture"),
    Binding("c", "write('CLIPS')", "clips"),
    Binding("r", "write('REEL')", "reel"),
    Binding("e", "write('EXPORT')", "export"),
    Binding("U,ctrl+r", "redo", show=False),
    Binding("ctrl+q,ctrl+c", "leave", show=False),
    Binding("a", "tick_all", show=False),
    Binding("0", "reset", show=False),
    Binding("j", "step(1)", show=False),
    Binding("k", "step(-1)", show=False),
)
"""Those in the footer come first, what somebody needs at once before the rest: narrow screens show the beginning."""
