"""Coincidences of a down-conversion source that emits several pairs now and then.

n pairs are in the state ``sum_m (-1)^m |n-m, m>_A |m, n-m>_B / sqrt(n + 1)``, which has this form
in every basis: measured in equal bases, both parties hold the same split of their n photons, all n
+ 1 splits equally likely (Bob's detectors swapped). In different bases the outcome is not used; the
splits are those of a rotation by 90 degrees.

X. Ma, C.-H. F. Fung, H.-K. Lo, Phys. Rev. A 76, 012307 (2007), arXiv:quant-ph/0703122.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.outcome_table import OutcomeTable
from qnet.hardware import Detectors, Line, SpdcPairs

__all__ = ["several_arrive", "spdc_table"]


def spdc_table(
    source: SpdcPairs, line_alice: Line, line_bob: Line, key_basis_probability: float
) -> OutcomeTable:
    """All classes of rounds: bases, clicks and bits; rounds without coincidence are undetected.

    A misaligned analyser swaps the detectors of one round with that probability.

    Args:
        source: The pairs.
        line_alice: From the source to Alice.
        line_bob: From the source to Bob.
        key_basis_probability: How often each chooses Z.

    Examples:
        >>> line = Line(transmission=0.1)
        >>> table = spdc_table(SpdcPairs(mean_pair_number_half=0.05), line, line, 0.5)
        >>> bool(table.probability(click_alice=1, click_bob=1) < 0.01)
        True
    """
    numbers = source.pair_numbers()
    joint = {True: np.zeros((3, 3)), False: np.zeros((3, 3))}
    for n, chance in enumerate(numbers):
        alice, bob = _responses(n, line_alice), _responses(n, line_bob)
        joint[True] += chance * alice.T @ bob / (n + 1)
        joint[False] += chance * alice.T @ _turned(n) @ bob / (n + 1)
    choice = (key_basis_probability, 1.0 - key_basis_probability)
    rows, chances = [], []
    for a, b in product((0, 1), repeat=2):
        for (i, j), chance in np.ndenumerate(joint[a == b]):
            rows.append((a, b, i > 0, i == 2, j > 0, j == 2))
            chances.append(choice[a] * choice[b] * chance)
    names = ("basis_alice", "basis_bob", "click_alice", "bit_alice", "click_bob", "bit_bob")
    columns = {
        name: np.array(values, dtype=np.uint8)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    undetected = (columns["click_alice"] == 0) | (columns["click_bob"] == 0)
    total = np.array(chances)
    return OutcomeTable(columns=columns, probabilities=total / total.sum(), undetected=undetected)


def several_arrive(
    source: SpdcPairs, line_alice: Line, line_bob: Line, key_basis_probability: float
) -> float:
    """Probability of a coincidence in which a receiver got several photons.

    Loss on the way comes first, the detectors' own efficiency afterwards. The share is that of
    equal bases, scaled to all coincidences.

    Args:
        source: The pairs.
        line_alice: From the source to Alice.
        line_bob: From the source to Bob.
        key_basis_probability: How often each chooses Z.

    Examples:
        >>> line = Line(transmission=0.1)
        >>> round(several_arrive(SpdcPairs(mean_pair_number_half=0.05), line, line, 0.5), 7)
        2.93e-05
    """
    table = spdc_table(source, line_alice, line_bob, key_basis_probability)
    same = table.columns["basis_alice"] == table.columns["basis_bob"]
    both = float(table.probabilities[~table.undetected].sum())
    equal = float(table.probabilities[~table.undetected & same].sum())
    choice = key_basis_probability**2 + (1.0 - key_basis_probability) ** 2
    single = 0.0
    for n, chance in enumerate(source.pair_numbers()):
        alice, bob = _responses(n, line_alice, alone=True), _responses(n, line_bob, alone=True)
        single += chance * float(alice[:, 1:].sum(axis=1) @ bob[:, 1:].sum(axis=1)) / (n + 1)
    return float(both * max(0.0, 1.0 - choice * single / equal)) if equal > 0.0 else 0.0


def _responses(n: int, line: Line, *, alone: bool = False) -> NDArray[np.float64]:
    """Probabilities of no click, bit 0, bit 1 when m of n photons go to detector 1: (n + 1, 3).

    Args:
        n: Photons that are sent.
        line: Transmission, misalignment and detectors.
        alone: Whether only those cases count in which one photon arrives at most.
    """
    clicks = _lone_clicks if alone else _clicks
    aligned = np.array([clicks(n - m, m, line.transmission, line.detectors) for m in range(n + 1)])
    swapped = aligned[::-1]
    return (1.0 - line.misalignment) * aligned + line.misalignment * swapped


def _lone_clicks(to_0: int, to_1: int, transmission: float, detectors: Detectors) -> list[float]:
    """No click, bit 0, bit 1, each together with one photon at most arriving."""
    n, t = to_0 + to_1, transmission
    cases = [((0, 0), (1.0 - t) ** n)]
    if n:
        one = t * (1.0 - t) ** (n - 1)
        cases += [((1, 0), to_0 * one), ((0, 1), to_1 * one)]
    found = [np.array(_clicks(*sent, 1.0, detectors)) * chance for sent, chance in cases]
    return list(np.sum(found, axis=0))


def _clicks(to_0: int, to_1: int, transmission: float, detectors: Detectors) -> list[float]:
    """No click, bit 0, bit 1 for definite numbers of photons at each detector."""
    eta_0, eta_1 = detectors.efficiencies
    stays = 1.0 - detectors.dark_probability
    quiet_0 = stays * (1.0 - transmission * eta_0) ** to_0
    quiet_1 = stays * (1.0 - transmission * eta_1) ** to_1
    both = (1.0 - quiet_0) * (1.0 - quiet_1)
    return [
        quiet_0 * quiet_1,
        (1.0 - quiet_0) * quiet_1 + both / 2.0,
        (1.0 - quiet_1) * quiet_0 + both / 2.0,
    ]


def _turned(n: int) -> NDArray[np.float64]:
    """Probability of Bob's split m' given Alice's split m, in bases at 90 degrees: (n+1, n+1)."""
    matrix = np.zeros((n + 1, n + 1))
    for m, k in product(range(n + 1), repeat=2):
        # Amplitude of (a + b)^(n-m) (a - b)^m / 2^(n/2) on a^(n-k) b^k.
        amplitude = sum(
            (-1) ** s * math.comb(m, s) * math.comb(n - m, k - s)
            for s in range(max(0, k - n + m), min(m, k) + 1)
        )
        weight = math.factorial(n - k) * math.factorial(k)
        weight /= math.factorial(n - m) * math.factorial(m) * 2**n
        matrix[m, k] = amplitude**2 * weight
    return matrix
