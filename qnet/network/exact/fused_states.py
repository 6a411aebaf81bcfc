"""Mean GHZ states of a switch with one memory per user: joint law of the ages of what is fused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np

from qnet.engines.exact import carrier_of
from qnet.network.ghz import GhzFusion, ghz_figures
from qnet.plans import Link
from qnet.states.pauli import Array

__all__ = ["fused_figures"]

Users = frozenset[int]


def fused_figures(
    compiled: GhzFusion,
    links: Sequence[Link],
    ends: Sequence[int],
    rates: Sequence[float],
    losses: Sequence[float],
) -> tuple[float, float, float]:
    """Fidelity, and error rates of X and Z, of the mean GHZ state of some users.

    The state of a stored pair is a sum of parts that decay at one rate each, and the map of the
    fusion is linear in every pair. So the mean state is the sum over one part of each pair, times
    the mean of ``exp(-sum s_i a_i)`` over their ages a.

    Args:
        compiled: The fusion of n pairs.
        links: From each of the ends to the switch.
        ends: Numbers of the n users, in the order of the links.
        rates: Pairs per second that each user of the switch makes.
        losses: Rate in 1/s at which each user's stored pair is lost.
    """
    parts = [_parts(link) for link in links]
    batch, weights = [], []
    for chosen in product(*parts):
        speeds = {user: speed for user, (speed, _) in zip(ends, chosen, strict=True)}
        weights.append(_joint(speeds, rates, losses))
        batch.append([part for _, part in chosen])
    vectors = np.tensordot(np.array(weights), compiled.apply(np.array(batch)), axes=1)
    total, fidelity, x_errors, z_errors = ghz_figures(vectors[None])[0, :4].tolist()
    return fidelity / total, x_errors / total, z_errors / total


def _parts(link: Link) -> list[tuple[float, Array]]:
    """Decay rates in 1/s of a stored pair, and the part (4, 4) of its Fano matrix with each."""
    carrier = carrier_of(link)
    speeds = carrier.rates(link.ends)
    inside = carrier.to_stored(carrier.link(link.fano)[:, None], link.ends)
    found = []
    for speed in np.unique(speeds).tolist():
        part = carrier.from_stored(inside * (speeds == speed)[:, None], link.ends)
        found.append((speed, carrier.to_fano(part)[0]))
    return found


def _joint(speeds: Mapping[int, float], rates: Sequence[float], losses: Sequence[float]) -> float:
    """Fusions of some users in 1/s, each times the mean of exp(-sum of speeds times ages).

    Of ``W(T, A)``, the mean of the exponential of those in A while T hold pairs: in the steady
    state its outflow, and the decay of those in A, equal what comes from one pair fewer, which is
    fresh, and from one more, which is lost.
    """
    users, size = range(len(rates)), len(speeds)
    keys = [
        (frozenset(held), frozenset(active))
        for count in range(size)
        for held in combinations(users, count)
        for some in range(count + 1)
        for active in combinations([k for k in held if k in speeds], some)
    ]
    places = {key: number for number, key in enumerate(keys)}
    matrix, right = np.zeros((len(places), len(places))), np.zeros(len(places))
    for (held, active), row in places.items():
        out = sum(rates[k] for k in users if k not in held) + sum(losses[k] for k in held)
        matrix[row, row] += out + sum(speeds[k] for k in active)
        for k in held:
            matrix[row, places[held - {k}, active - {k}]] -= rates[k]
        if len(held) + 1 < size:
            for k in set(users) - held:
                matrix[row, places[held | {k}, active]] -= losses[k]
    _close(matrix, right, places)
    found = np.linalg.solve(matrix, right)
    fused = frozenset(speeds)
    return float(sum(rates[k] * found[places[fused - {k}, fused - {k}]] for k in fused))


def _close(matrix: Array, right: Array, places: Mapping[tuple[Users, Users], int]) -> None:
    """The probabilities add up, in place of the balance of the empty memories."""
    nobody: Users = frozenset()
    matrix[0, :] = 0.0
    for (_, active), column in places.items():
        if active == nobody:
            matrix[0, column] = 1.0
    right[0] = 1.0
