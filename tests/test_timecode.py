from __future__ import annotations

from fractions import Fraction

import pytest

from r2cli.errors import CommandLineError
from r2cli.timecode import exact_rate, format_time, parse_length, parse_time, standard_rate


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.0"),
        (3.4, "0:03.4"),
        (723.4, "12:03.4"),
        (3723.4, "1:02:03.4"),
        (59.96, "1:00.0"),
        (3599.97, "1:00:00.0"),
        (36000, "10:00:00.0"),
        (-3.4, "-0:03.4"),
        (-0.01, "0:00.0"),
    ],
)
def test_times_are_written_as_people_read_them(seconds: float, text: str) -> None:
    assert format_time(seconds) == text


def test_decimals_are_a_choice() -> None:
    assert format_time(83.4567, decimals=3) == "1:23.457"
    assert format_time(83.9, decimals=0) == "1:24"


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_what_is_no_time_is_not_written(seconds: float) -> None:
    with pytest.raises(ValueError, match="not a time"):
        format_time(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3.4", 3.4), (" 90 ", 90.0), (".5", 0.5), ("1:23.5", 83.5), ("90:00", 5400.0), ("1:02:03.4", 3723.4)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3", "1:60", "1:60:00", "1:2:3:4", "1::2", "1e3", "nan", "٣"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(CommandLineError):
        parse_time(text)


@pytest.mark.parametrize("tenths", range(0, 80_000, 977))
def test_what_was_written_is_read_back(tenths: int) -> None:
    assert parse_time(format_time(tenths / 10)) == tenths / 10


@pytest.mark.parametrize(
    ("typed", "exact"), [(0.5, Fraction(1, 2)), (1 / 3, Fraction(1, 3)), (29.97, Fraction(2997, 100)), (2, Fraction(2))]
)
def test_a_typed_rate_is_the_fraction_that_was_meant(typed: float, exact: Fraction) -> None:
    assert exact_rate(typed) == exact


@pytest.mark.parametrize("typed", [0, -1, float("nan"), float("inf")])
def test_a_rate_is_positive_and_finite(typed: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        exact_rate(typed)


@pytest.mark.parametrize(
    ("measured", "standard"),
    [
        (Fraction(2997, 125), Fraction(24000, 1001)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
        (Fraction(19001, 317), Fraction(60000, 1001)),
        (Fraction(24), Fraction(24)),
        (Fraction(24000, 1001), Fraction(24000, 1001)),
        (Fraction(519168, 19667), Fraction(519168, 19667)),
        (Fraction(1, 100), Fraction(1, 100)),
    ],
)
def test_a_measured_rate_snaps_to_the_standard_that_it_plainly_is(measured: Fraction, standard: Fraction) -> None:
    assert standard_rate(measured) == standard


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("60", 60),
        ("1:30", 90),
        ("2m", 120),
        ("2min", 120),
        ("1m30s", 90),
        ("1m 30.5s", 90.5),
        ("1h", 3600),
        ("1h2m3s", 3723),
        (" .5S ", 0.5),
        ("500ms", 0.5),
        ("1m 1s 62.5MS", 61.0625),
        ("90sec", 90),
    ],
)
def test_lengths_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_length(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "s", "-5", "1m-", "5 apples", "1e9", "60s60s", "0ms", "5ms1s", "nan", "1:60", "9" * 9999]
)
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(CommandLineError):
        parse_length(text)
