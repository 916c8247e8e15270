"""What tests of several rooms need: a small model that runs, and small films."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import imageio_ffmpeg
import pytest
from filelock import FileLock

from r2cli.process import usable_cores
from r2cli.settings import SETTINGS
from tests.films import make_film
from tests.models_made import make_random_model

# The models of the tests are so small that threads would only wait for each other; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_HOMES = count()


def pin_ffmpeg() -> None:
    """Let the search path begin with the ffmpeg that comes along, whatever else is installed."""
    folder = Path(tempfile.mkdtemp(prefix="r2-ffmpeg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with suppress(OSError):  # a system without links, or without rights to make them: then what is installed is used
        (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


if "R2_FFMPEG" in os.environ:  # to run the tests with another: it counts as the one that comes along
    os.environ["IMAGEIO_FFMPEG_EXE"] = os.environ["R2_FFMPEG"]
pin_ffmpeg()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: some tests wait, for a process or a clock."""
    return usable_cores() + 1


# Dozens of tests start r2 anew, and it would be compiled anew each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Started in the background of a script, tests would hand down to programs that Ctrl-C is to be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_user_settings(monkeypatch, tmp_path_factory):
    """Whoever runs the tests may have settings of their own, and caches that the tests must not touch."""
    for name in ("R2_DEBUG", "R2_FFMPEG", "NO_COLOR", "FORCE_COLOR", "R2_MODELS_DIR", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting.variable, raising=False)
    # Of its own for each test: nothing is answered out of what another test computed, said or asked. None of them is
    # made here: most tests keep nothing.
    home = tmp_path_factory.getbasetemp() / f"home{next(_HOMES)}"
    for name in ("config", "cache", "data"):
        monkeypatch.setenv(f"R2_{name.upper()}_DIR", str(home / name))


@pytest.fixture(scope="session")
def random_model(tmp_path_factory) -> Path:
    """A checkpoint file of the layout of `sprites`, with random weights: it runs, and knows nothing."""
    return make_random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> Path:
    """A folder with `short.mp4` (8 s, fits in a window) and `long.mp4` (34 s, does not)."""
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "short.mp4", frames=80, rate=10)
    make_film(folder / "long.mp4", frames=340, rate=10)
    return folder


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory, worker_id) -> Path:
    """The film of `r2 demo`, drawn once, by whichever process of the tests comes first."""
    from r2cli.__main__ import main

    folder = tmp_path_factory.getbasetemp()
    shared = folder if worker_id == "master" else folder.parent
    with FileLock(shared / "demo.lock"):
        film = shared / "r2-demo.mp4"
        if not film.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("R2_CACHE_DIR", str(folder / "demo-cache"))
                patch.setenv("R2_DATA_DIR", str(folder / "demo-data"))
                assert main(["demo", "--quiet", "--out", str(film)]) == 0
    return film


@pytest.fixture
def r2(capfd, random_model) -> Callable[..., tuple[int, str, str]]:
    """r2("find", ...): run a command with the random model; exit code, standard output, standard error."""
    from r2cli.__main__ import main

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        words = [str(argument) for argument in arguments]
        if "--model" not in words and words[:1] in (["find"], ["index"], ["shell"]):
            words[1:1] = ["--model", str(random_model)]
        capfd.readouterr()
        code = main(words)
        return code, *capfd.readouterr()

    return run
