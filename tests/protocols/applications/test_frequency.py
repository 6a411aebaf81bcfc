"""Frequency with dephasing: the best time to watch, with and without entanglement.

Oracles: Huelga et al. 1997 and Chin et al. 2012, closed forms typed here alone.
"""

import math

import pytest

from protocols.applications import StateTable
from protocols.applications.sensing.frequency import Frequency
from qnet.errors import ParameterError


@pytest.mark.parametrize(("n", "rate"), [(2, 0.3), (5, 1.0), (60, 2.0)])
def test_white_dephasing_leaves_no_gain(n, rate):
    """Oracle: sqrt(2 g e/(N T)) of both, at 1/(2 g N) and 1/(2 g)."""
    total = 100.0
    result = Frequency(parties=n, dephasing_rate_hz=rate, total_time_s=total).play()
    expected = math.sqrt(2 * rate * math.e / (n * total))
    assert result.merit.best == pytest.approx(expected, rel=1e-9)
    assert result.merit.without_entanglement == pytest.approx(expected, rel=1e-9)
    assert result["parity_frequency_uncertainty"].best == pytest.approx(expected, rel=1e-6)
    assert result["interrogation_time"].best == pytest.approx(1 / (2 * rate * n), rel=1e-6)
    assert result["interrogation_time"].without_entanglement == pytest.approx(
        1 / (2 * rate), rel=1e-6
    )
    assert result["gain"].best == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("n", [3, 40])
def test_noise_that_is_slower_than_a_round_leaves_a_gain(n):
    """Oracle: exp(-N (g t)^2/2) is best at 1/(g sqrt(2 N)): a gain of N^(1/4)."""
    result = Frequency(parties=n, spectrum="static", total_time_s=1000.0).play()
    assert result["gain"].best == pytest.approx(n**0.25, rel=1e-9)
    assert result["interrogation_time"].best == pytest.approx(1 / math.sqrt(2 * n), rel=1e-6)


def test_without_decoherence_all_the_time_is_one_round():
    """Oracle: 1/(N T), and 1/(sqrt N T)."""
    result = Frequency(parties=4, dephasing_rate_hz=0.0, total_time_s=10.0).play()
    assert result.merit.best == pytest.approx(1 / 40)
    assert result.merit.without_entanglement == pytest.approx(1 / 20)


def test_relaxation_watched_by_states_and_by_blocks():
    """Oracle: the same state by its blocks, and N^2 e^(-N r t)/(p0 + p1) at that time."""
    application = Frequency(parties=4, dephasing_rate_hz=0.0, relaxation_rate_hz=1.0)
    result = application.play()
    t = result["interrogation_time"].best
    g = 1 - math.exp(-t)
    information = 16 * (1 - g) ** 4 / ((1 + g**4) / 2 + (1 - g) ** 4 / 2)
    assert result.merit.best == pytest.approx(1 / math.sqrt(information * t * 100.0))
    blocks = application.blocks(application.decoherence.channel(t))
    assert blocks.quantum_fisher_information() == pytest.approx(information, rel=1e-9)


def test_time_beside_watching_and_noise_of_the_state():
    """Oracle: a dead time d makes both watch longer; the white state at 1/(2 g N) by hand."""
    state = StateTable(dephasing=0.05)
    result = Frequency(parties=3, state=state).play()
    assert result["gain"].best == pytest.approx(0.9 ** (3 - 1), rel=1e-9)
    slow = Frequency(parties=3, dead_time_s=0.5).play()
    times = slow["interrogation_time"]
    assert times.best > 1 / 6
    # d/dt of t^2 exp(-2 g N t)/(t + d) is 0: 2/t - 2 g N = 1/(t + d).
    assert 2 / times.best - 6 == pytest.approx(1 / (times.best + 0.5), rel=1e-6)
    # Short rounds suffer more from the time beside them.
    assert slow["gain"].best < 1.0
    with pytest.raises(ParameterError, match="dead_time_s must be below total_time_s"):
        Frequency(dead_time_s=200.0)


def test_states_that_tell_nothing_gain_nothing():
    """Damped to 0, neither a GHZ state nor probes of their own tell a frequency."""
    result = Frequency(state=StateTable(damping=1.0)).play()
    assert result.merit.value is None
    assert result.merit.without_entanglement is None
    assert result["gain"].value.best == 1.0


def test_the_time_of_fast_static_detunings_scales_with_them():
    """Oracle: all uncertainties scale as the root of the rate, 1/sqrt(T); no long quadrature."""
    slow = Frequency(spectrum="static", dephasing_rate_hz=1.0).play()
    fast = Frequency(spectrum="static", dephasing_rate_hz=1e8).play()
    assert fast.merit.best == pytest.approx(1e4 * slow.merit.best, rel=1e-6)
