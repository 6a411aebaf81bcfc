"""Weighted sums of phases: variance from a GHZ state and from product probes.

Oracles: max w^2 and sum w^2 over the information of the noise, by hand.
"""

import pytest

from protocols.applications import StateTable
from protocols.applications.delivered import of_vectors
from protocols.applications.needs import ideal_vector
from protocols.applications.sensing.phase_sum import PhaseSum
from qnet.errors import ParameterError
from qnet.hardware import Gates


@pytest.mark.parametrize(
    "weights", [(0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3), (1.0, -1.0), (0.7, -0.2, 0.4, -0.1)]
)
def test_variance_without_noise(weights):
    """Oracle: max w^2 by the state and by its parity; sum w^2 by product probes."""
    result = PhaseSum(weights=weights).play()
    most, square = max(map(abs, weights)) ** 2, sum(w * w for w in weights)
    assert result.merit.best == pytest.approx(most, rel=1e-9)
    assert result["parity_variance"].best == pytest.approx(most, rel=1e-6)
    assert result.merit.without_entanglement == pytest.approx(square, rel=1e-9)
    assert result["gain"].best == pytest.approx(square / most)


def test_variance_under_noise():
    """Oracle: information of the common phase of a white GHZ state: p^2/(p + 2 (1 - p)/2^N)."""
    weights, p, n = (0.5, -0.25, 0.25), 0.8, 3
    result = PhaseSum(weights=weights, state=StateTable(visibility=p)).play()
    information = p**2 / (p + 2 * (1 - p) / 2**n)
    assert result.merit.best == pytest.approx(0.25 / information, rel=1e-9)
    assert result["parity_variance"].best == pytest.approx(0.25 / p**2, rel=1e-6)
    damped = PhaseSum(weights=weights, state=StateTable(damping=0.1)).play()
    populations = (1 + 0.1**3) / 2 + 0.9**3 / 2
    assert damped.merit.best == pytest.approx(0.25 * populations / 0.9**3, rel=1e-9)
    assert damped.merit.without_entanglement == pytest.approx(0.375 / 0.9)


def test_readout_errors_of_all_nodes():
    """Oracle: each sign shrinks by 1 - 2e."""
    gates = Gates(readout_flip_0=0.02, readout_flip_1=0.02)
    result = PhaseSum(weights=(1.0, 1.0), gates=gates).play()
    assert result["parity_variance"].best == pytest.approx(1 / 0.96**4, rel=1e-6)
    assert result.merit.best == pytest.approx(1.0)


def test_a_state_that_does_not_tell_the_sum():
    """Oracle: a GHZ state of all nodes tells no sum of other weights than its exposures.

    A W state tells differences of phases, not their sum.
    """
    application = PhaseSum(weights=(1.0, 1.0, 1.0))
    result = application.played_on(of_vectors(application.needs, [ideal_vector("w", 3)]))
    assert result.merit.best is None
    dephased = PhaseSum(weights=(1.0, 1.0), state=StateTable(dephasing=0.5)).play()
    assert dephased.merit.best is None
    assert dephased.merit.without_entanglement is None


def test_weights_that_are_no_weights():
    """Oracle: the sentences of the errors."""
    with pytest.raises(ParameterError, match="weights must hold 2 to 8 numbers"):
        PhaseSum(weights=(1.0,))
    with pytest.raises(ParameterError, match="weights must not all be zero"):
        PhaseSum(weights=(0.0, 0.0))


@pytest.mark.parametrize("weights", [(1e300, 1.0), (1e-300, 1e-300)])
def test_weights_beyond_numbers_are_refused(weights):
    with pytest.raises(ParameterError, match="weights must have a largest size"):
        PhaseSum(weights=weights)
