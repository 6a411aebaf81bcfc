"""Staff of a network: posts held round the clock, repairs, maintenance and the travel to them.

A post that is held round the clock takes 8766 h a year, so 8766/(h (1 - a)) people who are paid for
h hours a year and are away for a share a of them. A device that fails after MTBF and is repaired in
MTTR needs 8766 h/(MTBF + MTTR) repairs a year in the long run: one in each renewal.
"""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.schema import Description, Whole, Within, check_fields, key

__all__ = ["YEAR_H", "StaffTable", "people_per_post", "repairs_per_year"]

#: Hours of a year of 365.25 days.
YEAR_H = 8766.0

_ABSENCE = Within(low=0.0, high=0.9, rule="lie in [0, 0.9]", hint="0.2 is 20 % of the paid hours")
_HOURS = Within(
    low=100.0, high=8766.0, rule="lie in [100, 8766]", hint="2080 h are 52 weeks of 40 h"
)
_SPEED = Within(low=1.0, high=1000.0, rule="lie in [1, 1000]", hint="70 km/h on the road is usual")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StaffTable(Description):
    """Who runs the network: [staff]. All defaults are assumed.

    Args:
        posts: Posts held round the clock, such as in the network operation centre.
        hours_per_year: Hours a year that one person is paid for.
        absence: Share of these hours for leave, illness and training.
        people_per_repair: People who go out to a repair or to maintenance, together.
        repair_h: Hours of work on the spot for a repair.
        maintenance_h_per_pair: Hours of planned work a year on each pair of devices.
        maintenance_h_per_node: Hours of planned work a year at each trusted node or station.
        visits_per_year: Journeys a year for planned work to each node or station.
        bases: Names of the sites from which people set out; all sites unless given.
        speed_km_per_h: Speed of their journey along the great circle, detours counted in.
        travel_h: Hours there and back for a journey, where it is not known how far it is.
        cost_per_person: Cost of a person in a year, on top of ``operation_per_year``; none unless
            given, as operation counts staff in.

    Raises:
        ParameterError: If a number is out of its range, or a base is named twice.

    Examples:
        >>> round(people_per_post(StaffTable()), 3)
        5.268
    """

    posts: int = key(1, check=Whole(maximum=10_000))
    hours_per_year: float = key(2080.0, check=_HOURS)
    absence: float = key(0.2, check=_ABSENCE)
    people_per_repair: int = key(2, check=Whole(minimum=1, maximum=100))
    repair_h: float = key(4.0, check=check_non_negative)
    maintenance_h_per_pair: float = key(8.0, check=check_non_negative)
    maintenance_h_per_node: float = key(16.0, check=check_non_negative)
    visits_per_year: float = key(2.0, check=check_non_negative)
    bases: tuple[str, ...] | None = key(None, example=["Berlin"])
    speed_km_per_h: float = key(60.0, check=_SPEED)
    travel_h: float = key(3.0, check=check_non_negative)
    cost_per_person: float | None = key(None, check=check_non_negative, example=80e3)

    def __post_init__(self) -> None:
        check_fields(self)
        for k, name in enumerate(self.bases or ()):
            if name in (self.bases or ())[:k]:
                hint = "name each base once"
                place = f"bases[{k}]"
                raise ParameterError(place, "not be named twice", name, hint)


def people_per_post(staff: StaffTable) -> float:
    """People who are needed so that one post is held round the clock.

    Args:
        staff: Hours and absence.
    """
    return YEAR_H / (staff.hours_per_year * (1.0 - staff.absence))


def repairs_per_year(mtbf_s: float, mttr_s: float) -> float:
    """Repairs a year of a device, in the long run.

    Args:
        mtbf_s: Mean time in s from a repair to the next failure.
        mttr_s: Mean time in s to repair.

    Examples:
        >>> round(repairs_per_year(8760 * 3600.0, 12 * 3600.0), 6)
        0.999316
    """
    check_positive("mtbf_s", mtbf_s)
    check_non_negative("mttr_s", mttr_s)
    return YEAR_H * 3600.0 / (mtbf_s + mttr_s)
