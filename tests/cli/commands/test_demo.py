import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from r2cli.__main__ import main
from r2cli.cli.commands.demo import QUERIES
from r2cli.datasets.sprites.demo import demo_film
from r2cli.datasets.sprites.script import true_moments
from r2cli.evaluation.grounding import overlap_matrix
from r2cli.timecode import parse_time


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def film(folder, demo_file):
    return Path(shutil.copy(demo_file, folder / "r2-demo.mp4"))


def found_beside(query, text):
    """The spans in the row of a query, in the column of what was found."""
    row = next(line for line in text.splitlines() if line.startswith(f'"{query}"'))
    found = row.split('"')[2].strip()
    return [] if found.startswith("nothing") else [tuple(map(parse_time, re.findall(r"[\d:.]+", found)[:2]))]


def test_the_demonstration_finds_what_is_there_and_nothing_else(film, capsys):
    assert main(["demo", "--out", str(film)]) == 0
    said = capsys.readouterr()
    for text, thing, deed in QUERIES:
        true = true_moments(demo_film(), thing, deed)
        spans = found_beside(text, said.out)
        assert bool(spans) == bool(true), (text, said.out)
        if true:
            assert overlap_matrix(np.array(spans[:1]), np.array(true)).max() > 0.6, (text, said.out)
    assert f"r2 find {film}" in said.out
    assert "is there already" in said.err


def test_the_film_of_the_demonstration_answers_find(film, capsys):
    assert main(["find", str(film), "dog jumps", "--model", "sprites", "--quiet"]) == 0
    first = capsys.readouterr().out.splitlines()[1].split()
    found, true = [parse_time(time) for time in first[1:3]], true_moments(demo_film(), "dog", "jumps")
    assert overlap_matrix(np.array([found]), np.array(true)).max() > 0.6
    assert main(["find", str(film), "an elephant", "--model", "sprites", "--quiet"]) == 1


def test_nothing_of_the_user_is_overwritten(film, tmp_path, capsys):
    mine = tmp_path / "r2-demo.mp4"
    mine.write_text("holiday")
    assert main(["demo", "--out", str(mine)]) == 2
    assert "--force" in capsys.readouterr().err
    assert mine.read_text() == "holiday"


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "no" / "film.mp4")]) == 2
    assert "no folder" in capsys.readouterr().err
