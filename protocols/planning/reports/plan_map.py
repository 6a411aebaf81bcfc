"""Map of a plan: sites by what they are, built spans by technology, and how full they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.planning.design.bill import loads_of
from protocols.planning.design.plan import NetworkPlan
from qnet.network.topologies.topology import FibreSpan, Site, Topology

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plan_map", "plan_topology"]

#: Dashes of technologies, in the order in which they are built.
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2, 1, 2, 1, 2)))

#: With so many spans, lengths are not written.
_MANY = 40


def plan_topology(plan: NetworkPlan) -> Topology:
    """Sites and spans that are built, as the map draws them; constellations have no place.

    Args:
        plan: The plan.
    """
    case = plan.case
    built = [case.options[each.option] for each in plan.built]
    joined = {end for option in built for end in option.ends}
    stations = {case.equipment[k].site for option in built for k in option.equipment}
    ends = {end for demand in case.demands for end in demand.ends}
    sites = []
    for number, site in enumerate(case.sites):
        if number not in joined and (number not in ends or site.source is not None):
            continue
        kind = "user" if number in ends else "node"
        if number in stations:
            kind = "ground-station"
        if number in plan.relays and site.source is None:
            kind = "trusted-node"
        sites.append(
            Site(
                name=site.name,
                kind=kind,
                latitude_deg=site.latitude,
                longitude_deg=site.longitude,
            )
        )
    spans: dict[frozenset[int], FibreSpan] = {}
    for option in built:
        names = (case.sites[option.ends[0]].name, case.sites[option.ends[1]].name)
        spans.setdefault(frozenset(option.ends), FibreSpan(ends=names, length_km=option.length_km))
    return Topology(sites=tuple(sites), spans=tuple(spans.values()))


def plan_map(plan: NetworkPlan) -> Figure:
    """The map of a plan: colours are loads, dashes technologies.

    Args:
        plan: The plan; it has something built.
    """
    from qnet.figures import network_map
    from qnet.figures.labels import whole_figure

    topology = plan_topology(plan)
    loads, few = _loads(plan), len(plan.built) <= _MANY
    ax = network_map(
        topology,
        loads=loads,
        load_label="key that is used",
        lengths=few,
    )
    _draw_technologies(plan, ax)
    return whole_figure(ax)


def _loads(plan: NetworkPlan) -> dict[tuple[str, str], float]:
    """Share of the key of each drawn span that is used; of several options the fullest."""
    case, used = plan.case, loads_of(plan.case, plan.demands)
    busy = [0.0] * len(case.sources)
    for number, load in used.items():
        if (source := case.options[number].source) is not None:
            busy[source] += load / case.options[number].rate_hz.best
    found: dict[tuple[str, str], float] = {}
    seen: dict[frozenset[int], tuple[str, str]] = {}
    for each in plan.built:
        option = case.options[each.option]
        names = (case.sites[option.ends[0]].name, case.sites[option.ends[1]].name)
        ends = seen.setdefault(frozenset(option.ends), names)
        if option.source is None:
            load = used.get(each.option, 0.0) / (each.pairs * option.rate_hz.best)
        else:
            load = busy[option.source] / max(plan.units[option.source], 1)
        found[ends] = max(found.get(ends, 0.0), min(load, 1.0))
    return found


def _draw_technologies(plan: NetworkPlan, ax: Axes) -> None:
    """Dashes for the technology of each span, and a legend where there are several."""
    from matplotlib.lines import Line2D

    case = plan.case
    names = list(dict.fromkeys(case.options[b.option].technology for b in plan.built))
    dashes = {name: _DASHES[min(k, len(_DASHES) - 1)] for k, name in enumerate(names)}
    of_span: dict[str, str] = {}
    for built in plan.built:
        option = case.options[built.option]
        one, two = (case.sites[end].name for end in option.ends)
        for gid in (f"fibre {one} {two}", f"fibre {two} {one}"):
            of_span.setdefault(gid, option.technology)
    for line in ax.lines:
        technology = of_span.get(line.get_gid() or "")
        if technology is not None:
            line.set_linestyle(dashes[technology])
    legend = ax.get_legend()
    if len(names) < 2 or legend is None:
        return
    words = [text.get_text() for text in legend.get_texts()]
    handles = [handle for handle in legend.legend_handles if handle is not None]
    handles += [Line2D([], [], ls=""), *(Line2D([], [], color="0.3", ls=dashes[n]) for n in names)]
    legend = ax.legend(
        handles,
        [*words, "technology", *names],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        fontsize="small",
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
