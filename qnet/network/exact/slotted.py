"""Time-division multiple access: chains over the own slots of a demand and its waiting sessions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from qnet.engines.exact import GridResult, play_exact
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.controllers.tdma import frame_schedule
from qnet.network.exact.figures import PairFigures, demand_result, edge_results, summed
from qnet.network.exact.markov import explored
from qnet.network.exact.merged import SlotDeliveries, slot_deliveries
from qnet.network.exact.reserve import edges_held, no_route_result, reserved_refusal
from qnet.network.exact.shared import in_slots
from qnet.network.exact.solver import NetworkSolver, exact_network_result
from qnet.network.result import NetworkResult
from qnet.states.pauli import Array

__all__ = ["TimeDivision"]

#: Share of slots that may begin with more sessions than are followed; and most of these.
_NEGLIGIBLE, _MOST_SESSIONS = 1e-13, 2048

_ZERO = Estimate.exact(0.0)

#: Numbers of arrivals between two slots that are rarer than this are left out.
_RARE = 1e-17

#: Own slot, sessions that are there when it begins, and pairs that the first of them still wants.
Begin = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _SlottedSessions:
    """Sessions of a demand in the steady state.

    Args:
        sessions_hz: How many come per second.
        waiting_s: Mean time to the begin of their first slot.
        service_s: Mean time from there to their last pair.
        fano: Mean Fano matrix (4, 4) of their pairs.
        busy: Share of the frame's slots in which a session is served.
    """

    sessions_hz: float
    waiting_s: float
    service_s: float
    fano: Array
    busy: float


class TimeDivision(NetworkSolver):
    """Sessions that are served one after the other in slots of their own.

    Each of these slots delivers a number of pairs by the chain's exact law within a slot, whatever
    came before. At the begins of own slots, the slot of the frame, the number of sessions and the
    pairs that the first one still wants are a Markov chain. Mean waits and services follow from the
    mean numbers (J. D. C. Little, Oper. Res. 9, 383 (1961)). What waits without a limit is followed
    as far as the share of slots that begin with more is below 1e-13.
    """

    plays: ClassVar[str] = "sessions that are served in slots of their own"

    def is_near(self, case: NetworkCase) -> bool:
        """Whether routes are used by a periodic schedule."""
        return case.controller.allocation == "tdma"

    def refusal(self, case: NetworkCase) -> str:
        """Why it cannot play the case, a clause."""
        slot_s = case.controller.slot_s or 1.0
        for demand in case.demands:
            name = " and ".join(demand.ends)
            if demand.patience_s is not None:
                return f"sessions of {name} lose their patience"
            if demand.arrivals not in ("poisson", "bernoulli", "backlog"):
                return f"sessions of {name} arrive at given times"
            if demand.arrivals == "bernoulli" and in_slots(demand.slot_s or 1.0, slot_s) != 1:
                return f"sessions of {name} come in slots other than those of the frame"
        return reserved_refusal(case)

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all demands and edges.

        Raises:
            EngineError: If more is asked for than can be served, or a law is too long.
        """
        demands = []
        used: dict[int, Estimate] = {}
        made: dict[int, Estimate] = {}
        for number, own in enumerate(frame_schedule(case)):
            if not case.routes(number):
                demands.append(no_route_result(case, number))
                continue
            line = _solved(case, number, own)
            asked = case.demands[number]
            for k in edges_held(case, number):
                taken = Estimate.exact(line.busy * asked.memories)
                used[k] = summed(used.get(k, _ZERO), taken)
                pairs_hz = Estimate.exact(line.sessions_hz * asked.pairs)
                made[k] = summed(made.get(k, _ZERO), pairs_hz)
            demands.append(
                demand_result(
                    case,
                    number,
                    sessions_hz=Estimate.exact(line.sessions_hz),
                    waiting_time_s=Estimate.exact(line.waiting_s),
                    service_time_s=Estimate.exact(line.service_s),
                    pairs=PairFigures.of_state(line.fano, case.key),
                )
            )
        return exact_network_result(
            case, tuple(demands), edge_results(case, used=used, made_hz=made)
        )


def _solved(case: NetworkCase, number: int, own: Sequence[int]) -> _SlottedSessions:
    """The steady state of the sessions of a demand."""
    asked, slot_s = case.demands[number], case.controller.slot_s or 1.0
    result = play_exact(case.plan(case.routes(number)[0]), t_max_s=slot_s * (1.0 + 1e-9))
    assert isinstance(result, GridResult)
    slot = slot_deliveries(result, asked.pairs, asked.memories)
    gaps = _gaps(own, case.controller.frame_slots or 1)
    if asked.arrivals == "backlog":
        return _steady(case, number, gaps, slot, most=1)[0]
    _check_load(case, number, gaps, slot)
    most = 8
    while most <= _MOST_SESSIONS:
        line, rest = _steady(case, number, gaps, slot, most=most)
        if rest < _NEGLIGIBLE:
            return line
        most *= 2
    message = (
        f"more than {_MOST_SESSIONS} sessions of {' and '.join(asked.ends)} would have to be "
        "followed; use engine='sampled', or lower rate_hz"
    )
    raise EngineError(message)


def _gaps(own: Sequence[int], frame: int) -> list[int]:
    """Slots from the begin of each own slot to that of the next."""
    return [
        (following - slot - 1) % frame + 1
        for slot, following in zip(own, [*own[1:], own[0]], strict=True)
    ]


def _chances(slot: SlotDeliveries, wanted: int) -> list[float]:
    """Probabilities of 0 to all of the pairs that are wanted within a slot."""
    upto = [*slot.fewer[:wanted].tolist(), 1.0]
    return [upto[0], *(max(0.0, b - a) for a, b in pairwise(upto))]


def _check_load(case: NetworkCase, number: int, gaps: Sequence[int], slot: SlotDeliveries) -> None:
    """Refuse where sessions take more own slots than there are."""
    asked, slots = case.demands[number], [0.0]
    for wanted in range(1, asked.pairs + 1):
        none, *some = _chances(slot, wanted)
        later = sum(p * slots[wanted - k] for k, p in enumerate(some, start=1))
        slots.append((1.0 + later) / max(1.0 - none, 1e-300))
    own_hz = len(gaps) / (sum(gaps) * (case.controller.slot_s or 1.0))
    load = (asked.rate_hz or 0.0) * slots[-1] / own_hz
    if load >= 1.0:
        message = (
            f"the load of {' and '.join(asked.ends)} is {load:.4g}: at 1 or more the queue grows "
            "without end, and there is no steady state; lower rate_hz, give more slots, or use "
            "engine='sampled' for the measured time"
        )
        raise EngineError(message)


def _arriving(case: NetworkCase, number: int, gap: int, most: int) -> list[float]:
    """Probabilities of 0, 1, ... sessions between two begins of own slots, the later included."""
    asked, slot_s = case.demands[number], case.controller.slot_s or 1.0
    if asked.arrivals == "backlog":
        return [1.0]
    rate = (asked.rate_hz or 0.0) * slot_s
    if asked.arrivals == "bernoulli":
        return [math.comb(gap, k) * rate**k * (1.0 - rate) ** (gap - k) for k in range(gap + 1)]
    found: list[float] = []
    term = math.exp(-rate * gap)
    while len(found) <= most and (len(found) < rate * gap or term > _RARE):
        found.append(term)
        term *= rate * gap / len(found)
    return found


def _steady(
    case: NetworkCase, number: int, gaps: Sequence[int], slot: SlotDeliveries, *, most: int
) -> tuple[_SlottedSessions, float]:
    """The steady state of at most so many sessions, and the share of slots with the most."""
    asked, is_backlog = case.demands[number], case.demands[number].arrivals == "backlog"
    arriving = [_arriving(case, number, gap, most) for gap in gaps]
    chances = [_chances(slot, wanted) for wanted in range(asked.pairs + 1)]

    def moves(begin: Begin) -> Iterator[tuple[float, Begin]]:
        place, sessions, wanted = begin
        following = (place + 1) % len(gaps)
        ends = enumerate(chances[wanted]) if sessions else [(0, 1.0)]
        for made, chance in ends:
            done = sessions > 0 and made == wanted
            left = sessions - (done and not is_backlog)
            rest = asked.pairs if done else wanted - made
            for more, weight in enumerate(arriving[place]):
                yield chance * weight, (following, min(left + more, most), rest)

    chain = explored((0, 1 if is_backlog else 0, asked.pairs), moves)
    shares = chain.stationary()
    return _figures(case, number, gaps, slot, chain.states, shares), sum(
        share
        for (_, sessions, _), share in zip(chain.states, shares.tolist(), strict=True)
        if sessions == most and not is_backlog
    )


def _figures(
    case: NetworkCase,
    number: int,
    gaps: Sequence[int],
    slot: SlotDeliveries,
    states: Sequence[Begin],
    shares: Array,
) -> _SlottedSessions:
    """Mean numbers over time, and what follows from them."""
    asked, slot_s = case.demands[number], case.controller.slot_s or 1.0
    mean_gap = sum(gaps) / len(gaps)
    ended = served = waiting = busy = 0.0
    fano = np.zeros((4, 4))
    for (place, sessions, wanted), share in zip(states, shares.tolist(), strict=True):
        gap = gaps[place]
        if sessions:
            ends = 1.0 - float(slot.fewer[wanted - 1])
            ended += share * ends
            served += share * ((1.0 - ends) * gap * slot_s + float(slot.time_s[wanted - 1]))
            waiting += share * (sessions - 1) * gap * slot_s
            busy += share
            fano += share * slot.fano[wanted - 1]
    rate = ended / (mean_gap * slot_s)
    if asked.arrivals == "backlog":
        wait = 1.0 / rate
    else:
        # Those that come between two begins wait for the later one at least.
        meets = 1.0 if asked.arrivals == "bernoulli" else 0.0
        halves = sum(gap * (gap - meets) / 2.0 for gap in gaps) / len(gaps)
        rate = asked.rate_hz or 0.0
        wait = waiting / (rate * mean_gap * slot_s) + halves * slot_s / mean_gap
    return _SlottedSessions(
        sessions_hz=rate,
        waiting_s=wait,
        service_s=served / (rate * mean_gap * slot_s),
        fano=fano / fano[0, 0],
        busy=busy / mean_gap,
    )
