"""Reasons why there is no plan: which demand, which span, which requirement."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from protocols.planning.design.case import PlanCase, PlanDemand
from protocols.planning.design.flows import commodities, ways_of
from protocols.planning.design.formulation import DesignProgramme
from protocols.planning.design.lines import SteppedLine, span_lines
from protocols.planning.design.routes import LineRoutes, Route
from qnet.errors import ParameterError

__all__ = [
    "check_ways",
    "demand_name",
    "span_name",
    "usable",
    "why_infeasible",
    "why_no_way",
]


def demand_name(case: PlanCase, demand: PlanDemand) -> str:
    """The demand as its ends.

    Args:
        case: The case.
        demand: The demand.
    """
    return "-".join(case.sites[end].name for end in demand.ends)


def span_name(case: PlanCase, span: int) -> str:
    """The span as it is called, or as its ends.

    Args:
        case: The case.
        span: Number of the span.
    """
    if span < len(case.span_names):
        return case.span_names[span]
    option = next(each for each in case.options if each.span == span)
    return "-".join(case.sites[end].name for end in option.ends)


def usable(case: PlanCase) -> tuple[int, ...]:
    """Numbers of the options that give key and may be built.

    Args:
        case: The case.
    """
    return tuple(
        k
        for k, option in enumerate(case.options)
        if option.rate_hz.best > 0.0
        and (option.most_pairs is None or option.most_pairs > 0)
        and (option.source is None or case.sources[option.source].most_units > 0)
    )


def check_ways(case: PlanCase) -> None:
    """Refuse demands of nothing, and those whose ends no way joins.

    Args:
        case: The case.

    Raises:
        ParameterError: If a demand has no way at all.
    """
    routes = _routes(case)
    for number, demand in enumerate(case.demands):
        name, place = demand_name(case, demand), f"demands[{number}]"
        if demand.ends[0] == demand.ends[1]:
            hint = "give two sites"
            raise ParameterError(place, "join two sites", name, hint)
        if not (math.isfinite(demand.key_rate_hz) and demand.key_rate_hz > 0.0):
            hint = "give secret bits per second"
            rule = "have a key rate above 0"
            raise ParameterError(place, rule, demand.key_rate_hz, hint)
        if _reached(routes, demand.ends, ()) is None:
            why = "; ".join(f"{span}: {reason}" for span, reason in list(case.losses.items())[:3])
            hint = "no spans with key, over sites that relay, join them"
            hint += f" ({why})" if why else ": add spans, relays or technologies"
            raise ParameterError(place, "have a way", name, hint)


def _routes(case: PlanCase) -> LineRoutes:
    """Search over one line for each option that is usable."""
    one = replace(case, require=replace(case.require, maximum_trusted_nodes=0))
    return LineRoutes(case, span_lines(one, usable(case), 1.0))


def _reached(routes: LineRoutes, ends: tuple[int, int], without: Collection[int]) -> Route | None:
    """A way between sites that does not go over some spans; None without one."""
    on = {e for e, line in enumerate(routes.lines) if line.span not in without}
    free = [0.0] * len(routes.around)
    by = routes.tree(ends[0], on, [1.0] * len(routes.lines), free)
    return routes.followed(by, *ends)


def why_no_way(case: PlanCase) -> str:
    """Why a demand cannot be met by ways at all, whatever they carry; empty if each can.

    Args:
        case: The case.
    """
    routes = _routes(case)
    free, unit = [0.0] * len(case.sites), [1.0] * len(routes.lines)
    every = set(range(len(routes.lines)))
    for d, demand in enumerate(case.demands):
        name, ways = demand_name(case, demand), ways_of(case, d)
        if ways > 1 and routes.disjoint(demand.ends, ways, every, unit, free) is None:
            return _why_not_disjoint(case, routes, demand, ways)
        most = case.require.maximum_trusted_nodes
        if most is not None:
            fewest = _fewest_trusted(routes, demand)
            if fewest is not None and fewest > most:
                return (
                    f"demand {name}: any way needs at least {fewest} trusted nodes, and "
                    f"maximum_trusted_nodes is {most}"
                )
    return ""


def _why_not_disjoint(case: PlanCase, routes: LineRoutes, demand: PlanDemand, ways: int) -> str:
    """The span, or the site, that all ways of a demand share."""
    name, lines = demand_name(case, demand), routes.lines
    for span in sorted({line.span for line in lines}):
        if _reached(routes, demand.ends, (span,)) is None:
            return (
                f"demand {name} cannot have {ways} disjoint ways: all its ways go over the span "
                f"{span_name(case, span)}"
            )
    for number, site in enumerate(case.sites):
        if number in demand.ends or not site.relays or case.require.by != "nodes":
            continue
        spans = {line.span for line in lines if number in line.ends}
        if _reached(routes, demand.ends, spans) is None:
            return (
                f"demand {name} cannot have {ways} ways disjoint by nodes: all its ways pass "
                f"{site.name}"
            )
    return f"demand {name} cannot have {ways} ways disjoint by {case.require.by}"


def _fewest_trusted(routes: LineRoutes, demand: PlanDemand) -> int | None:
    """Fewest trusted nodes of a single way: sites that relay, and nodes of its spans."""
    nodes = [routes.case.options[line.options[0]].nodes for line in routes.lines]
    source, target = demand.ends
    by = routes.tree(source, range(len(nodes)), nodes, [1.0] * len(routes.around))
    way = routes.followed(by, source, target)
    return None if way is None else len(way[0]) - 2 + sum(nodes[e] for e in way[1])


def why_infeasible(case: PlanCase, left_s: Callable[[float], float]) -> str:
    """Why there is no plan, found by relaxing one requirement after the other.

    Args:
        case: The case.
        left_s: A share of the time that is left, in s.
    """
    reason = why_no_way(case)
    if reason:
        return reason
    require = case.require
    unlimited = _unlimited(case)
    if _feasible(unlimited, left_s(0.3)):
        return _short_of_devices(case, unlimited, left_s(0.5))
    if require.maximum_trusted_nodes is not None:
        free = replace(unlimited, require=replace(require, maximum_trusted_nodes=None))
        if _feasible(free, left_s(0.3)):
            ways = f" on {require.disjoint_paths} disjoint ways" * (require.disjoint_paths > 1)
            return (
                f"{_too_many_trusted(unlimited, left_s)}"
                f"no plan keeps to {require.maximum_trusted_nodes} trusted nodes of each demand"
                f"{ways}; without maximum_trusted_nodes there is one"
            )
    return "no plan meets all requirements together"


def _too_many_trusted(case: PlanCase, left_s: Callable[[float], float]) -> str:
    """The demand that alone has too many trusted nodes, as the start of a sentence."""
    for demand in case.demands:
        if not _feasible(replace(case, demands=(demand,)), left_s(0.1)):
            return f"demand {demand_name(case, demand)}: "
    return ""


def _feasible(case: PlanCase, time_limit_s: float) -> bool:
    """Whether a plan of a case is found in time."""
    programme = DesignProgramme(case, usable(case), commodities(case))
    found = programme.model.solved(gap=1.0, time_limit_s=time_limit_s)
    return found.values is not None


def _unlimited(case: PlanCase) -> PlanCase:
    """The case without limits of devices and units."""
    return replace(
        case,
        options=tuple(replace(option, most_pairs=None) for option in case.options),
        sources=tuple(replace(source, most_units=1_000_000) for source in case.sources),
    )


def _short_of_devices(case: PlanCase, unlimited: PlanCase, time_limit_s: float) -> str:
    """The spans and sources that would need more devices than there may be."""
    programme = DesignProgramme(unlimited, usable(unlimited), commodities(unlimited))
    model = programme.model
    for column in range(len(model.costs)):
        model.costs[column] = 0.0
    for e, line in enumerate(programme.lines):
        most = [case.options[k].most_pairs for k in line.options]
        if all(each is not None for each in most):
            _price_beyond(programme, case, e)
    for column, source in zip(programme.units, case.sources, strict=True):
        over = model.column(1.0)
        model.row([(column, 1.0), (over, -1.0)], high=float(source.most_units))
    found = model.relaxed()
    sentences = []
    if found is not None:
        for column, source in zip(programme.units, case.sources, strict=True):
            if found.values[column] > source.most_units * (1.0 + 1e-9):
                sentences.append(f"{source.name} has {source.most_units} units at most")
        sentences += _full_spans(programme, case, found.values)
    what = "; ".join(sentences) or "devices are too few for all demands together"
    return f"the demands need more key than the spans can carry: {what}"


def _price_beyond(programme: DesignProgramme, case: PlanCase, e: int) -> None:
    """Make a line cost what it carries beyond its devices, as a share of what they carry."""
    model = programme.model
    most = _most_key(case, programme.lines[e])
    over = model.column(1.0)
    load = [
        (programme.columns[a], commodity.weight * commodity.total_hz / most)
        for c, commodity in enumerate(programme.commodities)
        for a in programme.by.get((c, e), [])
    ]
    model.row([*load, (over, -1.0)], high=1.0)


def _most_key(case: PlanCase, line: SteppedLine) -> float:
    """The most key of a line with all devices that it may have, in bit/s."""
    return max(
        case.options[k].rate_hz.best * (case.options[k].most_pairs or 0) for k in line.options
    )


def _full_spans(
    programme: DesignProgramme, case: PlanCase, values: npt.NDArray[np.float64]
) -> list[str]:
    """Sentences on the lines that would carry more than their devices can."""
    sentences = []
    for e, line in enumerate(programme.lines):
        if any(case.options[k].most_pairs is None for k in line.options):
            continue
        most = _most_key(case, line)
        load = sum(
            commodity.weight * commodity.total_hz * float(values[programme.columns[a]])
            for c, commodity in enumerate(programme.commodities)
            for a in programme.by.get((c, e), [])
        )
        if load > most * (1.0 + 1e-9):
            sentences.append(
                f"span {span_name(case, line.span)} carries at most {most:g} bit/s, and "
                f"{load:g} would have to go over it"
            )
    return sentences
