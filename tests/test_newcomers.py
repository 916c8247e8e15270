"""Whoever adds a format, a CLIP, a decoder or a command writes one file and one row, and touches nothing else.

Each test is such a newcomer: it puts a file into a room, and a row into the room's table. A model family's is
`tests/models/test_family.py`, a data set's is in `tests/cli/commands/test_train.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from r2cli.backbones.spec import BACKBONES, BackboneSpec, Pixels
from r2cli.cli.completing import complete_formats
from r2cli.export.formats import FORMATS, Format
from r2cli.hub import HubFile
from r2cli.video import probe, sample_frames
from r2cli.video.sampling.decoders import DECODERS
from tests.video.sampling.test_sampling import FILMS, all_of, assert_decodes, encode

PACKAGE = Path(__file__).parents[1] / "r2cli"


@pytest.fixture
def put(tmp_path, monkeypatch):
    """put("export", source): a file `mine.py` in a room, as if it had always been there; gives its module."""

    def written(room: str, source: str) -> ModuleType:
        folder = tmp_path / "rooms" / room
        folder.mkdir(parents=True)
        (folder / "mine.py").write_text(source, encoding="utf-8")
        package = import_module(f"r2cli.{room}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        module = import_module(f"r2cli.{room}.mine")
        monkeypatch.delitem(sys.modules, module.__name__)
        monkeypatch.delattr(package, "mine")
        return module

    return written


FORMAT = '''
"""My format: a line for each moment."""

from r2cli.export.document import Document


def write_mine(document: Document) -> bytes:
    """Queries and times."""
    lines = [f"{one.query}: {moment.start:.1f}" for one in document.findings for moment in one.moments]
    return "".join(f"{line}\\n" for line in lines).encode()
'''


def test_an_export_format(r2, put, films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = put("export", FORMAT)
    monkeypatch.setitem(FORMATS, "mine", Format("mine", (".mine",), "mine", module.write_mine))
    ask = ("find", films / "short.mp4", "a dog jumps", "--top", "2")
    code, out, _ = r2(*ask, "--json", "--out", "saved.json", "--out", "x.mine", "--out", "y.MINE")
    assert code == 0
    moments = json.loads(out)["results"][0]["moments"]
    expected = "".join(f"a dog jumps: {moment['start']:.1f}\n" for moment in moments)
    assert expected
    assert Path("x.mine").read_text() == Path("y.MINE").read_text() == expected
    assert r2(*ask, "--format", "mine") == (0, expected, "")
    assert r2(*ask, "--format", "mine", "--out", "z.mine")[0] == 0
    assert Path("z.mine").read_text() == expected
    assert r2("export", "saved.json", "--format", "mine") == (0, expected, "")
    assert complete_formats("mi") == ["mine"]
    assert ".mine" in r2(*ask, "--out", "a.doc")[2]


PIXELS = Pixels(mean=(0.9, 0.1, 0.5), std=(0.1, 0.4, 0.2), interpolation="bilinear", resize="squash")


@pytest.fixture
def checkpoint_on_mine(random_model, tmp_path, monkeypatch):
    """A row of the table of CLIPs, of the shape of the random model's, and a checkpoint that names it."""
    card = json.loads(random_model.with_suffix(".json").read_text())
    row = BackboneSpec(
        name="clip-mine",
        config=card.pop("clip"),
        source=HubFile(repo="me/clip", path="clip.safetensors", size=1000, alias="clip-mine.safetensors"),
        vocabulary=tuple(card.pop("vocabulary")),
        pixels=PIXELS,
        trained="mine",
        summary="a CLIP of mine",
    )
    monkeypatch.setitem(BACKBONES, row.name, row)
    path = tmp_path / "own.safetensors"
    shutil.copy(random_model, path)
    path.with_suffix(".json").write_text(json.dumps(card | {"backbone": row.name}))
    return path


def test_a_clip_backbone(r2, films, checkpoint_on_mine, random_model):
    """It is seen by what its row says: another mean, another spread, another way to scale; in the cache too."""
    import torch

    import r2cli

    scores = []
    for model in (random_model, checkpoint_on_mine):
        code, out, err = r2("find", films / "short.mp4", "a dog jumps", "--model", model, "--json")
        assert code == 0, err
        scores.append([moment["score"] for moment in json.loads(out)["results"][0]["moments"]])
    assert scores[0] != scores[1]
    backbone = r2cli.load(str(checkpoint_on_mine), device="cpu", precision="fp32").backbone
    other = r2cli.load(str(random_model), device="cpu", precision="fp32").backbone
    assert (backbone.name, backbone.pixels) == ("clip-mine", PIXELS)
    levels = np.random.default_rng(0).integers(0, 256, (1, 3, 32, 32), dtype=np.uint8)
    mean, std = (np.array(colour).reshape(3, 1, 1) for colour in (PIXELS.mean, PIXELS.std))
    with torch.no_grad():
        seen = backbone.embed_frames(levels)
        by_hand = other.clip.encode_image(torch.tensor((levels / 255 - mean) / std, dtype=torch.float32))
    torch.testing.assert_close(seen, torch.nn.functional.normalize(by_hand, dim=-1), atol=1e-4, rtol=1e-4)
    code, listed, _ = r2("models", "--json")
    assert (code, "clip-mine" in listed) == (0, True)


DECODER = '''
"""My decoder: whatever FFmpeg's program says, a frame at a time; it gives up after the third."""

from r2cli.video.sampling.frames import CannotDecodeError
from r2cli.video.sampling.sequential import decode_all

asked, given = [], []


def decode(video, request):
    """Every frame, once it has been asked for."""
    asked.append(request.first_clip)
    for still in decode_all(video, request):
        given.append(still)
        yield still


def decode_three(video, request):
    """The first three."""
    for number, still in enumerate(decode(video, request)):
        if number == 3:
            raise CannotDecodeError("enough")
        yield still
'''


@pytest.fixture
def first_of_all():
    """first_of_all(decode): a row `mine` of the table of decoders, before the others."""
    rows = dict(DECODERS)

    def put_first(decode) -> None:
        DECODERS.clear()
        DECODERS.update({"mine": decode} | rows)

    yield put_first
    DECODERS.clear()
    DECODERS.update(rows)


def test_a_decoder(put, first_of_all, tmp_path):
    module = put("video.sampling", DECODER)
    film = encode(tmp_path / "film.mp4", FILMS["open.mp4"])
    expected = all_of(sample_frames(probe(film), 3, 48))
    first_of_all(module.decode)
    assert_decodes(film, decoder="mine")
    module.asked.clear()
    module.given.clear()
    found = all_of(sample_frames(probe(film), 3, 48))
    assert (module.asked, len(module.given)) == ([0], len(found))
    assert np.abs(found.astype(int) - expected).max() <= 2
    first_of_all(module.decode_three)  # what it does not take, the others do
    found = all_of(sample_frames(probe(film), 3, 48))
    assert len(module.asked) == 2
    assert np.abs(found.astype(int) - expected).max() <= 2


COMMAND = '''
"""`r2 mine`: a command of mine."""

from typing import Annotated

import typer


def mine(number: Annotated[int, typer.Argument(metavar="NUMBER", help="Any.")]) -> int:
    """Say a number twice.

    \\b
    r2 mine 3
    """
    typer.echo(2 * number)
    return 0
'''
ROW = '    Row("mine", "Say a number twice."),\n'


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """The folder of a copy of the package, with the file and the row of a command more."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(PACKAGE, folder / "r2cli", ignore=shutil.ignore_patterns("__pycache__", "embedded", "art"))
    room = folder / "r2cli" / "cli" / "commands"
    (room / "mine.py").write_text(COMMAND, encoding="utf-8")
    start, rows, end = (room / "__init__.py").read_text(encoding="utf-8").partition("COMMANDS: tuple[Row, ...] = (\n")
    (room / "__init__.py").write_text(f"{start}{rows}{ROW}{end}", encoding="utf-8")
    return folder


def run_in(house: Path, *words: str) -> tuple[int, str, list[str]]:
    """Run a command of the copy: its exit code, its output, and which files of commands were loaded for it."""
    program = (
        "import sys; from r2cli.__main__ import main; code = main(sys.argv[1:]); room = 'r2cli.cli.commands.'; "
        "print(*sorted(name[len(room):] for name in sys.modules if name.startswith(room)), file=sys.stderr); "
        "sys.exit(code)"
    )
    environment = os.environ | {"PYTHONPATH": str(house), "COLUMNS": "80"}
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=house, check=False)
    return done.returncode, done.stdout, done.stderr.split()


def test_a_sub_command(house):
    code, out, loaded = run_in(house, "--help")
    assert (code, loaded) == (0, [])
    assert "\n  mine        Say a number twice.\n" in out
    assert run_in(house, "mine", "21") == (0, "42\n", ["mine"])
    code, out, loaded = run_in(house, "mine", "--help")
    assert (code, loaded) == (0, ["mine"])
    assert out.startswith("Usage: r2 mine [OPTIONS] NUMBER\n")
    assert run_in(house, "cache", "--help")[2] == ["cache"]
