"""Clocks on a network: rows against closed forms, where the gain ends, and no gain of dephasing."""

import math

import numpy as np
import pytest

from experiments.studies import when_entanglement_pays_for_a_clock_network as study
from experiments.studies.when_entanglement_pays_for_a_clock_network import STUDY, WAYS
from qnet.engines.exact import play_exact

W0 = 2 * math.pi * 4.29e14


@pytest.fixture(scope="module")
def rows():
    return list(STUDY.rows(quick=True))


def of_part(rows, part):
    return [row for row in rows if row["part"] == part]


def test_gain_under_noise_of_the_network(rows):
    """Oracle: the root of the number of clocks, times (1 - l) for each of them; never below 0."""
    for row in of_part(rows, "noise"):
        count, share = row["clocks"], row["depolarising"]
        assert row["network_gain"].best == pytest.approx(math.sqrt(count) * (1 - share) ** count)
    for count in (2, 8, 32):
        own = [row for row in of_part(rows, "noise") if row["clocks"] == count]
        # Between coarse points the place is interpolated.
        expected = 1 - count ** (-1 / (2 * count))
        assert study.break_even(own, "depolarising") == pytest.approx(expected, rel=0.35)


def test_no_gain_under_white_dephasing(rows):
    """Oracle: Huelga et al.: sqrt(2 g e/(N tau)) of all ways, at 1/(2 g) over the atoms joined."""
    least = math.sqrt(2 * math.e / (100 * study.TOTAL_S)) / W0
    for name, size in zip(WAYS, (100, 10, 1), strict=True):
        point = {"part": "dephasing", "ramsey_time_s": 1 / (2 * size)}
        assert study.work(point, 1)[name].best == pytest.approx(least, rel=1e-9)
        for row in of_part(rows, "dephasing"):
            assert row[name] is None or row[name].best >= least * (1 - 1e-9)


def test_a_common_wander_bounds_every_way(rows):
    """Oracle: its variance 2 pi linewidth T is that of any estimate from a round."""
    floor = math.sqrt(2 * math.pi * study.RATES["oscillator"][1] / study.TOTAL_S) / W0
    for row in of_part(rows, "oscillator"):
        for name in WAYS:
            assert row[name] is None or row[name].best > floor * (1 - 1e-9)


def test_clocks_on_a_chain():
    """Oracle: the pair's XX and the mean delivery time of the chain, played by itself."""
    clocks = study.clocks_at_a_distance(400.0, 0.1)
    result = clocks.play()
    chain = play_exact(clocks.chain.plan())
    wait = chain.delivery_time_s.best
    assert result.duration.best == pytest.approx(wait, rel=1e-6)
    fano = clocks.deliver().joint()[0].reshape(4, 4)
    # X X and Y Y together turn with both clocks' phase, and what is left of them does not turn.
    turning = math.hypot((fano[1, 1] - fano[2, 2]) / 2, (fano[1, 2] + fano[2, 1]) / 2)
    still = (fano[1, 1] + fano[2, 2]) / 2
    x = np.linspace(0.0, math.pi, 200_001)[1:-1]
    told = (turning * np.sin(x)) ** 2 / (1 - (still + turning * np.cos(x)) ** 2)
    gain = math.sqrt(2 * told.max() * 0.1 / (0.1 + wait))
    assert result["network_gain"].best == pytest.approx(gain, rel=1e-6)


def test_answer_tells_of_every_part(rows):
    """Oracle: the words of the parts."""
    text = STUDY.answer(rows)
    assert "for 32 clocks" in text
    assert "watch for 1 s" in text
    assert text.count("times that of atoms alone") == 2
