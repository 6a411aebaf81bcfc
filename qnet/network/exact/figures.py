"""Figures of demands and edges from what a solver found, with the brackets of what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from qnet.engines.exact import ExactResult
from qnet.engines.result import Key
from qnet.estimate import Estimate
from qnet.metrics import KEY_PROTOCOLS
from qnet.metrics.key_statistics import pushed_key_rate
from qnet.metrics.moments import error_rate_weights
from qnet.metrics.security import SecurityClaim, chain_claim
from qnet.network.case import NetworkCase
from qnet.network.demand_table import ShownFigure
from qnet.network.estimates import no_key_reason
from qnet.network.result import DemandResult, EdgeResult
from qnet.states.pauli import BELL_CORRELATORS, Array

__all__ = [
    "GhzFigures",
    "PairFigures",
    "demand_result",
    "edge_results",
    "multiplied",
    "rising",
    "summed",
]

_ZERO = Estimate.exact(0.0)


def rising(rule: Callable[..., float], *numbers: Estimate) -> Estimate:
    """The estimate of a function that rises in each of some numbers.

    Examples:
        >>> print(rising(lambda x, y: x * y, Estimate.exact(2.0), Estimate(1.0, 2.0, 3.0)))
        4.0 [2.0, 6.0]
    """
    low, best, high = (
        rule(*(getattr(number, end) for number in numbers)) for end in ("low", "best", "high")
    )
    # Rounding may put them out of order by an ulp.
    return Estimate(min(low, best), best, max(best, high))


def multiplied(one: Estimate, other: Estimate) -> Estimate:
    """The estimate of a product of numbers that are zero or more."""
    return rising(lambda x, y: x * y, one, other)


def summed(one: Estimate, other: Estimate) -> Estimate:
    """The estimate of a sum."""
    return rising(lambda x, y: x + y, one, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFigures:
    """Figures of the mean state of delivered pairs.

    Args:
        fidelity: To Phi+.
        qber_x: Error rate where both ends measure X.
        qber_y: The same of Y.
        qber_z: The same of Z.
        bell_diagonal: Fidelities to Phi+, Psi+, Psi-, Phi-.
        secret_key_fraction: Secret bits per pair.
    """

    fidelity: Estimate
    qber_x: Estimate
    qber_y: Estimate
    qber_z: Estimate
    bell_diagonal: tuple[Estimate, ...]
    secret_key_fraction: Estimate

    @classmethod
    def of_chain(cls, result: ExactResult) -> PairFigures:
        """Those of a chain's exact result, with its brackets."""
        return cls(**{field.name: getattr(result, field.name) for field in fields(cls)})

    @classmethod
    def of_state(cls, fano: Array, key: Key, lost: float = 0.0) -> PairFigures:
        """Those of a mean Fano matrix (4, 4).

        Args:
            fano: The mean state of the pairs that were followed.
            key: How a secret key is taken.
            lost: Share of pairs that were not followed, whose states are anything.
        """
        correlators = np.diagonal(fano)[1:]

        def linear(weights: Array, offset: float) -> Estimate:
            best = min(max(offset + float(weights @ correlators), 0.0), 1.0)
            return Estimate(best * (1.0 - lost), best, best * (1.0 - lost) + lost)

        signs = BELL_CORRELATORS * np.array([1.0, -1.0, 1.0]) / 4.0
        bell = tuple(linear(signs[k], 0.25) for k in range(4))
        # Of 1, XX, YY, ZZ.
        halves = error_rate_weights(4)[:, 1:]
        rule = KEY_PROTOCOLS[key.protocol]
        box = [linear(row @ halves, 0.5 * float(row.sum())) for row in np.array(rule.coordinates)]
        return cls(
            fidelity=bell[0],
            qber_x=linear(halves[0], 0.5),
            qber_y=linear(halves[1], 0.5),
            qber_z=linear(halves[2], 0.5),
            bell_diagonal=bell,
            secret_key_fraction=pushed_key_rate(
                box, Estimate.exact(1.0), rule, key.error_correction_efficiency
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GhzFigures:
    """Figures of the mean GHZ state.

    Args:
        fidelity: To the GHZ state.
        qber_x: Probability that the parity of X on all ends is wrong.
        qber_z: Mean probability that Z of two neighbours differs.
    """

    fidelity: Estimate
    qber_x: Estimate
    qber_z: Estimate


def demand_result(
    case: NetworkCase,
    number: int,
    *,
    sessions_hz: Estimate | None,
    refused_fraction: Estimate = _ZERO,
    served_hz: Estimate | None = None,
    waiting_time_s: Estimate | None = None,
    service_time_s: Estimate | None = None,
    pair_rate_hz: Estimate | None = None,
    pairs: PairFigures | GhzFigures | None = None,
    why_no_state: str = "the states of its pairs are not known to this solver",
) -> DemandResult:
    """What a demand got, in the form of all engines.

    Args:
        case: What was played.
        number: Number of the demand.
        sessions_hz: Sessions that arrive per second.
        refused_fraction: Share of sessions that are not served.
        served_hz: Served ones per second; those not refused unless given.
        waiting_time_s: Mean wait of a served session.
        service_time_s: Mean time from its first to its last moment of service.
        pair_rate_hz: Pairs per second; those of the served sessions unless given.
        pairs: Figures of the mean state, where it is known and something is delivered.
        why_no_state: Why there are none, a sentence.
    """
    demand, choice = case.demands[number], case.choices[number]
    if served_hz is None and sessions_hz is not None:
        kept = refused_fraction.map(lambda share: 1.0 - share)
        served_hz = multiplied(sessions_hz, kept)
    if pair_rate_hz is None and served_hz is not None:
        pair_rate_hz = served_hz * demand.pairs
    delivers = pair_rate_hz is not None and pair_rate_hz.best > 0.0
    states, claim = _states(pairs if delivers else None, pair_rate_hz or _ZERO)
    if not delivers or pairs is None:
        claim = chain_claim(0.0, why_no_state if delivers else "no pair was delivered")
    figures: dict[str, ShownFigure] = {
        "sessions_hz": sessions_hz,
        "served_hz": served_hz,
        "refused_fraction": refused_fraction,
        "waiting_time_s": waiting_time_s,
        "service_time_s": service_time_s,
        "pair_rate_hz": pair_rate_hz,
        **states,
    }
    notes = (why_no_state,) if delivers and pairs is None else ()
    return DemandResult(
        ends=demand.ends, routes=choice.routes, figures=figures, security=claim, notes=notes
    )


def _states(
    pairs: PairFigures | GhzFigures | None, pair_rate_hz: Estimate
) -> tuple[dict[str, ShownFigure], SecurityClaim]:
    """Figures of the delivered states, in the form of all engines, and what their key claims."""
    names = ("fidelity", "qber_x", "qber_y", "qber_z", "bell_diagonal", "secret_key_rate_hz")
    figures: dict[str, ShownFigure] = {name: getattr(pairs, name, None) for name in names}
    if not isinstance(pairs, PairFigures):
        return figures, chain_claim(0.0, "GHZ states have no key")
    key = multiplied(pair_rate_hz, pairs.secret_key_fraction)
    figures["secret_key_rate_hz"] = key
    return figures, chain_claim(key.best, no_key_reason(figures))


def edge_results(
    case: NetworkCase,
    *,
    used: Mapping[int, Estimate | None] | None = None,
    made_hz: Mapping[int, Estimate | None] | None = None,
    stored: Mapping[int, Estimate | None] | None = None,
) -> tuple[EdgeResult, ...]:
    """How each edge was used, in the form of all engines.

    Args:
        case: What was played.
        used: Mean number of memories taken, by number of the edge; none of one that is missing, and
            None where it is not known.
        made_hz: Pairs made per second, in the same way.
        stored: Mean number of stored pairs, in the same way.
    """
    found = []
    for number, edge in enumerate(case.network.edges):
        use = None
        if used is not None and edge.memories is not None:
            taken = used.get(number, _ZERO)
            use = None if taken is None else taken * (1.0 / edge.memories)
        found.append(
            EdgeResult(
                ends=edge.ends,
                length_km=edge.length_km,
                use=use,
                pair_rate_hz=None if made_hz is None else made_hz.get(number, _ZERO),
                stored=None if stored is None else stored.get(number, _ZERO),
            )
        )
    return tuple(found)
