from itertools import combinations

import numpy as np
import pytest

from r2cli.select import shots
from r2cli.select.shots import noise, scatter_table, segment, segment_block


def film(*lengths, seed=0, width=16, spread=0.05):
    """Embeddings of a video whose shots have these lengths."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.standard_normal((len(lengths), width)), lengths, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows += spread * rng.standard_normal(rows.shape) / np.sqrt(width)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def spans(*lengths):
    ends = np.cumsum(lengths).tolist()
    return list(zip([0, *ends], ends, strict=False))


def plain_scatter(rows, ends):
    starts = [0, *ends[:-1]]
    return sum(
        float(np.square(rows[a:b].astype(float) - rows[a:b].astype(float).mean(0)).sum())
        for a, b in zip(starts, ends, strict=True)
    )


def best_of_all(rows, penalty, shortest):
    """Every segmentation there is, tried one by one."""
    clips = len(rows)
    best = None
    for cuts in range(clips):
        for places in combinations(range(1, clips), cuts):
            ends = [*places, clips]
            if clips >= shortest and min(np.diff([0, *ends])) < shortest:
                continue
            cost = plain_scatter(rows, ends) + (penalty * cuts * (np.log(clips / cuts) + 1) if cuts else 0)
            if best is None or cost < best[0] - 1e-9:
                best = (cost, ends)
    return best


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("shortest", [1, 2])
def test_it_is_as_good_as_the_best_of_all_segmentations(seed, shortest):
    rng = np.random.default_rng(seed)
    rows = film(*rng.integers(1, 4, 4).tolist(), seed=seed, spread=rng.choice([0.05, 0.5, 1.5]))
    penalty = float(rng.choice([0.01, 0.1, 0.4]))
    cost, ends = best_of_all(rows, penalty, shortest)
    found = segment_block(rows, penalty, shortest)
    cuts = len(found) - 1
    price = penalty * cuts * (np.log(len(rows) / cuts) + 1) if cuts else 0
    assert plain_scatter(rows, found) + price == pytest.approx(cost)
    assert found == ends


def test_scatter_is_the_distance_from_the_mean():
    rows = film(3, 1, 5, spread=0.7)
    table = scatter_table(rows, shortest=2)
    for start, end in combinations(range(len(rows) + 1), 2):
        expected = plain_scatter(rows[start:end], [end - start]) if end - start > 1 else np.inf
        assert table[start, end] == pytest.approx(expected)
    assert np.isinf(table[np.tril_indices_from(table)]).all()


def test_shots_are_found_where_the_pictures_change():
    assert segment(film(12, 7, 30, 4, 20)) == spans(12, 7, 30, 4, 20)


def test_a_still_picture_is_one_shot():
    still = np.repeat(film(1), 50, axis=0)
    assert segment(still) == [(0, 50)]
    assert noise(still) > 0


def test_pictures_that_are_all_alike_but_for_noise_are_one_shot():
    assert segment(film(200, spread=0.4)) == [(0, 200)]


@pytest.mark.parametrize("clips", [0, 1, 2, 3])
@pytest.mark.parametrize("shortest", [1, 3])
def test_hardly_any_clips(clips, shortest):
    found = segment(film(1, 1, 1)[:clips], shortest=shortest)
    assert [place for span in found for place in range(*span)] == list(range(clips))


def test_a_long_video_is_segmented_as_in_one_piece(monkeypatch):
    lengths = np.random.default_rng(4).integers(3, 40, 60).tolist()
    rows = film(*lengths)
    monkeypatch.setattr(shots, "BLOCK", 150)
    assert segment(rows) == spans(*lengths)


def test_a_shot_longer_than_a_block_is_cut_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(shots, "BLOCK", 50)
    assert segment(film(130, 20)) == [(0, 50), (50, 100), (100, 130), (130, 150)]
