"""Plans enumerated attempt by attempt: an oracle of plans whose durations fit no time grid.

Every pair of attempts of two parts is written out, and every number of failed rounds, one more at a
time, until next to nothing is left. It shares nothing with the exact engine but the plan: no sums
up to a time, no keys, no transforms. Bell-diagonal states, perfect gates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet import Distill, Link
from qnet.plans.maps import distill_map

#: What is left of attempts and of rounds when the enumeration ends, unless said otherwise.
REST = 1e-12

#: 1, XX, -YY, ZZ (rows) of Phi+, Psi+, Psi-, Phi-.
_HADAMARD = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], dtype=float)


@dataclass(frozen=True)
class Enumerated:
    """Times (n,), and at each of them the probability and that times XX, -YY, ZZ: (4, n)."""

    times: np.ndarray
    parts: np.ndarray

    def merged(self, rest) -> Enumerated:
        """Equal times, but for rounding, once; next to nothing dropped."""
        keys, first, where = np.unique(
            np.round(self.times, 9), return_index=True, return_inverse=True
        )
        parts = np.array([np.bincount(where, row, len(keys)) for row in self.parts])
        kept = parts[0] > 1e-3 * rest
        return Enumerated(self.times[first][kept], parts[:, kept])


def delivered(plan, rest=REST):
    """All deliveries of a plan."""
    if isinstance(plan, Link):
        return _link(plan, rest)
    success, failure = one_round(plan, rest)
    total, going = success, failure
    while len(going.times) and going.parts[0].sum() > rest:
        total = Enumerated(
            np.concatenate([total.times, np.add.outer(going.times, success.times).ravel()]),
            np.hstack(
                [total.parts, np.einsum("i,kj->kij", going.parts[0], success.parts).reshape(4, -1)]
            ),
        ).merged(rest)
        going = Enumerated(
            np.add.outer(going.times, failure.times).ravel(),
            np.einsum("i,kj->kij", going.parts[0], failure.parts).reshape(4, -1),
        ).merged(rest)
    return total


def one_round(plan, rest=REST):
    """What a round of a step delivers, and when it fails (row 0)."""
    left, right = plan.children * plan.copies if isinstance(plan, Distill) else plan.children
    one, two = delivered(left, rest), delivered(right, rest)
    first, second = one.times[:, None], two.times[None, :]
    if plan.order == "sequential":
        start, second = first, first + second
    else:
        start = np.minimum(first, second)
    end, cutoff = np.maximum(first, second), plan.cutoff
    limit = np.full(end.shape, np.inf)
    if cutoff is not None:
        limit = cutoff.time_s + (0.0 if cutoff.kind == "total" else start) + 0.0 * end
    passed = end <= limit + 1e-9
    pairs = []
    for law, times, part, axis in ((one, first, left, 1), (two, second, right, 0)):
        wait = end - times
        decay = np.exp(-np.multiply.outer(_rates(part.ends), wait))
        pairs.append(np.expand_dims(law.parts, 1 + axis) * decay)
    tried = pairs[0][0] * pairs[1][0]
    if isinstance(plan, Distill):
        matrix = distill_map(plan.scheme, plan.gates).bell_matrix
        weights = [np.tensordot(_HADAMARD.T / 4.0, pair, 1) for pair in pairs]
        both = np.einsum("iab,jab->ijab", *weights).reshape(16, *end.shape)
        kept = np.tensordot(_HADAMARD, np.tensordot(matrix, both, 1), 1)
    else:
        kept = plan.station.success_probability * pairs[0] * pairs[1]
    over = plan.overhead_s
    kept = kept * np.exp(-over * _rates(plan.ends))[:, None, None] * passed
    lost = np.where(passed, tried - kept[0], tried)
    ends = np.where(passed, end + over, np.minimum(limit, 1e300))
    success = Enumerated((end + over).ravel(), kept.reshape(4, -1)).merged(rest)
    failing = np.stack([lost.ravel(), *np.zeros((3, lost.size))])
    return success, Enumerated(ends.ravel(), failing).merged(rest)


def mean_time_and_state(plan, rest=REST):
    """Mean delivery time in s, and XX, -YY, ZZ of the mean state."""
    if isinstance(plan, Link):
        law = _link(plan, rest)
        return float(law.times @ law.parts[0]), law.parts.sum(axis=1)[1:]
    success, failure = one_round(plan, rest)
    chance = success.parts.sum(axis=1)
    if chance[0] == 0.0:
        return float("inf"), np.full(3, np.nan)
    spent = success.times @ success.parts[0] + failure.times @ failure.parts[0]
    return float(spent / chance[0]), chance[1:] / chance[0]


def _link(link, rest):
    p = link.success_probability
    count = 1 if p == 1.0 else int(np.ceil(np.log(rest) / np.log1p(-p)))
    attempts = np.arange(1, count + 1)
    fano = link.fano
    state = np.array([1.0, fano[1, 1], -fano[2, 2], fano[3, 3]])
    return Enumerated(
        attempts * link.attempt_time_s, np.outer(state, p * (1 - p) ** (attempts - 1))
    )


def _rates(ends):
    xy = sum(memory.transverse_rate_hz for memory in ends)
    z = sum(memory.longitudinal_rate_hz for memory in ends)
    return np.array([0.0, xy, xy, z])
