"""Dead times of detectors in seconds: how many gates of the clock they block."""

from __future__ import annotations

from fractions import Fraction

import pytest

from qnet import loads
from qnet.errors import ParameterError


def gates(dead_time_s: object, clock_hz: object) -> int:
    text = f'kind = "bb84"\npulses = 1000\n[source]\nclock_hz = {clock_hz}\n'
    text += f"[detector]\ndead_time_s = {dead_time_s}\n"
    return loads(text).protocol.line.detectors.dead_gates


@pytest.mark.parametrize("clock", ["1e8", "1e9", "1.25e9", "3e6", "5e7", "1e6"])
def test_w3_whole_gates_are_counted_whole(clock):
    """Oracle: the product in whole numbers: k gates of the clock, written in decimals."""
    for number in range(1, 200):
        period = Fraction(1) / Fraction(clock)
        dead = number * period
        if dead.denominator % 3 == 0:  # no decimal: rounded to seventeen digits
            assert gates(repr(float(dead)), clock) == number
        else:
            assert gates(f"{float(dead):.15g}", clock) == number


@pytest.mark.parametrize(
    ("dead_time_s", "clock_hz", "blocked"),
    [
        ("20e-9", "1e8", 2),
        ("30e-9", "1e8", 3),
        ("29e-9", "1e8", 2),
        ("31e-9", "1e8", 3),
        ("9.9e-9", "1e8", 0),
        ("0.0", "1e8", 0),
        ("1", "1000", 1000),
        ("1e-6", "1e9", 1000),
    ],
)
def test_w3_gates_within_the_dead_time(dead_time_s, clock_hz, blocked):
    """Oracle: gates at k / clock, k = 1, 2, ..., up to the end of the dead time and at it."""
    assert gates(dead_time_s, clock_hz) == blocked


@pytest.mark.parametrize(("dead_time_s", "clock_hz"), [("1e308", "1e9"), ("1e6", "1e9")])
def test_w3_a_dead_time_without_end_is_refused(dead_time_s, clock_hz):
    """Oracle: 1e12 gates, beyond any run."""
    with pytest.raises(ParameterError, match=r"detector\.dead_time_s must last 1e\+12 gates"):
        gates(dead_time_s, clock_hz)
