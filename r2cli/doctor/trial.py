"""The proof: a film of two seconds is made and searched, by the very code that `r2 find` runs."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.doctor.check import Check
from r2cli.doctor.models import missing_items, model_in_use
from r2cli.errors import FFmpegError, R2Error
from r2cli.settings import value_of
from r2cli.tasks.load import load

_FILM = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=2", "-c:v", "mpeg4", "-f", "mp4")
_QUERY = "a coloured picture"


def check_search() -> Check:
    """Search a film with the model that `r2 find` takes or, while that is not here, with one that is."""
    model = _model_that_is_here()
    if model is None:
        return Check("search", ("not tried: no model is on this machine",), {"tried": False}, "note")
    try:
        with tempfile.TemporaryDirectory(prefix="r2-") as folder:
            return _search(model, _make_film(Path(folder) / "film.mp4"))
    except R2Error:
        raise
    except Exception as error:  # whatever it is, `r2 find` would meet it too
        line = f"a fault of r2 itself or of a library: {type(error).__name__}: {error}"
        return Check("search", (line,), {"error": line}, "fault", "report it, with the output of r2 doctor --json", 70)


def _model_that_is_here() -> str | None:
    model = model_in_use()
    embedded = (name for name, row in CHECKPOINTS.items() if not row.files and row.task == "moments")
    return next(embedded, None) if missing_items(model) else model


def _search(model: str, film: Path) -> Check:
    from r2cli.memory import Reading
    from r2cli.tasks.find import search
    from r2cli.video import probe

    notes: list[str] = []
    begun = time.perf_counter()
    loaded = load(model, device=value_of("device"), precision=value_of("precision"), on_note=notes.append)
    ready = time.perf_counter()
    (found,) = search(probe(film), [_QUERY], loaded, Reading(cache=False))
    done = time.perf_counter()
    backbone = loaded.backbone
    lines = (
        f"{model} looked at a film of 2 s: loaded in {ready - begun:.1f} s, answered in {done - ready:.1f} s",
        f"on {loaded.device.type} in {backbone.precision}: {backbone.reason}",
        *notes,
    )
    facts = {"tried": True, "model": model, "device": loaded.device.type, "precision": backbone.precision}
    facts |= {
        "why": backbone.reason,
        "clips": len(found.saliency),
        "load_seconds": ready - begun,
        "search_seconds": done - ready,
    }
    return Check("search", lines, facts, "note" if notes else "ok", notes[0] if notes else "")


def _make_film(path: Path) -> Path:
    from r2cli.video.ffmpeg import run_ffmpeg
    from r2cli.video.program import ffmpeg_path

    with run_ffmpeg([ffmpeg_path(), "-nostdin", "-v", "error", *_FILM, str(path)]) as running:
        running.stdout.read()
        if running.finish() != 0:
            raise FFmpegError(f"ffmpeg cannot make a film ({running.complaint()})", "set R2_FFMPEG to another build")
    return path
