"""Verified blind computing: the worst attack, honest servers, traps on noisy pairs.

Oracles: all orders of few runs gone through one by one, bit flips gone through one by one.
"""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.blind.spoiled_runs import RunsOfAVerification
from protocols.applications.blind.verified_blind_computing import VerifiedBlindComputing
from qnet.errors import ParameterError
from qnet.hardware import Gates


def by_hand(tests, computations, allowed, spoiled, caught, inherent):
    """All places of the computation runs, all caught tests, all wrong runs."""
    runs, total = tests + computations, 0.0
    for places in combinations(range(runs), computations):
        hit = sum(place < spoiled for place in places)
        wrong = sum(
            inherent ** sum(bits) * (1 - inherent) ** (computations - hit - sum(bits))
            for bits in product((0, 1), repeat=computations - hit)
            if 2 * (hit + sum(bits)) > computations
        )
        passed = sum(
            caught ** sum(bits) * (1 - caught) ** (spoiled - hit - sum(bits))
            for bits in product((0, 1), repeat=spoiled - hit)
            if sum(bits) <= allowed
        )
        total += wrong * passed
    return total / comb(runs, computations)


@pytest.mark.parametrize("sizes", [(3, 3, 1), (4, 2, 0), (2, 5, 1)])
@pytest.mark.parametrize(("caught", "inherent"), [(0.5, 0.0), (1 / 3, 0.2), (1.0, 0.0)])
def test_attack_is_that_of_all_orders(sizes, caught, inherent):
    """Oracle: enumeration."""
    tests, computations, allowed = sizes
    runs = RunsOfAVerification(
        test_runs=tests, computation_runs=computations, allowed_failures=allowed
    )
    wanted = [
        by_hand(tests, computations, allowed, spoiled, caught, inherent)
        for spoiled in range(tests + computations + 1)
    ]
    for spoiled, chance in enumerate(wanted):
        assert runs.accepted_wrong(spoiled, caught, inherent) == pytest.approx(chance, abs=1e-12)
    assert runs.worst_attack(caught, inherent)[0] == pytest.approx(max(wanted), abs=1e-12)


def test_published_numbers_of_runs():
    """Oracle: hypergeometric and binomial sums, computed independently for this project."""
    result = VerifiedBlindComputing(trap_positions=10, repetitions=20).play()
    assert result["accept_wrong"].value.best == pytest.approx(0.00542469783, rel=1e-8)
    assert result["spoiled_runs"].value.best == 45
    assert result["single_trap_caught"].value.best == pytest.approx(0.1, abs=1e-12)
    assert result["single_trap_missed"].value.best == pytest.approx(0.121576655, rel=1e-8)
    assert result["test_failure"].value.best == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("preparation", ["remote", "teleported"])
def test_traps_on_noisy_pairs(preparation):
    """Oracle: each vertex flips by itself; a trap fails for its own flip or a dummy's beside it."""
    flip, readout = 0.04, 0.03
    app = VerifiedBlindComputing(
        state=StateTable(visibility=1 - 2 * flip),
        gates=Gates(readout_flip_0=readout, readout_flip_1=readout),
        preparation=preparation,
    )
    # A wrong X by teleportation turns a hidden angle around: a flip in half of all cases.
    shown = (1 - 2 * flip) * (1 - 2 * readout)
    turned = 1 - readout if preparation == "teleported" else 1.0
    of_trap, of_dummy = (1 - shown * turned) / 2, (1 - shown) / 2
    failures = 0.0
    for traps in ({0, 2, 4}, {1, 3}):
        for flips in product((0, 1), repeat=5):
            weight = 1.0
            for vertex, bit in enumerate(flips):
                arrived = of_trap if vertex in traps else of_dummy
                weight *= arrived if bit else 1 - arrived
            passed = 1.0
            for trap in traps:
                near = [v for v in (trap - 1, trap + 1) if 0 <= v < 5]
                wrong = (flips[trap] + sum(flips[v] for v in near)) % 2
                passed *= readout if wrong else 1 - readout
            failures += 0.5 * weight * (1 - passed)
    assert app.play()["test_failure"].value.best == pytest.approx(failures, abs=1e-10)


def test_threshold_suits_an_honest_server():
    """Oracle: the binomial distribution, from the other side."""
    app = VerifiedBlindComputing(state=StateTable(fidelity=0.98), program="cnot", rejection=0.05)
    result = app.play()
    allowed = int(result["suited_allowed_failures"].value.best)
    failure = result["test_failure"].value.best

    def accepted(threshold):
        return sum(
            comb(50, k) * failure**k * (1 - failure) ** (50 - k) for k in range(threshold + 1)
        )

    assert accepted(allowed) >= 0.95 > accepted(allowed - 1)
    assert result["honest_acceptance"].value.best == pytest.approx(accepted(5), abs=1e-12)


def test_more_colours_catch_less():
    """Oracle: a trap of one of k colours is hit by one test in k."""
    few, many = (VerifiedBlindComputing(colours=k).play()["accept_wrong"] for k in (2, 3))
    assert few.value.best < many.value.best
    with pytest.raises(ParameterError, match="at least 2"):
        VerifiedBlindComputing(colours=1)
    with pytest.raises(ParameterError, match="at most 2000"):
        VerifiedBlindComputing(test_runs=1999, computation_runs=2)


def test_many_runs_are_drawn_without_replacement():
    """Oracle: SciPy's hypergeometric law, at sizes where all attacks are many."""
    from scipy.stats import binom, hypergeom

    runs = RunsOfAVerification(test_runs=300, computation_runs=200, allowed_failures=40)
    hit = np.arange(101, 201)
    chances = hypergeom.pmf(hit, 500, 200, 260) * binom.cdf(40, 260 - hit, 0.4)
    assert runs.accepted_wrong(260, 0.4) == pytest.approx(chances.sum(), rel=1e-9)
