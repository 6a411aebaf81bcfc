"""Tests of what misaligned analysers leave secret: a search over all that Eve can send.

Any attack on qubits gives Alice and Bob a state of two qubits whose purification Eve holds; the
entropy of Alice's bit given it, ``S(pinched state) - S(state)``, is the oracle.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize

from protocols.qkd import BB84, BBM92, InterceptResend, Line, SixState
from protocols.qkd.three_bases import SecretShare
from qnet.metrics.key_rate import binary_entropy
from tests.oracles import von_neumann_entropy
from tests.protocols.information import endless

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
AXES = {"Z": 2, "X": 0, "Y": 1}
TURN = math.sin(math.pi / 8) ** 2


def unknown(rho, direction):
    """Entropy of Alice's outcome along a direction given a purification of the state."""
    sigma = np.kron(np.einsum("k,kij->ij", direction, PAULI), np.eye(2))
    return von_neumann_entropy((rho + sigma @ rho @ sigma) / 2.0) - von_neumann_entropy(rho)


def directions_of_pairs(protocol):
    """Directions of both analysers by basis, read off from how they answer to product states."""
    found = np.zeros((2, len(protocol.bases), 3))
    for end, axis in product((0, 1), range(3)):
        pair = np.zeros((4, 4))
        pair[0, 0] = 1.0
        pair[(axis + 1, 0) if end == 0 else (0, axis + 1)] = 1.0
        table = type(protocol)(
            bases=protocol.bases, line=protocol.line, line_alice=protocol.line_alice, pair=pair
        ).table()
        party = ("alice", "bob")[end]
        for basis in range(len(protocol.bases)):
            here = table.columns[f"basis_{party}"] == basis
            one = here & (table.columns[f"bit_{party}"] == 1)
            share = table.probabilities[one].sum() / table.probabilities[here].sum()
            found[end, basis, axis] = 1.0 - 2.0 * share
    return found


def directions_of_photons(protocol, bases):
    """Alice's exact axes, and Bob's analyser as it answers to the states that she sends."""
    table = protocol.table()
    columns, found = table.columns, np.zeros((2, len(bases), 3))
    for b, basis in enumerate(bases):
        found[0, b, AXES[basis]] = 1.0
        for a, other in enumerate(bases):
            here = (columns["basis_alice"] == a) & (columns["basis_bob"] == b)
            wrong = here & (columns["bit_alice"] != columns["bit_bob"])
            share = table.probabilities[wrong].sum() / table.probabilities[here].sum()
            found[1, b, AXES[other]] = 1.0 - 2.0 * share
    return found


def surplus(rho, directions, signs):
    """Claimed less true entropy of the key bits, all bases used alike."""
    ours, theirs = directions
    matrix = np.einsum("aij,bkl,ikjl->ikjlab", PAULI, PAULI, np.ones((2, 2, 2, 2)))
    correlations = np.real(
        np.einsum("ikjlab,jlik->ab", matrix, rho.reshape(2, 2, 2, 2), optimize=True)
    )
    seen = zip(signs, ours, theirs, strict=True)
    rates = np.clip([(1.0 - sign * a @ correlations @ b) / 2.0 for sign, a, b in seen], 0.0, 1.0)
    truth = sum(unknown(rho, each) for each in ours) / len(ours)
    if len(rates) == 2:
        return sum(1.0 - binary_entropy(float(rate)) for rate in rates) / 2.0 - truth
    return SecretShare(secret=(1 / 3,) * 3).least(rates, rates) - truth


def most_surplus(directions, signs, *, mixed=False, starts=4):
    """The largest surplus that a search over states of two qubits finds."""
    rng = np.random.default_rng(1)
    best = -math.inf

    def state(values, rank):
        half = values.reshape(2, 4, rank)
        root = half[0] + 1j * half[1]
        rho = root @ root.conj().T
        if mixed:
            # Alice's half of what stands for the photons that she sends is fully mixed.
            own = np.einsum("ikjk->ij", rho.reshape(2, 2, 2, 2)) + 1e-12 * np.eye(2)
            values_, vectors = np.linalg.eigh(own)
            scale = vectors @ np.diag(values_**-0.5) @ vectors.conj().T
            rho = np.kron(scale, np.eye(2)) @ rho @ np.kron(scale, np.eye(2)).conj().T
        return rho / np.trace(rho).real

    for start in range(starts):
        rank = 1 + start % 4
        begin = 0.4 * rng.normal(size=(2, 4, rank))
        begin[0, (0, 3), 0] += 1.0
        found = minimize(
            lambda values, rank=rank: -surplus(state(values, rank), directions, signs),
            begin.ravel(),
            method="BFGS",
            options={"maxiter": 40},
        )
        best = max(best, -float(found.fun))
    return best


@pytest.mark.parametrize("bases", ["ZX", "ZXY"])
@pytest.mark.parametrize("wrong", [(TURN, TURN), (0.05, 0.2), (0.3, 0.0)])
def test_f3_turned_analysers_of_pairs_never_hide_what_eve_knows(bases, wrong):
    """Oracle: the entropy given a purification, least over the states that a search tries."""
    protocol = BBM92(
        bases=bases, line_alice=Line(misalignment=wrong[0]), line=Line(misalignment=wrong[1])
    )
    directions = directions_of_pairs(protocol)

    for each in directions:
        assert each @ each.T == pytest.approx(np.eye(len(bases)), abs=1e-9)
    assert most_surplus(directions, (1, 1, -1)[: len(bases)]) < 1e-6


@pytest.mark.parametrize(
    ("protocol", "bases"),
    [(BB84(line=Line(misalignment=0.1)), "ZX"), (SixState(line=Line(misalignment=0.1)), "ZXY")],
)
def test_f3_a_turned_analyser_of_photons_hides_nothing(protocol, bases):
    """Oracle: as above; what Alice sends is half of a pair that is fully mixed, Y transposed."""
    directions = directions_of_photons(protocol, bases)

    assert np.diagonal(directions[1] @ directions[0].T) == pytest.approx([0.8] * len(bases))
    assert most_surplus(directions, (1, 1, -1)[: len(bases)], mixed=True) < 1e-6


def test_f3_the_search_finds_bases_that_are_not_at_right_angles():
    """Control: Z and X turned towards each other by 45 degrees are one basis, whose bits Eve has.

    Three bases of Bob's that are each turned in a sense of its own let Eve gain too.
    """
    s = math.sqrt(0.5)
    same = np.array([[-s, 0.0, s], [s, 0.0, -s]])
    bent = np.array([[-0.6, 0.0, 0.8], [0.8, 0.0, -0.6], [0.0, 0.8, -0.6]])
    upright = np.eye(3)[[2, 0, 1]]

    assert most_surplus((same, same), (1, 1)) > 0.99
    assert most_surplus((upright, bent), (1, 1, -1), mixed=True) > 0.1


@pytest.mark.parametrize("bases", ["ZX", "ZXY"])
def test_f3_intercepted_pairs_of_turned_analysers_in_any_direction(bases):
    """Oracle: what is left of bits whose share f was measured along a direction that is known.

    With Eve's outcome along ``v`` a bit along ``n`` keeps ``h((1 + n.v)/2)``.
    """
    lines = {"line": Line(misalignment=TURN), "line_alice": Line(misalignment=TURN)}
    directions = directions_of_pairs(BBM92(bases=bases, **lines))[0]
    share = 0.2
    for angle in (0.0, 30.0, 45.0, 100.0, 135.0, "Y"):
        eve = InterceptResend(fraction=share, bases=(angle,))
        result = endless(BBM92(bases=bases, eve=eve, **lines), 10**10)
        v = np.array([0.0, -1.0, 0.0])
        if angle != "Y":
            v = np.array([math.sin(math.radians(angle)), 0.0, math.cos(math.radians(angle))])
        left = np.mean([binary_entropy(float((1.0 + n @ v) / 2.0)) for n in directions])
        leak = np.mean([binary_entropy(rate.best) for rate in result.qber_by_basis.values()])
        assert result.secret_key_fraction.best <= 1.0 - share + share * left - leak + 1e-6
