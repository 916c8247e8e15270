"""What every format writes of one document full of what formats stumble over, kept in `golden/` to be compared.

    python -m tests.export.golden

writes the files anew: look at their difference before it is committed. Kept are bytes as they are written, but for
what changes without the format: a page is kept without its style and script, and a sheet, of which another font
engine or decoder draws other pixels, as a small picture that is compared by eye, as it were.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

from PIL import Image, ImageFont

from r2cli import __version__
from r2cli.export.document import Document, FailedInput
from r2cli.export.formats import FORMATS, Format
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.media import SoundTrack, SourceMedia

FOLDER = Path(__file__).parent / "golden"
QUERY = (
    "=1+1 \"quoted\" 'it' </script><b>bold</b> 100% %(x)s\nline --> [red]rich[/red] \x1b[31mred\x07 "
    "مرحبا \u202egnp.exe 犬 🐶 -- a,b;c|d#e\\f ]]> {y:i} #EXTINF:-1,x"
)
HOSTILE, PLAIN = Path('/films/-=2+2 "it\'s" 50% [b]x, 犬 <i>\n\x1b[31m--.mp4'), Path("/films/plain.mp4")
RATE = Fraction(25)
STARTS = {HOSTILE: 3600.0, PLAIN: 0.0}
"""The timecode of each video's first picture, s."""
_MODEL, _SAMPLING = ModelSource("sprites", "0" * 64, "clip-sprites"), Sampling(2.0, 75.0, "auto")
_CLIPS = tuple(Saliency(clip / 2 + 0.25, (clip % 7 - 1) / 10) for clip in range(120))
DOCUMENT = Document(
    (
        Findings(
            QUERY,
            VideoSource(HOSTILE, 60.0, RATE),
            _MODEL,
            _SAMPLING,
            (Moment(12.0, 20.4, 0.9), Moment(1.52, 3.0, 0.4)),
            _CLIPS,
        ),
        Findings(
            "a dog", VideoSource(PLAIN, 50.0, Fraction(0)), _MODEL, _SAMPLING, (Moment(40.0, 42.0, 0.6),), _CLIPS[:100]
        ),
    ),
    errors=(FailedInput(Path("gone\x1b.mp4"), "gone.mp4: there is no such file", 3),),
    media={
        HOSTILE: SourceMedia(1280, 720, (SoundTrack(2, 48_000),), "01:00:00:00", "A-001"),
        PLAIN: SourceMedia(640, 480),
    },
    command=("r2", "find", str(HOSTILE), QUERY),
)
SHRUNK = (263, 210)
"""Pixels of a kept sheet: a quarter, in which letters are grey and pictures still pictures."""


def told_by(form: Format) -> Document:
    """The document, or as much of it as a format holds, with pictures where it shows some."""
    document = DOCUMENT.about(HOSTILE) if form.of_one_video else DOCUMENT
    if form.stills is None:
        return document
    picture = (FOLDER / "still.jpg").read_bytes()
    return replace(document, stills=dict.fromkeys(form.stills(document), picture))


def written(form: Format) -> bytes:
    """What a format writes of it; on sheets with the letters that come along, and not those of this machine."""
    with patch("r2cli.export.lettering._fonts", lambda size: (ImageFont.load_default(size),)):
        return form.write(told_by(form))


def kept(form: Format, content: bytes) -> bytes:
    """As much of that as is compared."""
    if form.name == "html":
        text = re.sub(r"(<style>|<script>).*?(</style>|</script>)", r"\1...\2", content.decode(), flags=re.DOTALL)
        text = re.sub(r"sha256-[\w+/]+=", "sha256-...", text)
        return text.replace(f">{__version__}<", ">VERSION<").replace(f"r2 {__version__}", "r2 VERSION").encode()
    if form.stills is not None:
        small = io.BytesIO()
        Image.open(io.BytesIO(content)).convert("RGB").resize(SHRUNK, Image.Resampling.BOX).save(small, "PNG")
        return small.getvalue()
    return content


def file_of(form: Format) -> Path:
    """Where it is kept."""
    return FOLDER / f"{form.name}.{'png' if not form.is_text and form.stills else 'txt'}"


def main() -> None:
    """Write all of them."""
    for form in FORMATS.values():
        file_of(form).write_bytes(kept(form, written(form)))


if __name__ == "__main__":
    main()
