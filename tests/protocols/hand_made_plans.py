"""Plans made by hand: a trusted line, a ring with two disjoint ways, a mix with a satellite."""

from __future__ import annotations

from protocols.planning.design.case import (
    Equipment,
    PlanCase,
    PlanDemand,
    PlanSite,
    Requirements,
    SharedSource,
    SpanOption,
)
from protocols.planning.design.plan import BuiltOption, NetworkPlan, PlannedDemand, WaysOfKey
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

HOUR = 3600.0

#: Up 98 % and 99 % of the time.
HOP, NODE = (98.0 * HOUR, 2.0 * HOUR), (99.0 * HOUR, 1.0 * HOUR)


def option(ends, span, rate, *, hops=1, nodes=None, technology="trusted-fibre", **changes):
    """An option whose hops are up 98 % of the time."""
    tables = {
        "ends": ends,
        "span": span,
        "technology": technology,
        "length_km": 60.0 * hops,
        "hops": hops,
        "nodes": hops - 1 if nodes is None else nodes,
        "rate_hz": Estimate(0.9 * rate, rate, 1.1 * rate, 100),
        "fixed_cost": 100.0 * (hops - 1),
        "pair_cost": 50.0 * hops,
        "relay_cost": 100.0,
        "hop_availability": 0.98,
        "hop_repairs": HOP,
        "security": SecurityClaim(notion="composable", epsilon=1e-10),
        "notes": ("rate law: assumed",),
    }
    return SpanOption(**tables | changes)


def wanted(rows):
    """Demands of (ends, secret bits per second)."""
    return tuple(PlanDemand(ends=ends, key_rate_hz=rate) for ends, rate in rows)


def sites(names, **changes):
    """Sites with places along a line."""
    return tuple(
        PlanSite(name=name, latitude=50.0 + k, longitude=8.0 + 1.5 * k, **changes)
        for k, name in enumerate(names)
    )


def part(rate, *ways):
    """A part of a key over ways given as (sites, options)."""
    return WaysOfKey(
        key_rate_hz=rate,
        ways=tuple(tuple(way) for way, _ in ways),
        options=tuple(tuple(options) for _, options in ways),
    )


def plan(case, built, demands, relays=(), units=(), objective=1000.0, **changes):
    """A plan of pairs by option and parts by demand."""
    tables = {
        "case": case,
        "status": "optimal",
        "objective": objective,
        "bound": objective,
        "built": tuple(BuiltOption(option=k, pairs=pairs) for k, pairs in built.items()),
        "relays": tuple(relays),
        "units": tuple(units),
        "demands": tuple(
            PlannedDemand(demand=k, parts=tuple(parts)) for k, parts in enumerate(demands)
        ),
    }
    return NetworkPlan(**tables | changes)


def trusted_line(names=("Alpha", "Beta", "Gamma")):
    """Three sites in a row, three hops and two; nodes up 99 %; the second edge is full."""
    case = PlanCase(
        sites=sites(names),
        options=(
            option((0, 1), 0, 800.0, hops=3, node_availability=0.99, node_repairs=NODE),
            option((1, 2), 1, 1500.0, hops=2, node_availability=0.99, node_repairs=NODE),
        ),
        demands=(
            PlanDemand(ends=(0, 2), key_rate_hz=1000.0),
            PlanDemand(ends=(2, 1), key_rate_hz=500.0),
        ),
        span_names=("Alpha - Beta", "Beta - Gamma"),
    )
    demands = [[part(1000.0, ((0, 1, 2), (0, 1)))], [part(500.0, ((1, 2), (1,)))]]
    return plan(case, {0: 2, 1: 1}, demands, relays=[1])


def ring():
    """Four sites in a ring: a demand over both ways round, and one between neighbours."""
    options = tuple(option((k, (k + 1) % 4), k, 900.0) for k in range(4))
    case = PlanCase(
        sites=sites("ABCD"),
        options=options,
        demands=(
            PlanDemand(ends=(0, 2), key_rate_hz=700.0),
            PlanDemand(ends=(1, 0), key_rate_hz=100.0),
        ),
        require=Requirements(disjoint_paths=2),
        span_names=("A - B", "B - C", "C - D", "D - A"),
    )
    first = part(700.0, ((0, 1, 2), (0, 1)), ((0, 3, 2), (3, 2)))
    second = part(100.0, ((1, 0), (0,)), ((1, 2, 3, 0), (1, 2, 3)))
    return plan(case, {k: 1 for k in range(4)}, [[first], [second]], relays=[1, 2, 3])


def with_satellite():
    """Two islands of fibre, joined by a trusted satellite; a key that is split over two ways."""
    sky = PlanSite(name="leo", source=0)
    ground = {"length_km": None, "technology": "leo", "source": 0, "fixed_cost": 0.0}
    free = {"pair_cost": 0.0, "relay_cost": 0.0, "node_availability": 0.99, "node_repairs": NODE}
    case = PlanCase(
        sites=(*sites(["Nord", "Mitte", "Süd"]), sky),
        options=(
            option((0, 1), 0, 1000.0, hops=2),
            option((0, 3), 1, 400.0, equipment=(0,), **ground, **free),
            option((2, 3), 2, 200.0, equipment=(1,), **ground, **free),
            option((0, 1), 0, 300.0, technology="twin-field"),
        ),
        demands=(
            PlanDemand(ends=(1, 2), key_rate_hz=100.0),
            PlanDemand(ends=(0, 1), key_rate_hz=900.0),
        ),
        equipment=(
            Equipment(site=0, technology="leo", cost=70.0),
            Equipment(site=2, technology="leo", cost=70.0),
        ),
        sources=(SharedSource(name="leo", technology="leo", unit_cost=500.0, most_units=3),),
        span_names=("Nord - Mitte", "Nord over leo", "Süd over leo"),
    )
    over = part(100.0, ((1, 0, 3, 2), (0, 1, 2)))
    split = [part(700.0, ((0, 1), (0,))), part(200.0, ((0, 1), (3,)))]
    return plan(case, {0: 1, 1: 1, 2: 1, 3: 1}, [[over], split], relays=[0, 3], units=[1])
