"""Case of a plan out of its scenario: every span with the options that technologies have for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from protocols.planning.design.case import (
    Equipment,
    PlanCase,
    PlanSite,
    Requirements,
    SharedSource,
    SpanOption,
)
from protocols.planning.technologies.kinds import KINDS_OF_TECHNOLOGY
from protocols.planning.technologies.line import SLACK, LineDesign, LineDesigns, WantedLine
from protocols.planning.technologies.satellite import StationPlace, is_entangled, satellite_rate
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.planning.scenario import PlanScenario
    from protocols.planning.sites.site_graph import SiteSpan

__all__ = ["line_of", "options_of"]

#: Pairs of devices on each hop beyond which a design is none: no programme can tell so many apart.
_MOST_PAIRS = 10**6


@dataclass
class _Parts:
    """Parts of a case as they are found."""

    sites: list[PlanSite]
    options: list[SpanOption] = field(default_factory=list)
    equipment: list[Equipment] = field(default_factory=list)
    sources: list[SharedSource] = field(default_factory=list)
    span_names: list[str] = field(default_factory=list)
    losses: dict[str, str] = field(default_factory=dict)

    def span(self, name: str) -> int:
        """Number of a new span."""
        self.span_names.append(name)
        return len(self.span_names) - 1

    def needed(self, site: int, technology: TechnologyTable) -> int:
        """Number of the ground station of a technology at a site."""
        one = Equipment(site=site, technology=technology.name, cost=technology.costs.pair)
        if one not in self.equipment:
            self.equipment.append(one)
        return self.equipment.index(one)


def options_of(scenario: PlanScenario) -> PlanCase:
    """All ways to join the sites of a scenario, each with its rate, cost, trust and availability.

    A fibre between two sites is one span, whatever technologies may use it; space is another.

    Args:
        scenario: The scenario; it has demands and technologies.

    Raises:
        ParameterError: If a rate cannot be worked out: the message names technology and span.
        EngineError: If a proof takes a solver that is not installed.
    """
    parts = _Parts(sites=list(scenario.graph.sites))
    for span in scenario.graph.spans:
        if span.medium == "fibre":
            _add_fibre(parts, scenario, span)
    for number, technology in enumerate(scenario.technology):
        if KINDS_OF_TECHNOLOGY[technology.kind].designs is None:
            _add_satellites(parts, scenario, number)
    return PlanCase(
        sites=tuple(parts.sites),
        options=tuple(parts.options),
        demands=scenario.asked,
        require=_requirements(scenario),
        equipment=tuple(parts.equipment),
        sources=tuple(parts.sources),
        span_names=tuple(parts.span_names),
        losses=parts.losses,
    )


def _requirements(scenario: PlanScenario) -> Requirements:
    splittable = scenario.demands is None or scenario.demands.splittable
    return scenario.require.requirements(splittable=splittable)


def line_of(scenario: PlanScenario, span: SiteSpan, number: int) -> WantedLine:
    """The line that a technology is asked to design for a span.

    Args:
        scenario: The scenario.
        span: The span.
        number: Number of the technology.
    """
    one, other = (scenario.graph.sites[end].name for end in span.ends)
    require = _requirements(scenario)
    return WantedLine(
        ends=(one, other),
        length_km=span.length_km,
        key_rate_hz=span.key_rate_hz,
        most_key_hz=sum(each.key_rate_hz for each in scenario.asked),
        few_nodes=require.maximum_trusted_nodes is not None or require.availability > 0.0,
        folder=scenario.folder,
        place=f"technology[{number}]",
    )


def _add_fibre(parts: _Parts, scenario: PlanScenario, span: SiteSpan) -> None:
    """All options of a fibre, or why there is none."""
    why, before = [], len(parts.options)
    number, name = None, ""
    for k, technology in enumerate(scenario.technology):
        designs = KINDS_OF_TECHNOLOGY[technology.kind].designs
        if designs is None:
            continue
        line = line_of(scenario, span, k)
        found = _buildable(designs(technology, line), scenario)
        if number is None:
            name = line.name
            number = parts.span(name)
        if not found.designs:
            why.append(f"{technology.name}: {found.reason}")
        for each in found.designs:
            parts.options.append(_option(technology, span, number, each))
    if number is not None and len(parts.options) == before:
        parts.losses[name] = "; ".join(why)


def _buildable(found: LineDesigns, scenario: PlanScenario) -> LineDesigns:
    """The designs of a line that carry the smallest demand with a number of devices to speak of."""
    least = min((each.key_rate_hz for each in scenario.asked), default=0.0)
    kept = tuple(
        each for each in found.designs if least <= _MOST_PAIRS * each.rate_hz.best * (1.0 + SLACK)
    )
    if kept or not found.designs:
        return replace(found, designs=kept)
    best = max(each.rate_hz.best for each in found.designs)
    return LineDesigns(
        reason=f"{_MOST_PAIRS:g} pairs of devices on each hop do not carry {least:g} bit/s, "
        f"the smallest demand: one carries {best:g} bit/s"
    )


def _option(
    technology: TechnologyTable, span: SiteSpan, number: int, design: LineDesign
) -> SpanOption:
    return SpanOption(
        ends=span.ends,
        span=number,
        length_km=span.length_km,
        hops=design.hops,
        nodes=design.nodes,
        stations=design.stations,
        rate_hz=design.rate_hz,
        fixed_cost=design.fixed_cost,
        pair_cost=design.pair_cost,
        most_pairs=design.most_pairs,
        security=design.security,
        notes=(*design.notes, *_assumed(technology)),
        **_common(technology),
    )


def _common(technology: TechnologyTable) -> dict[str, Any]:
    """What all options of a technology have in common."""
    hop, node = technology.availability, technology.node_availability
    return {
        "technology": technology.name,
        "relay_cost": technology.costs.relay,
        "hop_availability": 1.0 if hop is None else hop.share,
        "hop_repairs": None if hop is None else hop.times_s,
        "node_availability": 1.0 if node is None else node.share,
        "node_repairs": None if node is None else node.times_s,
    }


def _assumed(technology: TechnologyTable) -> tuple[str, ...]:
    """A sentence on the costs that were assumed."""
    names = technology.costs.assumed
    return (f"assumed costs of {technology.name}: {', '.join(names)}",) if names else ()


def _add_satellites(parts: _Parts, scenario: PlanScenario, number: int) -> None:
    """Constellation of a technology, and its spans through space."""
    technology, place = scenario.technology[number], f"technology[{number}]"
    source = len(parts.sources)
    parts.sources.append(
        SharedSource(
            name=technology.name,
            technology=technology.name,
            unit_cost=technology.costs.node,
            most_units=technology.maximum_satellites,
        )
    )
    if is_entangled(technology, scenario.folder, place):
        joined: Iterator[tuple[int, ...]] = iter(_pairs(scenario))
        above = None
    else:
        above = len(parts.sites)
        if any(site.name == technology.name for site in parts.sites):
            hint = "the satellites are a site of the plan with the name of their technology"
            rule = "not be the name of a site"
            where = f"{place}.name"
            raise ParameterError(where, rule, technology.name, hint)
        parts.sites.append(PlanSite(name=technology.name, source=source))
        joined = ((site,) for site in range(len(scenario.graph.sites)))
    for sites in joined:
        _add_space(parts, scenario, number, sites, above)


def _pairs(scenario: PlanScenario) -> list[tuple[int, int]]:
    """Pairs of sites that entangled pairs may join: spans of the graph, and demands."""
    ends = chain(
        (span.ends for span in scenario.graph.spans), (each.ends for each in scenario.asked)
    )
    return list(dict.fromkeys((min(pair), max(pair)) for pair in ends))


def _add_space(
    parts: _Parts, scenario: PlanScenario, number: int, sites: tuple[int, ...], above: int | None
) -> None:
    """The option of a span through space, or why there is none."""
    technology = scenario.technology[number]
    names = [scenario.graph.sites[site].name for site in sites]
    name = f"{' - '.join(names)} over {technology.name}"
    span = parts.span(name)
    stations = [_place(scenario, site, technology, number) for site in sites]
    rate = satellite_rate(technology, stations, scenario.folder, f"technology[{number}]")
    if rate.rate_hz.best <= 0.0:
        parts.losses[name] = rate.security.reason or "no key"
        return
    ends = (sites[0], above) if above is not None else (sites[0], sites[1])
    parts.options.append(
        SpanOption(
            ends=ends,
            span=span,
            length_km=None,
            hops=1,
            nodes=0,
            rate_hz=rate.rate_hz,
            fixed_cost=0.0,
            pair_cost=0.0,
            equipment=tuple(parts.needed(site, technology) for site in sites),
            source=len(parts.sources) - 1,
            security=rate.security,
            notes=(*rate.notes, *_assumed(technology)),
            **_common(technology),
        )
    )


def _place(
    scenario: PlanScenario, site: int, technology: TechnologyTable, number: int
) -> StationPlace:
    """Where the ground station of a site stands.

    Raises:
        ParameterError: If the site has no place, and the rate depends on it.
    """
    each = scenario.graph.sites[site]
    if each.latitude is None or each.longitude is None:
        if technology.satellite is None:
            return StationPlace(each.name, 0.0, 0.0)
        hint = "give it latitude and longitude, or key_rate_hz in place of satellite"
        rule = f"have sites with a place: {each.name!r} has none"
        place = f"technology[{number}].satellite"
        raise ParameterError(place, rule, technology.satellite, hint)
    return StationPlace(each.name, each.latitude, each.longitude)
