"""Small plans, written down by hand, for tests of what is made from a plan."""

from __future__ import annotations

from protocols.planning.design.case import (
    PlanCase,
    PlanDemand,
    PlanSite,
    Requirements,
    SpanOption,
)
from protocols.planning.design.plan import BuiltOption, NetworkPlan, PlannedDemand, WaysOfKey
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

HOP = (8760.0, 12.0)
NODE = (43_800.0, 4.0)
CLAIM = SecurityClaim.under("composable", epsilon=1e-10)


def span(one, two, number, *, hops=1, rate=10e3, **changes):
    """A span of trusted fibre with the failures of P-Q1."""
    values = {
        "ends": (one, two),
        "span": number,
        "technology": "trusted-fibre",
        "length_km": 80.0 * hops,
        "hops": hops,
        "nodes": hops - 1,
        "rate_hz": Estimate.exact(rate),
        "fixed_cost": 100.0 * (hops - 1),
        "pair_cost": 50.0 * hops,
        "relay_cost": 100.0,
        "hop_availability": HOP[0] / sum(HOP),
        "node_availability": NODE[0] / sum(NODE),
        "hop_repairs": (HOP[0] * 3600.0, HOP[1] * 3600.0),
        "node_repairs": (NODE[0] * 3600.0, NODE[1] * 3600.0),
        "security": CLAIM,
    }
    return SpanOption(**values | changes)


def plan_of(sites, options, demands, *, pairs=1, relays=(), require=None, **changes):
    """A plan that builds all options; demands are (ends, [(rate, ways, options), ...]).

    Sites are names, or `PlanSite`.
    """
    case = PlanCase(
        sites=tuple(s if isinstance(s, PlanSite) else PlanSite(name=s) for s in sites),
        options=tuple(options),
        demands=tuple(
            PlanDemand(ends=ends, key_rate_hz=sum(part[0] for part in parts))
            for ends, parts in demands
        ),
        require=require or Requirements(),
        **changes.pop("case", {}),
    )
    planned = tuple(
        PlannedDemand(
            demand=k,
            parts=tuple(
                WaysOfKey(key_rate_hz=rate, ways=tuple(ways), options=tuple(used))
                for rate, ways, used in parts
            ),
        )
        for k, (_, parts) in enumerate(demands)
    )
    built = tuple(BuiltOption(option=k, pairs=pairs) for k in range(len(options)))
    return NetworkPlan(
        case=case, status="optimal", built=built, relays=tuple(relays), demands=planned, **changes
    )


def ring(rate=4e3, **changes):
    """Four sites A, B, C, D in a ring, A to C over both sides, B to D over C, A to B directly."""
    return plan_of(
        "ABCD",
        [span(0, 1, 0), span(1, 2, 1), span(2, 3, 2), span(3, 0, 3, hops=2)],
        [
            ((0, 2), [(rate, [(0, 1, 2), (0, 3, 2)], [(0, 1), (3, 2)])]),
            ((1, 3), [(rate / 2, [(1, 2, 3)], [(1, 2)])]),
            ((0, 1), [(rate / 4, [(0, 1)], [(0,)])]),
        ],
        relays=(1, 2, 3),
        **changes,
    )
