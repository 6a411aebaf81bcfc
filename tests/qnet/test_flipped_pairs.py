"""Key fractions of all Bell-diagonal states, flipped ones too, and the low ends of intervals."""

from __future__ import annotations

import numpy as np
import pytest

from qnet.estimate import Estimate
from qnet.metrics import KEY_PROTOCOLS, secret_key_fraction
from qnet.metrics.key_rate import error_rates_from_bell_diagonal
from qnet.metrics.key_statistics import pushed_key_rate
from tests.oracles import entropy

#: What Bob's bit flip, bit and phase flip, and phase flip do to Phi+, Psi+, Psi-, Phi-.
PAULIS = [(0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)]


def from_populations(bell, protocol: str, f: float) -> float:
    """BB84: the entropy of phase flips and of bit flips; six-state: that of all populations."""
    phi_plus, psi_plus, psi_minus, phi_minus = bell
    bit = entropy([phi_plus + phi_minus, psi_plus + psi_minus])
    phase = entropy([phi_plus + psi_plus, phi_minus + psi_minus])
    known = phase if protocol == "bb84" else entropy(bell) - bit
    return max(0.0, 1.0 - known - f * bit)


@pytest.mark.parametrize("protocol", sorted(KEY_PROTOCOLS))
@pytest.mark.parametrize("f", [1.0, 1.2])
def test_s9_fractions_of_all_bell_diagonal_states(protocol, f):
    """Oracle: entropies of populations, which a Pauli operation of Bob's permutes."""
    rng = np.random.default_rng(1)
    for bell in [*rng.dirichlet([0.2] * 4, 300), *np.eye(4)]:
        expected = from_populations(bell, protocol, f)
        for order in PAULIS:
            rates = error_rates_from_bell_diagonal(bell[list(order)])
            found = secret_key_fraction(rates, protocol=protocol, error_correction_efficiency=f)
            assert float(found) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("protocol", sorted(KEY_PROTOCOLS))
def test_s9_the_low_end_of_an_interval_is_below_all_states_in_it(protocol):
    """Oracle: the fraction of states drawn in the box; at no width the fraction itself."""
    rule, rng = KEY_PROTOCOLS[protocol], np.random.default_rng(2)
    matrix, second = np.array(rule.coordinates), Estimate.exact(1.0)
    for bell in rng.dirichlet([0.3] * 4, 40):
        others = [bell, *(0.9 * bell + 0.1 * rng.dirichlet([0.5] * 4) for _ in range(200))]
        u = np.array([matrix @ error_rates_from_bell_diagonal(each) for each in others])
        box = [Estimate(*ends) for ends in zip(u.min(0), u[0], u.max(0), strict=True)]
        found = pushed_key_rate(box, second, rule, 1.1)
        values = np.maximum(rule.unclipped(u, 1.1), 0.0)
        assert found.low <= values.min() + 1e-9
        assert found.high >= values.max() - 1e-9
        point = pushed_key_rate([Estimate.exact(each) for each in u[0]], second, rule, 1.1)
        assert point.low == pytest.approx(point.high, abs=1e-9)
