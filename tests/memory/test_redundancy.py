"""Pictures that look the same share their tokens; pictures in which anything happens do not."""

from __future__ import annotations

import numpy as np
import pytest

from r2cli.memory.redundancy import BLOCK, LARGEST_DIFFERENCE, find_models

SIZE = 64


def still(count: int, level: int = 100) -> np.ndarray:
    """The same picture, again and again."""
    picture = np.random.default_rng(0).integers(0, level, (3, SIZE, SIZE), dtype=np.uint8)
    return np.repeat(picture[None], count, axis=0)


def test_the_same_picture_is_encoded_once():
    assert find_models(still(5)).tolist() == [0, 0, 0, 0, 0]


def test_pictures_of_their_own():
    noise = np.random.default_rng(1).integers(0, 255, (4, 3, SIZE, SIZE), dtype=np.uint8)
    assert find_models(noise).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("place", [(0, 0), (5, 40), (SIZE - 4, SIZE - 4)])
def test_something_small_that_moves_is_seen(place):
    frames, (top, left) = still(3), place
    frames[1, :, top : top + 4, left : left + 4] = 255  # a 256th of the picture
    assert find_models(frames).tolist() == [0, 1, 2]


def test_the_noise_of_an_encoder_is_not():
    frames = still(6)
    frames[3:, :, ::7, ::7] += 1
    assert find_models(frames).tolist() == [0] * 6


def test_a_slow_change_does_not_add_up():
    """Each frame is held to the one whose tokens it would take, not to the one before it."""
    step = LARGEST_DIFFERENCE * 0.9
    frames = still(40).astype(float) + (np.arange(40) * step)[:, None, None, None]
    frames = frames.astype(np.uint8)
    for frame, model in enumerate(find_models(frames)):
        difference = np.abs(frames[frame].astype(int) - frames[model].astype(int)).mean()
        assert difference <= LARGEST_DIFFERENCE
    assert 1 < len(set(find_models(frames).tolist())) < 40


def test_what_was_seen_before_something_else_is_encoded_again():
    frames = still(4)
    frames[2] = 255
    assert find_models(frames).tolist() == [0, 0, 2, 3]


@pytest.mark.parametrize("size", [BLOCK - 3, BLOCK, BLOCK * 2 + 5])
def test_squares_at_the_edge_count_as_much(size):
    frames = np.zeros((2, 3, size, size), dtype=np.uint8)
    frames[1, :, -1, -1] = 255
    assert find_models(frames).tolist() == [0, 1]


def test_one_picture():
    assert find_models(still(1)).tolist() == [0]


@pytest.mark.parametrize(("brighter", "models"), [(96, [0, 0]), (97, [0, 1])])
def test_an_eighth_of_a_level_is_no_difference_and_more_is_one(brighter, models):
    """On the average of a square's 768 values."""
    frames = np.zeros((2, 3, SIZE, SIZE), dtype=np.uint8)
    square = np.zeros(3 * 16 * 16, dtype=np.uint8)
    square[:brighter] = 1
    frames[1, :, 16:32, :16] = square.reshape(3, 16, 16)
    assert find_models(frames).tolist() == models
