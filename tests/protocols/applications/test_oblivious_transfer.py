"""Oblivious transfer: bound, lengths, and transfers played out.

Oracles: the published constants worked out once by hand, the definition of the longest secret,
error rates of Werner pairs, the [7, 4] Hamming code block by block.
"""

import math

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.games.bounded_storage import BoundedStorage, least_margin
from protocols.applications.games.oblivious_transfer import ObliviousTransfer
from protocols.applications.games.sampled_transfer import BLOCK, play_transfer
from qnet.errors import ParameterError
from qnet.hardware import Gates


def test_published_bound():
    """Oracle: (1/2 - 2d) n and 2 exp(-d^2 n/(32 (2 - log2 d)^2)) at n = 1e8, d = 0.01."""
    result = ObliviousTransfer(margin=0.01, sample_runs=1).play()
    assert result["min_entropy"].value.best == pytest.approx(48_000_000, rel=1e-9)
    assert result["exception"].value.best == pytest.approx(0.0305209102, rel=1e-8)
    assert result["secret_bits"].value.best == 0
    assert result.security.notion == "none"


def test_longest_secret_is_the_longest():
    """Oracle: its definition; one bit more exceeds epsilon."""
    for storage, told in ((0, 0.0), (10**6, 3e5)):
        margin = least_margin(10**8, 1e-6)
        found = BoundedStorage(qubits=10**8, margin=margin, storage=storage, told=told)
        bits = found.longest(1e-6)
        assert found.epsilon(bits) <= 1e-6 < found.epsilon(bits + 1)
        by_hand = (0.25 - margin) * 1e8 - 1 - told - storage - 2 * bits
        assert found.spare(bits) == pytest.approx(by_hand)


def test_errors_and_memory_shorten_the_secret():
    """Oracle: h(Q) per qubit is told, each qubit kept is a bit."""
    base, kept, noisy = (
        ObliviousTransfer(sample_runs=1, **keys).play()
        for keys in ({}, {"storage": 10**6}, {"state": StateTable(werner=0.98)})
    )
    lost = base["secret_bits"].value.best - kept["secret_bits"].value.best
    assert lost == pytest.approx(5e5, abs=1)
    q = noisy["error_rate"].value.best
    assert q == pytest.approx(0.01, abs=1e-12)
    entropy = -q * math.log2(q) - (1 - q) * math.log2(1 - q)
    lost = base["secret_bits"].value.best - noisy["secret_bits"].value.best
    assert lost == pytest.approx(0.6e8 * entropy, abs=1)
    assert noisy.security.epsilon == 1e-6
    assert ObliviousTransfer(state=StateTable(werner=0.9)).play().merit.value.best == 0


def test_transfers_played_out():
    """Oracle: 4 sigma of the Hamming code's block error, of 1/2 in the other basis, of 2^-l."""
    flip = 0.02
    app = ObliviousTransfer(
        state=StateTable(werner=1 - 2 * flip), sample_qubits=84, sample_bits=6, sample_runs=800
    )
    played = app.transfers(app.deliver())
    n = len(played)
    readings = sum(each.readings for each in played)
    errors = sum(each.errors for each in played)
    assert abs(errors - flip * readings) < 4 * math.sqrt(flip * readings)
    block = (1 - flip) ** 7 + 7 * flip * (1 - flip) ** 6
    # Wrong blocks differ before the hash, and after it but for 2^-6 of them.
    blocks = np.array([each.readings // BLOCK for each in played])
    right = block**blocks
    chance = float(np.mean(right + (1 - right) / 64))
    found = sum(each.is_right for each in played) / n
    assert abs(found - chance) < 4 * math.sqrt(chance * (1 - chance) / n)
    both = sum(each.has_both for each in played)
    assert abs(both - n / 64) < 4.5 * math.sqrt(n / 64)


def test_readout_alone_and_no_qubits():
    """Oracle: a flipped readout errs in both bases; no whole block is no string."""
    app = ObliviousTransfer(gates=Gates(readout_flip_0=0.03, readout_flip_1=0.03), sample_runs=1)
    # Two bits of the Bell measurement and the reading: one of the two and the reading count.
    assert app.play()["error_rate"].value.best == pytest.approx(2 * 0.03 * 0.97, abs=1e-12)
    ones = {(a, b, c): float(b) for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    empty = play_transfer(ones, 3, 4, np.random.default_rng(1))
    assert empty.is_right
    assert len(empty.secrets[0]) == 4
    with pytest.raises(ParameterError, match="margin"):
        ObliviousTransfer(margin=0.3)


def test_transfers_are_played_out_with_the_seed_that_is_asked_for():
    """Noisy transfers differ from seed to seed; the same seed gives the same."""
    noisy = ObliviousTransfer(state=StateTable(fidelity=0.97), sample_runs=50)

    def right(**how):
        return noisy.play(**how)["transfer_right"].best

    found = [right(seed=seed) for seed in range(5)]
    assert len(set(found)) > 1
    assert right(seed=3) == found[3]
    assert right() == right(seed=noisy.seed)


def test_too_many_transfers_are_refused():
    with pytest.raises(ParameterError, match="sample_runs must leave at most"):
        ObliviousTransfer(sample_runs=100_000, sample_qubits=100_000)
