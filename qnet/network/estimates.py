"""Estimates of a network's figures from the tallies of its replicas, by the jackknife.

A unit is a block of a replica's measured time; units are taken as independent. A figure of the sums
over all units has the interval of Student's t with the jackknife's standard error (B. Efron, The
Jackknife, the Bootstrap and Other Resampling Plans, SIAM 1982, doi:10.1137/1.9781611970319).
Where few events are behind a rate or share, the interval also covers that of their counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from qnet.estimate import Estimate
from qnet.metrics import KEY_PROTOCOLS, proportion_estimate
from qnet.metrics.jackknife import jackknife
from qnet.metrics.security import chain_claim
from qnet.network.case import NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.demand_table import ShownFigure
from qnet.network.result import DemandResult, EdgeResult, NetworkResult, SwitchResult
from qnet.network.tally import EDGE_COUNTS, SESSION_COUNTS, STATE_COLUMNS, Tally
from qnet.states.pauli import BELL_CORRELATORS, Array

__all__ = ["network_result", "no_key_reason"]

_ALPHA = 0.05

#: With fewer events than this behind it, a rate or a share also covers the interval of counts.
_FEW = 10

#: Differences of this size, of shares and relative to larger numbers, are rounding of sums.
_ROUNDING = 1e-12

#: Demands that are named in warnings.
_NAMED = 5

_DIAGONAL = [0, 5, 10, 15]


def network_result(case: NetworkCase, tallies: Sequence[Tally]) -> NetworkResult:
    """The figures of all replicas of a case together.

    Args:
        case: What was played.
        tallies: The tally of each replica, in order.
    """
    sessions = np.concatenate([tally.sessions for tally in tallies])
    pairs = np.concatenate([tally.pairs for tally in tallies])
    edges = np.concatenate([tally.edges for tally in tallies])
    unit_s = case.run.duration_s / case.run.blocks
    demands = tuple(
        _demand(case, k, sessions[:, k], pairs[:, k], unit_s) for k in range(len(case.demands))
    )
    switch = None
    if case.any_pair:
        swaps = np.concatenate([tally.swaps for tally in tallies])
        switch = _switch(demands, swaps, edges, unit_s)
    peaks = np.max([tally.peak for tally in tallies], axis=0)
    return NetworkResult(
        sums=sums_of(case, sessions, pairs, unit_s),
        engine="sampled",
        seed=case.seed,
        replicas=len(tallies),
        duration_s=case.run.duration_s,
        demands=demands,
        edges=tuple(
            _edge(case, k, edges[:, k], unit_s, int(peaks[k]))
            for k in range(len(case.network.edges))
        ),
        switch=switch,
        warnings=(
            *controller_class(case.controller.allocation).remarks(case),
            *_unfinished(demands),
        ),
    )


def _unfinished(demands: Sequence[DemandResult]) -> Iterator[str]:
    """What is to be said of demands whose sessions were not all followed to their end."""
    left = [demand for demand in demands if demand.counts["unfinished"] > 0.0]
    for demand in left[:_NAMED]:
        yield (
            f"{demand.counts['unfinished']:.0f} of {demand.counts['arrived']:.0f} sessions of "
            f"{' - '.join(demand.ends)} were not over when the run was ended, long after its "
            "measured time: others always go first, or their pairs do not come; they count as "
            "neither served nor refused"
        )
    if len(left) > _NAMED:
        yield f"the same befell sessions of {len(left) - _NAMED} more demands"


def _switch(
    demands: Sequence[DemandResult], swaps: Array, edges: Array, unit_s: float
) -> SwitchResult:
    """What a switch did, from the swaps (u,) and the counts of edges (u, edges, counts)."""
    stored = Tally.column(edges, "stored_s").sum(axis=1)
    return SwitchResult(
        swap_rate_hz=rate(swaps, unit_s),
        stored=mean(stored, np.full(len(stored), unit_s)),
        pairs=tuple((demand.ends, demand["pair_rate_hz"]) for demand in demands),
    )


def _demand(
    case: NetworkCase, number: int, sessions: Array, pairs: Array, unit_s: float
) -> DemandResult:
    demand, choice = case.demands[number], case.choices[number]
    named = dict(zip(SESSION_COUNTS, sessions.T, strict=True))
    count = round(pairs[:, 0].sum())
    figures: dict[str, ShownFigure] = {
        **_service_figures(named, pairs[:, 0], unit_s),
        **state_figures(pairs, len(demand.ends)),
        "secret_key_rate_hz": None,
    }
    claim = chain_claim(0.0, "no pair was delivered" if not count else "GHZ states have no key")
    if count and len(demand.ends) == 2:
        key = key_rate(pairs, unit_s, case)
        figures["secret_key_rate_hz"] = key
        claim = chain_claim(key.best, no_key_reason(figures))
    counts = {name: float(values.sum()) for name, values in named.items() if name[-2:] != "_s"}
    counts["unfinished"] = counts["arrived"] - float((_refused(named) + named["served"]).sum())
    return DemandResult(
        ends=demand.ends,
        routes=choice.routes,
        figures=figures,
        counts={**counts, "pairs": float(count)},
        security=claim,
    )


def _refused(named: Mapping[str, Array]) -> Array:
    """Sessions that were not served, by unit."""
    return named["no_route"] + named["refused"] + named["gave_up"]


def _service_figures(
    named: Mapping[str, Array], pairs: Array, unit_s: float
) -> dict[str, Estimate | None]:
    """Figures of sessions and rates, from named counts and numbers of pairs by unit (u,)."""
    return {
        "sessions_hz": rate(named["arrived"], unit_s),
        "served_hz": rate(named["served"], unit_s),
        "refused_fraction": share(_refused(named), named["arrived"]),
        "waiting_time_s": mean_time(named["waiting_s"], named["served"]),
        "service_time_s": mean_time(named["service_s"], named["served"]),
        "pair_rate_hz": rate(pairs, unit_s),
    }


def no_key_reason(figures: Mapping[str, Any]) -> str:
    """Why pairs of these error rates give no key, a sentence."""
    x, z = figures["qber_x"].best, figures["qber_z"].best
    return f"no secret key: the error rates are too high ({x:.1%} in X, {z:.1%} in Z)"


def state_figures(pairs: Array, ends: int) -> dict[str, ShownFigure]:
    """Fidelity and error rates of delivered pairs, from sums of their states by unit (u, 16)."""
    names = ("fidelity", "qber_x", "qber_y", "qber_z")
    if not pairs[:, 0].any():
        return {**dict.fromkeys(names), "bell_diagonal": None}
    if ends > 2:
        # A GHZ state: number, fidelity, errors of the X parity and of Z between neighbours.
        found = [mean(pairs[:, k], pairs[:, 0], high=1.0) for k in (1, 2, 3)]
        return {
            "fidelity": found[0],
            "qber_x": found[1],
            "qber_y": None,
            "qber_z": found[2],
            "bell_diagonal": None,
        }
    count, xx, yy, zz = pairs[:, _DIAGONAL].T
    signs = BELL_CORRELATORS * np.array([1.0, -1.0, 1.0])
    weights = [(count + signs[k] @ np.array([xx, yy, zz])) / 4.0 for k in range(4)]
    bell = [mean(each, count, high=1.0) for each in weights]
    return {
        "fidelity": bell[0],
        "qber_x": mean((count - xx) / 2.0, count, high=1.0),
        "qber_y": mean((count + yy) / 2.0, count, high=1.0),
        "qber_z": mean((count - zz) / 2.0, count, high=1.0),
        "bell_diagonal": tuple(each for each in bell if each is not None),
    }


def key_rate(pairs: Array, unit_s: float, case: NetworkCase) -> Estimate:
    """Secret bits per second of the mean state, from sums of states by unit (u, 16)."""
    rows = np.column_stack([pairs, np.full(len(pairs), unit_s)])
    found = jackknife(lambda part: key_bits(case, part[..., :-1], part[..., -1]), rows)
    low, best, high = (max(0.0, bits) for bits in found)
    return Estimate(low, best, high, round(pairs[:, 0].sum()))


def key_bits(case: NetworkCase, sums: Array, seconds: Array) -> Array:
    """Secret bits per second of mean states, below zero where there are none.

    Without a pair nothing is known of the states: it is not a number then.

    Args:
        case: Says how the key is taken.
        sums: Sums of states, (..., 16), their first element the number of pairs.
        seconds: In how many seconds they came, (...).
    """
    rule = KEY_PROTOCOLS[case.key.protocol]
    count, xx, yy, zz = np.moveaxis(sums[..., _DIAGONAL], -1, 0)
    twice = 2.0 * np.where(count > 0.0, count, 1.0)[..., None]  # no pairs have no key
    errors = np.stack([count - xx, count + yy, count - zz], axis=-1) / twice
    fraction = rule.unclipped(
        errors.clip(0.0, 1.0) @ np.asarray(rule.coordinates).T, case.key.error_correction_efficiency
    )
    return np.where(count > 0.0, count / seconds * fraction, np.nan)


def sums_of(
    case: NetworkCase, sessions: Array, pairs: Array, unit_s: float
) -> dict[str, Estimate | None]:
    """Figures of all demands together, from their counts by unit.

    Args:
        case: What was played.
        sessions: Counts of sessions, (u, demands, len(SESSION_COUNTS)).
        pairs: Sums of states, (u, demands, 16).
        unit_s: Measured time of a unit.
    """
    named = dict(zip(SESSION_COUNTS, sessions.sum(axis=1).T, strict=True))
    of_two = [k for k, demand in enumerate(case.demands) if len(demand.ends) == 2]
    with_pairs = [k for k in of_two if pairs[:, k, 0].any()]
    return {
        **_service_figures(named, pairs[:, :, 0].sum(axis=1), unit_s),
        "fidelity": _mean_fidelity(case, pairs),
        "secret_key_rate_hz": _key_sum(case, pairs[:, with_pairs], unit_s) if of_two else None,
    }


def _mean_fidelity(case: NetworkCase, pairs: Array) -> Estimate | None:
    """Mean fidelity of all delivered pairs, or GHZ states; None where there are both."""
    sizes = {min(len(demand.ends), 3) for demand in case.demands}
    found = state_figures(pairs.sum(axis=1), sizes.pop())["fidelity"] if len(sizes) == 1 else None
    return found if isinstance(found, Estimate) else None


def _key_sum(case: NetworkCase, pairs: Array, unit_s: float) -> Estimate:
    """Secret bits per second of several demands together, from sums of states (u, k, 16)."""
    units, kinds, _ = pairs.shape
    if not kinds:
        return Estimate.exact(0.0)

    def bits(part: Array) -> Array:
        sums = part[..., 1:].reshape(*part.shape[:-1], kinds, STATE_COLUMNS)
        found = key_bits(case, sums, np.broadcast_to(part[..., :1], sums.shape[:-1]))
        return np.asarray(np.nan_to_num(found).clip(0.0).sum(axis=-1))

    rows = np.concatenate([np.full((units, 1), unit_s), pairs.reshape(units, -1)], axis=1)
    low, best, high = jackknife(bits, rows)
    return Estimate(max(0.0, low), best, high, int(pairs[:, :, 0].sum()))


def _edge(case: NetworkCase, number: int, counts: Array, unit_s: float, peak: int) -> EdgeResult:
    edge = case.network.edges[number]
    named = dict(zip(EDGE_COUNTS, counts.T, strict=True))
    seconds = np.full(len(counts), unit_s)
    use = None
    if edge.memories is not None:
        use = mean(named["used_s"], edge.memories * seconds, high=1.0)
    counts_stored = controller_class(case.controller.allocation).counts_stored
    return EdgeResult(
        ends=edge.ends,
        length_km=edge.length_km,
        use=use,
        pair_rate_hz=rate(named["made"], unit_s),
        stored=mean(named["stored_s"], seconds) if counts_stored else None,
        peak=peak,
    )


def rate(events: Array, unit_s: float) -> Estimate:
    """Events per second, from their numbers by unit.

    Examples:
        >>> print(rate(np.array([4.0, 6.0, 5.0]), 10.0))
        0.50 [0.25, 0.75]
        >>> rate(np.zeros(3), 10.0).low
        0.0
    """
    total, seconds = float(events.sum()), unit_s * len(events)
    low, best, high = jackknife(
        lambda part: part[..., 0] / part[..., 1],
        np.stack([events, np.full(len(events), unit_s)], axis=-1),
    )
    found = Estimate(max(0.0, low), best, high, round(total))
    if total >= _FEW:
        return found
    from scipy.special import gammaincinv

    low = float(gammaincinv(total, _ALPHA / 2.0)) / seconds if total else 0.0
    high = float(gammaincinv(total + 1.0, 1.0 - _ALPHA / 2.0)) / seconds
    return Estimate(min(low, found.low), found.best, max(high, found.high), int(total))


def share(events: Array, trials: Array) -> Estimate | None:
    """Share of trials with an event, from their numbers by unit; None without a trial."""
    hits, count = round(float(events.sum())), round(float(trials.sum()))
    found = mean(events, trials, high=1.0)
    if found is None or min(hits, count - hits) >= _FEW:
        return found
    counted = proportion_estimate(hits, count)
    return Estimate(min(found.low, counted.low), found.best, max(found.high, counted.high), count)


def mean(sums: Array, counts: Array, *, high: float = np.inf) -> Estimate | None:
    """Sum over count, from those of each unit; None where the count is zero.

    Args:
        sums: By unit, (u,), none negative.
        counts: By unit, (u,).
        high: What it cannot exceed.
    """
    total = float(counts.sum())
    if total == 0.0:
        return None
    low, best, upper = jackknife(
        lambda part: part[..., 0] / part[..., 1], np.stack([sums, counts], axis=-1)
    )
    best = min(max(best, 0.0), high)
    if high == 1.0 and best < _ROUNDING:  # what is left of 1 - 1
        best = upper = 0.0
    return Estimate(
        min(max(0.0, low), best), best, max(min(high, upper), best), max(1, round(total))
    )


def mean_time(sums: Array, counts: Array) -> Estimate | None:
    """Mean of times that few long ones may rule, from sums by unit; None where the count is zero.

    Where a queue has longer waits, their sum also spreads more, about as the square of their mean:
    then the reciprocal of the mean has an error that does not depend on it (delta method), and the
    mean is below best / (1 - half / best). To second order this is added to the upper end.

    Args:
        sums: By unit in s, (u,), none negative.
        counts: By unit, (u,).

    Examples:
        >>> found = mean_time(np.array([4.0, 6.0, 5.0]), np.array([5.0, 5.0, 5.0]))
        >>> f"{found.low:.3f} {found.best:.3f} {found.high:.3f}"
        '0.503 1.000 1.744'
    """
    found = mean(sums, counts)
    if found is None or not np.isfinite(found.high) or found.best <= 0.0:
        return found
    half = found.high - found.best
    return Estimate(found.low, found.best, found.high + half * half / found.best, found.n)
