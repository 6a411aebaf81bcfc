r"""Line of trusted nodes: whole hops and whole pairs of devices at least cost.

After R. Alleaume et al., New J. Phys. 11, 075002 (2009), arXiv:0903.0839: without whole numbers,
the cost of a kilometre is :math:`(C_n + C_p D/R(l))/l` for hops of length l, and the best of them
is the spacing that no line can beat.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from protocols.planning.technologies.line import LineDesign, WantedLine, pairs_needed
from protocols.planning.technologies.rates import hop_rates
from protocols.planning.technologies.tables import TechnologyTable
from protocols.planning.technologies.trusted_nodes import trusted_node_designs
from qnet.errors import ParameterError

__all__ = ["best_spacing_km", "cheapest_line"]

#: Spacings that are looked at before the best of them is refined, and the range in km.
_LOOKS, _SHORTEST_KM, _LONGEST_KM = 97, 1e-2, 1e4


def cheapest_line(case: SitingCase) -> SitingAnswer:
    """The cheapest line of the first technology of trusted nodes.

    Raises:
        ParameterError: If there is no such technology, or its rate cannot be worked out.
    """
    number, technology = _technology(case)
    length, demand = case.table.length_km or 0.0, case.table.demand_hz or 0.0
    line = WantedLine(
        ends=("one end", "the other"),
        length_km=length,
        most_key_hz=demand,
        folder=case.folder,
        place=f"technology[{number}]",
    )
    found = trusted_node_designs(technology, line)
    best = min(found.designs, key=lambda each: each.cost(demand), default=None)
    if best is None or not math.isfinite(best.cost(demand)):
        reason = found.reason or (
            f"no line of {technology.name} over {length:g} km carries {demand:g} bit/s with "
            f"{technology.maximum_pairs} pairs on each hop"
        )
        return case.without("infeasible", reason, unit="cost")
    cost = best.cost(demand)
    costs, rate = technology.costs, hop_rates(technology, line)
    spacing = best_spacing_km(lambda km: rate(km).rate_hz.best, costs.node, costs.pair, demand)
    return SitingAnswer(
        question=case.table.question,
        status="optimal",
        objective=cost,
        bound=cost,
        unit="cost",
        more=_figures(technology, best, demand, length) | {"best_spacing_km": spacing},
        notes=best.notes,
    )


def _technology(case: SitingCase) -> tuple[int, TechnologyTable]:
    for number, each in enumerate(case.technology):
        if each.kind == "trusted-nodes":
            return number, each
    hint = 'add [[technology]] with kind = "trusted-nodes", and its rate'
    said = [each.kind for each in case.technology] or "none"
    raise ParameterError("technology", "have one of trusted nodes", said, hint)


def _figures(
    technology: TechnologyTable, best: LineDesign, demand_hz: float, length_km: float
) -> dict[str, object]:
    """What the line is made of, as JSON types; ``edges`` has it as a plan says it."""
    edge = {
        "technology": technology.name,
        "length_km": length_km,
        "hops": best.hops,
        "nodes": best.nodes,
        "pairs": pairs_needed(demand_hz, best.rate_hz.best),
        "cost": best.cost(demand_hz),
    }
    return {
        "edges": [edge],
        **{name: edge[name] for name in ("technology", "hops", "nodes", "pairs")},
        "hop_km": length_km / best.hops,
        "key_rate_hz": best.rate_hz.as_dict(),
        "assumed_costs": list(technology.costs.assumed),
    }


def best_spacing_km(
    rate_hz: Callable[[float], float], node_cost: float, pair_cost: float, demand_hz: float
) -> float | None:
    """The length of hops at which a kilometre costs least, without whole numbers.

    Args:
        rate_hz: Key rate of a pair of devices by the length of a hop in km.
        node_cost: Cost of a node.
        pair_cost: Cost of a pair of devices.
        demand_hz: Key that goes over the line.

    Returns:
        The length in km; None where every hop is without key or free.

    Examples:
        >>> law = lambda km: 1e6 * 10 ** (-0.02 * km)
        >>> round(best_spacing_km(law, 0.0, 50.0, 1e4), 4)  # 10/(0.2 ln 10)
        21.7147
    """
    from scipy.optimize import minimize_scalar

    def cost(log_km: float) -> float:
        km = math.exp(log_km)
        rate = rate_hz(km)
        if rate <= 0.0:
            return math.inf
        each = (node_cost + pair_cost * demand_hz / rate) / km
        return math.log(each) if each > 0.0 else math.inf

    looked = np.linspace(math.log(_SHORTEST_KM), math.log(_LONGEST_KM), _LOOKS)
    costs = [cost(float(x)) for x in looked]
    best = int(np.argmin(costs))
    if not math.isfinite(costs[best]):
        return None
    near = (float(looked[max(best - 1, 0)]), float(looked[min(best + 1, _LOOKS - 1)]))
    found = minimize_scalar(cost, bounds=near, method="bounded", options={"xatol": 1e-10})
    return math.exp(float(found.x))
