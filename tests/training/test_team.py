"""Several processes come to the weights that one comes to."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch
from torch import distributed

from r2cli.datasets.custom import CUSTOM
from r2cli.datasets.dataset import Sample
from r2cli.errors import ModelUnavailableError
from r2cli.models.r2 import R2
from r2cli.training import team as teams
from r2cli.training.loop import learn
from r2cli.training.recipe import DataRecipe, ModelRecipe, Recipe, ScheduleRecipe
from r2cli.training.team import ALONE, Team
from r2cli.training.train import Lessons, make_run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX processes")
LENGTHS = (5, 9, 4, 12, 7)
"""Clips of the videos: every share is padded otherwise than the whole."""
SAMPLES = tuple(
    # the third has no true moment, and the fourth has two
    Sample(n, f"v{n}", "w" * (n + 1), [((0.0, 2.0),), ((1.0, 6.0),), (), ((0, 3), (5, 9)), ((2.0, 5.0),)][n], float(T))
    for n, T in enumerate(LENGTHS)
)


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


LESSONS = Lessons(
    CUSTOM,
    SAMPLES,
    look=lambda video, rate, clips: drawn(int(video[1:]), 2, LENGTHS[int(video[1:])], 5, 12),
    read=lambda text: drawn(99 + len(text), 2, 1 + len(text), 10),
)
MODEL = ModelRecipe(dims=8, heads=2, layers=2, strides=(1, 2), dropout=0.0, drop_path=0.0, scale=0.1)


def recipe_of(**data) -> Recipe:
    pace = ScheduleRecipe(epochs=5, rate=1e-3, warmup=0)
    return Recipe("custom", model=MODEL, data=DataRecipe(clips_per_second=1.0, **data), schedule=pace)


def born(recipe: Recipe) -> R2:
    torch.manual_seed(3)
    return R2(recipe.model.config(vision_width=12, query_width=10)).train()


def of_use(state) -> dict[str, torch.Tensor]:
    """Without the biases of keys: softmax does not hear them, and what moves them is rounding alone."""
    return {name: weights for name, weights in state.items() if not name.endswith("key.bias")}


def learned(recipe: Recipe, folder, team: Team = ALONE) -> dict[str, torch.Tensor]:
    model = born(recipe)
    learn(make_run(recipe, LESSONS, model, team), folder)
    return of_use(model.state_dict())


@pytest.fixture(autouse=True)
def one_thread():
    """A process that is forked off has none of torch's threads, and would wait for them for ever."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def together(size: int, folder, work) -> list[int]:
    """Call work(team) in so many processes that know each other; how each ended."""
    children = []
    for rank in range(size):
        child = os.fork()
        if not child:
            code = 1
            try:
                distributed.init_process_group("gloo", f"file://{folder / 'meeting'}", rank=rank, world_size=size)
                code = work(Team(rank, size)) or 0
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


# Of five queries: a last batch of one row, for which the second process has nothing; and one that fits.
@pytest.mark.parametrize(("size", "batch"), [(2, 4), (3, 5)])
def test_weights_are_those_of_one_process(tmp_path, size, batch):
    recipe = recipe_of(batch=batch)
    alone = learned(recipe, tmp_path / "alone")

    def work(team):
        torch.save(learned(recipe, tmp_path / "team", team), tmp_path / f"{team.rank}.pt")

    assert together(size, tmp_path, work) == [0] * size
    for rank in range(size):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        for name, weights in alone.items():
            torch.testing.assert_close(found[name], weights, rtol=0, atol=1e-6, msg=lambda text, n=name: f"{n}: {text}")
    changed = [not torch.equal(weights, born(recipe).state_dict()[name]) for name, weights in alone.items()]
    assert sum(changed) > len(changed) / 2
    rows = [(tmp_path / name / "train.csv").read_text().splitlines() for name in ("alone", "team")]
    assert len(rows[0]) == len(rows[1]) > 5
    for one, other in zip(rows[0][1:], rows[1][1:], strict=True):
        assert [float(x) for x in other.split(",")] == pytest.approx([float(x) for x in one.split(",")], abs=1e-4)


def test_a_team_goes_on_where_one_process_stopped(tmp_path):
    recipe = recipe_of(batch=2)
    whole = learned(recipe, tmp_path / "alone")
    short = replace(recipe, schedule=replace(recipe.schedule, epochs=2))
    model = born(recipe)
    learn(
        replace(make_run(short, LESSONS, model), settings=make_run(recipe, LESSONS, model).settings), tmp_path / "team"
    )

    def work(team):
        found = learned(recipe, tmp_path / "team", team)
        return not all(torch.allclose(found[name], whole[name], rtol=0, atol=1e-6) for name in whole)

    assert together(2, tmp_path, work) == [0, 0]
    steps = [row.split(",")[0] for row in (tmp_path / "team" / "train.csv").read_text().splitlines()]
    assert steps == ["step", *map(str, range(15))]


def test_one_whose_partner_is_gone_says_so(tmp_path):
    def work(team):
        if not team.leads:
            os._exit(7)
        try:
            team.longest(3)
        except ModelUnavailableError as error:
            return 0 if "another process of this training is gone" in str(error) else 2
        return 3

    assert together(2, tmp_path, work) == [0, 7]


def test_processes_that_do_not_find_each_other(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with (
        pytest.raises(ModelUnavailableError, match="the 2 processes of this training do not find each other"),
        teams.assembled(torch.device("cpu")),
    ):
        pass


def test_one_process_is_a_team_too(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with teams.assembled(torch.device("cpu")) as (team, device):
        assert (team, device, team.leads) == (ALONE, torch.device("cpu"), True)
    assert list(team.share("abc")) == ["a", "b", "c"]
    assert [list(Team(rank, 2).share("abc")) for rank in range(2)] == [["a", "c"], ["b"]]
    assert list(Team(1, 2).share("a")) == ["a"]  # it has to take part, and is not counted
