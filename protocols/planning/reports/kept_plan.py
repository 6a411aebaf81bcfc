"""Plans that are kept as JSON, so that one that was found is not searched for again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from protocols.planning.design.case import PlanCase
from protocols.planning.design.plan import BuiltOption, NetworkPlan, PlannedDemand, WaysOfKey
from qnet.schema import canonical

__all__ = ["case_digest", "kept_as_dict", "plan_of_dict"]


def case_digest(case: PlanCase) -> str:
    """What two cases have in common whose plans are the same: all that a plan is made from.

    Args:
        case: The case.
    """
    return hashlib.sha256(json.dumps(canonical(case), sort_keys=True).encode()).hexdigest()


def kept_as_dict(plan: NetworkPlan, asked: Mapping[str, float]) -> dict[str, Any]:
    """All that a plan is, beside its case, as JSON types.

    Args:
        plan: The plan.
        asked: ``gap`` and ``time_limit_s`` of its search.
    """
    return {
        "case": case_digest(plan.case),
        "asked": dict(asked),
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound if plan.bound is None or math.isfinite(plan.bound) else None,
        "built": [[built.option, built.pairs] for built in plan.built],
        "relays": list(plan.relays),
        "units": list(plan.units),
        "demands": [
            [
                planned.demand,
                [
                    [part.key_rate_hz, list(map(list, part.ways)), list(map(list, part.options))]
                    for part in planned.parts
                ],
            ]
            for planned in plan.demands
        ],
        "reason": plan.reason,
        "found_by": plan.found_by,
        "warnings": list(plan.warnings),
    }


def plan_of_dict(
    found: Mapping[str, Any], case: PlanCase, asked: Mapping[str, float]
) -> NetworkPlan | None:
    """A plan that was kept; None where it is of another case, or was searched for less.

    Args:
        found: As `kept_as_dict` gives it.
        case: The case that a plan is wanted for.
        asked: ``gap`` and ``time_limit_s`` of the search that is wanted.
    """
    try:
        if found["case"] != case_digest(case):
            return None
        plan = _read(found, case)
        before = found["asked"]
        same_gap = asked["gap"] >= before["gap"]
        longer = asked["time_limit_s"] > before["time_limit_s"]
    except (KeyError, TypeError, ValueError):
        return None
    near = plan.gap is not None and plan.gap <= asked["gap"]
    settled = same_gap and (plan.status in ("optimal", "infeasible") or not longer)
    return plan if near or settled else None


def _read(found: Mapping[str, Any], case: PlanCase) -> NetworkPlan:
    return NetworkPlan(
        case=case,
        status=str(found["status"]),
        objective=found["objective"],
        bound=found["bound"],
        built=tuple(BuiltOption(option=k, pairs=pairs) for k, pairs in found["built"]),
        relays=tuple(found["relays"]),
        units=tuple(found["units"]),
        demands=tuple(
            PlannedDemand(
                demand=number,
                parts=tuple(
                    WaysOfKey(
                        key_rate_hz=rate,
                        ways=tuple(map(tuple, ways)),
                        options=tuple(map(tuple, options)),
                    )
                    for rate, ways, options in parts
                ),
            )
            for number, parts in found["demands"]
        ),
        reason=str(found["reason"]),
        found_by=str(found["found_by"]),
        warnings=tuple(map(str, found["warnings"])),
    )
