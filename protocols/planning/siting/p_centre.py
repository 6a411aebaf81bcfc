"""p-centre: p sites such that the farthest of all sites has the nearest of them within a radius.

Each radius that may be the answer is a distance of two sites; whether p sites cover all within it
is a set cover, and the least such radius is found by halving. Of all covers within that radius the
one of least mean distance is taken. Medians and centres of graphs: S. L. Hakimi, Oper. Res. 12, 450
(1964), doi:10.1287/opre.12.3.450.
"""

from __future__ import annotations

import math

import numpy as np

from protocols.planning.design.model import IntegerProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.cover import fewest_within
from protocols.planning.siting.p_median import check_p
from protocols.planning.siting.siting_case import SitingCase

__all__ = ["p_centre"]


def p_centre(case: SitingCase) -> SitingAnswer:
    """The p sites with the least great-circle distance of the farthest site.

    Raises:
        ParameterError: If p is too large, or a site has no place.
    """
    p, distances = check_p(case), case.distances_km
    radii = np.unique(np.concatenate([[0.0], distances[np.triu_indices(len(distances), 1)]]))
    # No p sites cover all within a radius before ``low``; some do within that at ``high``.
    low, high, refuted = 0, len(radii) - 1, True
    while low < high:
        middle = (low + high) // 2
        found = fewest_within(case, distances <= radii[middle])
        if found.values is not None and round(found.objective or 0.0) <= p:
            high = middle
        else:
            # A search that stops on time has refuted the radius if its bound says so.
            bound = -math.inf if found.bound is None else found.bound
            refuted &= bound > p + 1e-6 or found.status == "optimal"
            if not refuted:
                break
            low = middle + 1
    radius = float(radii[high])
    chosen = _least_mean(case, p, radius)
    if chosen is None:
        return case.without("time limit", bound=float(radii[low]))
    objective = float(distances[:, chosen].min(axis=1).max())
    return SitingAnswer(
        question=case.table.question,
        status="optimal" if low == high else "time limit",
        objective=objective,
        bound=min(float(radii[low]), objective),
        chosen=case.names(chosen),
    )


def _least_mean(case: SitingCase, p: int, radius_km: float) -> list[int] | None:
    """Of the p sites that have each within a radius, those of least mean distance."""
    distances = case.distances_km
    sites = range(len(distances))
    programme = IntegerProgramme()
    opened = [programme.column(0.0, 1.0, whole=True) for _ in sites]
    programme.row([(k, 1.0) for k in opened], p, p)
    for i in sites:
        near = [int(j) for j in np.flatnonzero(distances[i] <= radius_km)]
        served = [programme.column(float(distances[i, j]), 1.0) for j in near]
        programme.row([(k, 1.0) for k in served], 1.0, 1.0)
        for column, j in zip(served, near, strict=True):
            programme.row([(column, 1.0), (opened[j], -1.0)], high=0.0)
    # It is there: the search has just found a cover; a little time is left for it in any case.
    found = programme.solved(gap=case.gap, time_limit_s=max(case.left_s, 1.0))
    if found.values is None:
        return None
    return [j for j in sites if found.values[opened[j]] > 0.5]
