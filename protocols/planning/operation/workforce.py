"""Workforce of a plan: people for posts, repairs, planned work and the journeys to them.

Every pair of devices, node and station fails and is repaired on its own, so that the number of
repairs a year is a sum. Journeys begin at the nearest base and go along great circles; places on a
span are taken along the great circle between its ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.planning.design.case import SpanOption
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.operation.staff import StaffTable, people_per_post, repairs_per_year
from qnet.errors import ParameterError
from qnet.network import great_circle_km

__all__ = ["Workforce", "workforce_of"]

#: A place on the Earth: degrees north and east.
_Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """Who is needed to run a plan.

    Args:
        posts: People who hold the posts round the clock.
        field: People for repairs, planned work and journeys.
        repairs_per_year: Repairs a year of all devices, nodes and stations.
        repair_h: Hours of people for repairs in a year, journeys among them.
        maintenance_h: Hours of people for planned work in a year, journeys among them.
        journeys_h: Hours of people on the road in a year, counted above.
        cost_per_year: Cost on top of ``operation_per_year``; 0 where it counts staff in.
        notes: What a reader should know, one sentence each.
    """

    posts: float
    field: float
    repairs_per_year: float
    repair_h: float
    maintenance_h: float
    journeys_h: float
    cost_per_year: float
    notes: tuple[str, ...] = ()

    @property
    def people(self) -> float:
        """All of them, as full posts."""
        return self.posts + self.field


@dataclass(frozen=True, slots=True, kw_only=True)
class _FieldWork:
    """Things of one sort at one place."""

    repairs: float
    pairs: float
    nodes: float
    travel_h: float


def workforce_of(plan: NetworkPlan, staff: StaffTable) -> Workforce:
    """People who are needed to run a plan.

    Args:
        plan: The plan.
        staff: Posts, hours, journeys.

    Raises:
        ParameterError: If a base is no site of the plan.
    """
    works = list(_works(plan, staff))
    team = staff.people_per_repair
    repairs = sum(work.repairs for work in works)
    road = team * sum(
        (work.repairs + work.nodes * staff.visits_per_year) * work.travel_h for work in works
    )
    repair_h = team * sum(work.repairs * (staff.repair_h + work.travel_h) for work in works)
    planned = sum(
        work.pairs * staff.maintenance_h_per_pair
        + work.nodes * (staff.maintenance_h_per_node + team * staff.visits_per_year * work.travel_h)
        for work in works
    )
    posts = staff.posts * people_per_post(staff)
    out = (repair_h + planned) / (staff.hours_per_year * (1.0 - staff.absence))
    notes = ["hours, absence, repairs and journeys of [staff] are assumed unless given"]
    if any(plan.case.sites[end].source is not None for end in _ends(plan)):
        notes.append("satellites are not repaired by people on the ground")
    return Workforce(
        posts=posts,
        field=out,
        repairs_per_year=repairs,
        repair_h=repair_h,
        maintenance_h=planned,
        journeys_h=road,
        cost_per_year=(posts + out) * (staff.cost_per_person or 0.0),
        notes=tuple(notes),
    )


def _ends(plan: NetworkPlan) -> set[int]:
    """Sites at which something is built."""
    return {end for each in plan.built for end in plan.case.options[each.option].ends}


def _works(plan: NetworkPlan, staff: StaffTable) -> Iterator[_FieldWork]:
    """What there is to do at spans, and at the sites where they end."""
    case, bases = plan.case, _bases(plan, staff)
    for each in plan.built:
        option = case.options[each.option]
        nodes = option.nodes + option.stations
        on_the_way = 0.0 if option.node_repairs is None else repairs_per_year(*option.node_repairs)
        of_pairs = 0.0 if option.hop_repairs is None else repairs_per_year(*option.hop_repairs)
        pairs = option.hops * each.pairs
        yield _FieldWork(
            repairs=pairs * of_pairs + nodes * on_the_way,
            pairs=pairs,
            nodes=nodes,
            travel_h=_travel_h(_places(plan, option), bases, staff),
        )
    for site in sorted(_ends(plan)):
        if case.sites[site].source is not None:
            continue
        here = [
            case.options[each.option].node_repairs
            for each in plan.built
            if site in case.options[each.option].ends
        ]
        rates = [repairs_per_year(*repairs) for repairs in here if repairs is not None]
        place = _place(plan, site)
        yield _FieldWork(
            repairs=max(rates, default=0.0) if site in plan.relays else 0.0,
            pairs=0.0,
            nodes=1.0,
            travel_h=_travel_h([] if place is None else [place], bases, staff),
        )


def _bases(plan: NetworkPlan, staff: StaffTable) -> list[_Place]:
    """Places from which people set out."""
    names = {site.name: k for k, site in enumerate(plan.case.sites) if site.source is None}
    for k, name in enumerate(staff.bases or ()):
        if name not in names:
            place = f"staff.bases[{k}]"
            raise ParameterError(place, "be the name of a site", name, "see [sites]")
    chosen = names.values() if staff.bases is None else [names[name] for name in staff.bases]
    places = [_place(plan, site) for site in chosen]
    return [place for place in places if place is not None]


def _place(plan: NetworkPlan, site: int) -> _Place | None:
    found = plan.case.sites[site]
    if found.latitude is None or found.longitude is None:
        return None
    return found.latitude, found.longitude


def _places(plan: NetworkPlan, option: SpanOption) -> list[_Place]:
    """Where the devices of a span stand, as far as it is known."""
    known = [place for place in (_place(plan, end) for end in option.ends) if place is not None]
    if len(known) < 2 or option.hops < 2:
        return known
    return [_between(known[0], known[1], k / option.hops) for k in range(option.hops + 1)]


def _between(one: _Place, two: _Place, share: float) -> _Place:
    """A place on the great circle, at a share of the way."""
    vectors = []
    for latitude, longitude in (one, two):
        b, a = math.radians(latitude), math.radians(longitude)
        vectors.append((math.cos(b) * math.cos(a), math.cos(b) * math.sin(a), math.sin(b)))
    dot = sum(u * v for u, v in zip(*vectors, strict=True))
    angle = math.acos(min(max(dot, -1.0), 1.0))
    if math.sin(angle) < 1e-12:
        return one
    weights = [math.sin((1.0 - share) * angle), math.sin(share * angle)]
    x, y, z = (sum(w * v[k] for w, v in zip(weights, vectors, strict=True)) for k in range(3))
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _travel_h(places: list[_Place], bases: list[_Place], staff: StaffTable) -> float:
    """Mean hours there and back from the nearest base; what [staff] says where it is not known."""
    if not places or not bases:
        return staff.travel_h
    far = [min(great_circle_km(*place, *base) for base in bases) for place in places]
    return 2.0 * sum(far) / len(far) / staff.speed_km_per_h
