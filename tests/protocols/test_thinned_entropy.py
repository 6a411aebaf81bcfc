"""The entropy that thinning promises, against attacks drawn at random on the photon of a round."""

from __future__ import annotations

import math

import numpy as np
import pytest

from protocols.qkd.result import shared_fraction
from qnet.metrics.security import Apparatus
from tests.oracles import von_neumann_entropy

HADAMARD = np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2.0)


def attacked(rng, strength: float) -> np.ndarray:
    """Amplitudes (a, b, e) of Phi+ whose second photon went through a random isometry."""
    identity = np.zeros((8, 2))
    identity[0, 0] = identity[1, 1] = 1.0
    noise = rng.normal(size=(8, 2)) + 1j * rng.normal(size=(8, 2))
    isometry, _ = np.linalg.qr(identity + strength * noise)
    kraus = isometry.reshape(4, 2, 2)
    return np.einsum("eba->abe", kraus) / math.sqrt(2.0)


def registered(psi, efficiencies) -> tuple[np.ndarray, float]:
    """Probabilities (a, b) of registered rounds, and H(A|E) of them, for this basis."""
    counts = np.einsum("abe,abe->ab", psi, psi.conj()).real * efficiencies
    eve = np.einsum("abe,abf,b->aef", psi, psi.conj(), np.array(efficiencies)) / counts.sum()
    weights = [np.trace(each).real for each in eve]
    joint = sum(
        von_neumann_entropy(each) - w * math.log2(w) for each, w in zip(eve, weights, strict=True)
    )
    return counts / counts.sum(), joint - von_neumann_entropy(eve.sum(axis=0))


@pytest.mark.parametrize("efficiencies", [(1.0, 0.5), (0.9, 0.1), (0.3, 0.29), (0.4, 0.4)])
@pytest.mark.parametrize("strength", [0.02, 0.1, 0.5])
def test_s1_thinning_promises_no_more_than_eve_lacks(efficiencies, strength):
    """Oracle: H(A|E) per registered bit of the purified states; nothing is told to correct."""
    rng = np.random.default_rng(3)
    keep = np.array(Apparatus(efficiencies=(efficiencies,)).keeps[0])
    promised = []
    for _ in range(60):
        psi = attacked(rng, strength)
        turned = np.einsum("ai,bj,ije->abe", HADAMARD, HADAMARD, psi)
        (in_z, left_z), (in_x, left_x) = (registered(each, efficiencies) for each in (psi, turned))
        for seen, own, left in ((in_x, in_z, left_z), (in_z, in_x, left_x)):
            kept = seen * keep
            error = (kept[0, 1] + kept[1, 0]) / kept.sum()
            # Without errors to correct, what is left is the entropy.
            found = shared_fraction(
                "bb84", 0.0, min(error, 0.5), lost=1.0 - float((own * keep).sum())
            )
            assert found <= left + 1e-9
            promised.append(found / left)
    assert strength > 0.1 or max(promised) > 0.5 * min(efficiencies) / max(efficiencies)
