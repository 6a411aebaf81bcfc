"""Set cover: fewest sites such that every site is within a radius of one of them.

The programme of C. Toregas, R. Swain, C. ReVelle, L. Bergman, Oper. Res. 19, 1363 (1971),
doi:10.1287/opre.19.6.1363.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from protocols.planning.design.model import IntegerProgramme, SolvedProgramme
from protocols.planning.siting.answer import SitingAnswer
from protocols.planning.siting.siting_case import SitingCase

__all__ = ["cover", "fewest_within"]

#: Slack of the bound of a whole number, for rounding.
_SLACK = 1e-6


def cover(case: SitingCase) -> SitingAnswer:
    """The fewest sites with each within a great-circle radius; it always has an answer.

    Raises:
        ParameterError: If a site has no place.
    """
    near = case.distances_km <= (case.table.radius_km or 0.0)
    np.fill_diagonal(near, val=True)
    found = fewest_within(case, near)
    bound = None if found.bound is None else float(math.ceil(found.bound - _SLACK))
    if found.values is None:
        return case.without(found.status, unit="sites", bound=bound)
    chosen = [k for k, value in enumerate(found.values) if value > 0.5]
    return case.answered(
        found.status, float(len(chosen)), bound, unit="sites", chosen=case.names(chosen)
    )


def fewest_within(case: SitingCase, near: npt.NDArray[np.bool_]) -> SolvedProgramme:
    """The fewest sites such that each is near to one of them.

    Args:
        case: The question.
        near: Whether a site (row) is near to another (column), (n, n).
    """
    programme = IntegerProgramme()
    for _ in near:
        programme.column(1.0, 1.0, whole=True)
    for row in near:
        programme.row([(int(j), 1.0) for j in np.flatnonzero(row)], low=1.0)
    return case.solved(programme)
