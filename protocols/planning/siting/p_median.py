r"""p-median: p sites with the least weighted mean distance of all sites to the nearest of them.

Minimise :math:`\sum_{ij} w_i d_{ij} x_{ij}` with :math:`\sum_j x_{ij} = 1`,
:math:`x_{ij} \le y_j`, :math:`\sum_j y_j = p`, y whole. Medians and centres of graphs: S. L.
Hakimi, Oper. Res. 12, 450 (1964), doi:10.1287/opre.12.3.450.
"""

from __future__ import annotations

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase
from qnet.errors import ParameterError

__all__ = ["check_p", "p_median"]


def check_p(case: SitingCase) -> int:
    """How many sites are chosen.

    Raises:
        ParameterError: If there are not so many.
    """
    p, sites = case.table.p or 1, len(case.graph.sites)
    if p > sites:
        hint = f"there are {sites} sites"
        raise ParameterError("site.p", "be at most the number of sites", p, hint)
    return p


def p_median(case: SitingCase) -> SitingAnswer:
    """The p sites with the least weighted mean great-circle distance.

    Raises:
        ParameterError: If p is too large, or a site has no place or weight.
    """
    p, distances, weights = check_p(case), case.distances_km, case.weights
    sites = range(len(weights))
    programme = IntegerProgramme()
    opened = [programme.column(0.0, 1.0, whole=True) for _ in sites]
    programme.row([(k, 1.0) for k in opened], p, p)
    for i in sites:
        served = [programme.column(float(weights[i] * distances[i, j]), 1.0) for j in sites]
        programme.row([(k, 1.0) for k in served], 1.0, 1.0)
        for j in sites:
            programme.row([(served[j], 1.0), (opened[j], -1.0)], high=0.0)
    found = case.solved(programme)
    if found.values is None:
        return case.without(found.status, bound=found.bound)
    chosen = [j for j in sites if found.values[opened[j]] > 0.5]
    nearest = distances[:, chosen].argmin(axis=1)
    served_by = {case.graph.sites[i].name: case.graph.sites[chosen[nearest[i]]].name for i in sites}
    objective = float((weights * distances[:, chosen].min(axis=1)).sum())
    return case.answered(
        found.status,
        objective,
        found.bound,
        chosen=case.names(chosen),
        more={"served_by": served_by},
        notes=case.weight_notes,
    )
