"""Buffers: one memory whose pair waits for a request, decays, is purified, lost or given up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import expm

from qnet.engines.exact import Carrier, carrier_of
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import PairFigures, demand_result, edge_results
from qnet.network.exact.pair_states import NO_RATES, decays_exponentially
from qnet.network.exact.shared import SharedSolver, edges_asked, in_slots
from qnet.network.exact.solver import exact_network_result
from qnet.network.network import NetworkEdge
from qnet.network.result import NetworkResult
from qnet.network.sharing.purification import pumped
from qnet.plans import Plan, Pump
from qnet.states.pauli import Array

__all__ = ["Buffer"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stock:
    """A memory in the steady state.

    Args:
        seen: Components (k,) of the pair that a request finds, the first the probability that it
            finds one.
        stored: Mean number of stored pairs over time.
        made_hz: Pairs made per second: with purification also those that find the memory taken.
    """

    seen: Array
    stored: float
    made_hz: float


class Buffer(SharedSolver):
    r"""Requests for one pair that do not wait, at one memory that is filled again and again.

    With G the generator of what happens to a stored pair's components - decay, requests, losses,
    purification by the compiled map - the pair of age a is :math:`e^{G a} v_0`, and the memory's
    time is spent empty or with a pair: two linear balances (setting of B. Davies, A. G. Inesta,
    S. Wehner, arXiv:2311.10052). Poisson requests find what is there over time (R. W. Wolff, Oper.
    Res. 30, 223 (1982)); those at the ends of slots find it there, before it is given up. A pair
    that is made or whose cut-off ends at the moment of a request can still be taken.
    """

    plays: ClassVar[str] = "requests for single pairs that do not wait, at one stored pair"

    def is_asked(self, case: NetworkCase) -> bool:
        """Whether sessions come one by one."""
        return any(not demand.is_backlog for demand in case.demands)

    def demand_refusal(self, case: NetworkCase, demand: int) -> str:
        """Why it cannot play a demand with an edge of its own, a clause."""
        asked, ((_, edge), *others) = case.demands[demand], edges_asked(case, demand)
        name, slot_s = " and ".join(asked.ends), edge.link.attempt_time_s
        if others:
            return f"pairs of {name} are swapped"
        if edge.memories != 1:
            return f"pairs of {name} are stored in more than one memory"
        if asked.patience != 0.0 or asked.pairs > 1:
            return f"sessions of {name} wait, or ask for several pairs"
        if asked.arrivals not in ("poisson", "bernoulli"):
            return f"sessions of {name} arrive at given times"
        if not decays_exponentially([edge.link]):
            return NO_RATES
        step = _kept(case, edge)
        if isinstance(step, Pump) and step.overhead_s:
            return "purification takes its time"
        if asked.arrivals == "poisson":
            if edge.generation_rate_hz is None and isinstance(step, Pump):
                return f"requests of {name} come between the slots in which pairs are purified"
            return ""
        if edge.generation_rate_hz is not None or in_slots(asked.slot_s or 1.0, slot_s) != 1:
            return f"requests of {name} come in slots that are not those of the attempts"
        if edge.pair_loss_rate_hz:
            return f"stored pairs of {name} are lost between the slots"
        cutoff = case.network.cutoff
        if cutoff is not None and in_slots(cutoff.time_s, slot_s) is None:
            return "the cut-off is no multiple of an attempt"
        return ""

    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of all demands and edges."""
        demands, stored, made = [], {}, {}
        for number, asked in enumerate(case.demands):
            ((place, edge),) = edges_asked(case, number)
            carrier = carrier_of(_kept(case, edge))
            slotted = asked.arrivals == "bernoulli"
            stock = (_in_slots if slotted else _over_time)(case, number, edge, carrier)
            found = carrier.to_fano(stock.seen[:, None])[0]
            stored[place] = Estimate.exact(stock.stored)
            made[place] = Estimate.exact(stock.made_hz)
            demands.append(
                demand_result(
                    case,
                    number,
                    sessions_hz=Estimate.exact(asked.rate_hz or 0.0),
                    refused_fraction=Estimate.exact(max(0.0, 1.0 - float(found[0, 0]))),
                    waiting_time_s=Estimate.exact(0.0),
                    service_time_s=Estimate.exact(0.0),
                    pairs=PairFigures.of_state(found / found[0, 0], case.key),
                )
            )
        edges = edge_results(case, used=stored, made_hz=made, stored=stored)
        return exact_network_result(case, tuple(demands), edges)


def _kept(case: NetworkCase, edge: NetworkEdge) -> Plan:
    """The link of an edge, or its purification with one fresh pair where there is one."""
    purification = case.network.purification
    return pumped(purification, edge.link, 1 if purification.probability else 0)


def _storage(carrier: Carrier, edge: NetworkEdge, factors: Callable[[Array], Array]) -> Array:
    """Matrix (k, k) on the components of a pair, from a function of their decay rates."""
    ends = edge.link.ends
    rates = carrier.rates(ends)
    inside = carrier.to_stored(np.eye(len(rates)), ends)
    return np.asarray(carrier.from_stored(factors(rates)[:, None] * inside, ends))


def _purified(case: NetworkCase, edge: NetworkEdge, carrier: Carrier) -> Array:
    """Matrix (k, k) of what one more fresh pair makes of a stored one, less what it was."""
    step, size = _kept(case, edge), carrier.size
    if not isinstance(step, Pump):
        return np.zeros((size, size))
    fresh = np.tile(carrier.link(edge.link.fano)[:, None], size)
    accepted = carrier.distill([np.eye(size), fresh], step.compiled())
    return np.asarray(case.network.purification.probability * (accepted - np.eye(size)))


def _over_time(case: NetworkCase, demand: int, edge: NetworkEdge, carrier: Carrier) -> _Stock:
    """What is there at any time: pairs come at random times, or by attempts from when it is free.

    The memory is filled after a mean time whatever its law, and a pair of age a is
    ``expm(G a) v_0`` up to the cut-off.
    """
    fresh, purifies = carrier.link(edge.link.fano), case.network.purification.probability > 0.0
    rate = edge.pair_rate_hz
    gone = (case.demands[demand].session_rate_hz or 0.0) + edge.pair_loss_rate_hz
    generator = _storage(carrier, edge, lambda rates: -rates - gone)
    generator += rate * _purified(case, edge, carrier)
    cutoff = case.network.cutoff
    held = _integral(generator, fresh, math.inf if cutoff is None else cutoff.time_s)
    # Balance: the memory is empty with 1 - A, and is filled at that rate.
    empty = 1.0 / (1.0 + rate * float(held[0]))
    seen = rate * empty * held
    made_hz = rate if purifies else rate * empty
    return _Stock(seen=seen, stored=float(seen[0]), made_hz=made_hz)


def _integral(generator: Array, start: Array, time_s: float) -> Array:
    """``int_0^T expm(G a) v da``."""
    if time_s == math.inf:
        return np.asarray(np.linalg.solve(-generator, start))
    return np.asarray(expm(_augmented(generator, start) * time_s)[:-1, -1])


def _in_slots(case: NetworkCase, demand: int, edge: NetworkEdge, carrier: Carrier) -> _Stock:
    """What is there at the ends of slots, where pairs are made, then asked for, then given up.

    A pair of age a slots is ``Q^a v_0``, with Q of a slot: storage, no request before it, perhaps
    purification at its end. A fresh pair is stored where none is carried over.
    """
    slot_s, chance = edge.link.attempt_time_s, edge.link.round_success_probability
    taken = (case.demands[demand].session_rate_hz or 0.0) * slot_s
    cutoff, fresh = case.network.cutoff, carrier.link(edge.link.fano)
    life = None if cutoff is None else in_slots(cutoff.time_s, slot_s) or 0
    slot = (1.0 - taken) * _storage(carrier, edge, lambda rates: np.exp(-rates * slot_s))
    slot = slot + chance * _purified(case, edge, carrier) @ slot
    held = _powers(slot, fresh, life)
    carried = held if life is None else _powers(slot, fresh, life - 1)
    left = (1.0 - taken) * float(carried[0])
    begins = chance / (1.0 + chance * left)
    purifies = case.network.purification.probability > 0.0
    made = chance if purifies else begins
    return _Stock(seen=begins * held, stored=begins * left, made_hz=made / slot_s)


def _powers(slot: Array, start: Array, last: int | None) -> Array:
    """``sum_a Q^a v`` up to a last power, or of all."""
    if last is None:
        return np.asarray(np.linalg.solve(np.eye(len(start)) - slot, start))
    return np.asarray(np.linalg.matrix_power(_augmented(slot, start, 1.0), last + 1)[:-1, -1])


def _augmented(matrix: Array, start: Array, corner: float = 0.0) -> Array:
    """The matrix with a vector beside it, whose powers and exponential hold sums of its own."""
    size = len(start)
    found = np.zeros((size + 1, size + 1))
    found[:size, :size], found[:size, size], found[size, size] = matrix, start, corner
    return found
