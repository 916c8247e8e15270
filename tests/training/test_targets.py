"""What the points should say."""

from __future__ import annotations

import torch

from r2cli.models.r2.pyramid import make_points
from r2cli.training.targets import assign_points, pad_windows

STRIDES = (1, 2, 4, 8)


def assign(clips: int, *moments: tuple[float, float]):
    windows, mask = pad_windows([torch.tensor(moments).reshape(-1, 2)])
    points = make_points(clips, STRIDES, torch.device("cpu"))
    return points, assign_points(points, windows, mask)


def test_a_positive_point_gives_the_moment_back():
    points, targets = assign(64, (3.3, 5.1), (10.0, 17.0), (20.0, 52.0))

    positive = targets.positive[0]
    reach = targets.reach[0] * points[:, 3:]
    spans = torch.stack((points[:, 0] - reach[:, 0], points[:, 0] + reach[:, 1]), dim=1)[positive]
    found = {(round(start, 3), round(end, 3)) for start, end in spans.tolist()}
    assert found == {(3.3, 5.1), (10.0, 17.0), (20.0, 52.0)}
    assert (reach[positive] >= 0).all()


def test_each_length_has_its_level():
    for length, stride in ((1.5, 1), (6.0, 2), (12.0, 4), (40.0, 8)):
        points, targets = assign(64, (8.1, 8.1 + length))
        found = points[targets.positive[0], 3]
        assert len(found) > 0
        assert (found == stride).all(), length


def test_the_shortest_of_several_moments_wins():
    _, both = assign(64, (8.0, 11.9), (9.0, 11.0))
    points, short = assign(64, (9.0, 11.0))

    at = short.positive[0].nonzero()[:, 0]
    assert torch.equal(both.reach[0, at], short.reach[0, at])
    assert both.positive[0].sum() > short.positive[0].sum()


def test_no_moment_no_positive_point():
    points = make_points(16, STRIDES, torch.device("cpu"))
    windows, mask = pad_windows([torch.tensor([[2.0, 6.0]]), torch.empty(0, 2)])

    targets = assign_points(points, windows, mask)

    assert targets.positive.any(dim=1).tolist() == [True, False]
    assert targets.reach.isfinite().all()
    windows, mask = pad_windows([torch.empty(0, 2)] * 2)
    assert not assign_points(points, windows, mask).positive.any()


def test_only_the_middle_of_a_long_moment_answers_for_it():
    points, targets = assign(64, (8.0, 60.0))

    assert points[targets.positive[0], 0].tolist() == [24, 32, 40]  # at most 1.5 strides of 8 clips from 34
