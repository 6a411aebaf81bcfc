"""Clock networks: projection noise, noise of the network, oscillator and cascade.

Oracles: 1/(w0 sqrt(T tau) n K) and its kin, closed forms of Gaussian phases, drawn readings.
"""

import math

import numpy as np
import pytest
from scipy.special import roots_hermitenorm
from scipy.stats import binom

from protocols.applications import StateTable
from protocols.applications.sensing.cascade import slip_probability, slips_of_group
from protocols.applications.sensing.clock_network import ClockNetwork
from protocols.applications.sensing.oscillator import blurred_information
from protocols.applications.sensing.phase_readout import Harmonics
from qnet.errors import ParameterError
from qnet.hardware import Gates

W0 = 2 * math.pi * 4.29e14


def fringe(frequency, contrast=1.0):
    return Harmonics(frequencies=np.array([frequency]), columns=np.array([contrast, 0.0]))


@pytest.mark.parametrize(("clocks", "atoms"), [(2, 3), (5, 20), (10, 100)])
def test_projection_noise(clocks, atoms):
    """Oracle: 1/(w0 sqrt(T tau)) times 1/(n K), 1/(n sqrt K), 1/sqrt(n K)."""
    result = ClockNetwork(clocks=clocks, atoms=atoms, ramsey_time_s=0.5, total_time_s=8.0).play()
    one = 1 / (W0 * math.sqrt(0.5 * 8.0))
    found = [figure.best for figure in result.figures[:3]]
    expected = [
        one / (atoms * clocks),
        one / (atoms * math.sqrt(clocks)),
        one / math.sqrt(atoms * clocks),
    ]
    assert found == pytest.approx(expected, rel=1e-9)
    assert result.merit.without_entanglement == pytest.approx(expected[2], rel=1e-9)
    assert result["network_gain"].best == pytest.approx(math.sqrt(clocks))


@pytest.mark.parametrize("clocks", [4, 12])
def test_noise_of_the_network_is_that_of_one_qubit_in_each_clock(clocks):
    """Oracle: contrast p v^K c^(n K) of the parity; readout errors of every atom."""
    atoms, rate, time, e = 6, 0.01, 0.8, 0.001
    result = ClockNetwork(
        clocks=clocks,
        atoms=atoms,
        ramsey_time_s=time,
        atom_dephasing_rate_hz=rate,
        state=StateTable(visibility=0.9, dephasing=0.02),
        gates=Gates(readout_flip_0=e, readout_flip_1=e),
    ).play()
    whole = atoms * clocks
    contrast = 0.9 * 0.96**clocks * (math.exp(-rate * time) * (1 - 2 * e)) ** whole
    expected = 1 / (W0 * math.sqrt(time) * whole * contrast)
    assert result.merit.best == pytest.approx(expected, rel=1e-9)
    per_clock = (math.exp(-rate * time) * (1 - 2 * e)) ** atoms * atoms * math.sqrt(clocks)
    assert result.figures[1].best == pytest.approx(1 / (W0 * math.sqrt(time) * per_clock))
    assert result["quantum_fractional_uncertainty"].best < result.merit.best


def test_no_gain_under_uncorrelated_dephasing():
    """Oracle: Huelga et al.: at the best time of each, all three are the same."""
    clocks, atoms, rate = 4, 5, 1.0
    sizes = (clocks * atoms, atoms, 1)
    found = [
        ClockNetwork(
            clocks=clocks,
            atoms=atoms,
            atom_dephasing_rate_hz=rate,
            ramsey_time_s=1 / (2 * rate * size),
        )
        .play()
        .figures[place]
        .best
        for place, size in enumerate(sizes)
    ]
    expected = math.sqrt(2 * rate * math.e / (clocks * atoms)) / W0
    assert found == pytest.approx([expected] * 3, rel=1e-9)


def test_common_wander_of_one_probe_and_of_several():
    """Oracle: m^2 exp(-m^2 s^2) of one; Gauss and Hermite's quadrature of four; a bound of many."""
    assert blurred_information(fringe(3.0), 1, 0.2) == pytest.approx(9 * math.exp(-0.36), rel=1e-9)
    nodes, weights = roots_hermitenorm(80)
    weights /= weights.sum()
    spread, step = 0.4, 1e-4

    def chances(phase):
        p = (1 + np.cos(phase + spread * nodes)) / 2
        return np.array([weights @ binom.pmf(k, 4, p) for k in range(5)])

    middle = math.pi / 2
    slopes = (chances(middle + step) - chances(middle - step)) / (2 * step)
    assert blurred_information(fringe(1.0), 4, spread) == pytest.approx(
        float((slopes**2 / chances(middle)).sum()), rel=1e-6
    )
    # A common phase that is not known bounds what any number of probes tells of the mean.
    many = [blurred_information(fringe(1.0), number, 0.1) for number in (10, 100, 1000)]
    assert many == sorted(many)
    assert many[-1] < 1 / 0.1**2
    assert many[-1] == pytest.approx(1 / (1 / 1000 + 0.01), rel=0.02)
    assert blurred_information(fringe(1000.0), 3, 0.5) == 0.0


def test_oscillator_in_the_network():
    """Oracle: contrast exp(-(n K)^2 s^2/2), s^2 = 2 pi linewidth T."""
    linewidth, whole = 1e-5, 40
    result = ClockNetwork(clocks=4, atoms=10, oscillator_linewidth_hz=linewidth).play()
    blurred = math.exp((whole * math.sqrt(2 * math.pi * linewidth)) ** 2 / 2)
    assert result.merit.best == pytest.approx(blurred / (W0 * whole), rel=1e-9)


def test_cascade():
    """Oracle: n0 (2^M - 1) atoms; information K^2 sum of n0 4^j; drawn readings of one size."""
    result = ClockNetwork(clocks=3, cascade_levels=5, cascade_copies=11).play()
    assert result["cascade_qubits"].best == 341
    information = 9 * 11 * sum(4**level for level in range(5))
    assert result["cascade_fractional_uncertainty"].best == pytest.approx(
        1 / (W0 * math.sqrt(information))
    )
    contrast, copies, rounds = 0.8, 7, 200_000
    rng = np.random.default_rng(6)
    angles = 2 * np.pi * (rng.integers(16, size=rounds) + 0.5) / 16
    cosines = 2 * rng.binomial(4, (1 + contrast * np.cos(angles)) / 2) / 4 - 1
    sines = 2 * rng.binomial(3, (1 + contrast * np.sin(angles)) / 2) / 3 - 1
    along = cosines * np.cos(angles) + sines * np.sin(angles)
    wrong = np.where(np.abs(along) < 1e-12, 0.5, along < 0).mean()
    expected = slips_of_group(fringe(2.0, contrast), copies)
    assert wrong == pytest.approx(expected, abs=5 * math.sqrt(expected / rounds))
    both = slip_probability([fringe(1.0), fringe(2.0, contrast), fringe(4.0)], copies, 0.0)
    right = (1 - slips_of_group(fringe(1.0), copies)) * (1 - expected)
    assert both == pytest.approx(1 - right)


def test_what_is_not_played_is_refused():
    """Oracle: the sentences of the errors."""
    with pytest.raises(ParameterError, match="total_time_s must be at least as long as a round"):
        ClockNetwork(ramsey_time_s=2.0)
    with pytest.raises(ParameterError, match="atoms must leave at most"):
        ClockNetwork(atoms=100_000, oscillator_linewidth_hz=1e-9)
    with pytest.raises(ParameterError, match="two_qubit_depolarizing must be 0 here"):
        ClockNetwork(gates=Gates(two_qubit_depolarizing=0.01))


def test_an_oscillator_that_is_all_wander_tells_nothing():
    """Far beyond a turn of phase no atom tells anything, with a network or without."""
    result = ClockNetwork(oscillator_linewidth_hz=1e9).play()
    assert result.merit.value is None
    assert result["network_gain"].value.best == 1.0
