"""Solvers of the parts of a key network: which law a part has, and the figures that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import repeat

from protocols.key_networks.case import KeyEdge
from protocols.key_networks.exact.block_fill import store_of_blocks
from protocols.key_networks.exact.dam import refusing_dam, waiting_dam
from protocols.key_networks.exact.fluid import FluidStore, drained
from protocols.key_networks.exact.groups import EdgeGroup
from protocols.key_networks.exact.law import StoreLaw
from protocols.key_networks.exact.units import Asker, UnitStore, joint_stores, waiting_units
from protocols.key_networks.routes import Routes
from qnet.errors import EngineError

__all__ = ["DemandLaw", "EdgeLaw", "solved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLaw:
    """What a demand gets.

    Args:
        served: Share of its requests, or of a stream's bits, that is served.
        available: Share of the time at which a request would be served at once.
        delay_s: Mean time from a request to its key.
        uses: How much of it goes over which routes together.
    """

    served: float
    available: float
    delay_s: float | None
    uses: dict[Routes, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLaw:
    """How an edge is used.

    Args:
        used_hz: Bits taken per second.
        stored_bits: Mean number of bits, those in reserve included.
        dry: Share of the time at which there is none to be taken.
    """

    used_hz: float
    stored_bits: float
    dry: float


Laws = tuple[dict[int, DemandLaw], dict[int, EdgeLaw]]


def solved(part: EdgeGroup) -> Laws:
    """The laws of the demands and edges of a part, by their numbers.

    Raises:
        EngineError: If they are not known; the message names the engine that plays them.
    """
    if not part.demands:
        return {}, {
            k: _unused(part, edge) for k, edge in zip(part.edges, part.described, strict=True)
        }
    if any(routed.demand.is_stream for routed in part.asking):
        return _streamed(part)
    waits = {routed.demand.on_shortage == "wait" for routed in part.asking}
    if waits == {False} and all(edge.fill.kind == "poisson" for edge in part.described):
        return _by_units(part)
    sizes = {routed.demand.key_bits for routed in part.asking}
    if len(sizes) > 1 or len(waits) > 1 or not part.are_alike:
        raise _unknown(
            part,
            "the law of several stores is known where they fill by Poisson units and requests are "
            "refused, or where all fill at the same times, hold the same, and every demand takes "
            "the same of all",
        )
    return _alike(part, waits == {True})


def _unknown(part: EdgeGroup, why: str) -> EngineError:
    edges = ", ".join(" - ".join(edge.ends) for edge in part.described[:3])
    more = " ..." if len(part.edges) > 3 else ""
    return EngineError(f'{why}: use engine = "sampled" (edges {edges}{more})')


def _unused(part: EdgeGroup, edge: KeyEdge) -> EdgeLaw:
    """An edge that nobody uses: it fills, on average, until it is full."""
    run, store = part.case.run, edge.store
    size = math.inf if store.capacity_bits is None else float(store.capacity_bits)
    fluid = FluidStore(
        rate_hz=edge.fill.rate_hz,
        capacity_bits=size - store.reserve_bits,
        initial_bits=store.initial_bits - store.reserve_bits,
    )
    law = drained([fluid], 0.0, warm_up_s=run.warm_up_s, duration_s=run.duration_s)
    stored = law.bit_s[0] / run.duration_s
    return EdgeLaw(
        used_hz=0.0,
        stored_bits=stored + store.reserve_bits,
        dry=law.dry_s[0] / run.duration_s,
    )


def _streamed(part: EdgeGroup) -> Laws:
    """One stream on its own edges, which it drains alike."""
    (routed, *others), run = part.asking, part.case.run
    if others or any(edge.fill.kind != "continuous" for edge in part.described):
        raise _unknown(part, "a stream is solved on edges of its own that fill continuously")
    if part.needed != len(routed.routes):
        raise _unknown(part, "a stream is solved where it takes of all its routes")
    stores = [
        FluidStore(
            rate_hz=edge.fill.rate_hz,
            capacity_bits=capacity,
            initial_bits=edge.store.initial_bits - edge.store.reserve_bits,
        )
        for edge, capacity in zip(part.described, part.capacities, strict=True)
    ]
    wanted, span = routed.demand.key_rate_hz, run.duration_s
    law = drained(stores, wanted, warm_up_s=run.warm_up_s, duration_s=span)
    demand = DemandLaw(
        served=law.served_bits / (wanted * span),
        available=law.whole_s / span,
        delay_s=None,
        uses={routed.routes: law.served_bits},
    )
    edges = {
        number: EdgeLaw(
            used_hz=law.served_bits / span,
            stored_bits=bit_s / span + edge.store.reserve_bits,
            dry=dry_s / span,
        )
        for number, edge, bit_s, dry_s in zip(
            part.edges, part.described, law.bit_s, law.dry_s, strict=True
        )
    }
    return {part.demands[0]: demand}, edges


def _by_units(part: EdgeGroup) -> Laws:
    """Stores that fill by units at random times, and demands that are refused."""
    stores = [
        UnitStore(
            unit_hz=edge.fill.rate_hz / edge.fill.amount_bits,
            unit_bits=edge.fill.amount_bits,
            capacity_bits=capacity,
        )
        for edge, capacity in zip(part.described, part.capacities, strict=True)
    ]
    askers = [
        Asker(
            request_hz=routed.demand.request_rate_hz,
            key_bits=routed.demand.key_bits,
            ways=part.ways(routed),
            needed=part.needed,
        )
        for routed in part.asking
    ]
    law = joint_stores(stores, askers)
    demands = {
        number: DemandLaw(
            served=served,
            available=served,
            delay_s=0.0,
            uses={tuple(routed.routes[k] for k in ways): rate for ways, rate in uses.items()},
        )
        for number, routed, served, uses in zip(
            part.demands, part.asking, law.served, law.uses, strict=True
        )
    }
    edges = {
        number: EdgeLaw(used_hz=used, stored_bits=stored + edge.store.reserve_bits, dry=dry)
        for number, edge, used, stored, dry in zip(
            part.edges, part.described, law.used_hz, law.stored_bits, law.dry, strict=True
        )
    }
    return demands, edges


def _alike(part: EdgeGroup, waits: bool) -> Laws:
    """Stores that are always equal, and demands that take the same of all: one store."""
    request_hz = sum(routed.demand.request_rate_hz for routed in part.asking)
    key_bits = part.asking[0].demand.key_bits
    law = _single(part, request_hz, key_bits, waits)
    demands = {
        number: DemandLaw(
            served=law.served,
            available=law.available,
            delay_s=law.delay_s,
            uses={routed.routes: routed.demand.request_rate_hz},
        )
        for number, routed in zip(part.demands, part.asking, strict=True)
    }
    edge = EdgeLaw(
        used_hz=request_hz * law.served * key_bits,
        stored_bits=law.stored_bits + part.described[0].store.reserve_bits,
        dry=law.dry,
    )
    return demands, dict(zip(part.edges, repeat(edge)))


def _single(part: EdgeGroup, request_hz: float, key_bits: int, waits: bool) -> StoreLaw:
    fill, capacity = part.described[0].fill, part.capacities[0]
    if fill.kind == "continuous":
        dam = waiting_dam if waits else refusing_dam
        return dam(
            rate_hz=fill.rate_hz, request_hz=request_hz, key_bits=key_bits, capacity_bits=capacity
        )
    if fill.kind == "blocks" and not waits:
        return store_of_blocks(
            rate_hz=fill.rate_hz,
            block_bits=fill.amount_bits,
            request_hz=request_hz,
            key_bits=key_bits,
            capacity_bits=capacity,
        )
    if fill.kind == "poisson" and fill.amount_bits == key_bits and capacity % key_bits == 0:
        law = waiting_units(
            unit_hz=fill.rate_hz / key_bits,
            request_hz=request_hz,
            units=int(capacity) // key_bits,
        )
        return replace(law, stored_bits=law.stored_bits * key_bits)
    raise _unknown(
        part,
        "requests that wait are solved where key comes continuously, or by Poisson units of one "
        "key into a store of whole keys",
    )
