"""Stations that recover blocks from loss and vote out flips.

Oracles: votes of parity codes in closed form (in this file), block by block; the logical maps of
codes without loss; a Monte Carlo photon by photon; the recovery polynomials.
"""

import math

import numpy as np
import pytest

from protocols.repeaters.code_figures import recovered
from qnet.codes import PauliChannel, code_of, logical_map
from qnet.codes.erasure import erasure_counts


def binomial(count, chance):
    """Probabilities of 0 to ``count`` successes."""
    return [
        math.comb(count, k) * chance**k * (1.0 - chance) ** (count - k) for k in range(count + 1)
    ]


def outvoted(voters, flip):
    """Probability that most of the voters are wrong, a draw counting half."""
    chances = binomial(voters, flip)
    draw = 0.5 * chances[voters // 2] if voters % 2 == 0 else 0.0
    return sum(chances[voters // 2 + 1 :]) + draw


def by_votes(number, size, loss, flip):
    """Recovery and both flips: Z voted in each block, X by the blocks that are whole."""
    arrived = binomial(size, 1.0 - loss)
    whole, damaged = arrived[size], sum(arrived[1:size])
    blocks = [0.0] + [
        math.comb(number, k) * whole**k * damaged ** (number - k) for k in range(1, number + 1)
    ]
    recovery = sum(blocks)
    parity = (1.0 - (1.0 - 2.0 * flip) ** size) / 2.0
    wrong = sum(blocks[k] * outvoted(k, parity) for k in range(1, number + 1))
    some = sum(arrived[j] * (1.0 - 2.0 * outvoted(j, flip)) for j in range(1, size))
    total = some + whole * (1.0 - 2.0 * outvoted(size, flip))
    return recovery, (1.0 - (total**number - some**number) / recovery) / 2.0, wrong / recovery


@pytest.mark.parametrize(("number", "size"), [(2, 2), (3, 3), (7, 4), (10, 5)])
@pytest.mark.parametrize("loss", [0.05, 0.3])
def test_parity_codes_vote(number, size, loss):
    """Oracle: the closed form of this file."""
    found = recovered(f"qpc-{number}-{size}", loss, 0.01)
    wanted = by_votes(number, size, loss, 0.01)
    assert (found.recovery, found.flip_x, found.flip_z) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("name", ["513", "steane", "shor", "surface-3"])
def test_without_loss_it_is_the_logical_map(name):
    """Oracle: the exact logical map of the code under flips of either type."""
    code, q = code_of(name), 0.01
    channel = PauliChannel(x=q * (1 - q), y=q * q, z=q * (1 - q))
    logical, found = logical_map(code, channel), recovered(name, 0.0, q)
    assert found.recovery == 1.0
    assert found.flip_x == pytest.approx(logical.logical_x + logical.logical_y, rel=1e-9)
    assert found.flip_z == pytest.approx(logical.logical_z + logical.logical_y, rel=1e-9)


@pytest.mark.parametrize("name", ["513", "steane", "surface-3"])
def test_without_flips_it_is_the_recovery(name):
    """Oracle: the recovery polynomial."""
    found = recovered(name, 0.2, 0.0)
    assert found.recovery == pytest.approx(erasure_counts(code_of(name)).recovery(0.2), rel=1e-12)
    assert (found.flip_x, found.flip_z) == (0.0, 0.0)


def test_a_parity_code_photon_by_photon():
    """Oracle: photons lost and flipped one by one, 4 standard errors."""
    number, size, loss, flip, rounds = 3, 3, 0.2, 0.05, 200_000
    rng = np.random.default_rng(20140625)
    kept = rng.random((rounds, number, size)) >= loss
    z_wrong = (rng.random((rounds, number, size)) < flip) & kept
    x_wrong = (rng.random((rounds, number, size)) < flip) & kept
    left, coins = kept.sum(axis=2), rng.random((rounds, number)) < 0.5
    votes = 2 * z_wrong.sum(axis=2) - left
    block_wrong = np.where(votes == 0, coins, votes > 0)
    whole = left == size
    parities = (x_wrong.sum(axis=2) % 2 == 1) & whole
    tally = 2 * parities.sum(axis=1) - whole.sum(axis=1)
    blocks_wrong = np.where(tally == 0, coins[:, 0], tally > 0)
    good = (left > 0).all(axis=1) & whole.any(axis=1)
    found = recovered(f"qpc-{number}-{size}", loss, flip)
    seen = [
        (good, found.recovery),
        ((block_wrong.sum(axis=1) % 2 == 1)[good], found.flip_x),
        (blocks_wrong[good], found.flip_z),
    ]
    for happened, chance in seen:
        error = math.sqrt(chance * (1.0 - chance) / len(happened))
        assert abs(happened.mean() - chance) < 4.0 * error
