"""Time-division multiple access: bulk service of waiting sessions in the own slots of a demand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from qnet.engines.exact import GridResult, play_exact
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import PairFigures, demand_result
from qnet.network.exact.markov import explored
from qnet.network.exact.merged import SlotDeliveries, slot_deliveries
from qnet.network.exact.reserve import no_route_result, reserved_edges, reserved_refusal
from qnet.network.exact.shared import in_slots
from qnet.network.exact.solver import NetworkSolver, exact_network_result
from qnet.network.reservation.slots import NEAR_SLOT
from qnet.network.result import NetworkResult
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["TimeDivision"]

#: Share of slots that may begin with more sessions than are followed; most of these, and of states.
_NEGLIGIBLE, _MOST_SESSIONS, _MOST_STATES = 1e-13, 2048, 50_000

#: Numbers of arrivals between two slots that are rarer than this are left out.
_RARE = 1e-17

#: Own slot, and pairs that are wanted when it begins: by all sessions that are there, or of a
#: backlog by the one that is served.
Begin = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _SlottedSessions:
    """Sessions of a demand in the steady state.

    Args:
        sessions_hz: How many come per second.
        waiting_s: Mean time to the begin of their first slot.
        service_s: Mean time from there to their last pair.
        fano: Mean Fano matrix (4, 4) of their pairs.
        busy: Share of time in which a session is served in slots of its own.
    """

    sessions_hz: float
    waiting_s: float
    service_s: float
    fano: Array
    busy: float


class TimeDivision(NetworkSolver):
    """Sessions that are served in slots of their own: a gated queue with bulk service.

    Each of these slots delivers a number of pairs by the chain's exact law within a slot, whatever
    came before, to those sessions that are there when it begins. So at these begins the slot of the
    frame, and the pairs that are wanted then, are a Markov chain (N. T. J. Bailey, J. R. Stat. Soc.
    B 16, 80 (1954), for whom each slot has room for the same number). Mean waits and services
    follow from the mean numbers (J. D. C. Little, Oper. Res. 9, 383 (1961)). What waits without a
    limit is followed as far as the share of slots that begin with more is below 1e-13.
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
            if demand.patience is not None:
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
        slot_s = case.controller.slot_s or 1.0

        @cache
        def slot_of(plan: Plan, memories: int) -> SlotDeliveries:
            result = play_exact(plan, t_max_s=slot_s * (1.0 + NEAR_SLOT))
            assert isinstance(result, GridResult)
            return slot_deliveries(result, memories, slot_s)

        busy: dict[int, Estimate] = {}
        for number, own in enumerate(case.frame_schedule):
            if not case.routes(number):
                demands.append(no_route_result(case, number))
                continue
            asked = case.demands[number]
            slot = slot_of(case.plan(case.routes(number)[0]), asked.memories)
            line = _solved(case, number, own, slot)
            busy[number] = Estimate.exact(line.busy)
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
        return exact_network_result(case, tuple(demands), reserved_edges(case, demands, busy))


def _solved(
    case: NetworkCase, number: int, own: Sequence[int], slot: SlotDeliveries
) -> _SlottedSessions:
    """The steady state of the sessions of a demand."""
    asked, slot_s = case.demands[number], case.controller.slot_s or 1.0
    gaps = _gaps(own, case.controller.frame_slots or 1)
    if asked.is_backlog:
        return _backlog(gaps, slot, asked.pairs, slot_s)
    _check_load(case, number, gaps, slot)
    most = 8
    while most <= _MOST_SESSIONS and most * asked.pairs * len(gaps) <= _MOST_STATES:
        line, rest = _steady(case, number, gaps, slot, most=most)
        if rest < _NEGLIGIBLE:
            return line
        most *= 2
    message = (
        f"more than {most // 2} sessions of {' and '.join(asked.ends)} would have to be "
        "followed; use engine='sampled', or lower rate_hz"
    )
    raise EngineError(message)


def _gaps(own: Sequence[int], frame: int) -> list[int]:
    """Slots from the begin of each own slot to that of the next."""
    return [
        (following - slot - 1) % frame + 1
        for slot, following in zip(own, [*own[1:], own[0]], strict=True)
    ]


def _check_load(case: NetworkCase, number: int, gaps: Sequence[int], slot: SlotDeliveries) -> None:
    """Refuse where sessions want more pairs than own slots bring."""
    asked = case.demands[number]
    own_hz = len(gaps) / (sum(gaps) * (case.controller.slot_s or 1.0))
    load = (asked.rate_hz or 0.0) * asked.pairs / (own_hz * float((1.0 - slot.fewer).sum()))
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
    pairs, made = case.demands[number].pairs, slot.counts
    arriving = []
    for gap in gaps:
        chances = _arriving(case, number, gap, most)
        arriving.append(np.zeros((len(chances) - 1) * pairs + 1))
        arriving[-1][::pairs] = chances

    def moves(begin: Begin) -> Iterator[tuple[float, Begin]]:
        place, wanted = begin
        served = min(wanted, len(made) - 1)
        left = np.append(made[:served], made[served:].sum())[::-1]
        following = (place + 1) % len(gaps)
        for more, chance in enumerate(np.convolve(left, arriving[place]).tolist()):
            yield chance, (following, min(wanted - served + more, most * pairs))

    chain = explored((0, 0), moves)
    shares = chain.stationary().tolist()
    rest = sum(
        share
        for (_, wanted), share in zip(chain.states, shares, strict=True)
        if wanted > (most - 1) * pairs
    )
    return _figures(case, number, gaps, slot, list(zip(chain.states, shares, strict=True))), rest


def _figures(
    case: NetworkCase,
    number: int,
    gaps: Sequence[int],
    slot: SlotDeliveries,
    shares: Sequence[tuple[Begin, float]],
) -> _SlottedSessions:
    """Mean numbers over time, and what follows from them."""
    asked, slot_s, room = case.demands[number], case.controller.slot_s or 1.0, len(slot.fewer)
    there = served = busy = 0.0
    wants = np.zeros(room)
    for (place, wanted), share in shares:
        if not wanted:
            continue
        gap_s = gaps[place] * slot_s
        # From the slot's begin to each pair that ends a session, if not to the next own slot.
        stays = slot.time_s + slot.fewer * gap_s
        first = (wanted - 1) % asked.pairs
        ends = stays[first : min(wanted, room) : asked.pairs]
        later = (wanted - 1) // asked.pairs + 1 - len(ends)
        there += share * (float(ends.sum()) + later * gap_s)
        last = min(wanted, room + 1) - 1
        served += share * (float(stays[last]) if last < room else gap_s)
        served -= share * _between(slot, wanted, asked.pairs) * (gap_s - slot_s)
        busy += share * (
            float(slot.time_s[last] + slot.fewer[last] * slot_s) if last < room else slot_s
        )
        wants[min(last, room - 1)] += share
    frame_s = sum(gaps) / len(gaps) * slot_s
    # Those that come between two begins wait for the later one at least.
    meets = 1.0 if asked.arrivals == "bernoulli" else 0.0
    halves = sum(gap * (gap - meets) / 2.0 for gap in gaps) / sum(gaps)
    rate, fano = asked.rate_hz or 0.0, slot.fano(wants)
    return _SlottedSessions(
        sessions_hz=rate,
        waiting_s=max(0.0, there - served) / (rate * frame_s) + halves * slot_s,
        service_s=served / (rate * frame_s),
        fano=fano / fano[0, 0],
        busy=busy / frame_s,
    )


def _between(slot: SlotDeliveries, wanted: int, pairs: int) -> float:
    """Chance that a session waits from a slot's end, because the one before it ended just then."""
    counts = np.arange(1, min(wanted, len(slot.at_end)))
    return float(slot.at_end[counts[(wanted - counts) % pairs == 0]].sum())


def _backlog(
    gaps: Sequence[int], slot: SlotDeliveries, pairs: int, slot_s: float
) -> _SlottedSessions:
    """The steady state where every pair that comes is taken."""
    chances = np.bincount(np.arange(len(slot.counts)) % pairs, slot.counts, pairs).tolist()

    def moves(begin: Begin) -> Iterator[tuple[float, Begin]]:
        place, wanted = begin
        for made, chance in enumerate(chances):
            yield chance, ((place + 1) % len(gaps), (wanted - made - 1) % pairs + 1)

    chain = explored((0, pairs), moves)
    mean_s, served = sum(gaps) / len(gaps) * slot_s, 0.0
    far = pairs * len(slot.at_end)
    for (place, wanted), share in zip(chain.states, chain.stationary().tolist(), strict=True):
        idle = _between(slot, wanted + far, pairs) * (gaps[place] - 1) * slot_s
        served += share * (gaps[place] * slot_s - idle)
    every = np.zeros(len(slot.fewer))
    every[-1] = 1.0
    fano = slot.fano(every)
    rate = float((1.0 - slot.fewer).sum()) / pairs / mean_s
    return _SlottedSessions(
        sessions_hz=rate,
        waiting_s=1.0 / rate,
        service_s=served / (rate * mean_s),
        fano=fano / fano[0, 0],
        busy=slot_s / mean_s,
    )
